//! Workbooks: Excel's .xlsx and OpenDocument's .ods. One sheet is one table.

use std::io::BufReader;
use std::path::Path;

use calamine::{Data, Ods, Range, Reader, Xlsx};
use learnware_engine::table::{Cell, Header, RawColumn, RawTable};

use super::{CELLS_MAX, ReadOptions, Result, TableFileError, positional_name};
use crate::files::Location;
use crate::said::{Said, said};

/// Rows above the names of the columns at most, blank ones not counted.
const ROWS_ABOVE_MAX: usize = 6;
/// Bytes of a workbook at most: its sheets are many times as large in memory.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Names of the sheets, in order.
pub fn sheets(at: Location<'_>) -> Result<Vec<String>> {
    Ok(match open(at)? {
        Workbook::Excel(book) => book.sheet_names(),
        Workbook::OpenDocument(book) => book.sheet_names(),
    })
}

/// Reads the sheet that the options name, or the first; returns what a person should know, too.
pub(super) fn read(at: Location<'_>, options: &ReadOptions) -> Result<(RawTable, Vec<Said>)> {
    let mut book = open(at)?;
    let names = match &book {
        Workbook::Excel(book) => book.sheet_names(),
        Workbook::OpenDocument(book) => book.sheet_names(),
    };
    let name = match &options.sheet {
        Some(wanted) if !names.contains(wanted) => {
            let (sheet, known) = (wanted.clone(), names.join(", "));
            return Err(TableFileError::NoSuchSheet { path: at.path.into(), sheet, known });
        }
        Some(wanted) => wanted.clone(),
        None => names.first().cloned().ok_or_else(|| TableFileError::Empty(at.path.into()))?,
    };
    let range = match &mut book {
        Workbook::Excel(book) => book.worksheet_range(&name).map_err(|error| malformed(at.path, &error)),
        Workbook::OpenDocument(book) => {
            book.worksheet_range(&name).map_err(|error| malformed(at.path, &error))
        }
    }?;
    let (table, Seen { dates, below }) = table(at.path, &range, options)?;
    let mut warnings: Vec<Said> = dates
        .into_iter()
        .map(|column| {
            said!(
                "dates",
                "column {column:?} holds dates; they count as days since the first of the workbook's calendar",
                column = column
            )
        })
        .collect();
    warnings.extend(below.map(|line| {
        said!(
            "names-below",
            "the names of the columns are taken from line {line}; what stands above them is a title or names of groups",
            line = line
        )
    }));
    if options.sheet.is_none() && names.len() > 1 {
        let others = names[1..].join(", ");
        warnings.push(said!(
            "first-sheet",
            "the first sheet {name:?} is read; --sheet names another one: {others}",
            name = name,
            others = others
        ));
    }
    Ok((table, warnings))
}

type Buffered = BufReader<Box<dyn crate::files::Input>>;

/// An opened workbook.
enum Workbook {
    Excel(Box<Xlsx<Buffered>>),
    OpenDocument(Ods<Buffered>),
}

fn open(at: Location<'_>) -> Result<Workbook> {
    if at.size()? > FILE_BYTES_MAX {
        return Err(TableFileError::TooLarge(at.path.into()));
    }
    let file = BufReader::new(at.open()?);
    let is_ods = at.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ods"));
    if is_ods {
        Ods::new(file).map(Workbook::OpenDocument).map_err(|error| malformed(at.path, &error))
    } else {
        Xlsx::new(file)
            .map(|book| Workbook::Excel(Box::new(book)))
            .map_err(|error| malformed(at.path, &error))
    }
}

fn malformed(path: &Path, error: &dyn std::error::Error) -> TableFileError {
    TableFileError::Malformed { path: path.into(), reason: format!("it is no sound workbook: {error}") }
}

/// What was seen in a sheet.
struct Seen {
    /// Columns with dates.
    dates: Vec<String>,
    /// The line of the names, where it is not the first.
    below: Option<usize>,
}

