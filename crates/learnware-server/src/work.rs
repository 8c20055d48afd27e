//! What a server or worker does by itself until it is told to stop: checks that wait, one after the other, evolutions,
//! conversions, new indexes, and sweeps.

use std::time::Duration;

use learnware_dock::check::CheckOutcome;
use learnware_dock::convert::{ConversionOutcome, DataForm};
use learnware_dock::evolve::Evolution;
use learnware_dock::jobs::JobEnd;
use learnware_dock::store::rows::status_word;
use learnware_dock::{Dock, DockError};
use learnware_engine::specification::IslandKey;
use tokio::sync::watch;

use crate::observe;

/// How long an idle worker waits before it looks again: a submission need not wait longer.
const IDLE: Duration = Duration::from_millis(500);
/// The same after the database did not answer.
const TROUBLE: Duration = Duration::from_secs(5);
/// How often it is looked whether a sweep is due; the dock says when it is.
const SWEEP_LOOK: Duration = Duration::from_mins(15);

/// How long it waits before it looks again for an evolution, a conversion or indexes to make.
const SELDOM: Duration = Duration::from_secs(5);
/// How often the figures of the day are kept.
const KEEP_COUNTS: Duration = Duration::from_mins(1);

/// Removes what nobody uses any more, when it is due, until `stop` becomes true or its sender is gone.
pub(crate) async fn keep_clean(dock: Dock, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = dock.sweep_when_due().await {
            tracing::warn!("what is not used any more could not be removed: {error}");
        }
        if let Err(error) = dock.evolve_when_due().await {
            tracing::warn!("no evolution could be asked for: {error}");
        }
        if let Err(error) = dock.index_when_due().await {
            tracing::warn!("no new indexes could be asked for: {error}");
        }
        pause(SWEEP_LOOK, &mut stop).await;
    }
}

/// Makes what `next` makes, until `stop` becomes true or its sender is gone; what is under way is left then, and is gone on with
/// or made anew when its lease ends. `next` tells whether there was anything to do.
async fn seldom<F: Future<Output = Result<bool, DockError>> + Send>(
    what: &'static str,
    dock: &Dock,
    mut stop: watch::Receiver<bool>,
    next: fn(Dock) -> F,
) {
    while !*stop.borrow() {
        let length = tokio::select! {
            made = next(dock.clone()) => match made {
                Ok(true) => continue,
                Ok(false) => SELDOM,
                Err(error) => {
                    tracing::warn!("{what} could not be begun: {error}");
                    TROUBLE
                }
            },
            _ = stop.changed() => return,
        };
        pause(length, &mut stop).await;
    }
}

/// The evolution that is asked for; false when none is.
async fn evolve_next(dock: Dock) -> Result<bool, DockError> {
    let made = dock.evolve_next().await?;
    Ok(made.inspect(report_evolution).is_some())
}

/// The indexes that are asked for; false when none are.
async fn index_next(dock: Dock) -> Result<bool, DockError> {
    let made = dock.index_next().await?;
    Ok(made.inspect(report_index).is_some())
}

/// The conversion that waits, or the asking for those that nobody has asked for; false when there is neither.
async fn convert_next(dock: Dock) -> Result<bool, DockError> {
    if let Some(outcome) = dock.convert_next().await? {
        report_conversion(&outcome);
        return Ok(true);
    }
    Ok(dock.ask_conversions().await? > 0)
}

fn report_conversion(outcome: &ConversionOutcome) {
    let (learnware, version) = (outcome.id.0.as_str(), outcome.version);
    match &outcome.end {
        JobEnd::Done(DataForm::Converted { format, .. }) => {
            tracing::info!(learnware, version, format, "its model is there as data");
        }
        JobEnd::Done(DataForm::Impossible { reason }) => {
            tracing::info!(learnware, version, "its model stays code: {reason}");
        }
        JobEnd::Failed { state, error } => {
            tracing::error!(learnware, version, state = state.word(), "the conversion failed: {error}");
        }
        JobEnd::Overtaken => tracing::warn!(learnware, version, "the conversion was overtaken"),
    }
}

fn report_index(end: &JobEnd<Vec<(IslandKey, usize)>>) {
    match end {
        JobEnd::Done(outlined) => {
            let members: usize = outlined.iter().map(|(_, members)| members).sum();
            tracing::info!(
                islands = outlined.len(),
                members,
                "indexes made; so many islands are in the database"
            );
        }
        JobEnd::Failed { state, error } => {
            tracing::error!(state = state.word(), "the indexes could not be made: {error}");
        }
        JobEnd::Overtaken => tracing::warn!("the indexes were overtaken"),
    }
}

fn report_evolution(end: &JobEnd<Evolution>) {
    match end {
        JobEnd::Done(evolution) => {
            tracing::info!(evolution = evolution.id, state = evolution.state.word(), "evolved");
        }
        JobEnd::Failed { state, error } => {
            tracing::error!(state = state.word(), "the evolution failed: {error}");
        }
        JobEnd::Overtaken => tracing::warn!("the evolution was overtaken"),
    }
}

/// Keeps what requests were counted, every minute and at the end, until `stop` becomes true or its sender is gone.
pub(crate) async fn keep_counts(dock: Dock, mut stop: watch::Receiver<bool>) {
    loop {
        let ends = *stop.borrow();
        let counts = observe::take_counts();
        if let Err(error) = dock.count_today(&counts).await {
            observe::put_back(&counts);
            tracing::warn!("the figures of the day could not be kept: {error}");
        }
        if ends {
            return;
        }
        pause(KEEP_COUNTS, &mut stop).await;
    }
}

/// Makes checks, evolutions, conversions and indexes until `stop` becomes true or its sender is gone; the check under way is
/// finished first.
pub async fn work(dock: Dock, stop: watch::Receiver<bool>) {
    tokio::join!(
        check(dock.clone(), stop.clone()),
        seldom("the next evolution", &dock, stop.clone(), evolve_next),
        seldom("the next conversion", &dock, stop.clone(), convert_next),
        seldom("the next indexes", &dock, stop.clone(), index_next),
    );
}

async fn check(dock: Dock, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let length = match dock.check_next().await {
            Ok(Some(outcome)) => {
                report(&outcome);
                continue;
            }
            Ok(None) => IDLE,
            Err(error) => {
                tracing::warn!("the next check could not be begun: {error}");
                TROUBLE
            }
        };
        pause(length, &mut stop).await;
    }
}

fn report(outcome: &CheckOutcome) {
    let (learnware, version) = (outcome.id.0.as_str(), outcome.version);
    match &outcome.end {
        JobEnd::Done(found) => {
            tracing::info!(learnware, version, status = status_word(found.status()), "checked");
        }
        JobEnd::Failed { state, error } => {
            tracing::error!(learnware, version, state = state.word(), "the check failed: {error}");
        }
        JobEnd::Overtaken => tracing::warn!(learnware, version, "the check was overtaken"),
    }
}

/// Waits, but not longer than until it is told to stop.
async fn pause(length: Duration, stop: &mut watch::Receiver<bool>) {
    let told = async {
        if stop.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::time::timeout(length, told).await.ok();
}
