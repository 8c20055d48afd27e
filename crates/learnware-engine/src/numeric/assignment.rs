//! Assignments of least cost (Kuhn 1955), by shortest augmenting paths with potentials in `O(rows^2 columns)`.

use super::Matrix;

/// Assigns each row another column so that the sum of `costs` (rows x columns, finite, at least as many columns as
/// rows) is least; returns the column of each row. Equal costs go to lower columns where the paths meet them first,
/// so that the result depends on the costs alone.
pub fn assign(costs: &Matrix) -> Vec<usize> {
    let (rows, columns) = (costs.rows(), costs.columns());
    assert!(rows <= columns, "each row needs a column of its own");
    // Places are 1-based; column 0 stands for the row that is being placed.
    let mut row_potential = vec![0.0; rows + 1];
    let mut column_potential = vec![0.0; columns + 1];
    let mut row_of = vec![0; columns + 1];
    let mut before = vec![0; columns + 1];
    for row in 1..=rows {
        row_of[0] = row;
        let mut at = 0;
        let mut least = vec![f64::INFINITY; columns + 1];
        let mut done = vec![false; columns + 1];
        while row_of[at] != 0 {
            done[at] = true;
            let from = row_of[at];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for column in (1..=columns).filter(|&column| !done[column]) {
                let slack = costs.at(from - 1, column - 1) - row_potential[from] - column_potential[column];
                if slack < least[column] {
                    least[column] = slack;
                    before[column] = at;
                }
                if least[column] < step {
                    step = least[column];
                    next = column;
                }
            }
            assert!(next != 0, "costs are finite");
            for column in 0..=columns {
                if done[column] {
                    row_potential[row_of[column]] += step;
                    column_potential[column] -= step;
                } else {
                    least[column] -= step;
                }
            }
            at = next;
        }
        while at != 0 {
            row_of[at] = row_of[before[at]];
            at = before[at];
        }
    }
    let mut column_of = vec![0; rows];
    for (column, &row) in row_of.iter().enumerate().skip(1).filter(|&(_, &row)| row > 0) {
        column_of[row - 1] = column - 1;
    }
    column_of
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Stream;

    fn least_by_trying(costs: &Matrix, row: usize, used: &mut Vec<usize>) -> f64 {
        if row == costs.rows() {
            return 0.0;
        }
        let mut least = f64::INFINITY;
        for column in 0..costs.columns() {
            if !used.contains(&column) {
                used.push(column);
                least = least.min(costs.at(row, column) + least_by_trying(costs, row + 1, used));
                used.pop();
            }
        }
        least
    }

    #[test]
    fn no_other_assignment_costs_less() {
        let mut stream = Stream::new(4);
        for (rows, columns) in [(0, 0), (0, 3), (1, 1), (1, 4), (3, 3), (4, 6), (5, 5), (5, 7)] {
            for round in 0..20 {
                let draw = |stream: &mut Stream| match round % 3 {
                    0 => stream.uniform(),
                    1 => stream.below(3) as f64,
                    _ => stream.normal(),
                };
                let values = (0..rows * columns).map(|_| draw(&mut stream)).collect();
                let costs = Matrix::new(rows, columns, values).unwrap();
                let columns_of = assign(&costs);
                let mut sorted = columns_of.clone();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), rows);
                let cost: f64 =
                    columns_of.iter().enumerate().map(|(row, &column)| costs.at(row, column)).sum();
                assert!((cost - least_by_trying(&costs, 0, &mut Vec::new())).abs() < 1e-12);
            }
        }
    }
}
