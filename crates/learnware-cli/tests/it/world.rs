//! Learnwares of other columns: found by the map between islands, and aligned.

use std::fmt::Write as _;

use crate::context::TestContext;
use crate::server::{Server, administrator};

/// Homes around a mean area: area, rooms, age, and what they cost.
fn homes(names: [&str; 4], mean: f64, rows: u32) -> String {
    let mut text = names.join(",") + "\n";
    for row in 0..rows {
        let row = f64::from(row);
        let area = mean + 40.0 * (row * 0.7).sin() + 10.0 * (row * 1.3).cos();
        let rooms = (area / 25.0).round() + f64::from(row as u32 % 2);
        let age = 30.0 + 25.0 * (row * 2.1).sin();
        writeln!(text, "{area:.2},{rooms},{age:.1},{:.2}", 3.0 * area + 10.0 * rooms - 1.5 * age).unwrap();
    }
    text
}

/// Days: temperature, humidity, wind, and how much power was used.
fn days(mean: f64) -> String {
    let mut text = String::from("temperature_celsius,humidity_percent,wind_speed,power\n");
    for row in 0..80 {
        let row = f64::from(row);
        let (warm, wet, wind) =
            (mean + 8.0 * row.sin(), 60.0 + 20.0 * (row * 0.3).cos(), 3.0 + (row * 0.9).sin());
        writeln!(text, "{warm:.2},{wet:.1},{wind:.2},{:.2}", 50.0 - warm + 0.1 * wet + wind).unwrap();
    }
    text
}

fn submit(context: &TestContext, name: &str, data: &str, labels: &str, factors: &[f64]) -> String {
    context.linear_model("model.onnx", &[factors]);
    context.write("train.csv", data);
    let pack = ["pack", "model.onnx", "--data", "train.csv", "--labels", labels, "-o", "model.zip"];
    let words = ["--name", name, "--description", "A model for tests.", "--license", "mit"];
    let packed = context.run_with(&[&pack[..], &words[..]].concat());
    assert_eq!(packed.code, 0, "{packed:?}");
    context.json("submit model.zip")["id"].as_str().unwrap().to_owned()
}

/// Three learnwares of homes and three of days.
fn market(context: &TestContext) -> Vec<String> {
    let mut homes_ids = Vec::new();
    for mean in [80.0, 110.0, 140.0] {
        let data = homes(["area_sqm", "number_of_rooms", "building_age_years", "price"], mean, 80);
        homes_ids.push(submit(context, &format!("Homes {mean}"), &data, "price", &[3.0, 10.0, -1.5]));
        submit(context, &format!("Days {mean}"), &days(mean / 10.0), "power", &[-1.0, 0.1, 1.0]);
    }
    homes_ids
}

/// Mean error of predictions of the price, and how much prices differ.
fn errors(predictions: &serde_json::Value, truth: &str) -> (f64, f64) {
    let truth: Vec<f64> =
        truth.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect();
    let found = predictions.as_array().unwrap().iter().map(|row| row["prediction"].as_f64().unwrap());
    let count = truth.len() as f64;
    let mean = truth.iter().sum::<f64>() / count;
    let error = found.zip(&truth).map(|(found, truth)| (found - truth).abs()).sum::<f64>() / count;
    (error, truth.iter().map(|truth| (truth - mean).abs()).sum::<f64>() / count)
}

#[test]
fn tables_of_other_columns_are_found_matched_and_predicted_in_two_languages() {
    let context = TestContext::new();
    let ids = market(&context);
    let early = context.run("search --world --spec train.csv --drop power");
    assert!(early.code == 2 && early.stderr.contains("learnware evolve"), "{early:?}");
    let evolved = context.json("evolve");
    assert_eq!((&evolved["state"], &evolved["report"]["world"]["is_new"]), (&"active".into(), &true.into()));
    for names in [["room count", "age of the building", "living area"], ["房间数", "房龄", "面积"]] {
        // The same homes under other names, in another order, and a column that nobody has.
        let truth = homes(["a", "r", "y", "price"], 100.0, 60);
        let mut text = format!("{},{},{},lucky_number\n", names[0], names[1], names[2]);
        for (row, line) in truth.lines().skip(1).enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            writeln!(text, "{},{},{},{}", cells[1], cells[2], cells[0], row * 7 % 13).unwrap();
        }
        context.write("mine.csv", &text);
        let found = context.json("search --world --spec mine.csv");
        let first = found["single"][0]["id"].as_str().unwrap().to_owned();
        assert!(ids.contains(&first), "{names:?} {found}");
        let pairs = found["world"]["columns"][0]["matching"]["pairs"].as_array().unwrap();
        let mut matched: Vec<(u64, u64)> = pairs
            .iter()
            .map(|pair| (pair["user"].as_u64().unwrap(), pair["other"].as_u64().unwrap()))
            .collect();
        matched.sort_unstable();
        assert_eq!(matched, [(0, 1), (1, 2), (2, 0)], "{names:?} {found}");
        let done = context.json(&format!("run {first} mine.csv --align"));
        let (error, spread) = errors(&done["predictions"], &truth);
        assert!(error < 0.4 * spread, "{names:?}: {error} of {spread}");
        assert_eq!(done["columns"]["not_found"].as_array().unwrap().len(), 0, "{done}");
        let both = context
            .json(&format!("reuse --learnwares {},{} mine.csv --align --method average", ids[0], ids[1]));
        let (error, spread) = errors(&both["predictions"], &truth);
        assert!(error < 0.6 * spread && both["columns"][1]["learnware"] == *ids[1], "{error} of {spread}");
    }
    let shown = context.run("search --world --spec mine.csv");
    assert!(shown.stdout.contains("area_sqm <- 面积") && shown.stderr.contains("--align"), "{shown:?}");
    // Without the flag nothing of another width is found.
    let island = context.run("search --spec mine.csv");
    assert_eq!(island.code, 1, "{island:?}");
}

