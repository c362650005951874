//! The catalogue of statements against the table: nothing that is about the form of a packet is without an example.

use crate::{BOTH, SHOWN, Shown, V5, V311, accepted_in, bytes, header, mapping, properties, refused_in};
use mqttspec_codec::seeds::{Row, form};
use mqttspec_codec::{Context, Field, PacketType, Rule, Sender, Version};
use std::collections::{BTreeMap, BTreeSet};

/// Each statement of `other-*.txt` with the class of its reason.
fn others(version: Version) -> BTreeMap<&'static str, &'static str> {
    let text = match version {
        V311 => include_str!("other-3.1.1.txt"),
        V5 => include_str!("other-5.0.txt"),
    };
    let mut others = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("MQTT-")) {
        let (id, class) = line.split_once(' ').expect(line);
        let explained = format!("# {class} ");
        assert!(
            text.lines().any(|line| line.starts_with(&explained)),
            "{version}: the class of {line} is not explained"
        );
        assert_eq!(others.insert(id, class), None, "{version}: {id} stands twice");
    }
    others
}

fn in_table(version: Version) -> BTreeSet<&'static str> {
    form(version).iter().filter(|row| row.numbered()).map(|row| row.statement).collect()
}

#[test]
fn each_row_shows_what_it_says() {
    for (version, _) in BOTH {
        for row in form(version) {
            let max_packet = if row.limited { bytes(row.good[0]).len() } else { usize::MAX };
            let context = Context { max_packet, ..Context::new(version, row.sender) };
            row.good.iter().for_each(|good| accepted_in(&context, good));
            let Some((rule, field)) = row.broken else {
                assert!(row.bad.is_empty() && !row.numbered(), "{row:?}");
                continue;
            };
            assert!(row.good.len() == 1 && !row.bad.is_empty(), "{row:?}");
            for &(bad, offset) in &row.bad {
                refused_in(&context, bad, (rule, self::field(field), offset), row.told());
                let (apart, most) = (distance(&bytes(row.good[0]), &bytes(bad)), 12);
                assert!(apart <= most, "{row:?}: {apart} bytes apart");
            }
        }
    }
}

/// The field of this name.
fn field(name: &str) -> Field {
    let field = mapping::fields().into_iter().find(|field| format!("{field:?}") == name);
    field.unwrap_or_else(|| panic!("there is no {name}"))
}

