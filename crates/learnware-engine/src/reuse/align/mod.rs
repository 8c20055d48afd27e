//! A learnware made to take a user's columns: its model behind a map from the user's rows to its own.
//!
//! An [`Alignment`] is fitted from two specifications and the descriptions of their columns; no row of either side
//! is needed. Wrapped around the learnware's model it is an [`Aligned`] predictor, which every reuser takes as any
//! other member. Ways of aligning ([`AlignMethod`]):
//!
//! * [`transport`]: matched columns move by monotone or affine transport, the others are what the learnware's
//!   specification expects beside them.
//! * [`gaussian`]: matched columns move together by the optimal transport of two normal distributions.
//! * [`local`]: no row is mapped; the learnware's answers at its own reduced points are averaged around the place
//!   of the user's row among the matched columns. Good where much of what the model needs is missing.
//! * [`network`]: the reference's feature align, a network trained to bring the user's reduced points near the
//!   learnware's. It looks at no description and knows no column from another.
//!
//! What they were worth on real tables, and why the default is the mean of transport and local answers:
//! `docs/adr/0037-aligned-learnwares.md`.

mod chosen;
mod gaussian;
mod local;
mod network;
mod transport;

#[cfg(test)]
mod tests;

pub use chosen::{AlignChoice, choose_by_labels};
pub use gaussian::GaussianMap;
pub use local::LocalAnswers;
pub use network::{NetworkMap, NetworkParameters};
pub use transport::{Marginals, TransportMap};

use serde::{Deserialize, Serialize};

use super::Task;
use crate::error::{EngineError, Result};
use crate::hetero::columns::{ColumnMatching, ColumnSet};
use crate::numeric::Matrix;
use crate::predictor::{Batch, PredictError, Predictions, Predictor};
use crate::specification::{Embedding, IslandKernel, Rkme};

/// How a learnware is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AlignMethod {
    /// The mean of [`Self::Transport`] and [`Self::Local`].
    #[default]
    TransportAndLocal,
    /// Matched columns by monotone transport.
    Transport,
    /// Matched columns shifted and scaled.
    Affine,
    /// Matched columns together by Gaussian optimal transport.
    Gaussian,
    /// The learnware's answers near the row's place among matched columns.
    Local,
    /// The reference's feature align.
    Network,
}

/// Two tables of different columns, as their specifications and descriptions tell.
#[derive(Debug, Clone, Copy)]
pub struct AlignRequest<'a> {
    /// The user's specification.
    pub user: &'a Rkme,
    /// One description for each of the user's columns; empty where there is none.
    pub user_descriptions: &'a [String],
    /// The learnware's specification.
    pub learnware: &'a Rkme,
    /// One description for each of the learnware's columns.
    pub learnware_descriptions: &'a [String],
}

/// From the user's rows to a learnware's, not yet with its model.
#[derive(Debug, Clone)]
pub struct Alignment {
    method: AlignMethod,
    matching: ColumnMatching,
    user_width: usize,
    map: Option<RowMap>,
    /// Where the learnware's answers at its reduced points are needed.
    local: Option<LocalAnswers>,
    learnware: Rkme,
    remaining_distance: Option<f64>,
}

/// A map from rows of the user's columns to rows of the learnware's.
#[derive(Debug, Clone)]
enum RowMap {
    Transport(TransportMap),
    Gaussian(GaussianMap),
    Network(NetworkMap),
}

impl AlignMethod {
    /// Every way, the default first.
    pub const ALL: [Self; 6] =
        [Self::TransportAndLocal, Self::Transport, Self::Affine, Self::Gaussian, Self::Local, Self::Network];

    fn needs_matching(self) -> bool {
        match self {
            Self::TransportAndLocal | Self::Transport | Self::Affine | Self::Gaussian | Self::Local => true,
            Self::Network => false,
        }
    }
}

impl Alignment {
    /// Fits the map; `seed` starts the network and is not used by other methods.
    ///
    /// # Errors
    ///
    /// Descriptions that are not one for each column; no column that can be matched, for all methods but
    /// [`AlignMethod::Network`]; weights without a positive sum.
    pub fn fit(request: &AlignRequest<'_>, method: AlignMethod, seed: u64) -> Result<Self> {
        let user = ColumnSet::of_rkme(request.user_descriptions, request.user)?;
        let learnware = ColumnSet::of_rkme(request.learnware_descriptions, request.learnware)?;
        let matching = ColumnMatching::of(&user, &learnware);
        Self::with_matching(request, matching, method, seed)
    }

