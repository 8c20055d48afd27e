//! Our map: factors that columns share, in closed form.
//!
//! A column is the vector `e_j` of its description ([`super::words`]), a row `x` of a table is
//! `s = sum_j x_j e_j / sqrt(d)`: columns that are called alike add up. The reference trains its network so that two
//! halves of a row's columns land near each other. For linear maps that has a closed form: over all ways to cut the
//! columns of a row in two, the halves agree most along the leading eigenvectors of
//!
//! ```text
//! C = sum over specifications of  E[s s'] - E[sum_j x_j^2 e_j e_j'] / d
//! ```
//!
//! that is, of the second moments between *different* columns (canonical correlations between the halves, in the limit of
//! strong regularisation, which was best; docs/adr/0036-map-between-islands.md). Where the model's answers `y` on its
//! points are known, directions that go with them count more: `E[s y] E[s y]'` is added.
//!
//! Beside the factors, a point of the world holds the mean of the descriptions' vectors: what the table speaks of. It is
//! the same in all points of a specification.

use super::descriptions::DIMENSION;
use super::frame::{Frame, Framed};
use super::tensors::{Tensors, bad};
use super::{HeteroMap, Lesson, MapIdentity, MapKind, require_described};
use crate::error::{EngineError, Result};
use crate::numeric::symmetric::Eigen;
use crate::numeric::vector::{add_scaled, dot, median};
use crate::numeric::{Matrix, parallel};
use crate::specification::Rkme;

/// Factors that rows are seen by.
const FACTORS: usize = 6;
/// Axes of what tables speak of; one more holds what lies beside them.
const SUBJECTS: usize = 16;
/// Numbers in a point of the world: few enough that the part of the data that one learnware covers can be told.
const WORLD_DIMENSION: usize = FACTORS + SUBJECTS + 1;
/// Variance of the subjects over the learnwares, where that of the factors within a typical one is 1.
const SUBJECT_WEIGHT: f64 = 2.0;
/// Part of a row's way from the specification's mean that counts: how a factor lies around its level depends on which columns
/// a table has, the level itself does so less.
const SPREAD_PART: f64 = 0.3;
/// Variance of the subjects that is assumed at least, of vectors of length 1: in a market of one kind of tables
/// strangers are still far.
const SUBJECT_VARIANCE_MIN: f64 = 0.1;
/// Weight of what goes with the models' answers.
const ANSWER_WEIGHT: f64 = 1.0;
/// Version of everything that is fixed here and in the words.
const RELEASE: &str = "1";

/// Our map; see the top of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorMap {
    identity: MapIdentity,
    frame: Frame,
    /// Directions of the factors, one a row, scaled.
    factors: Matrix,
    /// Orthonormal directions of the subjects, one a row, strongest first.
    subjects: Matrix,
    /// The typical subject, 1 x [`DIMENSION`].
    centre: Matrix,
    /// Factor for the subjects.
    subject_scale: f64,
}

