//! Packets: their fields and entries, held against the versions of the matrix.

use super::cursor::{Cursor, key, line, list, nearest, span, text, unknown};
use super::scope::{Scope, version_key};
use super::value::{Want, value};
use crate::scenario::error::Problem;
use crate::scenario::fields::{self, FieldSpec, Kind, TOPIC_BEGINS, fields, filter_fields, will_fields};
use crate::scenario::{Entry, Field, PacketSpec, Span, Value};
use kdl::{KdlDocument, KdlEntry, KdlNode};
use mqttspec_codec::{PacketType, Version};

/// What has fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Packet(PacketType),
    Will,
    Filter,
}

impl Owner {
    fn fields(self, version: Version) -> Vec<FieldSpec> {
        match self {
            Self::Packet(packet) => fields(packet, version),
            Self::Will => will_fields(version),
            Self::Filter => filter_fields(version),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Packet(packet) => packet.name(),
            Self::Will => "will",
            Self::Filter => "filter",
        }
    }
}

/// What a packet is read for.
pub(super) struct Reader<'r> {
    pub(super) versions: &'r [Version],
    pub(super) expected: bool,
    /// Whether it is the declaration of a Client, around which no `when` can stand.
    pub(super) head: bool,
    /// Properties of the step itself, to be offered when a name is misspelt.
    pub(super) step_properties: &'r [&'r str],
}

