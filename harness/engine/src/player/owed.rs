//! Answers that a Server owes in every case, whatever the scenario is about.

use super::Player;
use super::wait::{Context, Wait, WaitKind};
use crate::event::Breach;
use crate::scenario::Span;
use crate::watch::{self, Watch};
use mqttspec_codec::{Packet, PacketType, QoS};
use std::time::Duration;

/// An answer that is owed.
#[derive(Debug)]
pub(super) struct Owed {
    pub(super) connection: u32,
    pub(super) answer: PacketType,
    pub(super) id: Option<u16>,
    /// `PUBACK`, or a duty that is more than a packet: `Session Present`.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) statement: &'static str,
    since: Duration,
    context: Context,
    pub(super) state: OwedState,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum OwedState {
    Pending,
    Met,
    Broken(Breach),
    /// The connection ended before: nothing can be said.
    Dropped,
}

/// What answers a packet.
fn answer_to(packet: &Packet<'_>) -> Option<(PacketType, Option<u16>, &'static Watch)> {
    let id = packet.packet_identifier();
    Some(match packet {
        Packet::Subscribe(_) => (PacketType::Suback, id, watch::SUBACK),
        Packet::Unsubscribe(_) => (PacketType::Unsuback, id, watch::UNSUBACK),
        Packet::Publish(publish) if publish.qos == QoS::AtLeastOnce => (PacketType::Puback, id, watch::PUBACK),
        Packet::Publish(publish) if publish.qos == QoS::ExactlyOnce => (PacketType::Pubrec, id, watch::PUBREC),
        Packet::Pubrel(_) => (PacketType::Pubcomp, id, watch::PUBCOMP),
        Packet::Pubrec(pubrec) if !pubrec.reason.is_error() => (PacketType::Pubrel, id, watch::PUBREL),
        Packet::Pingreq => (PacketType::Pingresp, None, watch::PINGRESP),
        _ => return None,
    })
}

impl Player {
    /// Notes what is owed for a packet that is sent.
    pub(super) fn owe(&mut self, connection: u32, packet: &Packet<'_>, context: Context) {
        if let Some((answer, id, watch)) = answer_to(packet) {
            let request = packet.packet_type();
            self.push_owed(connection, answer, id, format!("{request} is answered with {answer}"), watch, context);
        }
    }

    /// CONNACK for a CONNECT that must be accepted.
    pub(super) fn owe_connack(&mut self, connection: u32, context: Context) {
        let text = watch::CONNACK.text.to_owned();
        self.push_owed(connection, PacketType::Connack, None, text, watch::CONNACK, context);
    }

    /// PUBREL for a PUBREC that the player sends by itself.
    pub(super) fn owe_pubrel(&mut self, connection: u32, id: u16, context: Context) {
        let text = watch::PUBREL.text.to_owned();
        self.push_owed(connection, PacketType::Pubrel, Some(id), text, watch::PUBREL, context);
    }

    fn push_owed(
        &mut self,
        connection: u32,
        answer: PacketType,
        id: Option<u16>,
        text: String,
        watch: &'static Watch,
        context: Context,
    ) {
        let version = self.connections[connection as usize].version;
        let statement = watch.statement(version).unwrap_or_default();
        let (since, state, name) = (self.now, OwedState::Pending, answer.to_string());
        self.owed.push(Owed { connection, answer, id, name, text, statement, since, context, state });
    }

    /// Notes that an answer came.
    pub(super) fn meet(&mut self, connection: u32, answer: PacketType, id: Option<u16>) -> bool {
        let owed = self.pending(connection, answer, id);
        owed.map(|owed| owed.state = OwedState::Met).is_some()
    }

    fn pending(&mut self, connection: u32, answer: PacketType, id: Option<u16>) -> Option<&mut Owed> {
        self.owed.iter_mut().find(|owed| {
            owed.state == OwedState::Pending
                && owed.connection == connection
                && owed.answer == answer
                && (id.is_none() || owed.id == id)
        })
    }

