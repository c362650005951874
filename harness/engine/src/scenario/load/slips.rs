//! Slips of the pen that KDL's parser reports in words of its grammar: a light scan of the text that knows strings,
//! comments and braces, and nothing else.

use crate::scenario::Span;
use crate::scenario::error::Problem;

/// What the scan found.
pub(super) struct Scan {
    /// What is certainly wrong, once the parser has refused the text.
    pub(super) slips: Vec<Problem>,
    /// The first brace of each depth.
    depths: Vec<usize>,
}

impl Scan {
    /// The brace that opens the first block deeper than this.
    pub(super) fn depth_over(&self, depth: usize) -> Option<Span> {
        self.depths.get(depth).map(|&offset| Span { offset, len: 1 })
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Brace>,
    /// A block whose closing brace stands further left than the line that opened it.
    suspect: Option<usize>,
    scan: Scan,
}

struct Brace {
    offset: usize,
    indentation: usize,
}

/// Looks through a text.
pub(super) fn scan(text: &str) -> Scan {
    let scan = Scan { slips: Vec::new(), depths: Vec::new() };
    let mut scanner = Scanner { text, at: 0, open: Vec::new(), suspect: None, scan };
    while let Some(next) = scanner.rest().chars().next() {
        scanner.token(next);
    }
    scanner.unclosed();
    scanner.scan
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn slip(&mut self, start: usize, problem: impl FnOnce(Span) -> Problem) {
        self.scan.slips.push(problem(Span { offset: start, len: self.at - start }));
    }

    fn skip_to(&mut self, end: Option<usize>) {
        self.at = end.map_or(self.text.len(), |end| self.at + end);
    }

    fn token(&mut self, next: char) {
        let rest = self.rest();
        let hashes = rest.bytes().take_while(|&byte| byte == b'#').count();
        if rest.starts_with("//") {
            self.skip_to(rest.find('\n'));
        } else if rest.starts_with("/*") {
            self.comment();
        } else if rest.starts_with("/-") {
            self.at += 2;
        } else if hashes > 0 && rest[hashes..].starts_with('"') {
            let quotes = if rest[hashes..].starts_with("\"\"\"") { 3 } else { 1 };
            let close = format!("{}{}", "\"".repeat(quotes), "#".repeat(hashes));
            let inside = hashes + quotes;
            self.skip_to(rest[inside..].find(&close).map(|end| inside + end + close.len()));
        } else if let Some(inside) = rest.strip_prefix("\"\"\"") {
            self.skip_to(inside.find("\"\"\"").map(|end| end + 6));
        } else {
            match next {
                '"' => self.quoted(),
                '{' => self.open_brace(),
                '}' => self.close_brace(),
                '(' | ')' | ';' | '=' | '\\' | '\u{feff}' => self.at += next.len_utf8(),
                space if space.is_whitespace() => self.at += space.len_utf8(),
                _ => self.bare(),
            }
        }
    }

    fn comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if rest.starts_with("*/") {
                depth -= 1;
                self.at += 2;
            } else {
                let Some(next) = rest.chars().next() else { return };
                self.at += next.len_utf8();
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn quoted(&mut self) {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        for (offset, next) in self.rest().char_indices() {
            match next {
                '\n' if !escaped => {
                    self.at += self.text[self.at..self.at + offset].trim_end().len();
                    self.slip(start, |span| {
                        Problem::new("a text without its closing quote", span, "begins here")
                            .help("put `\"` where it ends; a text does not go on in the next line")
                    });
                    return;
                }
                '"' if !escaped => {
                    self.at += offset + 1;
                    return self.after_quote(start);
                }
                _ => escaped = next == '\\' && !escaped,
            }
        }
        self.at = self.text.len();
        self.slip(start, |span| {
            let first_line = span.len.min(1);
            Problem::new("a text without its closing quote", Span { len: first_line, ..span }, "begins here")
        });
    }

    fn after_quote(&mut self, start: usize) {
        let glued = self.rest().find(ends_word).unwrap_or(self.rest().len());
        if glued > 0 {
            self.at += glued;
            self.slip(start, |span| {
                Problem::new("a text that does not end at its quote", span, "more right behind the quote")
                    .help("put a space behind the closing quote, or move the quote; `\\\"` is a quote inside a text")
            });
        }
    }

    fn open_brace(&mut self) {
        if self.scan.depths.len() == self.open.len() {
            self.scan.depths.push(self.at);
        }
        let line = &self.text[self.text[..self.at].rfind('\n').map_or(0, |at| at + 1)..];
        let indentation = line.len() - line.trim_start().len();
        self.open.push(Brace { offset: self.at, indentation });
        self.at += 1;
    }

    fn close_brace(&mut self) {
        let line_start = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let before = &self.text[line_start..self.at];
        let start = self.at;
        self.at += 1;
        match self.open.pop() {
            Some(open) if before.trim().is_empty() && before.len() < open.indentation => {
                self.suspect.get_or_insert(open.offset);
            }
            Some(_) => {}
            None => self.slip(start, |span| {
                Problem::new("a `}` too many", span, "closes nothing")
                    .help("remove it, or look for a missing `{` above")
            }),
        }
    }

    fn unclosed(&mut self) {
        let Some(last) = self.open.last() else { return };
        if !self.scan.slips.is_empty() {
            return;
        }
        let span = Span { offset: self.suspect.unwrap_or(last.offset), len: 1 };
        self.scan
            .slips
            .push(Problem::new("a `{` without its `}`", span, "not closed").help("put `}` where the block ends"));
    }

    fn bare(&mut self) {
        let start = self.at;
        let rest = self.rest();
        // Never nothing: the scan must go on.
        let end = rest.char_indices().skip(1).find(|&(_, c)| ends_word(c)).map_or(rest.len(), |(at, _)| at);
        self.at += end;
        let glued = self.rest();
        if glued.starts_with(['"', '(']) {
            let end = glued.find(|c: char| c.is_whitespace() || c == ';' || c == '}').unwrap_or(glued.len());
            self.at += end;
        }
        let word = &self.text[start..self.at];
        self.scan.slips.extend(judge(word, Span { offset: start, len: word.len() }));
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '{' | '}' | '(' | ')' | ';' | '=' | '"')
}

fn judge(word: &str, span: Span) -> Option<Problem> {
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
