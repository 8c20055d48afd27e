//! Tags of learnwares as bitmaps over their numbers: filters, and how many learnwares have each tag.

use std::collections::BTreeMap;
use std::sync::Arc;

use learnware_engine::learnware::{Learnware, ModelFormat};
use learnware_engine::semantic::{DataType, Library, License, ModelKind, Scenario, Task};
use roaring::RoaringTreemap;

use super::query::Filters;
use super::shelf::Shelf;

/// A kind of tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// Kind of data.
    Data,
    /// What it does.
    Task,
    /// Kind of language model.
    Model,
    /// Library it was made with.
    Library,
    /// Field of use.
    Scenario,
    /// Licence.
    License,
    /// How the model is stored.
    Format,
}

impl Facet {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Task, Self::Data, Self::Scenario, Self::License, Self::Library, Self::Model, Self::Format];

    /// Its word in queries and documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Task => "task",
            Self::Model => "model",
            Self::Library => "library",
            Self::Scenario => "scenario",
            Self::License => "license",
            Self::Format => "format",
        }
    }
}

/// How many of the learnwares found have each tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCounts {
    /// The kind of tag.
    pub facet: Facet,
    /// Tags and counts, most frequent first; the filter on this kind of tag itself is not applied, so that the
    /// counts say what another choice would find.
    pub counts: Vec<(&'static str, u64)>,
}

/// The tags at one revision; a change shares what it leaves alone.
#[derive(Debug, Clone, Default)]
pub(super) struct Tags {
    bitmaps: BTreeMap<(Facet, &'static str), Arc<RoaringTreemap>>,
}

impl Tags {
    /// Adds the tags of a learnware.
    pub(super) fn add(&mut self, number: u64, learnware: &Learnware) {
        for tag in tags_of(learnware) {
            Arc::make_mut(self.bitmaps.entry(tag).or_default()).insert(number);
        }
    }

    /// Removes the tags of a learnware.
    pub(super) fn remove(&mut self, number: u64) {
        for bitmap in self.bitmaps.values_mut().filter(|bitmap| bitmap.contains(number)) {
            Arc::make_mut(bitmap).remove(number);
        }
        self.bitmaps.retain(|_, bitmap| !bitmap.is_empty());
    }

    /// Those that pass the filters, but for the one on `except`; `None` when there is no filter.
    pub(super) fn passing(
        &self,
        filters: &Filters,
        except: Option<Facet>,
        shelf: &Shelf,
    ) -> Option<RoaringTreemap> {
        let wanted = wanted(filters);
        let asked = wanted.iter().filter(|(facet, words)| Some(*facet) != except && !words.is_empty());
        let mut sets: Vec<RoaringTreemap> = asked.map(|(facet, words)| self.any(*facet, words)).collect();
        if filters.size_bytes_min.is_some() || filters.size_bytes_max.is_some() {
            let least = filters.size_bytes_min.unwrap_or(0);
            let most = filters.size_bytes_max.unwrap_or(u64::MAX);
            let fits = |size: u64| (least..=most).contains(&size);
            sets.push(
                shelf.iter().filter(|(_, entry)| fits(entry.size_bytes)).map(|(number, _)| number).collect(),
            );
        }
        if !filters.exclude.is_empty() {
            let mut others: RoaringTreemap = shelf.iter().map(|(number, _)| number).collect();
            for excluded in &filters.exclude {
                others.remove(super::place_of(*excluded));
            }
            sets.push(others);
        }
        sets.sort_by_key(RoaringTreemap::len);
        sets.into_iter().reduce(|all, next| all & next)
    }

    /// How many of `found` have each tag of a kind.
    pub(super) fn counts(&self, facet: Facet, found: &RoaringTreemap) -> FacetCounts {
        let of_kind = self.bitmaps.iter().filter(|((kind, _), _)| *kind == facet);
        let mut counts: Vec<(&'static str, u64)> =
            of_kind.map(|((_, word), bitmap)| (*word, bitmap.intersection_len(found))).collect();
        counts.retain(|(_, count)| *count > 0);
        counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        FacetCounts { facet, counts }
    }

    fn any(&self, facet: Facet, words: &[&'static str]) -> RoaringTreemap {
        let found = words.iter().filter_map(|word| self.bitmaps.get(&(facet, *word)));
        found.fold(RoaringTreemap::new(), |all, bitmap| all | &**bitmap)
    }
}

/// The words asked for, by kind.
fn wanted(filters: &Filters) -> [(Facet, Vec<&'static str>); 7] {
    fn words<T: Copy>(values: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
        values.iter().map(|&value| word(value)).collect()
    }
    [
        (Facet::Data, words(&filters.data, DataType::word)),
        (Facet::Task, words(&filters.task, Task::word)),
        (Facet::Model, words(&filters.model, ModelKind::word)),
        (Facet::Library, words(&filters.library, Library::word)),
        (Facet::Scenario, words(&filters.scenario, Scenario::word)),
        (Facet::License, words(&filters.license, License::word)),
        (Facet::Format, words(&filters.format, ModelFormat::word)),
    ]
}

fn tags_of(learnware: &Learnware) -> Vec<(Facet, &'static str)> {
    let semantic = &learnware.specification.semantic;
    let own = Filters {
        data: semantic.data.clone(),
        task: semantic.task.clone(),
        model: semantic.model.clone(),
        library: semantic.library.clone(),
        scenario: semantic.scenario.clone(),
        license: semantic.license.clone(),
        format: vec![learnware.format],
        ..Filters::default()
    };
    let own = wanted(&own).into_iter();
    own.flat_map(|(facet, words)| words.into_iter().map(move |word| (facet, word))).collect()
}
