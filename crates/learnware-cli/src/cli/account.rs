//! Arguments of `learnware account`.

use clap::{Args, Subcommand, ValueEnum};

use super::shared::DockArgs;

/// Your account at a dock server: its password, its sessions, its end.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware account password --dock https://dock.example.org
  learnware account sessions
  learnware account end-session 17
  learnware account delete --learnwares keep")]
pub(crate) struct AccountArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: AccountCommand,
}

/// What to do with the own account.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Change the password. Ends all sessions; tokens go on.
    Password {
        /// Read the old password and then the new one, a line each, from standard input.
        #[arg(long)]
        password_stdin: bool,
        /// Which server.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// List your sessions. `learnware logout --everywhere` ends them all.
    Sessions {
        /// Which server.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// End a session.
    EndSession {
        /// Its number, as the list shows it.
        id: i64,
        /// Which server.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// Delete the account, with its address, name, sessions, tokens and memberships. Asks for the password.
    ///
    /// Learnwares that only you see are deleted. The last administrator can't go, nor the last manager of an organisation
    /// with other members.
    Delete {
        /// What becomes of your learnwares that others see.
        #[arg(long, value_enum, default_value_t)]
        learnwares: LegacyWord,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
        /// Which server.
        #[command(flatten)]
        dock: DockArgs,
    },
}

/// What becomes of the learnwares of an account that ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LegacyWord {
    /// They stay, without an owner.
    #[default]
    Keep,
    /// They are deleted.
    Delete,
}
