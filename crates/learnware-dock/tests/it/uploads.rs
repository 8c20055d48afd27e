//! Packages that come in pieces.

use learnware_dock::accounts::{Principal, Registration, Scope};
use learnware_dock::clock::Clock;
use learnware_dock::store::organisations::Visibility;
use learnware_dock::store::people::Role;
use learnware_dock::submit::{PackageSource, SubmitOutcome, SubmitRequest};
use learnware_dock::uploads::{UPLOADS_MAX, UploadLabel};
use learnware_dock::{Config, Dock, DockError};
use md5::{Digest as _, Md5};

use crate::packages::package;
use crate::support::start;

async fn fixture(bytes_max: u64) -> (tempfile::TempDir, Dock) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { clock: Clock::manual(start()), package_bytes_max: bytes_max, ..Config::default() };
    let dock = Dock::open(folder.path().join("dock"), config).await.unwrap();
    (folder, dock)
}

async fn account(dock: &Dock, name: &str) -> Principal {
    let email = format!("{name}@example.org");
    let wish = Registration { email: email.clone(), name: name.into(), password: "correct horse".into() };
    dock.add_account(wish, Role::User, true).await.unwrap();
    let (session, _) = dock.login(&email, "correct horse").await.unwrap();
    dock.authenticate(session.reveal()).await.unwrap().unwrap()
}

fn label(bytes: &[u8]) -> UploadLabel {
    let text: Vec<String> = Md5::digest(bytes).iter().map(|byte| format!("{byte:02X}")).collect();
    text.concat().parse().unwrap()
}

fn is_refused<T>(result: Result<T, DockError>, part: &str) -> bool {
    match result {
        Err(DockError::BadUpload { reason }) => reason.contains(part),
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_become_the_package_that_was_announced_or_nothing() {
    let (_folder, dock) = fixture(1 << 20).await;
    let (ann, ben) = (account(&dock, "Ann").await, account(&dock, "Ben").await);
    let zip = package(7);
    let own = label(&zip);
    let piece = |from: usize, to: usize| zip[from..to].to_vec();
    assert!(is_refused(dock.take_piece(&ann, &own, 100, piece(100, 200)).await, "begin with"));
    assert_eq!(dock.take_piece(&ann, &own, 0, piece(0, 100)).await.unwrap(), 100);
    // The same once more does not become part of it twice, and neither does a piece from elsewhere.
    assert!(is_refused(dock.take_piece(&ann, &own, 50, piece(50, 150)).await, "100 bytes are here"));
    assert!(is_refused(dock.take_piece(&ann, &own, 150, piece(150, 200)).await, "100 bytes are here"));
    // Somebody else who names it the same has another upload.
    assert_eq!(dock.take_piece(&ben, &own, 0, b"junk".to_vec()).await.unwrap(), 4);
    assert_eq!(dock.take_piece(&ann, &own, 100, piece(100, zip.len())).await.unwrap(), zip.len() as u64);
    let upload = dock.finish_upload(&ann, &own).await.unwrap();
    assert!(std::fs::read(upload.path()).unwrap() == zip);
    let late = dock.take_piece(&ann, &own, zip.len() as u64, b"more".to_vec()).await;
    assert!(matches!(late, Err(DockError::Busy { .. })), "nobody writes to what is being taken in");
    let request = SubmitRequest {
        package: PackageSource::File(upload.path().to_path_buf()),
        semantic: None,
        replaces: None,
        audience: ann.audience(Visibility::Public).unwrap(),
    };
    assert!(matches!(dock.submit(request).await.unwrap(), SubmitOutcome::Accepted(_)));
    drop(upload);
    assert!(is_refused(dock.finish_upload(&ann, &own).await, "nothing was uploaded"));
    assert!(is_refused(dock.finish_upload(&ben, &own).await, "digest"));
    assert!(is_refused(dock.finish_upload(&ben, &own).await, "nothing was uploaded"), "it is gone");
    let left = std::fs::read_dir(dock.staging_folder().unwrap()).unwrap().count();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_have_limits_and_labels_are_no_paths() {
    let (_folder, dock) = fixture(10).await;
    let ann = account(&dock, "Ann").await;
    for text in ["", "../../../etc/passwd", "0123456789abcdef0123456789abcde/", "0123456789abcdef"] {
        assert!(is_refused(text.parse::<UploadLabel>(), "hexadecimal"), "{text}");
    }
    let numbered = |number: usize| label(&[u8::try_from(number).unwrap()]);
    for number in 0..UPLOADS_MAX {
        dock.take_piece(&ann, &numbered(number), 0, vec![0; 10]).await.unwrap();
    }
    assert!(is_refused(dock.take_piece(&ann, &numbered(9), 0, vec![0]).await, "half uploaded"));
    assert_eq!(
        dock.take_piece(&ann, &numbered(1), 0, vec![0]).await.unwrap(),
        1,
        "one that is there goes on"
    );
    // Too much ends an upload, and then there is room again.
    assert!(is_refused(dock.take_piece(&ann, &numbered(0), 10, vec![0]).await, "more than 10 bytes"));
    dock.take_piece(&ann, &numbered(9), 0, vec![0]).await.unwrap();
    // What was forgotten for days goes when room is needed.
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(30);
    for entry in std::fs::read_dir(dock.staging_folder().unwrap()).unwrap() {
        let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    dock.take_piece(&ann, &numbered(8), 0, vec![0]).await.unwrap();
    assert_eq!(std::fs::read_dir(dock.staging_folder().unwrap()).unwrap().count(), 1);
    let reader = Principal { scopes: [Scope::Read].into(), ..ann };
    let refused = dock.take_piece(&reader, &numbered(8), 1, vec![0]).await;
    assert!(matches!(refused, Err(DockError::Forbidden { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_named_by_blake3_goes_on_where_it_was_cut_off() {
    let (_folder, dock) = fixture(1 << 20).await;
    let by = account(&dock, "Ann").await;
    let bytes = b"a package that comes in two pieces".to_vec();
    let label: UploadLabel = blake3::hash(&bytes).to_hex().to_string().parse().unwrap();
    assert_eq!(dock.upload_length(&by, &label).unwrap(), None);
    dock.take_piece(&by, &label, 0, bytes[..10].to_vec()).await.unwrap();
    assert_eq!(dock.upload_length(&by, &label).unwrap(), Some(10));
    assert_eq!(dock.take_piece(&by, &label, 10, bytes[10..].to_vec()).await.unwrap(), bytes.len() as u64);
    let upload = dock.finish_upload(&by, &label).await.unwrap();
    assert_eq!(std::fs::read(upload.path()).unwrap(), bytes);
    drop(upload);
    assert_eq!(dock.upload_length(&by, &label).unwrap(), None);
    dock.take_piece(&by, &label, 0, b"other bytes".to_vec()).await.unwrap();
    assert!(is_refused(dock.finish_upload(&by, &label).await, "digest"));
}
