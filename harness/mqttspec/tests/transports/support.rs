//! A broker on every transport, with certificates made for the test.

use miette::Diagnostic;
use mqttspec::authority::{Authority, Issued};
use mqttspec::serve::{Listener, ServerTls, Serving, serve_all};
use mqttspec::target::{Access, Cause, Endpoint, Server, TargetError, TargetName, TlsOptions, Transport};
use mqttspec_broker::Config;
use mqttspec_codec::Version;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// Long enough for whatever is to come.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// The deadline where nothing is to come.
pub(crate) const SHORT: Duration = Duration::from_millis(500);

/// CONNECT of 3.1.1 with Clean Session and the Client Identifier `a`, and what answers it.
pub(crate) const CONNECT: &[u8] = b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01a";
pub(crate) const CONNACK: &[u8] = b"\x20\x02\0\0";

/// An authority, and its certificates in files.
pub(crate) struct Certificates {
    folder: TempDir,
    authority: Authority,
    pub(crate) server: Issued,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let authority = Authority::new().unwrap();
        let server = authority.server(&["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.certificate()).unwrap();
        Self { folder, authority, server }
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A client certificate and its key.
    pub(crate) fn client(&self, name: &str) -> (PathBuf, PathBuf) {
        let issued = self.authority.client(name).unwrap();
        let path = |ending: &str| self.folder.path().join(format!("{name}.{ending}"));
        std::fs::write(path("pem"), issued.certificate).unwrap();
        std::fs::write(path("key"), issued.key).unwrap();
        (path("pem"), path("key"))
    }

    /// Trusts the authority.
    pub(crate) fn trusted(&self) -> TlsOptions {
        TlsOptions { ca: Some(self.ca()), ..TlsOptions::default() }
    }

    /// For a server that asks for no client certificate.
    pub(crate) fn server_tls(&self) -> ServerTls {
        ServerTls::issued(&self.server, None).unwrap()
    }

    /// For a server that asks for one of this authority.
    pub(crate) fn mutual_tls(&self) -> ServerTls {
        ServerTls::issued(&self.server, Some(&self.ca())).unwrap()
    }
}

/// A broker on free ports of loopback: one for each transport.
pub(crate) async fn serving(tls: &ServerTls, config: Config) -> Serving {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let listeners = Transport::ALL.map(|transport| Listener { transport, address });
    serve_all(&listeners, Some(tls), config).await.unwrap()
}

/// Where it serves this transport.
pub(crate) fn endpoint(serving: &Serving, transport: Transport) -> Endpoint {
    let listener = serving.listeners.iter().find(|listener| listener.transport == transport).unwrap();
    Endpoint::new(transport, "localhost", listener.address.port())
}

pub(crate) async fn start(endpoint: Endpoint, tls: TlsOptions, timeout: Duration) -> Result<Server, TargetError> {
    let access = Access { tls, ..Access::default() };
    Server::start(TargetName::Url(endpoint), access, &Version::ALL, timeout).await
}

/// Why it is not ready, and all that is said of it.
pub(crate) async fn cause(endpoint: Endpoint, tls: TlsOptions) -> (Cause, String) {
    let error = start(endpoint, tls, SHORT).await.unwrap_err();
    assert_eq!(error.exit_code(), 5);
    let text = format!("{error}\nhelp: {}", error.help().unwrap());
    match error {
        TargetError::NotReady { cause, .. } => (*cause, text),
        other => panic!("{other}"),
    }
}

#[track_caller]
pub(crate) fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}
