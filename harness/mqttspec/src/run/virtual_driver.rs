//! Steps players and the reference broker together in virtual time: no socket, no waiting, the same transcript every
//! time.

mod operate;

use super::control::{blocked, unspoken, without_run};
use super::{Options, Summary};
use mqttspec_broker::{ChallengeMethod, Config, ConnectionId, Output as Served, Server, server};
use mqttspec_codec::Version;
use mqttspec_engine::event::{CaseResult, Event, Verdict};
use mqttspec_engine::operation::{Operated, Operations, Persists};
use mqttspec_engine::plan::Case;
use mqttspec_engine::player::{Declared, Input, Output, Player};
use mqttspec_engine::statement::Catalogue;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// More steps than this at one instant mean that something goes in a circle.
const STEPS_AT_AN_INSTANT: u32 = 1_000_000;
/// The longest delay of a message when cases share a broker, in microseconds.
const LONGEST_DELAY: u64 = 20_000;

/// How embedded cases are kept apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// A broker per case; messages take no time.
    #[default]
    PerCase,
    /// All cases at once on one broker, with seeded delays and splits of what is sent.
    Shared,
}

/// Runs cases against the reference broker. A control stands before the case that it controls.
pub fn run_embedded(
    cases: Vec<Case>,
    catalogue: &Arc<Catalogue>,
    options: &Options,
    config: &Config,
    isolation: Isolation,
    events: &mut dyn FnMut(Event),
) -> Summary {
    let cases: Vec<Arc<Case>> = cases.into_iter().map(Arc::new).collect();
    let credentials = options.credentials.clone().or_else(|| config.credentials.first().cloned());
    let options = &Options { declared: declared(config), credentials, ..options.clone() };
    let mut run = Run {
        config,
        catalogue,
        options,
        events,
        results: BTreeMap::new(),
        delays: BTreeMap::new(),
        summary: Summary::default(),
    };
    match isolation {
        Isolation::PerCase => {
            for number in 0..cases.len() {
                let mut world = World::new(config, None);
                run.together(&mut world, &cases, &[number]);
            }
        }
        Isolation::Shared => {
            let mut world = World::new(config, Some(fastrand::Rng::with_seed(options.seed)));
            let (alone, shared): (Vec<usize>, Vec<usize>) =
                (0..cases.len()).partition(|&number| cases[number].scenario.exclusive);
            run.together(&mut world, &cases, &shared);
            for number in alone {
                run.together(&mut world, &cases, &[number]);
            }
        }
    }
    if run.interrupted() {
        run.leave(&cases);
    }
    let Run { mut results, mut summary, .. } = run;
    summary.results = cases.iter().filter_map(|case| results.remove(&case.id)).collect();
    summary
}

/// What a profile would say of this server: 3.1.1 has no way to say it in CONNACK.
fn declared(config: &Config) -> Declared {
    Declared {
        max_qos: config.maximum_qos as u8,
        retain: config.retain_available,
        wildcard: config.wildcard_subscription_available,
        shared: config.shared_subscription_available,
        subscription_identifier: config.subscription_identifiers_available,
        operations: Operations::ALL,
        persists_at_restart: persists(config.behaviour.keeps_at_restart),
        persists_at_kill: persists(config.behaviour.keeps_when_killed),
        credentials: !config.credentials.is_empty(),
        challenge: config.challenge_method.as_ref() == Some(&ChallengeMethod::default()),
        web_socket: false,
    }
}

const fn persists(all: bool) -> Persists {
    Persists { sessions: all, retained: all }
}

/// What a CONNECT as readiness check would show.
fn refusal(config: &Config, version: Version) -> Option<String> {
    let spoken = match version {
        Version::V311 => config.accept_v311,
        Version::V5 => config.accept_v5,
    };
    (!spoken).then(|| format!("the server does not speak MQTT {version}: so it was chosen"))
}

struct Run<'a> {
    config: &'a Config,
    catalogue: &'a Arc<Catalogue>,
    options: &'a Options,
    events: &'a mut dyn FnMut(Event),
    results: BTreeMap<String, CaseResult>,
    delays: BTreeMap<String, Duration>,
    summary: Summary,
}

