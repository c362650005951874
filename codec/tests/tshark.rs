//! The golden packets as tshark reads them: a capture of one TCP connection for each, opened by a CONNECT of the same
//! version so that tshark knows it, and every field that tshark finds is what this codec decoded.
//!
//! Without tshark on PATH this is left out, and says so; with `MQTTSPEC_TSHARK=required` that is a failure.

use mqttspec_codec::seeds::{self, Seed};
use mqttspec_codec::{
    Context, Decoded, Hex, Packet, PacketType, Properties, PropertyId, ReasonCode, Sender, Value, Version, decode,
};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Field of tshark to its values in the order of the bytes.
type Fields = BTreeMap<&'static str, Vec<String>>;

/// What tshark is asked for.
const FIELDS: [&str; 41] = [
    "mqtt.msgtype",
    "mqtt.len",
    "mqtt.dupflag",
    "mqtt.qos",
    "mqtt.retain",
    "mqtt.protoname",
    "mqtt.ver",
    "mqtt.conflags",
    "mqtt.kalive",
    "mqtt.clientid",
    "mqtt.willtopic",
    "mqtt.willmsg",
    "mqtt.username",
    "mqtt.passwd",
    "mqtt.conack.flags",
    "mqtt.conack.val",
    "mqtt.msgid",
    "mqtt.topic",
    "mqtt.msg",
    "mqtt.sub.qos",
    "mqtt.suback.qos",
    "mqtt.subscription_options",
    "mqtt.connack.reason_code",
    "mqtt.puback.reason_code",
    "mqtt.pubrec.reason_code",
    "mqtt.pubrel.reason_code",
    "mqtt.pubcomp.reason_code",
    "mqtt.suback.reason_code",
    "mqtt.unsuback.reason_code",
    "mqtt.disconnect.reason_code",
    "mqtt.auth.reason_code",
    "mqtt.property_id",
    "mqtt.prop_number",
    "mqtt.property.content_type",
    "mqtt.property.max_qos",
    "mqtt.property.topic_alias",
    "mqtt.prop_string",
    "mqtt.prop_key",
    "mqtt.prop_value",
    "mqtt.prop_unknown",
    "_ws.malformed",
];

/// Stands between two values of a field.
const BETWEEN: &str = "\u{1f}";

#[test]
fn reads_the_same() {
    match Command::new("tshark").arg("--version").output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            assert!(
                std::env::var_os("MQTTSPEC_TSHARK").is_none_or(|value| value != "required"),
                "tshark is not on PATH"
            );
            // Not `eprintln!`: the harness swallows that of a test that passes.
            let note = b"\nLEFT OUT: tshark is not on PATH, so the golden packets were not compared with it\n";
            std::io::stderr().write_all(note).expect("standard error");
            return;
        }
        version => assert!(version.expect("tshark runs").status.success()),
    }
    let packets = seeds::golden();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("golden.pcap");
    std::fs::write(&path, capture(&packets)).expect("the capture is written");
    let found = ask(&path);
    // Two frames for each: the CONNECT that opens, and the packet.
    assert_eq!(found.len(), 2 * packets.len());
    for (golden, found) in packets.iter().zip(found.into_iter().skip(1).step_by(2)) {
        assert_eq!(found, expected(golden), "{}: {}", golden.name, golden.printed);
    }
}

/// A plain pcap of raw IPv4: each packet on a connection of its own, behind a CONNECT.
fn capture(packets: &[Seed]) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0002_0004, 0, 0, 65_535, 101] {
        let word = if word == 0x0002_0004 { [2, 0, 4, 0] } else { word.to_le_bytes() };
        out.extend(word);
    }
    for (index, golden) in packets.iter().enumerate() {
        let port = 20_000 + index as u16;
        let name = format!("connect-minimal {}", golden.version);
        let connect = &packets.iter().find(|packet| packet.name == name).expect("a CONNECT").bytes;
        let behind = if golden.sender == Sender::Client { 1 + connect.len() as u32 } else { 1 };
        frame(&mut out, index, port, Sender::Client, 1, connect);
        frame(&mut out, index, port, golden.sender, behind, &golden.bytes);
    }
    out
}

