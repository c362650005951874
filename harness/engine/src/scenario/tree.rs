//! A scenario as it is written: the tree that the loader makes of the text, with the place of everything.

use super::{Release, Stream};
use crate::statement::{Catalogue, Level};
use mqttspec_codec::{PacketType, Version};
use std::sync::Arc;
use std::time::Duration;

/// A place in a scenario file: byte offsets into its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub offset: usize,
    /// Length in bytes.
    pub len: usize,
}

/// A scenario file: its name as the user knows it, and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path, relative to where the user pointed (`scenarios/qos/duplicate.kdl`).
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// Line and column of an offset, both from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// `path:line:column` of a span.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        let (line, column) = self.line_column(span.offset);
        format!("{}:{line}:{column}", self.path)
    }

    /// The line in which a span begins, without its indentation.
    #[must_use]
    pub fn line(&self, span: Span) -> &str {
        let start = self.text[..span.offset].rfind('\n').map_or(0, |at| at + 1);
        self.text[start..].lines().next().unwrap_or_default().trim()
    }
}

/// One scenario.
#[derive(Debug, PartialEq)]
pub struct Scenario {
    /// The folder: `qos`.
    pub area: String,
    /// The name, unique in its area.
    pub name: String,
    /// Where it stands.
    pub source: Arc<Source>,
    /// The name's place in the source.
    pub span: Span,
    /// One sentence.
    pub title: String,
    /// Names that it had before, `area/name`, and where it says so.
    pub aliases: Vec<(String, Span)>,
    /// The version of mqttspec that it came with.
    pub since: Release,
    /// What it proves.
    pub rules: Vec<Rule>,
    /// The versions of the matrix; at least one.
    pub versions: Vec<Version>,
    /// The other axes, in their order.
    pub axes: Vec<Axis>,
    /// What the target must offer.
    pub requires: Vec<Requirement>,
    /// The Clients, in their order.
    pub clients: Vec<Client>,
    /// Whether it needs the Server for itself, said or found out.
    pub exclusive: bool,
    /// The conversation.
    pub steps: Vec<Step>,
}

impl Scenario {
    /// `area/name`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.area, self.name)
    }

    /// Whether it can be played over WebSocket only.
    #[must_use]
    pub fn needs_web_socket(&self) -> bool {
        self.requires
            .iter()
            .any(|requirement| requirement.key == "web-socket" && requirement.value == Value::Bool(true))
    }

    /// Whether there is a `fault` block, so that a control exists.
    #[must_use]
    pub fn has_control(&self) -> bool {
        fn any_fault(steps: &[Step]) -> bool {
            steps.iter().any(|step| match &step.action {
                Action::Fault(_) => true,
                other => other.blocks().any(any_fault),
            })
        }
        any_fault(&self.steps)
    }
}

/// A duty that the scenario proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name that steps use.
    pub name: String,
    /// What is proved, in plain words.
    pub text: String,
    /// The statement in 3.1.1, if the matrix has that version.
    pub v311: Option<String>,
    /// The statement in 5.0, if the matrix has that version.
    pub v5: Option<String>,
    /// A level lower than the catalogue's.
    pub level: Option<Level>,
    /// Its place.
    pub span: Span,
}

impl Rule {
    /// The statement in a version.
    #[must_use]
    pub fn statement(&self, version: Version) -> Option<&str> {
        match version {
            Version::V311 => self.v311.as_deref(),
            Version::V5 => self.v5.as_deref(),
        }
    }

    /// Its level in a version: that of its statement, unless the scenario lowers it.
    #[must_use]
    pub fn level_in(&self, version: Version, catalogue: &Catalogue) -> Level {
        let known = self.statement(version).and_then(|statement| catalogue.get(version, statement));
        let known = known.map_or(Level::Must, |known| known.level);
        self.level.map_or(known, |lowered| known.min(lowered))
    }
}

/// An axis of the matrix other than the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The name.
    pub name: String,
    /// The values, in their order.
    pub values: Vec<String>,
}

/// What the target must offer for the case to make sense.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// `max-qos`, `retain`, `wildcard`, `shared`, `subscription-identifier`, `topic-alias`, `receive-maximum`,
    /// `maximum-packet-size`, `credentials`, `challenge`, `web-socket`, `sessions-survive`, `retained-survive`.
    pub key: String,
    /// A boolean, the least number, a range or alternatives in a text, or the word of an operation.
    pub value: Value,
    /// Its place.
    pub span: Span,
}

