//! Codes by mail. Whoever asks for one is answered before anything is sent, so that neither time nor answer tells
//! whether there is such an account; letters wait in a queue of this process, and are tried a few times.
//!
//! A queue that is lost with its process costs nothing: a code can be asked for again.

#[cfg(not(feature = "mail"))]
mod absent;
#[cfg_attr(not(feature = "mail"), expect(dead_code, reason = "nobody carries letters"))]
mod letter;
#[cfg(feature = "mail")]
mod smtp;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use learnware_dock::secrets::Secret;
use learnware_dock::{Address, DockError};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};

#[cfg(not(feature = "mail"))]
use absent::Carrier;
pub(crate) use letter::{Letter, Purpose};
#[cfg(feature = "mail")]
use smtp::Carrier;

/// Letters that wait for the carrier at most.
const QUEUE: usize = 256;
/// Letters under way at once, with those that wait for another attempt.
const UNDER_WAY: usize = 32;
/// Waiting times before further attempts: a server that is restarted, one that asks newcomers to come again.
const AGAIN: [Duration; 3] = [Duration::from_secs(5), Duration::from_mins(1), Duration::from_mins(6)];
/// Letters that one address gets in an hour, whoever asks: a dock is no means to pester people.
const OF_ADDRESS_PER_HOUR: NonZeroU32 = NonZeroU32::new(6).expect("not zero");
/// Letters between two clean-ups of counts that no longer matter.
const SWEEP_EVERY: usize = 1000;
/// How long an ending server waits for letters under way.
const LAST_LETTERS: Duration = Duration::from_secs(10);

/// What a server can be told of mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Server that takes letters, `smtp://` or `smtps://`; `None` leaves codes to the operator's log.
    pub smtp: Option<Address>,
    /// Sender of the letters.
    pub from: Option<String>,
}

impl Settings {
    /// Whether letters can be sent so, as far as that can be told without sending one.
    ///
    /// # Errors
    /// [`DockError::Setting`] for the setting that is wrong or missing.
    pub fn check(&self) -> Result<(), DockError> {
        self.carrier().map(drop)
    }

    fn carrier(&self) -> Result<Option<Carrier>, DockError> {
        let Some(smtp) = &self.smtp else { return Ok(None) };
        let missing = DockError::Setting {
            name: "LEARNWARE_MAIL_FROM",
            value: String::new(),
            wanted: "the sender of letters, such as dock@example.org, where LEARNWARE_SMTP is set",
        };
        Carrier::new(smtp, self.from.as_ref().ok_or(missing)?).map(Some)
    }
}

/// Where letters are left; copies share one queue.
#[derive(Debug, Clone)]
pub(crate) struct Outbox(Option<mpsc::Sender<Letter>>);

/// The outbox and who empties it.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) outbox: Outbox,
    carrying: Option<JoinHandle<()>>,
}

/// What becomes of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// The carrier sees to it.
    InOutbox,
    /// Nobody carries letters here: the code is for the operator's log.
    NoMail,
}

/// Why an attempt failed.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// For the log.
    pub(crate) reason: String,
    /// Whether another attempt would be in vain.
    pub(crate) is_final: bool,
}

impl Outbox {
    /// Whether letters can be sent to an address; all are good where there is no mail.
    pub(crate) fn reaches(&self, address: &str) -> bool {
        self.0.is_none() || Carrier::reaches(address)
    }

    /// Leaves a letter; does not wait. One that finds no room is dropped, and its owner asks again.
    pub(crate) fn leave(&self, purpose: Purpose, to: &str, code: &Secret) -> Left {
        let Some(queue) = &self.0 else { return Left::NoMail };
        let letter = Letter { purpose, to: to.to_owned(), code: code.clone() };
        if queue.try_send(letter).is_err() {
            count("dropped");
            tracing::error!(to, "a letter was dropped: {QUEUE} wait already");
        }
        Left::InOutbox
    }
}

impl Post {
    /// Begins carrying letters, where the settings say how. Their links lead to `address`, where people reach the dock.
    ///
    /// # Errors
    /// As [`Settings::check`].
    pub(crate) fn begin(settings: &Settings, address: Option<String>) -> Result<Self, DockError> {
        let Some(carrier) = settings.carrier()? else {
            return Ok(Self { outbox: Outbox(None), carrying: None });
        };
        let (queue, letters) = mpsc::channel(QUEUE);
        let carrying = tokio::spawn(carry(carrier, address, letters));
        Ok(Self { outbox: Outbox(Some(queue)), carrying: Some(carrying) })
    }

    /// Sends what is left, but not for long. All other copies of the outbox must be gone.
    pub(crate) async fn end(self) {
        drop(self.outbox);
        let Some(mut carrying) = self.carrying else { return };
        if tokio::time::timeout(LAST_LETTERS, &mut carrying).await.is_err() {
            carrying.abort();
            tracing::warn!("letters were left behind; their codes can be asked for again");
        }
    }
}

async fn carry(carrier: Carrier, address: Option<String>, mut letters: mpsc::Receiver<Letter>) {
    let (carrier, address) = (Arc::new(carrier), Arc::new(address));
    let limits = RateLimiter::keyed(Quota::per_hour(OF_ADDRESS_PER_HOUR));
    let room = Arc::new(Semaphore::new(UNDER_WAY));
    let mut under_way = JoinSet::new();
    for number in 0.. {
        let Some(letter) = letters.recv().await else { break };
        while under_way.try_join_next().is_some() {}
        if !may_go(&letter, &limits, number) {
            continue;
        }
        let place = room.clone().acquire_owned().await.expect("it is never closed");
        let (carrier, address) = (carrier.clone(), address.clone());
        under_way.spawn(async move {
            deliver(&carrier, &letter, address.as_deref()).await;
            drop(place);
        });
    }
    while under_way.join_next().await.is_some() {}
}

fn may_go(letter: &Letter, limits: &DefaultKeyedRateLimiter<String>, number: usize) -> bool {
    if number % SWEEP_EVERY == SWEEP_EVERY - 1 {
        limits.retain_recent();
    }
    let may = limits.check_key(&letter.to.to_lowercase()).is_ok();
    if !may {
        count("dropped");
        tracing::warn!(to = letter.to, "a letter was dropped: the address got enough for an hour");
    }
    may
}

/// Sends a letter, with some patience.
async fn deliver(carrier: &Carrier, letter: &Letter, address: Option<&str>) {
    let mut waits = AGAIN.into_iter();
    loop {
        let Err(refusal) = carrier.send(letter, address).await else { return count("sent") };
        // A server may repeat what it refuses.
        let reason = refusal.reason.replace(letter.code.reveal(), "(code)");
        let wait = if refusal.is_final { None } else { waits.next() };
        let Some(wait) = wait else {
            count("failed");
            tracing::error!(to = letter.to, "a letter could not be sent: {reason}");
            return;
        };
        let seconds = wait.as_secs();
        tracing::warn!(to = letter.to, "a letter could not be sent, next attempt in {seconds} s: {reason}");
        tokio::time::sleep(wait).await;
    }
}

fn count(result: &'static str) {
    metrics::counter!("learnware_letters_total", "result" => result).increment(1);
}