/// The cells of a sheet as a table.
fn table(path: &Path, range: &Range<Data>, options: &ReadOptions) -> Result<(RawTable, Seen)> {
    if range.height().saturating_mul(range.width()) > CELLS_MAX {
        return Err(TableFileError::TooLarge(path.into()));
    }
    let first_line = range.start().map_or(1, |(row, _)| row as usize + 1);
    let filled = |row: &&[Data]| row.iter().any(|cell| !is_blank(cell));
    let mut rows = range.rows().enumerate().filter(|(_, row)| filled(row)).peekable();
    let Some((_, head)) = rows.peek().copied() else { return Err(TableFileError::Empty(path.into())) };
    let names = if options.no_header { None } else { names_below(range.rows().filter(filled)) };
    let mut columns = match &names {
        Some((_, names)) => header(path, names, options)?,
        None => header(path, head, options)?,
    };
    let mut below = None;
    for _ in 0..names.as_ref().map_or(usize::from(!options.no_header), |(above, _)| above + 1) {
        below = rows.next().map(|(place, _)| first_line + place);
    }
    let below = below.filter(|_| names.is_some());
    let parsers: Vec<fn(&str) -> Cell> = columns.iter().map(|column| options.cell_of(&column.name)).collect();
    let mut has_dates = vec![false; columns.len()];
    let mut lines = Vec::new();
    for (place, row) in rows {
        for ((column, parse), (cell, dates)) in
            columns.iter_mut().zip(&parsers).zip(row.iter().zip(&mut has_dates))
        {
            *dates |= matches!(cell, Data::DateTime(_));
            column.cells.push(cell_of(cell, *parse));
        }
        lines.push(first_line + place);
    }
    let dated =
        columns.iter().zip(&has_dates).filter(|(column, dates)| **dates && options.wants(&column.name));
    let dated = dated.map(|(column, _)| column.name.clone()).collect();
    let header = if options.no_header { Header::Positional } else { Header::Named };
    Ok((RawTable { columns, lines, header }, Seen { dates: dated, below }))
}

/// Names of columns that stand below a title, or below names of groups over several columns (which have blank cells): how
/// many rows stand above them, and the names, with those of their groups before them. `None` where the first row is the names.
fn names_below<'a>(rows: impl Iterator<Item = &'a [Data]>) -> Option<(usize, Vec<Data>)> {
    let first: Vec<&[Data]> = rows.take(ROWS_ABOVE_MAX + 2).collect();
    let is_word = |cell: &Data| matches!(cell, Data::String(text) if !text.trim().is_empty());
    // Where a name goes over two rows, the lower cell is blank.
    let is_names = |row: &[Data], above: &[Data]| {
        row.iter().any(is_word)
            && row.iter().zip(above).all(|(cell, above)| is_word(cell) || (is_blank(cell) && is_word(above)))
    };
    let has_numbers = |row: &[Data]| {
        row.iter().any(|cell| matches!(cell, Data::Float(_) | Data::Int(_) | Data::DateTime(_)))
    };
    let has_blanks = |row: &[Data]| row.iter().any(is_blank);
    let place = (1..first.len().saturating_sub(1)).find(|&place| is_names(first[place], first[place - 1]))?;
    let above_are_titles = first[..place].iter().all(|row| has_blanks(row) && !has_numbers(row));
    if !above_are_titles || !has_numbers(first[place + 1]) {
        return None;
    }
    let groups = first[place - 1];
    let is_title = groups.iter().filter(|cell| !is_blank(cell)).count() < 2;
    let mut group = String::new();
    let names = first[place].iter().zip(groups).map(|(name, above)| {
        if !is_blank(above) {
            above.to_string().trim().clone_into(&mut group);
        }
        let name = name.to_string().trim().to_owned();
        Data::String(if is_title || group.is_empty() {
            name
        } else {
            format!("{group} {name}").trim().to_owned()
        })
    });
    Some((place, names.collect()))
}

