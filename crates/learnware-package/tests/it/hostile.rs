//! Attacks and the wanted refusals; `fixtures/attacks/README.md` lists them.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use learnware_engine::Matrix;
use learnware_engine::predictor::{Batch, PredictError};
use learnware_package::archive::{self, Archive};
use learnware_package::environment::EnvironmentRequest;
use learnware_package::manifest::Manifest;
use learnware_package::runner::Runner;

use crate::support::{RawEntry, files, python_package, raw, raw_zip, runner, runner_within};

fn refused(entries: &[RawEntry], wanted: &str) {
    let error = Archive::from_bytes(raw_zip(entries)).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains(wanted), "wanted {wanted:?}, got {error}");
}

#[test]
fn names_that_leave_the_folder_or_mean_two_things_are_refused() {
    let cases = [
        ("../evil", "`..`"),
        ("a/../../evil", "`..`"),
        ("/etc/passwd", "absolute"),
        ("a\\..\\evil", "backslash"),
        ("C:evil", "colon"),
        ("a//b", "empty part"),
        ("./a", "`.`"),
        ("a\u{0}b", "control"),
        ("a.", "dot"),
        ("", "no name"),
    ];
    for (name, wanted) in cases {
        refused(&[raw(name, b"x")], wanted);
    }
    let deep: &'static str = Box::leak("d/".repeat(30).into_boxed_str());
    let long: &'static str = Box::leak("n".repeat(600).into_boxed_str());
    refused(&[raw(Box::leak(format!("{deep}x").into_boxed_str()), b"x")], "nested folders");
    refused(&[raw(long, b"x")], "bytes of a name");
    refused(&[raw("a", b"1"), raw("a", b"2")], "twice");
    refused(&[raw("Readme", b"1"), raw("README", b"2")], "twice");
    refused(&[raw("a", b"1"), raw("a/b", b"2")], "also a file");
}

#[test]
fn entries_that_are_not_plain_files_are_refused() {
    let change = |edit: fn(&mut RawEntry)| {
        let mut entry = raw("a", b"/etc/passwd");
        edit(&mut entry);
        entry
    };
    refused(&[change(|entry| entry.mode = 0o120_777)], "link");
    refused(&[change(|entry| entry.mode = 0o020_666)], "neither a file nor a folder");
    refused(&[change(|entry| entry.flags = 1)], "encrypted");
    refused(&[change(|entry| entry.method = 12)], "method 12");
    refused(&[change(|entry| entry.local_name = Some("b"))], "another name");
    refused(&[change(|entry| entry.size = Some(3))], "two different sizes");
    refused(&[change(|entry| entry.size = Some(u32::MAX))], "ZIP64");
    let mut front = b"#!/bin/sh\n".to_vec();
    front.extend(raw_zip(&[raw("a", b"x")]));
    for bytes in [front, b"PK".to_vec(), Vec::new(), raw_zip(&[raw("a", b"x")])[..20].to_vec()] {
        Archive::from_bytes(bytes).unwrap_err();
    }
}

#[test]
fn bombs_are_refused_before_anything_is_unpacked() {
    let zeros = vec![0; 64 << 20];
    let mut packed = Vec::new();
    let mut encoder = flate2::read::DeflateEncoder::new(zeros.as_slice(), flate2::Compression::best());
    std::io::Read::read_to_end(&mut encoder, &mut packed).unwrap();
    let mut bomb = raw("bomb", &packed);
    bomb.method = 8;
    bomb.size = Some(64 << 20);
    refused(&[bomb.clone()], "times larger");
    // A lie about the size is found while unpacking, and no more than it says is ever made.
    bomb.size = Some(1000);
    let opened = Archive::from_bytes(raw_zip(&[bomb])).unwrap();
    assert!(opened.read("bomb", 1 << 30).unwrap_err().to_string().contains("another size"));
    let many: Vec<RawEntry> =
        (0..10_001).map(|index| raw(Box::leak(index.to_string().into_boxed_str()), b"")).collect();
    refused(&many, "entries");
    let large: Vec<RawEntry> = ["a", "b", "c"]
        .map(|name| {
            let mut entry = raw(name, &vec![7; 12 << 20]);
            (entry.method, entry.size) = (8, Some(2_000_000_000));
            entry
        })
        .to_vec();
    refused(&large, "all files together");
}

