//! Servers that do as they are told, and what every test asks.

use miette::Diagnostic;
use mqttspec::target::{Cause, Endpoint, Profile, Readiness, Server, TargetError, TargetName};
use mqttspec_codec::{Context, Decoded, Packet, Sender, Version, decode};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Long enough for whatever is to come.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// The deadline where nothing is to come.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

pub(crate) const BOTH: [Version; 2] = Version::ALL;

/// A server that treats each connection as `play` says, which gets the socket, the level of its CONNECT and the
/// number of the connection.
pub(crate) async fn scripted<F>(play: impl Fn(TcpStream, u8, usize) -> F + Send + 'static) -> TargetName
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let play = Arc::new(std::sync::Mutex::new(play));
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let play = play.clone();
            tokio::spawn(async move {
                let level = read_connect(&mut stream).await;
                let played = play.lock().unwrap()(stream, level, number);
                played.await;
            });
        }
    });
    TargetName::Url(Endpoint::tcp("127.0.0.1", port))
}

pub(crate) async fn read_connect(stream: &mut TcpStream) -> u8 {
    let mut bytes = Vec::new();
    loop {
        match decode(&bytes, &Context::new(Version::V311, Sender::Client)) {
            Ok(Decoded::Packet { packet: Packet::Connect(connect), .. }) => {
                assert!(connect.clean_start);
                let id = connect.client_id.as_bytes();
                assert!((1..=23).contains(&id.len()) && id.iter().all(u8::is_ascii_alphanumeric));
                return connect.version.level();
            }
            Ok(Decoded::Incomplete) => assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0),
            other => panic!("a CONNECT: {other:?}"),
        }
    }
}

/// A server that answers with these bytes by level, and closes when the client does.
pub(crate) async fn answering(v311: &'static [u8], v5: &'static [u8]) -> TargetName {
    scripted(move |stream, level, _| answer(stream, if level == 4 { v311 } else { v5 })).await
}

/// Nothing: closes at once.
pub(crate) async fn answer(mut stream: TcpStream, bytes: &[u8]) {
    if !bytes.is_empty() {
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
}

pub(crate) async fn start(name: TargetName, versions: &[Version], timeout: Duration) -> Result<Server, TargetError> {
    Server::start(name, None, versions, timeout).await
}

/// Why it is not ready. Looks after what every such error has.
pub(crate) async fn cause(name: TargetName, versions: &[Version], timeout: Duration) -> (Cause, String) {
    let begun = Instant::now();
    let error = start(name, versions, timeout).await.unwrap_err();
    assert!(begun.elapsed() < timeout * 2 + Duration::from_secs(3), "{:?}", begun.elapsed());
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

pub(crate) const ACCEPTED: &[u8] = &[0x20, 2, 0, 0];
pub(crate) const ACCEPTED_5: &[u8] = &[0x20, 3, 0, 0, 0];

pub(crate) fn refused(server: &Server, version: Version) -> &str {
    match server.ready.iter().find(|(other, _)| *other == version) {
        Some((_, Readiness::Refused { told, hex })) => {
            assert!(!hex.is_empty());
            told
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn profile(text: &str) -> TargetName {
    TargetName::Profile(Box::new(Profile::parse("test.kdl", text).unwrap()))
}

pub(crate) fn listening(name: &TargetName, more: &str) -> TargetName {
    let TargetName::Url(endpoint) = name else { panic!("{name}") };
    profile(&format!("profile there {{\n listen \"{}\" port={}\n {more}\n}}", endpoint.host, endpoint.port))
}
