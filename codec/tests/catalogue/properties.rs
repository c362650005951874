//! Properties: where each may stand, how often, and with which values.

use crate::{Client, Field, PropertyId, Rule, Server, V5, V311, accepted, bytes, differ, refused};
use mqttspec_codec::property::{Home, Kind};
use mqttspec_codec::{Context, PacketType, Sender, decode};

/// What can carry properties: the sender, and what stands before and behind the property list.
const HOMES: [(Home, Sender, &str, &str); 14] = [
    (Home::Packet(PacketType::Connect), Client, "10 [('MQTT') 05 02 0000", "()]"),
    (Home::Will, Client, "10 [('MQTT') 05 06 0000 00 ()", "('w') ()]"),
    (Home::Packet(PacketType::Connack), Server, "20 [00 00", "]"),
    (Home::Packet(PacketType::Publish), Server, "30 [('a')", "]"),
    (Home::Packet(PacketType::Puback), Client, "40 [0001 00", "]"),
    (Home::Packet(PacketType::Pubrec), Client, "50 [0001 00", "]"),
    (Home::Packet(PacketType::Pubrel), Client, "62 [0001 00", "]"),
    (Home::Packet(PacketType::Pubcomp), Client, "70 [0001 00", "]"),
    (Home::Packet(PacketType::Subscribe), Client, "82 [0001", "('a') 00]"),
    (Home::Packet(PacketType::Suback), Server, "90 [0001", "00]"),
    (Home::Packet(PacketType::Unsubscribe), Client, "a2 [0001", "('a')]"),
    (Home::Packet(PacketType::Unsuback), Server, "b0 [0001", "00]"),
    (Home::Packet(PacketType::Disconnect), Client, "e0 [00", "]"),
    (Home::Packet(PacketType::Auth), Server, "f0 [18", "]"),
];

/// Table 2-4 once more, by the numbers: identifier, type, and the columns of [`HOMES`] that may carry it.
const TABLE: [(u8, Kind, &str); 27] = [
    (0x01, Kind::Byte, ".x.x.........."),
    (0x02, Kind::FourByte, ".x.x.........."),
    (0x03, Kind::Text, ".x.x.........."),
    (0x08, Kind::Text, ".x.x.........."),
    (0x09, Kind::Binary, ".x.x.........."),
    (0x0b, Kind::VarInt, "...x....x....."),
    (0x11, Kind::FourByte, "x.x.........x."),
    (0x12, Kind::Text, "..x..........."),
    (0x13, Kind::TwoByte, "..x..........."),
    (0x15, Kind::Text, "x.x..........x"),
    (0x16, Kind::Binary, "x.x..........x"),
    (0x17, Kind::Byte, "x............."),
    (0x18, Kind::FourByte, ".x............"),
    (0x19, Kind::Byte, "x............."),
    (0x1a, Kind::Text, "..x..........."),
    (0x1c, Kind::Text, "..x.........x."),
    (0x1f, Kind::Text, "..x.xxxx.x.xxx"),
    (0x21, Kind::TwoByte, "x.x..........."),
    (0x22, Kind::TwoByte, "x.x..........."),
    (0x23, Kind::TwoByte, "...x.........."),
    (0x24, Kind::Byte, "..x..........."),
    (0x25, Kind::Byte, "..x..........."),
    (0x26, Kind::Pair, "xxxxxxxxxxxxxx"),
    (0x27, Kind::FourByte, "x.x..........."),
    (0x28, Kind::Byte, "..x..........."),
    (0x29, Kind::Byte, "..x..........."),
    (0x2a, Kind::Byte, "..x..........."),
];

/// A valid value of a type.
const fn value(kind: Kind) -> &'static str {
    match kind {
        Kind::Byte | Kind::VarInt => "01",
        Kind::TwoByte => "0001",
        Kind::FourByte => "00000001",
        Kind::Text | Kind::Binary => "('v')",
        Kind::Pair => "('k') ('v')",
    }
}

