//! Matching of columns: what must be found, what must stay alone, and any two sets.

use proptest::prelude::*;

use super::*;
use crate::numeric::random::Stream;

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn rows(count: usize, columns: usize, seed: u64) -> Matrix {
    let mut stream = Stream::new(seed);
    let values = (0..count * columns).map(|place| {
        let value = stream.normal();
        // Columns of different shapes.
        match place % columns % 3 {
            0 => value,
            1 => value.exp(),
            _ => f64::from(value > 0.5),
        }
    });
    Matrix::new(count, columns, values.collect()).unwrap()
}

fn found(matching: &ColumnMatching) -> Vec<(usize, usize)> {
    matching.pairs.iter().map(|pair| (pair.user, pair.other)).collect()
}

#[test]
fn the_same_columns_in_another_order_and_language_are_found() {
    let table = rows(60, 4, 1);
    let own = texts(&["item price", "units_lag_7", "is_weekend", "store temperature"]);
    let order = [2, 0, 3, 1];
    let other_words = texts(&["周末", "商品价格", "门店温度", "滞后7天销量"]);
    let user = ColumnSet::of_rows(&own, &table).unwrap();
    let other = ColumnSet::of_rows(&other_words, &table.select_columns(&order)).unwrap();
    let matching = ColumnMatching::of(&user, &other);
    assert_eq!(found(&matching), [(2, 0), (0, 1), (3, 2), (1, 3)], "{matching:?}");
    assert!(matching.coverage() > 0.6, "{}", matching.coverage());
    assert!(matching.user_alone.is_empty() && matching.other_alone.is_empty());
}

#[test]
fn without_descriptions_shapes_and_correlations_tell_columns_apart() {
    let mut table = rows(300, 4, 2);
    for row in 0..table.rows() {
        let value = 0.9 * table.at(row, 0) + 0.1 * table.at(row, 3);
        table.set(row, 3, value);
    }
    let none = vec![String::new(); 4];
    let user = ColumnSet::of_rows(&none, &table).unwrap();
    let other = ColumnSet::of_rows(&none, &table.select_columns(&[1, 2, 3, 0])).unwrap();
    let matching = ColumnMatching::of(&user, &other);
    assert!(found(&matching).starts_with(&[(1, 0), (2, 1)]), "{matching:?}");
    assert!(matching.pairs.iter().all(|pair| pair.reason == MatchReason::Shape && pair.words.is_none()));
}

#[test]
fn columns_of_other_things_stay_alone_and_twins_are_uncertain() {
    let table = rows(50, 2, 3);
    let user = ColumnSet::of_rows(&texts(&["item price", "rainfall"]), &table).unwrap();
    let other =
        ColumnSet::of_rows(&texts(&["item price", "heart rate"]), &table.select_columns(&[0, 0])).unwrap();
    let matching = ColumnMatching::of(&user, &other);
    assert_eq!(
        (found(&matching), &matching.user_alone[..], &matching.other_alone[..]),
        (vec![(0, 0)], &[1][..], &[1][..])
    );
    let sure = matching.pairs[0].certainty;
    let twins =
        ColumnSet::of_rows(&texts(&["item price", "item price"]), &table.select_columns(&[0, 0])).unwrap();
    let matching = ColumnMatching::of(&user, &twins);
    assert!(matching.pairs[0].certainty < 0.6 && sure > 0.9, "{sure} {matching:?}");
}

#[test]
fn misshapen_sets_are_refused() {
    let table = rows(5, 2, 3);
    assert!(ColumnSet::of_rows(&texts(&["one"]), &table).is_err());
    assert!(ColumnSet::new(&texts(&["one", "two"]), &table, &[1.0]).is_err());
    assert!(ColumnSet::of_rows(&texts(&["one", "two"]), &Matrix::zeros(0, 2)).is_err());
    let mut bad = table;
    bad.set(1, 1, f64::NAN);
    assert!(ColumnSet::of_rows(&texts(&["one", "two"]), &bad).is_err());
    assert!(ColumnSet::of_rows(&[], &Matrix::zeros(2, 0)).unwrap().is_empty());
}

fn description() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("item price".to_owned()),
        Just("上月销量".to_owned()),
        Just("avg近7天Sales_lag14d价格".to_owned()),
        "\\PC{0,30}",
        "[a-zA-Z_0-9]{0,12}",
        "[销量价格日均商品a-c0-9]{0,10}",
    ]
}

fn set() -> impl Strategy<Value = (Vec<String>, Vec<f64>, usize)> {
    (0_usize..14, 1_usize..8).prop_flat_map(|(columns, rows)| {
        let value = prop_oneof![
            4 => -5.0..5.0_f64, 1 => Just(0.0), 1 => Just(1e308), 1 => Just(-1e308), 1 => Just(1e-308)
        ];
        let values = prop::collection::vec(value, columns * rows);
        (prop::collection::vec(description(), columns), values, Just(rows))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_two_sets_are_matched(one in set(), other in set(), weight in -1.0..2.0_f64) {
        let of = |(words, values, rows): (Vec<String>, Vec<f64>, usize)| {
            let points = Matrix::new(rows, words.len(), values).unwrap();
            let weights: Vec<f64> = (0..rows).map(|row| if row == 0 { weight } else { 1.0 }).collect();
            ColumnSet::new(&words, &points, &weights).unwrap()
        };
        let (user, other) = (of(one), of(other));
        let matching = ColumnMatching::of(&user, &other);
        prop_assert_eq!(matching.pairs.len() + matching.user_alone.len(), user.len());
        prop_assert_eq!(matching.pairs.len() + matching.other_alone.len(), other.len());
        prop_assert!(matching.pairs.windows(2).all(|pair| pair[0].other < pair[1].other));
        for pair in &matching.pairs {
            prop_assert!((0.0..=1.0).contains(&pair.certainty) && (0.0..=1.0).contains(&pair.shape), "{pair:?}");
            prop_assert!(!matching.user_alone.contains(&pair.user));
        }
    }
}
