//! The data's specification in every space of learnwares that take it, and what a search finds there.

use std::collections::BTreeMap;

use learnware_engine::market::{Market, SearchOptions, SearchResults};
use learnware_engine::numeric::Matrix;
use learnware_engine::semantic::{SemanticSpecification, Task};
use learnware_engine::specification::{
    IslandKey, Rkme, RkmeImage, RkmeParameters, RkmeText, StatisticalSpecification,
};
use learnware_engine::table;
use learnware_engine::text::languages;
use learnware_engine::user_info::UserInfo;

use super::spaces::{self, Request, Space, Takes};
use super::story::LeftOut;
use crate::cli::SolveArgs;
use crate::datafile::{Content, Data};
use crate::embedders::Embedders;
use crate::error::advised;
use crate::printer::Printer;
use crate::team;

/// The space in which the data fits best.
pub(super) struct Found {
    pub(super) best: Option<Fit>,
    pub(super) left_out: Vec<LeftOut>,
}

/// The data in one space, and what the search found there.
pub(super) struct Fit {
    pub(super) space: Space,
    pub(super) specification: StatisticalSpecification,
    /// Texts and images as the embedder of the space sees them.
    pub(super) embedded: Option<Matrix>,
    pub(super) results: SearchResults,
}

/// A search in every space that the data has.
pub(super) struct Search<'a> {
    pub(super) arguments: &'a SolveArgs,
    pub(super) market: &'a Market,
    pub(super) data: &'a Data,
    pub(super) embedders: &'a Embedders,
    pub(super) printer: &'a Printer,
}

/// Data seen by an embedder, with its specification; several spaces may share it.
type Seen = BTreeMap<IslandKey, (Matrix, StatisticalSpecification)>;

impl Search<'_> {
    /// The space in which most of the data is covered, then the one with the most similar learnware.
    pub(super) fn best(&self) -> anyhow::Result<Found> {
        let task = self.arguments.task.or_else(|| task_of_labels(self.data));
        let request =
            Request { data: self.data, embedders: self.embedders, task, excluded: &self.arguments.exclude };
        let (spaces, mut left_out) = spaces::find(self.market, &request);
        if task.is_none() {
            require_one_task(&spaces)?;
        }
        let progress = self.printer.progress("comparing your data with the dock", Some(spaces.len() as u64));
        let mut fits = Vec::with_capacity(spaces.len());
        let mut refusal = None;
        let mut seen = Seen::new();
        for space in spaces {
            match self.fit(space, &mut seen) {
                // Only languages leave somebody out who takes the data.
                Ok(fit) if fit.results.single.is_empty() => {
                    let reason = "knows other languages than your texts".into();
                    left_out.push(LeftOut { reason, count: fit.space.members.len() });
                }
                Ok(fit) => fits.push(fit),
                Err(error) => refusal = Some(error),
            }
            progress.inc(1);
        }
        progress.finish_and_clear();
        if let (true, Some(error)) = (fits.is_empty(), refusal) {
            return Err(error.context(self.arguments.data.display().to_string()));
        }
        let quality = |fit: &Fit| {
            let similarity = fit.results.single.first().and_then(|single| single.similarity).unwrap_or(0.0);
            (fit.results.covered.unwrap_or(0.0), similarity)
        };
        let best = fits.into_iter().max_by(|a, b| {
            let (a, b) = (quality(a), quality(b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        Ok(Found { best, left_out })
    }

    fn fit(&self, space: Space, seen: &mut Seen) -> anyhow::Result<Fit> {
        let (specification, embedded) = match (&space.takes, &self.data.content) {
            (Takes::Columns(columns), Content::Table(table)) => {
                let rows = table::encode(table, columns)?;
                (StatisticalSpecification::Table(self.rkme(&rows)?), None)
            }
            (Takes::Embedded(island), _) => {
                if !seen.contains_key(island) {
                    seen.insert(island.clone(), self.embedded(island)?);
                }
                let (rows, specification) = &seen[island];
                (specification.clone(), Some(rows.clone()))
            }
            (Takes::Columns(_), Content::Texts(_) | Content::Images(_)) => {
                return Err(advised("the data has no columns", "name a table"));
            }
        };
        let user =
            UserInfo { semantic: SemanticSpecification::default(), statistical: vec![specification.clone()] };
        let others = self.market.organizer().iter().map(|learnware| &learnware.id);
        let exclude = others.filter(|id| !space.members.contains(id)).cloned().collect();
        let max_learnwares = self.arguments.max.max(1);
        let options = SearchOptions { max_learnwares, exclude, ..SearchOptions::default() };
        let results = self.market.search(&user, &options)?;
        Ok(Fit { space, specification, embedded, results })
    }

    /// Texts or images in an island, and their specification there.
    fn embedded(&self, island: &IslandKey) -> anyhow::Result<(Matrix, StatisticalSpecification)> {
        let rows = self.embedders.embed(island, self.data, self.printer)?;
        let rows = rows.ok_or_else(|| {
            advised(format!("{island} is not at hand"), "name the embedder's folder with --embedder")
        })?;
        let rkme = self.rkme(&rows)?;
        let specification = match (island, &self.data.content) {
            (IslandKey::Text { embedder }, Content::Texts(texts)) => {
                let languages = languages(texts);
                StatisticalSpecification::Text(RkmeText::new(rkme, embedder.clone(), languages)?)
            }
            (IslandKey::Image { embedder }, Content::Images(pictures)) => StatisticalSpecification::Image(
                RkmeImage::new(rkme, embedder.clone(), pictures.first_shape())?,
            ),
            _ => return Err(advised("the data is of another kind than the learnwares", "say --kind")),
        };
        Ok((rows, specification))
    }

    fn rkme(&self, rows: &Matrix) -> anyhow::Result<Rkme> {
        let parameters = RkmeParameters { seed: self.arguments.seed, ..RkmeParameters::default() };
        Ok(Rkme::generate(rows, &parameters)?)
    }
}

/// Labels that are words or few whole numbers are classes; others are quantities.
fn task_of_labels(data: &Data) -> Option<Task> {
    let column = data.labels.as_ref()?;
    let known = team::known_cells(column, &data.lines);
    let labels = table::labels(&known.0, &known.1).ok()?;
    Some(if labels.look_like_classes() { Task::Classification } else { Task::Regression })
}

fn require_one_task(spaces: &[Space]) -> anyhow::Result<()> {
    let has = |task| spaces.iter().any(|space| space.task == task);
    if has(Task::Classification) && has(Task::Regression) {
        return Err(advised(
            "learnwares for classification and for regression take this data",
            "say which with --task classification or --task regression",
        ));
    }
    Ok(())
}
