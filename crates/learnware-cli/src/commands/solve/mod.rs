//! `learnware solve`: from data to predictions, with the reasons.

mod explain;
mod fit;
mod report;
mod spaces;
mod story;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use learnware_dock::config::Create;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::{Market, Verdict};
use learnware_engine::predictor::Predictions;
use learnware_engine::reuse::automatic::{Automatic, AutomaticParameters, Choice, Method};
use learnware_engine::reuse::{self, Examples, JobSelector, Reuser as _, Routing, Team};
use learnware_engine::semantic::DataType;
use learnware_engine::specification::{IslandKernel, Rkme, StatisticalSpecification};

use crate::cli::SolveArgs;
use crate::datafile::{self, Data};
use crate::embedders;
use crate::error::{Outcome, advised};
use crate::learnwares::{Opened, Opener};
use crate::page::picture;
use crate::place::Place;
use crate::predictions::{self, Answers};
use crate::printer::Printer;
use crate::team::Starting;
use crate::teaminput::TeamInput;
use crate::{target, team};
pub(super) use explain::print;
use fit::{Fit, Found, Search};
pub(super) use story::Story;
use story::{Candidate, Failure, LeftOut, Teammate};

/// Members below this weight change nothing and cost time.
const WEIGHT_MIN: f64 = 0.005;

/// Learnwares whose predictions are compared with the user's labels, where there are any.
const HEARD_WITH_LABELS: usize = 8;

/// Solves a task and tells how.
pub(super) async fn run(arguments: &SolveArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let story = solve(arguments, printer).await?;
    printer.result("solve", serde_json::to_value(&story)?, |printer| print(&story, printer));
    Ok(if story.verdict == Verdict::NothingFits { Outcome::Finding } else { Outcome::Success })
}

/// Solves a task and writes its files.
pub(super) async fn solve(arguments: &SolveArgs, printer: &Printer) -> anyhow::Result<Story> {
    let output = output(arguments);
    predictions::require_form(Some(&output))?;
    let embedders = embedders::open(&arguments.embedder)?;
    let options = datafile::options(&arguments.table, &arguments.kind);
    let data = datafile::read(&arguments.data, &options, printer)?;
    let place = target::place(&arguments.dock, &arguments.model, Create::Never).await?;
    let market = place.market(data.kind(), printer).await?;
    let search = Search { arguments, market: &market, data: &data, embedders: &embedders, printer };
    let found = tokio::task::block_in_place(|| search.best())?;
    let Found { best: Some(best), left_out } = found else {
        return Err(nothing_takes_the_data(&place, &market, data.kind(), &found.left_out));
    };
    let solver = Solver { arguments, data: &data, market: &market, best, left_out };
    let (mut story, answers) = solver.solve(printer).await?;
    if let Some(answers) = &answers {
        predictions::write(answers, &output)?;
        story.predictions = Some(output.display().to_string());
    }
    if let Some(path) = &arguments.report {
        story.report = Some(path.display().to_string());
        crate::files::write(path, report::page(&story).as_bytes())?;
    }
    Ok(story)
}

/// Where the predictions go.
fn output(arguments: &SolveArgs) -> PathBuf {
    arguments.output.clone().unwrap_or_else(|| {
        let stem = arguments.data.file_stem().map_or_else(|| "table".into(), |stem| stem.to_string_lossy());
        PathBuf::from(format!("{stem}-predictions.csv"))
    })
}

fn nothing_takes_the_data(
    place: &Place,
    market: &Market,
    kind: DataType,
    left_out: &[LeftOut],
) -> anyhow::Error {
    let name = place.name();
    if market.organizer().is_empty() {
        return advised(
            format!("the dock {name} has no learnware that can be used"),
            "`learnware submit PACKAGE` adds one; `learnware quickstart` makes a dock to try",
        );
    }
    let reasons: Vec<String> =
        left_out.iter().take(5).map(|entry| format!("{} x {}", entry.count, entry.reason)).collect();
    let (what, advice) = match kind {
        DataType::Table => (
            "this table",
            "rename your columns to those that `learnware show ID` lists, or choose others with --columns and --drop",
        ),
        DataType::Text => {
            ("these texts", "`learnware list` shows what the dock has; --embedder names an embedder")
        }
        DataType::Image => ("these images", "`learnware list` shows what the dock has"),
    };
    advised(format!("no learnware of the dock {name} takes {what}: {}", reasons.join("; ")), advice)
}

