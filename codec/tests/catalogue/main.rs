//! For each statement about the form of a packet, and for each rule that only prose states, the exact error for an
//! input that breaks it, beside the nearest input that is accepted: the table of `seeds::form`. The modules named after
//! packets hold what is tried in all its values. A test shows that no statement of the catalogue is left out.

mod connect;
mod coverage;
mod header;
mod mapping;
mod properties;
mod publish;
mod reasons;
mod strings;
mod subscribe;

pub(crate) use mqttspec_codec::Sender::{Client, Server};
pub(crate) use mqttspec_codec::Version::{V5, V311};
pub(crate) use mqttspec_codec::seeds::bytes;
use mqttspec_codec::{Context, DecodeError, Decoded, PacketType, Sender, Version, decode, inspect};
pub(crate) use mqttspec_codec::{Field, PropertyId, Rule};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// A rule that was shown to be broken, where the first byte tells a packet type in this packet.
pub(crate) type Shown = (Version, Rule, Option<PacketType>);

thread_local! {
    /// What [`refused_in`] has shown on this thread.
    pub(crate) static SHOWN: RefCell<BTreeSet<Shown>> = const { RefCell::new(BTreeSet::new()) };
}

/// Both versions with the Property Length that stands in packets without properties.
pub(crate) const BOTH: [(Version, &str); 2] = [(V311, ""), (V5, "00")];

/// The whole input is one valid packet.
#[track_caller]
pub(crate) fn accepted(version: Version, sender: Sender, text: &str) {
    accepted_in(&Context::new(version, sender), text);
}

/// As [`accepted`], in a context of its own.
#[track_caller]
pub(crate) fn accepted_in(context: &Context, text: &str) {
    let input = bytes(text);
    match decode(&input, context) {
        Ok(Decoded::Packet { len, .. }) => assert_eq!(len, input.len(), "{text}"),
        other => panic!("{} {:?} {text}: {other:?}", context.version, context.sender),
    }
    assert_eq!(inspect(&input, context).violations, [], "{text}");
}

/// The first violation of the input is this one, for the strict decoder and for the lenient view.
#[track_caller]
pub(crate) fn refused(
    version: Version,
    sender: Sender,
    text: &str,
    (rule, field, offset): (Rule, Field, usize),
    statement: impl Into<Option<&'static str>>,
) {
    refused_in(&Context::new(version, sender), text, (rule, field, offset), statement);
}

/// As [`refused`], in a context of its own.
#[track_caller]
pub(crate) fn refused_in(
    context: &Context,
    text: &str,
    (rule, field, offset): (Rule, Field, usize),
    statement: impl Into<Option<&'static str>>,
) {
    let Context { version, sender, .. } = *context;
    let input = bytes(text);
    let packet = PacketType::from_first_byte(input[0]).filter(|packet| packet.exists_in(version));
    let expected = DecodeError { rule, packet, field, offset };
    let found = decode(&input, context);
    assert_eq!(found, Err(expected), "{version} {sender:?} {text}");
    assert_eq!(inspect(&input, context).violations.first(), Some(&expected), "{version} {sender:?} {text}");
    assert_eq!(expected.statement(version, sender), statement.into(), "{version} {sender:?} {text}: {expected}");
    SHOWN.with(|shown| shown.borrow_mut().insert((version, rule, packet)));
}

/// `good` is accepted, `bad` is refused.
#[track_caller]
pub(crate) fn differ(
    (version, sender): (Version, Sender),
    good: &str,
    bad: &str,
    error: (Rule, Field, usize),
    statement: impl Into<Option<&'static str>>,
) {
    accepted(version, sender, good);
    refused(version, sender, bad, error, statement);
}
