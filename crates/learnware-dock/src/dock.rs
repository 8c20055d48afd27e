//! The handle everyone holds.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use learnware_engine::learnware::LearnwareId;
use learnware_package::runner::{Runner, RunnerConfig};
use tempfile::NamedTempFile;

use crate::catalog::Catalog;
use crate::clock::Timestamp;
use crate::config::{Config, Create};
use crate::cpu::{Cpu, Pool, QueueTimes};
use crate::error::{DockError, Result};
use crate::failpoint::FailPoints;
use crate::ids::LearnwareNumber;
use crate::store::blobs::{self, Blobs};
use crate::store::rows::{LearnwareRow, Revision};
use crate::store::{DATABASE, Store};

/// Locked while the folder is being made or its schema brought up to date.
const LOCK: &str = "dock.lock";
/// Folder of the packages.
const BLOBS: &str = "blobs";
/// In the folder of a dock whose rows lie in PostgreSQL: the dock's id.
const ID: &str = "dock.id";
/// Folder of Python environments, where none is configured.
const CACHE: &str = "cache";

/// An open dock. Clones share it. Several processes may have the same folder open.
#[derive(Debug, Clone)]
pub struct Dock {
    state: Arc<State>,
}

/// What the journeys work with.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) folder: PathBuf,
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) cpu: Cpu,
    pub(crate) catalog: Catalog,
    pub(crate) runner: Arc<Runner>,
    pub(crate) fail: FailPoints,
}

/// How the dock is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The dock's own random id.
    pub dock_id: String,
    /// Market changes so far.
    pub revision: Revision,
    /// Learnwares that searches can't see because their rows can't be read, and why.
    pub unreadable: Vec<(LearnwareId, String)>,
    /// Waiting for searches, package opening and files.
    pub compute: QueueTimes,
    /// Waiting for checks.
    pub models: QueueTimes,
}

impl Dock {
    /// Opens the dock in `folder`; makes it when the folder is missing or empty and `config` allows it. With
    /// [`Config::database`] the rows lie there, and the folder, which is made when it is missing, holds the rest.
    ///
    /// # Errors
    /// [`DockError::NotADock`] when the folder holds something else; nothing in it is changed then.
    /// [`DockError::NewerSchema`] when a newer program wrote it.
    pub async fn open(folder: impl AsRef<Path>, config: Config) -> Result<Self> {
        let folder = folder.as_ref().to_owned();
        let cpu = Cpu::new(config.compute_width, config.models_width);
        let fail = FailPoints::new(config.fail_point.clone());
        let purpose = if config.database.is_some() { Purpose::Rest } else { Purpose::Rows(config.create) };
        let (path, lock) = cpu
            .run(Pool::Compute, "preparing the folder", move || {
                let lock = prepare_folder(&folder, purpose)?;
                Ok::<_, DockError>((folder, lock))
            })
            .await??;
        let store = open_store(&path, &config, fail.clone()).await?;
        blobs::sync_folder(&path)?;
        drop(lock);
        let blobs = match &config.packages {
            None => Blobs::new(path.join(BLOBS)),
            Some(address) => Blobs::in_bucket(path.join(BLOBS), address)?,
        };
        let runner = Arc::new(Runner::new(RunnerConfig {
            cache_dir: config.cache_dir.clone().unwrap_or_else(|| path.join(CACHE)),
            policy: config.code,
            limits: config.model_limits.clone(),
        }));
        let catalog = Catalog::default();
        let state = State { folder: path, config, store, blobs, cpu, catalog, runner, fail };
        let dock = Self { state: Arc::new(state) };
        dock.prepare_first_stage().await?;
        dock.sweep_when_due().await?;
        Ok(dock)
    }

    /// Closes the database. Calls that are under way fail or finish; later ones fail.
    pub async fn close(&self) {
        self.state.store.close().await;
    }

    /// The folder it lies in.
    pub fn folder(&self) -> &Path {
        &self.state.folder
    }

    /// The rows, for those who move or inspect a whole dock.
    pub fn store(&self) -> &Store {
        &self.state.store
    }

    /// The packages, for those who move or inspect a whole dock.
    pub fn blobs(&self) -> &Blobs {
        &self.state.blobs
    }

    /// What starts models, with the settings of this dock: the same that checks use. Its calls block.
    pub fn runner(&self) -> Arc<Runner> {
        Arc::clone(&self.state.runner)
    }

    /// How the dock is.
    pub async fn health(&self) -> Result<Health> {
        let snapshot = self.catalog().await?;
        Ok(Health {
            dock_id: self.state.store.dock_id().await?,
            revision: snapshot.revision,
            unreadable: snapshot.unreadable.iter().map(|(id, why)| (id.clone(), why.clone())).collect(),
            compute: self.state.cpu.queue_times(Pool::Compute),
            models: self.state.cpu.queue_times(Pool::Models),
        })
    }

