//! The profile of mosquitto: these tests run where it is installed, and say so where it is not.
#![cfg(unix)]

use crate::scripted::{BOTH, LONG, has, start};
use mqttspec::target::{Cause, Readiness, Server, TargetError, TargetName};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::TcpStream;

async fn mosquitto() -> Option<Server> {
    match start(TargetName::parse("mosquitto").unwrap(), &BOTH, LONG).await {
        Ok(server) => Some(server),
        Err(TargetError::NotReady { cause, .. }) if matches!(*cause, Cause::ProgramNotFound { .. }) => {
            eprintln!("\n*** mosquitto is not installed: its tests DO NOT RUN. apt install mosquitto ***\n");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn pid(server: &Server) -> Pid {
    Pid::from_raw(server.process_id().unwrap().cast_signed())
}

#[tokio::test]
async fn starts_ready_and_stops() {
    let Some(mut server) = mosquitto().await else { return };
    assert!(server.ready.iter().all(|(_, ready)| matches!(ready, Readiness::Ready { .. })), "{:?}", server.ready);
    assert_eq!(server.ready.len(), 2);
    assert_eq!(server.check_alive().await, Ok(()));
    assert!(server.can_restart());
    has(&server.log_tail().join("\n"), &["mosquitto version"]);
    let (pid, endpoint) = (pid(&server), server.endpoint.clone());
    server.stop().await;
    assert!(kill(pid, None).is_err(), "the process is gone");
    assert!(TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await.is_err());
}

#[tokio::test]
async fn killed_is_told_and_restarted() {
    let Some(mut server) = mosquitto().await else { return };
    let (first, endpoint) = (pid(&server), server.endpoint.clone());
    kill(first, Signal::SIGKILL).unwrap();
    let told = server.check_alive().await.unwrap_err();
    assert_eq!(told, "was ended by signal 9 (SIGKILL)");
    server.restart().await.unwrap();
    assert_eq!(server.check_alive().await, Ok(()));
    assert_ne!(pid(&server), first);
    assert_eq!((server.endpoint.clone(), server.ready.len()), (endpoint, 2));
    // A restart of a server that runs.
    let second = pid(&server);
    server.restart().await.unwrap();
    assert!(kill(second, None).is_err());
    assert_eq!(server.check_alive().await, Ok(()));
    server.stop().await;
}

#[tokio::test]
async fn several_at_once() {
    let servers = tokio::join!(mosquitto(), mosquitto(), mosquitto());
    let (Some(a), Some(b), Some(c)) = servers else { return };
    assert!(a.endpoint != b.endpoint && b.endpoint != c.endpoint && a.endpoint != c.endpoint);
    tokio::join!(a.stop(), b.stop(), c.stop());
}
