//! Memory per idle connection and per thousand retained messages.

use crate::client::Client;
use crate::server::{Kind, Server};
use crate::side_by_side;
use mqttspec_codec::{QoS, Version};

const CONNECTIONS: usize = 1_000;
const RETAINED: [usize; 2] = [1_000, 10_000];
const PAYLOAD: [u8; 16] = [b'x'; 16];
/// Retained messages without an acknowledgement.
const WINDOW: usize = 20;

/// Prints a row for each figure.
pub fn table(rounds: usize) {
    let [ours, theirs] = side_by_side(rounds, |kind| {
        let [first, all] = retained(kind);
        [connection(kind), first, all]
    });
    println!("\n| memory | mqttspec serve | mosquitto |\n|---|---|---|");
    let rows = ["an idle connection", "1,000 retained messages", "1,000 retained messages, of 10,000"];
    for ((row, ours), theirs) in rows.iter().zip(ours).zip(theirs) {
        println!("| {row} | {ours:.1} KiB | {theirs:.1} KiB |");
    }
}

/// KiB for each of a thousand clients that are connected and do nothing.
fn connection(kind: Kind) -> f64 {
    let server = Server::start(kind);
    let _first = Client::connect(server.address, Version::V311, "first");
    let before = server.memory();
    let mut clients: Vec<Client> = (0..CONNECTIONS)
        .map(|number| Client::connect(server.address, Version::V311, &format!("idle-{number}")))
        .collect();
    let after = server.memory();
    // They are all there.
    clients.iter_mut().for_each(Client::ping);
    (after - before) / CONNECTIONS as f64
}

/// KiB for a thousand retained messages, when there are so many.
fn retained(kind: Kind) -> [f64; 2] {
    let server = Server::start(kind);
    let mut publisher = Client::connect(server.address, Version::V311, "publisher");
    let before = server.memory();
    let mut sent = 0;
    let sizes = RETAINED.map(|messages| {
        let mut unacknowledged = 0;
        while sent < messages || unacknowledged > 0 {
            while sent < messages && unacknowledged < WINDOW {
                publisher.publish(&format!("bench/retained/{sent:05}"), QoS::AtLeastOnce, true, sent, &PAYLOAD);
                sent += 1;
                unacknowledged += 1;
            }
            publisher.flush();
            unacknowledged -= publisher.take_acknowledgements();
        }
        (server.memory() - before) / (messages as f64 / 1_000.0)
    });
    // They are all there.
    let mut reader = Client::connect(server.address, Version::V311, "reader");
    reader.ask_for("bench/retained/#", QoS::AtMostOnce);
    let mut come = 0;
    while come < sent {
        reader.take_messages(|publish| {
            assert!(publish.retain && publish.payload == PAYLOAD, "{publish:?}");
            come += 1;
        });
    }
    reader.ping();
    sizes
}
