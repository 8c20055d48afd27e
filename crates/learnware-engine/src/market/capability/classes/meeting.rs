//! Two classifiers on one reduced set, and where a class lies.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::super::loss::called;
use super::tree::Link;
use crate::numeric::Matrix;
use crate::numeric::kernel::{self, Points, Shape};
use crate::specification::{IslandKernel, Rkme, mixture};

/// Classes are counted up to this one: what a label says beyond it is no class.
const CLASS_MAX: u16 = 9_999;
/// Part of a class that another learnware must call by one name to say anything of it.
const LINKED_MIN: f64 = 0.5;
/// Points of reduced sets that are compared at most: the work and memory are quadratic.
const POINTS_MAX: usize = 1_000;
/// Points that a class needs to be compared.
const POINTS_MIN: usize = 5;
/// Weight that a class needs in its reduced set.
const WEIGHT_MIN: f64 = 0.01;
/// What another class may leave of one that lies where it does, in parts of its squared norm.
const LEFT_MAX: f64 = 0.05;
/// The same in parts of what the other classes of its own learnware leave (both: docs/adr/0046-class-hierarchies.md).
const LEFT_PART_MAX: f64 = 0.6;
/// One in the unit of kept shares.
const WHOLE: f64 = 1000.0;

/// A classifier's reduced set, and what it answers on its points (points x outputs; one column holds labels, several hold
/// scores): they tell its classes there.
#[derive(Debug, Clone, Copy)]
pub struct ClassTask<'a> {
    /// The reduced set.
    pub table: &'a Rkme,
    /// Its own answers.
    pub answers: &'a Matrix,
}

/// What a classifier calls the classes of another one, on the other's reduced set.
///
/// For each class of the other of which it calls most by one name: the class, what it is called, the share of its weight
/// that is called so, in thousandths, and whether it lies where that class of its own does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Meeting {
    links: Vec<(u16, u16, u16, bool)>,
}

impl Meeting {
    /// Of a `task` and the classifier `asked` about it, which answers `given` on the task's points; `kernel` is that of their
    /// island. A point whose answer is no class counts as called otherwise. Answers of another number of points meet
    /// nothing, and neither do sets of more than [`POINTS_MAX`] points.
    pub fn of(task: ClassTask<'_>, asked: ClassTask<'_>, given: &Matrix, kernel: &IslandKernel) -> Self {
        if !task.is_comparable() || !asked.is_comparable() || given.rows() != task.table.weights().len() {
            return Self::default();
        }
        let found = called_most(task.table.weights(), task.answers, given).into_iter();
        let links = found.filter(|(.., share)| *share >= LINKED_MIN).map(|(own, called, share)| {
            let fields = ClassField::of(task, own, kernel).zip(ClassField::of(asked, called, kernel));
            let is_within = fields.is_some_and(|(own, other)| own.is_within(&other));
            (own, called, (share * WHOLE).round() as u16, is_within)
        });
        Self { links: links.collect() }
    }

    /// Classes of the task, what they are called, and how surely.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, u16, Link)> + '_ {
        self.links.iter().map(|&(own, called, share, is_within)| {
            (own, called, Link { share: (f64::from(share) / WHOLE).min(1.0), is_within })
        })
    }
}

impl ClassTask<'_> {
    fn is_comparable(&self) -> bool {
        let count = self.table.weights().len();
        count <= POINTS_MAX && self.answers.rows() == count
    }

    /// The classes that have points and weight enough to be compared.
    pub(super) fn classes(&self) -> BTreeSet<u16> {
        if !self.is_comparable() {
            return BTreeSet::new();
        }
        let classes: BTreeSet<u16> = self.answers.iter_rows().filter_map(class_of).collect();
        classes.into_iter().filter(|&class| self.places_of(class).is_some()).collect()
    }

    /// The points of a class; `None` where they are too few, or have too little weight.
    fn places_of(&self, class: u16) -> Option<Vec<usize>> {
        let weights = self.table.weights();
        let rows = self.answers.iter_rows().enumerate().filter(|(place, _)| weights[*place] > 0.0);
        let places: Vec<usize> =
            rows.filter(|(_, answer)| class_of(answer) == Some(class)).map(|(place, _)| place).collect();
        let total: f64 = places.iter().map(|&place| weights[place]).sum();
        (places.len() >= POINTS_MIN && total >= WEIGHT_MIN).then_some(places)
    }
}

/// For each class of `truth`: the class, what `given` calls most of it, and the share of its weight that is called so.
fn called_most(weights: &[f64], truth: &Matrix, given: &Matrix) -> Vec<(u16, u16, f64)> {
    let mut masses: BTreeMap<u16, (f64, Shares)> = BTreeMap::new();
    for ((truth, given), weight) in truth.iter_rows().zip(given.iter_rows()).zip(weights) {
        let Some(own) = class_of(truth) else { continue };
        let (total, shares) = masses.entry(own).or_default();
        *total += weight.max(0.0);
        if let Some(class) = class_of(given) {
            *shares.entry(class).or_insert(0.0) += weight.max(0.0);
        }
    }
    let most = masses.into_iter().filter_map(|(own, (total, shares))| {
        // Of classes with equal shares the first.
        let (class, mass) = shares.into_iter().rev().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (total > 0.0).then_some((own, class, mass / total))
    });
    most.collect()
}

/// Weight by class.
type Shares = BTreeMap<u16, f64>;

