//! The task of a connection.

use super::outgoing::Queue;
use super::shell::Event;
use crate::transport::Stream;
use mqttspec_broker::ConnectionId;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// The fewest and the most bytes of one read: what a silent client costs, and what a busy one gets.
const READ: (usize, usize) = (256, 16 * 1024);
/// The most bytes of one write: of one WebSocket frame.
const WRITE: usize = 64 * 1024;
/// How long the last packets to a client may take.
const FLUSH: Duration = Duration::from_secs(10);
/// How long a client may take to close after the server has.
const LINGER: Duration = Duration::from_secs(2);

/// Carries the bytes of one connection, both ways.
pub(super) struct Carrier {
    pub(super) connection: ConnectionId,
    pub(super) events: mpsc::Sender<Event>,
}

impl Carrier {
    pub(super) async fn carry(self, stream: Stream, queue: Queue) {
        let (mut reader, mut writer) = split(stream);
        let read = async {
            let mut room = READ.0;
            loop {
                let mut bytes = Vec::with_capacity(room);
                let Ok(read @ 1..) = reader.read_buf(&mut bytes).await else { return };
                // A read that fills the room has left something behind.
                room = if read == room { (room * 4).min(READ.1) } else { read.next_power_of_two().max(READ.0) };
                if self.events.send(Event::Received(self.connection, bytes)).await.is_err() {
                    return;
                }
            }
        };
        let write = async {
            while let Some(bytes) = queue.take().await {
                for piece in bytes.chunks(WRITE) {
                    if writer.write_all(piece).await.is_err() {
                        return;
                    }
                }
                if writer.flush().await.is_err() {
                    return;
                }
            }
            let _ = writer.shutdown().await;
        };
        let too_slow = async {
            queue.closed().await;
            sleep(FLUSH).await;
        };
        let closed = || self.events.send(Event::Closed(self.connection));
        tokio::pin!(read, write);
        tokio::select! {
            // What the client has asked for before it closed its sending direction is still answered.
            () = &mut read => {
                let _ = closed().await;
                let _ = timeout(FLUSH, write).await;
                return;
            }
            // All is sent. To close with bytes unread would be a reset, which may overtake the last packet.
            () = &mut write => {
                let _ = timeout(LINGER, read).await;
            }
            () = too_slow => {}
        }
        let _ = closed().await;
    }
}
