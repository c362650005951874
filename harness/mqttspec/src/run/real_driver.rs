//! Plays one case over real connections in real time.

use crate::target::Endpoint;
use crate::transport::{Line, Writer};
use mqttspec_engine::event::Event;
use mqttspec_engine::player::{Input, Output, Player};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep_until};

/// How late this process may be before a deadline says nothing about the server.
const STALL: Duration = Duration::from_millis(150);
/// How often the process looks whether it is late.
const HEARTBEAT: Duration = Duration::from_millis(20);

/// The time of a run, and whether the process itself stood still.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    /// When the last stall ended, in microseconds since the start; 0 for none.
    stalled: AtomicU64,
}

impl Clock {
    pub(super) fn start() -> Arc<Self> {
        let clock = Arc::new(Self { start: Instant::now(), stalled: AtomicU64::new(0) });
        let watched = Arc::downgrade(&clock);
        tokio::spawn(async move {
            let mut last = Instant::now();
            loop {
                tokio::time::sleep(HEARTBEAT).await;
                let Some(clock) = watched.upgrade() else { return };
                if last.elapsed() > HEARTBEAT + STALL {
                    clock.stalled.store(clock.now().as_micros() as u64, Ordering::Relaxed);
                }
                last = Instant::now();
            }
        });
        clock
    }

    pub(super) fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// Spreads new connections over time.
#[derive(Debug)]
pub(super) struct ConnectRate {
    interval: Duration,
    next: Mutex<Instant>,
}

impl ConnectRate {
    pub(super) fn new(per_second: u32) -> Self {
        Self { interval: Duration::from_secs(1) / per_second.max(1), next: Mutex::new(Instant::now()) }
    }

    async fn turn(&self) {
        let mut next = self.next.lock().await;
        let turn = (*next).max(Instant::now());
        *next = turn + self.interval;
        drop(next);
        sleep_until(turn).await;
    }
}

/// How many connections may wait for the server's first bytes at once. Servers with a backlog of five are in use.
pub(super) const HANDSHAKES: usize = 4;
/// How long a connection counts as such when the server has nothing to say on it.
const HANDSHAKE: Duration = Duration::from_millis(250);

/// What the cases of a run have in common.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) endpoint: Endpoint,
    pub(super) timeout: Duration,
    pub(super) clock: Arc<Clock>,
    pub(super) rate: Option<ConnectRate>,
    /// Connections that the server has not answered yet: more at once than its backlog holds are lost without a word.
    pub(super) handshakes: Arc<Semaphore>,
    /// Why all cases are to end, once they are.
    pub(super) end: watch::Receiver<Option<String>>,
    pub(super) events: mpsc::UnboundedSender<Event>,
}

/// What a connection reports by itself; what it reads is polled.
enum Report {
    /// The permit goes back when the first bytes come, or the connection ends.
    Connected(Result<(Line, OwnedSemaphorePermit), String>),
    Written(u64),
    /// The server has had its time to answer first.
    Quiet,
}

enum Happening {
    Report(u32, Report),
    Bytes(u32, Vec<u8>),
    Ended(u32, bool),
    End(String),
    Deadline,
}

struct Driver<'a> {
    stage: &'a Arc<Stage>,
    lines: BTreeMap<u32, (Line, Writer)>,
    /// Connections on which nothing has come yet.
    unanswered: BTreeMap<u32, OwnedSemaphorePermit>,
    reports: mpsc::UnboundedReceiver<(u32, Report)>,
    reporter: mpsc::UnboundedSender<(u32, Report)>,
    connecting: JoinSet<()>,
    closing: JoinSet<()>,
    sleep: Pin<Box<Sleep>>,
    buffer: Vec<u8>,
    ended: bool,
}

