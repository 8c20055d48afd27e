//! One child process with a deadline: started from a thread that never ends, watched, and killed whole.
//!
//! Bubblewrap's `--die-with-parent` follows the *thread* that started it, so all processes are started by
//! one thread of ours that lives as long as we do; a caller's thread may end while the model lives on.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// Processes that are killed one by one at most; behind the fence all end with the first of them.
const KILL_COUNT_MAX: usize = 4096;
/// How often a running call is looked at.
const WATCH_INTERVAL: Duration = Duration::from_millis(50);
/// How often one that is not asked for anything is looked at.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// Why a process was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Killed {
    /// It took longer than this many seconds.
    Time(u64),
    /// All its processes used more than this many bytes together.
    Memory(u64),
    /// It had more than this many processes and threads.
    Processes(u64),
}

/// What the watch may see used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    pub memory_bytes: u64,
    pub process_count: u64,
}

/// A running process.
pub(crate) struct Process {
    child: Child,
    watch: Arc<Watch>,
    log: Arc<Mutex<Log>>,
}

struct Watch {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    deadline: Option<(Instant, u64)>,
    killed: Option<Killed>,
    ended: bool,
}

/// The first and the last part of what a process printed.
#[derive(Default)]
struct Log {
    start: Vec<u8>,
    end: std::collections::VecDeque<u8>,
    left_out: u64,
    capacity: usize,
}

type Order = (Command, Sender<std::io::Result<Child>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a command from the thread that never ends.
fn launch(command: Command) -> std::io::Result<Child> {
    static LAUNCHER: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let orders = LAUNCHER.get_or_init(|| {
        let (sender, receiver) = channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in receiver {
                let _ = answer.send(command.spawn());
            }
        });
        Mutex::new(sender)
    });
    let (answer, started) = channel();
    let gone = || std::io::Error::other("the thread that starts processes has ended");
    lock(orders).send((command, answer)).map_err(|_| gone())?;
    started.recv().map_err(|_| gone())?
}

