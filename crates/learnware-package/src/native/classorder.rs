//! Which class is which in a model that knows its classes by number only.

use learnware_engine::numeric::{Matrix, assignment};
use learnware_engine::semantic::Dimensions;
use learnware_engine::table::Labels;

use super::{ModelFacts, argmax};

/// Rows on which a model is asked, spread evenly over the data.
const ROWS_ASKED: usize = 2000;
/// Share of rows that must be right for an order to be believed, whatever the number of classes.
const RIGHT_MIN: f64 = 0.5;
/// By how much it must be better than the order of the words to take its place.
const BETTER_BY: f64 = 0.1;

/// The order of the classes by which most of a model's answers on labelled rows are right.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassOrder {
    /// Names of the classes in the order of the answer's columns.
    pub names: Vec<String>,
    /// Share of the rows that are right in this order.
    pub right: f64,
    /// The same in the order of the words.
    pub right_by_words: f64,
    /// Rows asked about.
    pub rows: usize,
}

impl ClassOrder {
    /// The places of the rows, of `count`, that are asked about.
    pub fn places(count: usize) -> Vec<usize> {
        let asked = count.min(ROWS_ASKED);
        (0..asked).map(|place| place * count / asked).collect()
    }

    /// The best order by `answers` (rows at `places` of the data x classes, or one column of class numbers), an assignment
    /// of classes to words with the most right answers. `None` where the file names its classes, the labels are no words,
    /// or their numbers differ.
    pub fn of(facts: &ModelFacts, answers: &Matrix, places: &[usize], labels: &Labels) -> Option<Self> {
        let words = labels.classes.as_ref().filter(|words| words.len() > 1)?;
        let is_named = !facts.classes.is_empty() && !facts.has_numbers_for_classes();
        let fits = answers.columns() == 1 || answers.columns() == words.len();
        if is_named || !fits || answers.rows() != places.len() || places.is_empty() {
            return None;
        }
        let mut counts = Matrix::zeros(words.len(), words.len());
        for (row, &place) in answers.iter_rows().zip(places) {
            let class = class_of(row).filter(|&class| class < words.len())?;
            let label = *labels.values.get(place)? as usize;
            counts.set(class, label, counts.at(class, label) - 1.0);
        }
        let order = assignment::assign(&counts);
        let right = |label_of: &dyn Fn(usize) -> usize| {
            let right: f64 = (0..words.len()).map(|class| -counts.at(class, label_of(class))).sum();
            right / places.len() as f64
        };
        Some(Self {
            names: order.iter().map(|&label| words[label].clone()).collect(),
            right: right(&|class| order[class]),
            right_by_words: right(&|class| class),
            rows: places.len(),
        })
    }

    /// Whether most answers are right in this order, and it is that of the words or clearly better.
    pub fn is_clear(&self) -> bool {
        self.right >= RIGHT_MIN && !self.is_near()
    }

    /// Whether another order than that of the words is hardly better, so that either may be meant.
    fn is_near(&self) -> bool {
        let better = self.right - self.right_by_words;
        better > 0.0 && better < BETTER_BY
    }

    /// Names the outputs in this order, where it is clear.
    pub fn name(&self, outputs: &mut Dimensions) {
        if self.is_clear() && outputs.dimension == self.names.len() {
            outputs.description = self.names.iter().cloned().enumerate().collect();
        }
    }
}

/// The class of the largest score, or the one that a single number names.
fn class_of(row: &[f64]) -> Option<usize> {
    match row {
        [] => None,
        [class] => (class.fract() == 0.0 && *class >= 0.0).then_some(*class as usize),
        scores => Some(argmax(scores) as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[usize]) -> Labels {
        let classes = Some(["cat", "dog", "eel"].map(str::to_owned).to_vec());
        Labels { values: values.iter().map(|&value| value as f64).collect(), classes }
    }

    fn column(classes: &[usize]) -> Matrix {
        Matrix::new(classes.len(), 1, classes.iter().map(|&class| class as f64).collect()).unwrap()
    }

    fn order(answers: &[usize], truth: &[usize]) -> ClassOrder {
        let places: Vec<usize> = (0..truth.len()).collect();
        ClassOrder::of(&ModelFacts::default(), &column(answers), &places, &labels(truth)).unwrap()
    }

    #[test]
    fn answers_tell_which_class_is_which() {
        let truth: Vec<usize> = (0..300).map(|row| row % 3).collect();
        let turned: Vec<usize> = truth.iter().map(|class| [2, 0, 1][*class]).collect();
        let found = order(&turned, &truth);
        assert_eq!(found.names, ["dog", "eel", "cat"]);
        assert_eq!((found.right, found.right_by_words, found.is_clear()), (1.0, 0.0, true));
        assert!(order(&truth, &truth).is_clear(), "the order of the words is confirmed");
        let mut outputs = Dimensions { dimension: 3, ..Dimensions::default() };
        found.name(&mut outputs);
        assert_eq!(outputs.description[&2], "cat");
    }

    #[test]
    fn a_model_that_is_mostly_wrong_tells_nothing() {
        let truth: Vec<usize> = (0..300).map(|row| row % 3).collect();
        let guesses: Vec<usize> = (0..300).map(|row| (row / 3) % 3).collect();
        assert!(!order(&guesses, &truth).is_clear());
    }

    #[test]
    fn named_classes_and_other_numbers_are_left_alone() {
        let (truth, places) = (labels(&[0, 1, 2]), [0, 1, 2]);
        let of = |facts: &ModelFacts, answers: &Matrix| ClassOrder::of(facts, answers, &places, &truth);
        let named = ModelFacts { classes: vec!["a".into(), "b".into(), "c".into()], ..ModelFacts::default() };
        assert_eq!(of(&named, &column(&[0, 1, 2])), None);
        let facts = ModelFacts::default();
        assert_eq!(of(&facts, &column(&[0, 1, 3])), None, "a fourth class");
        assert_eq!(of(&facts, &Matrix::zeros(3, 2)), None, "two classes");
        assert_eq!(of(&facts, &Matrix::new(3, 1, vec![0.0, 0.5, 1.0]).unwrap()), None, "a score");
    }

    #[test]
    fn rows_are_spread_over_the_data() {
        assert_eq!(ClassOrder::places(3), [0, 1, 2]);
        let places = ClassOrder::places(10_000);
        assert_eq!((places.len(), places[1], *places.last().unwrap()), (ROWS_ASKED, 5, 9995));
        assert!(ClassOrder::places(0).is_empty());
    }
}
