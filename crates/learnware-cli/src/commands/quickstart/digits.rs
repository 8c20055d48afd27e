//! The handwritten digits that the command carries, and how they are dealt out.
//!
//! Every row goes to at most one developer or to the user, so that nobody has seen the user's rows. Source and
//! licence of the data: `data/README.md`.

use anyhow::Context as _;
use learnware_engine::numeric::Matrix;
use learnware_engine::numeric::random::Stream;

use super::developers::DEVELOPERS;

const TEXT: &str = include_str!("../../../data/digits.csv");
/// Digits.
pub(super) const CLASSES: usize = 10;
/// Scans that a developer has of each digit that is common there.
const COMMON_ROWS: usize = 30;
/// Scans that a developer has of each other digit.
const RARE_ROWS: usize = 2;
/// Scans that the user has of each digit: 300.
const TASK_ROWS: [usize; CLASSES] = [4, 42, 4, 42, 4, 40, 42, 40, 42, 40];
/// Of these the user knows the digit.
pub(super) const LABELLED_ROWS: usize = 40;

/// Rows of a digit from which it is called common in the task.
const COMMON_TASK_ROWS: usize = 20;

/// Digits that are common in the task.
pub(super) fn common_in_task() -> Vec<usize> {
    (0..CLASSES).filter(|&digit| TASK_ROWS[digit] >= COMMON_TASK_ROWS).collect()
}

/// Scans and what they show.
#[derive(Debug, Clone)]
pub(super) struct Scans {
    /// Scans x pixels.
    pub(super) pixels: Matrix,
    /// The digit of each scan.
    pub(super) digits: Vec<usize>,
}

/// Who has which scans.
#[derive(Debug)]
pub(super) struct Dealt {
    /// Names of the pixels, and of the column with the digit at the end.
    pub(super) header: Vec<String>,
    /// For each of [`DEVELOPERS`].
    pub(super) shards: Vec<Scans>,
    /// The user's, in random order.
    pub(super) task: Scans,
    /// Rows of the task whose digit the user knows.
    pub(super) labelled: Vec<bool>,
}

impl Scans {
    fn select(&self, rows: &[usize]) -> Self {
        Self {
            pixels: self.pixels.select_rows(rows),
            digits: rows.iter().map(|&row| self.digits[row]).collect(),
        }
    }
}

/// Deals the scans out; the same seed deals the same.
pub(super) fn deal(seed: u64) -> anyhow::Result<Dealt> {
    let (header, all) = parse(TEXT).context("the data that the command carries is damaged")?;
    let mut stream = Stream::new(seed);
    let mut piles: Vec<Vec<usize>> = vec![Vec::new(); CLASSES];
    all.digits.iter().enumerate().for_each(|(row, &digit)| piles[digit].push(row));
    for pile in &mut piles {
        stream.shuffle(pile);
    }
    let mut take = |digit: usize, count: usize| {
        let pile = &mut piles[digit];
        pile.split_off(pile.len().saturating_sub(count))
    };
    let mut task_rows: Vec<usize> = (0..CLASSES).flat_map(|digit| take(digit, TASK_ROWS[digit])).collect();
    let mut shards = Vec::with_capacity(DEVELOPERS.len());
    for developer in &DEVELOPERS {
        let count = |digit| if developer.digits.contains(&digit) { COMMON_ROWS } else { RARE_ROWS };
        let rows: Vec<usize> = (0..CLASSES).flat_map(|digit| take(digit, count(digit))).collect();
        shards.push(all.select(&rows));
    }
    stream.shuffle(&mut task_rows);
    let mut labelled = vec![false; task_rows.len()];
    stream.sample(task_rows.len(), LABELLED_ROWS).into_iter().for_each(|row| labelled[row] = true);
    Ok(Dealt { header, shards, task: all.select(&task_rows), labelled })
}

fn parse(text: &str) -> anyhow::Result<(Vec<String>, Scans)> {
    let mut lines = text.lines();
    let header: Vec<String> = lines.next().unwrap_or_default().split(',').map(str::to_owned).collect();
    let (mut pixels, mut digits) = (Vec::new(), Vec::new());
    for line in lines {
        let (row, digit) = line.rsplit_once(',').context("a line without a comma")?;
        let row: Result<Vec<f64>, _> = row.split(',').map(str::parse).collect();
        pixels.push(row?);
        digits.push(digit.parse()?);
    }
    anyhow::ensure!(digits.iter().all(|&digit| digit < CLASSES), "a digit beyond 9");
    Ok((header, Scans { pixels: Matrix::from_rows(&pixels)?, digits }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_digits_are_there_and_nobody_shares_a_row() {
        let dealt = deal(0).unwrap();
        assert_eq!(dealt.header.len(), 65);
        assert_eq!(dealt.task.digits.len(), TASK_ROWS.iter().sum::<usize>());
        assert_eq!(dealt.labelled.iter().filter(|known| **known).count(), LABELLED_ROWS);
        for (developer, shard) in DEVELOPERS.iter().zip(&dealt.shards) {
            for digit in 0..CLASSES {
                let count = shard.digits.iter().filter(|&&found| found == digit).count();
                let wanted = if developer.digits.contains(&digit) { COMMON_ROWS } else { RARE_ROWS };
                assert_eq!(count, wanted, "{} {digit}", developer.name);
            }
        }
        let (_, all) = parse(TEXT).unwrap();
        let distinct = |scans: &[&Scans]| {
            let mut rows: Vec<Vec<u64>> = scans
                .iter()
                .flat_map(|scans| scans.pixels.iter_rows())
                .map(|row| row.iter().map(|value| value.to_bits()).collect())
                .collect();
            rows.sort();
            rows.dedup();
            rows.len()
        };
        // No two scans of the set are alike, so a row dealt twice would be missed here.
        assert_eq!(distinct(&[&all]), all.digits.len());
        let scans: Vec<&Scans> = dealt.shards.iter().chain([&dealt.task]).collect();
        assert_eq!(distinct(&scans), scans.iter().map(|scans| scans.digits.len()).sum::<usize>());
    }
}
