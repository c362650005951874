//! TCP.

use super::Fault;
use crate::target::Endpoint;
use std::io;
use tokio::net::{TcpStream, lookup_host};

/// Connects; the name is resolved each time, since a restarted server may have moved.
pub(super) async fn connect(endpoint: &Endpoint) -> Result<TcpStream, Fault> {
    let unresolved = |why: String| Fault::Unresolved { host: endpoint.host.clone(), why };
    let addresses: Vec<_> = match lookup_host((endpoint.host.as_str(), endpoint.port)).await {
        Ok(addresses) => addresses.collect(),
        Err(error) => return Err(unresolved(error.to_string())),
    };
    if addresses.is_empty() {
        return Err(unresolved("it has no address".to_owned()));
    }
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(|error| match error.kind() {
        io::ErrorKind::ConnectionRefused => Fault::Tcp("connection refused: nothing listens there".to_owned()),
        _ => Fault::Tcp(error.to_string()),
    })?;
    // Each write is a packet that a case means to be on the wire now.
    stream.set_nodelay(true).map_err(|error| Fault::Tcp(error.to_string()))?;
    Ok(stream)
}
