//! CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT and AUTH.

use crate::{BOTH, Client, Field, PropertyId, Rule, Server, V5, V311, accepted, differ, refused};
use mqttspec_codec::{PacketType, ReasonCode, Sender};

#[test]
fn connack() {
    for (version, none) in BOTH {
        let connack = |flags: &str, code: &str| format!("20 [{flags} {code} {none}]");
        let reserved = (Rule::ConnackFlagsReserved, Field::ConnackFlags, 2);
        let statement = (version == V5).then_some("MQTT-3.2.2-1");
        accepted(version, Server, &connack("00", "00"));
        for wrong in ["02", "04", "80", "ff", "03"] {
            differ((version, Server), &connack("01", "00"), &connack(wrong, "00"), reserved, statement);
        }
        let code = if version == V5 { "87" } else { "05" };
        let refusal = (Rule::SessionPresentOnRefusal, Field::ConnackFlags, 2);
        let statement = if version == V5 { "MQTT-3.2.2-6" } else { "MQTT-3.2.2-4" };
        differ((version, Server), &connack("00", code), &connack("01", code), refusal, statement);
    }
}

#[test]
fn connack_codes_of_311() {
    for code in 0..=255_u8 {
        let connack = format!("20 [00 {code:02x}]");
        if code <= 5 {
            accepted(V311, Server, &connack);
        } else {
            refused(V311, Server, &connack, (Rule::ReasonCode, Field::ReasonCode, 3), "MQTT-3.2.2-6");
        }
    }
}

