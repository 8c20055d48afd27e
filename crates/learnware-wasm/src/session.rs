//! The calls of a page, about the files that it opened last.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use learnware_data::datafile::{self, Content, Data, DataOptions};
use learnware_data::embedders::Embedders;
use learnware_data::error::Result as DataResult;
use learnware_data::modelinput::Taker;
use learnware_data::specfile::{self, Described, Generation, Maker, Report};
use learnware_data::tablefile::{ReadOptions, TableFile, workbook};
use learnware_data::watcher::Progress;
use learnware_data::{Charset, Files, Location, Said, Stage, Watcher, plane, said, specwords};
use learnware_engine::numeric::Matrix;
use learnware_engine::semantic::DataType;
use learnware_engine::specification::{Rkme, StatisticalSpecification, codec};
use learnware_engine::table::{InferOptions, RawTable};
use serde_json::{Value, json};

use crate::advice;
use crate::message::{Answer, Call, Choices, ColumnType, ModelSays, Refusal};
use crate::model;
use crate::predict;
use crate::preview::{self, Preview};

/// The folder in which several files lie.
pub const FOLDER: &str = "files";
/// Texts or images shown.
const SHOWN: usize = 6;
/// Points in a specification at most; the command takes any number, a page should not hang.
const POINTS_MAX: usize = 10_000;

/// How far a stage is: the stage, steps done, steps in all where they are known.
pub type ProgressSink = fn(Stage, u64, Option<u64>);

/// The files of a page, and what was found in them.
pub struct Session<F> {
    files: F,
    place: PathBuf,
    kind: DataType,
    /// Columns that the preview leaves out.
    unused: Vec<String>,
    /// The table as it was opened, where it can be held.
    table: Option<RawTable>,
    /// What a person chose last.
    choices: Choices,
    /// How text in the files is encoded, where a person said it.
    charset: Option<Charset>,
    sink: ProgressSink,
}

/// Where a single file or all files together lie.
pub fn place_of(names: &[String]) -> PathBuf {
    if let [only] = names {
        return PathBuf::from(only);
    }
    let folder = names.first().and_then(|name| name.split_once('/')).map(|(folder, _)| folder);
    let common = folder.filter(|folder| {
        names.iter().all(|name| name.strip_prefix(*folder).is_some_and(|rest| rest.starts_with('/')))
    });
    PathBuf::from(common.unwrap_or(FOLDER))
}

/// The names with [`FOLDER`] before them, unless they have a folder of their own.
pub fn placed_names(names: Vec<String>) -> Vec<String> {
    if names.len() < 2 || place_of(&names) != Path::new(FOLDER) {
        return names;
    }
    names.into_iter().map(|name| format!("{FOLDER}/{name}")).collect()
}

impl<F: Files> Session<F> {
    /// A session about files, the only one or a folder of them at `place`.
    pub fn new(files: F, place: PathBuf, sink: ProgressSink) -> Self {
        Self {
            files,
            place,
            kind: DataType::Table,
            unused: Vec::new(),
            table: None,
            choices: Choices::default(),
            charset: None,
            sink,
        }
    }

    /// Answers a call about the files.
    pub fn answer(&mut self, call: &Call, bytes: &[u8]) -> Result<Answer, Refusal> {
        match call {
            Call::Open { charset, .. } => {
                self.charset = charset
                    .as_deref()
                    .map(str::parse)
                    .transpose()
                    .map_err(|_| Refusal::new("charset", "that is no encoding", "choose another one"))?;
                Ok(self.open()?)
            }
            Call::Generate { choices, model } => {
                self.choices = choices.clone();
                self.generate(choices, model.as_ref().map(|says| (says, bytes)))
            }
            Call::Predict => predict::with(self, bytes),
            Call::Read | Call::Plane { .. } | Call::Model { .. } | Call::Pack { .. } => {
                answer_alone(call, bytes)
            }
        }
    }

    /// How a table is read before a person chose anything.
    fn reading(&self) -> ReadOptions {
        ReadOptions { charset: self.charset, ..ReadOptions::default() }
    }

