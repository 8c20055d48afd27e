//! `learnware search --message` and `learnware search --private`: by anchors, without a specification.

use std::path::Path;

use anyhow::Context as _;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::index::{CandidateOptions, Candidates, Message, Ranked};
use learnware_engine::market::{Funnel, SearchResults, Verdict};
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::StatisticalSpecification;
use serde_json::{Value, json};

use super::{SHOWN, island_json, print};
use crate::cli::SearchArgs;
use crate::error::{Outcome, advised};
use crate::found;
use crate::measuring::{self, Brought, Measured};
use crate::place::{ByAnchors, Place};
use crate::printer::{Printer, Tone, toned};
use crate::specfile::Maker;

/// The dock's side alone: candidates and bounds for a message.
pub(super) async fn by_message(
    place: &Place,
    path: &Path,
    arguments: &SearchArgs,
    query: &str,
    printer: &Printer,
) -> anyhow::Result<Outcome> {
    let message = read(path)?;
    let island = message.island.clone();
    let ByAnchors { candidates, words, names, total } =
        place.candidates(&message, query, excluded(arguments), options(arguments)).await?;
    let name = |id: &LearnwareId| names.get(id).cloned().unwrap_or_default();
    let mut document = json!(candidates);
    for (value, candidate) in list(&mut document, "found").iter_mut().zip(&candidates.found) {
        value["name"] = json!(name(&candidate.id));
    }
    document["island"] = island_json(&island);
    document["noise"] = json!(message.noise);
    document["words"] = json!(words);
    printer.result("candidates", document, |printer| {
        found::print_readings(&words, printer);
        if candidates.found.is_empty() {
            return print::nothing(&funnel(total, arguments), printer);
        }
        printer.line(toned(Tone::Heading, "Candidates, with bounds of their distance"));
        let rows = candidates.found.iter().map(|candidate| {
            let most = candidate.upper.map_or_else(|| "-".into(), |upper| format!("{upper:.4}"));
            vec![candidate.id.to_string(), format!("{:.4}", candidate.lower), most, name(&candidate.id)]
        });
        printer.table(&["id", "at least", "at most", "name"], rows.collect());
        printer.line(toned(Tone::Faint, certificate(&candidates, message.noise.is_some())));
    });
    Ok(if candidates.found.is_empty() { Outcome::Finding } else { Outcome::Success })
}

/// The whole exchange: anchors, message, candidates, and exact distances on this side.
pub(super) async fn by_data(
    place: &Place,
    path: &Path,
    maker: &Maker<'_>,
    arguments: &SearchArgs,
    query: &str,
    printer: &Printer,
) -> anyhow::Result<Outcome> {
    let brought = Brought::read(path, maker)?;
    let island = brought.island();
    let anchors = place.anchors(&island).await?;
    let noise = arguments.noise.noise();
    let Measured { target, message } = brought.measure(&anchors, noise)?;
    let options = options(arguments);
    let ByAnchors { candidates, words, names, total } =
        place.candidates(&message, query, excluded(arguments), options).await?;
    let ids: Vec<LearnwareId> = candidates.found.iter().map(|candidate| candidate.id.clone()).collect();
    let mut fetched: Vec<(LearnwareId, StatisticalSpecification)> =
        place.specifications(&island, &ids).await?.into_iter().collect();
    fetched.retain(|(_, specification)| brought.is_spoken_by(specification));
    let ranked = anchors.rank(&target, &candidates, &measuring::points(&fetched), options.count)?;
    let name = |id: &LearnwareId| names.get(id).cloned().unwrap_or_default();
    let results = judged(&ranked);
    let single = ranked
        .found
        .iter()
        .map(|(id, distance)| json!({"id": id, "distance": distance.max(0.0), "name": name(id)}));
    let document = json!({
        "single": single.collect::<Vec<Value>>(),
        "proved": ranked.proved,
        "covered": results.covered,
        "verdict": results.verdict,
        "certified_by_dock": candidates.certified,
        "compared": candidates.compared,
        "candidates": candidates.found.len(),
        "island": island_json(&island),
        "sent": measuring::to_json(&message),
        "measured": brought.words(noise),
        "words": words,
    });
    printer.result("private-search", document, |printer| {
        found::print_readings(&words, printer);
        let more = also_sent(arguments);
        printer.line(format!("What left your side: {}{more}.", measuring::sentence(&message)));
        printer.line(format!(
            "What came: the anchors, and the public specifications of {} candidates of {}; measured here: {}.",
            candidates.found.len(),
            candidates.compared,
            brought.words(noise)
        ));
        if ranked.found.is_empty() {
            return print::nothing(&funnel(total, arguments), printer);
        }
        print::verdict(&results, printer);
        printer.line("");
        printer.line(toned(Tone::Heading, "Single learnwares, nearest first"));
        let rows = ranked.found.iter().map(|(id, distance)| {
            vec![id.to_string(), format!("{:.4}", distance.max(0.0)), name(id)]
        });
        printer.table(&["id", "distance", "name"], rows.collect());
        printer.line(toned(Tone::Faint, proof(&ranked, &candidates)));
        printer.note(format!("Next: learnware run {} DATA -o predictions.csv", ranked.found[0].0));
    });
    let nothing = ranked.found.is_empty() || results.verdict == Verdict::NothingFits;
    Ok(if nothing { Outcome::Finding } else { Outcome::Success })
}

