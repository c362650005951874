//! What the engine has, and what the command says.

use mqttspec::target::{Profile, TargetName};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn docker(words: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(words).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The image of mosquitto that is here, if there is one.
pub(crate) fn image() -> Option<String> {
    let Ok(TargetName::Container(profile)) = TargetName::parse("docker:mosquitto") else { panic!("a profile") };
    let image = profile.image.expect("an image");
    let mut names = std::iter::once(image.name).chain(image.local);
    let found = names.find(|name| docker(&["image", "inspect", name]).is_some());
    if found.is_none() {
        let why = if docker(&["version"]).is_none() { "NO DOCKER ENGINE ANSWERS" } else { "THE IMAGE IS NOT THERE" };
        assert!(std::env::var_os("MQTTSPEC_DOCKER").is_none(), "{why} (scripts/images mosquitto), and it is required");
        eprintln!("\n*** {why}: the tests of containers DO NOT RUN (scripts/images mosquitto) ***\n");
    }
    found
}

/// A profile of mosquitto in a container with more nodes, of which `file "mosquitto.conf"` is one.
pub(crate) fn profile(image: &str, nodes: &str) -> String {
    format!(
        "profile test {{\n image \"{image}\"\n command mosquitto \"-c\" \"$dir/mosquitto.conf\"\n start-within 20\n {nodes}\n}}"
    )
}

pub(crate) fn target(text: &str) -> TargetName {
    TargetName::Container(Box::new(Profile::parse("test.kdl", text).expect("a profile")))
}

/// The command, with a folder for its temporary files that nobody else uses.
pub(crate) struct Run {
    pub(crate) folder: TempDir,
    command: Command,
}

impl Run {
    pub(crate) fn new(words: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("tmp")).expect("a folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqttspec"));
        command.arg("run").args(words).env("TMPDIR", folder.path().join("tmp"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { folder, command }
    }

    /// Takes a profile as its target.
    pub(crate) fn of(text: &str, words: &[&str]) -> Self {
        let mut run = Self::new(&[]);
        let path = run.path("test.kdl");
        std::fs::write(&path, text).expect("written");
        run.command.arg(format!("docker:{}", path.display())).args(words);
        run
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn arg(mut self, word: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    pub(crate) fn spawn(mut self) -> Running {
        let child = self.command.spawn().expect("it starts");
        Running { child: Some(child), folder: self.folder }
    }

    /// Runs to the end, and sees to it that nothing is left: exit code, standard output and standard error.
    pub(crate) fn end(self) -> (i32, String, String) {
        self.spawn().end()
    }
}

pub(crate) struct Running {
    child: Option<Child>,
    folder: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only where a test fails.
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let left = containers(child.id());
            left.iter().for_each(|id| drop(docker(&["rm", "-f", id])));
        }
    }
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().map(Child::id).expect("it runs")
    }

    pub(crate) fn interrupt(&self) {
        let id = i32::try_from(self.id()).expect("a process");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGINT).expect("it runs");
    }

    pub(crate) fn end(self) -> (i32, String, String) {
        let (status, stdout, stderr) = self.end_however();
        (status.code().unwrap_or_else(|| panic!("{status}\n{stderr}")), stdout, stderr)
    }

    /// The same, also where a signal ended it.
    pub(crate) fn end_however(mut self) -> (ExitStatus, String, String) {
        let mut child = self.child.take().expect("it runs");
        let id = child.id();
        let begun = Instant::now();
        while child.try_wait().expect("a child").is_none() {
            if begun.elapsed() > PATIENCE {
                self.child = Some(child);
                panic!("it does not end");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let Output { status, stdout, stderr } = child.wait_with_output().expect("a child");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (stdout, stderr) = (text(stdout), text(stderr));
        nothing_is_left(id, &self.folder.path().join("tmp"));
        (status, stdout, stderr)
    }
}

/// The containers that a process has started, whatever their state.
pub(crate) fn containers(process: u32) -> Vec<String> {
    let label = format!("label=mqttspec.process={process}");
    docker(&["ps", "-aq", "--filter", &label]).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn nothing_is_left(process: u32, folder: &Path) {
    assert_eq!(containers(process), [""; 0], "a container is left");
    for (kind, list) in [("network", ["network", "ls"]), ("volume", ["volume", "ls"])] {
        let label = ["--filter", "label=mqttspec", "-q"];
        let left = docker(&[list.as_slice(), &label].concat()).unwrap_or_default();
        assert_eq!(left, "", "a {kind} is left");
    }
    let files: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    assert!(files.is_empty(), "files are left: {files:?}");
}

/// Looks again and again, since there is nothing to wait for.
pub(crate) fn until(what: &str, mut look: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !look() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
pub(crate) fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}
