//! Rules about single files: module docs, sizes, forgotten tests, clippy.toml in step, machine paths, open ends.

use std::path::Path;

use super::{Finding, Tree};

/// Lines of one Rust file, tests included: what a reader holds in the head in one sitting.
const RUST_LINES_MAX: usize = 800;

/// Kinds of files in which open ends are looked for.
const CODE: &[&str] = &["rs", "py", "ts", "tsx", "js", "sh", "toml", "sql", "yaml", "yml"];

/// Findings about single files. `root` is only used to know the machine's own path of the project.
pub(super) fn check(tree: &Tree, root: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.rust() {
        if !starts_with_docs(text) {
            findings.push(Finding::new(
                path,
                1,
                "no `//!` docs at the top: say what the module is and is not",
            ));
        }
        let lines = text.lines().count();
        if lines > RUST_LINES_MAX {
            findings.push(Finding::new(
                path,
                0,
                format!("{lines} lines, more than {RUST_LINES_MAX}: split it"),
            ));
        }
    }
    findings.extend(forgotten_tests(tree));
    findings.extend(clippy_in_step(tree));
    findings.extend(machine_paths(tree, root));
    findings.extend(open_ends(tree));
    findings
}

/// Whether the first thing in the file, after inner attributes, is module documentation.
fn starts_with_docs(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("#!["));
    first.is_some_and(|line| line.starts_with("//!") && line.len() > "//!".len())
}

/// Files of an integration test folder that its `main.rs` does not name: they would never run.
fn forgotten_tests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in tree.rust() {
        let Some((folder, inside)) = path.split_once("/tests/it/") else { continue };
        let module = match inside.split_once('/') {
            Some((module, "mod.rs")) => module,
            Some(_) => continue, // named by its own mod.rs
            None => inside.trim_end_matches(".rs"),
        };
        if module == "main" {
            continue;
        }
        let main = format!("{folder}/tests/it/main.rs");
        let declared =
            |line: &str| line.trim().trim_start_matches("pub ").starts_with(&format!("mod {module};"));
        if !tree.text(&main).is_some_and(|text| text.lines().any(declared)) {
            findings.push(Finding::new(
                path,
                0,
                format!("`mod {module};` is missing in {main}: it never runs"),
            ));
        }
    }
    findings
}

/// A crate's own clippy.toml replaces the one at the root, so it has to repeat every line of it.
fn clippy_in_step(tree: &Tree) -> Vec<Finding> {
    let Some(root) = tree.text("clippy.toml") else {
        return vec![Finding::new("clippy.toml", 0, "missing")];
    };
    let settings = |text: &str| -> Vec<String> {
        let kept = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim().to_owned());
        kept.filter(|line| !line.is_empty()).collect()
    };
    let wanted = settings(root);
    let mut findings = Vec::new();
    for (path, text) in tree.texts() {
        if path == "clippy.toml" || !path.ends_with("/clippy.toml") {
            continue;
        }
        let own = settings(text);
        for line in wanted.iter().filter(|line| !own.contains(line)) {
            findings.push(Finding::new(path, 0, format!("out of step with ./clippy.toml: lacks `{line}`")));
        }
    }
    findings
}

/// Paths of somebody's machine in tracked text.
fn machine_paths(tree: &Tree, root: &Path) -> Vec<Finding> {
    let mut homes: Vec<String> =
        ["home", "Users", "root"].iter().map(|folder| format!("/{folder}/")).collect();
    if let Some(parent) = root.parent().and_then(Path::to_str).filter(|parent| parent.len() > 1) {
        homes.push(format!("{parent}/"));
    }
    let mut findings = Vec::new();
    for (path, text) in tree.texts() {
        for (number, line) in text.lines().enumerate() {
            for home in &homes {
                let starts_path =
                    |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "/._-}".contains(c));
                let goes_on =
                    |at: usize| line[at + home.len()..].starts_with(|c: char| c.is_ascii_alphanumeric());
                if line.match_indices(home.as_str()).any(|(at, _)| starts_path(at) && goes_on(at)) {
                    findings.push(Finding::new(path, number + 1, format!("path of one machine: `{home}…`")));
                }
            }
        }
    }
    findings
}

/// Words that say something is unfinished, without the number of an issue that says what.
fn open_ends(tree: &Tree) -> Vec<Finding> {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    let mut findings = Vec::new();
    for (path, text) in tree.texts() {
        if !path.rsplit_once('.').is_some_and(|(_, kind)| CODE.contains(&kind)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for word in &words {
                let open = line.match_indices(word.as_str()).any(|(at, _)| {
                    let after = &line[at + word.len()..];
                    let whole = !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                        && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
                    let numbered = after
                        .strip_prefix("(#")
                        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
                    whole && !numbered
                });
                if open {
                    findings.push(Finding::new(
                        path,
                        number + 1,
                        format!("{word} without an issue: `{word}(#12)`"),
                    ));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::check;
    use crate::tidy::Tree;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let with_root = [files, &[("clippy.toml", "too-many-lines-threshold = 70\n")]].concat();
        check(&Tree::of(&with_root), Path::new("/build/place/project"))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn assert_found(files: &[(&str, &str)], wanted: &str) {
        let found = findings(files);
        assert!(found.iter().any(|line| line.contains(wanted)), "wanted {wanted}, found {found:?}");
    }

    #[test]
    fn a_clean_tree_has_no_findings() {
        let found = findings(&[
            (
                "crates/a/src/lib.rs",
                "#![allow(x)]\n//! A crate.\nconst REVISION_TODOS: u8 = 1; // see the list\n",
            ),
            ("crates/a/tests/it/main.rs", "//! Tests.\nmod submit;\nmod common;\n"),
            ("crates/a/tests/it/submit.rs", "//! Tests of submit.\n"),
            ("crates/a/tests/it/common/mod.rs", "//! Shared.\n"),
            ("crates/a/tests/it/common/more.rs", "//! Shared.\n"),
            ("crates/b/clippy.toml", "# more\ntoo-many-lines-threshold = 70 # same\nextra = 1\n"),
            ("docs/a.md", "Set $HOME/x and ${HOME}/root/x; a container has /root and /home.\n"),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn planted_violations_are_found() {
        assert_found(&[("crates/a/src/lib.rs", "use x;\n//! late\n")], "lib.rs:1: no `//!` docs");
        assert_found(&[("crates/a/src/empty.rs", "")], "no `//!` docs");
        let long = format!("//! Long.\n{}", "x\n".repeat(800));
        assert_found(&[("crates/a/src/long.rs", &long)], "801 lines");
        assert_found(
            &[
                ("crates/a/tests/it/main.rs", "//! T.\nmod submit;\n"),
                ("crates/a/tests/it/check.rs", "//! T.\n"),
            ],
            "`mod check;` is missing",
        );
        assert_found(&[("crates/b/clippy.toml", "extra = 1\n")], "lacks `too-many-lines-threshold = 70`");
        let home = ["/ho", "me/someone/x"].concat();
        assert_found(&[("README.md", &format!("see {home}"))], "README.md:1: path of one machine");
        assert_found(&[("README.md", "\nat /build/place/data")], "README.md:2: path of one machine");
        let open = ["// TO", "DO later"].concat();
        assert_found(&[("a.py", &open)], "a.py:1:");
        assert!(findings(&[("a.py", &["# TO", "DO(#7): later"].concat())]).is_empty());
    }
}
