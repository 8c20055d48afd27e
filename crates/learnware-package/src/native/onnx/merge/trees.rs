//! Tree ensembles of ONNX put after each other, their leaves times the share: the sums are the mean of the members' sums.

use super::super::attributes::{Attributes, label};
use super::super::proto::{AttributeProto, NodeProto};
use super::super::{FORMAT, NativeError};
use super::{averaged_floats, finite, is_same, same_attribute};
use crate::native::merge::unmergeable;

/// The lists of nodes and leaves that are put after each other as they are.
const LISTS: &[&str] = &[
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_values",
    "nodes_modes",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "nodes_missing_value_tracks_true",
    "target_nodeids",
    "target_ids",
    "class_nodeids",
    "class_ids",
];
/// Lists of tree numbers, which go on where those of the member before end.
const TREES: &[&str] = &["nodes_treeids", "target_treeids", "class_treeids"];
/// Lists of what leaves give.
const LEAVES: &[&str] = &["target_weights", "class_weights"];
/// How often nodes were reached; nobody reads it.
const HITS: &str = "nodes_hitrates";

/// The attributes of one tree operator, made of those of all members.
pub(super) fn concatenated(
    members: &[&NodeProto],
    shares: &[f64],
) -> Result<Vec<AttributeProto>, NativeError> {
    members.iter().try_for_each(|node| require_sums(node))?;
    if members.iter().any(|node| single_class(node) != single_class(members[0])) {
        let what = label(members[0]);
        return Err(unmergeable(
            FORMAT,
            format!(
                "{what}: some have values for one class only, or of another sign, so leaves mean other things"
            ),
        ));
    }
    let trimmed: Vec<NodeProto> = members.iter().map(|node| without_hits(node)).collect();
    let members: Vec<&NodeProto> = trimmed.iter().collect();
    let mut firsts = Vec::with_capacity(members.len());
    let mut next = 0;
    for node in &members {
        firsts.push(next);
        let trees = Attributes::new(node).integers("nodes_treeids");
        let (least, most) =
            (trees.iter().min().copied().unwrap_or(0), trees.iter().max().copied().unwrap_or(0));
        if least < 0 || most >= i64::from(i32::MAX) {
            return Err(unmergeable(
                FORMAT,
                format!("{}: its trees are numbered {least} to {most}", label(node)),
            ));
        }
        next += most + 1;
    }
    let mut attributes = Vec::new();
    for own in &members[0].attribute {
        let name = own.name.as_deref().unwrap_or_default();
        let all = same_attribute(&members, name)?;
        attributes.push(joined(&all, (shares, &firsts), name, &label(members[0]))?);
    }
    Ok(attributes)
}

/// One attribute of all members.
fn joined(
    members: &[&AttributeProto],
    (shares, firsts): (&[f64], &[i64]),
    name: &str,
    place: &str,
) -> Result<AttributeProto, NativeError> {
    let mut joined = members[0].clone();
    if TREES.contains(&name) {
        let numbered = |(member, first): (&&AttributeProto, &i64)| {
            member.ints.iter().map(|tree| tree.saturating_add(*first)).collect::<Vec<i64>>()
        };
        joined.ints = members.iter().zip(firsts).flat_map(numbered).collect();
    } else if LISTS.contains(&name) {
        joined.ints = members.iter().flat_map(|member| member.ints.iter().copied()).collect();
        joined.floats = members.iter().flat_map(|member| member.floats.iter().copied()).collect();
        joined.strings = members.iter().flat_map(|member| member.strings.iter().cloned()).collect();
    } else if LEAVES.contains(&name) {
        joined.floats = Vec::new();
        for (member, share) in members.iter().zip(shares) {
            for weight in &member.floats {
                joined.floats.push(finite((f64::from(*weight) * share) as f32, place)?);
            }
        }
    } else if name == "base_values" {
        let lists: Vec<&[f32]> = members.iter().map(|member| member.floats.as_slice()).collect();
        joined.floats = averaged_floats(&lists, shares, place)?;
    } else if let Some(other) = members.iter().position(|other| !is_same(*other, members[0])) {
        return Err(unmergeable(FORMAT, format!("{name} of {place} differs in model {}", other + 1)));
    }
    Ok(joined)
}

/// Refuses trees that do not add up, and lists in forms that are rare.
fn require_sums(node: &NodeProto) -> Result<(), NativeError> {
    let aggregate = Attributes::new(node).text("aggregate_function");
    let is_tensor = node.attribute.iter().any(|attribute| attribute.t.is_some());
    let is_known =
        matches!(node.op_type.as_deref(), Some("TreeEnsembleRegressor" | "TreeEnsembleClassifier"));
    if is_known && !is_tensor && matches!(aggregate.as_str(), "" | "SUM") {
        return Ok(());
    }
    let reason =
        "only trees whose float leaves are added up are put together, and trees have no mean otherwise";
    Err(unmergeable(FORMAT, format!("{}: {reason}", label(node))))
}

/// Where leaves have values for one class only: which, and whether all are positive. Runtimes then take the sum for a
/// probability, or for a score between two classes.
fn single_class(node: &NodeProto) -> Option<(i64, bool)> {
    let find =
        |name: &'static str| node.attribute.iter().filter(move |own| own.name.as_deref() == Some(name));
    let mut classes = find("class_ids").flat_map(|attribute| &attribute.ints);
    let first = *classes.next()?;
    let weights = || find("class_weights").flat_map(|attribute| &attribute.floats);
    classes.all(|class| *class == first).then(|| (first, weights().all(|weight| *weight >= 0.0)))
}

fn without_hits(node: &NodeProto) -> NodeProto {
    let mut node = node.clone();
    node.attribute.retain(|attribute| attribute.name.as_deref() != Some(HITS));
    node
}
