//! Many messages from one Client to another, while something breaks their Network Connections again and again. It is
//! played here and not by steps: both ends do as the standard asks of Clients, and what arrives is judged at the end.

mod duties;
mod end;
mod points;
mod publisher;
mod subscriber;

use super::wait::{Context, Wait, WaitKind};
use super::{FOR_EVER, Player, Stop};
use crate::event::Ending;
use crate::operation::Operation;
use crate::scenario::{self, Break};
use end::{End, Outgoing};
use mqttspec_codec::QoS;
use points::{Point, Random};
use publisher::Publisher;
use std::collections::VecDeque;
use std::time::Duration;
use subscriber::Subscriber;

/// A stream that is played, or was.
#[derive(Debug)]
pub(super) struct Stream {
    topic: Vec<u8>,
    qos: QoS,
    publisher: Publisher,
    subscriber: Subscriber,
    /// Where it is broken, in order.
    points: VecDeque<Point>,
    /// How many packets both ends have sent and read.
    packets: usize,
    /// The same with connections that were opened: a stream that stands still makes none of them.
    moves: usize,
    /// The moves when the stream was looked at last.
    seen: usize,
    /// Until when a server that was paused stands still.
    still: Option<Duration>,
    over: bool,
}

impl Player {
    /// Sets a stream going between two Clients that are connected.
    pub(super) fn begin_stream(&mut self, spec: &scenario::Stream, context: Context) {
        let (topic, qos) = match (self.names.bytes(&spec.topic), self.names.number(&spec.qos)) {
            (Ok(topic), Ok(1)) => (topic, QoS::AtLeastOnce),
            (Ok(topic), Ok(2)) => (topic, QoS::ExactlyOnce),
            (Err(nonsense), _) | (_, Err(nonsense)) => return self.nonsense(&nonsense, context),
            (Ok(_), Ok(_)) => return self.nonsense("the QoS of a stream is 1 or 2", context),
        };
        let (Some(from), Some(to)) = (self.end_of(spec.from), self.end_of(spec.to)) else {
            return self.nonsense("a stream needs two Clients that are connected", context);
        };
        let mut random = Random::new(self.settings.seed, &self.case.id);
        let by: Vec<Break> = spec.by.iter().filter_map(|word| Break::named(word)).collect();
        let messages = spec.messages as usize;
        let points = points::draw(&mut random, &by, spec.times as usize, messages * packets_of_a_message(qos));
        let told: Vec<String> =
            points.iter().map(|point| format!("{} by {}", point.packet, point.in_words())).collect();
        let seed = self.settings.seed;
        self.tell_operation(format!(
            "stream of {messages} messages, seed {seed}, broken after packet {}",
            told.join(", ")
        ));
        self.stream = Some(Stream {
            topic,
            qos,
            publisher: Publisher::new(from, messages),
            subscriber: Subscriber::new(to, messages),
            points: points.into(),
            packets: 0,
            moves: 0,
            seen: 0,
            still: None,
            over: false,
        });
        self.wait_for(WaitKind::Stream, context);
    }

    /// Whether the stream answers what comes on this connection.
    pub(super) fn streams(&self, connection: u32) -> bool {
        let client = self.connections[connection as usize].client;
        let ends = |stream: &Stream| [stream.publisher.end.client, stream.subscriber.end.client].contains(&client);
        self.stream.as_ref().is_some_and(|stream| !stream.over && ends(stream))
    }

    /// Plays on until something has to be waited for.
    pub(super) fn look_at_stream(&mut self, mut wait: Wait) -> Option<Wait> {
        let mut stream = self.stream.take()?;
        let goes_on = self.play_stream(&mut stream, &mut wait);
        stream.over = !goes_on;
        // A connection that was opened on the way is waited for here.
        self.wait = None;
        self.stream = Some(stream);
        goes_on.then_some(wait)
    }

