//! What the player watches in every case, whatever the scenario is about: answers that are owed, and what holds on
//! every connection. This is the one place that says which statement each of them is about.

use mqttspec_codec::Version;

/// How a watch tells of a breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A missing answer fails the case.
    Owed,
    /// A breach is a finding beside the verdicts, and breaks the rules of the case that name the statement.
    Monitor,
}

/// Something that is watched in every case.
#[derive(Debug)]
pub struct Watch {
    /// How it tells of a breach.
    pub kind: Kind,
    /// What is watched, in words.
    pub text: &'static str,
    v311: Option<&'static str>,
    v5: Option<&'static str>,
}

impl Watch {
    /// The statement that is broken, in a version that has one.
    #[must_use]
    pub const fn statement(&self, version: Version) -> Option<&'static str> {
        match version {
            Version::V311 => self.v311,
            Version::V5 => self.v5,
        }
    }
}

/// Declares each watch by name, and the list of all.
macro_rules! watches {
    ($($name:ident: $kind:ident, $text:literal, $v311:expr, $v5:expr;)*) => {
        $(pub(crate) const $name: &Watch = &Watch { kind: Kind::$kind, text: $text, v311: $v311, v5: $v5 };)*
        /// All of them: owed answers first.
        pub const ALL: &[&Watch] = &[$($name),*];
    };
}

