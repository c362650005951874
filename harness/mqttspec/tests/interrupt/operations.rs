//! Ctrl-C while something is done to the server: no process of it is left, one that stands still included.

use crate::{PATIENCE, interrupt, wait_for};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A run against a program that writes down its process id each time it is started, and waits from the second time on
/// until somebody writes to the pipe `release`.
struct Run {
    folder: TempDir,
    child: Child,
}

impl Run {
    /// The scenario does this to the server, and then nothing for a minute.
    fn that_does(operation: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let scenario = format!(
            r#"scenario long {{
  title "Something is done to the server, and then nothing for a minute"
  rule answered "PINGREQ is answered" v5=MQTT-3.12.4-1
  matrix version=v5
  client c session=kept
  c alive rule=answered
  server {operation}
  wait "60s"
  c connect
  c alive rule=answered
}}"#
        );
        std::fs::create_dir_all(path("scenarios/own")).expect("a folder");
        std::fs::write(path("scenarios/own/long.kdl"), scenario).expect("written");
        let at = folder.path().display();
        let script = format!(
            "echo $$ >> {at}/pids\n\
             test $(wc -l < {at}/pids) -gt 1 && echo waits > {at}/waits && read line < {at}/release\n\
             exec {} serve -p $1\n",
            env!("CARGO_BIN_EXE_mqttspec")
        );
        std::fs::write(path("server.sh"), script).expect("written");
        let profile = format!(
            "profile test {{\n program sh \"{at}/server.sh\" \"$port\"\n listen \"127.0.0.1\" port=\"$port\"\n start-within 60\n}}"
        );
        std::fs::write(path("test.kdl"), profile).expect("written");
        assert!(Command::new("mkfifo").arg(path("release")).status().expect("coreutils").success());
        let child = Command::new(env!("CARGO_BIN_EXE_mqttspec"))
            .arg("run")
            .arg(path("test.kdl"))
            .arg("--scenarios")
            .arg(path("scenarios"))
            .arg("--events")
            .arg(path("events"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        Self { folder, child }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The process ids of all starts of the server.
    fn servers(&self) -> Vec<PathBuf> {
        let pids = std::fs::read_to_string(self.path("pids")).expect("it was started");
        pids.lines().map(|pid| Path::new("/proc").join(pid)).collect()
    }

    /// Waits for the end: by Ctrl-C, and with no process of the server left.
    fn end(mut self) {
        let servers = self.servers();
        let begun = Instant::now();
        while self.child.try_wait().expect("a child").is_none() {
            if begun.elapsed() > PATIENCE {
                self.child.kill().expect("it runs");
                panic!("it does not end");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let output = self.child.wait_with_output().expect("a child");
        assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
        let left: Vec<_> = servers.iter().filter(|server| server.exists()).collect();
        assert!(left.is_empty(), "left: {left:?}");
    }
}

#[test]
fn a_server_that_stands_still_is_ended() {
    let run = Run::that_does("pause");
    wait_for(&run.path("events"), "server pause: done");
    let servers = run.servers();
    wait_for(&servers[0].join("status"), "State:\tT");
    interrupt(&run.child);
    run.end();
}

/// The first Ctrl-C waits for the server, since the clean-up needs it.
#[test]
fn a_restart_is_waited_for() {
    for operation in ["restart", "kill"] {
        let run = Run::that_does(operation);
        wait_for(&run.path("waits"), "waits");
        interrupt(&run.child);
        std::fs::write(run.path("release"), "go on\n").expect("it reads");
        let events = run.path("events");
        wait_for(&events, "run-finished");
        let told = std::fs::read_to_string(&events).expect("written");
        assert!(told.contains(&format!("server {operation}: done")), "{told}");
        assert!(!told.contains("left_behind"), "{told}");
        assert_eq!(run.servers().len(), 2);
        run.end();
    }
}

/// The second Ctrl-C does not: whoever gives it means it.
#[test]
fn a_restart_is_given_up() {
    let mut run = Run::that_does("restart");
    wait_for(&run.path("waits"), "waits");
    let begun = Instant::now();
    while run.child.try_wait().expect("a child").is_none() {
        assert!(begun.elapsed() < PATIENCE, "it does not end");
        interrupt(&run.child);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(run.servers().len(), 2);
    run.end();
}
