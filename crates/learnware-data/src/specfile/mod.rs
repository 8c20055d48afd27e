//! Specification files, and specifications made from data on the spot.
//!
//! A file of `learnware spec` is the reference's JSON with one key more for tables, `input`: the description of
//! the columns, by which a market can match columns by name. The reference ignores it.

mod large;
mod numbers;

use std::path::Path;

use learnware_engine::image::embed;
use learnware_engine::numeric::Matrix;
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::{Column, DataType, Dimensions};
use learnware_engine::specification::codec::{self, SpecificationKind};
use learnware_engine::specification::parameters::LanguageBase;
use learnware_engine::specification::torch;
use learnware_engine::specification::{
    Embedding, IslandKernel, PrivacyBudget, Rkme, RkmeImage, RkmeParameters, RkmeText,
    StatisticalSpecification, column_moments, compat, generate, generate_private,
};
use learnware_engine::table::{self, InferOptions, Inferred, Labels, RawTable};
use learnware_engine::text::languages;
use serde_json::Value;

use crate::datafile::{self, Content, Data, DataOptions, Pictures};
use crate::disclosure::Disclosure;
use crate::embedders::{self, Embedders};
use crate::error::{Placed as _, Result, refused};
use crate::files::{Files, Location};
use crate::said::{self, said};
use crate::tablefile::Source;
use crate::watcher::{Stage, Watcher};

pub use numbers::Numbers;

/// Rows on which the distance between data and specification is measured.
const ROWS_MEASURED: usize = 4096;
/// Rows of a block while it is measured.
const ROWS_AT_ONCE: usize = 256;

/// Chance that differential privacy fails, when none is said.
pub const DELTA: f64 = 1e-6;

/// A specification, with the description of its inputs where it is known.
#[derive(Debug, Clone)]
pub struct Described {
    /// The specification.
    pub specification: StatisticalSpecification,
    /// Its inputs.
    pub input: Option<Dimensions>,
}

/// A specification with all that it was made from.
#[derive(Debug)]
pub struct Generated {
    /// The specification.
    pub specification: StatisticalSpecification,
    /// The columns of a table.
    pub input: Option<Dimensions>,
    /// The data.
    pub data: Data,
    /// The data as numbers, absent ones as the model takes them; none for the reference's images.
    pub numbers: Matrix,
    /// What it tells about single rows.
    pub disclosure: Disclosure,
    /// Squared maximum mean discrepancy between the specification and (a sample of) the data; 0 for a parameter vector,
    /// which is nothing but what was learned.
    pub distance: f64,
}

/// Squared maximum mean discrepancy between points and (a sample of) the rows.
fn distance_to_data(rkme: &Rkme, data: &Matrix) -> f64 {
    let rows = Stream::new(0).sample(data.rows(), ROWS_MEASURED);
    distance_to_rows(rkme, &data.select_rows(&rows))
}

/// Squared maximum mean discrepancy between points and rows, in columns scaled as the rows are.
fn distance_to_rows(rkme: &Rkme, rows: &Matrix) -> f64 {
    let (means, deviations) = column_moments(rows);
    let kernel = IslandKernel::scaled(&means, &deviations);
    let all: Vec<usize> = (0..rows.rows()).collect();
    // Sums are in double precision; a kernel value is off by 1e-7 at most, and twice as many are taken at once.
    let blocks: Vec<Embedding<f32>> = all
        .chunks(ROWS_AT_ONCE)
        .map(|block| {
            let weights = vec![1.0 / rows.rows() as f64; block.len()];
            Embedding::from_points(kernel.prepare(&rows.select_rows(block)), weights, kernel.shape)
        })
        .collect();
    let points = Embedding::new(rkme, &kernel);
    let mut distance = points.norm_squared();
    for (place, block) in blocks.iter().enumerate() {
        // Each pair of blocks once: half of the work.
        let between: f64 = blocks[..place].iter().map(|other| block.inner_product(other)).sum();
        distance += block.norm_squared() + 2.0 * between - 2.0 * points.inner_product(block);
    }
    distance.max(0.0)
}

/// A specification and what is known of it, without the data.
#[derive(Debug)]
pub struct Report {
    /// The specification.
    pub described: Described,
    /// What it tells about single rows.
    pub disclosure: Disclosure,
    /// Squared maximum mean discrepancy between the specification and (a sample of) the data.
    pub distance: f64,
    /// The label column, by its name; `None` where none was asked for, a label is absent, or the table is not held.
    pub labels: Option<(String, Labels)>,
    /// The data as numbers; `None` where there are none, or the table is not held.
    pub numbers: Option<Matrix>,
}

