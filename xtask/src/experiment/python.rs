//! The Python side: the environment of `experiments/*.py`, and running them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Options;
use super::plan::Plan;

const PACKAGES: &[&str] = &["lightgbm", "pandas", "pyarrow", "numpy"];

/// The interpreter for preparation: the one named, or an environment under the build folder, made on first use.
pub(super) fn interpreter(named: Option<&Path>, place: &Path) -> Result<PathBuf, String> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let folder = place.join("python");
    let python = folder.join("bin/python");
    if imports_packages(&python) {
        return Ok(python);
    }
    eprintln!("experiment: making a Python environment with {}", PACKAGES.join(", "));
    let advice = "install uv, or name a Python with these packages by --python";
    let uv = |arguments: &[&str], last: &Path| -> Result<(), String> {
        let status = Command::new("uv").args(arguments).arg(last).stdout(Stdio::null()).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(format!("uv {} failed; {advice}", arguments.join(" "))),
            Err(error) => Err(format!("uv cannot be started ({error}); {advice}")),
        }
    };
    uv(&["venv", "--quiet", "--clear"], &folder)?;
    let install = [&["pip", "install", "--quiet"], PACKAGES, &["--python"]].concat();
    uv(&install, &python)?;
    Ok(python)
}

fn imports_packages(python: &Path) -> bool {
    let code = format!("import {}", PACKAGES.join(", "));
    let mut command = Command::new(python);
    command.args(["-c", &code]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs `experiments/prepare.py` and returns the prepared folder. Finished work is found, not repeated.
pub(super) fn prepare(
    root: &Path,
    python: &Path,
    plan: &Plan,
    place: &Path,
    options: &Options,
) -> Result<PathBuf, String> {
    let mut command = Command::new(python);
    command
        .arg(root.join("experiments/prepare.py"))
        .arg(&plan.suite)
        .arg(&plan.space)
        .arg(place.join("prepared"));
    for (flag, wanted) in [("--raw", options.raw), ("--full", options.full), ("--labelled", options.labelled)]
    {
        if wanted {
            command.arg(flag);
        }
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{} cannot be started: {error}", python.display()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    match printed.lines().last() {
        Some(folder) if output.status.success() => Ok(PathBuf::from(folder)),
        _ => Err(format!("preparing {} failed; see above", plan.name())),
    }
}

/// Runs the reference package on a prepared folder; its results lie in `out` afterwards.
pub(super) fn reference(
    root: &Path,
    python: &Path,
    prepared: &Path,
    out: &Path,
    max_search: u64,
    options: &Options,
) -> Result<(), String> {
    let mut command = Command::new(python);
    command.arg(root.join("experiments/reference.py")).arg(prepared).arg(out);
    command.args(["--max-search", &max_search.to_string(), "--seed", &options.seed.to_string()]);
    if options.labelled {
        command.arg("--labelled");
    }
    if let Some(users) = options.users {
        command.args(["--users", &users.to_string()]);
    }
    let status =
        command.status().map_err(|error| format!("{} cannot be started: {error}", python.display()))?;
    if status.success() { Ok(()) } else { Err("the reference run failed; see above".to_owned()) }
}
