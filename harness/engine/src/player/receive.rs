//! What becomes of a packet that a step waits for, and what the player answers by itself.

use super::connection::{Received, State};
use super::matching::{bindings, is_meant};
use super::wait::{Context, Wait, WaitKind};
use super::{Player, Stop};
use crate::scenario::{PacketSpec, Span, Timing};
use crate::watch;
use mqttspec_codec::{Acknowledgement, Packet, PacketType, PropertyId, QoS, ReasonCode};

/// What the player does by itself belongs to no step.
const UNASKED: Context = Context { rule: None, span: Span { offset: 0, len: 0 }, fault: false, marker: false };

impl Player {
    /// The packet that a step expects is there.
    pub(super) fn receive(&mut self, connection: u32, index: usize, wait: Wait) {
        self.take(connection, index, &wait);
        let WaitKind::Receive { timing, expected, unless, .. } = wait.kind else { return };
        let at = self.connections[connection as usize].received[index].at;
        if let Some(stop) = self.refused_request(connection, index, &expected) {
            self.stop = Some(unless.map_or(stop, Stop::Unsupported));
            return;
        }
        if expected.packet == PacketType::Publish && timing == Timing::default() {
            self.delay = self.delay.max(at.saturating_sub(self.reference.began));
        }
        self.judge_time(connection, Some(index), at, timing, wait.context);
        if self.stop.is_none() && !wait.context.fault && self.refusals.contains(&(connection, index)) {
            self.stop = unless.map(Stop::Unsupported).or_else(|| self.refused_publish());
        }
    }

    /// What a step does with a packet that it takes, before anything is judged.
    pub(super) fn take(&mut self, connection: u32, index: usize, wait: &Wait) {
        let WaitKind::Receive { bind, acknowledge, expected, .. } = &wait.kind else { return };
        if expected.field("code").is_some() {
            self.refusals.retain(|&refusal| refusal != (connection, index));
        }
        self.connections[connection as usize].received[index].taken = true;
        if let Some(name) = bind {
            let state = &self.connections[connection as usize];
            let bound = state.received[index].packet().map(|packet| bindings(&packet, state.version));
            for (field, value) in bound.unwrap_or_default() {
                self.names.set(format!("{name}.{field}"), value);
            }
        }
        if *acknowledge && !self.connections[connection as usize].received[index].acknowledged {
            self.acknowledge(connection, index, wait.context);
        }
    }

    /// Answers a PUBLISH, and sees to it that a PUBREL for it is answered too.
    pub(super) fn acknowledge(&mut self, connection: u32, index: usize, context: Context) {
        let state = &mut self.connections[connection as usize];
        let Some(Packet::Publish(publish)) = state.received[index].packet() else { return };
        let Some(id) = publish.packet_identifier else { return };
        let qos = publish.qos;
        if state.state != State::Open {
            return;
        }
        state.received[index].acknowledged = true;
        if qos == QoS::ExactlyOnce {
            state.completes.insert(id);
            self.owe_pubrel(connection, id, context);
            self.answer_with(connection, &Packet::Pubrec(Acknowledgement::new(id, ReasonCode::SUCCESS)));
        } else {
            self.answer_with(connection, &Packet::Puback(Acknowledgement::new(id, ReasonCode::SUCCESS)));
        }
    }

    /// Acknowledges what is meant by a step but is not as the step claims: a Server that sends one message at a time
    /// waits for that before it sends the copy that the step asks for.
    pub(super) fn acknowledge_others(&mut self, connection: u32, expected: &PacketSpec, context: Context) {
        let state = &self.connections[connection as usize];
        let meant = |(_, received): &(usize, &Received)| {
            let packet = received.packet().filter(|packet| packet.packet_type() == expected.packet);
            !received.acknowledged
                && packet.is_some_and(|packet| is_meant(&self.names, expected, &packet, state.version).unwrap_or(false))
        };
        let others: Vec<usize> = state.untaken().filter(meant).map(|(index, _)| index).collect();
        for index in others {
            self.acknowledge(connection, index, context);
        }
    }

