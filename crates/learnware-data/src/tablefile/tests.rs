//! Good and bad table files.

use std::io::Write as _;

use super::*;
use crate::files::MemoryFiles;

fn read_bytes(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<TableFile> {
    let mut files = MemoryFiles::default();
    files.insert(name, bytes);
    read(Location { files: &files, path: Path::new(name) }, options)
}

fn names(file: &TableFile) -> Vec<&str> {
    file.table.columns.iter().map(|column| column.name.as_str()).collect()
}

fn refusal(name: &str, bytes: &[u8]) -> String {
    let message = read_bytes(name, bytes, &ReadOptions::default()).unwrap_err().to_string();
    message[message.find(name).unwrap_or(0)..].to_owned()
}

#[test]
fn separators_quotes_marks_and_line_ends_are_found_out() {
    for text in [
        "a,b\n1,\"x, y\"\n2,z\n",
        "a;b\n1;x, y\n2;z\n",
        "a\tb\n1\tx, y\n2\tz\n",
        "a|b\n1|x, y\n2|z\n",
        "\u{feff}a,b\r\n1,\"x, y\"\r\n2,z\r\n",
        "a , b\n\n 1 ,\"x, y\"\n\n2,z",
    ] {
        let file = read_bytes("t.csv", text.as_bytes(), &ReadOptions::default()).unwrap();
        assert_eq!(names(&file), ["a", "b"], "{text:?}");
        assert_eq!(file.table.columns[0].cells, [Cell::Number(1.0), Cell::Number(2.0)]);
        assert_eq!(file.table.columns[1].cells, [Cell::Text("x, y".into()), Cell::Text("z".into())]);
    }
}

#[test]
fn other_encodings_are_read_where_a_mark_or_a_person_names_them() {
    let text = "年龄,城市\n31,\"上海, 浦东\"\n\n45,北京\n";
    let utf16 = |mark: char, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("{mark}{text}").encode_utf16().flat_map(bytes).collect()
    };
    let gb = encoding_rs::GB18030.encode(text).0.into_owned();
    let named = |label: &str| ReadOptions { charset: Some(label.parse().unwrap()), ..ReadOptions::default() };
    let plain = read_bytes("t.csv", text.as_bytes(), &ReadOptions::default()).unwrap();
    for (bytes, options) in [
        (utf16('\u{feff}', u16::to_le_bytes), ReadOptions::default()),
        (utf16('\u{feff}', u16::to_be_bytes), named("gb18030")),
        (text.encode_utf16().flat_map(u16::to_le_bytes).collect(), named("utf-16")),
        (gb.clone(), named("gb18030")),
    ] {
        let file = read_bytes("t.csv", &bytes, &options).unwrap();
        assert_eq!(file.table.columns, plain.table.columns);
        assert_eq!(file.table.lines, [2, 4]);
        assert_eq!(file.warnings, Vec::new());
    }
    assert_eq!(refusal("t.csv", &gb), "t.csv, line 1: the text is not UTF-8", "nothing is guessed");
    let mut broken = gb.clone();
    broken.extend(b"5,\xff\n");
    let error = read_bytes("t.csv", &broken, &named("gb18030")).unwrap_err();
    assert_eq!(error.to_string(), "t.csv, line 5: the text is not gb18030");
    let open = encoding_rs::GB18030.encode("城市\n\"上海\n北京\n").0.into_owned();
    let error = read_bytes("t.csv", &open, &named("gb18030")).unwrap_err();
    assert_eq!(error.to_string(), "t.csv, line 2: a quoted field does not end");
    let other = read_bytes("t.csv", text.as_bytes(), &named("windows-1252")).unwrap();
    assert_eq!(other.warnings[0].code, "charset-utf8");
}

#[test]
fn decimal_commas_are_numbers_where_the_separator_is_another() {
    let text = "年龄;收入;wort;mix\n1;11,5;a,b;1,5\n2;-1.234,25;c;x\n3;;d;2,5\n";
    let file = read_bytes("t.csv", text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.table.columns[1].cells, [Cell::Number(11.5), Cell::Number(-1234.25), Cell::Missing]);
    let texts = |place: usize| matches!(file.table.columns[place].cells[0], Cell::Text(_));
    assert!(texts(2) && texts(3), "words stay words");
    assert!(
        file.warnings[0].text.contains("收入") && file.warnings[0].text.contains("decimal commas"),
        "{:?}",
        file.warnings
    );
    let plain = read_bytes("t.csv", b"a;b\n1;2\n3;4.5\n", &ReadOptions::default()).unwrap();
    assert_eq!(plain.warnings, Vec::new());
}

