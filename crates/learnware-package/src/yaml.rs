//! The part of YAML that package files use, as the reference's parser (PyYAML, YAML 1.1) reads it.
//!
//! Values are data: of all tags only the core ones and `!!python/tuple` (which the reference itself writes)
//! are known, everything else is refused. Text length, nesting and the number of values *after* aliases are
//! expanded have budgets, so an alias bomb stops early. Merge keys and several documents are refused.

use std::fmt::Write as _;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Value, json};

/// Length of a YAML file in bytes at most.
pub const YAML_BYTES_MAX: u64 = 1 << 20;
/// Values in one file at most, aliases expanded.
pub const YAML_VALUES_MAX: usize = 20_000;
/// Nested lists and maps at most.
pub const YAML_DEPTH_MAX: usize = 32;

/// A YAML value.
#[derive(Debug, Clone, PartialEq)]
pub enum Yaml {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// Whole number.
    Int(i64),
    /// Number.
    Float(f64),
    /// Text.
    Text(String),
    /// List.
    List(Vec<Self>),
    /// Python tuple.
    Tuple(Vec<Self>),
    /// Map, in the order of the file.
    Map(Vec<(Self, Self)>),
}

/// A list or map that is being read.
struct Open {
    anchor: usize,
    kind: Kind,
    items: Vec<Yaml>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    List,
    Tuple,
    Map,
}

