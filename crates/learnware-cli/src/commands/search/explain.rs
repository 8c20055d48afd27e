//! How a search found its answer, in words: stage by stage, what is proved, what distances mean in this dock, and
//! why learnwares near the data are not used.

use learnware_engine::market::{Explanation, KernelFacts, LeftOut, LeftOutReason, SearchResults};
use learnware_engine::specification::IslandKey;
use serde::Serialize;
use serde_json::{Value, json};

use super::Answer;
use super::print::percent;
use crate::printer::{Printer, Tone, toned};

/// A stage of the search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Stage {
    /// Which.
    #[serde(rename = "stage")]
    pub(super) name: &'static str,
    /// Learnwares that are left out here, or that remain.
    pub(super) count: usize,
    /// Whether they are left out.
    pub(super) left_out: bool,
    /// What it says of them, for people.
    pub(super) words: String,
}

/// The stages of a search in their order.
pub(super) fn stages(results: &SearchResults) -> Vec<Stage> {
    let funnel = &results.funnel;
    let mut stages = vec![remain("dock", funnel.total, "in the dock")];
    let mut drop = |name, count, words: String| {
        if count > 0 {
            stages.push(Stage { name, count, left_out: true, words });
        }
    };
    drop("excluded", funnel.excluded, "excluded by you".into());
    let words = funnel.total.saturating_sub(funnel.excluded).saturating_sub(funnel.semantic);
    drop("words", words, "do not match your words or filters".into());
    for (key, count) in &funnel.other_islands {
        let words = match key {
            IslandKey::Table { dimension } => format!("take tables of {dimension} inputs"),
            _ => format!("are for {key}"),
        };
        drop("other_island", *count, words);
    }
    drop("other_languages", funnel.other_languages, "know other languages than your texts".into());
    let Some(island) = &results.island else { return stages };
    let data = match island {
        IslandKey::Table { dimension } => format!("compared with your {dimension} inputs"),
        _ => "compared with your data".into(),
    };
    stages.push(remain("compared", funnel.comparable, &data));
    if funnel.comparable == 0 {
        return stages;
    }
    let rest = funnel.comparable.saturating_sub(funnel.evaluated);
    let exact = match rest {
        0 => "distances computed in full".to_owned(),
        _ => format!("distances computed in full; a bound was enough for the other {rest}"),
    };
    stages.push(remain("exact_distances", funnel.evaluated, &exact));
    let proved = if funnel.certified { results.single.len() } else { 0 };
    let proof =
        if funnel.certified { "proved to be the nearest" } else { "proved: the search gave up early" };
    stages.push(remain("proved", proved, proof));
    stages
}

fn remain(name: &'static str, count: usize, words: &str) -> Stage {
    Stage { name, count, left_out: false, words: words.into() }
}

/// What is proved, a sentence a piece.
pub(super) fn certificate(answer: &Answer, explanation: &Explanation) -> Vec<String> {
    let (results, funnel) = (&answer.results, &answer.results.funnel);
    let mut sentences = Vec::new();
    if funnel.comparable == 0 {
        return vec!["Nothing was compared.".into()];
    }
    sentences.push(match (funnel.certified, explanation.others_from) {
        (true, Some(bound)) => format!(
            "Each of the {} compared that is not listed is at a distance of at least {bound:.4}.",
            funnel.comparable - results.single.len()
        ),
        (true, None) => "All that were compared are listed.".into(),
        (false, _) => {
            "Not proved: a learnware that was not looked at closely may be nearer than those listed.".into()
        }
    });
    match results.multiple.as_ref().map(|multiple| (multiple.distance, multiple.gap)) {
        Some((distance, Some(gap))) if gap >= distance => sentences.push(format!(
            "The combination is at distance {distance:.4}; how much nearer another one could be is not bounded."
        )),
        Some((distance, Some(gap))) => sentences.push(format!(
            "The combination is at distance {distance:.4}; no combination of any of them, however many, is nearer \
             than {:.4} (gap {gap:.4}).",
            (distance - gap).max(0.0)
        )),
        Some((_, None)) => {
            sentences.push("How much nearer another combination could be is not known.".into());
        }
        None => {}
    }
    sentences
}