impl Run<'_> {
    fn interrupted(&self) -> bool {
        self.options.interrupted.load(Ordering::Relaxed)
    }

    /// The user ended the run: what has no result yet gets none any more.
    fn leave(&mut self, cases: &[Arc<Case>]) {
        self.summary.interrupted = true;
        for case in cases {
            if !self.results.contains_key(&case.id) {
                let result = without_run(case, Verdict::Inconclusive, "not run: interrupted".to_owned());
                (self.events)(Event::CaseFinished(result.clone()));
                self.results.insert(case.id.clone(), result);
            }
        }
    }

    /// Plays the cases of these numbers in one world, each as soon as its control is over.
    fn together(&mut self, world: &mut World, cases: &[Arc<Case>], numbers: &[usize]) {
        let mut waiting: Vec<usize> = numbers.to_vec();
        while !self.interrupted() {
            let (ready, later): (Vec<usize>, Vec<usize>) = waiting.into_iter().partition(|&number| {
                let control = &cases[number].control;
                control.as_ref().is_none_or(|control| self.results.contains_key(control))
            });
            waiting = later;
            for number in ready {
                self.begin(world, &cases[number], number);
            }
            if !world.step(self.events) {
                break;
            }
            for player in world.take_finished() {
                self.end(player);
            }
        }
    }

    fn begin(&mut self, world: &mut World, case: &Arc<Case>, number: usize) {
        let unsupported = unspoken(case, |version| refusal(self.config, version));
        if let Some(reason) = unsupported.or_else(|| case.unfeasible(&self.options.declared)) {
            let result = without_run(case, Verdict::Unsupported, reason);
            (self.events)(Event::CaseFinished(result.clone()));
            self.results.insert(case.id.clone(), result);
            return;
        }
        let mut settings = self.options.settings(number);
        if let Some(control) = &case.control {
            if let Some(result) = self.results.get(control).and_then(|control| blocked(case, control)) {
                (self.events)(Event::CaseFinished(result.clone()));
                self.results.insert(case.id.clone(), result);
                return;
            }
            settings.control_delay = self.delays.get(control).copied().unwrap_or_default();
        }
        world.begin(Player::new(case.clone(), self.catalogue.clone(), settings));
    }

    fn end(&mut self, player: Player) {
        let Some(result) = player.result().cloned() else { return };
        self.summary.count(&result.case, player.findings());
        self.delays.insert(result.case.clone(), player.delay());
        (self.events)(Event::CaseFinished(result.clone()));
        self.results.insert(result.case.clone(), result);
    }
}

/// A message on its way. Ties at one instant go: bytes, server timers, players.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Message {
    ToBroker(ConnectionId, Carried),
    ToPlayer(ConnectionId, Carried),
    /// What was asked of the server is done, if it could be.
    Operated(usize, bool),
    BrokerTimer,
    PlayerTimer(usize),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Carried {
    Opened,
    Bytes(Vec<u8>),
    Closed,
    Written(u64),
}

impl Message {
    const fn rank(&self) -> u8 {
        match self {
            Self::ToBroker(..) | Self::ToPlayer(..) | Self::Operated(..) => 0,
            Self::BrokerTimer => 1,
            Self::PlayerTimer(_) => 2,
        }
    }
}

struct Line {
    player: usize,
    connection: u32,
    /// When the last message in each direction arrives: what is sent later does not overtake.
    to_broker: Duration,
    to_player: Duration,
    broker_has_it: bool,
    /// The broker that it led to has ended.
    gone: bool,
}

impl Line {
    const fn reaches_broker(&self) -> bool {
        !self.gone
    }
}

struct World {
    broker: Box<dyn Server>,
    now: Duration,
    queue: BinaryHeap<Reverse<(Duration, u8, u64, Message)>>,
    sent: u64,
    players: Vec<Option<Player>>,
    /// Players whose first outputs have not been taken yet.
    begun: Vec<usize>,
    /// How many players have begun and have not been taken out.
    playing: usize,
    finished: Vec<usize>,
    lines: BTreeMap<ConnectionId, Line>,
    ids: BTreeMap<(usize, u32), ConnectionId>,
    random: Option<fastrand::Rng>,
    steps: u32,
    /// What waits for a server that stands still, in order.
    held: Option<Vec<Message>>,
}

