//! `learnware reuse`.

use std::path::Path;

use anyhow::Context as _;
use clap::ValueEnum as _;
use learnware_engine::predictor::{Batch, Predictions};
use learnware_engine::reuse::averaging::Weighting;
use learnware_engine::reuse::{
    AugmentInput, Automatic, AutomaticParameters, Averaging, AveragingMode, ConvexStacking, EnsemblePruning,
    Examples, FeatureAugment, GuardedSelector, JobSelector, Method, OwnLearner, OwnModel, PruningMethod,
    Reuser, Routing, Task, Team, TopOne,
};
use learnware_engine::specification::IslandKey;
use serde_json::{Value, json};

use crate::alignment::{self, OwnTable};
use crate::cli::{AlignWord, MethodWord, ReuseArgs};
use crate::datafile::{self, Content, Data, DataOptions};
use crate::embedders::{self, Embedders};
use crate::error::{Outcome, advised};
use crate::learnwares::{Opened, Opener};
use crate::predictions::{self, Answers};
use crate::printer::Printer;
use crate::target;
use crate::team::{self, KnownLabels, Starting};
use crate::teaminput::TeamInput;
use crate::translation::Translation;

/// Share of an aligned learnware none of whose columns is there, before shares are made to sum to one.
const SHARE_MIN: f64 = 1e-6;

/// Predicts with several learnwares.
pub(super) async fn run(arguments: &ReuseArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    predictions::require_form(arguments.output.as_deref())?;
    require_arguments(arguments)?;
    let mut opener = Opener::new(&arguments.dock, &arguments.model, printer);
    let mut learnwares = Vec::with_capacity(arguments.learnwares.len());
    for name in &arguments.learnwares {
        learnwares.push(opener.open(name, None).await?);
    }
    let embedders = embedders::open(&arguments.embedder)?;
    let mut data = read(arguments, &learnwares, printer)?;
    let mut own = None;
    if arguments.align.is_some() {
        let options = options(arguments, &learnwares);
        let (table, given_back) = OwnTable::new(&arguments.data.path(), data, &options, &embedders, printer)?;
        (own, data) = (Some(table), given_back);
    }
    let (task, translation) = task(arguments, &learnwares, &data, printer)?;
    let meaning = &learnwares[0].specification.semantic;
    let meaning = translation.as_ref().map_or_else(|| meaning.clone(), |own| own.meaning(meaning));
    let work =
        Work { arguments, learnwares: &learnwares, embedders: &embedders, task, own, translation, printer };
    let done = tokio::task::block_in_place(|| work.predict(&data))?;
    let answers = Answers::new(done.predictions.values, &meaning);
    let mut document = json!({
        "learnwares": learnwares.iter().map(|learnware| learnware.id.clone()).collect::<Vec<_>>(),
        "weights": done.shares,
        "method": done.method,
        "labelled_rows": done.label_count,
        "choice": done.choice,
        "rows": answers.values.rows(),
        "outputs": answers.values.columns(),
        "classes": answers.classes(),
    });
    if let Some(columns) = done.columns {
        document["columns"] = columns;
    }
    if arguments.output.is_some() {
        printer.note(format!("method: {}", done.method));
    }
    super::run::write(&answers, arguments.output.as_deref(), "reuse", &mut document, printer)?;
    Ok(Outcome::Success)
}

/// What is predicted, and how the learnwares' answers become that where they are for other classes or scales.
fn task(
    arguments: &ReuseArgs,
    learnwares: &[Opened],
    data: &Data,
    printer: &Printer,
) -> anyhow::Result<(Task, Option<Translation>)> {
    if !arguments.translate {
        return Ok((team::task(learnwares)?, None));
    }
    let own = team::task(learnwares)?;
    let translation = match &arguments.train {
        Some(path) => {
            let train = datafile::read(path, &options(arguments, learnwares), printer)?;
            train.labels.as_ref().map(|column| Translation::new(column, &train.lines, own))
        }
        None => data.labels.as_ref().map(|column| Translation::new(column, &data.lines, own)),
    };
    let lacks =
        || advised("--translate needs labelled rows", "say --labels COLUMN, and --train FILE for other rows");
    let translation = translation.ok_or_else(lacks)??;
    Ok((translation.task(), Some(translation)))
}

