//! The server under test: what it is called, how it starts, and whether it is ready.

mod error;
mod name;
mod process;
mod profile;
mod readiness;

pub use error::{Cause, TargetError};
pub use name::{Endpoint, TargetName};
pub use profile::{Listen, Port, Profile};
pub use readiness::Readiness;

use crate::serve::{self, Serving};
use mqttspec_broker::Config;
use mqttspec_codec::Version;
use mqttspec_engine::player::Declared;
use process::Process;
use readiness::{Asked, Outcome};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How often a program may find the port that was picked for it taken.
const PORTS_TRIED: u32 = 5;

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
    /// What each version that was asked for came to.
    pub ready: Vec<(Version, Readiness)>,
    timeout: Duration,
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
}

impl Server {
    /// Starts the program of a profile, the embedded broker on a free port of loopback, or nothing for an address;
    /// then sends a CONNECT in each version and takes the CONNACK, all within `timeout` until the first is accepted.
    /// Connections that are refused or closed early are tried again until then: the server may be starting.
    ///
    /// # Errors
    /// Nothing can be tested: see [`Cause`].
    pub async fn start(
        name: TargetName,
        credentials: Option<(String, Vec<u8>)>,
        versions: &[Version],
        timeout: Duration,
    ) -> Result<Self, TargetError> {
        let mut server = Self {
            name: name.to_string(),
            endpoint: Endpoint { host: Ipv4Addr::LOCALHOST.to_string(), port: 0 },
            credentials,
            declared: Declared::default(),
            ready: Vec::new(),
            timeout,
            host: Host::Elsewhere,
        };
        match server.get_ready(name, versions).await {
            Ok(()) => Ok(server),
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
            ready: Vec::new(),
            timeout,
            host: Host::Elsewhere,
        }
    }

