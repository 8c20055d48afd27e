//! Small networks, linear models and trees.

use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::numeric::random::Stream;
use learnware_engine::predictor::Batch;
use prost::Message;

use super::super::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetId, TensorProto, ValueInfo,
};
use super::super::write::{Answer, LinearModel, TreeModel, TreeNode, linear, trees};
use crate::native::{load, merge};

/// A network of 2 inputs, `hidden` rectified units and one output; `prefix` names its values.
fn network(prefix: &str, hidden: usize, weights: &[f32]) -> ModelProto {
    let mut weights = weights.iter().copied();
    let mut tensor = |name: &str, dims: &[usize]| TensorProto {
        dims: dims.iter().map(|size| i64::try_from(*size).unwrap()).collect(),
        data_type: Some(1),
        float_data: weights.by_ref().take(dims.iter().product()).collect(),
        name: Some(format!("{prefix}{name}")),
        ..TensorProto::default()
    };
    let initializer = vec![
        tensor("w1", &[2, hidden]),
        tensor("b1", &[hidden]),
        tensor("w2", &[hidden, 1]),
        tensor("b2", &[1]),
    ];
    let node = |kind: &str, inputs: &[&str], output: &str| NodeProto {
        input: inputs.iter().map(|name| format!("{prefix}{name}")).collect(),
        output: vec![format!("{prefix}{output}")],
        op_type: Some(kind.into()),
        ..NodeProto::default()
    };
    let value = |name: &str, columns| ValueInfo {
        name: Some(format!("{prefix}{name}")),
        ..super::super::write::value("", 1, Some(columns))
    };
    let graph = GraphProto {
        node: vec![
            node("Gemm", &["x", "w1", "b1"], "h"),
            node("Relu", &["h"], "r"),
            node("Gemm", &["r", "w2", "b2"], "y"),
        ],
        initializer,
        input: vec![value("x", 2)],
        output: vec![value("y", 1)],
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: Some(8),
        graph: Some(graph),
        opset_import: vec![OperatorSetId { domain: None, version: Some(13) }],
        ..ModelProto::default()
    }
}

fn drawn(seed: u64, count: usize) -> Vec<f32> {
    let mut stream = Stream::new(seed);
    (0..count).map(|_| stream.normal() as f32).collect()
}

fn rows(columns: usize) -> Matrix {
    let mut stream = Stream::new(77);
    Matrix::new(40, columns, (0..40 * columns).map(|_| stream.normal()).collect()).unwrap()
}

fn ask(bytes: &[u8], rows: &Matrix) -> Vec<f64> {
    let mut model = load(ModelFormat::Onnx, bytes).unwrap();
    model.predict(&Batch::Table(rows.clone())).unwrap().values.into_vec()
}

fn refusal(models: &[&[u8]]) -> String {
    let shares = vec![1.0 / models.len() as f64; models.len()];
    merge(ModelFormat::Onnx, models, &shares).map_or_else(|error| error.to_string(), |_| "accepted".into())
}

/// Largest difference between the merged answers and the mean of answers, in parts of their spread.
fn gap(models: [&[u8]; 2], share: f64, columns: usize) -> f64 {
    let rows = rows(columns);
    let merged = ask(&merge(ModelFormat::Onnx, &models, &[share, 1.0 - share]).unwrap(), &rows);
    let [a, b] = models.map(|model| ask(model, &rows));
    let mean: Vec<f64> = a.iter().zip(&b).map(|(a, b)| share * a + (1.0 - share) * b).collect();
    let spread = mean.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let gaps = merged.iter().zip(&mean).map(|(merged, mean)| (merged - mean).abs());
    gaps.fold(0.0, f64::max) / spread
}

#[test]
fn a_network_merged_with_itself_under_other_names_answers_as_before() {
    let weights = drawn(1, 4 * 8 + 1);
    let (one, other) =
        (network("a/", 8, &weights).encode_to_vec(), network("b.", 8, &weights).encode_to_vec());
    let merged = merge(ModelFormat::Onnx, &[&one, &other, &one], &[0.2, 0.3, 0.5]).unwrap();
    assert_eq!(ask(&merged, &rows(2)), ask(&one, &rows(2)));
    assert_eq!(merged, merge(ModelFormat::Onnx, &[&one, &other, &one], &[0.2, 0.3, 0.5]).unwrap());
}

#[test]
fn networks_of_a_common_start_keep_together_and_others_do_not() {
    let start = drawn(1, 4 * 8 + 1);
    let near = |seed| -> Vec<f32> {
        start.iter().zip(drawn(seed, start.len())).map(|(own, change)| own + 0.03 * change).collect()
    };
    let bytes = |weights: &[f32]| network("", 8, weights).encode_to_vec();
    let tuned = gap([&bytes(&near(2)), &bytes(&near(3))], 0.5, 2);
    let strangers = gap([&bytes(&start), &bytes(&drawn(9, start.len()))], 0.5, 2);
    assert!(tuned < 0.02 && strangers > 0.3, "{tuned} {strangers}");
}

