//! UTF-8 Encoded Strings, in every field that is one.

use crate::{Client, Field, PropertyId, Rule, Server, V5, V311, accepted, refused};
use mqttspec_codec::{Context, Decoded, Packet, Sender, Version, decode};

/// Every string field: who sends it, what stands before and behind it, the field, and the offset of its characters.
fn fields() -> Vec<(Version, Sender, String, String, Field, usize)> {
    let property = Field::Property;
    let v311 = [
        (Client, "10 [('MQTT') 04 02 0000 (", ")]", Field::ClientId, 14),
        (Client, "10 [('MQTT') 04 06 0000 () (", ") ()]", Field::WillTopic, 16),
        (Client, "10 [('MQTT') 04 82 0000 () (", ")]", Field::UserName, 16),
        (Client, "30 [(", ")]", Field::TopicName, 4),
        (Server, "30 [(", ")]", Field::TopicName, 4),
        (Client, "82 [0001 (", ") 00]", Field::TopicFilter, 6),
        (Client, "a2 [0001 (", ")]", Field::TopicFilter, 6),
    ];
    let v5 = [
        (Client, "10 [('MQTT') 05 02 0000 00 (", ")]", Field::ClientId, 15),
        (Client, "10 [('MQTT') 05 06 0000 00 () 00 (", ") ()]", Field::WillTopic, 18),
        (Client, "10 [('MQTT') 05 82 0000 00 () (", ")]", Field::UserName, 17),
        (Client, "30 [(", ") 00]", Field::TopicName, 4),
        (Server, "30 [(", ") 00]", Field::TopicName, 4),
        (Client, "82 [0001 00 (", ") 00]", Field::TopicFilter, 7),
        (Client, "a2 [0001 00 (", ")]", Field::TopicFilter, 7),
        (Client, "30 [('a') [03(", ")]]", property(PropertyId::ContentType), 9),
        (Client, "30 [('a') [08(", ")]]", property(PropertyId::ResponseTopic), 9),
        (Server, "20 [0000 [12(", ")]]", property(PropertyId::AssignedClientIdentifier), 8),
        (Server, "20 [0000 [15(", ")]]", property(PropertyId::AuthenticationMethod), 8),
        (Server, "20 [0000 [1a(", ")]]", property(PropertyId::ResponseInformation), 8),
        (Server, "20 [0000 [1c(", ")]]", property(PropertyId::ServerReference), 8),
        (Server, "20 [0000 [1f(", ")]]", property(PropertyId::ReasonString), 8),
        (Server, "20 [0000 [26(", ")()]]", property(PropertyId::UserProperty), 8),
        (Server, "20 [0000 [26()(", ")]]", property(PropertyId::UserProperty), 10),
        (Client, "40 [0001 00 [1f(", ")]]", property(PropertyId::ReasonString), 9),
    ];
    let row = |version| {
        move |(sender, before, after, field, at): (_, &str, &str, _, _)| {
            (version, sender, before.to_owned(), after.to_owned(), field, at)
        }
    };
    v311.into_iter().map(row(V311)).chain(v5.into_iter().map(row(V5))).collect()
}

/// Ill-formed sequences with the byte that shows it.
const ILL_FORMED: [(&str, usize); 14] = [
    ("eda080", 0),          // U+D800, a surrogate
    ("edbfbf", 0),          // U+DFFF
    ("61 eda0bdedb880", 1), // a surrogate pair
    ("c080", 0),            // U+0000, overlong
    ("c1bf", 0),            // overlong
    ("e0809f", 0),          // overlong
    ("f08080af", 0),        // overlong
    ("f4908080", 0),        // above U+10FFFF
    ("f8888080 80", 0),     // five bytes
    ("80", 0),              // a continuation byte alone
    ("6162 ff", 2),
    ("61 fe", 1),
    ("61 c3", 1), // cut off
    ("e282", 0),  // cut off
];

#[test]
fn ill_formed() {
    for (version, sender, before, after, field, at) in fields() {
        accepted(version, sender, &format!("{before}'ok'{after}"));
        for (wrong, offset) in ILL_FORMED {
            let statement = match (version, field) {
                (V311, _) => "MQTT-1.5.3-1",
                (V5, Field::Property(PropertyId::UserProperty)) => "MQTT-1.5.7-1",
                (V5, Field::Property(PropertyId::ResponseTopic)) => "MQTT-3.3.2-13",
                (V5, Field::Property(PropertyId::ContentType)) => "MQTT-3.3.2-19",
                (V5, _) => "MQTT-1.5.4-1",
            };
            let error = (Rule::Utf8, field, at + offset);
            refused(version, sender, &format!("{before}{wrong}{after}"), error, statement);
        }
    }
}

#[test]
fn null_character() {
    for (version, sender, before, after, field, at) in fields() {
        let statement = match (version, field) {
            (V311, _) => "MQTT-1.5.3-2",
            (V5, Field::Property(PropertyId::UserProperty)) => "MQTT-1.5.7-1",
            (V5, Field::Property(PropertyId::ResponseTopic)) => "MQTT-3.3.2-13",
            (V5, Field::Property(PropertyId::ContentType)) => "MQTT-3.3.2-19",
            (V5, _) => "MQTT-1.5.4-2",
        };
        for (wrong, offset) in [("00", 0), ("6100", 1), ("610062", 1), ("6100ff", 1)] {
            let error = (Rule::NullCharacter, field, at + offset);
            refused(version, sender, &format!("{before}{wrong}{after}"), error, statement);
        }
    }
}

/// U+0001 to U+001F, U+007F to U+009F and non-characters SHOULD NOT be there; a receiver MAY take them.
#[test]
fn unusual_characters_are_accepted() {
    for (version, sender, before, after, _, _) in fields() {
        for unusual in ["01", "1f", "7f", "c280", "c29f", "efbfbf", "efb790", "f09f9880", "f0aa9b94", "ee8080"] {
            accepted(version, sender, &format!("{before}{unusual}{after}"));
        }
    }
}

#[test]
fn byte_order_mark_is_kept() {
    for (version, sender, before, after, _, _) in fields() {
        accepted(version, sender, &format!("{before}efbbbf{after}"));
    }
    let input = crate::bytes("30 [(efbbbf 'a' efbbbf) 00]");
    match decode(&input, &Context::new(V5, Client)) {
        Ok(Decoded::Packet { packet: Packet::Publish(publish), .. }) => {
            assert_eq!(publish.topic.as_bytes(), "\u{feff}a\u{feff}".as_bytes());
        }
        other => panic!("{other:?}"),
    }
}

/// Binary data and payloads may hold anything.
#[test]
fn binary_data() {
    for binary in ["00", "ff", "eda080", "c080"] {
        accepted(V311, Client, &format!("30 [('a') {binary}]"));
        accepted(V311, Client, &format!("10 [('MQTT') 04 06 0000 () ('w') ({binary})]"));
        accepted(V311, Client, &format!("10 [('MQTT') 04 c2 0000 () ('u') ({binary})]"));
        accepted(V5, Client, &format!("30 [('a') [09({binary})] {binary}]"));
        accepted(V5, Client, &format!("10 [('MQTT') 05 02 0000 [15('m') 16({binary})] ()]"));
        // Payload Format Indicator 1 promises UTF-8: a receiver MAY check it, and who only passes it on is not to blame.
        accepted(V5, Client, &format!("30 [('a') [0101] {binary}]"));
    }
}
