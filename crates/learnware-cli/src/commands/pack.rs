//! `learnware pack`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use learnware_data::specwords;
use learnware_dock::policy;
use learnware_engine::learnware::{ModelFormat, Specification};
use learnware_engine::market::checker::{Finding, Severity};
use learnware_engine::predictor::Batch;
use learnware_engine::semantic::{self, Dimensions, Library, License, Scenario, SemanticSpecification, Task};
use learnware_engine::specification::StatisticalSpecification;
use learnware_engine::table::{self, Labels};
use learnware_package::Package;
use learnware_package::environment::EnvironmentRequest;
use learnware_package::native::{self, ModelFacts};
use serde_json::json;

use crate::cli::{PackArgs, WordArgs};
use crate::datafile::{self, Content};
use crate::error::{Outcome, advised};
use crate::modelfile::{self, ModelFile};
use crate::printer::Printer;
use crate::specfile::{self, Generated};
use crate::{embedders, files};

/// Rows that the model is asked about to count its outputs.
const ROWS_ASKED: usize = 32;
/// Column names in a made description at most.
const COLUMNS_NAMED: usize = 12;

/// Makes a package.
pub(super) fn run(arguments: &PackArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let needed = Needed::of(arguments)?;
    let model = ModelFile::read(&needed.model, arguments.format)?;
    let embedders = embedders::open_with(&arguments.embedder, &arguments.base)?;
    let options = datafile::options(&arguments.table, &arguments.kind);
    let mut maker = specfile::maker(options, &arguments.columns, &embedders, printer);
    maker.generate = arguments.generate.generation();
    maker.image_shape = image_shape(arguments.input_shape, &model)?;
    let made = maker.make(&needed.data)?;
    let labels = made
        .data
        .labels
        .as_ref()
        .map(|column| table::labels(column, &made.data.lines))
        .transpose()
        .with_context(|| needed.data.display().to_string())?;
    let facts = model.facts()?;
    let Some(task) = arguments.words.task.or_else(|| facts.task_of(labels.as_ref())) else {
        return Err(missing(&["--task TASK (or --labels COLUMN, from which it is found out)"]));
    };
    let named = made.data.labels.as_ref().map(|column| column.name.as_str()).zip(labels.as_ref());
    let outputs = outputs(arguments.outputs, (&model, &facts), &made, task, named)?;
    let mut semantic = semantic(&arguments.words, task, &model, &made, outputs, printer);
    if let Some(path) = &arguments.words.benchmarks {
        semantic.benchmarks = benchmarks(path)?;
    }
    let mut statistical = vec![made.specification.clone()];
    if let (true, Content::Images(pictures)) = (arguments.generate.compat, &made.data.content) {
        statistical.push(maker.reference(pictures)?.0);
    }
    let specification = Specification { semantic, statistical };
    require_sound(&specification, printer)?;
    let bytes = modelfile::package(&model, &specification)?;
    tell_environment(&bytes, printer)?;
    files::write(&needed.output, &bytes)?;
    let packed = Packed { output: &needed.output, size: bytes.len(), format: model.format(), specification };
    packed.tell(&made, printer);
    Ok(Outcome::Success)
}

/// What was packed.
struct Packed<'a> {
    output: &'a Path,
    size: usize,
    format: ModelFormat,
    specification: Specification,
}

impl Packed<'_> {
    fn tell(&self, made: &Generated, printer: &Printer) {
        let (semantic, statistical) = (&self.specification.semantic, &self.specification.statistical);
        let rkme = made.specification.rkme();
        let (output, size) = (self.output.display(), self.size);
        let document = json!({
            "file": output.to_string(),
            "bytes": size,
            "format": self.format.word(),
            "semantic_specification": semantic.to_json(),
            "specifications": statistical.iter().map(specwords::facts).collect::<Vec<_>>(),
            "points": rkme.points().rows(),
            "rows": rkme.row_count(),
        });
        printer.result("pack", document, |printer| {
            let task = semantic.single_task().map_or("no task", Task::word);
            printer.line(format!("{} ({}, {task})", semantic.name, self.format.word()));
            if let Some(input) = &made.input {
                let columns = input.columns.as_ref().map_or(0, Vec::len);
                printer.line(format!("inputs         {} from {columns} columns", input.dimension));
            }
            if let Some(output) = &semantic.output {
                printer.line(format!("outputs        {}", output.dimension));
            }
            for kind in statistical {
                printer.line(format!("specification  {}", specwords::sentence(kind)));
            }
            printer.line(format!("written        {output} ({size} bytes)"));
            printer.note(format!("Next: learnware submit {output}"));
        });
    }
}

