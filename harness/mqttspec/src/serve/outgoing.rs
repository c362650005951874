//! What waits to be written to one client.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The end that packets are put into. Dropping it says that none follows.
#[derive(Debug)]
pub(super) struct Outgoing(Arc<Shared>);

/// The end that packets are taken out of.
#[derive(Debug)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// There is something to take.
    ready: Notify,
    /// No packet follows.
    closed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// How many bytes have been taken and are not written.
    taken: usize,
    closed: bool,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that holds it panics.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both ends.
pub(super) fn outgoing() -> (Outgoing, Queue) {
    let shared = Arc::new(Shared::default());
    (Outgoing(shared.clone()), Queue(shared))
}

impl Outgoing {
    /// Adds a packet, and tells how many bytes are not written. Nobody takes them before [`Outgoing::ready`].
    pub(super) fn push(&self, packet: Vec<u8>) -> usize {
        let mut waiting = self.0.waiting();
        if waiting.bytes.is_empty() {
            waiting.bytes = packet;
        } else {
            waiting.bytes.extend_from_slice(&packet);
        }
        waiting.bytes.len() + waiting.taken
    }

    /// What is there can be taken.
    pub(super) fn ready(&self) {
        self.0.ready.notify_one();
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.0.waiting().closed = true;
        self.0.ready.notify_one();
        self.0.closed.notify_one();
    }
}

impl Queue {
    /// All that waits, once there is something; what was taken before has been written. `None` when nothing follows.
    pub(super) async fn take(&self) -> Option<Vec<u8>> {
        loop {
            {
                let mut waiting = self.0.waiting();
                let bytes = std::mem::take(&mut waiting.bytes);
                waiting.taken = bytes.len();
                if !bytes.is_empty() {
                    return Some(bytes);
                }
                if waiting.closed {
                    return None;
                }
            }
            self.0.ready.notified().await;
        }
    }

    /// Until no packet follows.
    pub(super) async fn closed(&self) {
        self.0.closed.notified().await;
    }
}