    /// Fits the map for a matching that is known, corrected by a person for example.
    ///
    /// # Errors
    ///
    /// As for [`Alignment::fit`], and pairs of columns that are not there.
    pub fn with_matching(
        request: &AlignRequest<'_>,
        matching: ColumnMatching,
        method: AlignMethod,
        seed: u64,
    ) -> Result<Self> {
        let (user, learnware) = (request.user, request.learnware);
        require_pairs(&matching, user, learnware)?;
        if matching.pairs.is_empty() && method.needs_matching() {
            return Err(EngineError::Incomparable {
                reason: "no column of the user could be matched with one of the learnware: describe the columns in \
                         English or Chinese words, or align by network"
                    .into(),
            });
        }
        let transport = |marginals| TransportMap::fit(user, learnware, &matching, marginals);
        let map = match method {
            AlignMethod::TransportAndLocal | AlignMethod::Transport => {
                Some(RowMap::Transport(transport(Marginals::Monotone)))
            }
            AlignMethod::Affine => Some(RowMap::Transport(transport(Marginals::Affine))),
            AlignMethod::Gaussian => Some(RowMap::Gaussian(GaussianMap::fit(user, learnware, &matching))),
            AlignMethod::Network => {
                let parameters = NetworkParameters { seed, ..NetworkParameters::default() };
                Some(RowMap::Network(NetworkMap::fit(user, learnware, &parameters)?))
            }
            AlignMethod::Local => None,
        };
        let local = match method {
            AlignMethod::TransportAndLocal | AlignMethod::Local => {
                Some(LocalAnswers::new(learnware, &matching, transport(Marginals::Monotone)))
            }
            AlignMethod::Transport | AlignMethod::Affine | AlignMethod::Gaussian | AlignMethod::Network => {
                None
            }
        };
        let mut alignment = Self {
            method,
            matching,
            user_width: user.dimension(),
            map,
            local,
            learnware: learnware.clone(),
            remaining_distance: None,
        };
        alignment.remaining_distance = alignment.distance_after(user)?;
        Ok(alignment)
    }

    /// Which way.
    pub fn method(&self) -> AlignMethod {
        self.method
    }

    /// Which column is which.
    pub fn matching(&self) -> &ColumnMatching {
        &self.matching
    }

    /// Squared MMD of the user's mapped specification and the learnware's, in standardised columns of the learnware;
    /// `None` where no row is mapped. A small one does not show that columns were matched rightly.
    pub fn remaining_distance(&self) -> Option<f64> {
        self.remaining_distance
    }

    /// The user's rows as rows of the learnware; `None` where the method maps no rows.
    ///
    /// # Errors
    ///
    /// Rows of another width, or not finite.
    pub fn rows(&self, rows: &Matrix) -> Result<Option<Matrix>> {
        if rows.columns() != self.user_width {
            return Err(EngineError::Shape {
                what: "number of columns for an aligned learnware",
                expected: self.user_width.to_string(),
                found: rows.columns().to_string(),
            });
        }
        rows.require_finite()?;
        Ok(self.map.as_ref().map(|map| match map {
            RowMap::Transport(map) => map.apply(rows),
            RowMap::Gaussian(map) => map.apply(rows),
            RowMap::Network(map) => map.apply(rows),
        }))
    }

    /// The learnware's model behind this map. Methods with local answers ask it about its own reduced points once.
    ///
    /// # Errors
    ///
    /// What the model says about those points.
    pub fn wrap(
        self,
        mut inner: Box<dyn Predictor>,
        task: Task,
    ) -> std::result::Result<Aligned, PredictError> {
        let mut answers = None;
        if self.local.is_some() {
            let points = Batch::Table(self.learnware.points().clone());
            let values = inner.predict(&points)?.values;
            if values.rows() != points.len() || values.require_finite().is_err() {
                return Err(PredictError::BadAnswer {
                    reason: "one finite answer for each of its specification's points is needed".into(),
                });
            }
            answers = Some(values);
        }
        Ok(Aligned { alignment: self, inner, task, answers })
    }

    fn distance_after(&self, user: &Rkme) -> Result<Option<f64>> {
        let Some(mapped) = self.rows(user.points())? else { return Ok(None) };
        let (means, variances) = self.learnware.moments();
        let deviations: Vec<f64> = variances.iter().map(|variance| variance.max(0.0).sqrt()).collect();
        let kernel = IslandKernel::scaled(&means, &deviations);
        let mapped = Rkme::new(mapped, user.weights().to_vec(), user.gamma(), user.row_count())?;
        let embed = |rkme: &Rkme| Embedding::<f64>::new(rkme, &kernel);
        Ok(Some(embed(&mapped).distance(&embed(&self.learnware))))
    }
}

/// A learnware that takes the user's columns.
pub struct Aligned {
    alignment: Alignment,
    inner: Box<dyn Predictor>,
    task: Task,
    /// The learnware's answers at its reduced points.
    answers: Option<Matrix>,
}

impl Aligned {
    /// How it was aligned.
    pub fn alignment(&self) -> &Alignment {
        &self.alignment
    }
}