impl Process {
    /// Starts `command` in a process group of its own; its standard error is kept up to `log_bytes`.
    pub(crate) fn start(mut command: Command, allowed: Allowed, log_bytes: usize) -> std::io::Result<Self> {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stderr(Stdio::piped());
        let mut child = launch(command)?;
        let log = Arc::new(Mutex::new(Log { capacity: log_bytes, ..Log::default() }));
        if let Some(mut stderr) = child.stderr.take() {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                let mut buffer = [0; 8192];
                while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                    lock(&log).add(&buffer[..count]);
                }
            });
        }
        let watch = Arc::new(Watch { state: Mutex::default(), changed: Condvar::new() });
        let pid = child.id();
        let watching = Arc::clone(&watch);
        std::thread::spawn(move || watching.run(pid, allowed));
        Ok(Self { child, watch, log })
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// From now on it has `seconds`, until [`Process::rest`].
    pub(crate) fn allow(&self, seconds: u64) {
        lock(&self.watch.state).deadline = Some((Instant::now() + Duration::from_secs(seconds), seconds));
        self.watch.changed.notify_all();
    }

    /// It is not asked for anything now.
    pub(crate) fn rest(&self) {
        lock(&self.watch.state).deadline = None;
    }

    /// It is over its time, although the watch had no time to see it: the host is overloaded.
    pub(crate) fn overdue(&self, seconds: u64) {
        lock(&self.watch.state).killed.get_or_insert(Killed::Time(seconds));
        kill_tree(self.child.id());
    }

    /// Why the watch killed it, if it did.
    pub(crate) fn killed(&self) -> Option<Killed> {
        lock(&self.watch.state).killed
    }

    /// Kills it with all its children and waits for its end.
    pub(crate) fn end(&mut self) -> std::io::Result<ExitStatus> {
        lock(&self.watch.state).ended = true;
        self.watch.changed.notify_all();
        if self.child.try_wait()?.is_none() {
            kill_tree(self.child.id());
        }
        self.child.wait()
    }

    /// Gives it a moment to end by itself, then kills it.
    pub(crate) fn end_gently(&mut self, patience: Duration) -> std::io::Result<ExitStatus> {
        let until = Instant::now() + patience;
        while Instant::now() < until && self.child.try_wait()?.is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.end()
    }

    /// What it printed, shortened in the middle.
    pub(crate) fn log(&self) -> String {
        lock(&self.log).text()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

impl Watch {
    fn run(&self, pid: u32, allowed: Allowed) {
        let mut state = lock(&self.state);
        while !state.ended {
            let deadline = state.deadline;
            drop(state);
            let reason = deadline
                .filter(|(until, _)| Instant::now() >= *until)
                .map(|(_, seconds)| Killed::Time(seconds))
                .or_else(|| over(pid, allowed));
            state = lock(&self.state);
            if state.ended {
                return;
            }
            // The answer may have come while we looked.
            let late = matches!(reason, Some(Killed::Time(_))) && state.deadline != deadline;
            if let Some(reason) = reason.filter(|_| !late) {
                state.killed = Some(reason);
                state.ended = true;
                kill_tree(pid);
                return;
            }
            let interval = if state.deadline.is_some() { WATCH_INTERVAL } else { IDLE_INTERVAL };
            state = self.changed.wait_timeout(state, interval).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn over(pid: u32, allowed: Allowed) -> Option<Killed> {
    // A fork bomb grows faster than it can be walked: one more than allowed is enough to know.
    let processes = tree(pid, allowed.process_count as usize + 1);
    let threads: usize = processes
        .iter()
        .map(|process| std::fs::read_dir(format!("/proc/{process}/task")).map_or(0, Iterator::count))
        .sum();
    if threads as u64 > allowed.process_count {
        return Some(Killed::Processes(allowed.process_count));
    }
    let resident: u64 = processes.iter().map(|&process| resident_bytes(process)).sum();
    if resident <= allowed.memory_bytes {
        return None;
    }
    // Pages that forked processes share were counted for each of them; the slower file counts them once.
    let used: u64 = processes.iter().map(|&process| proportional_bytes(process)).sum();
    (used > allowed.memory_bytes).then_some(Killed::Memory(allowed.memory_bytes))
}

/// Memory of a process that does not belong to files.
fn resident_bytes(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    kilobytes(&text, "RssAnon:") + kilobytes(&text, "RssShmem:")
}

/// The same, with each shared page divided among those who have it.
fn proportional_bytes(pid: u32) -> u64 {
    match std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) {
        Ok(text) if text.contains("Pss_Anon:") => {
            kilobytes(&text, "Pss_Anon:") + kilobytes(&text, "Pss_Shmem:")
        }
        _ => resident_bytes(pid),
    }
}

fn kilobytes(text: &str, field: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// A process and everything below it, until `count_max` are found.
fn tree(pid: u32, count_max: usize) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        next += 1;
        if found.len() >= count_max {
            break;
        }
        let Ok(threads) = std::fs::read_dir(format!("/proc/{parent}/task")) else { continue };
        for thread in threads.flatten() {
            let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    found
}

fn pid_of(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

/// Kills the process group, and below it whatever left the group.
fn kill_tree(pid: u32) {
    let all = tree(pid, KILL_COUNT_MAX);
    if let Some(group) = pid_of(pid) {
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    for process in all {
        if let Some(process) = pid_of(process) {
            let _ = rustix::process::kill_process(process, Signal::KILL);
        }
    }
}

impl Log {
    fn add(&mut self, bytes: &[u8]) {
        let room = (self.capacity / 2).saturating_sub(self.start.len()).min(bytes.len());
        self.start.extend_from_slice(&bytes[..room]);
        self.end.extend(&bytes[room..]);
        let extra = self.end.len().saturating_sub(self.capacity / 2);
        self.end.drain(..extra);
        self.left_out += extra as u64;
    }

    fn text(&self) -> String {
        let mut bytes = self.start.clone();
        if self.left_out > 0 {
            bytes.extend_from_slice(format!("\n[{} bytes left out]\n", self.left_out).as_bytes());
        }
        bytes.extend(&self.end);
        String::from_utf8_lossy(&bytes).trim_end().to_owned()
    }
}
