//! The data and the team in the plane in which their points differ most.

pub(crate) use learnware_data::plane::{Dot, Picture, draw};

use super::add;
use super::charts::{COLOURS, WIDTH, open_wordless};

/// The data and the team in one plane.
pub(crate) fn overlap(picture: &Picture) -> String {
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
    let mut svg = open_wordless(HEIGHT, "Overlap of your data with the team");
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