struct Solver<'a> {
    arguments: &'a SolveArgs,
    data: &'a Data,
    market: &'a Market,
    best: Fit,
    left_out: Vec<LeftOut>,
}

/// What the team answered.
struct Answered {
    predictions: Predictions,
    method: Method,
    choice: Option<Choice>,
    far_rows: Vec<usize>,
    rows_nearest: Option<Vec<f64>>,
}

impl Solver<'_> {
    async fn solve(&self, printer: &Printer) -> anyhow::Result<(Story, Option<Answers>)> {
        let mut story = self.story();
        let guesses = story.verdict == Verdict::NothingFits;
        if guesses && !self.arguments.anyway && self.data.labels.is_none() {
            return Ok((story, None));
        }
        let mut opener = Opener::new(&self.arguments.dock, &self.arguments.model, printer);
        let mut learnwares = Vec::new();
        for teammate in &story.team {
            learnwares.push(opener.open(&teammate.id, None).await?);
        }
        let semantic = learnwares[0].specification.semantic.clone();
        let answered = tokio::task::block_in_place(|| self.predict(learnwares, &mut story, printer))?;
        let answers = Answers::new(answered.predictions.values, &semantic);
        story.classes = answers.classes().map(<[String]>::to_vec);
        story.method = explain::method_name(&answered.method);
        story.choice = answered.choice;
        story.far_rows = answered.far_rows;
        for (place, teammate) in story.team.iter_mut().enumerate() {
            teammate.rows_nearest = answered.rows_nearest.as_ref().map(|shares| shares[place]);
        }
        Ok((story, Some(answers)))
    }

    /// What is known before anything runs.
    fn story(&self) -> Story {
        let results = &self.best.results;
        let name = |id: &LearnwareId| {
            self.market
                .organizer()
                .get(id)
                .map_or_else(String::new, |l| l.specification.semantic.name.clone())
        };
        let singles: BTreeMap<&LearnwareId, _> =
            results.single.iter().map(|single| (&single.id, single)).collect();
        let teammate = |id: &LearnwareId, weight: f64| Teammate {
            id: id.to_string(),
            name: name(id),
            weight,
            distance: singles.get(id).and_then(|single| single.distance),
            similarity: singles.get(id).and_then(|single| single.similarity),
            rows_nearest: None,
        };
        let mut team: Vec<Teammate> = match &results.multiple {
            Some(multiple) => {
                let used = multiple.members.iter().filter(|member| member.weight >= WEIGHT_MIN);
                used.map(|member| teammate(&member.id, member.weight)).collect()
            }
            None => results.single.first().map(|single| teammate(&single.id, 1.0)).into_iter().collect(),
        };
        team.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        if self.data.labels.is_some() {
            // Labels may know better than distances who is good: the next nearest are heard too.
            let others = results.single.iter().filter(|single| !team.iter().any(|one| one.id == single.id.0));
            let others: Vec<Teammate> = others
                .take(HEARD_WITH_LABELS.saturating_sub(team.len()))
                .map(|single| teammate(&single.id, 0.0))
                .collect();
            team.extend(others);
        }
        let candidate = |single: &learnware_engine::market::SingleResult| Candidate {
            id: single.id.to_string(),
            name: name(&single.id),
            distance: single.distance.unwrap_or(f64::NAN),
            similarity: single.similarity,
        };
        Story {
            data: self.arguments.data.display().to_string(),
            kind: self.data.kind(),
            rows: self.data.len(),
            columns: self.best.space.takes.column_names(),
            task: self.best.space.task.word().to_lowercase(),
            classes: None,
            verdict: results.verdict,
            covered: results.covered,
            far_rows: Vec::new(),
            nearest: results.single.iter().map(candidate).collect(),
            team_distance: results.multiple.as_ref().map(|multiple| multiple.distance),
            method: String::new(),
            choice: None,
            left_out: self.left_out.clone(),
            failed: Vec::new(),
            predictions: None,
            report: None,
            picture: self.picture(&team),
            team,
            search: results.clone(),
        }
    }

    fn picture(&self, team: &[Teammate]) -> Option<picture::Picture> {
        let members = team.iter().filter(|teammate| teammate.weight > 0.0);
        let tables: Vec<&Rkme> =
            members.clone().filter_map(|teammate| self.specification(&teammate.id)).collect();
        (tables.len() == members.count()).then(|| picture::draw(self.best.specification.rkme(), &tables))
    }

    /// The specification of a learnware in the island of the data.
    fn specification(&self, id: &str) -> Option<&Rkme> {
        let learnware = self.market.organizer().get(&LearnwareId(id.to_owned()))?;
        let island = self.best.space.takes.island();
        let own = learnware.specification.statistical.iter().find(|kind| kind.island() == island);
        own.map(StatisticalSpecification::rkme)
    }

    /// Runs the team; whoever fails leaves it, and the others go on.
    fn predict(
        &self,
        mut learnwares: Vec<Opened>,
        story: &mut Story,
        printer: &Printer,
    ) -> anyhow::Result<Answered> {
        let runner = target::runner(&self.arguments.model)?;
        let progress = printer.progress("predicting", None);
        loop {
            let task = team::task(&learnwares)?;
            let embedded = self.best.embedded.clone().map(|rows| (self.best.space.takes.island(), rows));
            let input = TeamInput::new(&learnwares, self.data, embedded)?;
            let weights: Vec<f64> = story.team.iter().map(|teammate| teammate.weight).collect();
            let attempt =
                Starting { learnwares: &learnwares, weights: &weights, input: &input, runner: &runner }
                    .team(task, printer)
                    .and_then(|mut team: Team| input.ask(&mut team));
            match attempt {
                Ok(examples) => {
                    progress.finish_and_clear();
                    return self.combine(&learnwares, &input, &weights, &examples, task);
                }
                Err(error) => {
                    let place = team::culprit(&error, &learnwares).unwrap_or(0);
                    let failed = learnwares.remove(place);
                    story.team.remove(place);
                    let message = format!("{:#}", error.root_cause());
                    story.failed.push(Failure { id: failed.id.to_string(), error: message.clone() });
                    printer.warning(format!("learnware {} is left out: {message}", failed.id));
                    if learnwares.is_empty() {
                        return Err(error.context("none of the learnwares that fit could run"));
                    }
                }
            }
        }
    }

    fn combine(
        &self,
        learnwares: &[Opened],
        input: &TeamInput,
        weights: &[f64],
        examples: &Examples,
        task: reuse::Task,
    ) -> anyhow::Result<Answered> {
        let selector = self.selector(learnwares, input, weights)?;
        let default = match (task, &selector) {
            // Models of classes they never saw are surest where they know least: each row goes to those who know.
            (reuse::Task::Classification { .. }, Some(_)) => Method::SoftJobSelector,
            _ => Method::WeightedAverage,
        };
        let (far_rows, rows_nearest) = match (&selector, input.seen()) {
            (Some(selector), Some((_, rows))) => {
                let far = selector.far(rows)?;
                let far = far.iter().enumerate().filter(|(_, far)| **far).map(|(row, _)| row).collect();
                (far, Some(shares_of(&selector.route(rows)?, learnwares.len())))
            }
            (None, _) | (_, None) => (Vec::new(), None),
        };
        let parameters =
            AutomaticParameters { default, seed: self.arguments.seed, ..AutomaticParameters::default() };
        let mut automatic = Automatic::new(parameters, selector);
        if let Some(column) = &self.data.labels {
            let known = team::known_labels(column, &self.data.lines, task, learnwares)
                .with_context(|| self.arguments.data.display().to_string())?;
            automatic.fit(&examples.select(&known.rows), &known.values)?;
        }
        let predictions = automatic.predict(examples)?;
        let (method, choice) = (automatic.method().clone(), automatic.choice().cloned());
        Ok(Answered { predictions, method, choice, far_rows, rows_nearest })
    }

    /// Routes rows by the team's specifications, under the kernel of the space.
    fn selector(
        &self,
        learnwares: &[Opened],
        input: &TeamInput,
        weights: &[f64],
    ) -> anyhow::Result<Option<JobSelector>> {
        let Some((island, _)) = input.seen() else { return Ok(None) };
        let own: Vec<&Rkme> = learnwares.iter().filter_map(|learnware| learnware.rkme_in(island)).collect();
        if own.len() != learnwares.len() {
            return Ok(None);
        }
        let members = &self.best.space.members;
        let of_space: Vec<&Rkme> = members.iter().filter_map(|id| self.specification(&id.0)).collect();
        let kernel = IslandKernel::of_island(island, &of_space);
        Ok(Some(JobSelector::new(&own, weights, &kernel, Routing::Soft)?))
    }
}

/// Share of rows that go to each member.
fn shares_of(route: &[usize], members: usize) -> Vec<f64> {
    let mut shares = vec![0.0; members];
    for &member in route {
        shares[member] += 1.0 / route.len() as f64;
    }
    shares
}
