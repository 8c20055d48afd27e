//! `learnware quickstart`: a dock of ten learnwares, a task solved with them, and how well.
//!
//! Everything is made by the same code as a user's own work: packages by the writer of `learnware pack`, checks
//! by the dock, predictions by `learnware solve`. No trained model is stored in the program.

mod compare;
mod developers;
mod digits;
mod folder;

use std::time::Instant;

use anyhow::Context as _;
use learnware_dock::Dock;
use learnware_dock::config::Create;
use learnware_dock::store::organisations::Audience;
use learnware_dock::submit::{PackageSource, SubmitOutcome, SubmitRequest};
use learnware_engine::learnware::{CheckStatus, LearnwareId};
use serde_json::{Value, json};

use crate::cli::{ModelArgs, QuickstartArgs, SolveArgs, TableArgs};
use crate::commands::solve;
use crate::error::{Outcome, advised};
use crate::printer::{Printer, Tone, toned};
use crate::{report, target};
use compare::Comparison;
use developers::DEVELOPERS;
use digits::{Dealt, LABELLED_ROWS};
use folder::Folder;

/// Cells of a bar that shows an accuracy.
const BAR_CELLS: f64 = 30.0;

/// Tells what is done while it is done; silent with `--json`.
struct Story<'a> {
    printer: &'a Printer,
    start: Instant,
    step: usize,
}

impl Story<'_> {
    fn step(&mut self, text: &str) {
        self.step += 1;
        if self.step > 1 {
            self.line("");
        }
        self.line(toned(Tone::Heading, format!("{}. {text}", self.step)));
    }

    fn line(&self, text: impl AsRef<str>) {
        if !self.printer.is_json() {
            self.printer.line(text);
        }
    }

    fn table(&self, header: &[&str], rows: Vec<Vec<String>>) {
        if !self.printer.is_json() {
            self.printer.table(header, rows);
        }
    }

    fn done(&self, text: &str) {
        let seconds = self.start.elapsed().as_secs_f64();
        self.line(toned(Tone::Faint, format!("{text} ({seconds:.1} s since the start)")));
    }
}

/// A learnware of the demonstration.
struct Submitted {
    id: LearnwareId,
    status: CheckStatus,
    bytes: usize,
}

/// Makes the folder, the dock and the task, solves it and compares.
pub(super) async fn run(arguments: &QuickstartArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let mut story = Story { printer, start: Instant::now(), step: 0 };
    let folder = Folder::make(&arguments.dir, arguments.force, arguments.seed)?;
    let dealt = digits::deal(arguments.seed)?;
    // Nothing here is Python code, so none needs to be run.
    let models = ModelArgs { no_code: true, ..ModelArgs::default() };
    let dock = target::open(&folder.dock_arguments()?, &models, Create::IfMissing).await?;

    story.step("Ten developers train models on scans that stay with them, and submit packages");
    let submitted = submit_all(&dealt, &dock, arguments.seed, &story).await?;

    story.step("A user has other scans and knows few of the digits");
    folder.write_task(&dealt)?;
    let common: Vec<String> = digits::common_in_task().iter().map(ToString::to_string).collect();
    story.line(format!(
        "{}: {} scans that no developer has, mostly {}; {LABELLED_ROWS} with a label",
        folder.task().display(),
        dealt.task.digits.len(),
        common.join(" ")
    ));

    let solving = solve_arguments(&folder, &models, arguments.seed)?;
    story.step("The user solves the task with the dock");
    story.line(toned(Tone::Faint, format!("$ {}", solve_command(&folder))));
    story.line("");
    let solved = solve::solve(&solving, printer).await?;
    if !printer.is_json() {
        solve::print(&solved, printer);
    }
    story.done("solved");

    story.step("Was it worth it? The truth, which the user does not have, tells");
    let ids: Vec<LearnwareId> = submitted.iter().map(|one| one.id.clone()).collect();
    let runner = target::runner(&models)?;
    let found = compare::compare(&dealt, &dock, &ids, &folder.predictions(), &runner, arguments.seed).await?;
    dock.close().await;

    let document = document(&folder, &submitted, &found, &solved, story.start)?;
    printer.result("quickstart", document, |_| {
        print_comparison(&found, &story);
        print_next(&folder, &story);
    });
    Ok(Outcome::Success)
}

