//! What a packet says, as far as every codec can tell it.

use mqttspec_codec::{Packet, QoS};

/// Names of fields and what is in them; lists go entry by entry.
pub(crate) type Gist = Vec<(&'static str, Vec<u8>)>;

/// The first field in which they differ.
pub(crate) fn difference(ours: &Gist, theirs: &Gist) -> Option<&'static str> {
    let longer = if ours.len() < theirs.len() { theirs } else { ours };
    let at = (0..longer.len()).find(|&at| ours.get(at) != theirs.get(at))?;
    Some(longer[at].0)
}

pub(crate) fn number(number: impl Into<u32>) -> Vec<u8> {
    number.into().to_string().into_bytes()
}

pub(crate) fn bytes(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    bytes.as_ref().to_vec()
}

/// The gist of one of our packets.
pub(crate) fn of(packet: &Packet<'_>) -> Gist {
    let mut gist = vec![("packet type", bytes(packet.packet_type().name()))];
    gist.extend(packet.packet_identifier().map(|id| ("packet identifier", number(id))));
    match packet {
        Packet::Connect(connect) => {
            gist.push(("Clean Start", number(connect.clean_start)));
            gist.push(("Keep Alive", number(connect.keep_alive)));
            gist.push(("Client Identifier", bytes(connect.client_id.as_bytes())));
            if let Some(will) = &connect.will {
                gist.push(("Will QoS", number(will.qos as u8)));
                gist.push(("Will Retain", number(will.retain)));
                gist.push(("Will Topic", bytes(will.topic.as_bytes())));
                gist.push(("Will Payload", bytes(will.payload)));
            }
            gist.push(("User Name", bytes(connect.user_name.unwrap_or_default().as_bytes())));
            gist.push(("Password", bytes(connect.password.unwrap_or_default())));
        }
        Packet::Connack(connack) => gist.push(("Session Present", number(connack.session_present))),
        Packet::Publish(publish) => {
            gist.push(("DUP", number(publish.dup)));
            gist.push(("QoS", number(publish.qos as u8)));
            gist.push(("RETAIN", number(publish.retain)));
            gist.push(("Topic Name", bytes(publish.topic.as_bytes())));
            gist.push(("payload", bytes(publish.payload)));
        }
        Packet::Subscribe(subscribe) => {
            for entry in subscribe.subscriptions {
                gist.push(("Topic Filter", bytes(entry.filter.as_bytes())));
                gist.push((
                    "subscription QoS",
                    number(QoS::from_u8(entry.options.bits() & 3).unwrap_or_default() as u8),
                ));
            }
        }
        Packet::Suback(suback) | Packet::Unsuback(suback) => {
            gist.push(("number of reason codes", number(suback.reasons.len() as u32)));
        }
        Packet::Unsubscribe(unsubscribe) => {
            gist.extend(unsubscribe.filters.iter().map(|filter| ("Topic Filter", bytes(filter.as_bytes()))));
        }
        _ => {}
    }
    gist
}
