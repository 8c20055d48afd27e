//! `cargo xtask wasm`: the module with which browsers make specifications, where the pages look for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::target_folder;

/// What browsers run.
const TARGET: &str = "wasm32-unknown-unknown";
/// Vector instructions that every browser of today has.
const FLAGS: &str = "-C target-feature=+simd128";
/// Where the pages look for the module.
const MODULE: &str = "web/src/wasm/learnware.wasm";

/// Builds the module and says how large it is.
pub(crate) fn run(root: &Path) -> Result<bool, String> {
    add_target()?;
    let folder = target_folder(root).join("wasm");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args([
        "build",
        "--profile",
        "wasm",
        "--package",
        "learnware-wasm",
        "--target",
        TARGET,
    ]);
    command.env("CARGO_TARGET_DIR", &folder).env("RUSTFLAGS", FLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS");
    let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Ok(false);
    }
    let built = folder.join(TARGET).join("wasm").join("learnware_wasm.wasm");
    let module = root.join(MODULE);
    let place = |path: &PathBuf, error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = module.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let bytes = std::fs::copy(&built, &module).map_err(|error| place(&built, error))?;
    let packed = |program: &str, arguments: &[&str]| {
        compressed(program, arguments, &module)
            .map_or_else(String::new, |bytes| format!(", {bytes} with {program}"))
    };
    println!("{MODULE}: {bytes} bytes{}{}", packed("gzip", &["-9c"]), packed("brotli", &["-c"]));
    Ok(true)
}

/// Has rustup add the target where it is absent; without rustup the compiler itself will tell.
fn add_target() -> Result<(), String> {
    let Ok(listed) = Command::new("rustup").args(["target", "list", "--installed"]).output() else {
        return Ok(());
    };
    if String::from_utf8_lossy(&listed.stdout).lines().any(|target| target == TARGET) {
        return Ok(());
    }
    println!("adding the target {TARGET} to the toolchain (rustup target add)");
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    match added {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("rustup could not add {TARGET}; see what it says above")),
    }
}

/// Bytes of the file after a compressor, where that is installed.
fn compressed(program: &str, arguments: &[&str], file: &Path) -> Option<usize> {
    let output = Command::new(program).args(arguments).arg(file).stderr(Stdio::null()).output().ok()?;
    output.status.success().then_some(output.stdout.len())
}
