//! What a server may do in one way or another.

use core::time::Duration;
use mqttspec_codec::QoS;

/// Choices that the specifications leave to a server, beside its limits. Sections without a version have the same number
/// in both. [`Behaviour::default`] is what most clients expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// One copy of a message for each subscription of a client that matches, in place of one for all (5.0 3.3.4, 3.1.1
    /// 3.3.5).
    pub copy_per_subscription: bool,
    /// QoS 0 messages wait for a client that is away (5.0 4.1, 3.1.1 3.1.2.4).
    pub queues_qos0: bool,
    /// QoS 0 messages wait, too, while the send quota is used up (5.0 4.9).
    pub holds_back_qos0: bool,
    /// A refused 5.0 CONNECT is answered with a CONNACK before the close (3.2.2.2, 4.13.1).
    pub refuses_with_connack: bool,
    /// A CONNECT of the form of 5.0 whose Protocol Name is wrong is answered with 0x84 before the close (5.0 3.1.2.1).
    pub tells_wrong_protocol_name: bool,
    /// A 5.0 client is told with DISCONNECT why its connection is closed (4.13.1: a SHOULD).
    pub closes_with_disconnect: bool,
    /// A message without subscribers is acknowledged with 0x10 in place of 0x00 (5.0 3.4.2.1, 3.5.2.1).
    pub tells_no_subscribers: bool,
    /// PUBREL or PUBCOMP for an identifier that is not in use has 0x92 in place of 0x00 (5.0 3.6.2.1, 3.7.2.1).
    pub tells_unknown_identifier: bool,
    /// A QoS 2 message goes on when its PUBREL comes, not with its PUBLISH (4.3.3).
    pub delivers_at_pubrel: bool,
    /// PUBACK and PUBREC go out before the message goes on (4.3.2, 4.3.3).
    pub acknowledges_first: bool,
    /// How long answers to PUBLISH, PUBREC, PUBREL, SUBSCRIBE and UNSUBSCRIBE are collected; what is delivered
    /// overtakes them (3.8.4).
    pub acknowledgement_delay: Option<Duration>,
    /// Retained messages go out before the SUBACK (3.8.4).
    pub retained_before_suback: bool,
    /// Retained messages of several topics go out last topic first; only one topic has an order (4.6).
    pub retained_in_reverse: bool,
    /// A retained message of QoS 0 is kept (3.3.1.3: it may be discarded at any time).
    pub retains_qos0: bool,
    /// What waits for a client goes out with the last publisher and topic first (4.6: one publisher, topic and QoS are
    /// in order).
    pub last_publisher_first: bool,
    /// On resume PUBLISH and PUBREL go out mixed, as they were first sent, in place of PUBREL first (4.4).
    pub resends_in_one_order: bool,
    /// After how long a 3.1.1 client gets again what it has not acknowledged, on the same connection (3.1.1 4.4).
    pub resend_after: Option<Duration>,
    /// A client without a Client Identifier gets one (3.1.3.1).
    pub assigns_client_identifiers: bool,
    /// Only letters and digits are allowed in a Client Identifier (3.1.3.1).
    pub plain_client_identifiers: bool,
    /// The highest QoS that is granted, whatever QoS can be published (3.8.4).
    pub granted_qos_maximum: QoS,
    /// Each topic filter with a wildcard of a 5.0 client is refused by SUBACK, though CONNACK does not say so (5.0
    /// 3.2.2.3.11).
    pub refuses_wildcards: bool,
    /// What clients may do with topics that begin with `$` (4.7.2).
    pub dollar_topics: DollarTopics,
    /// A topic filter that is not valid is refused by SUBACK, and a topic name that is not by PUBACK or PUBREC (5.0
    /// 4.13.1); 3.1.1 has no code for the latter.
    pub refuses_names_by_code: bool,
    /// U+0001 to U+001F, U+007F to U+009F and non-characters make a packet malformed (1.5.4, 3.1.1 1.5.3).
    pub refuses_disallowed_code_points: bool,
    /// Silence is noticed a tenth after the Keep Alive, not half the Keep Alive after it (3.1.2.10).
    pub short_patience: bool,
    /// A Will that is still held back is published when a connection with Clean Start 1 ends its session (5.0 3.1.2.5:
    /// a connection opened in time excuses it).
    pub publishes_will_on_clean_start: bool,
    /// The topic of a message that every client gets after its CONNACK, unasked (4.5).
    pub assigned_subscription: Option<String>,
    /// Acknowledgements carry a Reason String and a User Property even on success, where the client allows it (5.0
    /// 3.1.2.11.7).
    pub talkative: bool,
    /// CONNACK states what a client would assume anyway (5.0 3.2.2.3).
    pub states_defaults: bool,
    /// A shared subscription always chooses its first member that is there (4.8.2).
    pub shares_with_first: bool,
    /// What a member of a shared subscription has not acknowledged when its connection ends goes to another member that
    /// is there, unless it is a QoS 2 message that was sent (4.8.2).
    pub moves_shared_at_close: bool,
    /// UNSUBSCRIBE takes away what waits for the client and matches no other subscription of it (3.10.4).
    pub drops_at_unsubscribe: bool,
    /// Sessions and retained messages are there again after a restart. Nothing asks for that.
    pub keeps_at_restart: bool,
    /// They are there again after the server ended without warning. Nothing asks for that.
    pub keeps_when_killed: bool,
}

/// What clients may do with topics that begin with `$`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DollarTopics {
    /// They are like others, but that no wildcard matches the `$`.
    Ordinary,
    /// A PUBLISH is refused by its acknowledgement (3.1.1: by a close), a topic filter by SUBACK.
    Refused,
    /// Either costs the connection.
    Closed,
    /// A PUBLISH is acknowledged and goes to nobody.
    Ignored,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            copy_per_subscription: false,
            queues_qos0: false,
            holds_back_qos0: false,
            refuses_with_connack: true,
            tells_wrong_protocol_name: false,
            closes_with_disconnect: true,
            tells_no_subscribers: true,
            tells_unknown_identifier: true,
            delivers_at_pubrel: false,
            acknowledges_first: false,
            acknowledgement_delay: None,
            retained_before_suback: false,
            retained_in_reverse: false,
            retains_qos0: true,
            last_publisher_first: false,
            resends_in_one_order: false,
            resend_after: None,
            assigns_client_identifiers: true,
            plain_client_identifiers: false,
            granted_qos_maximum: QoS::ExactlyOnce,
            refuses_wildcards: false,
            dollar_topics: DollarTopics::Ordinary,
            refuses_names_by_code: false,
            refuses_disallowed_code_points: false,
            short_patience: false,
            publishes_will_on_clean_start: true,
            assigned_subscription: None,
            talkative: false,
            states_defaults: false,
            shares_with_first: false,
            moves_shared_at_close: false,
            drops_at_unsubscribe: false,
            keeps_at_restart: true,
            keeps_when_killed: true,
        }
    }
}
