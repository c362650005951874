//! How a server gets ready: nothing, this process, a program or a container is started, and then asked.

mod container;

use super::process::Process;
use super::profile::Ports;
use super::readiness;
use super::{Cause, Host, Listen, Port, Profile, Readiness, Server, TargetError, TargetName, TlsOptions, Transport};
use crate::serve::{self, Kept, Listener};
use mqttspec_broker::Config;
use mqttspec_codec::Version;
use mqttspec_engine::operation::{Operations, Persists};
use mqttspec_engine::player::Declared;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

/// How often a program may find the port that was picked for it taken.
const PORTS_TRIED: u32 = 5;

/// What of a profile is started.
#[derive(Clone, Copy, Debug)]
enum Starts {
    Nothing,
    Program,
    Container,
}

impl Server {
    pub(super) async fn get_ready(
        &mut self,
        name: TargetName,
        tls: &TlsOptions,
        transport: Option<Transport>,
        versions: &[Version],
    ) -> Result<(), TargetError> {
        match name {
            TargetName::Embedded => {
                self.declared = Declared {
                    operations: Operations::ALL,
                    persists_at_restart: Persists::ALL,
                    persists_at_kill: Persists::ALL,
                    ..Declared::default()
                };
                self.serve(None).await?;
                self.ready = self.ask(versions).await?;
            }
            TargetName::Url(endpoint) => {
                self.endpoint = endpoint;
                self.load(tls)?;
                self.ready = self.ask(versions).await?;
            }
            TargetName::Profile(profile) => {
                let starts = if profile.program.is_some() { Starts::Program } else { Starts::Nothing };
                self.profile_ready(&profile, starts, tls, transport, versions).await?;
            }
            TargetName::Container(profile) => {
                self.profile_ready(&profile, Starts::Container, tls, transport, versions).await?;
            }
        }
        Ok(())
    }

    async fn profile_ready(
        &mut self,
        profile: &Profile,
        starts: Starts,
        tls: &TlsOptions,
        transport: Option<Transport>,
        versions: &[Version],
    ) -> Result<(), TargetError> {
        self.declared = profile.declared;
        self.title.clone_from(&profile.title);
        self.configuration.clone_from(&profile.files);
        self.credentials = self.credentials.take().or_else(|| profile.credentials.clone());
        self.endpoint = profile.listener(transport)?.endpoint();
        self.start_within = profile.start_within.unwrap_or(self.timeout).max(self.timeout);
        let (asked, undeclared) = profile.declared_versions(versions);
        if asked.is_empty() {
            let told = |(_, ready)| match ready {
                Readiness::Refused { told, .. } => Some(told),
                Readiness::Ready { .. } => None,
            };
            let cause = Cause::NoVersion(undeclared.into_iter().filter_map(told).collect());
            return Err(self.not_ready(cause, Vec::new()));
        }
        match starts {
            Starts::Program => self.start_program(profile, tls, &asked).await?,
            Starts::Container => self.start_container(profile, tls, &asked).await?,
            Starts::Nothing => {
                self.load(tls)?;
                self.ready = self.ask(&asked).await?;
            }
        }
        self.must_speak(profile)?;
        self.ready.extend(undeclared);
        self.ready.sort_by_key(|(version, _)| versions.iter().position(|other| other == version));
        Ok(())
    }

    /// Reads the files for TLS, where they are needed.
    fn load(&mut self, options: &TlsOptions) -> Result<(), TargetError> {
        self.tls = if self.endpoint.transport.is_secure() { Some(options.load()?) } else { None };
        Ok(())
    }

    /// Serves at the endpoint, with what another server has kept; port 0 becomes a free one.
    pub(super) async fn serve(&mut self, kept: Option<&Kept>) -> Result<(), TargetError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.endpoint.port));
        (self.declared.challenge, self.declared.credentials) = (true, self.credentials.is_some());
        let config = Config { credentials: self.credentials.clone().into_iter().collect(), ..Config::default() };
        let listener = Listener { transport: Transport::Tcp, address };
        match serve::serve_on(&[listener], None, config, kept).await {
            Ok(serving) => {
                self.endpoint.port = serving.address.port();
                self.host = Host::Embedded(Some(serving));
                Ok(())
            }
            Err(error) => Err(self.not_ready(Cause::Serve(error), Vec::new())),
        }
    }

    /// Starts a program, on another port when the one that was picked is taken by then.
    async fn start_program(
        &mut self,
        profile: &Profile,
        tls: &TlsOptions,
        versions: &[Version],
    ) -> Result<(), TargetError> {
        let mut process = match Process::new(profile) {
            Ok(process) => Box::new(process),
            Err(cause) => return Err(self.not_ready(cause, Vec::new())),
        };
        self.load(&process.tls(tls))?;
        for tried in 1.. {
            let ports = match pick_ports(&profile.listeners) {
                Ok(ports) => ports,
                Err(cause) => return Err(self.not_ready(cause, Vec::new())),
            };
            self.endpoint.port = ports.get(&self.endpoint.transport).copied().unwrap_or_default();
            if let Err(cause) = process.spawn(ports) {
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
            let picked = profile.listeners.iter().any(|listen| listen.port == Port::Picked);
            if !in_use || !picked || tried == PORTS_TRIED {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Asks the program's server, as long as the program runs.
    pub(super) async fn ask_program(&mut self, versions: &[Version]) -> Result<Vec<(Version, Readiness)>, TargetError> {
        let asked = self.asked();
        let Host::Program(process) = &mut self.host else { return self.ask(versions).await };
        let result = tokio::select! {
            biased;
            status = process.exit() => Err(Cause::Exited(status)),
            result = readiness::ask(&asked, versions, self.start_within) => result,
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
                    Cause::PortInUse { endpoint: asked.connector.endpoint }
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

    pub(super) async fn ask(&self, versions: &[Version]) -> Result<Vec<(Version, Readiness)>, TargetError> {
        let ready = readiness::ask(&self.asked(), versions, self.start_within).await;
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
}

/// The ports that a program is to listen on: nothing else listens there now.
fn pick_ports(listeners: &[Listen]) -> Result<Ports, Cause> {
    // All are held until the last is picked: no port is picked twice.
    let mut held = Vec::new();
    let mut ports = Ports::new();
    for listen in listeners {
        let address = listen.host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let bound = TcpListener::bind((address, listen.port.number())).and_then(|listener| {
            let port = listener.local_addr()?.port();
            held.push(listener);
            Ok(port)
        });
        let port = match bound {
            Ok(port) => port,
            // The profile knows better how the program gets there.
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable && listen.port != Port::Picked => {
                listen.port.number()
            }
            Err(error) => return Err(Cause::port(listen, error)),
        };
        ports.insert(listen.transport, port);
    }
    Ok(ports)
}
