//! `learnware check`.

use std::path::Path;

use anyhow::Context as _;
use learnware_dock::Dock;
use learnware_dock::check::CheckOutcome;
use learnware_dock::config::Create;
use learnware_dock::jobs::JobEnd;
use learnware_dock::store::organisations::Audience;
use learnware_dock::submit::{PackageSource, SubmitOutcome, SubmitRequest};
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::checker::CheckReport;
use learnware_engine::market::redundancy::Redundancy;
use serde_json::{Value, json};

use crate::cli::{CheckArgs, DockArgs};
use crate::error::{Outcome, advised};
use crate::printer::{Printer, Tone, toned};
use crate::{report, target};

use super::redundant;

/// Checks a package, a learnware of the dock, or all that wait.
pub(super) async fn run(arguments: &CheckArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let Some(name) = &arguments.learnware else {
        let dock = target::open(&arguments.dock, &arguments.model, Create::Never).await?;
        return check_waiting(&dock, printer).await;
    };
    let path = Path::new(name);
    let (found, others) =
        if path.is_file() || path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) {
            check_file(path, arguments, printer).await?
        } else {
            let dock = target::open(&arguments.dock, &arguments.model, Create::Never).await?;
            let progress = printer.progress("checking", None);
            let found = dock.check(&LearnwareId(name.clone()), None).await;
            progress.finish_and_clear();
            let found = found?;
            let others = redundant::of(&dock, &LearnwareId(name.clone())).await?;
            let others = others.filter(|_| !found.has_errors());
            (found, others)
        };
    let document = json!({
        "learnware": name, "report": report::to_json(&found), "status": found.status(), "others": others,
    });
    printer.result("check", document, |printer| {
        report::print(&found, printer);
        redundant::print(others.as_ref(), printer);
    });
    Ok(report::outcome(&found))
}

/// Checks a package as a dock does: it is submitted to an empty one that is thrown away. Where a dock is named, its
/// learnwares are compared too.
async fn check_file(
    path: &Path,
    arguments: &CheckArgs,
    printer: &Printer,
) -> anyhow::Result<(CheckReport, Option<Redundancy>)> {
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
    let submitted = dock
        .submit(SubmitRequest { package, semantic: None, replaces: None, audience: Audience::default() })
        .await?;
    let (found, others) = match submitted {
        SubmitOutcome::Accepted(submission) | SubmitOutcome::Duplicate(submission) => {
            let found = dock.check(&submission.id, Some(submission.version)).await?;
            (found, compared(&dock, &submission.id, arguments).await?)
        }
        SubmitOutcome::Refused(found) => (found, None),
    };
    progress.finish_and_clear();
    dock.close().await;
    Ok((found, others))
}

/// What the learnwares of the named dock do of what this one, of the empty dock, is for.
async fn compared(
    empty: &Dock,
    id: &LearnwareId,
    arguments: &CheckArgs,
) -> anyhow::Result<Option<Redundancy>> {
    let folder = target::dock_folder(&arguments.dock).ok();
    let named = arguments.dock.dock.is_some() && folder.is_some_and(|folder| folder.is_dir());
    let snapshot = empty.catalog().await?;
    let Some(learnware) = snapshot.market.organizer().get(id).filter(|_| named) else { return Ok(None) };
    let dock = target::open(&arguments.dock, &arguments.model, Create::Never).await?;
    Ok(dock.redundancy_of(learnware.specification.clone()).await?)
}

async fn check_waiting(dock: &Dock, printer: &Printer) -> anyhow::Result<Outcome> {
    let progress = printer.progress("checking what waits", None);
    let outcomes = dock.check_waiting().await;
    progress.finish_and_clear();
    let outcomes = outcomes?;
    let bad = |outcome: &CheckOutcome| match &outcome.end {
        JobEnd::Done(found) => found.has_errors(),
        JobEnd::Failed { .. } => true,
        JobEnd::Overtaken => false,
    };
    let document = json!({"checks": outcomes.iter().map(outcome_json).collect::<Vec<_>>()});
    printer.result("check-waiting", document, |printer| {
        if outcomes.is_empty() {
            printer.line("No check waits.");
        }
        for outcome in &outcomes {
            printer.line(toned(Tone::Heading, format!("{}, version {}", outcome.id, outcome.version)));
            match &outcome.end {
                JobEnd::Done(found) => report::print(found, printer),
                JobEnd::Failed { error, .. } => {
                    printer.line(format!("the check itself failed: {error}"));
                }
                JobEnd::Overtaken => printer.line("deleted, or checked by somebody else"),
            }
        }
    });
    Ok(if outcomes.iter().any(bad) { Outcome::Finding } else { Outcome::Success })
}

fn outcome_json(outcome: &CheckOutcome) -> Value {
    let (end, report) = match &outcome.end {
        JobEnd::Done(found) => (json!("reported"), report::to_json(found)),
        JobEnd::Failed { error, .. } => (json!({"failed": error}), Value::Null),
        JobEnd::Overtaken => (json!("overtaken"), Value::Null),
    };
    json!({"id": outcome.id, "version": outcome.version, "end": end, "report": report})
}
