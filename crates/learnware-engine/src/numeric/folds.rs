//! Seeded division of rows into folds for cross-validation.

use super::random::Stream;

/// The fold of each of `rows` rows; fold sizes differ by one at most.
pub fn plain(rows: usize, folds: usize, stream: &mut Stream) -> Vec<usize> {
    stratified(&vec![0; rows], folds, stream)
}

/// The fold of each row, every label spread over the folds as evenly as its count allows. A label with a
/// single row lies in one fold and is absent from that fold's training rows: learners must bear that.
pub fn stratified(labels: &[usize], folds: usize, stream: &mut Stream) -> Vec<usize> {
    assert!(folds > 0, "at least one fold");
    let mut order: Vec<usize> = (0..labels.len()).collect();
    stream.shuffle(&mut order);
    order.sort_by_key(|&row| labels[row]);
    let mut fold_of = vec![0; labels.len()];
    for (place, row) in order.into_iter().enumerate() {
        fold_of[row] = place % folds;
    }
    fold_of
}

/// Rows outside and inside one fold, both in increasing order.
pub fn split(fold_of: &[usize], fold: usize) -> (Vec<usize>, Vec<usize>) {
    (0..fold_of.len()).partition(|&row| fold_of[row] != fold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_even_and_labels_are_spread() {
        let labels: Vec<usize> = (0..23).map(|row| usize::from(row >= 13)).collect();
        let fold_of = stratified(&labels, 5, &mut Stream::new(4));
        for fold in 0..5 {
            let (train, test) = split(&fold_of, fold);
            assert_eq!(train.len() + test.len(), 23);
            assert!((4..=5).contains(&test.len()));
            let ones = test.iter().filter(|&&row| labels[row] == 1).count();
            assert_eq!(ones, 2);
        }
    }
}
