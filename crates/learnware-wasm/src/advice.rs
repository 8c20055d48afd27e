//! What is wrong as the page gets it: a word and values, by which it says it in its own language, and the sentence of the
//! command line for words that the page does not know.

use std::collections::BTreeMap;

use learnware_data::{DataError, Said, said};
use serde_json::{Value, json};

use crate::message::Refusal;

impl From<DataError> for Refusal {
    fn from(error: DataError) -> Self {
        let hint =
            error.hint().unwrap_or_else(|| "check that the values are plain numbers of a usual size".into());
        let Said { code, values, text } = said::of_error(&error);
        Self { code, values: values.into_iter().collect(), message: text, hint }
    }
}

/// What a person should know, as the page gets it.
pub(crate) fn noted(said: &Said) -> Value {
    let values: BTreeMap<_, _> = said.values.iter().map(|(name, value)| (*name, value)).collect();
    json!({"code": said.code, "values": values, "message": said.text})
}
