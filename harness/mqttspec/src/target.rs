//! The server under test: what it is called, how it starts, and whether it is ready.

mod container;
mod endpoint;
mod error;
mod files;
mod name;
mod operate;
mod output;
mod process;
mod profile;
mod readiness;
mod start;

pub use crate::transport::{TlsFault, TlsFileError, TlsOptions, Transport, WebSocketFault};
pub use endpoint::Endpoint;
pub use error::{Cause, TargetError};
pub use name::TargetName;
pub use profile::{Image, Listen, Port, Profile};
pub use readiness::Readiness;

use crate::serve::Serving;
use crate::transport::{ClientTls, Connector};
use container::Container;
use mqttspec_codec::Version;
use mqttspec_engine::event::TargetImage;
use mqttspec_engine::player::Declared;
use process::Process;
use readiness::{Asked, Outcome};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Is told when a server wrote a line, and the line.
pub type LogReader = Arc<dyn Fn(Instant, &str) + Send + Sync>;

/// How a server is reached, beside its name.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// User name and password of every CONNECT.
    pub credentials: Option<(String, Vec<u8>)>,
    /// For TLS.
    pub tls: TlsOptions,
    /// Which listener of a profile; the first without it.
    pub transport: Option<Transport>,
}

impl From<Option<(String, Vec<u8>)>> for Access {
    fn from(credentials: Option<(String, Vec<u8>)>) -> Self {
        Self { credentials, ..Self::default() }
    }
}

/// A server that has shown that it is ready.
#[derive(Debug)]
pub struct Server {
    /// What the target is called: `embedded`, the profile's name or the address.
    pub name: String,
    /// Where it listens.
    pub endpoint: Endpoint,
    /// User name and password that its CONNECTs carry.
    pub credentials: Option<(String, Vec<u8>)>,
    /// What its profile declares.
    pub declared: Declared,
    /// The image that its container was started from.
    pub image: Option<TargetImage>,
    /// What each version that was asked for came to.
    pub ready: Vec<(Version, Readiness)>,
    /// The name of its software, where its profile tells.
    pub title: Option<String>,
    configuration: Vec<(String, String)>,
    tls: Option<ClientTls>,
    timeout: Duration,
    /// How long it may take to start.
    start_within: Duration,
    host: Host,
}

/// What runs the server.
#[derive(Debug)]
enum Host {
    /// Somebody else.
    Elsewhere,
    /// This process; `None` only while it starts again.
    Embedded(Option<Serving>),
    /// A program of a profile.
    Program(Box<Process>),
    /// A container of a profile.
    Container(Box<Container>),
}

impl Server {
    /// Starts the program or the container of a profile, the embedded broker on a free port of loopback, or nothing for an address;
    /// then sends a CONNECT in each version and takes the CONNACK, all within `timeout` until the first is accepted.
    /// Connections that are refused or closed early are tried again until then: the server may be starting.
    ///
    /// # Errors
    /// Nothing can be tested: see [`Cause`].
    pub async fn start(
        name: TargetName,
        access: impl Into<Access>,
        versions: &[Version],
        timeout: Duration,
    ) -> Result<Self, TargetError> {
        let Access { credentials, tls, transport } = access.into();
        let endpoint = Endpoint::tcp(Ipv4Addr::LOCALHOST.to_string(), 0);
        let mut server = Self { name: name.to_string(), credentials, ..Self::without_readiness(endpoint, timeout) };
        match server.get_ready(name, &tls, transport, versions).await {
            Ok(()) => {
                server.declared.operations = server.declared.operations.and(server.possible());
                Ok(server)
            }
            Err(error) => {
                server.stop().await;
                Err(error)
            }
        }
    }

