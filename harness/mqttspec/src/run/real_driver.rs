//! Plays one case over real connections in real time.

use crate::transport::{Connector, Fault, Line, Stream, WebSocketFault, ws};
use mqttspec_engine::event::Event;
use mqttspec_engine::operation::{Operated, Operation};
use mqttspec_engine::player::{Input, Output, Player};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
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

    pub(super) fn begun(&self) -> std::time::Instant {
        self.start.into_std()
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
    /// The way to the server, which may have moved when it was started again.
    pub(super) connector: Mutex<Connector>,
    pub(super) timeout: Duration,
    pub(super) clock: Arc<Clock>,
    pub(super) rate: Option<ConnectRate>,
    /// Connections that the server has not answered yet: more at once than its backlog holds are lost without a word.
    pub(super) handshakes: Arc<Semaphore>,
    /// Why all cases are to end, once they are.
    pub(super) end: watch::Receiver<Option<String>>,
    pub(super) events: mpsc::UnboundedSender<Event>,
    /// What cases want to be done to the server.
    pub(super) requests: mpsc::UnboundedSender<Request>,
}

/// Something that is to be done to the server, and who waits for it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) operation: Operation,
    pub(super) done: oneshot::Sender<Operated>,
}

/// What a connection reports by itself; what it reads is polled.
enum Report {
    /// The permit goes back when the first bytes come, or the connection ends.
    Connected(Result<(Stream, OwnedSemaphorePermit), String>),
    /// The WebSocket subprotocol that the server selected of several.
    Subprotocol(Option<String>),
    Written(u64),
    /// The server has had its time to answer first.
    Quiet,
}

enum Happening {
    Report(u32, Report),
    Bytes(u32, Vec<u8>),
    Ended(u32, Input<'static>),
    Operated(Operated),
    End(String),
    Deadline,
}

struct Driver<'a> {
    stage: &'a Arc<Stage>,
    lines: BTreeMap<u32, Line>,
    /// Held open and left alone.
    cut: BTreeMap<u32, Line>,
    /// Connections on which nothing has come yet.
    unanswered: BTreeMap<u32, OwnedSemaphorePermit>,
    reports: mpsc::UnboundedReceiver<(u32, Report)>,
    reporter: mpsc::UnboundedSender<(u32, Report)>,
    connecting: JoinSet<()>,
    closing: JoinSet<()>,
    /// What is being done to the server.
    operating: Option<oneshot::Receiver<Operated>>,
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
        cut: BTreeMap::new(),
        unanswered: BTreeMap::new(),
        reports,
        reporter,
        connecting: JoinSet::new(),
        closing: JoinSet::new(),
        operating: None,
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
            Happening::Report(connection, Report::Connected(Ok((stream, permit)))) => {
                driver.unanswered.insert(connection, permit);
                let reporter = driver.reporter.clone();
                driver.connecting.spawn(async move {
                    tokio::time::sleep(HANDSHAKE).await;
                    let _ = reporter.send((connection, Report::Quiet));
                });
                let reporter = driver.reporter.clone();
                let written = move |number| drop(reporter.send((connection, Report::Written(number))));
                driver.lines.insert(connection, Line::new(stream, written));
                player.handle(now, connection, Input::Opened);
            }
            Happening::Report(connection, Report::Connected(Err(reason))) => {
                player.handle(now, connection, Input::Refused(&reason));
            }
            Happening::Report(connection, Report::Subprotocol(selected)) => {
                player.handle(now, connection, Input::Subprotocol(selected.as_deref()));
            }
            Happening::Report(connection, Report::Written(number)) => {
                player.handle(now, connection, Input::Written(number));
            }
            Happening::Bytes(connection, bytes) => {
                driver.unanswered.remove(&connection);
                player.handle(now, connection, Input::Bytes(&bytes));
            }
            Happening::Ended(connection, how) => {
                driver.unanswered.remove(&connection);
                if let Some(line) = driver.lines.remove(&connection) {
                    driver.closing.spawn(line.close());
                }
                player.handle(now, connection, how);
            }
            Happening::Operated(outcome) => player.operated(now, &outcome),
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
    for (_, line) in std::mem::take(&mut driver.lines) {
        driver.closing.spawn(line.close());
    }
    for (_, line) in std::mem::take(&mut driver.cut) {
        driver.closing.spawn(line.reset());
    }
    while driver.closing.join_next().await.is_some() {}
}

