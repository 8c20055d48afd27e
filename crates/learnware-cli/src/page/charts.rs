//! Plots as inline SVG in the page's own colours.

use super::{add, escape};

/// Colours for members; they repeat beyond.
pub(crate) const COLOURS: usize = 10;
/// Width of every plot in its own units.
pub(crate) const WIDTH: f64 = 720.0;
/// Height of a row of bars.
pub(crate) const ROW: f64 = 30.0;
/// Where bars begin, to the right of their names.
pub(crate) const LEFT: f64 = 270.0;
/// Characters of a name that fit before a bar.
const NAME_LENGTH_MAX: usize = 36;

/// Horizontal bars: name, length from 0 to 1, text and colour of each.
pub(crate) fn bars(title: &str, bars: impl ExactSizeIterator<Item = (String, f64, String, usize)>) -> String {
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

/// A bar of which a part is filled.
pub(crate) fn share(covered: f64) -> String {
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

/// Vertical bars side by side, the highest as high as the plot.
pub(crate) fn columns(title: &str, values: &[f64], height: f64) -> String {
    let mut svg = open_wordless(height, title);
    let most = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let step = WIDTH / values.len().max(1) as f64;
    for (place, value) in values.iter().enumerate() {
        let tall = (value.max(0.0) / most * (height - 2.0)).max(0.5);
        add!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{tall:.1}\" fill=\"var(--c0)\"/>",
            place as f64 * step,
            height - tall,
            (step - 1.0).max(0.5)
        );
    }
    svg + "</svg>"
}

/// A name to the left of a row; the whole of it when one points at it.
pub(crate) fn label(svg: &mut String, name: &str, y: f64) {
    let short: String = if name.chars().count() > NAME_LENGTH_MAX {
        name.chars().take(NAME_LENGTH_MAX - 3).chain("...".chars()).collect()
    } else {
        name.to_owned()
    };
    add!(svg, "<text x=\"0\" y=\"{:.1}\"><title>{}</title>{}</text>", y + 4.5, escape(name), escape(&short));
}

/// The start of a plot without words in it, which may become as narrow as it likes.
pub(crate) fn open_wordless(height: f64, title: &str) -> String {
    open(height, title).replacen("<svg", "<svg class=\"wordless\"", 1)
}

/// The start of a plot, as wide as the page.
pub(crate) fn open(height: f64, title: &str) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\n")
}
