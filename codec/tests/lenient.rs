//! What the lenient view makes of broken packets: all that is wrong, each thing once, and all that is there.

use mqttspec_codec::Field::Property;
use mqttspec_codec::Sender::{Client, Server};
use mqttspec_codec::Version::{V5, V311};
use mqttspec_codec::generate::strategy::any_packet;
use mqttspec_codec::seeds::bytes;
use mqttspec_codec::{Context, Field, Inspection, PropertyId, Rule, Sender, Version, frame, inspect, raw};
use proptest::prelude::*;

type Found = (Rule, Field, usize);

fn with<R>(version: Version, sender: Sender, text: &str, judge: impl FnOnce(&Inspection<'_>) -> R) -> R {
    judge(&inspect(&bytes(text), &Context::new(version, sender)))
}

fn violations(inspection: &Inspection<'_>) -> Vec<Found> {
    inspection.violations.iter().map(|error| (error.rule, error.field, error.offset)).collect()
}

/// A part of the packet is missing: this is what is wrong, and what is printed for the rest.
#[track_caller]
fn cut(version: Version, sender: Sender, text: &str, wrong: &[Found], printed: &str) {
    with(version, sender, text, |inspection| {
        assert_eq!(violations(inspection), wrong, "{text}");
        let packet = inspection.packet.unwrap_or_else(|| panic!("no packet: {text}"));
        assert_eq!(packet.display(version).to_string(), printed, "{text}");
        assert!(inspection.cut && inspection.whole().is_none(), "{text}");
    });
}

#[test]
fn all_violations_of_a_whole_packet() {
    with(V5, Server, "92 [0000 [1f('a') 1f('b') 0b 01] 03 02 ff]", |inspection| {
        let wrong = [
            (Rule::FixedHeaderFlags, Field::FixedHeader, 0),
            (Rule::PacketIdentifierZero, Field::PacketIdentifier, 2),
            (Rule::PropertyDuplicate, Property(PropertyId::ReasonString), 9),
            (Rule::PropertyNotAllowed, Property(PropertyId::SubscriptionIdentifier), 13),
            (Rule::ReasonCode, Field::ReasonCode, 15),
            (Rule::ReasonCode, Field::ReasonCode, 17),
        ];
        assert_eq!(violations(inspection), wrong);
        let packet = inspection.whole().expect("each field is there");
        assert_eq!(
            packet.display(V5).to_string(),
            "SUBACK id=0 reason-string=\"a\" reason-string=\"b\" subscription-identifier=1 \
             code=0x03 (unknown) code=0x02 (Granted QoS 2) code=0xff (unknown)"
        );
    });
}

/// One overrun is one violation: the fields behind it come out empty and are not judged.
#[test]
fn overruns() {
    let over = |field, at| [(Rule::Overrun, field, at)];
    let topic = over(Field::TopicName, 2);
    cut(V311, Server, "30 [0009 'ab']", &topic, r#"PUBLISH topic="ab" qos=0 payload="""#);
    cut(V5, Server, "32 [0009 'a#']", &topic, r##"PUBLISH topic="a#" qos=1 id=0 payload="""##);
    cut(V5, Server, "34 [('a') 01]", &over(Field::PacketIdentifier, 5), r#"PUBLISH topic="a" qos=2 id=0 payload="""#);
    cut(V311, Server, "40 [01]", &over(Field::PacketIdentifier, 2), "PUBACK id=0");
    cut(V5, Server, "40 00", &over(Field::PacketIdentifier, 2), "PUBACK id=0 code=0xff (unknown)");
    cut(V5, Server, "90 [01]", &over(Field::PacketIdentifier, 2), "SUBACK id=0");
    cut(V311, Server, "20 [01]", &over(Field::ReasonCode, 3), "CONNACK session-present=true code=0xff (unknown)");
    cut(V5, Server, "20 00", &over(Field::ConnackFlags, 2), "CONNACK session-present=false code=0xff (unknown)");
    let filters = r#"SUBSCRIBE id=1 filter="a" qos=0"#;
    cut(V311, Client, "82 [0001 ('a') 00 0002 'b']", &over(Field::TopicFilter, 8), filters);
    cut(V311, Client, "82 [0001 ('a') 00 ('b')]", &over(Field::SubscriptionOptions, 11), filters);
    let filters = r#"UNSUBSCRIBE id=1 filter="a""#;
    cut(V5, Client, "a2 [0001 00 ('a') 00]", &over(Field::TopicFilter, 8), filters);
}

/// What a CONNECT announces and does not hold is absent.
#[test]
fn connect() {
    let wrong = [(Rule::ConnectFlagsReserved, Field::ConnectFlags, 9), (Rule::Overrun, Field::ClientId, 12)];
    let printed = r#"CONNECT version=3.1.1 client-id="cl" clean-start=true keep-alive=60"#;
    cut(V311, Client, "10 [('MQTT') 04 c7 003c 0009 'cl']", &wrong, printed);
    let printed = r#"CONNECT version=5.0 client-id="c" clean-start=true keep-alive=0 will-topic="w" will-qos=0 will-retain=false will-payload="on""#;
    let wrong = [(Rule::Overrun, Field::WillPayload, 20)];
    cut(V5, Client, "10 [('MQTT') 05 86 0000 00 ('c') 00 ('w') 0009 'on']", &wrong, printed);
    let wrong = [(Rule::Overrun, Field::KeepAlive, 10)];
    let printed = r#"CONNECT version=5.0 client-id="" clean-start=true keep-alive=0"#;
    cut(V5, Client, "10 [('MQTT') 05 86 00]", &wrong, printed);
}

/// A list of properties ends at the one that cannot be understood; behind the Property Length the walk goes on.
#[test]
fn properties_that_cannot_be_understood() {
    let printed = r#"CONNACK session-present=false code=0x00 (Success) topic-alias-maximum=7"#;
    let left = (Rule::TrailingBytes, Field::End, 11);
    let rows: [(&str, Found); 6] = [
        ("22 0007 7f 00", (Rule::PropertyUnknown, Field::PropertyId, 8)),
        ("22 0007 8080", (Rule::Overrun, Field::PropertyId, 8)),
        ("22 0007 21 00", (Rule::Overrun, Property(PropertyId::ReceiveMaximum), 9)),
        ("22 0007 1f 00", (Rule::Overrun, Property(PropertyId::ReasonString), 9)),
        ("22 0007 12 0009 'abc'", (Rule::Overrun, Property(PropertyId::AssignedClientIdentifier), 9)),
        ("22 0007 80808080 01", (Rule::VariableByteIntegerLength, Field::PropertyId, 8)),
    ];
    for (properties, wrong) in rows {
        let len = bytes(properties).len();
        cut(V5, Server, &format!("20 [0000 [{properties}]]"), &[wrong], printed);
        let wrong = [wrong, (left.0, left.1, 5 + len)];
        cut(V5, Server, &format!("20 [0000 [{properties}] 00]"), &wrong, printed);
    }
    // The Will has a list of its own, and then come the other fields.
    let wrong = [
        (Rule::PropertyUnknown, Field::PropertyId, 13),
        (Rule::Overrun, Field::WillProperty(PropertyId::WillDelayInterval), 20),
        (Rule::TopicNameWildcard, Field::WillTopic, 24),
        (Rule::Overrun, Field::UserName, 27),
    ];
    let printed = r##"CONNECT version=5.0 client-id="c" clean-start=true keep-alive=0 will-topic="#" will-qos=0 will-retain=false will-payload="" user-name="us""##;
    cut(V5, Client, "10 [('MQTT') 05 86 0000 [0000] ('c') [18 0000] ('#') () 0004 'us']", &wrong, printed);
}

/// A Property Length that runs past the packet takes all that is left; what can be read as properties is shown.
#[test]
fn property_length() {
    let over = [(Rule::Overrun, Field::PropertyLength, 4)];
    let printed = "CONNACK session-present=false code=0x00 (Success) topic-alias-maximum=7";
    cut(V5, Server, "20 [0000 09 22 0007 7f]", &over, printed);
    let missing = [(Rule::PropertyLengthMissing, Field::PropertyLength, 4)];
    cut(V5, Server, "90 [0001]", &missing, "SUBACK id=1");
    cut(V5, Client, "82 [0001]", &missing, "SUBSCRIBE id=1");
    let long = [(Rule::VariableByteIntegerLength, Field::PropertyLength, 5)];
    cut(V5, Server, "30 [('a') 80808080 01 'x']", &long, r#"PUBLISH topic="a" qos=0 payload="""#);
}

/// A missing part is not held against the packet a second time.
#[test]
fn no_cascades() {
    // The alias may stand behind the unknown property, and so may the Authentication Method.
    let wrong = [(Rule::PropertyUnknown, Field::PropertyId, 5)];
    cut(V5, Server, "30 [() [00 23 0001] 'x']", &wrong, r#"PUBLISH topic="" qos=0 payload="x""#);
    let wrong = [(Rule::PropertyUnknown, Field::PropertyId, 4)];
    cut(V5, Server, "f0 [18 [00 15('m')]]", &wrong, "AUTH code=0x18 (Continue authentication)");
    // Will QoS 3 without a Will breaks the rule for CONNECTs without a Will, not the one for those with.
    with(V5, Client, "10 [('MQTT') 05 18 0000 00 ()]", |inspection| {
        assert_eq!(violations(inspection), [(Rule::WillQosWithoutWill, Field::ConnectFlags, 9)]);
    });
    // What the other party may say is not wrong once more.
    for packet in ["20 [01 00 00]", "90 [0001 00 00 01 87]", "b0 [0001 00 00 11]"] {
        with(V5, Client, packet, |inspection| {
            assert_eq!(violations(inspection), [(Rule::PacketTypeForSender, Field::FixedHeader, 0)], "{packet}");
        });
    }
    // The value of a property that may not stand here breaks no rule on packets that may hold it.
    let rows = [("23 0000", PropertyId::TopicAlias), ("0b 00", PropertyId::SubscriptionIdentifier)];
    for (property, id) in rows.into_iter().chain([("08 ('#')", PropertyId::ResponseTopic)]) {
        with(V5, Server, &format!("20 [0000 [{property}]]"), |inspection| {
            assert_eq!(violations(inspection), [(Rule::PropertyNotAllowed, Property(id), 5)], "{property}");
        });
    }
    // The cut string may hold half of what follows it: neither its characters nor the code are judged.
    let wrong = [(Rule::Overrun, Field::TopicName, 2)];
    cut(V5, Server, "32 [00ff 'a' 00 ff]", &wrong, r#"PUBLISH topic="a\u{0}\xff" qos=1 id=0 payload="""#);
}

proptest! {
    /// Its Remaining Length says that it is whole; so one thing is wrong with it, wherever it ends.
    #[test]
    fn a_valid_packet_that_ends_too_soon(recipe in any_packet(), at in any::<prop::sample::Index>()) {
        let valid = recipe.to_bytes();
        let header = frame(&valid).expect("a valid header").expect("a whole header").header;
        let body = &valid[header..];
        let short = raw::Builder::new().bytes(&body[..at.index(body.len() + 1)]).packet(valid[0]);
        let inspection = inspect(&short, &recipe.shape().context());
        prop_assert!(inspection.violations.len() <= 1, "{:?}", inspection.violations);
        prop_assert!(inspection.violations.len() == 1 || inspection.whole().is_some());
        // Before its Protocol Level a CONNECT has no form.
        let formless = valid[0] == 0x10 && short.len() < 9;
        prop_assert_eq!(inspection.packet.is_none(), formless);
    }
}

/// Nothing to go by: the framing is lost, or the form of the packet is not known.
#[test]
fn no_packet() {
    let rows: [(Version, &str, &[Found]); 6] = [
        (V5, "00 00", &[(Rule::PacketTypeReserved, Field::FixedHeader, 0)]),
        (V311, "f0 00", &[(Rule::PacketTypeReserved, Field::FixedHeader, 0)]),
        (V5, "31 80808080 01", &[(Rule::VariableByteIntegerLength, Field::RemainingLength, 1)]),
        (
            V5,
            "10 [('MQIsdp') 03 02 003c ()]",
            &[(Rule::ProtocolName, Field::ProtocolName, 2), (Rule::ProtocolLevel, Field::ProtocolLevel, 10)],
        ),
        (V5, "10 [0009 'MQTT']", &[(Rule::Overrun, Field::ProtocolName, 2)]),
        (V5, "10 [('MQTT')]", &[(Rule::Overrun, Field::ProtocolLevel, 8)]),
    ];
    for (version, text, wrong) in rows {
        with(version, Client, text, |inspection| {
            assert_eq!(violations(inspection), wrong, "{text}");
            assert_eq!((inspection.packet, inspection.whole()), (None, None), "{text}");
        });
    }
}
