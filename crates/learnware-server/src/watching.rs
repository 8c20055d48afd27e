//! Who wants to know how far checks are. However many look on, the database is asked one question for all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use learnware_dock::Dock;
use learnware_dock::store::rows::CheckState;
use learnware_engine::learnware::LearnwareId;
use tokio::sync::watch;

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(500);
/// Those who look on, at most, in one process.
pub(crate) const WATCHERS_MAX: usize = 10_000;

/// What was last heard: nothing yet, a state, or that the learnware is gone.
pub(crate) type Heard = Option<Option<CheckState>>;

/// Those who look on.
#[derive(Debug, Clone)]
pub(crate) struct Watching {
    dock: Dock,
    watched: Arc<Mutex<HashMap<LearnwareId, watch::Sender<Heard>>>>,
}

impl Watching {
    pub(crate) fn new(dock: Dock) -> Self {
        Self { dock, watched: Arc::default() }
    }

    /// What becomes of a learnware's newest version; `None` when too many look on.
    pub(crate) fn of(&self, id: &LearnwareId) -> Option<watch::Receiver<Heard>> {
        let mut watched = self.lock();
        if watched.values().map(watch::Sender::receiver_count).sum::<usize>() >= WATCHERS_MAX {
            return None;
        }
        if watched.is_empty() {
            tokio::spawn(self.clone().ask_on());
        }
        let sender = watched.entry(id.clone()).or_insert_with(|| watch::channel(None).0);
        Some(sender.subscribe())
    }

    /// Asks again and again while somebody looks on.
    async fn ask_on(self) {
        loop {
            let Some(ids) = self.wanted() else { return };
            // While the database does not answer, nothing is heard.
            if let Ok(states) = self.dock.check_states(&ids).await {
                self.tell(&ids, states);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whom somebody looks at; `None` when nobody does, and then the next one begins to ask again.
    fn wanted(&self) -> Option<Vec<LearnwareId>> {
        let mut watched = self.lock();
        watched.retain(|_, sender| sender.receiver_count() > 0);
        (!watched.is_empty()).then(|| watched.keys().cloned().collect())
    }

    fn tell(&self, asked: &[LearnwareId], states: Vec<CheckState>) {
        let mut states: HashMap<_, _> = states.into_iter().map(|state| (state.number.id(), state)).collect();
        let watched = self.lock();
        for id in asked {
            if let Some(sender) = watched.get(id) {
                let heard = Some(states.remove(id));
                sender.send_if_modified(|before| {
                    let is_new = *before != heard;
                    *before = heard;
                    is_new
                });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LearnwareId, watch::Sender<Heard>>> {
        // Nothing in it is ever half changed.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
