//! Servers that somebody else runs.

use crate::scripted::{
    ACCEPTED, ACCEPTED_5, BOTH, LONG, SHORT, answer, answering, cause, has, listening, refused, scripted, start,
};
use miette::Diagnostic;
use mqttspec::target::{Cause, Readiness, Server, TargetName};
use mqttspec_codec::Version;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn ready_in_both_versions() {
    let mut server = start(answering(ACCEPTED, ACCEPTED_5).await, &BOTH, LONG).await.unwrap();
    let [(Version::V311, v311), (Version::V5, v5)] = server.ready.as_slice() else { panic!("{:?}", server.ready) };
    for (ready, reply) in [(v311, "20020000"), (v5, "2003000000")] {
        let Readiness::Ready { connack, hex } = ready else { panic!("{ready:?}") };
        has(connack, &["CONNACK session-present=false code="]);
        assert!(hex.starts_with("10") && hex.ends_with(&format!(" -> {reply}")), "{hex}");
    }
    assert_eq!(server.check_alive().await, Ok(()));
    assert!(!server.can_restart() && server.log_tail().is_empty());
    assert_eq!(server.restart().await.unwrap_err().exit_code(), 5);
    server.stop().await;
}

#[tokio::test]
async fn silent() {
    let name = scripted(|stream, _, _| async {
        let _stream = stream;
        std::future::pending::<()>().await;
    });
    let (cause, text) = cause(name.await, &BOTH, SHORT).await;
    assert!(matches!(cause, Cause::Silent { version: Version::V311, .. }), "{cause:?}");
    has(&text, &["no CONNACK within", "nothing came", "ask for 5.0 only"]);
}

#[tokio::test]
async fn half_a_connack() {
    let (cause, text) = cause(answering(&[0x20, 2, 0], ACCEPTED_5).await, &BOTH, SHORT).await;
    assert!(matches!(cause, Cause::Silent { .. }), "{cause:?}");
    has(&text, &["200200 came"]);
}

#[tokio::test]
async fn closes_at_once() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counter = tries.clone();
    let name = scripted(move |stream, _, _| {
        counter.fetch_add(1, Ordering::Relaxed);
        answer(stream, &[])
    });
    let (cause, text) = cause(name.await, &BOTH, SHORT).await;
    assert!((4..40).contains(&tries.load(Ordering::Relaxed)), "again and again, with pauses: {tries:?}");
    assert!(matches!(cause, Cause::Closed { .. }), "{cause:?}");
    has(&text, &["the server closed the connection after the CONNECT of", "nothing came"]);
}

#[tokio::test]
async fn resets() {
    let name = scripted(|stream, _, _| async move {
        // Dropped at once, with what cannot be sent.
        stream.set_zero_linger().unwrap();
    });
    let (cause, text) = cause(name.await, &[Version::V5], SHORT).await;
    assert!(matches!(cause, Cause::Closed { version: Version::V5, .. }), "{cause:?}");
    has(&text, &["the server reset the connection after the CONNECT of 5.0", "ask for 3.1.1 only"]);
}

#[tokio::test]
async fn garbage() {
    for (bytes, parts) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], &["this is no MQTT server", "SSH-2.0-OpenSSH_9.2", "5353482d"][..]),
        (b"HTTP/1.1 400 Bad Request\r\n", &["this is no MQTT server: no CONNACK", "HTTP/1.1 400"]),
        (&[0x15, 3, 1, 0, 2, 2, 0x46], &["no MQTT server", "15030100020246", "this looks like TLS"]),
        (&[0, 0, 0], &["this is no MQTT server", "hex 000000"]),
        (&[0xd0, 0], &["PINGRESP instead of CONNACK"]),
        (&[0x20, 0], &["a CONNACK without a code"]),
        (&[0x20, 0xff, 0xff, 0xff, 0x7f], &["a CONNACK of 268435460 bytes"]),
        (&[0x20, 0xff, 0xff, 0xff, 0xff], &["a CONNACK with", "longer than four bytes"]),
    ] {
        let (cause, text) = cause(answering(bytes, ACCEPTED_5).await, &BOTH, LONG).await;
        assert!(matches!(cause, Cause::NotMqtt { .. }), "{cause:?}");
        has(&text, parts);
    }
}

