//! A server in a container. testcontainers creates, starts and removes it; what is here besides sees to it that nothing is
//! left whatever happens meanwhile: testcontainers forgets a container whose start fails or is given up, and its watchdog
//! for signals would end this process before the reports are written.

mod engine;
mod image;

pub(super) use image::tag;

use super::LogReader;
use super::error::Cause;
use super::files::Files;
use super::output::{Output, read_lines};
use super::process::signal;
use super::profile::{Port, Ports, Profile, Variables, expand};
use crate::transport::{TlsOptions, Transport};
use engine::{ENGINE, on_engine};
use mqttspec_engine::event::TargetImage;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use testcontainers::bollard::models::{HostConfig, PortBinding};
use testcontainers::core::IntoContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{
    ContainerAsync, ContainerRequest, CopyTargetOptions, GenericImage, ImageExt, TestcontainersError,
};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// The folder of the files in a container.
const FOLDER: &str = "/mqttspec";
/// The address to listen on: a container has a network of its own.
const HOST: &str = "0.0.0.0";
/// What a container's labels say: the name that it has, and the process that started it.
const LABELS: [&str; 2] = ["mqttspec", "mqttspec.process"];
/// How often it is looked whether a container still runs.
const LOOK: Duration = Duration::from_millis(100);
/// How long a closed socket may be ahead of the end of its container, and that ahead of its output.
const SOON: Duration = Duration::from_secs(2);
/// How long a server may take to end after it was asked to, in seconds.
const GRACE: i32 = 30;
/// The longest time to wait for an engine that removes a container.
const REMOVAL: Duration = Duration::from_secs(60);

type Running = Arc<ContainerAsync<GenericImage>>;

/// A container of a profile. Dropping it removes it, and waits until it is gone.
#[derive(Debug)]
pub(super) struct Container {
    name: String,
    image: TargetImage,
    profile: Profile,
    ports: Ports,
    /// While it is being created: goes on when whoever wanted it has given up.
    starting: Option<JoinHandle<Result<Running, TestcontainersError>>>,
    running: Option<Running>,
    output: Output,
    readers: JoinSet<()>,
    removed: bool,
    files: Files,
}

impl Container {
    /// Finds the image, and pulls it if need be.
    pub(super) async fn new(profile: &Profile) -> Result<Self, Cause> {
        let files = Files::new(profile)?;
        let image = engine::find(profile.image.clone()).await?;
        let number: String = std::iter::repeat_with(|| fastrand::char('a'..='z')).take(10).collect();
        let ports = profile.listeners.iter().map(|listen| (listen.transport, inside(listen.transport, listen.port)));
        Ok(Self {
            name: format!("mqttspec-{number}"),
            image,
            ports: ports.collect(),
            profile: profile.clone(),
            starting: None,
            running: None,
            output: Output::default(),
            readers: JoinSet::new(),
            removed: false,
            files,
        })
    }

    pub(super) const fn image(&self) -> &TargetImage {
        &self.image
    }

    /// What the engine calls it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What a client needs for TLS with it.
    pub(super) fn tls(&self, options: &TlsOptions) -> TlsOptions {
        self.files.tls(options)
    }

    /// Where the server listens in the container.
    pub(super) fn inside(&self, transport: Transport) -> u16 {
        self.ports.get(&transport).copied().unwrap_or_default()
    }

