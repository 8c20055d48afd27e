//! Benchmark data sets of a folder and of a server.

use std::path::Path;

use anyhow::Context as _;
use learnware_api::Dataset;
use learnware_dock::datasets::DatasetName;
use learnware_server::wire;

use super::Place;
use super::server::megabytes;
use crate::printer::Printer;

impl Place {
    /// All data sets, by name.
    pub(crate) async fn datasets(&self) -> anyhow::Result<Vec<Dataset>> {
        match self {
            Self::Folder(dock) => Ok(dock.datasets().await?.iter().map(wire::dataset).collect()),
            Self::Server(server) => Ok(server.client.datasets().await?),
        }
    }

    /// Keeps a file as a data set.
    pub(crate) async fn add_dataset(&self, name: &DatasetName, file: &Path) -> anyhow::Result<Dataset> {
        match self {
            Self::Folder(dock) => Ok(wire::dataset(&dock.add_dataset(None, name, file).await?)),
            Self::Server(server) => Ok(server.client.add_dataset(name.folder(), name.file(), file).await?),
        }
    }

    /// Removes a data set.
    pub(crate) async fn remove_dataset(&self, name: &DatasetName) -> anyhow::Result<()> {
        match self {
            Self::Folder(dock) => Ok(dock.remove_dataset(None, name).await?),
            Self::Server(server) => Ok(server.client.remove_dataset(name.folder(), name.file()).await?),
        }
    }

    /// Writes a data set beside `output` and moves it there whole; gives its digest.
    pub(crate) async fn get_dataset(
        &self,
        name: &DatasetName,
        output: &Path,
        printer: &Printer,
    ) -> anyhow::Result<String> {
        let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let coming = tempfile::Builder::new().prefix("in-").tempfile_in(folder);
        let coming = coming.with_context(|| format!("cannot write into {}", folder.display()))?;
        let digest = match self {
            Self::Folder(dock) => {
                let (dataset, path) = dock.dataset(name).await?;
                std::fs::copy(&path, coming.path()).with_context(|| format!("cannot copy {name}"))?;
                dataset.file.digest.to_string()
            }
            Self::Server(server) => {
                let progress = printer.progress(&format!("fetching {name}"), None);
                let told = |bytes, _| progress.set_message(format!("fetching {name}: {}", megabytes(bytes)));
                let came =
                    server.client.download_dataset(name.folder(), name.file(), coming.path(), told).await;
                progress.finish_and_clear();
                came?.digest
            }
        };
        coming.persist(output).with_context(|| format!("cannot write {}", output.display()))?;
        Ok(digest)
    }
}