/// What must stand beside a property so that it is lawful, and how many bytes that is.
fn companion(home: Home, id: u8) -> (&'static str, usize) {
    let auth = home == Home::Packet(PacketType::Auth);
    let needs_method = id != 0x15 && (auth || (id == 0x16 && home == Home::Packet(PacketType::Connect)));
    if needs_method { ("15('m')", 4) } else { ("", 0) }
}

fn field(home: Home, id: u8) -> Field {
    let id = PropertyId::from_u32(id.into()).expect("a property of the table");
    if home == Home::Will { Field::WillProperty(id) } else { Field::Property(id) }
}

/// The offset of the first property.
fn start(before: &str) -> usize {
    let (_, fields) = before.split_once('[').expect("a body");
    2 + bytes(fields).len() + 1
}

#[test]
pub(crate) fn table() {
    assert_eq!(PropertyId::ALL.len(), TABLE.len());
    for (id, kind, columns) in TABLE {
        for ((home, sender, before, after), column) in HOMES.into_iter().zip(columns.chars()) {
            let (beside, beside_len) = companion(home, id);
            let value = value(kind);
            let input = format!("{before} [{beside} {id:02x} {value}] {after}");
            let at = start(before) + beside_len;
            if column == '.' {
                refused(V5, sender, &input, (Rule::PropertyNotAllowed, field(home, id), at), None);
                continue;
            }
            accepted(V5, sender, &input);
            let twice = format!("{before} [{beside} {id:02x} {value} {id:02x} {value}] {after}");
            if id == 0x26 || (id == 0x0b && home == Home::Packet(PacketType::Publish)) {
                accepted(V5, sender, &twice);
            } else {
                let second = at + bytes(&format!("{id:02x} {value}")).len();
                refused(V5, sender, &twice, (Rule::PropertyDuplicate, field(home, id), second), None);
            }
            // Cut anywhere, the value runs past the Property Length.
            let whole = bytes(value);
            for len in 0..whole.len() {
                let cut = whole[..len].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                let input = bytes(&format!("{before} [{beside} {id:02x} {cut}] {after}"));
                let error = decode(&input, &Context::new(V5, sender)).expect_err("a value that overruns");
                assert_eq!((error.rule, error.field), (Rule::Overrun, field(home, id)), "{id:#04x} {home:?} {len}");
            }
        }
    }
}

/// Sender, what stands before and behind, offset of the value; identifier, lawful values, wrong values.
type Range = ((Sender, &'static str, &'static str, usize), u8, &'static [&'static str], &'static [&'static str]);

#[test]
fn ranges() {
    let connect = (Client, "10 [('MQTT') 05 02 0000", "()]", 14);
    let connack = (Server, "20 [00 00", "]", 6);
    let publish = (Client, "30 [('a')", "]", 7);
    let rows: [Range; 18] = [
        (connect, 0x17, &["00", "01"], &["02", "ff"]),
        (connect, 0x19, &["00", "01"], &["02", "ff"]),
        (connack, 0x24, &["00", "01"], &["02", "ff"]),
        (connack, 0x25, &["00", "01"], &["02", "ff"]),
        (connack, 0x28, &["00", "01"], &["02", "ff"]),
        (connack, 0x29, &["00", "01"], &["02", "ff"]),
        (connack, 0x2a, &["00", "01"], &["02", "ff"]),
        (connect, 0x21, &["0001", "ffff"], &["0000"]),
        (connack, 0x21, &["0001", "ffff"], &["0000"]),
        (connect, 0x27, &["00000001", "ffffffff"], &["00000000"]),
        (connack, 0x27, &["00000001", "ffffffff"], &["00000000"]),
        // Zero is lawful here.
        (connect, 0x11, &["00000000", "ffffffff"], &[]),
        (connect, 0x22, &["0000", "ffff"], &[]),
        (connack, 0x22, &["0000", "ffff"], &[]),
        (connack, 0x13, &["0000", "ffff"], &[]),
        (publish, 0x02, &["00000000", "ffffffff"], &[]),
        (publish, 0x23, &["0001", "ffff"], &[]),
        // 3.3.2.3.2 lists 0 and 1, but calls no other value an error; a Server passes it on unaltered.
        (publish, 0x01, &["00", "01", "02", "ff"], &[]),
    ];
    for ((sender, before, after, at), id, lawful, wrong) in rows {
        let field = field(Home::Packet(PacketType::Connect), id);
        for value in lawful {
            accepted(V5, sender, &format!("{before} [{id:02x} {value}] {after}"));
        }
        for value in wrong {
            let error = (Rule::PropertyValue, field, at);
            refused(V5, sender, &format!("{before} [{id:02x} {value}] {after}"), error, None);
        }
    }
}