#[test]
fn lines_are_those_of_the_file() {
    for text in ["a,b\n\n1,\"x\ny\"\n2,z\n", "a,b\r\n\r\n1,\"x\r\ny\"\r\n2,z\r\n"] {
        let file = read_bytes("t.csv", text.as_bytes(), &ReadOptions::default()).unwrap();
        assert_eq!(file.table.lines, [3, 5], "{text:?}");
    }
}

#[test]
fn bad_text_is_refused_with_its_line() {
    for (text, message) in [
        (b"".as_slice(), "t.csv: the file is empty"),
        (b"  \n", "t.csv: the file is empty"),
        (b"a,b\n", "t.csv: there is a header, but no rows"),
        (b"a,b\n1,2\n1,2,3\n", "t.csv, line 3: there are 3 fields, but 2 columns"),
        (b"a,b\n1,2\n\n1\n", "t.csv, line 4: there are 1 fields, but 2 columns"),
        (b"a,b\n1,\"2\n1,3\n", "t.csv, line 2: a quoted field does not end"),
        (b"a,b\n1,\xff\n", "t.csv, line 2: the text is not UTF-8"),
        (b"\xff\xfea\0,\0", "t.csv: there is a header, but no rows"),
        (b"\xff\xfea\0\n\0\x00\xd8\n\0", "t.csv, line 2: the text is not UTF-16LE"),
        (b"PAR1\0\0\0\0", "t.csv: it is not a text file"),
        (b"a,a\n1,2\n", "t.csv: the column name \"a\" is there twice"),
    ] {
        assert_eq!(refusal("t.csv", text), message);
    }
    assert_eq!(refusal("t.doc", b"x"), "t.doc: the ending is not that of a table file");
    let mut files = MemoryFiles::default();
    files.insert("folder/t.csv", b"a,b\n1,2\n".as_slice());
    let read = |name: &str| {
        read(Location { files: &files, path: Path::new(name) }, &ReadOptions::default()).unwrap_err()
    };
    assert!(matches!(read("folder"), TableFileError::Directory(_)));
    assert!(matches!(read("folder/none.csv"), TableFileError::Missing(_)));
}

#[test]
fn columns_are_kept_dropped_and_split_off() {
    let text = b"a,b,c,y\n1,2,3,no\n4,5,6,yes\n";
    let options = ReadOptions {
        columns: vec!["c".into(), "a".into()],
        labels: Some("y".into()),
        ..ReadOptions::default()
    };
    let file = read_bytes("t.csv", text, &options).unwrap();
    assert_eq!(names(&file), ["c", "a"]);
    assert_eq!(file.labels.unwrap().cells, [Cell::Text("no".into()), Cell::Text("yes".into())]);
    let options = ReadOptions { drop: vec!["b".into(), "y".into()], ..ReadOptions::default() };
    assert_eq!(names(&read_bytes("t.csv", text, &options).unwrap()), ["a", "c"]);
    let options = ReadOptions { drop: vec!["B".into()], ..ReadOptions::default() };
    let message = read_bytes("t.csv", text, &options).unwrap_err().to_string();
    assert!(message.ends_with("there is no column \"B\"; the columns are: a, b, c, y"), "{message}");
    let options = ReadOptions { no_header: true, labels: Some("4".into()), ..ReadOptions::default() };
    let file = read_bytes("t.csv", text, &options).unwrap();
    assert_eq!(names(&file), ["column 1", "column 2", "column 3"]);
    assert_eq!(file.table.header, Header::Positional);
    assert_eq!(file.table.row_count(), 3);
}

#[test]
fn suspicious_headers_and_index_columns_are_told() {
    let warnings = |text: &[u8]| read_bytes("t.csv", text, &ReadOptions::default()).unwrap().warnings;
    assert!(warnings(b"1.5,2\n3,4\n")[0].text.contains("--no-header"));
    assert!(warnings(b"0,1\n3,4\n").is_empty());
    assert!(warnings(b",a\n0,4\n1,4\n2,5\n")[0].text.contains("--drop \"column 1\""));
}

