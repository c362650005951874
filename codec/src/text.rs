//! UTF-8 encoded strings as they stand on the wire.

use crate::words;
use core::fmt;

/// The characters of a string field, without its length.
///
/// In what [`decode`](crate::decode()) returns these are well-formed UTF-8 without U+0000; in what
/// [`inspect`](crate::inspect()) returns they may be anything, which is why this is not `str`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Wraps bytes that may or may not be well-formed.
    #[must_use]
    #[inline]
    pub const fn from_bytes(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes as they stand on the wire.
    #[must_use]
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The string, if it is well-formed UTF-8.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        core::str::from_utf8(self.0).ok()
    }

    /// Whether there is no character at all.
    #[must_use]
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The length in bytes.
    #[must_use]
    #[inline]
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether these are ASCII characters other than U+0000: then there is nothing to find fault with. Most strings end
    /// here.
    #[inline]
    pub(crate) fn is_ascii_without_null(self) -> bool {
        !words::has(self.0, words::NOT_ASCII_OR_NULL)
    }

    /// The same, and there is no wildcard character.
    #[inline]
    pub(crate) fn is_ascii_without_null_and_wildcards(self) -> bool {
        !words::has(self.0, words::NOT_ASCII_OR_NULL_OR_WILDCARD)
    }

    /// The first way in which these bytes are not an MQTT string, with the offset of the byte that shows it.
    pub(crate) fn fault(self) -> Option<(crate::Rule, usize)> {
        let valid = match core::str::from_utf8(self.0) {
            Ok(_) => self.0.len(),
            Err(error) => error.valid_up_to(),
        };
        if words::has(&self.0[..valid], words::NULL)
            && let Some(at) = self.0.iter().position(|&byte| byte == 0)
        {
            return Some((crate::Rule::NullCharacter, at));
        }
        (valid < self.0.len()).then_some((crate::Rule::Utf8, valid))
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// Quoted and escaped, so that a hostile string cannot move a terminal's cursor; ill-formed bytes as `\xNN`.
impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '"' | '\\' => write!(f, "\\{character}")?,
                    c if c.is_control() || is_invisible(c) => write!(f, "{}", c.escape_unicode())?,
                    c => write!(f, "{c}")?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str("\"")
    }
}

/// Line and paragraph separators, bidirectional controls, zero-width characters, tags and the BOM: they break a line
/// that a report shows, or hide what is in it.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn printed_escaped() {
        let rows = [
            ("a/b", r#""a/b""#),
            ("", r#""""#),
            ("say \"hi\"\\", r#""say \"hi\"\\""#),
            ("\u{1b}[2J\r\n", r#""\u{1b}[2J\u{d}\u{a}""#),
            ("\u{9b}x\u{7f}", r#""\u{9b}x\u{7f}""#),
            ("\u{feff}a\u{202e}b\u{2028}", r#""\u{feff}a\u{202e}b\u{2028}""#),
            ("über 😀", r#""über 😀""#),
        ];
        for (text, printed) in rows {
            assert_eq!(Text::from(text).to_string(), printed);
        }
        assert_eq!(Text::from_bytes(b"a\xff\xed\xa0\x80").to_string(), r#""a\xff\xed\xa0\x80""#);
    }

    #[test]
    fn first_fault() {
        use crate::Rule::{NullCharacter, Utf8};
        let rows: [(&[u8], _); 6] = [
            (b"ok", None),
            ("\u{feff}".as_bytes(), None),
            (b"a\0\xff", Some((NullCharacter, 1))),
            (b"a\xff\0", Some((Utf8, 1))),
            (b"\xc0\x80", Some((Utf8, 0))),
            (b"ab\xe2\x82", Some((Utf8, 2))),
        ];
        for (bytes, fault) in rows {
            assert_eq!(Text::from_bytes(bytes).fault(), fault, "{bytes:?}");
        }
    }
}
