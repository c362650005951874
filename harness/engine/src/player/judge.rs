//! From what was seen to verdicts on rules, and from those to the verdict of the case.

use super::wait::{Context, Wait, WaitKind};
use super::{Player, Stop};
use crate::event::{Breach, Ending, Silence};
use crate::scenario::Timing;
use crate::statement::Level;
use mqttspec_codec::{Hex, Packet, PacketType, ReasonCode, Version};
use std::time::Duration;

/// Reason codes of a DISCONNECT by which a Server ends a connection for causes of its own, or says that it does not
/// accept what is well formed (5.0 3.14.2.1): no answer is owed after them.
const CAUSES_OF_ITS_OWN: [ReasonCode; 15] = [
    ReasonCode::SESSION_TAKEN_OVER,
    ReasonCode::IMPLEMENTATION_SPECIFIC_ERROR,
    ReasonCode::NOT_AUTHORIZED,
    ReasonCode::TOPIC_FILTER_INVALID,
    ReasonCode::TOPIC_NAME_INVALID,
    ReasonCode::PAYLOAD_FORMAT_INVALID,
    ReasonCode::SERVER_BUSY,
    ReasonCode::SERVER_SHUTTING_DOWN,
    ReasonCode::MESSAGE_RATE_TOO_HIGH,
    ReasonCode::QUOTA_EXCEEDED,
    ReasonCode::ADMINISTRATIVE_ACTION,
    ReasonCode::USE_ANOTHER_SERVER,
    ReasonCode::SERVER_MOVED,
    ReasonCode::CONNECTION_RATE_EXCEEDED,
    ReasonCode::MAXIMUM_CONNECT_TIME,
];

impl Player {
    /// A step went as it must.
    pub(super) fn pass(&mut self, context: Context, silence: Option<Silence>) {
        if let Some(rule) = context.rule {
            let known = self.passed.entry(rule).or_insert(silence);
            // One witnessed silence makes the rule no more certain than that.
            if silence == Some(Silence::Witnessed) {
                *known = silence;
            } else {
                *known = known.or(silence);
            }
        }
        self.note_step(context);
    }

    pub(super) fn breach(
        &self,
        context: Context,
        expected: String,
        actual: String,
        shown: Option<(u32, usize)>,
    ) -> Breach {
        let shown = shown.map(|(connection, index)| &self.connections[connection as usize].received[index]);
        let source = &self.case.scenario.source;
        Breach {
            expected,
            actual,
            hex: shown.map(|received| Hex(&received.bytes[..received.bytes.len().min(256)]).to_string()),
            at_us: crate::event::micros(shown.map_or(self.now, |received| received.at).saturating_sub(self.started)),
            place: source.place(context.span),
            step: source.line(context.span).to_owned(),
            late: false,
            closed: false,
        }
    }

    /// A step did not go as it must: its rule is broken, or, without one, nothing more can be said.
    pub(super) fn fail(&mut self, context: Context, breach: Breach) {
        match context.rule.filter(|_| !context.marker) {
            Some(rule) => {
                self.broken.entry(rule).or_insert(breach);
                self.stop = Some(Stop::Broken);
            }
            None => {
                let what =
                    if context.marker { "the marker of a silence did not come" } else { "the case cannot go on" };
                let told = format!("{what}: expected {}, got {} ({})", breach.expected, breach.actual, breach.place);
                self.stop = Some(Stop::Inconclusive(told));
            }
        }
    }

    fn expected_in_words(&self, context: Context) -> String {
        self.case.scenario.source.line(context.span).to_owned()
    }

