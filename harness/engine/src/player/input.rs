//! What the player makes of what happens outside.

use super::connection::{Next, State};
use super::{Phase, Player, Stop};
use crate::event::{self, Ending, Event};
use mqttspec_codec::{Hex, Sender};

/// The most that a Server may send in a case before the player stops listening, in packets.
const MOST_PACKETS: usize = 100_000;
/// The most that a Server may send in a case before the player stops listening, in bytes.
const MOST_BYTES: usize = 128 << 20;

impl Player {
    pub(super) fn opened(&mut self, connection: u32) {
        if self.connections[connection as usize].state != State::Opening {
            return;
        }
        self.connections[connection as usize].state = State::Open;
        self.emit(Event::Opened(self.moment(connection)));
        if matches!(self.phase, Phase::Cleaning(_)) {
            self.cleanup_opened(connection);
        }
    }

    pub(super) fn refused(&mut self, connection: u32, reason: &str) {
        self.connections[connection as usize].state = State::Ended(Ending::ByServer, self.now);
        self.emit(Event::Refused { moment: self.moment(connection), reason: reason.to_owned() });
        if matches!(self.phase, Phase::Cleaning(_)) {
            self.cleanup_failed(connection, reason);
        } else if self.stop.is_none() {
            self.wait = None;
            self.stop = Some(Stop::Inconclusive(format!("no Network Connection: {reason}")));
        }
    }

    pub(super) fn bytes(&mut self, connection: u32, bytes: &[u8]) {
        let state = &mut self.connections[connection as usize];
        if !state.is_open() {
            return;
        }
        self.bytes += bytes.len();
        state.take_in(bytes);
        while self.connections[connection as usize].is_open()
            && let Some(next) = self.connections[connection as usize].next_packet(self.now)
        {
            match next {
                Next::Packet(index, violations) => {
                    self.packets += 1;
                    self.received(connection, index, &violations);
                }
                Next::Lost(error) => {
                    let version = self.connections[connection as usize].version;
                    self.framing_lost(connection, error.statement(version, Sender::Server), &error.to_string());
                }
                Next::TooLarge(len) => {
                    self.framing_lost(connection, None, &format!("a packet of {len} bytes is announced"));
                }
            }
        }
        let flooded = self.packets > MOST_PACKETS || self.bytes > MOST_BYTES;
        if flooded && matches!(self.phase, Phase::Cleaning(_)) {
            self.cleanup_failed(connection, "the Server does not stop sending");
        }
        if flooded && self.stop.is_none() && matches!(self.phase, Phase::Running) {
            self.wait = None;
            let told = format!("the Server sent {} packets and {} bytes and did not stop", self.packets, self.bytes);
            self.stop = Some(Stop::Inconclusive(told));
        }
    }

    pub(super) fn received(&mut self, connection: u32, index: usize, violations: &[mqttspec_codec::DecodeError]) {
        let received = &self.connections[connection as usize].received[index];
        let bytes = event::Bytes {
            moment: self.moment(connection),
            hex: Hex(&received.bytes[..received.bytes.len().min(event::SHOWN)]).to_string(),
            len: received.bytes.len(),
            packet: received.describe(),
        };
        self.emit(Event::Received(bytes));
        self.monitor(connection, index, violations);
        if matches!(self.phase, Phase::Cleaning(_)) {
            self.cleanup_received(connection, index);
        } else {
            self.answer(connection, index);
        }
    }

    pub(super) fn ended(&mut self, connection: u32, ending: Ending) {
        let state = &mut self.connections[connection as usize];
        if !state.is_open() && state.state != State::Opening {
            return;
        }
        let ending = if state.doomed { Ending::WithServer } else { ending };
        state.state = State::Ended(ending, self.now);
        self.emit(Event::Closed { moment: self.moment(connection), ending });
        if matches!(self.phase, Phase::Cleaning(_)) {
            self.cleanup_failed(connection, "the Server closed the connection");
        }
    }

    pub(super) fn written(&mut self, connection: u32, number: u64) {
        let state = &mut self.connections[connection as usize];
        state.completed = state.completed.max(number);
        if self.reference.write.is_some_and(|(on, awaited)| on == connection && awaited <= number) {
            self.reference.write = None;
            self.reference.completed = self.now;
        }
    }

    /// Obeys a Keep Alive that the Server set where the scenario is not about it ([MQTT-3.1.2-21]).
    pub(super) fn keep_alive(&mut self) {
        for connection in 0..self.connections.len() as u32 {
            let state = &self.connections[connection as usize];
            if state.idle_deadline().is_some_and(|deadline| deadline <= self.now) {
                self.ping(connection);
            }
        }
    }
}
