//! One end of a Network Connection: reading without a task, writing in one.

use super::{Duplex, Stream};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf, split};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a closed connection is read on, so that what was written is not lost to a reset.
const LINGER: Duration = Duration::from_secs(1);

/// What a writer does, in order.
#[derive(Debug)]
enum Order {
    Write(Vec<u8>, u64),
    /// In a WebSocket frame that holds text.
    WriteText(String, u64),
    Shutdown,
}

/// One end of a Network Connection. Writing is done in the background: a server that does not read holds up nobody but
/// itself.
#[derive(Debug)]
pub(crate) struct Line {
    reader: ReadHalf<Stream>,
    orders: mpsc::UnboundedSender<Order>,
    writer: JoinHandle<WriteHalf<Stream>>,
    /// The writer goes on while this is there.
    going: Option<oneshot::Sender<()>>,
}

impl Line {
    /// A line that calls `written` with the number of each write that is complete.
    pub(crate) fn new(stream: Stream, written: impl Fn(u64) + Send + 'static) -> Self {
        let text = stream.text();
        let (reader, mut half) = split(stream);
        let (orders, receiver) = mpsc::unbounded_channel();
        let (going, stopped) = oneshot::channel::<()>();
        let writer = tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = stopped => {}
                // What comes to be read tells why it failed.
                _ = write(&mut half, text, receiver, written) => {}
            }
            half
        });
        Self { reader, orders, writer, going: Some(going) }
    }

    /// Reads what has arrived; 0 is the end.
    pub(crate) fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        let read = std::pin::Pin::new(&mut self.reader).poll_read(context, &mut buffer);
        read.map(|result| match result {
            Ok(()) => Ok(buffer.filled().len()),
            // The end of TCP without one of TLS: nothing that MQTT speaks of.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            Err(error) => Err(error),
        })
    }

    /// Writes, behind what was ordered before.
    pub(crate) fn write(&self, bytes: Vec<u8>, number: u64) {
        // The writer is gone after an error, and then there is nothing to write to.
        let _ = self.orders.send(Order::Write(bytes, number));
    }

    /// Writes a WebSocket frame that holds text, behind what was ordered before.
    pub(crate) fn write_text(&self, text: String, number: u64) {
        let _ = self.orders.send(Order::WriteText(text, number));
    }

    /// Closes the sending direction, behind what was ordered before: of TCP the FIN, of TLS the alert, of WebSocket the
    /// Close frame.
    pub(crate) fn half_close(&self) {
        let _ = self.orders.send(Order::Shutdown);
    }

    /// Writes nothing any more, not even what was ordered.
    pub(crate) fn cut(&mut self) {
        self.going = None;
    }

    /// Closes: what was ordered still goes out, and what arrives is read and dropped until the server has closed too,
    /// or a second has passed.
    pub(crate) async fn close(self) {
        self.half_close();
        let Self { mut reader, orders, writer, going } = self;
        drop(orders);
        let drain = async {
            // The writer first: it may have much to write.
            let finished = writer.await;
            let mut buffer = [0; 4096];
            while let Ok(1..) = reader.read(&mut buffer).await {}
            drop(finished);
        };
        let _ = timeout(LINGER, drain).await;
        drop(going);
    }

    /// Resets the TCP connection, whatever it carries: what was not written yet is lost.
    pub(crate) async fn reset(self) {
        let Self { reader, writer, going, .. } = self;
        drop(going);
        if let Ok(half) = writer.await {
            // It may be gone by now.
            let _ = reader.unsplit(half).tcp().set_zero_linger();
        }
    }
}

async fn write(
    half: &mut WriteHalf<Stream>,
    text: Option<Arc<AtomicBool>>,
    mut orders: mpsc::UnboundedReceiver<Order>,
    written: impl Fn(u64),
) -> io::Result<()> {
    while let Some(order) = orders.recv().await {
        match order {
            Order::Write(bytes, number) => {
                half.write_all(&bytes).await?;
                half.flush().await?;
                written(number);
            }
            Order::WriteText(bytes, number) => {
                if let Some(text) = &text {
                    text.store(true, Ordering::Relaxed);
                }
                half.write_all(bytes.as_bytes()).await?;
                half.flush().await?;
                written(number);
            }
            // An error means that the other side was faster.
            Order::Shutdown => drop(half.shutdown().await),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, TcpStream};

    /// What is written behind the cut never goes out, and the other side hears of no end before the reset.
    #[tokio::test]
    async fn a_cut_tells_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let stream = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("it listens");
        let (mut peer, _) = listener.accept().await.expect("a connection");
        let mut line = Line::new(Box::new(stream), |_| ());
        line.write(b"before".to_vec(), 1);
        let mut buffer = [0; 16];
        assert_eq!(peer.read(&mut buffer).await.expect("it is open"), 6);
        line.cut();
        line.write(b"after".to_vec(), 2);
        line.half_close();
        // The writer has had its turns: what it would still do, it has done.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        line.reset().await;
        let heard = peer.read(&mut buffer).await.expect_err("neither bytes nor an end");
        assert_eq!(heard.kind(), io::ErrorKind::ConnectionReset);
    }
}
