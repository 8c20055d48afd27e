//! Builds the `learnware` binary and drives it as a user would, one process per command.
//!
//! The only place that knows the command line and its JSON. CPU seconds are those of the finished child
//! processes, start-up included, as the operating system counts them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// CPU seconds and number of commands of one step.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cost {
    pub(super) cpu_seconds: f64,
    pub(super) count: usize,
}

/// The built binary, and what its commands have cost so far by step.
#[derive(Debug)]
pub(super) struct Binary {
    path: PathBuf,
    costs: BTreeMap<String, Cost>,
    ticks_per_second: f64,
}

impl Binary {
    /// Builds the release binary of the project at `root`, or takes the one named.
    pub(super) fn build(root: &Path, target: &Path, named: Option<&Path>) -> Result<Self, String> {
        let path = match named {
            Some(named) => named.to_owned(),
            None => build_release(root, target)?,
        };
        Ok(Self { path, costs: BTreeMap::new(), ticks_per_second: ticks_per_second() })
    }

    /// Takes the costs of all steps so far; the next ones start from zero.
    pub(super) fn take_costs(&mut self) -> BTreeMap<String, Cost> {
        std::mem::take(&mut self.costs)
    }

    /// Runs one command, counted under `step`. Returns its standard output. Exit code 1, done with a
    /// finding, counts as done: what was found stands in the output.
    pub(super) fn run<I, S>(&mut self, step: &str, arguments: I) -> Result<String, String>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = Command::new(&self.path);
        command.args(arguments).stdin(Stdio::null()).env("RAYON_NUM_THREADS", "1");
        let before = children_ticks();
        let output = command.output().map_err(|error| format!("{}: {error}", self.path.display()))?;
        let spent = (children_ticks() - before) / self.ticks_per_second;
        let cost = self.costs.entry(step.to_owned()).or_default();
        cost.cpu_seconds += spent;
        cost.count += 1;
        if matches!(output.status.code(), Some(0 | 1)) {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let shown: Vec<String> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("`learnware {}` ended with {}:\n{}", shown.join(" "), output.status, said.trim()))
    }

    /// Runs one command with `--json` and parses what it prints.
    pub(super) fn json(&mut self, step: &str, arguments: &[&OsStr]) -> Result<Value, String> {
        let printed = self.run(step, arguments.iter().copied().chain([OsStr::new("--json")]))?;
        serde_json::from_str(&printed).map_err(|error| format!("--json printed no JSON: {error}\n{printed}"))
    }
}

fn build_release(root: &Path, target: &Path) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--package", "learnware-cli"])
        .current_dir(root)
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() {
        Ok(target.join("release/learnware"))
    } else {
        Err("building learnware-cli failed".to_owned())
    }
}

/// User and system time of all ended children of this process, in clock ticks; 0 where `/proc` is absent.
fn children_ticks() -> f64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/stat") else { return 0.0 };
    // The second field is the program's name in parentheses and may hold spaces; fields 16 and 17 are wanted.
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum()
}

fn ticks_per_second() -> f64 {
    let output = Command::new("getconf").arg("CLK_TCK").output();
    let printed = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    printed.ok().and_then(|text| text.parse().ok()).unwrap_or(100.0)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Binary;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_cost_of_a_command_is_counted() {
        let mut shell = Binary::build(Path::new("."), Path::new("."), Some(Path::new("sh"))).unwrap();
        let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; echo done";
        assert_eq!(shell.run("busy", ["-c", busy]).unwrap().trim(), "done");
        let error = shell.run("busy", ["-c", "echo why >&2; exit 3"]).unwrap_err();
        assert!(error.contains("why") && error.contains('3'), "{error}");
        let costs = shell.take_costs();
        assert_eq!(costs["busy"].count, 2);
        assert!(costs["busy"].cpu_seconds > 0.0);
        assert!(shell.take_costs().is_empty());
    }
}
