//! paho-mqtt, which has every transport: a Python with it is named by `MQTTSPEC_PYTHON`, else it is `python3`.

use crate::support::{MESSAGES, Server, complete, left_out};
use mqttspec::target::Transport;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn paho_mqtt() {
    let python = std::env::var("MQTTSPEC_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python).args(["-c", "import paho.mqtt.enums"]).output().await;
    if !there.is_ok_and(|output| output.status.success()) {
        return left_out("paho-mqtt 2", "pip install paho-mqtt, and name that Python by MQTTSPEC_PYTHON");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/exchange.py");
    for transport in Transport::ALL {
        for version in ["3.1.1", "5"] {
            let who = format!("paho, {version} over {}", transport.word());
            let server = Server::start().await;
            let mut command = Command::new(&python);
            command.arg(&script).args([transport.word(), &server.port(transport).to_string(), version]);
            command.arg(server.ca()).arg(MESSAGES.to_string()).kill_on_drop(true);
            let output = timeout(Duration::from_secs(120), command.output()).await.expect("it ends").unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{who}: {told}");
            let lines = String::from_utf8(output.stdout).unwrap();
            let pair = |line: &str| line.split_once(' ').map(|(topic, payload)| (topic.to_owned(), payload.to_owned()));
            let mut received: Vec<_> = lines.lines().filter_map(pair).collect();
            assert_eq!(received.pop(), Some(("r".to_owned(), "kept".to_owned())), "{who}");
            complete(&received, &who);
        }
    }
}
