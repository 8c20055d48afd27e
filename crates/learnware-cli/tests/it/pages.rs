//! `completions` and `man`.

use crate::context::TestContext;

#[test]
fn every_shell_gets_completions() {
    let context = TestContext::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let answer = context.run(&format!("completions {shell}"));
        assert_eq!(answer.code, 0);
        assert!(answer.stdout.contains("reduced-set-size"), "{shell}");
    }
    assert_eq!(context.json("completions bash")["schema"], "learnware.completions/1");
}

#[test]
fn every_command_gets_a_manual_page() {
    let context = TestContext::new();
    let pages = context.json("man pages")["pages"].clone();
    assert!(pages.as_array().unwrap().iter().any(|page| page == "pages/learnware-spec-show.1"), "{pages}");
    let page = std::fs::read_to_string(context.path("pages/learnware.1")).unwrap();
    assert!(page.contains("Exit codes"), "{page}");
}