    pub(super) fn owes(&self, connection: u32) -> bool {
        self.owed.iter().any(|owed| owed.state == OwedState::Pending && owed.connection == connection)
    }

    /// The connection ends: what is still owed on it cannot come any more.
    pub(super) fn drop_owed(&mut self, connection: u32) {
        let on_it = |owed: &&mut Owed| owed.connection == connection && owed.state == OwedState::Pending;
        self.owed.iter_mut().filter(on_it).for_each(|owed| owed.state = OwedState::Dropped);
    }

    /// A wait for answers that are still owed when the last step is done.
    pub(super) fn unsettled(&mut self) -> Option<Wait> {
        let owed = self.owed.iter().find(|owed| owed.state == OwedState::Pending)?;
        let (connection, context, since) = (owed.connection, owed.context, owed.since);
        let deadline = (since + self.settings.timeout).max(self.now);
        Some(Wait::until(WaitKind::Owed { connection }, context, since, deadline))
    }

    /// The deadline has passed, the connection is open and PINGREQ is answered: what is owed is broken.
    pub(super) fn break_owed(&mut self, connection: u32) {
        let Some(at) = self.owed.iter().position(|o| o.connection == connection && o.state == OwedState::Pending)
        else {
            return;
        };
        let (context, text) = (self.owed[at].context, self.owed[at].text.clone());
        let expected = match self.owed[at].id {
            Some(id) => format!("{text} (id={id})"),
            None => text,
        };
        let breach = self.breach(context, expected, "nothing, while PINGREQ is answered".to_owned(), None);
        self.owed[at].state = OwedState::Broken(breach);
    }

    /// Breaks this answer, if it is owed.
    pub(super) fn break_owed_answer(
        &mut self,
        connection: u32,
        answer: PacketType,
        id: Option<u16>,
        breach: &Breach,
    ) -> bool {
        let pending = self.pending(connection, answer, id);
        pending.map(|owed| owed.state = OwedState::Broken(breach.clone())).is_some()
    }

    /// Breaks the first answer that is owed on this connection.
    pub(super) fn break_first_owed(&mut self, connection: u32, breach: &Breach) -> bool {
        let first = self.owed.iter_mut().find(|o| o.connection == connection && o.state == OwedState::Pending);
        first.map(|owed| owed.state = OwedState::Broken(breach.clone())).is_some()
    }

    /// A PINGREQ of the player itself was not answered.
    pub(super) fn break_pingresp(&mut self, connection: u32, breach: Breach, span: Span) {
        if !self.break_owed_answer(connection, PacketType::Pingresp, None, &breach) {
            let context = Context { rule: None, span, fault: false, marker: false };
            let text = watch::PINGRESP.text.to_owned();
            self.push_owed(connection, PacketType::Pingresp, None, text, watch::PINGRESP, context);
            self.break_owed_answer(connection, PacketType::Pingresp, None, &breach);
        }
    }

    /// CONNACK has come; whether Session Present is what the statement asks is a duty of its own.
    pub(super) fn judge_session_present(
        &mut self,
        connection: u32,
        index: usize,
        watch: &'static Watch,
        expected: bool,
        actual: bool,
        context: Context,
    ) {
        let text = format!("Session Present is {}", u8::from(expected));
        self.push_owed(connection, PacketType::Connack, None, text.clone(), watch, context);
        let state = if expected == actual {
            OwedState::Met
        } else {
            let actual = format!("Session Present is {}", u8::from(actual));
            let breach = self.breach(context, text, actual, Some((connection, index)));
            self.stop = Some(super::Stop::Broken);
            OwedState::Broken(breach)
        };
        if let Some(owed) = self.owed.last_mut() {
            owed.name = "Session Present".to_owned();
            owed.state = state;
        }
    }
}
