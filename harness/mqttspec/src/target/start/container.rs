//! How a server in a container gets ready.

use crate::target::container::Container;
use crate::target::{Cause, Host, Profile, Readiness, Server, TargetError, TlsOptions, readiness};
use crate::transport::{TlsFault, WebSocketFault};
use mqttspec_codec::Version;

impl Server {
    /// Starts a container and asks its server.
    pub(super) async fn start_container(
        &mut self,
        profile: &Profile,
        tls: &TlsOptions,
        versions: &[Version],
    ) -> Result<(), TargetError> {
        let mut container = match Container::new(profile).await {
            Ok(container) => Box::new(container),
            Err(cause) => return Err(self.not_ready(cause, Vec::new())),
        };
        self.image = Some(container.image().clone());
        self.load(&container.tls(tls))?;
        if let Err(cause) = container.start().await {
            container.end().await;
            return Err(self.not_ready(cause, Vec::new()));
        }
        self.host = Host::Container(container);
        self.ready = self.ask_container(versions).await?;
        Ok(())
    }

    /// Asks the container's server, as long as it runs.
    pub(in crate::target) async fn ask_container(
        &mut self,
        versions: &[Version],
    ) -> Result<Vec<(Version, Readiness)>, TargetError> {
        let Host::Container(container) = &mut self.host else { return self.ask(versions).await };
        let result = match container.published(self.endpoint.transport).await {
            Some(port) => {
                self.endpoint.port = port;
                let asked = self.asked();
                let Host::Container(container) = &mut self.host else { return self.ask(versions).await };
                tokio::select! {
                    biased;
                    status = container.exit() => Err(Cause::Exited(status)),
                    result = readiness::ask(&asked, versions, self.start_within) => result,
                }
            }
            // A container that is over already has no ports.
            None => Err(container.ended_soon().await.map_or(Cause::NotPublished, Cause::Exited)),
        };
        let Host::Container(container) = &mut self.host else { return self.ask(versions).await };
        // Whoever answered, it was not a server that is gone.
        let result = match container.ended().await {
            Some(status) => Err(Cause::Exited(status)),
            None => result,
        };
        match result {
            Ok(ready) => Ok(ready),
            Err(cause) => {
                if matches!(cause, Cause::Exited(_)) {
                    container.output_end().await;
                }
                let (log, port) = (container.log_tail(), container.inside(self.endpoint.transport));
                let cause = if nobody_there(&cause) {
                    Cause::PortClosed { port, within: self.start_within, last: Box::new(cause) }
                } else {
                    cause
                };
                Err(self.not_ready(cause, log))
            }
        }
    }
}

/// Whether all that was seen is that nothing listens: an engine accepts connections for a container, and closes them when
/// nobody in there takes them.
fn nobody_there(cause: &Cause) -> bool {
    match cause {
        Cause::Unreachable { .. } | Cause::Tls(TlsFault::Closed) | Cause::WebSocket(WebSocketFault::Closed) => true,
        Cause::Closed { hex, .. } => hex.is_empty(),
        _ => false,
    }
}
