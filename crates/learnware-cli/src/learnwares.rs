//! Learnwares as commands name them, an id in the dock or a package file, and their models, started.

use std::path::Path;

use anyhow::Context as _;
use learnware_data::modelinput::Taker;
use learnware_dock::config::Create;
use learnware_dock::deploy::Form;
use learnware_engine::learnware::{CheckStatus, LearnwareId, Specification};
use learnware_engine::predictor::Predictor;
use learnware_engine::semantic::{Column, DataType};
use learnware_engine::specification::{IslandKey, Rkme, StatisticalSpecification};
use learnware_engine::table::RawTable;
use learnware_package::Package;
use learnware_package::runner::Runner;

use crate::cli::{DockArgs, ModelArgs};
use crate::datafile::Data;
use crate::error::advised;
use crate::place::Place;
use crate::printer::Printer;
use crate::{report, target};

/// A learnware that is at hand.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Its id, or the file's name.
    pub(crate) id: LearnwareId,
    /// What it is for; the dock's words where it comes from a dock.
    pub(crate) specification: Specification,
    /// The package.
    pub(crate) package: Package,
}

impl Opened {
    /// Its specification in an island.
    pub(crate) fn rkme_in(&self, island: &IslandKey) -> Option<&Rkme> {
        let own = self.specification.statistical.iter().find(|kind| kind.island() == *island);
        own.map(StatisticalSpecification::rkme)
    }

    /// Its islands of texts or images by an embedder.
    pub(crate) fn embedded_island(&self) -> Option<IslandKey> {
        let embedded = self.specification.statistical.iter().find(|kind| kind.embedder().is_some());
        embedded.map(StatisticalSpecification::island)
    }

    /// What it says about its inputs.
    pub(crate) fn taker(&self) -> Taker<'_> {
        Taker { name: &self.id.0, specification: &self.specification }
    }

    /// What kind of data it takes.
    pub(crate) fn kind(&self) -> DataType {
        self.taker().kind()
    }

    /// Channels, height and width of the images that it takes, as its specification says.
    pub(crate) fn image_shape(&self) -> Option<[usize; 3]> {
        self.taker().image_shape()
    }

    /// Refuses data of another kind.
    pub(crate) fn require_kind(&self, data: &Data) -> anyhow::Result<()> {
        Ok(self.taker().require_kind(data)?)
    }

    /// How the table's columns become its inputs.
    pub(crate) fn columns(&self, table: &RawTable) -> anyhow::Result<Vec<Column>> {
        Ok(self.taker().columns(table)?)
    }
}

/// Opens learnwares from a dock and from package files; the dock is opened when the first id is asked for.
pub(crate) struct Opener<'a> {
    dock_args: &'a DockArgs,
    form: Form,
    printer: &'a Printer,
    place: Option<Place>,
}

impl<'a> Opener<'a> {
    /// An opener for the dock that the arguments name; where no code may run, it takes models as data.
    pub(crate) fn new(dock_args: &'a DockArgs, model_args: &ModelArgs, printer: &'a Printer) -> Self {
        let form = if model_args.no_code { Form::Data } else { Form::Submitted };
        Self { dock_args, form, printer, place: None }
    }

    /// Opens a learnware by id, or a package file.
    pub(crate) async fn open(&mut self, name: &str, version: Option<u32>) -> anyhow::Result<Opened> {
        let path = Path::new(name);
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) || path.is_file() {
            return open_file(path, name);
        }
        let place = match &mut self.place {
            Some(place) => place,
            none => none.insert(target::place(self.dock_args, &ModelArgs::default(), Create::Never).await?),
        };
        let deployed = place.package(&LearnwareId(name.to_owned()), version, self.form, self.printer).await?;
        if deployed.status != CheckStatus::Usable {
            self.printer.warning(format!(
                "learnware {} is {}; `learnware show {}` tells why",
                deployed.id,
                report::status_word(deployed.status),
                deployed.id
            ));
        }
        Ok(Opened { id: deployed.id, specification: deployed.specification, package: deployed.package })
    }
}

fn open_file(path: &Path, name: &str) -> anyhow::Result<Opened> {
    let package = open_package(path)?;
    let specification = Specification {
        semantic: package.semantic().cloned().unwrap_or_default(),
        statistical: package.statistical().to_vec(),
    };
    Ok(Opened { id: LearnwareId(name.to_owned()), specification, package })
}

/// Opens a package file.
pub(crate) fn open_package(path: &Path) -> anyhow::Result<Package> {
    if !path.is_file() {
        return Err(advised(
            format!("there is no package file {}", path.display()),
            "check the path, or name a learnware of the dock by its id; `learnware list` shows them",
        ));
    }
    Package::open(path).with_context(|| format!("{} is not a sound package", path.display()))
}

/// Starts the model of a learnware.
pub(crate) fn start(
    runner: &Runner,
    learnware: &Opened,
    printer: &Printer,
) -> anyhow::Result<Box<dyn Predictor>> {
    let progress = printer.progress(&format!("starting {}", learnware.id), None);
    let started = runner.start(&learnware.package);
    progress.finish_and_clear();
    started.with_context(|| format!("learnware {}", learnware.id))
}
