//! The answer of a search as one HTML page.

use std::collections::BTreeMap;

use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::SearchResults;
use learnware_engine::specification::{Rkme, StatisticalSpecification};

use super::Answer;
use super::explain;
use super::print::{number, order_words, percent, percentile, verdict_words};
use crate::cli::SearchArgs;
use crate::page::charts::{self, COLOURS};
use crate::page::{self, add, escape, picture};
use crate::place::Place;
use crate::printer::Tone;

/// Learnwares drawn in the picture at most; more hide each other.
const DRAWN_MAX: usize = 5;

/// The page; the specifications of the learnwares that are drawn on it come from the dock.
pub(super) async fn page(
    arguments: &SearchArgs,
    own: &StatisticalSpecification,
    place: &Place,
    answer: &Answer,
) -> anyhow::Result<String> {
    let data = arguments.spec.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let drawn = drawn(&answer.results);
    let specifications = match &answer.results.island {
        Some(island) => place.specifications(island, &drawn).await?,
        None => BTreeMap::new(),
    };
    let page = Page { answer, specifications, own, drawn };
    let mut body = String::new();
    page.head(&mut body, &data);
    page.fit(&mut body);
    page.singles(&mut body);
    page.mixture(&mut body);
    page.labels(&mut body);
    page.left_out(&mut body);
    page.found(&mut body);
    Ok(page::document(&format!("{data}: learnwares for it"), &body))
}

/// Who is drawn, each in a colour of its own: those of the mixture, then the nearest others.
fn drawn(results: &SearchResults) -> Vec<LearnwareId> {
    let members = results.multiple.iter().flat_map(|multiple| &multiple.members).map(|member| &member.id);
    let mut drawn: Vec<LearnwareId> = Vec::new();
    for id in members.chain(results.single.iter().map(|single| &single.id)) {
        if drawn.len() < DRAWN_MAX && !drawn.contains(id) {
            drawn.push(id.clone());
        }
    }
    drawn
}

struct Page<'a> {
    answer: &'a Answer,
    specifications: BTreeMap<LearnwareId, StatisticalSpecification>,
    own: &'a StatisticalSpecification,
    drawn: Vec<LearnwareId>,
}

