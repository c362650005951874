//! Why there is nothing to test, and what to do about it.

mod cause;

pub use cause::Cause;

use crate::transport::{TlsFileError, Transport};
use crate::words::nearest;
use miette::{Diagnostic, LabeledSpan, SourceCode};
use mqttspec_engine::scenario::LoadError;
use std::fmt::{self, Display};
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why there is no server to test.
#[derive(Debug, Error)]
pub enum TargetError {
    /// No target has this name.
    #[error("unknown target `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// The name that may be meant.
        nearest: Option<String>,
        /// The names that there are.
        known: Vec<String>,
    },
    /// No profile with a container has this name, and an image needs a port.
    #[error("`{name}` is no profile with an image, and where an image's server listens is not known")]
    NoContainer {
        /// The name.
        name: String,
        /// The profile that may be meant.
        nearest: Option<String>,
        /// The profiles that there are.
        known: Vec<String>,
    },
    /// The profile has no image.
    #[error("the profile {name} has no image to run in a container")]
    WithoutImage {
        /// The profile.
        name: String,
    },
    /// The profile starts nothing but a container.
    #[error("the profile {name} is for a container only")]
    OnlyImage {
        /// The profile, as it was named.
        name: String,
    },
    /// An address that cannot be read.
    #[error("`{url}` is no address of a server: {why}")]
    BadUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file for TLS is not usable.
    #[error(transparent)]
    TlsFile(#[from] TlsFileError),
    /// The profile has no listener for this transport.
    #[error("the profile {name} has no listener for {}", transport.word())]
    NoListener {
        /// The profile.
        name: String,
        /// The transport.
        transport: Transport,
    },
    /// A profile file cannot be read.
    #[error("the profile {} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A profile file is not valid.
    #[error(transparent)]
    Invalid(#[from] LoadError),
    /// The server is not ready.
    #[error("{name} is not ready: {cause}{}", Log(log))]
    NotReady {
        /// The target.
        name: String,
        /// Why it is not.
        cause: Box<Cause>,
        /// The last lines of the program's output.
        log: Vec<String>,
    },
}

impl TargetError {
    /// The exit code of the command.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NotReady { .. } => 5,
            Self::Unknown { .. }
            | Self::NoContainer { .. }
            | Self::WithoutImage { .. }
            | Self::OnlyImage { .. }
            | Self::BadUrl { .. }
            | Self::TlsFile(_)
            | Self::NoListener { .. }
            | Self::Unreadable { .. }
            | Self::Invalid(_) => 2,
        }
    }

    pub(super) fn unknown(name: &str, mut known: Vec<String>) -> Self {
        known.push("embedded".to_owned());
        known.sort();
        let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        Self::Unknown { name: name.to_owned(), nearest, known }
    }

    pub(super) fn no_container(name: &str, mut known: Vec<String>) -> Self {
        known.sort();
        let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        Self::NoContainer { name: name.to_owned(), nearest, known }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoContainer { name, nearest, known } => {
                let near = nearest.as_ref().map_or_else(String::new, |near| format!("did you mean `docker:{near}`? "));
                let known: Vec<String> = known.iter().map(|name| format!("`docker:{name}`")).collect();
                let name = if name.is_empty() { "IMAGE" } else { name };
                format!("{near}known: {}; for an image, add the port in its container: docker:{name} --port N", known.join(", "))
            }
            Self::WithoutImage { .. } => "add `image REPOSITORY:TAG` to it".to_owned(),
            Self::OnlyImage { name } => format!("write docker:{name}"),
            Self::Unknown { name, nearest, known } => {
                let mut advice = nearest.as_ref().map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                if name.contains([':', '.']) {
                    advice = format!("an address is written mqtt://{name}; ");
                }
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                format!("{advice}known: {}, an address mqtt://HOST[:PORT], or the path of a profile", known.join(", "))
            }
            Self::BadUrl { .. } => {
                "write mqtt://HOST, mqtts://HOST, ws://HOST/PATH or wss://HOST/PATH, with :PORT behind HOST where it is not \
                 the usual one, an IPv6 address in brackets"
                    .to_owned()
            }
            Self::TlsFile(_) => "name a file in PEM that exists and that you may read".to_owned(),
            Self::NoListener { .. } => "choose another --transport, or add a `listen` to the profile".to_owned(),
            Self::Unreadable { .. } => "name a profile file that exists and that you may read".to_owned(),
            Self::Invalid(invalid) => invalid.help().map_or_else(String::new, |help| help.to_string()),
            Self::NotReady { cause, .. } => cause.advice(),
        }
    }
}

impl Diagnostic for TargetError {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(self.advice()).filter(|advice| !advice.is_empty()).map(|advice| Box::new(advice) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.invalid()?.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.invalid()?.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        self.invalid()?.related()
    }
}

impl TargetError {
    const fn invalid(&self) -> Option<&LoadError> {
        match self {
            Self::Invalid(invalid) => Some(invalid),
            _ => None,
        }
    }
}

/// The last lines of a program, below a message.
struct Log<'a>(&'a [String]);

impl Display for Log<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_empty() {
            f.write_str("\nthe last lines of its output:")?;
        }
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}
