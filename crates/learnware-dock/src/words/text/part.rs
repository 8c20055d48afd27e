//! A part of the word index: some learnwares, never changed once built. The only file that knows tantivy.
//!
//! Each token is indexed as it is, for beginnings and misspellings, and under its stem, for the forms of a
//! word.

use std::ops::RangeInclusive;

use tantivy::directory::RamDirectory;
use tantivy::index::{IndexBuilder, InvertedIndexReader, SegmentReader};
use tantivy::postings::Postings as _;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{DocSet as _, TERMINATED, TantivyDocument, Term};

use super::{FIELDS, Texts};
use crate::error::{DockError, Result};
use crate::words::tokens::{self, TokenKind};

/// Memory with which building begins; it grows with the texts.
const BUILD_BYTES: usize = 15_000_000;
/// Stands before a stem; no token begins with it.
const STEM: char = '\u{1}';

/// Some learnwares and where their words are.
pub(super) struct Part {
    /// Their numbers, ascending; the place here is tantivy's document.
    pub(super) numbers: Vec<u64>,
    segment: SegmentReader,
    fields: [Field; FIELDS],
    /// Codes of the lengths of their texts, by field and document.
    lengths: [Vec<u8>; FIELDS],
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Needle {
    /// A word and its relatives, by their stem.
    Stem(String),
    /// A token as it is.
    Token(String),
    /// Tokens with this beginning.
    Beginning(String),
}

impl Part {
    /// Indexes the texts; numbers ascend.
    pub(super) fn build<'a>(texts: impl Iterator<Item = (u64, Texts<'a>)>) -> Result<Self> {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqs);
        let options = TextOptions::default().set_indexing_options(indexing);
        let fields = std::array::from_fn(|field| schema.add_text_field(&field.to_string(), options.clone()));
        let mut writer = IndexBuilder::new()
            .schema(schema.build())
            .single_segment_index_writer(RamDirectory::create(), BUILD_BYTES)
            .map_err(failed)?;
        let mut numbers: Vec<u64> = Vec::new();
        for (number, texts) in texts {
            debug_assert!(numbers.last().is_none_or(|last| *last < number));
            let mut document = TantivyDocument::default();
            for (field, text) in fields.iter().zip(&texts.0) {
                document.add_pre_tokenized_text(*field, terms_of(text));
            }
            writer.add_document(document).map_err(failed)?;
            numbers.push(number);
        }
        let index = writer.finalize().map_err(failed)?;
        let segments = index.searchable_segments().map_err(failed)?;
        let segment = segments.first().ok_or_else(|| failed("it has no segment"))?;
        let segment = SegmentReader::open(segment).map_err(failed)?;
        let mut lengths: [Vec<u8>; FIELDS] = Default::default();
        for (field, lengths) in fields.iter().zip(&mut lengths) {
            let reader = segment.get_fieldnorms_reader(*field).map_err(failed)?;
            *lengths = (0..segment.max_doc()).map(|document| reader.fieldnorm_id(document)).collect();
        }
        if numbers.len() != segment.max_doc() as usize {
            return Err(failed("documents are missing"));
        }
        Ok(Self { numbers, segment, fields, lengths })
    }

    /// Code of the length of a text.
    pub(super) fn length_code(&self, field: usize, document: u32) -> u8 {
        self.lengths[field][document as usize]
    }

    /// Length of a text, in terms, that a code stands for.
    pub(super) fn length_of_code(code: u8) -> u32 {
        tantivy::fieldnorm::FieldNormReader::id_to_fieldnorm(code)
    }

    /// Tells `visit` the document, the field and how often the needle is there.
    pub(super) fn visit(&self, needle: &Needle, mut visit: impl FnMut(u32, usize, u32)) -> Result<()> {
        for (place, field) in self.fields.iter().enumerate() {
            let inverted = self.segment.inverted_index(*field).map_err(failed)?;
            match needle {
                Needle::Stem(stem) => {
                    visit_term(&inverted, *field, &format!("{STEM}{stem}"), place, &mut visit)?;
                }
                Needle::Token(token) => visit_term(&inverted, *field, token, place, &mut visit)?,
                Needle::Beginning(beginning) => {
                    let range = beginning.clone()..=format!("{beginning}{}", char::MAX);
                    visit_range(&inverted, &range, place, &mut visit)?;
                }
            }
        }
        Ok(())
    }

    /// Tokens that become `word` by at most `distance` changes of a letter, or of two neighbours' order.
    pub(super) fn similar(&self, word: &str, distance: u8) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for field in self.fields {
            let query = FuzzyTermQuery::new(Term::from_field_text(field, word), distance, true);
            let automaton = query.automaton().map_err(failed)?;
            let inverted = self.segment.inverted_index(field).map_err(failed)?;
            // Stems come first in the order of terms and are no spellings.
            let range = inverted.terms().search(automaton).gt(STEM.to_string() + &char::MAX.to_string());
            let mut stream = range.into_stream().map_err(failed)?;
            while stream.advance() {
                found.extend(std::str::from_utf8(stream.key()).map(ToOwned::to_owned));
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }
}

fn visit_term(
    inverted: &InvertedIndexReader,
    field: Field,
    term: &str,
    place: usize,
    visit: &mut impl FnMut(u32, usize, u32),
) -> Result<()> {
    let term = Term::from_field_text(field, term);
    let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::WithFreqs).map_err(failed)?
    else {
        return Ok(());
    };
    while postings.doc() != TERMINATED {
        visit(postings.doc(), place, postings.term_freq());
        postings.advance();
    }
    Ok(())
}

fn visit_range(
    inverted: &InvertedIndexReader,
    range: &RangeInclusive<String>,
    place: usize,
    visit: &mut impl FnMut(u32, usize, u32),
) -> Result<()> {
    let terms = inverted.terms().range().ge(range.start()).le(range.end());
    let mut stream = terms.into_stream().map_err(failed)?;
    while stream.advance() {
        let option = IndexRecordOption::WithFreqs;
        let mut postings = inverted.read_postings_from_terminfo(stream.value(), option).map_err(failed)?;
        while postings.doc() != TERMINATED {
            visit(postings.doc(), place, postings.term_freq());
            postings.advance();
        }
    }
    Ok(())
}

/// The terms of a text: its tokens, and the stems of its words.
fn terms_of(text: &str) -> PreTokenizedString {
    let mut terms = Vec::new();
    let mut push = |position: usize, text: String| {
        terms.push(Token { offset_from: 0, offset_to: 0, position, text, position_length: 1 });
    };
    for (position, token) in tokens::tokens(text).into_iter().enumerate() {
        if token.kind == TokenKind::Word {
            push(position, format!("{STEM}{}", tokens::stem(&token.text)));
        }
        push(position, token.text);
    }
    // The text itself is not kept.
    PreTokenizedString { text: String::new(), tokens: terms }
}

fn failed(reason: impl std::fmt::Display) -> DockError {
    DockError::TextIndex { reason: reason.to_string() }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("learnwares", &self.numbers.len()).finish_non_exhaustive()
    }
}
