//! What to run: reads a suite folder, a `T1`-like file or a heterogeneous one (`market` and `users`), and names
//! the data, the feature spaces and the search setting. Reads only the documented form, so suites that nobody has seen work the same way.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::kind::Kind;

/// Learnwares in a mixture where the suite does not say: the reference's default.
const MAX_SEARCH_DEFAULT: u64 = 5;

/// One market with its users: one suite, if it is of tables in one feature space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Folder with `suite.json` and `splits.npz`, or the file of a heterogeneous suite.
    pub(super) suite: PathBuf,
    pub(super) kind: Kind,
    /// Feature space; empty for texts and images, and where learnwares and users are in several.
    pub(super) space: String,
    /// Most learnwares in a mixture.
    pub(super) max_search: u64,
    /// Users and learnwares are in different feature spaces.
    pub(super) heterogeneous: bool,
}

impl Plan {
    /// `suite-space` or `suite`, good for file names and headings.
    pub(super) fn name(&self) -> String {
        let path = &self.suite;
        let suite = if self.heterogeneous { path.file_stem() } else { path.file_name() };
        let suite = suite.unwrap_or_default().to_string_lossy();
        if self.space.is_empty() { suite.into_owned() } else { format!("{suite}-{}", self.space) }
    }
}

/// Plans of a suite folder or file; only `space` if one is named.
pub(super) fn read(suite: &Path, space: Option<&str>) -> Result<Vec<Plan>, String> {
    let suite = suite.canonicalize().map_err(|error| format!("{}: {error}", suite.display()))?;
    let plans = if suite.is_dir() { of_folder(&suite)? } else { of_file(&suite)? };
    let known: Vec<String> = plans.iter().map(|plan| plan.space.clone()).collect();
    let chosen: Vec<Plan> =
        plans.into_iter().filter(|plan| space.is_none_or(|space| plan.space == space)).collect();
    match (chosen.is_empty(), space) {
        (true, Some(space)) if known == [""] => {
            Err(format!("no feature space {space}: texts, images and heterogeneous suites run as a whole"))
        }
        (true, Some(space)) => Err(format!("no feature space {space} here; there is {}", known.join(", "))),
        (true, None) => Err(format!("{} names no feature space", suite.display())),
        (false, _) => Ok(chosen),
    }
}

fn of_folder(folder: &Path) -> Result<Vec<Plan>, String> {
    let suite = read_json(&folder.join("suite.json"))?;
    let kind = kind(&suite).ok_or(format!(
        "{}: suite.json has neither `groups` (tables) nor `learnware_superclasses` (texts) nor `learnwares` and \
         `users` (images)",
        folder.display()
    ))?;
    let plan = |space: &str| Plan {
        suite: folder.to_owned(),
        kind,
        space: space.to_owned(),
        max_search: MAX_SEARCH_DEFAULT,
        heterogeneous: false,
    };
    if kind != Kind::Table {
        return Ok(vec![plan("")]);
    }
    let dataset = suite["dataset"].as_str().ok_or("suite.json names no `dataset`")?;
    let root = folder.parent().and_then(Path::parent).ok_or("a suite lies in ROOT/suites/NAME")?;
    let spaces = read_json(&root.join(dataset).join("feature_spaces.json"))?;
    let spaces = spaces.as_object().ok_or("feature_spaces.json is not an object")?;
    Ok(spaces.keys().map(|space| plan(space)).collect())
}

fn kind(suite: &Value) -> Option<Kind> {
    let has = |key: &str| suite.get(key).is_some();
    if has("groups") {
        Some(Kind::Table)
    } else if has("learnware_superclasses") {
        Some(Kind::Text)
    } else {
        (has("learnwares") && has("users")).then_some(Kind::Image)
    }
}

