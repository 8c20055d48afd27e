//! `learnware search`.

mod explain;
mod labels;
mod order;
mod print;
mod private;
mod report;
mod uncovered;

pub(super) use print::{number, percent};

use std::collections::BTreeMap;
use std::path::Path;

use learnware_api::LearnwareSummary;
use learnware_dock::config::Create;
use learnware_dock::words::Query;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::{
    Explanation, KernelChoice, MixtureMethod, Ranking, SearchOptions, SearchResults, SemanticMode,
    SingleResult, Verdict,
};
use learnware_engine::semantic::{Dimensions, SemanticSpecification};
use learnware_engine::specification::{IslandKey, StatisticalSpecification};
use serde_json::{Value, json};

use crate::cli::{KernelWord, MixtureWord, ModelArgs, RankWord, SearchArgs, WordsHow};
use crate::datafile;
use crate::embedders;
use crate::error::{Outcome, advised};
use crate::place::{Found, Place, Wish};
use crate::printer::Printer;
use crate::specfile::{self, Described, Generated};
use crate::{found, target};
use labels::ByLabels;

/// Single learnwares shown when no limit is given.
const SHOWN: usize = 10;

/// What the user brings besides words.
enum Question {
    /// Nothing.
    Words,
    /// A specification, of a file or of data that nobody needs any more.
    Specification(Box<Described>),
    /// A specification with the data that it was made of.
    Data(Box<Generated>),
}

impl Question {
    fn specification(&self) -> Option<&StatisticalSpecification> {
        match self {
            Self::Words => None,
            Self::Specification(described) => Some(&described.specification),
            Self::Data(made) => Some(&made.specification),
        }
    }

    /// The columns of a table.
    fn input(&self) -> Option<&Dimensions> {
        match self {
            Self::Words => None,
            Self::Specification(described) => described.input.as_ref(),
            Self::Data(made) => made.input.as_ref(),
        }
    }
}

/// All that a search has to tell.
struct Answer {
    results: SearchResults,
    /// Words of the learnwares found.
    names: BTreeMap<LearnwareId, SemanticSpecification>,
    /// Why, where it was asked for.
    explanation: Option<Explanation>,
    /// What labelled rows say of the learnwares found.
    by_labels: Option<ByLabels>,
    /// The user's columns, where they are known.
    input: Option<Dimensions>,
}

impl Answer {
    fn name(&self, id: &LearnwareId) -> &str {
        self.names.get(id).map_or("", |words| words.name.as_str())
    }
}

/// Searches and explains.
pub(super) async fn run(arguments: &SearchArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    require_ids(&arguments.exclude)?;
    let text = arguments.filter.text(full_text(arguments));
    Query::parse(&text)?; // A wrong one is told before anything is read or sent.
    if arguments.noise.epsilon.is_some() && !arguments.private {
        return Err(advised("--epsilon is for what --private sends", "add --private, or leave it out"));
    }
    if let Some(path) = &arguments.message {
        refuse_page(arguments, "--message orders by bounds")?;
        let place = open(arguments).await?;
        return private::by_message(&place, path, arguments, &text, printer).await;
    }
    match (&arguments.spec, arguments.words) {
        (None, WordsHow::Full) => by_words(arguments, text, printer).await,
        (Some(path), _) => by_data(path, arguments, text, printer).await,
        (None, WordsHow::Fuzzy | WordsHow::Exact) => {
            refuse_page(arguments, "--words fuzzy and --words exact have the order of the reference")?;
            let place = open(arguments).await?;
            Ok(compare(&place, arguments, text, &Question::Words, printer).await?.0)
        }
    }
}

/// Refuses what can't be an id: it would exclude nobody without a word.
fn require_ids(ids: &[String]) -> anyhow::Result<()> {
    let is_id = |id: &&String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    match ids.iter().find(|id| !is_id(id)) {
        Some(id) => Err(advised(
            format!("{id:?} is not the id of a learnware"),
            "ids have eight digits, such as 00000042; `learnware list` shows them",
        )),
        None => Ok(()),
    }
}

