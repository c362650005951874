//! Does what the operations of a program say.

use super::connection::{Connection, Limits, OwnLimits, State};
use super::encode::{self, ConnectDefaults};
use super::wait::{Context, Greeting, Wait, WaitKind};
use super::{Phase, Player, Reference, Stop};
use crate::event::Ending;
use crate::plan::{Op, OpKind};
use crate::scenario::{Cut, Marker, PacketSpec, Requirement, Verb};
use mqttspec_codec::packet::Subscription;
use mqttspec_codec::{Connack, Decoded, Packet, PacketType, PropertyId, QoS, Sender, TopicFilter, Version, decode};

/// The Session Expiry Interval of a kept session in 5.0, in seconds.
const KEPT: u32 = 300;

impl Player {
    /// Goes on until something has to be waited for.
    pub(super) fn advance(&mut self) {
        while matches!(self.phase, Phase::Running) {
            if self.stop.is_some() {
                self.conclude();
            } else if let Some(wait) = self.wait.take() {
                if let Some(wait) = self.look(wait) {
                    self.wait = Some(wait);
                    return;
                }
            } else if let Some(op) = self.program.pop_front() {
                self.execute(op);
            } else if let Some(wait) = self.unsettled() {
                self.wait = Some(wait);
            } else {
                self.conclude();
            }
        }
    }

    fn execute(&mut self, op: Op) {
        let context = Context { rule: op.rule, span: op.span, fault: op.fault, marker: op.marker };
        match op.kind {
            OpKind::Client { client, verb } => self.execute_verb(client, verb, context),
            OpKind::AnyOf(branches) => self.wait_for(WaitKind::AnyOf(branches), context),
            OpKind::AnyOrder(ops) => self.wait_for(WaitKind::AnyOrder(ops), context),
            OpKind::Write { ops, cut } => self.execute_write(&ops, cut.as_ref(), context),
            OpKind::Wait(time) => {
                let deadline = self.now + time;
                self.wait = Some(Wait::until(WaitKind::Pause, context, self.now, deadline));
            }
        }
    }

    fn execute_verb(&mut self, client: usize, verb: Verb, context: Context) {
        match verb {
            Verb::Connect(spec) => self.open(client, Some(Greeting { spec, resume: false }), context),
            Verb::Resume(spec) => self.open(client, Some(Greeting { spec, resume: true }), context),
            Verb::Open => self.open(client, None, context),
            Verb::Send(spec) => {
                let bytes = self.encode(client, &spec);
                self.send(client, bytes, true, context);
            }
            Verb::Raw(raw) => {
                let bytes = encode::raw_bytes(&self.names, &raw);
                self.send(client, bytes, false, context);
            }
            Verb::Disconnect(spec) => {
                let bytes = self.encode(client, &spec);
                if let Some(connection) = self.send(client, bytes, true, context) {
                    self.close(connection, Ending::ByClient);
                }
            }
            Verb::Abort { reset } => {
                self.end(client, if reset { Ending::ResetByClient } else { Ending::ByClient }, context);
            }
            Verb::HalfClose => self.end(client, Ending::HalfByClient, context),
            Verb::Receive { expected, bind, acknowledge, timing } => {
                self.wait_for(WaitKind::Receive { client, expected, bind, acknowledge, timing }, context);
            }
            Verb::Closed(timing) => self.wait_for(WaitKind::Closed { client, timing }, context),
            Verb::Alive => {
                let spec = PacketSpec::empty(PacketType::Pingreq);
                let bytes = self.encode(client, &spec);
                if let Some(connection) = self.send(client, bytes, true, context) {
                    let nth = self.connections[connection as usize].pings_sent;
                    self.wait_for(WaitKind::Alive { client, nth }, context);
                }
            }
            Verb::Quiet { pattern, marker: Marker::Fence(publisher), ordered } => {
                self.fence(client, publisher, pattern, ordered, context);
            }
            Verb::Quiet { pattern, marker: Marker::Steps(_), ordered } => {
                self.silence(client, pattern, ordered, context)
            }
        }
    }

    fn wait_for(&mut self, kind: WaitKind, context: Context) {
        let deadline = self.deadline_of(&kind, context.rule.is_some());
        self.wait = Some(Wait::until(kind, context, self.now, deadline));
    }