#[test]
pub(crate) fn unknown_identifiers() {
    for id in 0..=0x7f_u8 {
        if TABLE.iter().all(|row| row.0 != id) {
            for (_, sender, before, after) in HOMES {
                let error = (Rule::PropertyUnknown, Field::PropertyId, start(before));
                refused(V5, sender, &format!("{before} [{id:02x} 00] {after}"), error, None);
            }
        }
    }
    // Identifiers are variable byte integers.
    let error = |rule| (rule, Field::PropertyId, 6);
    differ(
        (V5, Client),
        "30 [('a') [01 01]]",
        "30 [('a') [8100 01]]",
        error(Rule::VariableByteIntegerMinimal),
        "MQTT-1.5.5-1",
    );
    refused(V5, Client, "30 [('a') [ff01]]", error(Rule::PropertyUnknown), None);
    refused(V5, Client, "30 [('a') [81]]", error(Rule::Overrun), None);
    refused(V5, Client, "30 [('a') [80808080 01]]", error(Rule::VariableByteIntegerLength), None);
}

#[test]
fn property_length() {
    for (home, sender, before, after) in HOMES {
        let will = home == Home::Will;
        let field = if will { Field::WillPropertyLength } else { Field::PropertyLength };
        let at = start(before) - 1;
        // None at all is short for "none" in some packets, and an error in all others.
        let short = match home {
            Home::Packet(
                PacketType::Puback
                | PacketType::Pubrec
                | PacketType::Pubrel
                | PacketType::Pubcomp
                | PacketType::Disconnect
                | PacketType::Auth,
            ) => true,
            Home::Packet(_) | Home::Will => false,
        };
        if !short {
            let (rule, statement) =
                if will { (Rule::Overrun, "MQTT-3.1.2-9") } else { (Rule::PropertyLengthMissing, "MQTT-2.2.2-1") };
            refused(V5, sender, &format!("{before} ]"), (rule, field, at), statement);
        }
        let statement = match home {
            Home::Will => Some("MQTT-3.1.2-9"),
            Home::Packet(PacketType::Connect) => Some("MQTT-3.1.4-1"),
            Home::Packet(_) => None,
        };
        let error = |rule| (rule, field, at);
        refused(V5, sender, &format!("{before} 7f {after}"), error(Rule::Overrun), statement);
        refused(V5, sender, &format!("{before} ff ]"), error(Rule::Overrun), statement);
        refused(V5, sender, &format!("{before} 80808080 01 ]"), error(Rule::VariableByteIntegerLength), None);
        if home != Home::Packet(PacketType::Auth) {
            let needless = error(Rule::VariableByteIntegerMinimal);
            differ(
                (V5, sender),
                &format!("{before} 00 {after}"),
                &format!("{before} 8000 {after}"),
                needless,
                "MQTT-1.5.5-1",
            );
        }
    }
    // A Server that answers in the form of 3.1.1.
    differ(
        (V5, Server),
        "20 [00 00 00]",
        "20 [00 00]",
        (Rule::PropertyLengthMissing, Field::PropertyLength, 4),
        "MQTT-2.2.2-1",
    );
    accepted(V311, Server, "20 [00 00]");
}

/// Every strict prefix of a property list ends in the middle of a property or before the next one.
#[test]
fn order_is_free() {
    for properties in ["21 0001 22 0002 26('a')('b') 11 00000003", "11 00000003 26('a')('b') 22 0002 21 0001"] {
        accepted(V5, Client, &format!("10 [('MQTT') 05 02 0000 [{properties}] ()]"));
    }
}
