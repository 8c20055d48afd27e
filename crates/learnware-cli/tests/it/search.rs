//! `learnware search` with data: reasons, the page, and what labels say.

use serde_json::Value;

use crate::context::{TestContext, plane_csv};

/// A dock of ten learnwares for digits, and a task with 40 labels.
fn digits() -> TestContext {
    let context = TestContext::new();
    context.json("quickstart --dir try");
    context
}

fn list<'a>(answer: &'a Value, pointer: &str) -> &'a [Value] {
    answer.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("{pointer} in {answer}"))
}

#[test]
fn the_answer_gives_its_reasons_as_text_document_and_page() {
    let context = digits();
    let search = "search --spec try/task.csv --drop digit --dock try/dock --explain --report page.html";
    let answer = context.json(search);
    let percentiles: Vec<f64> =
        list(&answer, "/single").iter().map(|single| single["percentile"].as_f64().unwrap()).collect();
    assert!(percentiles.is_sorted_by(|a, b| a >= b), "{percentiles:?}");
    assert!(percentiles.iter().all(|share| (0.0..=1.0).contains(share)), "{percentiles:?}");
    assert!(answer["multiple"]["percentile"].as_f64().unwrap() >= percentiles[0], "{answer}");

    let stages = list(&answer, "/explanation/stages");
    let names: Vec<&str> = stages.iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    assert_eq!(names, ["dock", "compared", "exact_distances", "proved"]);
    assert!(stages.iter().all(|stage| stage["count"] == 10), "{stages:?}");
    let used = list(&answer, "/multiple/members").len();
    let left_out = list(&answer, "/explanation/left_out");
    assert_eq!(left_out.len(), 10 - used);
    assert!(left_out.iter().all(|entry| entry["words"].is_string() && entry["name"].is_string()), "{answer}");
    assert_eq!(answer["explanation"]["fits_from"], 0.9);
    assert_eq!(answer["explanation"]["background"]["pairs"], 45);
    assert!(context.json("search --spec try/task.csv --drop digit --dock try/dock")["explanation"].is_null());

    let text = context.run(search).stdout;
    for told in [
        "PERCENTILE",
        "10  in the dock",
        "10  proved to be the nearest",
        "All that were compared are listed.",
        "no combination of any of them, however many, is nearer",
        "Of 45 random pairs of learnwares",
        "Near your data, but not used",
        "Report: page.html",
    ] {
        assert!(text.contains(told), "{told:?} is missing in {text}");
    }
    let page = std::fs::read_to_string(context.path("page.html")).unwrap();
    for part in
        ["<svg", "Percentile", "A combination is nearer", "How the answer was found", "Near your data"]
    {
        assert!(page.contains(part), "{part:?} is missing");
    }
    let loads = ["<script", "<link", "http:", "https:", "url(", "src="];
    assert!(loads.iter().all(|what| !page.contains(what)), "the page loads nothing");
}

#[test]
fn stages_name_who_is_left_out_and_names_are_inert_on_the_page() {
    let context = TestContext::new();
    context.submit_sum("Sums <img src=x onerror=alert(1)>", [1.0, 2.0], 0.0);
    for place in 1..4 {
        context.submit_sum(&format!("Sums {place}"), [1.0 + f64::from(place), 2.0], 20.0 * f64::from(place));
    }
    context.linear_model("model.onnx", &[&[1.0, 1.0, 1.0]]);
    context.write("train.csv", three_columns());
    context.json("pack model.onnx --data train.csv --labels y --task regression --name Broad-sums --license mit -o wide.zip");
    context.json("submit wide.zip");
    context.write("user.csv", plane_csv(0.0, [1.0, 2.0]));
    let search =
        "search --spec user.csv --drop y --exclude 00000003 --license mit --explain --report page.html";
    let answer = context.json(search);
    let count = |stage: &str| {
        let stages = list(&answer, "/explanation/stages");
        stages.iter().find(|entry| entry["stage"] == stage).map(|entry| entry["count"].clone())
    };
    assert_eq!(count("dock"), Some(5.into()));
    assert_eq!(count("excluded"), Some(1.into()));
    assert_eq!(count("words"), None);
    assert_eq!(count("other_island"), Some(1.into()));
    assert_eq!(count("compared"), Some(3.into()));
    assert!(answer["single"][0]["percentile"].is_null(), "six pairs are too few");
    let page = std::fs::read_to_string(context.path("page.html")).unwrap();
    assert!(page.contains("Sums &lt;img src=x onerror=alert(1)&gt;") && !page.contains("<img"), "{page}");

    let by_words = context.json("search Broad --explain");
    assert_eq!(list(&by_words, "/explanation/stages").len(), 2, "{by_words}");
    assert!(context.run("search Broad --explain").stdout.contains("-4  do not match your words or filters"));
    assert_eq!(context.run("search Broad --report page.html").code, 2, "a report needs data");
}

fn three_columns() -> String {
    let rows =
        (0..40).map(|row| format!("{},{},{},{}\n", row % 7, row % 5, row % 3, row % 7 + row % 5 + row % 3));
    String::from("p,q,r,y\n") + &rows.collect::<String>()
}

