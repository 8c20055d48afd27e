//! Which module may name which inside a crate, and what the engine may never name at all.
//!
//! A text search over `crate::` and `super::` paths, not a compiler: a macro could get round it, a person
//! who means well cannot.

use super::source::{code_only, named_modules};
use super::{Finding, Tree};

/// Layers of the engine's modules; a module names itself and strictly lower ones.
const ENGINE: &[(&str, u8)] = &[
    ("error", 0),
    ("numeric", 1),
    ("semantic", 1),
    ("embedder", 1),
    ("image", 2),
    ("table", 2),
    ("text", 2),
    ("specification", 2),
    ("learnware", 3),
    ("user_info", 3),
    ("predictor", 3),
    ("hetero", 4),
    ("market", 5),
    ("reuse", 5),
];

/// Modules of other crates that may not name each other.
const APART: &[(&str, &[&str])] = &[
    ("learnware-dock", &["submit", "check", "search", "deploy", "evolve"]),
    ("learnware-server", &["v1", "beimingwu"]),
];

/// What the engine's own code may not touch: it has no clock, disk, network, environment or chance of its own.
const ENGINE_NEVER: &[(&str, &str)] = &[
    ("std::fs", "files are the business of learnware-package and above"),
    ("std::env", "the environment is read by learnware-cli only"),
    ("std::net", "the engine knows no network"),
    ("std::process", "programs are started by learnware-package/src/runner"),
    ("std::time", "the engine has no clock"),
    ("std::thread", "threads come from rayon, behind the feature `parallel`"),
    ("HashMap", "order is part of the result: use BTreeMap"),
    ("HashSet", "order is part of the result: use BTreeSet"),
];

/// Findings about module imports.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.rust() {
        let Some((name, inside)) = path.strip_prefix("crates/").and_then(|rest| rest.split_once("/src/"))
        else {
            continue;
        };
        let code = code_only(text);
        let module_path = module_path(inside);
        if name == "learnware-engine" {
            never(path, &code, &mut findings);
        }
        let Some(own) = module_path.first() else { continue };
        for (line, other) in named_modules(&code, &module_path) {
            if let Some(message) = judge(name, own, &other) {
                findings.push(Finding::new(path, line, message));
            }
        }
    }
    findings
}

/// `market/searcher/mod.rs` → `["market", "searcher"]`; empty for the crate's root file.
fn module_path(inside: &str) -> Vec<&str> {
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    if matches!(inside, "lib" | "main" | "mod") { Vec::new() } else { inside.split('/').collect() }
}

fn never(path: &str, code: &str, findings: &mut Vec<Finding>) {
    for (number, line) in code.lines().enumerate() {
        for (word, reason) in ENGINE_NEVER {
            if line.contains(word) {
                findings.push(Finding::new(
                    path,
                    number + 1,
                    format!("the engine may not use {word}: {reason}"),
                ));
            }
        }
    }
}

/// What is wrong with module `own` of crate `name` naming module `other`, if anything.
fn judge(name: &str, own: &str, other: &str) -> Option<String> {
    if own == other {
        return None;
    }
    if name == "learnware-engine" {
        let layer = |module: &str| ENGINE.iter().find(|(known, _)| *known == module).map(|(_, layer)| *layer);
        let Some(layer_own) = layer(own) else {
            return Some(format!("module {own} has no layer: add it to ENGINE in xtask/src/tidy/modules.rs"));
        };
        let layer_other = layer(other)?;
        return match layer_other.cmp(&layer_own) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => {
                Some(format!("sideways import: {own} names {other}, of the same layer"))
            }
            std::cmp::Ordering::Greater => {
                Some(format!("up-going import: {own} names {other}, which lies higher"))
            }
        };
    }
    let (_, apart) = APART.iter().find(|(known, _)| *known == name)?;
    (apart.contains(&own) && apart.contains(&other))
        .then(|| format!("sideways import: {own} names {other}; they meet in lower modules only"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::Tree;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)])).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn imports_that_point_down_pass() {
        for (path, text) in [
            ("crates/learnware-engine/src/market/mod.rs", "use crate::specification::Rkme;"),
            ("crates/learnware-engine/src/market/searcher/mod.rs", "use crate::market::Market;"),
            ("crates/learnware-engine/src/numeric/kernel.rs", "use crate::error::Result; use super::Matrix;"),
            (
                "crates/learnware-engine/src/lib.rs",
                "pub use crate::reuse::Averaging; pub use crate::market::M;",
            ),
            ("crates/learnware-engine/src/numeric/mod.rs", "// crate::market, std::fs\nfn f() {}"),
            ("crates/learnware-dock/src/submit.rs", "use crate::store::Store;"),
            ("crates/learnware-dock/src/dock.rs", "use crate::{submit, check};"),
        ] {
            assert_eq!(findings(path, text), Vec::<String>::new(), "{path}");
        }
    }

    #[test]
    fn planted_violations_are_found_with_their_line() {
        for (path, text, wanted) in [
            ("crates/learnware-engine/src/error.rs", "\nuse crate::market::X;", ":2: up-going import"),
            ("crates/learnware-engine/src/numeric/k.rs", "use crate::{error, reuse::A};", ":1: up-going"),
            ("crates/learnware-engine/src/reuse/mod.rs", "use super::market::Market;", ":1: sideways"),
            ("crates/learnware-engine/src/market/a.rs", "fn f() { crate::reuse::g(); }", ":1: sideways"),
            ("crates/learnware-engine/src/semantic.rs", "use crate::numeric::Matrix;", ":1: sideways"),
            ("crates/learnware-engine/src/extra.rs", "use crate::error::Result;", "has no layer"),
            ("crates/learnware-engine/src/lib.rs", "use std::fs;", "may not use std::fs"),
            ("crates/learnware-engine/src/table.rs", "\n\nlet m = HashMap::new();", ":3: the engine may not"),
            ("crates/learnware-dock/src/submit.rs", "use crate::{store, check::run};", ":1: sideways"),
            ("crates/learnware-server/src/v1/mod.rs", "use crate::beimingwu::codes;", ":1: sideways"),
        ] {
            let found = findings(path, text);
            assert!(found.iter().any(|line| line.contains(wanted)), "{path}: {found:?}");
        }
    }
}
