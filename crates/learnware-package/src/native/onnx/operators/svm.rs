//! `SVMClassifier` and `SVMRegressor`.
//!
//! Probabilities are libsvm's: a logistic per pair of classes, coupled by the second method of Wu, Lin
//! and Weng, "Probability estimates for multi-class classification by pairwise coupling", JMLR 5, 2004.

use super::super::attributes::Attributes;
use super::super::tensor::{Budget, Fault, Kind, Tensor};
use super::classic::{Labels, PostTransform, rows_of};
use super::{Compiled, Inputs, Operator};
use crate::native::error::NativeError;
use crate::native::logistic;

pub(super) const NAMES: &[&str] = &["SVMClassifier", "SVMRegressor"];

/// Most classes; pairs grow with the square, coupling with the cube.
const CLASSES_MAX: usize = 256;

pub(super) fn compile(name: &str, attributes: &Attributes) -> Compiled {
    Ok(Some(match name {
        "SVMClassifier" => Box::new(Classifier::new(attributes)?),
        "SVMRegressor" => Box::new(Regressor::new(attributes)?),
        _ => return Ok(None),
    }))
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Linear,
    Poly,
    Rbf,
    Sigmoid,
}

/// Kernel and support vectors.
struct Kernel {
    shape: Shape,
    gamma: f64,
    coef0: f64,
    degree: f64,
    /// Vectors x columns.
    vectors: Vec<f64>,
    columns: usize,
}

impl Kernel {
    fn new(attributes: &Attributes, count: usize) -> Result<Self, NativeError> {
        let shape = match attributes.text("kernel_type").as_str() {
            "" | "LINEAR" => Shape::Linear,
            "POLY" => Shape::Poly,
            "RBF" => Shape::Rbf,
            "SIGMOID" => Shape::Sigmoid,
            other => return Err(attributes.wrong(format!("kernel {other}"))),
        };
        let vectors = attributes.floats("support_vectors")?;
        if count == 0 || vectors.is_empty() || vectors.len() % count != 0 {
            return Err(attributes.wrong(format!("{} numbers for {count} support vectors", vectors.len())));
        }
        let parameters = attributes.floats("kernel_params")?;
        let parameter = |place: usize| parameters.get(place).copied().unwrap_or(0.0);
        let columns = vectors.len() / count;
        Ok(Self { shape, gamma: parameter(0), coef0: parameter(1), degree: parameter(2), vectors, columns })
    }

    /// Fills `values` with the kernel of `row` and each vector.
    fn fill(&self, row: &[f64], values: &mut Vec<f64>) {
        values.clear();
        let dot = |vector: &[f64]| row.iter().zip(vector).map(|(a, b)| a * b).sum::<f64>();
        values.extend(self.vectors.chunks_exact(self.columns).map(|vector| match self.shape {
            Shape::Linear => dot(vector),
            Shape::Poly => (self.gamma * dot(vector) + self.coef0).powf(self.degree),
            Shape::Sigmoid => (self.gamma * dot(vector) + self.coef0).tanh(),
            Shape::Rbf => {
                let squared: f64 = row.iter().zip(vector).map(|(a, b)| (a - b) * (a - b)).sum();
                (-self.gamma * squared).exp()
            }
        }));
    }

    /// Checks the input's width and accounts for the work.
    fn check(&self, rows: usize, columns: usize, budget: &mut Budget) -> Result<(), Fault> {
        if columns != self.columns {
            return Err(Fault::broken(format!(
                "support vectors of {} columns, but gets {columns}",
                self.columns
            )));
        }
        budget.spend(rows.saturating_mul(self.vectors.len()))
    }
}

struct Regressor {
    kernel: Kernel,
    coefficients: Vec<f64>,
    rho: f64,
    one_class: bool,
}

