//! The fixed header, the end of the packet, and who may send what.

use crate::{Client, Field, Rule, Server, V5, V311, accepted, bytes, refused, refused_in};
use mqttspec_codec::{Context, Decoded, PacketType, Sender, Version, decode};

/// A valid packet of each type: who sends it, its first byte and its body in 3.1.1 and in 5.0.
const MINIMAL: [(PacketType, Sender, &str, &str, &str); 15] = [
    (PacketType::Connect, Client, "10", "('MQTT') 04 02 0000 ()", "('MQTT') 05 02 0000 00 ()"),
    (PacketType::Connack, Server, "20", "0000", "0000 00"),
    (PacketType::Publish, Client, "30", "('a')", "('a') 00"),
    (PacketType::Puback, Client, "40", "0001", "0001"),
    (PacketType::Pubrec, Client, "50", "0001", "0001"),
    (PacketType::Pubrel, Client, "62", "0001", "0001"),
    (PacketType::Pubcomp, Client, "70", "0001", "0001"),
    (PacketType::Subscribe, Client, "82", "0001 ('a') 00", "0001 00 ('a') 00"),
    (PacketType::Suback, Server, "90", "0001 00", "0001 00 00"),
    (PacketType::Unsubscribe, Client, "a2", "0001 ('a')", "0001 00 ('a')"),
    (PacketType::Unsuback, Server, "b0", "0001", "0001 00 00"),
    (PacketType::Pingreq, Client, "c0", "", ""),
    (PacketType::Pingresp, Server, "d0", "", ""),
    (PacketType::Disconnect, Client, "e0", "", ""),
    (PacketType::Auth, Server, "f0", "", ""),
];

fn minimal() -> impl Iterator<Item = (PacketType, Version, Sender, &'static str, &'static str)> {
    let in_version = |version| {
        MINIMAL.into_iter().filter(move |row| row.0.exists_in(version)).map(move |(packet, sender, first, v311, v5)| {
            (packet, version, sender, first, if version == V311 { v311 } else { v5 })
        })
    };
    Version::ALL.into_iter().flat_map(in_version)
}

#[test]
pub(crate) fn direction_of_flow() {
    for (packet, version, sender, first, body) in minimal() {
        accepted(version, sender, &format!("{first} [{body}]"));
        let other = if sender == Client { Server } else { Client };
        let one_way = packet.allowed_from(Client) != packet.allowed_from(Server);
        if one_way || (packet, version) == (PacketType::Disconnect, V311) {
            let error = (Rule::PacketTypeForSender, Field::FixedHeader, 0);
            refused(version, other, &format!("{first} [{body}]"), error, None);
            refused(version, other, first, error, None);
        } else if packet != PacketType::Auth {
            accepted(version, other, &format!("{first} [{body}]"));
        }
    }
}

#[test]
pub(crate) fn reserved_flags() {
    for (packet, version, sender, first, body) in minimal().filter(|row| row.0 != PacketType::Publish) {
        let lawful = bytes(first)[0];
        let statement = match (packet, version) {
            (PacketType::Pubrel, _) => "MQTT-3.6.1-1",
            (PacketType::Subscribe, _) => "MQTT-3.8.1-1",
            (PacketType::Unsubscribe, _) => "MQTT-3.10.1-1",
            (PacketType::Disconnect, _) => "MQTT-3.14.1-1",
            (PacketType::Auth, _) => "MQTT-3.15.1-1",
            (_, V311) => "MQTT-2.2.2-1",
            (_, V5) => "MQTT-2.1.3-1",
        };
        for wrong in (0..16).map(|flags| lawful & 0xf0 | flags).filter(|&first| first != lawful) {
            let error = (Rule::FixedHeaderFlags, Field::FixedHeader, 0);
            refused(version, sender, &format!("{wrong:02x} [{body}]"), error, statement);
            refused(version, sender, &format!("{wrong:02x}"), error, statement);
        }
    }
}

