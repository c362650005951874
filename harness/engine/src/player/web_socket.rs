//! What only a WebSocket has.

use super::Player;
use super::wait::WaitKind;
use crate::event::Ending;
use crate::watch;

/// The name of the subprotocol ([MQTT-6.0.0-4]).
const SUBPROTOCOL: &str = "mqtt";

impl Player {
    /// The Server has answered an upgrade that offered more than `mqtt`, which had to be selected.
    pub(super) fn subprotocol(&mut self, connection: u32, selected: Option<&str>) {
        let client = self.connections[connection as usize].client;
        let Some(wait) =
            self.wait.take_if(|wait| matches!(wait.kind, WaitKind::Opened { client: of, .. } if of == client))
        else {
            return;
        };
        if selected == Some(SUBPROTOCOL) {
            // The step is done when the connection is there.
            self.wait = Some(wait);
            return;
        }
        let actual = selected.map_or_else(|| "no subprotocol that was offered".to_owned(), |name| format!("`{name}`"));
        let breach = self.breach(wait.context, format!("the subprotocol `{SUBPROTOCOL}`"), actual, None);
        self.fail(wait.context, breach);
    }

    /// MQTT comes in binary frames; whoever gets another closes the connection.
    pub(super) fn text_frame(&mut self, connection: u32) {
        if self.connections[connection as usize].is_open() {
            self.breach_of(watch::TEXT_FRAME, connection, None, "a WebSocket frame that holds text");
        }
        self.ended(connection, Ending::ResetByServer);
    }
}
