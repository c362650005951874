//! mosquitto_pub and mosquitto_sub, which have TCP and TLS.

use crate::support::{MESSAGES, Received, Server, complete, left_out, payloads};
use mqttspec::target::Transport;
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(30);

struct Tools<'a> {
    server: &'a Server,
    transport: Transport,
    version: &'a str,
}

impl Tools<'_> {
    fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(["-h", "localhost", "-p", &self.server.port(self.transport).to_string(), "-V", self.version]);
        if self.transport.is_secure() {
            command.arg("--cafile").arg(self.server.ca());
        }
        command.args(words).kill_on_drop(true).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Publishes lines, and waits until all are acknowledged.
    async fn publish(&self, words: &[&str], lines: &str) {
        let mut child = self.command("mosquitto_pub", words).spawn().unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).await.unwrap();
        let output: Output = timeout(LONG, child.wait_with_output()).await.expect("it ends").unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// A subscriber that has its SUBACK.
    async fn subscribe(&self, words: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
        // It tells of its SUBACK with -d only, and at once only where no pipe is buffered.
        let mut command = self.command("stdbuf", &[]);
        let arguments: Vec<_> = command.as_std().get_args().map(ToOwned::to_owned).collect();
        command = Command::new("stdbuf");
        command.args(["-oL", "mosquitto_sub"]).args(arguments).args(["-d", "-F", "message %t %p"]).args(words);
        command.kill_on_drop(true).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !next(&mut lines).await.starts_with("Subscribed") {}
        (child, lines)
    }
}

async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    timeout(LONG, lines.next_line()).await.expect("a line in time").unwrap().expect("a line")
}

async fn messages(lines: &mut Lines<BufReader<ChildStdout>>, count: usize) -> Received {
    let mut received = Vec::new();
    while received.len() < count {
        if let Some((topic, payload)) = next(lines).await.strip_prefix("message ").and_then(|rest| rest.split_once(' '))
        {
            received.push((topic.to_owned(), payload.to_owned()));
        }
    }
    received
}

#[tokio::test(flavor = "multi_thread")]
async fn mosquitto_pub_and_mosquitto_sub() {
    if Command::new("mosquitto_sub").arg("--help").output().await.is_err() {
        return left_out("mosquitto_sub", "apt install mosquitto-clients");
    }
    for transport in [Transport::Tcp, Transport::Tls] {
        for version in ["311", "5"] {
            let who = format!("mosquitto, {version} over {}", transport.word());
            let server = &Server::start().await;
            let tools = Tools { server, transport, version };
            let (_subscriber, mut lines) = tools.subscribe(&["-q", "2", "-t", "t/#"]).await;
            for qos in 0..3 {
                let text: String = payloads(qos).map(|payload| payload + "\n").collect();
                let (topic, qos) = (format!("t/{qos}"), qos.to_string());
                tools.publish(&["-q", &qos, "-t", &topic, "-l"], &text).await;
            }
            let with_will = ["-t", "x", "--will-topic", "t/will", "--will-payload", "gone", "--will-qos", "1"];
            let (mut dies, _) = tools.subscribe(&with_will).await;
            dies.kill().await.unwrap();
            complete(&messages(&mut lines, 3 * MESSAGES + 1).await, &who);
            // A retained message waits for its subscriber.
            tools.publish(&["-q", "1", "-t", "r", "-r", "-m", "kept"], "").await;
            let (_late, mut lines) = tools.subscribe(&["-q", "1", "-t", "r"]).await;
            assert_eq!(messages(&mut lines, 1).await, [("r".to_owned(), "kept".to_owned())], "{who}");
        }
    }
}
