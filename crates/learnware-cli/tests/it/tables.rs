//! Bad table files: a clear message with the place, advice, code 2, and nothing written.

use crate::context::TestContext;

/// Runs `spec` on a file and checks message and advice.
fn check(name: &str, content: impl AsRef<[u8]>, message: &str, hint: &str) {
    let context = TestContext::new();
    context.write(name, content);
    let said = context.refusal(&format!("spec {name} -o stat.json"));
    assert!(said.contains(message), "{name}: wanted {message:?}, got:\n{said}");
    assert!(said.contains(&format!("hint: {hint}")), "{name}: wanted {hint:?}, got:\n{said}");
    assert_eq!(context.files(), [name]);
    let document = context.run(&format!("spec {name} -o stat.json --json")).json();
    assert_eq!(document["schema"], "learnware.error/1");
    assert!(!document["error"]["hint"].as_str().unwrap().is_empty());
}

#[test]
fn nan_and_infinity_are_refused() {
    let place = "line 3, column \"b\": the value is NaN";
    check("t.csv", "a,b\n1,2\n2,nan\n3,4\n", place, "say --nan-as-missing");
    check("t.csv", "a,b\n1,2\n2,-inf\n3,4\n", "the value is -inf", "replace infinite values");
}

#[test]
fn text_in_a_number_column_is_refused_with_its_line() {
    let place = "line 4, column \"b\": \"oops\" is not a number";
    check("t.csv", "a,b\n1,2\n2,3\n3,oops\n", place, "correct the value");
    let quoted = "a,b\n1,2\n2,3\n3,\"1,5\"\n";
    check("t.csv", quoted, "\"1,5\" is not a number", "write numbers with a decimal point");
}

#[test]
fn files_without_a_table_are_refused() {
    check("t.csv", "", "t.csv: the file is empty", "a table needs a header line and at least two rows");
    check("t.csv", "a,b\n", "there is a header, but no rows", "a table needs");
    check("t.csv", "a,b\n1,2\n", "the table has only one row", "give more rows");
    check("t.csv", "a,b\n1,2\n1,2\n1,2\n", "every column has the same value", "check that the right file");
    check("t.csv", "a,b\n1,2\n3\n", "t.csv, line 3: there are 1 fields, but 2 columns", "put fields that");
    check("t.csv", "a,b\n1,2\n3,4,5\n", "line 3: there are 3 fields, but 2 columns", "put fields that");
    check(
        "t.csv",
        b"a,b\n1,\xe9\n".as_slice(),
        "line 2: the text is not UTF-8",
        "name its encoding with --charset",
    );
    check("t.xls", "x", "the ending is not that of a table file", "table files end in .csv");
    check("t.npy", "x", "it is not an NPY file", "write the file again");
    check("t.parquet", "x", "t.parquet: ", "write the file again");
    check("t.csv", "a,b\n,2\n,3\n", "column \"a\" has no values at all", "leave it out with --drop \"a\"");
}

#[test]
fn free_text_is_refused_with_a_choice() {
    let rows: String = (0..80).map(|row| format!("{row},person {row}\n")).collect();
    let message = "column \"name\" has 80 different words in 80 rows";
    check(
        "t.csv",
        format!("n,name\n{rows}"),
        message,
        "leave it out with --drop \"name\", or say --categories",
    );
}

#[test]
fn wrong_paths_and_columns_get_advice() {
    let context = TestContext::new();
    context.write("data.csv", "a,b\n1,2\n3,4\n");
    let said = context.refusal("spec data.tsv -o stat.json");
    assert!(said.contains("data.tsv does not exist") && said.contains("did you mean data.csv?"), "{said}");
    let said = context.refusal("spec . -o stat.json");
    assert!(said.contains(". holds no images and no texts"), "{said}");
    let said = context.refusal("spec data.csv --columns a,c -o stat.json");
    assert!(said.contains("there is no column \"c\"; the columns are: a, b"), "{said}");
    let said = context.refusal("spec data.csv --drop a,b -o stat.json");
    assert!(said.contains("no column is left"), "{said}");
    let said = context.refusal("spec data.csv -o nowhere/stat.json");
    assert!(said.contains("cannot write nowhere/stat.json"), "{said}");
}

#[test]
fn constant_and_filled_columns_are_warnings() {
    let context = TestContext::new();
    context.write("t.csv", "a,b\n1,7\n,7\n3,7\n");
    let few = "the specification of 3 examples has one point only";
    let answer = context.run("spec t.csv -o stat.json");
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stderr.contains("column \"b\" has the same value in all rows"), "{answer:?}");
    assert!(answer.stderr.contains("column \"a\": 1 absent values become the mean, 2"), "{answer:?}");
    let warnings = context.json("spec t.csv -o stat.json")["warnings"].clone();
    assert_eq!(warnings.as_array().unwrap().len(), 3);
    assert!(answer.stderr.contains(few), "{answer:?}");
    assert!(context.refusal("spec t.csv -o x.json --missing refuse").contains("line 3, column \"a\""));
}
