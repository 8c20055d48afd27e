//! What a graph says of its task and its classes: by the operators that make its answer.

use learnware_engine::semantic::Task;

use super::proto::{GraphProto, NodeProto};
use super::{chosen_output, is_scores};
use crate::native::facts::Told;

/// Operators on the way from scores to an answer that leave its meaning as it is.
const PASSING: &[&str] = &["Cast", "Concat", "Identity", "Normalizer", "Reshape", "Squeeze", "Flatten"];
/// Attributes with the labels of classes.
const LABELS: &[&str] = &["classlabels_strings", "classlabels_int64s", "classlabels_ints"];

/// What the graph tells; `inputs` are the names of its inputs that are no constants, with their columns.
pub(super) fn told(graph: &GraphProto, inputs: &[(&str, usize)], outputs: Option<usize>) -> Told {
    let is_named = inputs.len() > 1 && inputs.iter().all(|&(_, width)| width == 1);
    let columns =
        if is_named { inputs.iter().map(|(name, _)| (*name).to_owned()).collect() } else { Vec::new() };
    let last = chosen_output(graph).ok().and_then(|output| meaning(graph, output));
    let classes = last.map(labels).filter(|labels| !labels.is_empty());
    let classes = classes.or_else(|| fitting_labels(graph, outputs)).unwrap_or_default();
    let kind = last.and_then(|node| node.op_type.as_deref()).unwrap_or_default();
    let answers_labels = graph.output.first().is_some_and(|output| !is_scores(output));
    let classifies = !classes.is_empty() || answers_labels || matches!(kind, "Softmax" | "ArgMax");
    let task = if classifies {
        Some(Task::Classification)
    } else {
        kind.ends_with("Regressor").then_some(Task::Regression)
    };
    Told { task, class_count: None, classes, columns }
}

/// The node that gives the answer its meaning.
fn meaning<'a>(graph: &'a GraphProto, output: &str) -> Option<&'a NodeProto> {
    let mut wanted = output;
    // Nodes are in order of use, so one pass backwards follows the way.
    for node in graph.node.iter().rev() {
        if !node.output.iter().any(|name| name == wanted) {
            continue;
        }
        match (node.op_type.as_deref(), node.input.first()) {
            (Some(kind), Some(input)) if PASSING.contains(&kind) => wanted = input,
            _ => return Some(node),
        }
    }
    None
}

/// Labels of the last classifier that has as many as the graph answers: ensembles hold classifiers of their own.
fn fitting_labels(graph: &GraphProto, outputs: Option<usize>) -> Option<Vec<String>> {
    let fits = |labels: &Vec<String>| labels.len() > 1 && outputs == Some(labels.len());
    graph.node.iter().rev().map(labels).find(fits)
}

fn labels(node: &NodeProto) -> Vec<String> {
    let has_labels = |name: Option<&str>| name.is_some_and(|name| LABELS.contains(&name));
    let lists = node.attribute.iter().filter(|attribute| has_labels(attribute.name.as_deref()));
    let words = lists.flat_map(|attribute| {
        let texts = attribute.strings.iter().map(|text| String::from_utf8_lossy(text).into_owned());
        texts.chain(attribute.ints.iter().map(ToString::to_string))
    });
    words.collect()
}
