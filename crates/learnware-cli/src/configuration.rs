//! What a server or worker is told, and by whom: flags come before the environment, that before the configuration file, that
//! before the defaults. All three speak of the same settings, those of the tables `VARIABLES`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use learnware_dock::env::{self, Variable};
use learnware_dock::{Address, DockError};
use learnware_server::settings;

use crate::cli::ConfigArgs;
use crate::error::advised;

/// The file in a dock's folder that is read when no other is named.
const FILE: &str = "dock.toml";

/// Who says what a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag of the command.
    Flag,
    /// A variable of the environment.
    Environment,
    /// The configuration file.
    File(PathBuf),
    /// Nobody.
    Default,
}

/// A setting as it is.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its key in a file.
    pub(crate) key: String,
    /// Its value, without passwords; `None` is the default.
    pub(crate) value: Option<String>,
    /// Who says so.
    pub(crate) origin: Origin,
    /// What it is.
    pub(crate) meaning: &'static str,
}

/// Everything that was told.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    file: Option<PathBuf>,
    in_file: BTreeMap<String, String>,
    flags: BTreeMap<&'static str, String>,
}

impl Configuration {
    /// Reads the file that the arguments name, else the one in the dock's folder where there is one.
    ///
    /// # Errors
    /// When it can't be read, is no TOML, or holds what nobody knows.
    pub(crate) fn read(arguments: &ConfigArgs, folder: &Path) -> anyhow::Result<Self> {
        let of_dock = folder.join(FILE);
        let file = arguments.config.clone().or_else(|| of_dock.is_file().then_some(of_dock));
        let Some(file) = file else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(&file).map_err(|error| {
            advised(
                format!("cannot read {}: {error}", file.display()),
                "name a TOML file, or leave --config out",
            )
        })?;
        let in_file = parse(&text).map_err(|reason| {
            advised(
                format!("{}: {reason}", file.display()),
                "see `learnware serve --show-config` for every key and its meaning",
            )
        })?;
        Ok(Self { file: Some(file), in_file, flags: BTreeMap::new() })
    }

    /// Says that a flag was given.
    #[must_use]
    pub(crate) fn with_flag(mut self, name: &'static str, value: Option<String>) -> Self {
        self.flags.extend(value.map(|value| (name, value)));
        self
    }

    /// The dock's settings.
    pub(crate) fn dock(&self) -> anyhow::Result<env::Settings> {
        env::read(|name| self.value(name)).map_err(|error| self.blamed(error))
    }

    /// The server's settings.
    pub(crate) fn server(&self) -> anyhow::Result<settings::Settings> {
        let mut told = settings::Settings::default();
        let read =
            env::fill(&mut told, settings::VARIABLES, |name| self.value(name)).and_then(|()| told.check());
        read.map(|()| told).map_err(|error| self.blamed(error))
    }

    /// Every setting, in the order of the tables.
    pub(crate) fn all(&self) -> Vec<Setting> {
        let known = known().filter(|(name, ..)| *name != "LEARNWARE_DOCK");
        let setting = |(name, key, meaning): (&str, String, &'static str)| Setting {
            value: self.value(name).map(without_password),
            origin: self.origin(name, &key),
            key,
            meaning,
        };
        known.map(setting).collect()
    }

    /// An error of a setting, with who said it.
    pub(crate) fn blamed(&self, error: impl Into<anyhow::Error>) -> anyhow::Error {
        let error = error.into();
        let Some(DockError::Setting { name, value, wanted }) = error.downcast_ref() else { return error };
        let (name, value, wanted) = (*name, value, *wanted);
        let key = key_of(name);
        let flag = key.replace('_', "-");
        let (said, advice) = match self.origin(name, &key) {
            Origin::Flag => (format!("--{flag} is {value:?}"), format!("correct --{flag}")),
            Origin::File(file) => {
                let file = file.display();
                (format!("{file}: `{key}` is {value:?}"), format!("correct `{key}` in {file}"))
            }
            Origin::Environment => (
                format!("{name} is {value:?}"),
                format!("correct or unset the variable {name} of the environment"),
            ),
            // Nobody said it, but something else needs it.
            Origin::Default => (
                if value.is_empty() {
                    format!("the setting `{key}` is absent")
                } else {
                    format!("`{key}` is {value:?}")
                },
                format!("set the variable {name}, or `{key}` in the configuration file"),
            ),
        };
        advised(
            format!("{said}, but must be {wanted}"),
            format!("{advice}; `learnware serve --show-config` shows all settings and who says them"),
        )
    }