impl Regressor {
    fn new(attributes: &Attributes) -> Result<Self, NativeError> {
        if PostTransform::of(attributes)? != PostTransform::None {
            return Err(attributes.unsupported("a post_transform", "export it with NONE"));
        }
        let count = usize::try_from(attributes.integer("n_supports", 0)).unwrap_or(0);
        let kernel = Kernel::new(attributes, count)?;
        let coefficients = attributes.floats("coefficients")?;
        if coefficients.len() != count {
            return Err(attributes.wrong(format!("{} coefficients for {count} vectors", coefficients.len())));
        }
        let rho = attributes.floats("rho")?.first().copied().unwrap_or(0.0);
        Ok(Self { kernel, coefficients, rho, one_class: attributes.integer("one_class", 0) != 0 })
    }
}

impl Operator for Regressor {
    fn run(&self, inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
        let (input, rows, columns) = rows_of(inputs)?;
        self.kernel.check(rows, columns, budget)?;
        let mut data = Vec::with_capacity(budget.take(&[rows, 1])?);
        let mut values = Vec::new();
        for row in input.data.chunks_exact(columns) {
            self.kernel.fill(row, &mut values);
            let score = self.rho + values.iter().zip(&self.coefficients).map(|(a, b)| a * b).sum::<f64>();
            data.push(match self.one_class {
                true if score > 0.0 => 1.0,
                true => -1.0,
                false => score,
            });
        }
        Ok(vec![Tensor::new(Kind::Float, vec![rows, 1], data)])
    }
}

struct Classifier {
    kernel: Kernel,
    labels: Labels,
    /// First vector of each class, and one past the last.
    bounds: Vec<usize>,
    /// (classes - 1) x vectors.
    coefficients: Vec<f64>,
    rho: Vec<f64>,
    /// Logistic of each pair: slope and offset; empty without probabilities.
    pairs: Vec<(f64, f64)>,
    post: PostTransform,
}

impl Classifier {
    fn new(attributes: &Attributes) -> Result<Self, NativeError> {
        let sizes = attributes.integers("vectors_per_class");
        let classes = sizes.len();
        if !(2..=CLASSES_MAX).contains(&classes) {
            let advice = "export it with support vectors, or as a LinearClassifier";
            return Err(attributes.unsupported(format!("{classes} classes of vectors"), advice));
        }
        let mut bounds = vec![0_usize];
        for size in sizes {
            let size = usize::try_from(*size).map_err(|_| attributes.wrong(format!("{size} vectors")))?;
            bounds.push(bounds[bounds.len() - 1].saturating_add(size));
        }
        let count = bounds[classes];
        let kernel = Kernel::new(attributes, count)?;
        let labels = Labels::of(attributes, "classlabels_ints", "classlabels_strings");
        let coefficients = attributes.floats("coefficients")?;
        let rho = attributes.floats("rho")?;
        let (a, b) = (attributes.floats("prob_a")?, attributes.floats("prob_b")?);
        let pairs = classes * (classes - 1) / 2;
        let fits = labels.len() == classes
            && Some(coefficients.len()) == count.checked_mul(classes - 1)
            && rho.len() == pairs
            && (a.is_empty() || a.len() == pairs)
            && a.len() == b.len();
        if !fits {
            return Err(
                attributes.wrong(format!("its parameters do not fit {classes} classes and {count} vectors"))
            );
        }
        let post = PostTransform::of(attributes)?;
        Ok(Self { kernel, labels, bounds, coefficients, rho, pairs: a.into_iter().zip(b).collect(), post })
    }

    /// One score per pair of classes; positive for the first of the pair.
    fn pair_scores(&self, values: &[f64]) -> Vec<f64> {
        let classes = self.labels.len();
        let count = self.bounds[classes];
        let part = |class: usize, other: usize| -> f64 {
            let line = if other > class { other - 1 } else { other };
            let range = self.bounds[class]..self.bounds[class + 1];
            let coefficients = &self.coefficients[line * count..(line + 1) * count][range.clone()];
            coefficients.iter().zip(&values[range]).map(|(a, b)| a * b).sum()
        };
        let mut scores = Vec::with_capacity(self.rho.len());
        for i in 0..classes {
            for j in i + 1..classes {
                scores.push(self.rho[scores.len()] + part(i, j) + part(j, i));
            }
        }
        scores
    }

