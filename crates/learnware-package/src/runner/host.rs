//! What this host offers for running models: found by trying, told with what to do about it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

use super::sandbox::{Fenced, Isolation, Limits, Network};

/// One thing that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// What it is.
    pub name: &'static str,
    /// Whether it is there and works.
    pub found: bool,
    /// Where or which version; or why it does not work.
    pub detail: String,
    /// What to do when it is missing; empty when it is there.
    pub advice: &'static str,
}

/// A Python interpreter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interpreter {
    /// The program, absolute.
    pub path: PathBuf,
    /// Major, minor and micro version.
    pub version: (u64, u64, u64),
    /// Folder that holds its library.
    pub root: PathBuf,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostReport {
    /// In the order in which they are told.
    pub probes: Vec<Probe>,
    /// Python interpreters, newest first.
    pub interpreters: Vec<Interpreter>,
    /// The `uv` program.
    pub uv: Option<PathBuf>,
    /// Bubblewrap, when it works with everything the fence needs.
    pub bubblewrap: Option<PathBuf>,
}

impl HostReport {
    /// The strongest isolation that works here.
    pub fn isolation(&self) -> Isolation {
        self.bubblewrap.clone().map_or(Isolation::None, Isolation::Bubblewrap)
    }
}

/// Looks for everything. Starts each program once; takes about a second.
pub fn probe() -> HostReport {
    let interpreters = interpreters();
    let uv = program("uv");
    let bubblewrap = program("bwrap");
    let fence = bubblewrap.as_deref().map(try_fence);
    let works = matches!(fence, Some(Ok(())));
    let names: Vec<_> = interpreters.iter().map(|found| version_text(found.version)).collect();
    let namespaces = user_namespaces();
    let probes = vec![
        probe_of(
            "python",
            !interpreters.is_empty(),
            if names.is_empty() { "no interpreter found".into() } else { names.join(", ") },
            "install Python 3.8 or later; learnwares that are Python code need it, ONNX and trees do not",
        ),
        probe_of(
            "uv",
            uv.is_some(),
            uv.as_ref().map_or("not found".into(), |path| path.display().to_string()),
            "install uv (pip install uv); it makes the environments of Python learnwares",
        ),
        probe_of(
            "user namespaces",
            namespaces.is_ok(),
            namespaces.clone().unwrap_or_else(|reason| reason),
            "ask the administrator to set user.max_user_namespaces above 0 (and, on Ubuntu 24.04, to give bwrap an AppArmor profile)",
        ),
        probe_of(
            "bubblewrap",
            works,
            match (&bubblewrap, &fence) {
                (Some(path), Some(Ok(()))) => format!("{}, works with seccomp filter", path.display()),
                (Some(path), Some(Err(reason))) => format!("{} does not work: {reason}", path.display()),
                _ => "not found".into(),
            },
            "install bubblewrap; without it learnwares that are Python code run only with --unsafe",
        ),
        probe_of(
            "seccomp",
            seccomp(),
            if seccomp() { "filters available".into() } else { "the kernel does not offer filters".into() },
            "use a kernel with CONFIG_SECCOMP_FILTER",
        ),
        probe_of(
            "prlimit",
            program("prlimit").is_some(),
            program("prlimit").map_or("not found; limits are set by the worker instead".into(), |path| {
                path.display().to_string()
            }),
            "install util-linux",
        ),
    ];
    HostReport { probes, interpreters, uv, bubblewrap: bubblewrap.filter(|_| works) }
}

fn probe_of(name: &'static str, found: bool, detail: String, advice: &'static str) -> Probe {
    Probe { name, found, detail, advice: if found { "" } else { advice } }
}

pub(crate) fn version_text((major, minor, micro): (u64, u64, u64)) -> String {
    format!("{major}.{minor}.{micro}")
}

fn search_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    folders.extend(home.iter().flat_map(|home| [home.join(".local/bin"), home.join(".cargo/bin")]));
    let pyenv =
        std::env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(|| home.map(|home| home.join(".pyenv")));
    let versions = pyenv.and_then(|root| std::fs::read_dir(root.join("versions")).ok());
    folders.extend(versions.into_iter().flatten().flatten().map(|version| version.path().join("bin")));
    folders
}

/// A program that is one: version managers put scripts in front, which do not work inside the fence.
fn program(name: &str) -> Option<PathBuf> {
    search_folders().into_iter().map(|folder| folder.join(name)).find(|path| is_binary(path))
}

fn is_binary(path: &Path) -> bool {
    let mut start = [0; 2];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && &start != b"#!"
}

fn interpreters() -> Vec<Interpreter> {
    let mut found: Vec<Interpreter> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for folder in search_folders() {
        let names =
            std::iter::once("python3".to_owned()).chain((6..=16).map(|minor| format!("python3.{minor}")));
        for path in names.map(|name| folder.join(name)).filter(|path| is_binary(path)) {
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            if seen.insert(real) {
                found.extend(interpreter(&path));
            }
        }
    }
    found.sort_by(|a, b| b.version.cmp(&a.version).then_with(|| a.path.cmp(&b.path)));
    found.dedup_by_key(|found| found.version);
    found
}

/// Asks an interpreter; virtual environments are left out, since their root is another one.
fn interpreter(path: &Path) -> Option<Interpreter> {
    let question = "import sys; print(sys.prefix == sys.base_prefix, *sys.version_info[:3], sys.base_prefix)";
    let output = Command::new(path).args(["-I", "-c", question]).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut fields = text.trim_end().splitn(5, ' ');
    if fields.next() != Some("True") {
        return None;
    }
    let mut number = || fields.next()?.parse().ok();
    let version = (number()?, number()?, number()?);
    Some(Interpreter { path: path.to_owned(), version, root: PathBuf::from(fields.next()?) })
}

fn user_namespaces() -> Result<String, String> {
    match std::fs::read_to_string("/proc/sys/user/max_user_namespaces").map(|text| text.trim().to_owned()) {
        Ok(count) if count != "0" => Ok(format!("up to {count}")),
        Ok(_) => Err("switched off".into()),
        Err(_) => Err("not offered by this system".into()),
    }
}

fn seccomp() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|text| text.contains("Seccomp_filters"))
        || Path::new("/proc/sys/kernel/seccomp/actions_avail").exists()
}

/// Runs a trivial program behind the whole fence.
fn try_fence(bubblewrap: &Path) -> Result<(), String> {
    let fenced = Fenced {
        program: "/usr/bin/true".into(),
        arguments: Vec::new(),
        read_only: Vec::new(),
        writable: Vec::new(),
        network: Network::Off,
        environment: Vec::new(),
        folder: "/tmp".into(),
    };
    let output = fenced
        .command(&Isolation::Bubblewrap(bubblewrap.to_owned()), &Limits::default())
        .and_then(|mut command| command.stdin(Stdio::null()).output())
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        let words = String::from_utf8_lossy(&output.stderr);
        Err(words.lines().next().unwrap_or("it ended with an error").to_owned())
    }
}
