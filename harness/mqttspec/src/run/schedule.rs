//! Runs cases against a server: many at once, controls first, what needs the server for itself alone and last.

mod operate;
mod suspects;

use super::control::{beyond, blocked, unspoken, without_run};
use super::real_driver::{Clock, ConnectRate, HANDSHAKES, Request, Stage, play};
use super::{Options, Summary};
use crate::signals::Signals;
use crate::target::{LogReader, Readiness, Server};
use mqttspec_codec::Version;
use mqttspec_engine::event::{self, CaseResult, Event, Finding, RuleKind, RuleOutcome, RuleState, Verdict};
use mqttspec_engine::plan::{Case, Op, OpKind};
use mqttspec_engine::player::{Declared, Player};
use mqttspec_engine::scenario::{Timing, Verb};
use mqttspec_engine::statement::Catalogue;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

/// So many times alone, and the server owes the CONNACKs that were missing among others, too.
const CONFIRMATIONS: usize = 3;
/// Where the names of second attempts begin; no corpus has so many cases.
const SECOND_NAMES: usize = 23_000;
/// How many lines of the server's output become events.
const LOG_LINES: usize = 100_000;

/// Runs cases against a server. A control stands before the case that it controls. Ctrl-C ends the run: what is
/// running cleans up, and what has not begun is inconclusive.
pub async fn run_server(
    cases: Vec<Case>,
    catalogue: &Arc<Catalogue>,
    options: &Options,
    server: &mut Server,
    events: &mut dyn FnMut(Event),
) -> Summary {
    let cases: Vec<Arc<Case>> = cases.into_iter().map(Arc::new).collect();
    let web_socket = server.endpoint.transport.is_web_socket();
    let options = &Options { declared: Declared { web_socket, ..options.declared }, ..options.clone() };
    let (end, ended) = watch::channel(None);
    let (sender, receiver) = mpsc::unbounded_channel();
    let (requests, requested) = mpsc::unbounded_channel();
    let stage = Arc::new(Stage {
        connector: Mutex::new(server.connector()),
        timeout: options.timeout,
        clock: Clock::start(),
        rate: options.connect_rate.map(ConnectRate::new),
        handshakes: Arc::new(Semaphore::new(HANDSHAKES)),
        end: ended,
        events: sender,
        requests,
    });
    server.follow_log(log_events(stage.clock.begun(), stage.events.clone()));
    let mut schedule = Schedule {
        cases: &cases,
        catalogue,
        options,
        stage,
        end,
        receiver,
        requested,
        events,
        results: BTreeMap::new(),
        delays: BTreeMap::new(),
        summary: Summary::default(),
        suspects: BTreeSet::new(),
        running: BTreeSet::new(),
        uncontrolled: Vec::new(),
        // Where signals cannot be listened to they end the process by themselves.
        signals: Signals::listen().ok(),
        unanswered: Vec::new(),
        tried_again: BTreeSet::new(),
        confirmed: 0,
        left: None,
        alone: None,
    };
    schedule.run(server).await;
    schedule.conclude()
}

struct Schedule<'a> {
    cases: &'a [Arc<Case>],
    catalogue: &'a Arc<Catalogue>,
    options: &'a Options,
    stage: Arc<Stage>,
    end: watch::Sender<Option<String>>,
    receiver: mpsc::UnboundedReceiver<Event>,
    requested: mpsc::UnboundedReceiver<Request>,
    events: &'a mut dyn FnMut(Event),
    results: BTreeMap<String, CaseResult>,
    delays: BTreeMap<String, Duration>,
    summary: Summary,
    /// Cases over which the server may have died, if it has.
    suspects: BTreeSet<usize>,
    running: BTreeSet<usize>,
    /// Results of cases whose controls are not over yet.
    uncontrolled: Vec<CaseResult>,
    signals: Option<Signals>,
    /// Cases that got no CONNACK among others, or were closed on, with their results: what counts is what comes of them
    /// alone.
    unanswered: Vec<(usize, CaseResult)>,
    tried_again: BTreeSet<usize>,
    /// How often a CONNACK was missing alone, too.
    confirmed: usize,
    /// How many cases had no result when everything had run.
    left: Option<usize>,
    /// While a suspect runs alone: its result, which is told only when it is known whether the server lived.
    alone: Option<Option<CaseResult>>,
}

