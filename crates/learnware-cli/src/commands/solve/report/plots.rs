//! Plots as inline SVG in the page's own colours.

use learnware_engine::reuse::automatic::{Choice, Estimate, Method};
use learnware_engine::semantic::DataType;

use crate::commands::solve::explain;
use crate::commands::solve::story::{Candidate, Teammate};
use crate::page::add;
use crate::page::charts::{COLOURS, LEFT, ROW, WIDTH, bars, label, open};

/// A bar for each member's weight.
pub(super) fn weights(team: &[Teammate]) -> String {
    let most = team.iter().map(|member| member.weight).fold(f64::MIN_POSITIVE, f64::max);
    bars(
        "Weights",
        team.iter().enumerate().map(|(place, member)| {
            (member.name.clone(), member.weight / most, format!("{:.2}", member.weight), place % COLOURS)
        }),
    )
}

/// A bar for each candidate's distance.
pub(super) fn nearest(candidates: &[Candidate]) -> String {
    let most = candidates.iter().map(|candidate| candidate.distance).fold(f64::MIN_POSITIVE, f64::max);
    bars(
        "Distances",
        candidates.iter().map(|candidate| {
            (candidate.name.clone(), candidate.distance / most, format!("{:.4}", candidate.distance), 0)
        }),
    )
}

/// A dot with its error for each scored method.
pub(super) fn candidates(choice: &Choice, scored: &[(&Method, Estimate, bool)], kind: DataType) -> String {
    let ends = |(_, loss, _): &(&Method, Estimate, bool)| {
        (loss.mean - loss.standard_error, loss.mean + loss.standard_error)
    };
    let low = scored.iter().map(|entry| ends(entry).0).fold(f64::INFINITY, f64::min);
    let high = scored.iter().map(|entry| ends(entry).1).fold(f64::NEG_INFINITY, f64::max);
    let span = if high > low { high - low } else { 1.0 };
    let right = WIDTH - 190.0;
    let x = |value: f64| LEFT + (value - low) / span * (right - LEFT);
    let mut svg = open(scored.len() as f64 * ROW + 4.0, "Methods");
    for (row, entry) in scored.iter().enumerate() {
        let (method, loss, chosen) = entry;
        let y = row as f64 * ROW + ROW / 2.0;
        let (from, to) = ends(entry);
        label(&mut svg, &explain::capital(&explain::method_words(method, kind)), y);
        add!(
            svg,
            "<line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{y}\" y2=\"{y}\" stroke=\"var(--data)\" stroke-width=\"1.5\"/>",
            x(from),
            x(to)
        );
        let fill = if *chosen { "var(--c0)" } else { "var(--paper)" };
        add!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{y}\" r=\"5\" fill=\"{fill}\" stroke=\"var(--c0)\" stroke-width=\"1.8\"/>",
            x(loss.mean)
        );
        add!(
            svg,
            "<text x=\"{WIDTH}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            y + 4.5,
            explain::quality(choice, *loss)
        );
    }
    svg + "</svg>"
}
