//! Whether one model made of several may stand for them.
//!
//! The mean of networks' numbers answers as the mean of their answers only where they come from a common start (Wortsman
//! et al., "Model soups", ICML 2022); those of different starts average to nonsense. Nobody has to believe it: without
//! labels the merged model is held against its members on their own reduced sets ([`agreement`]), with labels against the
//! best of them ([`is_as_good`]); labels also choose who takes part ([`greedy_soup`]).

use serde::Serialize;

use super::capability::{called, loss};
use crate::numeric::Matrix;
use crate::semantic::Task;

/// Parts of what a constant answer loses that a merged model may lose against the mean of its members' answers: three
/// quarters of what they say together are kept. Measured on pairs of networks of three layers (6-32-32-1 and -3; data apart
/// by one or two deviations): trained on from a common start for 200 to 400 steps up to 0.07, for 2000 up to 0.17, for 3000
/// steps of a hundredth up to 0.30 (one of eight above the bound); of different starts 0.45 to 1.83. Models that are linear
/// in their numbers, and trees, lose what their transform makes of it: up to 0.04.
pub const LOST_MAX: f64 = 0.25;

/// Relative difference up to which answers count as equal where the members' mean is a constant.
const EQUAL: f64 = 1e-6;

/// What a merged model keeps of its members' answers on some points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// What it loses against the mean of their answers: for quantities the squared error in parts of that mean's variance,
    /// for classes the share of other answers.
    pub loss: f64,
    /// What the best constant answer loses: 1 for quantities, for classes the share of those that are not the most frequent.
    pub constant: f64,
}

impl Agreement {
    /// The loss in parts of what a constant answer loses; comparable between tasks.
    pub fn lost(&self) -> f64 {
        if self.loss == 0.0 { 0.0 } else { self.loss / self.constant }
    }
}

/// Holds `merged`, the answers of a merged model, against the mean by `shares` of its members' `answers`, each points x
/// outputs, where points count by `weights`. Models that answer labels are held against the label with most shares.
///
/// `None` where there is nothing to compare: other tasks, other shapes, numbers that are not finite, no weights.
pub fn agreement(
    task: Task,
    shares: &[f64],
    weights: &[f64],
    answers: &[Matrix],
    merged: &Matrix,
) -> Option<Agreement> {
    let shape = (merged.rows(), merged.columns());
    let fits =
        answers.iter().all(|own| (own.rows(), own.columns()) == shape) && shares.len() == answers.len();
    if !fits || answers.is_empty() {
        return None;
    }
    let weights: Vec<f64> = weights.iter().map(|weight| weight.max(0.0)).collect();
    if !weights.iter().sum::<f64>().is_normal() {
        return None;
    }
    let truth = together(task, shares, answers);
    let constant = match task {
        Task::Regression => 1.0,
        _ => loss(task, &weights, &truth, &most_frequent(&weights, &truth))?,
    };
    match loss(task, &weights, &truth, merged) {
        Some(loss) => Some(Agreement { loss, constant }),
        // Quantities without variance: equal or not.
        None => are_equal(&truth, merged).then_some(Agreement { loss: 0.0, constant }),
    }
}

/// What the members say together: the mean of their answers by share, each points x outputs; of labels (one column of a
/// classification) the one with most shares, the earlier member's among equals. Empty without members.
pub fn together(task: Task, shares: &[f64], answers: &[Matrix]) -> Matrix {
    match answers {
        [] => Matrix::default(),
        [first, ..] if task == Task::Classification && first.columns() == 1 => votes(shares, answers),
        _ => mean(shares, answers),
    }
}

/// Whether labels let a merged model stand for its members: it loses no more than the best single member, which loses
/// `best` with that standard error on the same rows.
pub fn is_as_good(merged: f64, best: f64, standard_error: f64) -> bool {
    merged <= best + standard_error
}

/// The members of a greedy soup: by growing loss, each is kept only if the loss of those kept, in equal shares, falls
/// (Wortsman et al. 2022, recipe 1). `try_soup` gives the loss of places, which come in the order of joining.
///
/// # Errors
/// Those of `try_soup`.
pub fn greedy_soup<E>(
    losses: &[f64],
    mut try_soup: impl FnMut(&[usize]) -> Result<f64, E>,
) -> Result<Vec<usize>, E> {
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_by(|&a, &b| losses[a].total_cmp(&losses[b]));
    let mut order = order.into_iter();
    let Some(best) = order.next() else { return Ok(Vec::new()) };
    let (mut soup, mut least) = (vec![best], losses[best]);
    for place in order {
        soup.push(place);
        let found = try_soup(&soup)?;
        if found < least {
            least = found;
        } else {
            soup.pop();
        }
    }
    Ok(soup)
}

fn mean(shares: &[f64], answers: &[Matrix]) -> Matrix {
    let mut mean = Matrix::zeros(answers[0].rows(), answers[0].columns());
    for (own, share) in answers.iter().zip(shares) {
        mean.as_mut_slice().iter_mut().zip(own.as_slice()).for_each(|(sum, value)| *sum += share * value);
    }
    mean
}

fn votes(shares: &[f64], answers: &[Matrix]) -> Matrix {
    let mut labels = answers[0].clone();
    for row in 0..labels.rows() {
        let of = |label: f64| -> f64 {
            let same = answers.iter().zip(shares).filter(|(own, _)| (own.at(row, 0) - label).abs() < 0.5);
            same.map(|(_, share)| share).sum()
        };
        let most = |best: f64, own: f64| if of(own) > of(best) { own } else { best };
        let label = answers.iter().map(|own| own.at(row, 0)).reduce(most).unwrap_or(0.0);
        labels.set(row, 0, label);
    }
    labels
}

