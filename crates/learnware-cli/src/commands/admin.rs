//! `learnware admin`.

use std::fmt::Write as _;

use learnware_api::{AuditEntry, Job};
use learnware_dock::accounts::Registration;
use learnware_dock::config::Create;
use learnware_dock::jobs::JobState;
use learnware_dock::store::people::Role;
use learnware_engine::learnware::LearnwareId;
use serde_json::json;

use super::account::{left, legacy};
use crate::cli::{
    AdminArgs, AdminCommand, ChangeUserArgs, CreateUserArgs, DeleteUserArgs, DockArgs, JobsArgs, ModelArgs,
    RoleWord, StateWord,
};
use crate::error::{Outcome, advised};
use crate::place::{Change, Place};
use crate::printer::Printer;
use crate::{asking, target};

/// Bytes of a password that nobody knows: its owner chooses one by a code.
const UNKNOWN_PASSWORD_BYTES: usize = 24;

/// Looks after a dock.
pub(super) async fn run(arguments: &AdminArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    match &arguments.command {
        AdminCommand::CreateUser(arguments) => create_user(arguments, printer).await?,
        AdminCommand::Users { dock } => users(&open(dock).await?, printer).await?,
        AdminCommand::ChangeUser(arguments) => change_user(arguments, printer).await?,
        AdminCommand::DeleteUser(arguments) => delete_user(arguments, printer).await?,
        AdminCommand::Jobs(arguments) => jobs(arguments, printer).await?,
        AdminCommand::Takedown { id, reason, dock } => take_down(dock, id, Some(reason), printer).await?,
        AdminCommand::PutBack { id, dock } => take_down(dock, id, None, printer).await?,
        AdminCommand::Index { dock } => index(&open(dock).await?, printer).await?,
        AdminCommand::Audit { before, dock } => audit(&open(dock).await?, *before, printer).await?,
    }
    Ok(Outcome::Success)
}

async fn open(dock: &DockArgs) -> anyhow::Result<Place> {
    target::place(dock, &ModelArgs::default(), Create::Never).await
}

/// Makes an account. The operator's word counts as confirmation of the address.
async fn create_user(arguments: &CreateUserArgs, printer: &Printer) -> anyhow::Result<()> {
    if let Some(address) = target::server_address(&arguments.dock) {
        return Err(advised(
            format!("accounts of others are made where the dock lies, and {address} is a server"),
            "people register by themselves with `learnware register`; or name the folder on the server's machine",
        ));
    }
    let dock = target::open(&arguments.dock, &ModelArgs::default(), Create::IfMissing).await?;
    let password = if arguments.code {
        unknown_password()?
    } else {
        asking::new_password(arguments.password_stdin, printer)?
    };
    let (email, name) = (arguments.email.clone(), arguments.name.clone());
    let number = dock.add_account(Registration { email, name, password }, role(arguments.role), true).await?;
    let code = if arguments.code { dock.reset_code(&arguments.email).await? } else { None };
    let code = code.map(|code| code.reveal().to_owned());
    let document = json!({"id": number.0, "email": arguments.email, "name": arguments.name, "code": code});
    printer.result("admin-create-user", document, |printer| {
        printer.line(format!("account {}: {} <{}>", number.0, arguments.name, arguments.email));
        if let Some(code) = &code {
            printer.line(format!("code: {code}"));
            printer.note(format!(
                "Within a day its owner chooses a password: learnware login --dock URL --email {} --code CODE",
                arguments.email
            ));
        }
    });
    Ok(())
}

fn unknown_password() -> anyhow::Result<String> {
    let mut bytes = [0; UNKNOWN_PASSWORD_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| advised(format!("the system has no randomness: {error}"), "try again"))?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    }))
}

async fn users(place: &Place, printer: &Printer) -> anyhow::Result<()> {
    let accounts = place.accounts().await?;
    printer.result("admin-users", json!({"accounts": accounts}), |printer| {
        let rows = accounts.iter().map(|account| {
            let state = match (&account.disabled_at, &account.confirmed_at) {
                (Some(_), _) => "locked",
                (None, None) => "not confirmed",
                (None, Some(_)) => "active",
            };
            vec![
                account.id.to_string(),
                state.to_owned(),
                account.role.clone(),
                account.name.clone(),
                account.email.clone(),
                account.created_at.clone(),
            ]
        });
        printer.table(&["number", "state", "role", "name", "e-mail", "since"], rows.collect());
    });
    Ok(())
}

async fn change_user(arguments: &ChangeUserArgs, printer: &Printer) -> anyhow::Result<()> {
    let wanted = &arguments.change;
    let disabled = match (wanted.disable, wanted.enable) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    let change = Change { role: wanted.role.map(role), disabled };
    open(&arguments.dock).await?.change_account(arguments.id, change).await?;
    let document = json!({"id": arguments.id, "role": change.role.map(Role::word), "disabled": disabled});
    printer.result("admin-change-user", document, |printer| {
        printer.line(format!("Account {} is changed.", arguments.id));
    });
    Ok(())
}

