//! The end that has subscribed: a receiver as the standard describes it, and a record of what it would have passed on.

use super::Stream;
use super::end::{End, Outgoing};
use crate::player::Player;
use mqttspec_codec::{Packet, PacketType, QoS};
use std::collections::BTreeMap;

#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) end: End,
    /// Identifiers of QoS 2 exchanges whose PUBREL has not come, with their message.
    unreleased: BTreeMap<u16, Option<usize>>,
    /// The packet that brought each message first.
    pub(super) first: Vec<Option<(u32, usize)>>,
    arrived: usize,
    /// The highest number that has arrived, and what came first after a later one had.
    highest: Option<usize>,
    pub(super) disorder: Option<(usize, u32, usize)>,
    /// Messages that came in another exchange: number and packet.
    pub(super) twice: Vec<(usize, u32, usize)>,
}

impl Subscriber {
    pub(super) fn new(end: End, messages: usize) -> Self {
        let (unreleased, first, twice) = (BTreeMap::new(), vec![None; messages], Vec::new());
        Self { end, unreleased, first, arrived: 0, highest: None, disorder: None, twice }
    }

    /// How many messages have arrived.
    pub(super) const fn arrived(&self) -> usize {
        self.arrived
    }

    pub(super) fn is_done(&self) -> bool {
        let all = self.arrived == self.first.len() && self.unreleased.is_empty();
        self.end.up && all && self.end.outbox.is_empty()
    }

    /// A message that the receiver passes on.
    fn pass_on(&mut self, number: usize, connection: u32, index: usize) {
        if self.first[number].is_some() {
            self.twice.push((number, connection, index));
            return;
        }
        self.first[number] = Some((connection, index));
        self.arrived += 1;
        if self.highest.is_some_and(|highest| number < highest) {
            self.disorder.get_or_insert((number, connection, index));
        }
        self.highest = self.highest.max(Some(number));
    }
}

impl Player {
    /// Reads what the Server sends to the subscriber, and answers it.
    pub(super) fn read_subscriber(&mut self, stream: &mut Stream) -> bool {
        let (subscriber, topic) = (&mut stream.subscriber, &stream.topic);
        let Some(index) = self.read_next(&mut subscriber.end) else { return false };
        let connection = subscriber.end.connection;
        match self.connections[connection as usize].received[index].packet() {
            Some(Packet::Publish(publish)) => {
                // What nobody asked for is acknowledged, too ([MQTT-4.5.0-2]).
                let ours = publish.topic.as_bytes() == topic.as_slice();
                let number = ours.then(|| number(publish.payload)).flatten();
                let number = number.filter(|&number| number < subscriber.first.len());
                let (answer, id) = match (publish.qos, publish.packet_identifier) {
                    (QoS::AtLeastOnce, Some(id)) => (Some(PacketType::Puback), id),
                    (QoS::ExactlyOnce, Some(id)) => (Some(PacketType::Pubrec), id),
                    _ => (None, 0),
                };
                // A copy within its exchange is not passed on.
                let copy =
                    answer == Some(PacketType::Pubrec) && subscriber.unreleased.insert(id, number) == Some(number);
                if let Some(number) = number.filter(|_| !copy) {
                    subscriber.pass_on(number, connection, index);
                }
                let answer = answer.map(|answer| Outgoing::Acknowledge(answer, id));
                subscriber.end.outbox.extend(answer);
            }
            Some(Packet::Pubrel(ack)) => {
                let id = ack.packet_identifier;
                subscriber.unreleased.remove(&id);
                subscriber.end.outbox.push_back(Outgoing::Acknowledge(PacketType::Pubcomp, id));
            }
            _ => {}
        }
        true
    }
}

/// The number of a message of a stream.
fn number(payload: &[u8]) -> Option<usize> {
    std::str::from_utf8(payload).ok()?.strip_prefix('m')?.parse().ok()
}
