//! `learnware search`.

use std::collections::BTreeMap;

use learnware_dock::Dock;
use learnware_dock::config::Create;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::{
    KernelChoice, MixtureMethod, SearchOptions, SearchResults, SemanticMode, Verdict,
};
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::IslandKey;
use learnware_engine::user_info::UserInfo;
use serde_json::{Value, json};

use crate::cli::{KernelWord, MixtureWord, ModelArgs, SearchArgs};
use crate::datafile::DataOptions;
use crate::embedders::{self, Embedders};
use crate::error::Outcome;
use crate::printer::{Printer, Tone, toned};
use crate::specfile::{self, Maker};
use crate::target;

/// Cells of a bar that shows a weight.
const BAR_CELLS: f64 = 20.0;

/// Searches and explains.
pub(super) async fn run(arguments: &SearchArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let embedders = Embedders::open(&arguments.embedder)?;
    let options = DataOptions::new(&arguments.table, &arguments.kind);
    let maker = Maker::new(options, &arguments.columns, &embedders, printer);
    let described = match &arguments.spec {
        None => None,
        Some(path) => Some(specfile::read_or_make(path, &maker)?),
    };
    let dock = target::open(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    let user_info = UserInfo {
        semantic: arguments.semantic(),
        statistical: described.map(|described| described.specification).into_iter().collect(),
    };
    let has_specification = !user_info.statistical.is_empty();
    let results = dock.search(user_info, search_options(arguments)).await?;
    let names = names(&dock).await?;
    let document = to_json(&results, &names);
    printer.result("search", document, |printer| print(&results, &names, printer));
    let nothing_fits = has_specification && results.verdict == Verdict::NothingFits;
    Ok(if results.single.is_empty() || nothing_fits { Outcome::Finding } else { Outcome::Success })
}

fn search_options(arguments: &SearchArgs) -> SearchOptions {
    SearchOptions {
        max_learnwares: arguments.max.max(1),
        mixture: match arguments.mixture {
            MixtureWord::Greedy => MixtureMethod::Greedy,
            MixtureWord::Auto => MixtureMethod::Auto,
            MixtureWord::None => MixtureMethod::None,
        },
        semantic: if arguments.exact { SemanticMode::Exact } else { SemanticMode::Fuzzy },
        kernel: match arguments.kernel {
            KernelWord::Island => KernelChoice::Island,
            KernelWord::Reference => KernelChoice::Reference,
        },
        single_max: arguments.count.max(1),
        exclude: arguments.exclude.iter().cloned().map(LearnwareId).collect(),
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
        printer.line("No learnware was found.");
        printer.note("Fewer filters or words find more; `learnware list` shows all.");
        return;
    }
    let name = |id: &LearnwareId| names.get(id).map_or_else(String::new, |words| words.name.clone());
    let task = |id: &LearnwareId| {
        names.get(id).and_then(|words| words.task.first()).map_or("", |task| task.word()).to_owned()
    };
    let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.4}"));
    let rows = results.single.iter().map(|found| {
        let mut row = vec![found.id.to_string(), number(found.distance), number(found.similarity)];
        if results.single.iter().any(|found| found.score.is_some()) {
            row.push(number(found.score));
        }
        row.extend([task(&found.id), name(&found.id)]);
        row
    });
    let mut header = vec!["id", "distance", "similarity"];
    if results.single.iter().any(|found| found.score.is_some()) {
        header.push("score");
    }
    header.extend(["task", "name"]);
    printer.line("");
    printer.line(toned(Tone::Heading, "Single learnwares, nearest first"));
    printer.table(&header, rows.collect());
    if let Some(multiple) = &results.multiple {
        printer.line("");
        let title = format!("A combination is nearer (distance {:.4})", multiple.distance);
        printer.line(toned(Tone::Heading, title));
        let rows = multiple.members.iter().map(|member| {
            let cells = (member.weight * BAR_CELLS).round() as usize;
            let share = format!("{:5.1} %", member.weight * 100.0);
            vec![member.id.to_string(), share, "#".repeat(cells), name(&member.id)]
        });
        printer.table(&["id", "weight", "", "name"], rows.collect());
    }
    print_next_step(results, printer);
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
