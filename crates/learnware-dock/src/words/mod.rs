//! Finds learnwares by words and tags: full text, filters, counts by tag, orders, pages.
//!
//! [`Words`] belongs to a snapshot of the catalog and, like the market, is never changed: a change makes a new
//! one that shares what stayed. Numbers of learnwares are the places of all bitmaps. The index of the texts is
//! made when words are first looked for, and kept in step from then on; tags and what sorting needs are always
//! there. The exact and fuzzy comparison of the reference is not here but in the engine.

mod highlight;
mod pages;
mod query;
mod shelf;
mod tags;
mod text;
mod tokens;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use learnware_engine::learnware::{Learnware, LearnwareId};
use learnware_engine::market::Market;
use roaring::RoaringTreemap;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::LearnwareNumber;
pub use highlight::{Excerpt, Piece};
pub use pages::{Cursor, Sort};
use pages::{Key, Place};
pub use query::{Filters, QUERY_CHARS_MAX, QUERY_WORDS_MAX, Query};
use shelf::{Entry, Shelf};
use tags::Tags;
pub use tags::{Facet, FacetCounts};
use text::{Frozen, Reading, Scan, TextIndex, Texts};

/// What is looked for, and which part of the answer is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Words and filters.
    pub query: Query,
    /// Order of the answer.
    pub sort: Sort,
    /// Learnwares on a page at most.
    pub limit: usize,
    /// Goes on after an earlier page.
    pub cursor: Option<Cursor>,
    /// Kinds of tags to count.
    pub facets: Vec<Facet>,
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// All that was found, on this page and others.
    pub total: u64,
    /// Learnwares that could be found.
    pub searched: u64,
    /// The learnwares of this page, in order.
    pub hits: Vec<Hit>,
    /// Where the next page begins; `None` when this is the last one.
    pub next: Option<Cursor>,
    /// Counts by tag, in the order asked for.
    pub facets: Vec<FacetCounts>,
    /// How the words were read.
    pub readings: Readings,
}

/// A learnware that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Which.
    pub id: LearnwareId,
    /// How well the words match; only comparable within one answer.
    pub score: Option<f32>,
    /// Where the words lie in its texts.
    pub excerpts: Vec<Excerpt>,
}

/// How the words of a query were read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readings {
    /// Whether all words had to be found.
    pub matching: Matching,
    /// Words that no learnware has, and the similar ones that were looked for in their place.
    pub similar: Vec<(String, Vec<String>)>,
    /// Words that no learnware has, nor anything similar.
    pub unknown: Vec<String>,
}

/// Whether all words had to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matching {
    /// What was found has all words.
    #[default]
    All,
    /// Nothing has all words; what was found has at least half of them.
    Half,
}

/// Learnwares that match a query, for a search that compares data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matches {
    /// Which; `None` when nothing is asked for.
    pub ids: Option<BTreeSet<LearnwareId>>,
    /// How the words were read.
    pub readings: Readings,
}

/// Words and tags of the learnwares that searches find, at one revision.
#[derive(Debug, Clone, Default)]
pub struct Words {
    tags: Tags,
    shelf: Shelf,
    /// Made when words are first looked for.
    text: OnceLock<TextIndex>,
}

/// A learnware that is there now, with what its row says.
#[derive(Debug)]
pub(crate) struct Present {
    pub(crate) size_bytes: u64,
    pub(crate) created_at: Timestamp,
}

