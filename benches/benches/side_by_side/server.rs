//! The servers, as children on a free port of loopback.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const READY: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Mqttspec,
    Mosquitto,
}

impl Kind {
    pub const BOTH: [Self; 2] = [Self::Mqttspec, Self::Mosquitto];
}

/// A server that runs until this is dropped.
pub struct Server {
    pub address: SocketAddr,
    child: Child,
    /// With its configuration.
    _folder: Option<TempDir>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub fn start(kind: Kind) -> Self {
        match kind {
            Kind::Mqttspec => Self::mqttspec(),
            Kind::Mosquitto => Self::mosquitto(),
        }
    }

    fn mqttspec() -> Self {
        let program = std::env::current_exe().expect("our own path");
        let mut child = Command::new(program)
            .args(["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts once more");
        // It says so when it listens.
        let mut line = String::new();
        let output = child.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok());
        Self { address: address.unwrap_or_else(|| panic!("an address: {line}")), child, _folder: None }
    }

    fn mosquitto() -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let address = free.expect("a free port");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mosquitto.conf");
        // Nothing is dropped, nothing waits for more than the client, and nothing is done besides: no log, no $SYS.
        let configuration = format!(
            "user root\nlog_dest none\npersistence false\nallow_anonymous true\nsys_interval 0\n\
             set_tcp_nodelay true\nmax_queued_messages 0\nmax_inflight_messages 0\n\
             listener {} 127.0.0.1\n",
            address.port()
        );
        fs::write(&path, configuration).expect("a file");
        let child = Command::new("mosquitto")
            .arg("-c")
            .arg(&path)
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto is installed");
        let server = Self { address, child, _folder: Some(folder) };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < READY, "mosquitto does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// The memory that the process alone takes, in KiB: its proportional set size.
    pub fn memory(&self) -> f64 {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = fs::read_to_string(path).expect("the kernel tells it");
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).expect("a size");
        line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
    }
}