#[test]
fn absent_values_and_nan_are_told_apart() {
    let text = b"a\n1\nNA\n?\nNaN\n";
    let cells =
        |options: &ReadOptions| read_bytes("t.csv", text, options).unwrap().table.columns.remove(0).cells;
    let read = cells(&ReadOptions::default());
    assert_eq!(read[1..3], [Cell::Missing, Cell::Missing]);
    assert!(matches!(read[3], Cell::Number(number) if number.is_nan()));
    let read = cells(&ReadOptions { nan_as_missing: true, ..ReadOptions::default() });
    assert_eq!(read[3], Cell::Missing);
}

fn npy(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn arrays_of_every_type_and_order_are_read() {
    let values: [i16; 4] = [1, -2, 3, 4];
    let little: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let big: Vec<u8> = values.iter().flat_map(|value| f64::from(*value).to_be_bytes()).collect();
    let floats: Vec<u8> = values.iter().flat_map(|value| f32::from(*value).to_le_bytes()).collect();
    let halves: Vec<u8> =
        [0x3c00_u16, 0xc000, 0x4200, 0x4400].iter().flat_map(|bits| bits.to_le_bytes()).collect();
    for (descr, order, data, first_row) in [
        ("<i2", "False", &little, [1.0, -2.0]),
        ("<i2", "True", &little, [1.0, 3.0]),
        (">f8", "False", &big, [1.0, -2.0]),
        ("<f4", "False", &floats, [1.0, -2.0]),
        ("<f2", "False", &halves, [1.0, -2.0]),
    ] {
        let file = read_bytes("t.npy", &npy(descr, order, "(2, 2)", data), &ReadOptions::default()).unwrap();
        let row: Vec<_> = file.table.columns.iter().map(|column| column.cells[0].clone()).collect();
        assert_eq!(row, first_row.map(Cell::Number), "{descr} {order}");
    }
    let words: Vec<u8> = "ab1\0".chars().flat_map(|letter| (letter as u32).to_le_bytes()).collect();
    let file = read_bytes("t.npy", &npy("<U2", "False", "(2,)", &words), &ReadOptions::default()).unwrap();
    assert_eq!(file.table.columns[0].cells, [Cell::Text("ab".into()), Cell::Number(1.0)]);
}

#[test]
fn bad_arrays_are_refused() {
    for (bytes, message) in [
        (b"\x93NUMPX".to_vec(), "t.npy: it is not an NPY file"),
        (npy("|O", "False", "(2, 2)", b""), "t.npy: it holds Python objects (pickle), which are not read"),
        (npy("<f8", "False", "(2, 2)", b"123"), "t.npy: 32 bytes of data are expected, but there are 3"),
        (npy("<f8", "False", "(2, 2, 2)", b""), "t.npy: the array has 3 axes; a table has two"),
        (npy("<f8", "False", "(0, 2)", b""), "t.npy: the array has no rows"),
        (
            npy("<c16", "False", "(1, 1)", &[0; 16]),
            "t.npy: values of type \"<c16\" are neither numbers nor words",
        ),
        (
            npy("<f8", "False", "(9223372036854775807, 9)", b""),
            "t.npy: the array has more than 50000000 values",
        ),
    ] {
        assert_eq!(refusal("t.npy", &bytes), message);
    }
}

#[test]
fn one_array_of_an_npz_file_is_chosen() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let data: Vec<u8> = [1.0_f64, 2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    for name in ["first.npy", "X.npy", "y.npy"] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&npy("<f8", "False", "(2, 1)", &data)).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let options = ReadOptions { labels: Some("y".into()), ..ReadOptions::default() };
    let file = read_bytes("t.npz", &bytes, &options).unwrap();
    assert_eq!(file.table.row_count(), 2);
    assert_eq!(file.labels.unwrap().cells, [Cell::Number(1.0), Cell::Number(2.0)]);
    let options = ReadOptions { array: Some("z".into()), ..ReadOptions::default() };
    let message = read_bytes("t.npz", &bytes, &options).unwrap_err().to_string();
    assert!(message.contains("there is no array \"z\"; it has first, X, y"), "{message}");
    assert!(refusal("t.npz", b"PK").starts_with("t.npz: "));
}