impl FactorMap {
    /// Trains a map. Lessons without a description of any column are passed over.
    ///
    /// # Errors
    /// When no lesson is left, or one has not as many descriptions as columns, or answers as points.
    pub fn train(lessons: &[Lesson<'_>]) -> Result<Self> {
        for lesson in lessons {
            require_described(lesson.specification, lesson.columns)?;
            require_answers(lesson)?;
        }
        let frame = stored(|tensors| Frame::of(lessons).write(tensors), Frame::read)?;
        let framed = parallel::map(lessons.len(), |i| {
            frame.apply(lessons[i].specification, lessons[i].columns).ok().map(|framed| (i, framed))
        });
        let framed: Vec<(usize, Framed)> = framed.into_iter().flatten().collect();
        if framed.is_empty() {
            return Err(EngineError::Empty { what: "the set of learnwares with described columns" });
        }
        let factors = factors(lessons, &framed);
        let (subjects, centre, variance) = subjects(&framed);
        let mut map = Self {
            identity: identity(framed.len(), frame.len()),
            frame,
            factors,
            subjects,
            centre,
            subject_scale: (SUBJECT_WEIGHT / variance.max(SUBJECT_VARIANCE_MIN)).sqrt(),
        };
        let within = framed.iter().map(|(i, framed)| map.within(lessons[*i].specification, framed));
        let scale = 1.0 / median(within.collect()).max(f64::MIN_POSITIVE).sqrt();
        if scale.is_finite() {
            map.factors.as_mut_slice().iter_mut().for_each(|value| *value *= scale);
        }
        // The numbers that are written are the ones used: a map that is read again is the same map.
        Self::from_tensors(&map.tensors())
    }

    /// Reads a map of this kind.
    pub(super) fn from_tensors(tensors: &Tensors) -> Result<Self> {
        let release = tensors.text("release")?;
        if release != RELEASE {
            return Err(bad(format!(
                "it is of release {release}, this program reads {RELEASE}; train it anew"
            )));
        }
        let frame = Frame::read(tensors)?;
        let mut identity = identity(tensors.whole_number("learnwares")?, frame.len());
        identity.version = tensors.digest();
        Ok(Self {
            identity,
            frame,
            factors: tensors.matrix("factors", FACTORS, DIMENSION)?,
            subjects: tensors.matrix("subjects", SUBJECTS, DIMENSION)?,
            centre: tensors.matrix("centre", 1, DIMENSION)?,
            subject_scale: tensors.matrix("subject_scale", 1, 1)?.at(0, 0),
        })
    }

    fn tensors(&self) -> Tensors {
        let mut tensors = Tensors::default();
        tensors.set_note("kind", MapKind::Factors.word());
        tensors.set_note("release", RELEASE);
        tensors.set_note("learnwares", self.identity.learnwares.to_string());
        self.frame.write(&mut tensors);
        tensors.set_matrix("factors", &self.factors);
        tensors.set_matrix("subjects", &self.subjects);
        tensors.set_matrix("centre", &self.centre);
        tensors.set("subject_scale", &[1, 1], vec![self.subject_scale as f32]);
        tensors
    }

    /// Rows by the factors, K x [`FACTORS`].
    fn by_factors(&self, framed: &Framed) -> Matrix {
        let scale = 1.0 / (framed.vectors.rows() as f64).sqrt();
        // Each column's part in each factor, columns x factors.
        let parts: Vec<Vec<f64>> = framed
            .vectors
            .iter_rows()
            .map(|vector| self.factors.iter_rows().map(|factor| scale * dot(factor, vector)).collect())
            .collect();
        let mut result = Matrix::zeros(framed.values.rows(), FACTORS);
        for (index, row) in framed.values.iter_rows().enumerate() {
            for (value, parts) in row.iter().zip(&parts) {
                add_scaled(result.row_mut(index), *value, parts);
            }
        }
        result
    }

    /// The variance of a specification's rows, summed over the factors.
    fn within(&self, specification: &Rkme, framed: &Framed) -> f64 {
        let rows = self.by_factors(framed);
        let weights = shares(specification);
        let level = level(&rows, &weights);
        let square =
            |row: &[f64]| row.iter().zip(&level).map(|(value, mean)| (value - mean).powi(2)).sum::<f64>();
        rows.iter_rows().zip(&weights).map(|(row, weight)| weight * square(row)).sum()
    }

    /// What a table speaks of, [`SUBJECTS`] numbers and one more.
    fn subject(&self, framed: &Framed) -> Vec<f64> {
        let mut rest = mean_vector(&framed.vectors);
        add_scaled(&mut rest, -1.0, self.centre.row(0));
        let mut along = Vec::with_capacity(SUBJECTS + 1);
        for axis in self.subjects.iter_rows() {
            let length = dot(axis, &rest);
            add_scaled(&mut rest, -length, axis);
            along.push(length);
        }
        along.push(dot(&rest, &rest).sqrt());
        along.into_iter().map(|value| value * self.subject_scale).collect()
    }
}

impl HeteroMap for FactorMap {
    fn identity(&self) -> &MapIdentity {
        &self.identity
    }