/// How many bytes of the longer one lie between the front and the back that both have, fixed header aside.
fn distance(good: &[u8], bad: &[u8]) -> usize {
    let (good, bad) = (&good[2.min(good.len())..], &bad[2.min(bad.len())..]);
    let front = good.iter().zip(bad).take_while(|(a, b)| a == b).count();
    let back = good[front..].iter().rev().zip(bad[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    good.len().max(bad.len()) - front - back
}

#[test]
fn each_statement_is_in_one_of_the_two() {
    for (version, _) in BOTH {
        let (in_form, others) = (in_table(version), others(version));
        for id in mapping::catalogue(version) {
            match (in_form.contains(id), others.contains_key(id)) {
                (true, false) | (false, true) => {}
                (false, false) => panic!("{version}: {id} is neither in form-{version}.txt nor in other-{version}.txt"),
                (true, true) => panic!("{version}: {id} is in form-{version}.txt and in other-{version}.txt"),
            }
        }
        let known = mapping::catalogue(version);
        let unknown = in_form.iter().chain(others.keys()).find(|id| !known.contains(*id));
        assert_eq!(unknown, None, "{version}: not in the catalogue");
        assert_eq!(in_form.len() + others.len(), if version == V5 { 251 } else { 141 }, "{version}");
    }
}

/// What the codec can tell is shown by a row of its own, not only in place of another statement.
#[test]
fn each_statement_that_is_told_has_a_row() {
    for (version, _) in BOTH {
        let own = form(version).iter().filter(|row| row.told_as.is_none()).filter_map(Row::told).collect();
        let named: BTreeSet<&str> = mapping::named(version);
        assert_eq!(named, own, "{version}");
        for row in form(version).iter().filter(|row| row.told_as.is_some()) {
            assert!(named.contains(row.told_as.expect("filtered")), "{version}: {row:?}");
        }
    }
}

/// Each rule has an example in each packet of each version where it can be broken, and nowhere else.
#[test]
fn each_rule_is_shown_wherever_it_applies() {
    SHOWN.with(|shown| shown.borrow_mut().clear());
    each_row_shows_what_it_says();
    header::direction_of_flow();
    header::reserved_flags();
    header::remaining_length_of_five_bytes();
    header::remaining_length_with_needless_bytes();
    header::too_large();
    header::bytes_left_over();
    properties::table();
    properties::unknown_identifiers();
    let shown = SHOWN.with(|shown| shown.borrow().clone());
    let mut expected = BTreeSet::new();
    for (version, _) in BOTH {
        expected.insert((version, Rule::PacketTypeReserved, None));
        for packet in PacketType::ALL.into_iter().filter(|packet| packet.exists_in(version)) {
            let rules = Rule::ALL.iter().filter(|&&rule| applies(rule, version, packet));
            expected.extend(rules.map(|&rule| (version, rule, Some(packet))));
        }
    }
    let missing: Vec<&Shown> = expected.difference(&shown).collect();
    let surplus: Vec<&Shown> = shown.difference(&expected).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "not shown: {missing:#?}\nshown, but not known: {surplus:#?}");
    let rules: BTreeSet<Rule> = shown.iter().map(|shown| shown.1).collect();
    assert!(rules.iter().eq(Rule::ALL), "{rules:?}");
}

/// Whether the bytes of this packet can break the rule in this version.
fn applies(rule: Rule, version: Version, packet: PacketType) -> bool {
    use PacketType as P;
    let v5 = version == V5;
    let ping = matches!(packet, P::Pingreq | P::Pingresp);
    match rule {
        Rule::PacketTypeReserved => false,
        Rule::PacketTypeForSender => {
            [Sender::Client, Sender::Server].iter().any(|&sender| !packet.allowed(version, sender))
        }
        Rule::FixedHeaderFlags => packet != P::Publish,
        Rule::VariableByteIntegerLength | Rule::PacketTooLarge => true,
        Rule::VariableByteIntegerMinimal => v5,
        Rule::Overrun => !ping && (v5 || packet != P::Disconnect),
        Rule::TrailingBytes => match packet {
            P::Publish | P::Subscribe | P::Unsubscribe | P::Suback => false,
            P::Unsuback => !v5,
            _ => true,
        },
        Rule::Utf8 | Rule::NullCharacter => match packet {
            P::Connect | P::Publish | P::Subscribe | P::Unsubscribe => true,
            _ => v5 && !ping,
        },
        Rule::ProtocolName
        | Rule::ProtocolLevel
        | Rule::ConnectFlagsReserved
        | Rule::WillQosWithoutWill
        | Rule::WillRetainWithoutWill
        | Rule::WillQos => packet == P::Connect,
        Rule::PasswordWithoutUserName | Rule::ClientIdEmpty => packet == P::Connect && !v5,
        Rule::ConnackFlagsReserved | Rule::SessionPresentOnRefusal => packet == P::Connack,
        Rule::ReasonCode => match packet {
            P::Connack | P::Suback => true,
            P::Puback | P::Pubrec | P::Pubrel | P::Pubcomp | P::Unsuback | P::Disconnect | P::Auth => v5,
            _ => false,
        },
        Rule::PublishQos | Rule::DupWithoutQos => packet == P::Publish,
        Rule::PacketIdentifierZero => !ping && !matches!(packet, P::Connect | P::Connack | P::Disconnect | P::Auth),
        Rule::TopicNameEmpty | Rule::TopicNameWildcard => matches!(packet, P::Connect | P::Publish),
        Rule::TopicFilterEmpty | Rule::MultiLevelWildcard | Rule::SingleLevelWildcard => {
            matches!(packet, P::Subscribe | P::Unsubscribe)
        }
        Rule::ShareNameEmpty | Rule::SharedFilter => v5 && matches!(packet, P::Subscribe | P::Unsubscribe),
        Rule::SubscriptionOptionsReserved | Rule::SubscriptionQos => packet == P::Subscribe,
        Rule::RetainHandling | Rule::NoLocalOnShared => v5 && packet == P::Subscribe,
        Rule::PayloadEmpty => match packet {
            P::Subscribe | P::Suback | P::Unsubscribe => true,
            P::Unsuback => v5,
            _ => false,
        },
        Rule::PropertyLengthMissing => match packet {
            P::Connect | P::Connack | P::Publish | P::Subscribe | P::Suback | P::Unsubscribe | P::Unsuback => v5,
            _ => false,
        },
        Rule::PropertyUnknown | Rule::PropertyNotAllowed => v5 && !ping,
        // UNSUBSCRIBE has User Properties alone, and they repeat.
        Rule::PropertyDuplicate => v5 && !ping && packet != P::Unsubscribe,
        Rule::PropertyValue => v5 && matches!(packet, P::Connect | P::Connack | P::Publish | P::Subscribe),
        Rule::PropertyMissing => v5 && matches!(packet, P::Connect | P::Auth),
    }
}
