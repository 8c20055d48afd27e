//! Arguments of `learnware serve` and `learnware worker`.

use clap::Args;

use super::shared::{DockArgs, ModelArgs};

/// Serve the dock over HTTP, and make the checks that wait.
///
/// Everybody may look, search and download; who submits needs an account. On its first start it prints an
/// invitation for the first administrator. It ends on SIGINT or SIGTERM when what was begun is finished.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware serve
  learnware serve --dock market/ --listen 0.0.0.0:8088 --workers 2")]
pub(crate) struct ServeArgs {
    /// Address and port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8088")]
    pub(crate) listen: String,
    /// Checks at once; 0 leaves them to `learnware worker`.
    #[arg(long, value_name = "COUNT")]
    pub(crate) workers: Option<usize>,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// How models run in checks.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

/// Make the checks that wait in a dock, beside the process that serves it.
///
/// Several workers may share a dock. It ends on SIGINT or SIGTERM when the check under way is finished.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware worker --dock market/")]
pub(crate) struct WorkerArgs {
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// How models run in checks.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}
