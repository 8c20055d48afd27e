//! Doors behind which guessing would pay: how often somebody may come, counted in the database, so that all replicas of a
//! dock count together and a restart forgets nothing.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::dock::Dock;
use crate::error::Result;

/// In which passes are given out evenly, after as many at once.
const SPAN: Duration = Duration::from_mins(1);

impl Dock {
    /// Lets `visitor` through, or tells how long to wait: `per_minute` at once, then one after the other at that rate.
    pub async fn pass_door(&self, visitor: &str, per_minute: NonZeroU32) -> Result<Option<Duration>> {
        let state = self.state();
        state.store.pass_door(visitor, SPAN / per_minute.get(), SPAN, state.config.clock.now()).await
    }
}