impl World {
    fn new(config: &Config, random: Option<fastrand::Rng>) -> Self {
        Self {
            broker: server(config.clone()),
            now: Duration::ZERO,
            queue: BinaryHeap::new(),
            sent: 0,
            players: Vec::new(),
            begun: Vec::new(),
            playing: 0,
            finished: Vec::new(),
            lines: BTreeMap::new(),
            ids: BTreeMap::new(),
            random,
            steps: 0,
            held: None,
        }
    }

    fn begin(&mut self, mut player: Player) {
        player.start(self.now);
        self.begun.push(self.players.len());
        self.players.push(Some(player));
        self.playing += 1;
    }

    fn take_finished(&mut self) -> Vec<Player> {
        let finished = std::mem::take(&mut self.finished);
        self.playing -= finished.len();
        finished.into_iter().filter_map(|number| self.players[number].take()).collect()
    }

    fn push(&mut self, at: Duration, message: Message) {
        self.sent += 1;
        self.queue.push(Reverse((at, message.rank(), self.sent, message)));
    }

    /// Delivers one message; `false` when there is none left.
    fn step(&mut self, events: &mut dyn FnMut(Event)) -> bool {
        for number in std::mem::take(&mut self.begun) {
            self.after_player(number, events);
        }
        while self.finished.is_empty() {
            // A broker that does something again and again would go on for ever.
            if self.playing == 0
                && self
                    .queue
                    .iter()
                    .all(|Reverse(next)| matches!(next.3, Message::BrokerTimer | Message::PlayerTimer(_)))
            {
                return false;
            }
            let Some(Reverse((at, _, _, message))) = self.queue.pop() else { return false };
            self.steps = if at == self.now { self.steps + 1 } else { 0 };
            assert!(self.steps < STEPS_AT_AN_INSTANT, "the conversation goes in a circle at {at:?}");
            self.now = at;
            self.deliver(message, events);
        }
        true
    }

    fn deliver(&mut self, message: Message, events: &mut dyn FnMut(Event)) {
        if let (Message::ToBroker(..), Some(held)) = (&message, &mut self.held) {
            return held.push(message);
        }
        match message {
            Message::ToBroker(id, carried) => {
                let Some(line) = self.lines.get_mut(&id) else { return };
                match carried {
                    Carried::Opened if line.gone => {}
                    Carried::Opened => {
                        line.broker_has_it = true;
                        self.broker.opened(self.now, id);
                    }
                    Carried::Bytes(bytes) if line.broker_has_it => self.broker.received(self.now, id, &bytes),
                    Carried::Closed if std::mem::take(&mut line.broker_has_it) => self.broker.closed(self.now, id),
                    Carried::Bytes(_) | Carried::Closed | Carried::Written(_) => {}
                }
                self.after_broker();
            }
            Message::BrokerTimer => {
                if self.held.is_none() && self.broker.next_deadline().is_some_and(|deadline| deadline <= self.now) {
                    self.broker.tick(self.now);
                    self.after_broker();
                }
            }
            Message::ToPlayer(id, carried) => {
                let Some(line) = self.lines.get(&id) else { return };
                let (number, connection) = (line.player, line.connection);
                let Some(player) = &mut self.players[number] else { return };
                match &carried {
                    Carried::Opened => player.handle(self.now, connection, Input::Opened),
                    Carried::Bytes(bytes) => player.handle(self.now, connection, Input::Bytes(bytes)),
                    Carried::Closed => player.handle(self.now, connection, Input::EndOfFile),
                    Carried::Written(write) => player.handle(self.now, connection, Input::Written(*write)),
                }
                self.after_player(number, events);
            }
            Message::Operated(number, done) => {
                let Some(player) = &mut self.players[number] else { return };
                let failed = || Operated::Failed("the server stands still".to_owned());
                player.operated(self.now, &if done { Operated::Done } else { failed() });
                self.after_player(number, events);
            }
            Message::PlayerTimer(number) => {
                let Some(player) = &mut self.players[number] else { return };
                if player.deadline().is_some_and(|deadline| deadline <= self.now) {
                    player.tick(self.now);
                    self.after_player(number, events);
                }
            }
        }
    }