/// What distances mean in this dock, a sentence a piece.
pub(super) fn meaning(answer: &Answer, explanation: &Explanation) -> Vec<String> {
    let mut sentences = vec![kernel(&explanation.kernel)];
    if let Some(background) = explanation.background {
        sentences.push(format!(
            "Of {} random pairs of learnwares here half are within {:.4} of each other; a percentile is the share \
             of the pairs that are farther from each other than the learnware is from your data.",
            background.pairs, background.median
        ));
    }
    if let Some(covered) = answer.results.covered {
        let (fits, nothing) = (explanation.fits_from, explanation.nothing_below);
        let side = if covered >= fits {
            "above the first"
        } else if covered >= nothing {
            "between the two"
        } else {
            "below the second"
        };
        sentences.push(format!(
            "Data fits from {} covered on, and nothing fits below {}; yours, with {}, is {side}.",
            percent(fits),
            percent(nothing),
            percent(covered)
        ));
    }
    sentences
}

fn kernel(facts: &KernelFacts) -> String {
    let widths: Vec<String> = facts.widths.iter().map(|width| format!("{width:.2}")).collect();
    if widths.is_empty() {
        return format!(
            "Directions of {} numbers are compared by their cosine; the distance is half of what that lacks of 1.",
            facts.columns
        );
    }
    let widths = widths.join(", ");
    if facts.scaled_by == 0 {
        return format!(
            "Specifications are compared under the reference's kernel: raw columns, width {widths}."
        );
    }
    let constant = match facts.constant_columns {
        0 => String::new(),
        count => format!(", of which {count} are the same everywhere and count for nothing"),
    };
    format!(
        "Specifications are compared in {} columns{constant}, scaled by their spread over {} learnwares, by Gaussians \
         of {widths} times the typical distance of two examples.",
        facts.columns, facts.scaled_by
    )
}

/// Why a learnware near the data is not used.
pub(super) fn reason(entry: &LeftOut) -> String {
    let part = if entry.distance_without > 0.0 { entry.gain / entry.distance_without } else { 0.0 };
    let nearer = format!("would bring the distance down by {:.2} %", part * 100.0);
    let alike = format!("similarity {:.3}", entry.similarity);
    match entry.reason {
        LeftOutReason::AddsNothing => {
            format!("adds nothing that {} and the others used do not cover ({alike})", entry.most_like)
        }
        LeftOutReason::AddsLittle => {
            format!("{nearer}, too little; most like {} ({alike})", entry.most_like)
        }
        LeftOutReason::Full => format!("{nearer}, but --max allows no more"),
        LeftOutReason::NoMixture => {
            format!("farther than {}, and no combination was asked for", entry.most_like)
        }
        LeftOutReason::PassedOver => format!("{nearer}; this way of combining passed it over"),
    }
}

/// Writes the stages.
pub(super) fn print_stages(results: &SearchResults, printer: &Printer) {
    heading("How the answer was found", printer);
    for stage in stages(results) {
        let count = if stage.left_out { format!("-{}", stage.count) } else { stage.count.to_string() };
        printer.line(format!("{count:>9}  {}", stage.words));
    }
}

/// Writes everything.
pub(super) fn print(answer: &Answer, printer: &Printer) {
    print_stages(&answer.results, printer);
    let Some(explanation) = &answer.explanation else { return };
    heading("What is proved", printer);
    print_sentences(&certificate(answer, explanation), printer);
    heading("What distances mean here", printer);
    print_sentences(&meaning(answer, explanation), printer);
    if explanation.left_out.is_empty() {
        return;
    }
    heading("Near your data, but not used", printer);
    for entry in &explanation.left_out {
        printer.line(format!("{}: {}", entry.id, reason(entry)));
    }
}

fn print_sentences(sentences: &[String], printer: &Printer) {
    for sentence in sentences {
        printer.line(sentence);
    }
}

fn heading(text: &str, printer: &Printer) {
    printer.line("");
    printer.line(toned(Tone::Heading, text));
}

/// Facts and words as a document.
pub(super) fn to_json(answer: &Answer) -> Value {
    let mut document =
        answer.explanation.as_ref().map_or_else(|| json!({}), |explanation| json!(explanation));
    document["stages"] = json!(stages(&answer.results));
    let Some(explanation) = &answer.explanation else { return document };
    document["certificate"] = json!(certificate(answer, explanation));
    document["meaning"] = json!(meaning(answer, explanation));
    for (place, entry) in explanation.left_out.iter().enumerate() {
        document["left_out"][place]["name"] = json!(answer.name(&entry.id));
        document["left_out"][place]["words"] = json!(reason(entry));
    }
    document
}
