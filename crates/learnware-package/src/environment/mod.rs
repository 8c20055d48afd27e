//! What a Python model needs to be installed: `requirements.txt` or `environment.yaml` as one request.
//!
//! A request holds names and versions only (PEP 508), never options, addresses or paths, so it can be given
//! to an installer as data. What could not be kept is told in notes. The hash of the request names the
//! environment, which all learnwares that ask for the same share; [`build`] makes it.

pub mod build;
mod conda;

use std::collections::BTreeMap;
use std::str::FromStr;

use pep508_rs::{Requirement, VerbatimUrl, VersionOrUrl};

use crate::error::{PackageError, Result};
use crate::package::Package;

/// Packages that one learnware may ask for at most; a full `pip freeze` has a few hundred.
pub const REQUIREMENTS_MAX: usize = 1000;
/// Length of one requirement in bytes at most.
pub const REQUIREMENT_BYTES_MAX: usize = 1024;

/// Files that say what to install, the preferred one first (as in the reference).
const ENVIRONMENT_FILES: [&str; 3] = ["environment.yaml", "environment.yml", "requirements.txt"];
/// Options that only say where packages come from: left out, because the host decides that.
const SOURCE_OPTIONS: [&str; 9] = [
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--trusted-host",
    "--no-index",
    "--pre",
    "--prefer-binary",
];
/// Raised when environments are made in another way, so that old ones are not taken for new ones.
const KEY_VERSION: &str = "environment 2";

/// What is to be installed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentRequest {
    /// Python version asked for, as written (`3.8`, `3.8.10`, `>=3.7,<3.10`).
    pub python: Option<String>,
    /// Normalised requirements, sorted, one for each package.
    pub requirements: Vec<String>,
    /// What was left out or changed, and why; for people.
    pub notes: Vec<String>,
}

impl EnvironmentRequest {
    /// What a package asks for; nothing but NumPy when it has no file that says so.
    pub fn of(package: &Package) -> Result<Self> {
        if let Some(name) = ENVIRONMENT_FILES.into_iter().find(|name| package.contains(name)) {
            let text = package.read_text(name)?;
            return if name == "requirements.txt" {
                Self::from_requirements(&text)
            } else {
                Self::from_conda(&text)
            };
        }
        let mut request = Builder::default();
        request
            .notes
            .push(
                "it has neither requirements.txt nor environment.yaml, so only numpy is installed where it runs; name what the \
                 code imports in a requirements.txt beside it, a package on each line, such as `scikit-learn==1.5.2`"
                    .into(),
            );
        Ok(request.finish())
    }

