//! Clients that do not get through TLS or the upgrade: each is closed, and nobody else waits for it.

use crate::support::{CONNACK, CONNECT, Certificates, LONG, endpoint, serving, start};
use mqttspec::serve::Serving;
use mqttspec::target::Transport;
use mqttspec_broker::Config;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const DEADLINE: Duration = Duration::from_millis(200);

async fn impatient() -> (Certificates, Serving) {
    let certificates = Certificates::new();
    let config = Config { connect_timeout: Some(DEADLINE), ..Config::default() };
    let serving = serving(&certificates.server_tls(), config).await;
    (certificates, serving)
}

async fn tcp(serving: &Serving, transport: Transport) -> TcpStream {
    TcpStream::connect(("127.0.0.1", endpoint(serving, transport).port)).await.unwrap()
}

/// A TLS connection that offers these protocols.
async fn tls(
    serving: &Serving,
    certificates: &Certificates,
    transport: Transport,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_file(certificates.ca()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp(serving, transport).await).await
}

#[tokio::test]
async fn a_client_that_does_not_go_on_is_closed() {
    let (certificates, serving) = impatient().await;
    let hello = [0x16, 3, 1, 1];
    for (transport, begin) in [
        (Transport::Tls, &[][..]),
        (Transport::Tls, &hello),
        (Transport::Wss, &hello),
        (Transport::Ws, &[]),
        (Transport::Ws, b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\n"),
    ] {
        let mut client = tcp(&serving, transport).await;
        client.write_all(begin).await.unwrap();
        let begun = Instant::now();
        let mut rest = Vec::new();
        let _ = timeout(LONG, client.read_to_end(&mut rest)).await.expect("closed");
        assert!(begun.elapsed() >= DEADLINE / 2 && begun.elapsed() < DEADLINE * 10, "{:?}", begun.elapsed());
    }
    // TLS is done, the upgrade never begins.
    let mut client = tls(&serving, &certificates, Transport::Wss, &[]).await.unwrap();
    let _ = timeout(LONG, client.read_to_end(&mut Vec::new())).await.expect("closed");
    // The others are served all the while.
    let waiting = tcp(&serving, Transport::Tls).await;
    start(endpoint(&serving, Transport::Tls), certificates.trusted(), LONG).await.unwrap();
    drop(waiting);
}

#[tokio::test]
async fn what_is_no_tls_and_no_http_is_closed_at_once() {
    let certificates = Certificates::new();
    let serving = serving(&certificates.server_tls(), Config::default()).await;
    for transport in [Transport::Tls, Transport::Ws, Transport::Wss] {
        let mut client = tcp(&serving, transport).await;
        client.write_all(CONNECT).await.unwrap();
        client.write_all(b"\r\n\r\n").await.unwrap();
        let _ = timeout(Duration::from_secs(5), client.read_to_end(&mut Vec::new())).await.expect("closed");
    }
}

#[tokio::test]
async fn stop_waits_for_no_handshake() {
    let certificates = Certificates::new();
    let serving = serving(&certificates.server_tls(), Config::default()).await;
    let mut waiting = Vec::new();
    for transport in [Transport::Tls, Transport::Ws, Transport::Wss] {
        waiting.push(tcp(&serving, transport).await);
    }
    let mut connected = tls(&serving, &certificates, Transport::Tls, &[]).await.unwrap();
    connected.write_all(CONNECT).await.unwrap();
    let mut connack = [0; 4];
    connected.read_exact(&mut connack).await.unwrap();
    timeout(Duration::from_secs(5), serving.stop()).await.expect("it stops");
    for mut client in waiting {
        let _ = timeout(LONG, client.read_to_end(&mut Vec::new())).await.expect("closed");
    }
    let _ = timeout(LONG, connected.read_to_end(&mut Vec::new())).await.expect("closed");
}

#[tokio::test]
async fn alpn() {
    let certificates = Certificates::new();
    let serving = serving(&certificates.server_tls(), Config::default()).await;
    for (transport, offers, chosen) in [
        (Transport::Tls, &["mqtt"][..], Some("mqtt")),
        (Transport::Tls, &["h2", "mqtt"], Some("mqtt")),
        (Transport::Tls, &[], None),
        (Transport::Wss, &["http/1.1"], Some("http/1.1")),
    ] {
        let stream = tls(&serving, &certificates, transport, offers).await.unwrap();
        let protocol = stream.get_ref().1.alpn_protocol();
        assert_eq!(protocol, chosen.map(str::as_bytes), "{offers:?}");
    }
    let error = tls(&serving, &certificates, Transport::Tls, &["http/1.1"]).await.unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
    let mut stream = tls(&serving, &certificates, Transport::Tls, &["mqtt"]).await.unwrap();
    stream.write_all(CONNECT).await.unwrap();
    let mut connack = [0; 4];
    stream.read_exact(&mut connack).await.unwrap();
    assert_eq!(connack, CONNACK);
}
