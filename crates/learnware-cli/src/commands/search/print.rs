//! The answer of a search as text.

use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::{Funnel, Ranking, SearchResults, SingleResult, Verdict};
use learnware_engine::semantic::Dimensions;
use learnware_engine::specification::IslandKey;

use super::Answer;
use super::explain;
use crate::cli::SearchArgs;
use crate::embedders;
use crate::printer::{Printer, Tone, toned};

/// Cells of a bar that shows a weight.
const BAR_CELLS: f64 = 20.0;
/// Covered shares that people read as different.
const COVERED_APART: f64 = 0.01;
/// Columns that are named of a learnware that takes a part.
const PART_COLUMNS_SHOWN: usize = 6;
/// Learnwares whose columns are told.
const COLUMNS_SHOWN: usize = 3;

/// Writes the answer.
pub(super) fn answer(answer: &Answer, arguments: &SearchArgs, printer: &Printer) {
    let results = &answer.results;
    verdict(results, printer);
    funnel(results, printer);
    if results.single.is_empty() {
        if arguments.explain {
            explain::print(answer, printer);
        }
        if !results.parts.is_empty() {
            return parts(answer, printer);
        }
        return nothing(&results.funnel, printer);
    }
    singles(answer, printer);
    mixture(answer, printer);
    world(answer, answer.input.as_ref(), printer);
    parts(answer, printer);
    if let Some(by_labels) = &answer.by_labels {
        by_labels.print(answer, printer);
    }
    if arguments.explain {
        explain::print(answer, printer);
    } else {
        certificate(results, printer);
    }
    if let Some(path) = &arguments.report {
        printer.line("");
        printer.line(format!("{} {}", toned(Tone::Heading, "Report:"), path.display()));
    }
    match &answer.by_labels {
        Some(by_labels) => printer.note(by_labels.next_step()),
        None => next_step(results, printer),
    }
}

/// By what single learnwares are ordered, for people.
pub(super) fn order_words(ranking: Ranking) -> &'static str {
    match ranking {
        Ranking::Capability => "Single learnwares, by what they lost on data like yours",
        Ranking::Distance => "Single learnwares, nearest first",
    }
}

fn singles(answer: &Answer, printer: &Printer) {
    let results = &answer.results;
    let task = |id: &LearnwareId| {
        let words = answer.names.get(id);
        words.and_then(|words| words.task.first()).map_or("", |task| task.word()).to_owned()
    };
    let has_losses = results.ranking == Ranking::Capability;
    let has_scores = results.single.iter().any(|found| found.score.is_some());
    let rows = results.single.iter().map(|found| {
        let mut row = vec![found.id.to_string(), number(found.distance), percentile(found.percentile)];
        row.extend([number(found.similarity), found.covered.map_or_else(|| "-".into(), percent)]);
        if has_losses {
            row.push(number(found.expected_loss));
        }
        if has_scores {
            row.push(number(found.score));
        }
        row.extend([task(&found.id), answer.name(&found.id).to_owned()]);
        row
    });
    let mut header = vec!["id", "distance", "percentile", "similarity", "covers"];
    if has_losses {
        header.push("expected loss");
    }
    if has_scores {
        header.push("score");
    }
    header.extend(["task", "name"]);
    printer.line("");
    printer.line(toned(Tone::Heading, order_words(results.ranking)));
    printer.table(&header, rows.collect());
}

/// How the user's columns came into the world, and which of them the learnwares found have.
fn world(answer: &Answer, input: Option<&Dimensions>, printer: &Printer) {
    let Some(world) = &answer.results.world else { return };
    printer.line("");
    printer.line(toned(Tone::Heading, "Columns, by the map between islands"));
    let without = match world.without_place {
        0 => String::new(),
        count => format!("; {count} tables describe no columns and were left out"),
    };
    printer.line(format!("{} learnwares of any columns were compared{without}", world.placed));
    let own = |place: usize| name(input, place);
    for matched in world.columns.iter().take(COLUMNS_SHOWN) {
        let theirs = answer.names.get(&matched.id).and_then(|words| words.input.as_ref());
        let pairs = &matched.matching.pairs;
        let alone = matched.matching.other_alone.len();
        printer.line(format!(
            "{}: {} of its {} columns are among yours",
            matched.id,
            pairs.len(),
            pairs.len() + alone
        ));
        for pair in pairs {
            let certainty = percent(pair.certainty);
            printer.line(format!("  {} <- {} ({certainty})", name(theirs, pair.other), own(pair.user)));
        }
    }
}

