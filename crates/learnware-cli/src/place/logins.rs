//! What lets us in at servers: one entry for each, in a file of the configuration folder that only its owner can read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};

use crate::error::advised;

/// The file, in `learnware` of the user's configuration folder.
const FILE: &str = "logins.json";
/// Says what the file is.
const SCHEMA: &str = "learnware.logins/1";
/// A token that comes before the file.
const TOKEN_VARIABLE: &str = "LEARNWARE_TOKEN";

/// What lets us in at a server.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    /// Name of the account.
    pub(crate) name: String,
    /// Session or token.
    pub(crate) secret: String,
    /// Whether it is a session, which a logout ends.
    pub(crate) is_session: bool,
}

/// All that is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct Logins {
    schema: String,
    servers: BTreeMap<String, Login>,
    #[serde(skip)]
    path: PathBuf,
}

/// Whether the environment gives a token.
pub(crate) fn token_is_set() -> bool {
    of_environment().is_some()
}

/// A token that the environment gives.
fn of_environment() -> Option<String> {
    std::env::var(TOKEN_VARIABLE).ok().map(|token| token.trim().to_owned()).filter(|token| !token.is_empty())
}

/// What lets us in at a server: the environment's token, else what a login left.
pub(crate) fn secret_for(server: &str) -> anyhow::Result<Option<String>> {
    if let Some(token) = of_environment() {
        return Ok(Some(token));
    }
    Ok(Logins::read()?.of(server).map(|login| login.secret.clone()))
}

impl Logins {
    /// Reads the file; nothing is kept where there is none.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let strategy = etcetera::choose_base_strategy().map_err(|_| {
            advised("the home directory is not known", format!("set HOME, or {TOKEN_VARIABLE} to a token"))
        })?;
        let path = strategy.config_dir().join("learnware").join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { schema: SCHEMA.into(), servers: BTreeMap::new(), path });
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        require_private(&path)?;
        let read: Option<Self> = serde_json::from_str(&text).ok().filter(|read: &Self| read.schema == SCHEMA);
        let mut logins = read.ok_or_else(|| {
            let message = format!("{} can't be understood", path.display());
            advised(message, "remove it and log in again with `learnware login`")
        })?;
        logins.path = path;
        Ok(logins)
    }

    /// What lets us in at a server.
    pub(crate) fn of(&self, server: &str) -> Option<&Login> {
        self.servers.get(server)
    }

    /// Keeps what lets us in; gives the file.
    pub(crate) fn keep(&mut self, server: &str, login: Login) -> anyhow::Result<&Path> {
        self.servers.insert(server.to_owned(), login);
        self.write()?;
        Ok(&self.path)
    }

    /// Forgets a server.
    pub(crate) fn forget(&mut self, server: &str) -> anyhow::Result<Option<Login>> {
        let gone = self.servers.remove(server);
        if gone.is_some() {
            self.write()?;
        }
        Ok(gone)
    }

    /// Writes beside the file and moves there, so that a failure leaves the old one. Temporary files are private.
    fn write(&self) -> anyhow::Result<()> {
        let write = || -> std::io::Result<()> {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map(drop).map_err(|error| error.error)
        };
        write().with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Refuses a file that others can read: what is in it may be known to them.
#[cfg(unix)]
fn require_private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(path).with_context(|| format!("cannot look at {}", path.display()))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(advised(
            format!("{} can be read by others, and lets them in as you", path.display()),
            format!("`chmod 600 {}`; log out and in again if somebody may have read it", path.display()),
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn require_private(_path: &Path) -> anyhow::Result<()> {
    Ok(())
}
