//! Texts through every command.

use crate::context::{TestContext, python_works};

/// A Python model without libraries: counts words of praise and of blame.
const MODEL: &str = "
class Model:
    input_shape = None
    output_shape = (2,)

    def __init__(self):
        pass

    def predict(self, X):
        answers = []
        for text in X:
            words = text.lower().split()
            praise = 1.0 + sum(word in GOOD for word in words)
            blame = 1.0 + sum(word in BAD for word in words)
            answers.append([blame / (praise + blame), praise / (praise + blame)])
        return answers

";

const FILMS: [&str; 6] = ["the film", "this movie", "an actor", "the scene", "its music", "the ending"];
const FOODS: [&str; 6] = ["the soup", "this bread", "a waiter", "the dessert", "its wine", "the kitchen"];

/// Reviews of some things, every second one good.
fn reviews(things: [&str; 6], good: &str, bad: &str) -> String {
    let mut text = String::from("id,review,mood\n");
    for row in 0..60 {
        let (word, mood) = if row % 2 == 0 { (good, "good") } else { (bad, "bad") };
        let (first, second) = (things[row % 6], things[(row / 6) % 6]);
        text += &format!("{row},\"{first} was {word}, and {second} too, on day {row}\",{mood}\n");
    }
    text
}

/// A context with two learnwares for reviews, of films and of food; `None` where no Python runs.
fn dock(test: &str, embedder: Option<&str>) -> Option<TestContext> {
    let context = TestContext::new();
    if !python_works(&context, test) {
        return None;
    }
    for (name, things, good, bad) in
        [("Film reviews", FILMS, "moving", "dull"), ("Food reviews", FOODS, "delicious", "stale")]
    {
        let folder = context.path(name);
        std::fs::create_dir(&folder).unwrap();
        let code = format!("GOOD = [\"{good},\"]\nBAD = [\"{bad},\"]\n{MODEL}");
        std::fs::write(folder.join("__init__.py"), code).unwrap();
        std::fs::write(folder.join("requirements.txt"), "numpy\n").unwrap();
        context.write("train.csv", reviews(things, good, bad));
        let pack = ["pack", name, "--data", "train.csv", "--text", "review", "--labels", "mood"];
        let words =
            ["--name", name, "--license", "mit", "--description", "Tells good from bad.", "-o", "p.zip"];
        let embedder = ["--json", "--embedder", embedder.unwrap_or("builtin")];
        let packed = context.run_with(&[&pack[..], &words[..], &embedder[..]].concat());
        assert_eq!(packed.code, 0, "{packed:?}");
        let packed = packed.json();
        assert_eq!(packed["semantic_specification"]["Data"]["Values"][0], "Text");
        assert_eq!(packed["semantic_specification"]["Output"]["Description"]["1"], "good");
        assert_eq!(packed["specifications"][0]["type"], "RKMETextSpecification");
        let submitted = context.json("submit p.zip");
        assert_eq!(submitted["status"], "usable", "{submitted}");
    }
    Some(context)
}

#[test]
fn a_specification_of_texts_is_made_and_shown() {
    let context = TestContext::new();
    context.write("reviews.csv", reviews(FILMS, "moving", "dull"));
    let made =
        context.json("spec reviews.csv --text review --labels mood -o stat.json --reduced-set-size 20");
    assert_eq!(made["specification"]["type"], "RKMETextSpecification");
    assert_eq!(made["specification"]["points"], 12);
    assert_eq!(made["specification"]["rows"], 60);
    let shown = context.json("spec show stat.json");
    assert_eq!(shown["specification"], made["specification"]);
    let answer = context.run("spec show stat.json");
    assert!(answer.stdout.starts_with("text, 12 points from 60 texts"), "{answer:?}");

    // The same texts in other files have the same specification.
    let lines: Vec<String> = reviews(FILMS, "moving", "dull")
        .lines()
        .skip(1)
        .map(|line| line.split('"').nth(1).unwrap().to_owned())
        .collect();
    context.write("lines.txt", lines.join("\n"));
    std::fs::create_dir(context.path("folder")).unwrap();
    let mut json = String::new();
    for (place, line) in lines.iter().enumerate() {
        context.write(&format!("folder/{place:02}.txt"), line);
        json += &format!("{}\n", serde_json::json!({"review": line}));
    }
    context.write("lines.jsonl", json);
    let bytes = |name: &str| std::fs::read(context.path(name)).unwrap();
    for data in ["lines.txt --kind text", "folder", "lines.jsonl --text review"] {
        context.json(&format!("spec {data} -o again.json --reduced-set-size 20"));
        assert!(bytes("again.json") == bytes("stat.json"), "{data}");
    }
    assert_eq!(made["specification"]["languages"], serde_json::json!(["en"]));
    context.json("spec folder -o compat.json --compat");
    assert!(bytes("compat.json") != bytes("stat.json"));
}