/// Appends a TCP segment to a capture.
fn frame(out: &mut Vec<u8>, seconds: usize, port: u16, sender: Sender, sequence: u32, payload: &[u8]) {
    let (client, server) = ((port, [10, 0, 0, 1]), (1883_u16, [10, 0, 0, 2]));
    let (from, to) = if sender == Sender::Client { (client, server) } else { (server, client) };
    let len = 40 + payload.len() as u16;
    for word in [seconds as u32, 0, len.into(), len.into()] {
        out.extend(word.to_le_bytes());
    }
    // IPv4: version and header length, total length, time to live, TCP, no checksum, addresses.
    out.extend([0x45, 0]);
    out.extend(len.to_be_bytes());
    out.extend([0, 0, 0, 0, 64, 6, 0, 0]);
    out.extend([from.1, to.1].concat());
    // TCP: ports, numbers, header length, PSH and ACK, window, no checksum.
    out.extend([from.0.to_be_bytes(), to.0.to_be_bytes()].concat());
    out.extend([sequence.to_be_bytes(), 1_u32.to_be_bytes()].concat());
    out.extend([0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
    out.extend(payload);
}

/// What tshark finds in each frame.
fn ask(path: &Path) -> Vec<Fields> {
    let mut tshark = Command::new("tshark");
    tshark.arg("-n").arg("-r").arg(path).args(["-T", "fields", "-E", "occurrence=a"]);
    tshark.arg("-E").arg(format!("aggregator={BETWEEN}"));
    for field in FIELDS {
        tshark.args(["-e", field]);
    }
    let output = tshark.output().expect("tshark runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let fields = |line: &str| {
        let columns =
            FIELDS.into_iter().zip(line.split('\t')).filter(|(_, values)| !matches!(*values, "" | "<MISSING>"));
        columns.map(|(field, values)| (field, values.split(BETWEEN).map(number).collect())).collect()
    };
    text.lines().map(fields).collect()
}

/// Numbers and booleans in decimal, whichever way tshark shows them; all else as it is.
fn number(shown: &str) -> String {
    match (shown, shown.strip_prefix("0x").map(|hex| u32::from_str_radix(hex, 16))) {
        ("True", _) => "1".to_owned(),
        ("False", _) => "0".to_owned(),
        (_, Some(Ok(number))) => number.to_string(),
        _ => shown.to_owned(),
    }
}

#[derive(Default)]
struct Expected(Fields);

impl Expected {
    fn add(&mut self, field: &'static str, value: impl ToString) {
        self.0.entry(field).or_default().push(value.to_string());
    }

    fn flag(&mut self, field: &'static str, value: bool) {
        self.add(field, u8::from(value));
    }

    /// Empty bytes tshark does not show.
    fn hex(&mut self, field: &'static str, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.add(field, Hex(bytes));
        }
    }

    /// Nor empty strings.
    fn text(&mut self, field: &'static str, bytes: &[u8]) {
        let shown = shown(bytes);
        if !shown.is_empty() {
            self.add(field, shown);
        }
    }

    fn code(&mut self, field: &'static str, code: ReasonCode) {
        self.add(field, code.0);
    }

    fn properties(&mut self, properties: Properties<'_>) {
        for property in properties {
            self.add("mqtt.property_id", property.id as u8);
            match (property.id, property.value) {
                (PropertyId::MaximumQoS, Value::Byte(value)) => self.add("mqtt.property.max_qos", value),
                (PropertyId::TopicAlias, Value::TwoByte(value)) => self.add("mqtt.property.topic_alias", value),
                (PropertyId::ContentType, Value::Text(value)) => {
                    self.text("mqtt.property.content_type", value.as_bytes());
                }
                (_, Value::Byte(value)) => self.add("mqtt.prop_number", value),
                (_, Value::TwoByte(value)) => self.add("mqtt.prop_number", value),
                (_, Value::FourByte(value) | Value::VarInt(value)) => self.add("mqtt.prop_number", value),
                (_, Value::Text(value)) => self.text("mqtt.prop_string", value.as_bytes()),
                (_, Value::Binary(value)) => self.text("mqtt.prop_string", value),
                (_, Value::Pair(name, value)) => {
                    self.text("mqtt.prop_key", name.as_bytes());
                    self.text("mqtt.prop_value", value.as_bytes());
                }
            }
        }
    }
}

/// A string as tshark shows it: up to U+0000, and U+FFFD for what is not UTF-8.
fn shown(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// What tshark should find, by what this codec decoded.
fn expected(golden: &Seed) -> Fields {
    let Seed { version, sender, bytes, name, .. } = golden;
    let Ok(Decoded::Packet { packet, len }) = decode(bytes, &Context::new(*version, *sender)) else { panic!("{name}") };
    let v5 = *version == Version::V5;
    let mut all = Expected::default();
    all.add("mqtt.msgtype", packet.packet_type() as u8);
    all.add("mqtt.len", len - if bytes[1] < 0x80 { 2 } else { 3 });
    if let Some(id) = packet.packet_identifier() {
        all.add("mqtt.msgid", id);
    }
    match packet {
        Packet::Connect(connect) => {
            all.text("mqtt.protoname", b"MQTT");
            all.add("mqtt.ver", version.level());
            all.add("mqtt.kalive", connect.keep_alive);
            all.text("mqtt.clientid", connect.client_id.as_bytes());
            all.properties(connect.properties);
            let mut flags = u8::from(connect.clean_start) << 1;
            if let Some(will) = connect.will {
                flags |= 4 | (will.qos as u8) << 3 | u8::from(will.retain) << 5;
                all.properties(will.properties);
                all.text("mqtt.willtopic", will.topic.as_bytes());
                all.hex("mqtt.willmsg", will.payload);
            }
            if let Some(user_name) = connect.user_name {
                flags |= 0x80;
                all.text("mqtt.username", user_name.as_bytes());
            }
            if let Some(password) = connect.password {
                flags |= 0x40;
                all.text("mqtt.passwd", password);
            }
            all.add("mqtt.conflags", flags);
        }
        Packet::Connack(connack) => {
            all.flag("mqtt.conack.flags", connack.session_present);
            all.code(if v5 { "mqtt.connack.reason_code" } else { "mqtt.conack.val" }, connack.reason);
            all.properties(connack.properties);
        }
        Packet::Publish(publish) => {
            all.flag("mqtt.dupflag", publish.dup);
            all.add("mqtt.qos", publish.qos);
            all.flag("mqtt.retain", publish.retain);
            all.text("mqtt.topic", publish.topic.as_bytes());
            all.properties(publish.properties);
            all.hex("mqtt.msg", publish.payload);
        }
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
            let field = match packet.packet_type() {
                PacketType::Puback => "mqtt.puback.reason_code",
                PacketType::Pubrec => "mqtt.pubrec.reason_code",
                PacketType::Pubrel => "mqtt.pubrel.reason_code",
                _ => "mqtt.pubcomp.reason_code",
            };
            // The short form has none on the wire.
            if len > 4 {
                all.code(field, ack.reason);
            }
            all.properties(ack.properties);
        }
        Packet::Subscribe(subscribe) => {
            all.properties(subscribe.properties);
            for entry in subscribe.subscriptions {
                all.text("mqtt.topic", entry.filter.as_bytes());
                all.add(if v5 { "mqtt.subscription_options" } else { "mqtt.sub.qos" }, entry.options.bits());
            }
        }
        Packet::Suback(suback) => {
            all.properties(suback.properties);
            let field = if v5 { "mqtt.suback.reason_code" } else { "mqtt.suback.qos" };
            suback.reason_codes().for_each(|code| all.code(field, code));
        }
        Packet::Unsubscribe(unsubscribe) => {
            all.properties(unsubscribe.properties);
            unsubscribe.filters.iter().for_each(|filter| all.text("mqtt.topic", filter.as_bytes()));
        }
        Packet::Unsuback(unsuback) => {
            all.properties(unsuback.properties);
            unsuback.reason_codes().for_each(|code| all.code("mqtt.unsuback.reason_code", code));
        }
        Packet::Pingreq | Packet::Pingresp => {}
        Packet::Disconnect(disconnect) => {
            if len > 2 {
                all.code("mqtt.disconnect.reason_code", disconnect.reason);
            }
            all.properties(disconnect.properties);
        }
        Packet::Auth(auth) => {
            if len > 2 {
                all.code("mqtt.auth.reason_code", auth.reason);
            }
            all.properties(auth.properties);
        }
    }
    all.0
}
