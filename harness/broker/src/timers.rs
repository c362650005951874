//! What has to happen at a time.

use crate::broker::ConnectionId;
use crate::session::ClientId;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// What a deadline is for. At one instant they fire in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A Network Connection was silent for too long, before its CONNECT or after.
    Silence(ConnectionId),
    /// A Will Delay Interval has passed.
    WillDelay(ClientId),
    /// A Session Expiry Interval has passed.
    SessionExpiry(ClientId),
    /// The counters are published.
    Sys,
    /// Answers have been held back for long enough.
    LateAnswers(ConnectionId),
    /// A client has not acknowledged something for long enough.
    Resend(ClientId),
}

/// The deadlines, one for each timer.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    deadlines: BTreeMap<Timer, Duration>,
    queue: BTreeSet<(Duration, Timer)>,
}

impl Timers {
    /// Sets the deadline of a timer, or takes it away.
    pub(crate) fn set(&mut self, timer: Timer, deadline: Option<Duration>) {
        let old = match deadline {
            Some(deadline) => self.deadlines.insert(timer.clone(), deadline),
            None => self.deadlines.remove(&timer),
        };
        if old == deadline {
            return;
        }
        if let Some(old) = old {
            self.queue.remove(&(old, timer.clone()));
        }
        if let Some(deadline) = deadline {
            self.queue.insert((deadline, timer));
        }
    }

    /// The deadline of a timer that is set.
    pub(crate) fn deadline(&self, timer: &Timer) -> Option<Duration> {
        self.deadlines.get(timer).copied()
    }

    /// Sets the deadline of a timer that has none.
    pub(crate) fn set_if_none(&mut self, timer: Timer, deadline: Option<Duration>) {
        if !self.deadlines.contains_key(&timer) {
            self.set(timer, deadline);
        }
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.queue.first().map(|(deadline, _)| *deadline)
    }

    /// Takes the earliest timer out, if `due` says so of its deadline.
    pub(crate) fn pop(&mut self, due: impl Fn(Duration) -> bool) -> Option<(Duration, Timer)> {
        if !due(self.next()?) {
            return None;
        }
        let (deadline, timer) = self.queue.pop_first()?;
        self.deadlines.remove(&timer);
        Some((deadline, timer))
    }
}
