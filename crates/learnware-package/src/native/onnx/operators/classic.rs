//! The `ai.onnx.ml` operators for preparing columns and for linear models.

use super::super::attributes::Attributes;
use super::super::tensor::{Budget, Fault, Kind, Tensor};
use super::linear::product;
use super::{Compiled, Inputs, Operator};
use crate::native::error::NativeError;
use crate::native::onnx::tensor::place;
use crate::native::{argmax, logistic, softmax};

pub(super) const NAMES: &[&str] = &[
    "Scaler",
    "Normalizer",
    "Imputer",
    "Binarizer",
    "OneHotEncoder",
    "LabelEncoder",
    "ArrayFeatureExtractor",
    "FeatureVectorizer",
    "ZipMap",
    "LinearRegressor",
    "LinearClassifier",
];

pub(super) fn compile(name: &str, attributes: &Attributes) -> Compiled {
    Ok(Some(match name {
        "Scaler" => scaler(attributes)?,
        "Normalizer" => normalizer(attributes)?,
        "Imputer" => imputer(attributes)?,
        "Binarizer" => {
            let threshold = attributes.float("threshold", 0.0);
            rows_kept(move |value, _| f64::from(u8::from(value > threshold)))
        }
        "OneHotEncoder" => one_hot(attributes)?,
        "LabelEncoder" => label_encoder(attributes)?,
        "ArrayFeatureExtractor" => Box::new(extract),
        "FeatureVectorizer" => Box::new(vectorize),
        "ZipMap" => rows_kept(|value, _| value),
        "LinearRegressor" => linear_regressor(attributes)?,
        "LinearClassifier" => linear_classifier(attributes)?,
        _ => return Ok(None),
    }))
}

/// How scores become what is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PostTransform {
    None,
    Logistic,
    Softmax,
    SoftmaxZero,
}

impl PostTransform {
    pub(super) fn of(attributes: &Attributes) -> Result<Self, NativeError> {
        match attributes.text("post_transform").as_str() {
            "" | "NONE" => Ok(Self::None),
            "LOGISTIC" => Ok(Self::Logistic),
            "SOFTMAX" => Ok(Self::Softmax),
            "SOFTMAX_ZERO" => Ok(Self::SoftmaxZero),
            other => {
                Err(attributes
                    .unsupported(format!("post_transform {other}"), "export it with LOGISTIC or NONE"))
            }
        }
    }

    /// Transforms the scores of one row.
    pub(super) fn apply(self, row: &mut [f64]) {
        match self {
            Self::None => {}
            Self::Logistic => row.iter_mut().for_each(|value| *value = logistic(*value)),
            Self::Softmax => softmax(row),
            Self::SoftmaxZero => {
                // Scores that are zero stay zero.
                let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let power = |value: f64| {
                    if value.abs() > 1e-7 { (value - largest).exp() } else { value * (-largest).exp() }
                };
                for value in row.iter_mut() {
                    *value = power(*value);
                }
                let sum: f64 = row.iter().sum();
                for value in row.iter_mut() {
                    *value = if sum == 0.0 { 0.5 } else { *value / sum };
                }
            }
        }
    }
}

/// Labels of a classifier: how many, and the number answered for each.
pub(super) struct Labels {
    kind: Kind,
    values: Vec<f64>,
}

impl Labels {
    /// Reads `integers` or `texts`, whichever is there.
    pub(super) fn of(attributes: &Attributes, integers: &str, texts: &str) -> Self {
        let numbers = attributes.integers(integers);
        if numbers.is_empty() {
            let count = attributes.texts(texts).len();
            return Self { kind: Kind::Text, values: (0..count).map(|place| place as f64).collect() };
        }
        Self { kind: Kind::Integer, values: numbers.iter().map(|value| *value as f64).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The label of each row of scores, one per class; the two outputs of a classifier.
    pub(super) fn answer(
        &self,
        rows: usize,
        scores: Vec<f64>,
        budget: &mut Budget,
    ) -> Result<Vec<Tensor>, Fault> {
        let columns = scores.len() / rows.max(1);
        budget.take(&[rows])?;
        let label = |row: &[f64]| self.values.get(argmax(row) as usize).copied().unwrap_or(0.0);
        let labels = scores.chunks_exact(columns.max(1)).map(label).collect();
        Ok(vec![
            Tensor::new(self.kind, vec![rows], labels),
            Tensor::new(Kind::Float, vec![rows, columns], scores),
        ])
    }
}

/// The input as rows of numbers.
pub(super) fn rows_of<'a>(inputs: &Inputs<'a>) -> Result<(&'a Tensor, usize, usize), Fault> {
    let input = inputs.required(0)?;
    if input.kind == Kind::Text {
        return Err(Fault::broken("takes texts, which is not evaluated here"));
    }
    let (rows, columns) = input.as_rows()?;
    if columns == 0 {
        return Err(Fault::broken("gets no columns"));
    }
    Ok((input, rows, columns))
}

/// An operator that changes every number by itself; the function also gets its column.
fn rows_kept(function: impl Fn(f64, usize) -> f64 + Send + 'static) -> Box<dyn Operator> {
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let (input, _, columns) = rows_of(inputs)?;
        budget.take(&input.shape)?;
        let cells = input.data.iter().enumerate();
        let data = cells.map(|(place, value)| function(*value, place % columns)).collect();
        let kind = if input.kind == Kind::Double { Kind::Double } else { Kind::Float };
        Ok(vec![Tensor::new(kind, input.shape.clone(), data)])
    })
}

