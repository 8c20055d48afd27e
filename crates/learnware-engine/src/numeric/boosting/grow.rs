//! Grows one tree, best leaf first.

use super::binning::{Bins, Column, MISSING};
use super::{BoostingParameters, Child, Leaf, Split, Tree};

/// Derivatives of the loss by the score of one output, for each row.
pub(super) struct Gradients {
    pub(super) first: Vec<f64>,
    pub(super) second: Vec<f64>,
}

/// Sums over rows.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    first: f64,
    second: f64,
    count: usize,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.first += other.first;
        self.second += other.second;
        self.count += other.count;
    }

    fn less(self, other: Self) -> Self {
        Self {
            first: self.first - other.first,
            second: self.second - other.second,
            count: self.count - other.count,
        }
    }

    /// Half the loss a leaf with these rows takes away, times two.
    fn quality(self, l2: f64) -> f64 {
        self.first * self.first / (self.second + l2).max(1e-16)
    }

    fn answer(self, l2: f64) -> f64 {
        -self.first / (self.second + l2).max(1e-16)
    }
}

/// A split that could be made.
#[derive(Debug, Clone)]
struct Candidate {
    column: usize,
    /// Bins `1..=bin` go left.
    bin: usize,
    missing_left: bool,
    gain: f64,
    left: Sum,
}

/// A leaf of the tree as it stands.
struct Open {
    /// Range of the row order.
    rows: std::ops::Range<usize>,
    sum: Sum,
    /// One list of bins for each used column; empty when the leaf can't be split.
    histogram: Vec<Vec<Sum>>,
    best: Option<Candidate>,
    /// The split above and whether this is its left child.
    parent: Option<(usize, bool)>,
}

pub(super) struct Grower<'a> {
    bins: &'a Bins,
    gradients: &'a Gradients,
    parameters: &'a BoostingParameters,
    columns: &'a [usize],
    order: Vec<u32>,
    /// Derivatives in the order of `order`.
    ordered: Vec<(f64, f64)>,
}

impl<'a> Grower<'a> {
    pub(super) fn new(
        bins: &'a Bins,
        gradients: &'a Gradients,
        parameters: &'a BoostingParameters,
        columns: &'a [usize],
    ) -> Self {
        let order = (0..bins.rows as u32).collect();
        let ordered = gradients.first.iter().copied().zip(gradients.second.iter().copied()).collect();
        Self { bins, gradients, parameters, columns, order, ordered }
    }

    /// The tree, and the leaf of every training row.
    pub(super) fn grow(mut self) -> (Tree, Vec<usize>) {
        let mut root = Open {
            rows: 0..self.order.len(),
            sum: self.sum(0..self.order.len()),
            histogram: self.count(0..self.order.len()),
            best: None,
            parent: None,
        };
        root.best = self.best(&root);
        let mut leaves = vec![root];
        let mut splits: Vec<Split> = Vec::new();
        while leaves.len() < self.parameters.leaves_max {
            let Some((chosen, candidate)) = best_leaf(&leaves) else { break };
            let split_index = splits.len();
            splits.push(self.describe(&candidate, leaves[chosen].sum));
            link(&mut splits, leaves[chosen].parent, Child::Split(split_index));
            let (left, right) = self.divide(&leaves[chosen], &candidate, split_index);
            leaves[chosen] = left;
            leaves.push(right);
        }
        for (index, leaf) in leaves.iter().enumerate() {
            link(&mut splits, leaf.parent, Child::Leaf(index));
        }
        let mut leaf_of_row = vec![0; self.order.len()];
        for (index, leaf) in leaves.iter().enumerate() {
            self.order[leaf.rows.clone()].iter().for_each(|&row| leaf_of_row[row as usize] = index);
        }
        let end = |leaf: &Open| Leaf {
            value: self.parameters.learning_rate * leaf.sum.answer(self.parameters.l2),
            count: leaf.sum.count,
            weight: leaf.sum.second,
        };
        (Tree { leaves: leaves.iter().map(end).collect(), splits }, leaf_of_row)
    }

    fn describe(&self, candidate: &Candidate, sum: Sum) -> Split {
        let column = &self.bins.columns[candidate.column];
        Split {
            column: candidate.column,
            // Splitting only missing values off: every value goes left.
            threshold: column.bounds.get(candidate.bin - 1).copied().unwrap_or(f64::MAX),
            missing_left: candidate.missing_left,
            left: Child::Leaf(0),
            right: Child::Leaf(0),
            gain: candidate.gain,
            count: sum.count,
            value: self.parameters.learning_rate * sum.answer(self.parameters.l2),
        }
    }

