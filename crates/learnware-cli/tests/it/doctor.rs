//! `learnware doctor`.

use crate::context::TestContext;

#[test]
fn the_doctor_tells_of_dock_and_fence() {
    let context = TestContext::new();
    let answer = context.run("doctor --json");
    assert!(answer.code == 0 || answer.code == 1, "{answer:?}");
    let document = answer.json();
    let names: Vec<&str> =
        document["checks"].as_array().unwrap().iter().filter_map(|check| check["name"].as_str()).collect();
    assert_eq!(names[..3], ["learnware", "dock", "cache"]);
    assert!(names.contains(&"bubblewrap"));
    assert!(context.run("doctor").stdout.contains("Models that are data"));
}
