//! What a person types to find learnwares: words, and fields such as `task:regression` or `size:<50MB`.
//!
//! Words in quotes are taken as they are spelled; all others may be misspelled, and the last one may be
//! unfinished. Several values of a field mean any of them, several fields all of them.

use std::str::FromStr;

use learnware_engine::learnware::ModelFormat;
use learnware_engine::semantic::{
    DataType, Library, License, ModelKind, Scenario, SemanticSpecification, Task,
};

use super::tokens::{self, Script};
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;

/// Characters of a query at most: more is a mistake, such as a whole file.
pub const QUERY_CHARS_MAX: usize = 1000;
/// Words of a query at most: each costs a pass over the index.
pub const QUERY_WORDS_MAX: usize = 32;
/// Characters of a run without spaces that count as one word; longer runs become several.
const RUN_CHARS_MAX: usize = 32;
/// Share of the pairs of a run without spaces that must be found, in percent: word order may differ and particles
/// may come between.
const PAIRS_FOUND_PERCENT: usize = 60;
/// Words of English that tell nothing, left out where others remain.
const EMPTY_WORDS: [&str; 22] = [
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "that",
    "the", "this", "to", "using", "which", "with",
];
/// Characters of Chinese that stand between words and tell nothing.
const EMPTY_CHARACTERS: [char; 8] = ['的', '了', '与', '我', '想', '请', '吗', '呢'];
/// The fields, as errors list them.
const FIELDS: &str = "task:, data:, scenario:, license:, library:, model:, format:, size:";

/// A query as it was understood.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// Words that must occur.
    pub(super) words: Vec<Word>,
    /// What must agree.
    pub filters: Filters,
}

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// As it was typed, folded.
    pub(super) text: String,
    /// How it may be spelled.
    pub(super) spelling: Spelling,
    /// For scripts without spaces, the pairs of characters of which most must occur.
    pub(super) pairs: Vec<String>,
}

/// How a word may be spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As it is.
    Exact,
    /// Similarly when nobody has it.
    Free,
    /// It may be the beginning of a word.
    Unfinished,
}

/// What must agree: of each list any, an empty list asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filters {
    /// Kind of data.
    pub data: Vec<DataType>,
    /// What it does.
    pub task: Vec<Task>,
    /// Kind of language model.
    pub model: Vec<ModelKind>,
    /// Library it was made with.
    pub library: Vec<Library>,
    /// Field of use.
    pub scenario: Vec<Scenario>,
    /// Licence.
    pub license: Vec<License>,
    /// How the model is stored.
    pub format: Vec<ModelFormat>,
    /// Package of at least this size.
    pub size_bytes_min: Option<u64>,
    /// Package of at most this size.
    pub size_bytes_max: Option<u64>,
    /// Learnwares that shall not be found.
    pub exclude: Vec<LearnwareNumber>,
}

impl Filters {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Query {
    /// Reads what a person typed. An empty text asks for nothing.
    ///
    /// # Errors
    /// [`DockError::BadQuery`], with what to write instead.
    pub fn parse(text: &str) -> Result<Self> {
        let length = text.chars().count();
        if length > QUERY_CHARS_MAX {
            return Err(bad(
                format!("the query has {length} characters"),
                format!("describe what you look for in a few words, at most {QUERY_CHARS_MAX} characters"),
            ));
        }
        let mut query = Self::default();
        let mut last_is_open = false;
        for piece in pieces(text)? {
            last_is_open = piece.field.is_none() && !piece.quoted && piece.ends_text;
            match &piece.field {
                Some(field) => query.filters.add(field, &piece.text)?,
                None => query.add_words(&piece.text, piece.quoted),
            }
        }
        if last_is_open && let Some(last) = query.words.last_mut() {
            last.spelling = Spelling::Unfinished;
        }
        query.drop_empty_words();
        if query.words.len() > QUERY_WORDS_MAX {
            return Err(bad(
                format!("the query has {} words", query.words.len()),
                format!("leave out some; at most {QUERY_WORDS_MAX} are looked for"),
            ));
        }
        Ok(query)
    }

    /// The tags of a semantic specification as filters; its texts are not read.
    #[must_use]
    pub fn with_tags(mut self, tags: &SemanticSpecification) -> Self {
        self.filters.data.extend(&tags.data);
        self.filters.task.extend(&tags.task);
        self.filters.model.extend(&tags.model);
        self.filters.library.extend(&tags.library);
        self.filters.scenario.extend(&tags.scenario);
        self.filters.license.extend(&tags.license);
        self
    }

    /// Whether words are asked for.
    pub fn has_words(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.filters.is_empty()
    }

    fn add_words(&mut self, text: &str, quoted: bool) {
        let spelling = if quoted { Spelling::Exact } else { Spelling::Free };
        for run in tokens::runs(text) {
            let run_text = &text[run.range];
            match run.script {
                Script::Spaced => {
                    self.words.push(Word { text: tokens::folded(run_text), spelling, pairs: Vec::new() });
                }
                Script::Unspaced => self.words.extend(unspaced_words(run_text, spelling)),
            }
        }
    }

