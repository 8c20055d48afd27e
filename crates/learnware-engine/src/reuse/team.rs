//! Learnwares that work together, and their answers to one batch.

use super::{ScoresAre, Task, first_largest};
use crate::error::{EngineError, Result};
use crate::learnware::LearnwareId;
use crate::numeric::Matrix;
use crate::numeric::linear::softmax;
use crate::predictor::{Batch, PredictError, Predictor};
use crate::specification::Rkme;

/// One learnware of a team.
pub struct Member {
    /// Which learnware.
    pub id: LearnwareId,
    /// Its specification, for methods that look at the data's place.
    pub rkme: Option<Rkme>,
    /// Its model.
    pub predictor: Box<dyn Predictor>,
    /// Its share in the mixture found by the search; shares need not sum to one.
    pub weight: f64,
}

/// Learnwares that work together on one task, nearest first.
pub struct Team {
    members: Vec<Member>,
    task: Task,
    scores_are: ScoresAre,
}

/// The answers of all members on one batch. Class answers are probabilities, whatever form they came in.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberPredictions {
    ids: Vec<LearnwareId>,
    weights: Vec<f64>,
    values: Vec<Matrix>,
}

/// A batch together with the members' answers to it. Models take the batch as it is; methods that look at the
/// data's place take the embedding of texts and images, where there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Examples {
    batch: Batch,
    embedded: Option<Matrix>,
    task: Task,
    answers: MemberPredictions,
}

impl Team {
    /// Puts a team together. Refuses no members, weights that are negative or not finite, fewer than 2
    /// classes. All weights 0 counts as equal weights.
    pub fn new(members: Vec<Member>, task: Task, scores_are: ScoresAre) -> Result<Self> {
        require_team(members.iter().map(|member| member.weight), task)?;
        Ok(Self { members, task, scores_are })
    }

    /// The members, nearest first.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The task.
    pub fn task(&self) -> Task {
        self.task
    }

    /// Asks every member about every example, once.
    pub fn ask(&mut self, batch: &Batch) -> Result<Examples> {
        let answers: Result<Vec<Matrix>> =
            self.members.iter_mut().map(|member| ask_member(member, batch)).collect();
        let ids = self.members.iter().map(|member| member.id.clone()).collect();
        let weights = self.members.iter().map(|member| member.weight).collect();
        let answers = MemberPredictions::new(ids, weights, answers?, self.task, self.scores_are)?;
        Examples::new(batch.clone(), self.task, answers)
    }

    /// Lets every member go on training with labelled examples.
    ///
    /// # Errors
    /// [`EngineError::Prediction`] for the first that can't.
    pub fn finetune(&mut self, batch: &Batch, labels: &[f64]) -> Result<()> {
        self.members.iter_mut().try_for_each(|member| {
            let trained = member.predictor.finetune(batch, labels);
            trained.map_err(|source| EngineError::Prediction { learnware: member.id.to_string(), source })
        })
    }

    /// Asks each member only about the examples that `route` gives it (one member index for each example):
    /// what hard routing costs. Class answers come back as probabilities.
    pub fn ask_routed(&mut self, batch: &Batch, route: &[usize]) -> Result<Matrix> {
        if route.len() != batch.len() || route.iter().any(|&to| to >= self.members.len()) {
            return Err(EngineError::Shape {
                what: "route: one member index for each example",
                expected: format!("{} below {}", batch.len(), self.members.len()),
                found: route.len().to_string(),
            });
        }
        let mut whole: Option<Matrix> = None;
        for (index, member) in self.members.iter_mut().enumerate() {
            let rows: Vec<usize> = (0..route.len()).filter(|&row| route[row] == index).collect();
            if rows.is_empty() {
                continue;
            }
            let answer = ask_member(member, &batch.select(&rows))?;
            let answer = canonical(answer, &member.id, self.task, self.scores_are)?;
            let whole = whole.get_or_insert_with(|| Matrix::zeros(route.len(), answer.columns()));
            if whole.columns() != answer.columns() {
                return Err(disagreement(&member.id, whole.columns(), answer.columns()));
            }
            for (place, &row) in rows.iter().enumerate() {
                whole.row_mut(row).copy_from_slice(answer.row(place));
            }
        }
        Ok(whole.unwrap_or_default())
    }
}

