//! A tiny ONNX model of images, written byte by byte: the mean of each channel, a linear layer, softmax.

/// Softmax of `weights` x the mean value of each channel.
pub(crate) fn mean_colours(shape: [usize; 3], weights: &[&[f32]]) -> Vec<u8> {
    let outputs = weights.len();
    let raw: Vec<u8> = weights.concat().iter().flat_map(|weight| weight.to_le_bytes()).collect();
    let matrix =
        [number(1, outputs), number(1, shape[0]), number(2, 1), text(8, "W"), bytes(9, &raw)].concat();
    let graph = [
        bytes(1, &node("GlobalAveragePool", &["X"], "pooled", &[])),
        bytes(1, &node("Flatten", &["pooled"], "flat", &[])),
        bytes(1, &node("Gemm", &["flat", "W"], "scores", &attribute("transB", 1))),
        bytes(1, &node("Softmax", &["scores"], "probabilities", &[])),
        text(2, "colours"),
        bytes(5, &matrix),
        bytes(11, &value("X", &shape)),
        bytes(12, &value("probabilities", &[outputs])),
    ]
    .concat();
    [number(1, 8), bytes(7, &graph), bytes(8, &number(2, 13))].concat()
}

fn node(operator: &str, inputs: &[&str], output: &str, attribute: &[u8]) -> Vec<u8> {
    let mut node: Vec<u8> = inputs.iter().flat_map(|input| text(1, input)).collect();
    node.extend(text(2, output));
    node.extend(text(4, operator));
    if !attribute.is_empty() {
        node.extend(bytes(5, attribute));
    }
    node
}

/// An attribute with a whole number.
fn attribute(name: &str, value: usize) -> Vec<u8> {
    [text(1, name), number(3, value), number(20, 2)].concat()
}

/// A float tensor of any number of examples.
fn value(name: &str, example: &[usize]) -> Vec<u8> {
    let mut shape = bytes(1, &text(2, "N"));
    for &axis in example {
        shape.extend(bytes(1, &number(1, axis)));
    }
    let tensor = [number(1, 1), bytes(2, &shape)].concat();
    [text(1, name), bytes(2, &bytes(1, &tensor))].concat()
}

fn number(field: u64, value: usize) -> Vec<u8> {
    [varint(field << 3), varint(value as u64)].concat()
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

fn text(field: u64, content: &str) -> Vec<u8> {
    bytes(field, content.as_bytes())
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 128 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A network of two inputs, two rectified units and one output: hidden weights by unit, and the output's.
pub(crate) fn two_units(hidden: &[[f32; 2]; 2], out: [f32; 2]) -> Vec<u8> {
    let tensor = |name: &str, shape: &[usize], numbers: &[f32]| {
        let raw: Vec<u8> = numbers.iter().flat_map(|weight| weight.to_le_bytes()).collect();
        let shape: Vec<u8> = shape.iter().flat_map(|&size| number(1, size)).collect();
        bytes(5, &[shape, number(2, 1), text(8, name), bytes(9, &raw)].concat())
    };
    let graph = [
        bytes(1, &node("Gemm", &["X", "hidden"], "units", &attribute("transB", 1))),
        bytes(1, &node("Relu", &["units"], "rectified", &[])),
        bytes(1, &node("Gemm", &["rectified", "out"], "answer", &attribute("transB", 1))),
        text(2, "network"),
        tensor("hidden", &[2, 2], &hidden.concat()),
        tensor("out", &[1, 2], &out),
        bytes(11, &value("X", &[2])),
        bytes(12, &value("answer", &[1])),
    ]
    .concat();
    [number(1, 8), bytes(7, &graph), bytes(8, &number(2, 13))].concat()
}