impl Yaml {
    /// Reads the one document of `text`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() as u64 > YAML_BYTES_MAX {
            return Err(format!("has more than {YAML_BYTES_MAX} bytes"));
        }
        let mut reader = Reader { open: Vec::new(), anchors: Vec::new(), count: 0, root: None };
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| error.to_string())?;
            reader.take(event).map_err(|reason| at_line(&span, &reason))?;
        }
        Ok(reader.root.unwrap_or(Self::Null))
    }

    /// The value of a key, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(pairs) = self else { return None };
        pairs.iter().find(|(found, _)| found.text() == Some(key)).map(|(_, value)| value)
    }

    /// Sets the value of a key; anything that is not a map becomes one.
    pub fn set(&mut self, key: &str, value: Self) {
        if !matches!(self, Self::Map(_)) {
            *self = Self::Map(Vec::new());
        }
        let Self::Map(pairs) = self else { return };
        match pairs.iter_mut().find(|(found, _)| found.text() == Some(key)) {
            Some((_, old)) => *old = value,
            None => pairs.push((Self::Text(key.to_owned()), value)),
        }
    }

    /// The text, when this is text.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// In a few words for error messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "empty",
            Self::Bool(_) => "true or false",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) | Self::Tuple(_) => "a list",
            Self::Map(_) => "a map",
        }
    }

    /// JSON that keeps what JSON has no words for; the worker turns it into Python values.
    pub fn to_json(&self) -> Value {
        let all = |items: &[Self]| items.iter().map(Self::to_json).collect::<Vec<_>>();
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => json!(value),
            Self::Int(value) => json!(value),
            Self::Float(value) if value.is_finite() => json!(value),
            Self::Float(value) => json!({"float": value.to_string()}),
            Self::Text(text) => json!(text),
            Self::List(items) => json!({"list": all(items)}),
            Self::Tuple(items) => json!({"tuple": all(items)}),
            Self::Map(pairs) => {
                json!({"map": pairs.iter().map(|(key, value)| [key.to_json(), value.to_json()]).collect::<Vec<_>>()})
            }
        }
    }

    /// Writes the value as a YAML document that PyYAML reads as the same value.
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_block(&mut out, 0);
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out
    }

    fn write_block(&self, out: &mut String, indent: usize) {
        match self {
            Self::Map(pairs) if !pairs.is_empty() => {
                for (key, value) in pairs {
                    let _ = write!(out, "{:indent$}{}:", "", key.flow());
                    value.write_nested(out, indent + 2);
                }
            }
            Self::List(items) if !items.is_empty() => {
                for item in items {
                    let _ = write!(out, "{:indent$}-", "");
                    // A map as a list item starts on the line of its dash.
                    let mut nested = String::new();
                    item.write_nested(&mut nested, indent + 2);
                    let tight = nested.strip_prefix('\n').map(str::trim_start);
                    match tight {
                        Some(rest) => {
                            let _ = write!(out, " {rest}");
                        }
                        None => out.push_str(&nested),
                    }
                }
            }
            other => {
                let _ = writeln!(out, "{:indent$}{}", "", other.flow());
            }
        }
    }

    fn write_nested(&self, out: &mut String, indent: usize) {
        match self {
            Self::Map(items) if !items.is_empty() => {
                out.push('\n');
                self.write_block(out, indent);
            }
            Self::List(items) if !items.is_empty() => {
                out.push('\n');
                self.write_block(out, indent);
            }
            other => {
                let _ = writeln!(out, " {}", other.flow());
            }
        }
    }

    /// On one line.
    fn flow(&self) -> String {
        let join = |items: &[Self]| items.iter().map(Self::flow).collect::<Vec<_>>().join(", ");
        match self {
            Self::Null => "null".into(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) if value.is_nan() => ".nan".into(),
            Self::Float(value) if value.is_infinite() => if *value > 0.0 { ".inf" } else { "-.inf" }.into(),
            Self::Float(value) => float_text(*value),
            Self::Text(text) if is_plain(text) => text.clone(),
            Self::Text(text) => Value::String(text.clone()).to_string(),
            Self::List(items) => format!("[{}]", join(items)),
            Self::Tuple(items) => format!("!!python/tuple [{}]", join(items)),
            Self::Map(pairs) => {
                let pairs: Vec<_> =
                    pairs.iter().map(|(key, value)| format!("{}: {}", key.flow(), value.flow())).collect();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }
}

struct Reader {
    open: Vec<Open>,
    anchors: Vec<(usize, Yaml, usize)>,
    count: usize,
    root: Option<Yaml>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref())?;
                self.remember(anchor, &value, 1);
                self.place(value, 1)
            }
            Event::SequenceStart(anchor, tag) => {
                let kind = match tag.as_deref().map(tag_name) {
                    None | Some("seq") => Kind::List,
                    Some("python/tuple") => Kind::Tuple,
                    Some(other) => return Err(foreign_tag(other)),
                };
                self.start(anchor, kind)
            }
            Event::MappingStart(anchor, tag) => match tag.as_deref().map(tag_name) {
                None | Some("map") => self.start(anchor, Kind::Map),
                Some(other) => Err(foreign_tag(other)),
            },
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let (_, value, size) = self
                    .anchors
                    .iter()
                    .rev()
                    .find(|(known, _, _)| *known == anchor)
                    .ok_or("an alias names something that is not finished")?
                    .clone();
                self.place(value, size)
            }
        }
    }

    fn start(&mut self, anchor: usize, kind: Kind) -> Result<(), String> {
        if self.open.len() >= YAML_DEPTH_MAX {
            return Err(format!("more than {YAML_DEPTH_MAX} lists and maps are nested"));
        }
        self.open.push(Open { anchor, kind, items: Vec::new() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Open { anchor, kind, items } = self.open.pop().ok_or("it ends what has not begun")?;
        let value = match kind {
            Kind::List => Yaml::List(items),
            Kind::Tuple => Yaml::Tuple(items),
            Kind::Map => Yaml::Map(pairs(items)?),
        };
        let size = size_of(&value);
        self.remember(anchor, &value, size);
        self.place(value, 1)
    }

    fn remember(&mut self, anchor: usize, value: &Yaml, size: usize) {
        if anchor != 0 {
            self.anchors.push((anchor, value.clone(), size));
        }
    }

    fn place(&mut self, value: Yaml, size: usize) -> Result<(), String> {
        self.count += size;
        if self.count > YAML_VALUES_MAX {
            return Err(format!("there are more than {YAML_VALUES_MAX} values, aliases counted"));
        }
        if let Some(open) = self.open.last_mut() {
            open.items.push(value);
        } else if self.root.replace(value).is_some() {
            return Err("there is more than one document".into());
        }
        Ok(())
    }
}

fn pairs(items: Vec<Yaml>) -> Result<Vec<(Yaml, Yaml)>, String> {
    let mut pairs: Vec<(Yaml, Yaml)> = Vec::with_capacity(items.len() / 2);
    let mut items = items.into_iter();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        if key.text() == Some("<<") {
            return Err("merge keys (<<) are not supported; write the values out".into());
        }
        if pairs.iter().any(|(known, _)| *known == key) {
            return Err(format!("the key {} appears twice", key.flow()));
        }
        pairs.push((key, value));
    }
    Ok(pairs)
}

fn size_of(value: &Yaml) -> usize {
    match value {
        Yaml::List(items) | Yaml::Tuple(items) => 1 + items.iter().map(size_of).sum::<usize>(),
        Yaml::Map(pairs) => 1 + pairs.iter().map(|(key, value)| size_of(key) + size_of(value)).sum::<usize>(),
        _ => 1,
    }
}

fn at_line(span: &Span, reason: &str) -> String {
    format!("{reason} (line {})", span.start.line())
}

fn tag_name(tag: &Tag) -> &str {
    if tag.handle == "tag:yaml.org,2002:" { &tag.suffix } else { "!" }
}

