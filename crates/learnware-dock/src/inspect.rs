//! Where the dock meets `learnware-package`: opening zips, running models, and what both mean for a report.
//! Blocking: called through `cpu`.

use std::path::Path;

use learnware_engine::error::PredictError;
use learnware_engine::learnware::{ModelFormat, Specification};
use learnware_engine::market::checker::{self, CheckReport, Finding, Stage, model};
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::StatisticalSpecification;
use learnware_package::PackageError;
use learnware_package::package::Package;
use learnware_package::runner::sandbox::Isolation;
use learnware_package::runner::{CodePolicy, Runner};

use crate::config::Config;
use crate::error::{DockError, Result};
use crate::jobs::Progress;
use crate::policy;

/// What a zip holds, judged without running it.
#[derive(Debug)]
pub(crate) enum Inspected {
    /// It may be stored.
    Sound {
        /// Semantic and statistical specification.
        specification: Box<Specification>,
        /// How its model is stored.
        format: ModelFormat,
    },
    /// It may not; the report says why.
    Unsound(CheckReport),
}

/// What a check found.
#[derive(Debug)]
pub(crate) struct CheckedPackage {
    /// Everything found.
    pub(crate) report: CheckReport,
    /// Statistical specifications as they were read; `None` when the package could not be opened.
    pub(crate) statistical: Option<Vec<StatisticalSpecification>>,
}

/// Opens a zip that somebody submits; `semantic` replaces what the zip says.
pub(crate) fn inspect(path: &Path, semantic: Option<SemanticSpecification>) -> Result<Inspected> {
    let package = match Package::open(path) {
        Ok(package) => package,
        Err(error) => return Ok(Inspected::Unsound(vec![finding(error)?].into())),
    };
    let specification = match package.specification(semantic) {
        Ok(specification) => specification,
        Err(error) => return Ok(Inspected::Unsound(vec![finding(error)?].into())),
    };
    let report = policy::judge(&specification);
    if report.has_errors() {
        return Ok(Inspected::Unsound(report));
    }
    Ok(Inspected::Sound { specification: Box::new(specification), format: package.format() })
}

/// Opens a zip of the dock.
pub(crate) fn open(path: &Path) -> Result<Package> {
    Ok(Package::open(path)?)
}

/// Checks a zip of the dock, its model included; says through `tell` what it is doing.
///
/// # Errors
/// Only what is our failure and not the learnware's.
pub(crate) fn check(
    path: &Path,
    semantic: SemanticSpecification,
    runner: &Runner,
    config: &Config,
    tell: &dyn Fn(Progress),
) -> Result<CheckedPackage> {
    tell(Progress::Opening);
    // What opened once may be refused by the limits of a newer release: a verdict like any other.
    let package = match Package::open(path) {
        Ok(package) => package,
        Err(error) => {
            return Ok(CheckedPackage { report: vec![finding(error)?].into(), statistical: None });
        }
    };
    tell(Progress::Specification);
    let specification = package.specification(Some(semantic))?;
    let mut report = checker::check_specification(&specification);
    if !report.has_errors() {
        if package.format().has_code() {
            require_host(runner, config)?;
        }
        tell(Progress::Starting);
        match runner.start(&package) {
            Ok(mut predictor) => {
                tell(Progress::Model);
                report.extend(model::check(&specification, predictor.as_mut(), config.check_seed));
            }
            Err(PredictError::HostFailed { reason }) => return Err(DockError::HostFailed { reason }),
            Err(problem) => report.extend([model::finding_of(&problem)]),
        }
    }
    Ok(CheckedPackage { report, statistical: Some(specification.statistical) })
}

/// What is wrong with a zip, or an error when it is our file system that failed: the only variant that names
/// a path of this machine, which no submitter should read.
fn finding(error: PackageError) -> Result<Finding> {
    let (code, advice) = match &error {
        PackageError::File { .. } | PackageError::Environment { .. } | PackageError::Offline { .. } => {
            return Err(DockError::Package(error));
        }
        PackageError::Archive { .. } => {
            ("not-a-zip", "Make the zip again, for example with `learnware pack`.")
        }
        PackageError::Entry { .. } => {
            ("entry-not-allowed", "Pack plain files with relative names, and no links.")
        }
        PackageError::OverLimit { .. } => {
            ("package-too-large", "Leave out of the zip what the model does not need.")
        }
        PackageError::Missing { .. } => ("file-missing", "Add the file, or pack it with `learnware pack`."),
        PackageError::Manifest { .. } => ("manifest-unreadable", "Correct the file."),
        PackageError::Specification { .. } => {
            ("specification-unreadable", "Make the specification again, for example with `learnware spec`.")
        }
        PackageError::Requirement { .. } => ("requirement-not-allowed", "Correct what is to be installed."),
        _ => ("package-not-sound", "Correct the package."),
    };
    Ok(Finding::error(Stage::Format, code, error.to_string(), advice))
}

/// Whether this host may run code of packages at all. That it may not says nothing about the learnware, so it
/// is our failure and no finding: another worker may be able to.
pub(crate) fn require_host(runner: &Runner, config: &Config) -> Result<()> {
    let refuse = |reason: &'static str| Err(DockError::CannotRunCode { reason });
    match config.code {
        CodePolicy::Refuse => refuse("this dock is told not to run code of packages"),
        CodePolicy::Fenced if runner.host().isolation() == Isolation::None => refuse(
            "no fence works on this host; see `learnware doctor`, or allow code without one if you trust its author",
        ),
        CodePolicy::Fenced | CodePolicy::Unsafe if runner.host().uv.is_none() => {
            refuse("uv, which makes its environment, is not installed here; see `learnware doctor`")
        }
        CodePolicy::Fenced | CodePolicy::Unsafe => Ok(()),
    }
}