    fn embed(&self, specification: &Rkme, columns: &[String]) -> Result<Rkme> {
        require_described(specification, columns)?;
        let framed = self.frame.apply(specification, columns)?;
        let (rows, subject) = (self.by_factors(&framed), self.subject(&framed));
        let level = level(&rows, &shares(specification));
        let near = |row: &f64, level: &f64| SPREAD_PART.mul_add(row - level, *level);
        let values = rows
            .iter_rows()
            .flat_map(|row| {
                row.iter().zip(&level).map(|(row, level)| near(row, level)).chain(subject.iter().copied())
            })
            .collect();
        let points = Matrix::new(rows.rows(), WORLD_DIMENSION, values)?;
        let weights = specification.weights().to_vec();
        Rkme::new(points, weights, specification.gamma(), specification.row_count())
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.tensors().to_bytes()
    }
}

fn identity(learnwares: usize, descriptions: usize) -> MapIdentity {
    let (kind, version) = (MapKind::Factors, String::new());
    MapIdentity { kind, version, dimension: WORLD_DIMENSION, seed: 0, learnwares, descriptions }
}

/// A part as it will be after writing and reading.
fn stored<T>(write: impl FnOnce(&mut Tensors), read: impl FnOnce(&Tensors) -> Result<T>) -> Result<T> {
    let mut tensors = Tensors::default();
    write(&mut tensors);
    read(&tensors)
}

fn require_answers(lesson: &Lesson<'_>) -> Result<()> {
    let Some(answers) = lesson.answers else { return Ok(()) };
    let count = lesson.specification.points().rows();
    if answers.len() != count {
        return Err(EngineError::Shape {
            what: "answers of the model, one for each point",
            expected: count.to_string(),
            found: answers.len().to_string(),
        });
    }
    match answers.iter().position(|answer| !answer.is_finite()) {
        Some(row) => Err(EngineError::NonFinite { column: 0, row }),
        None => Ok(()),
    }
}

/// The leading directions in which the halves of rows agree, each as long as the root of its eigenvalue.
fn factors(lessons: &[Lesson<'_>], framed: &[(usize, Framed)]) -> Matrix {
    let moments = parallel::map(framed.len(), |at| {
        let (lesson, framed) = (&lessons[framed[at].0], &framed[at].1);
        agreement(lesson, framed)
    });
    let mut sum = Matrix::zeros(DIMENSION, DIMENSION);
    for moment in &moments {
        add_scaled(sum.as_mut_slice(), 1.0 / moments.len() as f64, moment.as_slice());
    }
    let mut leading = leading(&sum, FACTORS);
    for (value, row) in leading.0.iter().zip(0..) {
        let length = value.max(0.0).sqrt();
        leading.1.row_mut(row).iter_mut().for_each(|part| *part *= length);
    }
    leading.1
}

/// Second moments between different columns of a specification, and between columns and answers.
fn agreement(lesson: &Lesson<'_>, framed: &Framed) -> Matrix {
    let (weights, scale) = (shares(lesson.specification), 1.0 / framed.vectors.rows() as f64);
    let mut moments = Matrix::zeros(DIMENSION, DIMENSION);
    let mut with_answers = vec![0.0; DIMENSION];
    let answers = lesson.answers.map(|answers| standardised(answers, &weights));
    let mut sum = vec![0.0; DIMENSION];
    let mut squares = vec![0.0; framed.vectors.rows()];
    for (index, (row, weight)) in framed.values.iter_rows().zip(&weights).enumerate() {
        sum.fill(0.0);
        for ((value, vector), square) in row.iter().zip(framed.vectors.iter_rows()).zip(&mut squares) {
            add_scaled(&mut sum, *value, vector);
            *square += weight * value * value;
        }
        add_outer(&mut moments, scale * weight, &sum);
        if let Some(answers) = &answers {
            add_scaled(&mut with_answers, scale.sqrt() * weight * answers[index], &sum);
        }
    }
    for (square, vector) in squares.iter().zip(framed.vectors.iter_rows()) {
        add_outer(&mut moments, -scale * square, vector);
    }
    add_outer(&mut moments, ANSWER_WEIGHT, &with_answers);
    moments
}

/// Adds `factor v v'`.
fn add_outer(sum: &mut Matrix, factor: f64, vector: &[f64]) {
    for (row, value) in vector.iter().enumerate() {
        add_scaled(sum.row_mut(row), factor * value, vector);
    }
}

/// Axes, centre and variance of what the tables speak of.
fn subjects(framed: &[(usize, Framed)]) -> (Matrix, Matrix, f64) {
    let means: Vec<Vec<f64>> = framed.iter().map(|(_, framed)| mean_vector(&framed.vectors)).collect();
    let share = 1.0 / means.len() as f64;
    let mut centre = Matrix::zeros(1, DIMENSION);
    for mean in &means {
        add_scaled(centre.row_mut(0), share, mean);
    }
    let mut covariance = Matrix::zeros(DIMENSION, DIMENSION);
    for mean in &means {
        let mut apart = mean.clone();
        add_scaled(&mut apart, -1.0, centre.row(0));
        add_outer(&mut covariance, share, &apart);
    }
    let variance = (0..DIMENSION).map(|axis| covariance.at(axis, axis)).sum();
    (leading(&covariance, SUBJECTS).1, centre, variance)
}

/// The largest eigenvalues and their vectors, one a row, each with its largest entry positive.
fn leading(matrix: &Matrix, count: usize) -> (Vec<f64>, Matrix) {
    let eigen = Eigen::new(matrix);
    let mut order: Vec<usize> = (0..eigen.values.len()).collect();
    order.sort_by(|&a, &b| eigen.values[b].total_cmp(&eigen.values[a]).then(a.cmp(&b)));
    order.truncate(count);
    let mut vectors = eigen.vectors.select_rows(&order);
    for row in 0..vectors.rows() {
        let largest = vectors
            .row(row)
            .iter()
            .fold(0.0_f64, |most, &value| if value.abs() > most.abs() { value } else { most });
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        vectors.row_mut(row).iter_mut().for_each(|value| *value *= sign);
    }
    (order.iter().map(|&place| eigen.values[place]).collect(), vectors)
}

fn mean_vector(vectors: &Matrix) -> Vec<f64> {
    let mut mean = vec![0.0; vectors.columns()];
    for vector in vectors.iter_rows() {
        add_scaled(&mut mean, 1.0 / vectors.rows() as f64, vector);
    }
    mean
}

/// Weights that sum to one; equal ones where theirs sum to nothing.
fn shares(specification: &Rkme) -> Vec<f64> {
    let weights = specification.weights();
    let total: f64 = weights.iter().sum();
    let equal = 1.0 / weights.len() as f64;
    let share = |weight: &f64| if total.abs() > 1e-9 { weight / total } else { equal };
    weights.iter().map(share).collect()
}

/// The weighted mean of rows.
fn level(rows: &Matrix, weights: &[f64]) -> Vec<f64> {
    let mut mean = vec![0.0; rows.columns()];
    for (row, weight) in rows.iter_rows().zip(weights) {
        add_scaled(&mut mean, *weight, row);
    }
    mean
}

/// Answers with mean 0 and variance 1 under the weights; zeros where they are all one.
fn standardised(answers: &[f64], weights: &[f64]) -> Vec<f64> {
    let mean = dot(answers, weights);
    let variance: f64 = answers.iter().zip(weights).map(|(y, weight)| weight * (y - mean) * (y - mean)).sum();
    let factor =
        if variance > 1e-12 * mean * mean && variance.is_finite() { 1.0 / variance.sqrt() } else { 0.0 };
    answers.iter().map(|y| (y - mean) * factor).collect()
}
