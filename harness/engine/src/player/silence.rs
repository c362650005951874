//! Silence: that nothing came, and how certain that is.

use super::Player;
use super::wait::{Context, Wait, WaitKind};
use crate::event::Silence;
use crate::plan::{Op, OpKind};
use crate::scenario::fields::TOPIC_BEGINS;
use crate::scenario::{Field, Marker, PacketSpec, Span, Timing, Value, Verb};
use mqttspec_codec::{Packet, PacketType, Publish};

/// The first packet identifier that fences use.
const FENCE_IDENTIFIER: u16 = 60_000;
/// What the payload of a fence begins with.
const FENCE: &str = "mqttspec fence ";

/// A silence that was found, and that a latecomer still breaks.
#[derive(Debug)]
pub(super) struct ArmedSilence {
    /// Another connection is another conversation.
    connection: u32,
    pattern: PacketSpec,
    context: Context,
}

fn spec(packet: PacketType, fields: &[(&str, Value)]) -> PacketSpec {
    let field =
        |(key, value): &(&str, Value)| Field { key: (*key).to_owned(), value: value.clone(), span: Span::default() };
    PacketSpec { packet, fields: fields.iter().map(field).collect(), entries: Vec::new() }
}

impl Player {
    /// Puts the marker of `fence=` before the silence: one more PUBLISH like the publisher's last.
    pub(super) fn fence(
        &mut self,
        client: usize,
        publisher: usize,
        pattern: PacketSpec,
        ordered: bool,
        context: Context,
    ) {
        let Some((topic, qos)) = self.clients[publisher].last_publish.clone() else {
            return self.nonsense("the fence has published nothing yet", context);
        };
        let id = FENCE_IDENTIFIER + self.fences % 5000;
        self.fences += 1;
        let topic = Value::Bytes(topic);
        let payload = Value::Bytes(format!("{FENCE}{id}").into_bytes());
        let id = Value::Number(id.into());
        let with_id = |packet| spec(packet, &[("id", id.clone())]);
        let send = |spec| (publisher, Verb::Send(spec));
        let receive = |client, expected| {
            let timing = Timing::default();
            let verb = Verb::Receive { expected, bind: None, acknowledge: true, timing, unless: None };
            (client, verb)
        };
        let qos_value = ("qos", Value::Number(qos.into()));
        let message = [("topic", topic.clone()), ("payload", payload.clone()), qos_value, ("id", id.clone())];
        let mut verbs = vec![send(spec(PacketType::Publish, &message))];
        match qos {
            0 => {}
            1 => verbs.push(receive(publisher, with_id(PacketType::Puback))),
            _ => verbs.extend([
                receive(publisher, with_id(PacketType::Pubrec)),
                send(with_id(PacketType::Pubrel)),
                receive(publisher, with_id(PacketType::Pubcomp)),
            ]),
        }
        verbs.push(receive(client, spec(PacketType::Publish, &[("topic", topic), ("payload", payload)])));

        // Only when all that the publisher sent is acknowledged is the marker ordered behind it, and only within one
        // subscription: another may bring a copy at another QoS.
        let subscriber = self.clients[client].connection.map(|connection| &self.connections[connection as usize]);
        let open = self.clients[publisher].connection.is_some_and(|connection| {
            self.session(connection).iter().any(|&number| !self.connections[number as usize].outbound.is_empty())
        });
        let filters: usize = subscriber.map_or(0, |subscriber| {
            let same = self.connections.iter().filter(|other| other.client_id == subscriber.client_id);
            same.map(|other| other.filters).sum()
        });
        let ordered = ordered && !open && filters <= 1;
        let quiet = Verb::Quiet { pattern, marker: Marker::Steps(Vec::new()), ordered };
        let op = |(client, verb): (usize, Verb), marker: bool, rule: Option<usize>| Op {
            kind: OpKind::Client { client, verb },
            rule,
            span: context.span,
            fault: context.fault,
            marker,
        };
        self.program.push_front(op((client, quiet), false, context.rule));
        for verb in verbs.into_iter().rev() {
            self.program.push_front(op(verb, true, None));
        }
    }

    /// The marker has come: has what must not?
    pub(super) fn silence(&mut self, client: usize, pattern: PacketSpec, ordered: bool, context: Context) {
        let Some(connection) = self.clients[client].connection else {
            return self.nonsense("the Client has no Network Connection", context);
        };
        if let Some((connection, index)) = self.intruder(connection, &pattern) {
            return self.intruded(connection, index, context);
        }
        if ordered {
            return self.silent(connection, pattern, Silence::Ordered, context);
        }
        let measure = self.delay.max(self.settings.control_delay) * 5;
        let deadline = self.now + measure.max(self.settings.tail);
        self.wait = Some(Wait::until(WaitKind::Tail { connection, pattern }, context, self.now, deadline));
    }

    pub(super) fn silent(&mut self, connection: u32, pattern: PacketSpec, silence: Silence, context: Context) {
        self.pass(context, Some(silence));
        self.silences.push(ArmedSilence { connection, pattern, context });
    }

    /// Whether a PUBLISH has nothing to do with what must not come: a fence, or, where the pattern says neither topic
    /// nor payload, a message of a subscription that the Server made by itself (5.0 4.5).
    fn is_from_outside(&self, pattern: &PacketSpec, publish: &Publish<'_>) -> bool {
        let anything = ["topic", TOPIC_BEGINS, "payload"].iter().all(|key| pattern.field(key).is_none());
        publish.payload.starts_with(FENCE.as_bytes()) || anything && self.is_of_nobody(publish)
    }

    /// Whether a PUBLISH has nothing to do with the case: no topic that it could be about.
    pub(super) fn is_of_nobody(&self, publish: &Publish<'_>) -> bool {
        let topic = publish.topic.as_bytes();
        !topic.starts_with(self.settings.topic_prefix.as_bytes()) && !self.published.contains(topic)
    }

    /// The first packet that no step took and that must not be there.
    pub(super) fn intruder(&self, connection: u32, pattern: &PacketSpec) -> Option<(u32, usize)> {
        let state = &self.connections[connection as usize];
        let unwanted = |packet: &Packet<'_>, size: usize| {
            super::matching::is_meant(&self.names, pattern, packet, state.version).unwrap_or(false)
                && super::matching::broken_claims(&self.names, pattern, packet, size, state.version)
                    .is_ok_and(|broken| broken.is_empty())
        };
        let found = state.untaken().find(|(index, received)| {
            received.packet().is_some_and(|packet| {
                let lawful = match &packet {
                    Packet::Publish(publish) => {
                        self.is_from_outside(pattern, publish) || self.original(connection, *index, publish).is_some()
                    }
                    _ => false,
                };
                unwanted(&packet, received.bytes.len()) && !lawful
            })
        });
        found.map(|(index, _)| (connection, index))
    }

    pub(super) fn intruded(&mut self, connection: u32, index: usize, context: Context) {
        let actual = self.connections[connection as usize].received[index].describe();
        let breach = self.breach(context, "no such packet".to_owned(), actual, Some((connection, index)));
        self.fail(context, breach);
    }

    /// Whether a latecomer broke a silence after it was found.
    pub(super) fn judge_silences(&mut self) {
        for armed in std::mem::take(&mut self.silences) {
            if let Some((connection, index)) = self.intruder(armed.connection, &armed.pattern) {
                self.intruded(connection, index, armed.context);
            }
        }
    }
}
