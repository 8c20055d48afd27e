//! `learnware check`.

use std::path::Path;

use anyhow::Context as _;
use learnware_dock::Dock;
use learnware_dock::check::{CheckEnd, CheckOutcome};
use learnware_dock::config::Create;
use learnware_dock::submit::{PackageSource, SubmitOutcome, SubmitRequest};
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::checker::CheckReport;
use serde_json::{Value, json};

use crate::cli::{CheckArgs, DockArgs};
use crate::error::{Outcome, advised};
use crate::printer::{Printer, Tone, toned};
use crate::{report, target};

/// Checks a package, a learnware of the dock, or all that wait.
pub(super) async fn run(arguments: &CheckArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let Some(name) = &arguments.learnware else {
        let dock = target::open(&arguments.dock, &arguments.model, Create::Never).await?;
        return check_waiting(&dock, printer).await;
    };
    let path = Path::new(name);
    let found = if path.is_file() || path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
    {
        check_file(path, arguments, printer).await?
    } else {
        let dock = target::open(&arguments.dock, &arguments.model, Create::Never).await?;
        let progress = printer.progress("checking", None);
        let found = dock.check(&LearnwareId(name.clone()), None).await;
        progress.finish_and_clear();
        found?
    };
    let document = json!({"learnware": name, "report": report::to_json(&found), "status": found.status()});
    printer.result("check", document, |printer| report::print(&found, printer));
    Ok(report::outcome(&found))
}

/// Checks a package as a dock does: it is submitted to an empty one that is thrown away.
async fn check_file(path: &Path, arguments: &CheckArgs, printer: &Printer) -> anyhow::Result<CheckReport> {
    if !path.is_file() {
        return Err(advised(
            format!("there is no package file {}", path.display()),
            "check the path; `learnware pack` makes a package",
        ));
    }
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let place = DockArgs { dock: Some(folder.path().display().to_string()) };
    let dock = target::open(&place, &arguments.model, Create::IfMissing).await?;
    let progress = printer.progress("checking", None);
    let package = PackageSource::File(path.to_owned());
    let submitted = dock.submit(SubmitRequest { package, semantic: None, replaces: None }).await?;
    let found = match submitted {
        SubmitOutcome::Accepted(submission) | SubmitOutcome::Duplicate(submission) => {
            dock.check(&submission.id, Some(submission.version)).await?
        }
        SubmitOutcome::Refused(found) => found,
    };
    progress.finish_and_clear();
    dock.close().await;
    Ok(found)
}

async fn check_waiting(dock: &Dock, printer: &Printer) -> anyhow::Result<Outcome> {
    let progress = printer.progress("checking what waits", None);
    let outcomes = dock.check_waiting().await;
    progress.finish_and_clear();
    let outcomes = outcomes?;
    let bad = |outcome: &CheckOutcome| match &outcome.end {
        CheckEnd::Reported(found) => found.has_errors(),
        CheckEnd::Failed { .. } => true,
        CheckEnd::Overtaken => false,
    };
    let document = json!({"checks": outcomes.iter().map(outcome_json).collect::<Vec<_>>()});
    printer.result("check-waiting", document, |printer| {
        if outcomes.is_empty() {
            printer.line("No check waits.");
        }
        for outcome in &outcomes {
            printer.line(toned(Tone::Heading, format!("{}, version {}", outcome.id, outcome.version)));
            match &outcome.end {
                CheckEnd::Reported(found) => report::print(found, printer),
                CheckEnd::Failed { error, .. } => {
                    printer.line(format!("the check itself failed: {error}"));
                }
                CheckEnd::Overtaken => printer.line("deleted, or checked by somebody else"),
            }
        }
    });
    Ok(if outcomes.iter().any(bad) { Outcome::Finding } else { Outcome::Success })
}

fn outcome_json(outcome: &CheckOutcome) -> Value {
    let (end, report) = match &outcome.end {
        CheckEnd::Reported(found) => (json!("reported"), report::to_json(found)),
        CheckEnd::Failed { error, .. } => (json!({"failed": error}), Value::Null),
        CheckEnd::Overtaken => (json!("overtaken"), Value::Null),
    };
    json!({"id": outcome.id, "version": outcome.version, "end": end, "report": report})
}
