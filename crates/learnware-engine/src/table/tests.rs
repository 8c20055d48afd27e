//! Behaviour and properties of inference and encoding.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::semantic::{CategoryEncoding, ColumnKind, Dimensions, Missing};

fn cell(text: &str) -> Cell {
    match text {
        "" => Cell::Missing,
        text => text.parse().map_or_else(|_| Cell::Text(text.into()), Cell::Number),
    }
}

/// A table with the lines of a file with a header.
fn table(columns: &[(&str, &[&str])]) -> RawTable {
    let rows = columns[0].1.len();
    RawTable {
        columns: columns
            .iter()
            .map(|(name, cells)| RawColumn {
                name: (*name).into(),
                cells: cells.iter().map(|text| cell(text)).collect(),
            })
            .collect(),
        lines: (2..rows + 2).collect(),
        header: Header::Named,
    }
}

fn infer_default(table: &RawTable) -> Result<Inferred, TableError> {
    infer(table, &InferOptions::default())
}

#[test]
fn numbers_and_categories_are_told_apart_and_encoded_in_order() {
    let table = table(&[("size", &["1", "2.5", "3"]), ("colour", &["red", "blue", "red"])]);
    let found = infer_default(&table).unwrap();
    assert_eq!(found.columns[0].kind, ColumnKind::Number);
    let ColumnKind::Category { values, encoding } = &found.columns[1].kind else { panic!("a category") };
    assert_eq!(values, &["blue", "red"]);
    assert_eq!(*encoding, CategoryEncoding::OneHot);
    let matrix = encode(&table, &found.columns).unwrap();
    assert_eq!(matrix.as_slice(), [1.0, 0.0, 1.0, 2.5, 1.0, 0.0, 3.0, 0.0, 1.0]);
    let input = dimensions(found.columns);
    assert_eq!(input.dimension, 3);
    assert_eq!(input.description[&2], "colour: red");
    assert_eq!(Dimensions::from_json(&input.to_json()).unwrap(), input);
}

