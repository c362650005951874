//! What the player waits for, and what it makes of a deadline.

use super::connection::State;
use super::lane::Found;
use super::{Player, Stop};
use crate::event::{Ending, Event};
use crate::plan::{Op, OpKind};
use crate::scenario::{PacketSpec, Span, Timing, Verb};
use mqttspec_codec::PacketType;
use std::time::Duration;

/// How often a deadline is put off because the driver stood still.
const EXTENSIONS: u8 = 3;

/// The operation that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub(super) rule: Option<usize>,
    pub(super) span: Span,
    pub(super) fault: bool,
    pub(super) marker: bool,
}

impl Context {
    pub(super) const fn of(op: &Op) -> Self {
        Self { rule: op.rule, span: op.span, fault: op.fault, marker: op.marker }
    }
}

#[derive(Debug)]
pub(super) struct Wait {
    pub(super) kind: WaitKind,
    pub(super) context: Context,
    pub(super) since: Duration,
    pub(super) deadline: Duration,
    /// The deadline has passed once, and a PINGREQ is out to see whether the Server is there at all: its number.
    pub(super) probe: Option<usize>,
    extensions: u8,
}

impl Wait {
    pub(super) const fn until(kind: WaitKind, context: Context, now: Duration, deadline: Duration) -> Self {
        Self { kind, context, since: now, deadline, probe: None, extensions: 0 }
    }
}

/// A CONNECT that is sent once the connection is there.
#[derive(Debug)]
pub(super) struct Greeting {
    pub(super) spec: PacketSpec,
    pub(super) resume: bool,
}

#[derive(Debug)]
pub(super) enum WaitKind {
    Opened {
        client: usize,
        greeting: Option<Greeting>,
    },
    Connack {
        client: usize,
        present: Option<bool>,
        resume: bool,
    },
    Receive {
        client: usize,
        expected: PacketSpec,
        bind: Option<String>,
        acknowledge: bool,
        timing: Timing,
        unless: Option<String>,
    },
    Closed {
        client: usize,
        timing: Timing,
        without: Option<PacketType>,
    },
    AnyOf(Vec<Vec<Op>>),
    AnyOrder(Vec<Op>),
    Alive {
        client: usize,
        nth: usize,
    },
    Pause,
    /// What becomes of an operation.
    Server,
    Tail {
        connection: u32,
        pattern: PacketSpec,
    },
    /// The messages of a stream.
    Stream,
    /// Answers that are owed at the end, on this connection.
    Owed {
        connection: u32,
    },
}

impl Player {
    /// The hard deadline of a wait; `judged` tells whether a rule rests on it.
    pub(super) fn deadline_of(&self, kind: &WaitKind, judged: bool) -> Duration {
        let first = |op: &Op| match &op.kind {
            OpKind::Client { verb: Verb::Receive { timing, .. } | Verb::Closed { timing, .. }, .. } => {
                self.limit(*timing, op.rule.is_some())
            }
            _ => self.now + self.settings.timeout,
        };
        match kind {
            WaitKind::Receive { timing, .. } | WaitKind::Closed { timing, .. } => self.limit(*timing, judged),
            WaitKind::AnyOf(branches) => {
                let limits = branches.iter().filter_map(|branch| branch.first()).map(first);
                limits.max().unwrap_or(self.now + self.settings.timeout)
            }
            // Whoever drives the player opens connections in turn, and tells when one cannot be had; so too with
            // operations.
            WaitKind::Opened { .. } | WaitKind::Server => self.now + super::FOR_EVER,
            _ => self.now + self.settings.timeout,
        }
    }

    /// The hard deadline of something with a limit: three times the limit where lateness is judged, and never less
    /// than the general one.
    fn limit(&self, timing: Timing, judged: bool) -> Duration {
        let timeout = self.settings.timeout;
        let times = if judged { 3 } else { 1 };
        let late = timing
            .within
            .map_or(Duration::ZERO, |within| self.reference.completed + within * times + self.settings.tail);
        let early = timing.after.map_or(Duration::ZERO, |after| self.reference.began + after + timeout);
        late.max(early).max(self.now + timeout)
    }

    /// Looks whether what is waited for is there. `None`: the wait is over, one way or the other.
    pub(super) fn look(&mut self, wait: Wait) -> Option<Wait> {
        let wait = self.look_for_arrival(wait)?;
        if self.is_due(&wait) { self.overdue(wait) } else { Some(wait) }
    }

    /// A deadline fires in a tick only: before that, something that arrived in time may still be on its way in.
    const fn is_due(&self, wait: &Wait) -> bool {
        self.ticking && self.now.as_nanos() >= wait.deadline.as_nanos()
    }

