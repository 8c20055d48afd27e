//! Arguments of `learnware serve` and `learnware worker`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{DockArgs, ModelArgs};

/// Serve the dock over HTTP, and make the checks that wait.
///
/// Everybody may look, search and download; who submits needs an account. On its first start it prints an
/// invitation for the first administrator. It ends on SIGINT or SIGTERM when what was begun is finished.
///
/// Settings come from flags, else from LEARNWARE_* variables, else from `dock.toml` in the dock's folder;
/// `--show-config` lists them all.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware serve
  learnware serve --dock market/ --listen 0.0.0.0:8088 --workers 2
  learnware serve --show-config")]
pub(crate) struct ServeArgs {
    /// Address and port; 127.0.0.1:8088 when left out.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Checks at once; 0 leaves them to `learnware worker`.
    #[arg(long, value_name = "COUNT")]
    pub(crate) workers: Option<usize>,
    /// Configuration.
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
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
    /// Configuration.
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// How models run in checks.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

/// Where settings come from, and what becomes of the log.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigArgs {
    /// A TOML file with settings; `dock.toml` in the dock's folder when left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// List every setting with its value and where that comes from, and end.
    #[arg(long)]
    pub(crate) show_config: bool,
    /// Form of the log on standard error.
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub(crate) log: LogForm,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogForm {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}
