//! What happens, as server-sent events.

use std::convert::Infallible;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use learnware_api::CheckEvent;
use learnware_dock::Dock;
use learnware_dock::store::rows::{CheckState, status_word};
use learnware_engine::learnware::LearnwareId;
use serde_json::json;
use tokio::sync::watch;

use crate::asked::Path;
use crate::auth::Known;
use crate::error::{Answer, Failure};
use crate::watching::{Heard, Watching};

/// How far the check of a learnware's newest version is, as server-sent events: `check` with every change, `report`
/// once it ended, `gone` when it was deleted.
#[utoipa::path(get, path = "/learnwares/{id}/events", tag = "learnwares", params(("id" = String, Path, description = "Eight digits, as lists give them")), responses((status = OK, content_type = "text/event-stream", body = CheckEvent)), security(("bearer" = [])))]
pub(crate) async fn of_learnware(
    State(dock): State<Dock>,
    Known(viewer): Known,
    Extension(watching): Extension<Watching>,
    Path(id): Path<String>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let id = LearnwareId(id);
    let (row, sees_all) = dock.seen_by(Some(&viewer), &id).await?;
    if !sees_all {
        let title = "only its owner may look on while a learnware is checked";
        return Err(Failure::new(StatusCode::FORBIDDEN, "forbidden", title));
    }
    let id = row.number.id();
    let mut heard = watching.of(&id).ok_or_else(|| {
        let title = "too many look on; ask for the learnware instead";
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title)
    })?;
    heard.mark_changed(); // What others heard before is news here.
    let events = stream::unfold(Some(Looking { dock, id, heard }), next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

struct Looking {
    dock: Dock,
    id: LearnwareId,
    heard: watch::Receiver<Heard>,
}

/// The next event; after the last one the stream ends.
async fn next(looking: Option<Looking>) -> Option<(Result<Event, Infallible>, Option<Looking>)> {
    let mut looking = looking?;
    loop {
        looking.heard.changed().await.ok()?;
        let heard = looking.heard.borrow_and_update().clone();
        return match heard {
            None => continue,
            Some(None) => Some((Ok(Event::default().event("gone").data("{}")), None)),
            Some(Some(state)) if state.check.is_none() => {
                Some((Ok(report(&looking.dock, &looking.id).await), None))
            }
            Some(Some(state)) => {
                let event = Event::default().event("check").data(json!(wire(&state)).to_string());
                Some((Ok(event), Some(looking)))
            }
        };
    }
}

/// What the check found.
async fn report(dock: &Dock, id: &LearnwareId) -> Event {
    let newest = dock.show(id).await.ok().and_then(|mut detail| detail.versions.pop());
    match newest {
        Some(newest) => {
            let document = json!({
                "version": newest.version,
                "status": status_word(newest.status),
                "report": newest.report,
            });
            Event::default().event("report").data(document.to_string())
        }
        None => Event::default().event("gone").data("{}"),
    }
}

fn wire(state: &CheckState) -> CheckEvent {
    let check = state.check.as_ref();
    CheckEvent {
        version: state.version,
        status: status_word(state.status).to_owned(),
        job: check.map(|check| check.state.word().to_owned()),
        attempt: check.map_or(0, |check| check.attempts),
        doing: state.progress.map(|progress| progress.word().to_owned()),
        ahead: state.ahead,
        // What failed on our side is in the log: it may name places of the machine.
        failed_before: check.is_some_and(|check| check.last_error.is_some()),
    }
}