fn require_arguments(arguments: &ReuseArgs) -> anyhow::Result<()> {
    let (learnwares, weights) = (arguments.learnwares.len(), arguments.weights.len());
    if weights != 0 && weights != learnwares {
        return Err(advised(
            format!("there are {learnwares} learnwares, but {weights} weights"),
            "give one weight for each learnware, in the same order, or none",
        ));
    }
    if arguments.method.needs_labels() && arguments.table.labels.is_none() {
        return Err(advised(
            "this method learns from labels, and none are named",
            "say --labels COLUMN (and --train FILE when the data itself has none)",
        ));
    }
    Ok(())
}

/// Reads the data as the kind that the learnwares take. With --train its own label column, if it has one, is no
/// input and is not looked at.
fn read(arguments: &ReuseArgs, learnwares: &[Opened], printer: &Printer) -> anyhow::Result<Data> {
    let (path, options) = (arguments.data.path(), options(arguments, learnwares));
    if arguments.train.is_some() {
        datafile::read_unlabelled(&path, options, printer)
    } else {
        datafile::read(&path, &options, printer)
    }
}

fn options(arguments: &ReuseArgs, learnwares: &[Opened]) -> DataOptions {
    let options = datafile::options(&arguments.table, &arguments.kind);
    let shape = learnwares[0].image_shape();
    // Images that several learnwares take in several sizes stay as they are.
    let shape = shape.filter(|_| learnwares.iter().all(|learnware| learnware.image_shape() == shape));
    options.for_learnware(learnwares[0].kind(), shape)
}

/// What was predicted, and how.
struct Done {
    predictions: Predictions,
    method: String,
    shares: Vec<f64>,
    label_count: usize,
    choice: Value,
    /// Which columns the learnwares get, where they are aligned.
    columns: Option<Value>,
}

struct Work<'a> {
    arguments: &'a ReuseArgs,
    learnwares: &'a [Opened],
    embedders: &'a Embedders,
    task: Task,
    /// The user's own table, where learnwares are aligned to it.
    own: Option<OwnTable>,
    /// How answers become the user's classes or scale, where that is asked for.
    translation: Option<Translation>,
    printer: &'a Printer,
}