    /// Reads a `requirements.txt`.
    pub fn from_requirements(text: &str) -> Result<Self> {
        let mut builder = Builder::default();
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            builder.line(line, "requirements.txt", index + 1)?;
        }
        Ok(builder.finish())
    }

    /// Reads a conda `environment.yaml`, with every package translated to its name on PyPI.
    pub fn from_conda(text: &str) -> Result<Self> {
        conda::read(text)
    }

    /// Whether it asks for a package of this normalised name.
    pub fn names(&self, package: &str) -> bool {
        self.requirements.iter().any(|requirement| name_of(requirement) == package)
    }

    /// The same with more packages, in any version, where it does not ask for them already.
    #[must_use]
    pub fn with(mut self, packages: &[&str]) -> Self {
        let missing: Vec<&str> = packages.iter().copied().filter(|package| !self.names(package)).collect();
        self.requirements.extend(missing.into_iter().map(str::to_owned));
        self.requirements.sort_unstable();
        self
    }

    /// Names the environment: the same for the same request on the same kind of machine.
    pub fn key(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let platform = [KEY_VERSION, std::env::consts::OS, std::env::consts::ARCH];
        let python = self.python.as_deref().unwrap_or("any");
        for part in platform.into_iter().chain([python]).chain(self.requirements.iter().map(String::as_str)) {
            hasher.update(part.as_bytes());
            hasher.update(b"\n");
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

/// Collects a request.
#[derive(Default)]
struct Builder {
    python: Option<String>,
    packages: BTreeMap<String, String>,
    notes: Vec<String>,
}

impl Builder {
    /// Takes one line of a requirements file.
    fn line(&mut self, line: &str, file: &str, place: usize) -> Result<()> {
        let line = line.split(" #").next().unwrap_or(line).trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let bad = |reason: String| PackageError::Requirement { file: file.to_owned(), line: place, reason };
        if line.len() > REQUIREMENT_BYTES_MAX || self.packages.len() >= REQUIREMENTS_MAX {
            return Err(bad(format!(
                "more than {REQUIREMENT_BYTES_MAX} bytes in a line or more than {REQUIREMENTS_MAX} packages"
            )));
        }
        if line.starts_with('-') {
            let option = line.split([' ', '=']).next().unwrap_or(line);
            if SOURCE_OPTIONS.contains(&option) {
                self.notes.push(format!(
                    "{file}: option {option} left out; this host decides where packages come from"
                ));
                return Ok(());
            }
            return Err(bad(format!(
                "option {option:?} is not allowed; only package names with versions are"
            )));
        }
        let line = self.without_local_parts(line, file);
        if !names_are_sound(&line) {
            return Err(bad(format!("{line:?} does not begin with a package name")));
        }
        let requirement = Requirement::<VerbatimUrl>::from_str(&line).map_err(|error| {
            bad(format!("{line:?} is not a package name with versions: {}", first_line(&error.to_string())))
        })?;
        if let Some(VersionOrUrl::Url(url)) = &requirement.version_or_url {
            return Err(bad(format!("{url} is an address; only package names with versions are allowed")));
        }
        self.add(requirement.name.as_ref(), requirement.to_string());
        Ok(())
    }

    /// Adds a requirement; `learnware` is served by our own shim, and a name counts once.
    fn add(&mut self, name: &str, requirement: String) {
        if name == "learnware" {
            self.notes
                .push("learnware itself is not installed: the runner brings a small stand-in for it".into());
        } else if let Some(old) =
            self.packages.insert(name.to_owned(), requirement.clone()).filter(|old| *old != requirement)
        {
            self.notes.push(format!("{old} is replaced by the later {requirement}"));
        }
    }

    /// Files of a build machine (`name @ file:///...`, written by `pip freeze` in conda) and local versions
    /// (`1.13.1+cpu`) exist nowhere else.
    fn without_local_parts(&mut self, line: &str, file: &str) -> String {
        if let Some((name, place)) = line.split_once('@')
            && place.trim_start().starts_with("file:")
        {
            self.notes.push(format!(
                "{file}: the version of {} is a file of another machine; left out",
                name.trim()
            ));
            return name.trim().to_owned();
        }
        match line.split_once("==").and_then(|(name, version)| Some((name, version.split_once('+')?))) {
            Some((name, (version, local)))
                if local.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') =>
            {
                self.notes
                    .push(format!("{file}: local version {version}+{local} of {name} taken as {version}"));
                format!("{name}=={version}")
            }
            _ => line.to_owned(),
        }
    }

    fn finish(mut self) -> EnvironmentRequest {
        // The worker itself needs it.
        self.packages.entry("numpy".into()).or_insert_with(|| "numpy".into());
        EnvironmentRequest {
            python: self.python,
            requirements: self.packages.into_values().collect(),
            notes: self.notes,
        }
    }
}

/// Whether the name and the extras begin and end with a letter or digit; the parser panics where they end
/// otherwise (pep508_rs 0.9.2).
fn names_are_sound(line: &str) -> bool {
    let is_name = |text: &str| {
        let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        end(text.chars().next())
            && end(text.chars().next_back())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let name_end =
        line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(line.len());
    let extras =
        line[name_end..].trim_start().strip_prefix('[').map(|rest| rest.split(']').next().unwrap_or(rest));
    let names = extras.unwrap_or_default().split(',').map(str::trim);
    is_name(&line[..name_end]) && names.filter(|name| !name.is_empty()).all(is_name)
}

/// The package of a normalised requirement.
fn name_of(requirement: &str) -> &str {
    let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    &requirement[..end.unwrap_or(requirement.len())]
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}
