//! `learnware register`.

use anyhow::Context as _;
use learnware_api::Register;
use learnware_api::client::{Client, work};
use serde_json::json;

use super::login::warn_if_exposed;
use crate::cli::RegisterArgs;
use crate::error::Outcome;
use crate::printer::Printer;
use crate::{asking, target};

/// Registers, or confirms an address.
pub(super) async fn run(arguments: &RegisterArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let server = target::server(&arguments.dock)?;
    let client = server.client();
    let address = client.address();
    if let Some(code) = &arguments.confirm {
        client.confirm(code).await?;
        printer.result("register", json!({"server": address, "confirmed": true}), |printer| {
            printer.line("Your address is confirmed.");
            printer.note(format!("Next: learnware login --dock {address}"));
        });
        return Ok(Outcome::Success);
    }
    warn_if_exposed(client, printer);
    let email = asking::or_ask(arguments.email.as_ref(), "E-mail address", "--email", printer)?;
    let name = asking::or_ask(arguments.name.as_ref(), "Name that others see", "--name", printer)?;
    let password = asking::new_password(arguments.password_stdin, printer)?;
    let wish = Register { email, name, password, code: String::new(), nonce: String::new() };
    let is_first = arguments.invitation.is_some();
    match &arguments.invitation {
        Some(code) => client.accept_invitation(&Register { code: code.clone(), ..wish }).await?,
        None => with_work(client, wish, printer).await?,
    }
    printer.result("register", json!({"server": address, "confirmed": is_first}), |printer| {
        if is_first {
            printer.line("You are the administrator of this dock.");
            printer.note(format!("Next: learnware login --dock {address}"));
        } else {
            printer.line("You are registered. A code was sent that confirms your address.");
            printer.note(format!("Next: learnware register --dock {address} --confirm CODE"));
        }
    });
    Ok(Outcome::Success)
}

/// Does the work that the server asks for, and registers.
async fn with_work(client: &Client, wish: Register, printer: &Printer) -> anyhow::Result<()> {
    let challenge = client.challenge().await?;
    let progress = printer.progress("working for the registration", None);
    let working = challenge.clone();
    let nonce = tokio::task::spawn_blocking(move || work::nonce(&working)).await;
    progress.finish_and_clear();
    let nonce = nonce.context("the work was cut off")??;
    Ok(client.register(&Register { code: challenge.challenge, nonce, ..wish }).await?)
}
