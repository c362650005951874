//! From text to an expression.

use super::Expression;
use super::predicate::{NAMES, Predicate};
use crate::scenario::Span;
use crate::scenario::error::Problem;
use crate::scenario::load::cursor::{list, nearest};

/// Nobody nests deeper.
const DEEPEST: usize = 64;

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

/// How two expressions are put together.
enum Join {
    And,
    Without,
}

pub(super) fn parse(text: &str) -> Result<Expression, Problem> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let expression = parser.either()?;
    match parser.rest().chars().next() {
        None => Ok(expression),
        Some(')') => Err(parser.here("this parenthesis was not opened").help("take it away")),
        Some(_) => Err(parser.here("expected `&`, `|` or `-`").help("put an operator between two predicates")),
    }
}

impl<'t> Parser<'t> {
    fn rest(&mut self) -> &'t str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    /// What is wrong with the character, or the end, that comes next.
    fn here(&mut self, message: &str) -> Problem {
        let rest = self.rest();
        let word = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
        let len = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
        let label = if rest.is_empty() { "the filter ends here" } else { "here" };
        Problem::new(message, Span { offset: self.at, len }, label)
    }

    /// Takes a sign, or a word that is not the beginning of a longer one or of a predicate.
    fn takes(&mut self, sign: &str) -> bool {
        let rest = self.rest();
        let Some(behind) = rest.strip_prefix(sign) else { return false };
        if sign.starts_with(is_of_name) && behind.starts_with(is_of_name) {
            return false;
        }
        self.at += sign.len();
        true
    }

    fn either(&mut self) -> Result<Expression, Problem> {
        let mut first = self.both()?;
        while self.takes("||") || self.takes("|") || self.takes("+") || self.takes("or") {
            first = Expression::Or(Box::new(first), Box::new(self.both()?));
        }
        Ok(first)
    }

    fn both(&mut self) -> Result<Expression, Problem> {
        let mut first = self.one()?;
        loop {
            let join = if self.takes("&&") || self.takes("&") || self.takes("and") {
                Join::And
            } else if self.takes("-") {
                Join::Without
            } else {
                return Ok(first);
            };
            let second = self.one()?;
            first = Expression::And(
                Box::new(first),
                Box::new(match join {
                    Join::And => second,
                    Join::Without => Expression::Not(Box::new(second)),
                }),
            );
        }
    }

    fn one(&mut self) -> Result<Expression, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.here("nested too deep").help("write it in fewer levels"));
        }
        let expression = self.nested();
        self.depth -= 1;
        expression
    }

    fn nested(&mut self) -> Result<Expression, Problem> {
        let start = self.at + (self.text.len() - self.at - self.rest().len());
        if self.takes("!") || self.takes("not") {
            return Ok(Expression::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let inner = self.either()?;
            if self.takes(")") {
                return Ok(inner);
            }
            let problem = self.here("expected `)`");
            let opened = Span { offset: start, len: 1 };
            return Err(problem.note(opened, "opened here").help("close the parenthesis"));
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Result<Expression, Problem> {
        let rest = self.rest();
        let offset = self.at;
        let name = &rest[..rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len())];
        if name.is_empty() {
            let known = list(&NAMES);
            return Err(self.here("expected a predicate").help(format!("predicates are {known}, each with `( )`")));
        }
        if !NAMES.contains(&name) {
            return Err(unknown(name, offset));
        }
        self.at += name.len();
        if !self.takes("(") {
            return Err(self.here("expected `(`").help(format!("write `{name}(...)`")));
        }
        let (argument, place) = self.argument()?;
        if !self.takes(")") {
            let name = Span { offset, len: name.len() };
            return Err(self.here("expected `)`").note(name, "its argument begins here").help("close the parenthesis"));
        }
        let predicate = Predicate::new(name, &argument, place)?;
        Ok(Expression::Is(predicate, Span { offset, len: self.at - offset }))
    }

    /// All up to the closing parenthesis, or a text in quotes.
    fn argument(&mut self) -> Result<(String, Span), Problem> {
        let rest = self.rest();
        let offset = self.at;
        if let Some(quoted) = rest.strip_prefix('"') {
            let Some(len) = quoted.find('"') else {
                return Err(Problem::new("the text does not end", Span { offset, len: 1 }, "it begins here")
                    .help("put a `\"` at its end"));
            };
            self.at += len + 2;
            return Ok((quoted[..len].to_owned(), Span { offset, len: len + 2 }));
        }
        let argument = rest[..rest.find(')').unwrap_or(rest.len())].trim_end();
        self.at += argument.len();
        Ok((argument.to_owned(), Span { offset, len: argument.len() }))
    }
}

fn unknown(name: &str, offset: usize) -> Problem {
    let problem = Problem::new(format!("`{name}` is no predicate"), Span { offset, len: name.len() }, "unknown");
    let known = format!("predicates are {}", list(&NAMES));
    match (name, nearest(name, &NAMES)) {
        ("tag", _) => problem.help(format!("scenarios have no tags; {known}")),
        (_, Some(near)) => problem.help(format!("did you mean `{near}`? {known}")),
        (_, None) => problem.help(known),
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
