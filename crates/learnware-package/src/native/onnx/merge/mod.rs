//! ONNX models of one architecture made into one.
//!
//! Nodes are compared in their order in the file; names of values may differ, as long as they link the same nodes. Averaged
//! by share are float initializers and constants, and the learned attributes of [`LEARNED`]; everything else must be equal.
//! Linear models behind scalers of their own come to the first model's scaler before, so that their mean is exact
//! ([`linear`]). Tree ensembles are put after each other ([`trees`]).

mod linear;
mod pairing;
#[cfg(test)]
mod tests;
mod trees;

use prost::Message;

use super::attributes::label;
use super::proto::{self, AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};
use super::tensor::{Kind, Tensor};
use super::{FORMAT, NativeError};
use crate::native::merge::{differ, mean, unmergeable};
use pairing::Pairing;

/// Operators and their attributes whose floats are learned.
const LEARNED: &[(&str, &[&str])] = &[
    ("Constant", &["value", "value_float", "value_floats"]),
    ("Imputer", &["imputed_value_floats"]),
    ("LinearClassifier", &["coefficients", "intercepts"]),
    ("LinearRegressor", &["coefficients", "intercepts"]),
    ("Scaler", &["offset", "scale"]),
];

/// Largest kind of attribute that the reader holds whole: a list of texts.
const ATTRIBUTE_KIND_MAX: i32 = 8;

/// Makes one model of several that were loaded before.
pub(in crate::native) fn merge(models: &[&[u8]], shares: &[f64]) -> Result<Vec<u8>, NativeError> {
    let models = models.iter().map(|bytes| proto::decode(bytes)).collect::<Result<Vec<_>, _>>()?;
    let mut graphs = Vec::with_capacity(models.len());
    for (place, model) in models.iter().enumerate() {
        require_same_language(&models[0], model, place)?;
        let graph = model.graph.clone();
        graphs.push(graph.ok_or_else(|| NativeError::malformed(FORMAT, "it has no graph"))?);
    }
    let (first, others) = graphs.split_at_mut(1);
    for other in others.iter_mut() {
        linear::rebase(&first[0], other);
    }
    let graph = merged(&graphs, shares)?;
    Ok(ModelProto { graph: Some(graph), ..models[0].clone() }.encode_to_vec())
}

/// Refuses other versions of the operators.
fn require_same_language(first: &ModelProto, other: &ModelProto, place: usize) -> Result<(), NativeError> {
    let sets = |model: &ModelProto| {
        let mut sets: Vec<String> = model
            .opset_import
            .iter()
            .map(|set| {
                let domain = set.domain.as_deref().unwrap_or_default();
                let domain = if domain.is_empty() { "ai.onnx" } else { domain };
                format!("{domain} {}", set.version.unwrap_or(0))
            })
            .collect();
        sets.sort();
        sets.dedup();
        sets.join(", ")
    };
    let (ours, theirs) = (sets(first), sets(other));
    if ours == theirs {
        Ok(())
    } else {
        Err(differ(FORMAT, place, "versions of the operators", &ours, &theirs))
    }
}

/// The first graph with the members' numbers.
fn merged(graphs: &[GraphProto], shares: &[f64]) -> Result<GraphProto, NativeError> {
    let first = &graphs[0];
    let mut pairings = Vec::with_capacity(graphs.len());
    for (place, graph) in graphs.iter().enumerate() {
        pairings.push(Pairing::of(first, graph, place)?);
    }
    let mut merged = first.clone();
    for (place, node) in merged.node.iter_mut().enumerate() {
        let members: Vec<&NodeProto> = graphs.iter().map(|graph| &graph.node[place]).collect();
        node.attribute = attributes(&members, shares)?;
    }
    for tensor in &mut merged.initializer {
        let name = tensor.name.clone().unwrap_or_default();
        let members: Option<Vec<&TensorProto>> =
            pairings.iter().map(|pairing| pairing.initializer(&name)).collect();
        // Nobody reads one without a partner.
        if let Some(members) = members {
            *tensor = averaged(&members, shares, &format!("weight {name:?}"))?;
        }
    }
    Ok(merged)
}

/// The attributes of one node, made of those of all members.
fn attributes(members: &[&NodeProto], shares: &[f64]) -> Result<Vec<AttributeProto>, NativeError> {
    let kind = members[0].op_type.as_deref().unwrap_or_default();
    if kind.starts_with("TreeEnsemble") {
        return trees::concatenated(members, shares);
    }
    let learned = LEARNED.iter().find(|(operator, _)| *operator == kind).map_or(&[][..], |(_, names)| names);
    let mut attributes = Vec::new();
    for own in &members[0].attribute {
        let name = own.name.as_deref().unwrap_or_default();
        let place = format!("{name} of {}", label(members[0]));
        if own.kind.unwrap_or(0) > ATTRIBUTE_KIND_MAX {
            return Err(unmergeable(FORMAT, format!("{place} is of a kind that is not read here")));
        }
        let all = same_attribute(members, name)?;
        if learned.contains(&name) {
            attributes.push(averaged_attribute(&all, shares, &place)?);
        } else if let Some(other) = all.iter().position(|other| !is_same(*other, own)) {
            let hint = if kind.starts_with("SVM") { "; support vectors have no mean" } else { "" };
            let reason = format!("{place} differs in model {}{hint}", other + 1);
            return Err(unmergeable(FORMAT, reason));
        } else {
            attributes.push(own.clone());
        }
    }
    Ok(attributes)
}