impl Page<'_> {
    fn head(&self, body: &mut String, data: &str) {
        let results = &self.answer.results;
        add!(body, "<h1>{}</h1>", escape(data));
        let island = results.island.as_ref().map(ToString::to_string).unwrap_or_default();
        add!(
            body,
            "<p class=\"faint\">{}; {} of {} learnwares compared</p>",
            escape(&island),
            results.funnel.comparable,
            results.funnel.total
        );
        let (tone, words) = verdict_words(results.verdict)
            .unwrap_or((Tone::Careful, "No learnware can be compared with your data"));
        add!(body, "<p class=\"verdict {}\">{words}.</p>", page::class(tone));
        if let Some(covered) = results.covered {
            add!(
                body,
                "<figure>{}<figcaption>Share of your data that resembles what some learnware was trained \
                 on.</figcaption></figure>",
                charts::share(covered)
            );
        }
    }

    fn fit(&self, body: &mut String) {
        let specification =
            |id: &LearnwareId| self.specifications.get(id).map(StatisticalSpecification::rkme);
        let rkmes: Vec<&Rkme> = self.drawn.iter().filter_map(specification).collect();
        if rkmes.is_empty() || rkmes.len() < self.drawn.len() {
            return;
        }
        add!(
            body,
            "<h2>Your data and the nearest learnwares</h2><figure>{}<figcaption>Points of the specifications, larger \
             for more weight, in the two directions in which they differ most. Grey rings are your data; colours are \
             those of the tables below.</figcaption></figure>",
            picture::overlap(&picture::draw(self.own.rkme(), &rkmes))
        );
    }

    /// Name and id of a learnware as two cells, with its colour where it is drawn.
    fn cells(&self, id: &LearnwareId) -> String {
        let key = self.drawn.iter().position(|drawn| drawn == id).map_or_else(String::new, |place| {
            format!("<span class=\"key\" style=\"background: var(--c{})\"></span>", place % COLOURS)
        });
        format!("<td>{key}{}</td><td><code>{}</code></td>", escape(self.answer.name(id)), escape(&id.0))
    }

    fn singles(&self, body: &mut String) {
        let results = &self.answer.results;
        if results.single.is_empty() {
            return;
        }
        // In many columns no share of a single learnware is told.
        let has_shares = results.single.iter().any(|single| single.covered.is_some());
        add!(
            body,
            "<h2>{}</h2><div class=\"scroll\"><table><thead><tr><th>Learnware</th>\
             <th>Id</th><th class=\"number\">Distance</th><th class=\"number\">Percentile</th>\
             <th class=\"number\">Similarity</th>{}</tr></thead><tbody>",
            order_words(results.ranking),
            if has_shares { "<th class=\"number\">Covers</th>" } else { "" }
        );
        for single in &results.single {
            let covers = single.covered.map(|share| format!("<td class=\"number\">{}</td>", percent(share)));
            add!(
                body,
                "<tr>{}<td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>{}</tr>",
                self.cells(&single.id),
                number(single.distance),
                percentile(single.percentile),
                number(single.similarity),
                covers.unwrap_or_default()
            );
        }
        add!(
            body,
            "</tbody></table></div><p class=\"faint\">Distance is squared MMD: 0 is the same distribution. Percentile: \
             the share of random pairs of learnwares here that are farther from each other than this one is from \
             your data.</p>"
        );
    }

    fn mixture(&self, body: &mut String) {
        let Some(multiple) = &self.answer.results.multiple else { return };
        // Members are drawn in the colours of their places, and listed by weight.
        let mut members: Vec<_> = multiple.members.iter().enumerate().collect();
        members.sort_by(|a, b| b.1.weight.total_cmp(&a.1.weight));
        let most = members.first().map_or(f64::MIN_POSITIVE, |(_, heaviest)| heaviest.weight);
        let bars = members.into_iter().map(|(place, member)| {
            let name = self.answer.name(&member.id);
            let name = if name.is_empty() { &member.id.0 } else { name };
            (
                name.to_owned(),
                member.weight / most,
                format!("{:.1} %", member.weight * 100.0),
                place % COLOURS,
            )
        });
        let percentile = multiple.percentile.map_or_else(String::new, |share| {
            format!(", nearer than {} of random pairs of learnwares", percentile(Some(share)))
        });
        add!(
            body,
            "<h2>A combination is nearer</h2><p>Distance {:.4}{percentile}; it covers {} of your data.</p>\
             <figure>{}<figcaption>Weights of the combination.</figcaption></figure>",
            multiple.distance,
            percent(multiple.covered),
            charts::bars("Weights", bars)
        );
    }

    fn labels(&self, body: &mut String) {
        let Some(by_labels) = &self.answer.by_labels else { return };
        add!(
            body,
            "<h2>{}</h2><div class=\"scroll\"><table><thead><tr><th>Learnware</th><th>Id</th><th>On your labels</th>\
             <th class=\"number\">By distance</th><th>Beside</th></tr></thead><tbody>",
            escape(&by_labels.title())
        );
        for (id, words, beside, nearest) in by_labels.rows() {
            add!(
                body,
                "<tr>{}<td class=\"short\">{}</td><td class=\"number\">{nearest}</td><td>{}</td></tr>",
                self.cells(id),
                escape(&words),
                escape(&beside)
            );
        }
        add!(
            body,
            "</tbody></table></div><p class=\"faint\">Wrong answers and RMSE are of the learnware's own predictions; \
             LogME (higher is better) tells how well its answers explain your labels.</p>"
        );
    }

    fn left_out(&self, body: &mut String) {
        let Some(explanation) = self.answer.explanation.as_ref().filter(|facts| !facts.left_out.is_empty())
        else {
            return;
        };
        add!(
            body,
            "<h2>Near your data, but not used</h2><div class=\"scroll\"><table><thead><tr><th>Learnware</th><th>Id</th>\
             <th>Why</th></tr></thead><tbody>"
        );
        for entry in &explanation.left_out {
            add!(body, "<tr>{}<td>{}</td></tr>", self.cells(&entry.id), escape(&explain::reason(entry)));
        }
        add!(body, "</tbody></table></div>");
    }

    fn found(&self, body: &mut String) {
        add!(body, "<div class=\"columns\"><section><h2>How the answer was found</h2><table><tbody>");
        for stage in explain::stages(&self.answer.results) {
            let sign = if stage.left_out { "&minus;" } else { "" };
            add!(
                body,
                "<tr><td class=\"number\">{sign}{}</td><td>{}</td></tr>",
                stage.count,
                escape(&stage.words)
            );
        }
        add!(body, "</tbody></table></section><section>");
        if let Some(explanation) = &self.answer.explanation {
            add!(body, "<h2>What is proved</h2>");
            sentences(body, &explain::certificate(self.answer, explanation));
            add!(body, "<h2>What distances mean here</h2>");
            sentences(body, &explain::meaning(self.answer, explanation));
        }
        add!(body, "</section></div>");
    }
}

fn sentences(body: &mut String, sentences: &[String]) {
    for sentence in sentences {
        add!(body, "<p>{}</p>", escape(sentence));
    }
}
