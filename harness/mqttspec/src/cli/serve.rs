//! `mqttspec serve`.

use super::args::ServeArgs;
use super::failure::Failure;
use super::{code, output};
use crate::signals::Signals;
use mqttspec_broker::Config;
use std::net::SocketAddr;

pub(super) fn serve(args: &ServeArgs) -> Result<u8, Failure> {
    let internal = |error: std::io::Error| Failure::new(code::INTERNAL, error.to_string(), None);
    let runtime = tokio::runtime::Runtime::new().map_err(internal)?;
    let listen = SocketAddr::new(args.bind, args.port);
    runtime.block_on(async {
        // Before anyone is told that it is ready: who is told may end it at once.
        let mut signals = Signals::listen().map_err(internal)?;
        let serving = crate::serve::serve(listen, Config::default()).await.map_err(|error| {
            let help = "leave -p out for a port that is free, or end what listens there";
            Failure::usage(format!("{listen} cannot be listened on: {error}"), help)
        })?;
        output::print(&format!("mqttspec serve: mqtt://{}\n", serving.address))?;
        signals.ended().await;
        serving.stop().await;
        Ok(0)
    })
}
