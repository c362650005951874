//! What packets are made of.
//!
//! Lists of any kind say before or behind each entry whether there is another, and no number in front says how many
//! there are: so a shrinker can take out one entry, and the others stay what they are.

use super::{Arena, Choices, Shape};
use crate::property::{Home, Kind, Range};
use crate::{PacketType, Properties, Property, PropertyId, ReasonCode, Text, Value, Version, varint};
use alloc::string::String;
use alloc::vec::Vec;

/// The longest that a two-byte length can say.
const LONGEST: usize = 65_535;
const LONG: [usize; 8] = [LONGEST, LONGEST, LONGEST - 1, 16_384, 16_383, 256, 128, 127];

/// Lawful in every string, though they look odd, mean something in a topic, or would move a terminal's cursor.
const ODD: [char; 20] = [
    '/',
    '$',
    '+',
    '#',
    ' ',
    '"',
    '\\',
    'ü',
    '€',
    '😀',
    '\u{1}',
    '\u{7f}',
    '\u{9f}',
    '\u{200b}',
    '\u{2028}',
    '\u{202e}',
    '\u{feff}',
    '\u{fffe}',
    '\u{ffff}',
    '\u{10ffff}',
];

impl Arena {
    pub(super) fn text(&self, text: &str) -> Text<'_> {
        Text::from(&*self.0.alloc_str(text))
    }

    pub(super) fn slice<T: Copy>(&self, items: &[T]) -> &[T] {
        self.0.alloc_slice_copy(items)
    }
}

/// Never U+0000. `None` for the choice that ends a string.
fn character(c: &mut Choices<'_>) -> Option<char> {
    let byte = c.byte();
    Some(match byte % 8 {
        0 => return None,
        1..=5 => char::from(b'a' + byte / 8 % 26),
        6 => ODD[usize::from(byte / 8) % ODD.len()],
        // A surrogate is no character.
        _ => char::from_u32(c.u32() % 0x11_0000).filter(|&c| c != '\0').unwrap_or('\u{fffd}'),
    })
}

/// Exactly this many bytes.
fn long(c: &mut Choices<'_>) -> String {
    let character = c.pick(&['x', '/', 'ü', '€', '😀']);
    let len = c.pick(&LONG);
    let mut string: String = core::iter::repeat_n(character, len / character.len_utf8()).collect();
    string.extend(core::iter::repeat_n('x', len - string.len()));
    string
}

fn short(c: &mut Choices<'_>, most: usize) -> String {
    (0..most).map_while(|_| character(c)).collect()
}

pub(super) fn string(c: &mut Choices<'_>) -> String {
    if c.rarely(40) { long(c) } else { short(c, 24) }
}

pub(super) fn text<'a>(c: &mut Choices<'_>, arena: &'a Arena) -> Text<'a> {
    arena.text(&string(c))
}

pub(super) fn binary<'a>(c: &mut Choices<'_>, arena: &'a Arena) -> &'a [u8] {
    if c.rarely(40) {
        let (byte, len) = (c.byte(), c.pick(&LONG));
        return arena.0.alloc_slice_fill_copy(len, byte);
    }
    let bytes: Vec<u8> = (0..64).map_while(|_| (c.index(16) != 0).then(|| c.byte())).collect();
    arena.slice(&bytes)
}

/// A Topic Name, not empty.
pub(super) fn topic_name<'a>(c: &mut Choices<'_>, arena: &'a Arena) -> Text<'a> {
    let name = string(c).replace(['+', '#'], "/");
    arena.text(if name.is_empty() { "a" } else { &name })
}

/// Shorter levels than `$share`, so that no filter is shared by chance.
fn plain_filter(c: &mut Choices<'_>) -> String {
    let mut levels = Vec::new();
    loop {
        levels.push(match c.index(4) {
            0 => String::new(),
            1 | 2 => String::from("+"),
            _ => short(c, 4).replace(['+', '#'], "a"),
        });
        match c.index(4) {
            1 if levels.len() < 12 => {}
            2 => {
                levels.push(String::from("#"));
                break;
            }
            _ => break,
        }
    }
    let filter = levels.join("/");
    if filter.is_empty() { String::from("a") } else { filter }
}

/// A Topic Filter: in 5.0 it may be shared, in 3.1.1 `$share` means nothing.
pub(super) fn topic_filter<'a>(c: &mut Choices<'_>, arena: &'a Arena, version: Version) -> Text<'a> {
    const ODD_FILTERS: [&str; 8] = ["#", "+", "/", "$SYS/#", "$share", "$shared/+", "+/+/#", "/+//"];
    const ONLY_V311: [&str; 4] = ["$share//a", "$share/g", "$share/+/a", "$share/g/"];
    let filter = match c.index(16) {
        0..=8 => plain_filter(c),
        9..=12 => {
            let name = short(c, 6).replace(['/', '+', '#'], "g");
            let name = if name.is_empty() { "g" } else { &name };
            alloc::format!("$share/{name}/{}", plain_filter(c))
        }
        13 => long(c),
        14 if version == Version::V311 => c.pick(&ONLY_V311).into(),
        _ => c.pick(&ODD_FILTERS).into(),
    };
    arena.text(&filter)
}

