//! A learnware tried on rows that somebody sends, where the operator allows it: its model runs here, behind the fence and the
//! limits of a check, and waits for its turn as checks do. Nothing of the rows is kept.

use std::path::Path;

use learnware_data::datafile::{self, Content, DataOptions};
use learnware_data::modelinput::Taker;
use learnware_data::predictions::Answers;
use learnware_data::tablefile::ReadOptions;
use learnware_data::watcher::Nobody;
use learnware_data::{DataError, Location, MemoryFiles};
use learnware_engine::error::PredictError;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::predictor::Batch;
use learnware_package::runner::Runner;

use crate::accounts::Principal;
use crate::config::Config;
use crate::cpu::Pool;
use crate::deploy::Deployed;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::inspect;

/// Bytes of a file that is tried on at most.
pub const DATA_BYTES_MAX: usize = 8 << 20;

/// A file of rows, texts or images.
#[derive(Debug, Clone)]
pub struct TriedOn {
    /// Its name, whose ending tells what it is.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What a model answered.
#[derive(Debug, Clone)]
pub struct Tried {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// An answer for each row, as words.
    pub rows: Vec<Vec<String>>,
}

impl Dock {
    /// Rows that models are tried on at once; `None` where none is.
    pub fn try_rows_max(&self) -> Option<usize> {
        self.state().config.try_rows_max
    }

    /// What a learnware's model answers about a file's rows.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] where nothing is tried, [`DockError::BadData`] when the file does not suit or has too many
    /// rows, [`DockError::ModelFailed`] when the model does not answer; as [`Dock::give_out`] for a learnware that `viewer`
    /// may not have.
    pub async fn try_out(
        &self,
        viewer: Option<&Principal>,
        id: &LearnwareId,
        version: Option<u32>,
        file: TriedOn,
    ) -> Result<Tried> {
        let Some(rows_max) = self.try_rows_max() else {
            let reason =
                "this dock runs no models for visitors; download the learnware and use `learnware run`";
            return Err(DockError::Forbidden { reason: reason.to_owned() });
        };
        let deployed = self.given_to(viewer, id, version).await?;
        let (runner, config) = (self.runner(), self.state().config.clone());
        let work = move || tried(&deployed, &file, rows_max, &runner, &config);
        self.state().cpu.run(Pool::Models, "trying a learnware", work).await?
    }
}

fn tried(
    deployed: &Deployed,
    file: &TriedOn,
    rows_max: usize,
    runner: &Runner,
    config: &Config,
) -> Result<Tried> {
    let (name, specification) = (deployed.id.0.as_str(), &deployed.specification);
    let taker = Taker { name, specification };
    let mut files = MemoryFiles::default();
    files.insert(file.name.clone(), file.bytes.clone());
    let at = Location { files: &files, path: Path::new(&file.name) };
    let options = DataOptions::new(ReadOptions::default(), None, None);
    let options = options.for_learnware(taker.kind(), taker.image_shape());
    let data = datafile::read(at, &options, &Nobody).map_err(bad)?;
    if data.len() > rows_max {
        let found = format!(
            "the file has {} {}, {rows_max} can be tried at once",
            data.len(),
            datafile::unit(data.kind())
        );
        return Err(DockError::BadData { reason: format!("{found}; download the learnware for more") });
    }
    taker.require_kind(&data).map_err(bad)?;
    // Rows are encoded before a model is started: most mistakes are there.
    let rows = match &data.content {
        Content::Table(table) => Some(Batch::Table(taker.rows(table).map_err(bad)?)),
        Content::Texts(_) | Content::Images(_) => None,
    };
    let package = &deployed.package;
    if package.format().has_code() {
        inspect::require_host(runner, config)?;
    }
    let mut model = runner.start(package).map_err(failed)?;
    let batch = match rows {
        Some(rows) => rows,
        None => taker.batch(&data, model.input_shape()).map_err(bad)?,
    };
    let predicted = model.predict(&batch).map_err(failed)?;
    let answers = Answers::new(predicted.values, &specification.semantic);
    let rows = answers.values.iter_rows().map(|row| answers.words(row)).collect();
    Ok(Tried { columns: answers.header(), rows })
}

fn bad(error: DataError) -> DockError {
    let hint = error.hint().map_or_else(String::new, |hint| format!("; {hint}"));
    // The whole chain: the place first, then what is wrong there.
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        reason = format!("{reason}: {next}");
        cause = next.source();
    }
    DockError::BadData { reason: format!("{reason}{hint}") }
}

fn failed(error: PredictError) -> DockError {
    match error {
        PredictError::HostFailed { reason } => DockError::HostFailed { reason },
        error => DockError::ModelFailed { reason: error.to_string() },
    }
}
