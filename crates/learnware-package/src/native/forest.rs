//! Decision trees flattened into arrays, checked once, then evaluated without further checks.
//!
//! One node form serves ONNX, LightGBM and XGBoost; how a missing value decides is part of the node.

use super::error::{NativeError, at_most};

/// Most nodes of one ensemble; bounds memory (40 bytes each).
const NODES_MAX: usize = 20_000_000;

/// LightGBM's threshold below which a number counts as zero (the `f32` constant `1e-35f`).
const ZERO_THRESHOLD: f64 = 1e-35_f32 as f64;

/// How a node decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    /// It does not: `yes..no` are its places in [`Forest::leaves`].
    Leaf,
    /// Value <= threshold.
    LessOrEqual,
    /// Value < threshold.
    Less,
    /// Value >= threshold.
    GreaterOrEqual,
    /// Value > threshold.
    Greater,
    /// Value == threshold.
    Equal,
    /// Value != threshold.
    NotEqual,
    /// The value, cut to an integer, is in the node's set.
    InSet,
}

/// What a missing value does at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// NaN is compared like a number (and so goes to `no`, except with `NotEqual`).
    Compared,
    /// NaN goes to `yes`.
    NanYes,
    /// NaN goes to `no`.
    NanNo,
    /// NaN counts as 0.
    NanIsZero,
    /// NaN and 0 go to `yes`.
    ZeroYes,
    /// NaN and 0 go to `no`.
    ZeroNo,
}

/// One node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// Decision.
    pub(crate) test: Test,
    /// Missing values.
    pub(crate) missing: Missing,
    /// Column read.
    pub(crate) feature: u32,
    /// Place in [`Forest::sets`], with [`Test::InSet`].
    pub(crate) set: u32,
    /// Next node when the test holds.
    pub(crate) yes: u32,
    /// Next node otherwise.
    pub(crate) no: u32,
    /// Compared with.
    pub(crate) threshold: f64,
}

impl Node {
    /// A leaf that owns `places` of [`Forest::leaves`].
    pub(crate) fn leaf(places: std::ops::Range<usize>) -> Self {
        Self {
            test: Test::Leaf,
            missing: Missing::Compared,
            feature: 0,
            set: 0,
            yes: places.start as u32,
            no: places.end as u32,
            threshold: 0.0,
        }
    }

    /// Whether `row` goes to `yes`.
    fn decides(&self, row: &[f64], sets: &[Vec<u32>]) -> bool {
        let mut value = row[self.feature as usize];
        match self.missing {
            Missing::Compared => {}
            Missing::NanYes | Missing::NanNo => {
                if value.is_nan() {
                    return self.missing == Missing::NanYes;
                }
            }
            Missing::NanIsZero => {
                if value.is_nan() {
                    value = 0.0;
                }
            }
            Missing::ZeroYes | Missing::ZeroNo => {
                if value.is_nan() || value.abs() <= ZERO_THRESHOLD {
                    return self.missing == Missing::ZeroYes;
                }
            }
        }
        match self.test {
            Test::Leaf => false,
            Test::LessOrEqual => value <= self.threshold,
            Test::Less => value < self.threshold,
            Test::GreaterOrEqual => value >= self.threshold,
            Test::Greater => value > self.threshold,
            Test::Equal => value == self.threshold,
            Test::NotEqual => value != self.threshold,
            Test::InSet => in_set(&sets[self.set as usize], value),
        }
    }
}

/// Whether the bit of `value`, cut to an integer, is set.
fn in_set(set: &[u32], value: f64) -> bool {
    if !(value > -1.0 && value < f64::from(i32::MAX)) {
        return false;
    }
    let code = value as usize;
    set.get(code / 32).is_some_and(|word| word >> (code % 32) & 1 == 1)
}

/// Trees in arrays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forest {
    /// Nodes of all trees.
    pub(crate) nodes: Vec<Node>,
    /// First node of each tree.
    pub(crate) roots: Vec<u32>,
    /// What leaves give: (output, value).
    pub(crate) leaves: Vec<(u32, f64)>,
    /// Bit sets of categories.
    pub(crate) sets: Vec<Vec<u32>>,
}

impl Forest {
    /// Checks everything that evaluation relies on: indices in range, every node reached at most once
    /// (so no cycle and no sharing), thresholds not NaN.
    pub(crate) fn checked(
        self,
        format: &'static str,
        width: usize,
        outputs: usize,
    ) -> Result<Self, NativeError> {
        at_most(format, "the number of tree nodes", self.nodes.len(), NODES_MAX)?;
        at_most(format, "the number of leaf values", self.leaves.len(), NODES_MAX)?;
        let wrong =
            |node: u32, reason: &str| NativeError::malformed(format, format!("tree node {node}: {reason}"));
        if let Some((output, _)) = self.leaves.iter().find(|(output, _)| *output as usize >= outputs) {
            return Err(NativeError::malformed(format, format!("a leaf gives output {output} of {outputs}")));
        }
        let mut seen = vec![false; self.nodes.len()];
        let mut waiting = Vec::new();
        for &root in &self.roots {
            waiting.push(root);
            while let Some(index) = waiting.pop() {
                let node = self.nodes.get(index as usize).ok_or_else(|| wrong(index, "does not exist"))?;
                if std::mem::replace(&mut seen[index as usize], true) {
                    return Err(wrong(index, "is reached twice (a cycle, or a shared branch)"));
                }
                if node.test == Test::Leaf {
                    if node.yes > node.no || node.no as usize > self.leaves.len() {
                        return Err(wrong(index, "its leaf values do not exist"));
                    }
                    continue;
                }
                if node.feature as usize >= width {
                    return Err(wrong(index, &format!("reads column {} of {width}", node.feature)));
                }
                if node.threshold.is_nan() {
                    return Err(wrong(index, "its threshold is not a number"));
                }
                if node.test == Test::InSet && node.set as usize >= self.sets.len() {
                    return Err(wrong(index, "its set of categories does not exist"));
                }
                waiting.extend([node.no, node.yes]);
            }
        }
        Ok(self)
    }

    /// What the leaf of `row` in the tree at `root` gives.
    pub(crate) fn leaf(&self, root: u32, row: &[f64]) -> &[(u32, f64)] {
        let mut node = &self.nodes[root as usize];
        while node.test != Test::Leaf {
            let next = if node.decides(row, &self.sets) { node.yes } else { node.no };
            node = &self.nodes[next as usize];
        }
        &self.leaves[node.yes as usize..node.no as usize]
    }

    /// Adds what all trees give for `row` to `sums`, in the order of the trees.
    pub(crate) fn add_to(&self, row: &[f64], sums: &mut [f64]) {
        for &root in &self.roots {
            for &(output, value) in self.leaf(root, row) {
                sums[output as usize] += value;
            }
        }
    }
}
