//! The reference broker over TCP: sockets and the clock around the sans-IO [`Broker`].

use mqttspec_broker::{Broker, Config, ConnectionId, Output};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// The most bytes that may wait to be written to one client. A slow reader costs no more than that.
const QUEUE_BYTES: usize = 16 << 20;
/// What a queued packet costs beside its bytes.
const QUEUE_OVERHEAD: usize = 64;
/// Events that wait for the broker; the clients wait when there are more.
const EVENTS: usize = 256;
/// The most bytes of one read.
const READ: usize = 16 * 1024;
/// How long the last packets to a client may take.
const FLUSH: Duration = Duration::from_secs(10);
/// How long a client may take to close after the server has.
const LINGER: Duration = Duration::from_secs(2);
/// The pause after a connection could not be accepted: there may be no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The longest sleep, whatever the next deadline.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// A broker that serves. Dropping it ends it, without waiting.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its end is the signal.
    running: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Serving {
    /// Closes all connections and the listener, and waits until that is done.
    pub async fn stop(self) {
        drop(self.running);
        let _ = self.task.await;
    }
}

/// Serves MQTT on this address; port 0 is a free one.
///
/// # Errors
/// The address cannot be listened on.
pub async fn serve(listen: SocketAddr, config: Config) -> io::Result<Serving> {
    serve_with(listen, config, QUEUE_BYTES).await
}

async fn serve_with(listen: SocketAddr, config: Config, queue_bytes: usize) -> io::Result<Serving> {
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    let (running, stopped) = oneshot::channel();
    let (sender, events) = mpsc::channel(EVENTS);
    let mut tasks = JoinSet::new();
    tasks.spawn(accept(listener, sender.clone()));
    let shell = Shell {
        broker: Broker::new(config),
        start: Instant::now(),
        connections: HashMap::new(),
        last: 0,
        sender,
        tasks,
        queue_bytes,
    };
    let task = tokio::spawn(shell.run(events, stopped));
    Ok(Serving { address, running, task })
}

#[derive(Debug)]
enum Event {
    Opened(TcpStream),
    Received(ConnectionId, Vec<u8>),
    Closed(ConnectionId),
}

async fn accept(listener: TcpListener, events: mpsc::Sender<Event>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if events.send(Event::Opened(stream)).await.is_err() {
                    return;
                }
            }
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// What the shell holds of a connection.
struct Line {
    /// `None` once the broker has closed it.
    open: Option<Open>,
    task: AbortHandle,
}

struct Open {
    packets: mpsc::UnboundedSender<Vec<u8>>,
    queued: Arc<AtomicUsize>,
    /// Dropped when no packet follows.
    _flush: oneshot::Sender<()>,
}

struct Shell {
    broker: Broker,
    start: Instant,
    connections: HashMap<ConnectionId, Line>,
    last: u64,
    sender: mpsc::Sender<Event>,
    tasks: JoinSet<()>,
    queue_bytes: usize,
}

impl Shell {
    async fn run(mut self, mut events: mpsc::Receiver<Event>, mut stopped: oneshot::Receiver<()>) {
        loop {
            let longest = self.now() + LONGEST_SLEEP;
            let deadline = self.broker.next_deadline().map_or(longest, |deadline| deadline.min(longest));
            tokio::select! {
                // Bytes before timers: what has come by a deadline is in time.
                biased;
                _ = &mut stopped => break,
                Some(event) = events.recv() => self.handle(event),
                () = sleep_until(self.start + deadline) => self.broker.tick(self.now()),
            }
            self.carry_out();
            while self.tasks.try_join_next().is_some() {}
        }
        self.tasks.shutdown().await;
    }

