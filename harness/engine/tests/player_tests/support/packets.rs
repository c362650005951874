//! A server's packets from a line: `PUBLISH topic=p/a payload=on qos=1 id=5 dup`.

use mqttspec_codec::{
    Acknowledgement, Connack, Disconnect, Packet, PacketType, Properties, Property, PropertyId, Publish, QoS,
    ReasonCode, Suback, Text, Version,
};

/// The bytes of a packet; `id` is taken where the line gives none.
pub(crate) fn bytes(line: &str, version: Version, id: u16) -> Vec<u8> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let fields: Vec<(&str, &str)> = words.map(|word| word.split_once('=').unwrap_or((word, "1"))).collect();
    let text = |key: &str| fields.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let number = |key: &str| text(key).map_or(0, parse);
    let list: Vec<Property<'_>> = fields.iter().filter_map(|(key, value)| property(key, value)).collect();
    let properties = if version == Version::V5 { Properties::list(&list) } else { Properties::EMPTY };
    let id = text("id").map_or(id, |id| parse(id) as u16);
    let reason = ReasonCode(number("code") as u8);
    let acknowledgement = Acknowledgement { packet_identifier: id, reason, properties };
    let codes: Vec<u8> = text("codes").unwrap_or("0").split(',').map(|code| parse(code) as u8).collect();
    let no_codes = name == "UNSUBACK" && version == Version::V311;
    let reasons: &[u8] = if no_codes { &[] } else { &codes };
    let suback = Suback { packet_identifier: id, properties, reasons };
    let qos = QoS::from_u8(number("qos") as u8).expect("a QoS");
    let packet = match PacketType::from_name(name).unwrap_or_else(|| panic!("`{line}` is no packet")) {
        PacketType::Connack => Packet::Connack(Connack { session_present: number("present") == 1, reason, properties }),
        PacketType::Publish => Packet::Publish(Publish {
            dup: number("dup") == 1,
            qos,
            retain: number("retain") == 1,
            topic: Text::from_bytes(text("topic").unwrap_or_default().as_bytes()),
            packet_identifier: (qos != QoS::AtMostOnce).then_some(id),
            properties,
            payload: text("payload").unwrap_or_default().as_bytes(),
        }),
        PacketType::Puback => Packet::Puback(acknowledgement),
        PacketType::Pubrec => Packet::Pubrec(acknowledgement),
        PacketType::Pubrel => Packet::Pubrel(acknowledgement),
        PacketType::Pubcomp => Packet::Pubcomp(acknowledgement),
        PacketType::Suback => Packet::Suback(suback),
        PacketType::Unsuback => Packet::Unsuback(suback),
        PacketType::Pingresp => Packet::Pingresp,
        PacketType::Disconnect => Packet::Disconnect(Disconnect { reason, properties }),
        other => panic!("no server of these tests sends {other}"),
    };
    packet.to_bytes(version).unwrap_or_else(|error| panic!("`{line}`: {error}"))
}

fn property<'p>(key: &str, value: &'p str) -> Option<Property<'p>> {
    let id = PropertyId::from_key(key)?;
    value.parse().ok().and_then(|number| Property::number(id, number)).or(Some(Property::text(id, value)))
}

fn parse(text: &str) -> u32 {
    let number = text.strip_prefix("0x").map_or_else(|| text.parse(), |hex| u32::from_str_radix(hex, 16));
    number.unwrap_or_else(|_| panic!("`{text}` is no number"))
}

/// What a server owes for a packet, and no more.
pub(crate) fn answer(packet: &Packet<'_>) -> Option<String> {
    Some(match packet {
        Packet::Connect(_) => "CONNACK".to_owned(),
        Packet::Subscribe(subscribe) => {
            let granted = subscribe.subscriptions.iter().map(|subscription| subscription.options.bits() & 3);
            format!("SUBACK codes={}", granted.map(|qos| qos.to_string()).collect::<Vec<_>>().join(","))
        }
        Packet::Unsubscribe(unsubscribe) => {
            let codes: Vec<&str> = unsubscribe.filters.iter().map(|_| "0").collect();
            format!("UNSUBACK codes={}", codes.join(","))
        }
        Packet::Publish(publish) if publish.qos == QoS::AtLeastOnce => "PUBACK".to_owned(),
        Packet::Publish(publish) if publish.qos == QoS::ExactlyOnce => "PUBREC".to_owned(),
        Packet::Pubrec(pubrec) if !pubrec.reason.is_error() => "PUBREL".to_owned(),
        Packet::Pubrel(_) => "PUBCOMP".to_owned(),
        Packet::Pingreq => "PINGRESP".to_owned(),
        _ => return None,
    })
}
