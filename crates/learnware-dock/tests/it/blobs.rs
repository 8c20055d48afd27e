//! What every home of packages promises: a folder, and a bucket of moto, a stand-in for S3.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use learnware_dock::DockError;
use learnware_dock::store::blobs::{Blobs, Digest};

#[test]
fn a_folder_keeps_the_contract_of_blobs() {
    battery(|folder| Blobs::new(folder.join("blobs")));
}

#[cfg(feature = "s3")]
#[test]
fn a_bucket_keeps_the_contract_of_blobs() {
    // Settings of the store are variables of the process, which a test must not change: a child has them.
    let Some(moto) = Moto::start() else { return };
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "blobs::bucket_part", "--nocapture", "--test-threads=1"]);
    child.env(BUCKET, "dock").env("AWS_ENDPOINT", &moto.endpoint).env("AWS_ALLOW_HTTP", "true");
    child
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "us-east-1");
    child.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    assert!(child.status().unwrap().success());
}

/// Names the bucket to a child.
#[cfg(feature = "s3")]
const BUCKET: &str = "LEARNWARE_DOCK_TEST_BUCKET";

/// Plays its part when the program was started by the test above; otherwise there is nothing to do.
#[cfg(feature = "s3")]
#[test]
fn bucket_part() {
    let Ok(bucket) = std::env::var(BUCKET) else { return };
    let count = std::cell::Cell::new(0);
    battery(|folder| {
        count.set(count.get() + 1);
        let address = format!("s3://{bucket}/some/prefix{}", count.get()).as_str().into();
        Blobs::in_bucket(folder.join("blobs"), &address).unwrap()
    });
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        let address = format!("s3://{bucket}/copies").as_str().into();
        Blobs::in_bucket(folder.path().join(name), &address).unwrap()
    };
    // A package that came in on one machine is read on another; a damaged copy is fetched again.
    let (here, there) = (open("here"), open("there"));
    let large: Vec<u8> = (0..40_000_000_u32).map(|number| (number % 251) as u8).collect();
    let digest = here.publish(here.stage(&mut large.as_slice(), u64::MAX).unwrap()).unwrap();
    let path = there.verified_path(&digest).unwrap();
    assert!(std::fs::read(&path).unwrap() == large, "in parts");
    std::fs::write(&path, "damaged").unwrap();
    assert!(std::fs::read(there.verified_path(&digest).unwrap()).unwrap() == large);
    there.remove(&digest).unwrap();
    assert!(!here.has(&digest).unwrap());
    // A bucket that is not there is an error, not an absent package.
    let nowhere = Blobs::in_bucket(folder.path().join("x"), &"s3://nobody/has".into()).unwrap();
    let staged = nowhere.stage(&mut "a".as_bytes(), 10).unwrap();
    assert!(matches!(nowhere.publish(staged), Err(DockError::PackageStore { .. })));
}

fn battery(open: impl Fn(&Path) -> Blobs) {
    let folder = tempfile::tempdir().unwrap();
    let blobs = open(folder.path());
    let digest = Digest::of(b"content");
    assert!(!blobs.has(&digest).unwrap());
    assert_eq!(blobs.age(&digest).unwrap(), None);
    assert!(matches!(blobs.verified_path(&digest), Err(DockError::BlobMissing { .. })));
    blobs.remove(&digest).unwrap();
    assert!(blobs.list().unwrap().is_empty());

    let staged = blobs.stage(&mut "content".as_bytes(), 7).unwrap();
    assert_eq!((staged.digest(), staged.size_bytes()), (&digest, 7));
    assert!(!blobs.has(&digest).unwrap(), "staged is not published");
    assert_eq!(blobs.publish(staged).unwrap(), digest);
    assert!(blobs.has(&digest).unwrap());
    assert!(blobs.age(&digest).unwrap().unwrap() < Duration::from_mins(1));
    assert_eq!(std::fs::read(blobs.verified_path(&digest).unwrap()).unwrap(), b"content");
    let again = blobs.stage(&mut "content".as_bytes(), 7).unwrap();
    assert_eq!(blobs.publish(again).unwrap(), digest, "twice is as once");

    let too_large = blobs.stage(&mut "content".as_bytes(), 6).unwrap_err();
    assert!(
        matches!(&too_large, DockError::Io { source, .. } if source.kind() == std::io::ErrorKind::FileTooLarge)
    );
    let empty = blobs.publish(blobs.stage(&mut "".as_bytes(), 0).unwrap()).unwrap();
    let mut expected = vec![digest.clone(), empty.clone()];
    expected.sort();
    let listed: Vec<_> = blobs.list().unwrap().into_iter().map(|entry| entry.digest).collect();
    assert_eq!(listed, expected);
    blobs.remove(&empty).unwrap();
    assert!(!blobs.has(&empty).unwrap());
    assert_eq!(blobs.list().unwrap().len(), 1);
    drop(blobs.stage(&mut "left".as_bytes(), 10).unwrap());
    assert_eq!(blobs.sweep_staging(Duration::ZERO).unwrap(), 0, "staged files go with their owner");
}

/// A server of moto on a free port, with the bucket `dock`; it stops when this is dropped.
#[cfg(feature = "s3")]
struct Moto {
    process: Child,
    endpoint: String,
}

#[cfg(feature = "s3")]
impl Moto {
    /// Starts moto from its environment, which is made when it is missing; `None`, after saying so, where that
    /// can't be.
    fn start() -> Option<Self> {
        let Some(program) = moto_program() else {
            println!(
                "SKIPPED: moto (a stand-in for S3) could not be installed with Python's pip, so packages in \
                       a bucket are not tested"
            );
            return None;
        };
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Self { process, endpoint: format!("http://127.0.0.1:{port}") };
        for _ in 0..600 {
            if make_bucket(port) {
                return Some(moto);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("moto did not answer within a minute");
    }
}

#[cfg(feature = "s3")]
impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes the bucket with a request that moto does not ask a signature for.
#[cfg(feature = "s3")]
fn make_bucket(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let credential = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request";
    let request = format!(
        "PUT /dock HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {credential}\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

/// The program of moto, in a folder that outlives the clone.
#[cfg(feature = "s3")]
fn moto_program() -> Option<PathBuf> {
    let place = PathBuf::from(std::env::var_os("HOME")?).join(".cache/learnware-dock/moto");
    let program = place.join("bin/moto_server");
    if program.is_file() {
        return Some(program);
    }
    let works = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let made = works(Command::new("python3").args(["-m", "venv"]).arg(&place))
        && works(Command::new(place.join("bin/pip")).args(["install", "--quiet", "moto[server]"]));
    (made && program.is_file()).then_some(program)
}
