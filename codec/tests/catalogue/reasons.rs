//! Reason codes: each byte in each packet that has one, from each sender.

use crate::{Client, Field, Rule, Server, V5, V311, accepted, refused};
use mqttspec_codec::{PacketType, ReasonCode, Sender};

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

#[test]
fn codes_of_suback_and_unsuback() {
    for code in 0..=255_u8 {
        let error = |at| (Rule::ReasonCode, Field::ReasonCode, at);
        let v5 = [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2];
        let suback = format!("90 [0001 00 00 {code:02x}]");
        if v5.contains(&code) {
            accepted(V5, Server, &suback);
        } else {
            refused(V5, Server, &suback, error(6), "MQTT-3.9.3-2");
        }
        let suback = format!("90 [0001 00 {code:02x}]");
        if [0, 1, 2, 0x80].contains(&code) {
            accepted(V311, Server, &suback);
        } else {
            refused(V311, Server, &suback, error(5), "MQTT-3.9.3-2");
        }
        let unsuback = format!("b0 [0001 00 00 {code:02x}]");
        if [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91].contains(&code) {
            accepted(V5, Server, &unsuback);
        } else {
            refused(V5, Server, &unsuback, error(6), "MQTT-3.11.3-2");
        }
    }
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
