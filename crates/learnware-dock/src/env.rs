//! Every `LEARNWARE_*` variable that the dock reads, in one table. A configuration file may hold the same under their
//! [keys](Variable::key); flags of a command come after these.

use std::path::PathBuf;
use std::time::Duration;

use learnware_package::runner::CodePolicy;

use crate::address::Address;
use crate::config::Config;
use crate::error::{DockError, Result};
use crate::store::outlines::HeadOrder;

/// A variable and what it does.
#[derive(Debug, Clone, Copy)]
pub struct Variable<S> {
    /// Its name.
    pub name: &'static str,
    /// What it sets, with its unit and default.
    pub meaning: &'static str,
    /// Sets it, or says what would be right.
    pub set: fn(&mut S, &str) -> Result<(), &'static str>,
}

impl<S> Variable<S> {
    /// Its name in a configuration file: `LEARNWARE_CHECK_ATTEMPTS` is `check_attempts`.
    pub fn key(&self) -> String {
        self.name.trim_start_matches("LEARNWARE_").to_lowercase()
    }
}

/// What the environment says.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The dock's folder, when it is named.
    pub dock: Option<PathBuf>,
    /// Everything else.
    pub config: Config,
}

/// The table.
pub const VARIABLES: &[Variable<Settings>] = &[
    Variable {
        name: "LEARNWARE_DOCK",
        meaning: "folder of the dock, where none is named",
        set: |settings, text| {
            settings.dock = Some(PathBuf::from(text));
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_DATABASE",
        meaning: "PostgreSQL database of the dock's rows, postgres://USER:PASSWORD@HOST/NAME; default: \
                  dock.sqlite in the dock's folder",
        set: |settings, text| {
            let address = Address::new(text);
            if !address.has_scheme(&["postgres", "postgresql"]) {
                return Err("postgres://USER:PASSWORD@HOST/NAME");
            }
            settings.config.database = Some(address);
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_PACKAGES",
        meaning: "S3-compatible store of the dock's packages, s3://BUCKET/PREFIX, with keys and endpoint in \
                  AWS_* variables; default: blobs in the dock's folder",
        set: |settings, text| {
            let address = Address::new(text);
            if !address.has_scheme(&["s3"]) {
                return Err("s3://BUCKET/PREFIX");
            }
            settings.config.packages = Some(address);
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_CACHE",
        meaning: "folder of Python environments; default: `learnware` in the user's cache folder",
        set: |settings, text| {
            settings.config.cache_dir = Some(PathBuf::from(text));
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_CODE",
        meaning: "whether Python models run: fenced, unsafe (without a fence where none works) or refuse; \
                  default: fenced",
        set: |settings, text| {
            settings.config.code = match text {
                "fenced" => CodePolicy::Fenced,
                "unsafe" => CodePolicy::Unsafe,
                "refuse" => CodePolicy::Refuse,
                _ => return Err("fenced, unsafe or refuse"),
            };
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_SEARCHES",
        meaning: "searches and package openings at once; default: processors",
        set: |settings, text| {
            settings.config.compute_width = count(text)?;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_CHECKS",
        meaning: "checks at once; default: half the processors",
        set: |settings, text| {
            settings.config.models_width = count(text)?;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_TRY_ROWS",
        meaning: "rows that the server runs a learnware's model on for whoever asks, as fenced as a check; default: none",
        set: |settings, text| {
            settings.config.try_rows_max = Some(count(text)?);
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_CHECK_ATTEMPTS",
        meaning: "attempts before a check is given up; default 3",
        set: |settings, text| {
            settings.config.leases.attempts_max = count(text)?;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_CHECK_LEASE_SECONDS",
        meaning: "seconds after which a check whose process died is taken over; default 120",
        set: |settings, text| {
            settings.config.leases.lease = Duration::from_secs(count(text)?);
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_PACKAGE_BYTES_MAX",
        meaning: "bytes of a package at most; default 1 GiB",
        set: |settings, text| {
            settings.config.package_bytes_max = count(text)?;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_ACCOUNT_VERSIONS_MAX",
        meaning: "versions of learnwares that an account may have; default 2000",
        set: |settings, text| {
            settings.config.quota.versions = count(text)?;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_ACCOUNT_BYTES_MAX",
        meaning: "bytes of packages that an account may have; default 100 GiB",
        set: |settings, text| {
            settings.config.quota.bytes = count(text)?;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_ACCOUNT_WAITING_MAX",
        meaning: "versions of an account that may wait for their check at once; default 100",
        set: |settings, text| {
            settings.config.quota.waiting = count(text)?;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_SWEEP_HOURS",
        meaning: "hours that unused files are kept; default 24",
        set: |settings, text| {
            settings.config.sweep_age = Duration::from_hours(count::<u32>(text)?.into());
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_EVOLVE_HOURS",
        meaning: "hours after which a market that changed evolves by itself, or never; default 24",
        set: |settings, text| {
            let hours = |text| count::<u32>(text).map(|hours| Duration::from_hours(hours.into()));
            settings.config.evolve_age = if text == "never" { None } else { Some(hours(text)?) };
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_CONVERT",
        meaning: "whether servers and workers write models that are code as data after their checks, so that they also run \
                  in browsers: yes or no; default yes",
        set: |settings, text| {
            settings.config.convert = match text {
                "yes" => true,
                "no" => false,
                _ => return Err("yes or no"),
            };
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_FIRST_STAGE_FROM",
        meaning: "members from which PostgreSQL with pgvector keeps an island's specifications and finds the candidates of a \
                  search, or never; default: never",
        set: |settings, text| {
            settings.config.first_stage_from = if text == "never" { None } else { Some(count(text)?) };
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_FIRST_STAGE_ORDER",
        meaning: "how PostgreSQL finds them: flat (all are looked at, answers are proved) or hnsw (an approximate index, never \
                  proved); default: flat",
        set: |settings, text| {
            settings.config.first_stage_order = match text {
                "flat" => HeadOrder::Flat,
                "hnsw" => HeadOrder::Hnsw,
                _ => return Err("flat or hnsw"),
            };
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_SHARD",
        meaning: "which of several servers this is, such as 2/3, each of which keeps the specifications of its own islands only; \
                  default: all islands",
        set: |settings, text| {
            settings.config.shard = Some(text.parse()?);
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_UNCONFIRMED_DAYS",
        meaning: "days until an account ends whose address was not confirmed; default 14",
        set: |settings, text| {
            settings.config.unconfirmed_age = Duration::from_hours(24 * u64::from(count::<u32>(text)?));
            Ok(())
        },
    },
];

/// Reads the variables of this process.
///
/// # Errors
/// [`DockError::Setting`] for the first one that can't be read; an empty variable counts as absent.
pub fn settings() -> Result<Settings> {
    read(|name| std::env::var(name).ok())
}

/// Reads variables from `value_of`.
pub fn read(value_of: impl Fn(&str) -> Option<String>) -> Result<Settings> {
    let mut settings = Settings::default();
    let folder = |name: &str| value_of(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    settings.config.cache_dir = cache.map(|cache| cache.join("learnware"));
    fill(&mut settings, VARIABLES, value_of)?;
    Ok(settings)
}

/// Sets what `value_of` has a value for.
///
/// # Errors
/// [`DockError::Setting`] for the first one that can't be read; an empty variable counts as absent.
pub fn fill<S>(
    settings: &mut S,
    variables: &[Variable<S>],
    value_of: impl Fn(&str) -> Option<String>,
) -> Result<()> {
    for variable in variables {
        if let Some(value) = value_of(variable.name).filter(|value| !value.is_empty()) {
            (variable.set)(settings, &value).map_err(|wanted| DockError::Setting {
                name: variable.name,
                value: Address::new(value).to_string(), // It may hold a password.
                wanted,
            })?;
        }
    }
    Ok(())
}

fn count<T: std::str::FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, &'static str> {
    match text.parse() {
        Ok(number) if number >= T::from(1) => Ok(number),
        _ => Err("a whole number from 1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_and_bad_ones_are_named() {
        let settings = read(|name| match name {
            "LEARNWARE_DOCK" => Some("some/folder".into()),
            "LEARNWARE_CHECKS" => Some("7".into()),
            "LEARNWARE_SWEEP_HOURS" => Some(String::new()),
            "HOME" => Some("home".into()),
            "LEARNWARE_DATABASE" => Some("postgres://ann:secret@db/dock".into()),
            _ => None,
        })
        .unwrap();
        assert!(!format!("{settings:?}").contains("secret"));
        assert_eq!(settings.dock, Some(PathBuf::from("some/folder")));
        assert_eq!(settings.config.models_width, 7);
        assert_eq!(settings.config.cache_dir, Some(PathBuf::from("home/.cache/learnware")));
        assert_eq!(settings.config.sweep_age, Config::default().sweep_age);
        for variable in VARIABLES
            .iter()
            .filter(|variable| !["LEARNWARE_DOCK", "LEARNWARE_CACHE"].contains(&variable.name))
        {
            for bad in ["0", "-1", "many", "mysql://ann:secret@db/dock"] {
                let error = read(|name| (name == variable.name).then(|| bad.to_owned())).unwrap_err();
                assert!(error.to_string().contains(variable.name), "{error}");
                assert!(!error.to_string().contains("secret"), "{error}");
            }
        }
    }
}