#[cfg(feature = "parquet")]
mod columnar_files {
    use std::sync::Arc;

    use arrow_array::types::Int8Type;
    use arrow_array::{
        ArrayRef, BooleanArray, Date32Array, DictionaryArray, DurationSecondArray, Float64Array, Int64Array,
        RecordBatch, StringArray, TimestampMicrosecondArray,
    };

    use super::*;

    fn batch(date: bool) -> RecordBatch {
        let words: DictionaryArray<Int8Type> = vec![Some("red"), None, Some("blue")].into_iter().collect();
        let mut columns: Vec<(&str, ArrayRef, bool)> = vec![
            ("n", Arc::new(Int64Array::from(vec![Some(1), None, Some(3)])), true),
            ("x", Arc::new(Float64Array::from(vec![0.5, f64::NAN, 2.5])), true),
            ("b", Arc::new(BooleanArray::from(vec![true, false, true])), true),
            ("s", Arc::new(StringArray::from(vec!["7", "NA", "word"])), true),
            ("d", Arc::new(words), true),
        ];
        if date {
            columns.push(("when", Arc::new(DurationSecondArray::from(vec![1, 2, 3])), true));
        }
        RecordBatch::try_from_iter_with_nullable(columns).unwrap()
    }

    fn parquet_file(batch: &RecordBatch) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    fn arrow_file(batch: &RecordBatch) -> Vec<u8> {
        let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
        writer.write(batch).unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn parquet_and_arrow_columns_become_cells() {
        let batch = batch(false);
        for (name, bytes) in [("t.parquet", parquet_file(&batch)), ("t.arrow", arrow_file(&batch))] {
            let file = read_bytes(name, &bytes, &ReadOptions::default()).unwrap();
            let cells = |column: &str| file.table.column(column).unwrap().cells.clone();
            let text = |word: &str| Cell::Text(word.into());
            assert_eq!(cells("n"), [Cell::Number(1.0), Cell::Missing, Cell::Number(3.0)]);
            assert_eq!(cells("b"), [text("true"), text("false"), text("true")]);
            assert_eq!(cells("s"), [Cell::Number(7.0), Cell::Missing, text("word")]);
            assert_eq!(cells("d"), [text("red"), Cell::Missing, text("blue")]);
            assert_eq!(file.table.lines, [1, 2, 3]);
        }
    }

    #[test]
    fn dates_count_as_days_and_are_told() {
        let times = TimestampMicrosecondArray::from(vec![Some(86_400_000_000), None, Some(129_600_000_000)]);
        let days: Vec<(&str, ArrayRef)> =
            vec![("day", Arc::new(Date32Array::from(vec![1, 2, 3]))), ("time", Arc::new(times))];
        let bytes = parquet_file(&RecordBatch::try_from_iter(days).unwrap());
        let file = read_bytes("t.parquet", &bytes, &ReadOptions::default()).unwrap();
        assert_eq!(file.table.columns[0].cells[2], Cell::Number(3.0));
        assert_eq!(file.table.columns[1].cells, [Cell::Number(1.0), Cell::Missing, Cell::Number(1.5)]);
        assert_eq!(file.warnings.len(), 2);
        assert_eq!(file.warnings[1].text, "column \"time\" holds dates; they count as days since 1970");
        let dropped = ReadOptions { drop: vec!["time".into()], ..ReadOptions::default() };
        assert_eq!(read_bytes("t.parquet", &bytes, &dropped).unwrap().warnings.len(), 1);
    }

    #[test]
    fn other_types_are_refused_unless_dropped() {
        let bytes = parquet_file(&batch(true));
        let said = refusal("t.parquet", &bytes);
        assert!(said.starts_with("t.parquet, column \"when\": values of type Duration"), "{said}");
        let options = ReadOptions { drop: vec!["when".into()], ..ReadOptions::default() };
        assert_eq!(read_bytes("t.parquet", &bytes, &options).unwrap().table.columns.len(), 5);
    }

    #[test]
    fn broken_columnar_files_are_refused() {
        for name in ["t.parquet", "t.arrow"] {
            assert!(refusal(name, b"ARROW1 and then nothing").starts_with(name));
            let mut bytes = parquet_file(&batch(false));
            bytes.truncate(bytes.len() / 2);
            assert!(refusal(name, &bytes).starts_with(name));
        }
    }
}