impl Work<'_> {
    fn predict(&self, data: &Data) -> anyhow::Result<Done> {
        let (input, columns) = match (&self.own, self.arguments.align) {
            (Some(own), Some(how)) => self.aligned(own, how)?,
            _ => (self.input(&self.arguments.data.path(), data)?, None),
        };
        let runner = target::runner(&self.arguments.model)?;
        let weights = &self.arguments.weights;
        // Who has more of what it needs counts more, where nobody says otherwise.
        let by_columns: Vec<f64> =
            input.coverages().map(|coverage| coverage.powi(2).max(SHARE_MIN)).collect();
        let weights = if weights.is_empty() { &by_columns } else { weights };
        let starting = Starting { learnwares: self.learnwares, weights, input: &input, runner: &runner };
        let mut team = match &self.translation {
            None => starting.team(self.task, self.printer)?,
            Some(translation) => {
                let labelled = self.labelled(&input)?;
                let seed = self.arguments.seed;
                starting.translated(translation, &labelled, seed, self.printer)?
            }
        };
        let progress = self.printer.progress("predicting", None);
        let examples = input.ask(&mut team)?;
        progress.finish_and_clear();
        let training = self.training(data, &input, &examples, &mut team)?;
        let shares = examples.answers().weights().to_vec();
        let label_count = training.as_ref().map_or(0, |(_, labels)| labels.len());
        let (predictions, method, choice) = self.apply(&input, &examples, training)?;
        Ok(Done { predictions, method, shares, label_count, choice, columns })
    }

    /// The user's rows with all learnwares aligned to them, and which columns those get.
    fn aligned(&self, own: &OwnTable, how: AlignWord) -> anyhow::Result<(TeamInput, Option<Value>)> {
        let mut alignments = Vec::with_capacity(self.learnwares.len());
        let mut columns = Vec::with_capacity(self.learnwares.len());
        for learnware in self.learnwares {
            let alignment = own.align(learnware, how, self.arguments.seed)?;
            let told = own.told(learnware, &alignment);
            alignment::print(&told, self.printer);
            columns.push(told);
            alignments.push(alignment);
        }
        Ok((TeamInput::aligned(own.rows().clone(), alignments), Some(columns.into())))
    }

    /// The data as the learnwares take it, embedded where the method looks at its place.
    fn input(&self, path: &Path, data: &Data) -> anyhow::Result<TeamInput> {
        let island = team::common_island(self.learnwares).filter(|_| self.arguments.method.looks_at_place());
        let embedded = match island {
            None => None,
            Some(island) => {
                let rows = self.embedders.embed(&island, data, self.printer)?;
                if let (None, IslandKey::Text { embedder }) = (&rows, &island) {
                    self.printer.warning(format!(
                        "the learnwares are described by {embedder}, which is not at hand: where your texts lie \
                         plays no part without {}",
                        embedders::flag(embedder)
                    ));
                }
                rows.map(|rows| (island, rows))
            }
        };
        TeamInput::new(self.learnwares, data, embedded).with_context(|| path.display().to_string())
    }

    /// The labelled rows, as models get them.
    fn labelled(&self, input: &TeamInput) -> anyhow::Result<Batch> {
        let rows =
            self.translation.iter().flat_map(|own| &own.labels().rows).copied().collect::<Vec<usize>>();
        match self.trained_on()? {
            Some((_, own)) => Ok(own.some(&rows)),
            None => Ok(input.some(&rows)),
        }
    }

    /// The other data with labels, where it is named, also as the learnwares take it.
    fn trained_on(&self) -> anyhow::Result<Option<(Data, TeamInput)>> {
        let Some(path) = &self.arguments.train else { return Ok(None) };
        let train = datafile::read(path, &options(self.arguments, self.learnwares), self.printer)?;
        let own = match (&self.own, &train.content) {
            (Some(own), Content::Table(table)) => TeamInput::aligned(own.rows_of(table)?, Vec::new()),
            _ => self.input(path, &train)?,
        };
        Ok(Some((train, own)))
    }

    /// Labelled examples, where there are any.
    fn training(
        &self,
        data: &Data,
        input: &TeamInput,
        examples: &Examples,
        team: &mut Team,
    ) -> anyhow::Result<Option<(Examples, Vec<f64>)>> {
        if let Some((train, own)) = self.trained_on()? {
            if own.width() != input.width() {
                return Err(advised(
                    "the data of --train does not become the same inputs as the data",
                    "use learnwares that take the same columns, or labels in the data itself",
                ));
            }
            let Some(column) = &train.labels else { return Ok(None) };
            let known = self.labels(column, &train.lines)?;
            let asked = own.ask_about(team, &known.rows)?;
            return Ok(Some((asked, known.values)));
        }
        let Some(column) = &data.labels else { return Ok(None) };
        let known = self.labels(column, &data.lines)?;
        Ok(Some((examples.select(&known.rows), known.values)))
    }

    fn labels(
        &self,
        column: &learnware_engine::table::RawColumn,
        lines: &[usize],
    ) -> anyhow::Result<KnownLabels> {
        match &self.translation {
            Some(translation) => Ok(translation.labels().clone()),
            None => team::known_labels(column, lines, self.task, self.learnwares),
        }
    }

    /// Applies the method; also gives its name, and how it was chosen.
    fn apply(
        &self,
        input: &TeamInput,
        examples: &Examples,
        training: Option<(Examples, Vec<f64>)>,
    ) -> anyhow::Result<(Predictions, String, Value)> {
        if self.arguments.method == MethodWord::Auto {
            return self.automatic(input, examples, training);
        }
        let mut reuser = self.reuser(input, training.is_some())?;
        if let (true, Some((labelled, labels))) = (reuser.needs_labels(), &training) {
            reuser.fit(labelled, labels)?;
        }
        let predicted = reuser.predict(examples)?;
        Ok((predicted, word(self.arguments.method), Value::Null))
    }
}

