//! Slips of the pen that KDL's parser reports in words of its grammar: a light scan of the text that knows strings,
//! comments and braces, and nothing else.

use super::words::{ends_word, judge};
use crate::scenario::Span;
use crate::scenario::error::Problem;

/// What the scan found.
pub(super) struct Scan {
    /// What is certainly wrong, once the parser has refused the text.
    pub(super) slips: Vec<Problem>,
    /// What the parser takes for something else.
    pub(super) misread: Vec<Problem>,
    /// The first block or comment that is nested deeper than a recursive parser should follow.
    pub(super) too_deep: Option<Span>,
}

/// Nobody nests deeper.
const DEEPEST: usize = 64;

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Brace>,
    /// A block whose closing brace stands further left than the line that opened it.
    suspect: Option<usize>,
    /// A closing brace that stands further right than the line that opened its block.
    suspect_close: Option<usize>,
    last: Last,
    scan: Scan,
}

struct Brace {
    offset: usize,
    indentation: usize,
    /// It belongs to a `/-`.
    hidden: bool,
}

/// What stands before a token in its node.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    /// Nothing: a node begins.
    Nothing,
    /// A word or text that may be a key.
    Word,
    Equals,
    /// What stands behind an `=`.
    Value,
    Annotation,
    Slashdash,
    Block,
    /// A block behind `/-`.
    HiddenBlock,
}