    /// Parts a leaf's rows; histograms are counted for the smaller side and subtracted for the other.
    fn divide(&mut self, leaf: &Open, candidate: &Candidate, split: usize) -> (Open, Open) {
        let column = &self.bins.columns[candidate.column];
        let goes_left = |row: u32| {
            let bin = column.bins[row as usize];
            if bin == MISSING { candidate.missing_left } else { usize::from(bin) <= candidate.bin }
        };
        let rows = &self.order[leaf.rows.clone()];
        let (mut parted, right): (Vec<u32>, Vec<u32>) = rows.iter().partition(|&&row| goes_left(row));
        let middle = leaf.rows.start + parted.len();
        parted.extend(right);
        self.order[leaf.rows.clone()].copy_from_slice(&parted);
        for (place, &row) in self.ordered[leaf.rows.clone()].iter_mut().zip(&parted) {
            *place = (self.gradients.first[row as usize], self.gradients.second[row as usize]);
        }
        let (left_rows, right_rows) = (leaf.rows.start..middle, middle..leaf.rows.end);
        let left_smaller = left_rows.len() <= right_rows.len();
        let (small, large) = if left_smaller { (&left_rows, &right_rows) } else { (&right_rows, &left_rows) };
        let (smaller, larger) = self.histograms(&leaf.histogram, small.clone(), large.len());
        let (left_histogram, right_histogram) =
            if left_smaller { (smaller, larger) } else { (larger, smaller) };
        let make = |rows: std::ops::Range<usize>, sum, histogram, is_left| {
            let mut open = Open { rows, sum, histogram, best: None, parent: Some((split, is_left)) };
            open.best = self.best(&open);
            open
        };
        let right_sum = leaf.sum.less(candidate.left);
        (
            make(left_rows, candidate.left, left_histogram, true),
            make(right_rows, right_sum, right_histogram, false),
        )
    }

    fn sum(&self, rows: std::ops::Range<usize>) -> Sum {
        let mut sum = Sum::default();
        for &(first, second) in &self.ordered[rows] {
            sum.add(Sum { first, second, count: 1 });
        }
        sum
    }

    /// Histograms of the smaller and the larger part; empty for parts too small to be split.
    fn histograms(
        &self,
        whole: &[Vec<Sum>],
        small: std::ops::Range<usize>,
        large_count: usize,
    ) -> (Vec<Vec<Sum>>, Vec<Vec<Sum>>) {
        let splittable = |count: usize| count >= 2 * self.parameters.leaf_rows_min.max(1);
        if !splittable(large_count) {
            return (Vec::new(), Vec::new());
        }
        let keep = splittable(small.len());
        let smaller = self.count(small);
        let larger = subtract(whole, &smaller);
        (if keep { smaller } else { Vec::new() }, larger)
    }

    fn count(&self, rows: std::ops::Range<usize>) -> Vec<Vec<Sum>> {
        let count = |&column: &usize| {
            let column: &Column = &self.bins.columns[column];
            let mut bins = vec![Sum::default(); column.count()];
            for (&row, &(first, second)) in self.order[rows.clone()].iter().zip(&self.ordered[rows.clone()]) {
                let bin = &mut bins[usize::from(column.bins[row as usize])];
                bin.first += first;
                bin.second += second;
                bin.count += 1;
            }
            bins
        };
        self.columns.iter().map(count).collect()
    }

    fn best(&self, leaf: &Open) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        for (&column, bins) in self.columns.iter().zip(&leaf.histogram) {
            let missing = bins[usize::from(MISSING)];
            for missing_left in [true, false] {
                if missing.count == 0 && !missing_left {
                    continue;
                }
                let mut left = if missing_left { missing } else { Sum::default() };
                // The last bin alone on the left means: missing values against all others.
                let last = if missing_left { bins.len() - 2 } else { bins.len() - 1 };
                for (bin, &sum) in bins.iter().enumerate().take(last + 1).skip(1) {
                    left.add(sum);
                    if let Some(gain) = self.gain(leaf.sum, left)
                        && best.as_ref().is_none_or(|best| gain > best.gain)
                    {
                        // Without missing rows in training, missing values follow the larger part.
                        let missing_left =
                            if missing.count > 0 { missing_left } else { 2 * left.count >= leaf.sum.count };
                        best = Some(Candidate { column, bin, missing_left, gain, left });
                    }
                }
            }
        }
        best
    }

    fn gain(&self, sum: Sum, left: Sum) -> Option<f64> {
        let right = sum.less(left);
        let least = self.parameters.leaf_rows_min.max(1);
        if left.count < least || right.count < least {
            return None;
        }
        let l2 = self.parameters.l2;
        let gain = left.quality(l2) + right.quality(l2) - sum.quality(l2);
        // Rounding makes tiny gains out of nothing.
        (gain > 1e-10 * sum.second.max(1e-10)).then_some(gain)
    }
}

/// The open leaf whose split gains most; the earliest of equals.
fn best_leaf(leaves: &[Open]) -> Option<(usize, Candidate)> {
    let mut best: Option<(usize, &Candidate)> = None;
    for (index, leaf) in leaves.iter().enumerate() {
        if let Some(candidate) = &leaf.best
            && best.is_none_or(|(_, best)| candidate.gain > best.gain)
        {
            best = Some((index, candidate));
        }
    }
    best.map(|(index, candidate)| (index, candidate.clone()))
}

fn link(splits: &mut [Split], parent: Option<(usize, bool)>, child: Child) {
    if let Some((parent, is_left)) = parent {
        let split = &mut splits[parent];
        *(if is_left { &mut split.left } else { &mut split.right }) = child;
    }
}

fn subtract(whole: &[Vec<Sum>], part: &[Vec<Sum>]) -> Vec<Vec<Sum>> {
    let column = |(whole, part): (&Vec<Sum>, &Vec<Sum>)| {
        whole.iter().zip(part).map(|(whole, part)| whole.less(*part)).collect()
    };
    whole.iter().zip(part).map(column).collect()
}