/// The attribute `name` of each member.
fn same_attribute<'a>(members: &[&'a NodeProto], name: &str) -> Result<Vec<&'a AttributeProto>, NativeError> {
    let find = |(place, node): (usize, &&'a NodeProto)| {
        let found = node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name));
        found.filter(|_| node.attribute.len() == members[0].attribute.len()).ok_or_else(|| {
            let place = place + 1;
            unmergeable(FORMAT, format!("the attributes of {} differ in model {place}", label(node)))
        })
    };
    members.iter().enumerate().map(find).collect()
}

/// The mean of an attribute's floats.
fn averaged_attribute(
    members: &[&AttributeProto],
    shares: &[f64],
    place: &str,
) -> Result<AttributeProto, NativeError> {
    let mut merged = members[0].clone();
    if members.iter().all(|member| is_same(*member, members[0])) {
        return Ok(merged);
    }
    let tensors: Option<Vec<&TensorProto>> = members.iter().map(|member| member.t.as_ref()).collect();
    if let Some(tensors) = tensors {
        merged.t = Some(averaged(&tensors, shares, place)?);
    }
    if members.iter().all(|member| member.f.is_some()) {
        let value = mean(shares, members.iter().map(|member| f64::from(member.f.unwrap_or(0.0))));
        merged.f = Some(finite(value as f32, place)?);
    }
    let lists: Vec<&[f32]> = members.iter().map(|member| member.floats.as_slice()).collect();
    merged.floats = averaged_floats(&lists, shares, place)?;
    let rest = |attribute: &AttributeProto| AttributeProto {
        t: None,
        f: None,
        floats: Vec::new(),
        ..attribute.clone()
    };
    if members.iter().any(|member| !is_same(&rest(member), &rest(members[0]))) {
        return Err(unmergeable(FORMAT, format!("{place} differs")));
    }
    Ok(merged)
}

/// The mean of lists of floats, place by place.
fn averaged_floats(lists: &[&[f32]], shares: &[f64], place: &str) -> Result<Vec<f32>, NativeError> {
    if let Some(other) = lists.iter().position(|list| list.len() != lists[0].len()) {
        let length = |list: &[f32]| list.len().to_string();
        return Err(differ(
            FORMAT,
            other,
            &format!("lengths of {place}"),
            &length(lists[0]),
            &length(lists[other]),
        ));
    }
    let at = |index: usize| {
        let numbers = || lists.iter().map(|list| list[index]);
        // What all say stays, whatever it is: NaN stands for absent numbers, infinity for no bound.
        if numbers().all(|number| number.to_bits() == lists[0][index].to_bits()) {
            return Ok(lists[0][index]);
        }
        finite(mean(shares, numbers().map(f64::from)) as f32, place)
    };
    (0..lists[0].len()).map(at).collect()
}

/// One tensor of all members: the mean of floats; anything else must be equal.
fn averaged(members: &[&TensorProto], shares: &[f64], place: &str) -> Result<TensorProto, NativeError> {
    let first = members[0];
    if members.iter().all(|member| is_same(*member, first)) {
        return Ok(first.clone());
    }
    let form = |tensor: &TensorProto| format!("type {} x {:?}", tensor.data_type.unwrap_or(0), tensor.dims);
    if let Some(other) = members.iter().position(|member| form(member) != form(first)) {
        let what = format!("types and shapes of {place}");
        return Err(differ(FORMAT, other, &what, &form(first), &form(members[other])));
    }
    let tensors = members.iter().map(|member| Tensor::constant(member)).collect::<Result<Vec<_>, _>>()?;
    let mut merged = first.clone();
    let numbers = |index: usize| mean(shares, tensors.iter().map(|tensor| tensor.data[index]));
    let mut raw = Vec::new();
    match tensors[0].kind {
        Kind::Float => {
            for index in 0..tensors[0].data.len() {
                raw.extend(finite(numbers(index) as f32, place)?.to_le_bytes());
            }
        }
        Kind::Double => {
            for index in 0..tensors[0].data.len() {
                raw.extend(finite(numbers(index), place)?.to_le_bytes());
            }
        }
        Kind::Integer | Kind::Bool | Kind::Text => {
            let same = |other: usize| {
                tensors[other].data == tensors[0].data && members[other].string_data == first.string_data
            };
            if let Some(other) = (0..members.len()).find(|other| !same(*other)) {
                return Err(unmergeable(
                    FORMAT,
                    format!("{place} is no float and differs in model {}", other + 1),
                ));
            }
            return Ok(merged);
        }
    }
    (merged.float_data, merged.double_data, merged.raw_data) = (Vec::new(), Vec::new(), Some(raw));
    Ok(merged)
}

/// Whether two parts of a file are the same to the bit: NaN is equal to itself here.
fn is_same<T: Message + PartialEq>(one: &T, other: &T) -> bool {
    one == other || one.encode_to_vec() == other.encode_to_vec()
}

/// Refuses a mean that is no number.
fn finite<T: Copy + Into<f64>>(value: T, place: &str) -> Result<T, NativeError> {
    if value.into().is_finite() {
        return Ok(value);
    }
    Err(unmergeable(FORMAT, format!("{place} has numbers that are not finite")))
}
