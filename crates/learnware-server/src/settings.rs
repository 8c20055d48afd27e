//! What a server can be told: one table, read like the dock's own ([`learnware_dock::env`]).

use std::num::NonZeroU32;
use std::path::PathBuf;

use learnware_dock::env::Variable;
use learnware_dock::{Address, DockError};

use crate::mail;
use crate::oidc::OidcSettings;

/// Settings of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Address and port.
    pub listen: String,
    /// Checks that this process makes at once; 0 leaves them to workers.
    pub workers: usize,
    /// Requests a second that somebody may send for long.
    pub requests_per_second: NonZeroU32,
    /// Requests that somebody may send at once.
    pub requests_burst: NonZeroU32,
    /// Logins, registrations and codes a minute from one address.
    pub logins_per_minute: NonZeroU32,
    /// Proxies in front of the server that add to `X-Forwarded-For`; 0 believes nobody.
    pub proxies: usize,
    /// Who may read `/metrics`.
    pub metrics: MetricsAccess,
    /// Longest time a request may wait for the dock before it is told to come back, seconds.
    pub request_seconds_max: u64,
    /// Where people reach the dock, without a slash at its end.
    pub address: Option<String>,
    /// Who collects spans of requests (OpenTelemetry); the program that serves begins it.
    pub collector: Option<String>,
    /// Addresses of the servers that share the islands, in the order of their numbers; none where this one has all.
    pub shards: Vec<String>,
    /// A folder of pages, instead of those in the binary.
    pub web: Option<PathBuf>,
    /// All settings as administrators see them, without passwords.
    pub told: Vec<learnware_api::Setting>,
    /// How codes reach people.
    pub mail: mail::Settings,
    /// Another service by whose login people come in.
    pub oidc: OidcSettings,
}

impl Settings {
    /// Whether what was told goes together.
    ///
    /// # Errors
    /// [`DockError::Setting`] for the setting that is wrong or missing.
    pub fn check(&self) -> Result<(), DockError> {
        self.mail.check()?;
        self.oidc.check(self.address.as_deref())
    }
}

/// Who may read the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MetricsAccess {
    /// Administrators, by a token.
    #[default]
    Admin,
    /// Everybody: where only the monitoring can reach the port.
    Open,
}

impl Default for Settings {
    fn default() -> Self {
        let number = |value| NonZeroU32::new(value).expect("not zero");
        Self {
            listen: "127.0.0.1:8088".to_owned(),
            workers: 1,
            // A page of the web needs some tens of requests; a script that goes on for long is slowed down.
            requests_per_second: number(50),
            requests_burst: number(300),
            // Ten guesses a minute are fourteen thousand a day against passwords that Argon2 makes slow.
            logins_per_minute: number(10),
            proxies: 0,
            metrics: MetricsAccess::default(),
            request_seconds_max: 60,
            address: None,
            collector: None,
            shards: Vec::new(),
            web: None,
            told: Vec::new(),
            mail: mail::Settings::default(),
            oidc: OidcSettings::default(),
        }
    }
}

