//! Why a server is not ready, and what to do about it.

use crate::target::{Endpoint, Listen};
use crate::transport::{TlsFault, WebSocketFault};
use mqttspec_codec::Version;
use std::fmt::{self, Display};
use std::io;
use std::time::Duration;
use thiserror::Error;

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
    /// There is no container engine.
    #[error("no container engine answers: {0}")]
    NoEngine(String),
    /// The image is not there, and cannot be had.
    #[error("the image `{image}` is not there, and cannot be pulled: {why}")]
    NoImage {
        /// The image.
        image: String,
        /// The one that would be taken instead.
        local: Option<String>,
        /// What the engine says.
        why: String,
    },
    /// The engine does not start the container.
    #[error("its container does not start: {0}")]
    Container(String),
    /// The engine has published no port.
    #[error("the port of its container leads nowhere")]
    NotPublished,
    /// Nothing listens in the container.
    #[error("nothing takes connections at port {port} of its container, after {within:.0?}: {last}")]
    PortClosed {
        /// The port in the container.
        port: u16,
        /// How long that was tried.
        within: Duration,
        /// The last that was seen.
        last: Box<Self>,
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
    /// TLS fails.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// The upgrade to WebSocket fails.
    #[error(transparent)]
    WebSocket(#[from] WebSocketFault),
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

impl Cause {
    /// Something is wrong with the port that a program is to listen on.
    pub(in crate::target) fn port(listen: &Listen, source: io::Error) -> Self {
        let endpoint = listen.endpoint();
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse { endpoint },
            _ => Self::CannotListen { endpoint, source },
        }
    }

    pub(super) fn advice(&self) -> String {
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
                 {}",
                endpoint.to_url()
            ),
            Self::NoEngine(_) => {
                "start Docker, and see that you may use it (group docker); an engine elsewhere than at its \
                                  usual socket is named by the environment variable DOCKER_HOST"
                    .to_owned()
            }
            Self::NoImage { image, local, .. } => image_advice(image, local.as_deref()),
            Self::Container(_) => {
                "what the engine says may be about its command, its files or the engine itself".to_owned()
            }
            Self::NotPublished => {
                "see that the engine runs on this machine: it publishes ports on loopback only".to_owned()
            }
            Self::PortClosed { port, .. } => format!(
                "see that the server listens at port {port} of all addresses of the container (0.0.0.0), not of its \
                 loopback; a slow server needs a longer `start-within` in its profile, or --timeout"
            ),
            Self::CannotListen { .. } | Self::Serve(_) => "see that the address is one of this machine".to_owned(),
            Self::Unresolved { .. } => "see that the name is spelled right and known to this machine".to_owned(),
            Self::Unreachable { .. } => {
                "start the server, and see that it listens there: host, port, firewall".to_owned()
            }
            Self::Tls(fault) => tls_advice(fault),
            Self::WebSocket(fault) => web_socket_advice(fault),
            Self::Silent { version, .. } => format!(
                "see that the port is MQTT's, without TLS; a slow server needs a longer timeout; {}",
                other_version(*version)
            ),
            Self::NotMqtt { hex, .. } if hex.starts_with("1503") => "this looks like TLS: name it mqtts://".to_owned(),
            Self::NotMqtt { shown, .. } if shown.starts_with("\"HTTP/") => {
                "this looks like a web server: name a WebSocket ws://HOST:PORT/PATH".to_owned()
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

fn image_advice(image: &str, local: Option<&str>) -> String {
    let pull = format!("docker pull {image}, where a registry can be reached");
    // Those that are built here: the recipe has the name of the image.
    let recipe = local.and_then(|local| local.strip_prefix("mqttspec/")).and_then(|local| local.split(':').next());
    match (recipe, local) {
        (Some(recipe), Some(local)) => {
            format!("{pull}; elsewhere, scripts/images {recipe} builds {local} from packages")
        }
        (None, Some(local)) => format!("{pull}; or build {local}, which is taken instead"),
        (_, None) => format!("see that the name is right; {pull}"),
    }
}

fn tls_advice(fault: &TlsFault) -> String {
    match fault {
        TlsFault::NotTrusted => "name the authority that signed it with --ca FILE; --insecure takes any certificate",
        TlsFault::WrongName { .. } => {
            "name the host as the certificate does, or say with --server-name NAME whose certificate it is to be"
        }
        TlsFault::Certificate(_) => "give the server another certificate; --insecure takes any",
        TlsFault::NotTls | TlsFault::Closed | TlsFault::Late(_) => {
            "see that the port is one for TLS: mqtt:// and ws:// are without it"
        }
        TlsFault::ClientCertificate(_) => "give a client certificate that it trusts with --cert FILE and --key FILE",
        TlsFault::Other(_) => "see that the port is one for TLS 1.2 or 1.3; the server's log may say why",
    }
    .to_owned()
}

fn web_socket_advice(fault: &WebSocketFault) -> String {
    match fault {
        WebSocketFault::Status(_) => "see that the path is right: ws://HOST:PORT/PATH, where no PATH is /mqtt",
        WebSocketFault::NoSubprotocol => "name the path on which the server speaks MQTT: ws://HOST:PORT/PATH",
        WebSocketFault::NotHttp(_) | WebSocketFault::Closed | WebSocketFault::Late(_) => {
            "see that the port is one for WebSocket: mqtt:// and mqtts:// are without it"
        }
        WebSocketFault::Other(_) => "the server's log may say why",
    }
    .to_owned()
}

fn other_version(version: Version) -> String {
    let other = match version {
        Version::V311 => Version::V5,
        Version::V5 => Version::V311,
    };
    format!("if it does not speak {version}, ask for {other} only")
}

/// Hex, or that there is none.
struct Came<'a>(&'a str);

impl Display for Came<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "nothing" } else { self.0 })
    }
}
