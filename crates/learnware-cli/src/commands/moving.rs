//! `learnware backup`, `restore` and `migrate`.

use learnware_dock::config::{Config, Create};
use learnware_dock::moving::Moved;
use learnware_dock::{Address, Dock};
use serde_json::json;

use crate::cli::{BackupArgs, MigrateArgs, ModelArgs, RestoreArgs};
use crate::error::Outcome;
use crate::printer::Printer;
use crate::target;

/// Writes a backup.
pub(super) async fn backup(arguments: &BackupArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let dock = target::open(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    let moved = dock.back_up(&arguments.folder).await?;
    tell("backup", &moved, &format!("The backup lies in {}.", arguments.folder.display()), printer);
    dock.close().await;
    Ok(Outcome::Success)
}

/// Makes a dock from a backup.
pub(super) async fn restore(arguments: &RestoreArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let dock = target::open(&arguments.dock, &ModelArgs::default(), Create::IfMissing).await?;
    let moved = dock.restore(&arguments.folder).await?;
    tell("restore", &moved, &format!("The dock {} is as the backup.", dock.folder().display()), printer);
    dock.close().await;
    Ok(Outcome::Success)
}

/// Moves a dock.
pub(super) async fn migrate(arguments: &MigrateArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let from = target::open(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    let config = Config {
        database: arguments.to_database.as_deref().map(Address::new),
        packages: arguments.to_packages.as_deref().map(Address::new),
        ..Config::default()
    };
    let to = Dock::open(&arguments.to, config).await?;
    let moved = to.move_from(&from).await?;
    let message = format!("Everything is in {}; the old dock is as it was.", to.folder().display());
    tell("migrate", &moved, &message, printer);
    to.close().await;
    from.close().await;
    Ok(Outcome::Success)
}

fn tell(command: &str, moved: &Moved, message: &str, printer: &Printer) {
    printer.result(command, json!(moved), |printer| {
        printer.line(message);
        printer.line(format!(
            "{} rows, {} packages copied, {} were there already.",
            moved.rows, moved.packages, moved.packages_there
        ));
    });
}