/// Refuses an input whose columns are not `lengths` (1 stands for all columns).
fn same_columns(columns: usize, lengths: &[usize]) -> Result<(), Fault> {
    match lengths.iter().find(|length| **length != columns && **length != 1) {
        None => Ok(()),
        Some(length) => Err(Fault::broken(format!("{length} parameters for {columns} columns"))),
    }
}

fn scaler(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let (offset, scale) = (attributes.floats("offset")?, attributes.floats("scale")?);
    if offset.is_empty() || scale.is_empty() {
        return Err(attributes.wrong("it has no offset or no scale"));
    }
    let (lengths, last) = ([offset.len(), scale.len()], (offset.len() - 1, scale.len() - 1));
    let scale_one = rows_kept(move |value, column| {
        Kind::Float.round(value - offset[column.min(last.0)]) * scale[column.min(last.1)]
    });
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let (_, _, columns) = rows_of(inputs)?;
        same_columns(columns, &lengths)?;
        scale_one.run(inputs, budget)
    }))
}

fn normalizer(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let norm: fn(&[f64]) -> f64 = match attributes.text("norm").as_str() {
        "" | "MAX" => |row| row.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "L1" => |row| row.iter().map(|value| value.abs()).sum(),
        "L2" => |row| row.iter().map(|value| value * value).sum::<f64>().sqrt(),
        other => return Err(attributes.wrong(format!("norm {other}"))),
    };
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let (input, _, columns) = rows_of(inputs)?;
        budget.take(&input.shape)?;
        let mut data = input.data.clone();
        for row in data.chunks_exact_mut(columns) {
            let size = norm(row);
            if size != 0.0 {
                for value in row.iter_mut() {
                    *value /= size;
                }
            }
        }
        Ok(vec![Tensor::new(Kind::Float, input.shape.clone(), data)])
    }))
}

fn imputer(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let mut values = attributes.floats("imputed_value_floats")?;
    let mut replaced = attributes.float("replaced_value_float", 0.0);
    if values.is_empty() {
        values = attributes.integers("imputed_value_int64s").iter().map(|value| *value as f64).collect();
        replaced = attributes.integer("replaced_value_int64", 0) as f64;
    }
    if values.is_empty() {
        return Err(attributes.wrong("it has no values"));
    }
    let (length, last) = (values.len(), values.len() - 1);
    let fill = rows_kept(move |value, column| {
        let missing = value == replaced || value.is_nan() && replaced.is_nan();
        if missing { values[column.min(last)] } else { value }
    });
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let (_, _, columns) = rows_of(inputs)?;
        same_columns(columns, &[length])?;
        fill.run(inputs, budget)
    }))
}

fn one_hot(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let codes: Vec<f64> = attributes.integers("cats_int64s").iter().map(|code| *code as f64).collect();
    let zeros = attributes.integer("zeros", 1) != 0;
    if codes.is_empty() {
        return Err(attributes.unsupported("categories that are texts", "encode the texts as numbers first"));
    }
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        if input.kind == Kind::Text {
            return Err(Fault::broken("takes texts, which is not evaluated here"));
        }
        let mut shape = input.shape.clone();
        shape.push(codes.len());
        let count = budget.take(&shape)?;
        let mut data = Vec::with_capacity(count);
        for value in &input.data {
            let value = value.trunc();
            if !zeros && !codes.contains(&value) {
                return Err(Fault::Value(format!("{value} is not one of its categories")));
            }
            data.extend(codes.iter().map(|code| f64::from(u8::from(*code == value))));
        }
        Ok(vec![Tensor::new(Kind::Float, shape, data)])
    }))
}

fn label_encoder(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let list = |integers: &str, floats: &str| -> Result<(Kind, Vec<f64>), NativeError> {
        if attributes.has(integers) {
            return Ok((
                Kind::Integer,
                attributes.integers(integers).iter().map(|value| *value as f64).collect(),
            ));
        }
        Ok((Kind::Float, attributes.floats(floats)?))
    };
    let (_, keys) = list("keys_int64s", "keys_floats")?;
    let (kind, values) = list("values_int64s", "values_floats")?;
    if keys.is_empty() || keys.len() != values.len() {
        return Err(attributes.unsupported("texts", "encode the texts as numbers first"));
    }
    let default = match kind {
        Kind::Integer => attributes.integer("default_int64", -1) as f64,
        _ => attributes.float("default_float", -0.0),
    };
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        if input.kind == Kind::Text {
            return Err(Fault::broken("takes texts, which is not evaluated here"));
        }
        budget.take(&input.shape)?;
        budget.spend(input.data.len().saturating_mul(keys.len()))?;
        let find = |value: &f64| keys.iter().position(|key| key == value || key.is_nan() && value.is_nan());
        let data =
            input.data.iter().map(|value| find(value).map_or(default, |place| values[place])).collect();
        Ok(vec![Tensor::new(kind, input.shape.clone(), data)])
    }))
}