    /// Monotonic, and never behind a deadline that was slept for.
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Opened(stream) => self.open(stream),
            Event::Received(connection, bytes) => self.broker.received(self.now(), connection, &bytes),
            Event::Closed(connection) => drop(self.end(connection)),
        }
    }

    fn open(&mut self, stream: TcpStream) {
        // It may be gone by now.
        let _ = stream.set_nodelay(true);
        self.last += 1;
        let connection = ConnectionId(self.last);
        let (packets, queue) = mpsc::unbounded_channel();
        let (flush, closing) = oneshot::channel();
        let queued = Arc::new(AtomicUsize::new(0));
        let carrier = Carrier { connection, events: self.sender.clone(), queued: queued.clone() };
        let task = self.tasks.spawn(carrier.carry(stream, queue, closing));
        let open = Open { packets, queued, _flush: flush };
        self.connections.insert(connection, Line { open: Some(open), task });
        self.broker.opened(self.now(), connection);
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
        let cost = bytes.len() + QUEUE_OVERHEAD;
        let queued = open.queued.fetch_add(cost, Ordering::Relaxed) + cost;
        // The task is gone when the connection broke; that it did is on its way here.
        let _ = open.packets.send(bytes);
        if queued > self.queue_bytes
            && let Some(line) = self.end(connection)
        {
            line.task.abort();
        }
    }
}

/// Carries the bytes of one connection, both ways.
struct Carrier {
    connection: ConnectionId,
    events: mpsc::Sender<Event>,
    queued: Arc<AtomicUsize>,
}

impl Carrier {
    async fn carry(
        self,
        stream: TcpStream,
        mut queue: mpsc::UnboundedReceiver<Vec<u8>>,
        closing: oneshot::Receiver<()>,
    ) {
        let (mut reader, mut writer) = stream.into_split();
        let read = async {
            let mut chunk = vec![0; READ];
            while let Ok(read @ 1..) = reader.read(&mut chunk).await {
                let bytes = chunk[..read].to_vec();
                if self.events.send(Event::Received(self.connection, bytes)).await.is_err() {
                    return;
                }
            }
        };
        let write = async {
            while let Some(bytes) = queue.recv().await {
                if writer.write_all(&bytes).await.is_err() {
                    return;
                }
                self.queued.fetch_sub(bytes.len() + QUEUE_OVERHEAD, Ordering::Relaxed);
            }
            let _ = writer.shutdown().await;
        };
        let too_slow = async {
            let _ = closing.await;
            sleep(FLUSH).await;
        };
        let closed = || self.events.send(Event::Closed(self.connection));
        tokio::pin!(read, write);
        tokio::select! {
            // What the client has asked for before it closed its sending direction is still answered.
            () = &mut read => {
                let _ = closed().await;
                let _ = timeout(FLUSH, write).await;
                return;
            }
            // All is sent. To close with bytes unread would be a reset, which may overtake the last packet.
            () = &mut write => {
                let _ = timeout(LINGER, read).await;
            }
            () = too_slow => {}
        }
        let _ = closed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqttspec_codec::{Packet, Version};

    /// A client that does not read costs one queue, and then its connection.
    #[tokio::test]
    async fn a_slow_reader_is_closed() {
        let serving = serve_with(SocketAddr::from(([127, 0, 0, 1], 0)), Config::default(), 64 * 1024).await.unwrap();
        let mut client = TcpStream::connect(serving.address).await.unwrap();
        client.write_all(b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01a").await.unwrap();
        // Each PINGREQ is answered, and no answer is read.
        let pings = Packet::Pingreq.to_bytes(Version::V311).unwrap().repeat(32 * 1024);
        let flood = async { while client.write_all(&pings).await.is_ok() {} };
        timeout(Duration::from_secs(60), flood).await.expect("the connection is closed");
        // The others are served.
        let mut other = TcpStream::connect(serving.address).await.unwrap();
        other.write_all(b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01a").await.unwrap();
        let mut connack = [0; 4];
        other.read_exact(&mut connack).await.unwrap();
        assert_eq!(connack, [0x20, 2, 0, 0]);
    }
}