#[test]
fn damaged_content_is_noticed() {
    let mut bytes = archive::write(&files(&[("a", "some text")])).unwrap();
    bytes[33] ^= 1;
    let opened = Archive::from_bytes(bytes).unwrap();
    assert!(opened.read("a", 100).unwrap_err().to_string().contains("damaged"));
}

#[test]
fn yaml_bombs_end_early() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..30 {
        let item = format!("*a{}", level - 1);
        writeln!(bomb, "a{level}: &a{level} [{}]", vec![item; 9].join(",")).unwrap();
    }
    let started = Instant::now();
    Manifest::parse(&bomb).unwrap_err();
    EnvironmentRequest::from_conda(&bomb).unwrap_err();
    Manifest::parse(&"[".repeat(100_000)).unwrap_err();
    Manifest::parse(&"x".repeat(2 << 20)).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(10));
}

/// Start, load and one call, all at their limits.
const CALL_PATIENCE: Duration = Duration::from_secs(66);

/// Starts a model with this body of `predict` (or of the module) and asks it once.
fn ask(test: &str, code: &str) -> Option<Result<Vec<f64>, PredictError>> {
    Some(ask_of(&runner(test)?, test, code))
}

fn ask_of(runner: &Runner, test: &str, code: &str) -> Result<Vec<f64>, PredictError> {
    let started = Instant::now();
    let answer = runner.start(&python_package(code, 2)).and_then(|mut model| {
        model.predict(&Batch::Table(Matrix::zeros(3, 2))).map(|found| found.values.into_vec())
    });
    assert!(started.elapsed() < CALL_PATIENCE, "{test} took too long");
    answer
}

fn predict(body: &str) -> String {
    format!(
        "import os, sys, time, ctypes, socket, struct\nimport numpy as np\nclass MyModel:\n    def predict(self, X):\n        {}\n",
        body.replace('\n', "\n        ")
    )
}

#[test]
fn models_that_crash_are_reported_with_how_they_ended() {
    let cases = [
        ("import os\nos._exit(0)", "exit code 0"),
        (&predict("os._exit(3)"), "exit code 3"),
        (&predict("ctypes.string_at(0)"), "segmentation"),
        (&predict("os.abort()"), "abort"),
    ];
    for (code, wanted) in cases {
        let Some(answer) = ask("models_that_crash_are_reported_with_how_they_ended", code) else { return };
        let error = answer.unwrap_err();
        assert!(
            matches!(&error, PredictError::Crashed { reason, .. } if reason.contains(wanted)),
            "{wanted}: {error:?}"
        );
    }
    let Some(answer) = ask("crash", &predict("sys.exit(1)")) else { return };
    assert!(matches!(answer, Err(PredictError::Failed { .. })), "{answer:?}");
}

#[test]
fn models_that_hang_end_at_the_limit_and_their_children_with_them() {
    for body in [
        "time.sleep(1000)",
        "while True: pass",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\nif os.fork():\n    time.sleep(1000)\nos.setsid()\ntime.sleep(1000)",
    ] {
        let Some(answer) = ask("models_that_hang_end_at_the_limit", &predict(body)) else { return };
        assert!(matches!(answer, Err(PredictError::TimedOut { seconds: 4 })), "{body}: {answer:?}");
    }
}

