//! Makes checks that wait, one after the other, until it is told to stop.

use std::time::Duration;

use learnware_dock::Dock;
use tokio::sync::watch;

/// How long an idle worker waits before it looks again: a submission need not wait longer.
const IDLE: Duration = Duration::from_millis(500);
/// The same after the database did not answer.
const TROUBLE: Duration = Duration::from_secs(5);

/// Makes checks until `stop` becomes true or its sender is gone; the one under way is finished first.
pub async fn work(dock: Dock, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let pause = match dock.check_next().await {
            Ok(Some(_)) => continue,
            Ok(None) => IDLE,
            Err(_) => TROUBLE,
        };
        let told = async {
            if stop.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::time::timeout(pause, told).await.ok();
    }
}