#[test]
fn many_words_get_codes_and_the_choice_can_be_forced() {
    let words: Vec<String> = (0..26).map(|n| format!("w{:02}", n % 13)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let table = table(&[("word", &words)]);
    let encoding = |choice| {
        let options = InferOptions { encoding: choice, ..InferOptions::default() };
        encode(&table, &infer(&table, &options).unwrap().columns).unwrap()
    };
    assert_eq!(encoding(EncodingChoice::Auto).columns(), 1);
    assert_eq!(encoding(EncodingChoice::Auto).at(12, 0), 12.0);
    assert_eq!(encoding(EncodingChoice::OneHot).columns(), 13);
}

#[test]
fn unknown_and_absent_words_are_coded() {
    let train = table(&[("colour", &["red", "blue"])]);
    let new = table(&[("colour", &["green", "", "blue"])]);
    for (choice, expected) in [
        (EncodingChoice::OneHot, vec![0.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
        (EncodingChoice::Ordinal, vec![-1.0, -1.0, 0.0]),
    ] {
        let options = InferOptions { encoding: choice, ..InferOptions::default() };
        let columns = infer(&train, &options).unwrap().columns;
        assert_eq!(encode(&new, &columns).unwrap().as_slice(), expected);
    }
}

#[test]
fn absent_numbers_follow_the_choice() {
    let holes = table(&[("a", &["1", "", "3"]), ("b", &["1", "2", "3"])]);
    let read = |missing| infer(&holes, &InferOptions { missing, ..InferOptions::default() });
    let filled = read(MissingChoice::Fill).unwrap();
    assert_eq!(filled.columns[0].missing, Missing::Fill(2.0));
    assert_eq!(filled.warnings, [TableWarning::Filled { column: "a".into(), count: 1, mean: 2.0 }]);
    assert_eq!(encode(&holes, &filled.columns).unwrap().at(1, 0), 2.0);
    let refused = TableError::MissingValue { column: "a".into(), line: 3 };
    assert_eq!(read(MissingChoice::Refuse), Err(refused.clone()));
    let kept = read(MissingChoice::Keep).unwrap();
    assert!(encode(&holes, &kept.columns).unwrap().at(1, 0).is_nan());
    let none = infer_default(&table(&[("a", &["1", "2"]), ("b", &["1", "2"])])).unwrap();
    assert_eq!(encode(&holes, &none.columns), Err(refused));
}

#[test]
fn bad_tables_are_refused_with_column_and_line() {
    let text: Vec<String> = (0..60).map(|n| format!("id-{n}")).collect();
    let text: Vec<&str> = text.iter().map(String::as_str).collect();
    for (bad, message) in [
        (table(&[("a", &["1", "NaN"])]), r#"line 3, column "a": the value is NaN"#),
        (table(&[("a", &["-inf", "2"])]), r#"line 2, column "a": the value is -inf"#),
        (
            table(&[("a", &["1", "2", "x7", "4"])]),
            r#"line 4, column "a": "x7" is not a number, while 3 other values of the column are"#,
        ),
        (table(&[("a", &["", ""])]), r#"column "a" has no values at all"#),
        (table(&[("a", &["1"])]), "the table has only one row; a specification needs at least two"),
        (table(&[("a", &[])]), "the table has no rows"),
        (
            table(&[("a", &["4", "4"]), ("b", &["x", "x"])]),
            "every column has the same value in all rows, so there is nothing to describe",
        ),
        (
            table(&[("a", &text)]),
            r#"column "a" has 60 different words in 60 rows: it looks like free text or an identifier"#,
        ),
    ] {
        assert_eq!(infer_default(&bad).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_category_can_be_asked_for_by_name() {
    let codes = table(&[("zip", &["1", "01", "2.0", "x"]), ("n", &["1", "2", "3", "4"])]);
    let options = InferOptions { categories: BTreeSet::from(["zip".into()]), ..InferOptions::default() };
    let found = infer(&codes, &options).unwrap();
    let ColumnKind::Category { values, .. } = &found.columns[0].kind else { panic!("a category") };
    assert_eq!(values, &["1", "2", "x"]);
    let unknown = InferOptions { categories: BTreeSet::from(["zop".into()]), ..InferOptions::default() };
    assert!(infer(&codes, &unknown).unwrap_err().to_string().contains("the columns are: zip, n"));
}

#[test]
fn text_in_a_number_column_and_absent_columns_are_named() {
    let columns = infer_default(&table(&[("a", &["1", "2"]), ("b", &["3", "4"])])).unwrap().columns;
    let text = table(&[("a", &["1", "oops"]), ("b", &["3", "4"])]);
    let error = encode(&text, &columns).unwrap_err().to_string();
    assert_eq!(error, r#"line 3, column "a": "oops" is not a number"#);
    let other = table(&[("A", &["1", "2"]), ("b", &["3", "4"])]);
    let error = encode(&other, &columns).unwrap_err().to_string();
    assert_eq!(error, r#"there is no column "a"; the columns are: A, b"#);
    let mut positional = other;
    positional.header = Header::Positional;
    assert_eq!(encode(&positional, &columns).unwrap().columns(), 2);
    positional.columns.pop();
    assert_eq!(encode(&positional, &columns), Err(TableError::Width { expected: 2, found: 1 }));
}

#[test]
fn learnwares_without_columns_take_names_from_their_description_else_places() {
    let table = table(&[("b", &["1", "2"]), ("a", &["3", "4"])]);
    let describe = |names: &[&str]| Dimensions {
        dimension: 2,
        description: names.iter().map(ToString::to_string).enumerate().collect(),
        columns: None,
    };
    let names = |input: &Dimensions| -> Vec<String> {
        columns_for(input, &table).unwrap().into_iter().map(|column| column.name).collect()
    };
    assert_eq!(names(&describe(&["a", "b"])), ["a", "b"]);
    assert_eq!(names(&describe(&["age of the person", "b"])), ["b", "a"]);
    assert_eq!(names(&describe(&["a"])), ["b", "a"]);
    let wide = Dimensions { dimension: 3, ..describe(&["a"]) };
    assert_eq!(columns_for(&wide, &table), Err(TableError::Width { expected: 3, found: 2 }));
}

#[test]
fn labels_are_numbers_or_places_among_sorted_words() {
    let read = |cells: &[&str]| {
        let mut table = table(&[("y", cells)]);
        let column = table.take_column("y").unwrap();
        labels(&column, &table.lines)
    };
    let words = read(&["no", "yes", "no"]).unwrap();
    assert_eq!(words.values, [0.0, 1.0, 0.0]);
    assert_eq!(words.classes.as_deref(), Some(["no".to_owned(), "yes".to_owned()].as_slice()));
    assert!(words.look_like_classes());
    assert!(read(&["0", "1", "1"]).unwrap().look_like_classes());
    assert!(!read(&["0.5", "1", "1"]).unwrap().look_like_classes());
    assert!(!read(&["10", "20", "35"]).unwrap().look_like_classes());
    assert_eq!(read(&["1", ""]), Err(TableError::MissingValue { column: "y".into(), line: 3 }));
}

fn any_cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        4 => (-1e300..1e300).prop_map(Cell::Number),
        1 => Just(Cell::Missing),
    ]
}

fn any_word() -> impl Strategy<Value = Cell> {
    prop_oneof![4 => "[a-f]".prop_map(Cell::Text), 1 => Just(Cell::Missing)]
}

prop_compose! {
    fn any_table()(rows in 2_usize..20, numbers in 1_usize..4, words in 0_usize..3)(
        numbers in prop::collection::vec(prop::collection::vec(any_cell(), rows), numbers),
        words in prop::collection::vec(prop::collection::vec(any_word(), rows), words),
        rows in Just(rows),
    ) -> RawTable {
        let columns = numbers.into_iter().chain(words).enumerate();
        RawTable {
            columns: columns.map(|(place, cells)| RawColumn { name: format!("c{place}"), cells }).collect(),
            lines: (2..rows + 2).collect(),
            header: Header::Named,
        }
    }
}

fn any_options() -> impl Strategy<Value = InferOptions> {
    let encoding =
        prop_oneof![Just(EncodingChoice::Auto), Just(EncodingChoice::OneHot), Just(EncodingChoice::Ordinal)];
    encoding.prop_map(|encoding| InferOptions { encoding, ..InferOptions::default() })
}

proptest! {
    #[test]
    fn what_is_inferred_can_be_encoded_finite_and_as_wide_as_described(
        table in any_table(), options in any_options()
    ) {
        if let Ok(found) = infer(&table, &options) {
            let matrix = encode(&table, &found.columns).unwrap();
            prop_assert!(matrix.require_finite().is_ok());
            prop_assert_eq!(matrix.rows(), table.row_count());
            let input = dimensions(found.columns);
            prop_assert_eq!(matrix.columns(), input.dimension);
            prop_assert_eq!(Dimensions::from_json(&input.to_json()).unwrap(), input);
        }
    }

    #[test]
    fn order_of_columns_and_further_columns_do_not_matter(table in any_table(), options in any_options()) {
        if let Ok(found) = infer(&table, &options) {
            let mut other = table.clone();
            other.columns.reverse();
            other.columns.push(RawColumn {
                name: "further".into(),
                cells: vec![Cell::Text("x".into()); table.row_count()],
            });
            prop_assert_eq!(encode(&other, &found.columns), encode(&table, &found.columns));
        }
    }

    #[test]
    fn order_of_rows_changes_nothing_but_the_order(table in any_table(), options in any_options()) {
        if let Ok(found) = infer(&table, &options) {
            let backwards: Vec<usize> = (0..table.row_count()).rev().collect();
            let turned = table.select_rows(&backwards);
            let matrix = encode(&table, &found.columns).unwrap();
            prop_assert_eq!(encode(&turned, &found.columns).unwrap(), matrix.select_rows(&backwards));
            let again = infer(&turned, &options).unwrap();
            for (one, other) in again.columns.iter().zip(&found.columns) {
                prop_assert_eq!(&one.kind, &other.kind);
            }
        }
    }
}