pub(super) fn packet_identifier(c: &mut Choices<'_>) -> u16 {
    c.number(1, 0xffff) as u16
}

/// A code that this packet may carry.
pub(super) fn reason_code(c: &mut Choices<'_>, shape: Shape) -> ReasonCode {
    let allowed = |code: &ReasonCode| code.allowed(shape.version(), shape.packet_type(), shape.sender());
    let codes: Vec<ReasonCode> = (0..=255).map(ReasonCode).filter(allowed).collect();
    c.pick(&codes)
}

/// One to twelve.
pub(super) fn some<T>(c: &mut Choices<'_>, mut make: impl FnMut(&mut Choices<'_>) -> T) -> Vec<T> {
    let mut list = alloc::vec![make(c)];
    while list.len() < 12 && c.index(4) != 0 {
        list.push(make(c));
    }
    list
}

/// The properties of the packet itself.
pub(super) fn own_properties<'a>(c: &mut Choices<'_>, arena: &'a Arena, shape: Shape) -> Properties<'a> {
    properties(c, arena, shape, Home::Packet(shape.packet_type()))
}

/// The properties that `home` may carry in this packet: none, a few in any order, or all; none in 3.1.1.
pub(super) fn properties<'a>(c: &mut Choices<'_>, arena: &'a Arena, shape: Shape, home: Home) -> Properties<'a> {
    if shape.version() == Version::V311 {
        return Properties::EMPTY;
    }
    let allowed = |id: &PropertyId| id.allowed_in(home) && id.allowed_from(home, shape.sender());
    let mut lawful: Vec<PropertyId> = PropertyId::ALL.iter().copied().filter(allowed).collect();
    let mut list: Vec<Property<'a>> = Vec::new();
    match c.index(6) {
        0 | 1 => {}
        2 => {
            let first = c.index(lawful.len());
            lawful.rotate_left(first);
            for id in lawful {
                // Hardly ever left out, so that most are there; but a shrinker finds which one matters.
                if c.byte() != 0 {
                    list.push(property(c, arena, id));
                }
            }
        }
        _ => {
            for _ in 0..8 {
                if c.index(6) == 0 {
                    break;
                }
                let id = c.pick(&lawful);
                if id.repeats_in(home) || list.iter().all(|there| there.id != id) {
                    list.push(property(c, arena, id));
                }
            }
        }
    }
    let has = |id| list.iter().any(|property| property.id == id);
    let method = PropertyId::AuthenticationMethod;
    let needed = match home {
        Home::Packet(PacketType::Auth) => true,
        Home::Packet(PacketType::Connect) => has(PropertyId::AuthenticationData),
        Home::Packet(_) | Home::Will => false,
    };
    if needed && !has(method) {
        list.push(property(c, arena, method));
    }
    Properties::list(arena.slice(&list))
}

fn property<'a>(c: &mut Choices<'_>, arena: &'a Arena, id: PropertyId) -> Property<'a> {
    let spec = id.spec();
    let mut number = |most: u32| {
        // A Payload Format Indicator above 1 is passed on, but nobody says what it means.
        let boolean = spec.range == Range::Boolean || id == PropertyId::PayloadFormatIndicator;
        c.number(u32::from(spec.range == Range::NotZero), if boolean { 1 } else { most })
    };
    let value = match spec.kind {
        Kind::Byte => Value::Byte(number(0xff) as u8),
        Kind::TwoByte => Value::TwoByte(number(0xffff) as u16),
        Kind::FourByte => Value::FourByte(number(u32::MAX)),
        Kind::VarInt => Value::VarInt(number(varint::MAX)),
        Kind::Text if spec.range == Range::TopicName => Value::Text(topic_name(c, arena)),
        Kind::Text => Value::Text(text(c, arena)),
        Kind::Binary => Value::Binary(binary(c, arena)),
        Kind::Pair => Value::Pair(text(c, arena), text(c, arena)),
    };
    Property { id, value }
}

/// A payload that is what its properties say of it.
pub(super) fn payload<'a>(c: &mut Choices<'_>, arena: &'a Arena, properties: Properties<'a>) -> &'a [u8] {
    match properties.find(PropertyId::PayloadFormatIndicator) {
        Some(Value::Byte(1)) => text(c, arena).as_bytes(),
        _ => binary(c, arena),
    }
}