#[test]
pub(crate) fn remaining_length_of_five_bytes() {
    for (_, version, sender, first, _) in minimal() {
        let error = (Rule::VariableByteIntegerLength, Field::RemainingLength, 1);
        refused(version, sender, &format!("{first} 80808080"), error, None);
        refused(version, sender, &format!("{first} ffffffff 7f"), error, None);
        for length in ["", "80", "8080", "808080", "ffffff7f"] {
            let input = bytes(&format!("{first} {length}"));
            let found = decode(&input, &Context::new(version, sender));
            assert_eq!(found, Ok(Decoded::Incomplete), "{first} {length}");
        }
    }
}

#[test]
pub(crate) fn remaining_length_with_needless_bytes() {
    for (_, version, sender, first, body) in minimal() {
        for needless in ["80", "8080", "808080"] {
            let mut length = bytes(&format!("[{body}]"))[0];
            let mut padded = String::new();
            for _ in 0..needless.len() / 2 {
                padded += &format!("{:02x}", length | 0x80);
                length = 0;
            }
            let input = format!("{first} {padded} 00 {body}");
            match version {
                V311 => accepted(version, sender, &input),
                V5 => {
                    let error = (Rule::VariableByteIntegerMinimal, Field::RemainingLength, 1);
                    refused(version, sender, &input, error, "MQTT-1.5.5-1");
                }
            }
        }
    }
}

#[test]
pub(crate) fn too_large() {
    for (_, version, sender, first, body) in minimal() {
        let input = format!("{first} [{body}]");
        let len = bytes(&input).len();
        let fits = Context { max_packet: len, ..Context::new(version, sender) };
        assert!(matches!(decode(&bytes(&input), &fits), Ok(Decoded::Packet { .. })));
        let statement = match (version, sender) {
            (V311, _) => None,
            (V5, Server) => Some("MQTT-3.1.2-24"),
            (V5, Client) => Some("MQTT-3.2.2-15"),
        };
        let small = Context { max_packet: len - 1, ..fits };
        let error = (Rule::PacketTooLarge, Field::RemainingLength, 1);
        refused_in(&small, &input, error, statement);
        // Told by the length alone: the receiver need not take the rest.
        let header = bytes(&input)[..2].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        refused_in(&small, &header, error, statement);
    }
}

/// A byte too many behind the last field, where the form of the packet says that nothing follows.
#[test]
pub(crate) fn bytes_left_over() {
    for (packet, version, sender, first, body) in minimal() {
        let statement = (packet == PacketType::Connect).then_some("MQTT-3.1.4-1");
        let input = format!("{first} [{body} 00]");
        let error = (Rule::TrailingBytes, Field::End, bytes(&input).len() - 1);
        match (packet, version) {
            // A payload, or one more entry: an empty string overruns, a code is lawful.
            (PacketType::Publish | PacketType::Suback, _) | (PacketType::Unsuback, V5) => {
                accepted(version, sender, &input);
            }
            (PacketType::Subscribe | PacketType::Unsubscribe, _) => {
                refused(version, sender, &input, (Rule::Overrun, Field::TopicFilter, error.2), None);
            }
            // In 5.0 a reason code may follow, and properties.
            (PacketType::Puback | PacketType::Pubrec | PacketType::Pubrel | PacketType::Pubcomp, V5) => {
                accepted(version, sender, &input);
                refused(version, sender, &format!("{first} [{body} 00 00 00]"), (error.0, error.1, 6), None);
            }
            (PacketType::Disconnect, V5) => {
                accepted(version, sender, &input);
                refused(version, sender, "e0 [00 00 00]", (error.0, error.1, 4), None);
            }
            (PacketType::Auth, V5) => refused(version, sender, "f0 [18 [15('m')] 00]", (error.0, error.1, 8), None),
            _ => refused(version, sender, &input, error, statement),
        }
    }
}

#[test]
fn body_cut_short() {
    for (packet, version, sender, first, body) in minimal() {
        let whole = bytes(body);
        for len in 0..whole.len() {
            let hex = whole[..len].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let input = bytes(&format!("{first} [{hex}]"));
            let error = decode(&input, &Context::new(version, sender));
            assert!(error.is_err(), "{packet} {version} cut to {len}: {error:?}");
        }
    }
}
