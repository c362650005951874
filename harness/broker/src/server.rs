//! What a shell drives: the broker, or the broker behind a saboteur.

use crate::broker::{Broker, ConnectionId, Output};
use crate::config::Config;
use crate::saboteur::Saboteur;
use crate::state::State;
use core::fmt::Debug;
use core::time::Duration;

/// A server without input and output of its own. [`Broker`] says what the entry points mean.
pub trait Server: Debug + Send {
    /// See [`Broker::opened`].
    fn opened(&mut self, now: Duration, connection: ConnectionId);
    /// See [`Broker::identified`].
    fn identified(&mut self, now: Duration, connection: ConnectionId, name: &str);
    /// See [`Broker::received`].
    fn received(&mut self, now: Duration, connection: ConnectionId, bytes: &[u8]);
    /// See [`Broker::closed`].
    fn closed(&mut self, now: Duration, connection: ConnectionId);
    /// See [`Broker::tick`].
    fn tick(&mut self, now: Duration);
    /// See [`Broker::shut_down`].
    fn shut_down(&mut self, now: Duration);
    /// The server has ended, and has been started again: with what [`Broker::state`] holds, or with nothing where its
    /// [`Behaviour`](crate::Behaviour) keeps nothing. Its Network Connections are gone without a word; whoever wants it to
    /// end in order lets it [`shut_down`](Server::shut_down) before.
    fn start_again(&mut self, now: Duration, end: End);
    /// See [`Broker::next_deadline`].
    fn next_deadline(&self) -> Option<Duration>;
    /// See [`Broker::poll`].
    fn poll(&mut self) -> Option<Output>;
    /// See [`Broker::state`]; a saboteur has none to tell.
    fn state(&self, _now: Duration) -> Option<State> {
        None
    }
}

/// How a server ended that is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As its operator asked it to.
    InOrder,
    /// Without warning.
    Killed,
}

/// The server of a configuration: the broker, or a saboteur where [`Config::sabotage`] names one.
#[must_use]
pub fn server(config: Config) -> Box<dyn Server> {
    match config.sabotage {
        None => Box::new(Broker::new(config)),
        Some(sabotage) => Box::new(Saboteur::new(config, sabotage)),
    }
}

impl Server for Broker {
    fn opened(&mut self, now: Duration, connection: ConnectionId) {
        Self::opened(self, now, connection);
    }

    fn identified(&mut self, now: Duration, connection: ConnectionId, name: &str) {
        Self::identified(self, now, connection, name);
    }

    fn received(&mut self, now: Duration, connection: ConnectionId, bytes: &[u8]) {
        Self::received(self, now, connection, bytes);
    }

    fn closed(&mut self, now: Duration, connection: ConnectionId) {
        Self::closed(self, now, connection);
    }

    fn tick(&mut self, now: Duration) {
        Self::tick(self, now);
    }

    fn shut_down(&mut self, now: Duration) {
        Self::shut_down(self, now);
    }

    fn start_again(&mut self, now: Duration, end: End) {
        self.start_again_with(now, end, |_| {});
    }

    fn next_deadline(&self) -> Option<Duration> {
        Self::next_deadline(self)
    }

    fn poll(&mut self) -> Option<Output> {
        Self::poll(self)
    }

    fn state(&self, now: Duration) -> Option<State> {
        Some(Self::state(self, now))
    }
}