/// Learnwares that take a part of the user's columns.
fn parts(answer: &Answer, printer: &Printer) {
    let parts = &answer.results.parts;
    let Some(best) = parts.first() else { return };
    printer.line("");
    printer.line(toned(
        Tone::Heading,
        "Learnwares that take a part of your columns, or all in another order, compared by that part",
    ));
    let names = |columns: &[usize]| -> Vec<String> {
        columns.iter().map(|&place| name(answer.input.as_ref(), place)).collect()
    };
    let rows = parts.iter().map(|part| {
        let (found, columns) = (&part.found, names(&part.columns));
        vec![
            found.id.to_string(),
            number(found.distance),
            found.covered.map_or_else(|| "-".into(), percent),
            shortened(&columns),
            answer.name(&found.id).to_owned(),
        ]
    });
    printer.table(&["id", "distance", "covers", "takes", "name"], rows.collect());
    printer.note(format!(
        "learnware run {} DATA takes its columns by their names; so does `learnware solve DATA`.",
        best.found.id
    ));
}

/// The first names, and how many there are besides.
fn shortened(names: &[String]) -> String {
    let more = names.len().saturating_sub(PART_COLUMNS_SHOWN);
    let first = names[..names.len() - more].join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

/// Tells how learnwares for a part of the columns are found at a server, where there may be some.
pub(super) fn parts_advice(answer: &Answer, printer: &Printer) {
    let Some(IslandKey::Table { dimension: own }) = answer.results.island else { return };
    let narrower = answer.results.funnel.other_islands.iter();
    let count: usize = narrower
        .filter(|(key, _)| matches!(key, IslandKey::Table { dimension } if *dimension < own))
        .map(|(_, count)| count)
        .sum();
    if count > 0 && answer.input.is_some() && answer.results.world.is_none() {
        printer.note(format!(
            "{count} learnwares take fewer columns than you have: --parts finds those that take a part of yours (it sends \
             the names of your columns)."
        ));
    }
}

/// What a column is called.
fn name(input: Option<&Dimensions>, place: usize) -> String {
    input
        .and_then(|input| input.description.get(&place))
        .cloned()
        .unwrap_or_else(|| format!("column {place}"))
}

fn mixture(answer: &Answer, printer: &Printer) {
    let Some(multiple) = &answer.results.multiple else { return };
    printer.line("");
    let title = format!(
        "A combination is nearer (distance {:.4}, covers {})",
        multiple.distance,
        percent(multiple.covered)
    );
    printer.line(toned(Tone::Heading, title));
    let rows = multiple.members.iter().map(|member| {
        let cells = (member.weight * BAR_CELLS).round() as usize;
        let share = format!("{:5.1} %", member.weight * 100.0);
        vec![member.id.to_string(), share, "#".repeat(cells), answer.name(&member.id).to_owned()]
    });
    printer.table(&["id", "weight", "", "name"], rows.collect());
}

/// A number with four decimals.
pub(in crate::commands) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.4}"))
}

/// A percentile; never rounded up to all.
pub(super) fn percentile(share: Option<f64>) -> String {
    share.map_or_else(|| "-".into(), |share| format!("{:.1} %", (share * 1000.0).floor() / 10.0))
}

/// A share.
pub(in crate::commands) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// What is proved of the answer.
fn certificate(results: &SearchResults, printer: &Printer) {
    let funnel = &results.funnel;
    if results.island.is_none() {
        return;
    }
    let proof = if funnel.certified {
        format!("proved: none of the {} compared is nearer", funnel.comparable)
    } else {
        "not proved: a learnware that was not looked at closely may be nearer".to_owned()
    };
    let mut parts = vec![format!("{proof} ({} distances computed in full)", funnel.evaluated)];
    if let Some(gap) = results.multiple.as_ref().and_then(|multiple| multiple.gap) {
        parts.push(format!("no combination of any size is nearer by more than {gap:.4}"));
    }
    printer.line(toned(Tone::Faint, parts.join("; ")));
}

/// Tells that nothing was found, and what to do then.
pub(super) fn nothing(funnel: &Funnel, printer: &Printer) {
    printer.line("No learnware was found.");
    printer.note(match (funnel.total, funnel.semantic) {
        (0, _) => "The dock is empty; `learnware submit PACKAGE` puts a learnware into it.",
        (total, matching) if matching + funnel.excluded < total => {
            "Fewer filters or words find more; `learnware list` shows all."
        }
        _ => "No learnware here is for such data; `learnware list` shows all, --dock names another dock.",
    });
}

