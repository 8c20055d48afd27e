//! The fence around a stranger's process: bubblewrap namespaces, a seccomp filter and resource limits.
//!
//! What the fence gives: own user, mount, pid, net, ipc, uts and cgroup namespaces; a root that holds only
//! read-only binds of what is named, a small /tmp in memory, no environment, uid 65534 and no capabilities;
//! system calls that models have no use for are refused. Limits are set by `prlimit` inside the fence
//! before the interpreter starts, and by the worker before the model is imported where `prlimit` is
//! missing. What the kernel cannot count for us (memory and processes of the whole group) a watch in
//! [`super::process`] counts. What it does not give: protection from a kernel bug, or from a model that
//! answers wrong numbers on purpose.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use command_fds::{CommandFdExt, FdMapping};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// What keeps a process in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Isolation {
    /// Bubblewrap, at this absolute path.
    Bubblewrap(PathBuf),
    /// Nothing but limits: only for code that is trusted.
    None,
}

/// Whether the process may use the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// It sees no network at all.
    Off,
    /// It may use it; only for installing packages.
    On,
}

/// What one worker may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Wall time for starting and loading the model, in seconds; importing torch takes 10 on a slow disk.
    pub load_seconds: u64,
    /// Wall time for one call, in seconds.
    pub call_seconds: u64,
    /// Processor time over the worker's life, in seconds of one core.
    pub cpu_seconds: u64,
    /// Memory in use by all processes together, in bytes. One process may reserve twice that.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub process_count: u64,
    /// Size of one file that it writes, in bytes.
    pub file_bytes: u64,
    /// Size of its /tmp, which is memory, in bytes.
    pub tmp_bytes: u64,
    /// Open files of one process.
    pub open_files: u64,
    /// One answer in bytes: 32 million numbers.
    pub output_bytes: u64,
    /// What is kept of its prints, in bytes.
    pub log_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            load_seconds: 120,
            call_seconds: 120,
            cpu_seconds: 4 * 3600,
            memory_bytes: 4 << 30,
            process_count: 256,
            file_bytes: 256 << 20,
            tmp_bytes: 512 << 20,
            open_files: 1024,
            output_bytes: 256 << 20,
            log_bytes: 16 << 10,
        }
    }
}

impl Limits {
    /// Resource limits by the name that `prlimit` and Python's `resource` have for them.
    pub(crate) fn resources(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::from([
            ("AS", self.memory_bytes.saturating_mul(2)),
            ("CPU", self.cpu_seconds),
            ("NPROC", self.process_count),
            ("FSIZE", self.file_bytes),
            ("NOFILE", self.open_files),
            ("CORE", 0),
        ])
    }
}

/// A program to run behind the fence.
#[derive(Debug, Clone)]
pub(crate) struct Fenced {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// Seen read-only at the same path.
    pub read_only: Vec<PathBuf>,
    /// Seen and writable at the same path.
    pub writable: Vec<PathBuf>,
    pub network: Network,
    /// The whole environment.
    pub environment: Vec<(String, String)>,
    pub folder: PathBuf,
}

/// Folders of the system that programs need to start at all.
const SYSTEM_ROOTS: [&str; 6] = ["/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin"];
/// Files that dynamic loading and time zones need.
const SYSTEM_FILES: [&str; 3] = ["/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives"];
/// Files that the network needs.
const NETWORK_FILES: [&str; 6] =
    ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ca-certificates", "/etc/pki"];
/// The unprivileged user inside, whoever started us.
const NOBODY: &str = "65534";
const PRLIMIT: &str = "/usr/bin/prlimit";

