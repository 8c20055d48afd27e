//! Which crate may import which: imports point down, and some outside crates have one owner.
//!
//! Development and build dependencies count like others: a test that reaches up would hide a cycle.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Finding;

/// The layer of every crate of ours, those that are only planned included. A crate imports strictly lower ones.
const LAYERS: &[(&str, u8)] = &[
    ("learnware-engine", 0),
    ("learnware-data", 1),
    ("learnware-package", 1),
    ("learnware-api", 1),
    ("learnware-dock", 2),
    ("learnware-wasm", 2),
    ("learnware-server", 3),
    ("learnware-python", 3),
    ("learnware-cli", 4),
];

/// Our crates that a crate may not import although they lie lower.
const APART: &[(&str, &str)] = &[
    ("learnware-dock", "learnware-api"),       // the dock knows no wire types
    ("learnware-server", "learnware-package"), // no zip or sandbox behind a route
];

/// Outside crates that only the crates named here may import.
const OWNERS: &[(&str, &[&str])] = &[
    ("tokio", &["learnware-api", "learnware-dock", "learnware-server", "learnware-python", "learnware-cli"]),
    ("sqlx", &["learnware-dock"]),
    ("rusqlite", &["learnware-dock"]),
    ("libsqlite3-sys", &["learnware-dock"]),
    ("object_store", &["learnware-dock"]),
    ("axum", &["learnware-server"]),
    ("hyper", &["learnware-server"]),
    ("lettre", &["learnware-server"]),
    ("reqwest", &["learnware-api", "learnware-dock", "learnware-server"]), // the dock only names the TLS of object_store; the server asks login services
    ("pyo3", &["learnware-python"]),
    ("wasm-bindgen", &["learnware-wasm"]),
    ("zip", &["learnware-data"]), // zips and NPZ files of a user
    ("calamine", &["learnware-data"]),
    ("rand", &[]),    // randomness is numeric::random, seeded
    ("ndarray", &[]), // docs/adr/0002-array-library.md
];

/// Who of us may read, but not own, an outside crate in its tests.
const TEST_USERS: &[(&str, &str)] =
    &[("learnware-dock", "zip"), ("learnware-cli", "zip"), ("learnware-cli", "rusqlite")];

/// One dependency of one of our crates.
#[derive(Debug)]
struct Dependency {
    name: String,
    for_tests: bool,
}

/// One of our crates.
#[derive(Debug)]
pub(super) struct Crate {
    name: String,
    manifest: String,
    dependencies: Vec<Dependency>,
}

/// Asks `cargo metadata` for the crates of the workspace at `root`.
pub(super) fn read_metadata(root: &Path) -> Result<Vec<Crate>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    Ok(parse(&metadata, root))
}

fn parse(metadata: &Value, root: &Path) -> Vec<Crate> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let manifest = text(&package["manifest_path"]);
            let manifest = Path::new(&manifest)
                .strip_prefix(root)
                .map_or(manifest.clone(), |path| path.to_string_lossy().replace('\\', "/"));
            let dependencies = list(&package["dependencies"])
                .iter()
                .map(|dependency| Dependency {
                    name: text(&dependency["name"]),
                    for_tests: dependency["kind"].as_str() == Some("dev"),
                })
                .collect();
            Crate { name: text(&package["name"]), manifest, dependencies }
        })
        .collect()
}

/// Findings about the imports between crates.
pub(super) fn check(crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in crates {
        let mut report = |message: String| findings.push(Finding::new(one.manifest.clone(), 0, message));
        if one.name != "xtask" && layer(&one.name).is_none() {
            report(format!("crate {} has no layer: add it to LAYERS in xtask/src/tidy/crates.rs", one.name));
        }
        for dependency in &one.dependencies {
            if let Some(message) = judge(&one.name, dependency) {
                report(message);
            }
        }
    }
    findings
}

fn layer(name: &str) -> Option<u8> {
    LAYERS.iter().find(|(known, _)| *known == name).map(|(_, layer)| *layer)
}

/// What is wrong with one import, if anything.
fn judge(importer: &str, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    // Its own tests may want more of its features.
    if dependency.for_tests && name == importer {
        return None;
    }
    if let Some(lower) = layer(name) {
        let Some(own) = layer(importer) else {
            return Some(format!("{importer} may depend on none of our crates, but imports {name}"));
        };
        if lower >= own {
            let way = if lower == own { "sideways" } else { "up-going" };
            return Some(format!("{way} import: {importer} (layer {own}) imports {name} (layer {lower})"));
        }
        if APART.contains(&(importer, name)) {
            return Some(format!("{importer} may not know {name}"));
        }
        return None;
    }
    let (_, owners) = OWNERS.iter().find(|(owned, _)| *owned == name)?;
    let may_test = dependency.for_tests && TEST_USERS.contains(&(importer, name));
    if owners.contains(&importer) || may_test {
        return None;
    }
    Some(match owners {
        [] => format!("{importer} imports {name}, which nobody here may"),
        _ => format!("{importer} imports {name}, which belongs to {}", owners.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::{check, parse};

    fn findings(importer: &str, dependency: &str, kind: Option<&str>) -> Vec<String> {
        let metadata = json!({ "packages": [{
            "name": importer,
            "manifest_path": format!("/project/crates/{importer}/Cargo.toml"),
            "dependencies": [{ "name": dependency, "kind": kind }],
        }]});
        check(&parse(&metadata, Path::new("/project"))).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn imports_that_point_down_pass() {
        for (importer, dependency) in [
            ("learnware-package", "learnware-engine"),
            ("learnware-dock", "learnware-package"),
            ("learnware-cli", "learnware-dock"),
            ("learnware-dock", "rusqlite"),
            ("learnware-engine", "serde"),
        ] {
            assert_eq!(findings(importer, dependency, None), Vec::<String>::new());
        }
        assert!(findings("learnware-dock", "zip", Some("dev")).is_empty());
        assert!(findings("learnware-dock", "learnware-dock", Some("dev")).is_empty());
    }

    #[test]
    fn planted_violations_are_found() {
        for (importer, dependency, kind, wanted) in [
            ("learnware-engine", "learnware-package", None, "up-going import"),
            ("learnware-engine", "learnware-dock", Some("dev"), "up-going import"),
            ("learnware-package", "learnware-api", None, "sideways import"),
            ("learnware-dock", "learnware-api", None, "may not know"),
            ("xtask", "learnware-engine", None, "none of our crates"),
            ("learnware-extra", "serde", None, "has no layer"),
            ("learnware-engine", "tokio", None, "belongs to"),
            ("learnware-cli", "rusqlite", None, "belongs to learnware-dock"),
            ("learnware-engine", "rand", None, "nobody here may"),
        ] {
            let found = findings(importer, dependency, kind);
            assert!(found.iter().any(|line| line.contains(wanted)), "{importer} -> {dependency}: {found:?}");
            assert!(found[0].starts_with(&format!("crates/{importer}/Cargo.toml: ")));
        }
    }
}
