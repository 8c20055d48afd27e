//! The story as one HTML file that loads nothing from anywhere, readable in light and dark, wide and narrow.
//!
//! Everything that comes from files or learnwares is escaped; nothing in the page is a script.

mod plots;

use learnware_engine::semantic::DataType;

use super::explain;
use super::story::Story;
use crate::datafile::unit;
use crate::page::{self, add, escape};

/// Rows far from the team that are listed by number.
const FAR_ROWS_LISTED: usize = 40;

/// The page.
pub(super) fn page(story: &Story) -> String {
    let mut body = String::new();
    head(&mut body, story);
    fit(&mut body, story);
    team(&mut body, story);
    method(&mut body, story);
    uncovered(&mut body, story);
    others(&mut body, story);
    page::document(&format!("{}: solved with learnwares", story.data), &body)
}

fn head(body: &mut String, story: &Story) {
    let (tone, words) = explain::verdict_words(story.verdict);
    let class = page::class(tone);
    add!(body, "<h1>{}</h1>", escape(&story.data));
    let columns = match story.kind {
        DataType::Table => format!(", {} columns", story.columns.len()),
        DataType::Text | DataType::Image => String::new(),
    };
    let units = unit(story.kind);
    add!(body, "<p class=\"faint\">{} {units}{columns}, {}</p>", story.rows, escape(&story.task));
    add!(body, "<p class=\"verdict {class}\">{words}.</p>");
    if let Some(covered) = explain::covered_words(story) {
        add!(body, "<p>{covered}.</p>");
    }
    match &story.predictions {
        Some(place) => {
            let how = explain::capital(&explain::story_method(story));
            add!(body, "<p>{}. Predictions are in <code>{}</code>.</p>", escape(&how), escape(place));
        }
        None => {
            add!(body, "<p>No predictions were written: they would be guesses.</p>");
        }
    }
}

fn fit(body: &mut String, story: &Story) {
    add!(body, "<h2>Your data and the team</h2>");
    if let Some(picture) = story.picture.as_ref().filter(|picture| !picture.team.is_empty()) {
        add!(
            body,
            "<figure>{}<figcaption>Points of the specifications, larger for more weight, in the two directions in \
             which they differ most. Grey rings are your data; where colours lie on rings, that learnware knows such \
             {}.</figcaption></figure>",
            page::picture::overlap(picture),
            unit(story.kind)
        );
    }
    if let Some(covered) = story.covered {
        add!(
            body,
            "<figure>{}<figcaption>Share of your data that the learnwares cover.</figcaption></figure>",
            page::charts::share(covered)
        );
    }
}

fn team(body: &mut String, story: &Story) {
    if story.team.is_empty() {
        return;
    }
    let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.4}"));
    add!(
        body,
        "<h2>Who predicts</h2><div class=\"scroll\"><table><thead><tr><th>Learnware</th><th>Id</th>\
        <th class=\"number\">Weight</th><th class=\"number\">Distance</th><th class=\"number\">Similarity</th>\
        <th class=\"number\">Your {} nearest to it</th></tr></thead><tbody>",
        unit(story.kind)
    );
    for (place, member) in story.team.iter().enumerate() {
        let rows = member.rows_nearest.map_or_else(|| "-".into(), |share| format!("{:.0} %", share * 100.0));
        add!(
            body,
            "<tr><td><span class=\"key\" style=\"background: var(--c{})\"></span>{}</td><td><code>{}</code></td>\
             <td class=\"number\">{:.2}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{rows}</td></tr>",
            place % page::charts::COLOURS,
            escape(&member.name),
            escape(&member.id),
            member.weight,
            number(member.distance),
            number(member.similarity)
        );
    }
    add!(
        body,
        "</tbody></table></div><figure>{}<figcaption>Weights of the team.</figcaption></figure>",
        plots::weights(&story.team)
    );
    for failure in &story.failed {
        add!(
            body,
            "<p class=\"careful\">{} could not run: {}</p>",
            escape(&failure.id),
            escape(&failure.error)
        );
    }
}

fn method(body: &mut String, story: &Story) {
    let Some(choice) = &story.choice else { return };
    add!(
        body,
        "<h2>How the answers are combined</h2><p><strong>{}</strong></p>",
        escape(&explain::capital(&explain::method_words(&choice.chosen, story.kind)))
    );
    for reason in explain::reasons(choice, story.kind) {
        add!(body, "<p>{}</p>", escape(&reason));
    }
    let scored = explain::scored(choice);
    if !scored.is_empty() {
        add!(
            body,
            "<figure>{}<figcaption>Each way of combining them on labelled {} that it had not seen: mean loss \
            and one standard error, less is better. The filled one was chosen: the simplest that is not worse than the \
            best by more than noise.</figcaption></figure>",
            plots::candidates(choice, &scored, story.kind),
            unit(story.kind)
        );
    }
}

fn uncovered(body: &mut String, story: &Story) {
    if story.far_rows.is_empty() {
        return;
    }
    let units = unit(story.kind);
    let share = 100.0 * story.far_rows.len() as f64 / story.rows.max(1) as f64;
    let listed: Vec<String> =
        story.far_rows.iter().take(FAR_ROWS_LISTED).map(|row| (row + 1).to_string()).collect();
    let more = if story.far_rows.len() > FAR_ROWS_LISTED { ", ..." } else { "" };
    add!(
        body,
        "<h2>{} that nobody covers</h2><p>{} of {} {units} ({share:.1} %) are far from everything that the team was \
        trained on; trust their predictions less. Counted from 1: {}{more}.</p>",
        explain::capital(units),
        story.far_rows.len(),
        story.rows,
        listed.join(", ")
    );
}

fn others(body: &mut String, story: &Story) {
    add!(body, "<div class=\"columns\"><section><h2>The nearest learnwares</h2>");
    if !story.nearest.is_empty() {
        add!(
            body,
            "<figure>{}<figcaption>Squared distance (MMD) to your data; 0 is the same distribution.</figcaption></figure>",
            plots::nearest(&story.nearest)
        );
    }
    add!(body, "</section><section><h2>Left out</h2>");
    if story.left_out.is_empty() {
        add!(
            body,
            "<p>Nobody: all {} learnwares of the dock take your {}.</p>",
            story.search.funnel.comparable,
            explain::taken(story.kind)
        );
    } else {
        add!(body, "<table><tbody>");
        for entry in &story.left_out {
            add!(
                body,
                "<tr><td class=\"number\">{}</td><td>{}</td></tr>",
                entry.count,
                escape(&entry.reason)
            );
        }
        add!(body, "</tbody></table>");
    }
    add!(body, "</section></div>");
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn markup_in_names_is_inert() {
        assert_eq!(
            escape("<img src=x onerror='a(\"b\")'>&"),
            "&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt;&amp;"
        );
    }
}
