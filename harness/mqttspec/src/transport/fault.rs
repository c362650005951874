//! Why there is no Network Connection.

use rustls::{AlertDescription, CertificateError};
use std::io;
use thiserror::Error;
use tokio_tungstenite::tungstenite::{self, error::ProtocolError, error::SubProtocolError};

/// Why there is no Network Connection.
#[derive(Debug, Error)]
pub(crate) enum Fault {
    /// Nobody knows the host.
    #[error("the name `{host}` does not resolve: {why}")]
    Unresolved {
        /// The host.
        host: String,
        /// What the resolver said.
        why: String,
    },
    /// There is no TCP connection.
    #[error("{0}")]
    Tcp(String),
    /// TLS fails.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// The upgrade to WebSocket fails.
    #[error(transparent)]
    WebSocket(#[from] WebSocketFault),
}

/// Why there is no TLS connection.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TlsFault {
    /// No authority that is trusted has signed the certificate.
    #[error("the server's certificate is not trusted: no known authority has signed it")]
    NotTrusted,
    /// The certificate is for somebody else.
    #[error("the server's certificate is not for `{name}`: {why}")]
    WrongName {
        /// The name that was asked for.
        name: String,
        /// What the certificate says.
        why: String,
    },
    /// The certificate is not valid for another reason.
    #[error("the server's certificate is not valid: {0}")]
    Certificate(String),
    /// What came is not TLS.
    #[error("this is no TLS server: what it sent is no TLS")]
    NotTls,
    /// The server ended the connection.
    #[error("the server closed the connection during the TLS handshake")]
    Closed,
    /// The server wants a client certificate, or another one.
    #[error("the server does not accept the client without a certificate that it trusts: alert {0}")]
    ClientCertificate(String),
    /// Nothing came in time.
    #[error("the TLS handshake did not end within {0}")]
    Late(String),
    /// The server gives up, or we do.
    #[error("the TLS handshake fails: {0}")]
    Other(String),
}

impl TlsFault {
    /// The fault behind an error of a TLS connection to `name`, if it is one of TLS.
    pub(crate) fn of(error: &io::Error, name: &str) -> Option<Self> {
        let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
        Some(match error {
            // Of another authority with the same name.
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
                Self::NotTrusted
            }
            rustls::Error::InvalidCertificate(
                why @ (CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }),
            ) => Self::WrongName { name: name.to_owned(), why: why.to_string() },
            rustls::Error::InvalidCertificate(why) => Self::Certificate(why.to_string()),
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            rustls::Error::AlertReceived(
                alert @ (AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                // The signature of another authority with the same name.
                | AlertDescription::DecryptError),
            ) => Self::ClientCertificate(format!("{alert:?}")),
            other => Self::Other(other.to_string()),
        })
    }

    /// The fault of a handshake.
    pub(crate) fn of_handshake(error: &io::Error, name: &str) -> Self {
        match Self::of(error, name) {
            Some(fault) => fault,
            // Both ways in which a server ends what it does not understand.
            None if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
                Self::Closed
            }
            None => Self::Other(error.to_string()),
        }
    }
}

/// Why there is no WebSocket.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WebSocketFault {
    /// Another status than 101.
    #[error("the server answers the upgrade to WebSocket with HTTP {0}")]
    Status(String),
    /// The server does not say that it speaks MQTT.
    #[error("the server takes the WebSocket, but not its subprotocol `mqtt` (MQTT-6.0.0-4)")]
    NoSubprotocol,
    /// What came is not HTTP.
    #[error("this is no WebSocket server: {0}")]
    NotHttp(String),
    /// The server ended the connection.
    #[error("the server closed the connection during the upgrade to WebSocket")]
    Closed,
    /// Nothing came in time.
    #[error("the upgrade to WebSocket was not answered within {0}")]
    Late(String),
    /// The address cannot be asked for.
    #[error("the upgrade to WebSocket fails: {0}")]
    Other(String),
}

impl WebSocketFault {
    pub(crate) fn of(error: &tungstenite::Error) -> Self {
        use tungstenite::Error;
        match error {
            Error::Http(response) => Self::Status(response.status().to_string()),
            Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(
                SubProtocolError::NoSubProtocol | SubProtocolError::InvalidSubProtocol,
            )) => Self::NoSubprotocol,
            Error::Protocol(ProtocolError::HandshakeIncomplete | ProtocolError::ResetWithoutClosingHandshake) => {
                Self::Closed
            }
            Error::Protocol(why) => Self::NotHttp(why.to_string()),
            Error::Io(error)
                if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) =>
            {
                Self::Closed
            }
            other => Self::Other(other.to_string()),
        }
    }
}
