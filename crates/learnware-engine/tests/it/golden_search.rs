//! Numbers of the reference for search by words, scores, single results and mixtures.

use learnware_engine::learnware::{Learnware, LearnwareId, ModelFormat, Specification};
use learnware_engine::market::searcher::{score, semantic};
use learnware_engine::market::{KernelChoice, Market, MixtureMethod, SearchOptions, SemanticMode};
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::{StatisticalSpecification, reference_distance};
use learnware_engine::user_info::UserInfo;
use serde_json::Value;

use crate::golden::{self, vector};

#[test]
fn scores_equal_the_references() {
    let Some(golden) = golden::read("dist_to_score.json") else { return };
    for case in golden.as_array().unwrap() {
        let scores = score::from_distances(&vector(&case["dist"]));
        for (ours, theirs) in scores.iter().zip(vector(&case["score"])) {
            assert!((ours - theirs).abs() < 1e-12, "{case}");
        }
    }
}

#[test]
fn partial_ratios_equal_rapidfuzz() {
    let Some(golden) = golden::read("semantic_search.json") else { return };
    for pair in golden["partial_ratio"].as_array().unwrap() {
        let ratio = semantic::partial_ratio(pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        assert!((ratio - pair[2].as_f64().unwrap()).abs() < 1e-6, "{pair}: {ratio}");
    }
}

#[test]
fn search_by_words_finds_what_the_reference_finds() {
    let Some(golden) = golden::read("semantic_search.json") else { return };
    let items: Vec<(LearnwareId, SemanticSpecification)> = golden["items"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(i, item)| (LearnwareId(format!("{i:08}")), SemanticSpecification::from_json(item).unwrap()))
        .collect();
    for query in golden["queries"].as_array().unwrap() {
        let words = SemanticSpecification::from_json(&query["semantic"]).unwrap();
        // The reference does not take blanks off: it finds nothing for "  " and less for "sales ".
        if words.name != words.name.trim() {
            continue;
        }
        for (mode, key) in [(SemanticMode::Fuzzy, "fuzz"), (SemanticMode::Exact, "exact")] {
            let found = semantic::search(items.iter().map(|(id, words)| (id, words)), &words, mode);
            let found: Vec<&str> = found.iter().map(|id| id.0.as_str()).collect();
            let wanted: Vec<&str> =
                query[key].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            assert_eq!(found, wanted, "{key} of {}", query["query"]);
        }
    }
}

fn market(golden: &Value) -> Market {
    Market::from_learnwares(golden["learnwares"].as_array().unwrap().iter().map(|item| Learnware {
        id: LearnwareId(item["id"].as_str().unwrap().to_owned()),
        specification: Specification {
            semantic: SemanticSpecification::default(),
            statistical: vec![StatisticalSpecification::Table(golden::specification(item))],
        },
        format: ModelFormat::Onnx,
    }))
}

#[test]
fn statistical_search_finds_what_the_reference_finds() {
    let Some(golden) = golden::read("stat_search.json") else { return };
    for case in golden["markets"].as_array().unwrap() {
        let market = market(case);
        for user in case["users"].as_array().unwrap() {
            let table = golden::specification(user);
            for pair in user["sorted_dist"].as_array().unwrap() {
                let id = LearnwareId(pair[0].as_str().unwrap().to_owned());
                let learnware = market.organizer().get(&id).unwrap();
                let other = learnware.specification.statistical[0].rkme();
                assert!((reference_distance(other, &table) - pair[1].as_f64().unwrap()).abs() < 1e-9);
            }
            let info = UserInfo {
                semantic: SemanticSpecification::default(),
                statistical: vec![StatisticalSpecification::Table(table)],
            };
            for (method, name) in [(MixtureMethod::Greedy, "greedy"), (MixtureMethod::Auto, "auto")] {
                for max_learnwares in [5, 3] {
                    let options = SearchOptions {
                        max_learnwares,
                        mixture: method,
                        kernel: KernelChoice::Reference,
                        ..SearchOptions::default()
                    };
                    let results = market.search(&info, &options).unwrap();
                    let wanted = &user["res"][format!("{name}_{max_learnwares}")];
                    check_search(&results, wanted, &format!("n {} {name} {max_learnwares}", case["n"]));
                }
            }
        }
    }
}

fn check_search(results: &learnware_engine::market::SearchResults, wanted: &Value, label: &str) {
    if let Some(error) = wanted.get("error") {
        // The reference fails for lone learnwares; ours must just answer.
        assert!(!results.single.is_empty(), "{label}: {error}");
        return;
    }
    let singles = wanted["single"].as_array().unwrap();
    let ids: Vec<&str> = results.single.iter().map(|single| single.id.0.as_str()).collect();
    let wanted_ids: Vec<&str> = singles.iter().map(|single| single[0].as_str().unwrap()).collect();
    assert_eq!(ids, wanted_ids, "{label}: single results");
    for (ours, theirs) in results.single.iter().zip(singles) {
        assert!((ours.score.unwrap() - theirs[1].as_f64().unwrap()).abs() < 1e-6, "{label}: score");
    }
    match (&results.multiple, wanted["multiple"].as_array()) {
        (None, None) => {}
        (Some(ours), Some(theirs)) => {
            let ids: Vec<&str> = ours.members.iter().map(|member| member.id.0.as_str()).collect();
            let wanted_ids: Vec<&str> =
                theirs[0].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            assert_eq!(ids, wanted_ids, "{label}: mixture");
            assert!(
                (ours.score.unwrap() - theirs[1].as_f64().unwrap()).abs() < 1e-6,
                "{label}: mixture score"
            );
            let raw = &wanted["raw_mixture"];
            assert!(
                (ours.distance - raw["dist"].as_f64().unwrap()).abs() < 1e-8,
                "{label}: mixture distance"
            );
            for (member, weight) in ours.members.iter().zip(vector(&raw["weights"])) {
                assert!((member.weight - weight).abs() < 1e-5, "{label}: weight {} {weight}", member.weight);
            }
        }
        (ours, theirs) => panic!("{label}: mixture {ours:?}, wanted {theirs:?}"),
    }
}