    /// Creates the container, copies the files into it and starts it.
    pub(super) async fn start(&mut self) -> Result<(), Cause> {
        let request = self.request()?;
        let starting = ENGINE.spawn(async move { request.start().await.map(Arc::new) });
        // By reference: if this future is dropped, the handle stays for the removal to wait for.
        let started = self.starting.insert(starting).await;
        self.starting = None;
        match started {
            Ok(Ok(running)) => {
                self.running = Some(running);
                self.follow();
                Ok(())
            }
            Ok(Err(error)) => Err(Cause::Container(engine::why(&error))),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn request(&self) -> Result<ContainerRequest<GenericImage>, Cause> {
        let (repository, tag) = image::parts(&self.image.name);
        let mut image = GenericImage::new(repository, tag);
        for &port in self.ports.values() {
            image = image.with_exposed_port(port.tcp());
        }
        let variables = Variables { ports: &self.ports, dir: FOLDER, host: HOST };
        let published: Vec<String> = self.ports.values().map(|port| format!("{port}/tcp")).collect();
        let labels = LABELS.into_iter().zip([self.name.clone(), std::process::id().to_string()]);
        let mut request = image
            .with_container_name(&self.name)
            .with_labels(labels)
            .with_host_config_modifier(move |host| publish(host, &published));
        let command = self.profile.command.as_ref().or(self.profile.program.as_ref());
        if let Some(words) = command {
            request = request.with_cmd(words.iter().map(|word| expand(word, variables)));
        }
        for (name, value) in &self.profile.environment {
            request = request.with_env_var(name, expand(value, variables));
        }
        // Whoever the server runs as is to read them.
        let place = |name: &str| CopyTargetOptions::new(format!("{FOLDER}/{name}")).with_mode(0o644);
        for (name, path) in self.files.certificates() {
            request = request.with_copy_to(place(name), std::fs::read(path).map_err(Cause::Files)?);
        }
        for (name, text) in Files::of_profile(&self.profile, variables) {
            request = request.with_copy_to(place(name), text.into_bytes());
        }
        Ok(request)
    }

    /// The port of this machine that leads to a listener; another one after each start. `None` when it does not run.
    pub(super) async fn published(&self, transport: Transport) -> Option<u16> {
        let (running, port) = (self.running.clone()?, self.inside(transport).tcp());
        on_engine(async move { running.ports().await.ok()?.map_to_host_port_ipv4(port) }).await
    }

    /// Reads the output from its beginning.
    fn follow(&mut self) {
        self.output.clear();
        self.readers = JoinSet::new();
        if let Some(running) = &self.running {
            let _inside = ENGINE.enter();
            for stream in [running.stdout(true), running.stderr(true)] {
                self.readers.spawn_on(read_lines(stream, self.output.clone()), ENGINE.handle());
            }
        }
    }

    pub(super) fn log_tail(&self) -> Vec<String> {
        self.output.tail()
    }

    /// Tells the reader of the output, from what is kept on.
    pub(super) fn follow_log(&self, reader: LogReader) {
        self.output.follow(reader);
    }

    /// Waits for the output of a container that has ended.
    pub(super) async fn output_end(&mut self) {
        let _ = timeout(SOON, async { while self.readers.join_next().await.is_some() {} }).await;
    }

    /// How the server ended, if it has.
    pub(super) async fn ended(&self) -> Option<String> {
        let Some(running) = self.running.clone() else { return Some("does not run".to_owned()) };
        match on_engine(async move { running.exit_code().await }).await {
            Ok(None) => None,
            Ok(Some(code)) => Some(describe(code)),
            Err(error) => Some(format!("is lost: {}", engine::why(&error))),
        }
    }

    /// Waits until the server ends, and tells how.
    pub(super) async fn exit(&self) -> String {
        loop {
            if let Some(ended) = self.ended().await {
                return ended;
            }
            sleep(LOOK).await;
        }
    }

    /// How the server ended, if it has or is about to.
    pub(super) async fn ended_soon(&self) -> Option<String> {
        timeout(SOON, self.exit()).await.ok()
    }

    /// Ends the server, in order or without warning, and starts it again in the same container, with what it left there.
    pub(super) async fn start_again(&mut self, in_order: bool) -> Result<(), Cause> {
        let (running, name) = (self.running()?, self.name.clone());
        let told = |error: TestcontainersError| Cause::Container(engine::why(&error));
        let ended = async move {
            // One that stands still does not hear of its end; any other cannot be resumed, which does not matter.
            let _ = running.unpause().await;
            if in_order { running.stop_with_timeout(Some(GRACE)).await } else { engine::kill(&name).await }
        };
        on_engine(ended).await.map_err(told)?;
        self.exit().await;
        let running = self.running()?;
        on_engine(async move { running.start().await }).await.map_err(told)?;
        self.follow();
        Ok(())
    }

    /// Lets everything in the container stand still, or go on.
    pub(super) async fn hold(&self, still: bool) -> Result<(), Cause> {
        let running = self.running()?;
        let held = async move { if still { running.pause().await } else { running.unpause().await } };
        on_engine(held).await.map_err(|error| Cause::Container(engine::why(&error)))
    }

    fn running(&self) -> Result<Running, Cause> {
        self.running.clone().ok_or_else(|| Cause::Container("it is gone".to_owned()))
    }

    /// Removes it.
    pub(super) async fn end(&mut self) {
        let removal = self.removal();
        let _ = timeout(REMOVAL, on_engine(removal)).await;
        self.output_end().await;
    }

    /// Removes the container: the one that runs, the one that a start has just created or will have in a moment.
    fn removal(&mut self) -> impl Future<Output = ()> + Send + 'static {
        self.removed = true;
        let (name, starting, running) = (self.name.clone(), self.starting.take(), self.running.take());
        async move {
            let running = match starting {
                Some(starting) => starting.await.ok().and_then(Result::ok),
                None => running,
            };
            if let Some(running) = running.and_then(Arc::into_inner) {
                let _ = running.rm().await;
            }
            engine::remove(&name).await;
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if self.removed {
            return;
        }
        let removal = self.removal();
        // Whatever runtime this is dropped in, or none: another one does the work.
        let (done, gone) = mpsc::channel();
        ENGINE.spawn(async move {
            removal.await;
            let _ = done.send(());
        });
        let _ = gone.recv_timeout(REMOVAL);
    }
}

/// Where a server listens in its container.
const fn inside(transport: Transport, port: Port) -> u16 {
    match (port, transport) {
        (Port::Fixed(port), _) => port,
        (Port::Picked, Transport::Tcp) => 1883,
        (Port::Picked, Transport::Tls) => 8883,
        (Port::Picked, Transport::Ws) => 8083,
        (Port::Picked, Transport::Wss) => 8084,
    }
}

/// Free ports of loopback, and nothing else: an image may expose more.
fn publish(host: &mut HostConfig, ports: &[String]) {
    let binding = || PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(String::new()) };
    host.publish_all_ports = Some(false);
    host.port_bindings = Some(ports.iter().map(|port| (port.clone(), Some(vec![binding()]))).collect());
}

/// A shell's way to tell of a signal is an engine's, too.
fn describe(code: i64) -> String {
    match i32::try_from(code - 128) {
        Ok(number @ 1..=64) => signal::describe(number),
        _ => format!("exited with status {code}"),
    }
}
