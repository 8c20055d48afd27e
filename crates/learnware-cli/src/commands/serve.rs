//! `learnware serve` and `learnware worker`.

use learnware_dock::Dock;
use learnware_dock::config::Create;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cli::{ServeArgs, WorkerArgs};
use crate::configuration::{Configuration, Origin, Setting};
use crate::error::{Outcome, advised};
use crate::printer::Printer;
use crate::target;
use crate::telemetry::Telemetry;

/// Serves the dock until the process is told to end.
pub(super) async fn run(arguments: &ServeArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let folder = target::dock_folder(&arguments.dock)?;
    let configuration = Configuration::read(&arguments.config, &folder)?
        .with_flag("LEARNWARE_LISTEN", arguments.listen.clone())
        .with_flag("LEARNWARE_WORKERS", arguments.workers.map(|workers| workers.to_string()));
    let mut settings = configuration.server()?;
    settings.told = configuration.all().into_iter().map(told).collect();
    if arguments.config.show_config {
        return show(&configuration, printer);
    }
    let telemetry = Telemetry::begin(arguments.config.log, settings.collector.as_deref())?;
    let config = configuration.dock()?.config;
    let dock = target::open_configured(&folder, config, &arguments.model, Create::IfMissing).await;
    let dock = dock.map_err(|error| configuration.blamed(error))?;
    let listener = TcpListener::bind(&settings.listen).await.map_err(|error| {
        advised(
            format!("cannot listen on {}: {error}", settings.listen),
            "choose another address with --listen, or end the program that has this one",
        )
    })?;
    announce(&dock, &listener.local_addr()?.to_string(), printer).await?;
    learnware_server::serve(dock.clone(), listener, &settings, told_to_end()).await?;
    end(&dock, telemetry).await?;
    Ok(Outcome::Success)
}

async fn announce(dock: &Dock, address: &str, printer: &Printer) -> anyhow::Result<()> {
    let invitation = dock.first_invitation().await?;
    let code = invitation.as_ref().map(|code| code.reveal().to_owned());
    let document = json!({"listen": address, "invitation": code});
    printer.result("serve", document, |printer| {
        printer.line(format!("The dock {} is served on http://{address}", dock.folder().display()));
        if let Some(code) = &code {
            printer.line("There is no administrator yet. Whoever has this code becomes one, within a day:");
            printer.line(format!("  {code}"));
            printer.line(format!("  learnware register --dock http://{address} --invitation CODE"));
        }
        printer.line(format!("What programs can ask is described at http://{address}/api/v1/docs"));
    });
    Ok(())
}

/// Makes checks that wait until the process is told to end.
pub(super) async fn worker(arguments: &WorkerArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let folder = target::dock_folder(&arguments.dock)?;
    let configuration = Configuration::read(&arguments.config, &folder)?;
    let config = configuration.dock()?.config;
    if arguments.config.show_config {
        return show(&configuration, printer);
    }
    let telemetry = Telemetry::begin(arguments.config.log, configuration.server()?.collector.as_deref())?;
    let dock = target::open_configured(&folder, config, &arguments.model, Create::Never).await;
    let dock = dock.map_err(|error| configuration.blamed(error))?;
    printer.note(format!("Checks of the dock {} are made here.", dock.folder().display()));
    let (stop, stopped) = watch::channel(false);
    let work = tokio::spawn(learnware_server::work(dock.clone(), stopped));
    told_to_end().await;
    stop.send(true).ok();
    work.await?;
    end(&dock, telemetry).await?;
    Ok(Outcome::Success)
}

fn show(configuration: &Configuration, printer: &Printer) -> anyhow::Result<Outcome> {
    // What can't be read is told before it is shown.
    configuration.dock()?;
    let all = configuration.all();
    let document: Vec<Value> = all
        .iter()
        .map(|setting| json!({"key": setting.key, "value": setting.value, "origin": origin(&setting.origin), "meaning": setting.meaning}))
        .collect();
    printer.result("settings", json!({"settings": document}), |printer| {
        let row = |setting: &Setting| {
            let value = setting.value.clone().unwrap_or_default();
            vec![setting.key.clone(), value, origin(&setting.origin), setting.meaning.to_owned()]
        };
        printer.table(&["setting", "value", "from", "meaning"], all.iter().map(row).collect());
    });
    Ok(Outcome::Success)
}

fn told(setting: Setting) -> learnware_api::Setting {
    let Setting { key, value, origin: from, meaning } = setting;
    learnware_api::Setting { key, value, origin: origin(&from), meaning: meaning.to_owned() }
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Flag => "flag".to_owned(),
        Origin::Environment => "environment".to_owned(),
        Origin::File(path) => path.display().to_string(),
        Origin::Default => "default".to_owned(),
    }
}

async fn end(dock: &Dock, telemetry: Telemetry) -> anyhow::Result<()> {
    // What can't be kept of an index is made again.
    dock.settle().await.ok();
    dock.close().await;
    // It waits for the collector.
    Ok(tokio::task::spawn_blocking(|| telemetry.end()).await?)
}

/// Ready when the process gets SIGINT or SIGTERM.
async fn told_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    interrupt.await.ok();
}
