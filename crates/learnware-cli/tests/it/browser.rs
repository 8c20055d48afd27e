//! The pages in a real browser against this binary: the journeys of `web/e2e`, which `cargo xtask test` builds the pages for.

use std::path::Path;
use std::process::Command;

#[test]
fn journeys_through_the_pages() {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    if !web.join("dist/index.html").is_file() || !web.join("node_modules").is_dir() {
        println!("SKIPPED: the pages are not built (cargo xtask web)");
        return;
    }
    let journeys = Command::new("node")
        .arg("e2e/run.mjs")
        .current_dir(&web)
        .env("LEARNWARE_BIN", env!("CARGO_BIN_EXE_learnware"))
        .status();
    assert!(journeys.unwrap().success(), "a journey failed; pictures are in web/e2e/out");
}
