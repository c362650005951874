//! Chromium without a window, told what to do by its DevTools protocol.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page. It ends when this is dropped.
pub(crate) struct Browser {
    child: Child,
    socket: WebSocketStream<TcpStream>,
    session: String,
    number: u64,
    complaints: Vec<String>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// A browser whose files are in this folder; none where none is installed.
    pub(crate) async fn start(folder: &Path) -> Option<Self> {
        let mut command = Command::new("chromium");
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
        command.args(["--remote-debugging-port=0", "about:blank"]);
        command.arg(format!("--user-data-dir={}", folder.join("browser").display()));
        let mut child = match command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let left_out = std::env::var_os("MQTTSPEC_BROWSER").is_none_or(|value| value != "required");
                assert!(left_out, "no chromium");
                eprintln!("\nLEFT OUT: no chromium is installed (apt install chromium)\n");
                return None;
            }
            child => child.expect("chromium starts"),
        };
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("DevTools listening on ").map(str::to_owned));
        let address = address.expect("chromium tells where it listens");
        // It would stop at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let host = address.trim_start_matches("ws://").split('/').next().expect("a host").to_owned();
        let stream = TcpStream::connect(host).await.expect("it listens");
        let (socket, _) = tokio_tungstenite::client_async(address, stream).await.expect("a WebSocket");
        let mut browser = Self { child, socket, session: String::new(), number: 0, complaints: Vec::new() };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach).await;
        browser.session = attached["sessionId"].as_str().expect("a session").to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.call(domain, json!({})).await;
        }
        Some(browser)
    }

    /// Opens a file, with what follows its name in the address.
    pub(crate) async fn open(&mut self, page: &Path, rest: &str) {
        let url = format!("file://{}{rest}", page.display());
        self.call("Page.navigate", json!({ "url": url })).await;
        // The same file with another fragment is no new document.
        self.until("document.readyState", "complete").await;
        let began = format!("location.href.startsWith('file://{}') ? 'there' : ''", page.display());
        self.until(&began, "there").await;
        self.until("document.readyState", "complete").await;
    }

    pub(crate) async fn run(&mut self, script: &str) {
        self.evaluate(&format!("{{ {script} }}")).await;
    }

    pub(crate) async fn text(&mut self, script: &str) -> String {
        self.evaluate(script).await.as_str().unwrap_or_else(|| panic!("{script} is no text")).to_owned()
    }

    pub(crate) async fn number(&mut self, script: &str) -> u64 {
        self.evaluate(script).await.as_u64().unwrap_or_else(|| panic!("{script} is no number"))
    }

    /// Waits until the script comes to this.
    pub(crate) async fn until(&mut self, script: &str, text: &str) {
        let began = Instant::now();
        loop {
            let value = self.evaluate(script).await;
            if value == text {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{script} is {value}, not {text}");
        }
    }

    pub(crate) async fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    pub(crate) async fn press(&mut self, key: &str) {
        let (code, text) = if key == "Enter" { (13, "\r") } else { (9, "") };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    pub(crate) async fn phone_in_the_dark_without_script(&mut self) {
        let size = json!({ "width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true });
        self.call("Emulation.setDeviceMetricsOverride", size).await;
        let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        self.call("Emulation.setEmulatedMedia", dark).await;
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// What the console said so far.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.complaints.clone()
    }

    async fn evaluate(&mut self, script: &str) -> Value {
        let told = self.call("Runtime.evaluate", json!({ "expression": script, "returnByValue": true })).await;
        assert!(told.get("exceptionDetails").is_none(), "{script}: {told}");
        told["result"]["value"].clone()
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let mut call = json!({ "id": self.number, "method": method, "params": parameters });
        if !self.session.is_empty() {
            call["sessionId"] = self.session.clone().into();
        }
        self.socket.send(Message::text(call.to_string())).await.expect("it reads");
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("an answer in time");
            let text = message.expect("it is there").expect("a message").into_text().expect("text").to_string();
            let told: Value = serde_json::from_str(&text).expect("JSON");
            match told["method"].as_str() {
                Some("Runtime.exceptionThrown" | "Log.entryAdded" | "Runtime.consoleAPICalled") => {
                    self.complaints.push(text);
                }
                _ if told["id"] == self.number => {
                    assert!(told.get("error").is_none(), "{method}: {told}");
                    return told["result"].clone();
                }
                _ => {}
            }
        }
    }
}
