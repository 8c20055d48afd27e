//! Hand-computed and hostile models. None may panic, hang, or allocate much; each has its refusal.

use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::predictor::{Batch, PredictError};
use proptest::prelude::*;

use learnware_engine::semantic::Task;
use learnware_engine::table::Labels;
use std::path::Path;

use super::onnx::write::{Answer, LinearModel, TreeModel, TreeNode, linear, trees};
use super::{ModelFacts, NativeError, facts, format_of, load};

const LIGHTGBM: &str = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n\
max_feature_idx=1\nobjective=binary sigmoid:1\nfeature_names=a b\ntree_sizes=1 1\n\n\
Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nthreshold=0.5 0\ndecision_type=10 1\n\
left_child=-1 -2\nright_child=1 -3\nleaf_value=1 2 3\ncat_boundaries=0 1\ncat_threshold=5\n\n\
Tree=1\nnum_leaves=1\nleaf_value=0.5\n\nend of trees\n";

const XGBOOST: &str = r#"{"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":[0],"trees":[{
"tree_param":{"size_leaf_vector":"1"},"left_children":[1,-1,-1],"right_children":[2,-1,-1],
"split_indices":[0,0,0],"split_conditions":[0.5,10.0,20.0],"default_left":[0,0,0]}]}},
"learner_model_param":{"base_score":"[1E0]","num_class":"0","num_feature":"1","num_target":"1"},
"objective":{"name":"reg:squarederror"}},"version":[3,2,0]}"#;

fn ask(format: ModelFormat, bytes: &[u8], rows: &[&[f64]]) -> Vec<f64> {
    let mut model = load(format, bytes).unwrap();
    model.predict(&Batch::Table(Matrix::from_rows(rows).unwrap())).unwrap().values.into_vec()
}

