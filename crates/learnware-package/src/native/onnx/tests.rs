//! Hand-built graphs: refusals by name, limits, and rules that the conformance models do not reach.

use prost::Message;

use super::proto::{AttributeProto, ModelProto, NodeProto, TensorProto, ValueInfo, decode};
use super::write::{Answer, LinearModel, TreeModel, TreeNode, linear, trees};
use crate::native::load;
use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::predictor::Batch;

/// A valid ensemble of two trees that give 1 or 5 (column 0 at 2) and 3.
fn ensemble() -> ModelProto {
    let split = TreeNode::Split { column: 0, threshold: 2.0, yes: 1, no: 2, missing_yes: false };
    let leaf = |value| TreeNode::Leaf { values: vec![value] };
    let trees_given = vec![vec![split, leaf(1.0), leaf(5.0)], vec![leaf(3.0)]];
    let model = TreeModel { columns: 1, trees: trees_given, base: vec![0.0] };
    decode(&trees(&model, &Answer::Quantities).unwrap()).unwrap()
}

/// A graph of one node from `X` (rows x 1) to `Y`.
fn single(
    kind: &str,
    inputs: &[&str],
    attribute: Vec<AttributeProto>,
    constants: Vec<TensorProto>,
) -> ModelProto {
    let one =
        LinearModel { offset: vec![0.0], scale: vec![1.0], coefficients: vec![1.0], intercepts: vec![0.0] };
    let mut model = decode(&linear(&one, &Answer::Quantities).unwrap()).unwrap();
    let graph = model.graph.as_mut().unwrap();
    graph.node = vec![NodeProto {
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec!["Y".into()],
        op_type: Some(kind.into()),
        attribute,
        ..NodeProto::default()
    }];
    graph.initializer = constants;
    graph.output = vec![ValueInfo { name: Some("Y".into()), kind: None }];
    model
}

fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        dims: vec![super::tensor::signed(values.len())],
        data_type: Some(7),
        int64_data: values.to_vec(),
        name: Some(name.into()),
        ..TensorProto::default()
    }
}

fn refusal(model: &ModelProto) -> String {
    match load(ModelFormat::Onnx, &model.encode_to_vec()) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn ask(model: &ModelProto, rows: &[[f64; 1]]) -> Vec<f64> {
    let mut model = load(ModelFormat::Onnx, &model.encode_to_vec()).unwrap();
    model.predict(&Batch::Table(Matrix::from_rows(rows).unwrap())).unwrap().values.into_vec()
}

fn attribute<'a>(model: &'a mut ModelProto, name: &str) -> &'a mut AttributeProto {
    let node = &mut model.graph.as_mut().unwrap().node[0];
    node.attribute.iter_mut().find(|attribute| attribute.name.as_deref() == Some(name)).unwrap()
}

#[test]
fn aggregates_and_modes() {
    for (function, expected) in
        [("SUM", [4.0, 8.0]), ("AVERAGE", [2.0, 4.0]), ("MIN", [1.0, 3.0]), ("MAX", [3.0, 5.0])]
    {
        let mut model = ensemble();
        model.graph.as_mut().unwrap().node[0].attribute.push(AttributeProto {
            name: Some("aggregate_function".into()),
            s: Some(function.into()),
            ..AttributeProto::default()
        });
        assert_eq!(ask(&model, &[[2.0], [2.5]]), expected, "{function}");
    }
    // 1 below, 2 at, 3 above the threshold; then a missing value.
    for (mode, expected) in [
        ("BRANCH_LEQ", [4.0, 4.0, 8.0, 8.0]),
        ("BRANCH_LT", [4.0, 8.0, 8.0, 8.0]),
        ("BRANCH_GTE", [8.0, 4.0, 4.0, 8.0]),
        ("BRANCH_GT", [8.0, 8.0, 4.0, 8.0]),
        ("BRANCH_EQ", [8.0, 4.0, 8.0, 8.0]),
        ("BRANCH_NEQ", [4.0, 8.0, 4.0, 4.0]),
    ] {
        let mut model = ensemble();
        attribute(&mut model, "nodes_modes").strings[0] = mode.into();
        assert_eq!(ask(&model, &[[1.0], [2.0], [3.0], [f64::NAN]]), expected, "{mode}");
        attribute(&mut model, "nodes_missing_value_tracks_true").ints[0] = 1;
        assert_eq!(ask(&model, &[[f64::NAN]]), [4.0], "{mode}");
    }
}

#[test]
fn broken_trees_are_refused() {
    type Change = fn(&mut ModelProto);
    let cases: [(Change, &str); 8] = [
        (|model| attribute(model, "nodes_truenodeids").ints[0] = 0, "twice"),
        (|model| attribute(model, "nodes_falsenodeids").ints[0] = 1, "twice"),
        (|model| attribute(model, "nodes_truenodeids").ints[0] = 77, "no node 77"),
        (|model| attribute(model, "nodes_values").floats[0] = f32::NAN, "not a number"),
        (|model| attribute(model, "nodes_featureids").ints[0] = i64::MAX, "column 9223372036854775807"),
        (|model| attribute(model, "nodes_featureids").ints[0] = 3, "reads 4 columns"),
        (|model| attribute(model, "n_targets").i = Some(i64::MAX), "outputs"),
        (|model| attribute(model, "target_ids").ints[0] = 9, "output 9 of 1"),
    ];
    for (change, why) in cases {
        let mut model = ensemble();
        change(&mut model);
        let text = refusal(&model);
        assert!(text.contains(why), "{why}: {text}");
    }
}

