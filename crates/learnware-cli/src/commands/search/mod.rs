//! `learnware search`.

mod private;
mod uncovered;

use std::collections::BTreeMap;

use learnware_dock::Dock;
use learnware_dock::config::Create;
use learnware_dock::ids::LearnwareNumber;
use learnware_dock::words::{Hit, Query};
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::{
    KernelChoice, MixtureMethod, SearchOptions, SearchResults, SemanticMode, SingleResult, Verdict,
};
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::{IslandKey, StatisticalSpecification};
use learnware_engine::user_info::UserInfo;
use serde_json::{Value, json};

use crate::cli::{KernelWord, MixtureWord, ModelArgs, SearchArgs, WordsHow};
use crate::datafile::DataOptions;
use crate::embedders::{self, Embedders};
use crate::error::{Outcome, advised};
use crate::printer::{Printer, Tone, toned};
use crate::specfile::{self, Maker};
use crate::{found, target};

/// Cells of a bar that shows a weight.
const BAR_CELLS: f64 = 20.0;
/// Single learnwares shown when no limit is given.
const SHOWN: usize = 10;

/// Searches and explains.
pub(super) async fn run(arguments: &SearchArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let query = arguments.filter.narrow(full_text(arguments))?;
    if arguments.noise.epsilon.is_some() && !arguments.private {
        return Err(advised("--epsilon is for what --private sends", "add --private, or leave it out"));
    }
    if let Some(path) = &arguments.message {
        refuse_page(arguments, "--message orders by bounds")?;
        return private::by_message(&open(arguments).await?, path, arguments, query, printer).await;
    }
    match (&arguments.spec, arguments.words) {
        (None, WordsHow::Full) => by_words(arguments, query, printer).await,
        (Some(path), _) => {
            refuse_page(arguments, "--spec orders by distance")?;
            let embedders = Embedders::open(&arguments.embedder)?;
            let options = DataOptions::new(&arguments.table, &arguments.kind);
            let maker = Maker::new(options, &arguments.columns, &embedders, printer);
            if arguments.private {
                let dock = open(arguments).await?;
                return private::by_data(&dock, path, &maker, arguments, query, printer).await;
            }
            let Some(output) = &arguments.uncovered else {
                let described = specfile::read_or_make(path, &maker)?;
                let dock = open(arguments).await?;
                return Ok(compare(&dock, arguments, query, vec![described.specification], printer).await?.0);
            };
            uncovered::require_data(path)?;
            let made = maker.make(path)?;
            let dock = open(arguments).await?;
            let (outcome, results) =
                compare(&dock, arguments, query, vec![made.specification.clone()], printer).await?;
            uncovered::write(&dock, &made, &results, output, printer).await?;
            Ok(outcome)
        }
        (None, WordsHow::Fuzzy | WordsHow::Exact) => {
            refuse_page(arguments, "--words fuzzy and --words exact have the order of the reference")?;
            Ok(compare(&open(arguments).await?, arguments, query, Vec::new(), printer).await?.0)
        }
    }
}

