//! The commands that only heterogeneous suites use: what they are called, and nothing else.

use std::ffi::OsString;
use std::path::Path;

use crate::experiment::kind::LABELS;
use crate::experiment::ours::{paths, words};

/// The dock learns its market map, by which users of other feature spaces search.
pub(super) fn evolve(dock: &Path) -> Vec<OsString> {
    [words(&["evolve"]), paths(&[("--dock", dock)])].concat()
}

/// A search over all islands: `limit` single learnwares, a mixture of at most `max_search`.
pub(super) fn search(dock: &Path, specification: &Path, limit: usize, max_search: &str) -> Vec<OsString> {
    let numbers = words(&["--limit", &limit.to_string(), "--max", max_search]);
    let places = paths(&[("--dock", dock), ("--spec", specification)]);
    [words(&["search", "--world"]), numbers, places].concat()
}

/// One way to reuse learnwares whose inputs are aligned with the user's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reuse<'a> {
    pub(super) dock: &'a Path,
    pub(super) ids: &'a [String],
    /// Shares of the learnwares; empty where the method takes none.
    pub(super) weights: &'a [f64],
    pub(super) data: &'a Path,
    pub(super) out: &'a Path,
    pub(super) method: &'a str,
    /// A labelled subset.
    pub(super) train: Option<&'a Path>,
    pub(super) seed: &'a str,
}

impl Reuse<'_> {
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let ids = self.ids.join(",");
        let mut arguments =
            words(&["reuse", "--align", "--learnwares", &ids, "--seed", self.seed, "--method", self.method]);
        arguments.extend(paths(&[("--dock", self.dock), ("--data", self.data), ("-o", self.out)]));
        if !self.weights.is_empty() {
            let weights: Vec<String> = self.weights.iter().map(ToString::to_string).collect();
            arguments.extend(words(&["--weights", &weights.join(",")]));
        }
        if let Some(train) = self.train {
            arguments.extend(words(&["--labels", LABELS]));
            arguments.extend(paths(&[("--train", train)]));
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::Reuse;

    #[test]
    fn labels_and_weights_are_named_where_there_are_some() {
        let ids = ["1".to_owned(), "2".to_owned()];
        let [dock, data, out, few] = ["d", "x", "o", "few"].map(Path::new);
        let whole = Reuse {
            dock,
            ids: &ids,
            weights: &[0.25, 0.75],
            data,
            out,
            method: "weighted",
            train: None,
            seed: "3",
        };
        let line = |reuse: Reuse| reuse.arguments().join(&OsString::from(" "));
        let start = "reuse --align --learnwares 1,2 --seed 3 --method";
        assert_eq!(
            line(whole),
            OsString::from(format!("{start} weighted --dock d --data x -o o --weights 0.25,0.75"))
        );
        let labelled = Reuse { weights: &[], method: "augment", train: Some(few), ..whole };
        assert_eq!(
            line(labelled),
            OsString::from(format!("{start} augment --dock d --data x -o o --labels y --train few"))
        );
    }
}
