//! `learnware submit`.

use std::path::Path;

use anyhow::Context as _;
use learnware_dock::config::Create;
use learnware_dock::store::organisations::{Audience, OrganisationNumber, Visibility};
use learnware_dock::submit::{PackageSource, Submission, SubmitOutcome, SubmitRequest};
use learnware_engine::learnware::LearnwareId;
use learnware_engine::semantic::SemanticSpecification;
use serde_json::{Value, json};

use crate::cli::SubmitArgs;
use crate::error::{Outcome, advised};
use crate::place::Place;
use crate::printer::Printer;
use crate::{report, target};

use super::redundant;

/// Submits a package, and checks it unless told otherwise.
pub(super) async fn run(arguments: &SubmitArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    if !arguments.zip.is_file() {
        return Err(advised(
            format!("{} is not a package file", arguments.zip.display()),
            "make one with `learnware pack`",
        ));
    }
    let semantic = arguments.semantic.as_deref().map(read_semantic).transpose()?;
    let place = target::place(&arguments.dock, &arguments.model, Create::IfMissing).await?;
    let request = SubmitRequest {
        package: PackageSource::File(arguments.zip.clone()),
        semantic,
        replaces: arguments.replaces.clone().map(LearnwareId),
        audience: Audience { owner: None, visibility: visibility(arguments, &place)? },
    };
    let submission = match place.submit(request, printer).await? {
        SubmitOutcome::Accepted(submission) => submission,
        SubmitOutcome::Refused(found) => {
            let document = json!({"id": null, "report": report::to_json(&found)});
            printer.result("submit", document, |printer| {
                report::print(&found, printer);
                printer.line("Nothing was stored.");
            });
            return Ok(Outcome::Finding);
        }
        SubmitOutcome::Duplicate(known) => return duplicate(&known, &place, printer).await,
    };
    if arguments.no_check {
        return Ok(waiting(
            &submission,
            printer,
            match place {
                Place::Folder(_) => {
                    "`learnware check --waiting` makes the check; until then no search finds it."
                }
                Place::Server(_) => {
                    "The server checks it; until then no search finds it. `learnware show ID` tells."
                }
            },
        ));
    }
    let progress = printer.progress("checking", None);
    let found = place.check(&submission).await;
    progress.finish_and_clear();
    let Some(found) = found? else {
        let note = "What became of its check can't be seen from here yet; try `learnware show ID` later.";
        return Ok(waiting(&submission, printer, note));
    };
    let mut document = submission_json(&submission);
    document["report"] = report::to_json(&found);
    document["status"] = json!(found.status());
    let others = place.redundancy(&submission.id).await?.filter(|_| !found.has_errors());
    document["others"] = json!(others);
    printer.result("submit", document, |printer| {
        printer.line(format!("learnware {}, version {}", submission.id, submission.version));
        report::print(&found, printer);
        redundant::print(others.as_ref(), printer);
    });
    Ok(report::outcome(&found))
}

/// Tells that the dock has the package already.
async fn duplicate(known: &Submission, place: &Place, printer: &Printer) -> anyhow::Result<Outcome> {
    // Whoever may not see it is told no more.
    let versions = place.show(&known.id).await.map_or_else(|_| Vec::new(), |(detail, _)| detail.versions);
    let version = versions.iter().find(|version| version.version == known.version);
    let mut document = submission_json(known);
    document["duplicate"] = json!(true);
    document["status"] = json!(version.map(|version| version.status));
    printer.result("submit", document, |printer| {
        let (id, version) = (&known.id, known.version);
        printer.line(format!("The dock has this package already: learnware {id}, version {version}."));
    });
    Ok(Outcome::Success)
}

/// Who shall find it.
fn visibility(arguments: &SubmitArgs, place: &Place) -> anyhow::Result<Visibility> {
    let Some(word) = &arguments.visibility else { return Ok(Visibility::Public) };
    place.server("--visibility", "leave it out; whoever opens the folder sees all of it")?;
    if arguments.replaces.is_some() {
        return Err(advised("a new version is seen by whoever sees the learnware", "leave out --visibility"));
    }
    let organisation = word.parse().ok().map(OrganisationNumber);
    let word = if organisation.is_some() { "organisation" } else { word };
    Visibility::from_parts(word, organisation).ok_or_else(|| {
        advised(format!("{word:?} says nobody"), "say public, owner, or the number of an organisation")
    })
}

/// Tells that a submission waits, and what to do then.
fn waiting(submission: &Submission, printer: &Printer, note: &str) -> Outcome {
    printer.result("submit", submission_json(submission), |printer| {
        printer.line(format!("learnware {}, version {}: waiting", submission.id, submission.version));
        printer.note(note);
    });
    Outcome::Success
}

fn submission_json(submission: &Submission) -> Value {
    json!({
        "id": submission.id,
        "version": submission.version,
        "digest": submission.digest.to_string(),
        "status": "waiting",
        "duplicate": false,
    })
}

fn read_semantic(path: &Path) -> anyhow::Result<SemanticSpecification> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        advised(
            format!("{} is not JSON: {error}", path.display()),
            "`learnware show ID --json` has an example",
        )
    })?;
    SemanticSpecification::from_json(&value).with_context(|| path.display().to_string())
}
