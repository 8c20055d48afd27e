//! Tests of the built-in embedder and of language detection, on sentences made up for them.

use super::tokens::{Kind, normalise, tokens};
use super::*;

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn cosine(points: &Matrix, one: usize, other: usize) -> f64 {
    points.row(one).iter().zip(points.row(other)).map(|(x, y)| x * y).sum()
}

/// `texts` are on topic A, A, B, B. Every pair on one topic is nearer than every pair on two.
fn assert_topics(texts: [&str; 4]) {
    let points = HashedEmbedder::new().embed(&owned(&texts)).unwrap();
    let same = cosine(&points, 0, 1).min(cosine(&points, 2, 3));
    let across = [(0, 2), (0, 3), (1, 2), (1, 3)].map(|(one, other)| cosine(&points, one, other));
    let across = across.into_iter().fold(f64::NEG_INFINITY, f64::max);
    assert!(same > across + 0.05, "{same:.3} on one topic, {across:.3} on two: {}", texts[0]);
}

#[test]
fn one_topic_is_nearer_than_another_in_many_scripts() {
    assert_topics([
        "The engine of this car needs new brakes and oil.",
        "My car has trouble with its engine and the brakes squeak.",
        "The church reads the bible and believes in God.",
        "Does God speak in the bible, asked a member of the church?",
    ]);
    assert_topics([
        "这辆汽车的发动机需要更换机油。",
        "汽车发动机漏机油，需要修理。",
        "今天的足球比赛主队进了三个球。",
        "主队赢了昨晚的足球比赛。",
    ]);
    assert_topics([
        "この自動車のエンジンはオイル交換が必要です。",
        "自動車のエンジンからオイルが漏れています。",
        "昨日のサッカーの試合は地元のチームが勝ちました。",
        "地元のチームはサッカーの試合で三点を取りました。",
    ]);
    assert_topics([
        "محرك السيارة يحتاج إلى تغيير الزيت والمكابح",
        "السيارة فيها مشكلة في المحرك والمكابح والزيت",
        "فاز الفريق في مباراة كرة القدم أمس",
        "مباراة كرة القدم انتهت بفوز الفريق الكبير",
    ]);
    assert_topics([
        "Двигатель этого автомобиля требует замены масла.",
        "В двигателе автомобиля мало масла, нужна замена.",
        "Наша команда выиграла футбольный матч.",
        "Футбольная команда проиграла вчерашний матч.",
    ]);
    assert_topics([
        "자동차 엔진은 오일을 교환해야 합니다.",
        "자동차의 엔진에서 오일이 새고 있습니다.",
        "어제 축구 경기에서 우리 팀이 이겼습니다.",
        "우리 팀은 축구 경기를 잘했습니다.",
    ]);
    assert_topics([
        "เครื่องยนต์ของรถยนต์ต้องเปลี่ยนน้ำมัน",
        "รถยนต์มีน้ำมันรั่วจากเครื่องยนต์",
        "ทีมของเราชนะการแข่งขันฟุตบอล",
        "การแข่งขันฟุตบอลเมื่อวานทีมแพ้",
    ]);
}

#[test]
fn writings_of_one_word_are_one_point() {
    let texts = owned(&["Café Zürich ﬁne", "CAFE ZURICH FINE", "cafe\u{301} zu\u{308}rich fine"]);
    let points = HashedEmbedder::new().embed(&texts).unwrap();
    assert_eq!(points.row(0), points.row(1));
    assert_eq!(points.row(0), points.row(2));
}

#[test]
fn points_have_length_one_and_empty_texts_are_zero() {
    let texts = owned(&["", " \t\n", "!? ...", "\u{0}\u{7f}", "x", "a word", "12345", "e\u{301}\u{301}"]);
    let points = HashedEmbedder::new().embed(&texts).unwrap();
    assert_eq!((points.rows(), points.columns()), (8, HASHED_DIMENSION));
    for (row, text) in texts.iter().enumerate() {
        let wanted = if row < 4 { 0.0 } else { 1.0 };
        assert!((cosine(&points, row, row) - wanted).abs() < 1e-12, "{text:?}");
    }
    assert_eq!(HashedEmbedder::new().embed(&[]).unwrap().rows(), 0);
}

