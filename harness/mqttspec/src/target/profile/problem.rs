//! What is wrong in a profile file, for people to read.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use std::fmt::{self, Display};
use thiserror::Error;

/// Everything that is wrong in a profile file, in the order of the text.
#[derive(Clone, Debug, Error)]
pub struct InvalidProfile {
    file: NamedSource<String>,
    problems: Vec<Problem>,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, Error, Diagnostic)]
#[error("{message}")]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where.
    #[label(primary, "{label}")]
    pub span: SourceSpan,
    /// What stands there.
    pub label: String,
    /// What to do about it.
    #[help]
    pub help: Option<String>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, span: SourceSpan, label: impl Into<String>) -> Self {
        Self { message: message.into(), span, label: label.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl InvalidProfile {
    pub(super) fn new(path: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.offset());
        Self { file: NamedSource::new(path, text.to_owned()), problems }
    }

    /// The problems: at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn only(&self) -> Option<&Problem> {
        match self.problems.as_slice() {
            [problem] => Some(problem),
            _ => None,
        }
    }
}

impl Display for InvalidProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.only() {
            Some(problem) => problem.fmt(f),
            None => write!(f, "{} problems in {}", self.problems.len(), self.file.name()),
        }
    }
}

/// A lone problem is shown as itself; several as related diagnostics under a headline.
impl Diagnostic for InvalidProfile {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.only()?.help()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.only()?.labels()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.file)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self.only() {
            Some(_) => None,
            None => Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic))),
        }
    }
}
