//! The one door from async code to work for the processor, and to files.
//!
//! Two pools of bounded width: searches and package opening in one, models in the other, so that a search
//! never waits behind a check. Work that waits is cancelled with its caller; work that runs is not.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::sync::Semaphore;

use crate::error::{DockError, Result};

/// Which pool does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pool {
    /// Searches, opening packages, reading and writing blobs.
    Compute,
    /// Checks that run a model.
    Models,
}

/// How long work waited for its turn in a pool, since the dock was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueTimes {
    /// Pieces of work begun.
    pub begun: u64,
    /// Their waiting times together, in microseconds.
    pub waited_microseconds: u64,
}

/// The pools.
#[derive(Debug, Clone)]
pub(crate) struct Cpu {
    compute: Arc<Queue>,
    models: Arc<Queue>,
}

#[derive(Debug)]
struct Queue {
    turns: Arc<Semaphore>,
    begun: AtomicU64,
    waited_microseconds: AtomicU64,
}

impl Cpu {
    /// Pools of the given widths, at least 1 each.
    pub(crate) fn new(compute_width: usize, models_width: usize) -> Self {
        let queue = |width: usize| {
            Arc::new(Queue {
                turns: Arc::new(Semaphore::new(width.clamp(1, Semaphore::MAX_PERMITS))),
                begun: AtomicU64::new(0),
                waited_microseconds: AtomicU64::new(0),
            })
        };
        Self { compute: queue(compute_width), models: queue(models_width) }
    }

    /// Does `work` on a thread of the pool when it is its turn.
    ///
    /// # Errors
    /// [`DockError::Panicked`] when the work panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        pool: Pool,
        name: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let queue = self.queue(pool);
        let asked = Instant::now();
        let turn = queue.turns.clone().acquire_owned().await.map_err(|_| DockError::Closed)?;
        let waited = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX);
        queue.begun.fetch_add(1, Ordering::Relaxed);
        queue.waited_microseconds.fetch_add(waited, Ordering::Relaxed);
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            // The work owns what it uses, so nothing half changed outlives a panic.
            catch_unwind(AssertUnwindSafe(work))
        });
        match done.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => {
                let message = panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                    .unwrap_or_else(|| "no message".to_owned());
                Err(DockError::Panicked { work: name, message })
            }
            Err(_) => Err(DockError::Closed), // The runtime is shutting down.
        }
    }

    /// How long work waited in the pool.
    pub(crate) fn queue_times(&self, pool: Pool) -> QueueTimes {
        let queue = self.queue(pool);
        QueueTimes {
            begun: queue.begun.load(Ordering::Relaxed),
            waited_microseconds: queue.waited_microseconds.load(Ordering::Relaxed),
        }
    }

    fn queue(&self, pool: Pool) -> &Queue {
        match pool {
            Pool::Compute => &self.compute,
            Pool::Models => &self.models,
        }
    }
}
