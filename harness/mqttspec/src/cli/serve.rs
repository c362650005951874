//! `mqttspec serve`.

use super::args::ServeArgs;
use super::failure::Failure;
use super::{code, output};
use mqttspec_broker::Config;
use std::net::SocketAddr;
use tokio::signal;

pub(super) fn serve(args: &ServeArgs) -> Result<u8, Failure> {
    let internal = |error: std::io::Error| Failure::new(code::INTERNAL, error.to_string(), None);
    let runtime = tokio::runtime::Runtime::new().map_err(internal)?;
    let listen = SocketAddr::new(args.bind, args.port);
    runtime.block_on(async {
        // Before anyone is told that it is ready: who is told may end it at once.
        let mut end = End::new().map_err(internal)?;
        let serving = crate::serve::serve(listen, Config::default()).await.map_err(|error| {
            let help = "name another port with -p (0 for one that is free), or end what listens there";
            Failure::usage(format!("{listen} cannot be listened on: {error}"), help)
        })?;
        output::print(&format!("mqttspec serve: mqtt://{}\n", serving.address))?;
        end.wait().await;
        serving.stop().await;
        Ok(0)
    })
}

/// Ctrl-C, and what service managers and containers send.
#[cfg(unix)]
struct End(signal::unix::Signal, signal::unix::Signal);

#[cfg(unix)]
impl End {
    fn new() -> std::io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct End;

#[cfg(not(unix))]
impl End {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn wait(&mut self) {
        let _ = signal::ctrl_c().await;
    }
}
