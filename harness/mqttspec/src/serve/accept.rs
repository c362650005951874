//! From a TCP connection that comes to a stream that carries MQTT.

use super::shell::Event;
use super::tls::common_name;
use crate::transport::{Duplex, FrameSabotage, Stream, Transport, ws};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::{TlsAcceptor, TlsStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::accept_hdr_async_with_config;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, StatusCode};

/// The pause after a connection could not be accepted: there may be no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Handshakes of a listener at once; further clients wait.
const HANDSHAKES: usize = 1024;

/// Accepts the connections of one listener.
pub(super) struct Acceptor {
    pub(super) socket: TcpListener,
    pub(super) transport: Transport,
    /// There where the transport is secure.
    pub(super) tls: Option<TlsAcceptor>,
    /// Whether a client's certificate says who it is.
    pub(super) naming: bool,
    /// How long TLS and the upgrade may take together.
    pub(super) deadline: Duration,
    /// The most bytes of a WebSocket message.
    pub(super) largest_frame: usize,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) sabotage: Option<FrameSabotage>,
}

impl Acceptor {
    /// Until the receiver of the events is gone. Handshakes under way end with it.
    pub(super) async fn accept(self) {
        let acceptor = Arc::new(self);
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
        let mut tasks = JoinSet::new();
        while !acceptor.events.is_closed() {
            // The semaphore is never closed.
            let Ok(permit) = handshakes.clone().acquire_owned().await else { return };
            let Ok((tcp, _)) = acceptor.socket.accept().await else {
                sleep(ACCEPT_PAUSE).await;
                continue;
            };
            // It may be gone by now.
            let _ = tcp.set_nodelay(true);
            while tasks.try_join_next().is_some() {}
            if acceptor.transport == Transport::Tcp {
                if acceptor.events.send(Event::Opened(Box::new(tcp), None)).await.is_err() {
                    return;
                }
                continue;
            }
            let acceptor = acceptor.clone();
            tasks.spawn(async move {
                let _permit = permit;
                // A client that does not get through is closed, and not told of.
                if let Ok(Ok((stream, name))) = timeout(acceptor.deadline, acceptor.handshake(tcp)).await {
                    let _ = acceptor.events.send(Event::Opened(stream, name)).await;
                }
            });
        }
    }

    /// The stream, and the name of the client if its certificate says it.
    async fn handshake(&self, tcp: TcpStream) -> io::Result<(Stream, Option<String>)> {
        let (stream, name): (Stream, _) = match &self.tls {
            Some(tls) => {
                let stream = tls.accept(tcp).await?;
                let certificates = stream.get_ref().1.peer_certificates().filter(|_| self.naming);
                let name = certificates.and_then(|chain| chain.first()).and_then(common_name);
                (Box::new(TlsStream::from(stream)), name)
            }
            None => (Box::new(tcp), None),
        };
        if !self.transport.is_web_socket() {
            return Ok((stream, name));
        }
        let socket = self.upgrade(stream).await?;
        Ok((Box::new(ws::Frames::new(socket, self.sabotage)), name))
    }

    async fn upgrade<S: Duplex>(&self, stream: S) -> io::Result<WebSocketStream<S>> {
        let config = Some(ws::config(self.largest_frame));
        type Choose = fn(&Request, Response) -> Result<Response, ErrorResponse>;
        let choose: Choose = match self.sabotage {
            Some(FrameSabotage::FirstSubprotocol) => take_first_subprotocol,
            _ => choose_subprotocol,
        };
        accept_hdr_async_with_config(stream, choose, config).await.map_err(io::Error::other)
    }
}

/// Takes what is offered first.
#[expect(clippy::result_large_err, reason = "the library's callback")]
fn take_first_subprotocol(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offers = request.headers().get(ws::SUBPROTOCOL_HEADER).and_then(|offers| offers.to_str().ok());
    let first = offers.and_then(|offers| HeaderValue::from_str(offers.split(',').next()?.trim()).ok());
    response.headers_mut().extend(first.map(|first| (HeaderName::from_static("sec-websocket-protocol"), first)));
    Ok(response)
}

/// Takes `mqtt`, which the client has to offer.
// [v5:MQTT-6.0.0-3] [v3.1.1:MQTT-6.0.0-3] [v5:MQTT-6.0.0-4] [v3.1.1:MQTT-6.0.0-4]
#[expect(clippy::result_large_err, reason = "the library's callback")]
fn choose_subprotocol(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offers = request.headers().get_all(ws::SUBPROTOCOL_HEADER);
    let offered = |value: &HeaderValue| {
        value.to_str().is_ok_and(|list| list.split(',').any(|offer| offer.trim() == ws::SUBPROTOCOL))
    };
    if offers.iter().any(offered) {
        response.headers_mut().insert(ws::SUBPROTOCOL_HEADER, HeaderValue::from_static(ws::SUBPROTOCOL));
        return Ok(response);
    }
    let mut refusal = ErrorResponse::new(Some("offer the subprotocol mqtt\n".to_owned()));
    *refusal.status_mut() = StatusCode::BAD_REQUEST;
    Err(refusal)
}
