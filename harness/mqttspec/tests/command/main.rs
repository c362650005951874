//! The command, as it is run.

mod arguments;
mod attempts;
mod baselines;
mod bundle;
mod campaign;
mod compare;
mod explain;
mod filters;
mod outputs;
mod probe;
mod reports;
mod runs;
mod selftest;
mod serve;
mod shards;
mod tools;
mod transports;

use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::Child;
use std::process::{Command, Output};
#[cfg(unix)]
use std::time::{Duration, Instant};

/// The command, in the folder of these tests.
fn mqttspec() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqttspec"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command"));
    for variable in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_BACKTRACE"] {
        command.env_remove(variable);
    }
    command
}

/// What it comes to with these arguments.
fn run(arguments: &[&str]) -> Output {
    mqttspec().args(arguments).output().expect("the command runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The exit code, and both streams as one text.
fn told(arguments: &[&str]) -> (i32, String) {
    let output = run(arguments);
    (output.status.code().expect("an exit code"), text(&output.stdout) + &text(&output.stderr))
}

/// How a child ends that is told to; it is killed when it does not.
#[cfg(unix)]
fn ended(child: &mut Child, signal: &str) -> Option<i32> {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("a child");
    child.wait().expect("a child");
    panic!("{signal} does not end it");
}

/// A folder for the files of one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    folder
}
