//! Which value of one graph is which of another with the same nodes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::proto::{GraphProto, NodeProto, TensorProto, TypeProto, ValueInfo};
use super::super::{FORMAT, NativeError};
use crate::native::merge::{differ, unmergeable};

/// The values of a graph by their names in the first graph.
pub(super) struct Pairing<'a> {
    /// Names in the first graph, and here.
    names: BTreeMap<&'a str, &'a str>,
    taken: BTreeSet<&'a str>,
    initializers: BTreeMap<&'a str, &'a TensorProto>,
    /// Place of the graph among the members, from 0.
    place: usize,
}

impl<'a> Pairing<'a> {
    /// Walks both graphs side by side: inputs, then nodes in the order of their files, then outputs.
    ///
    /// # Errors
    /// [`NativeError::Unmergeable`] at the first difference.
    pub(super) fn of(
        first: &'a GraphProto,
        other: &'a GraphProto,
        place: usize,
    ) -> Result<Self, NativeError> {
        let mut pairing =
            Self { names: BTreeMap::new(), taken: BTreeSet::new(), initializers: initializers(other), place };
        let own = initializers(first);
        pairing.inputs((first, &own), other)?;
        if first.node.len() != other.node.len() {
            let count = |graph: &GraphProto| graph.node.len().to_string();
            return Err(differ(FORMAT, place, "numbers of nodes", &count(first), &count(other)));
        }
        for (node, partner) in first.node.iter().zip(&other.node) {
            pairing.node(node, partner)?;
        }
        let is_weight = |(name, partner): (&&str, &&str)| {
            own.contains_key(name) == pairing.initializers.contains_key(partner)
        };
        if let Some((name, _)) = pairing.names.iter().find(|pair| !is_weight(*pair)) {
            return Err(pairing.wrong(format!("{name:?} is a weight in one of them only")));
        }
        pairing.outputs(first, other)?;
        // A nested graph reads values by names of its own, which are compared as they are.
        let is_nested = |node: &NodeProto| node.attribute.iter().any(|attribute| attribute.g.is_some());
        if first.node.iter().any(is_nested) && pairing.names.iter().any(|(name, partner)| name != partner) {
            return Err(pairing.wrong("a graph with nested graphs has other names"));
        }
        Ok(pairing)
    }

    /// The initializer that the first graph calls `name`; `None` where no node reads it.
    pub(super) fn initializer(&self, name: &str) -> Option<&'a TensorProto> {
        self.initializers.get(self.names.get(name)?).copied()
    }

    fn inputs(
        &mut self,
        (first, own): (&'a GraphProto, &BTreeMap<&str, &TensorProto>),
        other: &'a GraphProto,
    ) -> Result<(), NativeError> {
        let ours: Vec<&ValueInfo> =
            first.input.iter().filter(|value| !own.contains_key(name(value))).collect();
        let theirs: Vec<&ValueInfo> =
            other.input.iter().filter(|value| !self.initializers.contains_key(name(value))).collect();
        if ours.len() != theirs.len() {
            let (ours, theirs) = (ours.len().to_string(), theirs.len().to_string());
            return Err(differ(FORMAT, self.place, "numbers of inputs", &ours, &theirs));
        }
        // Names of several inputs are those of columns.
        let are_columns = ours.len() > 1;
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let is_named = are_columns && name(ours) != name(theirs);
            if is_named || form(ours) != form(theirs) || !self.pair(name(ours), name(theirs)) {
                return Err(self.wrong(format!("input {:?} is not input {:?}", name(ours), name(theirs))));
            }
        }
        Ok(())
    }

    fn node(&mut self, node: &'a NodeProto, partner: &'a NodeProto) -> Result<(), NativeError> {
        let kind = |node: &NodeProto| {
            let domain = node.domain.as_deref().unwrap_or_default();
            let domain = if domain == "ai.onnx" { "" } else { domain };
            format!("{domain} {}", node.op_type.as_deref().unwrap_or_default()).trim().to_owned()
        };
        let what = kind(node);
        if what != kind(partner) {
            return Err(differ(FORMAT, self.place, "nodes", &what, &kind(partner)));
        }
        let is_linked = (node.input.len(), node.output.len()) == (partner.input.len(), partner.output.len());
        let values = node.input.iter().chain(&node.output);
        let partners = partner.input.iter().chain(&partner.output);
        if !is_linked || !values.zip(partners).all(|(ours, theirs)| self.pair(ours, theirs)) {
            return Err(self.wrong(format!("a node {what} reads or makes other values")));
        }
        Ok(())
    }

    fn outputs(&mut self, first: &'a GraphProto, other: &'a GraphProto) -> Result<(), NativeError> {
        let are_equal = first.output.len() == other.output.len()
            && first
                .output
                .iter()
                .zip(&other.output)
                .all(|(ours, theirs)| form(ours) == form(theirs) && self.pair(name(ours), name(theirs)));
        if are_equal { Ok(()) } else { Err(self.wrong("the outputs differ")) }
    }

    /// Takes two names for one value; false where one of them is another's already.
    fn pair(&mut self, ours: &'a str, theirs: &'a str) -> bool {
        if ours.is_empty() || theirs.is_empty() {
            return ours == theirs;
        }
        if let Some(known) = self.names.get(ours) {
            return *known == theirs;
        }
        self.names.insert(ours, theirs);
        self.taken.insert(theirs)
    }

    fn wrong(&self, reason: impl std::fmt::Display) -> NativeError {
        unmergeable(FORMAT, format!("model {}: {reason}", self.place + 1))
    }
}

fn initializers(graph: &GraphProto) -> BTreeMap<&str, &TensorProto> {
    graph.initializer.iter().map(|tensor| (tensor.name.as_deref().unwrap_or_default(), tensor)).collect()
}

fn name(value: &ValueInfo) -> &str {
    value.name.as_deref().unwrap_or_default()
}

/// A declared type without the names of its free axes.
fn form(value: &ValueInfo) -> Option<TypeProto> {
    let mut kind = value.kind.clone();
    let shape = kind.as_mut().and_then(|kind| kind.tensor.as_mut()).and_then(|tensor| tensor.shape.as_mut());
    for dimension in shape.into_iter().flat_map(|shape| &mut shape.dimension) {
        dimension.parameter = None;
    }
    kind
}
