//! Carries between a player and a server in virtual time, without delay but for what the server asks for.

use super::CATALOGUE;
use mqttspec_codec::Version;
use mqttspec_engine::event::{CaseResult, Event, Finding};
use mqttspec_engine::operation::{Operated, Operation};
use mqttspec_engine::plan::Case;
use mqttspec_engine::player::{Input, Output, Player, Settings};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A player that needs more turns than this goes in a circle.
const MOST_TURNS: usize = 20_000;

/// What a server sees.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen<'s> {
    Open,
    Bytes(&'s [u8]),
    HalfClose,
    Cut,
    Close,
    Reset,
    /// Something is done to the server itself.
    Operation(Operation),
}

/// What a server does, after so long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Send(Vec<u8>),
    Close,
    Reset,
    TextFrame,
    Refuse,
    /// The write of this number is complete.
    Written(u64),
    /// The driver stood still until then.
    Stall,
    Interrupt,
    /// What was done to the server is done, or how it was refused or failed.
    Operated(Operated),
}

/// A deed of the server: when, to which Client (the one that was seen if there is none), what.
pub(crate) type Doing = (Duration, Option<String>, Deed);

pub(crate) trait Server {
    /// A Client's name, the version of its connection, and what was seen of it.
    fn see(&mut self, client: &str, version: Version, seen: &Seen<'_>) -> Vec<Doing>;

    /// How long a write takes.
    fn writing(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether the next Network Connection is refused.
    fn refuses(&mut self) -> bool {
        false
    }
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Played {
    pub(crate) result: CaseResult,
    pub(crate) findings: Vec<Finding>,
    pub(crate) delay: Duration,
    /// `0.000 sub: ...`, with `->` for what the Client did and `<-` for what came.
    pub(crate) transcript: Vec<String>,
    /// Everything that was written, as it was cut.
    pub(crate) writes: Vec<(String, Vec<u8>)>,
    pub(crate) turns: usize,
    /// Connections that are still open at the end.
    pub(crate) left_open: usize,
}

struct Run<'r> {
    player: Player,
    server: &'r mut dyn Server,
    case: Arc<Case>,
    now: Duration,
    sequence: u64,
    queue: BTreeMap<(Duration, u64), (u32, Deed)>,
    /// The Client of each connection, whether it is open, and when the last deed on it arrives.
    lines: BTreeMap<u32, (String, bool, Duration)>,
    played: (Vec<String>, Vec<(String, Vec<u8>)>),
}

/// Plays a case to its end.
pub(crate) fn play(case: Case, settings: Settings, server: &mut dyn Server) -> Played {
    let case = Arc::new(case);
    let player = Player::new(case.clone(), CATALOGUE.clone(), settings);
    let queue = BTreeMap::new();
    let (lines, played) = (BTreeMap::new(), (Vec::new(), Vec::new()));
    let mut run = Run { player, server, case, now: Duration::ZERO, sequence: 0, queue, lines, played };
    run.player.start(run.now);
    let mut turns = 0;
    loop {
        run.carry();
        if run.player.result().is_some() {
            break;
        }
        turns += 1;
        assert!(turns < MOST_TURNS, "the player does not come to an end: {:#?}", run.played.0);
        run.turn();
    }
    let Run { player, played: (transcript, writes), lines, .. } = run;
    let left_open = lines.values().filter(|(_, open, _)| *open).count();
    let (findings, delay) = (player.findings().to_vec(), player.delay());
    let result = player.result().cloned().expect("a result");
    Played { result, findings, delay, transcript, writes, turns, left_open }
}

impl Run<'_> {
    /// The next thing that happens: what arrives comes before a deadline of the same instant.
    fn turn(&mut self) {
        let deadline = self.player.deadline();
        let next = self.queue.first_key_value().map(|((at, _), _)| *at);
        match (next, deadline) {
            (Some(at), deadline) if deadline.is_none_or(|deadline| at <= deadline) => {
                self.now = self.now.max(at);
                let (_, (connection, deed)) = self.queue.pop_first().expect("there is one");
                self.happen(connection, deed);
            }
            (_, Some(deadline)) => {
                self.now = self.now.max(deadline);
                self.player.tick(self.now);
            }
            _ => panic!("the player waits for nothing: {:#?}", self.played.0),
        }
    }

    fn happen(&mut self, connection: u32, deed: Deed) {
        let now = self.now;
        if matches!(deed, Deed::Stall | Deed::Interrupt | Deed::Operated(_)) {
            return match deed {
                Deed::Operated(outcome) => self.player.operated(now, &outcome),
                Deed::Stall => self.player.stalled(now),
                _ => self.player.interrupt(now, "the user"),
            };
        }
        let Some((_, open, _)) = self.lines.get_mut(&connection) else { return };
        if !*open {
            return;
        }
        *open = matches!(deed, Deed::Send(_) | Deed::Written(_));
        match deed {
            Deed::Send(bytes) => self.player.handle(now, connection, Input::Bytes(&bytes)),
            Deed::Written(number) => self.player.handle(now, connection, Input::Written(number)),
            Deed::Close => self.player.handle(now, connection, Input::EndOfFile),
            Deed::TextFrame => self.player.handle(now, connection, Input::TextFrame),
            Deed::Reset => self.player.handle(now, connection, Input::Reset),
            _ => self.player.handle(now, connection, Input::Refused("refused")),
        }
    }

    /// Takes what the player puts out until there is nothing more.
    fn carry(&mut self) {
        while let Some(output) = self.player.poll() {
            match output {
                Output::Event(event) => self.event(*event),
                // This server selects what is offered first.
                Output::Upgrade { connection, offers } => {
                    self.lines.insert(connection, (String::new(), true, self.now));
                    let selected = offers.first().map(String::as_str);
                    self.player.handle(self.now, connection, Input::Subprotocol(selected));
                    self.player.handle(self.now, connection, Input::Opened);
                }
                Output::Open(connection) => {
                    self.lines.insert(connection, (String::new(), true, self.now));
                    if self.server.refuses() {
                        self.put(connection, (Duration::ZERO, None, Deed::Refuse));
                    } else {
                        self.player.handle(self.now, connection, Input::Opened);
                    }
                }
                Output::Write { connection, bytes, number } => {
                    let client = self.lines[&connection].0.clone();
                    self.played.1.push((client, bytes.clone()));
                    self.see(connection, &Seen::Bytes(&bytes));
                    let takes = self.server.writing();
                    if takes.is_zero() {
                        self.player.handle(self.now, connection, Input::Written(number));
                    } else {
                        self.sequence += 1;
                        self.queue.insert((self.now + takes, self.sequence), (connection, Deed::Written(number)));
                    }
                }
                Output::TextFrame { connection, text, number } => {
                    let client = self.lines[&connection].0.clone();
                    self.played.1.push((client, format!("text {text}").into_bytes()));
                    self.player.handle(self.now, connection, Input::Written(number));
                }
                Output::HalfClose(connection) => self.see(connection, &Seen::HalfClose),
                Output::Cut(connection) => self.see(connection, &Seen::Cut),
                Output::Close(connection) => self.end(connection, &Seen::Close),
                Output::Reset(connection) => self.end(connection, &Seen::Reset),
                Output::Server(operation) => self.operate(operation),
            }
        }
    }

    /// The server is ended without more ado: what it does to connections before that is for the script to say.
    fn operate(&mut self, operation: Operation) {
        let mut told = false;
        for (after, to, deed) in self.server.see("server", self.case.version, &Seen::Operation(operation)) {
            told |= matches!(deed, Deed::Operated(_));
            self.put(0, (after, to, deed));
        }
        if !told {
            self.put(0, (Duration::ZERO, None, Deed::Operated(Operated::Done)));
        }
    }

    fn end(&mut self, connection: u32, seen: &Seen<'_>) {
        self.see(connection, seen);
        if let Some((_, open, _)) = self.lines.get_mut(&connection) {
            *open = false;
        }
    }

    fn see(&mut self, connection: u32, seen: &Seen<'_>) {
        let client = self.lines[&connection].0.clone();
        let declared = self.case.scenario.clients.iter().find(|declared| declared.name == client);
        let version = declared.and_then(|declared| declared.version).unwrap_or(self.case.version);
        for doing in self.server.see(&client, version, seen) {
            self.put(connection, doing);
        }
    }

    /// Puts a deed of the server on its way, behind what it did before on that connection.
    fn put(&mut self, connection: u32, (after, to, deed): Doing) {
        let line = match &to {
            Some(client) => self.lines.iter().rfind(|(_, (name, _, _))| name == client).map(|(&line, _)| line),
            None => Some(connection),
        };
        let Some(line) = line else { return };
        let mut at = self.now + after;
        if !matches!(deed, Deed::Stall | Deed::Interrupt | Deed::Operated(_))
            && let Some((_, _, last)) = self.lines.get_mut(&line)
        {
            at = at.max(*last);
            *last = at;
        }
        self.sequence += 1;
        self.queue.insert((at, self.sequence), (line, deed));
    }

    fn event(&mut self, event: Event) {
        let at = self.now.as_secs_f64();
        match event {
            Event::Opened(moment) => {
                if let Some((client, _, _)) = self.lines.get_mut(&moment.connection) {
                    client.clone_from(&moment.client);
                }
                self.played.0.push(format!("{at:.3} {}: open", moment.client));
                self.see(moment.connection, &Seen::Open);
            }
            Event::Sent(bytes) => {
                self.played.0.push(format!("{at:.3} {} -> {} [{}]", bytes.moment.client, bytes.packet, bytes.hex));
            }
            Event::Received(bytes) => {
                self.played.0.push(format!("{at:.3} {} <- {}", bytes.moment.client, bytes.packet));
            }
            Event::Closed { moment, ending } => self.played.0.push(format!("{at:.3} {}: {ending:?}", moment.client)),
            Event::Operation { what, .. } => self.played.0.push(format!("{at:.3} {what}")),
            Event::Step { place, .. } => self.played.0.push(format!("{at:.3} step {place}")),
            _ => {}
        }
    }
}