    fn origin(&self, name: &str, key: &str) -> Origin {
        match (&self.file, self.in_file.contains_key(key)) {
            _ if self.flags.contains_key(name) => Origin::Flag,
            _ if in_environment(name).is_some() => Origin::Environment,
            (Some(file), true) => Origin::File(file.clone()),
            _ => Origin::Default,
        }
    }

    fn value(&self, name: &str) -> Option<String> {
        let in_file = || self.in_file.get(&key_of(name)).cloned();
        self.flags.get(name).cloned().or_else(|| in_environment(name)).or_else(in_file)
    }
}

/// Addresses of services may hold passwords.
fn without_password(value: String) -> String {
    if value.contains("://") { Address::new(value).to_string() } else { value }
}

fn in_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Name, key and meaning of every setting.
fn known() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    fn facts<S>(variable: &'static Variable<S>) -> (&'static str, String, &'static str) {
        (variable.name, variable.key(), variable.meaning)
    }
    env::VARIABLES.iter().map(facts).chain(settings::VARIABLES.iter().map(facts))
}

/// The key of a variable; those of the environment that a file can't hold have one that nobody writes.
fn key_of(name: &str) -> String {
    known().find(|(known, ..)| *known == name).map_or_else(String::new, |(_, key, _)| key)
}

/// Keys and values of a file, as texts.
fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        if key == "dock" || !known().any(|(_, known, _)| known == key) {
            return Err(format!("there is no setting `{key}`"));
        }
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            _ => return Err(format!("`{key}` is a text or a whole number")),
        };
        values.insert(key, value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_hold_known_settings_and_nothing_else() {
        let values = parse("listen = \"0.0.0.0:80\"\nchecks = 3\n").unwrap();
        assert_eq!(values["listen"], "0.0.0.0:80");
        assert_eq!(values["checks"], "3");
        for (text, said) in [
            ("lisen = \"x\"", "no setting `lisen`"),
            ("dock = \"x\"", "no setting `dock`"),
            ("checks = [3]", "a text or a whole number"),
            ("checks = ", "line 1"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_wrong_setting_is_told_with_who_said_it() {
        let configuration = |in_file: &str| Configuration {
            file: Some("dock.toml".into()),
            in_file: parse(in_file).unwrap(),
            ..Default::default()
        };
        let error = configuration("workers = \"many\"").server().unwrap_err().to_string();
        assert_eq!(error, "dock.toml: `workers` is \"many\", but must be a whole number");
        let flag = configuration("").with_flag("LEARNWARE_LISTEN", Some("here".into()));
        let error = flag.server().unwrap_err().to_string();
        assert_eq!(error, "--listen is \"here\", but must be ADDRESS:PORT");
        let error = configuration("check_attempts = \"x\"").dock().unwrap_err().to_string();
        assert!(error.starts_with("dock.toml: `check_attempts` is"), "{error}");
        let error = configuration("smtp = \"smtps://a:b@c:1\"").server().unwrap_err().to_string();
        assert!(error.contains("mail_from"), "{error}");
    }

    #[test]
    fn flags_come_before_the_file_and_passwords_are_not_shown() {
        let in_file =
            parse("listen = \"0.0.0.0:80\"\nworkers = 7\ndatabase = \"postgres://ann:secret@db/dock\"");
        let configuration =
            Configuration { file: Some("dock.toml".into()), in_file: in_file.unwrap(), ..Default::default() }
                .with_flag("LEARNWARE_LISTEN", Some("127.0.0.1:0".into()))
                .with_flag("LEARNWARE_WORKERS", None);
        let server = configuration.server().unwrap();
        assert_eq!((server.listen.as_str(), server.workers), ("127.0.0.1:0", 7));
        let all = configuration.all();
        let of = |key: &str| all.iter().find(|setting| setting.key == key).unwrap();
        assert_eq!(of("listen").origin, Origin::Flag);
        assert_eq!(of("workers").origin, Origin::File("dock.toml".into()));
        assert_eq!(of("proxies").origin, Origin::Default);
        assert!(!format!("{all:?}").contains("secret"));
    }
}