watches! {
    CONNACK: Owed, "CONNECT is answered with CONNACK", Some("MQTT-3.1.4-4"), Some("MQTT-3.1.4-5");
    CLEAN_SESSION_PRESENT: Owed, "Session Present is 0 where the Client asked for a clean start",
        Some("MQTT-3.2.2-1"), Some("MQTT-3.2.2-2");
    KEPT_SESSION_PRESENT: Owed, "Session Present is 1 where a session is resumed",
        Some("MQTT-3.2.2-2"), Some("MQTT-3.2.2-3/a");
    NO_SESSION_PRESENT: Owed, "Session Present is 0 where the Server has no session",
        Some("MQTT-3.2.2-3"), Some("MQTT-3.2.2-3/b");
    SUBACK: Owed, "SUBSCRIBE is answered with SUBACK", Some("MQTT-3.8.4-1"), Some("MQTT-3.8.4-1");
    UNSUBACK: Owed, "UNSUBSCRIBE is answered with UNSUBACK", Some("MQTT-3.10.4-4"), Some("MQTT-3.10.4-4");
    PUBACK: Owed, "PUBLISH of QoS 1 is answered with PUBACK", Some("MQTT-4.3.2-2/a"), Some("MQTT-4.3.2-4");
    PUBREC: Owed, "PUBLISH of QoS 2 is answered with PUBREC", Some("MQTT-4.3.3-2/a"), Some("MQTT-4.3.3-8");
    PUBREL: Owed, "PUBREC is answered with PUBREL", Some("MQTT-4.3.3-1/d"), Some("MQTT-4.3.3-4");
    PUBCOMP: Owed, "PUBREL is answered with PUBCOMP", Some("MQTT-4.3.3-2/d"), Some("MQTT-4.3.3-11");
    PINGRESP: Owed, "PINGREQ is answered with PINGRESP", Some("MQTT-3.12.4-1"), Some("MQTT-3.12.4-1");
    CONNACK_FIRST: Monitor, "the first packet is CONNACK, or AUTH in 5.0", Some("MQTT-3.2.0-1"), Some("MQTT-3.2.0-1");
    SECOND_CONNACK: Monitor, "there is one CONNACK on a Network Connection", None, Some("MQTT-3.2.0-2");
    DISCONNECT_BEFORE_CONNACK: Monitor, "no DISCONNECT stands before CONNACK", None, Some("MQTT-3.14.0-1");
    AFTER_DISCONNECT: Monitor, "nothing follows DISCONNECT", None, Some("MQTT-3.14.4-1");
    AUTH_UNASKED: Monitor, "no AUTH where the Client named no Authentication Method", None, Some("MQTT-4.12.0-6/a");
    SUBACK_CODES: Monitor, "SUBACK has a code for each Topic Filter", Some("MQTT-3.8.4-5/a"), Some("MQTT-3.8.4-6");
    UNSUBACK_CODES: Monitor, "UNSUBACK has a code for each Topic Filter", None, Some("MQTT-3.11.3-2");
    ALIAS_WHERE_NONE: Monitor, "no Topic Alias where the Client takes none", None, Some("MQTT-3.1.2-27");
    ALIAS_TOO_HIGH: Monitor, "no Topic Alias above the Client's maximum", None, Some("MQTT-3.1.2-26");
    RECEIVE_MAXIMUM: Monitor, "no more PUBLISH open than the Client's Receive Maximum", None, Some("MQTT-3.3.4-9");
    SENT_AGAIN: Monitor, "nothing is sent again while the connection lasts", None, Some("MQTT-4.4.0-1/c");
    SENT_AGAIN_WITHOUT_DUP: Monitor, "a PUBLISH that is sent again has DUP 1",
        Some("MQTT-3.3.1-1"), Some("MQTT-3.3.1-1");
    IDENTIFIER_IN_USE: Monitor, "a new PUBLISH has a packet identifier that is free",
        Some("MQTT-2.3.1-4"), Some("MQTT-2.2.1-4/b");
    OTHER_QOS: Monitor, "a PUBLISH is acknowledged by the packet of its QoS", Some("MQTT-3.3.4-1"), Some("MQTT-3.3.4-1");
    SUBACK_UNASKED: Monitor, "SUBACK and UNSUBACK repeat the identifier of a request",
        Some("MQTT-2.3.1-7"), Some("MQTT-2.2.1-6");
    ACKNOWLEDGEMENT_UNASKED: Monitor, "acknowledgements repeat the identifier of a PUBLISH",
        Some("MQTT-2.3.1-6"), Some("MQTT-2.2.1-5");
    PROBLEM_INFORMATION: Monitor, "no Reason String and no User Property where the Client wants none",
        None, Some("MQTT-3.1.2-29");
    CONNACK_REASON_STRING: Monitor, "no Reason String makes CONNACK too large", None, Some("MQTT-3.2.2-19");
    CONNACK_USER_PROPERTY: Monitor, "no User Property makes CONNACK too large", None, Some("MQTT-3.2.2-20");
    PUBACK_REASON_STRING: Monitor, "no Reason String makes PUBACK too large", None, Some("MQTT-3.4.2-2");
    PUBACK_USER_PROPERTY: Monitor, "no User Property makes PUBACK too large", None, Some("MQTT-3.4.2-3");
    PUBREC_REASON_STRING: Monitor, "no Reason String makes PUBREC too large", None, Some("MQTT-3.5.2-2");
    PUBREC_USER_PROPERTY: Monitor, "no User Property makes PUBREC too large", None, Some("MQTT-3.5.2-3");
    PUBREL_REASON_STRING: Monitor, "no Reason String makes PUBREL too large", None, Some("MQTT-3.6.2-2");
    PUBREL_USER_PROPERTY: Monitor, "no User Property makes PUBREL too large", None, Some("MQTT-3.6.2-3");
    PUBCOMP_REASON_STRING: Monitor, "no Reason String makes PUBCOMP too large", None, Some("MQTT-3.7.2-2");
    PUBCOMP_USER_PROPERTY: Monitor, "no User Property makes PUBCOMP too large", None, Some("MQTT-3.7.2-3");
    SUBACK_REASON_STRING: Monitor, "no Reason String makes SUBACK too large", None, Some("MQTT-3.9.2-1");
    SUBACK_USER_PROPERTY: Monitor, "no User Property makes SUBACK too large", None, Some("MQTT-3.9.2-2");
    UNSUBACK_REASON_STRING: Monitor, "no Reason String makes UNSUBACK too large", None, Some("MQTT-3.11.2-1");
    UNSUBACK_USER_PROPERTY: Monitor, "no User Property makes UNSUBACK too large", None, Some("MQTT-3.11.2-2");
    DISCONNECT_REASON_STRING: Monitor, "no Reason String makes DISCONNECT too large", None, Some("MQTT-3.14.2-3");
    DISCONNECT_USER_PROPERTY: Monitor, "no User Property makes DISCONNECT too large", None, Some("MQTT-3.14.2-4");
    AUTH_REASON_STRING: Monitor, "no Reason String makes AUTH too large", None, Some("MQTT-3.15.2-2");
    AUTH_USER_PROPERTY: Monitor, "no User Property makes AUTH too large", None, Some("MQTT-3.15.2-3");
    TEXT_FRAME: Monitor, "WebSocket data frames are binary", Some("MQTT-6.0.0-1/a"), Some("MQTT-6.0.0-1/a");
}
