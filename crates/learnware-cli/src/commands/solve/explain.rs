//! The story as text, and words for methods and reasons.

use learnware_engine::market::Verdict;
use learnware_engine::reuse::OwnLearner;
use learnware_engine::reuse::automatic::{CandidateState, Choice, Estimate, Method, Reason};
use learnware_engine::semantic::DataType;

use super::story::Story;
use crate::datafile::{one, unit};
use crate::printer::{Printer, Tone, toned};

/// Cells of a bar that shows a weight.
const BAR_CELLS: f64 = 20.0;
/// Candidates of the choice that are listed.
const CANDIDATES_SHOWN: usize = 6;

/// A method's name on the command line and in JSON.
pub(super) fn method_name(method: &Method) -> String {
    match serde_json::json!(method) {
        serde_json::Value::String(name) => name.replace('_', "-"),
        other => other.to_string(),
    }
}

/// A method for people.
pub(super) fn method_words(method: &Method, kind: DataType) -> String {
    let own = |learner: &OwnLearner| match learner {
        OwnLearner::Constant => "the mean of your labels",
        OwnLearner::Linear => "a linear model of your labels alone",
        OwnLearner::Trees => "trees on your labels alone",
    };
    match method {
        Method::TopOne => "the nearest learnware alone".into(),
        Method::Average => "the mean of the team".into(),
        Method::WeightedAverage => "the team, weighted by the mixture".into(),
        Method::JobSelector => format!("each {} to its likeliest learnware", one(kind)),
        Method::SoftJobSelector => format!("the team, weighted {0} by {0}", one(kind)),
        Method::BestMember => "the learnware that your labels favour".into(),
        Method::Pruning => "the part of the team that your labels favour".into(),
        Method::ParetoPruning => "the team pruned by several goals".into(),
        Method::Stacking => "a linear model on the team's answers".into(),
        Method::ConvexStacking => "the team, weighted by your labels".into(),
        Method::CoveredOnly(learner) => {
            format!(
                "each {} to its likeliest learnware, and {} where none lies near",
                one(kind),
                own(learner)
            )
        }
        Method::Correction => "the weighted team, corrected by your labels".into(),
        Method::AverageAugment => {
            format!("a linear model on your {} and the team's weighted mean", features(kind))
        }
        Method::AugmentBlend => format!(
            "half a linear model on your {} and the team's weighted mean, half that mean, corrected by your labels",
            features(kind)
        ),
        Method::FeatureAugment => {
            format!("a linear model on your {} and the team's answers", features(kind))
        }
        Method::Own(learner) => own(learner).into(),
        Method::Blend { own: learner, team } => {
            format!("half {}, half {}", own(learner), method_words(team, kind))
        }
    }
}

/// What linear models see of an example.
fn features(kind: DataType) -> &'static str {
    match kind {
        DataType::Table => "columns",
        DataType::Text => "texts' embeddings",
        DataType::Image => "images' embeddings",
    }
}

/// What the verdict means.
pub(super) fn verdict_words(verdict: Verdict) -> (Tone, &'static str) {
    match verdict {
        Verdict::Fits => (Tone::Good, "The dock has learnwares that fit your data"),
        Verdict::FitsPartly => (Tone::Careful, "The dock has learnwares for a part of your data"),
        Verdict::NothingFits => (Tone::Bad, "Nothing in the dock fits your data"),
        Verdict::Unknown => (Tone::Careful, "Whether the dock fits your data is not known"),
    }
}

/// Share of the data as words.
pub(super) fn covered_words(story: &Story) -> Option<String> {
    let covered = story.covered?;
    Some(format!(
        "{:.0} % of your data resembles what the learnwares were trained on; nobody covers the other {:.0} %",
        covered * 100.0,
        (1.0 - covered) * 100.0
    ))
}

/// A loss as people read it: accuracy, or root mean squared error.
pub(super) fn quality(choice: &Choice, loss: Estimate) -> String {
    if choice.losses_are_error_rates {
        format!("accuracy {:.3} ± {:.3}", 1.0 - loss.mean, loss.standard_error)
    } else {
        let rmse = loss.mean.max(0.0).sqrt();
        // Delta rule: the error of a root.
        let error = if rmse > 0.0 { loss.standard_error / (2.0 * rmse) } else { 0.0 };
        format!("RMSE {rmse:.4} ± {error:.4}")
    }
}

/// Why the method was chosen, a sentence a piece.
pub(super) fn reasons(choice: &Choice, kind: DataType) -> Vec<String> {
    let units = unit(kind);
    let mut texts: Vec<String> = choice
        .reasons
        .iter()
        .map(|reason| match reason {
            Reason::TooFewLabels => "Too few labels to compare methods: the default is used.".into(),
            Reason::ConstantLabels => "All labels are equal: methods can't be told apart.".into(),
            Reason::LeastLoss if choice.losses_are_error_rates => {
                format!("It did best on labelled {units} that it had not seen, wrong classes and misplaced confidence taken together.")
            }
            Reason::LeastLoss => format!("It did best on labelled {units} that it had not seen."),
            Reason::WithinNoise { best, .. } => format!(
                "{} did a little better, but not by more than noise, and this is simpler.",
                capital(&method_words(best, kind))
            ),
            Reason::BeatsDefault { .. } => {
                format!("It beats {} by more than noise.", method_words(&choice.default, kind))
            }
        })
        .collect();
    if let Some(expected) = choice.expected {
        texts.push(format!("Expected on new {units}: {}.", quality(choice, expected)));
    }
    if let Some(own) = choice.own_expected {
        texts.push(format!("A model of your {} labels alone: {}.", choice.label_count, quality(choice, own)));
    }
    texts
}

