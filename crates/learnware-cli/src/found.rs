//! What was found by words: for people, and as a document.

use learnware_dock::catalog::Snapshot;
use learnware_dock::words::{Excerpt, FacetCounts, Found, Hit, Matching, Readings};
use learnware_engine::semantic::SemanticSpecification;
use serde_json::{Value, json};

use crate::printer::{Printer, Tone, toned};

/// Similar words named in a sentence at most.
const SIMILAR_NAMED: usize = 5;
/// Counts of a kind of tag shown to people at most.
const COUNTS_SHOWN: usize = 8;

/// What every answer that was found by words says besides its learnwares.
pub(crate) fn extend_json(document: &mut Value, found: &Found) {
    document["total"] = json!(found.total);
    document["next_cursor"] = json!(found.next.as_ref().map(ToString::to_string));
    document["words"] = readings_json(&found.readings);
    if !found.facets.is_empty() {
        let facets = found.facets.iter().map(|facet| {
            let counts: Vec<Value> =
                facet.counts.iter().map(|(tag, count)| json!({"tag": tag, "count": count})).collect();
            (facet.facet.word().to_owned(), Value::Array(counts))
        });
        document["facets"] = Value::Object(facets.collect());
    }
}

/// What is known of a hit besides its learnware.
pub(crate) fn extend_hit_json(value: &mut Value, hit: &Hit) {
    value["relevance"] = json!(hit.score);
    value["excerpts"] = hit.excerpts.iter().map(excerpt_json).collect();
}

/// How the words were read.
pub(crate) fn readings_json(readings: &Readings) -> Value {
    let similar: Vec<Value> =
        readings.similar.iter().map(|(word, read_as)| json!({"word": word, "read_as": read_as})).collect();
    json!({
        "matching": match readings.matching { Matching::All => "all", Matching::Half => "half" },
        "similar": similar,
        "unknown": readings.unknown,
    })
}

fn excerpt_json(excerpt: &Excerpt) -> Value {
    let pieces: Vec<Value> =
        excerpt.pieces.iter().map(|piece| json!({"text": piece.text, "hit": piece.is_hit})).collect();
    json!({"field": excerpt.field, "pieces": pieces})
}

/// Tells how the words were read where that is not as they were typed.
pub(crate) fn print_readings(readings: &Readings, printer: &Printer) {
    for (word, read_as) in &readings.similar {
        let named: Vec<&str> = read_as.iter().take(SIMILAR_NAMED).map(String::as_str).collect();
        let more = if read_as.len() > named.len() { ", ..." } else { "" };
        printer.line(toned(
            Tone::Careful,
            format!("No learnware has {word:?}; looked for {}{more} instead.", named.join(", ")),
        ));
    }
    if !readings.unknown.is_empty() {
        let words = readings.unknown.join(", ");
        printer.line(toned(Tone::Careful, format!("No learnware has anything like: {words}")));
    }
    if readings.matching == Matching::Half {
        printer.line(toned(Tone::Careful, "No learnware has all words; these have at least half of them."));
    }
}

/// The learnwares of a page, each with the texts in which the words were found.
pub(crate) fn print_hits(found: &Found, snapshot: &Snapshot, printer: &Printer) {
    for hit in &found.hits {
        let Some(learnware) = snapshot.market.organizer().get(&hit.id) else { continue };
        let semantic = &learnware.specification.semantic;
        let name = hit.excerpts.iter().find(|excerpt| excerpt.field == "name");
        let name = name.map_or_else(|| semantic.name.clone(), marked);
        let facts = facts(semantic, learnware.format.word());
        printer.line(format!("{}  {name}  {}", hit.id, toned(Tone::Faint, facts)));
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
pub(crate) fn print_facets(facets: &[FacetCounts], printer: &Printer) {
    for facet in facets.iter().filter(|facet| !facet.counts.is_empty()) {
        let shown = facet.counts.iter().take(COUNTS_SHOWN).map(|(tag, count)| format!("{tag} {count}"));
        let mut line = shown.collect::<Vec<_>>().join(", ");
        if facet.counts.len() > COUNTS_SHOWN {
            line += ", ...";
        }
        printer.line(format!("{:<10}{line}", format!("{}:", facet.facet.word())));
    }
}

/// Says how much was shown, and how to go on.
pub(crate) fn print_page(found: &Found, printer: &Printer) {
    if let Some(next) = &found.next {
        printer.note(format!(
            "{} of {} shown here; the next ones: the same command with --cursor {next}",
            found.hits.len(),
            found.total
        ));
    }
}

fn marked(excerpt: &Excerpt) -> String {
    let pieces = excerpt.pieces.iter();
    pieces
        .map(|piece| if piece.is_hit { toned(Tone::Heading, &piece.text) } else { piece.text.clone() })
        .collect()
}

fn facts(semantic: &SemanticSpecification, format: &str) -> String {
    let mut facts: Vec<String> = semantic.task.first().iter().map(|task| task.word().to_owned()).collect();
    facts.extend(semantic.input.as_ref().map(|input| format!("{} inputs", input.dimension)));
    facts.push(format.to_owned());
    format!("({})", facts.join(", "))
}