    fn delay(&mut self) -> Duration {
        self.random.as_mut().map_or(Duration::ZERO, |random| Duration::from_micros(random.u64(..LONGEST_DELAY)))
    }

    /// Sends on a line, behind what was sent on it before.
    fn carry(&mut self, id: ConnectionId, to_broker: bool, carried: Carried) {
        let pieces = match carried {
            Carried::Bytes(bytes) => self.split(bytes).into_iter().map(Carried::Bytes).collect(),
            other => vec![other],
        };
        for piece in pieces {
            let arrives = self.now + self.delay();
            let Some(line) = self.lines.get_mut(&id) else { return };
            let last = if to_broker { &mut line.to_broker } else { &mut line.to_player };
            *last = arrives.max(*last);
            let arrives = *last;
            self.push(arrives, if to_broker { Message::ToBroker(id, piece) } else { Message::ToPlayer(id, piece) });
        }
    }

    fn split(&mut self, bytes: Vec<u8>) -> Vec<Vec<u8>> {
        match &mut self.random {
            Some(random) if bytes.len() > 1 => {
                let (front, back) = bytes.split_at(random.usize(1..bytes.len()));
                vec![front.to_vec(), back.to_vec()]
            }
            _ => vec![bytes],
        }
    }

    fn after_broker(&mut self) {
        while let Some(output) = self.broker.poll() {
            match output {
                Served::Write { connection, bytes } => self.carry(connection, false, Carried::Bytes(bytes)),
                Served::Close { connection } => {
                    self.carry(connection, false, Carried::Closed);
                    if self.lines.get_mut(&connection).is_some_and(|line| std::mem::take(&mut line.broker_has_it)) {
                        self.broker.closed(self.now, connection);
                    }
                }
            }
        }
        if let Some(deadline) = self.broker.next_deadline() {
            self.push(deadline.max(self.now), Message::BrokerTimer);
        }
    }

    fn after_player(&mut self, number: usize, events: &mut dyn FnMut(Event)) {
        let Some(player) = &mut self.players[number] else { return };
        let mut outputs = Vec::new();
        while let Some(output) = player.poll() {
            outputs.push(output);
        }
        let (deadline, over) = (player.deadline(), player.result().is_some());
        for output in outputs {
            match output {
                Output::Event(event) => events(*event),
                Output::Open(connection) => {
                    let id = ConnectionId(self.ids.len() as u64);
                    self.ids.insert((number, connection), id);
                    let line = Line {
                        player: number,
                        connection,
                        to_broker: self.now,
                        to_player: self.now,
                        broker_has_it: false,
                        gone: false,
                    };
                    self.lines.insert(id, line);
                    self.carry(id, true, Carried::Opened);
                    self.carry(id, false, Carried::Opened);
                }
                // A case that needs WebSocket is not played here.
                Output::Upgrade { .. } | Output::TextFrame { .. } => {}
                Output::Write { connection, bytes, number: write } => {
                    let Some(&id) = self.ids.get(&(number, connection)) else { continue };
                    self.carry(id, true, Carried::Bytes(bytes));
                    self.push(self.now, Message::ToPlayer(id, Carried::Written(write)));
                }
                // The broker closes its side when the Client has closed its own.
                Output::HalfClose(connection) => {
                    let Some(&id) = self.ids.get(&(number, connection)) else { continue };
                    self.carry(id, true, Carried::Closed);
                    self.carry(id, false, Carried::Closed);
                }
                // What is on its way arrives; the player hears nothing any more, and the broker is told at the reset.
                Output::Cut(_) => {}
                Output::Close(connection) | Output::Reset(connection) => {
                    let Some(&id) = self.ids.get(&(number, connection)) else { continue };
                    self.carry(id, true, Carried::Closed);
                }
                Output::Server(operation) => {
                    let done = self.operate(operation);
                    let at = self.now + self.delay();
                    self.push(at, Message::Operated(number, done));
                }
            }
        }
        if over {
            if !self.finished.contains(&number) {
                self.finished.push(number);
            }
        } else if let Some(deadline) = deadline {
            self.push(deadline.max(self.now), Message::PlayerTimer(number));
        }
    }
}
