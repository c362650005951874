//! The entry points, and what happens at a time.

use crate::config::Config;
use crate::connection::{Connection, Peer};
use crate::retained::Retained;
use crate::session::{ClientId, Session};
use crate::statistics::{Outputs, Traffic};
use crate::subscriptions::Subscriptions;
use crate::timers::{Timer, Timers};
use core::time::Duration;
use std::collections::BTreeMap;

/// The caller's name for a Network Connection. A name is not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What the caller has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes: one whole Control Packet.
    Write {
        /// The Network Connection.
        connection: ConnectionId,
        /// The packet.
        bytes: Vec<u8>,
    },
    /// Close the Network Connection, once all that was written before is sent.
    Close {
        /// The Network Connection.
        connection: ConnectionId,
    },
}

/// The server. See the [crate documentation](crate).
#[derive(Debug)]
pub struct Broker {
    pub(crate) config: Config,
    /// The time of the event that is being handled.
    pub(crate) now: Duration,
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    pub(crate) sessions: BTreeMap<ClientId, Session>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) retained: Retained,
    pub(crate) timers: Timers,
    /// How many Client Identifiers have been assigned.
    pub(crate) assigned: u64,
    /// How many clients are connected, and how many were at most.
    pub(crate) connected: usize,
    pub(crate) connected_maximum: usize,
    /// The bytes that are held for clients whose CONNECT is not accepted.
    pub(crate) undecided_bytes: usize,
    pub(crate) received: Traffic,
    pub(crate) outputs: Outputs,
}

impl Broker {
    /// A server without sessions and retained messages.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let subscriptions = Subscriptions::new(config.behaviour.shares_with_first);
        let mut broker = Self {
            config,
            now: Duration::ZERO,
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            subscriptions,
            retained: Retained::default(),
            timers: Timers::default(),
            assigned: 0,
            connected: 0,
            connected_maximum: 0,
            undecided_bytes: 0,
            received: Traffic::default(),
            outputs: Outputs::default(),
        };
        broker.schedule_sys();
        broker
    }

    /// A Network Connection is there.
    pub fn opened(&mut self, now: Duration, connection: ConnectionId) {
        self.tick_before(now);
        if self.connections.contains_key(&connection) {
            return;
        }
        let accepted = self.connected;
        if self.connections.len() - accepted >= self.config.connection_maximum.max(1) {
            self.outputs.close(connection);
            return;
        }
        self.connections.insert(connection, Connection::default());
        let deadline = self.config.connect_timeout.and_then(|timeout| now.checked_add(timeout));
        self.timers.set(Timer::Silence(connection), deadline);
    }

    /// The Client has closed or reset the Network Connection, or it broke. Harmless after [`Output::Close`].
    pub fn closed(&mut self, now: Duration, connection: ConnectionId) {
        self.tick_before(now);
        self.network_connection_ended(connection);
    }

    /// Does what is due. Harmless at any time.
    pub fn tick(&mut self, now: Duration) {
        self.run_timers(now, |deadline| deadline <= now);
    }

    /// When [`Broker::tick`] is to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// What is to be done, in order; `None` when there is nothing left.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop()
    }

    /// Does what was due before `now`; what is due at `now` waits, so that what happens at a deadline is in time.
    pub(crate) fn tick_before(&mut self, now: Duration) {
        self.run_timers(now, |deadline| deadline < now);
    }

    /// Fires every timer that is `due`, each at its own time.
    fn run_timers(&mut self, now: Duration, due: impl Fn(Duration) -> bool) {
        while let Some((deadline, timer)) = self.timers.pop(&due) {
            self.now = self.now.max(deadline);
            match timer {
                Timer::Silence(connection) => self.silent_for_too_long(connection),
                Timer::WillDelay(client_id) => self.publish_will(&client_id),
                Timer::SessionExpiry(client_id) => self.end_session(&client_id),
                Timer::Sys => self.publish_sys(),
                Timer::LateAnswers(connection) => self.send_late_answers(connection),
                Timer::Resend(client_id) => self.resend(&client_id),
            }
        }
        self.now = self.now.max(now);
    }

    /// The client of a Network Connection whose CONNECT is accepted.
    pub(crate) fn peer(&self, connection: ConnectionId) -> Option<Peer> {
        let client = self.connections.get(&connection)?.client.as_ref()?;
        Some(Peer { connection, client_id: client.client_id.clone(), version: client.version })
    }
}
