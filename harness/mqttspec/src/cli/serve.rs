//! `mqttspec serve`.

use super::args::{CertificateArgs, ClientArgs, ServeArgs};
use super::failure::Failure;
use super::values::Place;
use super::{choices, code, output, selftest};
use crate::authority::Authority;
use crate::serve::access::{access_list, users};
use crate::serve::{Kept, Listener, ServerTls, serve_on};
use crate::signals::Signals;
use crate::target::{Endpoint, TargetError, TlsFileError};
use crate::transport::Transport;
use mqttspec_broker::Config;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

pub(super) fn serve(args: &ServeArgs) -> Result<u8, Failure> {
    let internal = |error: std::io::Error| Failure::new(code::INTERNAL, error.to_string(), None);
    let sabotage = args.sabotage.as_deref().map(selftest::saboteur).transpose()?;
    let listeners = listeners(args);
    let tls = tls(&args.certificates, &listeners)?;
    let tls = if args.clients.certificate_names { tls.map(ServerTls::naming) } else { tls };
    let config = Config { sabotage, ..config(&args.clients, choices::config(&args.choose)?)? };
    let state = args.state.as_deref();
    let kept = state.map_or(Ok(None), Kept::read).map_err(|error| unusable_state(state, &error))?;
    state.map_or(Ok(()), Kept::writable).map_err(|error| unusable_state(state, &error))?;
    let runtime = tokio::runtime::Runtime::new().map_err(internal)?;
    runtime.block_on(async {
        // Before anyone is told that it is ready: who is told may end it at once.
        let mut signals = Signals::listen().map_err(internal)?;
        let serving = serve_on(&listeners, tls.as_ref(), config, kept.as_ref()).await.map_err(|error| {
            Failure::usage(error.to_string(), "take port 0 for one that is free, or end what listens there")
        })?;
        let mut told = String::new();
        for Listener { transport, address } in &serving.listeners {
            let endpoint = Endpoint::new(*transport, address.ip().to_string(), address.port());
            // Writing to a text does not fail.
            let _ = writeln!(told, "mqttspec serve: {}", endpoint.to_url());
        }
        output::print(&told)?;
        signals.ended().await;
        if let (Some(kept), Some(path)) = (serving.stop_and_keep().await, state) {
            kept.write(path).map_err(|error| unusable_state(state, &error))?;
        }
        Ok(0)
    })
}

fn unusable_state(path: Option<&Path>, error: &std::io::Error) -> Failure {
    let path = path.unwrap_or(Path::new("")).display();
    Failure::usage(format!("{path} cannot hold the state: {error}"), "name a file of an earlier serve, or a new one")
}

/// Where to listen: TCP on a free port, if nothing is said.
fn listeners(args: &ServeArgs) -> Vec<Listener> {
    let more = &args.listeners;
    let mut listeners = Vec::new();
    let mut add = |transport: Transport, places: &[Place]| {
        listeners.extend(places.iter().map(|place| {
            let address = SocketAddr::new(place.address.unwrap_or(args.bind), place.port);
            Listener { transport, address }
        }));
    };
    let nothing = [&more.listen, &more.tls, &more.ws, &more.wss].iter().all(|places| places.is_empty());
    let port = args.port.or(nothing.then_some(0));
    add(Transport::Tcp, port.map(|port| Place { address: None, port }).as_slice());
    add(Transport::Tcp, &more.listen);
    add(Transport::Tls, &more.tls);
    add(Transport::Ws, &more.ws);
    add(Transport::Wss, &more.wss);
    listeners
}

/// Who is let in, and what each may do.
fn config(args: &ClientArgs, chosen: Config) -> Result<Config, Failure> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| {
            let message = format!("{} cannot be read: {error}", path.display());
            Failure::usage(message, "name a file that exists and that you may read")
        })
    };
    let mut credentials = args.user.clone();
    if let Some(path) = &args.users {
        let more = users(&read(path)?).map_err(|why| {
            Failure::usage(format!("{}: {why}", path.display()), "write a line NAME:PASSWORD for each user")
        })?;
        // No credentials at all would let everyone in.
        if more.is_empty() {
            return Err(Failure::usage(
                format!("{} names no users", path.display()),
                "leave it out to let everyone in",
            ));
        }
        credentials.extend(more);
    }
    let access_list = match &args.acl {
        Some(path) => Some(access_list(&path.display().to_string(), &read(path)?).map_err(TargetError::from)?),
        None => None,
    };
    Ok(Config { credentials, access_list, ..chosen })
}

fn tls(args: &CertificateArgs, listeners: &[Listener]) -> Result<Option<ServerTls>, Failure> {
    let secure: Vec<&Listener> = listeners.iter().filter(|listener| listener.transport.is_secure()).collect();
    if secure.is_empty() {
        let useless = args.cert.is_some() || args.write_ca.is_some() || args.client_ca.is_some();
        return if useless {
            Err(Failure::usage("certificates without a listener that uses them", "add --tls or --wss"))
        } else {
            Ok(None)
        };
    }
    let unusable = |error: TlsFileError| Failure::from(TargetError::from(error));
    let client_ca = args.client_ca.as_deref();
    if let (Some(certificate), Some(key)) = (&args.cert, &args.key) {
        return ServerTls::from_files(certificate, key, client_ca).map(Some).map_err(unusable);
    }
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    names.extend(secure.iter().map(|listener| listener.address.ip().to_string()));
    names.sort_by_key(|name| (name != "localhost", name.clone()));
    names.dedup();
    let internal = |error: rcgen::Error| Failure::new(code::INTERNAL, error.to_string(), None);
    let authority = Authority::new().map_err(internal)?;
    let issued = authority.server(&names).map_err(internal)?;
    if let Some(path) = &args.write_ca {
        std::fs::write(path, authority.certificate()).map_err(|error| {
            let message = format!("{} cannot be written: {error}", path.display());
            Failure::usage(message, "name a file in a folder that exists and that you may write to")
        })?;
    }
    ServerTls::issued(&issued, client_ca).map(Some).map_err(unusable)
}
