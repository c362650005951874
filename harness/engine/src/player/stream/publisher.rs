//! The end that publishes: it holds on to each message until the Server has taken it over.

use super::Stream;
use super::end::{End, Outgoing, Owned};
use crate::player::{Player, Stop};
use mqttspec_codec::{Packet, PacketType};

/// Messages that are under way to the Server at once, at most.
const WINDOW: usize = 10;
/// How many messages may be under way in all: no Server's queue is so short.
const AHEAD: usize = 20;
/// Packet identifiers are used again and again.
const IDENTIFIERS: u16 = 64;

#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) end: End,
    messages: usize,
    /// How many messages have been begun.
    begun: usize,
    /// Those that are not acknowledged, in order.
    open: Vec<Open>,
    last_id: u16,
    /// How often the PUBLISH of each message has gone out.
    sent: Vec<usize>,
    /// What the Server said when it took each message over.
    pub(super) taken_over: Vec<Option<(u32, usize)>>,
}

#[derive(Debug)]
struct Open {
    number: usize,
    id: u16,
    /// PUBREC has come.
    released: bool,
}

impl Publisher {
    pub(super) fn new(end: End, messages: usize) -> Self {
        let (sent, taken_over) = (vec![0; messages], vec![None; messages]);
        Self { end, messages, begun: 0, open: Vec::new(), last_id: 0, sent, taken_over }
    }

    pub(super) const fn begun(&self) -> usize {
        self.begun
    }

    pub(super) const fn open(&self) -> usize {
        self.open.len()
    }

    /// Whether the PUBLISH of a message has gone out more than once.
    pub(super) fn was_sent_again(&self, number: usize) -> bool {
        self.sent.get(number).is_some_and(|&times| times > 1)
    }

    pub(super) fn is_done(&self) -> bool {
        self.end.up && self.begun == self.messages && self.open.is_empty() && self.end.outbox.is_empty()
    }

    /// The next message and a packet identifier that is free, if there is room for it.
    pub(super) fn next(&mut self, receive_maximum: usize, ahead: usize) -> Option<(usize, u16)> {
        let room = self.end.up && self.open.len() < WINDOW.min(receive_maximum) && ahead < AHEAD;
        if !room || self.begun == self.messages {
            return None;
        }
        while self.last_id == 0 || self.open.iter().any(|open| open.id == self.last_id) {
            self.last_id = self.last_id % IDENTIFIERS + 1;
        }
        let (number, id) = (self.begun, self.last_id);
        self.last_id = self.last_id % IDENTIFIERS + 1;
        self.begun += 1;
        self.open.push(Open { number, id, released: false });
        Some((number, id))
    }

    /// The PUBLISH of a message.
    pub(super) fn publish(&mut self, number: usize, id: u16, dup: bool) -> Owned {
        self.sent[number] += 1;
        Owned::Publish { payload: format!("m{number}"), id, dup }
    }

    /// The session is taken up: what is not acknowledged is sent again, in order ([MQTT-4.4.0-1]).
    pub(super) fn take_up(&mut self) {
        let again = self.open.iter().map(|open| match open.released {
            true => Outgoing::Acknowledge(PacketType::Pubrel, open.id),
            false => Outgoing::Publish { number: open.number, id: open.id },
        });
        self.end.outbox = again.collect();
    }

    fn position(&self, id: u16) -> Option<usize> {
        self.open.iter().position(|open| open.id == id)
    }
}

impl Player {
    /// Reads what the Server says of what was published.
    pub(super) fn read_publisher(&mut self, stream: &mut Stream) -> bool {
        let publisher = &mut stream.publisher;
        let Some(index) = self.read_next(&mut publisher.end) else { return false };
        let connection = publisher.end.connection;
        let packet = self.connections[connection as usize].received[index].packet();
        match packet {
            Some(Packet::Puback(ack) | Packet::Pubrec(ack)) if ack.reason.is_error() => {
                let told = format!("the Server refuses a message of the stream with {}", ack.reason);
                self.stop = Some(Stop::Inconclusive(told));
            }
            Some(Packet::Puback(ack)) => {
                if let Some(at) = publisher.position(ack.packet_identifier) {
                    let open = publisher.open.remove(at);
                    publisher.taken_over[open.number] = Some((connection, index));
                }
            }
            Some(Packet::Pubrec(ack)) => {
                let id = ack.packet_identifier;
                if let Some(at) = publisher.position(id) {
                    let open = &mut publisher.open[at];
                    open.released = true;
                    publisher.taken_over[open.number].get_or_insert((connection, index));
                }
                publisher.end.outbox.push_back(Outgoing::Acknowledge(PacketType::Pubrel, id));
            }
            Some(Packet::Pubcomp(ack)) => {
                publisher.open.retain(|open| open.id != ack.packet_identifier);
            }
            _ => {}
        }
        true
    }
}
