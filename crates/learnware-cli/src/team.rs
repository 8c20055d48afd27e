//! Several learnwares made into a team of the engine, and what is known of the labels.

use anyhow::Context as _;
use learnware_engine::EngineError;
use learnware_engine::predictor::{Batch, Predictor};
use learnware_engine::reuse::{JobSelector, Member, Routing, ScoresAre, Task, Team};
use learnware_engine::semantic;
use learnware_engine::specification::{IslandKernel, IslandKey, Rkme};
use learnware_engine::table::{self, Cell, RawColumn};
use learnware_package::runner::Runner;

use crate::error::advised;
use crate::learnwares::{self, Opened};
use crate::printer::Printer;
use crate::teaminput::TeamInput;
use crate::translation::Translation;

/// Labels of those rows that have one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KnownLabels {
    /// Rows with a label, in order.
    pub(crate) rows: Vec<usize>,
    /// Their labels: quantities, or places among the classes.
    pub(crate) values: Vec<f64>,
}

/// What a learnware predicts.
pub(crate) fn own_task(learnware: &Opened) -> Task {
    let semantic = &learnware.specification.semantic;
    if semantic.single_task() != Some(semantic::Task::Classification) {
        return Task::Regression;
    }
    Task::Classification { classes: semantic.output.as_ref().map_or(2, |output| output.dimension).max(2) }
}

/// What a team predicts: that of its first learnware, whose task the others must share.
pub(crate) fn task(learnwares: &[Opened]) -> anyhow::Result<Task> {
    let first = &learnwares[0].specification.semantic;
    let wanted = first.single_task();
    for other in &learnwares[1..] {
        let theirs = other.specification.semantic.single_task();
        if theirs != wanted {
            let word = |task: Option<semantic::Task>| task.map_or("no task", semantic::Task::word);
            return Err(advised(
                format!(
                    "learnware {} is for {}, but {} is for {}",
                    learnwares[0].id,
                    word(wanted),
                    other.id,
                    word(theirs)
                ),
                "put learnwares of one task together",
            ));
        }
    }
    Ok(own_task(&learnwares[0]))
}

/// Learnwares about to become a team.
pub(crate) struct Starting<'a> {
    /// Who.
    pub(crate) learnwares: &'a [Opened],
    /// Their shares; 1 where there is none.
    pub(crate) weights: &'a [f64],
    /// What they are asked about.
    pub(crate) input: &'a TeamInput,
    /// What starts them.
    pub(crate) runner: &'a Runner,
}

impl Starting<'_> {
    /// Starts all models.
    pub(crate) fn team(&self, task: Task, printer: &Printer) -> anyhow::Result<Team> {
        self.started(task, printer, |_, model| Ok(model))
    }

    /// The same with answers in the user's classes or on the user's scale, learned from `labelled` rows.
    pub(crate) fn translated(
        &self,
        translation: &Translation,
        labelled: &Batch,
        seed: u64,
        printer: &Printer,
    ) -> anyhow::Result<Team> {
        self.started(translation.task(), printer, |learnware, model| {
            translation.wrap(model, labelled, learnware, seed)
        })
    }

    fn started(
        &self,
        task: Task,
        printer: &Printer,
        wrap: impl Fn(&Opened, Box<dyn Predictor>) -> anyhow::Result<Box<dyn Predictor>>,
    ) -> anyhow::Result<Team> {
        let mut members = Vec::with_capacity(self.learnwares.len());
        for (place, learnware) in self.learnwares.iter().enumerate() {
            let model = learnwares::start(self.runner, learnware, printer)?;
            let fed = self.input.feed(place, model, own_task(learnware))?;
            members.push(Member {
                id: learnware.id.clone(),
                rkme: self.input.seen().and_then(|(island, _)| learnware.rkme_in(island)).cloned(),
                predictor: wrap(learnware, fed)?,
                weight: self.weights.get(place).copied().unwrap_or(1.0),
            });
        }
        Ok(Team::new(members, task, ScoresAre::Probabilities)?)
    }
}

/// The island of texts or images that all learnwares share; `None` for tables, and where they share none.
pub(crate) fn common_island(learnwares: &[Opened]) -> Option<IslandKey> {
    let island = learnwares[0].embedded_island()?;
    learnwares.iter().all(|learnware| learnware.rkme_in(&island).is_some()).then_some(island)
}

