//! `learnware solve`: from a table to predictions, with the reasons.

mod explain;
mod picture;
mod report;
mod spaces;
mod story;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use learnware_dock::Dock;
use learnware_dock::config::Create;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::{Market, SearchOptions, SearchResults, Verdict};
use learnware_engine::predictor::{Batch, Predictions};
use learnware_engine::reuse::automatic::{Automatic, AutomaticParameters, Choice, Method};
use learnware_engine::reuse::{self, Examples, JobSelector, Reuser as _, Routing, Team};
use learnware_engine::semantic::{SemanticSpecification, Task};
use learnware_engine::specification::{IslandKernel, Rkme, RkmeParameters, StatisticalSpecification};
use learnware_engine::table;
use learnware_engine::user_info::UserInfo;

use crate::cli::SolveArgs;
use crate::error::{Outcome, advised};
use crate::learnwares::{Opened, Opener, TeamRows};
use crate::predictions::{self, Answers};
use crate::printer::Printer;
use crate::tablefile::{self, TableFile};
use crate::{target, team};
pub(super) use explain::print;
use spaces::Space;
pub(super) use story::Story;
use story::{Candidate, Failure, LeftOut, Teammate};

/// Members below this weight change nothing and cost time.
const WEIGHT_MIN: f64 = 0.005;

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
    let file = tablefile::read(&arguments.data, &arguments.table.read_options())?;
    file.warnings.iter().for_each(|warning| printer.warning(warning.clone()));
    let dock = target::open(&arguments.dock, &arguments.model, Create::Never).await?;
    let market = dock.catalog().await?.market.clone();
    let found = tokio::task::block_in_place(|| search(arguments, &market, &file, printer))?;
    let Found { best: Some(best), left_out } = found else {
        return Err(nothing_takes_the_table(&dock, &market, &found.left_out));
    };
    let solver = Solver { arguments, file: &file, market: &market, best, left_out };
    let (mut story, answers) = solver.solve(printer).await?;
    if let Some(answers) = &answers {
        answers.write(&output)?;
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

fn nothing_takes_the_table(dock: &Dock, market: &Market, left_out: &[LeftOut]) -> anyhow::Error {
    let folder = dock.folder().display();
    if market.organizer().is_empty() {
        return advised(
            format!("the dock {folder} has no learnware that can be used"),
            "`learnware submit PACKAGE` adds one; `learnware quickstart` makes a dock to try",
        );
    }
    let reasons: Vec<String> =
        left_out.iter().take(5).map(|entry| format!("{} x {}", entry.count, entry.reason)).collect();
    advised(
        format!("no learnware of the dock {folder} takes this table: {}", reasons.join("; ")),
        "rename your columns to those that `learnware show ID` lists, or choose others with --columns and --drop",
    )
}

/// The space in which the data fits best.
struct Found {
    best: Option<Fit>,
    left_out: Vec<LeftOut>,
}

/// The data in one space, and what the search found there.
struct Fit {
    space: Space,
    specification: Rkme,
    results: SearchResults,
}

/// Makes the data's specification in every space that its columns have, and searches there.
fn search(
    arguments: &SolveArgs,
    market: &Market,
    file: &TableFile,
    printer: &Printer,
) -> anyhow::Result<Found> {
    let wanted = arguments.task.or_else(|| task_of_labels(file));
    let (spaces, left_out) = spaces::find(market, &file.table, wanted, &arguments.exclude);
    if wanted.is_none() {
        require_one_task(&spaces)?;
    }
    let progress = printer.progress("comparing your data with the dock", Some(spaces.len() as u64));
    let mut fits = Vec::with_capacity(spaces.len());
    let mut refusal = None;
    for space in spaces {
        match fit(arguments, market, file, space) {
            Ok(fit) => fits.push(fit),
            Err(error) => refusal = Some(error),
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    if let (true, Some(error)) = (fits.is_empty(), refusal) {
        return Err(error.context(arguments.data.display().to_string()));
    }
    let quality = |fit: &Fit| {
        let similarity = fit.results.single.first().and_then(|single| single.similarity).unwrap_or(0.0);
        (fit.results.covered.unwrap_or(0.0), similarity)
    };
    let best = fits.into_iter().max_by(|a, b| {
        let (a, b) = (quality(a), quality(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    Ok(Found { best, left_out })
}

fn fit(arguments: &SolveArgs, market: &Market, file: &TableFile, space: Space) -> anyhow::Result<Fit> {
    let data = table::encode(&file.table, &space.columns)?;
    let parameters = RkmeParameters { seed: arguments.seed, ..RkmeParameters::default() };
    let specification = Rkme::generate(&data, &parameters)?;
    let user = UserInfo {
        semantic: SemanticSpecification::default(),
        statistical: vec![StatisticalSpecification::Table(specification.clone())],
    };
    let others = market.organizer().iter().map(|learnware| &learnware.id);
    let exclude = others.filter(|id| !space.members.contains(id)).cloned().collect();
    let options = SearchOptions { max_learnwares: arguments.max.max(1), exclude, ..SearchOptions::default() };
    let results = market.search(&user, &options)?;
    Ok(Fit { space, specification, results })
}

/// Labels that are words or few whole numbers are classes; others are quantities.
fn task_of_labels(file: &TableFile) -> Option<Task> {
    let column = file.labels.as_ref()?;
    let known = team::known_cells(column, &file.table.lines);
    let labels = table::labels(&known.0, &known.1).ok()?;
    Some(if labels.look_like_classes() { Task::Classification } else { Task::Regression })
}

fn require_one_task(spaces: &[Space]) -> anyhow::Result<()> {
    let has = |task| spaces.iter().any(|space| space.task == task);
    if has(Task::Classification) && has(Task::Regression) {
        return Err(advised(
            "learnwares for classification and for regression take this table",
            "say which with --task classification or --task regression",
        ));
    }
    Ok(())
}

struct Solver<'a> {
    arguments: &'a SolveArgs,
    file: &'a TableFile,
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
        if guesses && !self.arguments.anyway && self.file.labels.is_none() {
            return Ok((story, None));
        }
        let mut opener = Opener::new(&self.arguments.dock, printer);
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
        let candidate = |single: &learnware_engine::market::SingleResult| Candidate {
            id: single.id.to_string(),
            name: name(&single.id),
            distance: single.distance.unwrap_or(f64::NAN),
            similarity: single.similarity,
        };
        Story {
            data: self.arguments.data.display().to_string(),
            rows: self.file.table.row_count(),
            columns: self.best.space.columns.iter().map(|column| column.name.clone()).collect(),
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

    fn picture(&self, team: &[Teammate]) -> Option<story::Picture> {
        let tables: Vec<&Rkme> =
            team.iter().filter_map(|teammate| self.specification(&teammate.id)).collect();
        (tables.len() == team.len()).then(|| picture::draw(&self.best.specification, &tables))
    }

    fn specification(&self, id: &str) -> Option<&Rkme> {
        let learnware = self.market.organizer().get(&LearnwareId(id.to_owned()))?;
        learnware.specification.statistical.iter().find_map(StatisticalSpecification::as_table)
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
            let rows = TeamRows::new(&learnwares, &self.file.table)?;
            let weights: Vec<f64> = story.team.iter().map(|teammate| teammate.weight).collect();
            let attempt = team::start(&learnwares, &weights, &rows, task, &runner, printer)
                .and_then(|mut team: Team| Ok(team.ask(&Batch::Table(rows.data.clone()))?));
            match attempt {
                Ok(examples) => {
                    progress.finish_and_clear();
                    return self.combine(&learnwares, &rows, &weights, &examples, task);
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
        rows: &TeamRows,
        weights: &[f64],
        examples: &Examples,
        task: reuse::Task,
    ) -> anyhow::Result<Answered> {
        let selector = self.selector(learnwares, rows, weights)?;
        let default = match (task, &selector) {
            // Models of classes they never saw are surest where they know least: each row goes to those who know.
            (reuse::Task::Classification { .. }, Some(_)) => Method::SoftJobSelector,
            _ => Method::WeightedAverage,
        };
        let (far_rows, rows_nearest) = match &selector {
            None => (Vec::new(), None),
            Some(selector) => {
                let far = selector.far(&rows.data)?;
                let far = far.iter().enumerate().filter(|(_, far)| **far).map(|(row, _)| row).collect();
                (far, Some(shares_of(&selector.route(&rows.data)?, learnwares.len())))
            }
        };
        let parameters =
            AutomaticParameters { default, seed: self.arguments.seed, ..AutomaticParameters::default() };
        let mut automatic = Automatic::new(parameters, selector);
        if let Some(column) = &self.file.labels {
            let known = team::known_labels(column, &self.file.table.lines, task, &learnwares[0])
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
        rows: &TeamRows,
        weights: &[f64],
    ) -> anyhow::Result<Option<JobSelector>> {
        let tables: Vec<&Rkme> = learnwares.iter().filter_map(Opened::table).collect();
        if !rows.is_common() || tables.len() != learnwares.len() {
            return Ok(None);
        }
        let of_space = self.best.space.members.iter().filter_map(|id| self.specification(&id.0));
        let kernel = IslandKernel::pooled(of_space);
        Ok(Some(JobSelector::new(&tables, weights, &kernel, Routing::Soft)?))
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
