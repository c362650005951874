//! The program of a profile as a process: its files, its output and its end.

use super::error::Cause;
use super::profile::{Profile, expand};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Folders of servers that the PATH of a user may lack.
const MORE_FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];
/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);
/// How long a closed socket may be ahead of the end of its process, and the end of a process ahead of its output.
const SOON: Duration = Duration::from_secs(1);
/// Lines of output that are kept.
const LINES_KEPT: usize = 200;
/// Lines of output that are shown.
const LINES_SHOWN: usize = 20;
/// The longest line that is kept whole, in bytes.
const LONGEST_LINE: usize = 4096;

/// The program of a profile. Dropping it kills the process and removes its files.
#[derive(Debug)]
pub(super) struct Process {
    child: Option<Child>,
    output: Output,
    readers: JoinSet<()>,
    program: PathBuf,
    profile: Profile,
    port: u16,
    // The last field: the files go when nobody uses them any more.
    folder: TempDir,
}

impl Process {
    /// Finds the program and makes a folder for its files.
    pub(super) fn new(profile: &Profile) -> Result<Self, Cause> {
        let name = profile.program.as_ref().and_then(|words| words.first()).map_or("", String::as_str);
        let program = find(name)
            .ok_or_else(|| Cause::ProgramNotFound { program: name.to_owned(), install: profile.install.clone() })?;
        let folder = tempfile::Builder::new().prefix("mqttspec-").tempdir().map_err(Cause::Files)?;
        Ok(Self {
            child: None,
            output: Output::default(),
            readers: JoinSet::new(),
            program,
            profile: profile.clone(),
            port: 0,
            folder,
        })
    }

    /// Writes the files and starts the program, which is to listen on this port.
    pub(super) fn spawn(&mut self, port: u16) -> Result<(), Cause> {
        self.port = port;
        let folder = self.folder.path().display().to_string();
        for (name, text) in &self.profile.files {
            std::fs::write(self.folder.path().join(name), expand(text, port, &folder)).map_err(Cause::Files)?;
        }
        self.spawn_again()
    }

    /// Starts the program again, with what it left in its folder.
    pub(super) fn spawn_again(&mut self) -> Result<(), Cause> {
        let folder = self.folder.path().display().to_string();
        let words = self.profile.program.iter().flatten().skip(1);
        let mut command = Command::new(&self.program);
        command.args(words.map(|word| expand(word, self.port, &folder)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // Ctrl-C at the terminal is for us: the server ends after the clean-up.
        #[cfg(unix)]
        command.process_group(0);
        let cannot_run = |source| Cause::CannotRun { program: self.program.display().to_string(), source };
        let mut child = command.spawn().map_err(cannot_run)?;
        self.output.clear();
        self.readers = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            self.readers.spawn(read_lines(stdout, self.output.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            self.readers.spawn(read_lines(stderr, self.output.clone()));
        }
        self.child = Some(child);
        Ok(())
    }

    pub(super) fn id(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Waits until the process ends, and tells how.
    pub(super) async fn exit(&mut self) -> String {
        match &mut self.child {
            Some(child) => child.wait().await.map_or_else(|error| format!("is lost: {error}"), describe),
            None => "does not run".to_owned(),
        }
    }

    /// How the process ended, if it has.
    pub(super) fn ended(&mut self) -> Option<String> {
        match &mut self.child {
            Some(child) => match child.try_wait() {
                Ok(status) => status.map(describe),
                Err(error) => Some(format!("is lost: {error}")),
            },
            None => Some("does not run".to_owned()),
        }
    }

    /// How the process ended, if it has or is about to.
    pub(super) async fn ended_soon(&mut self) -> Option<String> {
        timeout(SOON, self.exit()).await.ok()
    }

    /// Waits for the output of a process that has ended: not for ever, since others may hold its end.
    pub(super) async fn output_end(&mut self) {
        let _ = timeout(SOON, async { while self.readers.join_next().await.is_some() {} }).await;
    }

    /// Whether the output says that the port is taken.
    pub(super) fn says_in_use(&self) -> bool {
        let told = |line: &String| {
            let line = line.to_ascii_lowercase();
            line.contains("address already in use") || line.contains("eaddrinuse") || line.contains("address in use")
        };
        self.output.last(LINES_KEPT).iter().any(told)
    }

    pub(super) fn log_tail(&self) -> Vec<String> {
        self.output.last(LINES_SHOWN)
    }

    /// Asks the process and all of its group to end, kills what does not, and waits.
    pub(super) async fn end(&mut self) {
        self.end_within(GRACE).await;
    }

    async fn end_within(&mut self, grace: Duration) {
        let Some(mut child) = self.child.take() else { return };
        if let Some(id) = child.id() {
            signal::terminate(id);
            let waited = timeout(grace, child.wait()).await;
            signal::kill(id);
            if waited.is_err() {
                let _ = child.start_kill();
                let _ = child.wait().await;
            }
        }
        self.output_end().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process itself is killed by `kill_on_drop`; this is for what it started.
        if let Some(id) = self.id() {
            signal::kill(id);
        }
    }
}

/// The last lines of a program's output.
#[derive(Clone, Debug, Default)]
struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    fn push(&self, line: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES_KEPT {
            lines.pop_front();
        }
        // Nothing that a terminal takes for more than text.
        let line = String::from_utf8_lossy(line);
        let shown = line.trim_end().chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c });
        lines.push_back(shown.collect());
    }

    fn clear(&mut self) {
        // A reader of the program before may still hold the old one.
        self.0 = Arc::default();
    }

    fn last(&self, count: usize) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().skip(lines.len().saturating_sub(count)).cloned().collect()
    }
}

/// Cuts a stream into lines; the rest of a line that is too long is left out.
async fn read_lines(mut stream: impl AsyncRead + Unpin, output: Output) {
    let mut chunk = vec![0; 8192];
    let mut line = Vec::new();
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        let mut rest = &chunk[..read];
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            extend(&mut line, &rest[..end]);
            output.push(&line);
            line.clear();
            rest = &rest[end + 1..];
        }
        extend(&mut line, rest);
    }
    if !line.is_empty() {
        output.push(&line);
    }
}

fn extend(line: &mut Vec<u8>, bytes: &[u8]) {
    let room = LONGEST_LINE.saturating_sub(line.len());
    line.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

/// The file of a program: as it is where it has a `/`, else in PATH and where servers are.
fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        let path = PathBuf::from(program);
        return path.exists().then_some(path);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(MORE_FOLDERS.map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|file| executable(file))
}

#[cfg(unix)]
fn executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn executable(file: &Path) -> bool {
    file.is_file()
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(number) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = nix::sys::signal::Signal::try_from(number).map_or("unknown", nix::sys::signal::Signal::as_str);
        return format!("was ended by signal {number} ({name})");
    }
    status.code().map_or_else(|| format!("ended: {status}"), |code| format!("exited with status {code}"))
}

#[cfg(unix)]
mod signal {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;

    pub(super) fn terminate(group: u32) {
        send(group, Signal::SIGTERM);
    }

    pub(super) fn kill(group: u32) {
        send(group, Signal::SIGKILL);
    }

    fn send(group: u32, signal: Signal) {
        // 0 would be our own group.
        if let Ok(group @ 2..) = i32::try_from(group) {
            // No such group: all have ended.
            let _ = killpg(Pid::from_raw(group), signal);
        }
    }
}

#[cfg(not(unix))]
mod signal {
    pub(super) const fn terminate(_: u32) {}
    pub(super) const fn kill(_: u32) {}
}

#[cfg(all(test, unix))]
mod tests;
