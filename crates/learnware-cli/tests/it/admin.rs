//! `learnware admin`, on a folder and at a server.

use crate::context::TestContext;
use crate::server::Server;

#[test]
fn the_operator_makes_accounts_and_administrators_rule_from_afar() {
    let context = TestContext::new();
    let id = context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    let made = context.run_input(
        "admin create-user chief@example.org --name Chief --role admin --password-stdin --json",
        "correct horse\n",
    );
    assert_eq!(made.json()["id"], 1, "{made:?}");
    let made = context.json("admin create-user ann@example.org --name Ann --code");
    let code = made["code"].as_str().unwrap();
    let taken = context.refusal("admin create-user ann@example.org --name Other --code");
    assert!(taken.contains("another account has this e-mail address"), "{taken}");
    assert_eq!(context.json("admin users")["accounts"].as_array().unwrap().len(), 2);

    let server = Server::start(&context);
    assert!(server.invitation.is_none(), "there is an administrator already");
    let at = |arguments: &str| format!("{arguments} --dock {}", server.url());
    let ann = format!("login --email ann@example.org --password-stdin --dock {}", server.url());
    let chosen = context.run_input(&format!("{ann} --code {code}"), "battery staple\n");
    assert_eq!(chosen.code, 0, "{chosen:?}");
    let denied = context.refusal(&at("admin users"));
    assert!(
        denied.contains("only administrators may do that") && denied.contains("learnware whoami"),
        "{denied}"
    );
    let used = context.run_input(&format!("{ann} --code {code}"), "another password\n");
    assert!(used.code == 2 && used.stderr.contains("the code is unknown, used or too old"), "{used:?}");

    let chief = at("login --email chief@example.org --password-stdin");
    assert_eq!(context.run_input(&chief, "correct horse\n").code, 0);
    assert_eq!(context.json(&at("admin users"))["accounts"][1]["name"], "Ann");
    context.json(&at("admin change-user 2 --disable"));
    let locked = context.run_input(&ann, "battery staple\n");
    assert!(locked.code == 2 && locked.stderr.contains("do not fit together"), "{locked:?}");
    assert!(context.refusal(&at("admin change-user 1 --role user")).contains("nobody changes the own role"));
    context.json("admin change-user 2 --enable --role admin");
    assert_eq!(context.json(&at("admin users"))["accounts"][1]["role"], "admin");
    assert!(
        context.refusal(&at("admin create-user x@y.z --name Xyz --code")).contains("register by themselves")
    );

    let taken_down = context.run_with(&[
        "admin",
        "takedown",
        &id,
        "--reason",
        "It is a copy.",
        "--dock",
        &server.url(),
        "--json",
    ]);
    assert_eq!(taken_down.code, 0, "{taken_down:?}");
    assert_eq!(context.json(&at("list"))["total"], 0);
    assert_eq!(context.json(&at("show 1"))["taken_down"], "It is a copy.");
    context.json("admin put-back 1");
    assert_eq!(context.json(&at("list"))["total"], 1);

    let jobs = context.json(&at("admin jobs --state done"));
    let job = jobs["jobs"][0]["id"].as_i64().unwrap();
    assert!(context.refusal(&format!("admin jobs --give-up {job}")).contains("or it has ended"));
    assert!(context.refusal(&at(&format!("admin jobs --give-up {job}"))).contains("or it has ended"));
    context.json(&at(&format!("admin jobs --retry {job}")));
    let audit = context.json("admin audit");
    assert_eq!(audit["entries"][0]["action"], "job.retry");
    assert_eq!(audit, context.json(&at("admin audit")));
}
