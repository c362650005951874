//! What can be wrong with a packet.

use crate::place::{Field, Kind, Place};
use mqttspec_codec::property::{Home, Kind as Wire, PropertyId};
use mqttspec_codec::{PacketType, Sender, Version};

/// One way in which packets are broken, in one place: a scenario.
pub(crate) struct Breach {
    /// The name of the scenario.
    pub(crate) name: String,
    pub(crate) title: String,
    /// The axes of the matrix.
    pub(crate) axes: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
    /// The rules: name, text, statement and whether it is a MUST.
    pub(crate) rules: Vec<(&'static str, String, &'static str, bool)>,
    /// A requirement of its own.
    pub(crate) requires: &'static str,
}

/// A broken packet.
pub(crate) struct Row {
    /// The value of each axis.
    pub(crate) values: Vec<String>,
    /// The name of the rule that it shows.
    pub(crate) rule: &'static str,
    /// The bytes, in the words of `raw`.
    pub(crate) raw: String,
    /// Fields of the lawful packet that stands beside it, if it is another than for the rest.
    pub(crate) lawful: Option<String>,
}

const ILL_FORMED: [(&str, &str); 4] = [
    ("surrogate", "ed a0 80"),
    ("overlong", "61 c1 a1"),
    // The beginning of a character of three bytes.
    ("cut", "61 e2 82"),
    ("u0000", "61 00 62"),
];

/// All that can be wrong there.
pub(crate) fn breaches(place: &Place) -> Vec<Breach> {
    let all = [
        misplaced(place),
        twice(place, false),
        twice(place, true),
        list(place),
        texts(place),
        flags(place),
        body(place),
    ];
    all.into_iter().flatten().filter(|breach| !breach.rows.is_empty()).collect()
}