/// Endless bytes, whatever the first: no hang, no memory.
#[tokio::test]
async fn floods() {
    for (first, ready) in [(&[][..], false), (&[0x20, 0xfc, 0xff, 3][..], false), (ACCEPTED, true)] {
        let written = Arc::new(AtomicUsize::new(0));
        let counter = written.clone();
        let name = scripted(move |mut stream, _, _| {
            let counter = counter.clone();
            async move {
                let _ = stream.write_all(first).await;
                let chunk = vec![b'x'; 1 << 16];
                while stream.write_all(&chunk).await.is_ok() {
                    counter.fetch_add(chunk.len(), Ordering::Relaxed);
                }
            }
        });
        let begun = Instant::now();
        let result = start(name.await, &[Version::V311], SHORT).await;
        assert!(begun.elapsed() < Duration::from_secs(3));
        assert_eq!(result.is_ok(), ready, "{result:?}");
        // What the kernel buffers, not more.
        assert!(written.load(Ordering::Relaxed) < 32 << 20);
    }
}

#[tokio::test]
async fn refused_credentials() {
    let user = || Some(("user".to_owned(), b"verysecret".to_vec()));
    for (reply, version, parts) in [
        (&[0x20, 2, 0, 4][..], Version::V311, ["bad user name or password", "-> 20020004"]),
        (&[0x20, 2, 0, 5], Version::V311, ["not authorized", "-> 20020005"]),
        (&[0x20, 3, 0, 0x86, 0], Version::V5, ["Bad User Name or Password", "-> 2003008600"]),
        (&[0x20, 3, 0, 0x87, 0], Version::V5, ["Not authorized", "-> 2003008700"]),
    ] {
        let (cause, text) = cause(answering(reply, reply).await, &[version], LONG).await;
        assert!(matches!(cause, Cause::ConnectRefused { credentials: true, given: false, .. }), "{cause:?}");
        has(&text, &parts);
        has(&text, &["CONNECT version=", "give a user name and a password"]);

        let result = Server::start(answering(reply, reply).await, user(), &[version], LONG).await;
        let error = result.unwrap_err();
        let text = format!("{error} {error:?} {}", error.help().unwrap());
        has(&text, &parts);
        has(&text, &["user-name=\\\"user\\\"", "see that user name and password are right"]);
        let hex: String = b"verysecret".iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!text.contains("verysecret") && !text.contains(&hex), "{text}");
    }
}

#[tokio::test]
async fn refused_for_another_reason() {
    let (cause, text) = cause(answering(&[0x20, 2, 0, 2], &[]).await, &BOTH, LONG).await;
    assert!(matches!(cause, Cause::ConnectRefused { credentials: false, .. }), "{cause:?}");
    has(&text, &["identifier rejected"]);
}

#[tokio::test]
async fn a_version_that_is_refused() {
    for (v5, part) in [
        (&[0x20, 2, 0, 1][..], "CONNACK session-present=false code=0x01 (unacceptable protocol version)"),
        (&[0x20, 3, 0, 0x84, 0], "CONNACK session-present=false code=0x84 (Unsupported Protocol Version)"),
        (&[], "closed without CONNACK"),
    ] {
        let server = start(answering(ACCEPTED, v5).await, &BOTH, LONG).await.unwrap();
        assert!(matches!(server.ready[0], (Version::V311, Readiness::Ready { .. })));
        let told = refused(&server, Version::V5);
        has(told, &["CONNECT version=5.0 client-id=", part]);
    }
    let server = start(answering(&[], ACCEPTED_5).await, &BOTH, LONG).await.unwrap();
    has(refused(&server, Version::V311), &["CONNECT version=3.1.1", "closed without CONNACK"]);
    assert!(matches!(server.ready[1], (Version::V5, Readiness::Ready { .. })));
}

#[tokio::test]
async fn all_versions_refused() {
    let (cause, text) = cause(answering(&[0x20, 2, 0, 1], &[0x20, 2, 0, 1]).await, &BOTH, LONG).await;
    assert!(matches!(&cause, Cause::NoVersion(told) if told.len() == 2), "{cause:?}");
    has(&text, &["CONNECT version=3.1.1", "CONNECT version=5.0", "-> 20020001"]);
}

#[tokio::test]
async fn a_broken_connack_is_for_the_scenarios() {
    let server = start(answering(ACCEPTED, &[0x20, 2, 1, 0]).await, &BOTH, LONG).await.unwrap();
    let (_, Readiness::Ready { connack, .. }) = &server.ready[1] else { panic!("{:?}", server.ready) };
    has(connack, &["CONNACK", "(not valid: "]);
}

#[tokio::test]
async fn a_server_that_starts_slowly() {
    let name = scripted(|stream, level, number| async move {
        match (number, level) {
            (0..3, _) => drop(stream),
            (3, _) => answer(stream, &[0x20, 2, 0, 3]).await,
            (_, 4) => answer(stream, ACCEPTED).await,
            _ => answer(stream, ACCEPTED_5).await,
        }
    });
    let server = start(name.await, &BOTH, LONG).await.unwrap();
    assert!(server.ready.iter().all(|(_, ready)| matches!(ready, Readiness::Ready { .. })), "{:?}", server.ready);
}

