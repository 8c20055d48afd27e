//! The Python side: the environment of `experiments/*.py`, and running them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Options;
use super::kind::Kind;
use super::plan::Plan;

/// The interpreter for preparation: the one named, or an environment under the build folder, made on first use.
pub(super) fn interpreter(kind: Kind, place: &Path, options: &Options) -> Result<PathBuf, String> {
    if let Some(named) = &options.python {
        return Ok(named.clone());
    }
    let folder = place.join(format!("python-{}", kind.word()));
    let python = folder.join("bin/python");
    let trains_here = kind == Kind::Image && options.models.is_none();
    let more: &[&str] = if trains_here { &["torch"] } else { &[] };
    if imports(&python, &[kind.modules().as_slice(), more].concat()) {
        return Ok(python);
    }
    let packages = [kind.packages(), more].concat();
    eprintln!("experiment: making a Python environment with {}", packages.join(", "));
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
    let install = [&["pip", "install", "--quiet"], packages.as_slice(), &["--python"]].concat();
    uv(&install, &python)?;
    Ok(python)
}

fn imports(python: &Path, modules: &[&str]) -> bool {
    let code = format!("import {}", modules.join(", "));
    let mut command = Command::new(python);
    command.args(["-c", &code]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs the script that prepares this kind of suite and returns the prepared folder. Finished work is found, not
/// repeated.
pub(super) fn prepare(
    root: &Path,
    python: &Path,
    plan: &Plan,
    place: &Path,
    options: &Options,
) -> Result<PathBuf, String> {
    let mut command = Command::new(python);
    let what = if plan.heterogeneous { "hetero" } else { plan.kind.word() };
    command.arg(root.join(format!("experiments/prepare_{what}.py"))).arg(&plan.suite);
    command.args(preparation(plan, place, options));
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

/// The words after the suite: each script knows the options that mean something for its kind.
fn preparation(plan: &Plan, place: &Path, options: &Options) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    let mut words = vec![path(&place.join("prepared"))];
    let count = |words: &mut Vec<String>, flag: &str, value: Option<usize>| {
        words.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value.to_string()]));
    };
    match plan.kind {
        Kind::Table if plan.heterogeneous => {
            let switches = [("--lite", options.lite), ("--raw", options.raw), ("--full", options.full)];
            words.extend(switches.iter().filter(|(_, on)| *on).map(|(flag, _)| (*flag).to_owned()));
            count(&mut words, "--users", options.users);
            count(&mut words, "--repeats", options.repeats.filter(|_| options.labelled));
        }
        Kind::Table => {
            words.insert(0, plan.space.clone());
            words.extend(options.raw.then(|| "--raw".to_owned()));
            words.extend(options.full.then(|| "--full".to_owned()));
        }
        Kind::Text => {
            count(&mut words, "--users", options.users.filter(|_| options.labelled));
            count(&mut words, "--repeats", options.repeats.filter(|_| options.labelled));
        }
        Kind::Image => {
            words.extend(options.full.then(|| "--full".to_owned()));
            words.extend(options.models.iter().flat_map(|models| ["--models".to_owned(), path(models)]));
            words.extend(["--cache".to_owned(), path(&place.join("image-models"))]);
            count(&mut words, "--epochs", options.epochs);
            count(&mut words, "--learnwares", options.learnwares);
            count(&mut words, "--users", options.users);
        }
    }
    words.extend(options.labelled.then(|| "--labelled".to_owned()));
    words
}

/// Runs the reference package on a prepared folder; its results lie in `out` afterwards.
pub(super) fn reference(
    root: &Path,
    python: &Path,
    prepared: &Path,
    out: &Path,
    plan: &Plan,
    options: &Options,
) -> Result<(), String> {
    let mut command = Command::new(python);
    let script = if plan.heterogeneous { "reference_hetero.py" } else { "reference.py" };
    command.arg(root.join("experiments").join(script)).arg(prepared).arg(out);
    command.args(["--max-search", &plan.max_search.to_string(), "--seed", &options.seed.to_string()]);
    if let Some(epochs) = options.epochs.filter(|_| plan.heterogeneous) {
        command.args(["--map-epochs", &epochs.to_string()]);
    }
    if options.labelled {
        command.arg("--labelled");
    }
    for (flag, value) in [("--users", options.users), ("--repeats", options.repeats)] {
        if let Some(value) = value {
            command.args([flag, &value.to_string()]);
        }
    }
    let status =
        command.status().map_err(|error| format!("{} cannot be started: {error}", python.display()))?;
    if status.success() { Ok(()) } else { Err("the reference run failed; see above".to_owned()) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::preparation;
    use crate::experiment::Options;
    use crate::experiment::kind::Kind;
    use crate::experiment::plan::Plan;

    #[test]
    fn each_script_gets_the_options_of_its_kind() {
        let options = Options {
            raw: true,
            full: true,
            users: Some(2),
            models: Some("m".into()),
            labelled: true,
            lite: true,
            ..Options::default()
        };
        let words = |kind, space: &str| {
            let (suite, space) = ("s".into(), space.to_owned());
            let plan = Plan { suite, kind, heterogeneous: space.is_empty(), space, max_search: 5 };
            preparation(&plan, Path::new("p"), &options).join(" ")
        };
        assert_eq!(words(Kind::Table, ""), "p/prepared --lite --raw --full --users 2 --labelled");
        assert_eq!(words(Kind::Table, "A"), "A p/prepared --raw --full --labelled");
        assert_eq!(words(Kind::Text, ""), "p/prepared --users 2 --labelled");
        let image = "p/prepared --full --models m --cache p/image-models --users 2 --labelled";
        assert_eq!(words(Kind::Image, ""), image);
    }
}