#[test]
fn models_that_take_memory_or_processes_without_end_are_stopped() {
    // A busy machine takes its time to fill the memory.
    let Some(patient) = runner_within("models_that_take_memory_or_processes", 25) else { return };
    let memory = predict("kept = []\nwhile True:\n    kept.append(np.ones(1 << 20))\n    time.sleep(0.005)");
    let answer = ask_of(&patient, "models_that_take_memory_or_processes", &memory);
    assert!(
        matches!(&answer, Err(PredictError::OverLimit { what }) if what.contains("memory")),
        "{answer:?}"
    );
    let shared = predict(
        "import mmap\nkept = []\nfor _ in range(700):\n    part = mmap.mmap(-1, 1 << 20)\n    part.write(b'x' * (1 << 20))\n    kept.append(part)\n    time.sleep(0.002)\ntime.sleep(2)",
    );
    let answer = ask_of(&patient, "shared memory", &shared);
    assert!(
        matches!(&answer, Err(PredictError::OverLimit { what }) if what.contains("memory")),
        "{answer:?}"
    );
    let at_once = predict("return np.ones(1 << 33)[:3]");
    let answer = ask_of(&patient, "memory at once", &at_once);
    assert!(
        matches!(&answer, Err(PredictError::Failed { message, .. }) if message.contains("emory")),
        "{answer:?}"
    );
    let forks = predict(
        "while True:\n    try:\n        if os.fork() == 0:\n            time.sleep(1000)\n    except OSError:\n        time.sleep(1000)",
    );
    let Some(answer) = ask("forks", &forks) else { return };
    assert!(
        matches!(answer, Err(PredictError::OverLimit { .. } | PredictError::TimedOut { .. })),
        "{answer:?}"
    );
    let bomb = predict("while True:\n    try: os.fork()\n    except OSError: pass");
    let Some(answer) = ask("fork bomb", &bomb) else { return };
    assert!(
        matches!(answer, Err(PredictError::OverLimit { .. } | PredictError::TimedOut { .. })),
        "{answer:?}"
    );
    let output = predict("return np.ones((3, 1 << 20))");
    let Some(answer) = ask("output", &output) else { return };
    assert!(
        matches!(&answer, Err(PredictError::OverLimit { what }) if what.contains("output")),
        "{answer:?}"
    );
}

#[test]
fn what_lies_outside_the_fence_is_not_there() {
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".into());
    let secret = tempfile::tempdir().unwrap();
    std::fs::write(secret.path().join("secret"), "x").unwrap();
    let hidden = secret.path().join("secret");
    let attempts = [
        ("open('/etc/passwd').read()".to_owned(), "No such file"),
        ("open('/etc/shadow').read()".to_owned(), "No such file"),
        (format!("open('{}').read()", hidden.display()), "No such file"),
        (format!("os.listdir('{home}/.ssh')"), "No such file"),
        ("open(os.path.join(os.path.dirname(__file__), 'new'), 'w')".to_owned(), "Read-only"),
        ("open(__file__, 'a')".to_owned(), "Read-only"),
        ("open(np.__file__, 'a')".to_owned(), "Read-only"),
        ("open('/usr/bin/new', 'w')".to_owned(), "Read-only"),
        ("open('/new', 'w')".to_owned(), "Read-only"),
        ("open('/dev/new', 'w')".to_owned(), "Read-only"),
        ("os.memfd_create('x')".to_owned(), "not implemented"),
        ("socket.create_connection(('1.1.1.1', 53), 2)".to_owned(), "not permitted"),
        ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)".to_owned(), "not permitted"),
        ("os.setuid(0)".to_owned(), "Operation not permitted|Invalid argument"),
        ("os.kill(1, 9); raise OSError('Operation not permitted')".to_owned(), "not permitted"),
        ("libc = ctypes.CDLL(None, use_errno=True); libc.unshare(0x10000000) and (_ for _ in ()).throw(OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno())))".to_owned(), "not permitted"),
        ("libc = ctypes.CDLL(None, use_errno=True); libc.ptrace(0, 0, 0, 0) and (_ for _ in ()).throw(OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno())))".to_owned(), "not permitted"),
        ("open('/tmp/big', 'wb').write(b'x' * (300 << 20))".to_owned(), "File too large|emory"),
        ("raise OSError(sorted(set(os.environ) - {'HOME','LANG','LC_CTYPE','PATH','PWD','TMPDIR'}))".to_owned(), "KL_|OMP_NUM_THREADS"),
    ];
    for (attempt, wanted) in &attempts {
        let Some(answer) = ask("what_lies_outside_the_fence_is_not_there", &predict(attempt)) else { return };
        match &answer {
            Err(PredictError::Failed { message, .. })
                if wanted.split('|').any(|word| message.contains(word)) =>
            {
                assert!(!message.contains("SECRET") && !message.contains("UV_"), "{message}");
            }
            Err(PredictError::Crashed { reason, .. })
                if wanted.contains(reason.split('(').nth(1).unwrap_or("-").trim_end_matches(')')) => {}
            _ => panic!("{attempt}: {answer:?}"),
        }
    }
    let Some(answer) =
        ask("write to /tmp", &predict("open('/tmp/x', 'w').write('1')\nreturn [os.getuid()] * 3"))
    else {
        return;
    };
    assert_eq!(answer.unwrap(), [65534.0; 3], "its own /tmp works, and it is nobody");
}

