//! Keeping and moving whole docks: a backup is a folder with all rows as lines and the packages by digest, whatever
//! database and store they came from, so a backup of one kind of dock is restored as any other.
//!
//! Rows are read in one snapshot and packages after them: a package of a row is there as long as its learnware lives. What
//! is submitted after the snapshot is not in the backup; nothing waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::store::blobs::{self, Blobs, Digest};
use crate::store::whole::{Row, TABLES};

/// All rows, in the folder of a backup.
const ROWS: &str = "rows.jsonl";
/// The packages, in the folder of a backup.
const PACKAGES: &str = "blobs";
/// Form of the lines.
const FORM: u32 = 1;

/// What was kept or moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Moved {
    /// Rows of all tables.
    pub rows: u64,
    /// Packages that were copied now.
    pub packages: usize,
    /// Packages that were there already.
    pub packages_there: usize,
}

/// A line of the rows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Begin { learnware_dock: u32 },
    Row { table: String, row: Row },
    End { rows: u64, blake3: String },
}

impl Dock {
    /// Writes all rows and packages into a folder, which is made; packages of an earlier backup in it are not written
    /// again. The folder holds the earlier backup or this one, whenever the power goes.
    ///
    /// # Errors
    /// When a package is missing or damaged, or the folder can't be written.
    pub async fn back_up(&self, folder: &Path) -> Result<Moved> {
        let packages = folder.join(PACKAGES);
        fs::create_dir_all(&packages).map_err(DockError::io("make the folder", &packages))?;
        let partial = folder.join(format!("{ROWS}.partial"));
        let (rows, digests) = self.write_rows(&partial).await?;
        let moved = self.copy_packages(self.blobs().clone(), Blobs::new(packages), digests).await?;
        let path = folder.join(ROWS);
        fs::rename(&partial, &path).map_err(DockError::io("rename", &path))?;
        blobs::sync_folder(folder)?;
        Ok(Moved { rows, ..moved })
    }

    /// Fills this dock, which must be new, from a backup.
    ///
    /// # Errors
    /// [`DockError::BadBackup`] when the backup is cut off, damaged or of a newer program; [`DockError::NotEmpty`] when
    /// somebody used this dock already. Nothing but packages was stored then.
    pub async fn restore(&self, folder: &Path) -> Result<Moved> {
        self.take_over(&folder.join(ROWS), Blobs::new(folder.join(PACKAGES))).await
    }

    /// Fills this dock, which must be new, from another one; see [`Dock::restore`].
    ///
    /// # Errors
    /// As [`Dock::restore`].
    pub async fn move_from(&self, other: &Self) -> Result<Moved> {
        let rows = tempfile::Builder::new()
            .prefix("rows-")
            .tempfile_in(other.staging_folder()?)
            .map_err(DockError::io("make a file in", other.folder()))?
            .into_temp_path();
        other.write_rows(&rows).await?;
        self.take_over(&rows, other.blobs().clone()).await
    }

    async fn take_over(&self, rows: &Path, packages: Blobs) -> Result<Moved> {
        let path = rows.to_owned();
        let read = move || needed(&path);
        let digests = self.state().cpu.run(Pool::Compute, "reading the backup", read).await??;
        let moved = self.copy_packages(packages, self.blobs().clone(), digests).await?;
        let rows = self.state().store.load(&mut lines(rows)?).await?;
        Ok(Moved { rows, ..moved })
    }

    /// Writes all rows, and gives their number and the digests of the packages that living learnwares have.
    async fn write_rows(&self, path: &Path) -> Result<(u64, BTreeSet<Digest>)> {
        let failed = DockError::io("write", path);
        let file = File::create(path).map_err(DockError::io("make", path))?;
        let (mut writer, mut needed) =
            (Writer { target: BufWriter::new(file), hash: blake3::Hasher::new() }, Needed::default());
        let mut count = 0;
        writer.line(&Line::Begin { learnware_dock: FORM }).map_err(DockError::io("write", path))?;
        self.state()
            .store
            .dump(&mut |table, row| {
                needed.see(table, &row);
                count += 1;
                writer.line(&Line::Row { table: table.to_owned(), row }).map_err(DockError::io("write", path))
            })
            .await?;
        let blake3 = writer.hash.finalize().to_hex().to_string();
        writer
            .line(&Line::End { rows: count, blake3 })
            .and_then(|()| {
                writer.target.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
            })
            .map_err(failed)?;
        Ok((count, needed.digests()?))
    }

