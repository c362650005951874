//! Silence: that nothing came, and how certain that is.

use super::Player;
use super::wait::{Context, Wait, WaitKind};
use crate::event::Silence;
use crate::plan::{Op, OpKind};
use crate::scenario::{Field, Marker, PacketSpec, Span, Timing, Value, Verb};
use mqttspec_codec::{Packet, PacketType};

/// The first packet identifier that fences use.
const FENCE_IDENTIFIER: u16 = 60_000;

/// A silence that was found, and that a latecomer still breaks.
#[derive(Debug)]
pub(super) struct ArmedSilence {
    client: usize,
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
        let id = FENCE_IDENTIFIER + self.fences;
        self.fences += 1;
        let topic = Value::Bytes(topic);
        let payload = Value::Bytes(format!("mqttspec fence {id}").into_bytes());
        let id = Value::Number(id.into());
        let with_id = |packet| spec(packet, &[("id", id.clone())]);
        let send = |spec| (publisher, Verb::Send(spec));
        let receive = |client, expected| {
            let verb = Verb::Receive { expected, bind: None, acknowledge: true, timing: Timing::default() };
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

        // Only when all that the publisher sent is acknowledged is the marker ordered behind it.
        let open = self.clients[publisher].connection.is_some_and(|connection| self.owes_for_publish(connection));
        let quiet = Verb::Quiet { pattern, marker: Marker::Steps(Vec::new()), ordered: ordered && !open };
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
        if let Some((connection, index)) = self.intruder(client, &pattern) {
            return self.intruded(connection, index, context);
        }
        if ordered {
            return self.silent(client, pattern, Silence::Ordered, context);
        }
        let measure = self.delay.max(self.settings.control_delay) * 5;
        let deadline = self.now + measure.max(self.settings.tail);
        self.wait = Some(Wait::until(WaitKind::Tail { client, pattern }, context, self.now, deadline));
    }

    pub(super) fn silent(&mut self, client: usize, pattern: PacketSpec, silence: Silence, context: Context) {
        self.pass(context, Some(silence));
        self.silences.push(ArmedSilence { client, pattern, context });
    }

    /// The first packet that no step took and that must not be there.
    pub(super) fn intruder(&self, client: usize, pattern: &PacketSpec) -> Option<(u32, usize)> {
        let connection = self.clients[client].connection?;
        let state = &self.connections[connection as usize];
        let unwanted = |packet: &Packet<'_>| {
            super::matching::is_meant(&self.names, pattern, packet, state.version).unwrap_or(false)
                && super::matching::broken_claims(&self.names, pattern, packet, state.version)
                    .is_ok_and(|broken| broken.is_empty())
        };
        let found = state.untaken().find(|(index, received)| {
            received.packet().is_some_and(|packet| {
                let lawful_copy = match &packet {
                    Packet::Publish(publish) => self.is_retransmission(connection, *index, publish),
                    _ => false,
                };
                unwanted(&packet) && !lawful_copy
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
            if let Some((connection, index)) = self.intruder(armed.client, &armed.pattern) {
                self.intruded(connection, index, armed.context);
            }
        }
    }
}