/// Trains, packs, submits and checks all learnwares.
async fn submit_all(
    dealt: &Dealt,
    dock: &Dock,
    seed: u64,
    story: &Story<'_>,
) -> anyhow::Result<Vec<Submitted>> {
    let pixels = &dealt.header[..dealt.header.len() - 1];
    let progress = story.printer.progress("training and checking", Some(DEVELOPERS.len() as u64));
    let mut submitted = Vec::with_capacity(DEVELOPERS.len());
    for (developer, scans) in DEVELOPERS.iter().zip(&dealt.shards) {
        let package = tokio::task::block_in_place(|| developer.package(scans, pixels, seed))?;
        submitted.push(submit(dock, package).await.with_context(|| developer.title())?);
        progress.inc(1);
    }
    progress.finish_and_clear();
    let rows = DEVELOPERS.iter().zip(&dealt.shards).zip(&submitted).map(|((developer, scans), one)| {
        vec![
            one.id.to_string(),
            developer.title(),
            developer.learner.words().to_owned(),
            scans.digits.len().to_string(),
            format!("{:.0} kB", one.bytes as f64 / 1e3),
            report::status_word(one.status).to_owned(),
        ]
    });
    story.table(&["id", "learnware", "model", "scans", "package", "check"], rows.collect());
    let usable = submitted.iter().filter(|one| one.status == CheckStatus::Usable).count();
    story.done(&format!("{usable} learnwares are in the dock; each model ran in its check"));
    Ok(submitted)
}

async fn submit(dock: &Dock, package: Vec<u8>) -> anyhow::Result<Submitted> {
    let bytes = package.len();
    let request = SubmitRequest {
        package: PackageSource::Bytes(package.into()),
        semantic: None,
        replaces: None,
        audience: Audience::default(),
    };
    let submission = match dock.submit(request).await? {
        SubmitOutcome::Accepted(submission) | SubmitOutcome::Duplicate(submission) => submission,
        SubmitOutcome::Refused(report) => return Err(unsound(&report)),
    };
    let report = dock.check(&submission.id, Some(submission.version)).await?;
    match report.status() {
        CheckStatus::Usable => Ok(Submitted { id: submission.id, status: report.status(), bytes }),
        _ => Err(unsound(&report)),
    }
}

/// A package of ours that a check finds fault with is our mistake.
fn unsound(report: &learnware_engine::market::checker::CheckReport) -> anyhow::Error {
    let messages: Vec<String> = report.findings.iter().map(|finding| finding.message.clone()).collect();
    advised(
        format!("the package is not sound: {}", messages.join("; ")),
        "this is a mistake of the program; please report it",
    )
}

fn solve_arguments(folder: &Folder, models: &ModelArgs, seed: u64) -> anyhow::Result<SolveArgs> {
    Ok(SolveArgs {
        output: Some(folder.predictions()),
        report: Some(folder.report()),
        seed,
        dock: folder.dock_arguments()?,
        table: TableArgs { labels: Some("digit".into()), ..TableArgs::default() },
        model: models.clone(),
        ..SolveArgs::new(folder.task())
    })
}

/// What the user would type.
fn solve_command(folder: &Folder) -> String {
    format!(
        "learnware solve {} --labels digit --dock {} -o {} --report {}",
        folder.task().display(),
        folder.dock().display(),
        folder.predictions().display(),
        folder.report().display()
    )
}

fn document(
    folder: &Folder,
    submitted: &[Submitted],
    found: &Comparison,
    solved: &solve::Story,
    start: Instant,
) -> anyhow::Result<Value> {
    let learnwares: Vec<Value> = DEVELOPERS
        .iter()
        .zip(submitted)
        .zip(&found.single)
        .map(|((developer, one), accuracy)| {
            json!({
                "id": one.id,
                "name": developer.title(),
                "model": developer.learner.words(),
                "status": one.status,
                "bytes": one.bytes,
                "accuracy": accuracy,
            })
        })
        .collect();
    Ok(json!({
        "dock": folder.dock().display().to_string(),
        "task": folder.task().display().to_string(),
        "learnwares": learnwares,
        "solve": serde_json::to_value(solved)?,
        "comparison": found,
        "seconds": start.elapsed().as_secs_f64(),
    }))
}

fn print_comparison(found: &Comparison, story: &Story<'_>) {
    let row = |who: &str, accuracy: f64| {
        let bar = "#".repeat((accuracy * BAR_CELLS).round() as usize);
        vec![who.to_owned(), format!("{:5.1} %", accuracy * 100.0), bar]
    };
    let header = format!("right on the {} scans without label", found.rows);
    story.table(
        &["who answers", "right", ""],
        vec![
            row("a learnware alone, mean of the ten", found.single_mean),
            row("the best of the ten alone, known only afterwards", found.single_best),
            row(&format!("a model of the user's {LABELLED_ROWS} labels alone"), found.own_labels),
            row("learnware solve", found.solve),
        ],
    );
    story.done(&header);
}

fn print_next(folder: &Folder, story: &Story<'_>) {
    let dock = folder.dock();
    let dock = dock.display();
    story.line("");
    story.line(toned(Tone::Heading, "Next"));
    story.line(format!("  open {}", folder.report().display()));
    story.line(format!("  learnware list --dock {dock}"));
    story.line(format!("  learnware search --spec {} --labels digit --dock {dock}", folder.task().display()));
    story.line("  learnware pack model.onnx --data train.csv --labels LABEL --name NAME -o model.zip");
    story.line("  learnware submit model.zip           # into your own dock");
    story.line("  learnware solve your.csv --report report.html");
}
