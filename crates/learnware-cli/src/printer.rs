//! The only place that writes to the terminal.
//!
//! People read text on standard output, and warnings, progress and errors on standard error. With `--json`
//! standard output holds exactly one JSON document, `{"schema": "learnware.COMMAND/1", ..., "warnings": [..]}`
//! or `{"schema": "learnware.error/1", "error": {..}}`, and standard error is silent.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressStyle};
use learnware_data::Said;
use learnware_data::watcher::{Progress, Stage, Watcher};
use serde_json::{Value, json};

use crate::cli::{ColorWhen, GlobalArgs};
use crate::error;

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CAREFUL: Style = AnsiColor::Yellow.on_default().bold();
const ADVICE: Style = AnsiColor::Cyan.on_default().bold();
const FAINT: Style = Style::new().dimmed();

/// What a piece of text means, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A heading.
    Heading,
    /// All is well.
    Good,
    /// Something is wrong.
    Bad,
    /// Something may be wrong.
    Careful,
    /// Less important.
    Faint,
}

/// Writes the results of a command.
#[derive(Debug)]
pub(crate) struct Printer {
    json: bool,
    quiet: bool,
    warnings: RefCell<Vec<String>>,
}

impl Printer {
    /// Follows the flags that every command has.
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        choose_color(global.color);
        Self { json: global.json, quiet: global.quiet, warnings: RefCell::default() }
    }

    /// Whether the result is a JSON document.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The result of a command: `document` with `--json`, else what `text` writes.
    pub(crate) fn result(&self, command: &str, document: Value, text: impl FnOnce(&Self)) {
        if !self.json {
            return text(self);
        }
        let mut whole = json!({"schema": format!("learnware.{command}/1")});
        if let (Value::Object(whole), Value::Object(document)) = (&mut whole, document) {
            whole.extend(document);
            whole.insert("warnings".into(), json!(*self.warnings.borrow()));
        }
        write_stdout(&format!("{whole:#}\n"));
    }

    /// A line of the result.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        self.raw(&format!("{}\n", text.as_ref()));
    }

    /// Text that is the result as it is: scripts, manual pages.
    pub(crate) fn raw(&self, text: &str) {
        assert!(!self.json, "with --json the document is all that is written");
        write_stdout(text);
    }

    /// Aligned rows under a header.
    pub(crate) fn table(&self, header: &[&str], rows: Vec<Vec<String>>) {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(header.iter().map(|name| name.to_uppercase()));
        table.add_rows(rows);
        for line in table.to_string().lines() {
            self.line(line.strip_prefix(' ').unwrap_or(line).trim_end());
        }
    }

    /// Something that is done, on standard error; silent with `--quiet`.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if !self.json && !self.quiet {
            anstream::eprintln!("{}", text.as_ref());
        }
    }

    /// Something that is possible but seldom wanted.
    pub(crate) fn warning(&self, text: impl Into<String>) {
        let text = text.into();
        if !self.json && !self.quiet {
            anstream::eprintln!("{CAREFUL}warning:{CAREFUL:#} {text}");
        }
        self.warnings.borrow_mut().push(text);
    }

    /// The error that ended the command, its causes, and what to do next.
    pub(crate) fn failure(&self, failure: &anyhow::Error) {
        let message = failure.to_string();
        let mut causes: Vec<String> = failure.chain().skip(1).map(ToString::to_string).collect();
        causes.dedup();
        let hint = error::hint(failure);
        if self.json {
            let error = json!({"message": message, "causes": causes, "hint": hint});
            write_stdout(&format!("{:#}\n", json!({"schema": "learnware.error/1", "error": error})));
            return;
        }
        anstream::eprintln!("{BAD}error:{BAD:#} {message}");
        for cause in causes {
            anstream::eprintln!("  because: {cause}");
        }
        anstream::eprintln!("{ADVICE}hint:{ADVICE:#} {hint}");
    }

    /// Asks on standard error and reads a line of the terminal.
    #[expect(clippy::unused_self, reason = "whoever asks shows that it may talk to people")]
    pub(crate) fn ask(&self, question: &str) -> std::io::Result<String> {
        anstream::eprint!("{question}: ");
        let answer = console::Term::stderr().read_line()?;
        Ok(answer.trim().to_owned())
    }

    /// The same; what is typed is not shown.
    #[expect(clippy::unused_self, reason = "whoever asks shows that it may talk to people")]
    pub(crate) fn ask_secret(&self, question: &str) -> std::io::Result<String> {
        anstream::eprint!("{question}: ");
        console::Term::stderr().read_secure_line()
    }

    /// A bar on standard error for work of `count` steps, or a spinner when the number is not known; only
    /// when standard error is a terminal.
    pub(crate) fn progress(&self, what: &str, count: Option<u64>) -> ProgressBar {
        if self.json || self.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let (bar, template) = match count {
            Some(count) => (ProgressBar::new(count), "{msg} [{bar:30}] {pos}/{len}"),
            None => (ProgressBar::new_spinner(), "{spinner} {msg} ({elapsed})"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }
}

impl Watcher for Printer {
    fn warning(&self, said: Said) {
        Self::warning(self, said.text);
    }

    fn begin(&self, stage: Stage, total: Option<u64>) -> Box<dyn Progress> {
        Box::new(Bar { stage, counts: total.is_some(), shown: self.progress(stage.words(), total) })
    }
}

/// A bar that goes when its work ends.
struct Bar {
    stage: Stage,
    counts: bool,
    shown: ProgressBar,
}

impl Progress for Bar {
    fn reached(&self, done: u64) {
        if self.counts {
            self.shown.set_position(done);
        } else {
            self.shown.set_message(format!("{}, row {done}", self.stage.words()));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.shown.finish_and_clear();
    }
}

/// The text in the colour of its meaning; the writer takes colours out where they are not wanted.
pub(crate) fn toned(tone: Tone, text: impl std::fmt::Display) -> String {
    let style = match tone {
        Tone::Heading => BOLD,
        Tone::Good => GOOD,
        Tone::Bad => BAD,
        Tone::Careful => CAREFUL,
        Tone::Faint => FAINT,
    };
    format!("{style}{text}{style:#}")
}

/// Answers arguments that do not fit, or a request for help; gives the exit code.
pub(crate) fn refuse_usage(refusal: &clap::Error, arguments: &[OsString]) -> u8 {
    let is_help = !refusal.use_stderr();
    if !is_help && arguments.iter().any(|argument| argument == "--json") {
        let text = refusal.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let hint = "`learnware help COMMAND` lists the arguments";
        let error = json!({"message": message, "causes": [], "hint": hint});
        write_stdout(&format!("{:#}\n", json!({"schema": "learnware.error/1", "error": error})));
        return error::EXIT_ERROR;
    }
    // Nothing can be done about a terminal that takes no text.
    let _ = refusal.print();
    if is_help { 0 } else { error::EXIT_ERROR }
}

fn choose_color(when: ColorWhen) {
    match when {
        ColorWhen::Auto => anstream::ColorChoice::Auto,
        ColorWhen::Always => anstream::ColorChoice::Always,
        ColorWhen::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// A closed pipe (`learnware list | head`) is no error.
fn write_stdout(text: &str) {
    let mut out = anstream::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