    /// A server of which nobody has asked whether it is ready: for tests of servers that only pretend.
    #[must_use]
    pub fn without_readiness(endpoint: Endpoint, timeout: Duration) -> Self {
        Self {
            name: endpoint.to_string(),
            endpoint,
            credentials: None,
            declared: Declared::default(),
            image: None,
            ready: Vec::new(),
            title: None,
            configuration: Vec::new(),
            tls: None,
            timeout,
            start_within: timeout,
            host: Host::Elsewhere,
        }
    }

    /// The way to it.
    pub(crate) fn connector(&self) -> Connector {
        Connector { endpoint: self.endpoint.clone(), tls: self.tls.clone() }
    }

    /// Whether the server still runs and answers a CONNECT.
    ///
    /// # Errors
    /// What is known of its end.
    pub async fn check_alive(&mut self) -> Result<(), String> {
        if let Some(ended) = self.host.ended().await {
            return Err(ended);
        }
        let accepted = |ready: &&(Version, Readiness)| matches!(ready.1, Readiness::Ready { .. });
        let version = self.ready.iter().find(accepted).map_or(Version::V311, |(version, _)| *version);
        let cause = match readiness::probe(&self.asked(), version, self.timeout).await {
            Outcome::Accepted { .. } => return Ok(()),
            Outcome::VersionRefused { told, .. } => told,
            Outcome::Final(cause) | Outcome::Passing(cause) => cause.to_string(),
        };
        // The socket is closed before the process can be waited for.
        Err(self.host.ended_soon().await.unwrap_or(cause))
    }

    /// The last lines of the server's output, at most 20.
    #[must_use]
    pub fn log_tail(&self) -> Vec<String> {
        match &self.host {
            Host::Program(process) => process.log_tail(),
            Host::Container(container) => container.log_tail(),
            Host::Elsewhere | Host::Embedded(_) => Vec::new(),
        }
    }

    /// Tells the reader of the server's output, from its last lines on, also after it started again.
    pub fn follow_log(&self, reader: LogReader) {
        match &self.host {
            Host::Program(process) => process.follow_log(reader),
            Host::Container(container) => container.follow_log(reader),
            Host::Elsewhere | Host::Embedded(_) => {}
        }
    }

    /// The files that configure it, as its profile has them.
    #[must_use]
    pub fn configuration(&self) -> &[(String, String)] {
        &self.configuration
    }

    /// The process of the program, while it runs.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        match &self.host {
            Host::Program(process) => process.id(),
            Host::Elsewhere | Host::Embedded(_) | Host::Container(_) => None,
        }
    }

    /// What the engine calls the container.
    #[must_use]
    pub fn container(&self) -> Option<&str> {
        match &self.host {
            Host::Container(container) => Some(container.name()),
            Host::Elsewhere | Host::Embedded(_) | Host::Program(_) => None,
        }
    }

    /// Ends what [`Server::start`] started, and removes its files.
    pub async fn stop(self) {
        match self.host {
            Host::Elsewhere | Host::Embedded(None) => {}
            Host::Embedded(Some(serving)) => serving.stop().await,
            Host::Program(mut process) => process.end().await,
            Host::Container(mut container) => container.end().await,
        }
    }

    fn asked(&self) -> Asked {
        Asked { connector: self.connector(), credentials: self.credentials.clone() }
    }

    fn not_ready(&self, cause: Cause, log: Vec<String>) -> TargetError {
        TargetError::NotReady { name: self.name.clone(), cause: Box::new(cause), log }
    }
}

impl Host {
    /// How the server ended, if it is known to have.
    async fn ended(&mut self) -> Option<String> {
        match self {
            Self::Program(process) => process.ended(),
            Self::Container(container) => container.ended().await,
            Self::Elsewhere | Self::Embedded(_) => None,
        }
    }

    /// How the server ended, if it has or is about to.
    async fn ended_soon(&mut self) -> Option<String> {
        match self {
            Self::Program(process) => process.ended_soon().await,
            Self::Container(container) => container.ended_soon().await,
            Self::Elsewhere | Self::Embedded(_) => None,
        }
    }
}