    /// Whether the server still runs and answers a CONNECT.
    ///
    /// # Errors
    /// What is known of its end.
    pub async fn check_alive(&mut self) -> Result<(), String> {
        if let Some(ended) = self.process().and_then(Process::ended) {
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
        match self.process() {
            Some(process) => Err(process.ended_soon().await.unwrap_or(cause)),
            None => Err(cause),
        }
    }

    /// Whether [`Server::restart`] can do anything.
    #[must_use]
    pub const fn can_restart(&self) -> bool {
        !matches!(self.host, Host::Elsewhere)
    }

    /// Ends the server if it still runs and starts it again at the same address, with the same files.
    ///
    /// # Errors
    /// It does not get ready again, or it is not ours to restart.
    pub async fn restart(&mut self) -> Result<(), TargetError> {
        let accepted = |(version, ready): &(Version, Readiness)| match ready {
            Readiness::Ready { .. } => Some(*version),
            Readiness::Refused { .. } => None,
        };
        let versions: Vec<Version> = self.ready.iter().filter_map(accepted).collect();
        let ready = match &mut self.host {
            Host::Elsewhere => return Err(self.not_ready(Cause::NotOurs, Vec::new())),
            Host::Embedded(serving) => {
                if let Some(serving) = serving.take() {
                    serving.stop().await;
                }
                self.serve().await?;
                self.ask(&versions).await?
            }
            Host::Program(process) => {
                process.end().await;
                if let Err(cause) = process.spawn_again() {
                    let log = process.log_tail();
                    return Err(self.not_ready(cause, log));
                }
                self.ask_program(&versions).await?
            }
        };
        for (version, readiness) in ready {
            if let Some(entry) = self.ready.iter_mut().find(|(other, _)| *other == version) {
                entry.1 = readiness;
            }
        }
        Ok(())
    }

    /// The last lines of the program's output, at most 20.
    #[must_use]
    pub fn log_tail(&self) -> Vec<String> {
        match &self.host {
            Host::Program(process) => process.log_tail(),
            Host::Elsewhere | Host::Embedded(_) => Vec::new(),
        }
    }

    /// The process of the program, while it runs.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        match &self.host {
            Host::Program(process) => process.id(),
            Host::Elsewhere | Host::Embedded(_) => None,
        }
    }

    /// Ends what [`Server::start`] started, and removes its files.
    pub async fn stop(self) {
        match self.host {
            Host::Elsewhere | Host::Embedded(None) => {}
            Host::Embedded(Some(serving)) => serving.stop().await,
            Host::Program(mut process) => process.end().await,
        }
    }

    async fn get_ready(&mut self, name: TargetName, versions: &[Version]) -> Result<(), TargetError> {
        match name {
            TargetName::Embedded => {
                self.serve().await?;
                self.ready = self.ask(versions).await?;
            }
            TargetName::Url(endpoint) => {
                self.endpoint = endpoint;
                self.ready = self.ask(versions).await?;
            }
            TargetName::Profile(profile) => {
                self.declared = profile.declared;
                self.credentials = self.credentials.take().or_else(|| profile.credentials.clone());
                self.endpoint = Endpoint { host: profile.listen.host.clone(), port: profile.listen.port.number() };
                let (asked, undeclared) = profile.declared_versions(versions);
                if asked.is_empty() {
                    let told = |(_, ready)| match ready {
                        Readiness::Refused { told, .. } => Some(told),
                        Readiness::Ready { .. } => None,
                    };
                    let cause = Cause::NoVersion(undeclared.into_iter().filter_map(told).collect());
                    return Err(self.not_ready(cause, Vec::new()));
                }
                if profile.program.is_some() {
                    self.start_program(&profile, &asked).await?;
                } else {
                    self.ready = self.ask(&asked).await?;
                }
                self.must_speak(&profile)?;
                self.ready.extend(undeclared);
                self.ready.sort_by_key(|(version, _)| versions.iter().position(|other| other == version));
            }
        }
        Ok(())
    }

    /// Serves at the endpoint; port 0 becomes a free one.
    async fn serve(&mut self) -> Result<(), TargetError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.endpoint.port));
        let config = Config { credentials: self.credentials.clone(), ..Config::default() };
        match serve::serve(address, config).await {
            Ok(serving) => {
                self.endpoint.port = serving.address.port();
                self.host = Host::Embedded(Some(serving));
                Ok(())
            }
            Err(error) => Err(self.not_ready(Cause::Serve(error), Vec::new())),
        }
    }

    /// Starts a program, on another port when the one that was picked is taken by then.
    async fn start_program(&mut self, profile: &Profile, versions: &[Version]) -> Result<(), TargetError> {
        let mut process = match Process::new(profile) {
            Ok(process) => Box::new(process),
            Err(cause) => return Err(self.not_ready(cause, Vec::new())),
        };
        for tried in 1.. {
            let port = match pick_port(&profile.listen) {
                Ok(port) => port,
                Err(error) => return Err(self.not_ready(Cause::port(&profile.listen, error), Vec::new())),
            };
            self.endpoint.port = port;
            if let Err(cause) = process.spawn(port) {
                let log = process.log_tail();
                return Err(self.not_ready(cause, log));
            }
            self.host = Host::Program(process);
            let error = match self.ask_program(versions).await {
                Ok(ready) => {
                    self.ready = ready;
                    return Ok(());
                }
                Err(error) => error,
            };
            let in_use =
                matches!(&error, TargetError::NotReady { cause, .. } if matches!(**cause, Cause::PortInUse { .. }));
            let Host::Program(ended) = std::mem::replace(&mut self.host, Host::Elsewhere) else {
                return Err(error);
            };
            process = ended;
            process.end().await;
            if !in_use || profile.listen.port != Port::Picked || tried == PORTS_TRIED {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Asks the program's server, as long as the program runs.
    async fn ask_program(&mut self, versions: &[Version]) -> Result<Vec<(Version, Readiness)>, TargetError> {
        let asked = Asked { endpoint: self.endpoint.clone(), credentials: self.credentials.clone() };
        let Host::Program(process) = &mut self.host else { return self.ask(versions).await };
        let result = tokio::select! {
            biased;
            status = process.exit() => Err(Cause::Exited(status)),
            result = readiness::ask(&asked, versions, self.timeout) => result,
        };
        // Whoever answered, it was not a program that is gone.
        let result = match process.ended() {
            Some(status) => Err(Cause::Exited(status)),
            None => result,
        };
        match result {
            Ok(ready) => Ok(ready),
            Err(Cause::Exited(status)) => {
                process.output_end().await;
                let cause = if process.says_in_use() {
                    Cause::PortInUse { endpoint: asked.endpoint }
                } else {
                    Cause::Exited(status)
                };
                let log = process.log_tail();
                Err(self.not_ready(cause, log))
            }
            Err(cause) => {
                let log = process.log_tail();
                Err(self.not_ready(cause, log))
            }
        }
    }

    async fn ask(&self, versions: &[Version]) -> Result<Vec<(Version, Readiness)>, TargetError> {
        let ready = readiness::ask(&self.asked(), versions, self.timeout).await;
        ready.map_err(|cause| self.not_ready(cause, Vec::new()))
    }

    /// A version that the profile declares must not be refused.
    fn must_speak(&self, profile: &Profile) -> Result<(), TargetError> {
        let refused = self.ready.iter().find_map(|(version, ready)| match ready {
            Readiness::Refused { told, .. } => Some((*version, told.clone())),
            Readiness::Ready { .. } => None,
        });
        match refused {
            Some((version, told)) if profile.versions.is_some() => {
                Err(self.not_ready(Cause::DeclaredVersion { version, told }, self.log_tail()))
            }
            _ => Ok(()),
        }
    }

    fn asked(&self) -> Asked {
        Asked { endpoint: self.endpoint.clone(), credentials: self.credentials.clone() }
    }

    fn process(&mut self) -> Option<&mut Process> {
        match &mut self.host {
            Host::Program(process) => Some(process),
            Host::Elsewhere | Host::Embedded(_) => None,
        }
    }

    fn not_ready(&self, cause: Cause, log: Vec<String>) -> TargetError {
        TargetError::NotReady { name: self.name.clone(), cause: Box::new(cause), log }
    }
}

/// The port that a program is to listen on: nothing else listens there now.
fn pick_port(listen: &Listen) -> io::Result<u16> {
    let address = listen.host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    match std::net::TcpListener::bind((address, listen.port.number())) {
        Ok(listener) => Ok(listener.local_addr()?.port()),
        // The profile knows better how the program gets there.
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable && listen.port != Port::Picked => {
            Ok(listen.port.number())
        }
        Err(error) => Err(error),
    }
}
