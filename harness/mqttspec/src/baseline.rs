//! Baselines: what a target is known not to pass, and why. A file of entries:
//!
//! ```kdl
//! case "wildcard/overlap-highest-qos@v3.1.1,*" verdict=fail reason="MQTT-3.3.5-1 highest" {
//!   why "one copy comes, at the QoS of the filter that is found first"
//!   link "https://example.org/issues/7"
//!   until "2027-06-30"
//! }
//! ```

mod date;
mod parse;
mod resolve;
pub mod update;

pub use date::Date;
pub use resolve::{Known, Resolved};

use crate::transport::Transport;
use crate::words::LONGEST;
use miette::{Diagnostic, SourceSpan};
use mqttspec_codec::Version;
use mqttspec_engine::event::Verdict;
use mqttspec_engine::scenario::{LoadError, Source};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A baseline as it is written.
#[derive(Debug)]
pub struct Baseline {
    source: Source,
    /// Its entries, in their order.
    entries: Vec<Entry>,
}

/// An entry of a baseline.
#[derive(Debug)]
struct Entry {
    what: What,
    version: Option<Version>,
    why: String,
    why_span: SourceSpan,
    link: Option<String>,
    until: Option<Date>,
    /// The line that begins it.
    span: SourceSpan,
    /// All of it, with its block.
    whole: SourceSpan,
}

/// What an entry is about.
#[derive(Debug)]
enum What {
    Case(CaseEntry),
    /// A finding of a monitor: its statement, or what is wrong in words.
    Finding(String),
}

#[derive(Debug)]
struct CaseEntry {
    /// A case id, or a glob of case ids.
    case: String,
    transport: Option<Transport>,
    verdict: Verdict,
    verdict_span: SourceSpan,
    reason: Option<String>,
    reason_span: Option<SourceSpan>,
}

/// Why a baseline cannot be had.
#[derive(Debug, Error, Diagnostic)]
pub enum BaselineError {
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    #[diagnostic(help("name a baseline that you may read; `mqttspec baseline update FILE --from EVENTS` writes one"))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    #[diagnostic(help("the file is as it was; make room, or name one in a folder that you may write to"))]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is not valid.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Invalid(#[from] LoadError),
}

impl Baseline {
    /// The baseline in a file.
    ///
    /// # Errors
    /// The file cannot be read, or is not valid.
    pub fn from_file(path: &Path) -> Result<Self, BaselineError> {
        let text = read(path).map_err(|source| BaselineError::Unreadable { path: path.to_owned(), source })?;
        Ok(Self::parse(&path.display().to_string(), text)?)
    }

    /// The baseline in a file that is still worked on: a `why` may be empty, and the file need not be there.
    ///
    /// # Errors
    /// The file cannot be read, or is not valid.
    pub fn draft(path: &Path) -> Result<Self, BaselineError> {
        let text = match read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|source| BaselineError::Unreadable { path: path.to_owned(), source })?,
        };
        Ok(Self::of(&path.display().to_string(), text, true)?)
    }

    /// The baseline in a text; `path` is for diagnostics.
    ///
    /// # Errors
    /// The text is not valid.
    pub fn parse(path: &str, text: String) -> Result<Self, LoadError> {
        Self::of(path, text, false)
    }

    fn of(path: &str, text: String, draft: bool) -> Result<Self, LoadError> {
        let source = Source { path: path.to_owned(), text };
        match parse::entries(&source.text, draft) {
            Ok(entries) => Ok(Self { source, entries }),
            Err(problems) => Err(LoadError::new(&source, problems)),
        }
    }

    /// How many entries it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing stands in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// What is longer is refused by what reads the text.
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}
