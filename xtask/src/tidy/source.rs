//! Just enough reading of Rust source: text without comments and strings, and the modules a file names.

/// Replaces comments, strings and character literals by spaces; line breaks stay, so line numbers hold.
pub(super) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => line_end(bytes, at),
            b'/' if bytes[at..].starts_with(b"/*") => block_end(bytes, at),
            b'"' => string_end(bytes, at),
            b'r' | b'b' | b'c' if !continues_word(bytes, at) => raw_string_end(bytes, at),
            b'\'' => character_end(bytes, at),
            _ => at,
        };
        if end == at {
            at += 1;
            continue;
        }
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn continues_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| from + length)
}

fn block_end(bytes: &[u8], from: usize) -> usize {
    let (mut depth, mut at) = (0_usize, from);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// End of `r"…"`, `r#"…"#`, `br"…"` and the like; `from` where there is none.
fn raw_string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    if bytes[at] != b'r' {
        at += 1;
    }
    if bytes.get(at) != Some(&b'r') {
        return from;
    }
    at += 1;
    let hashes = bytes[at..].iter().take_while(|byte| **byte == b'#').count();
    at += hashes;
    if bytes.get(at) != Some(&b'"') {
        return from;
    }
    let closing = [vec![b'"'], vec![b'#'; hashes]].concat();
    let rest = &bytes[at + 1..];
    rest.windows(closing.len())
        .position(|window| window == closing)
        .map_or(bytes.len(), |length| at + 1 + length + closing.len())
}

/// End of a character literal; `from` where the quote starts a lifetime.
fn character_end(bytes: &[u8], from: usize) -> usize {
    match bytes.get(from + 1) {
        Some(b'\\') => {
            let rest = &bytes[(from + 3).min(bytes.len())..];
            rest.iter().position(|byte| *byte == b'\'').map_or(from, |length| from + 3 + length + 1)
        }
        Some(first) => {
            let width = match first {
                0xf0.. => 4,
                0xe0.. => 3,
                0xc0.. => 2,
                _ => 1,
            };
            if bytes.get(from + 1 + width) == Some(&b'\'') { from + 2 + width } else { from }
        }
        None => from,
    }
}

/// The top-level modules that a file of a crate names, as (line, module).
///
/// `module_path` is the file's own place in the crate: `["market", "searcher"]` for
/// `market/searcher/mod.rs`. Paths through `crate::` and through `super::` are followed.
pub(super) fn named_modules(code: &str, module_path: &[&str]) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        if !continues_word(code.as_bytes(), start) && !code[..start].ends_with('$') {
            push_heads(code, start + "crate::".len(), &mut named);
        }
    }
    if !module_path.is_empty() {
        let root = "super::".repeat(module_path.len());
        for (start, _) in code.match_indices(&root) {
            let longer =
                code[..start].ends_with("super::") || code[start + root.len()..].starts_with("super");
            if !longer && !continues_word(code.as_bytes(), start) {
                push_heads(code, start + root.len(), &mut named);
            }
        }
    }
    named.sort();
    named.dedup();
    named
}

/// The names that follow a path prefix: one, or the heads of a brace group.
fn push_heads(code: &str, from: usize, named: &mut Vec<(usize, String)>) {
    let line_of = |at: usize| code[..at].matches('\n').count() + 1;
    let word = |at: usize| -> &str {
        let rest = &code[at..];
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        &rest[..end]
    };
    if !code[from..].starts_with('{') {
        let name = word(from);
        if !name.is_empty() {
            named.push((line_of(from), name.to_owned()));
        }
        return;
    }
    let (mut depth, mut expect) = (0_usize, false);
    for (offset, letter) in code[from..].char_indices() {
        match letter {
            '{' => {
                depth += 1;
                expect = depth == 1;
            }
            '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            ',' => expect = depth == 1,
            _ if letter.is_whitespace() => {}
            _ if expect => {
                named.push((line_of(from + offset), word(from + offset).to_owned()));
                expect = false;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{code_only, named_modules};

    fn names(code: &str, module_path: &[&str]) -> Vec<String> {
        named_modules(&code_only(code), module_path).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn comments_strings_and_characters_are_no_code() {
        let text = "// crate::a\n/* crate::b /* nested */ */ let x = \"crate::c \\\" \"; let y = r#\"crate::d \"#;\n\
                    let q = '\"'; let l: &'static str = crate::e::F; let n = '\\n'; b\"crate::g\"";
        assert_eq!(names(text, &["m"]), ["e"]);
        assert_eq!(code_only(text).lines().count(), text.lines().count());
    }

    #[test]
    fn brace_groups_name_only_their_heads() {
        let text =
            "use crate::{error::{EngineError, Result}, numeric::Matrix,\n    market};\nuse crate::reuse;";
        let found = named_modules(&code_only(text), &["semantic"]);
        let wanted = [(1, "error"), (1, "numeric"), (2, "market"), (3, "reuse")];
        assert_eq!(found, wanted.map(|(line, name)| (line, name.to_owned())));
    }

    #[test]
    fn super_reaches_the_crate_root_only_at_the_right_depth() {
        assert_eq!(names("use super::market;", &["reuse"]), ["market"]);
        assert_eq!(names("use super::averaging;", &["reuse", "pruning"]), Vec::<String>::new());
        assert_eq!(names("use super::super::market::Market;", &["reuse", "pruning"]), ["market"]);
    }

    #[test]
    fn macro_paths_and_longer_words_do_not_count() {
        assert_eq!(names("$crate::market::x(); my_crate::market::x();", &["reuse"]), Vec::<String>::new());
    }
}