    fn open(&mut self, client: usize, greeting: Option<Greeting>, context: Context) {
        let index = self.connections.len() as u32;
        let version = self.clients[client].version;
        self.connections.push(Connection::new(client, version, self.declared_limits()));
        self.clients[client].connection = Some(index);
        self.outputs.push_back(super::Output::Open(index));
        self.reference = Reference { began: self.now, write: None, completed: self.now };
        self.wait_for(WaitKind::Opened { client, greeting }, context);
    }

    /// Sends the CONNECT of `connect` and `resume`, and waits for what it is owed.
    pub(super) fn greet(&mut self, client: usize, greeting: &Greeting, context: Context) {
        let spec = self.merged_connect(client, &greeting.spec);
        let known = self.sessions.contains_key(self.clients[client].client_id.as_bytes());
        let bytes = self.encode_connect(client, &spec, greeting.resume);
        let Some(connection) = self.send(client, bytes, true, context) else { return };
        self.owe_connack(connection, context);
        let clean = self.connections[connection as usize].own.clean_start;
        let present = match (greeting.resume, clean) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => (!known).then_some(false),
        };
        self.wait_for(WaitKind::Connack { client, present, resume: greeting.resume }, context);
    }

    /// The declaration of the Client, overridden by the step.
    fn merged_connect(&self, client: usize, step: &PacketSpec) -> PacketSpec {
        let mut merged = self.case.scenario.clients[client].connect.clone();
        for field in &step.fields {
            merged.fields.retain(|declared| declared.key != field.key);
            merged.fields.push(field.clone());
        }
        for entry in &step.entries {
            if entry.name == "will" {
                merged.entries.retain(|declared| declared.name != "will");
            }
            merged.entries.push(entry.clone());
        }
        // The declaration has not been through the planner: the choices of the matrix are put in here.
        merged.values_mut(&|value| {
            if let crate::scenario::Value::Text(text) | crate::scenario::Value::Fill { text, .. } = value {
                *text = crate::template::substitute(text, |name| {
                    self.case.choices.iter().find(|(axis, _)| axis == name).map(|(_, value)| value.clone())
                });
            }
        });
        merged
    }

    fn encode_connect(&self, client: usize, spec: &PacketSpec, resume: bool) -> Result<Vec<u8>, String> {
        let kept = self.case.scenario.clients[client].kept;
        let credentials = self.settings.credentials.as_ref();
        let defaults = ConnectDefaults {
            client_id: &self.clients[client].client_id,
            clean_start: !kept && !resume,
            session_expiry: kept.then_some(KEPT),
            credentials: credentials.map(|(user, password)| (user.as_str(), password.as_slice())),
        };
        encode::connect(&self.names, spec, self.clients[client].version, &defaults)
    }

    fn encode(&self, client: usize, spec: &PacketSpec) -> Result<Vec<u8>, String> {
        if spec.packet == PacketType::Connect {
            return self.encode_connect(client, &self.merged_connect(client, spec), false);
        }
        encode::packet(&self.names, spec, self.clients[client].version)
    }

    fn execute_write(&mut self, ops: &[Op], cut: Option<&Cut>, context: Context) {
        let mut bytes = Vec::new();
        let mut typed = true;
        let mut sender = None;
        for op in ops {
            let OpKind::Client { client, verb } = &op.kind else { continue };
            sender = Some(*client);
            let encoded = match verb {
                Verb::Raw(raw) => {
                    typed = false;
                    encode::raw_bytes(&self.names, raw)
                }
                Verb::Send(spec) => self.encode(*client, spec),
                _ => continue,
            };
            match encoded {
                Ok(encoded) => bytes.extend(encoded),
                Err(nonsense) => return self.nonsense(&nonsense, context),
            }
        }
        let Some(client) = sender else { return };
        let pieces: Vec<Vec<u8>> = match cut {
            None => vec![bytes.clone()],
            Some(Cut::Every(size)) => bytes.chunks((*size).max(1)).map(<[u8]>::to_vec).collect(),
            Some(Cut::At(offsets)) => pieces(&bytes, offsets),
        };
        let Some(connection) = self.before_send(client, &bytes, typed, context) else { return };
        for piece in pieces {
            self.write(connection, piece);
        }
        self.after_send(connection);
    }

    /// Sends bytes, unless the connection is gone or the Server has said that it does not take them.
    fn send(&mut self, client: usize, bytes: Result<Vec<u8>, String>, typed: bool, context: Context) -> Option<u32> {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(nonsense) => {
                self.nonsense(&nonsense, context);
                return None;
            }
        };
        let connection = self.before_send(client, &bytes, typed, context)?;
        self.write(connection, bytes);
        self.after_send(connection);
        Some(connection)
    }

    pub(super) fn nonsense(&mut self, nonsense: &str, context: Context) {
        let place = self.case.scenario.source.place(context.span);
        self.stop = Some(Stop::Inconclusive(format!("the step at {place} cannot be played: {nonsense}")));
    }

    fn before_send(&mut self, client: usize, bytes: &[u8], typed: bool, context: Context) -> Option<u32> {
        let Some(connection) = self.clients[client].connection else {
            let name = &self.case.scenario.clients[client].name;
            self.nonsense(&format!("{name} has no Network Connection"), context);
            return None;
        };
        if !self.connections[connection as usize].is_open() {
            self.unsendable(connection, context);
            return None;
        }
        let version = self.connections[connection as usize].version;
        let decode_context = mqttspec_codec::Context::new(version, Sender::Client);
        let mut rest = bytes;
        if typed && !context.fault {
            while let Ok(Decoded::Packet { packet, len }) = decode(rest, &decode_context) {
                if let Some(lacking) = self.beyond_limits(connection, &packet, len) {
                    self.stop = Some(Stop::Unsupported(lacking));
                    return None;
                }
                rest = &rest[len..];
            }
        }
        if !typed || context.fault {
            self.connections[connection as usize].tainted = true;
        }
        rest = bytes;
        while let Ok(Decoded::Packet { packet, len }) = decode(rest, &decode_context) {
            self.note_sent(connection, &packet);
            if typed && !context.fault {
                self.owe(connection, &packet, context);
            }
            rest = &rest[len..];
        }
        Some(connection)
    }

    fn after_send(&mut self, connection: u32) {
        let number = self.connections[connection as usize].written;
        self.reference = Reference { began: self.now, write: Some((connection, number)), completed: self.now };
    }

    fn end(&mut self, client: usize, ending: Ending, context: Context) {
        let Some(connection) = self.clients[client].connection else {
            return self.nonsense("there is no Network Connection", context);
        };
        // A connection that the Server ended first is ended all the same.
        self.close(connection, ending);
        self.drop_owed(connection);
        self.reference = Reference { began: self.now, write: None, completed: self.now };
    }

    /// What the player has to remember of a packet that it sends.
    pub(super) fn note_sent(&mut self, connection: u32, packet: &Packet<'_>) {
        let state = &mut self.connections[connection as usize];
        let client = &mut self.clients[state.client];
        let mut answerable = |packet: PacketType, id: u16| client.answerable.insert((packet as u8, id));
        match packet {
            Packet::Connect(connect) => {
                state.connect_sent = true;
                let number = |id: PropertyId| connect.properties.number(id);
                state.own = OwnLimits {
                    receive_maximum: number(PropertyId::ReceiveMaximum).unwrap_or(65_535),
                    topic_alias: number(PropertyId::TopicAliasMaximum).unwrap_or(0),
                    max_packet: number(PropertyId::MaximumPacketSize).map_or(usize::MAX, |max| max as usize),
                    clean_start: connect.clean_start,
                    session_expiry: number(PropertyId::SessionExpiryInterval).unwrap_or(0),
                    keep_alive: connect.keep_alive,
                };
                let kept = match connect.version {
                    Version::V311 => !connect.clean_start,
                    Version::V5 => number(PropertyId::SessionExpiryInterval).unwrap_or(0) > 0,
                };
                if kept && !connect.client_id.is_empty() {
                    self.sessions.insert(connect.client_id.as_bytes().to_vec(), connect.version);
                }
                if let Some(will) = connect.will.filter(|will| will.retain) {
                    self.retained.insert(will.topic.as_bytes().to_vec());
                }
            }
            Packet::Publish(publish) => {
                if publish.retain && !publish.payload.is_empty() {
                    self.retained.insert(publish.topic.as_bytes().to_vec());
                }
                if !publish.topic.is_empty() {
                    client.last_publish = Some((publish.topic.as_bytes().to_vec(), publish.qos as u8));
                }
                if let Some(id) = publish.packet_identifier {
                    let answer = if publish.qos == QoS::ExactlyOnce { PacketType::Pubrec } else { PacketType::Puback };
                    client.answerable.insert((answer as u8, id));
                }
            }
            Packet::Pubrel(ack) => drop(answerable(PacketType::Pubcomp, ack.packet_identifier)),
            Packet::Pubrec(ack) => {
                if ack.reason.is_error() {
                    state.inbound.remove(&ack.packet_identifier);
                    state.refused.push((state.received.len(), ack.packet_identifier));
                } else {
                    answerable(PacketType::Pubrel, ack.packet_identifier);
                }
            }
            Packet::Puback(ack) | Packet::Pubcomp(ack) => {
                state.inbound.remove(&ack.packet_identifier);
                if ack.reason.is_error() {
                    state.refused.push((state.received.len(), ack.packet_identifier));
                }
            }
            Packet::Subscribe(subscribe) => {
                answerable(PacketType::Suback, subscribe.packet_identifier);
                let asked =
                    subscribe.subscriptions.iter().map(|subscription| subscription.options.qos() as u8).collect();
                state.requested.insert((PacketType::Suback as u8, subscribe.packet_identifier), asked);
            }
            Packet::Unsubscribe(unsubscribe) => {
                answerable(PacketType::Unsuback, unsubscribe.packet_identifier);
                let asked = unsubscribe.filters.iter().map(|_| 0).collect();
                state.requested.insert((PacketType::Unsuback as u8, unsubscribe.packet_identifier), asked);
            }
            Packet::Pingreq => state.pings_sent += 1,
            Packet::Disconnect(disconnect) => {
                // A session whose expiry is raised here lives on as well; one that is ended needs no clean-up, but
                // the clean-up does no harm.
                if disconnect.properties.number(PropertyId::SessionExpiryInterval).unwrap_or(0) > 0 {
                    let id = client.client_id.as_bytes().to_vec();
                    self.sessions.insert(id, state.version);
                }
            }
            _ => {}
        }
    }

    /// Takes the limits out of a CONNACK; what is lacking for the case ends it.
    pub(super) fn accept(&mut self, connection: u32, connack: &ConnackLimits) {
        let state = &mut self.connections[connection as usize];
        state.accepted = true;
        let declared = state.limits;
        if state.version == Version::V5 {
            state.limits = connack.merged(&declared);
        }
        let limits = state.limits;
        let own_version = state.client < self.clients.len();
        if let Some(lacking) = self.lacking(&limits).filter(|_| own_version && self.stop.is_none()) {
            self.wait = None;
            self.stop = Some(Stop::Unsupported(format!("CONNACK says: {lacking}")));
        }
    }

    /// What the case requires and the limits do not give.
    pub(super) fn lacking(&self, limits: &Limits) -> Option<String> {
        let lacks = |requirement: &Requirement| -> Option<String> {
            let value = &requirement.value;
            let number = || match value {
                crate::scenario::Value::Text(text) => crate::template::substitute(text, |name| {
                    self.case.choices.iter().find(|(axis, _)| axis == name).map(|(_, value)| value.clone())
                })
                .parse()
                .ok(),
                crate::scenario::Value::Bool(value) => Some(u64::from(*value)),
                other => self.names.number(other).ok(),
            };
            let wanted = number().unwrap_or(0);
            let (has, text) = match requirement.key.as_str() {
                "max-qos" => (limits.max_qos.into(), format!("Maximum QoS {}", limits.max_qos)),
                "retain" => (limits.retain.into(), "no retained messages".to_owned()),
                "wildcard" => (limits.wildcard.into(), "no wildcard subscriptions".to_owned()),
                "shared" => (limits.shared.into(), "no shared subscriptions".to_owned()),
                "subscription-identifier" => {
                    (limits.subscription_identifier.into(), "no subscription identifiers".to_owned())
                }
                "topic-alias" => (limits.topic_alias.into(), format!("Topic Alias Maximum {}", limits.topic_alias)),
                "receive-maximum" => {
                    (limits.receive_maximum.into(), format!("Receive Maximum {}", limits.receive_maximum))
                }
                _ => (u64::MAX, String::new()),
            };
            (wanted > has).then_some(text)
        };
        self.case.scenario.requires.iter().find_map(lacks)
    }

    /// What the Server said that it does not offer, if this packet asks for it.
    fn beyond_limits(&self, connection: u32, packet: &Packet<'_>, len: usize) -> Option<String> {
        let limits = &self.connections[connection as usize].limits;
        if len > limits.max_packet as usize {
            return Some(format!("the Server takes packets of {} bytes, this one has {len}", limits.max_packet));
        }
        match packet {
            Packet::Publish(publish) => {
                if publish.qos as u8 > limits.max_qos {
                    return Some(format!("the Server offers QoS {} at most", limits.max_qos));
                }
                if publish.retain && !limits.retain {
                    return Some("the Server offers no retained messages".to_owned());
                }
                let alias = publish.properties.number(PropertyId::TopicAlias).unwrap_or(0);
                (alias > limits.topic_alias).then(|| format!("the Server takes {} topic aliases", limits.topic_alias))
            }
            Packet::Connect(connect) => {
                let will = connect.will?;
                if will.qos as u8 > limits.max_qos {
                    return Some(format!("the Server offers QoS {} at most", limits.max_qos));
                }
                (will.retain && !limits.retain).then(|| "the Server offers no retained messages".to_owned())
            }
            Packet::Subscribe(subscribe) => {
                let identified = subscribe.properties.subscription_identifiers().next().is_some();
                if identified && !limits.subscription_identifier {
                    return Some("the Server offers no subscription identifiers".to_owned());
                }
                let version = self.connections[connection as usize].version;
                subscribe.subscriptions.iter().find_map(|subscription| unavailable(&subscription, version, limits))
            }
            _ => None,
        }
    }

    /// A step would send, but the connection is gone.
    fn unsendable(&mut self, connection: u32, context: Context) {
        let state = &self.connections[connection as usize];
        if state.ended_by_server().is_some() {
            self.closed_instead(connection, context);
        } else if state.state == State::Opening {
            self.nonsense("the Network Connection is not open yet", context);
        } else {
            self.nonsense("the Client has closed its Network Connection", context);
        }
    }
}