fn scaled(
    offset: [f64; 2],
    scale: [f64; 2],
    coefficients: &[f64],
    intercepts: &[f64],
    answer: &Answer,
) -> Vec<u8> {
    let model = LinearModel {
        offset: offset.to_vec(),
        scale: scale.to_vec(),
        coefficients: coefficients.to_vec(),
        intercepts: intercepts.to_vec(),
    };
    linear(&model, answer).unwrap()
}

#[test]
fn linear_models_with_scalers_of_their_own_merge_exactly() {
    let quantity = |offset, scale, coefficients: [f64; 2], intercept| {
        scaled(offset, scale, &coefficients, &[intercept], &Answer::Quantities)
    };
    let one = quantity([0.5, -3.0], [2.0, 0.1], [1.0, -2.0], 0.5);
    let other = quantity([-7.0, 4.0], [0.3, 5.0], [0.25, 3.0], -9.0);
    assert!(gap([&one, &other], 0.3, 2) < 1e-6);
    let scores = |offset, coefficients: [f64; 4]| {
        scaled(offset, [1.0, 2.0], &coefficients, &[0.1, 0.2], &Answer::Probabilities(vec![4, 7]))
    };
    let (one, other) = (scores([0.0, 1.0], [1.0, 2.0, 3.0, 4.0]), scores([5.0, 0.0], [0.0, 1.0, -1.0, 2.0]));
    assert!(gap([&one, &other], 0.5, 2) < 1e-6);
    // A column that the first scaler leaves out has no coefficient that would say the same.
    let blind = quantity([0.0, 0.0], [1.0, 0.0], [1.0, 1.0], 0.0);
    assert!(gap([&blind, &one_column()], 0.5, 2) < 1e-6);
}

fn one_column() -> Vec<u8> {
    scaled([1.0, 0.0], [2.0, 1.0], &[3.0, 0.0], &[1.0], &Answer::Quantities)
}

#[test]
fn labels_of_other_classes_are_refused() {
    let of = |labels: Vec<i64>| {
        scaled([0.0; 2], [1.0; 2], &[1.0, 2.0, 3.0, 4.0], &[0.0; 2], &Answer::Softmax(labels))
    };
    let said = refusal(&[&of(vec![0, 1]), &of(vec![1, 0])]);
    assert!(
        said.contains("classlabels_ints of LinearClassifier") && said.contains("use them as a team"),
        "{said}"
    );
}

fn stump(threshold: f64, leaves: [f64; 2], base: f64, answer: &Answer) -> Vec<u8> {
    let split = TreeNode::Split { column: 1, threshold, yes: 1, no: 2, missing_yes: false };
    let outputs = if matches!(answer, Answer::Quantities) { 1 } else { 2 };
    let leaf = |value: f64| TreeNode::Leaf { values: [value, 1.0 - value][..outputs].to_vec() };
    let tree = vec![split, leaf(leaves[0]), leaf(leaves[1])];
    let model = TreeModel { columns: 2, trees: vec![tree.clone(), tree], base: vec![base; outputs] };
    trees(&model, answer).unwrap()
}

#[test]
fn tree_ensembles_are_put_after_each_other() {
    let one = stump(0.2, [1.0, 5.0], 0.5, &Answer::Quantities);
    let other = stump(-0.3, [-2.0, 0.25], 3.0, &Answer::Quantities);
    assert!(gap([&one, &other], 0.25, 2) < 1e-6);
    let forest = |threshold, leaves| stump(threshold, leaves, 0.0, &Answer::Probabilities(vec![0, 1]));
    assert!(gap([&forest(0.1, [0.2, 0.4]), &forest(0.9, [0.1, 0.5])], 0.5, 2) < 1e-6);
    assert_eq!(gap([&one, &one], 0.5, 2), 0.0);
}

#[test]
fn graphs_that_differ_are_refused_with_the_place() {
    let weights = drawn(1, 4 * 8 + 1);
    let plain = network("", 8, &weights);
    let changed = |change: &dyn Fn(&mut GraphProto)| {
        let mut model = plain.clone();
        change(model.graph.as_mut().unwrap());
        model.encode_to_vec()
    };
    let cases: [(Vec<u8>, &str); 5] = [
        (network("", 7, &weights).encode_to_vec(), "types and shapes of weight \"w1\" differ"),
        (
            changed(&|graph| graph.node[1].op_type = Some("Tanh".into())),
            "nodes differ: Relu in the first, Tanh",
        ),
        (changed(&|graph| graph.node[2].input.truncate(2)), "reads or makes other values"),
        (changed(&|graph| graph.node[2].input[0] = "h".into()), "reads or makes other values"),
        (
            ModelProto {
                opset_import: vec![OperatorSetId { domain: None, version: Some(11) }],
                ..plain.clone()
            }
            .encode_to_vec(),
            "versions of the operators differ: ai.onnx 13 in the first, ai.onnx 11",
        ),
    ];
    let first = plain.encode_to_vec();
    for (other, why) in &cases {
        let said = refusal(&[&first, other]);
        assert!(said.contains(why) && said.contains("learnware reuse"), "{said}");
    }
    let endless = changed(&|graph| graph.initializer[1].float_data[0] = f32::INFINITY);
    assert!(refusal(&[&first, &endless]).contains("not finite"));
    for length in 0..first.len() {
        assert_ne!(refusal(&[&first, &first[..length]]), "accepted");
    }
}

