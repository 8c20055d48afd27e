//! Commands for people who work on the project: `cargo xtask COMMAND`.
//!
//! Depends on none of our crates, so that a broken one cannot break its own checks; what needs the
//! product drives the built `learnware` binary as a user would.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks to its user")]

mod experiment;
mod test;
mod tidy;
mod wasm;
mod web;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  tidy                  check layers, module docs, the map in ARCHITECTURE.md, sizes, machine paths
  test [ARGUMENTS]      run every test of the workspace; ARGUMENTS go to the test runner
  web [--unit | --test | --schema]
                        build the pages into web/dist; with their tests, or journeys in a browser too; or only their types
                        of the interface
  wasm                  build the module with which browsers make specifications, web/src/wasm/learnware.wasm
  bench spec            specifications of growing data, beside the reference's figures
  bench search [--specs N] [--dimension D] [--queries Q] [--reference-kernel THOUSANDTHS]
                        searches of growing islands, beside the exhaustive scan and the reference's figure
  bench search --islands [--specs N] [--queries Q]
                        searches of a market of tables of five widths
  bench words           full text over 1,000 to 100,000 learnwares
  experiment SUITE --out DIR [OPTIONS]
                        run a real-data suite through the learnware command (`experiment --help`)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("tidy") => tidy::run(&project_root()),
        Some("experiment") if arguments[1..].iter().any(|word| matches!(word.as_str(), "-h" | "--help")) => {
            print!("{}", experiment::USAGE);
            Ok(true)
        }
        Some("experiment") => experiment::run(&project_root(), &arguments[1..]),
        Some("bench") => bench(&project_root(), &arguments[1..]),
        Some("web") => web::run(&project_root(), &arguments[1..]),
        Some("wasm") => wasm::run(&project_root()),
        Some("test") => test::run(&project_root(), &arguments[1..]),
        Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            Ok(true)
        }
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::from(2)
        }
    }
}

/// Runs a benchmark.
fn bench(root: &Path, arguments: &[String]) -> Result<bool, String> {
    let (package, name, options) = match arguments {
        [name] if name == "spec" => ("learnware-engine", "specification", &[][..]),
        [name, options @ ..] if name == "search" => ("learnware-engine", "search", options),
        [name] if name == "words" => ("learnware-dock", "words", &[][..]),
        _ => {
            return Err("usage: cargo xtask bench spec|words|search [OPTIONS]".into());
        }
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    command.current_dir(root).args(["bench", "--quiet", "-p", package, "--bench", name]);
    command.arg("--").args(options);
    let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    Ok(status.success())
}

/// The root of the project: the folder above this crate.
///
/// Cargo's word at run time comes first: a build folder shared by several clones may hold a binary that
/// another clone built.
fn project_root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own).parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// The build folder: `CARGO_TARGET_DIR` or `target` in the project.
fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}
