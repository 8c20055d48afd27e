//! What was found by words: for people, and as a document.

use learnware_api::{Excerpt, LearnwarePage, LearnwareSummary, WordReadings};
use learnware_dock::words::Facet;
use learnware_engine::semantic::SemanticSpecification;
use serde_json::{Value, json};

use crate::printer::{Printer, Tone, toned};

/// Similar words named in a sentence at most.
const SIMILAR_NAMED: usize = 5;
/// Counts of a kind of tag shown to people at most.
const COUNTS_SHOWN: usize = 8;

/// What every answer that was found by words says besides its learnwares.
pub(crate) fn extend_json(document: &mut Value, page: &LearnwarePage) {
    document["total"] = json!(page.total);
    document["next_cursor"] = json!(page.next_cursor);
    document["words"] = json!(page.words);
    if !page.facets.is_empty() {
        let facets = page.facets.keys().map(|facet| {
            let counts: Vec<Value> =
                counts(page, facet).iter().map(|(tag, count)| json!({"tag": tag, "count": count})).collect();
            (facet.clone(), Value::Array(counts))
        });
        document["facets"] = Value::Object(facets.collect());
    }
}

/// What is known of a hit besides its learnware.
pub(crate) fn extend_hit_json(value: &mut Value, hit: &LearnwareSummary) {
    value["relevance"] = json!(hit.relevance);
    value["excerpts"] = json!(hit.excerpts);
}

/// Tells how the words were read where that is not as they were typed.
pub(crate) fn print_readings(words: &WordReadings, printer: &Printer) {
    for similar in &words.similar {
        let named: Vec<&str> = similar.read_as.iter().take(SIMILAR_NAMED).map(String::as_str).collect();
        let more = if similar.read_as.len() > named.len() { ", ..." } else { "" };
        printer.line(toned(
            Tone::Careful,
            format!("No learnware has {:?}; looked for {}{more} instead.", similar.word, named.join(", ")),
        ));
    }
    if !words.unknown.is_empty() {
        let words = words.unknown.join(", ");
        printer.line(toned(Tone::Careful, format!("No learnware has anything like: {words}")));
    }
    if words.matching == "half" {
        printer.line(toned(Tone::Careful, "No learnware has all words; these have at least half of them."));
    }
}

/// The learnwares of a page, each with the texts in which the words were found.
pub(crate) fn print_hits(page: &LearnwarePage, printer: &Printer) {
    for hit in &page.learnwares {
        let name = hit.excerpts.iter().find(|excerpt| excerpt.field == "name");
        let name = name.map_or_else(|| hit.name.clone(), marked);
        printer.line(format!("{}  {name}  {}", hit.id, toned(Tone::Faint, facts(hit))));
        for excerpt in hit.excerpts.iter().filter(|excerpt| excerpt.field != "name") {
            printer.line(format!(
                "          {} {}",
                toned(Tone::Faint, format!("{}:", excerpt.field)),
                marked(excerpt)
            ));
        }
    }
}

/// The counts by tag.
pub(crate) fn print_facets(page: &LearnwarePage, printer: &Printer) {
    for facet in Facet::ALL.map(Facet::word) {
        let counts = counts(page, facet);
        if counts.is_empty() {
            continue;
        }
        let shown = counts.iter().take(COUNTS_SHOWN).map(|(tag, count)| format!("{tag} {count}"));
        let mut line = shown.collect::<Vec<_>>().join(", ");
        if counts.len() > COUNTS_SHOWN {
            line += ", ...";
        }
        printer.line(format!("{:<10}{line}", format!("{facet}:")));
    }
}

/// Says how much was shown, and how to go on.
pub(crate) fn print_page(page: &LearnwarePage, printer: &Printer) {
    if let Some(next) = &page.next_cursor {
        printer.note(format!(
            "{} of {} shown here; the next ones: the same command with --cursor {next}",
            page.learnwares.len(),
            page.total
        ));
    }
}

/// The words of a learnware, where they can be read; a newer server may use words that we don't know.
pub(crate) fn semantic(summary: &LearnwareSummary) -> SemanticSpecification {
    SemanticSpecification::from_json(&summary.semantic).unwrap_or_else(|_| SemanticSpecification {
        name: summary.name.clone(),
        ..SemanticSpecification::default()
    })
}

/// Tags of a kind with their counts, most frequent first.
fn counts<'a>(page: &'a LearnwarePage, facet: &str) -> Vec<(&'a str, u64)> {
    let counts = page.facets.get(facet).into_iter().flatten();
    let mut counts: Vec<(&str, u64)> = counts.map(|(tag, count)| (tag.as_str(), *count)).collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    counts
}

fn marked(excerpt: &Excerpt) -> String {
    let pieces = excerpt.pieces.iter();
    pieces
        .map(|piece| if piece.hit { toned(Tone::Heading, &piece.text) } else { piece.text.clone() })
        .collect()
}

fn facts(summary: &LearnwareSummary) -> String {
    let semantic = semantic(summary);
    let mut facts: Vec<String> = semantic.task.first().iter().map(|task| task.word().to_owned()).collect();
    facts.extend(semantic.input.as_ref().map(|input| format!("{} inputs", input.dimension)));
    facts.push(summary.format.clone());
    format!("({})", facts.join(", "))
}
