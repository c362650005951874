//! What the player hands to the outside.

use super::connection::State;
use super::{Output, Player, connection};
use crate::event::{self, Ending, Event, Moment};
use mqttspec_codec::{Hex, Sender};

impl Player {
    /// Hands bytes to the transport.
    pub(super) fn write(&mut self, connection: u32, bytes: Vec<u8>) {
        let state = &mut self.connections[connection as usize];
        state.written += 1;
        state.last_sent = self.now;
        let (number, version) = (state.written, state.version);
        let event = event::Bytes {
            moment: self.moment(connection),
            hex: Hex(&bytes[..bytes.len().min(event::SHOWN)]).to_string(),
            len: bytes.len(),
            packet: connection::describe(&bytes, version, Sender::Client),
        };
        self.emit(Event::Sent(event));
        self.outputs.push_back(Output::Write { connection, bytes, number });
    }

    /// Hands a WebSocket frame that holds text to the transport.
    pub(super) fn write_text(&mut self, connection: u32, text: String) {
        let state = &mut self.connections[connection as usize];
        state.written += 1;
        state.last_sent = self.now;
        let (number, version) = (state.written, state.version);
        let event = event::Bytes {
            moment: self.moment(connection),
            hex: Hex(&text.as_bytes()[..text.len().min(event::SHOWN)]).to_string(),
            len: text.len(),
            packet: format!("{} (in a text frame)", connection::describe(text.as_bytes(), version, Sender::Client)),
        };
        self.emit(Event::Sent(event));
        self.outputs.push_back(Output::TextFrame { connection, text, number });
    }

    pub(super) fn close(&mut self, connection: u32, ending: Ending) {
        let state = &mut self.connections[connection as usize];
        if !state.is_open() && state.state != State::Opening {
            return;
        }
        state.state = State::Ended(ending, self.now);
        self.outputs.push_back(match ending {
            Ending::ResetByClient => Output::Reset(connection),
            Ending::HalfByClient => Output::HalfClose(connection),
            Ending::CutOff => Output::Cut(connection),
            Ending::ByClient | Ending::ByServer | Ending::ResetByServer | Ending::WithServer => {
                Output::Close(connection)
            }
        });
        self.emit(Event::Closed { moment: self.moment(connection), ending });
    }

    pub(super) fn moment(&self, connection: u32) -> Moment {
        let client = self.connections[connection as usize].client;
        let client = self.case.scenario.clients.get(client).map_or("cleanup", |client| client.name.as_str());
        Moment { case: self.case.id.clone(), client: client.to_owned(), connection, at_us: self.at_us() }
    }

    pub(super) fn at_us(&self) -> u64 {
        event::micros(self.now.saturating_sub(self.started))
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(Box::new(event)));
    }
}
