//! Trees put together, by hand, and what is refused.

use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::predictor::Batch;

use crate::native::{NativeError, load, merge};

const LIGHTGBM: &str = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n\
objective=regression\nfeature_names=a b\nfeature_infos=[0:1] 1:2\ntree_sizes=1 1\n\n\
Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nthreshold=0.5 0\ndecision_type=10 1\nleft_child=-1 -2\n\
right_child=1 -3\nleaf_value=1 2 3\ncat_boundaries=0 1\ncat_threshold=5\nshrinkage=1\n\n\n\
Tree=1\nnum_leaves=1\nleaf_value=0.5\nshrinkage=1\n\n\nend of trees\n\nfeature_importances:\nb=1\na=1\n\n\
parameters:\n[boosting: gbdt]\nend of parameters\n\npandas_categorical:null\n";

const XGBOOST: &str = r#"{"learner":{"attributes":{"best_iteration":"0"},"feature_names":["a"],
"gradient_booster":{"name":"gbtree","model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},
"cats":{"enc":[]},"iteration_indptr":[0,1],"tree_info":[0],"trees":[{"id":0,"base_weights":[0,10,20],
"tree_param":{"size_leaf_vector":"1"},"left_children":[1,-1,-1],"right_children":[2,-1,-1],
"split_indices":[0,0,0],"split_conditions":[0.5,10.0,20.0],"default_left":[0,0,0]}]}},
"learner_model_param":{"base_score":"[1E0]","num_class":"0","num_feature":"1","num_target":"1"},
"objective":{"name":"reg:squarederror"}},"version":[3,2,0]}"#;

fn ask(format: ModelFormat, bytes: &[u8], rows: &[&[f64]]) -> Vec<f64> {
    let mut model = load(format, bytes).unwrap();
    model.predict(&Batch::Table(Matrix::from_rows(rows).unwrap())).unwrap().values.into_vec()
}

/// Answers of the merged model, and the mean of the members' answers.
fn both(format: ModelFormat, texts: [&str; 2], share: f64, rows: &[&[f64]]) -> (Vec<f64>, Vec<f64>) {
    let merged = merge(format, &texts.map(str::as_bytes), &[share, 1.0 - share]).unwrap();
    let [a, b] = texts.map(|text| ask(format, text.as_bytes(), rows));
    (ask(format, &merged, rows), a.iter().zip(&b).map(|(a, b)| share * a + (1.0 - share) * b).collect())
}

fn require_near((found, wanted): (Vec<f64>, Vec<f64>), tolerance: f64) {
    for (found, wanted) in found.iter().zip(&wanted) {
        assert!((found - wanted).abs() <= tolerance, "{found} {wanted}");
    }
}

fn refusal(format: ModelFormat, texts: [&str; 2]) -> String {
    match merge(format, &texts.map(str::as_bytes), &[0.5, 0.5]) {
        Ok(_) => "accepted".into(),
        Err(error) => error.to_string(),
    }
}

const ROWS: [&[f64]; 4] = [&[0.5, 9.0], &[f64::NAN, 9.0], &[0.6, 2.0], &[0.6, 1.0]];

#[test]
fn lightgbm_scores_are_the_mean_of_scores() {
    let other = LIGHTGBM
        .replace("leaf_value=1 2 3", "leaf_value=-7 0.25 1e-9")
        .replace("threshold=0.5", "threshold=0.55");
    require_near(both(ModelFormat::LightGbm, [LIGHTGBM, &other], 0.7, &ROWS), 1e-12);
    let (itself, before) = both(ModelFormat::LightGbm, [LIGHTGBM; 2], 0.5, &ROWS);
    assert_eq!(itself, before);
}

#[test]
fn lightgbm_blanks_and_empty_forests_change_nothing() {
    let classes = LIGHTGBM.replace("objective=regression", "objective=binary sigmoid:1");
    let blank = classes.replace("sigmoid:1", "sigmoid:1 ");
    let merged = merge(ModelFormat::LightGbm, &[classes.as_bytes(), blank.as_bytes()], &[0.5, 0.5]).unwrap();
    let of = |bytes: &[u8]| ask(ModelFormat::LightGbm, bytes, &ROWS);
    assert_eq!(of(&merged), of(classes.as_bytes()), "the objective stays");
    let forest = LIGHTGBM.replace("tree_sizes=", "average_output\ntree_sizes=");
    let (start, end) = (forest.find("Tree=0").unwrap(), forest.find("end of trees").unwrap());
    let empty = format!("{}{}", &forest[..start], &forest[end..]);
    let written = forest.replace("average_output\n", "average_output=1\n");
    for other in [empty, written] {
        if load(ModelFormat::LightGbm, other.as_bytes()).is_ok() {
            require_near(both(ModelFormat::LightGbm, [&forest, &other], 0.25, &ROWS), 1e-12);
        }
    }
}

