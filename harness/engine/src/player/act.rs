//! Does what the operations of a program say.

use super::connection::{Connection, State};
use super::encode::{self, ConnectDefaults};
use super::wait::{Context, Greeting, Wait, WaitKind};
use super::{Phase, Player, Reference, Stop};
use crate::event::Ending;
use crate::plan::{Op, OpKind};
use crate::scenario::{Cut, Marker, PacketSpec, Value, Verb};
use mqttspec_codec::{Decoded, Packet, PacketType, Sender, decode, inspect};

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
                if self.stop.is_none() {
                    self.current.clear();
                }
            } else if let Some(op) = self.program.pop_front() {
                self.current = rules_of(&op);
                self.execute(op);
                if self.wait.is_none() && self.stop.is_none() {
                    self.current.clear();
                }
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
            OpKind::Server(operation) => self.operate(operation, context),
            OpKind::Stream(stream) => self.begin_stream(&stream, context),
            OpKind::Streamed(duty) => self.judge_stream(duty, context),
        }
    }

    fn execute_verb(&mut self, client: usize, verb: Verb, context: Context) {
        match verb {
            Verb::Connect(spec) => self.open(client, Vec::new(), Some(Greeting { spec, resume: false }), context),
            Verb::Resume(spec) => self.open(client, Vec::new(), Some(Greeting { spec, resume: true }), context),
            Verb::Open { offers } => self.open(client, offers, None, context),
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
            Verb::Cut => self.end(client, Ending::CutOff, context),
            Verb::Receive { expected, bind, acknowledge, timing, unless } => {
                self.wait_for(WaitKind::Receive { client, expected, bind, acknowledge, timing, unless }, context);
            }
            Verb::Closed { timing, without } => {
                self.wait_for(WaitKind::Closed { client, timing, without }, context);
            }
            Verb::Alive => {
                let spec = PacketSpec::empty(PacketType::Pingreq);
                let bytes = self.encode(client, &spec);
                if let Some(connection) = self.send(client, bytes, true, context) {
                    let nth = self.connections[connection as usize].pings_sent;
                    self.wait_for(WaitKind::Alive { client, nth }, context);
                }
            }
            Verb::WellFormed => self.well_formed(client, context),
            Verb::Quiet { pattern, marker: Marker::Fence(publisher), ordered } => {
                self.fence(client, publisher, pattern, ordered, context);
            }
            Verb::Quiet { pattern, marker: Marker::Steps(_), ordered } => {
                self.silence(client, pattern, ordered, context);
            }
        }
    }

    pub(super) fn wait_for(&mut self, kind: WaitKind, context: Context) {
        let deadline = self.deadline_of(&kind, context.rule.is_some());
        self.wait = Some(Wait::until(kind, context, self.now, deadline));
    }

    pub(super) fn open(&mut self, client: usize, offers: Vec<String>, greeting: Option<Greeting>, context: Context) {
        let index = self.connections.len() as u32;
        let version = self.clients[client].version;
        let client_id = &self.clients[client].client_id;
        self.connections.push(Connection::new(client, client_id, version, self.declared_limits()));
        self.clients[client].connection = Some(index);
        self.outputs.push_back(match offers.is_empty() {
            true => super::Output::Open(index),
            false => super::Output::Upgrade { connection: index, offers },
        });
        self.reference = Reference { began: self.now, write: None, completed: self.now };
        self.wait_for(WaitKind::Opened { client, greeting }, context);
    }

    /// Sends the CONNECT of `connect` and `resume`, and waits for what it is owed.
    pub(super) fn greet(&mut self, client: usize, greeting: &Greeting, context: Context) {
        let spec = self.merged_connect(client, &greeting.spec);
        // Which session an identifier set by hand finds is not known.
        let known =
            spec.field("client-id").is_some() || self.sessions.contains_key(self.clients[client].client_id.as_bytes());
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
        let chosen = |text: &str| {
            crate::template::substitute(text, |name| {
                self.case.choices.iter().find(|(axis, _)| axis == name).map(|(_, value)| value.clone())
            })
        };
        merged.values_mut(&|value| match value {
            Value::Text(text) => *text = chosen(text),
            Value::Fill { len, text } => (*len, *text) = (chosen(len), chosen(text)),
            _ => {}
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
            Some(Cut::TextFrame) => Vec::new(),
        };
        let Some(connection) = self.before_send(client, &bytes, typed, context) else { return };
        if cut == Some(&Cut::TextFrame) {
            match String::from_utf8(bytes) {
                Ok(text) => self.write_text(connection, text),
                Err(_) => return self.nonsense("a text frame holds UTF-8 alone", context),
            }
        }
        for piece in pieces {
            self.write(connection, piece);
        }
        self.after_send(connection);
    }

    /// Sends bytes, unless the connection is gone or the Server has said that it does not take them.
    pub(super) fn send(
        &mut self,
        client: usize,
        bytes: Result<Vec<u8>, String>,
        typed: bool,
        context: Context,
    ) -> Option<u32> {
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
        if self.connections[connection as usize].state != State::Open {
            self.unsendable(connection, context);
            return None;
        }
        let version = self.connections[connection as usize].version;
        let decode_context = mqttspec_codec::Context::new(version, Sender::Client);
        let mut rest = bytes;
        if !typed || context.fault {
            let state = &mut self.connections[connection as usize];
            (state.tainted, state.last_fault) = (true, Some(self.now));
        }
        while let Ok(Decoded::Packet { packet, len }) = decode(rest, &decode_context) {
            if typed
                && !context.fault
                && let Some(lacking) = self.beyond_limits(connection, &packet, len)
            {
                self.stop = Some(Stop::Unsupported(lacking));
                return None;
            }
            self.note_sent(connection, &packet);
            if typed && !context.fault {
                self.owe(connection, &packet, context);
            }
            rest = &rest[len..];
        }
        // What is wrong with it may come back.
        if let Some(Packet::Publish(publish)) = inspect(rest, &decode_context).packet {
            self.note_response_topic(&publish);
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

    /// A step would send, but the connection is gone.
    fn unsendable(&mut self, connection: u32, context: Context) {
        let state = &self.connections[connection as usize];
        if state.ended_by_server().is_some() {
            self.closed_instead(connection, context);
        } else if state.state == State::Opening {
            self.nonsense("the Network Connection is not open yet", context);
        } else if state.doomed {
            self.nonsense("the Network Connection has ended with the server", context);
        } else {
            self.nonsense("the Client has closed its Network Connection", context);
        }
    }
}

/// The rules that an operation may show.
fn rules_of(op: &Op) -> Vec<usize> {
    let inner: Vec<&Op> = match &op.kind {
        OpKind::AnyOf(branches) => branches.iter().flatten().collect(),
        OpKind::AnyOrder(ops) | OpKind::Write { ops, .. } => ops.iter().collect(),
        _ => Vec::new(),
    };
    op.rule.into_iter().chain(inner.into_iter().filter_map(|op| op.rule)).collect()
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
