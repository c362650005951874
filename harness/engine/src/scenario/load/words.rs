//! Bare words that KDL does not take, and what was meant by them.

use crate::scenario::Span;
use crate::scenario::error::Problem;

/// Whether a character ends a bare word.
pub(super) fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '{' | '}' | '(' | ')' | ';' | '=' | '"')
}

/// What is wrong with a bare word.
pub(super) fn judge(word: &str, span: Span) -> Option<Problem> {
    let quoted = format!("put it in quotes: `\"{word}\"`");
    if matches!(word, "true" | "false" | "null" | "inf" | "nan") {
        let problem = Problem::new(format!("`{word}` without `#`"), span, "a bare keyword");
        return Some(problem.help(format!("write `#{word}`; if the word itself is meant, `\"{word}\"`")));
    }
    if word.starts_with('#') {
        let known = matches!(word, "#true" | "#false" | "#null" | "#inf" | "#-inf" | "#nan");
        return (!known).then(|| {
            Problem::new(format!("unknown keyword `{word}`"), span, "not a keyword")
                .help("`#true`, `#false` or `#null`; anything else that has a `#` in it is put in quotes")
        });
    }
    let digits = word.strip_prefix(['-', '+', '.']).unwrap_or(word);
    if digits.starts_with(|c: char| c.is_ascii_digit()) {
        if is_number(word) {
            return None;
        }
        let message = if is_duration(word) {
            "a duration without quotes"
        } else if word.contains("..") {
            "a range without quotes"
        } else if word.contains('|') {
            "alternatives without quotes"
        } else {
            return Some(
                Problem::new(format!("`{word}` is not a number"), span, "begins with a digit")
                    .help(format!("correct it; if it is a text, {quoted}")),
            );
        };
        return Some(Problem::new(message, span, "begins with a digit, but is not a number").help(quoted));
    }
    if word.starts_with("min(") || word.starts_with("max(") {
        return Some(Problem::new("a call without quotes", span, "a bare word has no `(`").help(quoted));
    }
    let odd = word.chars().find(|c| matches!(c, '/' | '\\' | '[' | ']' | '#' | '(' | '"'))?;
    let problem = match odd {
        '/' => Problem::new("a topic without quotes", span, "a bare word has no `/`"),
        '"' => Problem::new("a word that runs into a text", span, "no space before the quote")
            .help("put a space before the quote, or the whole in quotes"),
        odd => Problem::new("a text without quotes", span, format!("a bare word has no `{odd}`")),
    };
    Some(if odd == '"' { problem } else { problem.help(quoted) })
}

fn is_number(word: &str) -> bool {
    let word = word.strip_prefix(['-', '+']).unwrap_or(word);
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = word.strip_prefix(prefix) {
            return digits.starts_with(|c: char| c.is_digit(radix))
                && digits.chars().all(|c| c.is_digit(radix) || c == '_');
        }
    }
    let plain = word.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | '.' | 'e' | 'E' | '+' | '-'));
    plain && word.replace('_', "").parse::<f64>().is_ok()
}

fn is_duration(word: &str) -> bool {
    let number = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &word[number.len()..];
    matches!(unit, "ms" | "s" | "m" | "h" | "us" | "min" | "sec") && number.parse::<f64>().is_ok()
}
