//! What a saboteur does later.

use super::Saboteur;
use crate::broker::ConnectionId;
use core::time::Duration;

/// Something that was put off.
#[derive(Clone, Debug)]
pub(super) enum Later {
    /// The Client gets these bytes.
    Write(ConnectionId, Vec<u8>),
    /// The Client gets this PUBLISH of the broker if it has not acknowledged it.
    Again(ConnectionId, u16, Vec<u8>),
    /// The broker forgets all subscriptions of the Client.
    Forget(ConnectionId),
}

impl Saboteur {
    /// Puts something off.
    pub(super) fn put_off(&mut self, delay: Duration, later: Later) {
        self.later.push((self.now + delay, later));
    }

    /// Does what was put off until now.
    pub(super) fn do_later(&mut self) {
        let (due, later) = std::mem::take(&mut self.later).into_iter().partition(|(at, _)| *at <= self.now);
        self.later = later;
        let due: Vec<(Duration, Later)> = due;
        for (_, later) in due {
            match later {
                Later::Write(connection, bytes) if self.is_open(connection) => self.write_bytes(connection, bytes),
                Later::Again(connection, identifier, bytes) if self.is_open(connection) => {
                    if self.session(connection).sent.contains_key(&identifier) {
                        self.write_bytes(connection, bytes);
                    }
                }
                Later::Forget(connection) if self.is_open(connection) => self.forget_subscriptions(connection),
                Later::Write(..) | Later::Again(..) | Later::Forget(_) => {}
            }
        }
    }
}
