//! How the bytes of a client are cut does not matter. The fuzz target judges by this file too.

use core::time::Duration;
use mqttspec_broker::{Broker, Config, ConnectionId, Output};

/// The stream whole, and in pieces of these lengths, over and over: the broker does the same.
pub(crate) fn judge(stream: &[u8], cuts: &[u8]) {
    let whole = play([stream]);
    assert_eq!(whole, play(pieces(stream, cuts)), "cut in pieces of {cuts:?}");
}

/// The stream in pieces of these lengths, over and over; 0 is an empty piece among others.
pub(crate) fn pieces<'s>(stream: &'s [u8], cuts: &[u8]) -> Vec<&'s [u8]> {
    let mut pieces = Vec::new();
    let mut rest = stream;
    let cuts = if cuts.iter().all(|&cut| cut == 0) { &[1] } else { cuts };
    for &cut in cuts.iter().cycle() {
        let (piece, behind) = rest.split_at(usize::from(cut).min(rest.len()));
        pieces.push(piece);
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    pieces
}

/// All that the broker does for one connection, and at its end.
fn play<'s>(pieces: impl IntoIterator<Item = &'s [u8]>) -> Vec<Output> {
    let mut broker = Broker::new(Config::default());
    let (now, connection) = (Duration::from_secs(1), ConnectionId(1));
    broker.opened(now, connection);
    for piece in pieces {
        broker.received(now, connection, piece);
    }
    broker.closed(now, connection);
    broker.tick(now + Duration::from_secs(1));
    std::iter::from_fn(|| broker.poll()).collect()
}
