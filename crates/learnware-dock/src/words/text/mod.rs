//! The word index over the texts of learnwares: a snapshot that shares what did not change with the ones
//! before it.
//!
//! It consists of parts. A change makes a small new part and marks what it replaces as gone; a part that is not
//! much larger than what comes after it is built again together with that, so that there are few parts and
//! each text is indexed a few times only.

#[cfg(not(feature = "full-text"))]
#[path = "absent.rs"]
mod part;
#[cfg(feature = "full-text")]
mod part;
mod scan;

use std::sync::Arc;

use learnware_engine::semantic::SemanticSpecification;
use roaring::{RoaringBitmap, RoaringTreemap};

use crate::error::Result;
use part::Part;
pub(super) use scan::{Frozen, Reading, Scan};

/// Fields of a learnware: name, tags with the meanings of inputs and outputs, description.
pub(super) const FIELDS: usize = 3;
/// A part is built again with the newer ones when it has at most so many times their learnwares.
const MERGE_FACTOR: u64 = 2;

/// What is looked for in a part.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Needle {
    /// A word and its relatives, by their stem.
    Stem(String),
    /// A token as it is.
    Token(String),
    /// Tokens with this beginning.
    Beginning(String),
}

/// The texts of a learnware, by field.
#[derive(Debug, Clone)]
pub(super) struct Texts<'a>(pub(super) [std::borrow::Cow<'a, str>; FIELDS]);

/// Gives the texts of a learnware by number, when it is there.
pub(super) type TextsOf<'a> = dyn Fn(u64) -> Option<Texts<'a>> + 'a;

/// The word index at one revision.
#[derive(Debug, Clone, Default)]
pub(super) struct TextIndex {
    /// Oldest and largest first.
    parts: Vec<LivePart>,
}

/// A part without what is gone.
#[derive(Debug, Clone)]
struct LivePart {
    part: Arc<Part>,
    /// Documents that are there.
    alive: Arc<RoaringBitmap>,
}

impl TextIndex {
    /// Indexes all of `numbers`, ascending.
    pub(super) fn build(numbers: impl Iterator<Item = u64>, texts_of: &TextsOf<'_>) -> Result<Self> {
        let part = LivePart::build(numbers, texts_of)?;
        Ok(Self { parts: part.into_iter().collect() })
    }

    /// The index after the texts of `changed` became what `texts_of` gives now.
    pub(super) fn with_changes(&self, changed: &RoaringTreemap, texts_of: &TextsOf<'_>) -> Result<Self> {
        let mut parts: Vec<LivePart> = self
            .parts
            .iter()
            .map(|part| part.without(changed))
            .filter(|part| !part.alive.is_empty())
            .collect();
        let mut fresh: RoaringTreemap = changed.iter().filter(|&number| texts_of(number).is_some()).collect();
        while let Some(last) = parts.last() {
            let is_hollow = last.alive.len() * 2 < last.part.numbers.len() as u64;
            if !is_hollow && last.alive.len() > fresh.len() * MERGE_FACTOR {
                break;
            }
            fresh.extend(last.numbers());
            parts.pop();
        }
        parts.extend(LivePart::build(fresh.iter(), texts_of)?);
        Ok(Self { parts })
    }
}

impl LivePart {
    fn build(numbers: impl Iterator<Item = u64>, texts_of: &TextsOf<'_>) -> Result<Option<Self>> {
        let part = Part::build(numbers.filter_map(|number| Some((number, texts_of(number)?))))?;
        let count = part.numbers.len() as u32;
        if count == 0 {
            return Ok(None);
        }
        let alive = (0..count).collect();
        Ok(Some(Self { part: Arc::new(part), alive: Arc::new(alive) }))
    }

    /// The part where those of `changed` are gone.
    fn without(&self, changed: &RoaringTreemap) -> Self {
        let gone = changed.iter().filter_map(|number| self.part.numbers.binary_search(&number).ok());
        let gone: RoaringBitmap = gone.map(|document| document as u32).collect();
        if self.alive.is_disjoint(&gone) {
            return self.clone();
        }
        Self { part: Arc::clone(&self.part), alive: Arc::new(&*self.alive - &gone) }
    }

    fn numbers(&self) -> impl Iterator<Item = u64> {
        self.alive.iter().map(|document| self.part.numbers[document as usize])
    }
}

impl<'a> Texts<'a> {
    /// What of a semantic specification is found by words.
    pub(super) fn of(semantic: &'a SemanticSpecification) -> Self {
        fn list<T: Copy>(words: &mut Vec<&str>, values: &[T], word: fn(T) -> &'static str) {
            words.extend(values.iter().map(|&value| word(value)));
        }
        let mut tags: Vec<&str> = Vec::new();
        list(&mut tags, &semantic.data, learnware_engine::semantic::DataType::word);
        list(&mut tags, &semantic.task, learnware_engine::semantic::Task::word);
        list(&mut tags, &semantic.model, learnware_engine::semantic::ModelKind::word);
        list(&mut tags, &semantic.library, learnware_engine::semantic::Library::word);
        list(&mut tags, &semantic.scenario, learnware_engine::semantic::Scenario::word);
        list(&mut tags, &semantic.license, learnware_engine::semantic::License::word);
        for dimensions in [&semantic.input, &semantic.output].into_iter().flatten() {
            tags.extend(dimensions.description.values().map(String::as_str));
            tags.extend(dimensions.columns.iter().flatten().map(|column| column.name.as_str()));
        }
        // A line break is no part of any word, so words of two tags never touch.
        Self([semantic.name.as_str().into(), tags.join("\n").into(), semantic.description.as_str().into()])
    }
}