/// What a Server must do: a rule named `closed`. In 5.0 the rigour of checks is left open (4.13.1), but for CONNECT
/// (3.1.4) and where a statement of its own says so.
fn closed(place: &Place, v311: (&'static str, bool), format: bool) -> Vec<(&'static str, String, &'static str, bool)> {
    let (statement, must) = match (place.version, place.packet) {
        (Version::V311, PacketType::Connect) if v311.0 == "MQTT-4.8.0-1" => ("MQTT-3.1.4-1", true),
        (Version::V311, _) => v311,
        (Version::V5, PacketType::Connect) if format => ("MQTT-3.1.4-1", true),
        (Version::V5, _) => ("MQTT-4.13.1-1", false),
    };
    vec![("closed", "the Server closes".to_owned(), statement, must)]
}

const PROSE: (&str, bool) = ("MQTT-4.8.0-1", false);

fn raw(first: u8, fields: &[Field]) -> String {
    let body: Vec<&str> = fields.iter().map(|field| field.raw.as_str()).collect();
    match body.is_empty() {
        true => format!("raw first={first:#04x}"),
        false => format!("raw first={first:#04x} {{ {}; }}", body.join("; ")),
    }
}

/// The first byte of the lawful packet: PUBLISH has QoS 1.
fn first(place: &Place) -> u8 {
    (place.packet as u8) << 4 | place.packet.required_flags().unwrap_or(0x02)
}

fn with(place: &Place, at: usize, instead: &str) -> String {
    let mut fields = place.fields.clone();
    instead.clone_into(&mut fields[at].raw);
    raw(first(place), &fields)
}

/// Where the properties of its home stand.
fn properties_at(place: &Place) -> Option<usize> {
    place.home?;
    place.fields.iter().rposition(|field| field.kind == Kind::Properties)
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("hex \"{}\"", digits.join(" "))
}

/// A Property Length and these properties.
fn listed(properties: &[u8]) -> String {
    let length = u8::try_from(properties.len()).expect("a short list");
    assert!(length < 0x80, "a Property Length of one byte");
    hex(&[&[length], properties].concat())
}

/// The property with a value that is lawful wherever it is.
fn property(id: PropertyId) -> Vec<u8> {
    let value: &[u8] = match id.spec().kind {
        Wire::Byte | Wire::VarInt => &[1],
        Wire::TwoByte => &[0, 1],
        Wire::FourByte => &[0, 1, 0, 0],
        Wire::Text | Wire::Binary => &[0, 1, b'a'],
        Wire::Pair => &[0, 1, b'a', 0, 1, b'b'],
    };
    [&[id as u8], value].concat()
}

/// A property that the packet does not have, or not from a Client.
fn misplaced(place: &Place) -> Option<Breach> {
    let (at, home) = (properties_at(place)?, place.home?);
    let lawful = |id: &PropertyId| id.allowed_in(home) && id.allowed_from(home, Sender::Client);
    let row = |id: PropertyId| Row {
        values: vec![id.spec().key.to_owned()],
        rule: "closed",
        raw: with(place, at, &listed(&property(id))),
        lawful: None,
    };
    Some(Breach {
        name: format!("property-misplaced-in-{}", place.name),
        title: format!("A {} with a property that it cannot have is a Malformed Packet", spoken(place)),
        axes: vec!["property"],
        rows: PropertyId::ALL.iter().copied().filter(|id| !lawful(id)).map(row).collect(),
        rules: closed(place, PROSE, true),
        requires: "",
    })
}

/// A property twice that may be there once; those apart that the Server must offer.
fn twice(place: &Place, offered: bool) -> Option<Breach> {
    let (at, home) = (properties_at(place)?, place.home?);
    let authentication = [PropertyId::AuthenticationMethod, PropertyId::AuthenticationData];
    let once = |id: &PropertyId| {
        let lawful = id.allowed_in(home) && id.allowed_from(home, Sender::Client) && !id.repeats_in(home);
        // A method that the Server does not know is refused, however often it is named. A Server Reference is for
        // Servers to send.
        let other = authentication.contains(id) || *id == PropertyId::ServerReference;
        // A DISCONNECT may not set what was 0 in CONNECT.
        let raised = *id == PropertyId::SessionExpiryInterval && home == Home::Packet(PacketType::Disconnect);
        lawful && !other && !raised && matches!(id, PropertyId::TopicAlias) == offered
    };
    let row = |id: PropertyId| {
        let value = match id.spec().kind {
            Wire::Byte | Wire::VarInt | Wire::TwoByte => "1",
            Wire::FourByte => "65536",
            _ => "a",
        };
        Row {
            values: vec![id.spec().key.to_owned()],
            rule: "closed",
            raw: with(place, at, &listed(&property(id).repeat(2))),
            lawful: Some(format!(" {}={value}", id.spec().key)),
        }
    };
    let suffix = if offered { "topic-alias" } else { "property" };
    let subscribe = place.packet == PacketType::Subscribe;
    Some(Breach {
        name: format!("{suffix}-twice-in-{}", place.name),
        title: format!("A {} with a property twice that may be there once is a Protocol Error", spoken(place)),
        axes: vec!["property"],
        rows: PropertyId::ALL.iter().copied().filter(once).map(row).collect(),
        rules: closed(place, PROSE, false),
        requires: match (offered, subscribe) {
            (true, _) => "topic-alias=1",
            (false, true) => "subscription-identifier=#true",
            (false, false) => "",
        },
    })
}

/// A list of properties that cannot be read, or whose integers are longer than they need.
fn list(place: &Place) -> Option<Breach> {
    let at = properties_at(place)?;
    let user = property(PropertyId::UserProperty);
    let row = |name: &str, rule, raw: &str| Row {
        values: vec![name.to_owned()],
        rule,
        raw: with(place, at, raw),
        lawful: None,
    };
    let length = user.len() as u8;
    let mut rules = closed(place, PROSE, true);
    let must = rules[0].3;
    let prose = if must { "short" } else { "closed" };
    if must {
        rules.push(("short", "integers longer than they need: the Server closes".to_owned(), "MQTT-4.13.1-1", false));
    }
    Some(Breach {
        name: format!("property-list-of-{}", place.name),
        title: format!(
            "A {} whose properties cannot be read, or have integers that are too long, is a Malformed Packet",
            spoken(place)
        ),
        axes: vec!["list"],
        rows: vec![
            row("identifier-unknown", "closed", &hex(&[2, 0x7f, 0])),
            row("identifier-0", "closed", &hex(&[2, 0, 0])),
            row("length-cuts-a-property", "closed", &hex(&[&[length - 1], &user[..]].concat())),
            row("length-beyond-the-packet", "closed", &hex(&[0x7f])),
            row("length-of-five-bytes", "closed", &hex(&[0x80, 0x80, 0x80, 0x80, 0])),
            row("length-not-minimal", prose, &hex(&[0x80, 0])),
            row("identifier-not-minimal", prose, &hex(&[&[length + 1, user[0] | 0x80, 0], &user[1..]].concat())),
        ],
        rules,
        requires: "",
    })
}

/// Text that is no UTF-8, or holds U+0000, in every string.
fn texts(place: &Place) -> Option<Breach> {
    let mut rows = Vec::new();
    for (text, bytes) in ILL_FORMED {
        let rule = match (place.version, text) {
            (Version::V5, _) => "closed",
            (Version::V311, "u0000") => "u0000",
            (Version::V311, _) => "utf8",
        };
        let mut row = |field: &str, raw| {
            rows.push(Row { values: vec![field.to_owned(), text.to_owned()], rule, raw, lawful: None });
        };
        // The topic of a Will has its place in the scenarios of `will`, the rest of CONNECT in those of `connect`.
        let own = |field: &&(usize, &Field)| {
            field.1.kind == Kind::Text && (place.name != "will" || field.1.name == "will-topic")
        };
        for (at, field) in place.fields.iter().enumerate().filter(|field| own(&field)) {
            row(field.name, with(place, at, &format!("u16 3; hex \"{bytes}\"")));
        }
        let Some((at, home)) = properties_at(place).zip(place.home) else { continue };
        let bytes: Vec<u8> =
            bytes.split(' ').map(|digits| u8::from_str_radix(digits, 16).expect("two digits")).collect();
        let string = [&[0, 3], &bytes[..]].concat();
        let authentication = PropertyId::AuthenticationMethod;
        let lawful = |id: &PropertyId| {
            id.allowed_in(home)
                && id.allowed_from(home, Sender::Client)
                && *id != PropertyId::ServerReference
                && *id != authentication
        };
        for id in PropertyId::ALL.iter().copied().filter(lawful) {
            match id.spec().kind {
                Wire::Text => row(id.spec().key, with(place, at, &listed(&[&[id as u8], &string[..]].concat()))),
                Wire::Pair => {
                    let name = [&[id as u8], &string[..], &[0, 1, b'b']].concat();
                    let value = [&[id as u8, 0, 1, b'a'], &string[..]].concat();
                    row("user-property-name", with(place, at, &listed(&name)));
                    row("user-property-value", with(place, at, &listed(&value)));
                }
                _ => {}
            }
        }
    }
    let closes = |what: &str| format!("{what}: the Server closes");
    let rules = match place.version {
        Version::V311 => vec![
            ("utf8", closes("ill-formed UTF-8"), "MQTT-1.5.3-1/b", true),
            ("u0000", closes("U+0000"), "MQTT-1.5.3-2/b", true),
        ],
        Version::V5 => closed(place, PROSE, true),
    };
    Some(Breach {
        name: format!("text-of-{}", place.name),
        title: format!(
            "A {} with text that is no well-formed UTF-8, or holds U+0000, ends the Network Connection",
            spoken(place)
        ),
        axes: vec!["field", "text"],
        rows,
        rules,
        requires: "",
    })
}

/// Reserved flags of the fixed header. Those of DISCONNECT are the matter of `will/will-on-malformed-disconnect`.
fn flags(place: &Place) -> Option<Breach> {
    let lawful = place.packet.required_flags()?;
    if matches!(place.name, "will" | "disconnect") {
        return None;
    }
    let row = |bit: u32| {
        let flags = lawful ^ 1 << bit;
        Row {
            values: vec![format!("{flags:04b}")],
            rule: "closed",
            raw: raw((place.packet as u8) << 4 | flags, &place.fields),
            lawful: None,
        }
    };
    let own = match place.packet {
        PacketType::Pubrel => Some("MQTT-3.6.1-1/b"),
        PacketType::Subscribe => Some("MQTT-3.8.1-1/b"),
        PacketType::Unsubscribe => Some("MQTT-3.10.1-1/b"),
        _ => None,
    };
    let rules = match (place.version, own) {
        (_, Some(own)) => vec![("closed", "the Server closes".to_owned(), own, true)],
        (Version::V311, None) => vec![("closed", "the Server closes".to_owned(), "MQTT-2.2.2-2", true)],
        (Version::V5, None) => closed(place, PROSE, true),
    };
    Some(Breach {
        name: format!("flags-of-{}", place.name),
        title: format!(
            "A {} with other flags than {lawful:04b} in its first byte ends the Network Connection",
            spoken(place)
        ),
        axes: vec!["flags"],
        rows: (0..4).map(row).collect(),
        rules,
        requires: "",
    })
}

/// A Remaining Length that ends within a field, or behind the last.
fn body(place: &Place) -> Option<Breach> {
    let mut rows = Vec::new();
    let mut row = |name: String, raw| rows.push(Row { values: vec![name], rule: "closed", raw, lawful: None });
    for (at, field) in place.fields.iter().enumerate() {
        // What is at the end and may be left out is not missing; of a Will only what is its own is tried. A Protocol Name
        // that is not `MQTT` may belong to another protocol.
        let optional = field.kind == Kind::Rest
            || matches!(field.name, "protocol-name" | "reason-code")
            || (field.kind == Kind::Properties && at > 0 && place.fields[at - 1].name == "reason-code")
            || (place.name == "will" && !field.name.starts_with("will-"));
        if optional {
            continue;
        }
        // Only the first byte of a number, only the first character of a string.
        let rest = match field.raw.split(' ').next() {
            Some("u16") => Some("hex \"00\""),
            Some("string") => Some("hex \"00 09 61\""),
            _ => None,
        };
        let mut fields = place.fields[..at].to_vec();
        fields.extend(rest.map(|rest| Field { raw: rest.to_owned(), ..field.clone() }));
        let how = if rest.is_some() { "cut" } else { "missing" };
        row(format!("{}-{how}", field.name), raw(first(place), &fields));
    }
    // What follows the last field of a PUBLISH is payload; a SUBSCRIBE or UNSUBSCRIBE goes on with a filter that is cut.
    if !matches!(place.name, "publish" | "will") {
        let mut fields = place.fields.clone();
        fields.push(Field { name: "trailing", kind: Kind::Other, raw: "hex \"00\"".to_owned() });
        row("trailing-byte".to_owned(), raw(first(place), &fields));
    }
    Some(Breach {
        name: format!("body-of-{}", place.name),
        title: format!(
            "A {} whose Remaining Length is not that of its fields ends the Network Connection",
            spoken(place)
        ),
        axes: vec!["body"],
        rows,
        rules: closed(place, PROSE, true),
        requires: "",
    })
}

fn spoken(place: &Place) -> String {
    match place.name {
        "will" => "CONNECT with a Will".to_owned(),
        _ => place.packet.name().to_owned(),
    }
}