/// Plays a case to its end.
pub(super) async fn play(player: &mut Player, stage: &Arc<Stage>) {
    let (reporter, reports) = mpsc::unbounded_channel();
    let mut driver = Driver {
        stage,
        lines: BTreeMap::new(),
        unanswered: BTreeMap::new(),
        reports,
        reporter,
        connecting: JoinSet::new(),
        closing: JoinSet::new(),
        sleep: Box::pin(sleep_until(Instant::now())),
        buffer: vec![0; 64 << 10],
        ended: false,
    };
    player.start(stage.clock.now());
    driver.perform(player);
    while player.result().is_none() {
        let deadline = player.deadline().map(|deadline| stage.clock.start + deadline);
        let happening = driver.next(deadline).await;
        let now = stage.clock.now();
        let stall = Duration::from_micros(stage.clock.stalled.load(Ordering::Relaxed));
        if stall > Duration::ZERO {
            player.stalled(stall);
        }
        match happening {
            Happening::Report(connection, Report::Quiet) => drop(driver.unanswered.remove(&connection)),
            Happening::Report(connection, Report::Connected(Ok((line, permit)))) => {
                driver.unanswered.insert(connection, permit);
                let reporter = driver.reporter.clone();
                driver.connecting.spawn(async move {
                    tokio::time::sleep(HANDSHAKE).await;
                    let _ = reporter.send((connection, Report::Quiet));
                });
                let reporter = driver.reporter.clone();
                let written = move |number| drop(reporter.send((connection, Report::Written(number))));
                driver.lines.insert(connection, (line.clone(), Writer::new(line, written)));
                player.handle(now, connection, Input::Opened);
            }
            Happening::Report(connection, Report::Connected(Err(reason))) => {
                player.handle(now, connection, Input::Refused(&reason));
            }
            Happening::Report(connection, Report::Written(number)) => {
                player.handle(now, connection, Input::Written(number));
            }
            Happening::Bytes(connection, bytes) => {
                driver.unanswered.remove(&connection);
                player.handle(now, connection, Input::Bytes(&bytes));
            }
            Happening::Ended(connection, reset) => {
                driver.unanswered.remove(&connection);
                if let Some((_, writer)) = driver.lines.remove(&connection) {
                    driver.closing.spawn(writer.close());
                }
                player.handle(now, connection, if reset { Input::Reset } else { Input::EndOfFile });
            }
            Happening::End(reason) => player.interrupt(now, &reason),
            Happening::Deadline => {
                if deadline.is_some_and(|deadline| deadline.elapsed() > STALL) {
                    player.stalled(now);
                }
                player.tick(now);
            }
        }
        driver.perform(player);
    }
    for (_, (_, writer)) in std::mem::take(&mut driver.lines) {
        driver.closing.spawn(writer.close());
    }
    while driver.closing.join_next().await.is_some() {}
}

impl Driver<'_> {
    fn perform(&mut self, player: &mut Player) {
        while let Some(output) = player.poll() {
            match output {
                // The receiver lives as long as the run.
                Output::Event(event) => drop(self.stage.events.send(*event)),
                Output::Open(connection) => {
                    let (stage, reporter) = (self.stage.clone(), self.reporter.clone());
                    self.connecting.spawn(async move {
                        if let Some(rate) = &stage.rate {
                            rate.turn().await;
                        }
                        // The semaphore is never closed.
                        let Ok(permit) = stage.handshakes.clone().acquire_owned().await else { return };
                        let connected = Line::connect(&stage.endpoint, stage.timeout).await;
                        let connected = connected.map(|line| (line, permit));
                        let _ = reporter.send((connection, Report::Connected(connected)));
                    });
                }
                Output::Write { connection, bytes, number } => {
                    if let Some((_, writer)) = self.lines.get(&connection) {
                        writer.write(bytes, number);
                    }
                }
                Output::HalfClose(connection) => {
                    if let Some((_, writer)) = self.lines.get(&connection) {
                        writer.half_close();
                    }
                }
                Output::Close(connection) => {
                    self.unanswered.remove(&connection);
                    if let Some((_, writer)) = self.lines.remove(&connection) {
                        self.closing.spawn(writer.close());
                    }
                }
                Output::Reset(connection) => {
                    self.unanswered.remove(&connection);
                    if let Some((line, writer)) = self.lines.remove(&connection) {
                        drop(line);
                        self.closing.spawn(writer.reset());
                    }
                }
            }
        }
    }

    /// The next thing that happens. All that has arrived comes before a deadline.
    async fn next(&mut self, deadline: Option<Instant>) -> Happening {
        let far = Instant::now() + Duration::from_secs(3600);
        self.sleep.as_mut().reset(deadline.unwrap_or(far));
        let mut end = self.stage.end.clone();
        let already = if self.ended { None } else { end.borrow_and_update().clone() };
        if let Some(reason) = already {
            self.ended = true;
            return Happening::End(reason);
        }
        let ended = self.ended;
        let changed = async move {
            if ended || end.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            end.borrow().clone()
        };
        let mut changed = std::pin::pin!(changed);
        let happening = poll_fn(|context| {
            if let Poll::Ready(happening) = self.poll_arrivals(context) {
                return Poll::Ready(happening);
            }
            if let Poll::Ready(Some(reason)) = changed.as_mut().poll(context) {
                return Poll::Ready(Happening::End(reason));
            }
            self.sleep.as_mut().poll(context).map(|()| Happening::Deadline)
        })
        .await;
        if matches!(happening, Happening::End(_)) {
            self.ended = true;
        }
        happening
    }

    fn poll_arrivals(&mut self, context: &mut Context<'_>) -> Poll<Happening> {
        // Reports first: a server that floods one connection must not hide that another is there.
        if let Poll::Ready(Some((connection, report))) = self.reports.poll_recv(context) {
            return Poll::Ready(Happening::Report(connection, report));
        }
        for (&connection, (line, _)) in &self.lines {
            match line.poll_read(context, &mut self.buffer) {
                Poll::Pending => {}
                Poll::Ready(Ok(0)) => return Poll::Ready(Happening::Ended(connection, false)),
                Poll::Ready(Ok(len)) => {
                    return Poll::Ready(Happening::Bytes(connection, self.buffer[..len].to_vec()));
                }
                Poll::Ready(Err(_)) => return Poll::Ready(Happening::Ended(connection, true)),
            }
        }
        Poll::Pending
    }
}