/// Looks through a text.
pub(super) fn scan(text: &str) -> Scan {
    let scan = Scan { slips: Vec::new(), misread: Vec::new(), too_deep: None };
    let mut scanner =
        Scanner { text, at: 0, open: Vec::new(), suspect: None, suspect_close: None, last: Last::Nothing, scan };
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
            self.slashdash();
        } else if hashes > 0 && rest[hashes..].starts_with('"') {
            self.word();
            let quotes = if rest[hashes..].starts_with("\"\"\"") { 3 } else { 1 };
            let close = format!("{}{}", "\"".repeat(quotes), "#".repeat(hashes));
            let inside = hashes + quotes;
            self.skip_to(rest[inside..].find(&close).map(|end| inside + end + close.len()));
        } else if let Some(inside) = rest.strip_prefix("\"\"\"") {
            self.word();
            self.skip_to(inside.find("\"\"\"").map(|end| end + 6));
        } else {
            match next {
                '"' => self.quoted(),
                '{' => self.open_brace(),
                '}' => self.close_brace(),
                '(' => self.annotation(),
                ')' => self.stray("a `)` too many", "closes nothing"),
                '=' => self.equals(),
                '\\' => self.backslash(),
                ';' | '\n' => {
                    self.node_ends();
                    self.at += 1;
                }
                '\u{feff}' => self.at += next.len_utf8(),
                space if space.is_whitespace() => self.at += space.len_utf8(),
                _ => self.bare(),
            }
        }
    }

    /// A word, a text or a number comes.
    fn word(&mut self) {
        if matches!(self.last, Last::Block | Last::HiddenBlock) {
            let span = character(self.text, self.at);
            let problem = Problem::new("more behind a `}` on the same line", span, "begins here");
            self.scan.slips.push(problem.help("put it on a line of its own, or put `;` behind the `}`"));
        }
        self.last = if self.last == Last::Equals { Last::Value } else { Last::Word };
    }

    fn node_ends(&mut self) {
        if matches!(self.last, Last::Equals | Last::Annotation) {
            let span = character(self.text, self.text[..self.at].trim_end().len().saturating_sub(1));
            let problem = Problem::new("a value is missing", span, "nothing behind this");
            self.scan.slips.push(problem.help("put the value behind it, in the same line"));
        }
        self.last = Last::Nothing;
    }

    fn stray(&mut self, message: &str, label: &str) {
        let start = self.at;
        self.at += 1;
        self.slip(start, |span| {
            Problem::new(message, span, label).help("remove it, or put the text that it belongs to in quotes")
        });
    }

    fn slashdash(&mut self) {
        let start = self.at;
        self.at += 2;
        if self.last == Last::Slashdash {
            self.slip(start, |span| Problem::new("one `/-` after the other", span, "hides nothing").help("remove one"));
        }
        self.last = Last::Slashdash;
    }

    fn annotation(&mut self) {
        let inside = &self.rest()[1..];
        let word = inside.find(')').map(|end| inside[..end].trim());
        let misplaced = matches!(self.last, Last::Annotation | Last::Block | Last::HiddenBlock);
        if !misplaced && word.is_some_and(|word| !word.is_empty() && !word.contains(ends_word)) {
            self.skip_to(inside.find(')').map(|end| end + 2));
            // Behind an `=` it still is the value that comes.
            self.last = if self.last == Last::Equals { Last::Equals } else { Last::Annotation };
        } else {
            self.stray("a `(` that begins no annotation", "no `(hex)` or `(fill)` here");
        }
    }

    fn equals(&mut self) {
        match self.last {
            Last::Word => self.at += 1,
            Last::Equals => self.stray("an `=` behind an `=`", "one too many"),
            Last::Value => self.stray("an `=` behind a value", "one too many"),
            _ => self.stray("an `=` without a name", "nothing before it"),
        }
        self.last = Last::Equals;
    }

    fn backslash(&mut self) {
        let rest = self.rest()[1..].trim_start_matches([' ', '\t', '\r']);
        match rest.find('\n').filter(|_| rest.starts_with(['\n', '/'])) {
            Some(end) => self.at = self.text.len() - rest.len() + end + 1,
            None => self.stray("a `\\` within a line", "goes on to nothing"),
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(next) = self.rest().chars().next() {
            if self.rest().starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if self.rest().starts_with("*/") {
                depth -= 1;
                self.at += 2;
            } else {
                self.at += next.len_utf8();
            }
            match depth {
                0 => return,
                DEEPEST.. => drop(self.scan.too_deep.get_or_insert(Span { offset: start, len: 2 })),
                _ => {}
            }
        }
        let span = Span { offset: start, len: 2 };
        self.scan
            .slips
            .push(Problem::new("a comment without its end", span, "begins here").help("put `*/` where it ends"));
    }

    fn quoted(&mut self) {
        let start = self.at;
        self.word();
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
        if self.open.len() >= DEEPEST {
            self.scan.too_deep.get_or_insert(Span { offset: self.at, len: 1 });
        }
        let line = &self.text[self.text[..self.at].rfind('\n').map_or(0, |at| at + 1)..];
        let indentation = line.len() - line.trim_start().len();
        let span = Span { offset: self.at, len: 1 };
        let problem = match self.last {
            Last::Word | Last::Value | Last::Slashdash | Last::HiddenBlock => None,
            Last::Nothing if line.trim_start().len() == self.rest().len() => {
                let problem = Problem::new("a `{` on a line of its own", span, "belongs to no node");
                Some(problem.help("put it at the end of the line above"))
            }
            _ => Some(
                Problem::new("a `{` that belongs to no node", span, "no name before it").help("put a name before it"),
            ),
        };
        self.scan.slips.extend(problem);
        let hidden = self.last == Last::Slashdash;
        self.open.push(Brace { offset: self.at, indentation, hidden });
        self.last = Last::Nothing;
        self.at += 1;
    }

    fn close_brace(&mut self) {
        let line_start = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let before = &self.text[line_start..self.at];
        let start = self.at;
        self.node_ends();
        self.at += 1;
        let Some(open) = self.open.pop() else {
            let span = Span { offset: self.suspect_close.unwrap_or(start), len: 1 };
            let problem = Problem::new("a `}` too many", span, "one more than there are `{`");
            self.scan.slips.push(problem.help("remove it, or look for a missing `{` above"));
            return;
        };
        self.last = if open.hidden { Last::HiddenBlock } else { Last::Block };
        if before.trim().is_empty() && before.len() < open.indentation {
            self.suspect.get_or_insert(open.offset);
        }
        if before.trim().is_empty() && before.len() > open.indentation {
            self.suspect_close.get_or_insert(start);
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
        self.word();
        let rest = self.rest();
        // Never nothing: the scan must go on.
        let end = rest.char_indices().skip(1).find(|&(_, c)| ends_word(c)).map_or(rest.len(), |(at, _)| at);
        let comment = rest[..end].find("//").or_else(|| rest[..end].find("/*"));
        match comment {
            Some(at) if rest.starts_with('$') => {
                let span = Span { offset: start, len: end };
                self.scan.misread.push(
                    Problem::new("a topic without quotes", span, format!("`{}` begins a comment", &rest[at..at + 2]))
                        .help(format!("put it in quotes: `\"{}\"`", &rest[..end])),
                );
            }
            Some(at) if at > 0 => {
                self.at += at;
                return;
            }
            _ => {}
        }
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

/// The character at an offset, or the one that the offset is inside of.
fn character(text: &str, offset: usize) -> Span {
    let offset = text.floor_char_boundary(offset);
    Span { offset, len: text[offset..].chars().next().map_or(0, char::len_utf8) }
}
