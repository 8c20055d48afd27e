//! Requests that a program invents from the interface's description: whatever they are, the server answers and is not at fault.

use std::process::Command;

use crate::context::TestContext;
use crate::server::{Server, administrator};

/// Invents requests.
const SCHEMATHESIS: [&str; 5] = ["tool", "run", "--from", "schemathesis==4.32.5", "schemathesis"];

#[test]
fn python_invents_requests_and_none_makes_the_server_fail() {
    let works = Command::new("uv").args(SCHEMATHESIS).arg("--version").output();
    if !works.as_ref().is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: schemathesis does not run here, which `uv tool run` gets: {works:?}");
        return;
    }
    let context = TestContext::new();
    // As the first administrator, and as often as it likes.
    let often = ["LEARNWARE_LOGINS_PER_MINUTE", "LEARNWARE_REQUESTS_PER_SECOND", "LEARNWARE_REQUESTS_BURST"];
    let server = Server::start_with(&context, &often.map(|name| (name, "1000000")));
    let (session, _) = administrator(&server);
    context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    let found = Command::new("uv")
        .args(SCHEMATHESIS)
        .args(["run", &format!("{}/api/v1/openapi.json", server.url())])
        .args([
            "--checks",
            "not_a_server_error",
            "--max-examples",
            "8",
            "--seed",
            "1",
            "--generation-database",
            "none",
        ])
        // Packages are zips, which it can't invent.
        .args(["--exclude-operation-id", "submit"])
        .args(["--exclude-operation-id", "submit_version"])
        .args(["--exclude-operation-id", "piece"])
        // These end the session, or the account.
        .args(["--exclude-path-regex", "/me|sessions"])
        .args(["--header", &format!("Authorization: Bearer {session}")])
        .current_dir(context.path(""))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(found.status.success(), "{told}\n{}\n{}", String::from_utf8_lossy(&found.stderr), server.log());
    assert!(told.contains("No issues found") || told.contains("passed"), "{told}");
}
