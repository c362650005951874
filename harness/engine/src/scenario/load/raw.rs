//! Raw bytes.

use super::cursor::{Cursor, span, unknown};
use super::scope::Scope;
use super::value::{Want, hex, literal, value};
use crate::scenario::error::Problem;
use crate::scenario::fields::Kind;
use crate::scenario::{Raw, RawKind, Value};
use kdl::{KdlDocument, KdlEntry, KdlNode};

const PARTS: &[&str] = &["u8", "u16", "u32", "varint", "string", "bytes", "hex"];

const FORMS: &str = "`raw (hex)\"c0 00\"` sends these bytes, `raw first=0x80 { u16 1; }` a packet";

/// Reads what follows `raw`.
pub(super) fn raw(scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<Raw> {
    let word = cursor.word();
    let first = cursor.property("first");
    let length = cursor.property("length");
    match (word, first) {
        (Some(word), None) => {
            cursor.no_block("`raw` with bytes", &mut scope.problems);
            if let Some(length) = length {
                scope.report(
                    Problem::new("`length` without `first`", span(length), "nothing to give a length to").help(FORMS),
                );
            }
            annotated(scope, word).map(Raw::Bytes)
        }
        (None, Some(first)) => {
            let first = literal(scope, first, "first", 0, 0xff);
            let length = length.map(|entry| annotated(scope, entry));
            let nodes = cursor.node.children().map(KdlDocument::nodes).unwrap_or_default();
            let body = nodes.iter().filter_map(|node| part(scope, node)).collect();
            Some(Raw::Packet {
                first: u8::try_from(first?).ok()?,
                length: length.map_or(Some(None), |length| length.map(Some))?,
                body,
            })
        }
        _ => {
            scope.report(Problem::new("`raw` sends bytes or a packet", cursor.line(), "not one of them").help(FORMS));
            None
        }
    }
}

fn annotated(scope: &mut Scope<'_>, entry: &KdlEntry) -> Option<Vec<u8>> {
    if entry.ty().map(kdl::KdlIdentifier::value) != Some("hex") {
        scope.report(
            Problem::new("raw bytes are marked `(hex)`", span(entry), "no `(hex)`").help("such as `(hex)\"c0 00\"`"),
        );
        return None;
    }
    hex(scope, entry)
}

fn part(scope: &mut Scope<'_>, node: &KdlNode) -> Option<(RawKind, Value)> {
    let mut cursor = Cursor::new(node, &mut scope.problems);
    let name = cursor.name();
    if !PARTS.contains(&name) {
        scope.report(unknown("part", name, "a raw packet", cursor.name_span(), PARTS));
        return None;
    }
    let Some(word) = cursor.word() else {
        scope.report(Problem::new(format!("`{name}` without a value"), cursor.line(), "incomplete"));
        return None;
    };
    cursor.no_block(&format!("`{name}`"), &mut scope.problems);
    cursor.finish(&format!("`{name}`"), &[], &mut scope.problems);
    let (kind, wanted) = match name {
        "u8" => (RawKind::U8, Kind::Number(0xff)),
        "u16" => (RawKind::U16, Kind::Number(0xffff)),
        "u32" => (RawKind::U32, Kind::Number(0xffff_ffff)),
        "varint" => (RawKind::VarInt, Kind::Number(mqttspec_codec::varint::MAX as u64)),
        "string" => (RawKind::String, Kind::Bytes),
        "hex" => return hex(scope, word).map(|bytes| (RawKind::Bytes, Value::Bytes(bytes))),
        _ => (RawKind::Bytes, Kind::Bytes),
    };
    Some((kind, value(scope, word, Want::sent(name, wanted))?))
}
