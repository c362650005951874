//! Nothing is left of a container: after failures (see the other tests), Ctrl-C and a panic.

use crate::support::{Run, containers, docker, has, image, profile, until};
use mqttspec::target::{Server, TargetName};
use mqttspec_codec::Version;
use std::sync::mpsc;
use std::time::Duration;

/// Takes longer than anybody waits.
const SLOW: &str = r#"
scenario slow {
  title "Nothing for a minute"
  rule acknowledged "PUBLISH is acknowledged" v5=MQTT-4.3.2-4
  matrix version=v5
  client c
  wait "60s"
  c -> PUBLISH topic="$t" qos=1 id=1 payload=on
  c <- PUBACK id=1 rule=acknowledged
}
"#;

#[test]
fn after_ctrl_c_in_a_run() {
    if image().is_none() {
        return;
    }
    let run = Run::new(&["docker:mosquitto"]);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("own")).expect("a folder");
    std::fs::write(folder.path().join("own/slow.kdl"), SLOW).expect("written");
    let events = folder.path().join("events");
    let running = run.arg("--scenarios").arg(folder.path()).arg("--events").arg(&events).spawn();
    until("a case that runs", || std::fs::read_to_string(&events).unwrap_or_default().contains("case-started"));
    assert_eq!(containers(running.id()).len(), 1);
    running.interrupt();
    let (code, _, told) = running.end();
    assert_eq!(code, 130, "{told}");
}

/// One that stands still is gone, too, and so is one that is being started again.
#[test]
fn after_ctrl_c_while_something_is_done_to_it() {
    if image().is_none() {
        return;
    }
    for (operation, moment) in [("pause", "server pause: done"), ("restart", "server restart"), ("kill", "server kill")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("own")).expect("a folder");
        let scenario = SLOW.replace("wait \"60s\"", &format!("server {operation}\n  wait \"60s\"\n  c connect"));
        std::fs::write(folder.path().join("own/slow.kdl"), scenario).expect("written");
        let events = folder.path().join("events");
        let run = Run::new(&["docker:mosquitto"]).arg("--scenarios").arg(folder.path());
        let running = run.arg("--events").arg(&events).spawn();
        until(moment, || std::fs::read_to_string(&events).unwrap_or_default().contains(moment));
        if operation == "pause" {
            let state = docker(&["inspect", "-f", "{{.State.Status}}", &containers(running.id())[0]]);
            assert_eq!(state.as_deref(), Some("paused"));
        }
        running.interrupt();
        let (code, _, told) = running.end();
        assert_eq!(code, 130, "{operation}: {told}");
    }
}

#[test]
fn after_ctrl_c_before_it_is_ready() {
    let Some(image) = image() else { return };
    let nodes = "listen \"127.0.0.1\" port=\"$port\"\n file \"mosquitto.conf\" \"user root\\nlistener 1999 0.0.0.0\"";
    let running = Run::of(&profile(&image, nodes).replace("start-within 20", "start-within 600"), &[]).spawn();
    until("a container", || !containers(running.id()).is_empty());
    running.interrupt();
    let (code, _, told) = running.end();
    assert_eq!(code, 130, "{told}");
    has(&told, &["interrupted"]);
}

/// Whatever the engine is doing at that moment.
#[test]
fn after_ctrl_c_while_it_starts() {
    if image().is_none() {
        return;
    }
    for delay in [0, 30, 60, 100, 150, 250] {
        let running = Run::new(&["docker:mosquitto", "qos/qos1-handshake"]).spawn();
        // The moment is what is varied; nothing is waited for.
        std::thread::sleep(Duration::from_millis(delay));
        running.interrupt();
        let (status, _, told) = running.end_however();
        // Before anybody listens to signals, one simply ends the process.
        assert!(matches!(status.code(), None | Some(0 | 130)), "{status} after {delay} ms: {told}");
    }
}

#[test]
fn after_a_panic() {
    if image().is_none() {
        return;
    }
    for runtime in [tokio::runtime::Builder::new_current_thread, tokio::runtime::Builder::new_multi_thread] {
        let (sender, receiver) = mpsc::channel();
        let panicked = std::thread::spawn(move || {
            let runtime = runtime().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let name = TargetName::parse("docker:mosquitto").expect("a profile");
                let server =
                    Server::start(name, None, &Version::ALL, Duration::from_secs(20)).await.expect("it starts");
                sender.send(server.container().expect("a container").to_owned()).expect("somebody listens");
                panic!("as it was to be");
            });
        });
        assert!(panicked.join().is_err());
        let name = receiver.recv().expect("it started");
        assert_eq!(docker(&["inspect", &name]), None, "it is gone");
    }
}

#[tokio::test]
async fn when_the_start_is_given_up() {
    if image().is_none() {
        return;
    }
    for patience in [1, 20, 80, 200] {
        let name = TargetName::parse("docker:mosquitto").expect("a profile");
        let start = Server::start(name, None, &Version::ALL, Duration::from_secs(20));
        let started = tokio::time::timeout(Duration::from_millis(patience), start).await;
        drop(started);
    }
    // Other tests of this process start containers meanwhile: theirs run, what was given up would be new or over.
    let label = format!("label=mqttspec.process={}", std::process::id());
    let left = docker(&["ps", "-aq", "--filter", &label, "--filter", "status=created", "--filter", "status=exited"]);
    assert_eq!(left.as_deref(), Some(""));
}