#[test]
fn bad_texts_are_refused_with_their_place() {
    let context = TestContext::new();
    context.write("gap.csv", "a,t\n1,x\n2,\n3,y\n");
    context.write("none.csv", "a,t\n1,\n2,\n");
    context.write("same.csv", "a,t\n1,x\n2,x\n");
    context.write("one.csv", "a,t\n1,x\n");
    context.write("header.csv", "a,t\n");
    context.write("ragged.csv", "a,t\n1,x\n2,y,z\n");
    context.write("latin.csv", b"a,t\n1,x\n2,caf\xe9\n");
    context.write("latin.txt", b"fine\ncaf\xe9\n");
    context.write("blank.txt", "one\n\ntwo\n");
    context.write("empty.txt", "");
    context.write("spaces.txt", " \n \n");
    context.write("broken.jsonl", "{\"t\": \"x\"}\n{\"t\": \n");
    context.write("number.jsonl", "{\"t\": \"x\"}\n{\"t\": 3}\n");
    context.write("gap.jsonl", "{\"t\": \"x\"}\n{\"u\": \"y\"}\n");
    for (data, message) in [
        ("gap.csv --text t", "gap.csv, line 3, column \"t\": there is no text"),
        ("none.csv --text t", "none.csv, column \"t\": there is no text in any row"),
        ("same.csv --text t", "all 2 texts are the same"),
        ("one.csv --text t", "there is only one of the texts"),
        ("header.csv --text t", "there is a header, but no rows"),
        ("ragged.csv --text t", "ragged.csv, line 3: there are 3 fields, but 2 columns"),
        ("latin.csv --text t", "latin.csv, line 3: the text is not UTF-8"),
        ("latin.txt --kind text", "latin.txt, line 2: the text is not UTF-8"),
        ("blank.txt --kind text", "blank.txt, line 2: there is no text"),
        ("empty.txt --kind text", "empty.txt: the file is empty"),
        ("spaces.txt --kind text", "spaces.txt: all lines are blank"),
        ("broken.jsonl --text t", "broken.jsonl, line 2: it is not JSON"),
        ("number.jsonl --text t", "number.jsonl, line 2, key \"t\": the value is not a text"),
        ("gap.jsonl --text t", "gap.jsonl, line 2, key \"t\": there is no text"),
        ("gap.jsonl", "which key holds the texts is not known"),
        ("gap.csv --kind text", "which column holds the texts is not known"),
        ("gap.csv --text u", "there is no column \"u\""),
        ("gap.csv --text t --resize 3x3", "--resize is for images"),
    ] {
        let said = context.refusal(&format!("spec {data} -o stat.json"));
        assert!(said.contains(message) && said.contains("hint: "), "{data}: {said}");
    }
    assert!(!context.path("stat.json").exists());
}

