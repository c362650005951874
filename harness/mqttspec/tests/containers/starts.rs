//! What starts, what does not, and what is said of it.

use crate::support::{Run, docker, has, image, profile, target};
use mqttspec::target::{Readiness, Server, TargetName};
use mqttspec_codec::Version;
use std::time::Duration;
use tokio::net::TcpStream;

const LISTEN: &str = "listen \"127.0.0.1\" port=\"$port\"\n file \"mosquitto.conf\" ";
const LONG: Duration = Duration::from_secs(20);

async fn start(name: TargetName) -> Server {
    Server::start(name, None, &Version::ALL, LONG).await.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn no_engine() {
    let run = Run::new(&["docker:mosquitto", "qos"]).env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let (code, _, told) = run.end();
    assert_eq!(code, 5, "{told}");
    has(&told, &["docker:mosquitto is not ready: no container engine answers", "nowhere/docker.sock", "start Docker"]);
}

#[test]
fn no_image() {
    if image().is_none() {
        return;
    }
    let (code, _, told) = Run::new(&["docker:mqttspec/no-such-image:1", "--port", "1883"]).end();
    assert_eq!(code, 5, "{told}");
    has(
        &told,
        &["the image `mqttspec/no-such-image:1` is not there, and cannot be pulled", "see that the name is right"],
    );
    let text =
        "profile p {\n image \"mqttspec/no-such-image:1\" local=\"mqttspec/nor-this:2\"\n listen \"127.0.0.1\"\n}";
    let (code, _, told) = Run::of(text, &[]).end();
    assert_eq!(code, 5, "{told}");
    // Lines are broken where they are long.
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    has(&told, &["docker pull mqttspec/no-such-image:1", "scripts/images nor-this builds mqttspec/nor-this:2"]);
}

#[test]
fn a_command_that_the_image_lacks() {
    let Some(image) = image() else { return };
    let text = format!("profile p {{\n image \"{image}\"\n command no-such-server\n listen \"127.0.0.1\"\n}}");
    let (code, _, told) = Run::of(&text, &[]).end();
    assert_eq!(code, 5, "{told}");
    has(&told, &["its container does not start", "no-such-server"]);
}

#[test]
fn a_server_that_ends_at_once() {
    let Some(image) = image() else { return };
    let (code, _, told) = Run::of(&profile(&image, &format!("{LISTEN}\"no such option\"")), &[]).end();
    assert_eq!(code, 5, "{told}");
    has(&told, &["its program exited with status", "the last lines of its output:", "Unknown configuration variable"]);
}

#[test]
fn a_server_that_listens_elsewhere() {
    let Some(image) = image() else { return };
    let conf =
        format!("{LISTEN}\"user root\\nlistener 1999 0.0.0.0\"").replace("listen \"", "start-within 1\n listen \"");
    let text = profile(&image, &conf).replacen("start-within 20", "", 1);
    let (code, _, told) = Run::of(&text, &["--timeout", "0.5"]).end();
    assert_eq!(code, 5, "{told}");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    has(
        &told,
        &["nothing takes connections at port 1883 of its container, after 1s", "0.0.0.0", "Opening ipv4 listen"],
    );
}

/// An image that knows what to run, and nothing of us.
#[test]
fn any_image() {
    struct Made(String);
    impl Drop for Made {
        fn drop(&mut self) {
            let _ = docker(&["image", "rm", &self.0]);
        }
    }
    let Some(image) = image() else { return };
    let made = Made(format!("mqttspec/test:{}", std::process::id()));
    let folder = tempfile::tempdir().expect("a folder");
    let conf = folder.path().join("any.conf");
    std::fs::write(&conf, "user root\nlistener 2883 0.0.0.0\nallow_anonymous true\n").expect("written");
    let container = docker(&["create", &image, "mosquitto"]).expect("a container");
    docker(&["cp", &conf.display().to_string(), &format!("{container}:/")]).expect("copied");
    let command = "CMD [\"mosquitto\", \"-c\", \"/any.conf\"]";
    let committed = docker(&["commit", "--change", command, &container, &made.0]);
    docker(&["rm", "-f", &container]);
    assert!(committed.is_some());
    let name = format!("docker:{}", made.0);
    let (code, out, told) = Run::new(&[&name, "--port", "2883", "qos/qos1-handshake"]).end();
    assert_eq!(code, 0, "{out}{told}");
    has(&out, &["exit 0", &name]);
}

#[test]
fn the_image_is_recorded() {
    let Some(image) = image() else { return };
    let run = Run::new(&["docker:mosquitto", "qos/qos1-handshake"]);
    let (json, events) = (run.path("json"), run.path("events"));
    let folder = tempfile::tempdir().expect("a folder");
    let keep = |path: &std::path::Path| folder.path().join(path.file_name().expect("a name"));
    let (json, events) = (keep(&json), keep(&events));
    let (code, out, told) = run.arg("--json").arg(&json).arg("--events").arg(&events).end();
    assert_eq!(code, 0, "{out}{told}");
    let read = |path| std::fs::read_to_string(path).expect("written");
    let document: serde_json::Value = serde_json::from_str(&read(&json)).expect("JSON");
    let id = docker(&["image", "inspect", "--format", "{{.Id}}", &image]).expect("an image");
    assert_eq!(document["run"]["image"]["name"], image.as_str());
    assert_eq!(document["run"]["image"]["id"], id.as_str());
    assert_eq!(document["run"]["target"], "docker:mosquitto");
    has(read(&events).lines().next().expect("a line"), &["run-started", &id]);
    has(&out, &[&image]);
}

#[tokio::test]
async fn ready_restarted_and_stopped() {
    if image().is_none() {
        return;
    }
    let mut server = start(TargetName::parse("docker:mosquitto").expect("a profile")).await;
    assert!(server.ready.iter().all(|(_, ready)| matches!(ready, Readiness::Ready { .. })), "{:?}", server.ready);
    let name = server.container().expect("a container").to_owned();
    has(&docker(&["port", &name]).expect("it runs"), &["127.0.0.1:"]);
    assert!(!docker(&["port", &name]).expect("it runs").contains("0.0.0.0"), "on loopback only");
    assert_eq!(server.check_alive().await, Ok(()));
    has(&server.log_tail().join("\n"), &["mosquitto version"]);

    docker(&["kill", &name]).expect("it runs");
    assert_eq!(server.check_alive().await, Err("was ended by signal 9 (SIGKILL)".to_owned()));
    assert!(server.can_restart());
    // Killed, and then one that runs: where it listens is looked up each time.
    for _ in 0..2 {
        server.restart().await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(server.check_alive().await, Ok(()));
        let published = docker(&["port", &name, "1883"]).expect("it runs");
        assert_eq!(published, format!("{}:{}", server.endpoint.host, server.endpoint.port));
    }
    let state =
        || docker(&["inspect", "--format", "{{.State.Status}} {{.State.StartedAt}}", &name]).expect("it is there");
    let begun = state();
    server.pause().await.expect("it runs");
    assert!(state().starts_with("paused"), "{}", state());
    server.resume().await.expect("it stands still");
    assert_eq!((state(), server.check_alive().await), (begun.clone(), Ok(())));
    // One that stands still can be killed, too.
    server.pause().await.expect("it runs");
    server.kill().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(server.check_alive().await, Ok(()));
    assert_ne!(state(), begun);

    let endpoint = server.endpoint.clone();
    server.stop().await;
    assert_eq!(docker(&["inspect", &name]), None, "it is gone");
    assert!(TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_at_once() {
    if image().is_none() {
        return;
    }
    let name = || TargetName::parse("docker:mosquitto").expect("a profile");
    let (a, b, c) = tokio::join!(start(name()), start(name()), start(name()));
    assert!(a.endpoint != b.endpoint && b.endpoint != c.endpoint && a.endpoint != c.endpoint);
    tokio::join!(a.stop(), b.stop(), c.stop());
}

#[tokio::test]
async fn a_profile_is_started_as_it_says() {
    let Some(image) = image() else { return };
    let conf = format!("{LISTEN}\"user root\\nlistener $port $host\\nallow_anonymous true\\n\"\n versions v5");
    let server = start(target(&profile(&image, &conf))).await;
    assert_eq!(server.ready.len(), 2);
    assert!(matches!(server.ready[0], (Version::V311, Readiness::Refused { .. })));
    assert!(matches!(server.ready[1], (Version::V5, Readiness::Ready { .. })));
    server.stop().await;
}