/// Finds learnwares for data, or for a specification made of it before.
async fn by_data(
    path: &Path,
    arguments: &SearchArgs,
    text: String,
    printer: &Printer,
) -> anyhow::Result<Outcome> {
    refuse_page(arguments, "--spec orders by distance")?;
    let embedders = embedders::open_with(&arguments.embedder, &arguments.base)?;
    let options = datafile::options(&arguments.table, &arguments.kind);
    let maker = specfile::maker(options, &arguments.columns, &embedders, printer);
    if arguments.private {
        let place = open(arguments).await?;
        return private::by_data(&place, path, &maker, arguments, &text, printer).await;
    }
    let question = if uncovered::needs_data(arguments, path)? {
        Question::Data(Box::new(maker.make(path)?))
    } else {
        Question::Specification(Box::new(specfile::read_or_make(path, &maker)?))
    };
    if let Question::Data(made) = &question {
        labels::require_useful(made)?;
    }
    let place = open(arguments).await?;
    if arguments.uncovered.is_some() {
        place.folder("--uncovered", "leave it out; the share that nobody covers is told without it")?;
    }
    let (outcome, results) = compare(&place, arguments, text, &question, printer).await?;
    if let (Question::Data(made), Some(output), Place::Folder(dock)) =
        (&question, &arguments.uncovered, &place)
    {
        uncovered::write(dock, made, &results, output, printer).await?;
    }
    Ok(outcome)
}

async fn open(arguments: &SearchArgs) -> anyhow::Result<Place> {
    target::place(&arguments.dock, &ModelArgs::default(), Create::Never).await
}

/// The query that is read as full text; the reference's ways of comparing take it as it is.
fn full_text(arguments: &SearchArgs) -> Option<&str> {
    arguments.query.as_deref().filter(|_| arguments.words == WordsHow::Full)
}

fn refuse_page(arguments: &SearchArgs, reason: &str) -> anyhow::Result<()> {
    let page = &arguments.page;
    let flags =
        [(page.sort.is_some(), "--sort"), (page.cursor.is_some(), "--cursor"), (page.facets, "--facets")];
    match flags.into_iter().find(|(is_given, _)| *is_given) {
        Some((_, flag)) => Err(advised(
            format!("{flag} can't be used here: {reason}"),
            format!("leave out {flag}, or search by words alone"),
        )),
        None => Ok(()),
    }
}

/// Finds learnwares by words and tags alone.
async fn by_words(arguments: &SearchArgs, text: String, printer: &Printer) -> anyhow::Result<Outcome> {
    let place = open(arguments).await?;
    let page = place.page(arguments.page.wanted(text, &arguments.exclude), SHOWN).await?;
    let mut results = SearchResults::default();
    results.funnel.total = page.searched as usize;
    results.funnel.excluded = page.excluded as usize;
    results.funnel.semantic = page.total as usize;
    let single = |hit: &LearnwareSummary| SingleResult::by_words(LearnwareId(hit.id.clone()));
    results.single = page.learnwares.iter().map(single).collect();
    let words = |hit: &LearnwareSummary| (LearnwareId(hit.id.clone()), found::semantic(hit));
    let mut document = to_json(&results, &page.learnwares.iter().map(words).collect());
    for (place, hit) in page.learnwares.iter().enumerate() {
        found::extend_hit_json(&mut document["single"][place], hit);
    }
    found::extend_json(&mut document, &page);
    if arguments.explain {
        document["explanation"] = json!({"stages": explain::stages(&results)});
    }
    printer.result("search", document, |printer| {
        print::funnel(&results, printer);
        if arguments.explain {
            explain::print_stages(&results, printer);
        }
        found::print_readings(&page.words, printer);
        if page.learnwares.is_empty() {
            return print::nothing(&results.funnel, printer);
        }
        printer.line("");
        found::print_hits(&page, printer);
        if !page.facets.is_empty() {
            printer.line("");
            found::print_facets(&page, printer);
        }
        found::print_page(&page, printer);
        print::next_step(&results, printer);
    });
    Ok(if page.total == 0 { Outcome::Finding } else { Outcome::Success })
}

