//! `cargo xtask web`: builds the pages of `web/` into `web/dist`, from which the server takes them.
//!
//! Needs Node.js and its npm. What the pages depend on is what `web/package-lock.json` names, and nothing newer.

use std::path::Path;
use std::process::Command;

use crate::wasm;

/// Gets what the pages depend on, compares the generated types with the server's description, and builds the pages;
/// `Ok(false)` when a step failed.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<bool, String> {
    let folder = root.join("web");
    let steps: &[&[&str]] = match arguments {
        [] => &[INSTALL, CHECK, BUILD, SIZES],
        [word] if word == "--unit" => &[INSTALL, TEST, BUILD, SIZES],
        [word] if word == "--test" => &[INSTALL, TEST, BUILD, SIZES, JOURNEYS],
        [word] if word == "--schema" => &[INSTALL, SCHEMA],
        _ => return Err("usage: cargo xtask web [--unit | --test | --schema]".into()),
    };
    // What makes specifications in the pages; nothing is done where nothing changed.
    if arguments != ["--schema"] && !wasm::run(root)? {
        return Ok(false);
    }
    for step in steps {
        if !npm(&folder, step)? {
            eprintln!("xtask web: `npm {}` failed in {}", step.join(" "), folder.display());
            return Ok(false);
        }
    }
    Ok(true)
}

const INSTALL: &[&str] = &["ci", "--no-audit", "--no-fund"];
const CHECK: &[&str] = &["run", "check:schema"];
const SCHEMA: &[&str] = &["run", "schema"];
const BUILD: &[&str] = &["run", "build"];
const SIZES: &[&str] = &["run", "sizes"];
const TEST: &[&str] = &["test"];
const JOURNEYS: &[&str] = &["run", "e2e"];

fn npm(folder: &Path, words: &[&str]) -> Result<bool, String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let status = Command::new(program).args(words).current_dir(folder).status();
    let status = status.map_err(|error| {
        format!("npm cannot be started ({error}): install Node.js 20.19 or newer, which brings it")
    })?;
    Ok(status.success())
}
