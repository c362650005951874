//! Ctrl-C in the middle of a run: it ends soon, its reports are whole, and nothing of it is left on the server.

#[cfg(target_os = "linux")]
mod operations;

use mqttspec::serve::serve;
use mqttspec_broker::Config;
use mqttspec_codec::{
    Connect, Context, Decoded, List, Packet, Properties, QoS, Sender, Subscribe, Subscription, SubscriptionOptions,
    Version, decode,
};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Leaves a session and a retained message behind, if nobody cleans up.
const SCENARIO: &str = r#"
scenario long {
  title "A retained message of a kept session, and then nothing for a minute"
  rule acknowledged "PUBLISH is acknowledged" v5=MQTT-4.3.2-4
  matrix version=v5
  client c session=kept
  c -> PUBLISH topic="$t/kept" qos=1 id=1 retain=#true payload=on
  c <- PUBACK id=1 rule=acknowledged
  wait "60s"
}
"#;

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the file holds the text.
fn wait_for(path: &Path, text: &str) -> String {
    let began = Instant::now();
    loop {
        let so_far = std::fs::read_to_string(path).unwrap_or_default();
        if so_far.contains(text) {
            return so_far;
        }
        assert!(began.elapsed() < PATIENCE, "no {text} in {so_far}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn interrupt(child: &Child) {
    let status = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("a shell");
    assert!(status.success());
}

/// Connects with a Client Identifier to take up its session: Session Present, and what a subscription to all brings.
async fn look(address: SocketAddr, client_id: &str) -> (bool, Vec<String>) {
    let mut stream = TcpStream::connect(address).await.expect("it serves");
    let connect = Packet::Connect(Connect {
        version: Version::V5,
        clean_start: false,
        keep_alive: 0,
        properties: Properties::EMPTY,
        client_id: client_id.into(),
        will: None,
        user_name: None,
        password: None,
    });
    let all = [Subscription { filter: "#".into(), options: SubscriptionOptions::new(QoS::AtMostOnce) }];
    let subscribe = Packet::Subscribe(Subscribe {
        packet_identifier: 1,
        properties: Properties::EMPTY,
        subscriptions: List::new(&all),
    });
    let mut bytes = Vec::new();
    for packet in [connect, subscribe, Packet::Pingreq] {
        packet.encode(Version::V5, &mut bytes).expect("valid");
    }
    stream.write_all(&bytes).await.expect("it reads");
    let (mut buffer, mut present, mut messages) = (Vec::new(), false, Vec::new());
    loop {
        while let Ok(Decoded::Packet { packet, len }) = decode(&buffer, &Context::new(Version::V5, Sender::Server)) {
            match packet {
                Packet::Connack(connack) => present = connack.session_present,
                Packet::Publish(publish) => messages.push(publish.topic.to_string()),
                Packet::Pingresp => return (present, messages),
                _ => {}
            }
            buffer.drain(..len);
        }
        assert_ne!(stream.read_buf(&mut buffer).await.expect("it answers"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_behind() {
    let serving = serve(SocketAddr::from(([127, 0, 0, 1], 0)), Config::default()).await.expect("loopback");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("own")).expect("a folder");
    std::fs::write(folder.path().join("own/long.kdl"), SCENARIO).expect("written");
    let (events, json) = (folder.path().join("events"), folder.path().join("json"));
    let child = Command::new(env!("CARGO_BIN_EXE_mqttspec"))
        .args(["run", &format!("mqtt://{}", serving.address)])
        .arg("--scenarios")
        .arg(folder.path())
        .args(["--events".as_ref(), events.as_os_str(), "--json".as_ref(), json.as_os_str()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let so_far = wait_for(&events, "\"packet\":\"PUBACK id=1");
    let client_id = so_far.split("client-id=\\\"").nth(1).and_then(|rest| rest.split('\\').next()).expect("a CONNECT");
    let began = Instant::now();
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    assert!(began.elapsed() < PATIENCE);
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stdout));

    let document: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&json).expect("written")).expect("JSON");
    assert_eq!(document["totals"]["planned"], 1);
    assert_eq!(document["cases"][0]["reason"], "interrupted");
    assert!(wait_for(&events, "run-finished").ends_with("}\n"));
    assert_eq!(look(serving.address, client_id).await, (false, Vec::new()), "left behind by {client_id}");
    serving.stop().await;
}

/// An embedded run waits for nobody: it is held up here by a pipe that nobody reads until it is told to end.
#[cfg(target_os = "linux")]
#[test]
fn an_embedded_run_ends_with_its_reports() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().expect("a folder");
    let (events, json) = (folder.path().join("events"), folder.path().join("json"));
    assert!(Command::new("mkfifo").arg(&events).status().expect("coreutils").success());
    let child = Command::new(env!("CARGO_BIN_EXE_mqttspec"))
        .args(["run", "--events"])
        .arg(&events)
        .arg("--json")
        .arg(&json)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(std::fs::File::open(&events).expect("a pipe")).lines();
    let first = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("case-finished")));
    assert!(first.is_some());
    interrupt(&child);
    // The pipe is full and the run stands still; it goes on when the signal has been taken.
    let caught = Path::new("/proc").join(child.id().to_string()).join("status");
    let began = Instant::now();
    let pending = |status: &str| {
        let signals = status.lines().filter(|line| line.starts_with("SigPnd") || line.starts_with("ShdPnd"));
        signals
            .map(|line| line.split_whitespace().nth(1).unwrap_or_default().to_owned())
            .any(|set| set != "0".repeat(16))
    };
    while pending(&std::fs::read_to_string(&caught).expect("Linux")) {
        assert!(began.elapsed() < PATIENCE);
    }
    let last = lines.map_while(Result::ok).last().expect("events");
    assert!(last.contains("run-finished") && last.contains("interrupted"), "{last}");
    let output = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(told.contains("exit 130: interrupted"), "{told}");
    let document: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&json).expect("written")).expect("JSON");
    assert_eq!(document["totals"]["missing"], 0);
    let cases = document["cases"].as_array().expect("cases");
    assert_eq!(cases.last().expect("a case")["reason"], "not run: interrupted");
    assert_eq!(cases[0]["verdict"], "pass");
}