impl Fenced {
    /// The command that runs it in `isolation` under `limits`. Pipes are left to the caller.
    pub(crate) fn command(&self, isolation: &Isolation, limits: &Limits) -> std::io::Result<Command> {
        let mut command = match isolation {
            Isolation::Bubblewrap(program) => {
                let mut command = Command::new(program);
                command.args(self.bubblewrap_arguments(limits)).args(self.limited(limits));
                let filters = [seccomp_deny(self.network), seccomp_absent()];
                let mut mappings = Vec::new();
                for (child_fd, filter) in FILTER_FDS.into_iter().zip(filters) {
                    mappings.push(FdMapping { parent_fd: program_file(&filter?)?.into(), child_fd });
                }
                command.fd_mappings(mappings).map_err(std::io::Error::other)?;
                command
            }
            Isolation::None => {
                let mut arguments = self.limited(limits).into_iter();
                let mut command = Command::new(arguments.next().unwrap_or_default());
                command.args(arguments).current_dir(&self.folder);
                command
            }
        };
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    fn bubblewrap_arguments(&self, limits: &Limits) -> Vec<String> {
        let mut arguments: Vec<String> = [
            "--unshare-user",
            "--unshare-ipc",
            "--unshare-pid",
            "--unshare-uts",
            "--unshare-cgroup-try",
            "--die-with-parent",
            "--new-session",
            "--uid",
            NOBODY,
            "--gid",
            NOBODY,
            "--cap-drop",
            "ALL",
            "--hostname",
            "fence",
            "--clearenv",
            "--proc",
            "/proc",
            "--dev",
            "/dev",
            "--size",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.extend([limits.tmp_bytes.to_string(), "--tmpfs".into(), "/tmp".into()]);
        if self.network == Network::Off {
            arguments.push("--unshare-net".into());
        }
        let mut bind = |option: &str, path: &str| {
            arguments.extend([option.to_owned(), path.to_owned(), path.to_owned()]);
        };
        for root in SYSTEM_ROOTS {
            // A merged /usr has links at these places; bubblewrap makes them folders, which is as good.
            bind("--ro-bind-try", root);
        }
        let network_files: &[&str] = if self.network == Network::On { &NETWORK_FILES } else { &[] };
        for file in SYSTEM_FILES.iter().chain(network_files) {
            bind("--ro-bind-try", file);
        }
        for path in &self.read_only {
            bind("--ro-bind", &path.to_string_lossy());
        }
        for path in &self.writable {
            bind("--bind", &path.to_string_lossy());
        }
        for (name, value) in &self.environment {
            arguments.extend(["--setenv".into(), name.clone(), value.clone()]);
        }
        for descriptor in FILTER_FDS {
            arguments.extend(["--add-seccomp-fd".into(), descriptor.to_string()]);
        }
        arguments.extend(["--chdir".into(), self.folder.to_string_lossy().into_owned(), "--".into()]);
        arguments
    }

    /// The program with its arguments, behind `prlimit` where the host has it.
    fn limited(&self, limits: &Limits) -> Vec<String> {
        let mut arguments = Vec::new();
        if Path::new(PRLIMIT).exists() {
            arguments.push(PRLIMIT.to_owned());
            for (name, value) in limits.resources() {
                arguments.push(format!("--{}={value}:{value}", name.to_lowercase()));
            }
        }
        arguments.push(self.program.to_string_lossy().into_owned());
        arguments.extend(self.arguments.iter().cloned());
        arguments
    }
}

/// File descriptors in which the two filters are passed.
const FILTER_FDS: [i32; 2] = [10, 11];

/// System calls that are refused whatever their arguments are.
const DENIED: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_vhangup,
    libc::SYS_fanotify_init,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
];

/// The x32 form of a call has this bit set and would pass a filter that does not name it.
#[cfg(target_arch = "x86_64")]
const OTHER_FORMS: &[i64] = &[0, 0x4000_0000];
#[cfg(not(target_arch = "x86_64"))]
const OTHER_FORMS: &[i64] = &[0];

/// New namespaces that `clone` must not make.
const CLONE_NAMESPACES: i32 = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

fn compile(rules: BTreeMap<i64, Vec<SeccompRule>>, answer: i32) -> std::io::Result<BpfProgram> {
    let architecture = std::env::consts::ARCH.try_into().map_err(std::io::Error::other)?;
    SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(answer as u32), architecture)
        .and_then(BpfProgram::try_from)
        .map_err(std::io::Error::other)
}

fn rule(argument: u8, operation: SeccompCmpOp, value: u64) -> std::io::Result<SeccompRule> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operation, value)
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(std::io::Error::other)
}

/// Refuses with "operation not permitted".
fn seccomp_deny(network: Network) -> std::io::Result<BpfProgram> {
    let mut rules = BTreeMap::new();
    for form in OTHER_FORMS {
        for call in DENIED {
            rules.insert(call | form, Vec::new());
        }
        if network == Network::Off {
            rules.insert(libc::SYS_socket | form, vec![rule(0, SeccompCmpOp::Ne, libc::AF_UNIX as u64)?]);
        }
        let mut clone = Vec::new();
        for bit in 0..32 {
            let flag = 1_u64 << bit;
            if u64::from(CLONE_NAMESPACES as u32) & flag != 0 {
                clone.push(rule(0, SeccompCmpOp::MaskedEq(flag), flag)?);
            }
        }
        rules.insert(libc::SYS_clone | form, clone);
        // Characters pushed into the terminal of whoever started us.
        rules.insert(libc::SYS_ioctl | form, vec![rule(1, SeccompCmpOp::Eq, libc::TIOCSTI)?]);
    }
    compile(rules, libc::EPERM)
}

/// Says that `clone3` does not exist: its flags lie in memory where no filter can look, and the C library
/// then uses `clone`.
fn seccomp_absent() -> std::io::Result<BpfProgram> {
    compile(OTHER_FORMS.iter().map(|form| (libc::SYS_clone3 | form, Vec::new())).collect(), libc::ENOSYS)
}

/// The filter in the kernel's form, in a file without a name.
fn program_file(program: &BpfProgram) -> std::io::Result<File> {
    let mut file = tempfile::tempfile()?;
    for instruction in program {
        file.write_all(&instruction.code.to_ne_bytes())?;
        file.write_all(&[instruction.jt, instruction.jf])?;
        file.write_all(&instruction.k.to_ne_bytes())?;
    }
    file.rewind()?;
    Ok(file)
}
