//! Makes environments with uv: a virtual environment for each request, shared, made whole or not at all.
//!
//! Installing runs behind the fence as well, with the network on and only the new environment and uv's
//! cache writable. Only wheels are taken, so nothing of a package runs while it is installed. Its modules are
//! compiled once, since a model's fence lets it write no bytecode and it would compile them at every start.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use pep508_rs::pep440_rs::{Version, VersionSpecifiers};
use serde::{Deserialize, Serialize};

use super::EnvironmentRequest;
use crate::error::{PackageError, Result};
use crate::runner::host::{HostReport, Interpreter, version_text};
use crate::runner::process::{Allowed, Killed, Process};
use crate::runner::sandbox::{Fenced, Isolation, Limits, Network};

/// One try to install, in seconds at most: a large deep learning library on a slow line.
pub const INSTALL_SECONDS_MAX: u64 = 1200;
/// Interpreters that are tried for one request at most.
pub const TRIES_MAX: usize = 4;
/// Memory of the installer in bytes at most.
const INSTALL_MEMORY_BYTES_MAX: u64 = 4 << 30;
/// One installed file in bytes at most; the largest wheels have libraries of two gigabytes.
const INSTALL_FILE_BYTES_MAX: u64 = 8 << 30;
/// Oldest Python that the worker runs on.
const PYTHON_OLDEST: (u64, u64) = (3, 7);
/// Minor versions of Python 3 by how many packages have wheels for them; used when nothing is asked for.
const MINORS_PREFERRED: [u64; 8] = [11, 10, 12, 9, 8, 13, 14, 7];
/// What the installer may be told by whoever runs us: where packages come from and whom to trust.
const SETTINGS: [&str; 16] = [
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS",
    "UV_HTTP_TIMEOUT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
];
const RECORD_FILE: &str = "environment.json";

/// An environment that is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Where it is.
    pub folder: PathBuf,
    /// Version of its Python.
    pub python_version: String,
    /// Where the interpreter's own library is.
    pub python_root: PathBuf,
    /// What was left out, changed or chosen, for people.
    pub notes: Vec<String>,
}

impl Environment {
    /// Its interpreter.
    pub fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }
}

/// Makes environments below one cache folder.
#[derive(Debug)]
pub struct EnvironmentMaker<'a> {
    /// Where environments and uv's cache are kept.
    pub cache_dir: &'a Path,
    /// What the host offers.
    pub host: &'a HostReport,
    /// What keeps the installer in.
    pub isolation: &'a Isolation,
}

