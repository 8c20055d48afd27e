//! Arguments that find learnwares by words and tags, shared by `list` and `search`.

use clap::{Args, ValueEnum};
use learnware_api::ListRequest;
use learnware_engine::semantic::{DataType, Library, License, Scenario, SemanticSpecification, Task};

/// Words that must agree; several of one kind mean any of them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Filters (each may be given several times: any of them)")]
pub(crate) struct FilterArgs {
    /// What it does: classification, regression, ...
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Vec<Task>,
    /// What it takes: table, image, text.
    #[arg(long, value_name = "TYPE")]
    pub(crate) data_type: Vec<DataType>,
    /// Its licence: mit, apache-2.0, ...
    #[arg(long, value_name = "LICENSE")]
    pub(crate) license: Vec<License>,
    /// Its field of use: health, traffic, ...
    #[arg(long, value_name = "SCENARIO")]
    pub(crate) scenario: Vec<Scenario>,
    /// The library it was made with: scikit-learn, pytorch, ...
    #[arg(long, value_name = "LIBRARY")]
    pub(crate) library: Vec<Library>,
}

impl FilterArgs {
    /// The same as tags.
    pub(crate) fn tags(&self) -> SemanticSpecification {
        SemanticSpecification {
            data: self.data_type.clone(),
            task: self.task.clone(),
            library: self.library.clone(),
            scenario: self.scenario.clone(),
            license: self.license.clone(),
            ..SemanticSpecification::default()
        }
    }

    /// The query with these filters as fields, for a dock wherever it is. The words stay last: the last one may be
    /// unfinished.
    pub(crate) fn text(&self, query: Option<&str>) -> String {
        // Vocabularies are compared by letters and digits, so that no word needs quotes.
        let field = |name: &str, word: &str| {
            let word: String = word.chars().filter(|character| character.is_alphanumeric()).collect();
            format!("{name}:{word}")
        };
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.task.iter().map(|task| field("task", task.word())));
        parts.extend(self.data_type.iter().map(|kind| field("data", kind.word())));
        parts.extend(self.license.iter().map(|license| field("license", license.word())));
        parts.extend(self.scenario.iter().map(|scenario| field("scenario", scenario.word())));
        parts.extend(self.library.iter().map(|library| field("library", library.word())));
        parts.extend(query.map(str::to_owned));
        parts.join(" ")
    }
}

/// Which part of the answer is shown, in which order.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Order and pages")]
pub(crate) struct PageArgs {
    /// What comes first: the best match when words are asked for, else the first submitted.
    #[arg(long, value_enum, value_name = "ORDER")]
    pub(crate) sort: Option<SortWord>,
    /// Learnwares shown at most.
    #[arg(long, value_name = "COUNT", value_parser = one_or_more)]
    pub(crate) limit: Option<usize>,
    /// Go on where an earlier answer ended; it names the cursor.
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// Count the learnwares found by tag.
    #[arg(long)]
    pub(crate) facets: bool,
}

impl PageArgs {
    /// Whether anything is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.sort.is_none() && self.limit.is_none() && self.cursor.is_none() && !self.facets
    }

    /// The request for this part of the answer to a query.
    pub(crate) fn wanted(&self, query: String, exclude: &[String]) -> ListRequest {
        let sort = self.sort.map(|sort| match sort {
            SortWord::Relevance => "relevance",
            SortWord::Newest => "newest",
            SortWord::Name => "name",
            SortWord::Size => "size",
            SortWord::Id => "id",
        });
        ListRequest {
            query,
            sort: sort.map(str::to_owned),
            limit: self.limit,
            cursor: self.cursor.clone(),
            facets: self.facets,
            specifications: false,
            exclude: exclude.join(","),
        }
    }
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortWord {
    /// Best match of the words first.
    Relevance,
    /// Last submitted first.
    Newest,
    /// By name.
    Name,
    /// Smallest package first.
    Size,
    /// By id: first submitted first.
    Id,
}

/// How words are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum WordsHow {
    /// Full text in all that is written about a learnware, best match first, with fields.
    #[default]
    Full,
    /// As the reference package: contained in name or description, else spelled similarly.
    Fuzzy,
    /// As the reference package: contained in name or description.
    Exact,
}

/// A count that is not zero.
fn one_or_more(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("a whole number from 1".to_owned()),
        Ok(count) => Ok(count),
    }
}
