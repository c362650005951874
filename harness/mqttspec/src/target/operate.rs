//! What is done to a server that runs: it is ended and started again, stopped and resumed, looked at.

use super::{Cause, Host, Readiness, Server, TargetError};
use mqttspec_codec::Version;
use mqttspec_engine::operation::{Operated, Operation, Operations};

impl Server {
    /// Whether [`Server::restart`] can do anything.
    #[must_use]
    pub const fn can_restart(&self) -> bool {
        !matches!(self.host, Host::Elsewhere)
    }

    /// What can be done to it by whatever runs it; [`Server::declared`] has what the profile leaves of that.
    #[must_use]
    pub const fn possible(&self) -> Operations {
        match self.host {
            Host::Elsewhere => Operations { restart: false, kill: false, pause: false },
            Host::Embedded(_) => Operations::ALL,
            // By signals.
            Host::Program(_) => Operations { restart: true, kill: cfg!(unix), pause: cfg!(unix) },
            Host::Container(_) => Operations::ALL,
        }
    }

    /// Does this, and waits until it is done: after a restart or a kill until the server is ready again.
    pub async fn operate(&mut self, operation: Operation) -> Operated {
        if !self.declared.operations.allow(operation) {
            return Operated::Refused(format!("`{operation}` cannot be done to {}", self.name));
        }
        let done = match operation {
            Operation::Restart => self.restart().await.map_err(|error| error.to_string()),
            Operation::Kill => self.kill().await.map_err(|error| error.to_string()),
            Operation::Pause => self.pause().await.map_err(|error| error.to_string()),
            Operation::Resume => self.resume().await.map_err(|error| error.to_string()),
            Operation::Alive => self.check_alive().await,
        };
        done.map_or_else(Operated::Failed, |()| Operated::Done)
    }

    /// Ends the server in order if it still runs and starts it again with the same files. A container listens elsewhere
    /// then; all others do at the same address.
    ///
    /// # Errors
    /// It does not get ready again, or it is not ours to restart.
    pub async fn restart(&mut self) -> Result<(), TargetError> {
        self.start_again(true).await
    }

    /// Ends the server without warning and starts it again, as [`Server::restart`] does. The embedded broker keeps its
    /// state all the same: its state at that moment counts as written.
    ///
    /// # Errors
    /// As [`Server::restart`].
    pub async fn kill(&mut self) -> Result<(), TargetError> {
        self.start_again(false).await
    }

    /// Lets the server stand still: its connections stay, and nothing that comes on them is read.
    ///
    /// # Errors
    /// It does not run, or it is not ours to stop.
    pub async fn pause(&mut self) -> Result<(), TargetError> {
        self.hold(true).await
    }

    /// Lets it go on after [`Server::pause`].
    ///
    /// # Errors
    /// As [`Server::pause`].
    pub async fn resume(&mut self) -> Result<(), TargetError> {
        self.hold(false).await
    }

    async fn hold(&mut self, still: bool) -> Result<(), TargetError> {
        let held = match &mut self.host {
            Host::Elsewhere => Err(Cause::NotOurs),
            Host::Embedded(serving) => {
                if let Some(serving) = serving {
                    serving.hold(still);
                }
                Ok(())
            }
            Host::Program(process) => process.hold(still),
            Host::Container(container) => container.hold(still).await,
        };
        held.map_err(|cause| self.not_ready(cause, Vec::new()))
    }

    async fn start_again(&mut self, in_order: bool) -> Result<(), TargetError> {
        let accepted = |(version, ready): &(Version, Readiness)| match ready {
            Readiness::Ready { .. } => Some(*version),
            Readiness::Refused { .. } => None,
        };
        let versions: Vec<Version> = self.ready.iter().filter_map(accepted).collect();
        let ready = match &mut self.host {
            Host::Elsewhere => return Err(self.not_ready(Cause::NotOurs, Vec::new())),
            Host::Embedded(serving) => {
                let kept = match serving.take() {
                    Some(serving) => serving.stop_and_keep().await,
                    None => None,
                };
                self.serve(kept.as_ref()).await?;
                self.ask(&versions).await?
            }
            Host::Program(process) => {
                if in_order {
                    process.end().await;
                } else {
                    process.kill().await;
                }
                if let Err(cause) = process.spawn_again() {
                    let log = process.log_tail();
                    return Err(self.not_ready(cause, log));
                }
                self.ask_program(&versions).await?
            }
            Host::Container(container) => {
                if let Err(cause) = container.start_again(in_order).await {
                    let log = container.log_tail();
                    return Err(self.not_ready(cause, log));
                }
                self.ask_container(&versions).await?
            }
        };
        for (version, readiness) in ready {
            if let Some(entry) = self.ready.iter_mut().find(|(other, _)| *other == version) {
                entry.1 = readiness;
            }
        }
        Ok(())
    }
}
