//! Moves bytes between a player and a server. TCP for now.

use crate::target::Endpoint;
use socket2::SockRef;
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long a closed connection is read on, so that what was written is not lost to a reset.
const LINGER: Duration = Duration::from_secs(1);

/// One end of a Network Connection.
#[derive(Clone, Debug)]
pub(crate) struct Line(Arc<TcpStream>);

impl Line {
    /// Connects; the name is resolved each time, since a restarted server may have moved.
    ///
    /// # Errors
    /// Why not, in words.
    pub(crate) async fn connect(endpoint: &Endpoint, deadline: Duration) -> Result<Self, String> {
        let connecting = TcpStream::connect((endpoint.host.as_str(), endpoint.port));
        let stream = match timeout(deadline, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err(format!("no connection within {} s", deadline.as_secs_f64())),
        };
        // Each write is a packet that a case means to be on the wire now.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(stream)))
    }

    /// Reads what has arrived; 0 is the end.
    pub(crate) fn poll_read(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.0.poll_read_ready(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
            match self.0.try_read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.0.writable().await?;
            match self.0.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn shutdown(&self) {
        // An error means that the other side was faster.
        let _ = SockRef::from(&*self.0).shutdown(Shutdown::Write);
    }
}

/// What a writer does, in order.
#[derive(Debug)]
enum Order {
    Write(Vec<u8>, u64),
    Shutdown,
}

/// Writes to a line in the background: a server that does not read holds up nobody but itself.
#[derive(Debug)]
pub(crate) struct Writer {
    orders: mpsc::UnboundedSender<Order>,
    task: tokio::task::JoinHandle<()>,
    line: Line,
}

impl Writer {
    /// A writer that calls `written` with the number of each write that is complete.
    pub(crate) fn new(line: Line, written: impl Fn(u64) + Send + 'static) -> Self {
        let (orders, mut receiver) = mpsc::unbounded_channel();
        let own = line.clone();
        let task = tokio::spawn(async move {
            while let Some(order) = receiver.recv().await {
                match order {
                    Order::Write(bytes, number) => match own.write_all(&bytes).await {
                        Ok(()) => written(number),
                        // What comes to be read tells why.
                        Err(_) => break,
                    },
                    Order::Shutdown => own.shutdown(),
                }
            }
        });
        Self { orders, task, line }
    }

    /// Writes, behind what was ordered before.
    pub(crate) fn write(&self, bytes: Vec<u8>, number: u64) {
        // The writer is gone after an error, and then there is nothing to write to.
        let _ = self.orders.send(Order::Write(bytes, number));
    }

    /// Closes the sending direction, behind what was ordered before.
    pub(crate) fn half_close(&self) {
        let _ = self.orders.send(Order::Shutdown);
    }

    /// Closes: what was ordered still goes out, and what arrives is read and dropped until the server has closed too,
    /// or a second has passed.
    pub(crate) async fn close(self) {
        self.half_close();
        let Self { orders, task, line } = self;
        drop(orders);
        let drain = async {
            // The writer first: it may have much to write.
            let finished = task.await;
            let mut buffer = [0; 4096];
            while let Ok(1..) = std::future::poll_fn(|context| line.poll_read(context, &mut buffer)).await {}
            drop(finished);
        };
        let _ = timeout(LINGER, drain).await;
    }

    /// Resets the connection: what was not written yet is lost.
    pub(crate) async fn reset(self) {
        let Self { orders, task, line } = self;
        drop(orders);
        task.abort();
        let _ = task.await;
        let _ = SockRef::from(&*line.0).set_linger(Some(Duration::ZERO));
    }
}