/// For every point the answer to which most weight belongs: a row of scores or a label of `truth`.
fn most_frequent(weights: &[f64], truth: &Matrix) -> Matrix {
    // Classes with a point that answers so, and their weight.
    let mut known: Vec<(f64, usize, f64)> = Vec::new();
    for ((place, row), weight) in truth.iter_rows().enumerate().zip(weights) {
        match known.iter_mut().find(|(own, ..)| (*own - called(row)).abs() < 0.5) {
            Some((.., sum)) => *sum += weight,
            None => known.push((called(row), place, *weight)),
        }
    }
    let most = known.into_iter().reduce(|best, own| if own.2 > best.2 { own } else { best });
    let place = most.map_or(0, |(_, place, _)| place);
    truth.select_rows(&vec![place; truth.rows()])
}

fn are_equal(left: &Matrix, right: &Matrix) -> bool {
    let pairs = left.as_slice().iter().zip(right.as_slice());
    pairs.into_iter().all(|(a, b)| a.is_finite() && (a - b).abs() <= EQUAL * (1.0 + a.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[f64]) -> Matrix {
        Matrix::new(values.len(), 1, values.to_vec()).unwrap()
    }

    fn scores(first: &[f64]) -> Matrix {
        Matrix::new(first.len(), 2, first.iter().flat_map(|p| [*p, 1.0 - p]).collect()).unwrap()
    }

    #[test]
    fn quantities_are_held_against_the_mean_by_share() {
        let answers = [column(&[0.0, 4.0, 8.0]), column(&[4.0, 8.0, 12.0])];
        let of = |merged: &[f64]| {
            agreement(Task::Regression, &[0.75, 0.25], &[1.0; 3], &answers, &column(merged)).unwrap().lost()
        };
        assert_eq!(of(&[1.0, 5.0, 9.0]), 0.0);
        assert!((of(&[5.0, 5.0, 5.0]) - 1.0).abs() < 1e-12, "a constant loses all");
        assert!(of(&[9.0, 5.0, 1.0]) > 3.9);
    }

    #[test]
    fn classes_are_held_against_the_most_frequent_one() {
        let answers = [scores(&[0.9, 0.8, 0.7, 0.1]), scores(&[0.9, 0.8, 0.7, 0.3])];
        let of = |merged: &[f64]| {
            agreement(Task::Classification, &[0.5; 2], &[0.25; 4], &answers, &scores(merged)).unwrap()
        };
        assert_eq!(
            (of(&[0.6, 0.6, 0.6, 0.4]).lost(), of(&[0.6; 4])),
            (0.0, Agreement { loss: 0.25, constant: 0.25 })
        );
        assert_eq!(of(&[0.6; 4]).lost(), 1.0, "always the same class is no agreement");
    }

    #[test]
    fn labels_are_voted_by_share_and_constants_may_be_equal() {
        let answers = [column(&[2.0, 0.0]), column(&[1.0, 0.0]), column(&[1.0, 2.0])];
        let task = Task::Classification;
        let of = |shares: &[f64], merged: &[f64]| {
            agreement(task, shares, &[0.5; 2], &answers, &column(merged)).unwrap().loss
        };
        assert_eq!((of(&[0.4, 0.3, 0.3], &[1.0, 0.0]), of(&[0.7, 0.2, 0.1], &[2.0, 0.0])), (0.0, 0.0));
        let flat = [column(&[3.0, 3.0])];
        let of = |merged: &[f64]| agreement(Task::Regression, &[1.0], &[0.5; 2], &flat, &column(merged));
        assert_eq!(of(&[3.0, 3.0]).map(|found| found.lost()), Some(0.0));
        assert_eq!(of(&[3.0, 4.0]), None);
    }

    #[test]
    fn what_cannot_be_compared_is_not() {
        let one = [column(&[1.0, 2.0])];
        let of = |task, weights: &[f64], merged: &Matrix| agreement(task, &[1.0], weights, &one, merged);
        assert_eq!(of(Task::Regression, &[0.5; 2], &scores(&[1.0, 2.0])), None);
        assert_eq!(of(Task::Regression, &[0.0; 2], &one[0]), None);
        assert_eq!(of(Task::Regression, &[0.5; 2], &column(&[f64::NAN, 1.0])), None);
        let endless = [column(&[f64::INFINITY, 1.0])];
        let merged = column(&[0.0, 1.0]);
        assert_eq!(agreement(Task::Regression, &[1.0], &[0.5; 2], &endless, &merged), None);
        assert_eq!(of(Task::Segmentation, &[0.5; 2], &one[0]), None);
        assert_eq!(agreement(Task::Regression, &[], &[0.5; 2], &[], &one[0]), None);
    }

    #[test]
    fn a_soup_takes_who_lowers_the_loss() {
        let mut asked = Vec::new();
        let soup = greedy_soup::<()>(&[0.5, 0.3, 0.4, 0.9], |places| {
            asked.push(places.to_vec());
            Ok(match places {
                [1, 2] => 0.3,
                [1, 0] => 0.2,
                _ => 0.19,
            })
        });
        assert_eq!(soup, Ok(vec![1, 0, 3]));
        assert_eq!(asked, [vec![1, 2], vec![1, 0], vec![1, 0, 3]], "equal is no fall");
        assert_eq!(greedy_soup::<()>(&[], |_| Ok(0.0)), Ok(vec![]));
        assert_eq!(greedy_soup(&[1.0, 2.0], |_| Err("no")), Err("no"));
    }

    #[test]
    fn a_merged_model_may_be_worse_by_chance_only() {
        assert!(
            is_as_good(0.119, 0.1, 0.02) && !is_as_good(0.121, 0.1, 0.02) && !is_as_good(f64::NAN, 0.1, 0.02)
        );
    }
}
