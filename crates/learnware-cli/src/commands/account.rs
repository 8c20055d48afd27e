//! `learnware account`.

use learnware_api::{Estate, Leave, NewPassword};
use serde_json::json;

use super::login::{require_login, warn_if_exposed};
use crate::cli::{AccountArgs, AccountCommand, DockArgs, LegacyWord};
use crate::error::Outcome;
use crate::place::{Logins, Server};
use crate::printer::Printer;
use crate::{asking, target};

/// Looks after the own account.
pub(super) async fn run(arguments: &AccountArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    match &arguments.command {
        AccountCommand::Password { password_stdin, dock } => {
            password(&open(dock)?, *password_stdin, printer).await?;
        }
        AccountCommand::Sessions { dock } => sessions(&open(dock)?, printer).await?,
        AccountCommand::EndSession { id, dock } => {
            open(dock)?.client().end_sessions(Some(*id)).await?;
            printer.result("account-end-session", json!({"id": id}), |printer| {
                printer.line(format!("Session {id} is ended."));
            });
        }
        AccountCommand::Delete { learnwares, password_stdin, dock } => {
            delete(&open(dock)?, *learnwares, *password_stdin, printer).await?;
        }
    }
    Ok(Outcome::Success)
}

fn open(dock: &DockArgs) -> anyhow::Result<Server> {
    let server = target::server(dock)?;
    require_login(server.client())?;
    Ok(server)
}

async fn password(server: &Server, from_input: bool, printer: &Printer) -> anyhow::Result<()> {
    warn_if_exposed(server.client(), printer);
    let old = asking::password(from_input, printer)?;
    let new = asking::new_password(from_input, printer)?;
    server.client().change_password(&NewPassword { old, new }).await?;
    forget(server)?;
    let address = server.address();
    printer.result("account-password", json!({"server": address}), |printer| {
        printer.line("The password is changed, and all sessions are ended.");
        printer.note(format!("Next: learnware login --dock {address}"));
    });
    Ok(())
}

async fn sessions(server: &Server, printer: &Printer) -> anyhow::Result<()> {
    let sessions = server.client().sessions().await?;
    printer.result("account-sessions", json!({"sessions": sessions}), |printer| {
        if sessions.is_empty() {
            return printer.line("You have no sessions here.");
        }
        let rows = sessions.iter().map(|session| {
            let by = if session.name.is_empty() { "password" } else { &session.name };
            vec![
                session.id.to_string(),
                by.to_owned(),
                session.created_at.clone(),
                session.expires_at.clone(),
                session.used_at.clone().unwrap_or_else(|| "never".into()),
                if session.current { "this one" } else { "" }.to_owned(),
            ]
        });
        printer.table(&["number", "by", "began", "ends", "used", ""], rows.collect());
    });
    Ok(())
}

async fn delete(
    server: &Server,
    learnwares: LegacyWord,
    from_input: bool,
    printer: &Printer,
) -> anyhow::Result<()> {
    warn_if_exposed(server.client(), printer);
    let password = asking::password(from_input, printer)?;
    let learnwares = Some(legacy(learnwares).to_owned());
    let estate = server.client().leave(&Leave { password, learnwares }).await?;
    forget(server)?;
    let address = server.address();
    let document = json!({"server": address, "deleted": estate.deleted, "kept": estate.kept});
    printer.result("account-delete", document, |printer| {
        printer.line(format!("Your account at {address} is deleted."));
        printer.line(left(&estate));
    });
    Ok(())
}

/// What the server is told.
pub(super) fn legacy(word: LegacyWord) -> &'static str {
    match word {
        LegacyWord::Keep => "keep",
        LegacyWord::Delete => "delete",
    }
}

/// What an account left behind, for people.
pub(super) fn left(estate: &Estate) -> String {
    match estate.deleted.as_slice() {
        [] => format!("Learnwares that stay without an owner: {}.", estate.kept),
        ids => format!("Learnwares deleted: {}. Without an owner now: {}.", ids.join(", "), estate.kept),
    }
}

/// What let us in lets us in no longer.
fn forget(server: &Server) -> anyhow::Result<()> {
    let mut logins = Logins::read()?;
    logins.forget(server.address()).map(drop)
}
