//! Convolutional networks against PyTorch's answers, and hostile windows.
//!
//! `convolution_golden.json` was made by `experiments/convolution_golden.py`.

use prost::Message;

use super::proto::{AttributeProto, Dimension, ModelProto, NodeProto, TensorProto, ValueInfo, decode};
use super::tensor::signed;
use super::write::{Answer, LinearModel, linear};
use crate::native::load;
use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::predictor::Batch;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    shape: Vec<usize>,
    model: String,
    expected: Vec<Vec<f64>>,
}

fn cases() -> Vec<(Case, Vec<u8>)> {
    let cases: Vec<Case> = serde_json::from_str(include_str!("convolution_golden.json")).unwrap();
    let bytes = |text: &str| -> Vec<u8> {
        text.as_bytes()
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    cases.into_iter().map(|case| (bytes(&case.model), case)).map(|(model, case)| (case, model)).collect()
}

/// Rows of the input that the script used too.
fn images(rows: usize, shape: &[usize]) -> Batch {
    let size = shape.iter().product::<usize>();
    let values = (0..rows * size).map(|i| (37 * i % 101) as f64 / 50.0 - 1.0).collect();
    Batch::Tensor { shape: shape.to_vec(), values: Matrix::new(rows, size, values).unwrap() }
}

#[test]
fn convolutional_networks_answer_as_pytorch_does() {
    for (case, bytes) in cases() {
        let mut model = load(ModelFormat::Onnx, &bytes).unwrap();
        assert_eq!(model.input_shape().unwrap(), case.shape, "{}", case.name);
        let answer = model.predict(&images(3, &case.shape)).unwrap().values;
        for (row, expected) in answer.iter_rows().zip(&case.expected) {
            assert_eq!(row.len(), expected.len(), "{}", case.name);
            for (value, expected) in row.iter().zip(expected) {
                assert!((value - expected).abs() < 2e-6, "{}: {value} {expected}", case.name);
            }
        }
        // One example does not depend on those beside it.
        let alone = model.predict(&images(1, &case.shape)).unwrap().values;
        assert_eq!(alone.row(0), answer.row(0), "{}", case.name);
    }
}

#[test]
fn images_of_another_shape_are_refused() {
    let (case, bytes) = cases().remove(0);
    let mut model = load(ModelFormat::Onnx, &bytes).unwrap();
    let mut shape = case.shape;
    shape.reverse();
    let text = model.predict(&images(1, &shape)).unwrap_err().to_string();
    assert!(text.contains("[3, 8, 8]") && text.contains("[8, 8, 3]"), "{text}");
}

#[test]
fn networks_with_changed_bytes_are_refused_or_answer() {
    for (_, bytes) in cases() {
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] = changed[place].wrapping_mul(31).wrapping_add(place as u8 | 1);
            if let Ok(mut model) = load(ModelFormat::Onnx, &changed) {
                let shape = model.input_shape().unwrap();
                let _ = model.predict(&images(2, &shape));
            }
        }
    }
}

/// A graph of one node from `X` (n x 1 x 4 x 4) to `Y`, with weights `W` of `shape`.
fn single(kind: &str, shape: &[usize], lists: &[(&str, &[i64])]) -> ModelProto {
    let one =
        LinearModel { offset: vec![0.0], scale: vec![1.0], coefficients: vec![1.0], intercepts: vec![0.0] };
    let mut model = decode(&linear(&one, &Answer::Quantities).unwrap()).unwrap();
    let graph = model.graph.as_mut().unwrap();
    let tensor = graph.input[0].kind.as_mut().unwrap().tensor.as_mut().unwrap();
    let size = |value| Dimension { value: Some(value), parameter: None };
    tensor.shape.as_mut().unwrap().dimension =
        vec![Dimension { value: None, parameter: Some("N".into()) }, size(1), size(4), size(4)];
    let list = |(name, ints): &(&str, &[i64])| AttributeProto {
        name: Some((*name).into()),
        ints: ints.to_vec(),
        i: ints.first().copied(),
        ..AttributeProto::default()
    };
    let inputs: &[&str] = if kind == "Conv" { &["X", "W"] } else { &["X"] };
    graph.node = vec![NodeProto {
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec!["Y".into()],
        op_type: Some(kind.into()),
        attribute: lists.iter().map(list).collect(),
        ..NodeProto::default()
    }];
    graph.initializer = vec![TensorProto {
        dims: shape.iter().map(|size| signed(*size)).collect(),
        data_type: Some(1),
        float_data: vec![0.5; shape.iter().product()],
        name: Some("W".into()),
        ..TensorProto::default()
    }];
    graph.output = vec![ValueInfo { name: Some("Y".into()), kind: None }];
    model
}