/// `ArrayFeatureExtractor`: places along the last axis.
fn extract(inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
    let (input, indices) = (inputs.required(0)?, inputs.required(1)?);
    let Some((&size, outer)) = input.shape.split_last() else {
        return Err(Fault::broken("has nothing to choose from"));
    };
    let picked = indices.integers().iter().map(|index| place(*index, size)).collect::<Result<Vec<_>, _>>()?;
    let mut shape = if outer.is_empty() { vec![1] } else { outer.to_vec() };
    shape.push(picked.len());
    let mut data = Vec::with_capacity(budget.take(&shape)?);
    for row in input.data.chunks_exact(size.max(1)) {
        data.extend(picked.iter().map(|place| row[*place]));
    }
    Ok(vec![Tensor { kind: input.kind, shape, data }])
}

/// `FeatureVectorizer`: columns side by side, as floats.
fn vectorize(inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
    let mut parts: Vec<(usize, usize, &Tensor)> = Vec::new();
    for place in 0..inputs.0.len() {
        let part = inputs.required(place)?;
        let (rows, columns) = part.as_rows()?;
        if part.kind == Kind::Text || parts.first().is_some_and(|(first, ..)| *first != rows) {
            return Err(Fault::broken("its inputs do not go side by side"));
        }
        parts.push((rows, columns, part));
    }
    let rows = parts.first().map_or(0, |(rows, ..)| *rows);
    let columns = parts.iter().map(|(_, columns, _)| columns).sum();
    let mut data = Vec::with_capacity(budget.take(&[rows, columns])?);
    for row in 0..rows {
        for (_, columns, part) in &parts {
            data.extend_from_slice(&part.data[row * columns..(row + 1) * columns]);
        }
    }
    Ok(vec![Tensor::new(Kind::Float, vec![rows, columns], data)])
}

/// Scores of a linear model: coefficients are targets x columns.
struct Linear {
    /// Columns x targets.
    coefficients: Vec<f64>,
    intercepts: Vec<f64>,
    columns: usize,
    targets: usize,
}

impl Linear {
    fn new(attributes: &Attributes, targets: usize) -> Result<Self, NativeError> {
        let given = attributes.floats("coefficients")?;
        let mut intercepts = attributes.floats("intercepts")?;
        if targets == 0 || given.is_empty() || given.len() % targets != 0 {
            return Err(attributes.wrong(format!("{} coefficients for {targets} targets", given.len())));
        }
        if intercepts.is_empty() {
            intercepts = vec![0.0; targets];
        }
        if intercepts.len() != targets {
            return Err(attributes.wrong(format!("{} intercepts for {targets} targets", intercepts.len())));
        }
        let columns = given.len() / targets;
        let coefficients = (0..columns).flat_map(|c| given[c..].iter().step_by(columns).copied()).collect();
        Ok(Self { coefficients, intercepts, columns, targets })
    }

    fn scores(&self, inputs: &Inputs, budget: &mut Budget) -> Result<(usize, Vec<f64>), Fault> {
        let (input, rows, columns) = rows_of(inputs)?;
        if columns != self.columns {
            return Err(Fault::broken(format!(
                "coefficients for {} columns, but gets {columns}",
                self.columns
            )));
        }
        let mut scores = product(&input.data, &self.coefficients, (rows, columns, self.targets), budget)?;
        for row in scores.chunks_exact_mut(self.targets) {
            row.iter_mut().zip(&self.intercepts).for_each(|(score, intercept)| *score += intercept);
        }
        Ok((rows, scores))
    }
}

fn linear_regressor(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let targets = usize::try_from(attributes.integer("targets", 1)).unwrap_or(0);
    let linear = Linear::new(attributes, targets)?;
    let post = PostTransform::of(attributes)?;
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let (rows, mut scores) = linear.scores(inputs, budget)?;
        scores.chunks_exact_mut(targets).for_each(|row| post.apply(row));
        Ok(vec![Tensor::new(Kind::Float, vec![rows, targets], scores)])
    }))
}

fn linear_classifier(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let labels = Labels::of(attributes, "classlabels_ints", "classlabels_strings");
    let intercepts = attributes.floats("intercepts")?.len();
    let targets = if intercepts == 0 { labels.len() } else { intercepts };
    let linear = Linear::new(attributes, targets)?;
    let post = PostTransform::of(attributes)?;
    let two_of_one = targets == 1 && labels.len() == 2;
    if labels.len() != targets && !two_of_one {
        return Err(attributes.wrong(format!("{} labels for {targets} scores", labels.len())));
    }
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let (rows, mut scores) = linear.scores(inputs, budget)?;
        if two_of_one {
            budget.take(&[rows])?;
            scores = scores.iter().flat_map(|score| [-score, *score]).collect();
        }
        scores.chunks_exact_mut(labels.len()).for_each(|row| post.apply(row));
        labels.answer(rows, scores, budget)
    }))
}