impl Words {
    /// The same after changes that led to `market`; who is not present is gone from it.
    pub(crate) fn with_changes(
        &self,
        changes: &[(LearnwareNumber, Option<Present>)],
        market: &Market,
    ) -> Self {
        let mut next = Self { tags: self.tags.clone(), shelf: self.shelf.clone(), text: OnceLock::new() };
        let mut changed = RoaringTreemap::new();
        for (number, present) in changes {
            let place = place_of(*number);
            changed.insert(place);
            if next.shelf.get(place).is_some() {
                next.tags.remove(place);
                next.shelf.remove(place);
            }
            let learnware = market.organizer().get(&number.id());
            if let (Some(present), Some(learnware)) = (present, learnware) {
                let name = &learnware.specification.semantic.name;
                next.tags.add(place, learnware);
                next.shelf.insert(place, Entry::new(name, present.size_bytes, present.created_at));
            }
        }
        // Where this fails the index is made anew when it is needed, and the failure is seen there.
        let text = self.text.get().map(|text| text.with_changes(&changed, &|place| texts_of(market, place)));
        if let Some(Ok(text)) = text {
            next.text = OnceLock::from(text);
        }
        next
    }

    /// A page of the learnwares that match, without those that are hidden.
    pub(crate) fn find(
        &self,
        market: &Market,
        request: &Request,
        hidden: impl Iterator<Item = LearnwareNumber>,
    ) -> Result<Found> {
        let hidden: RoaringTreemap = hidden.map(place_of).collect();
        let Request { query, sort, cursor, .. } = request;
        if let Some(cursor) = cursor {
            cursor.check(query, *sort)?;
        }
        let text = self.text(query, market)?;
        let scan = Scan::new(text, &query.words, cursor.as_ref().map(|cursor| cursor.words.as_slice()))?;
        let passing = self.tags.passing(&query.filters, None, &self.shelf);
        let before = cursor.as_ref().map(|cursor| cursor.needed.into());
        let passes = |place: u64| {
            !hidden.contains(place) && passing.as_ref().is_none_or(|passing| passing.contains(place))
        };
        let (needed, scores) = self.matching(query, &scan, &passes, before);
        let counted = if request.facets.is_empty() { &[][..] } else { &scores };
        let having: RoaringTreemap = counted.iter().map(|(place, _)| *place).collect();
        let having = having - &hidden;
        let sort = if *sort == Sort::Relevance && !query.has_words() { Sort::Id } else { *sort };
        let places = scores.into_iter().filter(|(place, _)| passes(*place));
        let mut places: Vec<Place> = places.map(|(place, score)| self.place(place, score, sort)).collect();
        let total = places.len() as u64;
        if let Some(cursor) = cursor {
            places.retain(|place| place.order(&cursor.last).is_gt());
        }
        let is_last_page = places.len() <= request.limit;
        first_of(&mut places, request.limit);
        let next = places
            .last()
            .filter(|_| !is_last_page)
            .map(|last| Cursor::new(query, request.sort, last.clone(), needed, scan.frozen()));
        Ok(Found {
            total,
            searched: self.shelf.len().saturating_sub(hidden.len()),
            hits: places.iter().map(|place| hit(place, market, query, &scan)).collect(),
            next,
            facets: request.facets.iter().map(|facet| self.facet(*facet, &query.filters, &having)).collect(),
            readings: readings(query, &scan, needed),
        })
    }

    /// All learnwares that match.
    pub(crate) fn matches(&self, market: &Market, query: &Query) -> Result<Matches> {
        if query.is_empty() {
            return Ok(Matches::default());
        }
        let scan = Scan::new(self.text(query, market)?, &query.words, None)?;
        let passing = self.tags.passing(&query.filters, None, &self.shelf);
        let passes = |place: u64| passing.as_ref().is_none_or(|passing| passing.contains(place));
        let (needed, scores) = self.matching(query, &scan, &passes, None);
        let ids = scores.iter().map(|(place, _)| *place).filter(|place| passes(*place)).map(id_of).collect();
        Ok(Matches { ids: Some(ids), readings: readings(query, &scan, needed) })
    }

