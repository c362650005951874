//! What is said when the two sides do not fit.

use crate::support::{Certificates, LONG, SHORT, cause, endpoint, has, serving, start};
use mqttspec::authority::Authority;
use mqttspec::serve::{ServerTls, Serving};
use mqttspec::target::{Cause, Endpoint, Readiness, TlsFault, TlsOptions, Transport, WebSocketFault};
use mqttspec_broker::Config;
use std::path::PathBuf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn usual() -> (Certificates, Serving) {
    let certificates = Certificates::new();
    let serving = serving(&certificates.server_tls(), Config::default()).await;
    (certificates, serving)
}

/// A server that reads what comes first, answers so and closes.
async fn answering(transport: Transport, answer: &'static [u8]) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    Endpoint::new(transport, "127.0.0.1", port)
}

#[tokio::test]
async fn ready_over_every_transport() {
    let (certificates, serving) = usual().await;
    for transport in Transport::ALL {
        let mut server = start(endpoint(&serving, transport), certificates.trusted(), LONG).await.unwrap();
        assert!(server.ready.iter().all(|(_, ready)| matches!(ready, Readiness::Ready { .. })), "{:?}", server.ready);
        assert_eq!(server.check_alive().await, Ok(()));
    }
    serving.stop().await;
}

#[tokio::test]
async fn an_authority_that_nobody_knows() {
    let (_, serving) = usual().await;
    let other = Certificates::new();
    for (transport, tls) in [(Transport::Tls, TlsOptions::default()), (Transport::Wss, other.trusted())] {
        let (cause, text) = cause(endpoint(&serving, transport), tls).await;
        assert!(matches!(cause, Cause::Tls(TlsFault::NotTrusted)), "{cause:?}");
        has(&text, &["the server's certificate is not trusted", "--ca FILE", "--insecure"]);
    }
    let insecure = TlsOptions { insecure: true, ..TlsOptions::default() };
    start(endpoint(&serving, Transport::Wss), insecure, LONG).await.unwrap();
}

#[tokio::test]
async fn a_certificate_of_somebody_else() {
    let (certificates, serving) = usual().await;
    let named = |name: &str| TlsOptions { server_name: Some(name.to_owned()), ..certificates.trusted() };
    let (fault, text) = cause(endpoint(&serving, Transport::Tls), named("broker.example")).await;
    assert!(matches!(&fault, Cause::Tls(TlsFault::WrongName { name, .. }) if name == "broker.example"), "{fault:?}");
    has(&text, &["not for `broker.example`", "localhost", "--server-name"]);
    start(endpoint(&serving, Transport::Tls), named("127.0.0.1"), LONG).await.unwrap();
    let (fault, text) = cause(endpoint(&serving, Transport::Tls), named("not a name")).await;
    assert!(matches!(fault, Cause::Tls(TlsFault::Other(_))), "{fault:?}");
    has(&text, &["`not a name` is no name of a host"]);
}

#[tokio::test]
async fn no_client_certificate_or_a_wrong_one() {
    let certificates = Certificates::new();
    let serving = serving(&certificates.mutual_tls(), Config::default()).await;
    for transport in [Transport::Tls, Transport::Wss] {
        let with = |identity| TlsOptions { identity, ..certificates.trusted() };
        let other = Certificates::new();
        for identity in [None, Some(other.client("stranger"))] {
            let (fault, text) = cause(endpoint(&serving, transport), with(identity)).await;
            assert!(matches!(fault, Cause::Tls(TlsFault::ClientCertificate(_))), "{fault:?}");
            has(&text, &["without a certificate that it trusts", "--cert FILE and --key FILE"]);
        }
        let own = with(Some(certificates.client("tester")));
        start(endpoint(&serving, transport), own, LONG).await.unwrap();
    }
}

#[tokio::test]
async fn no_tls_behind_the_port() {
    let (certificates, serving) = usual().await;
    // The reference server closes when something else than CONNECT comes.
    for transport in [Transport::Tls, Transport::Wss] {
        let plain = Endpoint { transport, ..endpoint(&serving, Transport::Tcp) };
        let (fault, text) = cause(plain, certificates.trusted()).await;
        assert!(matches!(fault, Cause::Tls(TlsFault::Closed)), "{fault:?}");
        has(&text, &["closed the connection during the TLS handshake", "see that the port is one for TLS"]);
    }
    let (fault, text) = cause(answering(Transport::Tls, b"HTTP/1.1 400\r\n\r\n").await, certificates.trusted()).await;
    assert!(matches!(fault, Cause::Tls(TlsFault::NotTls)), "{fault:?}");
    has(&text, &["no TLS server", "see that the port is one for TLS"]);
}

