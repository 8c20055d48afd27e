//! Rules about the documents: README and ARCHITECTURE.md stay short, and the map stays true.
//!
//! In ARCHITECTURE.md a path in backquotes is written from the root, or, below a heading that names a
//! crate, from that crate or its `src` folder. Every crate and every top-level module has to be named.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Tree};

/// Longest form of each document, in lines.
const LINES_MAX: &[(&str, usize)] = &[("README.md", 150), ("ARCHITECTURE.md", 400)];

const MAP: &str = "ARCHITECTURE.md";

/// Findings about the documents.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, most) in LINES_MAX {
        match tree.text(path).map(|text| text.lines().count()) {
            None => findings.push(Finding::new(*path, 0, "missing")),
            Some(lines) if lines > *most => {
                findings.push(Finding::new(*path, 0, format!("{lines} lines, more than {most}")));
            }
            Some(_) => {}
        }
    }
    let Some(text) = tree.text(MAP) else { return findings };
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut section = String::new();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with('#') {
            section = paths(line).into_iter().find(|path| path.starts_with("crates/")).unwrap_or_default();
            section = section.trim_end_matches('/').to_owned();
        }
        for path in paths(line) {
            let places = [path.clone(), format!("{section}/src/{path}"), format!("{section}/{path}")];
            let found =
                places.iter().take(if section.is_empty() { 1 } else { 3 }).find(|place| tree.has(place));
            match found {
                Some(place) => {
                    named.entry(section.clone()).or_default().insert(place.trim_end_matches('/').to_owned());
                }
                None => findings.push(Finding::new(MAP, number + 1, format!("`{path}` does not exist"))),
            }
        }
    }
    findings.extend(unmapped(tree, &named.into_values().flatten().collect()));
    findings
}

/// Things in backquotes that look like paths.
fn paths(line: &str) -> Vec<String> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter(|text| looks_like_path(text)).map(str::to_owned).collect()
}

fn looks_like_path(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let named = [".rs", ".md", ".toml", ".py"].iter().any(|end| text.ends_with(end));
    text.chars().all(letters) && !text.starts_with(['/', '.']) && (text.contains('/') || named)
        || text == ".ci/run"
        || text.starts_with(".config/")
}

/// Crates and top-level modules that the map does not name.
fn unmapped(tree: &Tree, named: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut wanted = BTreeSet::new();
    for name in tree.crates() {
        wanted.insert(format!("crates/{name}"));
        let source = format!("crates/{name}/src/");
        for (path, _) in tree.rust() {
            let Some(inside) = path.strip_prefix(&source) else { continue };
            let module = inside.split('/').next().unwrap_or(inside);
            let beside = format!("{source}{module}.rs"); // `table/` holds parts of `table.rs`
            if !matches!(module, "lib.rs" | "main.rs") && !tree.has(&beside) {
                wanted.insert(format!("{source}{module}"));
            }
        }
    }
    for path in wanted {
        let below = format!("{path}/");
        let listed = named.iter().any(|entry| *entry == path || entry.starts_with(&below));
        if !listed {
            findings.push(Finding::new(MAP, 0, format!("`{path}` is missing in the code map")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::Tree;

    const CODE: &[(&str, &str)] = &[
        ("README.md", "# Name\n"),
        ("crates/a/Cargo.toml", ""),
        ("crates/a/src/lib.rs", ""),
        ("crates/a/src/numeric/mod.rs", ""),
        ("crates/a/src/numeric/kernel.rs", ""),
        ("crates/a/src/error.rs", ""),
        ("crates/a/src/error/tests.rs", ""),
    ];

    fn findings(map: &str) -> Vec<String> {
        let files = [CODE, &[("ARCHITECTURE.md", map)]].concat();
        check(&Tree::of(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_true_map_passes() {
        let map = "# Map\n`README.md`\n### `crates/a`\n- `error.rs`: errors of `a::b`, `x y/z`, `/api/v1`\n- `numeric/kernel.rs`\n";
        assert_eq!(findings(map), Vec::<String>::new());
    }

    #[test]
    fn planted_violations_are_found() {
        let found = findings("### `crates/a`\n- `error.rs`\n- `gone.rs`\n- `docs/none.md`\n");
        let wanted = [
            "ARCHITECTURE.md:3: `gone.rs` does not exist",
            "ARCHITECTURE.md:4: `docs/none.md` does not exist",
            "ARCHITECTURE.md: `crates/a/src/numeric` is missing in the code map",
        ];
        assert_eq!(found, wanted);
        assert!(findings("nothing").iter().any(|line| line.contains("`crates/a` is missing")));
        assert!(findings(&"x\n".repeat(401)).iter().any(|line| line.contains("401 lines")));
        assert!(check(&Tree::of(&[("ARCHITECTURE.md", "")])).iter().any(|one| one.message == "missing"));
        let long = "x\n".repeat(151);
        assert!(
            check(&Tree::of(&[("README.md", &long)])).iter().any(|one| one.message.contains("151 lines"))
        );
    }
}