async fn open(arguments: &SearchArgs) -> anyhow::Result<Dock> {
    target::open(&arguments.dock, &ModelArgs::default(), Create::Never).await
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
async fn by_words(arguments: &SearchArgs, mut query: Query, printer: &Printer) -> anyhow::Result<Outcome> {
    let dock = open(arguments).await?;
    for id in &arguments.exclude {
        query.filters.exclude.push(LearnwareNumber::from_id(&LearnwareId(id.clone()))?);
    }
    let (found, snapshot) = dock.find(arguments.page.request(query, SHOWN)?).await?;
    let organizer = snapshot.market.organizer();
    let mut results = SearchResults::default();
    results.funnel.total = organizer.len();
    let is_there = |id: &&String| {
        LearnwareNumber::from_id(&LearnwareId((*id).clone()))
            .is_ok_and(|number| organizer.get(&number.id()).is_some())
    };
    results.funnel.excluded = arguments.exclude.iter().filter(is_there).count();
    results.funnel.semantic = found.total as usize;
    let single = |hit: &Hit| SingleResult::by_words(hit.id.clone());
    results.single = found.hits.iter().map(single).collect();
    let words = |hit: &Hit| Some((hit.id.clone(), organizer.get(&hit.id)?.specification.semantic.clone()));
    let mut document = to_json(&results, &found.hits.iter().filter_map(words).collect());
    for (place, hit) in found.hits.iter().enumerate() {
        found::extend_hit_json(&mut document["single"][place], hit);
    }
    found::extend_json(&mut document, &found);
    printer.result("search", document, |printer| {
        print_funnel(&results, printer);
        found::print_readings(&found.readings, printer);
        if found.hits.is_empty() {
            return print_nothing(printer);
        }
        printer.line("");
        found::print_hits(&found, &snapshot, printer);
        if !found.facets.is_empty() {
            printer.line("");
            found::print_facets(&found.facets, printer);
        }
        found::print_page(&found, printer);
        print_next_step(&results, printer);
    });
    Ok(if found.total == 0 { Outcome::Finding } else { Outcome::Success })
}

/// Finds learnwares by what the user's data are like, or by words as the reference compares them.
async fn compare(
    dock: &Dock,
    arguments: &SearchArgs,
    query: Query,
    statistical: Vec<StatisticalSpecification>,
    printer: &Printer,
) -> anyhow::Result<(Outcome, SearchResults)> {
    let has_specification = !statistical.is_empty();
    let (query, semantic) = match arguments.words {
        WordsHow::Full => (query, SemanticSpecification::default()),
        WordsHow::Fuzzy | WordsHow::Exact => {
            let name = arguments.query.clone().unwrap_or_default();
            (Query::default(), SemanticSpecification { name, ..arguments.filter.tags() })
        }
    };
    let user_info = UserInfo { semantic, statistical };
    let (mut results, readings) = dock.search_matching(query, user_info, search_options(arguments)).await?;
    if !has_specification {
        results.single.truncate(arguments.page.limit.unwrap_or(SHOWN));
    }
    let names = names(dock).await?;
    let mut document = to_json(&results, &names);
    document["words"] = found::readings_json(&readings);
    printer.result("search", document, |printer| {
        found::print_readings(&readings, printer);
        print(&results, &names, printer);
    });
    let nothing_fits = has_specification && results.verdict == Verdict::NothingFits;
    let nothing = results.single.is_empty() || nothing_fits;
    Ok((if nothing { Outcome::Finding } else { Outcome::Success }, results))
}

fn search_options(arguments: &SearchArgs) -> SearchOptions {
    SearchOptions {
        max_learnwares: arguments.max.max(1),
        mixture: match arguments.mixture {
            MixtureWord::Greedy => MixtureMethod::Greedy,
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
        single_max: arguments.page.limit.unwrap_or(SHOWN).max(1),
        exclude: arguments.exclude.iter().cloned().map(LearnwareId).collect(),
        among: None,
    }
}

/// Words of every learnware that searches can see.
async fn names(dock: &Dock) -> anyhow::Result<BTreeMap<LearnwareId, SemanticSpecification>> {
    let snapshot = dock.catalog().await?;
    let words = |learnware: &learnware_engine::learnware::Learnware| {
        (learnware.id.clone(), learnware.specification.semantic.clone())
    };
    Ok(snapshot.market.organizer().iter().map(words).collect())
}

fn to_json(results: &SearchResults, names: &BTreeMap<LearnwareId, SemanticSpecification>) -> Value {
    let mut document = json!(results);
    let name = |value: &mut Value| {
        let id = value["id"].as_str().map(|id| LearnwareId(id.to_owned()));
        if let Some(words) = id.and_then(|id| names.get(&id)) {
            value["name"] = json!(words.name);
        }
    };
    for place in ["/single", "/multiple/members"] {
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

fn print(results: &SearchResults, names: &BTreeMap<LearnwareId, SemanticSpecification>, printer: &Printer) {
    print_verdict(results, printer);
    print_funnel(results, printer);
    if results.single.is_empty() {
        return print_nothing(printer);
    }
    let name = |id: &LearnwareId| names.get(id).map_or_else(String::new, |words| words.name.clone());
    let task = |id: &LearnwareId| {
        names.get(id).and_then(|words| words.task.first()).map_or("", |task| task.word()).to_owned()
    };
    let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.4}"));
    let rows = results.single.iter().map(|found| {
        let mut row = vec![found.id.to_string(), number(found.distance), number(found.similarity)];
        row.push(found.covered.map_or_else(|| "-".into(), percent));
        if results.single.iter().any(|found| found.score.is_some()) {
            row.push(number(found.score));
        }
        row.extend([task(&found.id), name(&found.id)]);
        row
    });
    let mut header = vec!["id", "distance", "similarity", "covers"];
    if results.single.iter().any(|found| found.score.is_some()) {
        header.push("score");
    }
    header.extend(["task", "name"]);
    printer.line("");
    printer.line(toned(Tone::Heading, "Single learnwares, nearest first"));
    printer.table(&header, rows.collect());
    if let Some(multiple) = &results.multiple {
        printer.line("");
        let title = format!(
            "A combination is nearer (distance {:.4}, covers {})",
            multiple.distance,
            percent(multiple.covered)
        );
        printer.line(toned(Tone::Heading, title));
        let rows = multiple.members.iter().map(|member| {
            let cells = (member.weight * BAR_CELLS).round() as usize;
            let share = format!("{:5.1} %", member.weight * 100.0);
            vec![member.id.to_string(), share, "#".repeat(cells), name(&member.id)]
        });
        printer.table(&["id", "weight", "", "name"], rows.collect());
    }
    print_certificate(results, printer);
    print_next_step(results, printer);
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// What is proved of the answer.
fn print_certificate(results: &SearchResults, printer: &Printer) {
    let funnel = &results.funnel;
    if results.island.is_none() {
        return;
    }
    let proof = if funnel.certified {
        format!("proved: none of the {} compared is nearer", funnel.comparable)
    } else {
        "not proved: a learnware that was not looked at closely may be nearer".to_owned()
    };
    let mut parts = vec![format!("{proof} ({} distances computed in full)", funnel.evaluated)];
    if let Some(gap) = results.multiple.as_ref().and_then(|multiple| multiple.gap) {
        parts.push(format!("no combination of any size is nearer by more than {gap:.4}"));
    }
    printer.line(toned(Tone::Faint, parts.join("; ")));
}

fn print_nothing(printer: &Printer) {
    printer.line("No learnware was found.");
    printer.note("Fewer filters or words find more; `learnware list` shows all.");
}

fn print_verdict(results: &SearchResults, printer: &Printer) {
    let covered = results.covered.map_or_else(String::new, |share| {
        format!(" ({:.0} % of your data resembles what some learnware was trained on)", share * 100.0)
    });
    let verdict = match results.verdict {
        Verdict::Fits => toned(Tone::Good, "These learnwares fit your data"),
        Verdict::FitsPartly => toned(Tone::Careful, "These learnwares fit a part of your data"),
        Verdict::NothingFits => toned(Tone::Bad, "Nothing here fits your data: predictions would be guesses"),
        Verdict::Unknown => return,
    };
    printer.line(format!("{verdict}{covered}."));
}

/// Who was left out, and why.
fn print_funnel(results: &SearchResults, printer: &Printer) {
    let funnel = &results.funnel;
    let mut parts = vec![format!("{} learnwares in the dock", funnel.total)];
    let words = funnel.total.saturating_sub(funnel.excluded).saturating_sub(funnel.semantic);
    if funnel.excluded > 0 {
        parts.push(format!("{} excluded by you", funnel.excluded));
    }
    if words > 0 {
        parts.push(format!("{words} left out by words or filters"));
    }
    for (key, count) in &funnel.other_islands {
        parts.push(match key {
            IslandKey::Table { dimension } => {
                format!("{count} left out because they take {dimension} inputs")
            }
            _ => format!("{count} left out because they are for {key}"),
        });
    }
    if funnel.other_languages > 0 {
        parts.push(format!("{} left out because they know other languages", funnel.other_languages));
    }
    match &results.island {
        Some(IslandKey::Table { dimension }) => {
            parts.push(format!("{} compared with your {dimension} inputs", funnel.comparable));
        }
        Some(_) => parts.push(format!("{} compared with your data", funnel.comparable)),
        None => {}
    }
    printer.line(toned(Tone::Faint, parts.join("; ")));
    let others = funnel.other_islands.iter().map(|(key, _)| key);
    if let Some(advice) = results.island.as_ref().and_then(|own| embedders::advice(own, others)) {
        printer.note(advice);
    }
}

fn print_next_step(results: &SearchResults, printer: &Printer) {
    let members = match &results.multiple {
        Some(multiple) => multiple.members.clone(),
        None => Vec::new(),
    };
    if members.is_empty() {
        printer.note(format!("Next: learnware run {} DATA -o predictions.csv", results.single[0].id));
        return;
    }
    let ids: Vec<String> = members.iter().map(|member| member.id.to_string()).collect();
    let weights: Vec<String> = members.iter().map(|member| format!("{:.4}", member.weight)).collect();
    printer.note(format!(
        "Next: learnware reuse --learnwares {} --weights {} --method weighted DATA -o predictions.csv",
        ids.join(","),
        weights.join(",")
    ));
}