#[test]
fn prints_and_forged_frames_do_not_reach_the_answers() {
    let flood = predict("for _ in range(3000):\n    print('y' * 1000)\nsys.stdout.flush()\nreturn [1, 2, 3]");
    let Some(answer) = ask("prints_and_forged_frames", &flood) else { return };
    assert_eq!(answer.unwrap(), [1.0, 2.0, 3.0]);
    let failing = predict(
        "print('first words', flush=True)\nprint('y' * 100000, flush=True)\nraise ValueError('own error')",
    );
    let Some(Err(PredictError::Failed { message, log })) = ask("log", &failing) else { panic!("it fails") };
    assert!(
        message.contains("own error") && log.contains("first words") && log.len() < 6000,
        "{}",
        log.len()
    );
    let forged = predict(
        "frame = struct.pack('<4sIQ', b'LWF1', 25, 24) + b'{\"ok\": true, \"shape\": [3]}' + bytes(24)\nos.write(1, frame); os.write(2, frame)\nreturn [4, 5, 6]",
    );
    let Some(answer) = ask("forged", &forged) else { return };
    assert_eq!(answer.unwrap(), [4.0, 5.0, 6.0]);
    // Garbage on the pipe of the frames itself, which a model can find, ends the worker.
    let garbage = predict(
        "for fd in range(3, 20):\n    try: os.write(fd, b'garbage garbage garbage')\n    except OSError: pass\nreturn [1, 2, 3]",
    );
    let Some(answer) = ask("garbage", &garbage) else { return };
    assert!(matches!(answer, Err(PredictError::BadAnswer { .. })), "{answer:?}");
}

#[test]
fn values_are_passed_on_for_the_checker_to_judge() {
    let Some(answer) = ask("values_are_passed_on", &predict("return [float('nan'), float('inf'), 1]")) else {
        return;
    };
    let values = answer.unwrap();
    assert!(values[0].is_nan() && values[1].is_infinite());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_change_of_a_zip_makes_the_reader_panic(
        changes in proptest::collection::vec((0_usize..600, proptest::prelude::any::<u8>()), 1..6),
        length in 0_usize..600,
    ) {
        let list = files(&[("learnware.yaml", "model: {}"), ("a/b", &"text ".repeat(50)), ("c", "x")]);
        let mut bytes = archive::write(&list).unwrap();
        for (place, value) in changes {
            let place = place % bytes.len();
            bytes[place] = value;
        }
        if length % 5 == 0 {
            bytes.truncate(length);
        }
        if let Ok(opened) = Archive::from_bytes(bytes) {
            for name in opened.names().map(str::to_owned).collect::<Vec<_>>() {
                let _ = opened.read(&name, 1 << 20);
            }
        }
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in "[-a-z0-9:&*!|>{}\\[\\],.#'\" \n=<+@;~_%]{0,80}") {
        let _ = Manifest::parse(&text);
        let _ = EnvironmentRequest::from_conda(&format!("dependencies:\n- {text}\n"));
        for start in ["", "a[", "a[b]", "a==", "a; extra == '", "a; python_version "] {
            let _ = EnvironmentRequest::from_requirements(&format!("{start}{text}"));
        }
        if let Ok(value) = learnware_package::yaml::Yaml::parse(&text) {
            // What is written means the same again (NaN aside, which equals nothing).
            let again = learnware_package::yaml::Yaml::parse(&value.write()).unwrap();
            assert_eq!(format!("{again:?}"), format!("{value:?}"), "{}", value.write());
        }
    }

    #[test]
    fn no_bytes_make_the_frame_reader_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
        let mut frame = b"LWF1".to_vec();
        frame.extend(&bytes);
        let _ = learnware_package::runner::protocol::read(&mut frame.as_slice(), 1 << 10);
    }
}
