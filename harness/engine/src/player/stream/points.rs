//! Where a stream is broken: drawn from the seed of the run and the id of the case, so that a case alone is broken where
//! it was in the whole run.

use super::Stream;
use super::end::End;
use crate::scenario::Break;
use std::time::Duration;

/// How long a server stands still.
pub(super) const PAUSE: Duration = Duration::from_millis(200);

/// A break.
#[derive(Debug)]
pub(super) struct Point {
    /// After how many packets of the stream.
    pub(super) packet: usize,
    pub(super) by: Break,
    pub(super) ends: Ends,
}

/// Whose Network Connection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ends {
    Publisher,
    Subscriber,
    Both,
}

impl Ends {
    pub(super) fn of(self, stream: &Stream) -> Vec<&End> {
        match self {
            Self::Publisher => vec![&stream.publisher.end],
            Self::Subscriber => vec![&stream.subscriber.end],
            Self::Both => vec![&stream.publisher.end, &stream.subscriber.end],
        }
    }
}

impl Point {
    pub(super) fn in_words(&self) -> String {
        let ends = match self.ends {
            _ if self.by.operation().is_some() => return format!("server {}", self.by.word()),
            Ends::Publisher => "the publisher",
            Ends::Subscriber => "the subscriber",
            Ends::Both => "both",
        };
        format!("{} of {ends}", self.by.word())
    }
}

/// So many breaks within so many packets.
pub(super) fn draw(random: &mut Random, by: &[Break], times: usize, packets: usize) -> Vec<Point> {
    let mut points: Vec<Point> = (0..times)
        .filter_map(|_| {
            let packet = 1 + random.below(packets);
            let by = *by.get(random.below(by.len()))?;
            let ends = [Ends::Publisher, Ends::Subscriber, Ends::Both][random.below(3)];
            Some(Point { packet, by, ends })
        })
        .collect();
    points.sort_by_key(|point| point.packet);
    points
}

/// SplitMix64: the same numbers on every machine.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64, text: &str) -> Self {
        // FNV-1a.
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(hash ^ seed)
    }

    /// A number below `end`, or 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed % (end.max(1) as u64)) as usize
    }
}