/// The table.
pub const VARIABLES: &[Variable<Settings>] = &[
    Variable {
        name: "LEARNWARE_LISTEN",
        meaning: "address and port of the server; default 127.0.0.1:8088",
        set: |settings, text| {
            if text.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
                return Err("ADDRESS:PORT");
            }
            text.clone_into(&mut settings.listen);
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_WORKERS",
        meaning: "checks that the server makes at once; 0 leaves them to `learnware worker`; default 1",
        set: |settings, text| {
            settings.workers = text.parse().map_err(|_| "a whole number")?;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_REQUESTS_PER_SECOND",
        meaning: "requests a second of one token or address for long; default 50",
        set: |settings, text| number(text, &mut settings.requests_per_second),
    },
    Variable {
        name: "LEARNWARE_REQUESTS_BURST",
        meaning: "requests of one token or address at once; default 300",
        set: |settings, text| number(text, &mut settings.requests_burst),
    },
    Variable {
        name: "LEARNWARE_SHARDS",
        meaning: "addresses of all servers that share the islands (LEARNWARE_SHARD), in the order of their numbers, with commas \
                  between; searches of others' islands are passed on to them",
        set: |settings, text| {
            let addresses: Vec<String> =
                text.split(',').map(|one| one.trim().trim_end_matches('/').to_owned()).collect();
            let is_address = |one: &String| {
                one.split_once("://")
                    .is_some_and(|(scheme, host)| ["http", "https"].contains(&scheme) && !host.is_empty())
            };
            if !addresses.iter().all(is_address) {
                return Err("http://HOST:PORT,http://HOST:PORT");
            }
            settings.shards = addresses;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_LOGINS_PER_MINUTE",
        meaning: "logins, registrations and codes a minute from one address; default 10",
        set: |settings, text| number(text, &mut settings.logins_per_minute),
    },
    Variable {
        name: "LEARNWARE_PROXIES",
        meaning: "proxies in front of the server that add to X-Forwarded-For; default 0",
        set: |settings, text| {
            settings.proxies = text.parse().map_err(|_| "a whole number")?;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_METRICS",
        meaning: "who may read /metrics: admin or open; default admin",
        set: |settings, text| {
            settings.metrics = match text {
                "admin" => MetricsAccess::Admin,
                "open" => MetricsAccess::Open,
                _ => return Err("admin or open"),
            };
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_REQUEST_SECONDS_MAX",
        meaning: "seconds before an answer that is not a stream is given up; default 60",
        set: |settings, text| {
            settings.request_seconds_max =
                text.parse().ok().filter(|seconds| *seconds > 0).ok_or("a whole number from 1")?;
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_SMTP",
        meaning: "server that takes letters with codes, smtps://USER:PASSWORD@HOST:PORT, or smtp:// for STARTTLS; \
                  default: none, and codes are in the log",
        set: |settings, text| {
            let address = Address::new(text);
            if !address.has_scheme(&["smtp", "smtps"]) {
                return Err("smtps://USER:PASSWORD@HOST:PORT or smtp://HOST:PORT");
            }
            settings.mail.smtp = Some(address);
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_MAIL_FROM",
        meaning: "sender of letters, such as `The Dock <dock@example.org>`",
        set: |settings, text| {
            settings.mail.from = Some(text.to_owned());
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_ADDRESS",
        meaning: "where people reach the dock, https://HOST, for links in letters and cookies that only HTTPS carries; \
                  default: letters without links",
        set: |settings, text| {
            let address = text.trim_end_matches('/');
            if !Address::new(address).has_scheme(&["http", "https"]) || address.contains(['?', '#', '@', ' '])
            {
                return Err("https://HOST, perhaps with a path");
            }
            settings.address = Some(address.to_owned());
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_OIDC",
        meaning: "service by whose login people come in (OpenID Connect), https://CLIENT:SECRET@ISSUER; it sends them \
                  back to LEARNWARE_ADDRESS/account/oidc/return; default: none",
        set: |settings, text| {
            let service = Address::new(text);
            if !service.has_scheme(&["http", "https"]) {
                return Err("https://CLIENT:SECRET@ISSUER");
            }
            settings.oidc.service = Some(service);
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_OIDC_LABEL",
        meaning: "what the button for it says; default: single sign-on",
        set: |settings, text| {
            settings.oidc.label = Some(text.to_owned());
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_OTLP",
        meaning: "collector of OpenTelemetry that gets a span of each request, by HTTP, such as http://127.0.0.1:4318; \
                  default: none",
        set: |settings, text| {
            if !Address::new(text).has_scheme(&["http", "https"]) {
                return Err("http://HOST:PORT");
            }
            settings.collector = Some(text.to_owned());
            Ok(())
        },
    },
    Variable {
        name: "LEARNWARE_WEB_DIR",
        meaning: "folder with the pages, for those who change them; default: the pages in this program",
        set: |settings, text| {
            let folder = PathBuf::from(text);
            if !folder.join("index.html").is_file() {
                return Err("a folder with an index.html, such as `cargo xtask web` makes");
            }
            settings.web = Some(folder);
            Ok(())
        },
    },
];

fn number(text: &str, target: &mut NonZeroU32) -> Result<(), &'static str> {
    *target = text.parse().map_err(|_| "a whole number from 1")?;
    Ok(())
}
