//! Why a command did not do its work, with its exit code.

use super::{code, output};
use crate::campaign::ExportError;
use crate::corpus::CorpusError;
use crate::merge::MergeError;
use crate::report::stored::StoredError;
use crate::report::text::{lines, only_colours};
use crate::target::TargetError;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use mqttspec_engine::scenario::LoadError;
use std::fmt::{self, Display};

/// Told on the standard error stream; then the command ends.
#[derive(Debug)]
pub(super) struct Failure {
    exit_code: u8,
    what: Box<dyn Diagnostic + Send + Sync>,
}

/// An error in a line, and what to do about it.
#[derive(Debug)]
struct Plain {
    message: String,
    help: Option<String>,
}

impl Failure {
    pub(super) fn new(exit_code: u8, message: impl Into<String>, help: Option<String>) -> Self {
        Self { exit_code, what: Box::new(Plain { message: message.into(), help }) }
    }

    /// An error that tells itself.
    pub(super) fn diagnostic(exit_code: u8, what: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self { exit_code, what: Box::new(what) }
    }

    /// A command or a configuration that is not right.
    pub(super) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(code::USAGE, message, Some(help.into()))
    }

    /// What is wrong, in a line.
    pub(super) fn reason(&self) -> String {
        self.what.to_string().lines().next().unwrap_or_default().to_owned()
    }

    /// Tells it, and gives the exit code.
    pub(super) fn tell(&self) -> u8 {
        output::error(&rendered(self.what.as_ref()));
        self.exit_code
    }
}

/// A diagnostic with its source underlined, in colour.
pub(super) fn rendered(diagnostic: &dyn Diagnostic) -> String {
    let mut text = String::new();
    // Messages name their causes themselves. Lines are whole, so that a path in one can be copied and searched for.
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).without_cause_chain();
    let handler = handler.with_wrap_lines(false).with_links(false);
    match handler.render_report(&mut text, diagnostic) {
        Ok(()) => only_colours(&text),
        Err(fmt::Error) => format!("{}\n", lines(&diagnostic.to_string())),
    }
}

impl Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&lines(&self.message))
    }
}

impl std::error::Error for Plain {}

impl Diagnostic for Plain {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(lines(help)) as Box<dyn Display>)
    }
}

impl From<CorpusError> for Failure {
    fn from(error: CorpusError) -> Self {
        let exit_code = match &error {
            CorpusError::Unreadable { .. } | CorpusError::Empty(_) => code::USAGE,
            CorpusError::Invalid(_) => code::INVALID_SCENARIO,
        };
        Self { exit_code, what: Box::new(error) }
    }
}

/// Of a text that the user gave as an argument.
impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self { exit_code: code::USAGE, what: Box::new(error) }
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        Self { exit_code: error.exit_code(), what: Box::new(error) }
    }
}

impl From<StoredError> for Failure {
    fn from(error: StoredError) -> Self {
        Self { exit_code: code::USAGE, what: Box::new(error) }
    }
}

impl From<MergeError> for Failure {
    fn from(error: MergeError) -> Self {
        Self { exit_code: code::USAGE, what: Box::new(error) }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        Self { exit_code: code::USAGE, what: Box::new(error) }
    }
}
