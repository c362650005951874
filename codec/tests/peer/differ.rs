//! Where another codec reads a packet in another way than ours. The fuzz target looks for what the table of
//! disagreements (`docs/findings/peer-codecs.md`) does not have.

use crate::room::Room;
use crate::sorted::sorted;
use crate::{gist, proto_v5, proto_v311, rumqttc};
use mqttspec_codec::{Context, DecodeError, Decoded, Packet, PacketType, Rule, Sender, Version, decode, frame, raw};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::LazyLock;

pub(crate) const PEERS: [&str; 2] = ["mqtt-proto", "rumqttc"];

/// A kind of disagreement: what its inputs have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Disagreement {
    pub(crate) peer: &'static str,
    pub(crate) version: Version,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// It takes what breaks this rule.
    Accepts(Rule),
    /// It does not take a packet of this type that is valid; what it says.
    Refuses(PacketType, String),
    /// It takes a packet of this type for something else: the first field that differs.
    Differs(PacketType, &'static str),
    /// It panics at a packet of this type.
    Panics(PacketType),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepts(rule) => write!(f, "accepts: {rule}"),
            Self::Refuses(packet, why) => write!(f, "refuses {packet}: {why}"),
            Self::Differs(packet, field) => write!(f, "reads {packet} otherwise: {field}"),
            Self::Panics(packet) => write!(f, "panics at {packet}"),
        }
    }
}

/// Decodes as the Client's bytes or the Server's: other codecs do not ask whose they are. Where both are wrong, it is the
/// later of the two errors.
fn ours(version: Version, bytes: &[u8]) -> Option<Result<Packet<'_>, (DecodeError, Sender)>> {
    let mut last: Option<(DecodeError, Sender)> = None;
    let packet = PacketType::from_first_byte(*bytes.first()?);
    for sender in [Sender::Client, Sender::Server] {
        match decode(bytes, &Context::new(version, sender)) {
            Ok(Decoded::Packet { packet, .. }) => return Some(Ok(packet)),
            Ok(Decoded::Incomplete) => return None,
            Err(error) => {
                let may_send = packet.is_some_and(|packet| packet.allowed(version, sender));
                let later = |last: DecodeError| last.rule == Rule::PacketTypeForSender || error.offset > last.offset;
                if last.is_none_or(|(last, _)| may_send && later(last)) {
                    last = Some((error, sender));
                }
            }
        }
    }
    last.map(Err)
}

/// The statement that these bytes break, if there is one.
#[allow(dead_code, reason = "for the tests")]
pub(crate) fn statement(version: Version, bytes: &[u8]) -> Option<&'static str> {
    let (error, sender) = ours(version, bytes)?.err()?;
    error.statement(version, sender)
}

/// Whether this is a CONNECT of another version: a codec for one version does not read it.
fn is_foreign(version: Version, bytes: &[u8]) -> bool {
    let Ok(Some(frame)) = frame(bytes) else { return false };
    let level = bytes.get(frame.header + 6).copied();
    bytes[0] >> 4 == 1 && level.is_some_and(|level| level != version.level())
}

/// In what each peer disagrees about one whole packet. What is not one whole packet is left out.
pub(crate) fn compare(version: Version, bytes: &[u8]) -> Vec<Disagreement> {
    let whole = frame(bytes).ok().flatten().is_some_and(|frame| frame.len == bytes.len());
    if !whole || is_foreign(version, bytes) {
        return Vec::new();
    }
    let Some(ours) = ours(version, bytes) else { return Vec::new() };
    let ours = ours.map_err(|(error, _)| error.rule);
    let compared = PEERS.into_iter().filter_map(|peer| {
        let what = disagreement(peer, version, bytes, &ours)?;
        Some(Disagreement { peer, version, what })
    });
    compared.collect()
}

