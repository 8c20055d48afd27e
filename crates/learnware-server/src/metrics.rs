//! Figures for a monitoring system, in the text form of Prometheus: requests as they were counted, the dock as it is now.

use std::sync::OnceLock;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::{RequestPartsExt as _, http};
use learnware_dock::Dock;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::auth::Admin;
use crate::error::Answer;
use crate::settings::MetricsAccess;

/// Upper bounds of the classes of durations, seconds: the aims of a search lie between them.
const SECONDS: [f64; 10] = [0.005, 0.015, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0, 60.0];

/// The counts of this process; whoever asks first begins them.
fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let begin = || PrometheusBuilder::new().set_buckets(&SECONDS).ok()?.install_recorder().ok();
    RECORDER.get_or_init(begin).as_ref()
}

/// Begins counting.
pub(crate) fn begin() {
    recorder();
}

/// The figures.
pub(crate) async fn show(
    State(dock): State<Dock>,
    Extension(access): Extension<MetricsAccess>,
    request: Request,
) -> Answer<Response> {
    if access == MetricsAccess::Admin {
        let (mut parts, _): (http::request::Parts, _) = request.into_parts();
        parts.extract_with_state::<Admin, _>(&dock).await?;
    }
    look_at(&dock).await?;
    let text = recorder().map(PrometheusHandle::render).unwrap_or_default();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}

/// Sets what is read off the dock.
async fn look_at(dock: &Dock) -> Answer<()> {
    let snapshot = dock.catalog().await?;
    gauge("learnware_revision", snapshot.revision.0.unsigned_abs());
    gauge("learnware_usable", snapshot.market.organizer().len() as u64);
    gauge("learnware_unreadable", snapshot.unreadable.len() as u64);
    for (state, jobs) in dock.store().job_counts().await? {
        metrics::gauge!("learnware_jobs", "state" => state.word()).set(count(jobs));
    }
    let health = dock.health().await?;
    for (pool, times) in [("compute", health.compute), ("models", health.models)] {
        metrics::counter!("learnware_pool_begun_total", "pool" => pool).absolute(times.begun);
        metrics::counter!("learnware_pool_waited_microseconds_total", "pool" => pool)
            .absolute(times.waited_microseconds);
    }
    Ok(())
}

fn gauge(name: &'static str, value: u64) {
    metrics::gauge!(name).set(count(value));
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn count(number: u64) -> f64 {
    number as f64
}