impl EnvironmentMaker<'_> {
    /// The environment for `request`: the one that is there, or a new one. Processes that ask for the same at
    /// the same time wait for each other.
    pub fn make(&self, request: &EnvironmentRequest) -> Result<Environment> {
        let all = self.cache_dir.join("environments");
        std::fs::create_dir_all(&all).map_err(PackageError::file(&all))?;
        let all = all.canonicalize().map_err(PackageError::file(&all))?;
        let folder = all.join(request.key());
        let lock_path = all.join(format!("{}.lock", request.key()));
        let lock = File::create(&lock_path).map_err(PackageError::file(&lock_path))?;
        lock.lock().map_err(PackageError::file(&lock_path))?;
        if let Some(known) = ready(&folder) {
            return Ok(known);
        }
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(PackageError::file(&folder))?;
        }
        let uv = self.host.uv.as_deref().ok_or_else(|| PackageError::Environment {
            reason: "uv is not installed; install it (pip install uv)".into(),
        })?;
        let (mut failures, mut offline) = (Vec::new(), false);
        let candidates = candidates(request.python.as_deref(), &self.host.interpreters);
        for interpreter in candidates.iter().take(TRIES_MAX) {
            match self.try_with(uv, interpreter, request, &all, &folder) {
                Ok(made) => return Ok(made),
                Err(reason) => {
                    // Another Python does not bring the network back.
                    offline = reason.contains("Failed to fetch") || reason.contains("error sending request");
                    failures.push(format!("Python {}: {reason}", version_text(interpreter.version)));
                    if offline {
                        break;
                    }
                }
            }
        }
        if offline {
            return Err(PackageError::Offline { reason: failures.join("\n") });
        }
        Err(PackageError::Environment {
            reason: if failures.is_empty() {
                format!("no Python {}.{} or later is installed", PYTHON_OLDEST.0, PYTHON_OLDEST.1)
            } else {
                failures.join("\n")
            },
        })
    }

    fn try_with(
        &self,
        uv: &Path,
        interpreter: &Interpreter,
        request: &EnvironmentRequest,
        all: &Path,
        folder: &Path,
    ) -> std::result::Result<Environment, String> {
        let text = |error: std::io::Error| error.to_string();
        let building = tempfile::Builder::new().prefix("building-").tempdir_in(all).map_err(text)?;
        let place = building.path().join("environment");
        let python = interpreter.path.to_string_lossy();
        let place_text = place.to_string_lossy();
        let list = building.path().join("requirements.txt");
        std::fs::write(&list, request.requirements.join("\n")).map_err(text)?;
        let program = place.join("bin/python");
        self.uv(
            uv,
            interpreter,
            building.path(),
            &["venv", "--relocatable", "--python", &python, &place_text],
        )?;
        self.uv(
            uv,
            interpreter,
            building.path(),
            &[
                "pip",
                "install",
                "--only-binary",
                ":all:",
                "--python",
                &program.to_string_lossy(),
                "-r",
                &list.to_string_lossy(),
            ],
        )?;
        self.compile(interpreter, building.path(), &place);
        let mut notes = request.notes.clone();
        let version = version_text(interpreter.version);
        notes.push(match &request.python {
            Some(wanted) if !satisfies(wanted, interpreter) => {
                format!("Python {wanted} is not installed here; Python {version} is used")
            }
            _ => format!("Python {version} is used"),
        });
        let made = Environment {
            folder: folder.to_owned(),
            python_version: version,
            python_root: interpreter.root.clone(),
            notes,
        };
        let record = serde_json::to_vec_pretty(&made).map_err(|error| error.to_string())?;
        std::fs::write(place.join(RECORD_FILE), record).map_err(text)?;
        std::fs::rename(&place, folder).map_err(text)?;
        Ok(made)
    }

    /// Runs uv behind the fence.
    fn uv(
        &self,
        uv: &Path,
        interpreter: &Interpreter,
        writable: &Path,
        arguments: &[&str],
    ) -> std::result::Result<(), String> {
        let cache = self.cache_dir.join("uv");
        std::fs::create_dir_all(&cache).map_err(|error| error.to_string())?;
        let cache = cache.canonicalize().map_err(|error| error.to_string())?;
        let mut environment: Vec<(String, String)> = [
            ("UV_CACHE_DIR", cache.to_string_lossy().as_ref()),
            ("UV_NO_CONFIG", "1"),
            ("UV_PYTHON_DOWNLOADS", "never"),
            ("UV_NO_PROGRESS", "1"),
            ("NO_COLOR", "1"),
            ("HOME", "/tmp"),
            ("PATH", "/usr/bin:/bin"),
            ("LANG", "C.UTF-8"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let mut read_only = vec![uv.to_owned(), interpreter.root.clone()];
        for name in SETTINGS {
            let Ok(value) = std::env::var(name) else { continue };
            if Path::new(&value).is_absolute() && Path::new(&value).exists() {
                read_only.push(PathBuf::from(&value));
            }
            environment.push((name.to_owned(), value));
        }
        self.run(&Fenced {
            program: uv.to_owned(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            read_only,
            writable: vec![cache, writable.to_owned()],
            network: Network::On,
            environment,
            folder: writable.to_owned(),
        })
    }

    /// Compiles the modules of a new environment, by the host's interpreter without `site`, which would run the
    /// `.pth` files of packages. What cannot be compiled (a package may carry files for other versions) is left.
    fn compile(&self, interpreter: &Interpreter, writable: &Path, place: &Path) {
        let library = place.join("lib").to_string_lossy().into_owned();
        let words = ["-I", "-S", "-m", "compileall", "-q", "-q", &library];
        // Without bytecode everything works as well, only slower.
        let _ = self.run(&Fenced {
            program: interpreter.path.clone(),
            arguments: words.map(str::to_owned).to_vec(),
            read_only: vec![interpreter.root.clone()],
            writable: vec![writable.to_owned()],
            network: Network::Off,
            environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
            folder: writable.to_owned(),
        });
    }

    /// Runs one process behind the fence to its end.
    fn run(&self, fenced: &Fenced) -> std::result::Result<(), String> {
        let limits = Limits {
            memory_bytes: INSTALL_MEMORY_BYTES_MAX * 4,
            file_bytes: INSTALL_FILE_BYTES_MAX,
            ..Limits::default()
        };
        let mut command = fenced.command(self.isolation, &limits).map_err(|error| error.to_string())?;
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let allowed = Allowed { memory_bytes: INSTALL_MEMORY_BYTES_MAX, process_count: limits.process_count };
        let mut process =
            Process::start(command, allowed, limits.log_bytes).map_err(|error| error.to_string())?;
        process.allow(INSTALL_SECONDS_MAX);
        let status = process
            .end_gently(Duration::from_secs(INSTALL_SECONDS_MAX))
            .map_err(|error| error.to_string())?;
        match process.killed() {
            Some(Killed::Time(seconds)) => Err(format!("installing took longer than {seconds} s")),
            Some(Killed::Memory(_) | Killed::Processes(_)) => Err("installing went over a limit".into()),
            None if status.success() => Ok(()),
            None => Err(shortened(&process.log())),
        }
    }
}

/// The environment in `folder`, when it is whole and its interpreter still exists.
fn ready(folder: &Path) -> Option<Environment> {
    let record = std::fs::read(folder.join(RECORD_FILE)).ok()?;
    let known: Environment = serde_json::from_slice(&record).ok()?;
    (known.folder == folder && known.python().exists()).then_some(known)
}

fn satisfies(wanted: &str, interpreter: &Interpreter) -> bool {
    let (major, minor, micro) = interpreter.version;
    wanted
        .parse::<VersionSpecifiers>()
        .is_ok_and(|specifiers| specifiers.contains(&Version::new([major, minor, micro])))
}

/// Interpreters in the order in which they are tried: those that satisfy what is asked for, then by how near
/// they are to the first version that it names.
fn candidates(wanted: Option<&str>, interpreters: &[Interpreter]) -> Vec<Interpreter> {
    let preference =
        |minor: u64| MINORS_PREFERRED.iter().position(|&known| known == minor).unwrap_or(usize::MAX);
    let asked_minor: Option<u64> = wanted.and_then(|text| {
        let number = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        number.split(|c: char| !c.is_ascii_digit()).nth(1)?.parse().ok()
    });
    let mut usable: Vec<Interpreter> = interpreters
        .iter()
        .filter(|found| (found.version.0, found.version.1) >= PYTHON_OLDEST && found.version.0 == 3)
        .cloned()
        .collect();
    usable.sort_by_key(|found| {
        let minor = found.version.1;
        let fits = wanted.is_none_or(|text| satisfies(text, found));
        (!fits, asked_minor.map_or(0, |asked| asked.abs_diff(minor)), preference(minor))
    });
    usable
}

/// The installer's words without the noise.
fn shortened(log: &str) -> String {
    let lines: Vec<_> = log
        .lines()
        .map(|line| line.trim_start_matches([' ', '×', '╰', '─', '▶', '│']).trim())
        .filter(|line| !line.is_empty() && !line.starts_with("Using Python") && !line.starts_with("Resolved"))
        .take(8)
        .collect();
    let mut text = lines.join(" ");
    if text.len() > 1200 {
        text.truncate(text.floor_char_boundary(1200));
        text.push_str(" ...");
    }
    if text.contains("no wheels") || text.contains("only-binary") || text.contains("source distribution") {
        text.push_str(" (only wheels are installed, because building a source package runs its code)");
    }
    text
}
