//! Which learnwares take this data, grouped by the inputs, task and classes that they share.

use std::collections::BTreeMap;

use learnware_engine::learnware::{Learnware, LearnwareId};
use learnware_engine::market::Market;
use learnware_engine::semantic::{self, Column, ColumnKind, DataType, Task};
use learnware_engine::specification::{IslandKey, StatisticalSpecification};
use learnware_engine::table::{self, RawTable};

use super::story::LeftOut;
use crate::datafile::{self, Content, Data};
use crate::embedders::{self, Embedders};

/// Learnwares that take the same inputs and give the same outputs.
#[derive(Debug, Clone)]
pub(super) struct Space {
    /// What they do.
    pub(super) task: Task,
    /// What they take.
    pub(super) takes: Takes,
    /// The learnwares.
    pub(super) members: Vec<LearnwareId>,
}

/// What learnwares take of the data.
#[derive(Debug, Clone)]
pub(super) enum Takes {
    /// How the table becomes their inputs; what absent values become is the first learnware's.
    Columns(Vec<Column>),
    /// Texts or images, which their specifications see in this island.
    Embedded(IslandKey),
}

impl Takes {
    /// Names of the columns; none for texts and images.
    pub(super) fn column_names(&self) -> Vec<String> {
        match self {
            Self::Columns(columns) => columns.iter().map(|column| column.name.clone()).collect(),
            Self::Embedded(_) => Vec::new(),
        }
    }

    /// The island in which specifications are compared.
    pub(super) fn island(&self) -> IslandKey {
        match self {
            Self::Columns(columns) => {
                let dimension = columns.iter().map(Column::width).sum();
                IslandKey::Table { dimension }
            }
            Self::Embedded(island) => island.clone(),
        }
    }
}

/// What is asked of learnwares.
pub(super) struct Request<'a> {
    /// The data.
    pub(super) data: &'a Data,
    /// Who can embed it.
    pub(super) embedders: &'a Embedders,
    /// The task, where it is known.
    pub(super) task: Option<Task>,
    /// Learnwares that are not wanted.
    pub(super) excluded: &'a [String],
}

/// The spaces that the data has, and why other learnwares are left out.
pub(super) fn find(market: &Market, request: &Request<'_>) -> (Vec<Space>, Vec<LeftOut>) {
    let mut spaces: BTreeMap<String, Space> = BTreeMap::new();
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for learnware in market.organizer().iter() {
        match request.place(learnware) {
            Ok((key, task, takes)) => {
                let space = spaces.entry(key).or_insert_with(|| Space { task, takes, members: Vec::new() });
                space.members.push(learnware.id.clone());
            }
            Err(reason) => *left_out.entry(reason).or_default() += 1,
        }
    }
    let mut left_out: Vec<LeftOut> =
        left_out.into_iter().map(|(reason, count)| LeftOut { reason, count }).collect();
    left_out.sort_by_key(|entry| std::cmp::Reverse(entry.count));
    (spaces.into_values().collect(), left_out)
}

impl Request<'_> {
    /// The space of a learnware, or why it can't take the data.
    fn place(&self, learnware: &Learnware) -> Result<(String, Task, Takes), String> {
        if self.excluded.contains(&learnware.id.0) {
            return Err("excluded by you".into());
        }
        let semantic = &learnware.specification.semantic;
        let task = semantic.single_task().ok_or("no single task")?;
        if !matches!(task, Task::Classification | Task::Regression) {
            return Err(format!(
                "made for {}, which is not a prediction for each example",
                task.word().to_lowercase()
            ));
        }
        if self.task.is_some_and(|wanted| wanted != task) {
            return Err(format!("made for {}", task.word().to_lowercase()));
        }
        let takes = match &self.data.content {
            Content::Table(table) => Takes::Columns(columns(learnware, table)?),
            Content::Texts(_) | Content::Images(_) => Takes::Embedded(self.island(learnware)?),
        };
        let output = semantic.output.as_ref().map(semantic::Dimensions::to_json);
        let inputs = match &takes {
            Takes::Columns(columns) => {
                let kinds: Vec<(&str, &ColumnKind)> =
                    columns.iter().map(|column| (column.name.as_str(), &column.kind)).collect();
                serde_json::json!(kinds)
            }
            Takes::Embedded(island) => serde_json::json!(island),
        };
        Ok((serde_json::json!([task.word(), inputs, output]).to_string(), task, takes))
    }

    /// The island of a learnware for texts or images.
    fn island(&self, learnware: &Learnware) -> Result<IslandKey, String> {
        let wanted = self.data.kind();
        let all = &learnware.specification.statistical;
        let mut own = all.iter().filter(|kind| kind.data_type() == wanted).peekable();
        if own.peek().is_none() {
            return Err(format!("not made for {}", datafile::unit(wanted)));
        }
        let Some(embedder) = own.find_map(StatisticalSpecification::embedder) else {
            return Err("described in the reference's form only".into());
        };
        if !self.embedders.has(embedder) {
            return Err(format!("described by {embedder}; needs {}", embedders::flag(embedder)));
        }
        let island = all.iter().find(|kind| kind.embedder() == Some(embedder));
        island.map(StatisticalSpecification::island).ok_or_else(|| "no specification".into())
    }
}

/// How a learnware for tables takes this one.
fn columns(learnware: &Learnware, table: &RawTable) -> Result<Vec<Column>, String> {
    let kinds = &learnware.specification.statistical;
    if kinds.iter().all(|kind| kind.as_table().is_none()) {
        return Err(match kinds.first().map(StatisticalSpecification::data_type) {
            Some(DataType::Text) => "made for texts (--text COLUMN names yours)",
            Some(DataType::Image) => "made for images",
            Some(DataType::Table) | None => "no specification of tables",
        }
        .into());
    }
    let input = learnware.specification.semantic.input.as_ref().ok_or("no description of the inputs")?;
    let columns = table::columns_for(input, table).map_err(|_| {
        format!(
            "takes {} inputs without names, your table has {} columns",
            input.dimension,
            table.columns.len()
        )
    })?;
    match columns.iter().find(|column| table.column(&column.name).is_none()) {
        None => Ok(columns),
        Some(missing) => Err(format!("needs a column {:?} that your table has not", missing.name)),
    }
}
