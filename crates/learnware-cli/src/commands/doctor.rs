//! `learnware doctor`.

use learnware_dock::config::Create;
use learnware_package::runner::host;
use serde_json::{Value, json};

use crate::cli::{DoctorArgs, ModelArgs};
use crate::error::{self, Outcome};
use crate::printer::{Printer, Tone, toned};
use crate::target;

/// One thing that was looked at.
struct Line {
    name: String,
    good: bool,
    found: String,
    /// What to do; empty when nothing is to be done.
    advice: String,
}

/// Looks at the dock and at what this machine offers for running models.
pub(super) async fn run(arguments: &DoctorArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let progress = printer.progress("looking", None);
    let mut lines = vec![program(), dock(arguments).await, cache()];
    let host = tokio::task::block_in_place(host::probe);
    progress.finish_and_clear();
    lines.extend(host.probes.iter().map(|probe| Line {
        name: probe.name.to_owned(),
        good: probe.found,
        found: probe.detail.clone(),
        advice: probe.advice.to_owned(),
    }));
    let fenced = host.bubblewrap.is_some();
    let document = json!({
        "checks": lines.iter().map(line_json).collect::<Vec<_>>(),
        "runs_data_models": true,
        "runs_python_models": if fenced { "fenced" } else { "unsafe_only" },
    });
    printer.result("doctor", document, |printer| {
        for line in &lines {
            let mark = if line.good { toned(Tone::Good, "ok     ") } else { toned(Tone::Careful, "missing") };
            printer.line(format!("{mark} {:<16} {}", line.name, line.found));
            if !line.advice.is_empty() {
                printer.line(format!("{:24} {}", "", line.advice));
            }
        }
        printer.line("");
        printer.line("Models that are data (ONNX, LightGBM, XGBoost) run in this program.");
        printer.line(if fenced {
            "Models that are Python code run behind a fence."
        } else {
            "Models that are Python code run only with --unsafe: there is no fence on this machine."
        });
    });
    Ok(if lines.iter().all(|line| line.good) { Outcome::Success } else { Outcome::Finding })
}

fn program() -> Line {
    let parquet = if cfg!(feature = "parquet") { "with" } else { "without" };
    Line {
        name: "learnware".into(),
        good: true,
        found: format!("{}, {parquet} Parquet and Arrow", env!("CARGO_PKG_VERSION")),
        advice: String::new(),
    }
}

async fn dock(arguments: &DoctorArgs) -> Line {
    let name = "dock".to_owned();
    let bad = |failure: anyhow::Error| Line {
        name: "dock".into(),
        good: false,
        found: format!("{failure:#}"),
        advice: error::hint(&failure),
    };
    if target::server_address(&arguments.dock).is_some() {
        return server(arguments).await.unwrap_or_else(bad);
    }
    let folder = match target::dock_folder(&arguments.dock) {
        Ok(folder) => folder,
        Err(failure) => return bad(failure),
    };
    if !folder.exists() {
        let found = format!("{}: not made yet", folder.display());
        let advice = "`learnware submit model.zip` makes it".into();
        return Line { name, good: true, found, advice };
    }
    let open = target::open(&arguments.dock, &ModelArgs::default(), Create::Never).await;
    let health = match open {
        Ok(dock) => dock.health().await.map_err(anyhow::Error::from),
        Err(failure) => Err(failure),
    };
    match health {
        Err(failure) => bad(failure),
        Ok(health) if health.unreadable.is_empty() => {
            Line { name, good: true, found: format!("{}, sound", folder.display()), advice: String::new() }
        }
        Ok(health) => {
            let ids: Vec<String> = health.unreadable.iter().map(|(id, _)| id.to_string()).collect();
            Line {
                name,
                good: false,
                found: format!("{}: cannot read {}", folder.display(), ids.join(", ")),
                advice: "submit them again, or restore the dock from a backup".into(),
            }
        }
    }
}

async fn server(arguments: &DoctorArgs) -> anyhow::Result<Line> {
    let server = target::server(&arguments.dock)?;
    let dock = server.client().dock().await?;
    let found = format!("{}, release {}, {} learnwares", server.address(), dock.version, dock.learnwares);
    Ok(Line { name: "dock".into(), good: true, found, advice: String::new() })
}

fn cache() -> Line {
    let name = "cache".to_owned();
    match target::cache_folder() {
        Ok(folder) => Line { name, good: true, found: folder.display().to_string(), advice: String::new() },
        Err(failure) => Line { name, good: false, found: failure.to_string(), advice: error::hint(&failure) },
    }
}

fn line_json(line: &Line) -> Value {
    json!({"name": line.name, "ok": line.good, "found": line.found, "advice": line.advice})
}