/// The class that an answer tells; `None` for what is not finite, and for labels that are no class.
fn class_of(answer: &[f64]) -> Option<u16> {
    let class = called(answer);
    let is_class =
        answer.iter().all(|value| value.is_finite()) && (0.0..=f64::from(CLASS_MAX)).contains(&class);
    (is_class && !answer.is_empty()).then_some(class as u16)
}

/// Where a class of a learnware lies: its part of the reduced set.
struct ClassField {
    points: Points<f64>,
    /// Non-negative, sum one.
    weights: Vec<f64>,
    /// Points of the other classes of its learnware.
    others: Points<f64>,
}

impl ClassField {
    fn of(task: ClassTask<'_>, class: u16, kernel: &IslandKernel) -> Option<Self> {
        let (places, weights) = (task.places_of(class)?, task.table.weights());
        let total: f64 = places.iter().map(|&place| weights[place]).sum();
        let is_other = |place: &usize| {
            let own = class_of(task.answers.row(*place));
            weights[*place] > 0.0 && own.is_some_and(|own| own != class)
        };
        let others: Vec<usize> = (0..weights.len()).filter(is_other).collect();
        let points = widest(kernel).prepare::<f64>(task.table.points());
        Some(Self {
            points: points.select(&places),
            weights: places.iter().map(|&place| weights[place] / total).collect(),
            others: points.select(&others),
        })
    }

    /// Whether this class lies where `other` does, a class of another learnware: a model answers one of its classes also
    /// where it knows nothing.
    ///
    /// It does when some weights of the other's points come near to it, and much nearer than the other classes of its own
    /// learnware do. Densities ([`crate::specification::Coverage`]) and nearest points tell less: a reduced set is as its
    /// data are in the sum only.
    fn is_within(&self, other: &Self) -> bool {
        let left = self.left_by(&other.points);
        left <= LEFT_MAX && left <= LEFT_PART_MAX * self.left_by(&self.others)
    }

    /// What is left of this class, 0 to 1 of its squared norm, when points with any weights that sum to one come as near
    /// to it as they can; 1 without points.
    fn left_by(&self, points: &Points<f64>) -> f64 {
        if points.count() == 0 {
            return 1.0;
        }
        let sums = |left: &Points<f64>| kernel::row_sums(left, &self.points, &self.weights, Shape::Gaussian);
        let norm: f64 = sums(&self.points).iter().zip(&self.weights).map(|(sum, weight)| sum * weight).sum();
        let gram = kernel::gram(points, points, Shape::Gaussian);
        (mixture::solve(&gram, &sums(points), norm).distance / norm).clamp(0.0, 1.0)
    }
}

/// The widest of the three Gaussians of an island's kernel: with it `exp(-r)` is `exp(-r / 4)` under the island's.
fn widest(kernel: &IslandKernel) -> IslandKernel {
    let multipliers = kernel.multipliers.iter().map(|factor| 0.5 * factor).collect();
    IslandKernel { centre: kernel.centre.clone(), multipliers, shape: Shape::Gaussian }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[f64]) -> Matrix {
        Matrix::new(values.len(), 1, values.to_vec()).unwrap()
    }

    #[test]
    fn a_class_is_called_what_most_of_its_weight_is_called() {
        let truth = column(&[0.0, 0.0, 0.0, 2.0, 2.0]);
        let given = Matrix::from_rows(&[
            vec![0.1, 0.9],
            vec![0.4, 0.6],
            vec![0.8, 0.2],
            vec![0.9, 0.1],
            vec![f64::NAN, 0.0],
        ]);
        let found = called_most(&[0.3, 0.3, 0.2, 0.15, 0.05], &truth, &given.unwrap());
        let rounded: Vec<_> =
            found.iter().map(|(own, called, share)| (*own, *called, (share * 1e3).round())).collect();
        assert_eq!(rounded, [(0, 1, 750.0), (2, 0, 750.0)], "what is not finite counts as called otherwise");
        assert!(called_most(&[0.0; 5], &truth, &truth).is_empty(), "no weight");
    }

    #[test]
    fn answers_that_are_no_classes_are_called_nothing() {
        let truth = column(&[0.0, 1.0]);
        for given in [&[-1.0, -1.0][..], &[f64::INFINITY, f64::NAN], &[1e9, 70_000.0]] {
            assert!(called_most(&[0.5, 0.5], &truth, &column(given)).is_empty(), "{given:?}");
        }
    }

    #[test]
    fn a_meeting_is_of_sets_that_are_small_and_answered_whole() {
        let kernel = IslandKernel::reference(1, 0.1);
        let with = |count: usize| {
            let points = column(&(0..count).map(|place| (place % 10) as f64).collect::<Vec<_>>());
            let weights = vec![1.0 / count as f64; count];
            (Rkme::new(points, weights, 0.1, count).unwrap(), column(&vec![1.0; count]))
        };
        let of = |(table, answers): &(Rkme, Matrix), given: &Matrix| {
            let task = ClassTask { table, answers };
            (Meeting::of(task, task, given, &kernel), task.classes().len())
        };
        let small = with(20);
        let (met, classes) = of(&small, &small.1);
        let text = serde_json::to_string(&met).unwrap();
        assert_eq!((text.as_str(), classes), ("[[1,1,1000,true]]", 1));
        assert_eq!(serde_json::from_str::<Meeting>(&text).unwrap(), met);
        assert_eq!(of(&small, &column(&[1.0; 3])), (Meeting::default(), 1));
        let large = with(POINTS_MAX + 1);
        assert_eq!(of(&large, &large.1), (Meeting::default(), 0));
    }
}