    /// A folder for files on their way in, on the disk where packages are kept. The sweep removes what is left over.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn staging_folder(&self) -> Result<PathBuf> {
        self.state.blobs.staging_folder()
    }

    /// The time, by the dock's clock.
    pub fn now(&self) -> Timestamp {
        self.state.config.clock.now()
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// The row of a learnware that is there.
    pub async fn living(&self, id: &LearnwareId) -> Result<LearnwareRow> {
        let number = LearnwareNumber::from_id(id)?;
        let row = self.state.store.learnware(number).await?;
        let row = row.ok_or_else(|| DockError::UnknownLearnware { id: number.to_string() })?;
        match row.deleted_at {
            Some(deleted_at) => Err(DockError::Deleted { id: number.to_string(), deleted_at }),
            None => Ok(row),
        }
    }
}

/// Opens the rows. The folder's lock is held.
async fn open_store(folder: &Path, config: &Config, fail: FailPoints) -> Result<Store> {
    let now = config.clock.now();
    let Some(address) = &config.database else {
        return Store::open_sqlite(folder, &folder.join(DATABASE), fail, now).await;
    };
    let store = Store::open_address(address, config.create, fail, now).await?;
    claim_folder(folder, &store.dock_id().await?)?;
    Ok(store)
}

/// Says in the folder whose it is. One that belongs to another dock is refused: each would sweep away what
/// the other keeps there.
fn claim_folder(folder: &Path, dock_id: &str) -> Result<()> {
    let path = folder.join(ID);
    match fs::read_to_string(&path) {
        Ok(text) if text.trim() == dock_id => Ok(()),
        Ok(_) => Err(DockError::NotADock {
            path: folder.to_owned(),
            reason: "it belongs to a dock with another database; name another folder".into(),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut file =
                NamedTempFile::with_prefix_in(ID, folder).map_err(DockError::io("make a file in", folder))?;
            file.write_all(dock_id.as_bytes())
                .and_then(|()| file.as_file().sync_all())
                .map_err(DockError::io("write", &path))?;
            file.persist(&path).map_err(|error| DockError::io("rename", &path)(error.error))?;
            Ok(())
        }
        Err(error) => Err(DockError::io("read", path)(error)),
    }
}

/// What a dock's folder is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// It is the dock.
    Rows(Create),
    /// The rows lie elsewhere; the folder holds the rest.
    Rest,
}

/// Makes sure that the folder is a dock or may become one. The lock is held until the file is dropped.
fn prepare_folder(folder: &Path, purpose: Purpose) -> Result<File> {
    let refuse = |reason: &str| DockError::NotADock { path: folder.to_owned(), reason: reason.to_owned() };
    match fs::metadata(folder) {
        Ok(metadata) if !metadata.is_dir() => {
            return Err(refuse("it is a file; name the folder that holds dock.sqlite"));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => match purpose {
            Purpose::Rows(Create::Never) => {
                return Err(refuse("there is no such folder; check the path, or submit a learnware"));
            }
            Purpose::Rows(Create::IfMissing) | Purpose::Rest => {
                fs::create_dir_all(folder).map_err(DockError::io("make the folder", folder))?;
            }
        },
        Err(error) => return Err(DockError::io("look at", folder)(error)),
    }
    match purpose {
        Purpose::Rows(create) => look_for_rows(folder, create)?,
        Purpose::Rest => look_for_rest(folder)?,
    }
    let path = folder.join(LOCK);
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(DockError::io("open", &path))?;
    lock.lock().map_err(DockError::io("lock", &path))?;
    Ok(lock)
}

fn look_for_rows(folder: &Path, create: Create) -> Result<()> {
    let refuse = |reason: &str| DockError::NotADock { path: folder.to_owned(), reason: reason.to_owned() };
    if folder.join(DATABASE).exists() {
        return Ok(());
    }
    if folder.join(ID).exists() {
        return Err(refuse("its rows lie in PostgreSQL; set LEARNWARE_DATABASE to that database"));
    }
    if holds_others(folder)? {
        return Err(refuse("it holds other files and no dock.sqlite; name an empty or a new folder"));
    }
    if create == Create::Never {
        return Err(refuse("it is empty; check the path, or submit a learnware"));
    }
    Ok(())
}

fn look_for_rest(folder: &Path) -> Result<()> {
    let refuse = |reason: &str| DockError::NotADock { path: folder.to_owned(), reason: reason.to_owned() };
    if folder.join(DATABASE).exists() {
        let advice = "it is a dock by itself, with dock.sqlite; name another folder with --dock, or unset \
                      LEARNWARE_DATABASE";
        return Err(refuse(advice));
    }
    if !folder.join(ID).exists() && holds_others(folder)? {
        return Err(refuse("it holds other files; name an empty or a new folder"));
    }
    Ok(())
}

/// Whether the folder holds files that are not of a dock that is being made, perhaps by another process.
fn holds_others(folder: &Path) -> Result<bool> {
    let mut entries = fs::read_dir(folder).map_err(DockError::io("read the folder", folder))?;
    Ok(entries.any(|entry| entry.is_ok_and(|entry| !is_ours(&entry.file_name()))))
}

fn is_ours(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name == LOCK || name.starts_with(DATABASE) || name.starts_with(ID))
}
