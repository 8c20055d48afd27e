//! What a dock can be told when it is opened. Everything has a default that suits one person's folder.

use std::path::PathBuf;
use std::time::Duration;

use learnware_package::runner::CodePolicy;
use learnware_package::runner::sandbox::Limits;

use crate::address::Address;
use crate::clock::Clock;
use crate::failpoint::FailPoint;
use crate::jobs::LeaseRules;
use crate::policy::{self, Quota};
use crate::shard::Shard;
use crate::store::outlines::HeadOrder;

/// Settings of an open dock.
#[derive(Debug, Clone)]
pub struct Config {
    /// Whether a missing folder is made.
    pub create: Create,
    /// PostgreSQL database of the rows, `postgres://...`; `None` is `dock.sqlite` in the dock's folder. Needs
    /// the feature `postgres`.
    pub database: Option<Address>,
    /// S3-compatible store of the packages, `s3://bucket/prefix`; `None` is `blobs` in the dock's folder. Needs
    /// the feature `s3`.
    pub packages: Option<Address>,
    /// Where the time comes from.
    pub clock: Clock,
    /// Searches, package openings and file copies at once; at least 1.
    pub compute_width: usize,
    /// Checks that run a model at once; at least 1.
    pub models_width: usize,
    /// How checks are claimed, retried and given up.
    pub leases: LeaseRules,
    /// Rows that a model is tried on at once for whoever asks; `None` runs nothing for visitors.
    pub try_rows_max: Option<usize>,
    /// Bytes of a package at most.
    pub package_bytes_max: u64,
    /// What an account may keep.
    pub quota: Quota,
    /// How long unused files are kept; also how often opening a dock looks for them.
    pub sweep_age: Duration,
    /// How often a market that changed evolves, where it is served; `None` only when somebody asks.
    pub evolve_age: Option<Duration>,
    /// Whether models that are code are written as data after their checks, where that is possible.
    pub convert: bool,
    /// Members from which an island's first stage is the database; `None` keeps all islands in memory. Needs PostgreSQL with
    /// the extension `vector`.
    pub first_stage_from: Option<usize>,
    /// How the database looks for near heads.
    pub first_stage_order: HeadOrder,
    /// Which of several replicas this is, each of which keeps the specifications of its own islands only; `None` keeps all.
    pub shard: Option<Shard>,
    /// How long an account may go without a confirmed address.
    pub unconfirmed_age: Duration,
    /// Where Python environments and unpacked packages are kept; `None` is `cache` in the dock's folder. Docks
    /// may share it.
    pub cache_dir: Option<PathBuf>,
    /// Whether the code of packages may run.
    pub code: CodePolicy,
    /// What one running model may use.
    pub model_limits: Limits,
    /// Seed of the random examples that checks feed to models.
    pub check_seed: u64,
    /// A step at which the crash tests stop.
    #[doc(hidden)]
    pub fail_point: Option<FailPoint>,
}

/// Whether a missing or empty folder becomes a dock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Create {
    /// It does.
    #[default]
    IfMissing,
    /// It is an error.
    Never,
}

impl Default for Config {
    fn default() -> Self {
        let width = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            create: Create::IfMissing,
            database: None,
            packages: None,
            clock: Clock::System,
            compute_width: width,
            // A model's own threads share the machine with searches.
            models_width: (width / 2).max(1),
            leases: LeaseRules::default(),
            try_rows_max: None,
            package_bytes_max: policy::PACKAGE_BYTES_MAX,
            quota: Quota::default(),
            // Longer than any upload or check takes.
            sweep_age: Duration::from_hours(24),
            first_stage_from: None,
            shard: None,
            first_stage_order: HeadOrder::default(),
            evolve_age: Some(Duration::from_hours(24)),
            convert: true,
            // Longer than a holiday of a week in which nobody reads letters.
            unconfirmed_age: Duration::from_hours(24 * 14),
            cache_dir: None,
            code: CodePolicy::default(),
            model_limits: Limits::default(),
            check_seed: 0,
            fail_point: None,
        }
    }
}
