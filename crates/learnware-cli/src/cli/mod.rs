//! The command line: clap types only; a doc comment is the help text.
//!
//! Arguments that several commands share are in [`shared`], those that find learnwares by words in [`find`], those of commands on a dock in [`market`], those of
//! commands on models in [`models`], those of a search by anchors in [`private`].

mod account;
mod admin;
mod dataset;
mod find;
mod market;
mod merge;
mod models;
mod moving;
mod private;
mod quickstart;
mod remote;
mod serve;
mod shared;
mod solve;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use account::{AccountArgs, AccountCommand, LegacyWord};
pub(crate) use admin::{
    AdminArgs, AdminCommand, ChangeUserArgs, CreateUserArgs, DeleteUserArgs, JobsArgs, RoleWord, StateWord,
};
pub(crate) use dataset::{DatasetArgs, DatasetCommand};
pub(crate) use find::WordsHow;
pub(crate) use market::{
    DeleteArgs, DownloadArgs, EvolveArgs, KernelWord, ListArgs, MixtureWord, RankWord, SearchArgs, ShowArgs,
    SubmitArgs,
};
pub(crate) use merge::MergeArgs;
pub(crate) use models::{
    AlignWord, CheckArgs, ConvertArgs, DoctorArgs, FormatWord, MethodWord, PackArgs, ReuseArgs, RunArgs,
    WordArgs,
};
pub(crate) use moving::{BackupArgs, MigrateArgs, RestoreArgs};
pub(crate) use private::{AnchorsArgs, MeasureArgs, RedundantArgs};
pub(crate) use quickstart::QuickstartArgs;
pub(crate) use remote::{LoginArgs, LogoutArgs, RegisterArgs, TokenArgs, TokenCommand, WhoamiArgs};
pub(crate) use serve::{ConfigArgs, LogForm, ServeArgs, WorkerArgs};
pub(crate) use shared::{
    BaseArgs, ColumnArgs, DockArgs, EmbedderArgs, GenerateArgs, KindArgs, ModelArgs, PrivateArgs, TableArgs,
};
pub(crate) use solve::SolveArgs;

