//! Moves bytes between a player and a server: over TCP, TLS, WebSocket or secure WebSocket.

mod connect;
mod fault;
mod line;
mod tcp;
pub(crate) mod tls;
pub(crate) mod ws;

pub(crate) use connect::Connector;
pub(crate) use fault::Fault;
pub use fault::{TlsFault, WebSocketFault};
pub(crate) use line::Line;
pub(crate) use tls::ClientTls;
pub use tls::{TlsFileError, TlsOptions};
pub use ws::FrameSabotage;

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

/// What carries MQTT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP as it is.
    #[default]
    Tcp,
    /// TLS over TCP.
    Tls,
    /// WebSocket over TCP.
    Ws,
    /// WebSocket over TLS.
    Wss,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tcp, Self::Tls, Self::Ws, Self::Wss];

    /// `tcp`, `tls`, `ws` or `wss`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// The scheme of an address: `mqtt`, `mqtts`, `ws` or `wss`.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::Tcp => "mqtt",
            Self::Tls => "mqtts",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// The transport of a scheme, in any case of letters; `tcp`, `tls` and `ssl` are taken, too.
    #[must_use]
    pub fn from_scheme(scheme: &str) -> Option<Self> {
        match scheme.to_ascii_lowercase().as_str() {
            "mqtt" | "tcp" => Some(Self::Tcp),
            "mqtts" | "tls" | "ssl" => Some(Self::Tls),
            "ws" => Some(Self::Ws),
            "wss" => Some(Self::Wss),
            _ => None,
        }
    }

    /// The port where an address names none: MQTT's own, and HTTP's for WebSocket.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Tcp => 1883,
            Self::Tls => 8883,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }

    /// Whether there is TLS.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }

    /// Whether there is WebSocket.
    #[must_use]
    pub const fn is_web_socket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }
}

/// The bytes of a Network Connection, whatever carries them.
pub(crate) type Stream = Box<dyn Duplex>;

/// Both directions of a Network Connection.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Debug + Send + Unpin {
    /// The TCP connection that is below it all.
    fn tcp(&self) -> &TcpStream;

    /// Set before a write, it lets that go out in a WebSocket frame that holds text. Only a WebSocket has it.
    fn text(&self) -> Option<Arc<AtomicBool>> {
        None
    }
}

impl Duplex for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Duplex for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl Duplex for Stream {
    fn tcp(&self) -> &TcpStream {
        (**self).tcp()
    }

    fn text(&self) -> Option<Arc<AtomicBool>> {
        (**self).text()
    }
}