/// What the verdict means, without a full stop; `None` where there is none.
pub(super) fn verdict_words(verdict: Verdict) -> Option<(Tone, &'static str)> {
    match verdict {
        Verdict::Fits => Some((Tone::Good, "These learnwares fit your data")),
        Verdict::FitsPartly => Some((Tone::Careful, "These learnwares fit a part of your data")),
        Verdict::NothingFits => {
            Some((Tone::Bad, "Nothing here fits your data: predictions would be guesses"))
        }
        Verdict::Unknown => None,
    }
}

/// Why a single learnware may cover more than all together, where one does.
pub(super) fn alone_covers_more(results: &SearchResults) -> Option<String> {
    let together = results.covered?;
    let covered = |found: &SingleResult| Some((found.covered?, found.id.clone()));
    let (alone, id) = results.single.iter().filter_map(covered).max_by(|one, two| one.0.total_cmp(&two.0))?;
    (alone - together >= COVERED_APART).then(|| {
        format!(
            "That share is of the combination nearest to your data as a whole. {id} alone lies over {}, but its own data is \
             spread otherwise than yours: to cover more is not to be nearer.",
            percent(alone)
        )
    })
}

pub(super) fn verdict(results: &SearchResults, printer: &Printer) {
    let covered = results.covered.map_or_else(String::new, |share| {
        format!(" ({:.0} % of your data resembles what some learnware was trained on)", share * 100.0)
    });
    if let Some((tone, words)) = verdict_words(results.verdict) {
        printer.line(format!("{}{covered}.", toned(tone, words)));
        if let Some(words) = alone_covers_more(results) {
            printer.line(words);
        }
    } else if results.world.is_some() {
        printer.line(
            "Learnwares of other columns: their answers are as good as the columns that were found for them.",
        );
    }
}

/// Who was left out, and why.
pub(super) fn funnel(results: &SearchResults, printer: &Printer) {
    let funnel = &results.funnel;
    let mut parts = vec![format!("{} learnwares in the dock", funnel.total)];
    let words = funnel.total.saturating_sub(funnel.excluded).saturating_sub(funnel.semantic);
    if funnel.excluded > 0 {
        parts.push(format!("{} excluded by you", funnel.excluded));
    }
    if words > 0 {
        parts.push(format!("{words} left out by words or filters"));
    }
    for (key, count) in &funnel.other_islands {
        parts.push(match key {
            IslandKey::Table { dimension } => {
                format!("{count} left out because they take {dimension} inputs")
            }
            _ => format!("{count} left out because they are for {key}"),
        });
    }
    if funnel.other_languages > 0 {
        parts.push(format!("{} left out because they know other languages", funnel.other_languages));
    }
    match &results.island {
        Some(IslandKey::Table { dimension }) => {
            parts.push(format!("{} compared with your {dimension} inputs", funnel.comparable));
        }
        Some(_) => parts.push(format!("{} compared with your data", funnel.comparable)),
        None => {}
    }
    printer.line(toned(Tone::Faint, parts.join("; ")));
    let others = funnel.other_islands.iter().map(|(key, _)| key);
    if let Some(advice) = results.island.as_ref().and_then(|own| embedders::advice(own, others)) {
        printer.note(advice);
    }
}

pub(super) fn next_step(results: &SearchResults, printer: &Printer) {
    if results.verdict == Verdict::NothingFits {
        printer.note("Next: another dock, more of your columns, or labels of your own to train with.");
        return;
    }
    let align = if results.world.is_some() { " --align" } else { "" };
    let members = match (&results.world, &results.multiple) {
        (Some(world), _) => world.team.clone(),
        (None, Some(multiple)) => multiple.members.clone(),
        (None, None) => Vec::new(),
    };
    if members.is_empty() {
        printer.note(format!("Next: learnware run {} DATA{align} -o predictions.csv", results.single[0].id));
        return;
    }
    let ids: Vec<String> = members.iter().map(|member| member.id.to_string()).collect();
    let weights: Vec<String> = members.iter().map(|member| format!("{:.4}", member.weight)).collect();
    printer.note(format!(
        "Next: learnware reuse --learnwares {} --weights {} --method weighted DATA{align} -o predictions.csv",
        ids.join(","),
        weights.join(",")
    ));
}