impl MemberPredictions {
    /// Takes the raw answers of members (each examples x outputs) with their weights. Refuses answers that
    /// are not finite, of different widths, or no classes of the task, naming the learnware.
    pub fn new(
        ids: Vec<LearnwareId>,
        weights: Vec<f64>,
        values: Vec<Matrix>,
        task: Task,
        scores_are: ScoresAre,
    ) -> Result<Self> {
        require_team(weights.iter().copied(), task)?;
        if ids.len() != values.len() || weights.len() != values.len() {
            return Err(EngineError::Shape {
                what: "answers and weights, one for each member",
                expected: ids.len().to_string(),
                found: format!("{} and {}", values.len(), weights.len()),
            });
        }
        let values: Result<Vec<Matrix>> =
            values.into_iter().zip(&ids).map(|(value, id)| canonical(value, id, task, scores_are)).collect();
        let values = values?;
        for (value, id) in values.iter().zip(&ids) {
            if value.columns() != values[0].columns() {
                return Err(disagreement(id, values[0].columns(), value.columns()));
            }
            if value.rows() != values[0].rows() {
                return Err(bad_answer(id, format!("{} rows, others {}", value.rows(), values[0].rows())));
            }
        }
        let total: f64 = weights.iter().sum();
        let share = |weight: f64| if total > 0.0 { weight / total } else { 1.0 / ids.len() as f64 };
        let weights = weights.into_iter().map(share).collect();
        Ok(Self { ids, weights, values })
    }

    /// Who answered.
    pub fn ids(&self) -> &[LearnwareId] {
        &self.ids
    }

    /// Their shares; sum one.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The answers: for each member quantities (examples x outputs) or probabilities (examples x classes).
    pub fn values(&self) -> &[Matrix] {
        &self.values
    }

    /// Number of members.
    pub fn member_count(&self) -> usize {
        self.ids.len()
    }

    /// Number of output columns of every member.
    pub fn width(&self) -> usize {
        self.values[0].columns()
    }

    /// Sum of the members' answers with the given factors.
    pub fn combine(&self, factors: &[f64]) -> Matrix {
        let mut sum = Matrix::zeros(self.values[0].rows(), self.width());
        for (values, &factor) in self.values.iter().zip(factors) {
            if factor != 0.0 {
                let pairs = sum.as_mut_slice().iter_mut().zip(values.as_slice());
                pairs.for_each(|(sum, value)| *sum += factor * value);
            }
        }
        sum
    }
}

impl Examples {
    /// Joins a batch with answers to it.
    pub fn new(batch: Batch, task: Task, answers: MemberPredictions) -> Result<Self> {
        if answers.values[0].rows() != batch.len() {
            return Err(EngineError::Shape {
                what: "rows of the members' answers",
                expected: batch.len().to_string(),
                found: answers.values[0].rows().to_string(),
            });
        }
        Ok(Self { batch, embedded: None, task, answers })
    }

    /// The same with what an embedder made of the batch: one row for each example, in the space of the
    /// members' specifications.
    pub fn with_embedded(mut self, embedded: Matrix) -> Result<Self> {
        if embedded.rows() != self.batch.len() {
            return Err(EngineError::Shape {
                what: "rows of the embedding",
                expected: self.batch.len().to_string(),
                found: embedded.rows().to_string(),
            });
        }
        embedded.require_finite()?;
        self.embedded = Some(embedded);
        Ok(self)
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// The task.
    pub fn task(&self) -> Task {
        self.task
    }

    /// What the members were asked.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// What they answered.
    pub fn answers(&self) -> &MemberPredictions {
        &self.answers
    }

    /// The examples as numbers: their embedding, else the batch itself; `None` for texts without one.
    pub fn features(&self) -> Option<&Matrix> {
        match (&self.embedded, &self.batch) {
            (Some(embedded), _) => Some(embedded),
            (None, Batch::Table(rows) | Batch::Tensor { values: rows, .. }) => Some(rows),
            (None, Batch::Text(_)) => None,
        }
    }

    /// The examples with the given indices, in that order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let values = self.answers.values.iter().map(|values| values.select_rows(indices)).collect();
        let answers = MemberPredictions {
            ids: self.answers.ids.clone(),
            weights: self.answers.weights.clone(),
            values,
        };
        let embedded = self.embedded.as_ref().map(|rows| rows.select_rows(indices));
        Self { batch: self.batch.select(indices), embedded, task: self.task, answers }
    }
}