/// The limits that a CONNACK of 5.0 holds; absent means unlimited.
pub(super) struct ConnackLimits {
    max_qos: Option<u32>,
    retain: Option<u32>,
    wildcard: Option<u32>,
    shared: Option<u32>,
    subscription_identifier: Option<u32>,
    topic_alias: Option<u32>,
    receive_maximum: Option<u32>,
    max_packet: Option<u32>,
}

impl ConnackLimits {
    pub(super) fn new(connack: &Connack<'_>) -> Self {
        let number = |id: PropertyId| connack.properties.number(id);
        Self {
            max_qos: number(PropertyId::MaximumQoS),
            retain: number(PropertyId::RetainAvailable),
            wildcard: number(PropertyId::WildcardSubscriptionAvailable),
            shared: number(PropertyId::SharedSubscriptionAvailable),
            subscription_identifier: number(PropertyId::SubscriptionIdentifierAvailable),
            topic_alias: number(PropertyId::TopicAliasMaximum),
            receive_maximum: number(PropertyId::ReceiveMaximum),
            max_packet: number(PropertyId::MaximumPacketSize),
        }
    }

    fn merged(&self, declared: &Limits) -> Limits {
        Limits {
            max_qos: self.max_qos.map_or(declared.max_qos, |max| declared.max_qos.min(max as u8)),
            retain: declared.retain && self.retain != Some(0),
            wildcard: declared.wildcard && self.wildcard != Some(0),
            shared: declared.shared && self.shared != Some(0),
            subscription_identifier: declared.subscription_identifier && self.subscription_identifier != Some(0),
            topic_alias: self.topic_alias.unwrap_or(0),
            receive_maximum: self.receive_maximum.unwrap_or(65_535),
            max_packet: self.max_packet.unwrap_or(u32::MAX),
        }
    }
}

fn unavailable(subscription: &Subscription<'_>, version: Version, limits: &Limits) -> Option<String> {
    let filter = TopicFilter::new(subscription.filter.as_str()?, version)?;
    if filter.has_wildcard() && !limits.wildcard {
        return Some("the Server offers no wildcard subscriptions".to_owned());
    }
    (filter.share().is_some() && !limits.shared).then(|| "the Server offers no shared subscriptions".to_owned())
}

/// Bytes cut at offsets that ascend; offsets beyond the end cut nothing.
fn pieces(bytes: &[u8], offsets: &[usize]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for &offset in offsets {
        if offset > start && offset < bytes.len() {
            pieces.push(bytes[start..offset].to_vec());
            start = offset;
        }
    }
    pieces.push(bytes[start..].to_vec());
    pieces
}
