//! The filter language: which cases a user means, as an expression over what a case is.

mod parse;
mod predicate;

use super::Case;
use crate::scenario::error::{LoadError, Problem};
use crate::scenario::{Source, Span};
use crate::statement::Catalogue;
use predicate::Predicate;

/// An expression such as `statement(4.3.*) & version(5) & !slow()`. `|`, `or` and `+` mean either, `&` and `and` both, `-`
/// the first without the second, `!` and `not` all others. `&` and `-` bind closer than `|`.
#[derive(Debug)]
pub struct Filter {
    source: Source,
    expression: Expression,
}

#[derive(Debug)]
enum Expression {
    Is(Predicate, Span),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// It is none; the error shows where.
    pub fn parse(text: &str) -> Result<Self, LoadError> {
        // With a blank behind it, so that the end can be shown, too.
        let source = Source { path: "-E".to_owned(), text: format!("{text} ") };
        match parse::parse(text) {
            Ok(expression) => Ok(Self { source, expression }),
            Err(problem) => Err(LoadError::new(&source, vec![problem])),
        }
    }

    /// For each case whether it is meant.
    ///
    /// # Errors
    /// A pattern of the expression matches none of the cases: a slip of the pen is not to look like a small selection.
    pub fn wanted(&self, cases: &[Case], catalogue: &Catalogue) -> Result<Vec<bool>, LoadError> {
        let mut idle = Vec::new();
        self.expression.check(cases, catalogue, &mut idle);
        if !idle.is_empty() {
            return Err(LoadError::new(&self.source, idle));
        }
        Ok(cases.iter().map(|case| self.expression.means(case, catalogue)).collect())
    }
}

impl Expression {
    fn means(&self, case: &Case, catalogue: &Catalogue) -> bool {
        match self {
            Self::Is(predicate, _) => predicate.holds(case, catalogue),
            Self::Not(inner) => !inner.means(case, catalogue),
            Self::And(first, second) => first.means(case, catalogue) && second.means(case, catalogue),
            Self::Or(first, second) => first.means(case, catalogue) || second.means(case, catalogue),
        }
    }

    /// Patterns that hold for no case at all.
    fn check(&self, cases: &[Case], catalogue: &Catalogue, idle: &mut Vec<Problem>) {
        match self {
            Self::Is(predicate, span) => {
                if predicate.is_pattern() && !cases.iter().any(|case| predicate.holds(case, catalogue)) {
                    idle.push(predicate.idle(cases, *span));
                }
            }
            Self::Not(inner) => inner.check(cases, catalogue, idle),
            Self::And(first, second) | Self::Or(first, second) => {
                first.check(cases, catalogue, idle);
                second.check(cases, catalogue, idle);
            }
        }
    }
}