    /// Judges when something came.
    pub(super) fn judge_time(
        &mut self,
        connection: u32,
        index: Option<usize>,
        at: Duration,
        timing: Timing,
        context: Context,
    ) {
        let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
        let shown = index.map(|index| (connection, index));
        if let Some(after) = timing.after {
            let earliest = self.reference.began + after;
            if at < earliest {
                let came = format!("it came {} after", seconds(at.saturating_sub(self.reference.began)));
                let breach = self.breach(context, format!("not before {} have passed", seconds(after)), came, shown);
                return self.fail(context, breach);
            }
        }
        if let Some(within) = timing.within {
            // While the write is under way the time has not begun.
            let completed = if self.reference.write.is_some() { at } else { self.reference.completed };
            let took = at.saturating_sub(completed);
            // The way to the Server and back takes time too, which is not the Server's.
            if took > within + self.settings.tail {
                if self.stalled.is_some_and(|stall| stall >= self.reference.began) {
                    self.stop = Some(Stop::Inconclusive("this machine stood still while the clock counted".to_owned()));
                    return;
                }
                let came = format!("it came {} after", seconds(took));
                let mut breach = self.breach(context, format!("within {}", seconds(within)), came, shown);
                breach.late = took <= within * 3;
                if breach.late && context.rule.is_some() {
                    // Late is no reason to end the case: what follows still stands on it.
                    if let Some(rule) = context.rule {
                        self.broken.entry(rule).or_insert(breach);
                    }
                    return self.note_step(context);
                }
                return self.fail(context, breach);
            }
        }
        self.pass(context, None);
    }

    /// The connection ended, as the step asks.
    pub(super) fn closed_as_asked(
        &mut self,
        connection: u32,
        (ending, at): (Ending, Duration),
        timing: Timing,
        without: Option<PacketType>,
        context: Context,
    ) {
        if !matches!(ending, Ending::ByServer | Ending::ResetByServer) {
            return self.nonsense("the Client has closed the connection itself", context);
        }
        // The cause is the last step before this one, or the last fault on this connection.
        let fault = self.connections[connection as usize].last_fault.unwrap_or(self.reference.began);
        if at < self.reference.began.min(fault) {
            let told = "the Server closed the connection before the step that should make it do so";
            self.stop = Some(Stop::Inconclusive(told.to_owned()));
            return;
        }
        self.drop_owed(connection);
        let received = &self.connections[connection as usize].received;
        let unwanted = without.and_then(|packet| received.iter().position(|r| r.packet_type() == Some(packet)));
        if let Some(index) = unwanted {
            let actual = received[index].describe();
            let breach = self.breach(context, self.expected_in_words(context), actual, Some((connection, index)));
            return self.fail(context, breach);
        }
        self.judge_time(connection, None, at, timing, context);
    }

    /// The connection is still open at the deadline.
    pub(super) fn not_closed(&mut self, connection: u32, answers: bool, context: Context) {
        let mut actual = if answers {
            "the connection is open, and PINGREQ is answered".to_owned()
        } else {
            "the connection is open".to_owned()
        };
        let untaken = self.untaken_in_words(connection);
        if !untaken.is_empty() {
            actual.push_str(&format!("; received: {}", untaken.join("; ")));
        }
        let last = self.connections[connection as usize].received.len().checked_sub(1);
        let shown = last.map(|index| (connection, index));
        let breach = self.breach(context, "the Server closes the Network Connection".to_owned(), actual, shown);
        self.fail(context, breach);
    }

    /// What a step waits for did not come: the deadline has passed with the Server alive, or the connection ended.
    pub(super) fn unmet(&mut self, connection: u32, wait: &Wait) {
        let context = self.context_of(wait);
        if let WaitKind::Receive { unless: Some(reason), .. } = &wait.kind {
            self.stop = Some(Stop::Unsupported(reason.clone()));
            return;
        }
        if let Some((connection, index, broken)) = self.wrong_refusal(wait) {
            return self.claims_broken(connection, index, &broken, wait, context);
        }
        if self.connections[connection as usize].ended_by_server().is_some() || self.farewell(connection).is_some() {
            return self.closed_instead_of(connection, wait, context);
        }
        let otherwise = match &wait.kind {
            WaitKind::Receive { client, expected, .. } => self.find(*client, expected, context.marker).ok(),
            _ => None,
        };
        if let Some(super::lane::Found::Otherwise(connection, index, broken)) = otherwise {
            return self.claims_broken(connection, index, &broken, wait, context);
        }
        let (actual, shown) = self.instead(connection);
        let breach = self.breach(context, self.expected_in_words(context), actual, shown);
        self.fail_or_break_owed(connection, wait, context, breach);
    }