fn of_file(path: &Path) -> Result<Vec<Plan>, String> {
    let file = read_json(path)?;
    if file.get("market").is_some() && file.get("users").is_some() {
        let suite = path.to_owned();
        let (kind, space, max_search) = (Kind::Table, String::new(), MAX_SEARCH_DEFAULT);
        return Ok(vec![Plan { suite, kind, space, max_search, heterogeneous: true }]);
    }
    let max_search = file["unlabelled_max_search_num"].as_u64().unwrap_or(MAX_SEARCH_DEFAULT);
    let folder = path.parent().unwrap_or(Path::new("."));
    let parts = ["primary", "secondary"].iter().filter_map(|part| file.get(part));
    let plans: Result<Vec<Plan>, String> = parts
        .map(|part| {
            let word = |key: &str| {
                part[key].as_str().map(str::to_owned).ok_or(format!("{} has no `{key}`", path.display()))
            };
            let (suite, space) = (folder.join(word("groups")?), word("features")?);
            Ok(Plan { suite, kind: Kind::Table, space, max_search, heterogeneous: false })
        })
        .collect();
    let plans = plans?;
    if plans.is_empty() {
        return Err(format!("{} has neither `primary` nor `market` with `users`", path.display()));
    }
    Ok(plans)
}

fn read_json(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::read;
    use crate::experiment::kind::Kind;

    /// A root with one data set, one suite and two files, under the system's temporary folder.
    fn root(name: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("xtask-plan-{}-{name}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("shops/feature_spaces.json", r#"{"A": ["x"], "B": ["x", "y"]}"#);
        write("suites/shop_groups/suite.json", r#"{"dataset": "shops", "groups": ["1", "2"]}"#);
        write("suites/odd/suite.json", r#"{"dataset": "shops", "learnwares": 2}"#);
        write("suites/pictures/suite.json", r#"{"dataset": "shops", "learnwares": 2, "users": 3}"#);
        write("suites/news/suite.json", r#"{"dataset": "news", "learnware_superclasses": ["a"]}"#);
        write(
            "suites/T1.json",
            r#"{"primary": {"dataset": "shops", "features": "B", "groups": "shop_groups"},
                "unlabelled_max_search_num": 2}"#,
        );
        write("suites/T2.json", r#"{"market": [], "users": {}}"#);
        root
    }

    fn names(path: &Path, space: Option<&str>) -> Result<Vec<(String, u64)>, String> {
        read(path, space).map(|plans| plans.iter().map(|plan| (plan.name(), plan.max_search)).collect())
    }

    #[test]
    fn a_folder_gives_every_space_and_a_file_its_own() {
        let root = root("good");
        let all = names(&root.join("suites/shop_groups"), None).unwrap();
        assert_eq!(all, [("shop_groups-A".to_owned(), 5), ("shop_groups-B".to_owned(), 5)]);
        let one = names(&root.join("suites/shop_groups"), Some("A")).unwrap();
        assert_eq!(one, [("shop_groups-A".to_owned(), 5)]);
        assert_eq!(names(&root.join("suites/T1.json"), None).unwrap(), [("shop_groups-B".to_owned(), 2)]);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn texts_and_images_have_no_feature_space() {
        let root = root("kinds");
        for (suite, kind) in [("news", Kind::Text), ("pictures", Kind::Image)] {
            let plans = read(&root.join("suites").join(suite), None).unwrap();
            assert_eq!((plans.len(), plans[0].kind, plans[0].name().as_str()), (1, kind, suite));
        }
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_file_with_a_market_and_users_is_heterogeneous() {
        let root = root("market");
        let plans = read(&root.join("suites/T2.json"), None).unwrap();
        assert_eq!((plans.len(), plans[0].heterogeneous, plans[0].name().as_str()), (1, true, "T2"));
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn other_forms_are_refused_with_the_reason() {
        let root = root("bad");
        for (path, space, wanted) in [
            ("suites/T2.json", Some("A"), "heterogeneous"),
            ("suites/odd", None, "neither `groups`"),
            ("suites/news", Some("Z"), "run as a whole"),
            ("suites/shop_groups", Some("Z"), "there is A, B"),
            ("suites/none", None, "suites/none"),
        ] {
            let error = names(&root.join(path), space).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
        std::fs::remove_dir_all(root).unwrap();
    }
}