    fn look_for_arrival(&mut self, wait: Wait) -> Option<Wait> {
        match &wait.kind {
            WaitKind::Pause => (!self.is_due(&wait)).then_some(wait),
            WaitKind::Server if self.operating.is_some() => Some(wait),
            WaitKind::Server => {
                self.note_step(wait.context);
                None
            }
            WaitKind::Opened { client, greeting } => {
                let connection = self.connection(*client, wait.context)?;
                match self.connections[connection as usize].state {
                    State::Opening => Some(wait),
                    State::Open => {
                        match greeting {
                            Some(greeting) => self.greet(*client, greeting, wait.context),
                            None if wait.context.rule.is_some() => self.pass(wait.context, None),
                            None => {}
                        }
                        None
                    }
                    State::Ended(..) => {
                        self.closed_instead(connection, wait.context);
                        None
                    }
                }
            }
            WaitKind::Connack { client, present, resume } => {
                let (client, present, resume) = (*client, *present, *resume);
                let connection = self.connection(client, wait.context)?;
                let received = self.connections[connection as usize].received.iter();
                let found = received.enumerate().find(|(_, r)| r.packet_type() == Some(PacketType::Connack));
                if let Some((index, _)) = found {
                    self.connack(connection, index, present, resume, wait.context);
                    return None;
                }
                self.still_open(connection, wait)
            }
            WaitKind::Receive { client, expected, acknowledge, .. } => {
                match self.find(*client, expected, wait.context.marker) {
                    Err(nonsense) => {
                        self.stop = Some(Stop::Inconclusive(nonsense));
                        None
                    }
                    Ok(Found::Packet(connection, index)) => {
                        self.receive(connection, index, wait);
                        None
                    }
                    Ok(Found::Otherwise(..) | Found::Nothing) => {
                        let connection = self.connection(*client, wait.context)?;
                        if *acknowledge {
                            self.acknowledge_others(connection, expected, wait.context);
                        }
                        if wait.probe.is_some_and(|nth| self.ponged(connection, nth)) {
                            self.unmet(connection, &wait);
                            return None;
                        }
                        self.still_open(connection, wait)
                    }
                }
            }
            WaitKind::Closed { client, timing, without } => {
                let connection = self.connection(*client, wait.context)?;
                if let State::Ended(ending, at) = self.connections[connection as usize].state
                    && ending != Ending::HalfByClient
                {
                    let (timing, without) = (*timing, *without);
                    self.closed_as_asked(connection, (ending, at), timing, without, wait.context);
                    return None;
                }
                if wait.probe.is_some_and(|nth| self.ponged(connection, nth)) {
                    self.not_closed(connection, true, wait.context);
                    return None;
                }
                Some(wait)
            }
            WaitKind::Stream => self.look_at_stream(wait),
            WaitKind::AnyOf(_) => self.look_for_branch(wait),
            WaitKind::AnyOrder(_) => self.look_for_any(wait),
            WaitKind::Alive { client, nth } => {
                let connection = self.connection(*client, wait.context)?;
                if self.ponged(connection, *nth) {
                    self.pass(wait.context, None);
                    return None;
                }
                self.still_open(connection, wait)
            }
            WaitKind::Tail { connection, pattern } => {
                let connection = *connection;
                if let Some((connection, index)) = self.intruder(connection, pattern) {
                    self.intruded(connection, index, wait.context);
                    return None;
                }
                if self.is_due(&wait) && !self.has_stalled(&wait) && self.connections[connection as usize].is_open() {
                    let pattern = pattern.clone();
                    self.silent(connection, pattern, crate::event::Silence::Witnessed, wait.context);
                    return None;
                }
                if self.connections[connection as usize].ended_by_server().is_some() {
                    let told = "the Server closed the connection before the silence was over";
                    self.stop = Some(Stop::Inconclusive(told.to_owned()));
                    return None;
                }
                self.still_open(connection, wait)
            }
            WaitKind::Owed { connection } => {
                let connection = *connection;
                let state = &self.connections[connection as usize];
                let excused = state.tainted || self.taken_over(connection);
                if self.owes(connection) && state.ended_by_server().is_some() && !excused {
                    self.unmet(connection, &wait);
                    return None;
                }
                if !self.owes(connection) || !state.is_open() {
                    self.drop_owed(connection);
                    return None;
                }
                if wait.probe.is_some_and(|nth| self.ponged(connection, nth)) {
                    self.break_owed(connection);
                    return None;
                }
                Some(wait)
            }
        }
    }

    /// The connection of a Client; without one the step makes no sense, and the case says so.
    fn connection(&mut self, client: usize, context: Context) -> Option<u32> {
        let connection = self.clients[client].connection;
        if connection.is_none() {
            self.nonsense("the Client has no Network Connection", context);
        }
        connection
    }

