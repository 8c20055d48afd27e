//! Checks what a model that generates text does when it is asked.
//!
//! Like the reference's checker it only looks whether there is an answer to each text; besides, whether answers say
//! anything and repeat. It does not judge what they say.

use super::Finding;
use super::model::{finding_of, later, warning};
use crate::predictor::Predictor;

/// Texts asked about: writing takes long.
const TEXTS_MAX: usize = 4;

/// Adds everything wrong with the answers.
pub(super) fn check(predictor: &mut dyn Predictor, texts: &[String], findings: &mut Vec<Finding>) {
    let texts = &texts[..texts.len().min(TEXTS_MAX)];
    let answers = match predictor.generate(texts) {
        Ok(answers) => answers,
        Err(problem) => return findings.push(finding_of(&problem)),
    };
    let empty = answers.iter().filter(|answer| answer.trim().is_empty()).count();
    if empty > 0 {
        findings.push(warning(
            "answers-empty",
            format!("{empty} of {} answers are empty.", answers.len()),
            "Look whether the model writes anything before it ends, and whether the question is cut off.",
        ));
    }
    match predictor.generate(texts) {
        Err(problem) => findings.push(later(&problem, "when it was asked the same again")),
        Ok(second) if second != answers => findings.push(warning(
            "not-repeatable",
            "The model answers differently when it is asked the same again.",
            "Take the likeliest word each time, or fix the seed; nobody can repeat results otherwise.",
        )),
        Ok(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictor::{Batch, PredictError, Predictions};

    /// Answers with a number of its own, as a writer would.
    struct Writer {
        asked: usize,
        answer: fn(usize) -> String,
    }

    impl Predictor for Writer {
        fn input_shape(&self) -> Option<Vec<usize>> {
            None
        }

        fn output_shape(&self) -> Option<Vec<usize>> {
            None
        }

        fn predict(&mut self, _batch: &Batch) -> Result<Predictions, PredictError> {
            Err(PredictError::BadAnswer { reason: "texts".into() })
        }

        fn generate(&mut self, texts: &[String]) -> Result<Vec<String>, PredictError> {
            self.asked += 1;
            Ok(texts.iter().map(|_| (self.answer)(self.asked)).collect())
        }
    }

    fn codes(answer: fn(usize) -> String) -> Vec<String> {
        let (mut findings, texts) = (Vec::new(), vec!["a".to_owned(); 9]);
        check(&mut Writer { asked: 0, answer }, &texts, &mut findings);
        findings.into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn writers_that_say_nothing_or_change_their_mind_are_told() {
        assert!(codes(|_| "yes".into()).is_empty());
        assert_eq!(codes(|_| " ".into()), ["answers-empty"]);
        assert_eq!(codes(|asked| asked.to_string()), ["not-repeatable"]);
    }

    /// Answers numbers only.
    struct Counter;

    impl Predictor for Counter {
        fn input_shape(&self) -> Option<Vec<usize>> {
            None
        }

        fn output_shape(&self) -> Option<Vec<usize>> {
            None
        }

        fn predict(&mut self, batch: &Batch) -> Result<Predictions, PredictError> {
            Ok(Predictions { values: crate::numeric::Matrix::zeros(batch.len(), 1) })
        }
    }

    #[test]
    fn a_model_that_answers_numbers_is_no_writer() {
        let mut findings = Vec::new();
        check(&mut Counter, &["a".to_owned()], &mut findings);
        assert_eq!(findings[0].code, "model-bad-input");
    }
}