/// A Client of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// The name that steps use.
    pub name: String,
    /// Its version, if it is not the case's.
    pub version: Option<Version>,
    /// Whether the session outlives the Network Connection.
    pub kept: bool,
    /// The Client whose Client Identifier it uses.
    pub id_of: Option<usize>,
    /// Whether it connects before the first step.
    pub connects: bool,
    /// Fields and entries of its CONNECT.
    pub connect: PacketSpec,
    /// Its place.
    pub span: Span,
}

/// A value as it is written; texts may hold `$...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// `#true` or `#false`.
    Bool(bool),
    /// A word or string, with `$...` still in it.
    Text(String),
    /// `(hex)"..."`.
    Bytes(Vec<u8>),
    /// `(fill)"LEN TEXT"`: the text continued with `x`.
    Fill {
        /// Length of the whole, in bytes: a number, or `$NAME.FIELD`.
        len: String,
        /// What it begins with.
        text: String,
    },
    /// `#null`: absent.
    Null,
}

/// A field of a packet.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The key, as in [`crate::scenario::fields`].
    pub key: String,
    /// The value.
    pub value: Value,
    /// Place of the whole `key=value`.
    pub span: Span,
}

/// What stands in the braces of a packet: a filter, a User Property, a Will.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// `filter`, `user-property` or `will`.
    pub name: String,
    /// The filter; or name and value of a User Property.
    pub arguments: Vec<Value>,
    /// Options of a filter, fields of a Will.
    pub fields: Vec<Field>,
    /// User Properties of a Will.
    pub entries: Vec<Self>,
    /// Its place.
    pub span: Span,
}

impl Entry {
    fn values_mut(&mut self, change: &impl Fn(&mut Value)) {
        self.arguments.iter_mut().for_each(change);
        self.fields.iter_mut().for_each(|field| change(&mut field.value));
        self.entries.iter_mut().for_each(|entry| entry.values_mut(change));
    }
}

/// A packet that is to be sent, or what a packet must be like.
#[derive(Clone, Debug, PartialEq)]
pub struct PacketSpec {
    /// The type.
    pub packet: PacketType,
    /// The fields, each key at most once.
    pub fields: Vec<Field>,
    /// The entries, in their order.
    pub entries: Vec<Entry>,
}

impl PacketSpec {
    /// A packet with no field set.
    #[must_use]
    pub const fn empty(packet: PacketType) -> Self {
        Self { packet, fields: Vec::new(), entries: Vec::new() }
    }

    /// Changes every value, entries included.
    pub fn values_mut(&mut self, change: &impl Fn(&mut Value)) {
        self.fields.iter_mut().for_each(|field| change(&mut field.value));
        self.entries.iter_mut().for_each(|entry| entry.values_mut(change));
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Value> {
        self.fields.iter().find(|field| field.key == key).map(|field| &field.value)
    }
}

/// A step, with the rule that it shows to be kept or broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done or waited for.
    pub action: Action,
    /// Index into [`Scenario::rules`].
    pub rule: Option<usize>,
    /// Its place: the line without blocks.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A step of one Client.
    Client {
        /// Index into [`Scenario::clients`].
        client: usize,
        /// What it does.
        verb: Verb,
    },
    /// Not in the control.
    Fault(Vec<Step>),
    /// Only in the control.
    Control(Vec<Step>),
    /// Only for these choices: every axis must have one of the values; `version` is an axis here (`v3.1.1`, `v5`).
    When {
        /// Axis and values.
        conditions: Vec<(String, Vec<String>)>,
        /// The steps.
        steps: Vec<Step>,
    },
    /// So many times; `$i` is the round.
    Repeat {
        /// How often.
        times: Value,
        /// The steps.
        steps: Vec<Step>,
    },
    /// The branch whose first step happens first.
    AnyOf(Vec<Vec<Step>>),
    /// Receives in any order.
    AnyOrder(Vec<Step>),
    /// Sends of one Client in one write.
    Together(Vec<Step>),
    /// Sends of one Client, cut into several writes or put into another frame.
    Split {
        /// How it is cut.
        cut: Cut,
        /// The sends.
        steps: Vec<Step>,
    },
    /// Let time pass.
    Wait(Duration),
    /// Do this to the server: the word of an operation, or `$AXIS`.
    Server(String),
    /// Many messages, while something breaks the Network Connections.
    Stream(Box<Stream>),
}