    /// `false` when it is over, one way or the other.
    fn play_stream(&mut self, stream: &mut Stream, wait: &mut Wait) -> bool {
        if self.operating.is_some() {
            wait.deadline = self.now + FOR_EVER;
            return true;
        }
        if self.paused {
            wait.deadline = *stream.still.get_or_insert(self.now + points::PAUSE);
            if self.now >= wait.deadline {
                stream.still = None;
                wait.deadline = self.now + FOR_EVER;
                self.begin_operation(Operation::Resume);
            }
            return true;
        }
        while self.stop.is_none() && self.operating.is_none() && self.move_stream(stream, wait.context) {
            stream.moves += 1;
        }
        if self.stop.is_some() {
            return false;
        }
        if stream.is_done() {
            self.pass(wait.context, None);
            return false;
        }
        // Whoever drives the player says how long it may take to open a connection, or to do something to the server.
        let opening = [&stream.publisher.end, &stream.subscriber.end].into_iter().any(|end| self.is_opening(end));
        if self.operating.is_some() || opening {
            wait.deadline = self.now + FOR_EVER;
            return true;
        }
        wait.deadline = wait.deadline.min(self.now + self.settings.timeout);
        if stream.moves > stream.seen {
            stream.seen = stream.moves;
            (wait.since, wait.probe) = (self.now, None);
            wait.deadline = self.now + self.settings.timeout;
        }
        if let Some(nth) = wait.probe
            && let Some(connection) = self.missing_on(stream)
            && self.ponged(connection, nth)
        {
            self.judge_standstill(stream, connection, wait.context);
            return false;
        }
        true
    }

    /// Does the next thing, if there is one.
    fn move_stream(&mut self, stream: &mut Stream, context: Context) -> bool {
        if self.tend(&mut stream.subscriber.end, context) {
            return true;
        }
        if self.tend(&mut stream.publisher.end, context) {
            if stream.publisher.end.up && self.stop.is_none() {
                stream.publisher.take_up();
            }
            return true;
        }
        let up = stream.publisher.end.up && stream.subscriber.end.up;
        if let Some(point) = stream.points.pop_front_if(|point| up && point.packet <= stream.packets) {
            self.break_stream(stream, &point);
            return true;
        }
        let moved = self.read_publisher(stream)
            || self.read_subscriber(stream)
            || self.send_next(stream, context)
            || self.publish_next(stream, context);
        stream.packets += usize::from(moved);
        moved
    }

    fn break_stream(&mut self, stream: &mut Stream, point: &Point) {
        if let Some(operation) = point.by.operation() {
            return self.begin_operation(operation);
        }
        let ending = match point.by {
            Break::Cut => Ending::CutOff,
            Break::Rst => Ending::ResetByClient,
            _ => Ending::ByClient,
        };
        for end in point.ends.of(stream) {
            self.close(end.connection, ending);
            self.drop_owed(end.connection);
        }
    }

    /// Sends what one of the ends has to answer or to send again.
    fn send_next(&mut self, stream: &mut Stream, context: Context) -> bool {
        let ends = [&mut stream.subscriber.end, &mut stream.publisher.end];
        let Some((client, outgoing)) = ends.into_iter().find_map(End::next_out) else { return false };
        let packet = match outgoing {
            Outgoing::Publish { number, id } => stream.publisher.publish(number, id, true),
            Outgoing::Acknowledge(packet, id) => end::acknowledgement(packet, id),
        };
        self.send_packet(client, &packet.packet(&stream.topic, stream.qos), context);
        true
    }

    fn publish_next(&mut self, stream: &mut Stream, context: Context) -> bool {
        let state = &self.connections[stream.publisher.end.connection as usize];
        let most = state.limits.receive_maximum as usize;
        if stream.publisher.open() > most {
            let told = "the Server's Receive Maximum is less than what it has not acknowledged";
            self.stop = Some(Stop::Unsupported(told.to_owned()));
            return true;
        }
        let ahead = stream.publisher.begun() - stream.subscriber.arrived();
        let Some((number, id)) = stream.publisher.next(most, ahead) else { return false };
        let client = stream.publisher.end.client;
        let packet = stream.publisher.publish(number, id, false);
        self.send_packet(client, &packet.packet(&stream.topic, stream.qos), context);
        true
    }
}

impl Stream {
    /// Everything has arrived, and nothing is open.
    fn is_done(&self) -> bool {
        self.publisher.is_done() && self.subscriber.is_done()
    }
}

/// How many packets a message takes at least, on both ways together.
const fn packets_of_a_message(qos: QoS) -> usize {
    match qos {
        QoS::AtLeastOnce => 4,
        _ => 8,
    }
}