impl Driver<'_> {
    fn perform(&mut self, player: &mut Player) {
        while let Some(output) = player.poll() {
            match output {
                // The receiver lives as long as the run.
                Output::Event(event) => drop(self.stage.events.send(*event)),
                Output::Open(connection) => self.open(connection, None),
                Output::Upgrade { connection, offers } => self.open(connection, Some(offers)),
                Output::TextFrame { connection, text, number } => {
                    if let Some(line) = self.lines.get(&connection) {
                        line.write_text(text, number);
                    }
                }
                Output::Write { connection, bytes, number } => {
                    if let Some(line) = self.lines.get(&connection) {
                        line.write(bytes, number);
                    }
                }
                Output::HalfClose(connection) => {
                    if let Some(line) = self.lines.get(&connection) {
                        line.half_close();
                    }
                }
                Output::Cut(connection) => {
                    self.unanswered.remove(&connection);
                    if let Some(mut line) = self.lines.remove(&connection) {
                        line.cut();
                        self.cut.insert(connection, line);
                    }
                }
                Output::Close(connection) => {
                    self.unanswered.remove(&connection);
                    if let Some(line) = self.lines.remove(&connection) {
                        self.closing.spawn(line.close());
                    }
                }
                Output::Reset(connection) => {
                    self.unanswered.remove(&connection);
                    if let Some(line) = self.lines.remove(&connection).or_else(|| self.cut.remove(&connection)) {
                        self.closing.spawn(line.reset());
                    }
                }
                Output::Server(operation) => {
                    let (done, operated) = oneshot::channel();
                    // The receiver lives as long as the run.
                    drop(self.stage.requests.send(Request { operation, done }));
                    self.operating = Some(operated);
                }
            }
        }
    }

    /// Opens a connection, and tells which of the subprotocols was selected if several are offered.
    fn open(&mut self, connection: u32, offers: Option<Vec<String>>) {
        let (stage, reporter) = (self.stage.clone(), self.reporter.clone());
        self.connecting.spawn(async move {
            if let Some(rate) = &stage.rate {
                rate.turn().await;
            }
            // The semaphore is never closed.
            let Ok(permit) = stage.handshakes.clone().acquire_owned().await else { return };
            let deadline = Instant::now() + stage.timeout;
            let offered: Option<Vec<&str>> = offers.as_ref().map(|offers| offers.iter().map(String::as_str).collect());
            let offered = offered.unwrap_or_else(|| vec![ws::SUBPROTOCOL]);
            let connector = stage.connector.lock().await.clone();
            let connected = connector.upgrade(deadline, stage.timeout, &offered).await;
            if offers.is_some() {
                let selected = match &connected {
                    Ok((_, selected)) => Some(selected.clone()),
                    Err(Fault::WebSocket(WebSocketFault::NoSubprotocol)) => Some(None),
                    Err(_) => None,
                };
                if let Some(selected) = selected {
                    let _ = reporter.send((connection, Report::Subprotocol(selected)));
                }
            }
            let connected = connected.map(|(stream, _)| (stream, permit)).map_err(|fault| fault.to_string());
            let _ = reporter.send((connection, Report::Connected(connected)));
        });
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
        for (&connection, line) in &mut self.lines {
            match line.poll_read(context, &mut self.buffer) {
                Poll::Pending => {}
                Poll::Ready(Ok(0)) => return Poll::Ready(Happening::Ended(connection, Input::EndOfFile)),
                Poll::Ready(Ok(len)) => {
                    return Poll::Ready(Happening::Bytes(connection, self.buffer[..len].to_vec()));
                }
                Poll::Ready(Err(error)) => {
                    let how = if ws::is_text_frame(&error) { Input::TextFrame } else { Input::Reset };
                    return Poll::Ready(Happening::Ended(connection, how));
                }
            }
        }
        // What a connection brought before its server ended comes first.
        if let Some(operating) = &mut self.operating
            && let Poll::Ready(outcome) = Pin::new(operating).poll(context)
        {
            self.operating = None;
            let outcome = outcome.unwrap_or_else(|_| Operated::Failed("the run ends".to_owned()));
            return Poll::Ready(Happening::Operated(outcome));
        }
        Poll::Pending
    }
}
