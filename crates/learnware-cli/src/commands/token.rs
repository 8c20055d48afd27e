//! `learnware token`.

use learnware_api::NewToken;
use serde_json::json;

use super::login::require_login;
use crate::cli::{DockArgs, TokenArgs, TokenCommand};
use crate::error::Outcome;
use crate::place::Server;
use crate::printer::Printer;
use crate::target;

/// Makes, lists and ends tokens.
pub(super) async fn run(arguments: &TokenArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    match &arguments.command {
        TokenCommand::Create { name, scopes, days, dock } => {
            let wish = NewToken { name: name.clone(), scopes: scopes.clone(), days: *days };
            create(&open(dock)?, &wish, printer).await?;
        }
        TokenCommand::List { dock } => list(&open(dock)?, printer).await?,
        TokenCommand::Revoke { id, dock } => {
            open(dock)?.client().revoke_token(*id).await?;
            printer.result("token-revoke", json!({"id": id}), |printer| {
                printer.line(format!("Token {id} is ended."));
            });
        }
    }
    Ok(Outcome::Success)
}

fn open(dock: &DockArgs) -> anyhow::Result<Server> {
    let server = target::server(dock)?;
    require_login(server.client())?;
    Ok(server)
}

async fn create(server: &Server, wish: &NewToken, printer: &Printer) -> anyhow::Result<()> {
    let granted = server.client().create_token(wish).await?;
    let document = json!({
        "id": granted.id, "secret": granted.secret, "name": wish.name, "scopes": wish.scopes, "days": wish.days,
    });
    printer.result("token-create", document, |printer| {
        printer.line(&granted.secret);
        printer.note(format!(
            "It allows {} for {} days and is shown only now. Programs give it as LEARNWARE_TOKEN.",
            wish.scopes.join(", "),
            wish.days
        ));
    });
    Ok(())
}

async fn list(server: &Server, printer: &Printer) -> anyhow::Result<()> {
    let tokens = server.client().tokens().await?;
    printer.result("token-list", json!({"tokens": tokens}), |printer| {
        if tokens.is_empty() {
            return printer.line("You have no tokens here.");
        }
        let rows = tokens.iter().map(|token| {
            vec![
                token.id.to_string(),
                token.name.clone(),
                token.scopes.join(" "),
                token.expires_at.clone(),
                token.used_at.clone().unwrap_or_else(|| "never".into()),
            ]
        });
        printer.table(&["number", "name", "scopes", "ends", "used"], rows.collect());
    });
    Ok(())
}
