//! Plots as inline SVG in the page's own colours.

use std::fmt::Write as _;

use learnware_engine::reuse::automatic::{Choice, Estimate, Method};
use learnware_engine::semantic::DataType;

use super::{add, escape};
use crate::commands::solve::explain;
use crate::commands::solve::story::{Candidate, Dot, Picture, Teammate};

/// Colours for members; they repeat beyond.
pub(super) const COLOURS: usize = 10;
/// Width of every plot in its own units.
const WIDTH: f64 = 720.0;
/// Height of a row of bars.
const ROW: f64 = 30.0;
/// Where bars begin, to the right of their names.
const LEFT: f64 = 270.0;
/// Characters of a name that fit before a bar.
const NAME_LENGTH_MAX: usize = 36;

/// The data and the team in one plane.
pub(super) fn overlap(picture: &Picture) -> String {
    const HEIGHT: f64 = 380.0;
    const EDGE: f64 = 18.0;
    let all = || picture.data.iter().chain(picture.team.iter().flatten()).filter(|dot| dot.weight > 1e-4);
    let range = |value: fn(&Dot) -> f64| {
        let (low, high) = all()
            .map(value)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if high > low { (low, high) } else { (low - 1.0, low + 1.0) }
    };
    let (xs, ys) = (range(|dot| dot.x), range(|dot| dot.y));
    let place = |dot: &Dot| {
        let x = EDGE + (dot.x - xs.0) / (xs.1 - xs.0) * (WIDTH - 2.0 * EDGE);
        let y = HEIGHT - EDGE - (dot.y - ys.0) / (ys.1 - ys.0) * (HEIGHT - 2.0 * EDGE);
        (x, y)
    };
    let radius = |dot: &Dot| 2.0 + 26.0 * dot.weight.max(0.0).sqrt() / 1.6;
    let mut svg = open(HEIGHT, "Overlap of your data with the team");
    for (member, dots) in picture.team.iter().enumerate() {
        for dot in dots.iter().filter(|dot| dot.weight > 1e-4) {
            let (x, y) = place(dot);
            add!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\" fill=\"var(--c{})\" fill-opacity=\".55\"/>",
                radius(dot),
                member % COLOURS
            );
        }
    }
    for dot in picture.data.iter().filter(|dot| dot.weight > 1e-4) {
        let (x, y) = place(dot);
        add!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\" fill=\"none\" stroke=\"var(--data)\" stroke-width=\"1.6\"/>",
            radius(dot)
        );
    }
    svg + "</svg>"
}

/// A bar of which a part is filled.
pub(super) fn share(covered: f64) -> String {
    let mut svg = open(44.0, "Covered share");
    let width = WIDTH - 2.0;
    add!(
        svg,
        "<rect x=\"1\" y=\"4\" width=\"{width}\" height=\"20\" rx=\"3\" fill=\"none\" stroke=\"var(--line)\"/>"
    );
    add!(
        svg,
        "<rect x=\"1\" y=\"4\" width=\"{:.1}\" height=\"20\" rx=\"3\" fill=\"var(--c0)\"/>",
        width * covered
    );
    add!(svg, "<text x=\"1\" y=\"41\">{:.0} % covered</text>", covered * 100.0);
    add!(
        svg,
        "<text x=\"{WIDTH}\" y=\"41\" text-anchor=\"end\" class=\"faint\">{:.0} % by nobody</text>",
        (1.0 - covered) * 100.0
    );
    svg + "</svg>"
}

/// A bar for each member's weight.
pub(super) fn weights(team: &[Teammate]) -> String {
    let most = team.iter().map(|member| member.weight).fold(f64::MIN_POSITIVE, f64::max);
    let bars = team.iter().enumerate();
    bar_chart(
        "Weights",
        bars.map(|(place, member)| {
            (member.name.clone(), member.weight / most, format!("{:.2}", member.weight), place % COLOURS)
        }),
    )
}

/// A bar for each candidate's distance.
pub(super) fn nearest(candidates: &[Candidate]) -> String {
    let most = candidates.iter().map(|candidate| candidate.distance).fold(f64::MIN_POSITIVE, f64::max);
    let bars = candidates.iter();
    bar_chart(
        "Distances",
        bars.map(|candidate| {
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

/// Horizontal bars: name, length from 0 to 1, text and colour of each.
fn bar_chart(title: &str, bars: impl ExactSizeIterator<Item = (String, f64, String, usize)>) -> String {
    let mut svg = open(bars.len() as f64 * ROW + 4.0, title);
    for (row, (name, length, text, colour)) in bars.enumerate() {
        let y = row as f64 * ROW + ROW / 2.0;
        label(&mut svg, &name, y);
        let width = (length.clamp(0.0, 1.0) * (WIDTH - LEFT - 70.0)).max(1.0);
        add!(
            svg,
            "<rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"16\" rx=\"2\" fill=\"var(--c{colour})\"/>",
            y - 8.0
        );
        add!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{text}</text>", LEFT + width + 8.0, y + 4.5);
    }
    svg + "</svg>"
}

/// A name to the left of a row; the whole of it when one points at it.
fn label(svg: &mut String, name: &str, y: f64) {
    let short: String = if name.chars().count() > NAME_LENGTH_MAX {
        name.chars().take(NAME_LENGTH_MAX - 3).chain("...".chars()).collect()
    } else {
        name.to_owned()
    };
    add!(svg, "<text x=\"0\" y=\"{:.1}\"><title>{}</title>{}</text>", y + 4.5, escape(name), escape(&short));
}

fn open(height: f64, title: &str) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\n")
}
