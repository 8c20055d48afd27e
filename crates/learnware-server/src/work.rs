//! What a server or worker does by itself until it is told to stop: checks that wait, one after the other, evolutions,
//! conversions, new indexes, and sweeps.

use std::time::Duration;

use learnware_dock::check::{CheckEnd, CheckOutcome};
use learnware_dock::convert::{ConversionEnd, ConversionOutcome, DataForm};
use learnware_dock::evolve::EvolutionEnd;
use learnware_dock::indexing::IndexEnd;
use learnware_dock::store::rows::status_word;
use learnware_dock::{Dock, DockError};
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

/// Makes evolutions that are asked for until `stop` becomes true or its sender is gone; one under way is left then, and
/// goes on where it was when its lease ends.
async fn evolve(dock: Dock, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let length = tokio::select! {
            made = dock.evolve_next() => match made {
                Ok(Some(end)) => {
                    report_evolution(&end);
                    continue;
                }
                Ok(None) => SELDOM,
                Err(error) => {
                    tracing::warn!("the next evolution could not be begun: {error}");
                    TROUBLE
                }
            },
            _ = stop.changed() => return,
        };
        pause(length, &mut stop).await;
    }
}

/// Writes models as data until `stop` becomes true or its sender is gone; one under way is left then.
async fn convert(dock: Dock, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let length = tokio::select! {
            made = convert_next(&dock) => match made {
                Ok(true) => continue,
                Ok(false) => SELDOM,
                Err(error) => {
                    tracing::warn!("the next conversion could not be begun: {error}");
                    TROUBLE
                }
            },
            _ = stop.changed() => return,
        };
        pause(length, &mut stop).await;
    }
}

/// The conversion that waits, or the asking for those that nobody has asked for; false when there is neither.
async fn convert_next(dock: &Dock) -> Result<bool, DockError> {
    if let Some(outcome) = dock.convert_next().await? {
        report_conversion(&outcome);
        return Ok(true);
    }
    Ok(dock.ask_conversions().await? > 0)
}

fn report_conversion(outcome: &ConversionOutcome) {
    let (learnware, version) = (outcome.id.0.as_str(), outcome.version);
    match &outcome.end {
        ConversionEnd::Stored(DataForm::Converted { format, .. }) => {
            tracing::info!(learnware, version, format, "its model is there as data");
        }
        ConversionEnd::Stored(DataForm::Impossible { reason }) => {
            tracing::info!(learnware, version, "its model stays code: {reason}");
        }
        ConversionEnd::Failed { state, error } => {
            tracing::error!(learnware, version, state = state.word(), "the conversion failed: {error}");
        }
        ConversionEnd::Overtaken => tracing::warn!(learnware, version, "the conversion was overtaken"),
    }
}

/// Makes indexes that are asked for until `stop` becomes true or its sender is gone; those under way are left then, and are
/// made anew when the lease ends.
async fn index(dock: Dock, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let length = tokio::select! {
            made = dock.index_next() => match made {
                Ok(Some(end)) => {
                    report_index(&end);
                    continue;
                }
                Ok(None) => SELDOM,
                Err(error) => {
                    tracing::warn!("the next indexes could not be begun: {error}");
                    TROUBLE
                }
            },
            _ = stop.changed() => return,
        };
        pause(length, &mut stop).await;
    }
}

fn report_index(end: &IndexEnd) {
    match end {
        IndexEnd::Made { outlined } => {
            let members: usize = outlined.iter().map(|(_, members)| members).sum();
            tracing::info!(
                islands = outlined.len(),
                members,
                "indexes made; so many islands are in the database"
            );
        }
        IndexEnd::Failed { state, error } => {
            tracing::error!(state = state.word(), "the indexes could not be made: {error}");
        }
        IndexEnd::Overtaken => tracing::warn!("the indexes were overtaken"),
    }
}

fn report_evolution(end: &EvolutionEnd) {
    match end {
        EvolutionEnd::Stored(evolution) => {
            tracing::info!(evolution = evolution.id, state = evolution.state.word(), "evolved");
        }
        EvolutionEnd::Failed { state, error } => {
            tracing::error!(state = state.word(), "the evolution failed: {error}");
        }
        EvolutionEnd::Overtaken => tracing::warn!("the evolution was overtaken"),
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
        evolve(dock.clone(), stop.clone()),
        convert(dock.clone(), stop.clone()),
        index(dock, stop)
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
        CheckEnd::Reported(found) => {
            tracing::info!(learnware, version, status = status_word(found.status()), "checked");
        }
        CheckEnd::Failed { state, error } => {
            tracing::error!(learnware, version, state = state.word(), "the check failed: {error}");
        }
        CheckEnd::Overtaken => tracing::warn!(learnware, version, "the check was overtaken"),
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