    /// The packet is there, and is not as the step claims. Where the rule is less than a MUST that is no reason to end
    /// the case.
    fn claims_broken(&mut self, connection: u32, index: usize, broken: &[String], wait: &Wait, context: Context) {
        let received = &self.connections[connection as usize].received[index];
        let actual = format!("{} in {}", broken.join(", "), received.describe());
        let breach = self.breach(context, self.expected_in_words(context), actual, Some((connection, index)));
        match context.rule.filter(|&rule| !context.marker && self.level_of(rule) < Level::Must) {
            Some(rule) => {
                self.broken.entry(rule).or_insert(breach);
                self.take(connection, index, wait);
                self.note_step(context);
            }
            None => self.fail(context, breach),
        }
    }

    /// The DISCONNECT of the Server, if it has sent one: nothing more is to come on this connection.
    pub(super) fn farewell(&self, connection: u32) -> Option<ReasonCode> {
        let received = self.connections[connection as usize].received.iter();
        received.rev().find_map(|received| match received.packet() {
            Some(Packet::Disconnect(disconnect)) => Some(disconnect.reason),
            _ => None,
        })
    }

    /// A rule on the step itself, or, for `any-of`, the one that its branches share.
    fn context_of(&self, wait: &Wait) -> Context {
        let mut context = wait.context;
        if context.rule.is_none() {
            let first = match &wait.kind {
                WaitKind::AnyOf(branches) => branches.first().and_then(|branch| branch.first()),
                WaitKind::AnyOrder(ops) => ops.first(),
                _ => None,
            };
            context.rule = first.and_then(|op| op.rule);
        }
        context
    }

    fn instead(&self, connection: u32) -> (String, Option<(u32, usize)>) {
        let untaken = self.untaken_in_words(connection);
        let state = &self.connections[connection as usize];
        let last = state.untaken().filter(|(_, r)| r.packet_type() != Some(PacketType::Pingresp)).last();
        let shown = last.map(|(index, _)| (connection, index));
        if untaken.is_empty() {
            let unread = state.unread();
            if !unread.is_empty() {
                return (
                    format!(
                        "{} bytes that are no whole packet: {}",
                        unread.len(),
                        Hex(&unread[..unread.len().min(64)])
                    ),
                    None,
                );
            }
            return ("nothing".to_owned(), None);
        }
        (format!("not this, but: {}", untaken.join("; ")), shown)
    }

    fn fail_or_break_owed(&mut self, connection: u32, wait: &Wait, context: Context, breach: Breach) {
        let state = &self.connections[connection as usize];
        // After a fault the Server may have closed whatever else was under way.
        let excused = state.ended_by_server().is_some() && (state.tainted || self.taken_over(connection));
        if matches!(wait.kind, WaitKind::Owed { .. } | WaitKind::Alive { .. })
            && !excused
            && self.break_first_owed(connection, &breach)
        {
            self.stop = Some(Stop::Broken);
            return;
        }
        if (context.rule.is_none() || context.marker) && !excused {
            let answer = match &wait.kind {
                WaitKind::Receive { expected, .. } => {
                    let id = expected.field("id").and_then(|id| self.names.number(id).ok()).map(|id| id as u16);
                    Some((expected.packet, id))
                }
                WaitKind::Connack { .. } => Some((PacketType::Connack, None)),
                _ => None,
            };
            if let Some((packet, id)) = answer
                && self.break_owed_answer(connection, packet, id, &breach)
            {
                self.stop = Some(Stop::Broken);
                return;
            }
        }
        // What was refused, as it may be, cannot be missed.
        if context.rule.is_some()
            && let Some(stop) = self.refused_publish()
        {
            self.stop = Some(stop);
            return;
        }
        self.fail(context, breach);
    }