impl Reader<'_> {
    /// Reads the properties that are left as fields, and the block as entries.
    pub(super) fn packet(&self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>, packet: PacketType) -> PacketSpec {
        let fields = self.packet_fields(scope, cursor, packet);
        let block = cursor.node.children();
        let entries = block.map(|block| self.entries(scope, block, packet)).unwrap_or_default();
        PacketSpec { packet, fields, entries }
    }

    /// Reads the properties that are left as fields.
    pub(super) fn packet_fields(
        &self,
        scope: &mut Scope<'_>,
        cursor: &mut Cursor<'_>,
        packet: PacketType,
    ) -> Vec<Field> {
        self.fields(scope, cursor, Owner::Packet(packet))
    }

    fn fields(&self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>, owner: Owner) -> Vec<Field> {
        let properties = cursor.properties();
        properties.into_iter().filter_map(|property| self.field(scope, property, owner)).collect()
    }

    fn field(&self, scope: &mut Scope<'_>, property: &KdlEntry, owner: Owner) -> Option<Field> {
        let key = key(property);
        let measures = |version| fields::measures(version).filter(|_| self.expected);
        let find = |version| owner.fields(version).into_iter().chain(measures(version)).find(|field| field.key == key);
        let Some(spec) = Version::ALL.into_iter().rev().find_map(find) else {
            scope.report(self.unknown_field(property, owner));
            return None;
        };
        if let Some(&lacking) = self.versions.iter().find(|&&version| find(version).is_none()) {
            scope.report(self.lacks(&format!("`{key}` of {}", owner.name()), span(property), lacking));
            return None;
        }
        if key == TOPIC_BEGINS && !self.expected {
            let problem =
                Problem::new(format!("`{key}` of a packet that is sent"), span(property), "not a whole topic");
            scope.report(problem.help("it is for what is expected; what is sent has a `topic`"));
            return None;
        }
        let value = value(scope, property, Want { name: key, kind: spec.kind, expected: self.expected })?;
        Some(Field { key: key.to_owned(), value, span: span(property) })
    }

    fn unknown_field(&self, property: &KdlEntry, owner: Owner) -> Problem {
        let key = key(property);
        if key == "rule" {
            return Problem::new("a step that cannot name a rule", span(property), "not expected here")
                .help("the step that shows the breach names the rule: `<-`, `closed`, `quiet` or `alive`");
        }
        let specs: Vec<FieldSpec> = Version::ALL.iter().flat_map(|&version| owner.fields(version)).collect();
        let mut known: Vec<&str> = Vec::new();
        for name in specs.iter().map(|field| field.key).chain(self.step_properties.iter().copied()) {
            if !known.contains(&name) {
                known.push(name);
            }
        }
        let problem = unknown("field", key, owner.name(), span(property), &known);
        let subscribe =
            owner == Owner::Packet(PacketType::Subscribe) || owner == Owner::Packet(PacketType::Unsubscribe);
        if subscribe && (key == "filter" || key == "topic" || filter_fields(Version::V5).iter().any(|f| f.key == key)) {
            return problem.help("filters stand in braces: `{ filter \"$t/a\" qos=1; }`");
        }
        if key == "user-property" {
            return problem.help("it stands in braces: `{ user-property \"name\" \"value\"; }`");
        }
        problem
    }

    fn entries(&self, scope: &mut Scope<'_>, block: &KdlDocument, packet: PacketType) -> Vec<Entry> {
        let known: &[&str] = match packet {
            PacketType::Connect => &["will", "user-property"],
            PacketType::Subscribe | PacketType::Unsubscribe => &["filter", "user-property"],
            PacketType::Pingreq | PacketType::Pingresp => &[],
            _ => &["user-property"],
        };
        let mut entries: Vec<Entry> = Vec::new();
        for node in block.nodes() {
            let name = node.name().value();
            let at: Span = node.name().span().into();
            if !known.contains(&name) {
                scope.report(unknown("entry", name, packet.name(), at, known));
                continue;
            }
            if let Some(first) = entries.iter().find(|entry| name == "will" && entry.name == name) {
                scope.report(
                    Problem::new("a CONNECT has one Will", line(node), "a second one").note(first.span, "the first"),
                );
                continue;
            }
            entries.extend(self.entry(scope, node, packet));
        }
        entries
    }

    fn entry(&self, scope: &mut Scope<'_>, node: &KdlNode, packet: PacketType) -> Option<Entry> {
        let mut cursor = Cursor::new(node, &mut scope.problems);
        let mut entry = Entry {
            name: cursor.name().to_owned(),
            arguments: Vec::new(),
            fields: Vec::new(),
            entries: Vec::new(),
            span: cursor.line(),
        };
        let arguments: &[&str] = match cursor.name() {
            "will" => &[],
            "filter" => &["a filter"],
            _ => &["a name", "a value"],
        };
        for argument in arguments {
            let Some(word) = cursor.word() else {
                scope.report(Problem::new(format!("`{}` without {argument}", entry.name), entry.span, "incomplete"));
                return None;
            };
            let want = Want { name: argument, kind: Kind::Text, expected: self.expected };
            entry.arguments.push(value(scope, word, want)?);
            // `#null`: there is none, so none has a value either.
            if entry.arguments == [Value::Null] {
                break;
            }
        }
        match cursor.name() {
            "will" => {
                entry.fields = self.fields(scope, &mut cursor, Owner::Will);
                for node in node.children().into_iter().flat_map(KdlDocument::nodes) {
                    if node.name().value() == "user-property" {
                        entry.entries.extend(self.entry(scope, node, packet));
                    } else {
                        let at = node.name().span().into();
                        scope.report(unknown("entry", node.name().value(), "will", at, &["user-property"]));
                    }
                }
            }
            "filter" if packet == PacketType::Subscribe => {
                entry.fields = self.fields(scope, &mut cursor, Owner::Filter);
                self.options(scope, &entry);
                cursor.no_block("`filter`", &mut scope.problems);
            }
            _ => {
                if let Some(&lacking) = self.versions.iter().find(|&&v| v == Version::V311 && entry.name != "filter") {
                    scope.report(self.lacks("`user-property`", entry.span, lacking));
                }
                cursor.no_block(&format!("`{}`", entry.name), &mut scope.problems);
            }
        }
        cursor.finish(&format!("`{}`", entry.name), &[], &mut scope.problems);
        Some(entry)
    }

    fn lacks(&self, what: &str, span: Span, version: Version) -> Problem {
        let problem = lacks(what, span, version);
        if !self.head {
            return problem;
        }
        problem.help(format!(
            "this runs in {} too: give the Client a `version=` of its own, or let it `connect` with this in a `when`",
            version_key(version)
        ))
    }

    fn options(&self, scope: &mut Scope<'_>, entry: &Entry) {
        let whole = entry.fields.iter().find(|field| field.key == "options");
        let part = entry.fields.iter().find(|field| field.key != "options");
        if let (Some(whole), Some(part)) = (whole, part) {
            scope.report(
                Problem::new(format!("`options` and `{}` of one filter", part.key), part.span, "says it again")
                    .note(whole.span, "the whole byte")
                    .help("`options` is the whole byte: give it alone"),
            );
        }
    }
}

/// A thing that a version of the matrix does not have.
pub(super) fn lacks(what: &str, span: Span, version: Version) -> Problem {
    let other = Version::ALL.into_iter().find(|&other| other != version).unwrap_or(version);
    let (this, that) = (version_key(version), version_key(other));
    Problem::new(format!("{what} does not exist in MQTT {version}"), span, format!("only in MQTT {other}")).help(
        format!(
            "this runs in {this} too: put the step in `when version={that} {{ }}`, or take {this} out of the matrix"
        ),
    )
}

/// Reads the word that names a packet.
pub(super) fn packet_type(scope: &mut Scope<'_>, entry: &KdlEntry, versions: &[Version]) -> Option<PacketType> {
    let name = text(entry, "a packet", &mut scope.problems)?;
    let names: Vec<&str> = PacketType::ALL.iter().map(|packet| packet.name()).collect();
    let Some(packet) = PacketType::from_name(name) else {
        let problem = Problem::new(format!("unknown packet `{name}`"), span(entry), "no such packet");
        scope.report(match nearest(name, &names) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("packets are {}", list(&names))),
        });
        return None;
    };
    if let Some(&lacking) = versions.iter().find(|&&version| !packet.exists_in(version)) {
        scope.report(lacks(packet.name(), span(entry), lacking));
        return None;
    }
    Some(packet)
}