#[test]
fn lightgbm_sizes_numbers_and_sections_are_right() {
    let other = LIGHTGBM
        .replace("feature_infos=[0:1] 1:2", "feature_infos=[-3:0.5] 2:4")
        .replace("a b", "Column_0 Column_1");
    let merged = merge(ModelFormat::LightGbm, &[other.as_bytes(), LIGHTGBM.as_bytes()], &[0.5, 0.5]).unwrap();
    let text = String::from_utf8(merged).unwrap();
    assert!(
        text.contains("\nfeature_names=a b\n") && text.contains("\nfeature_infos=[-3:1] 2:4:1\n"),
        "{text}"
    );
    assert!(text.contains("\nTree=3\n") && text.contains("\na=2\nb=2\n"), "{text}");
    assert!(text.contains("[boosting: gbdt]") && text.ends_with("\npandas_categorical:null\n"), "{text}");
    let sizes = text.lines().find_map(|line| line.strip_prefix("tree_sizes=")).unwrap();
    let mut place = text.find("Tree=0\n").unwrap();
    for (number, size) in sizes.split(' ').enumerate() {
        assert!(text[place..].starts_with(&format!("Tree={number}\n")), "{sizes}");
        place += size.parse::<usize>().unwrap();
    }
    assert!(text[place..].starts_with("end of trees\n"));
}

#[test]
fn lightgbm_forests_divide_by_their_rounds() {
    let forest = LIGHTGBM.replace("tree_sizes=", "average_output\ntree_sizes=");
    let small = forest.replace("tree_sizes=1 1", "tree_sizes=1");
    let (start, end) = (small.find("Tree=1").unwrap(), small.find("end of trees").unwrap());
    let small = format!("{}{}", &small[..start], &small[end..]);
    require_near(both(ModelFormat::LightGbm, [&forest, &small], 0.25, &ROWS), 1e-12);
    require_near(both(ModelFormat::LightGbm, [&forest, LIGHTGBM], 0.25, &ROWS), 1e-12);
    let (itself, before) = both(ModelFormat::LightGbm, [&forest; 2], 0.5, &ROWS);
    assert_eq!(itself, before);
}

#[test]
fn lightgbm_models_that_differ_are_refused() {
    for (from, to, why) in [
        ("objective=regression", "objective=poisson", "objective differ: regression in the first, poisson"),
        ("max_feature_idx=1", "max_feature_idx=2", "inputs differ: [2] in the first, [3] in model 2"),
        ("feature_names=a b", "feature_names=a c", "names of the columns differ: a b in the first, a c"),
        ("pandas_categorical:null", "pandas_categorical:[[1]]", "categories of pandas"),
        ("feature_infos=[0:1] 1:2", "feature_infos=1:2 1:2", "kinds of column 0"),
        ("leaf_value=1 2 3", "leaf_value=1 2 inf", "not finite"),
        ("end of trees", "", "cut off"),
    ] {
        let said = refusal(ModelFormat::LightGbm, [LIGHTGBM, &LIGHTGBM.replace(from, to)]);
        assert!(said.contains(why), "{to}: {said}");
    }
}

#[test]
fn xgboost_margins_are_the_mean_of_margins() {
    let rows: [&[f64]; 3] = [&[0.1], &[0.7], &[f64::NAN]];
    let other =
        XGBOOST.replace("0.5,10.0,20.0", "0.25,-3.0,0.7").replace("1E0", "4E0").replace("[3,2,0]", "[2,0,0]");
    require_near(both(ModelFormat::XgBoost, [XGBOOST, &other], 0.3, &rows), 1e-5);
    let (itself, before) = both(ModelFormat::XgBoost, [XGBOOST; 2], 0.5, &rows);
    assert_eq!(itself, before);
    let merged = merge(ModelFormat::XgBoost, &[other.as_bytes(), XGBOOST.as_bytes()], &[0.5, 0.5]).unwrap();
    let file: serde_json::Value = serde_json::from_slice(&merged).unwrap();
    let booster = &file["learner"]["gradient_booster"]["model"];
    assert_eq!(booster["iteration_indptr"], serde_json::json!([0, 1, 2]));
    assert_eq!(booster["gbtree_model_param"]["num_trees"], "2");
    assert_eq!((&booster["trees"][1]["id"], &file["version"][0]), (&1.into(), &3.into()));
    assert!(file["learner"]["attributes"]["best_iteration"].is_null(), "all rounds are used");
    assert_eq!(file["learner"]["learner_model_param"]["base_score"], "[2.5E0]");
}

#[test]
fn xgboost_base_scores_are_averaged_as_margins() {
    let logistic = |base: &str| XGBOOST.replace("reg:squarederror", "reg:logistic").replace("[1E0]", base);
    let (a, b) = (logistic("2E-1"), logistic("7E-1"));
    let merged = merge(ModelFormat::XgBoost, &[a.as_bytes(), b.as_bytes()], &[0.5, 0.5]).unwrap();
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let rows: [&[f64]; 1] = [&[0.1]];
    let of = |text: &[u8]| logit(ask(ModelFormat::XgBoost, text, &rows)[0]);
    let wanted = 0.5 * (of(a.as_bytes()) + of(b.as_bytes()));
    assert!((of(&merged) - wanted).abs() < 1e-2, "{} {wanted}", of(&merged));
}