    fn drop_empty_words(&mut self) {
        let tells =
            |word: &Word| word.spelling == Spelling::Exact || !EMPTY_WORDS.contains(&word.text.as_str());
        if self.words.iter().any(tells) {
            self.words.retain(tells);
        }
        let mut known: Vec<String> = Vec::new();
        self.words.retain(|word| {
            let is_new = !known.contains(&word.text);
            known.push(word.text.clone());
            is_new
        });
    }
}

impl Word {
    /// Pairs that must occur for the word to count as found.
    pub(super) fn pairs_needed(&self) -> u32 {
        (self.pairs.len() * PAIRS_FOUND_PERCENT).div_ceil(100).max(1) as u32
    }
}

/// Words of a run without spaces: long runs are cut where a character tells nothing, and at a length.
fn unspaced_words(run: &str, spelling: Spelling) -> Vec<Word> {
    let pieces: Vec<&str> = if run.chars().count() > 3 && spelling != Spelling::Exact {
        run.split(EMPTY_CHARACTERS).filter(|piece| !piece.is_empty()).collect()
    } else {
        vec![run]
    };
    let mut words = Vec::new();
    for piece in pieces {
        let characters: Vec<char> = piece.chars().collect();
        for chunk in characters.chunks(RUN_CHARS_MAX) {
            let text: String = chunk.iter().collect();
            words.push(Word { pairs: tokens::pairs_of(&text), text: tokens::folded(&text), spelling });
        }
    }
    words
}

impl Filters {
    /// Adds the value of a field.
    fn add(&mut self, field: &str, value: &str) -> Result<()> {
        match field {
            "task" => words(&mut self.task, field, value),
            "data" | "type" => words(&mut self.data, field, value),
            "scenario" => words(&mut self.scenario, field, value),
            "license" | "licence" => words(&mut self.license, field, value),
            "library" => words(&mut self.library, field, value),
            "model" => words(&mut self.model, field, value),
            "format" => self.add_formats(value),
            "size" => self.add_size(value),
            "owner" => Err(bad("a dock in a folder has no owners".into(), "leave out `owner:`".into())),
            _ => Err(bad(
                format!("`{field}:` is no field"),
                format!(
                    "the fields are {FIELDS}; to look for it as a word, put it in quotes: \"{field}:{value}\""
                ),
            )),
        }
    }

    fn add_formats(&mut self, value: &str) -> Result<()> {
        for word in value.split(',') {
            let format = crate::store::rows::format_from_word(&word.to_lowercase()).map_err(|_| {
                bad(
                    format!("format:{word} is not known"),
                    "write format:onnx, lightgbm, xgboost or python".into(),
                )
            })?;
            self.format.push(format);
        }
        Ok(())
    }

    fn add_size(&mut self, value: &str) -> Result<()> {
        let refusal = || {
            bad(
                format!("size:{value} is not a size"),
                "write size:<50MB for smaller packages or size:>1GB for larger ones, in B, kB, MB or GB"
                    .into(),
            )
        };
        let (is_upper, rest) = match (value.strip_prefix('<'), value.strip_prefix('>')) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            (None, None) => return Err(refusal()),
        };
        let bytes = size_bytes(rest.strip_prefix('=').unwrap_or(rest)).ok_or_else(refusal)?;
        let bound = if is_upper { &mut self.size_bytes_max } else { &mut self.size_bytes_min };
        *bound = Some(bytes);
        Ok(())
    }
}

/// `50MB` → 50,000,000; units of 1,000 as file managers count.
fn size_bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim().to_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        _ => return None,
    };
    Some((number * unit) as u64)
}

fn words<T: FromStr<Err = String> + PartialEq>(list: &mut Vec<T>, field: &str, value: &str) -> Result<()> {
    for word in value.split(',') {
        let value = word.parse().map_err(|reason: String| {
            let known = reason.rsplit(": ").next().unwrap_or_default().to_owned();
            bad(format!("{field}:{word} is not known"), format!("write one of: {known}"))
        })?;
        if !list.contains(&value) {
            list.push(value);
        }
    }
    Ok(())
}

/// A piece of a query between spaces.
#[derive(Debug, Default)]
struct Piece {
    field: Option<String>,
    text: String,
    quoted: bool,
    ends_text: bool,
}