/// Whether words or filters choose among the learnwares.
fn has_words(arguments: &SearchArgs) -> bool {
    arguments.query.is_some() || arguments.filter.tags() != SemanticSpecification::default()
}

/// What is known of who was left out where nothing was found.
fn funnel(total: usize, arguments: &SearchArgs) -> Funnel {
    let excluded = arguments.exclude.len().min(total);
    let semantic = if has_words(arguments) { 0 } else { total - excluded };
    Funnel { total, excluded, semantic, ..Funnel::default() }
}

/// What else the dock is asked, beside the message.
fn also_sent(arguments: &SearchArgs) -> &'static str {
    match (has_words(arguments), !arguments.exclude.is_empty()) {
        (false, false) => "",
        (true, false) => "; beside it your words and filters",
        (false, true) => "; beside it the learnwares that you exclude",
        (true, true) => "; beside it your words, filters and the learnwares that you exclude",
    }
}

/// What the candidates cover, and the verdict, as an ordinary search gives them.
fn judged(ranked: &Ranked) -> SearchResults {
    if ranked.found.is_empty() {
        return SearchResults::default();
    }
    let (covered, verdict) = (Some(ranked.covered), Verdict::of_covered(ranked.covered));
    SearchResults { covered, verdict, ..SearchResults::default() }
}

fn read(path: &Path) -> anyhow::Result<Message> {
    let place = || path.display().to_string();
    let text = std::fs::read(path).with_context(place)?;
    let value: Value = serde_json::from_slice(&text).map_err(|error| {
        advised(
            format!("{} is not a message: {error}", path.display()),
            "make one with `learnware measure DATA --anchors FILE -o message.json`",
        )
    })?;
    Message::from_json(&value).with_context(place)
}

fn options(arguments: &SearchArgs) -> CandidateOptions {
    let count = arguments.page.limit.unwrap_or(SHOWN).max(1);
    CandidateOptions { count, ..CandidateOptions::default() }
}

fn excluded(arguments: &SearchArgs) -> Vec<LearnwareId> {
    arguments.exclude.iter().cloned().map(LearnwareId).collect()
}

fn list<'a>(document: &'a mut Value, key: &str) -> &'a mut [Value] {
    document[key].as_array_mut().map_or(&mut [], Vec::as_mut_slice)
}

fn certificate(candidates: &Candidates, has_noise: bool) -> String {
    let count = candidates.found.len();
    if candidates.certified {
        return format!(
            "certified: the nearest of the {} compared are among these {count}",
            candidates.compared
        );
    }
    if has_noise {
        return "not certified: the message has noise; these are the likely ones".to_owned();
    }
    let rest = candidates.rest.unwrap_or(0.0);
    format!("not certified: only {count} candidates are given; the others are at least {rest:.4} away")
}

fn proof(ranked: &Ranked, candidates: &Candidates) -> String {
    if ranked.proved {
        format!("proved: none of the {} compared is nearer", candidates.compared)
    } else {
        "not proved: a learnware that was not given as a candidate may be nearer; distances are exact"
            .to_owned()
    }
}