    /// The index of the texts, which is made when the first word is looked for.
    fn text(&self, query: &Query, market: &Market) -> Result<&TextIndex> {
        static NOTHING: OnceLock<TextIndex> = OnceLock::new();
        if !query.has_words() {
            return Ok(NOTHING.get_or_init(TextIndex::default));
        }
        if let Some(text) = self.text.get() {
            return Ok(text);
        }
        let numbers = self.shelf.iter().map(|(place, _)| place);
        let built = TextIndex::build(numbers, &|place| texts_of(market, place))?;
        Ok(self.text.get_or_init(|| built))
    }

    /// How many words had to be found, and who has so many, filters aside. All words, unless nobody who passes the
    /// filters has them; then half.
    fn matching(
        &self,
        query: &Query,
        scan: &Scan<'_>,
        passes: &dyn Fn(u64) -> bool,
        needed: Option<usize>,
    ) -> (usize, Vec<(u64, f32)>) {
        let all = query.words.len();
        if all == 0 {
            return (0, self.shelf.iter().map(|(place, _)| (place, 0.0)).collect());
        }
        if let Some(needed) = needed {
            return (needed, scan.found(needed));
        }
        let having_all = scan.found(all);
        if all == 1 || having_all.iter().any(|(place, _)| passes(*place)) {
            return (all, having_all);
        }
        let half = all.div_ceil(2);
        (half, scan.found(half))
    }

    fn place(&self, number: u64, score: f32, sort: Sort) -> Place {
        let entry = self.shelf.get(number);
        let key = match sort {
            Sort::Relevance => Key::Score(score),
            Sort::Newest => Key::Time(entry.map_or(0, |entry| entry.created_at.microseconds())),
            Sort::Name => Key::Name(entry.map_or_else(String::new, |entry| entry.name.clone())),
            Sort::Size => Key::Size(entry.map_or(0, |entry| entry.size_bytes)),
            Sort::Id => Key::None,
        };
        Place { key, number }
    }

    fn facet(&self, facet: Facet, filters: &Filters, having: &RoaringTreemap) -> FacetCounts {
        match self.tags.passing(filters, Some(facet), &self.shelf) {
            Some(passing) => self.tags.counts(facet, &(passing & having)),
            None => self.tags.counts(facet, having),
        }
    }
}

/// Cuts to the `limit` that come first, in order.
fn first_of(places: &mut Vec<Place>, limit: usize) {
    if limit < places.len() {
        places.select_nth_unstable_by(limit, Place::order);
        places.truncate(limit);
    }
    places.sort_unstable_by(Place::order);
}

fn hit(place: &Place, market: &Market, query: &Query, scan: &Scan<'_>) -> Hit {
    let id = id_of(place.number);
    let learnware = market.organizer().get(&id);
    let excerpts =
        learnware.map(|learnware| highlight::excerpts(&learnware.specification.semantic, query, scan));
    let score = if let Key::Score(score) = place.key { Some(score) } else { None };
    Hit { id, score, excerpts: excerpts.unwrap_or_default() }
}

fn readings(query: &Query, scan: &Scan<'_>, needed: usize) -> Readings {
    let mut readings = Readings::default();
    if needed < query.words.len() {
        readings.matching = Matching::Half;
    }
    for (place, (word, Frozen { reading, .. })) in query.words.iter().zip(scan.frozen()).enumerate() {
        match reading {
            Reading::Unknown => readings.unknown.push(word.text.clone()),
            Reading::Similar(_) => {
                readings.similar.push((word.text.clone(), scan.similar(place).iter().cloned().collect()));
            }
            Reading::AsTyped | Reading::Beginning => {}
        }
    }
    readings
}

fn place_of(number: LearnwareNumber) -> u64 {
    u64::try_from(number.0).unwrap_or(0)
}

fn id_of(place: u64) -> LearnwareId {
    LearnwareNumber(i64::try_from(place).unwrap_or(i64::MAX)).id()
}

fn texts_of(market: &Market, place: u64) -> Option<Texts<'_>> {
    let learnware: &Learnware = market.organizer().get(&id_of(place))?;
    Some(Texts::of(&learnware.specification.semantic))
}