    /// The wait goes on while the connection can still bring something.
    pub(super) fn still_open(&mut self, connection: u32, wait: Wait) -> Option<Wait> {
        let state = &self.connections[connection as usize];
        if state.lost {
            let name = &self.case.scenario.clients[state.client].name;
            self.stop = Some(Stop::Inconclusive(format!("the framing of what {name} receives is lost")));
            return None;
        }
        match state.state {
            State::Ended(Ending::ByServer | Ending::ResetByServer, _) => {
                self.unmet(connection, &wait);
                None
            }
            State::Ended(Ending::ByClient | Ending::ResetByClient | Ending::CutOff, _) => {
                self.nonsense("the Client has closed its Network Connection", wait.context);
                None
            }
            State::Ended(Ending::WithServer, _) => {
                self.nonsense("the Network Connection has ended with the server", wait.context);
                None
            }
            State::Ended(Ending::HalfByClient, _) | State::Opening | State::Open => Some(wait),
        }
    }

    fn has_stalled(&self, wait: &Wait) -> bool {
        self.stalled.is_some_and(|stall| stall >= wait.since)
    }

    pub(super) fn ponged(&self, connection: u32, nth: usize) -> bool {
        let received = self.connections[connection as usize].received.iter();
        received.filter(|received| received.packet_type() == Some(PacketType::Pingresp)).count() >= nth
    }

    /// The deadline has passed, and all that arrived before it has been looked at.
    fn overdue(&mut self, mut wait: Wait) -> Option<Wait> {
        if self.has_stalled(&wait) {
            if wait.extensions == EXTENSIONS {
                self.stop = Some(Stop::Inconclusive("this machine stood still again and again".to_owned()));
                return None;
            }
            let again = match wait.kind {
                WaitKind::Tail { .. } => wait.deadline.saturating_sub(wait.since),
                _ => self.settings.timeout,
            };
            wait.extensions += 1;
            wait.since = self.now;
            wait.deadline = self.now + again;
            return Some(wait);
        }
        let connection = match &wait.kind {
            WaitKind::Pause => return None,
            WaitKind::Server => {
                self.stop = Some(Stop::Inconclusive("nothing became of what was done to the server".to_owned()));
                return None;
            }
            WaitKind::Opened { .. } => {
                self.stop = Some(Stop::Inconclusive("no Network Connection before the deadline".to_owned()));
                return None;
            }
            WaitKind::Owed { connection } | WaitKind::Tail { connection, .. } => Some(*connection),
            WaitKind::Stream => self.stream_waits_for(),
            WaitKind::AnyOf(branches) => branches.iter().find_map(|branch| self.connection_of(branch.first()?)),
            WaitKind::AnyOrder(ops) => ops.iter().find_map(|op| self.connection_of(op)),
            WaitKind::Connack { client, .. }
            | WaitKind::Receive { client, .. }
            | WaitKind::Closed { client, .. }
            | WaitKind::Alive { client, .. } => self.clients[*client].connection,
        };
        let Some(connection) = connection else {
            self.nonsense("there is no Network Connection", wait.context);
            return None;
        };
        let state = &self.connections[connection as usize];
        let probes = !matches!(wait.kind, WaitKind::Alive { .. } | WaitKind::Connack { .. });
        if wait.probe.is_none() && probes && state.accepted && state.state == State::Open {
            self.ping(connection);
            wait.probe = Some(self.connections[connection as usize].pings_sent);
            wait.deadline = self.now + self.settings.timeout;
            return Some(wait);
        }
        match &wait.kind {
            WaitKind::Closed { .. } => self.not_closed(connection, false, wait.context),
            _ if self.farewell(connection).is_some() => self.unmet(connection, &wait),
            WaitKind::Stream if !self.connections[connection as usize].accepted => {
                self.stream_unaccepted(connection, wait.context);
            }
            WaitKind::Owed { .. } => self.no_pong(connection, wait.context),
            _ if wait.probe.is_some() => self.no_pong(connection, wait.context),
            // A rule that asks for the answer asks for it after a fault as well.
            WaitKind::Alive { .. } if wait.context.rule.is_some() => self.unmet(connection, &wait),
            WaitKind::Alive { .. } => self.no_pong(connection, wait.context),
            _ => self.unmet(connection, &wait),
        }
        None
    }

    pub(super) fn ping(&mut self, connection: u32) {
        self.connections[connection as usize].pings_sent += 1;
        self.write(connection, vec![0xc0, 0x00]);
    }

    pub(super) fn connection_of(&self, op: &Op) -> Option<u32> {
        match &op.kind {
            OpKind::Client { client, .. } => self.clients[*client].connection,
            _ => None,
        }
    }

    pub(super) fn note_step(&mut self, context: Context) {
        let place = self.case.scenario.source.place(context.span);
        let (case, at_us) = (self.case.id.clone(), self.at_us());
        self.emit(Event::Step { case, at_us, place });
    }
}
