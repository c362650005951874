//! Messages per second from one publisher to one subscriber.

use crate::client::{Client, PATIENCE};
use crate::server::{Kind, Server};
use crate::side_by_side;
use mqttspec_codec::{QoS, Version};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

const TOPIC: &str = "bench/speed";
/// Messages that are published and have not come to the subscriber: no server has to drop any, or to close for them.
const UNDER_WAY: usize = 1_000;
/// Messages of QoS 1 and 2 without an acknowledgement: the Receive Maximum that mosquitto has by default.
const WINDOW: usize = 20;
/// The publisher writes what it may send together, up to so many bytes.
const BATCH: usize = 16 * 1024;

const WORKLOADS: [(QoS, usize, usize); 6] = [
    (QoS::AtMostOnce, 16, 200_000),
    (QoS::AtMostOnce, 1024, 100_000),
    (QoS::AtLeastOnce, 16, 40_000),
    (QoS::AtLeastOnce, 1024, 40_000),
    (QoS::ExactlyOnce, 16, 20_000),
    (QoS::ExactlyOnce, 1024, 20_000),
];

/// Prints a row for each workload.
pub fn table(version: Version, rounds: usize) {
    println!("| MQTT {version} | payload | mqttspec serve | mosquitto | ratio |");
    println!("|---|---|---|---|---|");
    for (qos, size, messages) in WORKLOADS {
        let [[ours], [theirs]] = side_by_side(rounds, |kind| [run(kind, version, qos, size, messages)]);
        println!(
            "| QoS {} | {size} B | {ours:.0} messages/s | {theirs:.0} messages/s | {:.2} |",
            qos as u8,
            ours / theirs
        );
    }
}

/// Messages per second, all of them counted.
fn run(kind: Kind, version: Version, qos: QoS, size: usize, messages: usize) -> f64 {
    let server = Server::start(kind);
    let mut subscriber = Client::connect(server.address, version, "subscriber");
    subscriber.subscribe(TOPIC, qos);
    let (arrivals, arrived) = channel();
    let start = Instant::now();
    let taken = thread::scope(|scope| {
        let taking = scope.spawn(|| take(subscriber, size, messages, &arrivals));
        publish(server.address, version, qos, size, messages, &arrived);
        taking.join().expect("every message comes")
    });
    assert_eq!(taken, messages);
    messages as f64 / start.elapsed().as_secs_f64()
}

/// The number of a message is the beginning of its payload.
fn payload(size: usize, number: usize) -> Vec<u8> {
    let mut payload = vec![b'x'; size];
    payload[..8].copy_from_slice(&(number as u64).to_le_bytes());
    payload
}

fn publish(address: SocketAddr, version: Version, qos: QoS, size: usize, messages: usize, arrived: &Receiver<usize>) {
    let mut publisher = Client::connect(address, version, "publisher");
    let mut payload = payload(size, 0);
    let (mut sent, mut come, mut unacknowledged) = (0, 0, 0);
    while sent < messages || unacknowledged > 0 {
        while sent < messages
            && sent - come < UNDER_WAY
            && (qos == QoS::AtMostOnce || unacknowledged < WINDOW)
            && publisher.out.len() < BATCH
        {
            payload[..8].copy_from_slice(&(sent as u64).to_le_bytes());
            publisher.publish(TOPIC, qos, false, sent, &payload);
            sent += 1;
            unacknowledged += usize::from(qos != QoS::AtMostOnce);
        }
        publisher.flush();
        if unacknowledged > 0 {
            unacknowledged -= publisher.take_acknowledgements();
        } else if sent < messages && sent - come >= UNDER_WAY {
            come = arrived.recv_timeout(PATIENCE).expect("messages come");
        }
        come = arrived.try_iter().last().unwrap_or(come);
    }
}

/// Takes all messages, each once and in order.
fn take(mut subscriber: Client, size: usize, messages: usize, arrivals: &Sender<usize>) -> usize {
    let (mut next, mut ended) = (0, 0);
    while ended < messages {
        ended += subscriber.take_messages(|publish| {
            assert_eq!((publish.topic.as_bytes(), publish.payload.len()), (TOPIC.as_bytes(), size));
            assert_eq!(publish.payload[..8], (next as u64).to_le_bytes(), "message {next}");
            next += 1;
        });
        // The publisher may be done.
        let _ = arrivals.send(next);
    }
    next
}