    async fn copy_packages(&self, from: Blobs, to: Blobs, digests: BTreeSet<Digest>) -> Result<Moved> {
        let copy = move || {
            let mut moved = Moved::default();
            for digest in digests {
                if to.verified_path(&digest).is_ok() {
                    moved.packages_there += 1;
                    continue;
                }
                let path = from.verified_path(&digest)?;
                let mut file = File::open(&path).map_err(DockError::io("open", &path))?;
                to.publish(to.stage(&mut file, u64::MAX)?)?;
                moved.packages += 1;
            }
            Ok(moved)
        };
        self.state().cpu.run(Pool::Compute, "copying packages", copy).await?
    }
}

/// Writes lines and hashes them.
struct Writer {
    target: BufWriter<File>,
    hash: blake3::Hasher,
}

impl Writer {
    fn line(&mut self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_string(line).expect("a line is plain data");
        text.push('\n');
        self.hash.update(text.as_bytes());
        self.target.write_all(text.as_bytes())
    }
}

/// Finds the packages that must be there.
#[derive(Debug, Default)]
struct Needed {
    living: BTreeSet<i64>,
    packages: BTreeMap<String, i64>,
    files: BTreeSet<String>,
}

impl Needed {
    fn see(&mut self, table: &str, row: &Row) {
        let number = |column: &str| row.get(column).and_then(serde_json::Value::as_i64);
        match table {
            "learnwares" if row.get("deleted_at").is_none_or(serde_json::Value::is_null) => {
                self.living.extend(number("id"));
            }
            "versions" => {
                let digest = row.get("digest").and_then(serde_json::Value::as_str);
                if let (Some(digest), Some(learnware)) = (digest, number("learnware_id"))
                    && self.living.contains(&learnware)
                {
                    self.packages.insert(digest.to_owned(), learnware);
                }
            }
            "files" => {
                self.files.extend(row.get("digest").and_then(serde_json::Value::as_str).map(str::to_owned));
            }
            _ => {}
        }
    }

    fn digests(self) -> Result<BTreeSet<Digest>> {
        let digest =
            |text: &String| Digest::from_hex(text).ok_or_else(|| DockError::bad_backup("a digest is none"));
        self.packages.keys().chain(&self.files).map(digest).collect()
    }
}

/// Reads the rows once through: whole, undamaged, of tables that are known. Gives the packages that must be there.
fn needed(path: &Path) -> Result<BTreeSet<Digest>> {
    let mut needed = Needed::default();
    for line in lines(path)? {
        let (table, row) = line?;
        needed.see(table, &row);
    }
    needed.digests()
}

/// The rows of a backup; an error where it is not what was written.
fn lines(path: &Path) -> Result<impl Iterator<Item = Result<(&'static str, Row)>> + Send> {
    let file = File::open(path).map_err(DockError::io("open", path))?;
    let mut lines =
        Lines { source: BufReader::new(file), path: path.to_owned(), hash: blake3::Hasher::new(), rows: 0 };
    match lines.line()? {
        Some(Line::Begin { learnware_dock: FORM }) => Ok(lines),
        Some(Line::Begin { .. }) => Err(DockError::bad_backup("a newer program wrote it")),
        _ => Err(DockError::bad_backup("its rows do not begin as they should")),
    }
}

struct Lines {
    source: BufReader<File>,
    path: PathBuf,
    hash: blake3::Hasher,
    rows: u64,
}

impl Lines {
    fn line(&mut self) -> Result<Option<Line>> {
        let before = self.hash.finalize();
        let mut text = String::new();
        let read = self.source.read_line(&mut text).map_err(DockError::io("read", &self.path))?;
        if read == 0 {
            return Err(DockError::bad_backup("its rows were cut off"));
        }
        self.hash.update(text.as_bytes());
        match serde_json::from_str(&text)
            .map_err(|_| DockError::bad_backup("a line of its rows is damaged"))?
        {
            Line::End { rows, blake3 } => {
                let mut rest = Vec::new();
                self.source.read_to_end(&mut rest).map_err(DockError::io("read", &self.path))?;
                if rows != self.rows || blake3 != before.to_hex().as_str() || !rest.is_empty() {
                    return Err(DockError::bad_backup("its rows are not those that were written"));
                }
                Ok(None)
            }
            line => Ok(Some(line)),
        }
    }
}

impl Iterator for Lines {
    type Item = Result<(&'static str, Row)>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.line() {
            Ok(Some(Line::Row { table, row })) => {
                self.rows += 1;
                let known = TABLES.iter().find(|known| **known == table);
                Some(
                    known
                        .map(|known| (*known, row))
                        .ok_or_else(|| DockError::bad_backup("a newer program wrote it")),
                )
            }
            Ok(Some(_)) => Some(Err(DockError::bad_backup("a line of its rows is damaged"))),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }
}