/// A case that is over.
struct Over {
    number: usize,
    result: CaseResult,
    findings: Vec<Finding>,
    delay: Duration,
    /// A connection ended that no step asked to end.
    unexpected: bool,
    /// The server ended a connection.
    server_end: bool,
}

/// How a batch of cases ended.
enum Batch {
    Done,
    Interrupted,
    Died(String),
}

impl Schedule<'_> {
    async fn run(&mut self, server: &mut Server) {
        self.leave_out(server);
        let mut numbers: Vec<usize> =
            (0..self.cases.len()).filter(|&number| !self.results.contains_key(&self.cases[number].id)).collect();
        // What takes longest begins first, so that the run takes little longer than its longest case.
        numbers.sort_by_key(|&number| std::cmp::Reverse(self.length(number)));
        let (alone, shared): (Vec<usize>, Vec<usize>) =
            numbers.into_iter().partition(|&number| self.cases[number].scenario.exclusive);
        let mut batches: VecDeque<(Vec<usize>, usize)> =
            VecDeque::from([(shared, self.options.jobs.max(1)), (alone, 1)]);
        while let Some((batch, jobs)) = batches.pop_front().or_else(|| self.second_try()) {
            match self.batch(&batch, jobs, server).await {
                Batch::Done => {}
                Batch::Interrupted => {
                    self.summary.interrupted = true;
                    return;
                }
                Batch::Died(reason) => {
                    if !self.examine(reason, server).await {
                        return;
                    }
                    // What has not begun yet still can.
                    let begun = |number: &usize| self.results.contains_key(&self.cases[*number].id);
                    batches.push_front((batch.into_iter().filter(|number| !begun(number)).collect(), jobs));
                }
            }
        }
    }

    /// What is left when every batch has run: a case that got no CONNACK, alone; then what waited for it.
    fn second_try(&mut self) -> Option<(Vec<usize>, usize)> {
        while let Some((number, result)) = self.unanswered.pop() {
            if self.confirmed < CONFIRMATIONS || closed_on(&result) {
                self.tried_again.insert(number);
                return Some((vec![number], 1));
            }
            self.tell(result);
        }
        let has_none = |number: &usize| !self.results.contains_key(&self.cases[*number].id);
        let left: Vec<usize> = (0..self.cases.len()).filter(has_none).collect();
        // What is left twice waits for something that never comes; its results say that it was not run.
        let progress = self.left.replace(left.len()) != Some(left.len());
        // One at a time: some of them need the server for themselves.
        (!left.is_empty() && progress).then_some((left, 1))
    }

    /// Cases that cannot run: their version was refused at readiness, or they need the server for themselves.
    fn leave_out(&mut self, server: &Server) {
        let refusal = |version: Version| {
            server.ready.iter().find_map(|(refused, readiness)| match readiness {
                Readiness::Refused { told, hex } if *refused == version => {
                    Some(format!("the server refuses MQTT {version}: {told} [{hex}]"))
                }
                _ => None,
            })
        };
        for case in self.cases {
            let transport = server.endpoint.transport;
            let unsupported = unspoken(case, refusal).or_else(|| beyond(case, transport));
            if let Some(reason) = unsupported.or_else(|| case.unfeasible(&self.options.declared)) {
                self.tell(without_run(case, Verdict::Unsupported, reason));
            } else if case.scenario.exclusive && !self.options.exclusive {
                let reason = "it needs the server for itself; --exclusive lets it run".to_owned();
                self.tell(without_run(case, Verdict::Skipped, reason));
            }
        }
    }

    /// How long a case waits on purpose, its control included.
    fn length(&self, number: usize) -> Duration {
        fn of(ops: &[Op]) -> Duration {
            let timed = |timing: &Timing| timing.after.max(timing.within).unwrap_or_default();
            let length = |op: &Op| match &op.kind {
                OpKind::Wait(time) => *time,
                OpKind::Client { verb: Verb::Receive { timing, .. } | Verb::Closed { timing, .. }, .. } => {
                    timed(timing)
                }
                OpKind::Client { verb: Verb::Quiet { ordered: false, .. }, .. } => Duration::from_millis(250),
                OpKind::AnyOf(branches) => branches.iter().map(|branch| of(branch)).max().unwrap_or_default(),
                _ => Duration::ZERO,
            };
            ops.iter().map(length).sum()
        }
        of(&self.cases[number].program)
    }

    /// Runs these cases, so many at once, until all are over, the user ends the run, or the server is dead.
    async fn batch(&mut self, numbers: &[usize], jobs: usize, server: &mut Server) -> Batch {
        let mut waiting: Vec<usize> = numbers.to_vec();
        let mut tasks: JoinSet<Over> = JoinSet::new();
        let mut ending: Option<Batch> = None;
        loop {
            if ending.is_none() {
                let mut at = 0;
                while at < waiting.len() && tasks.len() < jobs {
                    if self.is_ready(waiting[at]) {
                        let number = waiting.remove(at);
                        self.begin(number, &mut tasks);
                        // A blocked case is over at once, and others may wait for it.
                        at = 0;
                    } else {
                        at += 1;
                    }
                }
            }
            if tasks.is_empty() {
                break;
            }
            tokio::select! {
                Some(event) = self.receiver.recv() => (self.events)(event),
                Some(over) = tasks.join_next() => {
                    let over = match over {
                        Ok(over) => over,
                        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                        // Ended by a second Ctrl-C.
                        Err(_) => continue,
                    };
                    let unexpected = over.unexpected;
                    self.over(over);
                    if unexpected && ending.is_none() && let Err(reason) = server.check_alive().await {
                        self.end.send_replace(Some("the server died while this case ran".to_owned()));
                        self.suspects.extend(&self.running);
                        ending = Some(Batch::Died(reason));
                    }
                }
                Some(request) = self.requested.recv() => {
                    self.operate(request, server, &mut tasks, &mut ending).await;
                }
                () = ended(&mut self.signals) => self.interrupt(&mut tasks, &mut ending),
            }
        }
        self.drain_events();
        if ending.is_none() && !self.suspects.is_empty() {
            // A case that asks for a close passes when the server dies of it: that must not stand.
            match server.check_alive().await {
                Ok(()) => self.suspects.clear(),
                Err(reason) => ending = Some(Batch::Died(reason)),
            }
        }
        ending.unwrap_or(Batch::Done)
    }

    /// A case whose silence is measured by its control waits for that; any other may run beside it.
    fn is_ready(&self, number: usize) -> bool {
        let case = &self.cases[number];
        let known = case.control.as_ref().is_none_or(|control| self.results.contains_key(control));
        known || self.alone.is_none() && !rests_on_witness(&case.program)
    }

    fn begin(&mut self, number: usize, tasks: &mut JoinSet<Over>) {
        let case = &self.cases[number];
        let again = self.alone.is_some() || self.tried_again.contains(&number);
        // Another attempt on the same server has other names.
        let mut settings = self.options.settings(if again { number + SECOND_NAMES } else { number });
        if let Some(control) = &case.control {
            if let Some(result) = self.results.get(control).and_then(|control| blocked(case, control)) {
                self.tell(result);
                return;
            }
            settings.control_delay = self.delays.get(control).copied().unwrap_or_default();
        }
        self.running.insert(number);
        let player = Player::new(case.clone(), self.catalogue.clone(), settings);
        tasks.spawn(finish(number, player, self.stage.clone()));
    }

    fn over(&mut self, over: Over) {
        self.running.remove(&over.number);
        if over.server_end {
            self.suspects.insert(over.number);
        }
        self.summary.count(&over.findings);
        self.delays.insert(over.result.case.clone(), over.delay);
        self.drain_events();
        let unanswered = lacks_connack(&over.result);
        match &mut self.alone {
            Some(held) => *held = Some(over.result),
            None if (unanswered || closed_on(&over.result)) && !self.tried_again.contains(&over.number) => {
                self.unanswered.push((over.number, over.result));
            }
            None => {
                self.confirmed += usize::from(unanswered);
                self.tell(over.result);
            }
        }
    }

    fn drain_events(&mut self) {
        while let Ok(event) = self.receiver.try_recv() {
            (self.events)(event);
        }
    }

    /// Tells a result, once it is known what its control came to.
    fn tell(&mut self, result: CaseResult) {
        let case = self.cases.iter().find(|case| case.id == result.case);
        let control = case.and_then(|case| case.control.as_ref());
        let result = match (case, control.map(|control| self.results.get(control))) {
            (Some(_), Some(None)) => return self.uncontrolled.push(result),
            (Some(case), Some(Some(control))) => blocked(case, control).unwrap_or(result),
            _ => result,
        };
        (self.events)(Event::CaseFinished(result.clone()));
        let over = result.case.clone();
        self.results.insert(result.case.clone(), result);
        let waited = |result: &CaseResult| {
            self.cases.iter().any(|case| case.id == result.case && case.control.as_ref() == Some(&over))
        };
        let (freed, waiting) = std::mem::take(&mut self.uncontrolled).into_iter().partition(waited);
        self.uncontrolled = waiting;
        let freed: Vec<CaseResult> = freed;
        freed.into_iter().for_each(|result| self.tell(result));
    }

    /// A result for every planned case, in the order of the plan.
    fn conclude(mut self) -> Summary {
        self.drain_events();
        // Their controls never ran: what they came to stands on nothing.
        self.uncontrolled.clear();
        let reason = if self.summary.interrupted { "interrupted" } else { "the server died and did not come back" };
        for number in 0..self.cases.len() {
            let case = &self.cases[number];
            if !self.results.contains_key(&case.id) {
                self.tell(without_run(case, Verdict::Inconclusive, format!("not run: {reason}")));
            }
        }
        let mut results = self.results;
        self.summary.results = self.cases.iter().filter_map(|case| results.remove(&case.id)).collect();
        self.summary
    }
}