async fn delete_user(arguments: &DeleteUserArgs, printer: &Printer) -> anyhow::Result<()> {
    let word = legacy(arguments.learnwares);
    let estate = open(&arguments.dock).await?.delete_account(arguments.id, word).await?;
    let document = json!({"id": arguments.id, "deleted": estate.deleted, "kept": estate.kept});
    printer.result("admin-delete-user", document, |printer| {
        printer.line(format!("Account {} is deleted.", arguments.id));
        printer.line(left(&estate));
    });
    Ok(())
}

async fn jobs(arguments: &JobsArgs, printer: &Printer) -> anyhow::Result<()> {
    let place = open(&arguments.dock).await?;
    let (id, done) = match (arguments.retry, arguments.give_up) {
        (Some(id), _) => {
            place.retry_job(id).await?;
            (id, "asked for again")
        }
        (None, Some(id)) => {
            place.give_up_job(id).await?;
            (id, "given up")
        }
        (None, None) => {
            let jobs = place.jobs(arguments.state.map(state), arguments.before).await?;
            printer.result("admin-jobs", json!({"jobs": jobs}), |printer| print_jobs(&jobs, printer));
            return Ok(());
        }
    };
    printer.result("admin-jobs", json!({"id": id, "done": done}), |printer| {
        printer.line(format!("What job {id} was about is {done}."));
    });
    Ok(())
}

fn print_jobs(jobs: &[Job], printer: &Printer) {
    if jobs.is_empty() {
        return printer.line("There are no such jobs.");
    }
    let rows = jobs.iter().map(|job| {
        vec![
            job.id.to_string(),
            job.state.clone(),
            job.attempts.to_string(),
            job.subject.clone(),
            job.created_at.clone(),
            job.last_error.clone().unwrap_or_default(),
        ]
    });
    printer.table(&["number", "state", "attempts", "about", "since", "last error"], rows.collect());
}

async fn take_down(dock: &DockArgs, id: &str, reason: Option<&str>, printer: &Printer) -> anyhow::Result<()> {
    open(dock).await?.take_down(&LearnwareId(id.to_owned()), reason).await?;
    let (command, done) = match reason {
        Some(_) => ("admin-takedown", "taken down"),
        None => ("admin-put-back", "put back"),
    };
    printer.result(command, json!({"id": id, "reason": reason}), |printer| {
        printer.line(format!("learnware {id}: {done}"));
    });
    Ok(())
}

async fn index(place: &Place, printer: &Printer) -> anyhow::Result<()> {
    let (made, handed_over, line) = match place {
        Place::Folder(dock) => {
            let spinner = printer.progress("making indexes", None);
            let handed_over = dock.index().await;
            spinner.finish_and_clear();
            (true, handed_over?, "The indexes are made.")
        }
        Place::Server(server) if server.client().ask_index().await?.waits => (
            false,
            Vec::new(),
            "The server makes them as soon as a worker is free; `learnware admin jobs` shows when it has.",
        ),
        Place::Server(_) => (false, Vec::new(), "They are being made already."),
    };
    let islands = handed_over.iter().map(|(island, members)| json!({"island": island, "members": members}));
    let islands: Vec<_> = islands.collect();
    printer.result("admin-index", json!({"made": made, "in_database": islands}), |printer| {
        printer.line(line);
        for (_, members) in &handed_over {
            printer.line(format!("The database looks through an island of {members} learnwares first."));
        }
    });
    Ok(())
}

async fn audit(place: &Place, before: Option<i64>, printer: &Printer) -> anyhow::Result<()> {
    let entries = place.audit(before).await?;
    printer.result("admin-audit", json!({"entries": entries}), |printer| {
        let rows = entries.iter().map(|entry: &AuditEntry| {
            let by =
                entry.account.map_or_else(|| "operator".to_owned(), |account| format!("account {account}"));
            let (action, subject, detail) = (&entry.action, &entry.subject, &entry.detail);
            vec![entry.id.to_string(), entry.at.clone(), by, action.clone(), subject.clone(), detail.clone()]
        });
        printer.table(&["number", "at", "by", "action", "on", "detail"], rows.collect());
        if let Some(last) = entries.last().filter(|last| last.id > 1) {
            printer.note(format!("Older ones: --before {}", last.id));
        }
    });
    Ok(())
}

fn role(word: RoleWord) -> Role {
    match word {
        RoleWord::User => Role::User,
        RoleWord::Admin => Role::Admin,
    }
}

fn state(word: StateWord) -> JobState {
    match word {
        StateWord::Open => JobState::Open,
        StateWord::Leased => JobState::Leased,
        StateWord::Done => JobState::Done,
        StateWord::Dead => JobState::Dead,
        StateWord::Cancelled => JobState::Cancelled,
    }
}
