//! Arguments of `learnware admin`.

use clap::{Args, Subcommand, ValueEnum};

use super::account::LegacyWord;
use super::shared::DockArgs;

/// Look after a dock: accounts, jobs, takedowns, and what was done.
///
/// With a folder you are the operator, and nobody asks who you are. With a server you need an account of an
/// administrator, or a token with the scope admin.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware admin create-user ann@example.org --name Ann --dock market/
  learnware admin change-user 3 --disable
  learnware admin jobs --state dead
  learnware admin jobs --retry 17
  learnware admin index
  learnware admin takedown 00000007 --reason \"It holds personal data.\"")]
pub(crate) struct AdminArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: AdminCommand,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Make an account in the dock's folder. Asks for a password, or gives a code to choose one with.
    CreateUser(CreateUserArgs),
    /// List the accounts.
    Users {
        /// Which dock.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// Change the role of an account, lock it, or unlock it.
    ChangeUser(ChangeUserArgs),
    /// Delete an account, with its address, name, sessions, tokens and memberships.
    DeleteUser(DeleteUserArgs),
    /// List jobs, newest first; ask again for one, or give one up.
    Jobs(JobsArgs),
    /// Take a learnware down: no search finds it, and nobody but its owner gets it.
    Takedown {
        /// Its id.
        id: String,
        /// Why; its owner and those who look for it read that.
        #[arg(long)]
        reason: String,
        /// Which dock.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// Put a learnware back that was taken down.
    PutBack {
        /// Its id.
        id: String,
        /// Which dock.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// Make the search indexes anew, or have a server's worker do it.
    Index {
        /// Which dock.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// Show what was done, last first.
    Audit {
        /// Only what has a smaller number than this.
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
        /// Which dock.
        #[command(flatten)]
        dock: DockArgs,
    },
}

/// An account to be made.
#[derive(Debug, Args)]
pub(crate) struct CreateUserArgs {
    /// E-mail address.
    pub(crate) email: String,
    /// The name that others see.
    #[arg(long)]
    pub(crate) name: String,
    /// What it may do.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) role: RoleWord,
    /// Read the password from standard input.
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Print a code that works once and for a day: its owner chooses the password by `learnware login --code`.
    #[arg(long, conflicts_with = "password_stdin")]
    pub(crate) code: bool,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// A change of an account.
#[derive(Debug, Args)]
pub(crate) struct ChangeUserArgs {
    /// Its number, as the list shows it.
    #[arg(value_name = "NUMBER")]
    pub(crate) id: i64,
    /// What changes.
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// An account to be deleted.
#[derive(Debug, Args)]
pub(crate) struct DeleteUserArgs {
    /// Its number, as the list shows it.
    #[arg(value_name = "NUMBER")]
    pub(crate) id: i64,
    /// What becomes of its learnwares that others see; those that only it sees are deleted.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) learnwares: LegacyWord,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// What changes of an account.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct ChangeArgs {
    /// What it may do from now on.
    #[arg(long, value_enum)]
    pub(crate) role: Option<RoleWord>,
    /// Lock it: it can't log in, and its tokens let nobody in.
    #[arg(long, conflicts_with = "enable")]
    pub(crate) disable: bool,
    /// Unlock it.
    #[arg(long)]
    pub(crate) enable: bool,
}

/// Which jobs, and what to do with one.
#[derive(Debug, Args)]
pub(crate) struct JobsArgs {
    /// Only jobs in this state.
    #[arg(long, value_enum)]
    pub(crate) state: Option<StateWord>,
    /// Only jobs with a smaller number than this.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) before: Option<i64>,
    /// Ask again for what this job was about.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["state", "before", "give_up"])]
    pub(crate) retry: Option<i64>,
    /// Give up this job, which is open or under way.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["state", "before"])]
    pub(crate) give_up: Option<i64>,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleWord {
    /// Submit learnwares and change their own.
    #[default]
    User,
    /// Everything.
    Admin,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateWord {
    /// To be done.
    Open,
    /// Being done.
    Leased,
    /// Finished.
    Done,
    /// Given up.
    Dead,
    /// Not wanted any more.
    Cancelled,
}