    fn at(&self) -> Location<'_> {
        Location { files: &self.files, path: &self.place }
    }

    fn looking(&self) -> Looking {
        Looking { sink: self.sink, warnings: RefCell::default() }
    }

    /// What the files hold.
    fn open(&mut self) -> DataResult<Answer> {
        let options = DataOptions::new(self.reading(), None, None);
        let mut kind = datafile::kind_of(self.at(), &options)?;
        let looking = self.looking();
        let table = (kind == DataType::Table).then(|| preview::of_table(self.at(), &options.table, &looking));
        // Lines of text and tables have the same ending.
        let is_prose =
            |table: &DataResult<Preview>| table.as_ref().is_ok_and(Preview::is_prose) || table.is_err();
        let table = match table {
            Some(table) if ends_in(&self.place, &["txt"]) && is_prose(&table) => {
                kind = DataType::Text;
                None
            }
            table => table.transpose()?,
        };
        let mut found = match kind {
            DataType::Table => table.unwrap_or_default(),
            DataType::Text if ends_in(&self.place, &["jsonl", "ndjson"]) => self.keys()?,
            DataType::Text | DataType::Image => self.examples(kind, &looking)?,
        };
        found.notes.extend(looking.warnings.into_inner());
        self.kind = kind;
        self.table = found.table.take();
        let unused = found.columns.iter().filter(|column| !column.used);
        self.unused = unused.map(|column| column.name.clone()).collect();
        let sheets = if ends_in(&self.place, &["xlsx", "xlsm", "ods"]) {
            workbook::sheets(self.at())?
        } else {
            Vec::new()
        };
        let document = json!({
            "kind": kind.word().to_lowercase(),
            "name": self.place.display().to_string(),
            "rows": found.rows,
            "columns": found.columns,
            "sample": found.sample,
            "notes": noted(&found.notes),
            "sheets": sheets,
        });
        Ok(Answer { document, bytes: Vec::new() })
    }

    /// The keys of JSON lines, as columns; which one holds the texts is for a person to say.
    fn keys(&self) -> DataResult<Preview> {
        let bytes = self.at().bytes()?;
        let text = learnware_data::tablefile::text(&self.place, &bytes, self.charset)?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let objects = || {
            lines.clone().filter_map(|line| serde_json::from_str::<serde_json::Map<String, Value>>(line).ok())
        };
        let names: Vec<String> =
            objects().next().map(|first| first.keys().cloned().collect()).unwrap_or_default();
        let word = |value: Option<&Value>| match value {
            Some(Value::String(text)) => preview::shortened(text),
            Some(Value::Null) | None => String::new(),
            Some(other) => preview::shortened(&other.to_string()),
        };
        let sample =
            objects().take(SHOWN).map(|object| names.iter().map(|name| word(object.get(name))).collect());
        let sample: Vec<Vec<String>> = sample.collect();
        let columns =
            names.iter().enumerate().map(|(place, name)| preview::ColumnPreview::key(name, &sample, place));
        Ok(Preview { rows: lines.clone().count(), columns: columns.collect(), sample, ..Preview::default() })
    }

    /// Texts or images that are all read.
    fn examples(&self, kind: DataType, looking: &Looking) -> DataResult<Preview> {
        let data = datafile::read(self.at(), &DataOptions::new(self.reading(), Some(kind), None), looking)?;
        let mut found = Preview { rows: data.len(), ..Preview::default() };
        match &data.content {
            Content::Texts(texts) => {
                found.sample = texts.iter().take(SHOWN).map(|text| vec![preview::shortened(text)]).collect();
            }
            Content::Images(pictures) => {
                found.sample =
                    pictures.names(SHOWN).into_iter().map(|(name, size)| vec![name, size]).collect();
                if let Err(error) = pictures.common_shape() {
                    found.notes.push(said::of_error(&error));
                }
            }
            Content::Table(_) => {}
        }
        Ok(found)
    }

    /// How the files are read after a person's choices.
    fn options(&self, choices: &Choices) -> DataOptions {
        let of_type =
            |wanted| choices.types.iter().filter(move |(_, kind)| **kind == wanted).map(|(name, _)| name);
        let corrected =
            |name: &String| choices.types.contains_key(name) || choices.labels.as_ref() == Some(name);
        let unused = || self.unused.iter().filter(|name| !corrected(name)).cloned().collect();
        let table = ReadOptions {
            drop: if choices.text.is_some() {
                Vec::new()
            } else {
                choices.drop.clone().unwrap_or_else(unused)
            },
            labels: choices.labels.clone(),
            text: choices.text.clone(),
            sheet: choices.sheet.clone(),
            numbers: of_type(ColumnType::Number).cloned().collect(),
            ..self.reading()
        };
        let kind = if choices.text.is_some() { DataType::Text } else { self.kind };
        DataOptions::new(table, Some(kind), choices.resize)
    }

    /// What a person chose of the table that is held; `None` where it has to be read again.
    fn chosen(&self, options: &DataOptions) -> DataResult<Option<TableFile>> {
        // Reading refuses other sizes for what is no image.
        let is_plain = options.resize.is_none() && options.table.reads_values_plainly();
        let is_held = options.kind == Some(DataType::Table) && is_plain;
        let table = self.table.as_ref().filter(|_| is_held);
        Ok(table.map(|table| TableFile::of_table(&self.place, table.clone(), &options.table)).transpose()?)
    }

    /// The files as a learnware takes them that says so in its specification. Its columns are found by their names
    /// as they are; only where that fails is left out what a person left out.
    pub(crate) fn data_for(&self, taker: Taker<'_>) -> DataResult<(Data, Option<Matrix>)> {
        let looking = self.looking();
        let read = |table: ReadOptions| {
            let options =
                DataOptions::new(table, None, None).for_learnware(taker.kind(), taker.image_shape());
            let data = datafile::read(self.at(), &options, &looking)?;
            taker.require_kind(&data)?;
            let rows = match &data.content {
                Content::Table(table) => Some(taker.rows(table)?),
                Content::Texts(_) | Content::Images(_) => None,
            };
            Ok((data, rows))
        };
        let Choices { sheet, text, .. } = &self.choices;
        let text = text.clone().filter(|_| taker.kind() == DataType::Text);
        let all = ReadOptions { sheet: sheet.clone(), text, ..self.reading() };
        read(all).or_else(|error| {
            let chosen = self.options(&self.choices).table;
            if chosen.drop.is_empty() && chosen.labels.is_none() { Err(error) } else { read(chosen) }
        })
    }

    /// The specification of the files, which may be those of a model: what its file says, and its bytes.
    fn generate(&self, choices: &Choices, of: Option<(&ModelSays, &[u8])>) -> Result<Answer, Refusal> {
        let points = choices.points.unwrap_or(Generation::default().reduced_set_size);
        if points == 0 || points > POINTS_MAX {
            let message = format!("{points} points can't be made");
            let refusal = Refusal::new("points", message, format!("choose 1 to {POINTS_MAX}; 100 are usual"));
            return Err(refusal.with("points", points).with("most", POINTS_MAX));
        }
        let embedders = Embedders::built_in();
        let looking = self.looking();
        let categories = choices.types.iter().filter(|(_, kind)| **kind == ColumnType::Category);
        let columns = InferOptions {
            categories: categories.map(|(name, _)| name.clone()).collect(),
            ..InferOptions::default()
        };
        let mut maker = Maker::new(self.options(choices), columns, &embedders, (&self.files, &looking));
        maker.generate =
            Generation { reduced_set_size: points, seed: choices.seed.unwrap_or(0), compat: false };
        maker.image_shape = of.and_then(|(says, _)| <[usize; 3]>::try_from(says.shape.clone()).ok());
        let report = match self.chosen(&maker.options)? {
            Some(table) => maker.report_data(&self.place, table.into())?,
            None => maker.report(&self.place)?,
        };
        let answers = of.map(|(says, bytes)| model::outputs(says, bytes, &report)).transpose()?;
        let Report { described, disclosure, distance, .. } = report;
        let sentences = disclosure.sentences();
        let mut told = disclosure.to_json();
        if let Value::Object(told) = &mut told {
            told.insert("sentences".into(), noted(&sentences));
            told.insert("distance_to_data".into(), json!(distance));
        }
        let mut answer = described_answer(&described, told);
        answer.document["answers"] = answers.unwrap_or_default();
        answer.document["notes"] = noted(&looking.warnings.into_inner());
        Ok(answer)
    }
}