impl Action {
    /// The blocks of steps inside this one.
    pub fn blocks(&self) -> Box<dyn Iterator<Item = &[Step]> + '_> {
        match self {
            Self::Client { verb: Verb::Quiet { marker: Marker::Steps(steps), .. }, .. }
            | Self::Fault(steps)
            | Self::Control(steps)
            | Self::When { steps, .. }
            | Self::Repeat { steps, .. }
            | Self::AnyOrder(steps)
            | Self::Together(steps)
            | Self::Split { steps, .. } => Box::new(std::iter::once(steps.as_slice())),
            Self::AnyOf(branches) => Box::new(branches.iter().map(Vec::as_slice)),
            Self::Client { .. } | Self::Wait(_) | Self::Server(_) | Self::Stream(_) => Box::new(std::iter::empty()),
        }
    }
}

/// How a write is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Chunks of so many bytes.
    Every(usize),
    /// At these offsets.
    At(Vec<usize>),
    /// Not at all: one WebSocket frame that says that it holds text.
    TextFrame,
}

/// What a Client does or waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    /// Open, CONNECT, CONNACK. The fields override those of the declaration.
    Connect(PacketSpec),
    /// As `Connect`, for the kept session.
    Resume(PacketSpec),
    /// Open the Network Connection.
    Open {
        /// The WebSocket subprotocols that are offered, if not `mqtt` alone; then the Server must select `mqtt`.
        offers: Vec<String>,
    },
    /// Send a packet.
    Send(PacketSpec),
    /// Wait for a packet.
    Receive {
        /// What it must be like.
        expected: PacketSpec,
        /// The name under which later steps see it.
        bind: Option<String>,
        /// Whether the player acknowledges it (PUBLISH).
        acknowledge: bool,
        /// When it may come.
        timing: Timing,
        /// Why a Server may lawfully not send it, or send a refusal: then the case is unsupported.
        unless: Option<String>,
    },
    /// Send bytes.
    Raw(Raw),
    /// DISCONNECT, then close.
    Disconnect(PacketSpec),
    /// Close without DISCONNECT.
    Abort {
        /// By RST instead of FIN.
        reset: bool,
    },
    /// Close the sending direction.
    HalfClose,
    /// Read and write nothing any more, without a word to the Server.
    Cut,
    /// The Server must close.
    Closed {
        /// When.
        timing: Timing,
        /// What must not have come before.
        without: Option<PacketType>,
    },
    /// No such packet may come.
    Quiet {
        /// What must not come.
        pattern: PacketSpec,
        /// What shows that it could have.
        marker: Marker,
        /// Whether the loader found the marker to be ordered behind what must not come.
        ordered: bool,
    },
    /// PINGREQ, PINGRESP.
    Alive,
    /// No packet that has come so far is ill-formed by the statement of the rule.
    WellFormed,
}

/// What shows that a silence is one.
#[derive(Clone, Debug, PartialEq)]
pub enum Marker {
    /// This Client (an index) publishes once more to the topic and at the QoS of its last PUBLISH.
    Fence(usize),
    /// These steps.
    Steps(Vec<Step>),
}

/// Limits on when something may happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Not before.
    pub after: Option<Duration>,
    /// Not after.
    pub within: Option<Duration>,
}

/// Bytes that no typed encoder would write.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// Just these.
    Bytes(Vec<u8>),
    /// A packet.
    Packet {
        /// Its first byte.
        first: u8,
        /// The bytes of the Remaining Length, if they are not the right ones.
        length: Option<Vec<u8>>,
        /// Its body.
        body: Vec<(RawKind, Value)>,
    },
}

/// A part of a raw body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawKind {
    /// One byte.
    U8,
    /// Two bytes.
    U16,
    /// Four bytes.
    U32,
    /// A variable byte integer.
    VarInt,
    /// Bytes behind a two-byte length.
    String,
    /// Bytes.
    Bytes,
}
