//! Transport of least cost between supplies and demands: a min-cost flow on a complete bipartite graph.
//!
//! Successive shortest paths with potentials (Edmonds and Karp, Journal of the ACM 1972): exact up to rounding, for
//! some thousand places on either side.

use super::Matrix;

/// Share of the total below which a remainder counts as nothing.
const NOTHING: f64 = 1e-12;

/// How much goes from each supply (row) to each demand (column) at least cost. `supply` and `demand` are finite, not
/// negative, and are taken as shares of their sums, which must be positive; `costs` is finite.
pub fn plan(costs: &Matrix, supply: &[f64], demand: &[f64]) -> Matrix {
    let (rows, columns) = (costs.rows(), costs.columns());
    assert!(supply.len() == rows && demand.len() == columns, "one number for each row and column");
    let (mut left, mut wanted) = (shares(supply), shares(demand));
    let least = costs.as_slice().iter().copied().fold(f64::INFINITY, f64::min);
    let mut flow = Matrix::zeros(rows, columns);
    let mut potentials = (vec![0.0; rows], vec![0.0; columns]);
    // Each path empties a supply, fills a demand or empties an arc; the bound only guards against rounding.
    for _ in 0..20 * (rows + columns) * (rows + columns).max(8) {
        if left.iter().all(|&amount| amount <= NOTHING) || wanted.iter().all(|&amount| amount <= NOTHING) {
            break;
        }
        let search = Search::run(costs, least, &flow, &left, &wanted, &potentials);
        let Some(end) = search.end else { break };
        for (potential, distance) in potentials.0.iter_mut().zip(&search.to_row) {
            *potential += distance.min(search.to_column[end]);
        }
        let reach = search.to_column[end];
        for (potential, distance) in potentials.1.iter_mut().zip(&search.to_column) {
            *potential += distance.min(reach);
        }
        search.push(end, &mut flow, &mut left, &mut wanted);
    }
    flow
}

fn shares(amounts: &[f64]) -> Vec<f64> {
    let total: f64 = amounts.iter().sum();
    assert!(total > 0.0, "something is supplied and wanted");
    amounts.iter().map(|amount| amount / total).collect()
}

/// Shortest paths from all supplies that are left (Dijkstra on reduced costs).
struct Search {
    to_row: Vec<f64>,
    to_column: Vec<f64>,
    /// The column through which a row was reached; `None` where the path begins.
    row_from: Vec<Option<usize>>,
    column_from: Vec<usize>,
    /// The nearest column that wants more.
    end: Option<usize>,
}

impl Search {
    fn run(
        costs: &Matrix,
        least: f64,
        flow: &Matrix,
        left: &[f64],
        wanted: &[f64],
        (of_rows, of_columns): &(Vec<f64>, Vec<f64>),
    ) -> Self {
        let begin = |&amount: &f64| if amount > NOTHING { 0.0 } else { f64::INFINITY };
        let mut search = Self {
            to_row: left.iter().map(begin).collect(),
            to_column: vec![f64::INFINITY; wanted.len()],
            row_from: vec![None; left.len()],
            column_from: vec![0; wanted.len()],
            end: None,
        };
        let (mut row_done, mut column_done) = (vec![false; left.len()], vec![false; wanted.len()]);
        loop {
            let row = nearest(&search.to_row, &row_done);
            let column = nearest(&search.to_column, &column_done);
            let row_distance = row.map_or(f64::INFINITY, |row| search.to_row[row]);
            let column_distance = column.map_or(f64::INFINITY, |column| search.to_column[column]);
            if let (Some(row), true) = (row, row_distance <= column_distance) {
                row_done[row] = true;
                for (column, potential) in of_columns.iter().enumerate() {
                    let reduced = (costs.at(row, column) - least + of_rows[row] - potential).max(0.0);
                    if row_distance + reduced < search.to_column[column] {
                        search.to_column[column] = row_distance + reduced;
                        search.column_from[column] = row;
                    }
                }
            } else if let Some(column) = column {
                column_done[column] = true;
                if wanted[column] > NOTHING {
                    search.end = Some(column);
                    return search;
                }
                // Back along arcs that carry something: they cost nothing in reduced costs.
                for row in (0..left.len()).filter(|&row| flow.at(row, column) > 0.0) {
                    if column_distance < search.to_row[row] {
                        search.to_row[row] = column_distance;
                        search.row_from[row] = Some(column);
                    }
                }
            } else {
                return search;
            }
        }
    }

