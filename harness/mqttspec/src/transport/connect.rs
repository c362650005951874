//! The way to a server.

use super::{ClientTls, Fault, Stream, TlsFault, WebSocketFault, tcp, tls, ws};
use crate::target::Endpoint;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::{TlsConnector, TlsStream};
use tokio_tungstenite::tungstenite::Error;

/// How a server is reached.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) endpoint: Endpoint,
    /// There for a secure transport.
    pub(crate) tls: Option<ClientTls>,
}

impl Connector {
    /// The name that the server's certificate must hold.
    pub(crate) fn server_name(&self) -> &str {
        self.tls.as_ref().and_then(|tls| tls.server_name.as_deref()).unwrap_or(&self.endpoint.host)
    }

    /// Opens a Network Connection: ready for the first byte of MQTT.
    ///
    /// # Errors
    /// There is none before the deadline; `timeout` is what the errors call it.
    pub(crate) async fn connect(&self, deadline: Instant, timeout: Duration) -> Result<Stream, Fault> {
        Ok(self.upgrade(deadline, timeout, &[ws::SUBPROTOCOL]).await?.0)
    }

    /// The same, with these subprotocols offered where the transport is a WebSocket; and which the server selected.
    ///
    /// # Errors
    /// There is none before the deadline; `timeout` is what the errors call it.
    pub(crate) async fn upgrade(
        &self,
        deadline: Instant,
        timeout: Duration,
        offers: &[&str],
    ) -> Result<(Stream, Option<String>), Fault> {
        let late = || format!("{timeout:.1?}");
        let connected = timeout_at(deadline, tcp::connect(&self.endpoint)).await;
        let tcp = connected.map_err(|_| Fault::Tcp(format!("no answer within {}", late())))??;
        let stream: Stream = match &self.tls {
            None => Box::new(tcp),
            Some(tls) => {
                let name = tls::server_name(self.server_name())?;
                let handshake = TlsConnector::from(tls.config.clone()).connect(name, tcp);
                let done = timeout_at(deadline, handshake).await.map_err(|_| TlsFault::Late(late()))?;
                let stream = done.map_err(|error| TlsFault::of_handshake(&error, self.server_name()))?;
                Box::new(TlsStream::from(stream))
            }
        };
        if !self.endpoint.transport.is_web_socket() {
            return Ok((stream, None));
        }
        let url = self.endpoint.to_url();
        let done = timeout_at(deadline, ws::upgrade(stream, &url, offers)).await;
        let done = done.map_err(|_| WebSocketFault::Late(late()))?;
        let (frames, selected) = done.map_err(|error| match &error {
            // The server looks at the client's certificate after the handshake.
            Error::Io(io) => TlsFault::of(io, self.server_name())
                .map_or_else(|| Fault::from(WebSocketFault::of(&error)), Fault::from),
            _ => WebSocketFault::of(&error).into(),
        })?;
        Ok((Box::new(frames), selected))
    }
}
