//! results.md: tables for people.

use std::fmt::Write as _;

use super::{QUANTITIES, SEED, Setting, curves, equality, of_user, quantity};
use crate::experiment::Options;
use crate::experiment::kind::Kind;
use crate::experiment::measure::{paired_difference, summary};
use crate::experiment::system::MarketKind;

/// What "search quality" means, below each table that has it.
const SEARCH_QUALITY: &str = "Search quality: Spearman's rank correlation between the search's distance to each \
                              learnware and its true loss on the user's data; 1 is the order of the losses.";

/// Squared distances that differ by less are equal.
const ROUNDING: f64 = 1e-6;

/// The whole file.
pub(super) fn markdown(settings: &[Setting], options: &Options) -> String {
    let mut text = String::from("# Results\n\n");
    let _ = writeln!(
        text,
        "Every user searches with a specification of the test examples; seed {}. Differences are ours minus the \
         reference, paired by user, with a 95 % bootstrap interval. {SEARCH_QUALITY}",
        options.seed
    );
    for setting in settings {
        one_setting(&mut text, setting);
    }
    text
}

fn one_setting(text: &mut String, setting: &Setting) {
    let task = setting.prepared.task;
    let learnwares = setting.prepared.learnwares.len();
    let users = setting.ours.users.len();
    let _ = writeln!(
        text,
        "\n## {}\n\n{learnwares} learnwares, {users} users, {}, mixtures of at most {}. {}",
        setting.plan.name(),
        task.metric_name(),
        setting.plan.max_search,
        setting.prepared.about
    );
    for market in markets(setting) {
        let title = match market {
            MarketKind::WithOwn if setting.prepared.users_are_developers() => {
                "The user's own learnware is in the market"
            }
            MarketKind::WithOwn => "All learnwares are in the market",
            MarketKind::WithoutOwn => "The user's own learnware is left out",
        };
        let mut rows = String::new();
        for (key, heading) in QUANTITIES {
            quantity_row(&mut rows, setting, market, key, heading);
        }
        if !rows.is_empty() {
            let head = "| quantity | ours | sd | reference | sd | difference |\n|---|---|---|---|---|---|";
            let _ = write!(text, "\n### {title}\n\n{head}\n{rows}");
        }
        mixtures(text, setting, market);
    }
    // Aligned inputs are each system's own, so nothing has to be equal there.
    if let Some(reference) = setting.reference.as_ref().filter(|_| !setting.plan.heterogeneous) {
        let (metrics, predictions) = equality(&setting.ours, reference);
        let _ = writeln!(
            text,
            "\nWithout search both systems must agree: largest difference of any metric {metrics:.3e}, of any \
             prediction {predictions:.3e}."
        );
    }
    labelled_tables(text, setting);
    notes(text, setting);
    cost_table(text, setting);
    user_table(text, setting);
}

/// How mixtures of all learnwares compare with the reference's way of looking for them, under the same kernel.
fn mixtures(text: &mut String, setting: &Setting, market: MarketKind) {
    let of = |key: &str| quantity(&setting.ours, setting.prepared.task, market, key);
    let (Some(ours), Some(nearest)) = (of("mixture_distance"), of("nearest_mixture_distance")) else {
        return;
    };
    let no_worse = ours.iter().zip(&nearest).filter(|(ours, nearest)| **ours <= **nearest + ROUNDING).count();
    let _ = writeln!(
        text,
        "\nMixtures of the whole market are no farther than greedy ones among the nearest for {:.0} % of the users; \
         their mean squared distance is {:.3} times as large.",
        100.0 * no_worse as f64 / ours.len() as f64,
        ours.iter().sum::<f64>() / nearest.iter().sum::<f64>()
    );
}

/// The markets that a setting has.
fn markets(setting: &Setting) -> Vec<MarketKind> {
    let both = setting.prepared.users_are_developers();
    MarketKind::BOTH.into_iter().filter(|market| both || *market == MarketKind::WithOwn).collect()
}

fn quantity_row(text: &mut String, setting: &Setting, market: MarketKind, key: &str, heading: &str) {
    let task = setting.prepared.task;
    let ours = quantity(&setting.ours, task, market, key);
    let theirs = setting.reference.as_ref().and_then(|system| quantity(system, task, market, key));
    if ours.is_none() && theirs.is_none() {
        return;
    }
    let cells = |values: Option<&Vec<f64>>| match values {
        None => "- | -".to_owned(),
        Some(values) => {
            let found = summary(values);
            format!("{:.4} | {:.4}", found.mean, found.deviation)
        }
    };
    let difference = match (&ours, &theirs) {
        (Some(ours), Some(theirs)) if ours.len() == theirs.len() => {
            let found = paired_difference(ours, theirs, SEED);
            format!("{:+.4} [{:+.4}, {:+.4}]", found.mean, found.low, found.high)
        }
        _ => "-".to_owned(),
    };
    let _ = writeln!(
        text,
        "| {heading} | {} | {} | {difference} |",
        cells(ours.as_ref()),
        cells(theirs.as_ref())
    );
}

