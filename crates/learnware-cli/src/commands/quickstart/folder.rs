//! The folder that a quickstart makes: nothing that is not its own is ever changed.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use super::digits::Dealt;
use crate::cli::DockArgs;
use crate::error::advised;
use crate::files;

/// Written first, so that a folder that was left half made is known too.
const MARKER: &str = "quickstart.json";
const DOCK: &str = "dock";
const TASK: &str = "task.csv";
const TRUTH: &str = "task_truth.csv";
const PREDICTIONS: &str = "predictions.csv";
const REPORT: &str = "report.html";

/// The folder of a quickstart.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder. One that is there is refused, unless it is empty, or from an earlier quickstart and
    /// `anew`.
    pub(super) fn make(path: &Path, anew: bool, seed: u64) -> anyhow::Result<Self> {
        let folder = Self { path: path.to_owned() };
        match std::fs::read_dir(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(folder.not_ours("is a file"));
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
            Ok(entries) => {
                let is_empty = entries.count() == 0;
                match (is_empty, folder.at(MARKER).is_file(), anew) {
                    (true, _, _) => {}
                    (false, false, _) => return Err(folder.not_ours("holds other files")),
                    (false, true, false) => {
                        return Err(advised(
                            format!("{} is there already, from an earlier quickstart", path.display()),
                            format!(
                                "go on with it: learnware solve {} --labels digit --dock {}; or make it anew with \
                                 --force, or another with --dir",
                                folder.task().display(),
                                folder.dock().display()
                            ),
                        ));
                    }
                    (false, true, true) => folder.clear()?,
                }
            }
        }
        std::fs::create_dir_all(path)
            .with_context(|| format!("cannot make the folder {}", path.display()))?;
        let marker = json!({"schema": "learnware.quickstart-folder/1", "seed": seed});
        files::write(&folder.at(MARKER), format!("{marker:#}\n").as_bytes())?;
        Ok(folder)
    }

    /// The dock.
    pub(super) fn dock(&self) -> PathBuf {
        self.at(DOCK)
    }

    /// The dock as a command is told of it.
    pub(super) fn dock_arguments(&self) -> anyhow::Result<DockArgs> {
        let dock = self.dock().into_os_string().into_string().map_err(|name| {
            advised(format!("{} is not Unicode", name.display()), "name another folder with --dir")
        })?;
        Ok(DockArgs { dock: Some(dock) })
    }

    /// The user's table.
    pub(super) fn task(&self) -> PathBuf {
        self.at(TASK)
    }

    /// Where the predictions go.
    pub(super) fn predictions(&self) -> PathBuf {
        self.at(PREDICTIONS)
    }

    /// Where the report goes.
    pub(super) fn report(&self) -> PathBuf {
        self.at(REPORT)
    }

    /// Writes the user's table, with the digits that the user knows, and beside it all digits.
    pub(super) fn write_task(&self, dealt: &Dealt) -> anyhow::Result<()> {
        let mut task = vec![dealt.header.join(",")];
        let mut truth = vec!["digit".to_owned()];
        let rows = dealt.task.pixels.iter_rows().zip(&dealt.task.digits).zip(&dealt.labelled);
        for ((row, digit), &known) in rows {
            let mut cells: Vec<String> = row.iter().map(ToString::to_string).collect();
            cells.push(if known { digit.to_string() } else { String::new() });
            task.push(cells.join(","));
            truth.push(digit.to_string());
        }
        let [task, truth] = [task, truth].map(|lines| lines.join("\n") + "\n");
        files::write(&self.task(), task.as_bytes())?;
        files::write(&self.at(TRUTH), truth.as_bytes())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn not_ours(&self, what: &str) -> anyhow::Error {
        advised(
            format!("{} {what}; nothing was changed", self.path.display()),
            "name a new folder with --dir",
        )
    }

    /// Removes what a quickstart writes, the marker last.
    fn clear(&self) -> anyhow::Result<()> {
        let mut found = vec![(self.dock(), std::fs::remove_dir_all(self.dock()))];
        for name in [TASK, TRUTH, PREDICTIONS, REPORT, MARKER] {
            found.push((self.at(name), std::fs::remove_file(self.at(name))));
        }
        for (path, removed) in found {
            match removed {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}
