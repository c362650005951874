//! The reference server: sockets and the clock around the sans-IO [`Broker`].

mod accept;
pub mod access;
mod carrier;
mod kept;
mod outgoing;
mod shell;
mod tls;

pub use crate::transport::FrameSabotage;
pub use kept::Kept;
pub use tls::ServerTls;

use crate::transport::Transport;
use accept::Acceptor;
use mqttspec_broker::{Broker, Config, Server, State, server};
use shell::Shell;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

/// The most bytes that may wait to be written to one client. A slow reader costs no more than that.
const QUEUE_BYTES: usize = 16 << 20;
/// Events that wait for the broker; the clients wait when there are more.
const EVENTS: usize = 256;
/// How long TLS and the upgrade to WebSocket may take, if a CONNECT may not take less.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Where to listen, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// What carries MQTT there.
    pub transport: Transport,
    /// The address; port 0 is a free one.
    pub address: SocketAddr,
}

/// A broker that serves. Dropping it ends it, without waiting.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens first.
    pub address: SocketAddr,
    /// Where it listens, in the order that was asked for; no port is 0.
    pub listeners: Vec<Listener>,
    /// Its end is the signal.
    running: oneshot::Sender<()>,
    still: watch::Sender<bool>,
    task: JoinHandle<Option<State>>,
}

impl Serving {
    /// Lets the broker stand still, or go on. Connections stay, new ones are taken, and nothing is answered.
    pub fn hold(&self, still: bool) {
        self.still.send_replace(still);
    }

    /// Closes all connections and the listeners, and waits until that is done.
    pub async fn stop(self) {
        drop(self.stop_and_keep().await);
    }

    /// The same; what another server needs to go on, which a saboteur does not tell.
    pub async fn stop_and_keep(self) -> Option<Kept> {
        drop(self.running);
        self.task.await.ok().flatten().map(Kept::now)
    }
}

/// Serves MQTT over TCP on this address; port 0 is a free one.
///
/// # Errors
/// The address cannot be listened on.
pub async fn serve(listen: SocketAddr, config: Config) -> io::Result<Serving> {
    serve_all(&[Listener { transport: Transport::Tcp, address: listen }], None, config).await
}

/// Serves MQTT on all of these listeners: one broker.
///
/// # Errors
/// There is no listener, one of them needs TLS and there is none, or an address cannot be listened on, which the error
/// names.
pub async fn serve_all(listeners: &[Listener], tls: Option<&ServerTls>, config: Config) -> io::Result<Serving> {
    serve_on(listeners, tls, config, None).await
}

/// The same, where another server stopped.
///
/// # Errors
/// As [`serve_all`], or what was kept is not the state of a broker.
pub async fn serve_on(
    listeners: &[Listener],
    tls: Option<&ServerTls>,
    config: Config,
    kept: Option<&Kept>,
) -> io::Result<Serving> {
    serve_with(listeners, tls, config, kept, QUEUE_BYTES, None).await
}

/// As [`serve_all`], with a server that does this wrong.
///
/// # Errors
/// As [`serve_all`].
pub async fn serve_wrongly(
    listeners: &[Listener],
    tls: Option<&ServerTls>,
    config: Config,
    sabotage: FrameSabotage,
) -> io::Result<Serving> {
    serve_with(listeners, tls, config, None, QUEUE_BYTES, Some(sabotage)).await
}

async fn serve_with(
    listeners: &[Listener],
    tls: Option<&ServerTls>,
    config: Config,
    kept: Option<&Kept>,
    queue_bytes: usize,
    sabotage: Option<FrameSabotage>,
) -> io::Result<Serving> {
    let mut bound = Vec::new();
    let mut acceptors = Vec::new();
    let (running, stopped) = oneshot::channel();
    let (sender, events) = mpsc::channel(EVENTS);
    for &Listener { transport, address } in listeners {
        let cannot =
            |error: io::Error| io::Error::new(error.kind(), format!("{address} cannot be listened on: {error}"));
        let socket = TcpListener::bind(address).await.map_err(cannot)?;
        bound.push(Listener { transport, address: socket.local_addr().map_err(cannot)? });
        let naming = tls.is_some_and(|tls| tls.naming);
        let tls = match (transport.is_secure(), tls) {
            (false, _) => None,
            (true, Some(tls)) => Some(tls.acceptor(transport)),
            (true, None) => return Err(io::Error::new(io::ErrorKind::InvalidInput, "TLS needs a certificate")),
        };
        acceptors.push(Acceptor {
            socket,
            transport,
            tls,
            naming,
            deadline: config.connect_timeout.map_or(HANDSHAKE, |timeout| timeout.min(HANDSHAKE)),
            // A packet of the largest size fits into one frame, and others with it.
            largest_frame: (config.maximum_packet_size as usize).saturating_add(64 << 10),
            events: sender.clone(),
            sabotage,
        });
    }
    let Some(Listener { address, .. }) = bound.first().copied() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is nothing to listen on"));
    };
    let mut tasks = JoinSet::new();
    for acceptor in acceptors {
        tasks.spawn(acceptor.accept());
    }
    let time = kept.map(Kept::time).unwrap_or_default();
    let server: Box<dyn Server> = match kept {
        Some(kept) => Box::new(Broker::restore(config, &kept.state).map_err(io::Error::other)?),
        None => server(config),
    };
    let shell = Shell::new(server, time, sender, tasks, queue_bytes);
    let (still, held) = watch::channel(false);
    let task = tokio::spawn(shell.run(events, stopped, held));
    Ok(Serving { address, listeners: bound, running, still, task })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Authority;
    use crate::target::Endpoint;
    use crate::transport::{Connector, TlsOptions};
    use mqttspec_codec::{Packet, Version};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::{Instant, timeout};

    const LONG: Duration = Duration::from_secs(60);
    const CONNECT: &[u8] = b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01a";

    /// A client that does not read costs one queue, and then its connection, whatever carries it.
    #[tokio::test]
    async fn a_slow_reader_is_closed() {
        let authority = Authority::new().unwrap();
        let tls = ServerTls::issued(&authority.server(&["localhost".to_owned()]).unwrap(), None).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let listeners = Transport::ALL.map(|transport| Listener { transport, address });
        let serving = serve_with(&listeners, Some(&tls), Config::default(), None, 64 * 1024, None).await.unwrap();
        let insecure = TlsOptions { insecure: true, ..TlsOptions::default() }.load().unwrap();
        for listener in &serving.listeners {
            let endpoint = Endpoint::new(listener.transport, "localhost", listener.address.port());
            let connector = Connector { endpoint, tls: listener.transport.is_secure().then(|| insecure.clone()) };
            let connect = || connector.connect(Instant::now() + LONG, LONG);
            let mut client = connect().await.unwrap();
            client.write_all(CONNECT).await.unwrap();
            // Each PINGREQ is answered, and no answer is read.
            let pings = Packet::Pingreq.to_bytes(Version::V311).unwrap().repeat(8 * 1024);
            let flood = async { while client.write_all(&pings).await.is_ok() && client.flush().await.is_ok() {} };
            timeout(LONG, flood).await.unwrap_or_else(|_| panic!("not closed over {}", listener.transport.word()));
            // The others are served.
            let mut other = connect().await.unwrap();
            other.write_all(CONNECT).await.unwrap();
            other.flush().await.unwrap();
            let mut connack = [0; 4];
            other.read_exact(&mut connack).await.unwrap();
            assert_eq!(connack, [0x20, 2, 0, 0]);
        }
    }
}