#[test]
fn a_server_searches_the_world_when_it_is_asked() {
    let context = TestContext::new();
    let ids = market(&context);
    context.json("evolve");
    let server = Server::start(&context);
    administrator(&server);
    context.write("mine.csv", homes(["floor area", "rooms", "age", "price"], 100.0, 60));
    let found = context.json(&format!("search --world --spec mine.csv --drop price --dock {}", server.url()));
    assert!(ids.iter().any(|id| found["single"][0]["id"] == **id), "{found}");
    assert_eq!(found["world"]["placed"], 6);
    context.json("spec mine.csv --drop price --bare -o bare.json");
    let refused = context.refusal(&format!("search --world --spec bare.json --dock {}", server.url()));
    assert!(refused.contains("described"), "{refused}");
}

#[test]
fn labels_of_other_names_and_scales_are_translated() {
    let context = TestContext::new();
    // Three classes by the sum of two columns; the user calls them otherwise, and has two.
    context.linear_model("model.onnx", &[&[-2.0, -2.0], &[0.0, 0.0], &[2.0, 2.0]]);
    let mut train = String::from("a,b,level\n");
    let mut mine = String::from("a,b,verdict\n");
    let mut dear = String::from("a,b,y\n");
    for row in 0..90 {
        let row = f64::from(row);
        let (a, b) = (2.0 * (row * 0.7).sin(), 2.0 * (row * 1.9).cos());
        let sum = a + b;
        let level = if sum < -0.5 {
            "low"
        } else if sum > 0.5 {
            "high"
        } else {
            "middle"
        };
        writeln!(train, "{a:.3},{b:.3},{level}").unwrap();
        writeln!(mine, "{a:.3},{b:.3},{}", if sum > 0.5 { "gut" } else { "schlecht" }).unwrap();
        writeln!(dear, "{a:.3},{b:.3},{:.3}", 100.0 * sum + 7.0).unwrap();
    }
    for (name, text) in [("train.csv", &train), ("mine.csv", &mine), ("dear.csv", &dear)] {
        context.write(name, text);
    }
    let pack = "pack model.onnx --data train.csv --labels level --task classification --license mit --name Levels \
                --description Levels_of_two_columns -o model.zip";
    context.json(pack);
    context.json("submit model.zip");
    let refused = context.refusal("reuse --learnwares 1 mine.csv --labels verdict --method top-one");
    assert!(refused.contains("are not the classes of learnware"), "{refused}");
    let done = context.json("reuse --learnwares 1 mine.csv --labels verdict --translate --method top-one");
    let found = done["predictions"].as_array().unwrap();
    let truth = mine.lines().skip(1).map(|line| line.rsplit(',').next().unwrap());
    let right = found.iter().zip(truth).filter(|(found, truth)| found["prediction"] == **truth).count();
    assert!(right > 75, "{right} of 90");
    assert_eq!(done["classes"], serde_json::json!(["gut", "schlecht"]));

    context.submit_sum("Sums of two", [1.0, 1.0], 0.0);
    let done = context.json("reuse --learnwares 2 dear.csv --labels y --translate --method top-one");
    let (error, spread) = errors(&done["predictions"], &dear);
    assert!(error < 0.2 * spread, "{error} of {spread}");
    let stacked = context.json("reuse --learnwares 2,2 dear.csv --labels y --translate --method stack");
    let (error, spread) = errors(&stacked["predictions"], &dear);
    assert!(error < 0.2 * spread, "{error} of {spread}");
}