fn require_team(weights: impl ExactSizeIterator<Item = f64>, task: Task) -> Result<()> {
    if weights.len() == 0 {
        return Err(EngineError::Empty { what: "the team of learnwares" });
    }
    if let Task::Classification { classes } = task
        && classes < 2
    {
        return Err(EngineError::Parameter {
            name: "classes",
            wanted: "at least 2",
            found: classes.to_string(),
        });
    }
    for weight in weights {
        if !(weight.is_finite() && weight >= 0.0) {
            return Err(EngineError::Parameter {
                name: "weight of a member",
                wanted: "finite and not negative",
                found: weight.to_string(),
            });
        }
    }
    Ok(())
}

fn ask_member(member: &mut Member, batch: &Batch) -> Result<Matrix> {
    match member.predictor.predict(batch) {
        Err(source) => Err(EngineError::Prediction { learnware: member.id.to_string(), source }),
        Ok(answer) if answer.values.rows() != batch.len() => {
            let reason = format!("{} rows for {} examples", answer.values.rows(), batch.len());
            Err(bad_answer(&member.id, reason))
        }
        Ok(answer) => Ok(answer.values),
    }
}

fn bad_answer(id: &LearnwareId, reason: String) -> EngineError {
    EngineError::Prediction { learnware: id.to_string(), source: PredictError::BadAnswer { reason } }
}

fn disagreement(id: &LearnwareId, others: usize, own: usize) -> EngineError {
    bad_answer(id, format!("{own} outputs where the other learnwares have {others}"))
}

/// Finite quantities, or probabilities from labels, scores or the probability of class 1.
fn canonical(values: Matrix, id: &LearnwareId, task: Task, scores_are: ScoresAre) -> Result<Matrix> {
    if let Err(EngineError::NonFinite { column, row }) = values.require_finite() {
        return Err(bad_answer(id, format!("row {row}, output {column} is not a finite number")));
    }
    let Task::Classification { classes } = task else { return Ok(values) };
    if values.columns() == classes {
        return scores_to_probabilities(values, id, scores_are);
    }
    if values.columns() != 1 {
        let reason = format!("{} outputs for {classes} classes", values.columns());
        return Err(bad_answer(id, reason));
    }
    let is_label = |value: f64| value.fract() == 0.0 && value >= 0.0 && value < classes as f64;
    let labels = values.as_slice().iter().all(|&value| is_label(value));
    let mut probabilities = Matrix::zeros(values.rows(), classes);
    for (row, &value) in values.as_slice().iter().enumerate() {
        let one = match scores_are {
            ScoresAre::Probabilities => value,
            ScoresAre::Logits => 1.0 / (1.0 + (-value).exp()),
        };
        if labels {
            probabilities.set(row, value as usize, 1.0);
        } else if classes == 2 && (0.0..=1.0).contains(&one) {
            probabilities.row_mut(row).copy_from_slice(&[1.0 - one, one]);
        } else {
            return Err(bad_answer(
                id,
                format!("row {row}: {value} is not a class from 0 to {}", classes - 1),
            ));
        }
    }
    Ok(probabilities)
}

fn scores_to_probabilities(mut values: Matrix, id: &LearnwareId, scores_are: ScoresAre) -> Result<Matrix> {
    for index in 0..values.rows() {
        let row = values.row_mut(index);
        match scores_are {
            ScoresAre::Logits => softmax(row),
            ScoresAre::Probabilities => {
                let total: f64 = row.iter().sum();
                if row.iter().any(|&value| value < -1e-6) {
                    let reason = format!("row {index} has a negative probability; are the scores log-odds?");
                    return Err(bad_answer(id, reason));
                }
                if total > 0.0 {
                    for value in row {
                        *value = value.max(0.0) / total;
                    }
                } else {
                    let even = 1.0 / row.len() as f64;
                    row.fill(even);
                }
            }
        }
    }
    debug_assert!(values.iter_rows().all(|row| first_largest(row) < row.len()));
    Ok(values)
}
