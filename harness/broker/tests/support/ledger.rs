//! What the referee keeps of each connection and of each session.

use mqttspec_broker::{Config, ConnectionId};
use mqttspec_codec::{Connack, Connect, Packet, PacketType, PropertyId, Publish, QoS, Version};
use std::collections::{BTreeMap, BTreeSet};

/// A Network Connection as the referee sees it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) open: bool,
    /// The beginning of a packet of the client.
    pub(crate) held: Vec<u8>,
    pub(crate) connect: Option<Introduction>,
    /// CONNACK has come.
    pub(crate) answered: bool,
    pub(crate) accepted: bool,
    /// A refusal or DISCONNECT was the Server's last word.
    pub(crate) parted: bool,
    /// The name of its session: the Client Identifier.
    pub(crate) session: Vec<u8>,
    /// The answer that the last packet is owed: type, identifier, number of codes.
    pub(crate) owed: Option<(PacketType, Option<u16>, usize)>,
    /// The messages that take a slot of Receive Maximum.
    under_way: BTreeSet<u16>,
    aliases: BTreeSet<u32>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            open: true,
            held: Vec::new(),
            connect: None,
            answered: false,
            accepted: false,
            parted: false,
            session: Vec::new(),
            owed: None,
            under_way: BTreeSet::new(),
            aliases: BTreeSet::new(),
        }
    }
}

/// What a CONNECT said.
#[derive(Debug)]
pub(crate) struct Introduction {
    pub(crate) version: Version,
    pub(crate) max_packet: usize,
    quota: usize,
    topic_alias_maximum: u32,
}

impl Line {
    pub(crate) fn introduce(&mut self, connection: ConnectionId, connect: &Connect<'_>, config: &Config) {
        let number = |id| connect.properties.number(id);
        let receive_maximum = number(PropertyId::ReceiveMaximum).unwrap_or(65_535) as usize;
        self.connect = Some(Introduction {
            version: connect.version,
            max_packet: number(PropertyId::MaximumPacketSize).map_or(usize::MAX, |size| size as usize),
            quota: receive_maximum.min(config.in_flight_maximum.into()).max(1),
            topic_alias_maximum: number(PropertyId::TopicAliasMaximum).unwrap_or(0),
        });
        self.session = connect.client_id.as_bytes().to_vec();
        if self.session.is_empty() {
            // No Client Identifier holds U+0000.
            self.session = format!("\0{}", connection.0).into_bytes();
        }
    }

    pub(crate) fn take_assigned(&mut self, connack: &Connack<'_>) {
        if let Some(assigned) = connack.properties.find(PropertyId::AssignedClientIdentifier)
            && let mqttspec_codec::Value::Text(assigned) = assigned
        {
            assert!(self.session.starts_with(b"\0"), "an identifier for a client that has one");
            self.session = assigned.as_bytes().to_vec();
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Await {
    Puback,
    Pubrec,
    Pubcomp,
}

/// The messages under way to each session.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    sessions: BTreeMap<Vec<u8>, BTreeMap<u16, Await>>,
}

impl Ledger {
    pub(crate) fn begin(&mut self, session: &[u8], present: bool) {
        let messages = self.sessions.entry(session.to_vec()).or_default();
        if !present {
            messages.clear();
        }
    }

    pub(crate) fn right_answer(&self, line: &Line, nth: usize) -> Option<(PacketType, u16)> {
        let messages = self.sessions.get(&line.session)?;
        let (&id, awaits) = messages.iter().nth(nth % messages.len().max(1))?;
        let kind = match awaits {
            Await::Puback => PacketType::Puback,
            Await::Pubrec => PacketType::Pubrec,
            Await::Pubcomp => PacketType::Pubcomp,
        };
        Some((kind, id))
    }

    pub(crate) fn awaits_pubcomp(&self, line: &Line, id: u16) -> bool {
        self.sessions.get(&line.session).and_then(|messages| messages.get(&id)) == Some(&Await::Pubcomp)
    }

    /// What an acknowledgement of the client ends. A wrong one ends nothing.
    pub(crate) fn client_answers(&mut self, line: &mut Line, packet: &Packet<'_>) {
        let messages = self.sessions.entry(line.session.clone()).or_default();
        let Some(id) = packet.packet_identifier() else { return };
        let done = match (packet, messages.get(&id)) {
            (Packet::Puback(_), Some(Await::Puback)) | (Packet::Pubcomp(_), Some(Await::Pubcomp)) => true,
            (Packet::Pubrec(ack), Some(Await::Pubrec | Await::Pubcomp)) => {
                messages.insert(id, Await::Pubcomp);
                ack.reason.is_error()
            }
            _ => false,
        };
        if done {
            messages.remove(&id);
            line.under_way.remove(&id);
        }
    }

    pub(crate) fn server_publishes(&mut self, line: &mut Line, publish: &Publish<'_>) {
        let connect = line.connect.as_ref().expect("a CONNECT before a PUBLISH");
        if let Some(alias) = publish.properties.number(PropertyId::TopicAlias) {
            assert!(alias <= connect.topic_alias_maximum, "Topic Alias {alias}");
            assert!(!line.aliases.insert(alias) || !publish.topic.is_empty(), "Topic Alias {alias} without a topic");
        }
        let Some(id) = publish.packet_identifier else { return };
        let awaits = if publish.qos == QoS::ExactlyOnce { Await::Pubrec } else { Await::Puback };
        let messages = self.sessions.entry(line.session.clone()).or_default();
        let old = messages.insert(id, awaits);
        assert!(line.under_way.insert(id), "identifier {id} is in use on this connection");
        if publish.dup {
            assert_eq!(old, Some(awaits), "identifier {id} is sent again, but was not sent");
        } else {
            // What has become too large for the client counts as acknowledged: its identifier is free.
            assert!(old.is_none() || connect.max_packet < usize::MAX, "identifier {id} is in use in this session");
        }
        let (count, quota) = (line.under_way.len(), connect.quota);
        assert!(count <= quota, "{count} messages under way to a client that takes {quota}");
    }
}
