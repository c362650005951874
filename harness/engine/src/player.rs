//! Plays one case against a Server: bytes, closes and the time go in; bytes, closes, the next deadline and events
//! come out. What it says must be true.
//!
//! It holds no socket and no clock. Whoever drives it hands in what happened with the time at which it happened, then
//! takes every [`Output`], and calls [`Player::tick`] at [`Player::deadline`] after handing in all that has arrived
//! before.

mod act;
mod additions;
mod choice;
mod cleanup;
mod connection;
mod encode;
mod exchanges;
mod input;
mod interface;
mod judge;
mod lane;
mod limits;
mod matching;
mod monitor;
mod operate;
mod outcome;
mod output;
mod owed;
mod receive;
mod refusal;
mod sent;
mod session;
mod silence;
mod stream;
mod values;
mod wait;
mod web_socket;
mod well_formed;

pub use interface::{Declared, Input, Output, Settings};

use crate::event::{self, Breach, CaseResult, Ending, Event, Finding};
use crate::operation::Operation;
use crate::plan::{Case, Op};
use crate::statement::Catalogue;
use cleanup::Cleanup;
use connection::{Connection, Limits};
use limits::Told;
use mqttspec_codec::Version;
use owed::Owed;
use silence::ArmedSilence;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use values::Names;
use wait::Wait;

/// Longer than any run: no deadline of the player's own.
const FOR_EVER: Duration = Duration::from_secs(24 * 3600);

/// Why a case ended before its last step.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stop {
    /// A rule is broken: what follows has no ground.
    Broken,
    Unsupported(String),
    Inconclusive(String),
}

#[derive(Debug)]
enum Phase {
    Running,
    Cleaning(Cleanup),
    Done,
}

/// What the player knows of a Client.
#[derive(Debug)]
struct ClientState {
    client_id: String,
    version: Version,
    connection: Option<u32>,
    /// Topic and QoS of its last PUBLISH.
    last_publish: Option<(Vec<u8>, u8)>,
    /// The answers that something it sent may have: packet type and identifier.
    answerable: BTreeSet<(u8, u16)>,
}

/// The point from which `after` and `within` count.
#[derive(Debug, Default)]
struct Reference {
    began: Duration,
    /// The write whose completion ends it.
    write: Option<(u32, u64)>,
    completed: Duration,
}

/// Plays one case.
#[derive(Debug)]
pub struct Player {
    case: Arc<Case>,
    catalogue: Arc<Catalogue>,
    settings: Settings,
    started: Duration,
    now: Duration,
    /// Everything that arrived before now has been handed in.
    ticking: bool,
    program: VecDeque<Op>,
    clients: Vec<ClientState>,
    connections: Vec<Connection>,
    names: Names,
    wait: Option<Wait>,
    reference: Reference,
    passed: BTreeMap<usize, Option<event::Silence>>,
    broken: BTreeMap<usize, Breach>,
    owed: Vec<Owed>,
    findings: Vec<Finding>,
    silences: Vec<ArmedSilence>,
    /// Refusals of PUBLISH packets that are no fault, and that no step asked for.
    refusals: Vec<(u32, usize)>,
    /// The rules of the operation that is not yet done.
    current: Vec<usize>,
    stop: Option<Stop>,
    phase: Phase,
    outputs: VecDeque<Output>,
    /// The stream that is played, or was played last.
    stream: Option<stream::Stream>,
    /// What is being done to the server.
    operating: Option<Operation>,
    /// The server stands still.
    paused: bool,
    /// Something that was done to the server went wrong.
    operation_failed: bool,
    /// The longest time from a send to a delivery so far.
    delay: Duration,
    /// When the last stall of the driver ended.
    stalled: Option<Duration>,
    fences: u16,
    packets: usize,
    bytes: usize,
    /// Topics with a retained message of ours, and sessions of ours that may live on.
    retained: BTreeSet<Vec<u8>>,
    /// Topics that the case has published to.
    published: BTreeSet<Vec<u8>>,
    /// A Response Topic with a wildcard was sent: a Server that takes it passes it on unaltered ([MQTT-3.3.2-15]).
    wild_response: bool,
    sessions: BTreeMap<Vec<u8>, Version>,
    verdict: Option<CaseResult>,
    result: Option<CaseResult>,
}