fn refusal(format: ModelFormat, bytes: &[u8]) -> String {
    match load(format, bytes) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// A valid small tree ensemble.
fn onnx_trees() -> Vec<u8> {
    let split = TreeNode::Split { column: 1, threshold: 2.0, yes: 1, no: 2, missing_yes: false };
    let leaf = |value| TreeNode::Leaf { values: vec![value] };
    let model = TreeModel { columns: 2, trees: vec![vec![split, leaf(1.0), leaf(5.0)]], base: vec![0.5] };
    trees(&model, &Answer::Quantities).unwrap()
}

#[test]
fn lightgbm_by_hand() {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let nan = f64::NAN;
    // Default left with NaN; categories {0, 2} go left.
    let rows: [&[f64]; 6] = [&[0.5, 9.0], &[nan, 9.0], &[0.6, 0.0], &[0.6, 2.9], &[0.6, 1.0], &[0.6, nan]];
    let expected = [1.5, 1.5, 2.5, 2.5, 3.5, 3.5].map(sigmoid);
    let answer = ask(ModelFormat::LightGbm, LIGHTGBM.as_bytes(), &rows);
    for (pair, expected) in answer.chunks_exact(2).zip(expected) {
        assert!((pair[1] - expected).abs() < 1e-15 && (pair[0] + pair[1] - 1.0).abs() < 1e-15);
    }
}

#[test]
fn xgboost_by_hand() {
    let rows: [&[f64]; 4] = [&[0.4], &[0.5], &[f64::NAN], &[0.499_999_999_999]];
    // The last is 0.5 in f32, so it goes right.
    assert_eq!(ask(ModelFormat::XgBoost, XGBOOST.as_bytes(), &rows), [11.0, 21.0, 21.0, 21.0]);
}

#[test]
fn onnx_trees_by_hand() {
    let rows: [&[f64]; 3] = [&[9.0, 2.0], &[0.0, 2.1], &[0.0, f64::NAN]];
    assert_eq!(ask(ModelFormat::Onnx, &onnx_trees(), &rows), [1.5, 5.5, 5.5]);
}

#[test]
fn a_wrong_width_names_both_numbers() {
    for (format, bytes) in [
        (ModelFormat::Onnx, onnx_trees()),
        (ModelFormat::LightGbm, LIGHTGBM.into()),
        (ModelFormat::XgBoost, XGBOOST.into()),
    ] {
        let mut model = load(format, &bytes).unwrap();
        let width = model.input_shape().unwrap()[0];
        let Err(PredictError::BadInput { reason }) = model.predict(&Batch::Table(Matrix::zeros(2, 7))) else {
            panic!("{format:?} accepted 7 columns")
        };
        assert!(reason.contains(&width.to_string()) && reason.contains('7'), "{reason}");
        let Err(PredictError::BadInput { .. }) = model.predict(&Batch::Text(vec!["x".into()])) else {
            panic!("{format:?} accepted text")
        };
        assert_eq!(model.predict(&Batch::Table(Matrix::zeros(0, width))).unwrap().values.rows(), 0);
    }
}

#[test]
fn changed_lightgbm_files_are_refused() {
    let cases = [
        ("left_child=-1 -2", "left_child=0 -2", "twice"),
        ("left_child=-1 -2", "left_child=-1 0", "twice"),
        ("right_child=1 -3", "right_child=7 -3", "does not exist"),
        ("right_child=1 -3", "right_child=1 -9", "does not exist"),
        ("threshold=0.5 0", "threshold=nan 0", "not a number"),
        ("threshold=0.5 0", "threshold=0.5 99999999999", "category set"),
        ("num_leaves=3", "num_leaves=4000000000", "4000000000"),
        ("split_feature=0 1", "split_feature=0 17", "column 17"),
        ("max_feature_idx=1", "max_feature_idx=18446744073709551615", "input columns"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=0", "trees per round"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=999999999", "trees per round"),
        ("cat_boundaries=0 1", "cat_boundaries=0 100", "out of range"),
        ("cat_boundaries=0 1", "cat_boundaries=1 0", "out of range"),
        ("num_leaves=1\n", "num_leaves=1\nis_linear=1\n", "linear trees"),
        ("objective=binary", "objective=mystery", "mystery"),
        ("tree_sizes=1 1", "tree_sizes=1", "1 trees declared"),
        ("end of trees", "", "cut off"),
    ];
    for (from, to, why) in cases {
        let text = refusal(ModelFormat::LightGbm, LIGHTGBM.replace(from, to).as_bytes());
        assert!(text.contains(why), "{to}: {text}");
    }
}

#[test]
fn changed_xgboost_files_are_refused() {
    let cases = [
        (r#""left_children":[1,"#, r#""left_children":[0,"#, "twice"),
        (r#""right_children":[2,"#, r#""right_children":[1,"#, "twice"),
        (r#""right_children":[2,"#, r#""right_children":[-7,"#, "does not exist"),
        (r#""right_children":[2,"#, r#""right_children":[2000000000,"#, "does not exist"),
        (r#""split_indices":[0,"#, r#""split_indices":[4000000000,"#, "reads column"),
        (r#""num_feature":"1""#, r#""num_feature":"99999999999""#, "input columns"),
        (r#""num_class":"0""#, r#""num_class":"99999999999""#, "outputs"),
        (r#""num_class":"0""#, r#""num_class":"3""#, "accepted"),
        ("[1E0]", "[NaN]", "out of range"),
        ("[1E0]", "[1,2,3]", "base scores"),
        ("gbtree", "magic", "magic"),
        ("reg:squarederror", "reg:mystery", "mystery"),
        (r#""tree_info":[0]"#, r#""tree_info":[5]"#, "output 5"),
        (r#""tree_info":[0]"#, r#""tree_info":[0,0]"#, "tree groups"),
        ("0.5,10.0", "1e400,10.0", "range"),
        (r#""size_leaf_vector":"1""#, r#""size_leaf_vector":"1000000000""#, "leaves of"),
    ];
    for (from, to, why) in cases {
        let text = refusal(ModelFormat::XgBoost, XGBOOST.replace(from, to).as_bytes());
        assert!(text.contains(why), "{to}: {text}");
    }
    assert!(refusal(ModelFormat::XgBoost, b"{L\0\0").contains(".json"));
    let deep = format!("{{\"learner\":{}", "[".repeat(1_000_000));
    assert!(refusal(ModelFormat::XgBoost, deep.as_bytes()).contains("malformed"));
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn files_say_their_task_classes_and_columns() {
    let classes = |count, columns: &[&str]| ModelFacts {
        input_shape: vec![columns.len()],
        columns: names(columns),
        task: Some(Task::Classification),
        outputs: Some(count),
        classes: Vec::new(),
    };
    let of = |format, text: &str| facts(format, text.as_bytes()).unwrap();
    assert_eq!(of(ModelFormat::LightGbm, LIGHTGBM), classes(2, &["a", "b"]));
    let several =
        LIGHTGBM.replace("binary sigmoid:1", "multiclass num_class:2").replace("iteration=1", "iteration=2");
    assert_eq!(of(ModelFormat::LightGbm, &several), classes(2, &["a", "b"]));
    let quantity = of(ModelFormat::LightGbm, &LIGHTGBM.replace("binary sigmoid:1", "regression"));
    assert_eq!((quantity.task, quantity.outputs), (Some(Task::Regression), Some(1)));
    let unknown = of(ModelFormat::LightGbm, &LIGHTGBM.replace("objective=binary sigmoid:1\n", ""));
    assert_eq!((unknown.task, unknown.outputs), (None, Some(1)));
    let made = of(ModelFormat::LightGbm, &LIGHTGBM.replace("a b", "Column_0 Column_1"));
    assert_eq!((made.columns, made.input_shape), (Vec::new(), vec![2]));

    let labels = XGBOOST.replace("reg:squarederror\"}", "multi:softmax\"},\"feature_names\":[\"width\"]");
    let labels = labels.replace("\"num_class\":\"0\"", "\"num_class\":\"3\"");
    assert_eq!(of(ModelFormat::XgBoost, &labels), classes(3, &["width"]));
    assert_eq!(of(ModelFormat::XgBoost, XGBOOST).task, Some(Task::Regression));

    assert_eq!(facts(ModelFormat::Onnx, &onnx_trees()).unwrap().task, Some(Task::Regression));
    let model = LinearModel {
        offset: vec![0.0; 2],
        scale: vec![1.0; 2],
        coefficients: vec![1.0; 6],
        intercepts: vec![0.0; 3],
    };
    let found = facts(ModelFormat::Onnx, &linear(&model, &Answer::Softmax(vec![4, 6, 8])).unwrap()).unwrap();
    assert_eq!((found.task, found.outputs), (Some(Task::Classification), Some(3)));
    assert_eq!(found.classes, names(&["4", "6", "8"]));
}

#[test]
fn labels_tell_what_the_file_does_not() {
    let words = Labels { values: vec![0.0, 1.0, 0.0], classes: Some(names(&["no", "yes"])) };
    let whole = Labels { values: vec![3.0, 1.0, 3.0], classes: None };
    let parts = Labels { values: vec![0.5, 1.5, 2.5], classes: None };
    let of = |task, outputs| ModelFacts { task, outputs, ..ModelFacts::default() };
    let regression = Some(Task::Regression);
    assert_eq!(of(None, None).task_of(None), None);
    assert_eq!(of(None, None).task_of(Some(&whole)), Some(Task::Classification));
    assert_eq!(of(None, None).task_of(Some(&parts)), regression);
    assert_eq!(
        of(regression, Some(1)).task_of(Some(&whole)),
        regression,
        "few whole numbers may be quantities"
    );
    assert_eq!(of(regression, Some(2)).task_of(Some(&whole)), Some(Task::Classification));
    assert_eq!(of(regression, Some(1)).task_of(Some(&words)), Some(Task::Classification));

    let classes = of(None, None).outputs_of(Task::Classification, Some(("sold", &whole)));
    assert_eq!((classes.dimension, classes.description[&1].as_str()), (2, "3"));
    let quantity = of(regression, Some(1)).outputs_of(Task::Regression, Some(("price", &parts)));
    assert_eq!((quantity.dimension, quantity.description[&0].as_str()), (1, "price"));
    let apart = of(None, Some(5)).outputs_of(Task::Classification, Some(("sold", &words)));
    assert_eq!((apart.dimension, apart.description.len()), (5, 0), "two names are not those of five classes");
}

#[test]
fn formats_are_told_by_names_and_first_bytes() {
    let of = |name: &str, bytes: &[u8]| format_of(Path::new(name), bytes);
    assert_eq!(of("m.ONNX", b""), Some(ModelFormat::Onnx));
    assert_eq!(of("model", LIGHTGBM.as_bytes()), Some(ModelFormat::LightGbm));
    assert_eq!(of("m.json", XGBOOST.as_bytes()), Some(ModelFormat::XgBoost));
    assert_eq!(of("m.txt", b"trees are green"), None);
}

#[test]
fn python_is_never_loaded() {
    assert!(matches!(load(ModelFormat::Python, b"print()"), Err(NativeError::Unsupported { .. })));
}

#[test]
fn every_cut_of_a_file_is_refused_or_harmless() {
    for (format, bytes) in [
        (ModelFormat::Onnx, onnx_trees()),
        (ModelFormat::LightGbm, LIGHTGBM.into()),
        (ModelFormat::XgBoost, XGBOOST.into()),
    ] {
        for length in 0..bytes.len() {
            if let Ok(mut model) = load(format, &bytes[..length]) {
                let width = model.input_shape().unwrap()[0];
                let _ = model.predict(&Batch::Table(Matrix::zeros(1, width)));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in [ModelFormat::Onnx, ModelFormat::LightGbm, ModelFormat::XgBoost] {
            let _ = load(format, &bytes);
        }
    }

    #[test]
    fn mutated_files_never_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        for (format, file) in [
            (ModelFormat::Onnx, onnx_trees()),
            (ModelFormat::LightGbm, LIGHTGBM.into()),
            (ModelFormat::XgBoost, XGBOOST.into()),
        ] {
            let mut bytes: Vec<u8> = file;
            for (place, value) in &changes {
                let place = place.index(bytes.len());
                bytes[place] = *value;
            }
            if let Ok(mut model) = load(format, &bytes) {
                let width = model.input_shape().unwrap()[0];
                let _ = model.predict(&Batch::Table(Matrix::zeros(3, width)));
            }
        }
    }
}