/// Find, check and reuse models that other people trained, without showing your data.
///
/// A learnware is a trained model with a specification: a small weighted set of points that tells what its
/// data looked like. `learnware` makes the specification of your data on your machine, finds the models in a
/// dock (a folder, or a server) that fit it, and predicts with them, alone or combined.
#[derive(Debug, Parser)]
#[command(name = "learnware", version, after_long_help = EXIT_CODES, max_term_width = 100)]
#[command(disable_help_subcommand = false, infer_subcommands = false)]
pub(crate) struct Cli {
    /// Flags that every command has.
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Explained in the long help and the manual page.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    done, with a finding: a check failed, a search found nothing that fits
  2    not done: wrong arguments, unreadable input, or another error
  130  interrupted

Environment:
  LEARNWARE_DOCK   the dock when --dock is not given
  LEARNWARE_TOKEN  what lets you in at a server, before what `learnware login` keeps
  NO_COLOR         no colours, as with --color never";

/// Flags that every command has.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct GlobalArgs {
    /// Print the result as one JSON document.
    ///
    /// Its `schema` is `learnware.COMMAND/1`, or `learnware.error/1` when the command failed.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No notes, warnings and progress.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Colours.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", global = true)]
    pub(crate) color: ColorWhen,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands. Their help text stands at their arguments: one here would replace it.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Solve(Box<SolveArgs>),
    Quickstart(QuickstartArgs),
    Spec(Box<SpecArgs>),
    Pack(Box<PackArgs>),
    Check(CheckArgs),
    Convert(ConvertArgs),
    Submit(SubmitArgs),
    Search(Box<SearchArgs>),
    Anchors(AnchorsArgs),
    Measure(Box<MeasureArgs>),
    Show(ShowArgs),
    Download(DownloadArgs),
    Run(Box<RunArgs>),
    Reuse(Box<ReuseArgs>),
    Merge(Box<MergeArgs>),
    List(ListArgs),
    Redundant(RedundantArgs),
    Evolve(EvolveArgs),
    Delete(DeleteArgs),
    Dataset(DatasetArgs),
    Login(LoginArgs),
    Logout(LogoutArgs),
    Whoami(WhoamiArgs),
    Register(RegisterArgs),
    Account(AccountArgs),
    Token(TokenArgs),
    Serve(ServeArgs),
    Worker(WorkerArgs),
    Backup(BackupArgs),
    Restore(RestoreArgs),
    Migrate(MigrateArgs),
    Admin(AdminArgs),
    Doctor(DoctorArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Make the specification of data, or look at one.
///
/// The specification tells what the data looks like without holding its rows, texts or images; search with it,
/// or give it to others. It is the reference package's JSON file, with the description of the columns beside.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_long_help = "\
Examples:
  learnware spec customers.csv -o stat.json
  learnware spec customers.csv --labels churned --drop id -o stat.json
  learnware spec measurements.npz --array X --reduced-set-size 200 -o stat.json
  learnware spec reviews.csv --text review --labels stars -o stat.json
  learnware spec photos/ --resize 32x32 -o stat.json
  learnware spec payments.csv --dp 1 -o stat.json
  learnware spec show stat.json --html stat.html
  learnware spec diff stat.json other.json")]
pub(crate) struct SpecArgs {
    /// Look at a specification instead.
    #[command(subcommand)]
    pub(crate) command: Option<SpecCommand>,
    /// The data.
    #[command(flatten)]
    pub(crate) data: Option<DataArgs>,
    /// Where to write the specification.
    #[arg(long, short, value_name = "FILE", required = true)]
    pub(crate) output: Option<PathBuf>,
    /// Leave the column names and words out of the file.
    ///
    /// Without them nobody can match columns by name.
    #[arg(long)]
    pub(crate) bare: bool,
    /// How the specification is made.
    #[command(flatten)]
    pub(crate) generate: GenerateArgs,
    /// Differential privacy.
    #[command(flatten)]
    pub(crate) private: PrivateArgs,
    /// Texts and images.
    #[command(flatten)]
    pub(crate) kind: KindArgs,
    /// Who embeds texts.
    #[command(flatten)]
    pub(crate) embedder: EmbedderArgs,
    /// Which language model learns from them.
    #[command(flatten)]
    pub(crate) base: BaseArgs,
    /// Which part of the file is read.
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// What its columns are.
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
}

/// The data, by place or by name.
#[derive(Debug, Clone, Args)]
#[group(id = "data_file", required = true, multiple = false)]
pub(crate) struct DataArgs {
    /// Table file (.csv, .tsv, .parquet, .arrow, .feather, .npy, .npz), texts (a table with --text COLUMN,
    /// .jsonl, .txt with --kind text, a folder of .txt) or images (a folder or zip of them, .npy, .npz).
    #[arg(value_name = "DATA")]
    place: Option<PathBuf>,
    /// The same by name.
    #[arg(long = "data", value_name = "DATA")]
    named: Option<PathBuf>,
}

impl DataArgs {
    /// The file; the parser makes sure that exactly one is given.
    pub(crate) fn path(&self) -> PathBuf {
        self.place.clone().or_else(|| self.named.clone()).unwrap_or_default()
    }
}

/// What else to do with specifications.
#[derive(Debug, Subcommand)]
pub(crate) enum SpecCommand {
    /// Show what a specification file holds.
    Show {
        /// The file.
        file: PathBuf,
        /// Write a page with pictures: the points in a plane, and the columns' values.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Compare two specifications: how far apart, and which columns differ.
    Diff(Box<DiffArgs>),
}

/// Compare two specifications: how far apart, and which columns differ.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware spec diff mine.json theirs.json
  learnware spec diff january.csv july.csv --drop id")]
pub(crate) struct DiffArgs {
    /// A specification, or data of which one is made.
    #[arg(value_name = "SPEC|DATA")]
    pub(crate) left: PathBuf,
    /// Another one.
    #[arg(value_name = "SPEC|DATA")]
    pub(crate) right: PathBuf,
    /// Texts and images.
    #[command(flatten)]
    pub(crate) kind: KindArgs,
    /// Who embeds texts.
    #[command(flatten)]
    pub(crate) embedder: EmbedderArgs,
    /// Which language model learns from them.
    #[command(flatten)]
    pub(crate) base: BaseArgs,
    /// Which part of the data is read.
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// What its columns are.
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
}

/// Write the shell's completion script to standard output.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware completions bash > ~/.local/share/bash-completion/completions/learnware
  learnware completions zsh > ~/.zfunc/_learnware
  learnware completions fish > ~/.config/fish/completions/learnware.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Write the manual pages, one for each command, into a directory.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware man ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The directory; made when it is not there.
    pub(crate) directory: PathBuf,
}
