//! From a package to a running model.
//!
//! A model that is data is evaluated in this process by [`crate::native`]; one that is Python code gets an
//! environment of its own ([`crate::environment`]) and runs in a worker process behind a fence
//! ([`sandbox`]). Without a fence that works, foreign code runs only when the caller says
//! [`CodePolicy::Unsafe`]. Whether the answers make sense is for the model checker.

mod convert;
pub mod host;
pub(crate) mod process;
pub mod protocol;
mod python;
pub mod sandbox;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use learnware_engine::predictor::{PredictError, Predictor};

use crate::environment::EnvironmentRequest;
use crate::environment::build::{Environment, EnvironmentMaker};
use crate::error::{PackageError, Result};
use crate::native;
use crate::native::packaged::not_started;
use crate::package::Package;
pub use convert::{Conversion, Converted};
use host::HostReport;
use python::{PythonPredictor, WorkerPlan};
use sandbox::{Isolation, Limits};

/// The worker and the stand-in for the reference's package, by their names in the worker folder.
const WORKER_FILES: [(&str, &str); 9] = [
    ("worker.py", include_str!("python/worker.py")),
    ("converter.py", include_str!("python/converter.py")),
    ("shim/learnware/__init__.py", include_str!("python/shim/learnware/__init__.py")),
    ("shim/learnware/config.py", include_str!("python/shim/learnware/config.py")),
    ("shim/learnware/logger.py", include_str!("python/shim/learnware/logger.py")),
    ("shim/learnware/model/__init__.py", include_str!("python/shim/learnware/model/__init__.py")),
    ("shim/learnware/model/base.py", include_str!("python/shim/learnware/model/base.py")),
    (
        "shim/learnware/specification/__init__.py",
        include_str!("python/shim/learnware/specification/__init__.py"),
    ),
    ("shim/learnware/utils/__init__.py", include_str!("python/shim/learnware/utils/__init__.py")),
];

/// Whether code of strangers may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CodePolicy {
    /// Only behind a fence that was tried and works.
    #[default]
    Fenced,
    /// Behind the fence where there is one, and without where there is none.
    Unsafe,
    /// Never: only models that are data run.
    Refuse,
}

/// How models are run.
#[derive(Debug, Clone)]
pub struct RunnerConfig {
    /// Where environments, unpacked packages and the installer's cache are kept.
    pub cache_dir: PathBuf,
    /// Whether code of strangers may run.
    pub policy: CodePolicy,
    /// What one worker may use.
    pub limits: Limits,
}

impl RunnerConfig {
    /// Fenced code with the usual limits, below `cache_dir`.
    pub fn new(cache_dir: impl Into<PathBuf>) -> Self {
        Self { cache_dir: cache_dir.into(), policy: CodePolicy::default(), limits: Limits::default() }
    }
}

/// Starts models. The host is looked at once, when the first Python model is started.
#[derive(Debug)]
pub struct Runner {
    config: RunnerConfig,
    host: OnceLock<HostReport>,
}

impl Runner {
    /// A runner; touches nothing yet.
    pub fn new(config: RunnerConfig) -> Self {
        Self { config, host: OnceLock::new() }
    }

    /// A runner that takes what is known of the host instead of looking at it.
    pub fn with_host(config: RunnerConfig, host: HostReport) -> Self {
        Self { config, host: OnceLock::from(host) }
    }

    /// What the host offers.
    pub fn host(&self) -> &HostReport {
        self.host.get_or_init(host::probe)
    }

    /// Loads the model of a package. It stays loaded until the predictor is dropped.
    ///
    /// # Errors
    ///
    /// [`PredictError::NotStarted`] when the model can't be prepared, with what to do about it;
    /// [`PredictError::HostFailed`] when that is this machine's fault; the other
    /// kinds as its own start failed.
    pub fn start(&self, package: &Package) -> std::result::Result<Box<dyn Predictor>, PredictError> {
        if package.format().has_code() {
            self.start_python(package)
        } else {
            native::packaged::start(package)
        }
    }

    /// The environment that a package's Python code runs in, made if it is not there yet.
    pub fn environment(&self, package: &Package) -> std::result::Result<Environment, PredictError> {
        self.environment_for(&EnvironmentRequest::of(package).map_err(not_started)?)
    }

    fn environment_for(
        &self,
        request: &EnvironmentRequest,
    ) -> std::result::Result<Environment, PredictError> {
        let isolation = self.isolation()?;
        let maker =
            EnvironmentMaker { cache_dir: &self.config.cache_dir, host: self.host(), isolation: &isolation };
        maker.make(request).map_err(not_started)
    }

    fn isolation(&self) -> std::result::Result<Isolation, PredictError> {
        let refuse = |reason: &str| Err(PredictError::NotStarted { reason: reason.to_owned() });
        if self.config.policy == CodePolicy::Refuse {
            return refuse("it is Python code, and this runner only runs models that are data (ONNX, trees)");
        }
        let isolation = self.host().isolation();
        if isolation == Isolation::None && self.config.policy == CodePolicy::Fenced {
            return refuse(
                "it is Python code, and no fence works on this host; see `learnware doctor`, or allow it with --unsafe if you trust its author",
            );
        }
        Ok(isolation)
    }

    fn start_python(&self, package: &Package) -> std::result::Result<Box<dyn Predictor>, PredictError> {
        let environment = self.environment(package)?;
        Ok(Box::new(self.start_in(&environment, package)?))
    }

    /// Starts a package's code in an environment.
    fn start_in(
        &self,
        environment: &Environment,
        package: &Package,
    ) -> std::result::Result<PythonPredictor, PredictError> {
        let isolation = self.isolation()?;
        let folder = self.unpack(package).map_err(not_started)?;
        let plan = WorkerPlan {
            python: environment.python(),
            roots: vec![environment.folder.clone(), environment.python_root.clone()],
            package: folder.path().join("package"),
            worker: self.worker().map_err(not_started)?,
            model: package.manifest().model.clone(),
            isolation,
            limits: self.config.limits.clone(),
        };
        PythonPredictor::start(&plan, Some(folder))
    }

    fn unpack(&self, package: &Package) -> Result<tempfile::TempDir> {
        let all = absolute(&self.config.cache_dir.join("packages"))?;
        let folder =
            tempfile::Builder::new().prefix("package-").tempdir_in(&all).map_err(PackageError::file(&all))?;
        package.extract(&folder.path().join("package"))?;
        Ok(folder)
    }

    /// The folder with the worker, written whole under the hash of its content.
    fn worker(&self) -> Result<PathBuf> {
        let all = absolute(&self.config.cache_dir.join("worker"))?;
        let mut hasher = blake3::Hasher::new();
        for (name, text) in WORKER_FILES {
            hasher.update(name.as_bytes());
            hasher.update(text.as_bytes());
        }
        let folder = all.join(&hasher.finalize().to_hex()[..16]);
        if folder.exists() {
            return Ok(folder);
        }
        let writing = tempfile::tempdir_in(&all).map_err(PackageError::file(&all))?;
        for (name, text) in WORKER_FILES {
            let path = writing.path().join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(PackageError::file(parent))?;
            }
            std::fs::write(&path, text).map_err(PackageError::file(&path))?;
        }
        // Another process may have been faster with the same content.
        match std::fs::rename(writing.path(), &folder) {
            Err(error) if !folder.exists() => Err(PackageError::file(&folder)(error)),
            _ => Ok(folder),
        }
    }
}

fn absolute(folder: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).map_err(PackageError::file(folder))?;
    folder.canonicalize().map_err(PackageError::file(folder))
}