fn disagreement(peer: &str, version: Version, bytes: &[u8], ours: &Result<Packet<'_>, Rule>) -> Option<What> {
    let packet = PacketType::from_first_byte(bytes[0]).unwrap_or(PacketType::Connect);
    let Some(theirs) = quietly(|| difference(peer, version, bytes, ours)) else { return Some(What::Panics(packet)) };
    match (ours, theirs) {
        (Ok(_), Ok(field)) => field.map(|field| What::Differs(packet, field)),
        (Ok(_), Err(why)) => Some(What::Refuses(packet, why)),
        (Err(rule), Ok(_)) => Some(What::Accepts(*rule)),
        (Err(_), Err(_)) => None,
    }
}

/// The field in which the peer's packet differs from ours, if both read it; the name of its error if it does not.
fn difference(
    peer: &str,
    version: Version,
    bytes: &[u8],
    ours: &Result<Packet<'_>, Rule>,
) -> Result<Option<&'static str>, String> {
    let name = |error: String| error.chars().take_while(|c| c.is_alphabetic()).collect::<String>();
    if peer == "rumqttc" {
        let theirs = match version {
            Version::V311 => rumqttc::v311(bytes),
            Version::V5 => rumqttc::v5(bytes),
        };
        let theirs = theirs.map_err(name)?;
        return Ok(ours.as_ref().ok().and_then(|packet| gist::difference(&gist::of(packet), &theirs)));
    }
    let room = Room::default();
    let theirs = match version {
        Version::V311 => proto_v311::packet(&room, bytes),
        Version::V5 => proto_v5::packet(&room, bytes),
    };
    let theirs = theirs.map_err(name)?;
    let Ok(ours) = ours else { return Ok(None) };
    let field = gist::difference(&gist::of(ours), &gist::of(&theirs));
    Ok(field.or((sorted(&room, *ours) != sorted(&room, theirs)).then_some("properties or codes")))
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// `None` when it panics, about which nothing is printed.
fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: LazyLock<()> = LazyLock::new(|| {
        let loud = take_hook();
        set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info);
            }
        }));
    });
    LazyLock::force(&HOOK);
    QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(work)).ok();
    QUIET.set(false);
    result
}

/// A row of the table: an example, and what was made of it.
pub(crate) struct Row {
    pub(crate) peer: String,
    pub(crate) version: Version,
    pub(crate) bytes: Vec<u8>,
    pub(crate) what: String,
    pub(crate) right: String,
}

/// The rows of the table of disagreements.
pub(crate) fn table() -> Vec<Row> {
    let page = include_str!("../../../docs/findings/peer-codecs.md");
    let rows = page.lines().filter(|line| PEERS.iter().any(|peer| line.starts_with(&format!("| {peer} |"))));
    let parse = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [peer, version, hex, what, right] = cells[..] else { panic!("not five cells: {line}") };
        let version = Version::ALL.into_iter().find(|known| known.to_string() == version).expect("a version");
        let hex: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let digit = |digit: u8| char::from(digit).to_digit(16).expect("a digit") as u8;
        let bytes = hex.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
        Row { peer: peer.to_owned(), version, bytes, what: what.to_owned(), right: right.to_owned() }
    };
    rows.map(parse).collect()
}

static KNOWN: LazyLock<BTreeSet<Disagreement>> =
    LazyLock::new(|| table().iter().flat_map(|row| compare(row.version, &row.bytes)).collect());

/// The first bit of the input says the version, the second whether the Remaining Length is made right; the rest is the
/// packet. Gives the disagreements that the table does not have.
pub(crate) fn new_disagreements(data: &[u8]) -> (Version, Vec<u8>, Vec<Disagreement>) {
    let Some((&choice, rest)) = data.split_first() else { return (Version::V5, Vec::new(), Vec::new()) };
    let version = Version::ALL[usize::from(choice & 1)];
    let bytes = match rest.split_first() {
        Some((&first, body)) if choice & 2 == 0 => raw::Builder::new().bytes(body).packet(first),
        _ => rest.to_vec(),
    };
    let new = compare(version, &bytes).into_iter().filter(|found| !KNOWN.contains(found)).collect();
    (version, bytes, new)
}