    /// The Server closed the connection that a step needs, which waits for nothing itself.
    pub(super) fn closed_instead(&mut self, connection: u32, context: Context) {
        let wait = Wait::until(WaitKind::Pause, context, self.now, self.now);
        self.closed_instead_of(connection, &wait, context);
    }

    fn closed_instead_of(&mut self, connection: u32, wait: &Wait, context: Context) {
        let state = &self.connections[connection as usize];
        let name = self.case.scenario.clients[state.client].name.clone();
        if let Some(reason) = self.farewell(connection)
            && CAUSES_OF_ITS_OWN.contains(&reason)
            && !(reason == ReasonCode::SESSION_TAKEN_OVER && state.assigned)
        {
            let reason = reason.name(Version::V5, PacketType::Disconnect);
            self.stop = Some(Stop::Inconclusive(format!("the Server closed the connection of {name}: {reason}")));
            return;
        }
        // Only where a refusal must be spoken is a close without CONNACK a breach.
        if !state.accepted && (context.rule.is_none() || !self.asks_for_refusal(wait)) {
            self.stop = Some(Stop::Inconclusive(format!("the Server closed the connection of {name} before CONNACK")));
            return;
        }
        // A reset destroys what was sent before it and has not been read.
        if matches!(state.ended_by_server(), Some((Ending::ResetByServer, _))) {
            let place = self.case.scenario.source.place(context.span);
            let told = format!("the Server reset the connection of {name}: what it sent before may be lost ({place})");
            self.stop = Some(Stop::Inconclusive(told));
            return;
        }
        let (mut actual, shown) = match state.received.len() {
            0 => (String::new(), None),
            count => (format!(" after {}", state.received[count - 1].describe()), Some((connection, count - 1))),
        };
        actual = format!("the Server closed the connection{actual}");
        let breach = self.breach(context, self.expected_in_words(context), actual, shown);
        let breach = Breach { closed: true, ..breach };
        // A step that only sends has no claim on the connection; an answer that was owed on it has.
        if matches!(wait.kind, WaitKind::Pause) {
            let excused = context.fault || self.connections[connection as usize].tainted || self.taken_over(connection);
            if !excused && self.break_first_owed(connection, &breach) {
                self.stop = Some(Stop::Broken);
            } else {
                self.stop = Some(Stop::Inconclusive(format!("{} ({})", breach.actual, breach.place)));
            }
            return;
        }
        self.fail_or_break_owed(connection, wait, context, breach);
    }

    /// Whether a wait is for a CONNACK that refuses the connection.
    fn asks_for_refusal(&self, wait: &Wait) -> bool {
        let WaitKind::Receive { expected, .. } = &wait.kind else { return false };
        let accepts = |code| self.names.accepts_number(code, 0).unwrap_or(true);
        expected.packet == PacketType::Connack && expected.field("code").is_some_and(|code| !accepts(code))
    }

    /// Neither what was waited for nor PINGRESP came, and the connection is open.
    pub(super) fn no_pong(&mut self, connection: u32, context: Context) {
        if self.connections[connection as usize].tainted {
            let place = self.case.scenario.source.place(context.span);
            self.stop =
                Some(Stop::Inconclusive(format!("the Server answers nothing any more, after a fault ({place})")));
            return;
        }
        let (actual, shown) = self.instead(connection);
        let breach = self.breach(context, "PINGREQ is answered with PINGRESP".to_owned(), actual, shown);
        self.break_pingresp(connection, breach, context.span);
        self.stop = Some(Stop::Broken);
    }
}