/// Points, seed and algorithm of a specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Points; fewer where there are fewer rows.
    pub reduced_set_size: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// Whether the reference's algorithm is used.
    pub compat: bool,
}

impl Default for Generation {
    fn default() -> Self {
        Self { reduced_set_size: 100, seed: 0, compat: false }
    }
}

/// What differential privacy is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Bound on what one row changes.
    pub epsilon: f64,
    /// Chance that the bound fails; [`DELTA`] when `None`.
    pub delta: Option<f64>,
    /// Seed of the noise: whoever knew it could take the noise away, so it is drawn and forgotten.
    pub secret_seed: u64,
}

/// How specifications are made.
pub struct Maker<'a> {
    /// How data is read.
    pub options: DataOptions,
    /// What the columns of a table are.
    pub columns: InferOptions,
    /// Points, seed and algorithm.
    pub generate: Generation,
    /// Who embeds texts and images.
    pub embedders: &'a Embedders,
    /// Channels, height and width of the images that the model takes; those of the data when `None`.
    pub image_shape: Option<[usize; 3]>,
    /// Whether images are described as the reference does, instead of by embeddings.
    pub reference_images: bool,
    /// Differential privacy.
    pub private: Option<Noise>,
    /// Where data lies.
    pub files: &'a dyn Files,
    /// Where progress and warnings go.
    pub watcher: &'a dyn Watcher,
}

impl<'a> Maker<'a> {
    /// A maker with the usual number of points.
    pub fn new(
        options: DataOptions,
        columns: InferOptions,
        embedders: &'a Embedders,
        (files, watcher): (&'a dyn Files, &'a dyn Watcher),
    ) -> Self {
        Self {
            options,
            columns,
            generate: Generation::default(),
            embedders,
            image_shape: None,
            reference_images: false,
            private: None,
            files,
            watcher,
        }
    }

    /// Reads the data and makes its specification.
    pub fn make(&self, path: &Path) -> Result<Generated> {
        self.describe(path, self.data(path)?)
    }

    fn data(&self, path: &Path) -> Result<Data> {
        let options = self.options.clone().for_images(self.image_shape);
        datafile::read(self.at(path), &options, self.watcher)
    }

    fn at<'b>(&'b self, path: &'b Path) -> Location<'b> {
        Location { files: self.files, path }
    }

    /// Makes the specification of data that nobody needs afterwards, so that tables may be of any size.
    pub fn report(&self, path: &Path) -> Result<Report> {
        let is_table = datafile::kind_of(self.at(path), &self.options)? == DataType::Table;
        if is_table && !self.generate.compat && self.private.is_none() {
            let source = Source::open(self.at(path), &self.options.table)?;
            if source.is_large()? {
                return large::report(self, path, &source);
            }
        }
        self.report_data(path, self.data(path)?)
    }

    /// The same of data that was read from there.
    pub fn report_data(&self, path: &Path, data: Data) -> Result<Report> {
        let Generated { specification, input, data, numbers, disclosure, distance } =
            self.describe(path, data)?;
        let labels = data.labels.as_ref().and_then(|column| {
            let labels = table::labels(column, &data.lines).ok()?;
            Some((column.name.clone(), labels))
        });
        let numbers = (numbers.rows() > 0).then_some(numbers);
        Ok(Report { described: Described { specification, input }, disclosure, distance, labels, numbers })
    }

    /// Makes the specification of data that was read from there.
    pub fn describe(&self, path: &Path, data: Data) -> Result<Generated> {
        if data.kind() != DataType::Table {
            require_several(path, &data)?;
        }
        let made = match &data.content {
            Content::Table(table) => self.table(table).at(path)?,
            Content::Texts(texts) => self.texts(texts).at(path)?,
            Content::Images(pictures) if self.reference_images => {
                let (specification, distance) = self.reference(pictures).at(path)?;
                Made {
                    specification,
                    input: None,
                    numbers: Matrix::default(),
                    disclosure: Disclosure::Unknown,
                    distance,
                }
            }
            Content::Images(pictures) => self.images(pictures).at(path)?,
        };
        let Made { specification, input, numbers, disclosure, distance } = made;
        self.tell_one_point(&specification);
        Ok(Generated { specification, input, data, numbers, disclosure, distance })
    }

