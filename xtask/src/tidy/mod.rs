//! The rules of the house that the compiler does not check: layers, module docs, the map in
//! ARCHITECTURE.md, sizes, test lists, machine paths.
//!
//! Every rule is a function from [`Tree`] (the tracked text files, in memory) to findings, so the tests
//! plant violations without touching a disk. It deliberately judges no style that rustfmt or clippy judges.

mod crates;
mod documents;
mod files;
mod modules;
mod source;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// One violation: where it is and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    /// 1-based; 0 where the finding is about the whole file.
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(out, "{}: {}", self.path, self.message)
        } else {
            write!(out, "{}:{}: {}", self.path, self.line, self.message)
        }
    }
}

/// The files of the project by path from the root, with `/` between folders.
#[derive(Debug, Default)]
struct Tree {
    /// Text of every text file; `None` for files that are not UTF-8.
    files: BTreeMap<String, Option<String>>,
}

impl Tree {
    /// Reads what git tracks or would track under `root`.
    fn read(root: &Path) -> Result<Self, String> {
        let output = Command::new("git")
            .args(["-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"])
            .current_dir(root)
            .output()
            .map_err(|error| format!("git cannot be started: {error}"))?;
        if !output.status.success() {
            return Err(format!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let names = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut tree = Self::default();
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            let path = root.join(name);
            if !path.is_file() {
                continue; // deleted in the working tree, or a link that leads nowhere
            }
            let bytes = std::fs::read(&path).map_err(|error| format!("{name}: {error}"))?;
            tree.files.insert(name.to_owned(), String::from_utf8(bytes).ok());
        }
        Ok(tree)
    }

    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned())));
        Self { files: files.collect() }
    }

    /// Every text file as (path, text).
    fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// Every Rust file as (path, text).
    fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| Path::new(path).extension().is_some_and(|kind| kind == "rs"))
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Whether a file or folder of that path exists.
    fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        self.files.contains_key(path)
            || self.files.range(folder.clone()..).next().is_some_and(|(found, _)| found.starts_with(&folder))
    }

    /// Names of the folders under `crates/`.
    fn crates(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"))
            .filter(|name| !name.contains('/'))
            .collect();
        names.dedup();
        names
    }
}

/// Runs every rule over the project at `root`. `Ok(true)` when nothing was found.
pub(crate) fn run(root: &Path) -> Result<bool, String> {
    let tree = Tree::read(root)?;
    let mut findings = crates::check(&crates::read_metadata(root)?);
    findings.extend(modules::check(&tree));
    findings.extend(files::check(&tree, root));
    findings.extend(documents::check(&tree));
    findings.sort();
    findings.dedup();
    let mut text = String::new();
    for finding in &findings {
        let _ = writeln!(text, "{finding}");
    }
    let (files, count) = (tree.files.len(), findings.len());
    let _ = writeln!(text, "tidy: {files} files, {count} finding{}", if count == 1 { "" } else { "s" });
    // A reader that has seen enough, such as `head`, is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(findings.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn a_folder_exists_when_a_file_lies_in_it() {
        let tree = Tree::of(&[("crates/a/Cargo.toml", ""), ("crates/a/src/lib.rs", "")]);
        assert!(tree.has("crates/a/src"));
        assert!(tree.has("crates/a/src/"));
        assert!(tree.has("crates/a/src/lib.rs"));
        assert!(!tree.has("crates/a/sr"));
        assert!(!tree.has("crates/b"));
        assert_eq!(tree.crates(), ["a"]);
    }
}