#[test]
fn a_point_depends_on_its_own_text_only() {
    let texts: Vec<String> = (0..200).map(|n| format!("text number {n} about topic{}", n % 7)).collect();
    let embedder = HashedEmbedder::new();
    let all = embedder.embed(&texts).unwrap();
    let alone = embedder.embed(&texts[150..151]).unwrap();
    assert_eq!(all.row(150), alone.row(0));
}

#[test]
fn an_enormous_text_is_read_up_to_the_bound() {
    let long = "é".repeat(TEXT_BYTES_MAX / 2) + "!";
    let longer = long.clone() + " and much more";
    let points = HashedEmbedder::new().embed(&[long, longer]).unwrap();
    assert_eq!(points.row(0), points.row(1));
    // The bound may fall inside a character.
    HashedEmbedder::new().embed(&["x".to_owned() + &"é".repeat(TEXT_BYTES_MAX)]).unwrap();
}

#[test]
fn the_numbers_never_change_without_a_new_version() {
    let texts = owned(&["The quick brown fox, 敏捷的棕色狐狸, быстрая лиса. İstanbul 2024 A320"]);
    let points = HashedEmbedder::new().embed(&texts).unwrap();
    let sum: f64 = points.row(0).iter().enumerate().map(|(place, x)| (place + 1) as f64 * x).sum();
    assert!((sum - PINNED).abs() < 1e-9, "{sum}: raise VERSION in hashed.rs and pin the new sum");
    assert_eq!(HashedEmbedder::new().id().digest, "1-6c77646f636b0001");
}
/// Sum of place x value of the point above.
const PINNED: f64 = -364.734_019_160_498_9;

#[test]
fn tokens_follow_scripts() {
    let normal = normalise("Hello, World! x86-64 漢字かなカナ 한국어 ไทย don't");
    let found: Vec<(Kind, &str)> = tokens(&normal).collect();
    let wanted = [
        (Kind::Word, "hello"),
        (Kind::Word, "world"),
        (Kind::Number, "x86"),
        (Kind::Number, "64"),
        (Kind::Han, "漢字"),
        (Kind::Hiragana, "かな"),
        (Kind::Word, "カナ"),
        (Kind::Hangul, "한국어"),
        (Kind::Unspaced, "ไทย"),
        (Kind::Word, "don"),
        (Kind::Word, "t"),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn languages_get_the_codes_of_the_reference() {
    for (text, code) in [
        ("The weather is fine today and we will go to the beach together.", "en"),
        ("Das Wetter ist heute schön und wir gehen zusammen an den Strand.", "de"),
        ("Il fait beau aujourd'hui et nous allons ensemble à la plage.", "fr"),
        ("Сегодня хорошая погода, и мы вместе пойдем на пляж.", "ru"),
        ("今天天气很好，我们一起去海边吧，还可以买东西。", "zh-cn"),
        ("今天天氣很好，我們一起去海邊吧，還可以買東西。", "zh-tw"),
        ("今日は天気がいいので、みんなで海へ行きましょう。", "ja"),
        ("오늘은 날씨가 좋아서 다 같이 바다에 갑니다.", "ko"),
        ("الطقس جميل اليوم وسنذهب معا إلى الشاطئ.", "ar"),
        ("आज मौसम अच्छा है और हम साथ में समुद्र तट पर जाएंगे।", "hi"),
    ] {
        assert_eq!(languages(&owned(&[text])), [code], "{text}");
    }
}

#[test]
fn a_language_is_listed_from_a_share_of_the_texts_on() {
    let english = "The weather is fine today and we will go to the beach together.";
    let chinese = "今天天气很好，我们一起去海边吧。";
    let mixed = |rare: usize| [vec![english; 100 - rare], vec![chinese; rare]].concat();
    assert_eq!(languages(&owned(&mixed(4))), ["en"]);
    assert_eq!(languages(&owned(&mixed(6))), ["en", "zh-cn"]);
    assert_eq!(languages(&owned(&mixed(60))), ["zh-cn", "en"]);
}

#[test]
fn texts_without_letters_have_no_language() {
    assert_eq!(languages(&[]), Vec::<String>::new());
    assert_eq!(languages(&owned(&["", "12 + 30", "ok"])), Vec::<String>::new());
    // Short texts tell their language together.
    let words =
        owned(&["the weather", "is fine today", "and we will", "go to the beach", "with the children"]);
    assert_eq!(languages(&words), ["en"]);
}
