//! A server that says markup wherever it may say anything, and a run against it.

use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// To be found in the report.
pub(crate) const WORD: &str = "onerror=alert";
pub(crate) const PASSWORD: &str = "hunter2-hunter2";
const MARKUP: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u{202e}]]>\"'`{{x}}";

const SCENARIO: &str = r#"
scenario markup {
  title "A message that nobody sends comes <b>bold</b>"
  rule comes "the message <i>is</i> delivered" v5=MQTT-3.3.1-3
  rule granted "QoS 2 is granted" v5=MQTT-3.8.4-1
  matrix version=v5
  client c
  c -> SUBSCRIBE id=1 { filter "$t/a" qos=0; }
  c <- SUBACK id=1 codes=2 rule=granted
  c <- PUBLISH topic="$t/b" rule=comes
}
"#;

fn text(value: &str) -> Vec<u8> {
    [&(value.len() as u16).to_be_bytes()[..], value.as_bytes()].concat()
}

fn variable(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let more = if value > 127 { 0x80 } else { 0 };
        bytes.push((value & 127) as u8 | more);
        value >>= 7;
        if more == 0 {
            return bytes;
        }
    }
}

fn with_length(body: &[u8]) -> Vec<u8> {
    [variable(body.len()), body.to_vec()].concat()
}

/// A Reason String and a User Property.
fn properties() -> Vec<u8> {
    with_length(&[vec![0x1f], text(MARKUP), vec![0x26], text(MARKUP), text(MARKUP)].concat())
}

async fn serve(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let mut answers = Vec::new();
        match buffer[0] >> 4 {
            1 => answers = [vec![0x20], with_length(&[vec![0, 0], properties()].concat())].concat(),
            8 if read > 4 => {
                let id = [buffer[2], buffer[3]];
                answers.extend([vec![0x90], with_length(&[id.to_vec(), properties(), vec![0]].concat())].concat());
                let user = with_length(&[vec![0x26], text(MARKUP), text(MARKUP)].concat());
                let publish = [text(&MARKUP.replace(['#', '+'], "")), user, MARKUP.as_bytes().to_vec()].concat();
                answers.extend([vec![0x30], with_length(&publish)].concat());
            }
            12 => answers = vec![0xd0, 0],
            _ => {}
        }
        if stream.write_all(&answers).await.is_err() {
            return;
        }
    }
}

/// The page of a run against it.
pub(crate) async fn run(folder: &Path) -> PathBuf {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    std::fs::create_dir(folder.join("own")).expect("a folder");
    std::fs::write(folder.join("own/markup.kdl"), SCENARIO).expect("written");
    let page = folder.join("hostile.html");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqttspec"));
    command.args(["run", &format!("mqtt://{address}"), "-u", "<u>me</u>", "-P", PASSWORD, "--timeout", "0.5"]);
    command.arg("--scenarios").arg(folder).arg("--html").arg(&page);
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    page
}
