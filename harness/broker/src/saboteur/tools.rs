//! What several ways to break a clause have in common.

use super::memory::Cause;
use super::{Fate, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{
    Acknowledgement, Connack, Connect, List, Packet, PacketType, Properties, Property, PropertyId, Publish, QoS,
    ReasonCode, Suback, Subscription, SubscriptionOptions, Text, TopicFilter, TopicName, Unsubscribe, Version, Will,
};

/// The packet identifier of what the saboteur says to the broker in the name of a Client. No scenario uses it.
pub(super) const WHISPERED: u16 = 0xfeed;

impl Saboteur {
    /// This packet in place of the other; the other, if the version cannot express it.
    pub(super) fn instead(&mut self, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
        packet.to_bytes(self.line(connection).version).map_or(Fate::Pass, Fate::Instead)
    }

    /// Whether the broker is handling a packet of this type, from this connection.
    pub(super) fn is_handling(&self, connection: ConnectionId, packet: PacketType) -> bool {
        matches!(self.cause, Cause::Packet { of, packet: Some(handled), .. } if of == connection && handled == packet)
    }

    /// Whether what goes out answers the CONNECT that resumes a session.
    pub(super) fn is_resuming(&mut self, connection: ConnectionId) -> bool {
        self.is_handling(connection, PacketType::Connect) && self.line(connection).session_present
    }

    /// Lets the broker believe that the Client has received and acknowledged this PUBLISH.
    pub(super) fn acknowledge(&mut self, connection: ConnectionId, publish: &Publish<'_>) {
        let Some(identifier) = publish.packet_identifier else { return };
        let ack = Acknowledgement::new(identifier, ReasonCode::SUCCESS);
        if publish.qos == QoS::AtLeastOnce {
            return self.whisper(connection, &Packet::Puback(ack));
        }
        self.swallowed.push((connection, PacketType::Pubrel, identifier));
        self.whisper(connection, &Packet::Pubrec(ack));
        self.whisper(connection, &Packet::Pubcomp(ack));
    }

    /// A PUBLISH of the broker that its Client does not get.
    pub(super) fn lose(&mut self, connection: ConnectionId, publish: &Publish<'_>) -> Fate {
        self.acknowledge(connection, publish);
        Fate::Drop
    }

    /// Sends a message, at QoS 0, to every Client with a filter that `matches` says yes to.
    pub(super) fn scatter(&mut self, topic: &[u8], payload: &[u8], matches: impl Fn(&[u8]) -> bool) {
        let open = |(connection, line): (&ConnectionId, &super::memory::Line)| {
            (line.connected && !line.closed).then(|| (*connection, line.client_id.clone()))
        };
        let lines: Vec<_> = self.lines.iter().filter_map(open).collect();
        for (connection, client_id) in lines {
            let session = self.sessions.get(&client_id);
            if session.is_some_and(|session| session.filters.keys().any(|filter| matches(filter))) {
                self.write(connection, &Packet::Publish(message(topic, payload)));
            }
        }
    }

    /// Takes all subscriptions of a Client away.
    pub(super) fn forget_subscriptions(&mut self, connection: ConnectionId) {
        let filters: Vec<Vec<u8>> = self.session(connection).filters.keys().cloned().collect();
        let filters: Vec<Text<'_>> = filters.iter().map(|filter| Text::from_bytes(filter)).collect();
        if filters.is_empty() {
            return;
        }
        self.swallowed.push((connection, PacketType::Unsuback, WHISPERED));
        let filters = List::new(&filters);
        let unsubscribe = Unsubscribe { packet_identifier: WHISPERED, properties: Properties::EMPTY, filters };
        self.whisper(connection, &Packet::Unsubscribe(unsubscribe));
    }

    /// Answers a CONNECT in the broker's place with a code that refuses: of 3.1.1 and of 5.0.
    pub(super) fn refuse(&mut self, connection: ConnectionId, v311: u8, v5: ReasonCode) {
        let reason = match self.line(connection).version {
            Version::V311 => ReasonCode(v311),
            Version::V5 => v5,
        };
        let connack = Connack { session_present: false, reason, properties: Properties::EMPTY };
        self.write(connection, &Packet::Connack(connack));
    }

    /// Answers a SUBSCRIBE in the broker's place: all is granted.
    pub(super) fn grant(&mut self, connection: ConnectionId, subscribe: &mqttspec_codec::Subscribe<'_>) {
        let reasons: Vec<u8> = subscribe.subscriptions.iter().map(|asked| asked.options.qos() as u8).collect();
        let packet_identifier = subscribe.packet_identifier;
        let suback = Suback { packet_identifier, properties: Properties::EMPTY, reasons: &reasons };
        self.write(connection, &Packet::Suback(suback));
    }

    /// The CONNECT with other properties of its own, if it is of 5.0.
    pub(super) fn with_properties(
        &mut self,
        connection: ConnectionId,
        connect: &Connect<'_>,
        change: impl Fn(Property<'_>) -> Option<Property<'_>>,
    ) -> Fate {
        let properties: Vec<_> = connect.properties.iter().filter_map(change).collect();
        let connect = Connect { properties: Properties::list(&properties), ..*connect };
        self.instead(connection, &Packet::Connect(connect))
    }

    /// The CONNECT with another Will.
    pub(super) fn with_will<'w>(
        &mut self,
        connection: ConnectionId,
        connect: &Connect<'w>,
        change: impl FnOnce(Will<'w>) -> Option<Will<'w>>,
    ) -> Fate {
        let connect = Connect { will: connect.will.and_then(change), ..*connect };
        self.instead(connection, &Packet::Connect(connect))
    }

    /// The CONNECT with the properties of its Will changed, each for itself.
    pub(super) fn with_will_properties(
        &mut self,
        connection: ConnectionId,
        connect: &Connect<'_>,
        change: impl for<'p> Fn(Property<'p>) -> Option<Property<'p>>,
    ) -> Fate {
        let Some(will) = connect.will else { return Fate::Pass };
        let properties: Vec<_> = will.properties.iter().filter_map(change).collect();
        let will = Will { properties: Properties::list(&properties), ..will };
        let connect = Connect { will: Some(will), ..*connect };
        self.instead(connection, &Packet::Connect(connect))
    }

    /// The SUBSCRIBE with other entries.
    pub(super) fn with_entries(
        &mut self,
        connection: ConnectionId,
        subscribe: &mqttspec_codec::Subscribe<'_>,
        entries: &[Subscription<'_>],
    ) -> Fate {
        let subscriptions = List::new(entries);
        let subscribe = mqttspec_codec::Subscribe {
            packet_identifier: subscribe.packet_identifier,
            properties: subscribe.properties,
            subscriptions,
        };
        self.instead(connection, &Packet::Subscribe(subscribe))
    }

    /// The acknowledgement with another packet identifier.
    pub(super) fn with_identifier(&mut self, connection: ConnectionId, packet: &Packet<'_>, identifier: u16) -> Fate {
        let other = |ack: &Acknowledgement<'_>| Acknowledgement::new(identifier, ack.reason);
        let packet = match packet {
            Packet::Puback(ack) => Packet::Puback(other(ack)),
            Packet::Pubrec(ack) => Packet::Pubrec(other(ack)),
            Packet::Pubrel(ack) => Packet::Pubrel(other(ack)),
            Packet::Pubcomp(ack) => Packet::Pubcomp(other(ack)),
            Packet::Publish(publish) => Packet::Publish(Publish { packet_identifier: Some(identifier), ..*publish }),
            _ => return Fate::Pass,
        };
        self.instead(connection, &packet)
    }
}

/// The bytes of a packet with this first byte and this body.
pub(super) fn framed(first: u8, body: &[u8]) -> Vec<u8> {
    let (length, len) = mqttspec_codec::varint::encode(body.len() as u32);
    [&[first], &length[..len], body].concat()
}

/// A QoS 0 PUBLISH.
pub(super) const fn message<'a>(topic: &'a [u8], payload: &'a [u8]) -> Publish<'a> {
    Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: Text::from_bytes(topic),
        packet_identifier: None,
        properties: Properties::EMPTY,
        payload,
    }
}

/// Drops every packet of this type.
pub(super) fn drop_if(packet: &Packet<'_>, kind: PacketType) -> Fate {
    if packet.packet_type() == kind { Fate::Drop } else { Fate::Pass }
}

/// Whether the standard lets this filter match this topic.
pub(super) fn matches(filter: &[u8], topic: &[u8]) -> bool {
    let (Ok(filter), Ok(topic)) = (core::str::from_utf8(filter), core::str::from_utf8(topic)) else { return false };
    let filter = TopicFilter::new(filter, Version::V5);
    filter.zip(TopicName::new(topic)).is_some_and(|(filter, topic)| filter.matches(topic))
}

/// A property without this one.
pub(super) fn without(id: PropertyId) -> impl for<'p> Fn(Property<'p>) -> Option<Property<'p>> {
    move |property| (property.id != id).then_some(property)
}

/// The options with another QoS.
pub(super) fn at_qos(options: SubscriptionOptions, qos: QoS) -> SubscriptionOptions {
    SubscriptionOptions::from_bits(options.bits() & !0x03 | qos as u8)
}
