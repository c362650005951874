//! `mqttspec probe`.

use super::args::ProbeArgs;
use super::failure::Failure;
use super::{code, output, reports, target};
use crate::probe::probe;
use crate::signals::Signals;
use crate::target::{Access, Server, TargetName};
use mqttspec_codec::Version;
use std::io::Write;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) fn run(args: &ProbeArgs) -> Result<u8, Failure> {
    let internal = |error: std::io::Error| Failure::new(code::INTERNAL, error.to_string(), None);
    let named = match (&args.target, target::address(&args.server, &args.tls)) {
        (Some(word), None) => TargetName::parse(word)?,
        (None, Some(url)) => TargetName::parse(&url)?,
        (Some(word), Some(_)) => {
            return Err(Failure::usage(format!("`{word}` and -h or -p name two servers"), "leave out one of them"));
        }
        (None, None) => {
            return Err(Failure::usage("no server is named", "name its address: mqttspec probe mqtt://HOST"));
        }
    };
    if !matches!(named, TargetName::Url(_)) {
        let help = "start it, and name its address: mqttspec probe mqtt://HOST";
        return Err(Failure::usage(format!("{named} is no address of a server that runs"), help));
    }
    let access = Access {
        credentials: target::credentials(&args.server)?,
        tls: target::tls(&args.tls),
        transport: args.tls.transport,
    };
    let profile =
        args.write_profile.as_deref().map(|path| reports::create(path).map(|file| (path, file))).transpose()?;
    let versions = if args.server.versions.is_empty() { Version::ALL.to_vec() } else { args.server.versions.clone() };
    let runtime = tokio::runtime::Runtime::new().map_err(internal)?;
    let sheet = runtime.block_on(async {
        let mut signals = Signals::listen().map_err(internal)?;
        let stop = AtomicBool::new(false);
        let mut probed = pin!(async {
            let server = Server::start(named, access, &versions, args.timeout).await?;
            Ok::<_, Failure>(probe(&server, &args.server.topic_prefix, args.timeout, &stop).await)
        });
        tokio::select! {
            probed = &mut probed => probed,
            () = signals.ended() => {
                // What was left on the server is taken away first.
                stop.store(true, Ordering::Relaxed);
                let _ = probed.await;
                Err(Failure::new(code::INTERRUPTED, "interrupted", None))
            }
        }
    })?;
    if let Some((path, mut file)) = profile {
        let told = |error| Failure::new(code::INTERNAL, format!("{} cannot be written: {error}", path.display()), None);
        file.write_all(sheet.profile().as_bytes()).map_err(told)?;
    }
    let text = if args.json { format!("{:#}\n", sheet.json()) } else { sheet.text() };
    output::print(&text)
}