/// Cuts at spaces, except inside quotes; a name before a colon is a field.
fn pieces(text: &str) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut piece = Piece::default();
    let mut open_quote = false;
    let mut is_begun = false;
    for character in text.chars().map(straight) {
        if character == '"' {
            open_quote = !open_quote;
            (piece.quoted, is_begun) = (true, true);
        } else if open_quote || !(character.is_whitespace() || character.is_control()) {
            is_begun = true;
            if character == ':' && !open_quote && piece.field.is_none() && is_field_name(&piece) {
                piece.field = Some(std::mem::take(&mut piece.text).to_lowercase());
            } else {
                piece.text.push(character);
            }
        } else if is_begun {
            pieces.push(std::mem::take(&mut piece));
            is_begun = false;
        }
    }
    if open_quote {
        return Err(bad(
            "a quotation mark is not closed".into(),
            "close it, or leave it out: words need no quotes".into(),
        ));
    }
    if is_begun {
        piece.ends_text = true;
        pieces.push(piece);
    }
    match pieces.iter().find(|piece| piece.text.is_empty() && piece.field.is_some()) {
        Some(Piece { field, .. }) => {
            let field = field.as_deref().unwrap_or_default();
            Err(bad(
                format!("nothing follows `{field}:`"),
                format!(
                    "write the value right behind it, such as task:regression or size:<50MB; fields are {FIELDS}"
                ),
            ))
        }
        None => Ok(pieces),
    }
}

fn is_field_name(piece: &Piece) -> bool {
    !piece.quoted && piece.text.len() > 1 && piece.text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Plain forms of full-width and curly signs.
fn straight(character: char) -> char {
    match tokens::plain(character) {
        '\u{201c}' | '\u{201d}' | '\u{300c}' | '\u{300d}' => '"',
        other => other,
    }
}

fn bad(reason: String, advice: String) -> DockError {
    DockError::BadQuery { reason, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(query: &Query) -> Vec<&str> {
        query.words.iter().map(|word| word.text.as_str()).collect()
    }

    fn refusal(text: &str) -> String {
        match Query::parse(text) {
            Err(DockError::BadQuery { reason, advice }) => format!("{reason}; {advice}"),
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn words_and_fields_are_told_apart() {
        let query = Query::parse(
            "the House prices task:regression,classification scenario:business \
                                  size:<50MB size:>1kB data:\"Table\" format:onnx",
        )
        .unwrap();
        assert_eq!(texts(&query), ["house", "prices"]);
        assert_eq!(query.filters.task, [Task::Regression, Task::Classification]);
        assert_eq!(query.filters.scenario, [Scenario::Business]);
        assert_eq!(
            (query.filters.size_bytes_min, query.filters.size_bytes_max),
            (Some(1000), Some(50_000_000))
        );
        assert_eq!(query.filters.format, [ModelFormat::Onnx]);
        let feature = Query::parse("task:\"feature extraction\"").unwrap();
        assert_eq!(feature.filters.task, [Task::FeatureExtraction]);
        assert_eq!(texts(&Query::parse("at 3:1 the").unwrap()), ["3", "1"]);
        assert_eq!(texts(&Query::parse("the").unwrap()), ["the"]);
    }

    #[test]
    fn only_the_last_open_word_may_be_unfinished() {
        let spellings = |text: &str| -> Vec<Spelling> {
            Query::parse(text).unwrap().words.iter().map(|word| word.spelling).collect()
        };
        assert_eq!(spellings("house pri"), [Spelling::Free, Spelling::Unfinished]);
        assert_eq!(spellings("house pri "), [Spelling::Free, Spelling::Free]);
        assert_eq!(spellings("\"house\" \"pri\""), [Spelling::Exact, Spelling::Exact]);
        assert_eq!(spellings("house task:regression"), [Spelling::Free]);
    }

    #[test]
    fn chinese_runs_are_cut_where_a_character_tells_nothing() {
        let query = Query::parse("我想预测二手房的价格").unwrap();
        assert_eq!(texts(&query), ["预测二手房", "价格"]);
        assert_eq!(query.words[0].pairs, ["预测", "测二", "二手", "手房"]);
        assert_eq!(query.words[0].pairs_needed(), 3);
        assert_eq!(
            texts(&Query::parse("任务：task：regression 目的").unwrap()),
            ["任务", "task", "regression", "目的"]
        );
    }

    #[test]
    fn errors_say_what_to_write_instead() {
        for (text, wanted) in [
            ("colour:red", "\"colour:red\""),
            ("task:", "task:regression"),
            ("task: regression", "task:regression"),
            ("task:cooking", "write one of: Classification, Regression"),
            ("size:50MB", "size:<50MB"),
            ("size:<many", "size:<50MB"),
            ("\"open", "close it"),
            ("owner:me", "leave out `owner:`"),
            ("format:zip", "format:onnx"),
            (&"word ".repeat(500), "at most 1000 characters"),
            (&(0..40).map(|i| i.to_string()).collect::<Vec<_>>().join(" w"), "at most 32"),
        ] {
            assert!(refusal(text).contains(wanted), "{text}: {}", refusal(text));
        }
    }

    #[test]
    fn signs_and_control_characters_ask_for_nothing() {
        for text in ["", "   ", "?!.,;()[]{}", "\u{0}\u{7}\n\t", "-- ** \\", "::", "''"] {
            assert!(Query::parse(text).unwrap().is_empty(), "{text:?}");
        }
    }
}
