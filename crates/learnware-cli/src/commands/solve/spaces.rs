//! Which learnwares take this table, grouped by the columns, task and classes that they share.

use std::collections::BTreeMap;

use learnware_engine::learnware::{Learnware, LearnwareId};
use learnware_engine::market::Market;
use learnware_engine::semantic::{self, Column, ColumnKind, Task};
use learnware_engine::table::{self, RawTable};

use super::story::LeftOut;

/// Learnwares that take the same inputs and give the same outputs.
#[derive(Debug, Clone)]
pub(super) struct Space {
    /// What they do.
    pub(super) task: Task,
    /// How the table becomes their inputs; what absent values become is the first learnware's.
    pub(super) columns: Vec<Column>,
    /// The learnwares.
    pub(super) members: Vec<LearnwareId>,
}

/// The spaces that the table has, and why other learnwares are left out.
pub(super) fn find(
    market: &Market,
    table: &RawTable,
    wanted: Option<Task>,
    excluded: &[String],
) -> (Vec<Space>, Vec<LeftOut>) {
    let mut spaces: BTreeMap<String, Space> = BTreeMap::new();
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for learnware in market.organizer().iter() {
        match place(learnware, table, wanted, excluded) {
            Ok((key, task, columns)) => {
                let space = spaces.entry(key).or_insert_with(|| Space { task, columns, members: Vec::new() });
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

/// The space of a learnware, or why it can't take the table.
fn place(
    learnware: &Learnware,
    table: &RawTable,
    wanted: Option<Task>,
    excluded: &[String],
) -> Result<(String, Task, Vec<Column>), String> {
    if excluded.contains(&learnware.id.0) {
        return Err("excluded by you".into());
    }
    let semantic = &learnware.specification.semantic;
    let task = semantic.single_task().ok_or("no single task")?;
    if !matches!(task, Task::Classification | Task::Regression) {
        return Err(format!(
            "made for {}, which is not a prediction for each row",
            task.word().to_lowercase()
        ));
    }
    if wanted.is_some_and(|wanted| wanted != task) {
        return Err(format!("made for {}", task.word().to_lowercase()));
    }
    if learnware.specification.statistical.iter().all(|kind| kind.as_table().is_none()) {
        return Err("no specification of tables".into());
    }
    let input = semantic.input.as_ref().ok_or("no description of the inputs")?;
    let columns = table::columns_for(input, table).map_err(|_| {
        format!(
            "takes {} inputs without names, your table has {} columns",
            input.dimension,
            table.columns.len()
        )
    })?;
    if let Some(missing) = columns.iter().find(|column| table.column(&column.name).is_none()) {
        return Err(format!("needs a column {:?} that your table has not", missing.name));
    }
    let output = semantic.output.as_ref().map(semantic::Dimensions::to_json);
    let kinds: Vec<(&str, &ColumnKind)> =
        columns.iter().map(|column| (column.name.as_str(), &column.kind)).collect();
    Ok((serde_json::json!([task.word(), kinds, output]).to_string(), task, columns))
}
