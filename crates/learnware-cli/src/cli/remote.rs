//! Arguments of the commands for a dock that is served: login, logout, whoami, register, token.

use clap::{Args, Subcommand};

use super::shared::DockArgs;

/// Days that a token lasts when none are said: a season.
const TOKEN_DAYS: u32 = 90;

/// Log in to a dock server.
///
/// Asks for e-mail address and password. What lets you in afterwards is kept in a file of your configuration folder
/// that only you can read, one entry for each server; the password is not kept. Programs set LEARNWARE_TOKEN to a token
/// instead, which comes before the file.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware login --dock https://dock.example.org
  learnware login --dock https://dock.example.org --email ann@example.org --password-stdin < password
  learnware login --dock https://dock.example.org --token-stdin < token
  learnware login --dock https://dock.example.org --forgotten
  learnware login --dock https://dock.example.org --code CODE")]
pub(crate) struct LoginArgs {
    /// Your e-mail address; asked for when left out.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "token_stdin")]
    pub(crate) email: Option<String>,
    /// Read the password from standard input.
    #[arg(long, conflicts_with = "token_stdin")]
    pub(crate) password_stdin: bool,
    /// Read a token from standard input, and keep it.
    #[arg(long)]
    pub(crate) token_stdin: bool,
    /// Have a code sent that sets a new password.
    #[arg(long, conflicts_with_all = ["token_stdin", "password_stdin", "code"])]
    pub(crate) forgotten: bool,
    /// Set a new password by this code, which works once, and log in with it.
    #[arg(long, value_name = "CODE", conflicts_with = "token_stdin")]
    pub(crate) code: Option<String>,
    /// Which server.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// End the session at a dock server, and forget what let you in.
#[derive(Debug, Args)]
pub(crate) struct LogoutArgs {
    /// End all your sessions there, on whatever machine. Tokens go on.
    #[arg(long)]
    pub(crate) everywhere: bool,
    /// Which server.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// Tell who you are at a dock server, and what you may do there.
#[derive(Debug, Args)]
pub(crate) struct WhoamiArgs {
    /// Which server.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// Get an account at a dock server.
///
/// First with your address and name: the server asks for some work, which takes a moment, and sends a code. Then with
/// that code in --confirm. Looking, searching and downloading need no account.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware register --dock https://dock.example.org --email ann@example.org --name Ann
  learnware register --dock https://dock.example.org --confirm CODE
  learnware register --dock http://127.0.0.1:8088 --invitation CODE --email ann@example.org --name Ann")]
pub(crate) struct RegisterArgs {
    /// Your e-mail address; asked for when left out.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
    /// The name that others see; asked for when left out.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Read the password from standard input.
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Confirm your address by the code that was sent to it.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["email", "name", "password_stdin", "invitation"])]
    pub(crate) confirm: Option<String>,
    /// Become the first administrator by the code that `learnware serve` printed.
    #[arg(long, value_name = "CODE")]
    pub(crate) invitation: Option<String>,
    /// Which server.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// Tokens: what lets programs in at a dock server.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token. Its secret is shown only now.
    #[command(after_long_help = "\
Examples:
  learnware token create laptop --dock https://dock.example.org
  learnware token create nightly --scopes read,submit --days 30")]
    Create {
        /// What you call it.
        name: String,
        /// What it allows: read, submit, account, admin.
        #[arg(long, value_name = "SCOPES", value_delimiter = ',', default_values = ["read", "submit"])]
        scopes: Vec<String>,
        /// Days that it lasts, at most 366.
        #[arg(long, value_name = "COUNT", default_value_t = TOKEN_DAYS)]
        days: u32,
        /// Which server.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// List your tokens, without their secrets.
    List {
        /// Which server.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// End a token.
    Revoke {
        /// Its number, as the list shows it.
        id: i64,
        /// Which server.
        #[command(flatten)]
        dock: DockArgs,
    },
}