fn foreign_tag(name: &str) -> String {
    format!("the tag {name:?} is not allowed: package files hold data only")
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Yaml, String> {
    let resolved = || if style == ScalarStyle::Plain { plain(text) } else { Yaml::Text(text.to_owned()) };
    match tag.map(tag_name) {
        None => Ok(resolved()),
        Some("str" | "python/str" | "python/unicode") => Ok(Yaml::Text(text.to_owned())),
        Some("int" | "float" | "bool" | "null") => Ok(plain(text)),
        Some(other) => Err(foreign_tag(other)),
    }
}

/// What an unquoted scalar means in YAML 1.1 as PyYAML resolves it; dates and base 60 stay text.
fn plain(text: &str) -> Yaml {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Yaml::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Yaml::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Yaml::Bool(false),
        _ => {}
    }
    let (sign, digits) = match text.as_bytes()[0] {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    whole(digits)
        .map(|value| Yaml::Int(sign * value))
        .or_else(|| real(digits).map(|value| Yaml::Float(sign as f64 * value)))
        .unwrap_or_else(|| Yaml::Text(text.to_owned()))
}

fn whole(digits: &str) -> Option<i64> {
    let plain: String = digits.chars().filter(|&c| c != '_').collect();
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || plain.starts_with(['+', '-']) {
        return None;
    }
    let based =
        |prefix: &str, base| plain.strip_prefix(prefix).map(|rest| i64::from_str_radix(rest, base).ok());
    if let Some(value) = based("0b", 2).or_else(|| based("0x", 16)) {
        return value;
    }
    match plain.strip_prefix('0') {
        Some(rest) if !rest.is_empty() => i64::from_str_radix(rest, 8).ok(),
        _ => plain.parse().ok(),
    }
}

/// A number with a point; an exponent needs a sign. `1e3` is text for PyYAML.
fn real(digits: &str) -> Option<f64> {
    match digits {
        ".inf" | ".Inf" | ".INF" => return Some(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let plain: String = mantissa.chars().filter(|&c| c != '_').collect();
    let ok = plain.matches('.').count() == 1
        && plain.len() > 1
        && plain.chars().all(|c| c.is_ascii_digit() || c == '.')
        && exponent.is_none_or(|text| {
            text.strip_prefix(['+', '-'])
                .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
        });
    if !ok {
        return None;
    }
    format!("{plain}e{}", exponent.unwrap_or("0")).parse().ok()
}

/// A float that PyYAML reads as a float: with a point, and a sign in the exponent.
fn float_text(value: f64) -> String {
    let text = format!("{value:?}");
    match text.split_once('e') {
        None => text,
        Some((mantissa, exponent)) => {
            let point = if mantissa.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            format!("{mantissa}{point}e{sign}{exponent}")
        }
    }
}

/// Whether text may stand without quotes everywhere and comes back as the same text.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
        && plain(text) == Yaml::Text(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Yaml {
        Yaml::parse(text).unwrap()
    }

    #[test]
    fn scalars_mean_what_they_mean_to_pyyaml() {
        let cases = [
            ("yes", Yaml::Bool(true)),
            ("1e-3", Yaml::Text("1e-3".into())),
            ("1.0e-3", Yaml::Float(0.001)),
            ("010", Yaml::Int(8)),
            ("0x1f", Yaml::Int(31)),
            ("-1_000", Yaml::Int(-1000)),
            ("-.inf", Yaml::Float(f64::NEG_INFINITY)),
            ("'1'", Yaml::Text("1".into())),
            ("2024-01-01", Yaml::Text("2024-01-01".into())),
            ("", Yaml::Null),
            ("--5", Yaml::Text("--5".into())),
        ];
        for (text, wanted) in cases {
            assert_eq!(parse(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same_value() {
        let text = "model:\n  kwargs:\n    shape: !!python/tuple [1, 28]\n    deep:\n    - - a\n      - b: 1\n    rate: 1.0e-05\n    word: 'yes'\n    none:\n    big: .inf\nlist:\n- x: 1\n  y: {}\n- []\n";
        let value = parse(text);
        assert_eq!(parse(&value.write()), value, "{}", value.write());
    }

    #[test]
    fn code_and_bombs_are_refused() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..12 {
            let _ = writeln!(bomb, "a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 9].join(","));
        }
        let deep = "[".repeat(100);
        for text in
            ["!!python/object/apply:os.system ['id']", "a: !foo b", &bomb, &deep, "a: &a [*a]", "a: 1\na: 2"]
        {
            Yaml::parse(text).unwrap_err();
        }
    }
}