fn is_blank(cell: &Data) -> bool {
    match cell {
        Data::Empty => true,
        Data::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// Empty columns with the names in the first row, or positional names.
fn header(path: &Path, row: &[Data], options: &ReadOptions) -> Result<Vec<RawColumn>> {
    let mut columns: Vec<RawColumn> = Vec::with_capacity(row.len());
    for (place, cell) in row.iter().enumerate() {
        let name = match cell {
            cell if options.no_header || is_blank(cell) => positional_name(place),
            cell => cell.to_string().trim().to_owned(),
        };
        if columns.iter().any(|column| column.name == name) {
            return Err(TableFileError::DuplicateName { path: path.into(), name });
        }
        columns.push(RawColumn { name, cells: Vec::new() });
    }
    Ok(columns)
}

fn cell_of(cell: &Data, parse: fn(&str) -> Cell) -> Cell {
    match cell {
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) => Cell::Number(*number),
        Data::DateTime(date) => Cell::Number(date.as_f64()),
        Data::Bool(truth) => Cell::Text(truth.to_string()),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => parse(text),
        // `#N/A` stands for an absent value; other errors are refused as words among numbers.
        Data::Error(error) => parse(&error.to_string()),
        Data::Empty => Cell::Missing,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::{Cursor, Write as _};

    use super::*;
    use crate::files::MemoryFiles;

    /// A workbook with one or two sheets, as small as readers take it.
    fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let mut add = |name: &str, text: &str| {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        };
        add(
            "_rels/.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
        );
        let (mut list, mut links) = (String::new(), String::new());
        for (place, (name, rows)) in sheets.iter().enumerate() {
            let id = place + 1;
            write!(list, "<sheet name=\"{name}\" sheetId=\"{id}\" r:id=\"rId{id}\"/>").unwrap();
            write!(
                links,
                "<Relationship Id=\"rId{id}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{id}.xml\"/>"
            )
            .unwrap();
            add(
                &format!("xl/worksheets/sheet{id}.xml"),
                &format!(
                    "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"
                ),
            );
        }
        add(
            "xl/workbook.xml",
            &format!(
                "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{list}</sheets></workbook>"
            ),
        );
        add(
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{links}</Relationships>"
            ),
        );
        zip.finish().unwrap().into_inner()
    }

    /// A row of a sheet: numbers as they are, words in line.
    fn row(number: usize, cells: &[&str]) -> String {
        let cell = |(place, text): (usize, &&str)| {
            let name = format!("{}{number}", char::from(b'A' + place as u8));
            match text.parse::<f64>() {
                Ok(value) => format!("<c r=\"{name}\"><v>{value}</v></c>"),
                Err(_) if text.is_empty() => String::new(),
                Err(_) => format!("<c r=\"{name}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
            }
        };
        let cells: String = cells.iter().enumerate().map(cell).collect();
        format!("<row r=\"{number}\">{cells}</row>")
    }

    fn read_book(bytes: Vec<u8>, options: &ReadOptions) -> Result<super::super::TableFile> {
        let mut files = MemoryFiles::default();
        files.insert("t.xlsx", bytes);
        super::super::read(Location { files: &files, path: Path::new("t.xlsx") }, options)
    }

    #[test]
    fn sheets_are_tables() {
        let first = [row(1, &["a", "word"]), row(2, &["1.5", "x"]), row(4, &["", "NA"]), row(5, &["3", "y"])];
        let second = [row(1, &["b"]), row(2, &["7"])];
        let book = workbook(&[("one", &first.concat()), ("two", &second.concat())]);
        let file = read_book(book.clone(), &ReadOptions::default()).unwrap();
        assert_eq!(file.table.lines, [2, 4, 5]);
        assert_eq!(file.table.columns[0].cells, [Cell::Number(1.5), Cell::Missing, Cell::Number(3.0)]);
        assert_eq!(file.table.columns[1].cells[1..], [Cell::Missing, Cell::Text("y".into())]);
        assert_eq!(file.warnings[0].text, "the first sheet \"one\" is read; --sheet names another one: two");
        let options = ReadOptions { sheet: Some("two".into()), ..ReadOptions::default() };
        let file = read_book(book.clone(), &options).unwrap();
        assert_eq!(file.table.columns[0].name, "b");
        assert_eq!(file.table.columns[0].cells, [Cell::Number(7.0)]);
        let options = ReadOptions { sheet: Some("three".into()), ..ReadOptions::default() };
        let refusal = read_book(book, &options).unwrap_err().to_string();
        assert_eq!(refusal, "t.xlsx: there is no sheet \"three\"; the sheets are: one, two");
        let refusal = read_book(b"PK no workbook".to_vec(), &ReadOptions::default()).unwrap_err().to_string();
        assert!(refusal.starts_with("t.xlsx: it is no sound workbook"), "{refusal}");
    }

    #[test]
    fn names_are_found_below_titles_and_groups() {
        let names = |rows: &[String]| {
            let file = read_book(workbook(&[("one", &rows.concat())]), &ReadOptions::default()).unwrap();
            let names: Vec<String> = file.table.columns.iter().map(|column| column.name.clone()).collect();
            (names, file.table.lines, file.warnings.first().map(|said| said.code))
        };
        let numbers = |number| row(number, &["1", "2", "3"]);
        let plain = [row(1, &["a", "b", "c"]), numbers(2), numbers(3)];
        assert_eq!(names(&plain), (vec!["a".into(), "b".into(), "c".into()], vec![2, 3], None));
        let titled = [row(1, &["Sales of 2025"]), row(3, &["a", "b", "c"]), numbers(4), numbers(5)];
        assert_eq!(
            names(&titled),
            (vec!["a".into(), "b".into(), "c".into()], vec![4, 5], Some("names-below"))
        );
        let grouped = [row(1, &["id", "size", ""]), row(2, &["", "width", "height"]), numbers(3), numbers(4)];
        let wanted = vec!["id".into(), "size width".into(), "size height".into()];
        assert_eq!(names(&grouped), (wanted, vec![3, 4], Some("names-below")));
        let unnamed = [row(1, &["", "b", "c"]), row(2, &["1", "x", "3"]), numbers(3)];
        assert_eq!(names(&unnamed).0, ["column 1", "b", "c"], "a column of row numbers has no name");
    }
}
