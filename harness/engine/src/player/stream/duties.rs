//! What a stream comes to: whether everything arrived, whether once, whether in order.

use super::Stream;
use crate::event::micros;
use crate::player::wait::{Context, Wait, WaitKind};
use crate::player::{Player, Stop};
use crate::scenario::Duty;

impl Player {
    /// The connection on which something is missing.
    pub(super) fn missing_on(&self, stream: &Stream) -> Option<u32> {
        let ends = [&stream.publisher.end, &stream.subscriber.end];
        let missing = ends.into_iter().find(|end| !end.up || self.owes(end.connection));
        Some(missing.unwrap_or(&stream.subscriber.end).connection)
    }

    /// The same, for who has no stream at hand.
    pub(in crate::player) fn stream_waits_for(&self) -> Option<u32> {
        self.stream.as_ref().and_then(|stream| self.missing_on(stream))
    }

    /// A connection of the stream was opened, and no CONNACK has come.
    pub(in crate::player) fn stream_unaccepted(&mut self, connection: u32, context: Context) {
        let client = self.connections[connection as usize].client;
        let context = Context { rule: None, ..context };
        let kind = WaitKind::Connack { client, present: None, resume: true };
        self.unmet(connection, &Wait::until(kind, context, self.now, self.now));
    }

    /// Nothing has moved for as long as a Server may take, and PINGREQ is answered.
    pub(super) fn judge_standstill(&mut self, stream: &Stream, connection: u32, context: Context) {
        if self.owes(connection) {
            self.break_owed(connection);
            self.stop = Some(Stop::Broken);
            return;
        }
        let arrived = stream.subscriber.arrived();
        let missing = stream.subscriber.first.iter().position(Option::is_none);
        let Some(number) = missing else {
            self.stop = Some(Stop::Inconclusive("the stream stands still, and nothing is missing".to_owned()));
            return;
        };
        let told = format!("{arrived} messages have arrived and no more come, while PINGREQ is answered: m{number}");
        let expected = format!("every message that the Server has taken over arrives: m{number}");
        let breach = match stream.publisher.taken_over[number] {
            Some((on, index)) => {
                let received = &self.connections[on as usize].received[index];
                let at = micros(received.at.saturating_sub(self.started)) as f64 / 1e6;
                let actual = format!("{told} was acknowledged at +{at:.6} s by {}", received.describe());
                self.breach(context, expected, actual, Some((on, index)))
            }
            // A Server owes the answer; where it does not, nobody can say who lost it.
            None => {
                self.stop = Some(Stop::Inconclusive(format!("{told} was never acknowledged")));
                return;
            }
        };
        self.fail(context, breach);
    }

    /// A duty of a stream that is over.
    pub(in crate::player) fn judge_stream(&mut self, duty: Duty, context: Context) {
        let Some(stream) = &self.stream else { return self.nonsense("there was no stream", context) };
        let twice = |again: bool| {
            let mut twice = stream.subscriber.twice.iter();
            twice.find(|(number, ..)| stream.publisher.was_sent_again(*number) == again).copied()
        };
        let (found, expected, what) = match duty {
            Duty::Once => (twice(true), "sent again by its publisher, it is delivered once", "is delivered twice"),
            Duty::Again => (twice(false), "sent once by its publisher, it is delivered once", "is delivered twice"),
            Duty::Order => (stream.subscriber.disorder, "it arrives before what was published later", "comes after it"),
        };
        let Some((number, connection, index)) = found else { return self.pass(context, None) };
        let first = stream.subscriber.first[number].filter(|_| duty != Duty::Order);
        let before =
            first.map(|(on, at)| format!(", first in {}", self.connections[on as usize].received[at].describe()));
        let now = self.connections[connection as usize].received[index].describe();
        let actual = format!("m{number} {what} in {now}{}", before.unwrap_or_default());
        let breach = self.breach(context, format!("m{number}: {expected}"), actual, Some((connection, index)));
        self.fail(context, breach);
    }
}
