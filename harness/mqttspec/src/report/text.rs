//! Text for a terminal: escaped, cut, quoted.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

/// The longest text that is shown on one line, in characters.
const LONGEST: usize = 600;

/// A text without control characters, and cut where it is far too long for a line.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, character) in self.0.chars().enumerate() {
            if count == LONGEST {
                return write!(f, "... ({} characters)", self.0.chars().count());
            }
            escaped(f, character)?;
        }
        Ok(())
    }
}

fn escaped(f: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    if hides(character) { write!(f, "{}", character.escape_unicode()) } else { f.write_char(character) }
}

/// Control characters, and those that turn the direction of a line or break it.
fn hides(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of several lines without control characters.
pub(crate) fn lines(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '\r' => {}
            '\n' | '\t' => out.push(character),
            _ if hides(character) => out.extend(character.escape_unicode()),
            _ => out.push(character),
        }
        out
    })
}

/// A text of several lines whose only control characters are those that colour it.
pub(crate) fn only_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&lines(&rest[..at]));
        let parameters = rest[at..].strip_prefix("\u{1b}[").unwrap_or_default();
        let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(parameters.len());
        let len = if parameters[end..].starts_with('m') { end + 3 } else { 0 };
        out.push_str(&rest[at..at + len]);
        if len == 0 {
            out.push_str(r"\u{1b}");
        }
        rest = &rest[at + len.max(1)..];
    }
    out + &lines(rest)
}

/// The most bytes of a packet that a terminal shows.
const BYTES: usize = 64;

/// Hex digits in pairs, cut after [`BYTES`] of them.
pub(crate) struct Pairs<'a>(pub(crate) &'a str);

impl Display for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, pair) in self.0.as_bytes().chunks(2).enumerate() {
            if at == BYTES {
                return f.write_str(" ...");
            }
            let pair = std::str::from_utf8(pair).unwrap_or("??");
            write!(f, "{}{}", if at == 0 { "" } else { " " }, Shown(pair))?;
        }
        Ok(())
    }
}

/// A step as it is written, with one blank where it is aligned with several.
pub(crate) fn squeezed(step: &str) -> String {
    step.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Microseconds as seconds.
pub(crate) struct Seconds(pub(crate) u64);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000))
    }
}

/// File, line and column of `file:line:column`; 1 for what is not there.
pub(crate) fn place(place: &str) -> (&str, u32, u32) {
    let mut parts = place.rsplitn(3, ':');
    let (column, line) =
        (parts.next().and_then(|part| part.parse().ok()), parts.next().and_then(|part| part.parse().ok()));
    match (parts.next(), line, column) {
        (Some(file), Some(line), Some(column)) => (file, line, column),
        _ => (place, 1, 1),
    }
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@,=+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// A name of a file that tells which case it is of, on every system.
pub(crate) fn file_name(case: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@=,.-+".contains(c);
    case.chars().map(|c| if plain(c) { c } else { '_' }).take(200).collect()
}

/// `1 case`, `2 cases`.
pub(crate) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(Shown("a\u{1b}[2Jb\r\n\u{9b}\u{202e}").to_string(), r"a\u{1b}[2Jb\u{d}\u{a}\u{9b}\u{202e}");
        assert_eq!(lines("a\n\tb\u{1b}[0m\r\n"), "a\n\tb\\u{1b}[0m\n");
    }

    #[test]
    fn colours_stay() {
        let red = "\u{1b}[1;31mred\u{1b}[0m\n";
        assert_eq!(only_colours(red), red);
        assert_eq!(only_colours("a\u{1b}[2Jb\u{1b}]0;title\u{7}\u{1b}[1"), r"a\u{1b}[2Jb\u{1b}]0;title\u{7}\u{1b}[1");
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "ü".repeat(70_000);
        let shown = Shown(&long).to_string();
        assert!(shown.ends_with("ü... (70000 characters)"), "{shown}");
        assert_eq!(Pairs("320e00").to_string(), "32 0e 00");
        assert_eq!(Pairs(&"ab".repeat(65)).to_string(), format!("{} ...", ["ab"; 64].join(" ")));
    }

    #[test]
    fn words_for_a_shell() {
        assert_eq!(quoted("qos/x@v5,sub-qos=2"), "qos/x@v5,sub-qos=2");
        assert_eq!(quoted("will/*"), "'will/*'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("$HOME"), "'$HOME'");
    }

    #[test]
    fn places() {
        assert_eq!(place("C:/a.kdl:12:3"), ("C:/a.kdl", 12, 3));
        assert_eq!(place("a.kdl"), ("a.kdl", 1, 1));
    }

    #[test]
    fn times() {
        assert_eq!(Seconds(38_123).to_string(), "0.038123");
        assert_eq!(format!("{:>10}", Seconds(90_000_001)), " 90.000001");
    }
}