impl Player {
    /// A player at the start of `case`; [`Player::start`] sets it going.
    #[must_use]
    pub fn new(case: Arc<Case>, catalogue: Arc<Catalogue>, settings: Settings) -> Self {
        let mut names = Names::default();
        names.set("t", settings.topic_prefix.as_str());
        let mut clients: Vec<ClientState> = Vec::new();
        for (index, client) in case.scenario.clients.iter().enumerate() {
            let client_id = match client.id_of.and_then(|other| clients.get(other)) {
                Some(other) => other.client_id.clone(),
                None => format!("{}{}", settings.client_id_prefix, short(index)),
            };
            names.set(format!("{}.client-id", client.name), client_id.as_str());
            clients.push(ClientState {
                client_id,
                version: client.version.unwrap_or(case.version),
                connection: None,
                last_publish: None,
                answerable: BTreeSet::new(),
            });
        }
        Self {
            program: case.program.iter().cloned().collect(),
            case,
            catalogue,
            settings,
            started: Duration::ZERO,
            now: Duration::ZERO,
            ticking: false,
            clients,
            connections: Vec::new(),
            names,
            wait: None,
            reference: Reference::default(),
            passed: BTreeMap::new(),
            broken: BTreeMap::new(),
            owed: Vec::new(),
            findings: Vec::new(),
            silences: Vec::new(),
            refusals: Vec::new(),
            current: Vec::new(),
            stop: None,
            phase: Phase::Running,
            outputs: VecDeque::new(),
            stream: None,
            operating: None,
            paused: false,
            operation_failed: false,
            delay: Duration::ZERO,
            stalled: None,
            fences: 0,
            packets: 0,
            bytes: 0,
            retained: BTreeSet::new(),
            published: BTreeSet::new(),
            wild_response: false,
            sessions: BTreeMap::new(),
            verdict: None,
            result: None,
        }
    }

    /// Begins the case.
    pub fn start(&mut self, now: Duration) {
        self.started = now;
        self.now = now;
        self.reference = Reference { began: now, write: None, completed: now };
        self.emit(Event::CaseStarted { case: self.case.id.clone(), at_us: event::micros(now) });
        if let Some(lacking) = self.lacking(&self.declared_limits(), Told::ByProfile) {
            self.stop = Some(Stop::Unsupported(format!("the profile of the target declares: {lacking}")));
        }
        self.advance();
    }

    /// Takes in what happened on a connection.
    pub fn handle(&mut self, now: Duration, connection: u32, input: Input<'_>) {
        self.now = now;
        if self.connections.get(connection as usize).is_none() {
            return;
        }
        match input {
            Input::Opened => self.opened(connection),
            Input::Refused(reason) => self.refused(connection, reason),
            Input::Subprotocol(selected) => self.subprotocol(connection, selected),
            Input::Bytes(bytes) => self.bytes(connection, bytes),
            Input::EndOfFile => self.ended(connection, Ending::ByServer),
            Input::Reset => self.ended(connection, Ending::ResetByServer),
            Input::TextFrame => self.text_frame(connection),
            Input::Written(number) => self.written(connection, number),
        }
        self.advance();
    }

    /// The deadline has come, and all that arrived before it has been handed in.
    pub fn tick(&mut self, now: Duration) {
        self.now = now;
        if matches!(self.phase, Phase::Cleaning(_)) {
            self.cleanup_tick();
        }
        self.keep_alive();
        self.ticking = true;
        self.advance();
        self.ticking = false;
    }

    /// The driver itself stood still until now: no deadline and no lateness that spans this says anything about the
    /// Server.
    pub fn stalled(&mut self, now: Duration) {
        self.stalled = Some(now);
    }

    /// Ends the case without a verdict on the Server, and cleans up.
    pub fn interrupt(&mut self, now: Duration, reason: &str) {
        self.now = now;
        if matches!(self.phase, Phase::Running) {
            self.wait = None;
            self.stop = Some(Stop::Inconclusive(reason.to_owned()));
            self.advance();
        }
    }

    /// The next thing to do outside.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Player::tick`] is next due.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        match &self.phase {
            Phase::Running => {
                let idle = self.connections.iter().filter_map(Connection::idle_deadline).min();
                self.wait.as_ref().map(|wait| idle.map_or(wait.deadline, |idle| idle.min(wait.deadline)))
            }
            Phase::Cleaning(cleanup) => Some(cleanup.deadline),
            Phase::Done => None,
        }
    }

    /// What the case came to, once it is over and cleaned up.
    #[must_use]
    pub const fn result(&self) -> Option<&CaseResult> {
        self.result.as_ref()
    }

    /// The breaches that monitors saw.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The longest time from a send to a delivery: what the case that this controls takes as its measure.
    #[must_use]
    pub const fn delay(&self) -> Duration {
        self.delay
    }

    /// Whether the Server ended a connection: if it dies, this case may be why, whatever it came to.
    #[must_use]
    pub fn saw_server_end(&self) -> bool {
        self.connections.iter().any(|connection| connection.ended_by_server().is_some())
    }

    /// Whether a connection ended or failed without the scenario asking for it: a sign that the Server may have died.
    #[must_use]
    pub fn saw_unexpected_end(&self) -> bool {
        let ended = self.connections.iter().any(|connection| connection.ended_by_server().is_some());
        self.operation_failed || ended && matches!(self.stop, Some(Stop::Broken | Stop::Inconclusive(_)))
    }

    fn declared_limits(&self) -> Limits {
        let declared = &self.settings.declared;
        Limits {
            max_qos: declared.max_qos,
            retain: declared.retain,
            wildcard: declared.wildcard,
            shared: declared.shared,
            subscription_identifier: declared.subscription_identifier,
            web_socket: declared.web_socket,
            topic_alias: 0,
            receive_maximum: 65_535,
            max_packet: u32::MAX,
        }
    }
}

/// One or two alphanumerics for a small number.
fn short(index: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let digit = |at: usize| char::from(DIGITS[at % 36]);
    if index < 36 { digit(index).to_string() } else { format!("{}{}", digit(index / 36), digit(index)) }
}
