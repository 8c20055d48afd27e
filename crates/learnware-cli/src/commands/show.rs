//! `learnware show`.

use learnware_data::specwords;
use learnware_dock::browse::{LearnwareDetail, VersionDetail};
use learnware_dock::config::Create;
use learnware_dock::convert::DataForm;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::capability::classes::RelatedClass;
use learnware_engine::semantic::{Dimensions, SemanticSpecification};

use serde_json::{Value, json};

use crate::cli::{ModelArgs, ShowArgs};
use crate::error::Outcome;
use crate::place::Published;
use crate::printer::{Printer, Tone, toned};
use crate::{report, target};

/// Inputs listed at most.
const INPUTS_SHOWN: usize = 40;
/// Classes of which it is told what others have to do with them, at most.
const CLASSES_SHOWN: usize = 20;
/// Classes of others listed at most, of each kind.
const OTHERS_SHOWN: usize = 5;

/// Shows a learnware.
pub(super) async fn run(arguments: &ShowArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let place = target::place(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    let (detail, published) = place.show(&LearnwareId(arguments.id.clone())).await?;
    let classes = place.classes(&detail.id).await?;
    let mut document = to_json(&detail);
    document["classes"] = json!(classes);
    if let Some(published) = &published {
        document["owner"] = json!(published.owner);
        document["downloads"] = json!(published.downloads);
        document["taken_down"] = json!(published.taken_down);
    }
    printer.result("show", document, |printer| print(&detail, published.as_ref(), &classes, printer));
    Ok(Outcome::Success)
}

fn to_json(detail: &LearnwareDetail) -> Value {
    let versions: Vec<Value> = detail.versions.iter().map(version_json).collect();
    json!({
        "id": detail.id,
        "latest_version": detail.latest_version,
        "created_at": detail.created_at.to_string(),
        "versions": versions,
    })
}

fn version_json(version: &VersionDetail) -> Value {
    json!({
        "version": version.version,
        "status": version.status,
        "format": version.format.word(),
        "data": version.data,
        "digest": version.digest.to_string(),
        "size_bytes": version.size_bytes,
        "submitted_at": version.submitted_at.to_string(),
        "checked_at": version.checked_at.map(|time| time.to_string()),
        "semantic_specification": version.specification.semantic.to_json(),
        "statistical_specifications":
            version.specification.statistical.iter().map(specwords::facts).collect::<Vec<_>>(),
        "report": version.report.as_ref().map(report::to_json),
    })
}

fn print(
    detail: &LearnwareDetail,
    published: Option<&Published>,
    classes: &[RelatedClass],
    printer: &Printer,
) {
    let latest = detail.versions.iter().find(|version| version.version == detail.latest_version);
    let Some(latest) = latest.or(detail.versions.last()) else { return };
    let semantic = &latest.specification.semantic;
    printer.line(toned(Tone::Heading, format!("{}  {}", detail.id, semantic.name)));
    if !semantic.description.is_empty() {
        printer.line(&semantic.description);
    }
    printer.line("");
    for (name, value) in
        facts(latest, semantic).into_iter().chain(published.map(served_facts).unwrap_or_default())
    {
        printer.line(format!("{name:<14} {value}"));
    }
    if let Some(input) = &semantic.input {
        print_dimensions("Inputs", input, printer);
    }
    if let Some(output) = &semantic.output {
        print_dimensions("Outputs", output, printer);
    }
    print_classes(classes, printer);
    printer.line("");
    printer.line(toned(Tone::Heading, "Versions"));
    let rows = detail.versions.iter().map(|version| {
        vec![
            version.version.to_string(),
            report::status_word(version.status).to_owned(),
            version.submitted_at.to_string(),
            if version.version == detail.latest_version { "latest".into() } else { String::new() },
        ]
    });
    printer.table(&["version", "status", "submitted", ""], rows.collect());
    if let Some(found) = latest.report.as_ref().filter(|report| !report.findings.is_empty()) {
        printer.line("");
        printer.line(toned(Tone::Heading, "Check"));
        report::print(found, printer);
    }
    printer.note(format!("Use it: learnware run {} DATA -o predictions.csv", detail.id));
}

fn facts(version: &VersionDetail, semantic: &SemanticSpecification) -> Vec<(&'static str, String)> {
    fn words<T: std::fmt::Display>(words: &[T]) -> String {
        words.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
    let mut facts = vec![
        ("status", report::status_text(version.status)),
        ("task", words(&semantic.task)),
        ("data", words(&semantic.data)),
        ("scenario", words(&semantic.scenario)),
        ("library", words(&semantic.library)),
        ("license", words(&semantic.license)),
        ("model", format!("{}, {} bytes", version.format.word(), version.size_bytes)),
    ];
    if !semantic.model.is_empty() {
        facts.push(("kind", words(&semantic.model)));
    }
    if !semantic.benchmarks.is_empty() {
        let scores = semantic.benchmarks.iter().map(|(name, score)| format!("{name} {score}"));
        facts.push(("benchmarks", scores.collect::<Vec<_>>().join(", ")));
    }
    if let Some(data) = &version.data {
        facts.push(("as data", words_of_data(data)));
    }
    for statistical in &version.specification.statistical {
        facts.push(("specification", specwords::sentence(statistical)));
    }
    facts.push(("digest", version.digest.to_string()));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// What became of its model when it was to be written as data.
pub(super) fn words_of_data(data: &DataForm) -> String {
    match data {
        DataForm::Converted { format, compared, difference, size_bytes, .. } => {
            format!("{format}, {size_bytes} bytes; {compared} answers differ by {difference:.0e} at most")
        }
        DataForm::Impossible { reason } => format!("no: {reason}"),
    }
}

/// What is known only where it is served.
fn served_facts(published: &Published) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("owner", published.owner.clone().unwrap_or_else(|| "the operator".into())),
        ("downloads", published.downloads.to_string()),
    ];
    facts.extend(published.taken_down.as_ref().map(|reason| ("taken down", toned(Tone::Bad, reason))));
    facts
}

/// Which classes of other learnwares are the same as its classes, kinds of them, or what they are kinds of.
fn print_classes(classes: &[RelatedClass], printer: &Printer) {
    if classes.is_empty() {
        return;
    }
    printer.line("");
    printer
        .line(toned(Tone::Heading, "Classes of others, by what they answered on each other's reduced sets"));
    for class in classes.iter().take(CLASSES_SHOWN) {
        printer.line(format!("{:>4}  {}", class.class, class.name));
        for (word, others) in
            [("same", &class.same), ("narrower", &class.narrower), ("broader", &class.broader)]
        {
            let told =
                others.iter().take(OTHERS_SHOWN).map(|other| format!("{} of {}", other.name, other.id));
            let mut told: Vec<String> = told.collect();
            if others.len() > OTHERS_SHOWN {
                told.push(format!("and {} more; --json shows them", others.len() - OTHERS_SHOWN));
            }
            if !told.is_empty() {
                printer.line(format!("      {word:<9} {}", told.join(", ")));
            }
        }
    }
    if classes.len() > CLASSES_SHOWN {
        printer.line(format!("and {} more; --json shows all", classes.len() - CLASSES_SHOWN));
    }
}

fn print_dimensions(title: &str, dimensions: &Dimensions, printer: &Printer) {
    printer.line("");
    printer.line(toned(Tone::Heading, format!("{title} ({})", dimensions.dimension)));
    for (index, meaning) in dimensions.description.iter().take(INPUTS_SHOWN) {
        printer.line(format!("{index:>4}  {meaning}"));
    }
    if dimensions.description.len() > INPUTS_SHOWN {
        printer.line(format!("and {} more; --json shows all", dimensions.description.len() - INPUTS_SHOWN));
    }
}