#[test]
fn xgboost_linear_boosters_have_mean_weights() {
    let linear = |weights: &str| {
        format!(
            "{{\"learner\":{{\"gradient_booster\":{{\"name\":\"gblinear\",\"model\":{{\"weights\":{weights}}}}},\
             \"learner_model_param\":{{\"base_score\":\"5E-1\",\"num_class\":\"0\",\"num_feature\":\"1\"}},\
             \"objective\":{{\"name\":\"reg:squarederror\"}}}}}}"
        )
    };
    let rows: [&[f64]; 2] = [&[1.0], &[-2.0]];
    require_near(
        both(ModelFormat::XgBoost, [&linear("[1.0,2.0]"), &linear("[3.0,-2.0]")], 0.25, &rows),
        1e-5,
    );
}

#[test]
fn xgboost_models_that_differ_are_refused() {
    for (from, to, why) in [
        ("reg:squarederror", "count:poisson", "objectives differ"),
        (r#""num_feature":"1""#, r#""num_feature":"2""#, "inputs differ"),
        (r#"["a"]"#, r#"["b"]"#, "names of the columns"),
        (r#""num_parallel_tree":"1""#, r#""num_parallel_tree":"9""#, "parallel trees"),
        ("0.5,10.0", "1e400,10.0", "malformed"),
        (r#""cats":{"enc":[]}"#, r#""cats":{"enc":[1]}"#, "categories differ"),
    ] {
        let said = refusal(ModelFormat::XgBoost, [XGBOOST, &XGBOOST.replace(from, to)]);
        assert!(said.contains(why), "{to}: {said}");
    }
    // What older versions do not write.
    let older = XGBOOST.replace(r#","num_target":"1""#, "").replace(r#""cats":{"enc":[]},"#, "");
    assert_eq!(refusal(ModelFormat::XgBoost, [XGBOOST, &older]), "accepted");
    let dart = r#"{"learner":{"gradient_booster":{"name":"dart","weight_drop":[],"gbtree":{"model":{}}},
"learner_model_param":{"base_score":"1E0","num_class":"0","num_feature":"1"},"objective":{"name":"reg:squarederror"}}}"#;
    assert!(
        refusal(ModelFormat::XgBoost, [dart; 2]).contains("dart"),
        "{}",
        refusal(ModelFormat::XgBoost, [dart; 2])
    );
}

#[test]
fn xgboost_parts_as_lists_are_refused() {
    let file: serde_json::Value = serde_json::from_str(XGBOOST).unwrap();
    let mut models = vec![serde_json::json!([file["learner"]])];
    for part in
        ["/learner", "/learner/gradient_booster", "/learner/gradient_booster/model", "/learner/objective"]
    {
        let mut file = file.clone();
        let values = file.pointer(part).unwrap().as_object().unwrap().values().cloned().collect();
        *file.pointer_mut(part).unwrap() = serde_json::Value::Array(values);
        models.push(file);
    }
    let mut tree = file.clone();
    let trees = tree.pointer_mut("/learner/gradient_booster/model/trees").unwrap();
    *trees = serde_json::json!([trees[0].as_object().unwrap().values().cloned().collect::<Vec<_>>()]);
    models.push(tree);
    for model in models.iter().map(ToString::to_string) {
        let said = refusal(ModelFormat::XgBoost, [&model, &model]);
        assert_ne!(said, "accepted", "{model}");
    }
}

#[test]
fn shares_that_are_none_and_code_are_refused() {
    let models = [LIGHTGBM.as_bytes(); 2];
    for (shares, why) in [
        (&[0.5, f64::NAN][..], "not all numbers"),
        (&[1.5, -0.5], "not all numbers"),
        (&[0.5, 0.4], "sum to 0.9"),
        (&[1.0], "2 models, but 1 shares"),
    ] {
        let said = merge(ModelFormat::LightGbm, &models, shares).unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
    }
    assert!(merge(ModelFormat::LightGbm, &[], &[]).is_err());
    let code = merge(ModelFormat::Python, &models, &[0.5, 0.5]).unwrap_err();
    assert!(
        matches!(code, NativeError::Unmergeable { .. }) && code.to_string().contains("reuse --learnwares")
    );
}

#[test]
fn who_has_no_share_takes_no_part() {
    let broken: &[u8] = b"no model";
    let merged = merge(ModelFormat::LightGbm, &[LIGHTGBM.as_bytes(), broken], &[1.0, 0.0]).unwrap();
    assert_eq!(
        ask(ModelFormat::LightGbm, &merged, &ROWS),
        ask(ModelFormat::LightGbm, LIGHTGBM.as_bytes(), &ROWS)
    );
}

#[test]
fn every_cut_of_a_file_is_refused_or_harmless() {
    for (format, text) in [(ModelFormat::LightGbm, LIGHTGBM), (ModelFormat::XgBoost, XGBOOST)] {
        for length in 0..text.len() {
            let _ = merge(format, &[text.as_bytes(), &text.as_bytes()[..length]], &[0.5, 0.5]);
        }
    }
}