#[test]
fn what_is_not_evaluated_is_refused_by_name() {
    let text = refusal(&single("LSTM", &["X"], vec![], vec![]));
    assert!(text.contains("LSTM") && text.contains("export"), "{text}");
    let mut model = ensemble();
    model.graph.as_mut().unwrap().node[0].domain = Some("com.evil".into());
    assert!(refusal(&model).contains("com.evil"));
    let mut model = ensemble();
    model.functions.push(vec![]);
    assert!(refusal(&model).contains("functions"));
    let mut outside = integers("S", &[1]);
    outside.external_data.push(b"\x0a\x08location\x12\x0b/etc/passwd".to_vec());
    assert!(refusal(&single("Reshape", &["X", "S"], vec![], vec![outside])).contains("external data"));
    let mut model = ensemble();
    model.graph.as_mut().unwrap().output.clear();
    assert!(refusal(&model).contains("no output"));
    let mut model = ensemble();
    model.graph.as_mut().unwrap().input.clear();
    assert!(refusal(&model).contains("0 columns"));
    assert!(refusal(&single("Relu", &["Y"], vec![], vec![])).contains("made by no node before"));
}

#[test]
fn declared_sizes_allocate_nothing() {
    let sizes = [[1 << 40, 1], [1 << 31, 1 << 31], [1 << 40, 0], [i64::MAX, i64::MAX], [-5, 1]];
    for size in sizes {
        let shape = integers("S", &size);
        let text = refusal(&single("ConstantOfShape", &["S"], vec![], vec![shape.clone()]));
        assert!(text.contains("shape"), "{size:?}: {text}");
        assert_ne!(refusal(&single("Expand", &["X", "S"], vec![], vec![shape])), "accepted");
        let mut huge = integers("C", &[1]);
        huge.dims = size.to_vec();
        assert_ne!(refusal(&single("Add", &["X", "C"], vec![], vec![huge])), "accepted");
    }
    let text = refusal(&single("Gather", &["X", "C"], vec![], vec![integers("C", &[i64::MIN])]));
    assert!(text.contains("axis"), "{text}");
    let nodes = vec![NodeProto::default(); 20_001];
    let mut model = ensemble();
    model.graph.as_mut().unwrap().node = nodes;
    assert!(refusal(&model).contains("number of nodes"));
}

#[test]
fn nested_scans_are_refused() {
    let body = |inner: Vec<u8>| {
        let graph = AttributeProto { name: Some("body".into()), g: Some(inner), ..AttributeProto::default() };
        let count =
            AttributeProto { name: Some("num_scan_inputs".into()), i: Some(1), ..AttributeProto::default() };
        single("Scan", &["X"], vec![graph, count], vec![])
    };
    let mut model = body(vec![]);
    for _ in 0..50 {
        let inner = model.graph.as_ref().unwrap().encode_to_vec();
        model = body(inner);
    }
    assert!(refusal(&model).contains("another Scan inside"), "{}", refusal(&model));
}

#[test]
fn tree_ensemble_of_version_5() {
    let ints = |name: &str, ints: Vec<i64>| AttributeProto {
        name: Some(name.into()),
        ints,
        ..AttributeProto::default()
    };
    let tensor =
        |name: &str, t| AttributeProto { name: Some(name.into()), t: Some(t), ..AttributeProto::default() };
    let floats = |values: &[f32]| TensorProto {
        dims: vec![super::tensor::signed(values.len())],
        data_type: Some(1),
        raw_data: Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        ..TensorProto::default()
    };
    let mut mode = integers("", &[1]);
    mode.data_type = Some(2);
    mode.int64_data.clear();
    mode.raw_data = Some(vec![1]);
    let attributes = vec![
        ints("nodes_featureids", vec![0]),
        ints("nodes_truenodeids", vec![0]),
        ints("nodes_falsenodeids", vec![1]),
        ints("nodes_trueleafs", vec![1]),
        ints("nodes_falseleafs", vec![1]),
        ints("leaf_targetids", vec![0, 0]),
        ints("tree_roots", vec![0]),
        tensor("nodes_splits", floats(&[2.0])),
        tensor("leaf_weights", floats(&[1.5, 5.0])),
        tensor("nodes_modes", mode),
    ];
    let mut model = single("TreeEnsemble", &["X"], attributes, vec![]);
    model.graph.as_mut().unwrap().node[0].domain = Some("ai.onnx.ml".into());
    assert_eq!(ask(&model, &[[1.0], [2.0]]), [1.5, 5.0]);
    attribute(&mut model, "nodes_trueleafs").ints[0] = 0;
    assert!(refusal(&model).contains("twice"));
}
