//! The whole help as one snapshot: every change of the command line is seen in review.

use crate::context::TestContext;

fn collect(context: &TestContext, path: &[&str], reference: &mut String) {
    let mut arguments = path.to_vec();
    arguments.push("--help");
    let answer = context.run_with(&arguments);
    assert_eq!(answer.code, 0, "{answer:?}");
    let title = [&["learnware"], path].concat().join(" ");
    *reference += &format!("# {title}\n\n```text\n{}\n```\n\n", answer.stdout.trim_end());
    let commands = answer.stdout.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<String> = commands
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(ToOwned::to_owned))
        .filter(|name| name != "help")
        .collect();
    for name in &names {
        collect(context, &[path, &[name.as_str()]].concat(), reference);
    }
}

#[test]
fn the_help_of_every_command_is_known() {
    let mut reference = String::new();
    collect(&TestContext::new(), &[], &mut reference);
    insta::with_settings!({prepend_module_to_snapshot => false, snapshot_path => "../snapshots", omit_expression => true}, {
        insta::assert_snapshot!("cli-reference", reference);
    });
}

#[test]
fn wrong_arguments_end_with_code_2_and_a_json_document_when_wanted() {
    let context = TestContext::new();
    assert_eq!(context.run("spec").code, 2);
    assert_eq!(context.run("nonsense").code, 2);
    let answer = context.run("spec a.csv --bogus --json");
    assert_eq!(answer.code, 2);
    let document = answer.json();
    assert_eq!(document["schema"], "learnware.error/1");
    assert!(document["error"]["message"].as_str().unwrap().contains("--bogus"), "{document}");
    assert!(context.run("--version").stdout.starts_with("learnware "));
}