/// Answers a call that needs no files.
pub fn answer_alone(call: &Call, bytes: &[u8]) -> Result<Answer, Refusal> {
    match call {
        Call::Read => {
            let described = specfile::from_bytes(Path::new("the file"), bytes)?;
            Ok(described_answer(&described, json!({})))
        }
        Call::Plane { specifications } => drawn(specifications),
        Call::Model { name } => model::said(name, bytes),
        Call::Pack { format, specification, semantic } => model::pack(format, specification, semantic, bytes),
        Call::Open { .. } | Call::Generate { .. } | Call::Predict => {
            Err(Refusal::new("order", "no file is open", "open a file first"))
        }
    }
}

/// A specification with all that a page shows of it; its bytes are those of the command's file.
fn described_answer(described: &Described, disclosure: Value) -> Answer {
    let Described { specification, input } = described;
    let bytes = specfile::to_json(specification, input.as_ref()).to_string().into_bytes();
    let rkme = specification.rkme();
    let columns = input.as_ref().and_then(|input| input.columns.as_ref());
    let columns: Vec<&String> = columns.into_iter().flatten().map(|column| &column.name).collect();
    let document = json!({
        "specification": codec::to_json(specification),
        "description": specwords::sentence(specification),
        "rows": rkme.row_count(),
        "dimension": rkme.dimension(),
        "points": rkme.points().rows(),
        "bytes": bytes.len(),
        "disclosure": disclosure,
        "columns": columns,
    });
    Answer { document, bytes }
}

