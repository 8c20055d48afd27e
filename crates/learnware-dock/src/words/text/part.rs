//! A part of the word index: some learnwares, never changed once built. The only file that knows tantivy.
//!
//! Each token is indexed as it is, for beginnings and misspellings, and under its stem, for the forms of a
//! word.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use tantivy::directory::RamDirectory;
use tantivy::index::{IndexBuilder, InvertedIndexReader, SegmentReader};
use tantivy::postings::Postings as _;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer, TokenizerManager};
use tantivy::{DocSet as _, TERMINATED, TantivyDocument, Term};

use super::{FIELDS, Needle, Texts};
use crate::error::{DockError, Result};
use crate::words::tokens::{self, TokenKind};

/// Memory with which building begins, for each learnware; it grows with the texts.
const BUILD_BYTES_EACH: usize = 50_000;
/// Memory with which building begins at least and at most: less tantivy refuses, more is seldom used.
const BUILD_BYTES: RangeInclusive<usize> = 1_000_000..=15_000_000;
/// Our way of cutting texts, as tantivy knows it.
const TOKENIZER: &str = "terms";
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

impl Part {
    /// Indexes the texts; numbers ascend.
    pub(super) fn build<'a>(texts: impl Iterator<Item = (u64, Texts<'a>)>) -> Result<Self> {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_index_option(IndexRecordOption::WithFreqs);
        let tokenizers = TokenizerManager::new();
        tokenizers.register(TOKENIZER, Terms::default());
        let options = TextOptions::default().set_indexing_options(indexing);
        let count = texts.size_hint().1.unwrap_or(usize::MAX);
        let memory = count.saturating_mul(BUILD_BYTES_EACH).clamp(*BUILD_BYTES.start(), *BUILD_BYTES.end());
        let fields = std::array::from_fn(|field| schema.add_text_field(&field.to_string(), options.clone()));
        let mut writer = IndexBuilder::new()
            .schema(schema.build())
            .tokenizers(tokenizers)
            .single_segment_index_writer(RamDirectory::create(), memory)
            .map_err(failed)?;
        let mut numbers: Vec<u64> = Vec::new();
        for (number, texts) in texts {
            debug_assert!(numbers.last().is_none_or(|last| *last < number));
            let mut document = TantivyDocument::default();
            for (field, text) in fields.iter().zip(&texts.0) {
                document.add_text(*field, text);
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

/// The terms of texts: their tokens, and the stems of their words.
#[derive(Clone, Default)]
struct Terms {
    /// Stems of the words met so far: a word is met often.
    stems: HashMap<String, String>,
}

/// The terms of one text.
struct TermStream<'a> {
    terms: &'a mut Terms,
    rest: std::vec::IntoIter<tokens::Token>,
    /// The token whose stem was given last.
    word: Option<String>,
    current: Token,
}

impl Tokenizer for Terms {
    type TokenStream<'a> = TermStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TermStream<'a> {
        let rest = tokens::tokens(text).into_iter();
        TermStream { terms: self, rest, word: None, current: Token { position: 0, ..Token::default() } }
    }
}

impl TokenStream for TermStream<'_> {
    fn advance(&mut self) -> bool {
        if let Some(word) = self.word.take() {
            self.current.text = word;
            return true;
        }
        let Some(token) = self.rest.next() else { return false };
        match token.kind {
            TokenKind::Pair => self.current.text = token.text,
            TokenKind::Word => {
                let stem = match self.terms.stems.get(&token.text) {
                    Some(stem) => stem,
                    None => self.terms.stems.entry(token.text.clone()).or_insert(tokens::stem(&token.text)),
                };
                self.current.text.clear();
                self.current.text.push(STEM);
                self.current.text.push_str(stem);
                self.word = Some(token.text);
            }
        }
        true
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}

fn failed(reason: impl std::fmt::Display) -> DockError {
    DockError::TextIndex { reason: reason.to_string() }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("learnwares", &self.numbers.len()).finish_non_exhaustive()
    }
}