    /// Says so when a specification that might have many points has one: it tells a place, but no distribution.
    fn tell_one_point(&self, specification: &StatisticalSpecification) {
        let rkme = specification.rkme();
        if rkme.points().rows() > 1 || self.generate.reduced_set_size == 1 {
            return;
        }
        self.watcher.warning(said!(
            "one-point",
            "the specification of {rows} examples has one point only: it tells where they lie, not how they spread, and \
             distances to it mean little; give more, a few hundred describe a distribution well",
            rows = rkme.row_count()
        ));
    }

    fn table(&self, table: &RawTable) -> Result<Made> {
        let (inferred, filling, described) = self.encoded(table)?;
        let (rkme, disclosure) = self.rkme(&described, self.generate.compat)?;
        let distance = self.distance(&rkme, &described);
        let keeps_absent = filling != inferred.columns;
        let numbers = if keeps_absent { table::encode(table, &inferred.columns)? } else { described };
        let input = Some(table::dimensions(inferred.columns));
        Ok(Made {
            specification: StatisticalSpecification::Table(rkme),
            input,
            numbers,
            disclosure,
            distance,
        })
    }

    fn distance(&self, rkme: &Rkme, data: &Matrix) -> f64 {
        let _progress = self.watcher.begin(Stage::Report, None);
        distance_to_data(rkme, data)
    }

    /// What the columns are, the same with absent numbers as means, and the numbers of those.
    fn encoded(&self, table: &RawTable) -> Result<(Inferred, Vec<Column>, Matrix)> {
        let inferred = table::infer(table, &self.columns)?;
        inferred.warnings.iter().for_each(|warning| self.watcher.warning(said::of_warning(warning)));
        let filling = inferred.filling_columns();
        let described = table::encode(table, &filling)?;
        Ok((inferred, filling, described))
    }

    fn texts(&self, texts: &[String]) -> Result<Made> {
        if let Some(base) = self.embedders.base() {
            return self.learned(texts, base);
        }
        let embedder = self.embedders.preferred_text();
        let numbers = Embedders::embed_texts(embedder, texts, self.watcher)?;
        let languages = languages(texts);
        let (rkme, disclosure) = self.rkme(&numbers, self.generate.compat)?;
        let specification = RkmeText::new(rkme, embedder.id(), languages)?;
        Ok(Made::embedded(StatisticalSpecification::Text(specification), numbers, disclosure))
    }

    /// What texts change in a language model; nothing is embedded.
    fn learned(&self, texts: &[String], base: &dyn LanguageBase) -> Result<Made> {
        if self.private.is_some() {
            return Err(refused(
                said!("vector-not-private", "nothing bounds what one text adds to a parameter vector"),
                "leave the base out to describe embeddings with differential privacy",
            ));
        }
        let progress = self.watcher.begin(Stage::Learning, Some(texts.len() as u64));
        let vector = base.change(texts, &|count| progress.reached(count as u64))?;
        Ok(Made {
            specification: StatisticalSpecification::Parameters(vector),
            input: None,
            numbers: Matrix::default(),
            disclosure: Disclosure::Unknown,
            distance: 0.0,
        })
    }

    fn images(&self, pictures: &Pictures) -> Result<Made> {
        let shape = self.shape_of(pictures)?;
        let numbers = Embedders::embed_images(pictures, self.watcher)?;
        let (rkme, disclosure) = self.rkme(&numbers, false)?;
        let specification = RkmeImage::new(rkme, embed::id(), shape)?;
        Ok(Made::embedded(StatisticalSpecification::Image(specification), numbers, disclosure))
    }

    /// The images in the form of the reference, and how far the specification is from them.
    pub fn reference(&self, pictures: &Pictures) -> Result<(StatisticalSpecification, f64)> {
        let images = pictures.fitted(self.shape_of(pictures)?)?;
        let progress = self.watcher.begin(Stage::ReferenceSpecification, None);
        let made = embedders::reference_images(&images, &self.generate);
        drop(progress);
        let (rkme, distance) = made?;
        Ok((StatisticalSpecification::ReferenceImage(rkme), distance))
    }

    fn shape_of(&self, pictures: &Pictures) -> Result<[usize; 3]> {
        self.image_shape.map_or_else(|| pictures.common_shape(), Ok)
    }

    /// The weighted points of numbers, and what they tell about single rows.
    fn rkme(&self, numbers: &Matrix, compat: bool) -> Result<(Rkme, Disclosure)> {
        let _progress = self.watcher.begin(Stage::Specification, None);
        match self.private {
            Some(noise) => self.private_rkme(numbers, noise),
            None => self.open_rkme(numbers, compat),
        }
    }