    /// Sends what the path to `end` can bear.
    fn push(&self, end: usize, flow: &mut Matrix, left: &mut [f64], wanted: &mut [f64]) {
        let mut arcs = Vec::new();
        let mut amount = wanted[end];
        let mut column = end;
        let start = loop {
            let row = self.column_from[column];
            arcs.push((row, column, 1.0));
            match self.row_from[row] {
                None => break row,
                Some(before) => {
                    amount = amount.min(flow.at(row, before));
                    arcs.push((row, before, -1.0));
                    column = before;
                }
            }
        };
        amount = amount.min(left[start]);
        for (row, column, sign) in arcs {
            flow.set(row, column, (flow.at(row, column) + sign * amount).max(0.0));
        }
        left[start] -= amount;
        wanted[end] -= amount;
    }
}

fn nearest(distances: &[f64], done: &[bool]) -> Option<usize> {
    let mut best = None;
    for (place, &distance) in distances.iter().enumerate().filter(|&(place, _)| !done[place]) {
        if distance < best.map_or(f64::INFINITY, |best: usize| distances[best]) {
            best = Some(place);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::assignment;
    use crate::numeric::random::Stream;

    fn total(costs: &Matrix, plan: &Matrix) -> f64 {
        costs.as_slice().iter().zip(plan.as_slice()).map(|(cost, amount)| cost * amount).sum()
    }

    #[test]
    fn equal_amounts_cost_what_the_best_assignment_does() {
        let mut stream = Stream::new(8);
        for n in [1, 2, 5, 12] {
            for _ in 0..10 {
                let costs = Matrix::new(n, n, (0..n * n).map(|_| stream.normal()).collect()).unwrap();
                let assigned = assignment::assign(&costs);
                let wanted: f64 =
                    assigned.iter().enumerate().map(|(row, &column)| costs.at(row, column)).sum();
                let found = total(&costs, &plan(&costs, &vec![1.0; n], &vec![1.0; n])) * n as f64;
                assert!((found - wanted).abs() < 1e-9, "{n}: {found} {wanted}");
            }
        }
    }

    #[test]
    fn on_a_line_the_plan_is_monotone_and_margins_are_kept() {
        let mut stream = Stream::new(9);
        let mut draw = |count: usize| -> Vec<f64> { (0..count).map(|_| stream.uniform()).collect() };
        let (mut from, mut to, supply, demand) = (draw(9), draw(14), draw(9), draw(14));
        from.sort_by(f64::total_cmp);
        to.sort_by(f64::total_cmp);
        let mut costs = Matrix::zeros(9, 14);
        for (row, a) in from.iter().enumerate() {
            for (column, b) in to.iter().enumerate() {
                costs.set(row, column, (a - b) * (a - b));
            }
        }
        let plan = plan(&costs, &supply, &demand);
        let (mut left, mut wanted) = (shares(&supply), shares(&demand));
        for (row, amounts) in plan.iter_rows().enumerate() {
            for (column, amount) in amounts.iter().enumerate() {
                left[row] -= amount;
                wanted[column] -= amount;
            }
        }
        assert!(left.iter().chain(&wanted).all(|rest| rest.abs() < 1e-9), "{left:?} {wanted:?}");
        // The north-west corner rule gives the monotone plan.
        let (mut left, mut wanted) = (shares(&supply), shares(&demand));
        let (mut row, mut column, mut best) = (0, 0, 0.0);
        while row < 9 && column < 14 {
            let amount = left[row].min(wanted[column]);
            best += amount * costs.at(row, column);
            left[row] -= amount;
            wanted[column] -= amount;
            if left[row] <= wanted[column] { row += 1 } else { column += 1 }
        }
        assert!((total(&costs, &plan) - best).abs() < 1e-9, "{} {best}", total(&costs, &plan));
    }
}