/// A tiny sentence transformer, made by experiments/sentence_fixture.py.
fn sentence_transformer() -> String {
    format!("{}/../../fixtures/sentence/bert", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_sentence_transformer_embeds_and_others_are_refused() {
    let context = TestContext::new();
    context.write("reviews.csv", reviews(FILMS, "moving", "dull"));
    let folder = sentence_transformer();
    let made = context.json(&format!("spec reviews.csv --text review --embedder {folder} -o stat.json"));
    assert!(made["specification"]["embedder"]["name"].as_str().unwrap().starts_with("bert"), "{made}");
    std::fs::create_dir(context.path("empty")).unwrap();
    let wrong = format!("reference={folder}");
    for (embedder, message) in [
        ("nowhere", "there is no embedder \"nowhere\""),
        ("empty", "empty is no sentence-transformer that can be read"),
        (wrong.as_str(), "not 12 of 384"),
    ] {
        let said =
            context.refusal(&format!("spec reviews.csv --text review -o no.json --embedder {embedder}"));
        assert!(said.contains(message) && said.contains("hint: "), "{said}");
    }
}

#[test]
fn learnwares_of_another_embedder_are_named_with_what_they_need() {
    let test = "learnwares_of_another_embedder_are_named_with_what_they_need";
    let Some(context) = dock(test, Some(&sentence_transformer())) else { return };
    context.write("new.csv", reviews(FOODS, "delicious", "stale"));
    let said = context.refusal("solve new.csv --text review -o out.csv");
    assert!(said.contains("2 x described by bert") && said.contains("needs --embedder FOLDER"), "{said}");
    let answer = context.run("search --spec new.csv --text review");
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stderr.contains("--embedder FOLDER with that sentence-transformer"), "{answer:?}");
    let warned = context.run("reuse --learnwares 1,2 new.csv --text review");
    assert!(warned.stderr.contains("which is not at hand"), "{warned:?}");
    let folder = sentence_transformer();
    context.json(&format!("solve new.csv --text review --embedder {folder} --anyway -o out.csv"));
    context.json(&format!(
        "reuse --learnwares 1,2 new.csv --text review --embedder {folder} --method job-selector"
    ));
}

#[test]
fn texts_are_searched_predicted_combined_and_solved() {
    let Some(context) = dock("texts_are_searched_predicted_combined_and_solved", None) else { return };
    let food = reviews(FOODS, "delicious", "stale");
    context.write("new.csv", &food);
    let found = context.json("search --spec new.csv --text review");
    assert_eq!(found["single"][0]["name"], "Food reviews", "{found}");
    assert_eq!(found["island"]["kind"], "text");

    let done = context.json("run 2 new.csv --text review");
    assert_eq!(done["predictions"][0]["prediction"], "good", "{done}");
    assert_eq!(done["predictions"][1]["prediction"], "bad");
    let refused = context.refusal("run 2 new.csv --kind table");
    assert!(refused.contains("takes texts, not tables"), "{refused}");

    // Each text goes to the learnware that knows such texts.
    let mixed = format!("{}{}", reviews(FILMS, "moving", "dull"), food.split_once('\n').unwrap().1);
    context.write("mixed.csv", &mixed);
    let right = |document: &serde_json::Value| {
        let rows = document["predictions"].as_array().unwrap();
        let good = |place: usize| if place.is_multiple_of(2) { "good" } else { "bad" };
        rows.iter().enumerate().filter(|(place, row)| row["prediction"] == good(*place)).count()
    };
    let routed = context.json("reuse --learnwares 1,2 mixed.csv --text review --method job-selector");
    assert!(right(&routed) > 115, "{routed}");
    let learned = context.json("reuse --learnwares 1,2 mixed.csv --text review --labels mood");
    assert!(right(&learned) > 110, "{learned}");
    context.json("reuse --learnwares 1,2 mixed.csv --text review --labels mood --method augment -o a.npy");

    let solved = context.json("solve mixed.csv --text review --labels mood --report report.html");
    assert_eq!((solved["kind"].as_str(), solved["rows"].as_u64()), (Some("Text"), Some(120)), "{solved}");
    assert_eq!(solved["team"].as_array().unwrap().len(), 2, "{solved}");
    let page = std::fs::read_to_string(context.path("report.html")).unwrap();
    assert!(page.contains("120 texts, classification") && !page.contains("columns, "), "{page}");
    let answer = context.run("solve mixed.csv --text review -o out.csv");
    assert!(answer.stdout.contains("TEXTS") && !answer.stdout.contains("your columns"), "{answer:?}");
    let said = context.refusal("solve mixed.csv -o out.csv --drop mood");
    assert!(said.contains("takes this table: 2 x made for texts (--text COLUMN names yours)"), "{said}");
    let said = context.refusal("run 1 mixed.csv");
    assert!(said.contains("which column holds the texts is not known"), "{said}");
}