#[tokio::test]
async fn tls_where_none_is_expected() {
    let (_, serving) = usual().await;
    let (fault, text) = cause(
        Endpoint { path: String::new(), transport: Transport::Tcp, ..endpoint(&serving, Transport::Tls) },
        TlsOptions::default(),
    )
    .await;
    assert!(matches!(fault, Cause::NotMqtt { .. }), "{fault:?}");
    has(&text, &["this looks like TLS: name it mqtts://"]);
}

#[tokio::test]
async fn no_web_socket_behind_the_port() {
    let (_, serving) = usual().await;
    let plain = Endpoint { transport: Transport::Ws, ..endpoint(&serving, Transport::Tcp) };
    let (fault, text) = cause(plain, TlsOptions::default()).await;
    assert!(matches!(fault, Cause::WebSocket(WebSocketFault::Closed)), "{fault:?}");
    has(&text, &["closed the connection during the upgrade", "see that the port is one for WebSocket"]);
    let (fault, text) = cause(answering(Transport::Ws, b"SSH-2.0-OpenSSH_9.2\r\n").await, TlsOptions::default()).await;
    assert!(matches!(fault, Cause::WebSocket(WebSocketFault::NotHttp(_))), "{fault:?}");
    has(&text, &["this is no WebSocket server"]);
}

#[tokio::test]
async fn web_socket_where_none_is_expected() {
    let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    let (fault, text) = cause(answering(Transport::Tcp, answer).await, TlsOptions::default()).await;
    assert!(matches!(fault, Cause::NotMqtt { .. }), "{fault:?}");
    has(&text, &["this looks like a web server: name a WebSocket ws://HOST:PORT/PATH"]);
}

#[tokio::test]
async fn another_path() {
    let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    let (fault, text) = cause(answering(Transport::Ws, answer).await, TlsOptions::default()).await;
    assert!(
        matches!(&fault, Cause::WebSocket(WebSocketFault::Status(status)) if status == "404 Not Found"),
        "{fault:?}"
    );
    has(&text, &["HTTP 404 Not Found", "see that the path is right"]);
}

#[tokio::test]
async fn a_web_socket_without_the_subprotocol() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(tokio_tungstenite::accept_async(stream));
        }
    });
    let (fault, text) = cause(Endpoint::new(Transport::Ws, "127.0.0.1", port), TlsOptions::default()).await;
    assert!(matches!(fault, Cause::WebSocket(WebSocketFault::NoSubprotocol)), "{fault:?}");
    has(&text, &["not its subprotocol `mqtt`", "MQTT-6.0.0-4", "ws://HOST:PORT/PATH"]);
}

/// A server that takes the connection and then says nothing.
#[tokio::test]
async fn a_silent_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for (transport, part) in [
        (Transport::Tls, "the TLS handshake did not end within"),
        (Transport::Wss, "the TLS handshake did not end within"),
        (Transport::Ws, "the upgrade to WebSocket was not answered within"),
    ] {
        let (_, text) = cause(Endpoint::new(transport, "127.0.0.1", port), TlsOptions::default()).await;
        has(&text, &[part]);
    }
}

#[tokio::test]
async fn files_that_are_not_usable() {
    let (certificates, serving) = usual().await;
    let missing = PathBuf::from("no-such-file.pem");
    let (certificate, key) = certificates.client("tester");
    let other_key = Authority::new().unwrap().client("other").unwrap().key;
    let wrong_key = key.with_extension("other");
    std::fs::write(&wrong_key, other_key).unwrap();
    for (tls, part) in [
        (TlsOptions { ca: Some(missing.clone()), ..TlsOptions::default() }, "no-such-file.pem is not usable for TLS"),
        (TlsOptions { ca: Some(key), ..TlsOptions::default() }, "it holds no certificate in PEM"),
        (TlsOptions { identity: Some((certificate.clone(), missing)), ..certificates.trusted() }, "no-such-file.pem"),
        (
            TlsOptions { identity: Some((certificate, wrong_key)), ..certificates.trusted() },
            "tester.other is not usable",
        ),
    ] {
        let error = start(endpoint(&serving, Transport::Tls), tls, SHORT).await.unwrap_err();
        assert_eq!(error.exit_code(), 2);
        has(&error.to_string(), &[part]);
    }
    let refused = ServerTls::from_files(&certificates.ca(), &certificates.client("c").1, None).unwrap_err();
    has(&refused.to_string(), &["ca.pem is not usable for TLS"]);
}
