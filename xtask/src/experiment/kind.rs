//! What a suite's examples are, and what that means for the names of files and the words of commands.

use std::ffi::OsString;

/// What the examples of a suite are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Text,
    Image,
}

/// Name of the label column in labelled files.
pub(super) const LABELS: &str = "y";

impl Kind {
    /// The word in prepared.json, and the end of the script's name that prepares such a suite.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Text => "text",
            Self::Image => "image",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        [Self::Table, Self::Text, Self::Image].into_iter().find(|kind| kind.word() == word)
    }

    /// Python packages that its preparation needs.
    pub(super) fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Table => &["lightgbm", "pandas", "pyarrow", "numpy"],
            Self::Text => &["scikit-learn", "pandas", "pyarrow", "numpy"],
            Self::Image => &["onnx", "pillow", "pandas", "pyarrow", "numpy"],
        }
    }

    /// The same as Python imports them.
    pub(super) fn modules(self) -> Vec<&'static str> {
        let module = |package: &&'static str| match *package {
            "scikit-learn" => "sklearn",
            "pillow" => "PIL",
            other => other,
        };
        self.packages().iter().map(module).collect()
    }

    /// The learnware's model: a file, or a folder of Python code.
    pub(super) fn model(self) -> &'static str {
        match self {
            Self::Table => "model.txt",
            Self::Text => "model",
            Self::Image => "model.onnx",
        }
    }

    /// The form of the model on the command line.
    pub(super) fn format(self) -> &'static str {
        match self {
            Self::Table => "lightgbm",
            Self::Text => "python",
            Self::Image => "onnx",
        }
    }

    /// The library that the models were made with, on the command line.
    pub(super) fn library(self) -> &'static str {
        match self {
            Self::Table => "others",
            Self::Text => "scikit-learn",
            Self::Image => "pytorch",
        }
    }

    /// A file of examples without labels.
    pub(super) fn examples(self, stem: &str) -> String {
        let ending = match self {
            Self::Table => "parquet",
            Self::Text => "jsonl",
            Self::Image => "npy",
        };
        format!("{stem}.{ending}")
    }

    /// A labelled subset, by its number.
    pub(super) fn labelled(self, number: usize) -> String {
        let ending = match self {
            Self::Table => "parquet",
            Self::Text => "jsonl",
            Self::Image => "npz",
        };
        format!("{number:04}.{ending}")
    }

    /// What commands are told so that they read its examples.
    pub(super) fn reading(self) -> Vec<OsString> {
        match self {
            Self::Table => Vec::new(),
            Self::Text => vec!["--text".into(), "text".into()],
            Self::Image => vec!["--kind".into(), "image".into()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_kind_names_its_files() {
        assert_eq!(Kind::Table.examples("test"), "test.parquet");
        assert_eq!(Kind::Text.examples("all_test"), "all_test.jsonl");
        assert_eq!(Kind::Image.labelled(7), "0007.npz");
        assert_eq!(Kind::Text.modules()[0], "sklearn");
    }

    #[test]
    fn a_word_is_read_back() {
        for kind in [Kind::Table, Kind::Text, Kind::Image] {
            assert_eq!(Kind::of_word(kind.word()), Some(kind));
        }
        assert_eq!(Kind::of_word("sound"), None);
    }
}
