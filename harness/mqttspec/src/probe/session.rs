//! One Network Connection, a packet at a time.

use crate::transport::{Connector, Stream};
use mqttspec_codec::{Connect, Context, Disconnect, Packet, Properties, Sender, Version, frame, inspect};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// The longest packet that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// A connection on which a CONNECT was sent.
pub(super) struct Session {
    stream: Stream,
    version: Version,
    received: Vec<u8>,
    timeout: Duration,
}

/// Why nothing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    /// The Server closed.
    Closed,
    /// No answer in time.
    Silent,
    /// What came is no MQTT.
    Garbage,
}

impl Nothing {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Closed => "the server closed",
            Self::Silent => "no answer",
            Self::Garbage => "what came is no MQTT",
        }
    }
}

impl Session {
    /// Connects with a clean session, and sends CONNECT.
    pub(super) async fn open(
        connector: &Connector,
        version: Version,
        credentials: Option<&(String, Vec<u8>)>,
        client_id: &str,
        timeout: Duration,
    ) -> Result<Self, Nothing> {
        let deadline = Instant::now() + timeout;
        let stream = connector.connect(deadline, timeout).await.map_err(|_| Nothing::Closed)?;
        let mut session = Self { stream, version, received: Vec::new(), timeout };
        let connect = Connect {
            version,
            clean_start: true,
            keep_alive: 60,
            properties: Properties::EMPTY,
            client_id: client_id.into(),
            will: None,
            user_name: credentials.map(|(name, _)| name.as_str().into()),
            password: credentials.map(|(_, password)| password.as_slice()),
        };
        session.send(&Packet::Connect(connect)).await?;
        Ok(session)
    }

    pub(super) async fn send(&mut self, packet: &Packet<'_>) -> Result<(), Nothing> {
        let bytes = packet.to_bytes(self.version).map_err(|_| Nothing::Garbage)?;
        let write = async { self.stream.write_all(&bytes).await.and(self.stream.flush().await) };
        match timeout_at(Instant::now() + self.timeout, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Nothing::Closed),
            Err(_) => Err(Nothing::Silent),
        }
    }

    /// The first packet of which `take` makes something; the others are left out. One deadline for all.
    pub(super) async fn wait<T>(&mut self, take: impl Fn(Packet<'_>) -> Option<T>) -> Result<T, Nothing> {
        let deadline = Instant::now() + self.timeout;
        loop {
            let packet = self.next(deadline).await?;
            let context = Context::new(self.version, Sender::Server);
            if let Some(taken) = inspect(&packet, &context).packet.and_then(&take) {
                return Ok(taken);
            }
        }
    }

    /// The bytes of the next packet.
    async fn next(&mut self, deadline: Instant) -> Result<Vec<u8>, Nothing> {
        let mut chunk = vec![0; 4096];
        loop {
            if let Some(frame) = frame(&self.received).map_err(|_| Nothing::Garbage)? {
                if frame.len > LONGEST {
                    return Err(Nothing::Garbage);
                }
                if self.received.len() >= frame.len {
                    return Ok(self.received.drain(..frame.len).collect());
                }
            }
            match timeout_at(deadline, self.stream.read(&mut chunk)).await {
                Ok(Ok(0) | Err(_)) => return Err(Nothing::Closed),
                Ok(Ok(read)) => self.received.extend_from_slice(&chunk[..read]),
                Err(_) => return Err(Nothing::Silent),
            }
        }
    }

    /// Says good-bye; the session ends with the connection.
    pub(super) async fn end(mut self) {
        if self.send(&Packet::Disconnect(Disconnect::default())).await.is_ok() {
            let _ = timeout_at(Instant::now() + Duration::from_millis(250), self.stream.shutdown()).await;
        }
    }
}