fn labelled_tables(text: &mut String, setting: &Setting) {
    for market in markets(setting) {
        let title =
            if market == MarketKind::WithOwn { "all learnwares in the market" } else { "own left out" };
        curves::tables(text, setting, market, title);
    }
}

/// What the reference did otherwise, or not at all.
fn notes(text: &mut String, setting: &Setting) {
    for (what, why) in &setting.ours.notes {
        let _ = writeln!(text, "\nOurs, {}: {why}", what.replace('_', " "));
    }
    for (what, why) in setting.reference.iter().flat_map(|reference| &reference.notes) {
        let _ = writeln!(text, "\nReference, {}: {why}", what.replace('_', " "));
    }
    match (&setting.reference, setting.prepared.kind) {
        (Some(_), _) => {}
        (None, Kind::Table | Kind::Text) => text.push_str("\nThe reference was not run.\n"),
        (None, Kind::Image) => text.push_str(
            "\nThe reference was not run: its image specification takes minutes of CPU time for each learnware and \
             user, even with reduced settings (--reference-images).\n",
        ),
    }
}

/// Steps that are the same work in both systems: (ours, the reference's).
const SAME_WORK: &[(&str, &str)] = &[
    ("pack_with_specification", "specification_of_learnware"),
    ("specification_of_user", "specification_of_user"),
    ("distances_of_all", "distances_of_all"),
    ("predictions_of_all", "predictions_of_all"),
    ("search", "search"),
    ("averaging", "averaging"),
    ("job_selector", "job_selector"),
    ("feature_augment", "feature_augment"),
    ("ensemble_pruning", "ensemble_pruning"),
    ("aligned_alone", "feature_align"),
];

fn cost_table(text: &mut String, setting: &Setting) {
    text.push_str(
        "\n### CPU seconds\n\nOurs: whole processes, start-up and reading of files included, but without what models \
         that are Python code use behind their fence. Reference: inside one running interpreter, start-up not \
         included.\n\n| step | ours | commands | reference | calls | ratio |\n\
         |---|---|---|---|---|---|\n",
    );
    for (step, cost) in &setting.ours.costs {
        let same = SAME_WORK.iter().find(|(ours, _)| ours == step).map(|(_, theirs)| *theirs);
        let theirs = same.and_then(|name| setting.reference.as_ref()?.costs.get(name));
        let theirs_cells = theirs.map_or("- | - | -".to_owned(), |theirs| {
            let ratio = theirs.cpu_seconds / cost.cpu_seconds;
            format!("{:.2} | {} | {ratio:.1} |", theirs.cpu_seconds, theirs.count)
                .trim_end_matches(" |")
                .to_owned()
        });
        let _ = writeln!(
            text,
            "| {} | {:.2} | {} | {theirs_cells} |",
            step.replace('_', " "),
            cost.cpu_seconds,
            cost.count
        );
    }
}

fn user_table(text: &mut String, setting: &Setting) {
    text.push_str(
        "\n### Users, all learnwares in the market\n\n| user | own | best | top-1 | found | averaging | weighted | \
         job selector | search quality | reference top-1 | reference averaging | reference search quality |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let task = setting.prepared.task;
    for (index, user) in setting.ours.users.iter().enumerate() {
        let ours = |key: &str| of_user(user, task, MarketKind::WithOwn, key);
        let theirs = |key: &str| {
            let user = setting.reference.as_ref()?.users.get(index)?;
            of_user(user, task, MarketKind::WithOwn, key)
        };
        let cell = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        let found = user.with_own.top_one.and_then(|at| setting.prepared.learnwares.get(at));
        let found = found.map_or("-", |learnware| learnware.name.as_str());
        let before = [ours("own"), ours("best_in_market"), ours("top_one")].map(cell).join(" | ");
        let after = [ours("averaging"), ours("weighted"), ours("job_selector"), ours("rank_correlation")]
            .map(cell)
            .join(" | ");
        let reference =
            [theirs("top_one"), theirs("averaging"), theirs("rank_correlation")].map(cell).join(" | ");
        let _ = writeln!(text, "| {} | {before} | {found} | {after} | {reference} |", user.group);
    }
}
