//! `anchors`, `measure`, `search --message`, `search --private` and `redundant` on a small dock.

use serde_json::Value;

use crate::context::{TestContext, plane_csv};

fn dock() -> TestContext {
    let context = TestContext::new();
    for (name, centre) in [("Near zero", 0.0), ("At ten", 10.0), ("At thirty", 30.0)] {
        context.submit_sum(name, [1.0, 2.0], centre);
    }
    context.write("user.csv", plane_csv(10.0, [0.0, 0.0]));
    context
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect()
}

#[test]
fn data_is_searched_with_without_showing_a_specification() {
    let context = dock();
    let anchors = context.json("anchors -o island.anchors");
    assert_eq!(anchors["schema"], "learnware.anchors/1");
    assert_eq!((&anchors["learnwares"], &anchors["island"]["dimension"]), (&3.into(), &2.into()));
    // Where the data is there is no dock.
    let measure = "measure user.csv --drop y --anchors island.anchors -o message.json";
    let measured = context.json(measure);
    assert_eq!(measured["measured"], "all 80 rows");
    let text = std::fs::read_to_string(context.path("message.json")).unwrap();
    let message: Value = serde_json::from_str(&text).unwrap();
    let coordinates = message["coordinates"].as_array().unwrap().len();
    assert_eq!(measured["numbers"], coordinates + 1);
    let answer = context.run(measure);
    assert!(answer.stdout.contains("no row, no point, no name"), "{answer:?}");

    let found = context.json("search --message message.json --limit 2");
    assert_eq!(found["schema"], "learnware.candidates/1");
    assert_eq!((&found["certified"], &found["compared"]), (&true.into(), &3.into()));
    assert_eq!((ids(&found["found"])[0], &found["found"][0]["name"]), ("00000002", &"At ten".into()));
    assert!(context.run("search --message message.json").stdout.contains("certified: the nearest"));

    let private = context.json("search --spec user.csv --drop y --private");
    assert_eq!((&private["proved"], &private["sent"]["noise"]), (&true.into(), &Value::Null));
    let open = context.json("search --spec user.csv --drop y");
    assert_eq!(ids(&private["single"]), ids(&open["single"]));
    assert_eq!(private["verdict"], open["verdict"]);
    let answer = context.run("search --spec user.csv --drop y --private");
    assert!(answer.stdout.contains("What left your side") && answer.stdout.contains("proved"), "{answer:?}");
    // A specification is measured to the distances of an ordinary search.
    context.json("spec user.csv --drop y -o stat.json");
    let (private, open) =
        (context.json("search --spec stat.json --private"), context.json("search --spec stat.json"));
    let distances = |answer: &Value| -> Vec<Value> {
        answer["single"].as_array().unwrap().iter().map(|entry| entry["distance"].clone()).collect()
    };
    assert_eq!(distances(&private), distances(&open));
}

#[test]
fn noise_is_told_and_what_it_cannot_protect_is_refused() {
    let context = dock();
    context.json("anchors --island 2 -o island.anchors");
    let noisy = context.json("search --spec user.csv --drop y --private --epsilon 2");
    assert_eq!(
        (&noisy["sent"]["noise"]["epsilon"], &noisy["certified_by_dock"]),
        (&2.0.into(), &false.into())
    );
    assert_eq!(ids(&noisy["single"])[0], "00000002", "all three were given and compared exactly");
    let measured =
        context.json("measure user.csv --drop y --anchors island.anchors --epsilon 1 --delta 1e-5 -o m.json");
    assert!(measured["noise"]["deviation"].as_f64().unwrap() > 0.0);
    let answer = context.run("search --message m.json");
    assert!(answer.stdout.contains("not certified: the message has noise"), "{answer:?}");
    context.json("spec user.csv --drop y -o stat.json");
    let refused = |arguments: &str| context.refusal(arguments);
    assert!(refused("measure stat.json --anchors island.anchors --epsilon 1 -o m.json").contains("has none"));
    context.write("holes.csv", "a,b\n1,2\n,3\n4,5\n2,2\n");
    let holes = refused("measure holes.csv --anchors island.anchors --epsilon 1 -o m.json");
    assert!(holes.contains("absent values"), "{holes}");
    assert!(refused("search --spec user.csv --drop y --epsilon 1").contains("add --private"));
}

#[test]
fn old_anchors_other_data_and_damaged_files_are_refused_with_advice() {
    let context = dock();
    context.json("anchors -o island.anchors");
    context.json("measure user.csv --drop y --anchors island.anchors -o message.json");
    context.submit_sum("At fifty", [1.0, 2.0], 50.0);
    let stale = context.refusal("search --message message.json");
    assert!(stale.contains("get the anchors again"), "{stale}");
    context.write("wide.csv", "a,b,c\n1,2,3\n2,3,4\n5,6,1\n7,7,2\n");
    let wide = context.refusal("measure wide.csv --anchors island.anchors -o message.json");
    assert!(wide.contains("tables of 2 inputs") && wide.contains("tables of 3 inputs"), "{wide}");
    assert!(context.refusal("anchors --island 7 -o x").contains("hint: name one with --island: tables of 2"));
    context.write("bad.anchors", "nonsense\n");
    let bad = context.refusal("measure user.csv --drop y --anchors bad.anchors -o m.json");
    assert!(bad.contains("hint: get the anchors again"), "{bad}");
    context.write("bad.json", "{\"coordinates\": [null]}");
    assert!(context.refusal("search --message bad.json").contains("hint: get the anchors again"));
}

#[test]
fn what_others_do_already_is_reported_and_listed() {
    let context = dock();
    let none = context.json("redundant");
    assert_eq!((&none["looked_at"], &none["redundant"]), (&3.into(), &0.into()));
    // The same data and another model.
    context.linear_model("model.onnx", &[&[5.0, 2.0]]);
    context.write("train.csv", plane_csv(10.0, [1.0, 2.0]));
    context.json("pack model.onnx --data train.csv --labels y --name Again --license mit -o again.zip");
    let before = context.json("check again.zip --dock dock");
    assert_eq!(
        (&before["others"]["redundant"], &before["others"]["equal"][0]),
        (&true.into(), &"00000002".into())
    );
    let answer = context.run("submit again.zip");
    assert!(answer.stdout.contains("already served by 00000002 (100 %, equal specification)"), "{answer:?}");
    assert!(answer.stdout.contains("accepted all the same"), "{answer:?}");
    let listed = context.json("redundant");
    assert_eq!(ids(&listed["learnwares"]), ["00000002", "00000004"]);
    assert_eq!(context.json("redundant --limit 1")["learnwares"].as_array().unwrap().len(), 1);
    let answer = context.run("redundant");
    assert!(answer.stdout.contains("Nothing is deleted"), "{answer:?}");
    assert_eq!(context.json("check 00000001")["others"]["redundant"], false);
}