#[test]
fn hostile_windows_are_refused() {
    let large = 1 << 19;
    type Case<'a> = (&'a str, &'a [usize], &'a [(&'a str, &'a [i64])], &'a str);
    let cases: &[Case] = &[
        ("Conv", &[1, 1, 5, 5], &[], "window of 5 cells over 4"),
        ("Conv", &[1, 1], &[], "numbers over 2 axes"),
        ("Conv", &[1, 1, 0, 2], &[], "window"),
        ("Conv", &[0, 1, 2, 2], &[], "weights"),
        ("Conv", &[1, 2, 2, 2], &[], "weights"),
        ("Conv", &[1, 1, 2, 2], &[("group", &[-1])], "no groups"),
        ("Conv", &[1, 1, 2, 2], &[("group", &[3])], "3 groups"),
        ("Conv", &[1, 1, 2, 2], &[("strides", &[0, 1])], "strides 0"),
        ("Conv", &[1, 1, 2, 2], &[("strides", &[1, 1, 1])], "numbers over 2 axes"),
        ("Conv", &[1, 1, 2, 2], &[("kernel_shape", &[3, 3])], "kernel_shape"),
        ("Conv", &[1, 1, 2, 2], &[("pads", &[i64::MAX; 4])], "pads"),
        ("Conv", &[1, 1, 2, 2], &[("pads", &[large; 4])], "intermediate result"),
        ("Conv", &[1, 1, 2, 2], &[("dilations", &[large; 2])], "window of"),
        ("MaxPool", &[1], &[], "numbers over 2 axes"),
        ("MaxPool", &[1], &[("kernel_shape", &[-2, 2])], "kernel_shape -2"),
        ("AveragePool", &[1], &[("kernel_shape", &[large, large])], "window of"),
        ("AveragePool", &[1], &[("kernel_shape", &[large, large]), ("pads", &[large; 4])], "intermediate"),
    ];
    for (kind, shape, lists, why) in cases {
        let text = match load(ModelFormat::Onnx, &single(kind, shape, lists).encode_to_vec()) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(text.contains(why), "{kind} {shape:?} {lists:?}: {text}");
    }
}

#[test]
fn borders_named_by_a_rule_keep_the_size() {
    // Sums of half a 2 x 2 window of ones; the corner with the border has one cell of four.
    for (rule, first, last) in [("SAME_UPPER", 2.0, 0.5), ("SAME_LOWER", 0.5, 2.0)] {
        let mut model = single("Conv", &[1, 1, 2, 2], &[]);
        let text = AttributeProto {
            name: Some("auto_pad".into()),
            s: Some(rule.into()),
            ..AttributeProto::default()
        };
        model.graph.as_mut().unwrap().node[0].attribute.push(text);
        let mut model = load(ModelFormat::Onnx, &model.encode_to_vec()).unwrap();
        let ones = Matrix::new(1, 16, vec![1.0; 16]).unwrap();
        let answer = model.predict(&Batch::Table(ones)).unwrap().values.into_vec();
        assert_eq!((answer.len(), answer[0], answer[15]), (16, first, last), "{rule}");
    }
}
