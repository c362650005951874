//! The program of a profile as a process: its files, its output and its end.

use super::LogReader;
use super::error::Cause;
use super::files::Files;
use super::output::{Output, read_lines};
use super::profile::{Ports, Profile, Variables, expand};
use crate::transport::TlsOptions;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Folders of servers that the PATH of a user may lack.
const MORE_FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];
/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);
/// How long a closed socket may be ahead of the end of its process, and the end of a process ahead of its output.
const SOON: Duration = Duration::from_secs(1);

/// The program of a profile. Dropping it kills the process and removes its files.
#[derive(Debug)]
pub(super) struct Process {
    child: Option<Child>,
    output: Output,
    readers: JoinSet<()>,
    program: PathBuf,
    profile: Profile,
    ports: Ports,
    // The last field: the files go when nobody uses them any more.
    files: Files,
}

impl Process {
    /// Finds the program and makes a folder for its files.
    pub(super) fn new(profile: &Profile) -> Result<Self, Cause> {
        let name = profile.program.as_ref().and_then(|words| words.first()).map_or("", String::as_str);
        let program = find(name)
            .ok_or_else(|| Cause::ProgramNotFound { program: name.to_owned(), install: profile.install.clone() })?;
        let files = Files::new(profile)?;
        Ok(Self {
            child: None,
            output: Output::default(),
            readers: JoinSet::new(),
            program,
            profile: profile.clone(),
            ports: Ports::new(),
            files,
        })
    }

    /// What a client needs for TLS with it.
    pub(super) fn tls(&self, options: &TlsOptions) -> TlsOptions {
        self.files.tls(options)
    }

    /// Writes the files and starts the program, which is to listen on these ports.
    pub(super) fn spawn(&mut self, ports: Ports) -> Result<(), Cause> {
        self.ports = ports;
        let folder = self.files.path().display().to_string();
        for (name, text) in Files::of_profile(&self.profile, self.variables(&folder)) {
            std::fs::write(self.files.path().join(name), text).map_err(Cause::Files)?;
        }
        self.spawn_again()
    }

    /// Starts the program again, with what it left in its folder.
    pub(super) fn spawn_again(&mut self) -> Result<(), Cause> {
        let folder = self.files.path().display().to_string();
        let variables = self.variables(&folder);
        let words = self.profile.program.iter().flatten().skip(1);
        let mut command = Command::new(&self.program);
        command.args(words.map(|word| expand(word, variables)));
        command.envs(self.profile.environment.iter().map(|(name, value)| (name, expand(value, variables))));
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

    fn variables<'a>(&'a self, dir: &'a str) -> Variables<'a> {
        Variables {
            ports: &self.ports,
            dir,
            host: self.profile.listeners.first().map_or("127.0.0.1", |first| &first.host),
        }
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
        self.output.says_in_use()
    }

    pub(super) fn log_tail(&self) -> Vec<String> {
        self.output.tail()
    }

    /// Tells the reader of the output, from what is kept on.
    pub(super) fn follow_log(&self, reader: LogReader) {
        self.output.follow(reader);
    }

    /// Asks the process and all of its group to end, kills what does not, and waits.
    pub(super) async fn end(&mut self) {
        self.end_within(GRACE).await;
    }

    async fn end_within(&mut self, grace: Duration) {
        // It stays where it is while it is waited for: whoever gives up waiting still ends it by dropping this.
        let Some(child) = &mut self.child else { return };
        if let Some(id) = child.id() {
            signal::terminate(id);
            // One that stands still does not hear of its end.
            signal::proceed(id);
            let waited = timeout(grace, child.wait()).await;
            signal::kill(id);
            if waited.is_err() {
                let _ = child.start_kill();
                let _ = child.wait().await;
            }
        }
        self.output_end().await;
        self.child = None;
    }

    /// Ends the process and all of its group without warning, and waits.
    pub(super) async fn kill(&mut self) {
        let Some(child) = &mut self.child else { return };
        if let Some(id) = child.id() {
            signal::kill(id);
        }
        let _ = child.start_kill();
        let _ = child.wait().await;
        self.output_end().await;
        self.child = None;
    }

    /// Lets the process and all of its group stand still, or go on.
    pub(super) fn hold(&mut self, still: bool) -> Result<(), Cause> {
        if let Some(ended) = self.ended() {
            return Err(Cause::Exited(ended));
        }
        match self.id() {
            Some(id) if still => signal::stop(id),
            Some(id) => signal::proceed(id),
            None => {}
        }
        Ok(())
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
        return signal::describe(number);
    }
    status.code().map_or_else(|| format!("ended: {status}"), |code| format!("exited with status {code}"))
}

#[cfg(unix)]
pub(super) mod signal {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;

    pub(in crate::target) fn describe(number: i32) -> String {
        let name = Signal::try_from(number).map_or("unknown", Signal::as_str);
        format!("was ended by signal {number} ({name})")
    }

    pub(super) fn terminate(group: u32) {
        send(group, Signal::SIGTERM);
    }

    pub(super) fn kill(group: u32) {
        send(group, Signal::SIGKILL);
    }

    pub(super) fn stop(group: u32) {
        send(group, Signal::SIGSTOP);
    }

    pub(super) fn proceed(group: u32) {
        send(group, Signal::SIGCONT);
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
pub(super) mod signal {
    pub(in crate::target) fn describe(number: i32) -> String {
        format!("was ended by signal {number}")
    }

    pub(super) const fn terminate(_: u32) {}
    pub(super) const fn kill(_: u32) {}
    pub(super) const fn stop(_: u32) {}
    pub(super) const fn proceed(_: u32) {}
}

#[cfg(all(test, unix))]
mod tests;
