//! Strategies for what packets are made of. What they borrow is leaked: a few megabytes in a test run, and no second
//! model of the packets that would own it.

use mqttspec_codec::property::{Home, Kind, Range};
use mqttspec_codec::{PacketType, Properties, Property, PropertyId, ReasonCode, Sender, Text, Value, Version, varint};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// Characters that are lawful in every string: also those that look odd, or that a terminal would obey.
fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        8 => prop::char::range('a', 'z'),
        1 => prop::char::range('\u{1}', '\u{9f}'),
        1 => select(vec!['/', '$', ' ', '"', '\\', '\u{feff}', '\u{202e}', '\u{2028}', '\u{fffe}', 'ü', '€', '😀', '\u{10ffff}']),
        1 => any::<char>().prop_filter("not U+0000", |&c| c != '\0'),
    ]
}

fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        40 => vec(character(), 0..12).prop_map(|characters| characters.into_iter().collect()),
        // The longest that the length field can say.
        1 => (65_000_usize..=65_535).prop_map(|len| "x".repeat(len)),
    ]
}

pub(crate) fn text() -> impl Strategy<Value = Text<'static>> {
    string().prop_map(|string| leak(string).into())
}

pub(crate) fn binary() -> impl Strategy<Value = &'static [u8]> {
    prop_oneof![20 => vec(any::<u8>(), 0..80), 1 => vec(any::<u8>(), 400..20_000)].prop_map(|bytes| &*bytes.leak())
}

/// A Topic Name, not empty.
pub(crate) fn topic_name() -> impl Strategy<Value = Text<'static>> {
    string().prop_map(|name| {
        let name = name.replace(['+', '#'], "/");
        leak(if name.is_empty() { "/".to_owned() } else { name }).into()
    })
}

fn plain_filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![
        2 => Just("+".to_owned()),
        1 => Just(String::new()),
        3 => vec(character(), 1..4).prop_map(|level| level.into_iter().collect::<String>().replace(['+', '#'], "a")),
    ];
    (vec(level, 1..5), any::<bool>()).prop_map(|(mut levels, all)| {
        if all {
            levels.push("#".to_owned());
        }
        let filter = levels.join("/");
        if filter.is_empty() { "#".to_owned() } else { filter }
    })
}

/// A Topic Filter: in 5.0 it may be shared, in 3.1.1 `$share` means nothing.
pub(crate) fn topic_filter(version: Version) -> impl Strategy<Value = Text<'static>> {
    let shared = (vec(prop::char::range('a', 'z'), 1..4), plain_filter())
        .prop_map(|(name, filter)| format!("$share/{}/{filter}", name.into_iter().collect::<String>()));
    let odd = select(vec!["$share", "$SYS/#", "$shared/+"]).prop_map(str::to_owned);
    let only_v311 = select(vec!["$share//a", "$share/g", "$share/+/a"]).prop_map(str::to_owned);
    let filter = match version {
        Version::V5 => prop_oneof![8 => plain_filter(), 3 => shared, 1 => odd].boxed(),
        Version::V311 => prop_oneof![8 => plain_filter(), 3 => shared, 1 => odd, 1 => only_v311].boxed(),
    };
    filter.prop_map(|filter| leak(filter).into())
}

pub(crate) fn packet_identifier() -> impl Strategy<Value = u16> {
    prop_oneof![1..=u16::MAX, Just(1), Just(u16::MAX)]
}

/// A code that this party may send in this packet.
pub(crate) fn reason_code(version: Version, packet: PacketType, sender: Sender) -> impl Strategy<Value = ReasonCode> {
    select((0..=255).map(ReasonCode).filter(|code| code.allowed(version, packet, sender)).collect::<Vec<_>>())
}

/// The properties that `home` may carry when this party sends it; none in 3.1.1.
pub(crate) fn properties(version: Version, home: Home, sender: Sender) -> BoxedStrategy<Properties<'static>> {
    if version == Version::V311 {
        return Just(Properties::EMPTY).boxed();
    }
    let allowed = |id: &PropertyId| id.allowed_in(home) && id.allowed_from(home, sender);
    let some = |id: PropertyId| {
        let most = if id.repeats_in(home) { 3 } else { 1 };
        // Half of all lists lack the property, or packets of many would never be short.
        prop_oneof![1 => Just(Vec::new()), 1 => vec(property(id), 0..=most)]
    };
    let lists = PropertyId::ALL.iter().copied().filter(allowed).map(some).collect::<Vec<_>>();
    let all = (lists, any::<bool>()).prop_map(|(lists, none)| if none { Vec::new() } else { lists.concat() });
    (all.prop_shuffle(), property(PropertyId::AuthenticationMethod))
        .prop_map(move |(mut list, method)| {
            let has = |list: &[Property<'_>], id| list.iter().any(|property| property.id == id);
            let needed = home == Home::Packet(PacketType::Auth)
                || (home == Home::Packet(PacketType::Connect) && has(&list, PropertyId::AuthenticationData));
            if needed && !has(&list, PropertyId::AuthenticationMethod) {
                list.push(method);
            }
            Properties::list(list.leak())
        })
        .boxed()
}

fn property(id: PropertyId) -> BoxedStrategy<Property<'static>> {
    let spec = id.spec();
    let low = u32::from(spec.range == Range::NotZero);
    let number = |most: u32| {
        let most = if spec.range == Range::Boolean { 1 } else { most };
        prop_oneof![low..=most, Just(low), Just(most)].boxed()
    };
    let value = match spec.kind {
        Kind::Byte => number(0xff).prop_map(|n| Value::Byte(n as u8)).boxed(),
        Kind::TwoByte => number(0xffff).prop_map(|n| Value::TwoByte(n as u16)).boxed(),
        Kind::FourByte => number(u32::MAX).prop_map(Value::FourByte).boxed(),
        Kind::VarInt => number(varint::MAX).prop_map(Value::VarInt).boxed(),
        Kind::Text if spec.range == Range::TopicName => topic_name().prop_map(Value::Text).boxed(),
        Kind::Text => text().prop_map(Value::Text).boxed(),
        Kind::Binary => binary().prop_map(Value::Binary).boxed(),
        Kind::Pair => (text(), text()).prop_map(|(name, value)| Value::Pair(name, value)).boxed(),
    };
    value.prop_map(move |value| Property { id, value }).boxed()
}