/// The shape of images that the model takes, as far as it or the person says.
fn image_shape(wanted: Option<[usize; 3]>, model: &ModelFile) -> anyhow::Result<Option<[usize; 3]>> {
    let ModelFile::Data { format, bytes } = model else { return Ok(wanted) };
    let predictor = native::load(*format, bytes).context("the model cannot be read")?;
    let declared = predictor.input_shape().and_then(|shape| <[usize; 3]>::try_from(shape).ok());
    match (wanted, declared) {
        (Some(wanted), Some(declared)) if wanted != declared => Err(advised(
            format!("--input-shape is {wanted:?}, but the model takes {declared:?}"),
            "leave --input-shape out: the model says it itself",
        )),
        (Some(wanted), None) => Err(advised(
            format!("--input-shape is {wanted:?}, but the model takes no images"),
            "export it with an input of shape [None, channels, height, width]",
        )),
        (_, declared) => Ok(declared),
    }
}

/// What no dock would take is not packed.
pub(super) fn require_sound(specification: &Specification, printer: &Printer) -> anyhow::Result<()> {
    let report = policy::judge(specification);
    let (errors, others): (Vec<&Finding>, Vec<&Finding>) =
        report.findings.iter().partition(|finding| finding.severity == Severity::Error);
    for finding in others {
        printer.warning(finding.message.clone());
    }
    if errors.is_empty() {
        return Ok(());
    }
    let join =
        |text: fn(&Finding) -> &str| errors.iter().map(|finding| text(finding)).collect::<Vec<_>>().join(" ");
    Err(advised(join(|finding| &finding.message), join(|finding| &finding.advice)))
}

/// Says what will be installed for code, where that may not be what its author means.
fn tell_environment(bytes: &[u8], printer: &Printer) -> anyhow::Result<()> {
    let package = Package::from_bytes(bytes.to_vec())?;
    if package.format().has_code() {
        for note in EnvironmentRequest::of(&package)?.notes {
            printer.warning(format!("packages: {note}"));
        }
    }
    Ok(())
}

/// What a package cannot be made without.
struct Needed {
    model: PathBuf,
    data: PathBuf,
    output: PathBuf,
}

impl Needed {
    /// Takes the answers, or names everything that is missing at once.
    fn of(arguments: &PackArgs) -> anyhow::Result<Self> {
        let model = arguments.file.path();
        let name = arguments.words.name.clone().filter(|name| !name.trim().is_empty());
        if let (Some(model), Some(data), Some(_), Some(output)) =
            (&model, &arguments.data, &name, &arguments.output)
        {
            return Ok(Self { model: model.clone(), data: data.clone(), output: output.clone() });
        }
        let mut flags = Vec::new();
        for (is_missing, flag) in [
            (model.is_none(), "MODEL"),
            (arguments.data.is_none(), "--data FILE"),
            (name.is_none(), "--name TITLE"),
            (
                arguments.words.task.is_none() && arguments.table.labels.is_none(),
                "--labels COLUMN or --task TASK",
            ),
            (arguments.output.is_none(), "--output FILE"),
        ] {
            if is_missing {
                flags.push(flag);
            }
        }
        Err(missing(&flags))
    }
}

fn missing(flags: &[&str]) -> anyhow::Error {
    advised(
        format!("the package needs more: {}", flags.join(", ")),
        "`learnware help pack` shows examples; --description, --license and --scenario help others to find it",
    )
}

/// Number and names of the outputs; the model is asked about some examples where it is data.
fn outputs(
    wanted: Option<usize>,
    (model, facts): (&ModelFile, &ModelFacts),
    made: &Generated,
    task: Task,
    labels: Option<(&str, &Labels)>,
) -> anyhow::Result<Dimensions> {
    let answered = match model {
        ModelFile::Data { format, bytes } => Some(asked(*format, bytes, made)?),
        ModelFile::Folder(_) => None,
    };
    // A model that answers labels has one column, but as many outputs as there are classes.
    let told = facts.outputs.filter(|&outputs| task != Task::Classification || outputs > 1);
    let facts = match (wanted.or(told), answered) {
        (Some(outputs), _) => facts.with_outputs(outputs),
        (None, Some(1) | None) if task == Task::Classification => {
            ModelFacts { outputs: None, ..facts.clone() }
        }
        (None, answered) => facts.with_outputs(answered.unwrap_or(1)),
    };
    let outputs = facts.outputs_of(task, labels);
    if outputs.dimension == 0 {
        return Err(missing(&["--outputs COUNT, the number of classes (or --labels COLUMN)"]));
    }
    Ok(outputs)
}