impl Predictor for Aligned {
    fn input_shape(&self) -> Option<Vec<usize>> {
        Some(vec![self.alignment.user_width])
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        self.inner.output_shape()
    }

    fn predict(&mut self, batch: &Batch) -> std::result::Result<Predictions, PredictError> {
        let Batch::Table(rows) = batch else {
            return Err(PredictError::BadInput {
                reason: "an aligned learnware takes rows of a table".into(),
            });
        };
        let mapped = self
            .alignment
            .rows(rows)
            .map_err(|error| PredictError::BadInput { reason: error.to_string() })?;
        let mapped = match mapped {
            None => None,
            Some(mapped) => Some(self.inner.predict(&Batch::Table(mapped))?.values),
        };
        let local = match (&self.alignment.local, &self.answers) {
            (Some(local), Some(answers)) => {
                let labels = matches!(self.task, Task::Classification { .. }) && answers.columns() == 1;
                Some((local, answers, labels))
            }
            _ => None,
        };
        let values = match (mapped, local) {
            // Class labels have no mean; the model's own answer stands.
            (Some(mapped), None | Some((_, _, true))) => mapped,
            (Some(mut mapped), Some((local, answers, false))) => {
                let near = local.predict(rows, answers);
                if (near.rows(), near.columns()) != (mapped.rows(), mapped.columns()) {
                    return Err(PredictError::BadAnswer {
                        reason: format!(
                            "{} x {} numbers where it gave {} columns before",
                            mapped.rows(),
                            mapped.columns(),
                            near.columns()
                        ),
                    });
                }
                let pairs = mapped.as_mut_slice().iter_mut().zip(near.as_slice());
                pairs.for_each(|(mapped, near)| *mapped = 0.5 * (*mapped + near));
                mapped
            }
            (None, Some((local, answers, true))) => local.nearest(rows, answers),
            (None, Some((local, answers, false))) => local.predict(rows, answers),
            (None, None) => {
                return Err(PredictError::NotStarted {
                    reason: "the alignment has no map; fit it again".into(),
                });
            }
        };
        Ok(Predictions { values })
    }
}

fn require_pairs(matching: &ColumnMatching, user: &Rkme, learnware: &Rkme) -> Result<()> {
    let outside = matching
        .pairs
        .iter()
        .find(|pair| pair.user >= user.dimension() || pair.other >= learnware.dimension());
    match outside {
        None => Ok(()),
        Some(pair) => Err(EngineError::Shape {
            what: "columns of a matching",
            expected: format!("below {} and {}", user.dimension(), learnware.dimension()),
            found: format!("{} and {}", pair.user, pair.other),
        }),
    }
}

/// Weights as shares: negative ones count nothing; equal when nothing is left.
fn shares(rkme: &Rkme) -> Vec<f64> {
    let total: f64 = rkme.weights().iter().map(|weight| weight.max(0.0)).sum();
    if total > 0.0 {
        return rkme.weights().iter().map(|weight| weight.max(0.0) / total).collect();
    }
    vec![1.0 / rkme.weights().len() as f64; rkme.weights().len()]
}

/// Weighted mean and deviation of each column; constant columns have deviation 0.
pub(super) fn moments(points: &Matrix, shares: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut means = vec![0.0; points.columns()];
    for (row, share) in points.iter_rows().zip(shares) {
        means.iter_mut().zip(row).for_each(|(sum, value)| *sum += share * value);
    }
    let mut squares = vec![0.0; points.columns()];
    for (row, share) in points.iter_rows().zip(shares) {
        for ((sum, value), mean) in squares.iter_mut().zip(row).zip(&means) {
            *sum += share * (value - mean) * (value - mean);
        }
    }
    let deviation = |(square, mean): (&f64, &f64)| {
        let deviation = square.sqrt();
        if deviation > 1e-9 * mean.abs().max(f64::MIN_POSITIVE) { deviation } else { 0.0 }
    };
    let deviations = squares.iter().zip(&means).map(deviation).collect();
    (means, deviations)
}

/// Correlations of columns `left` with columns `right`.
fn correlations(
    points: &Matrix,
    shares: &[f64],
    (means, deviations): (&[f64], &[f64]),
    left: &[usize],
    right: &[usize],
) -> Matrix {
    let scaled = |row: &[f64], column: usize| {
        if deviations[column] > 0.0 { (row[column] - means[column]) / deviations[column] } else { 0.0 }
    };
    let mut sums = Matrix::zeros(left.len(), right.len());
    for (row, share) in points.iter_rows().zip(shares) {
        for (i, &a) in left.iter().enumerate() {
            let factor = share * scaled(row, a);
            for (j, &b) in right.iter().enumerate() {
                sums.set(i, j, sums.at(i, j) + factor * scaled(row, b));
            }
        }
    }
    sums
}
