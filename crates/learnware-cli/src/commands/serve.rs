//! `learnware serve` and `learnware worker`.

use learnware_dock::Dock;
use learnware_dock::config::Create;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cli::{ServeArgs, WorkerArgs};
use crate::error::{Outcome, advised};
use crate::printer::Printer;
use crate::target;

/// Serves the dock until the process is told to end.
pub(super) async fn run(arguments: &ServeArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let dock = target::open(&arguments.dock, &arguments.model, Create::IfMissing).await?;
    let listener = TcpListener::bind(&arguments.listen).await.map_err(|error| {
        advised(
            format!("cannot listen on {}: {error}", arguments.listen),
            "choose another address with --listen, or end the program that has this one",
        )
    })?;
    let address = listener.local_addr()?;
    let invitation = dock.first_invitation().await?;
    let code = invitation.as_ref().map(|code| code.reveal().to_owned());
    let document = json!({"listen": address.to_string(), "invitation": code});
    printer.result("serve", document, |printer| {
        printer.line(format!("The dock {} is served on http://{address}", dock.folder().display()));
        if let Some(code) = &code {
            printer.line("There is no administrator yet. Whoever has this code becomes one, within a day:");
            printer.line(format!("  {code}"));
            printer.line("POST it to /api/v1/accounts/invitation with email, name and password.");
        }
    });
    let workers = arguments.workers.unwrap_or(1);
    learnware_server::serve(dock.clone(), listener, workers, told_to_end()).await?;
    end(&dock).await;
    Ok(Outcome::Success)
}

/// Makes checks that wait until the process is told to end.
pub(super) async fn worker(arguments: &WorkerArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let dock = target::open(&arguments.dock, &arguments.model, Create::Never).await?;
    printer.note(format!("Checks of the dock {} are made here.", dock.folder().display()));
    let (stop, stopped) = watch::channel(false);
    let work = tokio::spawn(learnware_server::work(dock.clone(), stopped));
    told_to_end().await;
    stop.send(true).ok();
    work.await?;
    end(&dock).await;
    Ok(Outcome::Success)
}

async fn end(dock: &Dock) {
    // What can't be kept of an index is made again.
    dock.settle().await.ok();
    dock.close().await;
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