/// Asks the model about a few examples and counts the columns of its answer.
fn asked(format: ModelFormat, bytes: &[u8], made: &Generated) -> anyhow::Result<usize> {
    let mut predictor = native::load(format, bytes).context("the model cannot be read")?;
    let few: Vec<usize> = (0..made.data.len().min(ROWS_ASKED)).collect();
    let batch = match &made.specification {
        StatisticalSpecification::Table(_) => table_batch(predictor.input_shape(), made, &few)?,
        StatisticalSpecification::Image(image) => {
            image_batch(predictor.input_shape(), image.image_shape, made)?
        }
        StatisticalSpecification::Text(_)
        | StatisticalSpecification::ReferenceImage(_)
        | StatisticalSpecification::Parameters(_) => {
            return Err(advised(
                format!("models in {} form take numbers, not texts", format.word()),
                "pack a folder with Python code that turns texts into predictions",
            ));
        }
    };
    let answer = predictor.predict(&batch.select(&few));
    Ok(answer.context("the model does not predict on the data")?.values.columns())
}

fn table_batch(shape: Option<Vec<usize>>, made: &Generated, few: &[usize]) -> anyhow::Result<Batch> {
    let (width, dimension) = (shape.map(|shape| shape.iter().product::<usize>()), made.numbers.columns());
    if let Some(width) = width.filter(|&width| width != dimension) {
        return Err(advised(
            format!("the model takes {width} inputs, but the data makes {dimension}"),
            "choose the columns with --columns or --drop, split labels off with --labels; --encoding changes \
             how many inputs a category makes",
        ));
    }
    Ok(Batch::Table(made.numbers.select_rows(few)))
}

fn image_batch(declared: Option<Vec<usize>>, shape: [usize; 3], made: &Generated) -> anyhow::Result<Batch> {
    if let Some(declared) = declared.filter(|declared| *declared != shape) {
        return Err(advised(
            format!("the model takes inputs of shape {declared:?}, not images of shape {shape:?}"),
            "export it with an input of shape [None, channels, height, width]",
        ));
    }
    let Content::Images(pictures) = &made.data.content else {
        return Err(advised("the data is not images", "say --kind image"));
    };
    Ok(Batch::Tensor { shape: shape.to_vec(), values: pictures.first(ROWS_ASKED).stacked(shape)? })
}

fn semantic(
    words: &WordArgs,
    task: Task,
    model: &ModelFile,
    made: &Generated,
    output: Dimensions,
    printer: &Printer,
) -> SemanticSpecification {
    let name = words.name.clone().unwrap_or_default();
    let description = words.description.clone().unwrap_or_else(|| {
        printer.warning("there is no --description; a plain one is written, by which few will find it");
        plain_description(&name, task, made)
    });
    let license = words.license.unwrap_or_else(|| {
        printer.warning("there is no --license; `Others` is written, and nobody knows what they may do");
        License::Others
    });
    let scenario = if words.scenario.is_empty() { vec![Scenario::Others] } else { words.scenario.clone() };
    SemanticSpecification {
        name,
        description,
        data: vec![made.data.kind()],
        task: vec![task],
        library: vec![words.library.or_else(|| library(model)).unwrap_or(Library::Others)],
        scenario,
        license: vec![license],
        input: made.input.clone(),
        // A text that is written has no outputs to describe.
        output: Some(output).filter(|_| task != Task::TextGeneration),
        model: words.model_kind.into_iter().collect(),
        ..SemanticSpecification::default()
    }
}

/// Scores by benchmark, as a map or as the reference's file.
fn benchmarks(path: &Path) -> anyhow::Result<BTreeMap<String, f64>> {
    let place = || path.display().to_string();
    let bytes = std::fs::read(path).with_context(place)?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).with_context(place)?;
    semantic::scores(value.get("score_dict").unwrap_or(&value)).map_err(|error| {
        advised(format!("{}: {error}", path.display()), "write {\"name of a benchmark\": score in percent}")
    })
}

fn plain_description(name: &str, task: Task, made: &Generated) -> String {
    let count = made.specification.rkme().row_count();
    let units = datafile::unit(made.data.kind());
    let Some(columns) = made.input.as_ref().and_then(|input| input.columns.as_deref()) else {
        return format!("{name}: {task} of {units}, trained on {count} of them.");
    };
    let mut names: Vec<&str> =
        columns.iter().take(COLUMNS_NAMED).map(|column| column.name.as_str()).collect();
    if columns.len() > COLUMNS_NAMED {
        names.push("...");
    }
    format!("{name}: {task} from {}, trained on {count} {units}.", names.join(", "))
}

/// The first known library that the requirements of a Python folder name.
fn library(model: &ModelFile) -> Option<Library> {
    let folder = match model {
        ModelFile::Data { .. } => return None,
        ModelFile::Folder(folder) => folder,
    };
    let texts =
        ["requirements.txt", "environment.yaml"].map(|name| std::fs::read_to_string(folder.join(name)));
    let text: String = texts.into_iter().flatten().collect();
    let known = [
        ("scikit-learn", Library::ScikitLearn),
        ("tensorflow", Library::TensorFlow),
        ("torch", Library::PyTorch),
    ];
    known.into_iter().find(|(name, _)| text.contains(name)).map(|(_, library)| library)
}