/// The first version came too early, the second did not: the first is asked for again.
#[tokio::test]
async fn a_server_that_starts_between_two_versions() {
    let name = scripted(|stream, level, number| async move {
        match (number, level) {
            (0, _) => drop(stream),
            (_, 4) => answer(stream, ACCEPTED).await,
            _ => answer(stream, ACCEPTED_5).await,
        }
    });
    let server = start(name.await, &BOTH, LONG).await.unwrap();
    assert!(server.ready.iter().all(|(_, ready)| matches!(ready, Readiness::Ready { .. })), "{:?}", server.ready);
}

#[tokio::test]
async fn nothing_listens() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let name = TargetName::parse(&format!("mqtt://127.0.0.1:{port}")).unwrap();
    let (cause, text) = cause(name, &BOTH, SHORT).await;
    assert!(matches!(cause, Cause::Unreachable { .. }), "{cause:?}");
    has(&text, &["connection refused: nothing listens there", &format!("127.0.0.1:{port}"), "start the server"]);
}

#[tokio::test]
async fn a_name_that_does_not_resolve() {
    let name = TargetName::parse("mqtt://no-such-host.invalid").unwrap();
    let (cause, text) = cause(name, &BOTH, Duration::from_secs(5)).await;
    assert!(matches!(cause, Cause::Unresolved { .. }), "{cause:?}");
    has(&text, &["mqtt://no-such-host.invalid:1883 is not ready: the name `no-such-host.invalid` does not resolve"]);
}

#[tokio::test]
async fn a_server_that_goes_away() {
    let mut server = {
        let name = scripted(|stream, _, number| async move {
            match number {
                0 => answer(stream, ACCEPTED).await,
                _ => drop(stream),
            }
        });
        start(name.await, &[Version::V311], LONG).await.unwrap()
    };
    let died = server.check_alive().await.unwrap_err();
    has(&died, &["the server closed the connection after the CONNECT of 3.1.1"]);
}

#[tokio::test]
async fn a_profile_of_a_server_that_runs() {
    let there = answering(ACCEPTED, ACCEPTED_5).await;
    let more = "versions v3.1.1\n user u password=p\n limit max-qos=1 shared=#false";
    let server = start(listening(&there, more), &BOTH, LONG).await.unwrap();
    assert_eq!((server.name.as_str(), server.credentials.clone()), ("there", Some(("u".to_owned(), b"p".to_vec()))));
    assert_eq!((server.declared.max_qos, server.declared.shared, server.declared.retain), (1, false, true));
    assert!(matches!(server.ready[0], (Version::V311, Readiness::Ready { .. })));
    has(refused(&server, Version::V5), &["the profile there does not declare the version"]);
    // The user's credentials go before the profile's.
    let own = Some(("me".to_owned(), Vec::new()));
    let server = Server::start(listening(&there, more), own.clone(), &BOTH, LONG).await.unwrap();
    assert_eq!(server.credentials, own);
    let (cause, text) = cause(listening(&there, more), &[Version::V5], LONG).await;
    assert!(matches!(cause, Cause::NoVersion(_)), "{cause:?}");
    has(&text, &["does not declare the version"]);
}

#[tokio::test]
async fn a_declared_version_must_not_be_refused() {
    let there = answering(ACCEPTED, &[0x20, 2, 0, 1]).await;
    let (cause, text) = cause(listening(&there, "versions v3.1.1 v5"), &BOTH, LONG).await;
    assert!(matches!(cause, Cause::DeclaredVersion { version: Version::V5, .. }), "{cause:?}");
    has(&text, &["its profile declares 5.0, but the server refuses it: CONNECT version=5.0"]);
}

#[tokio::test]
async fn the_embedded_broker() {
    let user = Some(("user".to_owned(), b"password".to_vec()));
    let mut server = Server::start(TargetName::Embedded, user, &BOTH, LONG).await.unwrap();
    assert_eq!((server.name.as_str(), server.ready.len(), server.can_restart()), ("embedded", 2, true));
    let endpoint = server.endpoint.clone();
    server.restart().await.unwrap();
    assert_eq!(server.endpoint, endpoint);
    assert_eq!(server.check_alive().await, Ok(()));
    // It asks for what it was given.
    let (cause, _) = cause(TargetName::Url(endpoint.clone()), &BOTH, LONG).await;
    assert!(matches!(cause, Cause::ConnectRefused { credentials: true, .. }), "{cause:?}");
    server.stop().await;
    assert!(TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await.is_err());
}