    fn open_rkme(&self, numbers: &Matrix, compat: bool) -> Result<(Rkme, Disclosure)> {
        let (reduced_set_size, seed) = (self.generate.reduced_set_size, self.generate.seed);
        if compat {
            let parameters = compat::ReferenceParameters {
                reduced_set_size,
                seed,
                ..compat::ReferenceParameters::default()
            };
            return Ok((compat::generate(numbers, &parameters)?, Disclosure::Unknown));
        }
        let parameters = RkmeParameters { reduced_set_size, seed, ..RkmeParameters::default() };
        let made = generate(&mut &*numbers, &parameters)?;
        Ok((made.rkme, Disclosure::Measured(made.privacy)))
    }

    fn private_rkme(&self, numbers: &Matrix, noise: Noise) -> Result<(Rkme, Disclosure)> {
        let budget = PrivacyBudget::new(noise.epsilon, noise.delta.unwrap_or(DELTA))?;
        let made = generate_private(numbers, self.generate.reduced_set_size, budget, noise.secret_seed)?;
        Ok((made.rkme.clone(), Disclosure::Bounded(budget, made)))
    }
}

/// A specification on its way.
struct Made {
    specification: StatisticalSpecification,
    input: Option<Dimensions>,
    numbers: Matrix,
    disclosure: Disclosure,
    distance: f64,
}

impl Made {
    /// The specification of embeddings.
    fn embedded(specification: StatisticalSpecification, numbers: Matrix, disclosure: Disclosure) -> Self {
        let distance = distance_to_data(specification.rkme(), &numbers);
        Self { specification, input: None, numbers, disclosure, distance }
    }
}

/// One example, or the same again and again, is no distribution.
fn require_several(path: &Path, data: &Data) -> Result<()> {
    let units = datafile::unit(data.kind());
    let place = path.display();
    if data.len() < 2 {
        return Err(refused(
            said!(
                "one-example",
                "{place}: there is only one of the {units}; a specification needs at least two",
                place = place,
                units = units
            ),
            "give more; a few hundred describe a distribution well",
        ));
    }
    let all_same = match &data.content {
        Content::Table(_) => false,
        Content::Texts(texts) => texts.iter().all(|text| *text == texts[0]),
        Content::Images(pictures) => pictures.are_all_same(),
    };
    if all_same {
        return Err(refused(
            said!(
                "all-same",
                "{place}: all {count} {units} are the same, so there is nothing to describe",
                place = place,
                count = data.len(),
                units = units
            ),
            "check that the right data is read",
        ));
    }
    Ok(())
}

/// The text of a specification file.
pub fn to_json(specification: &StatisticalSpecification, input: Option<&Dimensions>) -> Value {
    let mut value = codec::to_json(specification);
    if let Some(input) = input {
        value["input"] = input.to_json();
    }
    value
}

/// Reads a specification file, which lay at `path`: JSON, or a parameter vector as torch writes it.
pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Described> {
    if torch::is_torch(bytes) {
        let vector = torch::read_vector(bytes).at(path)?;
        return Ok(Described { specification: StatisticalSpecification::Parameters(vector), input: None });
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        refused(
            said!(
                "not-a-specification",
                "{path} is not a specification file: {reason}",
                path = path.display(),
                reason = error
            ),
            "make one with `learnware spec data.csv -o stat.json`",
        )
    })?;
    from_value(path, &value)
}

/// The same for a file that is parsed already.
pub fn from_value(path: &Path, value: &Value) -> Result<Described> {
    // Old files of the reference do not tell their kind; those are tables.
    let kind = match value.get("type").and_then(Value::as_str) {
        Some(name) => SpecificationKind::from_class_name(name).at(path)?,
        None => SpecificationKind::Table,
    };
    let specification = codec::from_json(value, kind).at(path)?;
    let input = match value.get("input") {
        None | Some(Value::Null) => None,
        Some(input) => Some(Dimensions::from_json(input).at(path)?),
    };
    let width = specification.rkme().dimension();
    if let Some(described) =
        input.as_ref().map(|input| input.dimension).filter(|&described| described != width)
    {
        return Err(refused(
            said!(
                "described-otherwise",
                "{path}: its points have {width} numbers, its input describes {described}",
                path = path.display(),
                width = width,
                described = described
            ),
            "make it anew with `learnware spec data.csv -o stat.json`",
        ));
    }
    Ok(Described { specification, input })
}
