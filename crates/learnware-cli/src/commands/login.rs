//! `learnware login`, `learnware logout` and `learnware whoami`.

use learnware_api::client::Client;
use learnware_api::{Login as Credentials, Reset};
use serde_json::json;

use crate::cli::{LoginArgs, LogoutArgs, WhoamiArgs};
use crate::error::{Outcome, advised};
use crate::place::{self, Login, Logins};
use crate::printer::Printer;
use crate::{asking, target};

/// Logs in and keeps what lets us in from now on.
pub(super) async fn run(arguments: &LoginArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let server = target::server(&arguments.dock)?;
    let client = server.client();
    warn_if_exposed(client, printer);
    if arguments.forgotten {
        let email = asking::or_ask(arguments.email.as_ref(), "E-mail address", "--email", printer)?;
        client.ask_reset(&email).await?;
        printer.result("login", json!({"server": client.address(), "asked": true}), |printer| {
            printer.line("If there is such an account, a code was sent that sets a new password.");
            printer.note(format!(
                "Next: learnware login --dock {} --email {email} --code CODE",
                client.address()
            ));
        });
        return Ok(Outcome::Success);
    }
    let mut logins = Logins::read()?;
    let (secret, is_session) = if arguments.token_stdin {
        (asking::line_of_input("a token")?, false)
    } else {
        (session(arguments, client, printer).await?, true)
    };
    let me = client.with_secret(secret.clone()).me().await?;
    let login = Login { name: me.name.clone(), secret, is_session };
    let file = logins.keep(client.address(), login)?.display().to_string();
    let document = json!({"server": client.address(), "account": me.account, "name": me.name, "file": file});
    printer.result("login", document, |printer| {
        printer.line(format!("You are {} at {}.", me.name, client.address()));
        printer.note(format!("What lets you in is kept in {file}; `learnware logout` ends it."));
    });
    Ok(Outcome::Success)
}

/// Begins a session by address and password.
async fn session(arguments: &LoginArgs, client: &Client, printer: &Printer) -> anyhow::Result<String> {
    let email = asking::or_ask(arguments.email.as_ref(), "E-mail address", "--email", printer)?;
    let password = if arguments.code.is_some() {
        asking::new_password(arguments.password_stdin, printer)?
    } else {
        asking::password(arguments.password_stdin, printer)?
    };
    if let Some(code) = &arguments.code {
        client.reset(&Reset { code: code.clone(), password: password.clone() }).await?;
    }
    Ok(client.login(&Credentials { email, password }).await?.secret)
}

/// Says where what is typed could be read on the way.
pub(super) fn warn_if_exposed(client: &Client, printer: &Printer) {
    if client.is_exposed() {
        printer.warning(format!(
            "{} is not encrypted: others on the way can read your password and what lets you in",
            client.address()
        ));
    }
}

/// Ends the session and forgets it.
pub(super) async fn logout(arguments: &LogoutArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let server = target::server(&arguments.dock)?;
    let address = server.address().to_owned();
    let mut logins = Logins::read()?;
    let Some(login) = logins.forget(&address)? else {
        let document = json!({"server": address, "was_logged_in": false});
        printer.result("logout", document, |printer| {
            printer.line(format!("You are not logged in at {address}."));
        });
        return Ok(Outcome::Success);
    };
    let client = server.client().with_secret(login.secret);
    let told = if arguments.everywhere { client.end_sessions(None).await } else { client.logout().await };
    let ended = match told {
        Ok(()) => login.is_session || arguments.everywhere,
        // It had ended already.
        Err(failure) if failure.is_login_needed() => true,
        Err(failure) => {
            printer.warning(format!("the server could not be told: {failure}"));
            false
        }
    };
    let document = json!({"server": address, "was_logged_in": true, "ended": ended});
    printer.result("logout", document, |printer| {
        printer.line(format!("Logged out at {address}."));
        if !login.is_session {
            printer.note("The token itself is good until it ends; `learnware token revoke` ends it.");
        }
    });
    Ok(Outcome::Success)
}

/// Tells who we are.
pub(super) async fn whoami(arguments: &WhoamiArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let server = target::server(&arguments.dock)?;
    require_login(server.client())?;
    let me = server.client().me().await?;
    let document = json!({
        "server": server.address(), "account": me.account, "name": me.name, "role": me.role, "scopes": me.scopes,
        "by": if place::token_is_set() { "LEARNWARE_TOKEN" } else { "login" },
    });
    printer.result("whoami", document, |printer| {
        printer.line(format!(
            "{} ({}, account {}) at {}",
            me.name,
            if me.role == "admin" { "administrator" } else { "user" },
            me.account,
            server.address()
        ));
        printer.line(format!("may: {}", me.scopes.join(", ")));
    });
    Ok(Outcome::Success)
}

/// Refuses where nothing lets us in: the server would say the same.
pub(super) fn require_login(client: &Client) -> anyhow::Result<()> {
    if client.has_secret() {
        return Ok(());
    }
    Err(advised(
        format!("you are not logged in at {}", client.address()),
        format!("`learnware login --dock {}`, or set LEARNWARE_TOKEN", client.address()),
    ))
}
