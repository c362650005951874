//! WebSocket: the bytes of MQTT in binary frames, in whatever pieces.

use super::Duplex;
use futures_util::{Sink, Stream as _};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// The name of the subprotocol and of its header.
// [v5:MQTT-6.0.0-3] [v5:MQTT-6.0.0-4] [v3.1.1:MQTT-6.0.0-3] [v3.1.1:MQTT-6.0.0-4]
pub(crate) const SUBPROTOCOL: &str = "mqtt";
pub(crate) const SUBPROTOCOL_HEADER: &str = "Sec-WebSocket-Protocol";

/// The largest message that a client takes: more than the largest Control Packet would have to be in pieces.
const LARGEST: usize = 64 << 20;

/// Limits and buffers of a WebSocket that takes messages of this size.
pub(crate) fn config(largest: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(16 << 10)
        // A frame goes out when it is written: it is flushed all the same.
        .write_buffer_size(0)
        .max_message_size(Some(largest))
        .max_frame_size(Some(largest))
}

/// Upgrades a connection, as a client that offers these subprotocols, and tells which of them the server selected.
pub(super) async fn upgrade<S: Duplex>(
    stream: S,
    url: &str,
    offers: &[&str],
) -> Result<(Frames<S>, Option<String>), Error> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert(SUBPROTOCOL_HEADER, HeaderValue::try_from(offers.join(", "))?);
    let (socket, response) = client_async_with_config(request, stream, Some(config(LARGEST))).await?;
    let selected = response.headers().get(SUBPROTOCOL_HEADER).and_then(|name| name.to_str().ok()).map(str::to_owned);
    Ok((Frames::new(socket, None), selected))
}

/// What a server does wrong with WebSocket on purpose, to show that the scenarios have teeth. A saboteur of the broker
/// sees bytes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameSabotage {
    /// It takes a frame that holds text as if it held bytes.
    TextTaken,
    /// It takes each frame for one packet: what is cut is lost, and what follows in the same frame.
    FrameIsPacket,
    /// It selects the subprotocol that is offered first, whatever that is.
    FirstSubprotocol,
}

impl FrameSabotage {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TextTaken, Self::FrameIsPacket, Self::FirstSubprotocol];
}

/// A WebSocket as a stream of bytes: each write is a binary frame; frames that come are joined.
#[derive(Debug)]
pub(crate) struct Frames<S> {
    socket: WebSocketStream<S>,
    /// What is left of the last frame.
    held: Bytes,
    /// The next write goes out as text.
    text: Arc<AtomicBool>,
    sabotage: Option<FrameSabotage>,
}

impl<S> Frames<S> {
    pub(crate) fn new(socket: WebSocketStream<S>, sabotage: Option<FrameSabotage>) -> Self {
        Self { socket, held: Bytes::new(), text: Arc::default(), sabotage }
    }
}

impl<S: Duplex> Duplex for Frames<S> {
    fn tcp(&self) -> &TcpStream {
        self.socket.get_ref().tcp()
    }

    fn text(&self) -> Option<Arc<AtomicBool>> {
        Some(self.text.clone())
    }
}

impl<S: Duplex> AsyncRead for Frames<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.held.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_next(context)) {
                Some(Ok(Message::Binary(bytes))) if self.sabotage == Some(FrameSabotage::FrameIsPacket) => {
                    let packet = mqttspec_codec::frame(&bytes).ok().flatten();
                    self.held = packet
                        .filter(|packet| packet.len <= bytes.len())
                        .map_or_else(Bytes::new, |packet| bytes.slice(..packet.len));
                }
                Some(Ok(Message::Binary(bytes))) => self.held = bytes,
                Some(Ok(Message::Text(text))) if self.sabotage == Some(FrameSabotage::TextTaken) => {
                    self.held = text.into();
                }
                // [v5:MQTT-6.0.0-1] [v3.1.1:MQTT-6.0.0-1]
                Some(Ok(Message::Text(_))) => {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, TextFrame)));
                }
                // What ends a WebSocket, or the TCP connection below it.
                None
                | Some(Ok(Message::Close(_)) | Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                    return Poll::Ready(Ok(()));
                }
                // Answers to these are the library's.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(into_io(error))),
            }
        }
        let len = self.held.len().min(buffer.remaining());
        buffer.put_slice(&self.held.split_to(len));
        Poll::Ready(Ok(()))
    }
}

impl<S: Duplex> AsyncWrite for Frames<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(context)).map_err(into_io)?;
        let message = match self.text.swap(false, Ordering::Relaxed) {
            true => Message::text(String::from_utf8_lossy(bytes).into_owned()),
            false => Message::Binary(Bytes::copy_from_slice(bytes)),
        };
        Pin::new(&mut self.socket).start_send(message).map_err(into_io)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context).map_err(into_io)
    }

    /// Says Close. The other side answers, and then the server ends the TCP connection.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(context).map_err(into_io)
    }
}

/// Why reading has ended: a frame that holds text came.
#[derive(Debug, thiserror::Error)]
#[error("a text frame")]
struct TextFrame;

/// Whether reading has ended because a frame that holds text came.
pub(crate) fn is_text_frame(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(cause) if cause.is::<TextFrame>())
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other),
    }
}
