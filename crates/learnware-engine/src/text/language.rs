//! Which languages a set of texts is in, as the codes that the reference's files use.
//!
//! The reference joins all texts and lists what langdetect, which draws at random, finds in the whole; a
//! second language of a few texts is lost in it or not, by chance. Here each text is judged alone by whatlang
//! (trigrams and alphabets; no chance), and a language counts from a share of the texts on.
//!
//! Codes are ISO 639-1, and as langdetect says them where it knows the language: `zh-cn` and `zh-tw` by the
//! characters, `no` for Norwegian. Languages without such a code get their ISO 639-3 code.

use std::collections::BTreeMap;

use whatlang::Lang;

use crate::numeric::parallel;

/// A language is listed when at least this part of the judged texts is in it: fewer are more often
/// mistaken than meant.
pub const LANGUAGE_SHARE_MIN: f64 = 0.05;

/// A text with fewer letters tells its language too seldom. In scripts of syllables or ideas each character
/// tells more, so they need [`LETTERS_MIN_DENSE`].
const LETTERS_MIN: usize = 20;
const LETTERS_MIN_DENSE: usize = 6;

/// Characters of one text that are read; more change nothing.
const CHARACTERS_MAX: usize = 1000;

/// Texts that are judged, evenly spaced when there are more: enough to measure a share of 5 % to 0.5 %.
const TEXTS_MAX: usize = 2000;

/// Frequent characters that only one of the two ways of writing Chinese has.
const SIMPLIFIED: &str = "这国们个来时对说为会发学现过样还进动经长开关门问间见车东书买卖话语读让认请谁谢点应总无从头机权义习写军农别务单双变园图场声处备带师历";
const TRADITIONAL: &str = "這國們個來時對說為會發學現過樣還進動經長開關門問間見車東書買賣話語讀讓認請誰謝點應總無從頭機權義習寫軍農別務單雙變園圖場聲處備帶師歷";

/// The languages of `texts`, most frequent first, ties by code. When no text alone tells its language, that of
/// all of them together; empty when they have too few letters for that, too.
pub fn languages(texts: &[String]) -> Vec<String> {
    let step = texts.len().div_ceil(TEXTS_MAX).max(1);
    let sample: Vec<&String> = texts.iter().step_by(step).collect();
    let found = parallel::map(sample.len(), |index| language(sample[index]));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (code, _) in found.into_iter().flatten().filter(|&(_, sure)| sure) {
        *counts.entry(code).or_default() += 1;
    }
    let judged: usize = counts.values().sum();
    if judged == 0 {
        let joined: Vec<&str> = sample.iter().map(|text| text.as_str()).collect();
        return language(&joined.join(" ")).map(|(code, _)| code.to_owned()).into_iter().collect();
    }
    let least = LANGUAGE_SHARE_MIN * judged as f64;
    let mut listed: Vec<(&str, usize)> =
        counts.into_iter().filter(|&(_, count)| count as f64 >= least).collect();
    listed.sort_by_key(|&(code, count)| (std::cmp::Reverse(count), code));
    listed.into_iter().map(|(code, _)| code.to_owned()).collect()
}

/// The language of one text and whether whatlang is sure; `None` with too few letters.
fn language(text: &str) -> Option<(&'static str, bool)> {
    let end = text.char_indices().nth(CHARACTERS_MAX).map_or(text.len(), |(place, _)| place);
    let text = &text[..end];
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let (mut all, mut dense) = (0, 0);
    for letter in letters {
        all += 1;
        dense += usize::from(letter >= '\u{900}' && !letter.is_lowercase() && !letter.is_uppercase());
    }
    if all < LETTERS_MIN && dense < LETTERS_MIN_DENSE {
        return None;
    }
    let found = whatlang::detect(text)?;
    let code = if found.lang() == Lang::Cmn { chinese(text) } else { code(found.lang()) };
    Some((code, found.is_reliable()))
}

/// Which way of writing Chinese.
fn chinese(text: &str) -> &'static str {
    let count = |list: &str| text.chars().filter(|&c| list.contains(c)).count();
    if count(TRADITIONAL) > count(SIMPLIFIED) { "zh-tw" } else { "zh-cn" }
}

/// whatlang's codes and those of the reference.
const CODES: &[(&str, &str)] = &[
    ("epo", "eo"),
    ("eng", "en"),
    ("rus", "ru"),
    ("cmn", "zh-cn"),
    ("spa", "es"),
    ("por", "pt"),
    ("ita", "it"),
    ("ben", "bn"),
    ("fra", "fr"),
    ("deu", "de"),
    ("ukr", "uk"),
    ("kat", "ka"),
    ("ara", "ar"),
    ("hin", "hi"),
    ("jpn", "ja"),
    ("heb", "he"),
    ("yid", "yi"),
    ("pol", "pl"),
    ("amh", "am"),
    ("jav", "jv"),
    ("kor", "ko"),
    ("nob", "no"),
    ("dan", "da"),
    ("swe", "sv"),
    ("fin", "fi"),
    ("tur", "tr"),
    ("nld", "nl"),
    ("hun", "hu"),
    ("ces", "cs"),
    ("ell", "el"),
    ("bul", "bg"),
    ("bel", "be"),
    ("mar", "mr"),
    ("kan", "kn"),
    ("ron", "ro"),
    ("slv", "sl"),
    ("hrv", "hr"),
    ("srp", "sr"),
    ("mkd", "mk"),
    ("lit", "lt"),
    ("lav", "lv"),
    ("est", "et"),
    ("tam", "ta"),
    ("vie", "vi"),
    ("urd", "ur"),
    ("tha", "th"),
    ("guj", "gu"),
    ("uzb", "uz"),
    ("pan", "pa"),
    ("aze", "az"),
    ("ind", "id"),
    ("tel", "te"),
    ("pes", "fa"),
    ("mal", "ml"),
    ("ori", "or"),
    ("mya", "my"),
    ("nep", "ne"),
    ("sin", "si"),
    ("khm", "km"),
    ("tuk", "tk"),
    ("aka", "ak"),
    ("zul", "zu"),
    ("sna", "sn"),
    ("afr", "af"),
    ("lat", "la"),
    ("slk", "sk"),
    ("cat", "ca"),
    ("tgl", "tl"),
    ("hye", "hy"),
    ("cym", "cy"),
];

/// The code of a language that whatlang names.
fn code(lang: Lang) -> &'static str {
    let name = lang.code();
    CODES.iter().find(|(known, _)| *known == name).map_or(name, |(_, code)| code)
}
