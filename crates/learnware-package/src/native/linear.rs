//! `y = x W + b` on `f32`, the product that takes nearly all of the time.
//!
//! Own code, not a library: each sum runs over the inputs in order with fused multiply-add, so the result is
//! the same bytes for any blocking, number of threads and processor, which `gemm` and `matrixmultiply` do not
//! promise. Weights are packed in panels of [`PANEL`] outputs; the inner loop keeps [`ROWS`] x [`PANEL`] sums in
//! registers.

use super::NativeError;
use super::weights::Weights;

/// Outputs of a panel: two vectors of AVX2.
const PANEL: usize = 16;

/// Rows of `x` that share one reading of a panel.
const ROWS: usize = 4;

/// Weights of one linear map, packed.
#[derive(Debug)]
pub(super) struct Linear {
    inputs: usize,
    outputs: usize,
    /// Panels of `inputs` x `PANEL`; the last one is filled up with zeros.
    panels: Vec<[f32; PANEL]>,
    bias: Vec<f32>,
}

impl Linear {
    /// Reads `name.weight` (outputs x inputs) and `name.bias`.
    pub(super) fn load(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, NativeError> {
        let matrix = weights.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = weights.tensor(&format!("{name}.bias"), &[outputs])?;
        Ok(Self::pack(&matrix, bias, inputs))
    }

    /// Reads `name.weight` alone; nothing is added to the product.
    pub(super) fn load_unbiased(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, NativeError> {
        let matrix = weights.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(Self::pack(&matrix, vec![0.0; outputs], inputs))
    }

    /// Packs `matrix` (outputs x inputs).
    pub(super) fn pack(matrix: &[f32], bias: Vec<f32>, inputs: usize) -> Self {
        let outputs = bias.len();
        let mut panels = vec![[0.0; PANEL]; outputs.div_ceil(PANEL) * inputs];
        for (output, row) in matrix.chunks_exact(inputs).enumerate() {
            let start = (output / PANEL) * inputs;
            for (input, &value) in row.iter().enumerate() {
                panels[start + input][output % PANEL] = value;
            }
        }
        Self { inputs, outputs, panels, bias }
    }

    /// The answer for rows of `inputs` numbers: rows of `outputs` numbers.
    pub(super) fn apply(&self, rows: &[f32]) -> Vec<f32> {
        let count = rows.len() / self.inputs;
        let mut answer = vec![0.0; count * self.outputs];
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || self.apply_vectorised(rows, &mut answer),
        );
        answer
    }

    #[expect(clippy::inline_always, reason = "vector code is only made inside the function that chose it")]
    #[inline(always)]
    fn apply_vectorised(&self, rows: &[f32], answer: &mut [f32]) {
        let blocks = rows.chunks(ROWS * self.inputs).zip(answer.chunks_mut(ROWS * self.outputs));
        for (block, answer) in blocks {
            for (number, panel) in self.panels.chunks_exact(self.inputs).enumerate() {
                let start = number * PANEL;
                let width = PANEL.min(self.outputs - start);
                let sums = if block.len() == ROWS * self.inputs {
                    let (one, rest) = block.split_at(self.inputs);
                    let (two, rest) = rest.split_at(self.inputs);
                    let (three, four) = rest.split_at(self.inputs);
                    sums([one, two, three, four], panel)
                } else {
                    let mut few = [[0.0; PANEL]; ROWS];
                    for (sum, row) in few.iter_mut().zip(block.chunks_exact(self.inputs)) {
                        [*sum] = sums_of_one(row, panel);
                    }
                    few
                };
                for (row, sum) in answer.chunks_exact_mut(self.outputs).zip(&sums) {
                    let biased =
                        sum.iter().zip(&self.bias[start..start + width]).map(|(sum, bias)| sum + bias);
                    row[start..start + width]
                        .iter_mut()
                        .zip(biased)
                        .for_each(|(place, value)| *place = value);
                }
            }
        }
    }
}

/// Products of four rows with a panel.
#[expect(clippy::inline_always, reason = "as above")]
#[inline(always)]
fn sums(rows: [&[f32]; ROWS], panel: &[[f32; PANEL]]) -> [[f32; PANEL]; ROWS] {
    let mut sums = [[0.0_f32; PANEL]; ROWS];
    let [one, two, three, four] = rows;
    for ((((weights, a), b), c), d) in panel.iter().zip(one).zip(two).zip(three).zip(four) {
        for lane in 0..PANEL {
            sums[0][lane] = a.mul_add(weights[lane], sums[0][lane]);
            sums[1][lane] = b.mul_add(weights[lane], sums[1][lane]);
            sums[2][lane] = c.mul_add(weights[lane], sums[2][lane]);
            sums[3][lane] = d.mul_add(weights[lane], sums[3][lane]);
        }
    }
    sums
}

/// Products of one row with a panel, in the same order.
#[expect(clippy::inline_always, reason = "as above")]
#[inline(always)]
fn sums_of_one(row: &[f32], panel: &[[f32; PANEL]]) -> [[f32; PANEL]; 1] {
    let mut sum = [0.0_f32; PANEL];
    for (weights, a) in panel.iter().zip(row) {
        for lane in 0..PANEL {
            sum[lane] = a.mul_add(weights[lane], sum[lane]);
        }
    }
    [sum]
}

#[cfg(test)]
mod tests {
    use super::Linear;

    #[test]
    fn products_are_right_and_do_not_depend_on_the_rows_around() {
        let (inputs, outputs) = (7, 19);
        let number = |index: usize| ((index * 37 % 23) as f32 - 11.0) / 8.0;
        let matrix: Vec<f32> = (0..inputs * outputs).map(number).collect();
        let bias: Vec<f32> = (0..outputs).map(number).collect();
        let rows: Vec<f32> = (5..5 + 6 * inputs).map(number).collect();
        let linear = Linear::pack(&matrix, bias.clone(), inputs);
        let answer = linear.apply(&rows);
        for row in 0..6 {
            let own = &rows[row * inputs..(row + 1) * inputs];
            for output in 0..outputs {
                let weights = &matrix[output * inputs..(output + 1) * inputs];
                let wanted: f32 = own.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>() + bias[output];
                assert!((answer[row * outputs + output] - wanted).abs() < 1e-4);
            }
            assert_eq!(linear.apply(own), answer[row * outputs..(row + 1) * outputs]);
        }
    }
}
