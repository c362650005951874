//! The packets of a Client, each in a conversation in which it is lawful.

use mqttspec_codec::property::Home;
use mqttspec_codec::{PacketType, Version};

/// A packet of a Client in its place.
pub(crate) struct Place {
    /// `publish`, `will`: the packet, or the part of CONNECT.
    pub(crate) name: &'static str,
    pub(crate) packet: PacketType,
    /// Where its properties stand; none in a packet that has none.
    pub(crate) home: Option<Home>,
    pub(crate) version: Version,
    /// Its fields behind the fixed header.
    pub(crate) fields: Vec<Field>,
    /// Lines of the head: requirements and Clients.
    pub(crate) head: &'static str,
    /// The steps that lead to it, and show that the Server is there and works.
    pub(crate) before: &'static str,
    /// The nearest lawful packet, and what shows that it was taken. `@` stands for more fields of it.
    pub(crate) lawful: &'static str,
    /// What shows, beside a close, that the packet was not taken for a valid one.
    pub(crate) behind: &'static str,
    /// The Client that sends it opens the connection by hand.
    pub(crate) opens: bool,
}

/// A field of a packet, in the words of `raw`.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) raw: String,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// UTF-8 Encoded String.
    Text,
    /// A Property Length and properties.
    Properties,
    /// Whatever is left of the packet.
    Rest,
    Other,
}

fn field(name: &'static str, kind: Kind, raw: &str) -> Field {
    Field { name, kind, raw: raw.to_owned() }
}

const WORKS: &str = "
c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=0; }
c <- SUBACK id=1
c -> PUBLISH topic=\"$t/a\" payload=first
c <- PUBLISH topic=\"$t/a\" payload=first";

const OTHERS_WORK: &str = "
w -> SUBSCRIBE id=1 { filter \"$t/will\" qos=0; filter \"$t/a\" qos=0; }
w <- SUBACK id=1
w -> PUBLISH topic=\"$t/a\" payload=first
w <- PUBLISH topic=\"$t/a\" payload=first";

const QOS_1_COMES: &str = "
c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=1; }
c <- SUBACK id=1
c -> PUBLISH topic=\"$t/a\" qos=1 id=2 payload=on
c <- PUBACK id=2
c <- PUBLISH topic=\"$t/a\" payload=on as=message";

const QOS_2_COMES: &str = "
c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=2; }
c <- SUBACK id=1
c -> PUBLISH topic=\"$t/a\" qos=2 id=2 payload=on
c <- PUBREC id=2
c -> PUBREL id=2
c <- PUBCOMP id=2
c <- PUBLISH topic=\"$t/a\" payload=on as=message";

const QOS_2_IS_RECEIVED: &str = "
c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=2; }
c <- SUBACK id=1
c -> PUBLISH topic=\"$t/a\" qos=2 id=2 payload=on
c <- PUBREC id=2
c -> PUBREL id=2
c <- PUBCOMP id=2
c <- PUBLISH topic=\"$t/a\" payload=on as=message
c -> PUBREC id=\"$message.id\"
c <- PUBREL id=\"$message.id\"";

const QOS_2_GOES: &str = "
c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=0; }
c <- SUBACK id=1
c -> PUBLISH topic=\"$t/a\" qos=2 id=2 payload=on
c <- PUBREC id=2";