    /// What the player answers by itself as soon as it comes.
    pub(super) fn answer(&mut self, connection: u32, index: usize) {
        let state = &self.connections[connection as usize];
        if state.state != State::Open || self.streams(connection) {
            return;
        }
        match state.received[index].packet() {
            // A copy of what the player has acknowledged by itself is acknowledged again: a Server may wait for that.
            Some(Packet::Publish(publish)) => {
                let Some(id) = publish.packet_identifier else { return };
                match self.original(connection, index, &publish) {
                    Some((on, at)) if self.connections[on as usize].received[at].acknowledged => {
                        self.acknowledge(connection, index, UNASKED);
                    }
                    Some(_) => {}
                    None => {
                        let outside = self.is_of_nobody(&publish);
                        self.forget_exchange(connection, id);
                        // No step will: a message that the Client never asked for is acknowledged, too ([MQTT-4.5.0-2]).
                        if outside {
                            self.acknowledge(connection, index, UNASKED);
                        }
                    }
                }
            }
            Some(Packet::Pubrel(ack)) => {
                let id = ack.packet_identifier;
                if self.completes(connection, id) {
                    self.connections[connection as usize].received[index].taken = true;
                    self.answer_with(connection, &Packet::Pubcomp(Acknowledgement::new(id, ReasonCode::SUCCESS)));
                }
            }
            _ => {}
        }
    }

    pub(super) fn answer_with(&mut self, connection: u32, packet: &Packet<'_>) {
        let version = self.connections[connection as usize].version;
        if let Ok(bytes) = packet.to_bytes(version) {
            self.note_sent(connection, packet);
            self.write(connection, bytes);
        }
    }

    /// CONNACK for `connect` and `resume`.
    pub(super) fn connack(
        &mut self,
        connection: u32,
        index: usize,
        present: Option<bool>,
        resume: bool,
        context: Context,
    ) {
        self.connections[connection as usize].received[index].taken = true;
        let version = self.connections[connection as usize].version;
        let received = &self.connections[connection as usize].received[index];
        let Some(Packet::Connack(connack)) = received.packet() else {
            self.stop = Some(Stop::Inconclusive("CONNACK cannot be read".to_owned()));
            return;
        };
        if connack.reason != ReasonCode::SUCCESS {
            let told = format!(
                "the Server refused the connection: {} ({})",
                connack.reason,
                connack.reason.name(version, PacketType::Connack)
            );
            self.stop = Some(Stop::Inconclusive(told));
            return;
        }
        // What the scenario says of times holds for the times that it asked for, and the Server may set others.
        let own = &self.connections[connection as usize].own;
        let set = |id: PropertyId| connack.properties.number(id);
        let told = match (set(PropertyId::SessionExpiryInterval), set(PropertyId::ServerKeepAlive)) {
            (Some(seconds), _) if seconds != own.session_expiry => {
                Some(format!("the Server sets the Session Expiry Interval to {seconds} s"))
            }
            (_, Some(seconds)) if own.keep_alive != 0 && seconds != u32::from(own.keep_alive) => {
                Some(format!("the Server sets Keep Alive to {seconds} s"))
            }
            _ => None,
        };
        if let Some(told) = told {
            self.stop = Some(Stop::Unsupported(told));
            return;
        }
        let actual = connack.session_present;
        if let Some(expected) = present {
            let watch = match (resume, self.connections[connection as usize].own.clean_start) {
                (true, _) => watch::KEPT_SESSION_PRESENT,
                (false, true) => watch::CLEAN_SESSION_PRESENT,
                (false, false) => watch::NO_SESSION_PRESENT,
            };
            self.judge_session_present(connection, index, watch, expected, actual, context);
        }
        if self.stop.is_none() {
            self.note_step(context);
        }
    }
}
