//! Pages: one HTML file each that loads nothing from anywhere, readable in light and dark, wide and narrow.
//!
//! Everything that comes from files or learnwares is escaped; nothing in a page is a script.

pub(crate) mod charts;
pub(crate) mod picture;

use crate::printer::Tone;

/// A whole page; the title is escaped, the body is markup.
pub(crate) fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title),
        include_str!("page.css")
    )
}

/// The class of a text with this meaning.
pub(crate) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Heading | Tone::Careful | Tone::Faint => "careful",
    }
}

/// Text that can't be taken for markup.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(character),
        }
    }
    safe
}

/// Adds a piece; writing to a text can't fail.
macro_rules! add {
    ($body:expr, $($arguments:tt)*) => {{
        use std::fmt::Write as _;
        let _ = writeln!($body, $($arguments)*);
    }};
}
pub(crate) use add;