/// Every packet of a Client but AUTH, which is not lawful unless the Server knows an Authentication Method.
pub(crate) fn places(version: Version) -> Vec<Place> {
    let fields = |fields: &[Field]| {
        let there = |field: &&Field| version == Version::V5 || field.kind != Kind::Properties;
        fields.iter().filter(there).cloned().collect::<Vec<_>>()
    };
    let place = |name, packet, head, before, own: &[Field], lawful| {
        let home = Some(Home::Packet(packet)).filter(|_| version == Version::V5);
        let (fields, behind) = (fields(own), "");
        Place { name, packet, home, version, fields, head, before, lawful, behind, opens: false }
    };
    let id = |raw: &str| field("packet-identifier", Kind::Other, raw);
    let properties = field("properties", Kind::Properties, "hex \"00\"");
    // A Reason Code must stand before properties; 3.1.1 has neither.
    let reason = field("reason-code", Kind::Other, "u8 0");
    let acknowledgement = |name, packet, head, before, id: Field, lawful| {
        let own = match version {
            Version::V5 => vec![id, reason.clone(), properties.clone()],
            Version::V311 => vec![id],
        };
        place(name, packet, head, before, &own, lawful)
    };
    let level = if version == Version::V5 { "u8 5" } else { "u8 4" };
    let connect = |flags: &str, payload: &[Field]| {
        let own = [
            field("protocol-name", Kind::Other, "string \"MQTT\""),
            field("protocol-level", Kind::Other, level),
            field("connect-flags", Kind::Other, flags),
            field("keep-alive", Kind::Other, "u16 0"),
            properties.clone(),
            field("client-id", Kind::Text, "string \"$c.client-id\""),
        ];
        [&own[..], payload].concat()
    };
    let will = [
        field("will-properties", Kind::Properties, "hex \"00\""),
        field("will-topic", Kind::Text, "string \"$t/will\""),
        field("will-payload", Kind::Other, "string \"gone\""),
    ];
    let user_name = field("user-name", Kind::Text, "string \"mqttspec\"");
    let mut all = vec![
        Place {
            opens: true,
            ..place(
                "connect",
                PacketType::Connect,
                "client w\nclient c",
                OTHERS_WORK,
                &connect("u8 0x82", &[user_name]),
                "c connect@\nc alive",
            )
        },
        Place {
            home: Some(Home::Will).filter(|_| version == Version::V5),
            opens: true,
            ..place(
                "will",
                PacketType::Connect,
                "client w\nclient c",
                OTHERS_WORK,
                &connect("u8 0x06", &will),
                "c connect { will topic=\"$t/will\" payload=gone@; }\nc alive",
            )
        },
        place(
            "publish",
            PacketType::Publish,
            "requires max-qos=1\nclient c",
            WORKS,
            &[
                field("topic", Kind::Text, "string \"$t/a\""),
                id("u16 2"),
                properties.clone(),
                field("payload", Kind::Rest, "bytes \"on\""),
            ],
            "c -> PUBLISH topic=\"$t/a\" qos=1 id=2 payload=on@\nc <- PUBACK id=2\nc <- PUBLISH topic=\"$t/a\" payload=on",
        ),
        acknowledgement(
            "puback",
            PacketType::Puback,
            "requires max-qos=1\nclient c",
            QOS_1_COMES,
            id("u16 \"$message.id\""),
            "c -> PUBACK id=\"$message.id\"@\nc alive",
        ),
        acknowledgement(
            "pubrec",
            PacketType::Pubrec,
            "requires max-qos=2\nclient c",
            QOS_2_COMES,
            id("u16 \"$message.id\""),
            "c -> PUBREC id=\"$message.id\"@\nc <- PUBREL id=\"$message.id\"\nc -> PUBCOMP id=\"$message.id\"\nc alive",
        ),
        acknowledgement(
            "pubrel",
            PacketType::Pubrel,
            "requires max-qos=2\nclient c",
            QOS_2_GOES,
            id("u16 2"),
            "c -> PUBREL id=2@\nc <- PUBCOMP id=2\nc <- PUBLISH topic=\"$t/a\" payload=on",
        ),
        acknowledgement(
            "pubcomp",
            PacketType::Pubcomp,
            "requires max-qos=2\nclient c",
            QOS_2_IS_RECEIVED,
            id("u16 \"$message.id\""),
            "c -> PUBCOMP id=\"$message.id\"@\nc alive",
        ),
        place(
            "subscribe",
            PacketType::Subscribe,
            "client c",
            WORKS,
            &[
                id("u16 2"),
                properties.clone(),
                field("topic-filter", Kind::Text, "string \"$t/b\""),
                field("options", Kind::Other, "u8 0"),
            ],
            "c -> SUBSCRIBE id=2@ { filter \"$t/b\" qos=0; }\nc <- SUBACK id=2\nc -> PUBLISH topic=\"$t/b\" payload=on\nc <- PUBLISH topic=\"$t/b\" payload=on",
        ),
        place(
            "unsubscribe",
            PacketType::Unsubscribe,
            "client c",
            WORKS,
            &[id("u16 2"), properties.clone(), field("topic-filter", Kind::Text, "string \"$t/a\"")],
            "c -> UNSUBSCRIBE id=2 { filter \"$t/a\"; }\nc <- UNSUBACK id=2\nc alive",
        ),
        place("pingreq", PacketType::Pingreq, "client c", WORKS, &[], "c alive"),
    ];
    if let Some(pingreq) = all.last_mut() {
        pingreq.home = None;
    }
    if version == Version::V5 {
        all.push(Place {
            behind: "w <- PUBLISH topic=\"$t/will\" payload=gone",
            ..place(
                "disconnect",
                PacketType::Disconnect,
                "client w\nclient c { will topic=\"$t/will\" payload=gone; }",
                OTHERS_WORK,
                &[reason, properties],
                "c disconnect@\nw quiet PUBLISH payload=gone {\n  w -> PUBLISH topic=\"$t/will\" payload=marker\n  w <- PUBLISH topic=\"$t/will\" payload=marker\n}",
            )
        });
    }
    all
}