    /// One row of what is answered.
    fn answer(&self, scores: Vec<f64>) -> Vec<f64> {
        let mut row = match (self.pairs.is_empty(), scores.as_slice()) {
            (false, _) => return coupled(&scores, &self.pairs, self.labels.len()),
            (true, [score]) => vec![-score, *score],
            (true, _) => scores,
        };
        self.post.apply(&mut row);
        row
    }

    /// Class with the most pairs won.
    fn votes(&self, scores: &[f64]) -> Vec<f64> {
        let classes = self.labels.len();
        let mut votes = vec![0.0; classes];
        let mut next = scores.iter();
        for i in 0..classes {
            for j in i + 1..classes {
                votes[if next.next().is_some_and(|score| *score > 0.0) { i } else { j }] += 1.0;
            }
        }
        votes
    }
}

impl Operator for Classifier {
    fn run(&self, inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
        let (input, rows, columns) = rows_of(inputs)?;
        self.kernel.check(rows, columns, budget)?;
        let classes = self.labels.len();
        budget.spend(rows.saturating_mul(self.coefficients.len()))?;
        if !self.pairs.is_empty() {
            budget.spend(rows.saturating_mul(classes * classes * 100))?;
        }
        budget.take(&[rows, self.rho.len().max(classes)])?;
        let (mut data, mut votes, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for row in input.data.chunks_exact(columns) {
            self.kernel.fill(row, &mut values);
            let scores = self.pair_scores(&values);
            votes.extend(self.votes(&scores));
            data.extend(self.answer(scores));
        }
        let width = data.len() / rows.max(1);
        let mut labelled = self.labels.answer(rows, votes, budget)?;
        labelled.truncate(1);
        labelled.push(Tensor::new(Kind::Float, vec![rows, width], data));
        Ok(labelled)
    }
}

/// Class probabilities from pairwise ones; two classes too, as ONNX Runtime does.
#[expect(clippy::needless_range_loop, reason = "matrix notation of the paper, both halves at once")]
fn coupled(scores: &[f64], pairs: &[(f64, f64)], classes: usize) -> Vec<f64> {
    let mut wins = vec![vec![0.0; classes]; classes];
    let mut next = scores.iter().zip(pairs);
    for i in 0..classes {
        for j in i + 1..classes {
            let first = next.next().map_or(0.5, |(score, (a, b))| 1.0 - logistic(score * a + b));
            wins[i][j] = first.clamp(1e-7, 1.0 - 1e-7);
            wins[j][i] = 1.0 - wins[i][j];
        }
    }
    let mut q = vec![vec![0.0; classes]; classes];
    for t in 0..classes {
        for j in (0..classes).filter(|j| *j != t) {
            q[t][t] += wins[j][t] * wins[j][t];
            q[t][j] = -wins[j][t] * wins[t][j];
        }
    }
    let mut p = vec![1.0 / classes as f64; classes];
    let mut qp = vec![0.0; classes];
    for _ in 0..classes.max(100) {
        for t in 0..classes {
            qp[t] = q[t].iter().zip(&p).map(|(a, b)| a * b).sum();
        }
        let mut pqp: f64 = p.iter().zip(&qp).map(|(a, b)| a * b).sum();
        let error = qp.iter().map(|value| (value - pqp).abs()).fold(0.0, f64::max);
        if error < 0.005 / classes as f64 {
            break;
        }
        for t in 0..classes {
            let step = (pqp - qp[t]) / q[t][t];
            p[t] += step;
            pqp = (pqp + step * (step * q[t][t] + 2.0 * qp[t])) / (1.0 + step) / (1.0 + step);
            for j in 0..classes {
                qp[j] = (qp[j] + step * q[t][j]) / (1.0 + step);
                p[j] /= 1.0 + step;
            }
        }
    }
    p
}
