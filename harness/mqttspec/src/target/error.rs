//! Why there is nothing to test, and what to do about it.

use super::{Endpoint, Listen};
use miette::{Diagnostic, LabeledSpan, SourceCode};
use mqttspec_codec::Version;
use mqttspec_engine::scenario::LoadError;
use std::fmt::{self, Display};
use std::io;
use std::path::PathBuf;
use std::time::Duration;
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
    /// An address that cannot be read.
    #[error("`{url}` is no address of a server: {why}")]
    BadUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A transport that cannot be tested yet.
    #[error("{scheme}:// is not supported yet")]
    NotSupportedYet {
        /// The scheme of the address.
        scheme: String,
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

/// Why a server is not ready.
#[derive(Debug, Error)]
pub enum Cause {
    /// The program of the profile is not installed.
    #[error("the program `{program}` is not found")]
    ProgramNotFound {
        /// The program.
        program: String,
        /// The command that installs it.
        install: Option<String>,
    },
    /// The program cannot be run.
    #[error("the program `{program}` cannot be run: {source}")]
    CannotRun {
        /// The program.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// The program's files cannot be written.
    #[error("its files cannot be written: {0}")]
    Files(io::Error),
    /// The program ended before it was ready.
    #[error("its program {0}")]
    Exited(String),
    /// Something else listens where the server is to listen.
    #[error("{endpoint} is in use by something else")]
    PortInUse {
        /// Where.
        endpoint: Endpoint,
    },
    /// The address cannot be listened on.
    #[error("{endpoint} cannot be listened on: {source}")]
    CannotListen {
        /// Where.
        endpoint: Endpoint,
        /// Why not.
        source: io::Error,
    },
    /// The embedded broker cannot listen.
    #[error("the embedded broker cannot listen: {0}")]
    Serve(io::Error),
    /// Nobody knows the host.
    #[error("the name `{host}` does not resolve: {why}")]
    Unresolved {
        /// The host.
        host: String,
        /// What the resolver said.
        why: String,
    },
    /// No Network Connection could be had.
    #[error("{endpoint} cannot be connected to: {why}")]
    Unreachable {
        /// Where.
        endpoint: Endpoint,
        /// Why not.
        why: String,
    },
    /// No CONNACK within the deadline.
    #[error("no CONNACK within {timeout:.1?} after the CONNECT of {version}; {} came", Came(hex))]
    Silent {
        /// The version of the CONNECT.
        version: Version,
        /// The deadline.
        timeout: Duration,
        /// What came instead.
        hex: String,
    },
    /// What came is not MQTT.
    #[error("this is no MQTT server: {why} as answer to the CONNECT of {version}; it sent {shown}, in hex {hex}")]
    NotMqtt {
        /// The version of the CONNECT.
        version: Version,
        /// What is wrong.
        why: String,
        /// The start of what came, as text where it is one.
        shown: String,
        /// The start of what came.
        hex: String,
    },
    /// The CONNECT was refused, but not for its version.
    #[error("{told} ({hex})")]
    ConnectRefused {
        /// Whether user name and password are to blame.
        credentials: bool,
        /// Whether the CONNECT carried any.
        given: bool,
        /// The CONNECT and the CONNACK.
        told: String,
        /// Both in hex.
        hex: String,
    },
    /// The connection ended without a CONNACK.
    #[error("the server {how} the connection after the CONNECT of {version}; {} came", Came(hex))]
    Closed {
        /// The version of the CONNECT.
        version: Version,
        /// `closed` or `reset`.
        how: String,
        /// What came before.
        hex: String,
    },
    /// No version that was asked for is accepted.
    #[error("it accepts none of the versions that were asked for: {}", .0.join("; "))]
    NoVersion(Vec<String>),
    /// The server refuses a version that its profile declares.
    #[error("its profile declares {version}, but the server refuses it: {told}")]
    DeclaredVersion {
        /// The version.
        version: Version,
        /// The CONNECT and what came.
        told: String,
    },
    /// The server is somebody else's.
    #[error("it was not started by mqttspec, so it cannot be restarted")]
    NotOurs,
}

impl TargetError {
    /// The exit code of the command.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NotReady { .. } => 5,
            Self::Unknown { .. }
            | Self::BadUrl { .. }
            | Self::NotSupportedYet { .. }
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

    fn advice(&self) -> String {
        match self {
            Self::Unknown { name, nearest, known } => {
                let mut advice = nearest.as_ref().map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                if name.contains([':', '.']) {
                    advice = format!("an address is written mqtt://{name}; ");
                }
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                format!("{advice}known: {}, an address mqtt://HOST[:PORT], or the path of a profile", known.join(", "))
            }
            Self::BadUrl { .. } => "write mqtt://HOST or mqtt://HOST:PORT, an IPv6 address in brackets".to_owned(),
            Self::NotSupportedYet { .. } => "name a listener without TLS and WebSocket: mqtt://HOST[:PORT]".to_owned(),
            Self::Unreadable { .. } => "name a profile file that exists and that you may read".to_owned(),
            Self::Invalid(invalid) => invalid.help().map_or_else(String::new, |help| help.to_string()),
            Self::NotReady { cause, .. } => cause.advice(),
        }
    }
}

impl Cause {
    /// Something is wrong with the port that a program is to listen on.
    pub(super) fn port(listen: &Listen, source: io::Error) -> Self {
        let endpoint = Endpoint { host: listen.host.clone(), port: listen.port.number() };
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse { endpoint },
            _ => Self::CannotListen { endpoint, source },
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::ProgramNotFound { install: Some(install), .. } => format!("install it: {install}"),
            Self::ProgramNotFound { install: None, .. } => {
                "install it, or put its folder into PATH; a path with `/` is taken as it is".to_owned()
            }
            Self::CannotRun { .. } => "see that the file may be executed and is made for this machine".to_owned(),
            Self::Files(_) => "see that the folder for temporary files (TMPDIR) exists and has room".to_owned(),
            Self::Exited(_) => "its output says why; the profile holds its command and files".to_owned(),
            Self::PortInUse { endpoint } => format!(
                "end what listens there, or give another port in the profile; to test what listens there: \
                 mqtt://{endpoint}"
            ),
            Self::CannotListen { .. } | Self::Serve(_) => "see that the address is one of this machine".to_owned(),
            Self::Unresolved { .. } => "see that the name is spelled right and known to this machine".to_owned(),
            Self::Unreachable { .. } => {
                "start the server, and see that it listens there: host, port, firewall".to_owned()
            }
            Self::Silent { version, .. } => format!(
                "see that the port is MQTT's, without TLS; a slow server needs a longer timeout; {}",
                other_version(*version)
            ),
            Self::NotMqtt { hex, .. } if hex.starts_with("1503") => {
                "this looks like TLS, which is not supported yet: name a listener without it".to_owned()
            }
            Self::NotMqtt { .. } => "name the port on which the server speaks MQTT over TCP".to_owned(),
            Self::ConnectRefused { credentials: true, given: true, .. } => {
                "see that user name and password are right, and that they may connect".to_owned()
            }
            Self::ConnectRefused { credentials: true, given: false, .. } => {
                "give a user name and a password: none were sent".to_owned()
            }
            Self::ConnectRefused { .. } => "the server's log may say why".to_owned(),
            Self::Closed { version, .. } => format!(
                "see that the port is MQTT's, without TLS, and that the server lets this machine in; {}",
                other_version(*version)
            ),
            Self::NoVersion(_) => "ask for a version that it speaks, or name the listener that does".to_owned(),
            Self::DeclaredVersion { .. } => {
                "correct `versions` in the profile, or the server's configuration".to_owned()
            }
            Self::NotOurs => "start it from a profile with a `program`".to_owned(),
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

fn other_version(version: Version) -> String {
    let other = match version {
        Version::V311 => Version::V5,
        Version::V5 => Version::V311,
    };
    format!("if it does not speak {version}, ask for {other} only")
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

/// Hex, or that there is none.
struct Came<'a>(&'a str);

impl Display for Came<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "nothing" } else { self.0 })
    }
}

/// The name that is few slips of a finger away.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    known
        .map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), known), known))
        .filter(|&(distance, known)| distance <= allowed && distance < known.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, known)| known)
}
