//! What is wrong in a file that people write (a scenario, the catalogue, a profile), for people to read.

use super::{Source, Span};
use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode, SourceSpan};
use std::fmt::{self, Display};

/// Everything that is wrong in one file: at least one problem, in the order of the text.
#[derive(Clone, Debug, thiserror::Error)]
pub struct LoadError {
    file: NamedSource<String>,
    problems: Vec<Problem>,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct Problem {
    /// What is wrong, in a few words.
    pub message: String,
    /// Where.
    #[label(primary, "{label}")]
    pub span: SourceSpan,
    /// What stands there.
    pub label: String,
    /// Other places that matter, such as the first of two that clash.
    #[label(collection)]
    pub notes: Vec<LabeledSpan>,
    /// What to do about it.
    #[help]
    pub help: Option<String>,
}

impl From<Span> for SourceSpan {
    fn from(span: Span) -> Self {
        (span.offset, span.len).into()
    }
}

impl From<SourceSpan> for Span {
    fn from(span: SourceSpan) -> Self {
        Self { offset: span.offset(), len: span.len() }
    }
}

impl Problem {
    /// A problem without help.
    pub fn new(message: impl Into<String>, span: impl Into<SourceSpan>, label: impl Into<String>) -> Self {
        Self { message: message.into(), span: span.into(), label: label.into(), notes: Vec::new(), help: None }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names another place that matters.
    #[must_use]
    pub fn note(mut self, span: Span, label: impl Into<String>) -> Self {
        self.notes.push(LabeledSpan::new_with_span(Some(label.into()), SourceSpan::from(span)));
        self
    }
}

impl LoadError {
    /// The problems of a file, in any order.
    #[must_use]
    pub fn new(source: &Source, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.offset());
        Self { file: NamedSource::new(&source.path, source.text.clone()), problems }
    }

    /// The problems, in the order of the text.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The file's name.
    #[must_use]
    pub fn path(&self) -> &str {
        self.file.name()
    }

    fn only(&self) -> Option<&Problem> {
        match self.problems.as_slice() {
            [problem] => Some(problem),
            _ => None,
        }
    }
}

impl Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.only() {
            Some(problem) => problem.fmt(f),
            None => write!(f, "{} problems in {}", self.problems.len(), self.path()),
        }
    }
}

/// A lone problem is shown as itself; several as related diagnostics under a headline.
impl Diagnostic for LoadError {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Error)
    }

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
