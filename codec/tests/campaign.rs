//! Each seed is what it claims to be, and a fuzzer can read the dictionary.

use mqttspec_codec::generate::Shape;
use mqttspec_codec::seeds::{self, Token};
use mqttspec_codec::{Context, Decoded, Packet, PropertyId, ReasonCode, Rule, Sender, Version, decode};
use std::collections::BTreeSet;

#[test]
fn valid_packets() {
    let mut names = BTreeSet::new();
    let seeds = seeds::valid();
    for seed in &seeds {
        let context = Context::new(seed.version, seed.sender);
        let Ok(Decoded::Packet { packet, len }) = decode(&seed.bytes, &context) else { panic!("{}", seed.name) };
        assert_eq!((len, packet.display(seed.version).to_string()), (seed.bytes.len(), seed.printed.clone()));
        assert_eq!(packet.to_bytes(seed.version).as_ref(), Ok(&seed.bytes), "{}", seed.name);
        assert!(names.insert(&seed.name), "{} stands twice", seed.name);
    }
    assert!(seeds.len() > seeds::golden().len() + 80, "{}", seeds.len());
}

/// A code for each packet that may carry it, from each who may send it.
#[test]
fn every_reason_code() {
    let seeds = seeds::valid();
    let mut seen = BTreeSet::new();
    for seed in &seeds {
        let context = Context::new(seed.version, seed.sender);
        let Ok(Decoded::Packet { packet, .. }) = decode(&seed.bytes, &context) else { panic!("{}", seed.name) };
        let codes: Vec<ReasonCode> = match packet {
            Packet::Connack(connack) => vec![connack.reason],
            Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => vec![ack.reason],
            Packet::Suback(suback) | Packet::Unsuback(suback) => suback.reason_codes().collect(),
            Packet::Disconnect(disconnect) => vec![disconnect.reason],
            Packet::Auth(auth) => vec![auth.reason],
            _ => vec![],
        };
        seen.extend(codes.into_iter().map(|code| (packet.packet_type(), seed.version, seed.sender, code)));
    }
    for shape in Shape::all().filter(|shape| shape.version() == Version::V5) {
        let (packet, version, sender) = (shape.packet_type(), shape.version(), shape.sender());
        for code in (0..=255).map(ReasonCode).filter(|code| code.allowed(version, packet, sender)) {
            assert!(seen.contains(&(packet, version, sender, code)), "{packet} {version} {sender:?} {code}");
        }
    }
}

#[test]
fn broken_packets() {
    let (mut names, mut rules) = (BTreeSet::new(), BTreeSet::new());
    for seed in seeds::broken() {
        let error = decode(&seed.bytes, &Context::new(seed.version, seed.sender)).expect_err(&seed.name);
        assert_eq!((error.rule, error.offset), (seed.rule, seed.offset), "{}", seed.name);
        assert_eq!(error.statement(seed.version, seed.sender), seed.statement, "{}", seed.name);
        rules.insert(seed.rule);
        assert!(names.insert(seed.name.clone()), "{} stands twice", seed.name);
    }
    let missing: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !rules.contains(rule)).collect();
    assert_eq!(missing, [&Rule::PacketTooLarge]);
}

/// All packets are valid, a CONNECT comes first, and an answer to it where the Server says anything.
#[test]
fn conversations() {
    let mut names = BTreeSet::new();
    for conversation in seeds::conversations() {
        let name = &conversation.name;
        assert!(names.insert(name.clone()), "{name} stands twice");
        for sender in [Sender::Client, Sender::Server] {
            let stream = conversation.stream(sender);
            let (mut rest, mut count) = (&stream[..], 0);
            while !rest.is_empty() {
                match decode(rest, &Context::new(conversation.version, sender)) {
                    Ok(Decoded::Packet { packet, len }) => {
                        assert_eq!(count == 0 && sender == Sender::Client, matches!(packet, Packet::Connect(_)));
                        rest = &rest[len..];
                        count += 1;
                    }
                    other => panic!("{name}, packet {count} of {sender:?}: {other:?}"),
                }
            }
            assert!(count > 0, "{name}: nothing from {sender:?}");
            assert_eq!(count, conversation.packets.iter().filter(|packet| packet.0 == sender).count(), "{name}");
        }
    }
    assert!(names.len() > 20);
}

/// The word of a line, by the grammar of libFuzzer: an optional name, then the word in quotes, with `\\`, `\"` and `\xAB`.
fn word(line: &str) -> Option<Vec<u8>> {
    let quoted = &line[line.find('"')?..];
    let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?.bytes();
    let mut word = Vec::new();
    while let Some(byte) = rest.next() {
        word.push(match byte {
            b'\\' => match rest.next()? {
                escaped @ (b'\\' | b'"') => escaped,
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                _ => return None,
            },
            b'"' => return None,
            b' '..=b'~' => byte,
            _ => return None,
        });
    }
    (!word.is_empty()).then_some(word)
}

#[test]
fn dictionary() {
    let tokens = seeds::dictionary();
    let (mut names, mut words) = (BTreeSet::new(), BTreeSet::new());
    for token in &tokens {
        let Token { name, bytes } = token;
        assert_eq!(word(&token.to_string()).as_ref(), Some(bytes), "{token}");
        assert!((1..=64).contains(&bytes.len()), "{token}");
        assert!(name.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{token}");
        assert!(names.insert(name) && words.insert(bytes), "{token} stands twice");
    }
    for &id in PropertyId::ALL {
        let count = words.iter().filter(|word| word[0] == id as u8 && word.len() > 1).count();
        assert!(count >= 2, "{id:?}");
    }
    assert!(tokens.len() > 180, "{}", tokens.len());
}

/// Any byte can be part of a word.
#[test]
fn every_byte_is_written() {
    for part in 0..4_u8 {
        let token = Token { name: "part".to_owned(), bytes: (part * 64..=part * 64 + 63).collect() };
        assert_eq!(word(&token.to_string()), Some(token.bytes));
    }
}

#[test]
fn what_is_no_dictionary() {
    for wrong in ["a", "a=\"", "a=\"\"", "a=\"\\\"", "a=\"\\x4\"", "a=\"\\n\"", "a=\"b\"c\"", "a=\"é\""] {
        assert_eq!(word(wrong), None, "{wrong}");
    }
    assert_eq!(word(r#"a="b\\\"\x00""#), Some(b"b\\\"\0".to_vec()));
}