#[test]
fn whole_numbers_and_settings_must_be_equal() {
    let with_axes = |axes: &[i64]| {
        let mut model = network("", 8, &drawn(1, 33));
        let graph = model.graph.as_mut().unwrap();
        graph.node.push(NodeProto {
            input: vec!["y".into(), "shape".into()],
            output: vec!["z".into()],
            op_type: Some("Reshape".into()),
            ..NodeProto::default()
        });
        graph.initializer.push(TensorProto {
            dims: vec![2],
            data_type: Some(7),
            int64_data: axes.to_vec(),
            name: Some("shape".into()),
            ..TensorProto::default()
        });
        graph.output[0].name = Some("z".into());
        model.encode_to_vec()
    };
    assert_eq!(refusal(&[&with_axes(&[-1, 1]), &with_axes(&[-1, 1])]), "accepted");
    let said = refusal(&[&with_axes(&[-1, 1]), &with_axes(&[0, 1])]);
    assert!(said.contains("weight \"shape\" is no float and differs in model 2"), "{said}");
}

#[test]
fn what_all_say_stays_even_where_it_is_no_number() {
    let imputer = |fill: f32| {
        let mut model = network("", 8, &drawn(1, 33));
        let graph = model.graph.as_mut().unwrap();
        let float = |name: &str, f, floats| AttributeProto {
            name: Some(name.into()),
            f,
            floats,
            ..AttributeProto::default()
        };
        let absent =
            AttributeProto { kind: Some(1), ..float("replaced_value_float", Some(f32::NAN), vec![]) };
        let values = AttributeProto { kind: Some(6), ..float("imputed_value_floats", None, vec![fill, 5.0]) };
        let node = NodeProto {
            input: vec!["x".into()],
            output: vec!["filled".into()],
            op_type: Some("Imputer".into()),
            domain: Some("ai.onnx.ml".into()),
            attribute: vec![values, absent],
            ..NodeProto::default()
        };
        graph.node.insert(0, node);
        graph.node[1].input[0] = "filled".into();
        graph.initializer[3].float_data[0] = f32::INFINITY;
        model.opset_import.push(OperatorSetId { domain: Some("ai.onnx.ml".into()), version: Some(1) });
        model.encode_to_vec()
    };
    let (one, other) = (imputer(1.0), imputer(3.0));
    assert_eq!(merge(ModelFormat::Onnx, &[&one, &one], &[0.5, 0.5]).unwrap(), one);
    assert_eq!(merge(ModelFormat::Onnx, &[&one, &other], &[0.5, 0.5]).unwrap(), imputer(2.0));
}

#[test]
fn weights_that_are_listed_as_inputs_are_none() {
    let listed = |prefix: &str| {
        let mut model = network(prefix, 8, &drawn(1, 33));
        let graph = model.graph.as_mut().unwrap();
        let weight =
            ValueInfo { name: Some(format!("{prefix}w1")), ..super::super::write::value("", 1, Some(8)) };
        graph.input.push(weight);
        model.encode_to_vec()
    };
    assert_eq!(refusal(&[&listed("a/"), &listed("b/")]), "accepted");
}

#[test]
fn trees_that_give_values_for_one_class_only_go_with_their_like() {
    let model = |class: i64, weights: [f64; 2]| {
        let bytes = stump(0.1, weights, 0.0, &Answer::Probabilities(vec![0, 1]));
        let mut model = ModelProto::decode(bytes.as_slice()).unwrap();
        for attribute in
            model.graph.iter_mut().flat_map(|graph| &mut graph.node).flat_map(|node| &mut node.attribute)
        {
            if attribute.name.as_deref() == Some("class_ids") {
                attribute.ints.fill(class);
            }
        }
        model.encode_to_vec()
    };
    let one = model(1, [0.2, 0.4]);
    assert_eq!(refusal(&[&one, &model(1, [0.3, 0.1])]), "accepted");
    let both = stump(0.1, [0.2, 0.4], 0.0, &Answer::Probabilities(vec![0, 1]));
    for other in [model(0, [0.2, 0.4]), model(1, [-0.2, 1.4]), both] {
        let said = refusal(&[&one, &other]);
        assert!(said.contains("values for one class only, or of another sign"), "{said}");
    }
}
