//! Words for the dictionary of a fuzzer.

use super::bytes;
use crate::generate::Shape;
use crate::property::{Kind, Range};
use crate::{Properties, PropertyId, ReasonCode, varint};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A word of the dictionary. Displayed, it is a line of a dictionary file for libFuzzer, AFL++ and honggfuzz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Lower case letters, digits and underscores; no other word has the same name.
    pub name: String,
    /// One to 64 bytes, which is what libFuzzer takes.
    pub bytes: Vec<u8>,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=\"", self.name)?;
        for &byte in &self.bytes {
            match byte {
                b'"' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                b' '..=b'~' => write!(f, "{}", char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        f.write_str("\"")
    }
}

/// Strings that mean something, or that a Server must refuse.
const STRINGS: [(&str, &str); 24] = [
    ("protocol_name", "('MQTT')"),
    ("protocol_name_of_3_1", "('MQIsdp')"),
    ("connect_3_1_1", "('MQTT') 04 02"),
    ("connect_5_0", "('MQTT') 05 02"),
    ("everything_set_3_1_1", "('MQTT') 04 f6"),
    ("everything_set_5_0", "('MQTT') 05 f6"),
    ("filter_all", "('#')"),
    ("filter_level", "('+')"),
    ("filter_levels", "('+/+/#')"),
    ("filter_not_last", "('#/a')"),
    ("filter_part_of_level", "('a+')"),
    ("filter_share", "('$share/g/a')"),
    ("filter_share_all", "('$share/g/#')"),
    ("filter_share_without_name", "('$share//a')"),
    ("filter_share_without_filter", "('$share/g')"),
    ("filter_share_wildcard", "('$share/+/a')"),
    ("filter_system", "('$SYS/#')"),
    ("topic_slashes", "('//')"),
    ("share", "'$share/'"),
    ("system", "'$SYS/'"),
    ("empty_string", "()"),
    ("string_null", "(00)"),
    ("string_surrogate", "(eda080)"),
    ("string_overlong", "(c0af)"),
];

const CHARACTERS: [(&str, &str); 5] = [
    ("byte_order_mark", "\u{feff}"),
    ("not_a_character", "\u{fffe}"),
    ("right_to_left", "\u{202e}"),
    ("four_bytes", "😀"),
    ("last_character", "\u{10ffff}"),
];

/// Numbers where the length of a length changes, as each is written.
const LENGTHS: [u32; 13] = [0, 1, 126, 127, 128, 255, 256, 16_383, 16_384, 65_535, 2_097_151, 2_097_152, varint::MAX];

/// Variable byte integers that are wrong: needless bytes, and more than four.
const BROKEN_LENGTHS: [(&str, &str); 4] = [
    ("length_needless_byte", "8000"),
    ("length_needless_bytes", "80808000"),
    ("length_five_bytes", "8080808001"),
    ("length_without_end", "ffffffff"),
];

/// The words: fixed headers, protocol names, each property with values at the edges, reason codes, topic filters, odd
/// characters and lengths. Without doubles, and always in the same order.
#[must_use]
pub fn dictionary() -> Vec<Token> {
    let fixed = STRINGS.iter().chain(&BROKEN_LENGTHS).map(|&(name, text)| (name.into(), bytes(text)));
    let characters = CHARACTERS.iter().map(|&(name, text)| (name.into(), text.as_bytes().to_vec()));
    let mut seen = BTreeSet::new();
    let all = headers().chain(fixed).chain(characters).chain(properties()).chain(codes()).chain(lengths());
    all.filter(|(_, bytes)| seen.insert(bytes.clone())).map(|(name, bytes)| Token { name, bytes }).collect()
}

type Word = (String, Vec<u8>);

/// First bytes, and whole packets of two bytes.
fn headers() -> impl Iterator<Item = Word> {
    let types: BTreeSet<_> = Shape::all().map(Shape::packet_type).collect();
    types.into_iter().flat_map(|packet| {
        let name = packet.name().to_ascii_lowercase();
        let first = |flags: u8| (packet as u8) << 4 | flags;
        let flags = packet.required_flags().map_or_else(|| (0..16).collect(), |flags| alloc::vec![flags]);
        let empty = (format!("{name}_empty"), alloc::vec![first(flags[0]), 0]);
        let named = move |flags: u8| (format!("{name}_{flags:x}"), alloc::vec![first(flags)]);
        flags.into_iter().map(named).chain([empty]).collect::<Vec<_>>()
    })
}

/// Each property with its identifier in front.
fn properties() -> impl Iterator<Item = Word> {
    PropertyId::ALL.iter().flat_map(|&id| {
        let spec = id.spec();
        let values: &[&str] = match (spec.kind, spec.range) {
            (Kind::Byte, Range::Boolean) => &["00", "01", "02"],
            (Kind::Byte, _) => &["00", "01", "ff"],
            (Kind::TwoByte, _) => &["0000", "0001", "ffff"],
            (Kind::FourByte, _) => &["00000000", "00000001", "ffffffff"],
            (Kind::VarInt, _) => &["00", "01", "ffffff7f"],
            (Kind::Text, Range::TopicName) => &["()", "('a')", "('a/#')"],
            (Kind::Text | Kind::Binary, _) => &["()", "('a')"],
            (Kind::Pair, _) => &["()()", "('k')('v')"],
        };
        let name = spec.key.replace('-', "_");
        values
            .iter()
            .enumerate()
            .map(move |(index, value)| (format!("{name}_{index}"), [&[id as u8][..], &bytes(value)].concat()))
    })
}

/// Reason codes with an empty Property Length behind them, which is how most packets end.
fn codes() -> impl Iterator<Item = Word> {
    let lawful = |code: &ReasonCode| {
        Shape::all().any(|shape| code.allowed(shape.version(), shape.packet_type(), shape.sender()))
    };
    let codes = (0..=255).map(ReasonCode).filter(lawful);
    codes.map(|code| (format!("reason_{:02x}", code.0), alloc::vec![code.0, Properties::EMPTY.size() as u8]))
}

fn lengths() -> impl Iterator<Item = Word> {
    LENGTHS.into_iter().flat_map(|number| {
        let (bytes, len) = varint::encode(number);
        let mut words = alloc::vec![(format!("variable_byte_integer_{number}"), bytes[..len].to_vec())];
        if let Ok(short) = u16::try_from(number) {
            words.push((format!("two_byte_integer_{number}"), short.to_be_bytes().to_vec()));
        }
        words.push((format!("four_byte_integer_{number}"), number.to_be_bytes().to_vec()));
        words
    })
}