/// What stands before and behind a code, the statement, and the codes of the Client and of the Server.
type Codes = (&'static str, &'static str, &'static str, &'static [u8], &'static [u8]);

/// The tables of 5.0, copied once more and column by column: who may send which code in which packet.
const CODES: [Codes; 7] = [
    (
        "20 [00",
        "00]",
        "MQTT-3.2.2-8",
        &[],
        &[
            0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a,
            0x9b, 0x9c, 0x9d, 0x9f,
        ],
    ),
    ("40 [0001", "]", "MQTT-3.4.2-1", &PUBACK_CLIENT, &PUBACK_SERVER),
    ("50 [0001", "]", "MQTT-3.5.2-1", &PUBACK_CLIENT, &PUBACK_SERVER),
    ("62 [0001", "]", "MQTT-3.6.2-1", &[0x00, 0x92], &[0x00, 0x92]),
    ("70 [0001", "]", "MQTT-3.7.2-1", &[0x00, 0x92], &[0x00, 0x92]),
    (
        "e0 [",
        "]",
        "MQTT-3.14.2-1",
        &[0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99],
        // 0x8c is in table 2-6 alone, table 3-10 leaves it out.
        &[
            0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97,
            0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
        ],
    ),
    ("f0 [", "[15('m')]]", "MQTT-3.15.2-1", &[0x18, 0x19], &[0x00, 0x18]),
];

/// 0x10 (No matching subscribers) "is sent only by the Server".
const PUBACK_CLIENT: [u8; 8] = [0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const PUBACK_SERVER: [u8; 9] = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];

#[test]
fn codes_of_5() {
    for (before, after, statement, client, server) in CODES {
        let packet = PacketType::from_first_byte(crate::bytes(&before[..2])[0]).expect("a packet type");
        for code in 0..=255_u8 {
            let input = format!("{before} {code:02x} {after}");
            for (sender, codes) in [(Client, client), (Server, server)] {
                if !packet.allowed_from(sender) {
                    continue;
                }
                if codes.contains(&code) {
                    accepted(V5, sender, &input);
                } else {
                    let offset = 2 + id_len(before);
                    refused(V5, sender, &input, (Rule::ReasonCode, Field::ReasonCode, offset), statement);
                }
            }
        }
    }
}

/// The bytes between the fixed header and the code.
fn id_len(before: &str) -> usize {
    let (_, fields) = before.split_once('[').expect("a body");
    crate::bytes(fields).len()
}

/// AUTH without a body is short for Success, which only the Server sends.
#[test]
fn short_auth() {
    accepted(V5, Server, "f0 00");
    refused(V5, Client, "f0 00", (Rule::ReasonCode, Field::ReasonCode, 2), "MQTT-3.15.2-1");
}

#[test]
fn auth_without_method() {
    let missing = |at| (Rule::PropertyMissing, Field::Property(PropertyId::AuthenticationMethod), at);
    let good = "f0 [18 [15('m')]]";
    for sender in [Client, Server] {
        differ((V5, sender), good, "f0 [18 00]", missing(3), None);
        differ((V5, sender), good, "f0 [18 [1f('r')]]", missing(3), None);
        differ((V5, sender), good, "f0 [18]", missing(3), None);
    }
    refused(V5, Server, "f0 [00 00]", missing(3), None);
    refused(V5, Server, "f0 [00]", missing(3), None);
}

/// Stated for CONNECT (3.1.2.11.10); a CONNACK with data and without a method breaks no rule on its own.
#[test]
fn authentication_data_without_method() {
    let connect = |properties: &str| format!("10 [('MQTT') 05 02 0000 [{properties}] ()]");
    let missing = |at| (Rule::PropertyMissing, Field::Property(PropertyId::AuthenticationMethod), at);
    differ((V5, Client), &connect("15('m') 16(00)"), &connect("16(00)"), missing(12), None);
    accepted(V5, Client, &connect("16(00) 15('m')"));
    accepted(V5, Server, "20 [00 87 [16(00)]]");
}

#[test]
fn packet_identifier_zero() {
    for (version, _) in BOTH {
        for first in ["40", "50", "62", "70"] {
            for sender in [Client, Server] {
                let error = (Rule::PacketIdentifierZero, Field::PacketIdentifier, 2);
                let statement = match (version, first) {
                    // 2.3.1-6 leaves PUBCOMP out.
                    (V311, "70") => "MQTT-4.3.3-2",
                    (V311, _) => "MQTT-2.3.1-6",
                    (V5, _) => "MQTT-2.2.1-5",
                };
                differ((version, sender), &format!("{first} 02 0001"), &format!("{first} 02 0000"), error, statement);
            }
        }
    }
}

/// In 3.1.1 nothing may follow the identifier, in 5.0 a code and properties may, and no more.
#[test]
fn tails() {
    for (first, sender) in [("40", Client), ("50", Server), ("62", Client), ("70", Server)] {
        let tail = |tail: &str| format!("{first} [0001 {tail}]");
        let left = |at| (Rule::TrailingBytes, Field::End, at);
        differ((V311, sender), &tail(""), &tail("00"), left(4), None);
        accepted(V5, sender, &tail("00"));
        accepted(V5, sender, &tail("00 00"));
        accepted(V5, sender, &tail("00 [1f('r')]"));
        refused(V5, sender, &tail("00 [1f('r')] 00"), left(10), None);
        let overrun = (Rule::Overrun, Field::PropertyLength, 5);
        refused(V5, sender, &tail("00 01"), overrun, None);
    }
}

#[test]
fn disconnect() {
    differ((V311, Client), "e0 00", "e0 [00]", (Rule::TrailingBytes, Field::End, 2), None);
    accepted(V5, Client, "e0 [00]");
    accepted(V5, Client, "e0 [04 [11 00000005]]");
    let expiry = Field::Property(PropertyId::SessionExpiryInterval);
    refused(V5, Server, "e0 [00 [11 00000005]]", (Rule::PropertyNotAllowed, expiry, 4), "MQTT-3.14.2-2");
}

#[test]
fn names() {
    let named = |name| ReasonCode::from_name(name);
    assert_eq!(named("Not authorized"), Some(ReasonCode::NOT_AUTHORIZED));
    assert_eq!(named("not-authorized"), Some(ReasonCode::NOT_AUTHORIZED));
    assert_eq!(named("RE_AUTHENTICATE"), Some(ReasonCode::RE_AUTHENTICATE));
    assert_eq!(named("re-authenticate"), Some(ReasonCode::RE_AUTHENTICATE));
    for zero in ["Success", "Normal disconnection", "granted-qos-0"] {
        assert_eq!(named(zero), Some(ReasonCode::SUCCESS), "{zero}");
    }
    assert_eq!(named("Not-authorized-"), None);
    assert_eq!(named(""), None);
    // Every lawful code has a name in its packet, and the name leads back to the code.
    for packet in PacketType::ALL {
        for code in (0..=255).map(ReasonCode) {
            let lawful = [Sender::Client, Sender::Server].iter().any(|&sender| code.allowed(V5, packet, sender));
            if lawful {
                assert_eq!(named(code.name(V5, packet)), Some(code), "{packet} {code}");
            }
        }
    }
}