/// The text with a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Candidates that were scored, best first: method, quality, whether chosen.
pub(super) fn scored(choice: &Choice) -> Vec<(&Method, Estimate, bool)> {
    let mut scored: Vec<_> = choice
        .candidates
        .iter()
        .filter_map(|candidate| match &candidate.state {
            CandidateState::Scored { loss, .. } => {
                Some((&candidate.method, *loss, candidate.method == choice.chosen))
            }
            _ => None,
        })
        .collect();
    scored.sort_by(|a, b| a.1.mean.total_cmp(&b.1.mean));
    scored
}

/// Writes the story.
pub(in crate::commands) fn print(story: &Story, printer: &Printer) {
    let (tone, words) = verdict_words(story.verdict);
    printer.line(format!("{}.", toned(tone, words)));
    if let Some(covered) = covered_words(story) {
        printer.line(format!("{covered}."));
    }
    print_left_out(story, printer);
    print_team(story, printer);
    if story.predictions.is_none() {
        printer.line("");
        printer.line("No predictions were written: they would be guesses.");
        printer.note("Predict all the same with --anyway, or give some labels with --labels COLUMN.");
        return;
    }
    printer.line("");
    printer.line(format!("{} {}", toned(Tone::Heading, "How:"), capital(&story_method(story))));
    if let Some(choice) = &story.choice {
        for reason in reasons(choice, story.kind) {
            printer.line(format!("  {reason}"));
        }
        print_candidates(choice, story.kind, printer);
    }
    if !story.far_rows.is_empty() {
        let share = 100.0 * story.far_rows.len() as f64 / story.rows.max(1) as f64;
        printer.line(format!(
            "{} of your {} {} ({share:.1} %) are far from everything the team was trained on; trust them less.",
            story.far_rows.len(),
            story.rows,
            unit(story.kind)
        ));
    }
    printer.line("");
    for (what, place) in [("Predictions", &story.predictions), ("Report", &story.report)] {
        if let Some(place) = place {
            printer.line(format!("{} {place}", toned(Tone::Heading, format!("{what}:"))));
        }
    }
}

/// How the answers were combined, for people.
pub(super) fn story_method(story: &Story) -> String {
    match &story.choice {
        Some(choice) => method_words(&choice.chosen, story.kind),
        None if story.team.len() == 1 => format!("learnware {} alone", story.team[0].id),
        None if story.method == "soft-job-selector" => method_words(&Method::SoftJobSelector, story.kind),
        None => method_words(&Method::WeightedAverage, story.kind),
    }
}

/// What learnwares take.
pub(super) fn taken(kind: DataType) -> &'static str {
    match kind {
        DataType::Table => "columns",
        DataType::Text | DataType::Image => unit(kind),
    }
}

fn print_left_out(story: &Story, printer: &Printer) {
    let funnel = &story.search.funnel;
    let mut parts = vec![format!("{} learnwares take your {}", funnel.comparable, taken(story.kind))];
    parts.extend(
        story.left_out.iter().take(4).map(|entry| format!("{} left out: {}", entry.count, entry.reason)),
    );
    printer.line(toned(Tone::Faint, parts.join("; ")));
}

fn print_team(story: &Story, printer: &Printer) {
    let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.4}"));
    let rows: Vec<Vec<String>> = story
        .team
        .iter()
        .map(|teammate| {
            vec![
                teammate.id.clone(),
                if teammate.weight > 0.0 { format!("{:.2}", teammate.weight) } else { "-".into() },
                "=".repeat((teammate.weight * BAR_CELLS).round() as usize),
                number(teammate.distance),
                number(teammate.similarity),
                teammate.rows_nearest.map_or_else(|| "-".into(), |share| format!("{:.0} %", share * 100.0)),
                teammate.name.clone(),
            ]
        })
        .collect();
    printer.line("");
    printer.table(&["id", "weight", "", "distance", "similarity", unit(story.kind), "name"], rows);
    for failure in &story.failed {
        printer.line(toned(Tone::Careful, format!("{} could not run: {}", failure.id, failure.error)));
    }
}

fn print_candidates(choice: &Choice, kind: DataType, printer: &Printer) {
    let scored = scored(choice);
    if scored.is_empty() {
        return;
    }
    let row = |(method, loss, chosen): &(&Method, Estimate, bool)| {
        let mark = if *chosen { "*" } else { "" };
        vec![mark.to_owned(), method_words(method, kind), quality(choice, *loss)]
    };
    let mut rows: Vec<Vec<String>> = scored.iter().take(CANDIDATES_SHOWN).map(row).collect();
    rows.extend(scored.iter().skip(CANDIDATES_SHOWN).filter(|(_, _, chosen)| *chosen).map(row));
    printer.line("");
    printer.table(&["", "method", "on your labels (cross-validated)"], rows);
}