impl Work<'_> {
    fn automatic(
        &self,
        input: &TeamInput,
        examples: &Examples,
        training: Option<(Examples, Vec<f64>)>,
    ) -> anyhow::Result<(Predictions, String, Value)> {
        let selector = team::job_selector(self.learnwares, &self.arguments.weights, input, Routing::Soft)?;
        let usual = match self.own {
            Some(_) => AutomaticParameters::for_aligned(),
            None => AutomaticParameters::default(),
        };
        let parameters = AutomaticParameters { seed: self.arguments.seed, ..usual };
        let mut automatic = Automatic::new(parameters, selector);
        if let Some((labelled, labels)) = &training {
            automatic.fit(labelled, labels)?;
        }
        let predicted = automatic.predict(examples)?;
        let name = method_name(automatic.method());
        Ok((predicted, name, json!(automatic.choice())))
    }

    fn reuser(&self, input: &TeamInput, has_labels: bool) -> anyhow::Result<Box<dyn Reuser>> {
        let seed = self.arguments.seed;
        let classes = matches!(self.task, Task::Classification { .. });
        let average = |mode, weighting| Ok(Box::new(Averaging { mode, weighting }) as Box<dyn Reuser>);
        let mean = if classes { AveragingMode::VoteByProbability } else { AveragingMode::Mean };
        match self.arguments.method {
            MethodWord::Auto | MethodWord::Weighted => average(mean, Weighting::Mixture),
            MethodWord::Average => average(mean, Weighting::Equal),
            MethodWord::TopOne => Ok(Box::new(TopOne)),
            MethodWord::VoteLabel => average(AveragingMode::VoteByLabel, Weighting::Equal),
            MethodWord::VoteProbability => average(AveragingMode::VoteByProbability, Weighting::Equal),
            MethodWord::Prune => Ok(Box::new(EnsemblePruning::new(PruningMethod::Selection, seed))),
            MethodWord::Stack => Ok(Box::new(ConvexStacking::new(seed))),
            MethodWord::Augment => Ok(Box::new(FeatureAugment::new(AugmentInput::RowsAndAnswers, seed))),
            MethodWord::AugmentAverage => {
                Ok(Box::new(FeatureAugment::new(AugmentInput::RowsAndAverage, seed)))
            }
            MethodWord::AugmentBlend => Ok(Method::AugmentBlend.build(None, seed)?),
            MethodWord::JobSelector => Ok(Box::new(self.selector(input)?)),
            MethodWord::CoveredOnly => {
                let fallback = if has_labels {
                    Box::new(OwnModel::new(OwnLearner::Linear, seed))
                } else {
                    average(mean, Weighting::Mixture)?
                };
                Ok(Box::new(GuardedSelector::new(self.selector(input)?, fallback)))
            }
        }
    }

    fn selector(&self, input: &TeamInput) -> anyhow::Result<JobSelector> {
        let selector = team::job_selector(self.learnwares, &self.arguments.weights, input, Routing::Hard)?;
        selector.ok_or_else(|| {
            advised(
                "the learnwares have no specifications that can be compared with this data",
                "take another method; --method weighted needs none",
            )
        })
    }
}

/// A method's name for people and JSON.
fn method_name(method: &Method) -> String {
    match json!(method) {
        Value::String(name) => name.replace('_', "-"),
        other => other.to_string(),
    }
}

/// The word on the command line.
fn word(method: MethodWord) -> String {
    method.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
