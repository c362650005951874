//! Carries out what the broker asks for, and tells it what happens and when.

use super::carrier::Carrier;
use super::outgoing::{Outgoing, outgoing};
use crate::transport::Stream;
use mqttspec_broker::{ConnectionId, Output, Server, State};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

/// The longest sleep, whatever the next deadline.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Events that are handled before what they lead to goes out.
const EVENTS_TOGETHER: usize = 32;

/// Something that happened on a connection.
#[derive(Debug)]
pub(super) enum Event {
    /// The stream, and who the client is if the transport knows.
    Opened(Stream, Option<String>),
    Received(ConnectionId, Vec<u8>),
    Closed(ConnectionId),
}

/// What the shell holds of a connection.
struct Line {
    /// `None` once the broker has closed it.
    open: Option<Outgoing>,
    task: AbortHandle,
}

pub(super) struct Shell {
    broker: Box<dyn Server>,
    start: Instant,
    /// The broker's time at the start.
    time: Duration,
    connections: HashMap<ConnectionId, Line>,
    /// Those that something has been written to since their tasks were told.
    written: Vec<ConnectionId>,
    last: u64,
    sender: mpsc::Sender<Event>,
    tasks: JoinSet<()>,
    queue_bytes: usize,
}

impl Shell {
    pub(super) fn new(
        broker: Box<dyn Server>,
        time: Duration,
        sender: mpsc::Sender<Event>,
        tasks: JoinSet<()>,
        queue_bytes: usize,
    ) -> Self {
        let (start, connections, written) = (Instant::now(), HashMap::new(), Vec::new());
        Self { broker, start, time, connections, written, last: 0, sender, tasks, queue_bytes }
    }

    pub(super) async fn run(
        mut self,
        mut events: mpsc::Receiver<Event>,
        mut stopped: oneshot::Receiver<()>,
        mut held: watch::Receiver<bool>,
    ) -> Option<State> {
        loop {
            let still = *held.borrow_and_update();
            let longest = self.now() + LONGEST_SLEEP;
            let deadline = self.broker.next_deadline().map_or(longest, |deadline| deadline.min(longest));
            tokio::select! {
                // Bytes before timers: what has come by a deadline is in time.
                biased;
                _ = &mut stopped => break,
                Ok(()) = held.changed() => continue,
                Some(event) = events.recv(), if !still => {
                    self.handle(event);
                    // What has come by now is answered together.
                    for _ in 0..EVENTS_TOGETHER {
                        let Ok(event) = events.try_recv() else { break };
                        self.handle(event);
                    }
                }
                () = sleep_until(self.start + deadline.saturating_sub(self.time)), if !still => {
                    self.broker.tick(self.now());
                }
            }
            self.carry_out();
            self.send_off();
            while self.tasks.try_join_next().is_some() {}
        }
        // Who is connected now is found to be gone by whoever goes on.
        let state = self.broker.state(self.now());
        self.tasks.shutdown().await;
        state
    }

    /// Monotonic, and never behind a deadline that was slept for.
    fn now(&self) -> Duration {
        self.time + self.start.elapsed()
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Opened(stream, name) => self.open(stream, name.as_deref()),
            Event::Received(connection, bytes) => self.broker.received(self.now(), connection, &bytes),
            Event::Closed(connection) => drop(self.end(connection)),
        }
        self.carry_out();
    }

    fn open(&mut self, stream: Stream, name: Option<&str>) {
        self.last += 1;
        let connection = ConnectionId(self.last);
        let (open, queue) = outgoing();
        let carrier = Carrier { connection, events: self.sender.clone() };
        let task = self.tasks.spawn(carrier.carry(stream, queue));
        self.connections.insert(connection, Line { open: Some(open), task });
        self.broker.opened(self.now(), connection);
        if let Some(name) = name {
            self.broker.identified(self.now(), connection, name);
        }
    }

    /// The Network Connection has ended: the broker is told once. What is queued still goes out.
    fn end(&mut self, connection: ConnectionId) -> Option<Line> {
        let line = self.connections.remove(&connection)?;
        self.broker.closed(self.now(), connection);
        Some(line)
    }

    /// Does what the broker asks for.
    fn carry_out(&mut self) {
        while let Some(output) = self.broker.poll() {
            match output {
                Output::Write { connection, bytes } => self.write(connection, bytes),
                Output::Close { connection } => {
                    if let Some(line) = self.connections.get_mut(&connection) {
                        line.open = None;
                    }
                }
            }
        }
    }

    fn write(&mut self, connection: ConnectionId, bytes: Vec<u8>) {
        let open = self.connections.get(&connection).and_then(|line| line.open.as_ref());
        let Some(open) = open else { return };
        let waiting = open.push(bytes);
        if self.written.last() != Some(&connection) {
            self.written.push(connection);
        }
        if waiting > self.queue_bytes
            && let Some(line) = self.end(connection)
        {
            line.task.abort();
        }
    }

    /// What has been written goes out.
    fn send_off(&mut self) {
        for connection in self.written.drain(..) {
            if let Some(open) = self.connections.get(&connection).and_then(|line| line.open.as_ref()) {
                open.ready();
            }
        }
    }
}