/// Whether a case failed because no CONNACK came: with many connections at once the system may have lost the CONNECT.
fn lacks_connack(result: &CaseResult) -> bool {
    let connack =
        |rule: &RuleOutcome| rule.kind == RuleKind::Owed && rule.name == "CONNACK" && rule.state == RuleState::Broken;
    result.verdict == Verdict::Fail && result.rules.iter().any(connack)
}

/// Whether a case failed because the Server closed the Network Connection in place of an answer. What runs beside it may have
/// been the cause: a Transient Error of the Server asks for nothing else, and 3.1.1 has no way to say so
/// ([MQTT-4.8.0-2]).
fn closed_on(result: &CaseResult) -> bool {
    let closed = |rule: &RuleOutcome| rule.breach.as_ref().is_some_and(|breach| breach.closed);
    result.verdict == Verdict::Fail && result.rules.iter().any(closed)
}

/// Whether a program holds a silence whose tail is measured by the control.
fn rests_on_witness(program: &[Op]) -> bool {
    let quiet = |op: &Op| matches!(&op.kind, OpKind::Client { verb: Verb::Quiet { .. }, .. });
    program.iter().any(|op| match &op.kind {
        OpKind::AnyOf(branches) => branches.iter().any(|branch| rests_on_witness(branch)),
        _ => quiet(op),
    })
}

/// Lines of the server's output as events: so many of them, since a server may write without end.
fn log_events(begun: Instant, events: mpsc::UnboundedSender<Event>) -> LogReader {
    let left = AtomicUsize::new(LOG_LINES);
    Arc::new(move |at, line| {
        let line = match left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) {
            Ok(1) => "(mqttspec keeps no more of what the server writes)",
            Ok(_) => line,
            Err(_) => return,
        };
        let at_us = event::micros(at.saturating_duration_since(begun));
        let _ = events.send(Event::Log { at_us, line: line.to_owned() });
    })
}

async fn ended(signals: &mut Option<Signals>) {
    match signals {
        Some(signals) => signals.ended().await,
        None => std::future::pending().await,
    }
}

async fn finish(number: usize, mut player: Player, stage: Arc<Stage>) -> Over {
    play(&mut player, &stage).await;
    Over {
        number,
        result: player.result().cloned().expect("a case is played to its result"),
        findings: player.findings().to_vec(),
        delay: player.delay(),
        unexpected: player.saw_unexpected_end(),
        server_end: player.saw_server_end(),
    }
}