/// The points of all specifications in one plane.
fn drawn(specifications: &[Value]) -> Result<Answer, Refusal> {
    let read = |value: &Value| specfile::from_value(Path::new("the specification"), value);
    let read: DataResult<Vec<Described>> = specifications.iter().map(read).collect();
    let read: Vec<StatisticalSpecification> =
        read?.into_iter().map(|described| described.specification).collect();
    let Some((first, others)) = read.split_first() else {
        return Err(Refusal::new("empty", "there is no specification to draw", "give at least one"));
    };
    if others.iter().any(|other| other.island() != first.island()) {
        return Err(Refusal::new(
            "incomparable",
            "the specifications describe different kinds of data and have no plane in common",
            "draw those with the same number of inputs, or of the same embedder",
        ));
    }
    let rkmes: Vec<&Rkme> = others.iter().map(StatisticalSpecification::rkme).collect();
    let picture = plane::draw(first.rkme(), &rkmes);
    let points = |dots: &Vec<plane::Dot>| {
        let points: Vec<Value> =
            dots.iter().map(|dot| json!({"x": dot.x, "y": dot.y, "weight": dot.weight})).collect();
        json!({ "points": points })
    };
    let sets: Vec<Value> = std::iter::once(&picture.data).chain(&picture.team).map(points).collect();
    Ok(Answer { document: json!({"explained": picture.explained, "sets": sets}), bytes: Vec::new() })
}

fn noted(warnings: &[Said]) -> Value {
    warnings.iter().map(advice::noted).collect()
}

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending.eq_ignore_ascii_case(wanted)))
}

/// Collects warnings and hands progress on.
struct Looking {
    sink: ProgressSink,
    warnings: RefCell<Vec<Said>>,
}

impl Watcher for Looking {
    fn warning(&self, said: Said) {
        self.warnings.borrow_mut().push(said);
    }

    fn begin(&self, stage: Stage, total: Option<u64>) -> Box<dyn Progress> {
        (self.sink)(stage, 0, total);
        Box::new(Sink { show: self.sink, stage, total })
    }
}

struct Sink {
    show: ProgressSink,
    stage: Stage,
    total: Option<u64>,
}

impl Progress for Sink {
    fn reached(&self, done: u64) {
        (self.show)(self.stage, done, self.total);
    }
}

/// Shows nothing.
pub fn no_progress(_stage: Stage, _done: u64, _total: Option<u64>) {}
