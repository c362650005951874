//! SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK.

use super::tools::{drop_if, matches, message};
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{
    Context, Decoded, List, Packet, PacketType, Properties, Sender, Suback, Subscribe, Subscription, Text, Unsubscribe,
    Version, decode,
};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new("suback-missing", "does not answer SUBSCRIBE", &["MQTT-3.8.4-1"], &["MQTT-3.8.4-1"])
        .server(|_, _, packet| drop_if(packet, PacketType::Suback)),
    Sabotage::new(
        "suback-for-another",
        "answers SUBSCRIBE with a SUBACK of another identifier",
        &["MQTT-3.8.4-1", "MQTT-3.8.4-2", "MQTT-2.3.1-7"],
        &["MQTT-3.8.4-1", "MQTT-3.8.4-2", "MQTT-2.2.1-6"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Suback(suback) => {
            let packet_identifier = suback.packet_identifier ^ 0x4000;
            s.instead(connection, &Packet::Suback(Suback { packet_identifier, ..*suback }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "suback-codes-turned-round",
        "lists the codes in SUBACK from the last filter to the first",
        &["MQTT-3.9.3-1"],
        &["MQTT-3.9.3-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Suback(suback) => {
            let reasons: Vec<u8> = suback.reasons.iter().rev().copied().collect();
            s.instead(connection, &Packet::Suback(Suback { reasons: &reasons, ..*suback }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "only-first-filter",
        "subscribes to the first filter of a SUBSCRIBE alone and grants all of them",
        &["MQTT-3.8.4-4"],
        &["MQTT-3.8.4-5"],
    )
    .client(|s, connection, packet| some_filters(s, connection, packet, |at, _| at == 0))
    .server(|_, _, packet| drop_if(packet, PacketType::Suback)),
    Sabotage::new(
        "only-last-filter",
        "subscribes to the last filter of a SUBSCRIBE alone and grants all of them",
        &["MQTT-3.8.4-4"],
        &["MQTT-3.8.4-5"],
    )
    .client(|s, connection, packet| some_filters(s, connection, packet, |at, count| at + 1 == count))
    .server(|_, _, packet| drop_if(packet, PacketType::Suback)),
    Sabotage::new(
        "second-subscribe-ignored",
        "leaves a subscription as it was when its Client subscribes to the same filter again",
        &["MQTT-3.8.4-3/a"],
        &["MQTT-3.8.4-3"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Subscribe(subscribe) if has_all(s, connection, subscribe) => {
            s.grant(connection, subscribe);
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "second-subscribe-loses-a-message",
        "loses the next message of a subscription when its Client subscribes to the same filter again",
        &["MQTT-3.8.4-3/c"],
        &["MQTT-3.8.4-4/b"],
    )
    .client(|s, connection, packet| {
        mark_second(s, connection, packet);
        Fate::Pass
    })
    .server(|s, connection, packet| {
        let Packet::Publish(publish) = packet else { return Fate::Pass };
        let filters = &mut s.session(connection).marked_filters;
        let hit = filters.iter().find(|filter| matches(filter, publish.topic.as_bytes())).cloned();
        if hit.is_some_and(|filter| filters.remove(&filter)) { s.lose(connection, publish) } else { Fate::Pass }
    }),
    Sabotage::new(
        "second-subscribe-added",
        "keeps two subscriptions when its Client subscribes to the same filter again",
        &["MQTT-3.8.4-3/a"],
        &["MQTT-3.8.4-3"],
    )
    .client(|s, connection, packet| {
        mark_second(s, connection, packet);
        Fate::Pass
    })
    .server(|s, connection, packet| {
        if let Packet::Publish(publish) = packet {
            let topic = publish.topic.as_bytes();
            if s.session(connection).marked_filters.iter().any(|filter| matches(filter, topic)) {
                s.write(connection, &Packet::Publish(message(topic, publish.payload)));
            }
        }
        Fate::Pass
    }),
    Sabotage::new("unsuback-missing", "does not answer UNSUBSCRIBE", &["MQTT-3.10.4-4"], &["MQTT-3.10.4-4"])
        .server(|_, _, packet| drop_if(packet, PacketType::Unsuback)),
    Sabotage::new(
        "unsuback-only-for-deleted",
        "does not answer an UNSUBSCRIBE that deletes nothing",
        &["MQTT-3.10.4-5"],
        &["MQTT-3.10.4-5"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Unsubscribe(unsubscribe) => {
            let own = &s.session(connection).filters;
            let deletes = unsubscribe.filters.iter().any(|filter| own.contains_key(filter.as_bytes()));
            if deletes { Fate::Pass } else { Fate::Drop }
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "unsubscribe-ignored",
        "answers UNSUBSCRIBE and goes on to deliver",
        &["MQTT-3.10.4-2"],
        &["MQTT-3.10.4-2"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Unsubscribe(unsubscribe) => {
            deleted_all(s, connection, unsubscribe);
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "unsubscribe-by-match",
        "deletes every subscription whose filter the one in UNSUBSCRIBE matches",
        &["MQTT-3.10.4-1"],
        &["MQTT-3.10.4-1"],
    )
    .client(|s, connection, packet| unsubscribe_also(s, connection, packet, matches))
    .server(one_code_each),
    Sabotage::new(
        "unsubscribe-by-topic",
        "deletes every subscription that the filter in UNSUBSCRIBE, read as a topic, matches",
        &["MQTT-3.10.4-1"],
        &["MQTT-3.10.4-1"],
    )
    .client(|s, connection, packet| unsubscribe_also(s, connection, packet, |asked, own| matches(own, asked)))
    .server(one_code_each),
    Sabotage::new(
        "unsubscribe-ignores-case",
        "deletes subscriptions whose filters differ from those in UNSUBSCRIBE in case",
        &["MQTT-3.10.4-1"],
        &["MQTT-3.10.4-1"],
    )
    .client(|s, connection, packet| unsubscribe_also(s, connection, packet, <[u8]>::eq_ignore_ascii_case))
    .server(one_code_each),
    Sabotage::new(
        "unsuback-codes-turned-round",
        "lists the codes in UNSUBACK from the last filter to the first",
        &[],
        &["MQTT-3.11.3-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Unsuback(unsuback) => {
            let reasons: Vec<u8> = unsuback.reasons.iter().rev().copied().collect();
            s.instead(connection, &Packet::Unsuback(Suback { reasons: &reasons, ..*unsuback }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "unsuback-one-code",
        "puts one code into UNSUBACK, however many filters there are",
        &[],
        &["MQTT-3.11.3-1", "MQTT-3.11.3-2"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Unsuback(unsuback) => {
            let reasons = &unsuback.reasons[..unsuback.reasons.len().min(1)];
            s.instead(connection, &Packet::Unsuback(Suback { reasons, ..*unsuback }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "unsuback-with-code-of-suback",
        "answers UNSUBSCRIBE with the code that grants QoS 1",
        &[],
        &["MQTT-3.11.3-2"],
    )
    .server(|s, connection, packet| match (packet, packet.to_bytes(s.line(connection).version)) {
        (Packet::Unsuback(unsuback), Ok(mut bytes)) => {
            let codes = bytes.len() - unsuback.reasons.len();
            bytes[codes..].fill(1);
            Fate::Instead(bytes)
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "unsuback-for-another",
        "answers UNSUBSCRIBE with an UNSUBACK of another identifier",
        &["MQTT-3.10.4-4", "MQTT-2.3.1-7"],
        &["MQTT-3.10.4-4", "MQTT-2.2.1-6"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Unsuback(unsuback) => {
            let packet_identifier = unsuback.packet_identifier ^ 0x4000;
            s.instead(connection, &Packet::Unsuback(Suback { packet_identifier, ..*unsuback }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "unsubscribe-only-first-filter",
        "deletes the first filter of an UNSUBSCRIBE alone and answers for all of them",
        &["MQTT-3.10.4-6"],
        &["MQTT-3.10.4-6"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Unsubscribe(unsubscribe) => {
            let filters: Vec<Text<'_>> = unsubscribe.filters.iter().take(1).collect();
            let filters = List::new(&filters);
            deleted_all(s, connection, unsubscribe);
            s.swallowed.push((connection, PacketType::Unsuback, unsubscribe.packet_identifier));
            s.instead(connection, &Packet::Unsubscribe(Unsubscribe { filters, ..*unsubscribe }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "unsubscribe-ends-deliveries",
        "forgets the messages that it has begun to send when their Client unsubscribes",
        &["MQTT-3.10.4-3"],
        &["MQTT-3.10.4-3"],
    )
    .client(|s, connection, packet| {
        if matches!(packet, Packet::Unsubscribe(_)) {
            let context = Context::new(s.line(connection).version, Sender::Server);
            for bytes in std::mem::take(&mut s.session(connection).sent).into_values() {
                if let Ok(Decoded::Packet { packet: Packet::Publish(publish), .. }) = decode(&bytes, &context) {
                    s.acknowledge(connection, &publish);
                }
            }
        }
        Fate::Pass
    }),
    Sabotage::new(
        "no-local-ignored",
        "sends a Client its own messages though it asked for No Local",
        &[],
        &["MQTT-3.8.3-3"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Subscribe(subscribe) => {
            let asked = subscribe.subscriptions.iter();
            let local = |asked: Subscription<'_>| asked.options.with_no_local(false);
            let entries: Vec<_> = asked.map(|asked| Subscription { options: local(asked), ..asked }).collect();
            s.with_entries(connection, subscribe, &entries)
        }
        _ => Fate::Pass,
    }),
];

/// Answers an UNSUBSCRIBE in the broker's place: all is deleted.
fn deleted_all(s: &mut Saboteur, connection: ConnectionId, unsubscribe: &Unsubscribe<'_>) {
    let v5 = s.line(connection).version == Version::V5;
    let reasons: Vec<u8> = unsubscribe.filters.iter().filter(|_| v5).map(|_| 0).collect();
    let packet_identifier = unsubscribe.packet_identifier;
    let unsuback = Suback { packet_identifier, properties: Properties::EMPTY, reasons: &reasons };
    s.write(connection, &Packet::Unsuback(unsuback));
}

/// Whether the Client has subscribed to all these filters before.
pub(super) fn has_all(s: &mut Saboteur, connection: ConnectionId, subscribe: &Subscribe<'_>) -> bool {
    let own = &s.session(connection).filters;
    subscribe.subscriptions.iter().all(|asked| own.contains_key(asked.filter.as_bytes()))
}

/// The SUBSCRIBE with some of its filters, by place and count. All are granted.
fn some_filters(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    chosen: impl Fn(usize, usize) -> bool,
) -> Fate {
    let Packet::Subscribe(subscribe) = packet else { return Fate::Pass };
    let all: Vec<Subscription<'_>> = subscribe.subscriptions.iter().collect();
    let places = all.iter().enumerate().filter(|(at, _)| chosen(*at, all.len()));
    let entries: Vec<Subscription<'_>> = places.map(|(_, entry)| *entry).collect();
    s.grant(connection, subscribe);
    s.with_entries(connection, subscribe, &entries)
}

/// The UNSUBSCRIBE with those of the Client's own filters that belong to one in it.
fn unsubscribe_also(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    belongs: impl Fn(&[u8], &[u8]) -> bool,
) -> Fate {
    let Packet::Unsubscribe(unsubscribe) = packet else { return Fate::Pass };
    let mut filters: Vec<Text<'_>> = unsubscribe.filters.iter().collect();
    let own: Vec<Vec<u8>> = s.session(connection).filters.keys().cloned().collect();
    let asked = filters.clone();
    let also = own.iter().filter(|own| asked.iter().any(|asked| belongs(asked.as_bytes(), own)));
    filters.extend(also.map(|own| Text::from_bytes(own)));
    s.session(connection).marks = [asked.len() as u16].into();
    let filters = List::new(&filters);
    s.instead(connection, &Packet::Unsubscribe(Unsubscribe { filters, ..*unsubscribe }))
}

/// The UNSUBACK with as many codes as filters were asked for.
fn one_code_each(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
    match packet {
        Packet::Unsuback(unsuback) => {
            let asked = s.session(connection).marks.first().map_or(usize::MAX, |count| usize::from(*count));
            let reasons = &unsuback.reasons[..unsuback.reasons.len().min(asked)];
            s.instead(connection, &Packet::Unsuback(Suback { reasons, ..*unsuback }))
        }
        _ => Fate::Pass,
    }
}

/// Marks the filters of a SUBSCRIBE whose subscriptions are all there already.
fn mark_second(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) {
    if let Packet::Subscribe(subscribe) = packet
        && has_all(s, connection, subscribe)
    {
        let again = subscribe.subscriptions.iter().map(|asked| asked.filter.as_bytes().to_vec());
        s.session(connection).marked_filters.extend(again);
    }
}
