//! Who looks on while data is read and specifications are made.

use crate::said::Said;

/// A step of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Rows are read to find out what the columns are.
    Columns,
    /// Texts are read.
    Texts,
    /// Images are read.
    Images,
    /// Texts become numbers.
    EmbeddingTexts,
    /// Images become numbers.
    EmbeddingImages,
    /// A language model learns from texts.
    Learning,
    /// Numbers become a specification.
    Specification,
    /// The same by the reference's algorithm for images.
    ReferenceSpecification,
    /// The specification is compared with the data.
    Report,
}

impl Stage {
    /// What is done, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Columns => "reading the columns",
            Self::Texts => "reading texts",
            Self::Images => "reading images",
            Self::EmbeddingTexts => "embedding texts",
            Self::EmbeddingImages => "embedding images",
            Self::Learning => "learning from texts",
            Self::Specification => "making the specification",
            Self::ReferenceSpecification => "making the reference's specification",
            Self::Report => "comparing it with the data",
        }
    }
}

/// Shows how far a stage is, and ends when it is dropped.
pub trait Progress {
    /// So many steps are done.
    fn reached(&self, done: u64);
}

/// Gets warnings and progress.
pub trait Watcher {
    /// Something that is possible but seldom wanted.
    fn warning(&self, said: Said);

    /// A stage begins, of so many steps where that is known.
    fn begin(&self, stage: Stage, total: Option<u64>) -> Box<dyn Progress>;
}

/// Nobody looks on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Watcher for Nobody {
    fn warning(&self, _said: Said) {}

    fn begin(&self, _stage: Stage, _total: Option<u64>) -> Box<dyn Progress> {
        Box::new(Self)
    }
}

impl Progress for Nobody {
    fn reached(&self, _done: u64) {}
}