#[test]
fn own_mistakes_on_labels_decide_where_learnwares_predict_what_they_mean() {
    let context = digits();
    let search = "search --spec try/task.csv --labels digit --dock try/dock --explain --report page.html";
    let answer = context.json(search);
    let ranked = list(&answer, "/by_labels/ranked");
    assert_eq!((ranked.len(), &answer["by_labels"]["rows"]), (10, &40.into()));
    assert!(
        ranked.iter().all(|one| one["measure"] == "held_out" && one["kind"] == "error_share"),
        "{answer}"
    );
    let losses: Vec<f64> = ranked.iter().map(|one| one["loss"].as_f64().unwrap()).collect();
    assert!(losses.is_sorted() && losses[0] < 0.7 && losses[0] < ranked[0]["guessing"].as_f64().unwrap());
    let places: Vec<u64> = ranked.iter().map(|one| one["nearest"].as_u64().unwrap()).collect();
    assert!(!places.is_sorted(), "labels know better than distances here");
    let text = context.run(search).stdout;
    assert!(text.contains("What your labels say (40 rows with \"digit\")"), "{text}");
    assert!(text.contains("% wrong ±") && text.contains("guessing: "), "{text}");
    let page = std::fs::read_to_string(context.path("page.html")).unwrap();
    assert!(page.contains("What your labels say (40 rows with &quot;digit&quot;)"));
}

#[test]
fn quantities_words_and_learnwares_that_can_not_run_each_have_their_place() {
    let context = TestContext::new();
    context.submit_sum("Wrong sums", [-1.0, 5.0], 0.0);
    context.submit_sum("Right sums", [1.0, 2.0], 1.0);
    context.linear_model("model.onnx", &[&[1.0, 2.0]]);
    context.write("train.csv", plane_csv(0.0, [1.0, 2.0]).replacen("a,b,y", "length,width,y", 1));
    context.json("pack model.onnx --data train.csv --labels y --name Others --license mit -o others.zip");
    context.json("submit others.zip");
    context.write("user.csv", plane_csv(0.0, [1.0, 2.0]));

    let answer = context.run("search --spec user.csv --labels y --json").json();
    let ranked = list(&answer, "/by_labels/ranked");
    let ids: Vec<&str> = ranked.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["00000002", "00000001", "00000003"], "{answer}");
    assert_eq!((&ranked[0]["measure"], &ranked[0]["kind"]), (&"held_out".into(), &"rmse".into()));
    assert!(ranked[0]["loss"].as_f64().unwrap() < 1e-4 && ranked[1]["loss"].as_f64().unwrap() > 0.5);
    assert_eq!(ranked[2]["measure"], "failed");
    assert!(ranked[2]["error"].as_str().unwrap().contains("length"), "{answer}");

    // Words are no sums: what the sums tell about them counts.
    let mut words = String::from("a,b,y\n");
    for (row, line) in plane_csv(0.0, [1.0, 2.0]).lines().skip(1).enumerate() {
        let (inputs, sum) = line.rsplit_once(',').unwrap();
        let label = if row % 2 == 1 {
            ""
        } else if sum.parse::<f64>().unwrap() > 0.0 {
            "high"
        } else {
            "low"
        };
        words += &format!("{inputs},{label}\n");
    }
    context.write("words.csv", words);
    let answer = context.run("search --spec words.csv --labels y --json").json();
    let ranked = list(&answer, "/by_labels/ranked");
    assert_eq!(answer["by_labels"]["rows"], 40, "rows without a label are only data");
    assert_eq!(ranked[0]["id"], "00000002", "{answer}");
    assert!(ranked[..2].iter().all(|one| one["measure"] == "log_me"), "{answer}");
    assert!(ranked[0]["evidence"].as_f64() > ranked[1]["evidence"].as_f64(), "{answer}");
    assert!(
        ranked[0]["because"].as_str().unwrap().contains("labels of a regression are numbers"),
        "{answer}"
    );
    let text = context.run("search --spec words.csv --labels y").stdout;
    assert!(text.contains("LogME") && text.contains("could not run"), "{text}");
}

#[test]
fn labels_that_tell_nothing_are_refused_with_advice() {
    let context = TestContext::new();
    context.submit_sum("Near sums", [1.0, 2.0], 0.0);
    let rows = |label: &str| {
        let plane = plane_csv(0.0, [1.0, 2.0]);
        let lines =
            plane.lines().skip(1).map(|line| format!("{},{label}\n", line.rsplit_once(',').unwrap().0));
        String::from("a,b,y\n") + &lines.collect::<String>()
    };
    context.write("none.csv", rows(""));
    context.write("same.csv", rows("7"));
    context.write("user.csv", plane_csv(0.0, [1.0, 2.0]));
    context.json("spec user.csv --labels y -o stat.json");
    for (arguments, message) in [
        ("search --spec user.csv --labels z", "there is no column \"z\""),
        ("search --spec none.csv --labels y", "column \"y\" has no label in any row"),
        ("search --spec same.csv --labels y", "all labels in column \"y\" are the same"),
        ("search --spec stat.json --labels y", "--labels needs your data, but stat.json is a specification"),
    ] {
        let said = context.refusal(arguments);
        assert!(said.contains(message) && said.contains("hint: "), "{said}");
    }
}
