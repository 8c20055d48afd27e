//! Which dock a command works on: `--dock`, else `LEARNWARE_DOCK`, else the user's own folder. An address of http or
//! https is a server.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use learnware_api::client::Client;
use learnware_dock::Dock;
use learnware_dock::config::{Config, Create};
use learnware_package::runner::{CodePolicy, Runner, RunnerConfig};

use crate::cli::{DockArgs, ModelArgs};
use crate::error::advised;
use crate::place::{self, Place, Server};

/// The address of a server, where the arguments name one.
pub(crate) fn server_address(arguments: &DockArgs) -> Option<&str> {
    let is_server = |place: &&str| place.starts_with("http://") || place.starts_with("https://");
    arguments.dock.as_deref().filter(is_server)
}

/// The folder of the dock.
pub(crate) fn dock_folder(arguments: &DockArgs) -> anyhow::Result<PathBuf> {
    match &arguments.dock {
        Some(place) if server_address(arguments).is_some() => Err(advised(
            format!("this is done where the dock lies, and {place} is a server"),
            "name the dock's folder with --dock, on the server's own machine",
        )),
        Some(place) if place.is_empty() => {
            Err(advised("the dock has no name", "name a folder with --dock, or unset LEARNWARE_DOCK"))
        }
        Some(place) => Ok(PathBuf::from(place)),
        None => default_folder(),
    }
}

/// The user's own dock, in the folder that the platform has for the data of programs.
pub(crate) fn default_folder() -> anyhow::Result<PathBuf> {
    let strategy = etcetera::choose_base_strategy()
        .map_err(|_| advised("the home directory is not known", "name the dock's folder with --dock"))?;
    Ok(strategy.data_dir().join("learnware").join("dock"))
}

/// Where environments of Python learnwares are kept, and packages of servers.
pub(crate) fn cache_folder() -> anyhow::Result<PathBuf> {
    learnware_dock::env::settings()?.config.cache_dir.ok_or_else(|| {
        advised("there is no folder for the environments of Python models", "set HOME or LEARNWARE_CACHE")
    })
}

/// Opens the dock that the arguments name, wherever it is.
pub(crate) async fn place(dock: &DockArgs, model: &ModelArgs, create: Create) -> anyhow::Result<Place> {
    match server_address(dock) {
        Some(_) => Ok(Place::Server(Box::new(server(dock)?))),
        None => Ok(Place::Folder(open(dock, model, create).await?)),
    }
}

/// The server that the arguments name, with what lets us in there; nothing is sent yet.
pub(crate) fn server(dock: &DockArgs) -> anyhow::Result<Server> {
    let Some(address) = server_address(dock) else {
        return Err(advised(
            "this is for docks that are served, and no server is named",
            "name one with --dock https://HOST, or set LEARNWARE_DOCK to it",
        ));
    };
    let client = Client::new(address, None)?;
    let secret = place::secret_for(client.address())?;
    Ok(Server::new(match secret {
        Some(secret) => client.with_secret(secret),
        None => client,
    }))
}

/// Opens the dock in the folder that the arguments name.
pub(crate) async fn open(dock: &DockArgs, model: &ModelArgs, create: Create) -> anyhow::Result<Dock> {
    open_configured(&dock_folder(dock)?, learnware_dock::env::settings()?.config, model, create).await
}

/// Opens the dock in a folder, told more than the environment says.
pub(crate) async fn open_configured(
    folder: &Path,
    mut config: Config,
    model: &ModelArgs,
    create: Create,
) -> anyhow::Result<Dock> {
    config.create = create;
    config.code = policy(model, config.code);
    Ok(Dock::open(folder, config).await?)
}

/// What runs models outside of a dock's checks.
pub(crate) fn runner(model: &ModelArgs) -> anyhow::Result<Runner> {
    let settings = learnware_dock::env::settings()?.config;
    let mut config = RunnerConfig::new(cache_folder()?);
    config.policy = policy(model, settings.code);
    config.limits = settings.model_limits;
    Ok(Runner::new(config))
}

/// Flags decide before the environment.
fn policy(model: &ModelArgs, otherwise: CodePolicy) -> CodePolicy {
    match (model.allow_unsafe, model.no_code) {
        (true, _) => CodePolicy::Unsafe,
        (false, true) => CodePolicy::Refuse,
        (false, false) => otherwise,
    }
}