/// Finds learnwares by what the user's data are like, or by words as the reference compares them.
async fn compare(
    place: &Place,
    arguments: &SearchArgs,
    text: String,
    question: &Question,
    printer: &Printer,
) -> anyhow::Result<(Outcome, SearchResults)> {
    let wish = wish(place, arguments, text, question)?;
    let Found { mut results, words, explanation, names } = place.search(wish).await?;
    if question.specification().is_none() {
        results.single.truncate(arguments.page.limit.unwrap_or(SHOWN));
    }
    if let (false, Some(advice)) = (arguments.world, order::advice(question.input(), &names)) {
        printer.warning(advice);
    }
    let by_labels = match question {
        // Learnwares of other columns would have to be aligned first.
        _ if arguments.world => None,
        Question::Data(made) => labels::rank(arguments, made, &results, printer).await?,
        Question::Words | Question::Specification(_) => None,
    };
    let input = question.input().cloned();
    let answer = Answer { results, names, explanation, by_labels, input };
    if let (Some(path), Some(own)) = (&arguments.report, question.specification()) {
        let page = report::page(arguments, own, place, &answer).await?;
        crate::files::write(path, page.as_bytes())?;
    }
    let mut document = to_json(&answer.results, &answer.names);
    document["words"] = json!(words);
    if arguments.explain {
        document["explanation"] = explain::to_json(&answer);
    }
    if let Some(by_labels) = &answer.by_labels {
        document["by_labels"] = by_labels.to_json(&answer);
    }
    document["report"] = json!(arguments.report);
    printer.result("search", document, |printer| {
        found::print_readings(&words, printer);
        print::answer(&answer, arguments, printer);
        if matches!(place, Place::Server(_)) && !arguments.parts {
            print::parts_advice(&answer, printer);
        }
    });
    if let Err(error) = place.settle().await {
        printer.note(format!("The next search makes the index again: {error}"));
    }
    let nothing_fits = question.specification().is_some() && answer.results.verdict == Verdict::NothingFits;
    let nothing = (answer.results.single.is_empty() || nothing_fits) && answer.results.parts.is_empty();
    Ok((if nothing { Outcome::Finding } else { Outcome::Success }, answer.results))
}

/// What is asked of the dock.
fn wish(place: &Place, arguments: &SearchArgs, text: String, question: &Question) -> anyhow::Result<Wish> {
    let (query, semantic) = match arguments.words {
        WordsHow::Full => (text, SemanticSpecification::default()),
        WordsHow::Fuzzy | WordsHow::Exact => {
            place.folder("--words fuzzy and --words exact", "leave --words out")?;
            let name = arguments.query.clone().unwrap_or_default();
            (String::new(), SemanticSpecification { name, ..arguments.filter.tags() })
        }
    };
    let mut options = search_options(arguments);
    options.parts = !arguments.world && (arguments.parts || matches!(place, Place::Folder(_)));
    // A server is told names of columns only when somebody asks for it.
    let is_told = options.world || options.parts;
    let semantic = SemanticSpecification { input: question.input().filter(|_| is_told).cloned(), ..semantic };
    Ok(Wish {
        query,
        semantic,
        specification: question.specification().cloned(),
        options,
        explain: arguments.explain || arguments.report.is_some(),
    })
}

fn search_options(arguments: &SearchArgs) -> SearchOptions {
    SearchOptions {
        max_learnwares: arguments.max.max(1),
        mixture: match arguments.mixture {
            MixtureWord::Greedy => MixtureMethod::Greedy,
            MixtureWord::Nearest => MixtureMethod::Nearest,
            MixtureWord::Auto => MixtureMethod::Auto,
            MixtureWord::None => MixtureMethod::None,
        },
        semantic: match arguments.words {
            WordsHow::Exact => SemanticMode::Exact,
            WordsHow::Fuzzy | WordsHow::Full => SemanticMode::Fuzzy,
        },
        kernel: match arguments.kernel {
            KernelWord::Island => KernelChoice::Island,
            KernelWord::Reference => KernelChoice::Reference,
        },
        ranking: match arguments.rank {
            RankWord::Capability => Ranking::Capability,
            RankWord::Distance => Ranking::Distance,
        },
        single_max: arguments.page.limit.unwrap_or(SHOWN).max(1),
        // Numbers may be given without their zeros.
        exclude: arguments.exclude.iter().map(|id| LearnwareId(format!("{id:0>8}"))).collect(),
        among: None,
        world: arguments.world,
        parts: arguments.parts,
    }
}

fn to_json(results: &SearchResults, names: &BTreeMap<LearnwareId, SemanticSpecification>) -> Value {
    let mut document = json!(results);
    let name = |value: &mut Value| {
        let id = value["id"].as_str().map(|id| LearnwareId(id.to_owned()));
        if let Some(words) = id.and_then(|id| names.get(&id)) {
            value["name"] = json!(words.name);
        }
    };
    for place in ["/single", "/multiple/members", "/parts"] {
        if let Some(list) = document.pointer_mut(place).and_then(Value::as_array_mut) {
            list.iter_mut().for_each(name);
        }
    }
    // Keys of a map in JSON are words; a list of pairs would make readers guess.
    document["island"] = results.island.as_ref().map_or(Value::Null, island_json);
    let others = results.funnel.other_islands.iter();
    document["funnel"]["other_islands"] =
        others.map(|(key, count)| json!({"island": island_json(key), "count": count})).collect();
    document
}

fn island_json(key: &IslandKey) -> Value {
    let mut value = json!(key);
    value["name"] = json!(key.to_string());
    value
}
