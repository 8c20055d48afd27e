//! Models that are code and are written as data.

use std::time::Duration;

use learnware_dock::jobs::{ClaimFilter, Job};
use learnware_dock::store::blobs::Digest;
use learnware_dock::store::conversions::ConversionRow;
use learnware_dock::store::{Added, Requeued};
use learnware_engine::learnware::{CheckStatus, ModelFormat};

use super::{Fixture, RULES};
use crate::support::start;

pub(super) async fn a_conversion_is_asked_for_once_and_kept_with_its_package(f: &Fixture) {
    let (data, _) = f.added("a model that is data", None).await;
    f.check(data, 1, CheckStatus::Usable).await;
    f.publish("code");
    let code = learnware_dock::store::NewVersion {
        format: ModelFormat::Python,
        ..Fixture::row("code", None, "code")
    };
    let Added::Stored { number, .. } = f.store.add_version(&code, &f.blobs, start()).await.unwrap() else {
        panic!("not stored")
    };
    assert!(f.store.unconverted(9).await.unwrap().is_empty(), "nothing is usable code");
    f.check(number, 1, CheckStatus::Usable).await;
    assert_eq!(f.store.unconverted(9).await.unwrap(), [(number, 1)]);
    let job = Job::convert(number, 1);
    for _ in 0..2 {
        assert_eq!(f.store.ask_job(&job, start()).await.unwrap(), Requeued::Waiting);
    }
    assert_eq!(f.store.jobs(None, None, 9).await.unwrap().iter().filter(|row| row.job == job).count(), 1);
    assert!(f.store.unconverted(9).await.unwrap().is_empty(), "it is asked for");
    let claimed = f.store.claim(&ClaimFilter::Kind(Job::CONVERT), &RULES, start()).await.unwrap().unwrap();
    let digest = Digest::of(b"as data");
    let row = ConversionRow {
        number,
        version: 1,
        package: Some((digest.clone(), 7)),
        report: "{}".into(),
        created_at: start(),
    };
    assert!(
        !f.store.finish_conversion(&claimed, &row, &f.blobs, start()).await.unwrap(),
        "its package is not there"
    );
    f.publish("as data");
    assert!(f.store.finish_conversion(&claimed, &row, &f.blobs, start()).await.unwrap());
    assert!(
        !f.store.finish_conversion(&claimed, &row, &f.blobs, start()).await.unwrap(),
        "it is not ours any more"
    );
    assert_eq!(f.store.conversion(number, 1).await.unwrap(), Some(row));
    assert_eq!(f.store.conversion(data, 1).await.unwrap(), None);
    assert!(f.store.unconverted(9).await.unwrap().is_empty());
    let sweep = async || {
        f.store.remove_unused(std::slice::from_ref(&digest), &f.blobs, Duration::ZERO, start()).await.unwrap()
    };
    assert_eq!(sweep().await, 0, "it is in use");
    f.store.ask_job(&job, start()).await.unwrap();
    assert!(f.store.delete(number, start()).await.unwrap());
    let again = f.store.claim(&ClaimFilter::Kind(Job::CONVERT), &RULES, start()).await.unwrap();
    assert_eq!(again, None, "who is gone is not converted");
    assert_eq!(sweep().await, 1);
}
