//! Linear models behind scalers of their own.
//!
//! `c ((x - o) s) + b` is the same model with another offset `O` and scale `S`: coefficients `c s / S` and intercepts
//! `b + sum c s (O - o)`. With one scaler for all, the mean of coefficients and intercepts is the mean of the models.

use super::super::proto::{AttributeProto, GraphProto, NodeProto};

/// Gives the linear models of `other` that stand behind a scaler the scaler of `first`, where both have the same nodes and
/// that is possible: where columns that the first scaler leaves out count nothing. Otherwise nothing changes.
pub(super) fn rebase(first: &GraphProto, other: &mut GraphProto) {
    if first.node.len() != other.node.len() {
        return;
    }
    for place in 0..other.node.len() {
        let (Some(reader), Some(wanted)) = (reader(other, place), Scaler::read(&first.node[place])) else {
            continue;
        };
        let Some(own) = Scaler::read(&other.node[place]) else { continue };
        let Some((coefficients, intercepts)) = rebased(&own, &wanted, &other.node[reader]) else { continue };
        set(&mut other.node[reader], "coefficients", coefficients);
        set(&mut other.node[reader], "intercepts", intercepts);
        other.node[place].attribute.clone_from(&first.node[place].attribute);
    }
}

/// What a scaler does to each column; one number may stand for all.
struct Scaler {
    offset: Vec<f32>,
    scale: Vec<f32>,
}

impl Scaler {
    fn read(node: &NodeProto) -> Option<Self> {
        if node.op_type.as_deref() != Some("Scaler") {
            return None;
        }
        Some(Self { offset: floats(node, "offset")?.to_vec(), scale: floats(node, "scale")?.to_vec() })
    }

    /// Offset and scale of a column.
    fn at(&self, column: usize) -> Option<(f64, f64)> {
        let one = |list: &[f32]| list.get(if list.len() == 1 { 0 } else { column }).copied();
        Some((f64::from(one(&self.offset)?), f64::from(one(&self.scale)?)))
    }

    fn columns(&self) -> usize {
        self.offset.len().max(self.scale.len())
    }
}

/// The place of the linear model that alone reads what the scaler at `place` makes.
fn reader(graph: &GraphProto, place: usize) -> Option<usize> {
    let [made] = graph.node[place].output.as_slice() else { return None };
    let mut readers = (0..graph.node.len()).filter(|&other| graph.node[other].input.contains(made));
    let reader = readers.next().filter(|_| readers.next().is_none())?;
    let is_output = graph.output.iter().any(|output| output.name.as_ref() == Some(made));
    let is_linear =
        matches!(graph.node[reader].op_type.as_deref(), Some("LinearRegressor" | "LinearClassifier"));
    (is_linear && !is_output).then_some(reader)
}

/// Coefficients and intercepts under the wanted scaler.
fn rebased(own: &Scaler, wanted: &Scaler, linear: &NodeProto) -> Option<(Vec<f32>, Vec<f32>)> {
    let (coefficients, intercepts) = (floats(linear, "coefficients")?, floats(linear, "intercepts")?);
    let columns = coefficients.len() / intercepts.len().max(1);
    let fits = |scaler: &Scaler| scaler.columns() == columns || scaler.columns() == 1;
    if columns == 0 || columns * intercepts.len() != coefficients.len() || !fits(own) || !fits(wanted) {
        return None;
    }
    let (mut moved, mut bases) =
        (Vec::with_capacity(coefficients.len()), Vec::with_capacity(intercepts.len()));
    for (row, intercept) in coefficients.chunks_exact(columns).zip(intercepts) {
        let mut base = f64::from(*intercept);
        for (column, coefficient) in row.iter().enumerate() {
            let ((offset, scale), (wanted_offset, wanted_scale)) = (own.at(column)?, wanted.at(column)?);
            let slope = f64::from(*coefficient) * scale;
            if wanted_scale == 0.0 && slope != 0.0 {
                return None;
            }
            moved.push(if slope == 0.0 { 0.0 } else { (slope / wanted_scale) as f32 });
            base += slope * (wanted_offset - offset);
        }
        bases.push(base as f32);
    }
    Some((moved, bases))
}

fn floats<'a>(node: &'a NodeProto, name: &str) -> Option<&'a [f32]> {
    find(node, name).map(|attribute| attribute.floats.as_slice()).filter(|floats| !floats.is_empty())
}

fn find<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
}

fn set(node: &mut NodeProto, name: &str, floats: Vec<f32>) {
    let found = node.attribute.iter_mut().find(|attribute| attribute.name.as_deref() == Some(name));
    if let Some(attribute) = found {
        attribute.floats = floats;
    }
}
