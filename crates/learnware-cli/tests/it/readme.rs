//! Every command of the README works, in its order, in an empty folder.
//!
//! Blocks fenced as `sh` are run line by line with this build's `learnware`. The line that runs all tests
//! is only looked for: it is what runs this test.

use std::path::Path;
use std::process::Command;

/// How the README starts the command before it is installed.
const FROM_SOURCE: &str = "cargo run --release -p learnware-cli -- ";
const ALL_TESTS: &str = "cargo xtask test";

/// Lines of the blocks fenced as `sh`, without comments.
fn commands(readme: &str) -> Vec<String> {
    let mut inside = false;
    let mut commands = Vec::new();
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = !inside && line == "```sh";
        } else if inside {
            let command = line.split(" #").next().unwrap_or_default().trim();
            if !command.is_empty() && !command.starts_with('#') {
                commands.push(command.to_owned());
            }
        }
    }
    commands
}

#[test]
fn every_command_of_the_readme_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let commands = commands(&readme);
    assert!(
        commands.iter().any(|command| command == ALL_TESTS),
        "the README does not say how to run the tests"
    );
    assert!(commands.iter().any(|command| command.starts_with(FROM_SOURCE)), "no command to start with");
    let folder = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_learnware"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = binary.parent().unwrap().to_owned();
    let path = std::env::join_paths(std::iter::once(first).chain(std::env::split_paths(&path))).unwrap();
    let script: Vec<String> = commands
        .iter()
        .filter(|command| *command != ALL_TESTS)
        .map(|command| {
            command.strip_prefix(FROM_SOURCE).map_or(command.clone(), |rest| format!("learnware {rest}"))
        })
        .collect();
    let output = Command::new("sh")
        .args(["-euxc", &script.join("\n")])
        .current_dir(folder.path())
        .env("PATH", &path)
        .env("HOME", folder.path())
        .env_remove("LEARNWARE_DOCK")
        .env_remove("XDG_DATA_HOME")
        .output()
        .unwrap();
    // The last line after `+` on standard error is the command that failed.
    assert!(
        output.status.success(),
        "the README's commands ended with {}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
