//! `learnware evolve`.

use learnware_api::Evolution;
use learnware_dock::config::Create;
use learnware_server::wire;
use serde_json::{Value, json};

use crate::cli::EvolveArgs;
use crate::error::Outcome;
use crate::place::Place;
use crate::printer::{Printer, Tone, toned};
use crate::target;

/// Lines of what was found at most.
const LINES_MAX: usize = 5;
/// Lines of an island's classes at most.
const CLASS_LINES_MAX: usize = 10;
/// Names of one class at most.
const NAMES_MAX: usize = 4;

/// Lets a dock learn, or shows and switches what it learned.
pub(super) async fn run(arguments: &EvolveArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let place = target::place(&arguments.dock, &arguments.model, Create::Never).await?;
    if arguments.list {
        list(&place, printer).await?;
    } else if arguments.off || arguments.use_number.is_some() {
        place.use_evolution(arguments.use_number).await?;
        printer.result("evolve-use", json!({"id": arguments.use_number}), |printer| {
            printer.line(match arguments.use_number {
                Some(id) => format!("Searches use evolution {id} now."),
                None => "Searches use no evolution now.".to_owned(),
            });
        });
    } else {
        evolve(&place, printer).await?;
    }
    Ok(Outcome::Success)
}

async fn evolve(place: &Place, printer: &Printer) -> anyhow::Result<()> {
    match place {
        Place::Folder(dock) => {
            let progress = printer.progress("measuring learnwares", Some(0));
            let tell = |done: usize, of: usize| {
                progress.set_length(of as u64);
                progress.set_position(done as u64);
            };
            let made = dock.evolve(tell).await;
            progress.finish_and_clear();
            let made = wire::evolution(&made?);
            printer.result("evolve", json!(made), |printer| print(&made, printer));
        }
        Place::Server(server) => {
            let asked = server.client().ask_evolution().await?;
            printer.result("evolve", json!(asked), |printer| {
                printer.line(if asked.waits {
                    "The server evolves as soon as a worker is free; `learnware evolve --list` shows what it brought."
                } else {
                    "An evolution is under way already; `learnware evolve --list` shows what it brought."
                });
            });
        }
    }
    Ok(())
}

async fn list(place: &Place, printer: &Printer) -> anyhow::Result<()> {
    let evolutions = place.evolutions().await?;
    printer.result("evolve-list", json!({"evolutions": evolutions}), |printer| {
        if evolutions.is_empty() {
            return printer.line("This dock has not evolved yet.");
        }
        for one in &evolutions {
            print(one, printer);
        }
    });
    Ok(())
}

fn print(evolution: &Evolution, printer: &Printer) {
    let report = &evolution.report;
    let unmeasured = list_of(&report["unmeasured"]);
    let title = format!("Evolution {}: {} ({})", evolution.id, evolution.state, evolution.created_at);
    printer.line(toned(Tone::Heading, title));
    printer.line(format!("{} learnwares measured, {} could not be", report["measured"], unmeasured.len()));
    for failed in unmeasured.iter().take(LINES_MAX) {
        printer.line(format!("  {}: {}", word(&failed["id"]), word(&failed["reason"])));
    }
    let islands = list_of(&report["islands"]);
    if islands.is_empty() {
        printer.line("No island has enough learnwares to learn from: ten tables with one task are needed.");
    }
    for island in islands {
        print_island(island, printer);
    }
    for island in list_of(&report["classes"]) {
        print_classes(island, printer);
    }
}

fn print_island(island: &Value, printer: &Printer) {
    let quality = &island["quality"];
    let loss = |of: &str| quality[of].as_f64().unwrap_or_default();
    printer.line(format!(
        "{} learnwares of {} columns: where each task is a user\'s and its own learnware is away, the nearest loses {:.3}, the \
         first by capability {:.3} (difference {:.3} +- {:.3})",
        island["learnwares"],
        island["island"]["dimension"],
        loss("by_distance"),
        loss("by_capability"),
        loss("by_distance") - loss("by_capability"),
        loss("error"),
    ));
    for one in list_of(&island["retirements"]).iter().take(LINES_MAX) {
        printer.line(format!(
            "  {} could go: {} does as well on {} tasks, and loses {:.3} on its own",
            word(&one["id"]),
            word(&one["by"]),
            one["tasks"],
            one["loss"].as_f64().unwrap_or_default()
        ));
    }
}

/// The hierarchy of an island's classes, from the broadest ones down; each once, also where it is a kind of several.
fn print_classes(island: &Value, printer: &Printer) {
    let groups = list_of(&island["groups"]);
    let shared = groups.iter().filter(|group| list_of(&group["members"]).len() > 1).count();
    printer.line(format!(
        "Classes of {} learnwares of {} columns: {} that have to do with others, {shared} of them known to several",
        island["learnwares"],
        island["island"]["dimension"],
        groups.len() as u64 + island["left_out"].as_u64().unwrap_or_default(),
    ));
    let parent =
        |group: &Value| group["parents"][0]["group"].as_u64().and_then(|at| usize::try_from(at).ok());
    let children = |of: Option<usize>| (0..groups.len()).rev().filter(move |&at| parent(&groups[at]) == of);
    let mut open: Vec<(usize, usize)> = children(None).map(|at| (0, at)).collect();
    let mut shown = 0;
    while let Some((depth, at)) = open.pop().filter(|_| shown < CLASS_LINES_MAX) {
        printer.line(format!("  {}{}", "  ".repeat(depth), class_words(&groups[at])));
        open.extend(children(Some(at)).map(|child| (depth + 1, child)));
        shown += 1;
    }
    if shown < groups.len() {
        printer.line(format!(
            "  and {} more; --json shows them, `learnware show ID` those of one",
            groups.len() - shown
        ));
    }
}

/// The names of a group of equal classes, and who knows it.
fn class_words(group: &Value) -> String {
    let members = list_of(&group["members"]);
    let mut names: Vec<&str> = Vec::new();
    for name in members.iter().map(|member| word(&member["name"])) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = if names.len() > NAMES_MAX { " = ..." } else { "" };
    names.truncate(NAMES_MAX);
    let whose = match members {
        [one] => word(&one["id"]).to_owned(),
        many => format!("{} learnwares", many.len()),
    };
    format!("{}{more} ({whose})", names.join(" = "))
}

fn list_of(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