/// A job selector, where every member has a specification that sees the data.
pub(crate) fn job_selector(
    learnwares: &[Opened],
    weights: &[f64],
    input: &TeamInput,
    routing: Routing,
) -> anyhow::Result<Option<JobSelector>> {
    let Some((island, rows)) = input.seen() else { return Ok(None) };
    let rkmes: Vec<&Rkme> = learnwares.iter().filter_map(|learnware| learnware.rkme_in(island)).collect();
    if rkmes.len() != learnwares.len() {
        return Ok(None);
    }
    let kernel = IslandKernel::of_island(island, &rkmes);
    let selector = if weights.is_empty() {
        JobSelector::for_rows(&rkmes, rows, &kernel, routing)
    } else {
        JobSelector::new(&rkmes, weights, &kernel, routing)
    };
    Ok(Some(selector?))
}

/// Rows of a label column that have one.
pub(crate) fn known_rows(column: &RawColumn) -> Vec<usize> {
    (0..column.cells.len()).filter(|&row| column.cells[row] != Cell::Missing).collect()
}

/// The cells of a label column that are filled in, with their lines.
pub(crate) fn known_cells(column: &RawColumn, lines: &[usize]) -> (RawColumn, Vec<usize>) {
    let rows = known_rows(column);
    let cells = rows.iter().map(|&row| column.cells[row].clone()).collect();
    (RawColumn { name: column.name.clone(), cells }, rows.iter().map(|&row| lines[row]).collect())
}

/// The error of a label column without labels.
pub(crate) fn no_label(column: &RawColumn) -> anyhow::Error {
    advised(
        format!("column {:?} has no label in any row", column.name),
        "fill in the labels that you know, or leave --labels out",
    )
}

/// Which learnware an error of the team speaks of.
pub(crate) fn culprit(error: &anyhow::Error, learnwares: &[Opened]) -> Option<usize> {
    let named = error.chain().find_map(|cause| match cause.downcast_ref::<EngineError>() {
        Some(EngineError::Prediction { learnware, .. }) => Some(learnware.clone()),
        _ => None,
    });
    let text = named.unwrap_or_else(|| error.to_string());
    learnwares.iter().position(|learnware| text.contains(&learnware.id.0))
}

/// The labels of a column, in the codes of the classes of a team, which the first learnware that does so names; rows without
/// a label are left out.
pub(crate) fn known_labels(
    column: &RawColumn,
    lines: &[usize],
    task: Task,
    learnwares: &[Opened],
) -> anyhow::Result<KnownLabels> {
    let rows = known_rows(column);
    if rows.is_empty() {
        return Err(no_label(column));
    }
    let (known, known_lines) = known_cells(column, lines);
    let labels = table::labels(&known, &known_lines).with_context(|| format!("labels {:?}", column.name))?;
    let values = match (task, &labels.classes) {
        (Task::Regression, None) => labels.values,
        (Task::Regression, Some(words)) => {
            return Err(advised(
                format!(
                    "labels of a regression are numbers, but column {:?} has {:?}",
                    column.name, words[0]
                ),
                "name the column with the quantity",
            ));
        }
        (Task::Classification { classes }, _) => class_codes(&known, &labels, classes, naming(learnwares))?,
    };
    Ok(KnownLabels { rows, values })
}

/// The first that says what its classes are called, or the first.
fn naming(learnwares: &[Opened]) -> &Opened {
    let says = |learnware: &&Opened| {
        let output = learnware.specification.semantic.output.as_ref();
        output.is_some_and(|output| !output.description.is_empty())
    };
    learnwares.iter().find(says).unwrap_or(&learnwares[0])
}

/// Words and numbers that the learnware names as its outputs become their places there; numbers below the
/// number of classes are such places already.
fn class_codes(
    column: &RawColumn,
    labels: &table::Labels,
    classes: usize,
    learnware: &Opened,
) -> anyhow::Result<Vec<f64>> {
    let output = learnware.specification.semantic.output.as_ref();
    let place = |word: &str| {
        let names = &output?.description;
        names.iter().find(|(_, name)| name.as_str() == word).map(|(&index, _)| index as f64)
    };
    let words = column.cells.iter().map(|cell| match cell {
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Missing => String::new(),
    });
    let named: Option<Vec<f64>> = words.map(|word| place(&word)).collect();
    if let Some(codes) = named {
        return Ok(codes);
    }
    let are_places =
        labels.values.iter().all(|&value| value.fract() == 0.0 && value >= 0.0 && value < classes as f64);
    match &labels.classes {
        None if are_places => Ok(labels.values.clone()),
        // Words that the learnware does not name: sorted, as `learnware pack` would have coded them.
        Some(words)
            if words.len() == classes && output.is_none_or(|output| output.description.is_empty()) =>
        {
            Ok(labels.values.clone())
        }
        None | Some(_) => Err(advised(
            format!(
                "the labels in column {:?} are not the classes of learnware {}",
                column.name, learnware.id
            ),
            "`learnware show ID` lists the classes; use their names, or their numbers from 0",
        )),
    }
}
