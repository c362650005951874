//! One end of a stream: a Client that takes its session up again whenever its Network Connection has ended.

use crate::event::Ending;
use crate::player::Player;
use crate::player::connection::State;
use crate::player::wait::{Context, Greeting};
use crate::scenario::PacketSpec;
use mqttspec_codec::packet::Acknowledgement;
use mqttspec_codec::{Packet, PacketType, Properties, Publish, QoS, ReasonCode, Text};
use std::collections::VecDeque;

/// A Client of a stream.
#[derive(Debug)]
pub(super) struct End {
    pub(super) client: usize,
    pub(super) connection: u32,
    /// How many packets of the connection have been read.
    read: usize,
    /// CONNACK has come.
    pub(super) up: bool,
    /// What is to be sent, in order.
    pub(super) outbox: VecDeque<Outgoing>,
}

/// A packet that is to be sent.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// The PUBLISH of a message, once more.
    Publish {
        number: usize,
        id: u16,
    },
    Acknowledge(PacketType, u16),
}

/// A packet with what it holds.
pub(super) enum Owned {
    Publish { payload: String, id: u16, dup: bool },
    Acknowledge(PacketType, u16),
}

pub(super) const fn acknowledgement(packet: PacketType, id: u16) -> Owned {
    Owned::Acknowledge(packet, id)
}

impl Owned {
    pub(super) fn packet<'p>(&'p self, topic: &'p [u8], qos: QoS) -> Packet<'p> {
        match self {
            Self::Publish { payload, id, dup } => Packet::Publish(Publish {
                dup: *dup,
                qos,
                retain: false,
                topic: Text::from_bytes(topic),
                packet_identifier: Some(*id),
                properties: Properties::EMPTY,
                payload: payload.as_bytes(),
            }),
            Self::Acknowledge(packet, id) => {
                let acknowledgement = Acknowledgement::new(*id, ReasonCode::SUCCESS);
                match packet {
                    PacketType::Puback => Packet::Puback(acknowledgement),
                    PacketType::Pubrec => Packet::Pubrec(acknowledgement),
                    PacketType::Pubrel => Packet::Pubrel(acknowledgement),
                    _ => Packet::Pubcomp(acknowledgement),
                }
            }
        }
    }
}

impl End {
    /// What is next to be sent, and by which Client.
    pub(super) fn next_out(&mut self) -> Option<(usize, Outgoing)> {
        let outgoing = if self.up { self.outbox.pop_front() } else { None };
        outgoing.map(|outgoing| (self.client, outgoing))
    }
}

impl Player {
    /// The end that a connected Client makes.
    pub(super) fn end_of(&self, client: usize) -> Option<End> {
        let connection = self.clients[client].connection?;
        let state = &self.connections[connection as usize];
        let up = state.state == State::Open && state.accepted;
        let read = state.received.len();
        up.then(|| End { client, connection, read, up, outbox: VecDeque::new() })
    }

    /// Sees to the connection of an end: whether there was something to do.
    pub(super) fn tend(&mut self, end: &mut End, context: Context) -> bool {
        let state = &self.connections[end.connection as usize];
        match state.state {
            State::Ended(Ending::ByServer | Ending::ResetByServer, _) => {
                self.closed_instead(end.connection, context);
                true
            }
            State::Ended(..) => {
                self.open(end.client, Vec::new(), None, context);
                let connection = self.clients[end.client].connection.unwrap_or(end.connection);
                *end = End { client: end.client, connection, read: 0, up: false, outbox: VecDeque::new() };
                true
            }
            State::Open if !state.connect_sent => {
                let greeting = Greeting { spec: PacketSpec::empty(PacketType::Connect), resume: true };
                self.greet(end.client, &greeting, context);
                true
            }
            State::Open if !end.up => {
                let connack = |r: &crate::player::connection::Received| r.packet_type() == Some(PacketType::Connack);
                let Some(index) = state.received.iter().position(connack) else { return false };
                (end.read, end.up) = (index + 1, true);
                self.connack(end.connection, index, Some(true), true, context);
                true
            }
            State::Open | State::Opening => false,
        }
    }

    pub(super) fn is_opening(&self, end: &End) -> bool {
        self.connections[end.connection as usize].state == State::Opening
    }

    /// The next packet that has come to an end. That PINGREQ is answered moves nothing.
    pub(super) fn read_next(&mut self, end: &mut End) -> Option<usize> {
        let state = &mut self.connections[end.connection as usize];
        while end.up
            && let Some(received) = state.received.get_mut(end.read)
        {
            received.taken = true;
            end.read += 1;
            if received.packet_type() != Some(PacketType::Pingresp) {
                return Some(end.read - 1);
            }
        }
        None
    }

    pub(super) fn send_packet(&mut self, client: usize, packet: &Packet<'_>, context: Context) {
        let bytes = packet.to_bytes(self.clients[client].version).map_err(|error| error.to_string());
        self.send(client, bytes, true, context);
    }
}
