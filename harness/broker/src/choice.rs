//! Named switches: each makes the server lawful in another way.

use crate::behaviour::DollarTopics;
use crate::config::Config;
use core::time::Duration;
use mqttspec_codec::QoS;

/// One lawful way to differ from [`Config::default`]. Of two that set the same thing the later one counts.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Its name on a command line.
    pub name: &'static str,
    /// What the server does, in words.
    pub does: &'static str,
    /// The sections that leave the choice. Without a version: of both.
    pub left_by: &'static str,
    set: fn(&mut Config),
}

impl Choice {
    /// Every choice.
    pub const ALL: &'static [Self] = ALL;

    /// The choice of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|choice| choice.name == name)
    }

    /// Makes this choice in a configuration.
    pub fn apply(&self, config: &mut Config) {
        (self.set)(config);
    }
}

macro_rules! choices {
    ($($name:literal $does:literal [$left_by:literal] $set:expr;)*) => {
        const ALL: &[Choice] = &[$(Choice { name: $name, does: $does, left_by: $left_by, set: $set },)*];
    };
}

choices! {
    "max-qos-1" "offers QoS 0 and QoS 1"
        ["5.0 3.2.2.3.4, 3.1.1 3.8.4"] |config| config.maximum_qos = QoS::AtLeastOnce;
    "max-qos-0" "offers QoS 0 only"
        ["5.0 3.2.2.3.4, 3.1.1 3.8.4"] |config| config.maximum_qos = QoS::AtMostOnce;
    "grant-qos-1" "grants QoS 1 at most, and takes QoS 2"
        ["3.8.4"] |config| config.behaviour.granted_qos_maximum = QoS::AtLeastOnce;
    "grant-qos-0" "grants QoS 0 only, and takes QoS 2"
        ["3.8.4"] |config| config.behaviour.granted_qos_maximum = QoS::AtMostOnce;
    "no-retain" "offers no retained messages"
        ["5.0 3.2.2.3.5"] |config| config.retain_available = false;
    "no-wildcards" "offers no topic filters with wildcards"
        ["5.0 3.2.2.3.11, 3.1.1 3.8.3"] |config| config.wildcard_subscription_available = false;
    "refuse-wildcards" "refuses each topic filter with a wildcard by SUBACK, to 5.0 clients"
        ["5.0 3.2.2.3.11"] |config| config.behaviour.refuses_wildcards = true;
    "no-shared-subscriptions" "offers no shared subscriptions"
        ["5.0 3.2.2.3.13"] |config| config.shared_subscription_available = false;
    "no-subscription-identifiers" "offers no Subscription Identifiers"
        ["5.0 3.2.2.3.12"] |config| config.subscription_identifiers_available = false;
    "no-topic-aliases" "takes no Topic Aliases"
        ["5.0 3.2.2.3.8"] |config| config.topic_alias_maximum = 0;
    "server-keep-alive" "sets Server Keep Alive to 3 s"
        ["5.0 3.2.2.3.14"] |config| config.server_keep_alive = Some(3);
    "short-patience" "closes a tenth after the Keep Alive has passed, not half of it"
        ["3.1.2.10"] |config| config.behaviour.short_patience = true;
    "short-sessions" "keeps sessions for 20 s at most"
        ["5.0 3.2.2.3.2"] |config| config.session_expiry_interval_maximum = Some(20);
    "no-sessions" "keeps no session of a 5.0 client"
        ["5.0 3.2.2.3.2"] |config| config.session_expiry_interval_maximum = Some(0);
    "receive-maximum-1" "takes one QoS 1 or QoS 2 PUBLISH at a time"
        ["5.0 3.2.2.3.3"] |config| config.receive_maximum = 1;
    "one-in-flight" "sends one QoS 1 or QoS 2 PUBLISH at a time"
        ["5.0 4.9"] |config| config.in_flight_maximum = 1;
    "small-packets" "takes packets of 120 bytes at most"
        ["5.0 3.2.2.3.6"] |config| config.maximum_packet_size = 120;
    "no-reason-strings" "sends no Reason Strings"
        ["5.0 3.1.2.11.7"] |config| config.reason_strings = false;
    "talkative" "sends a Reason String and a User Property with every acknowledgement"
        ["5.0 3.1.2.11.7"] |config| config.behaviour.talkative = true;
    "state-defaults" "states in CONNACK what a client would assume"
        ["5.0 3.2.2.3"] |config| config.behaviour.states_defaults = true;
    "credentials" "lets in only the User Name u with the Password p"
        ["3.1.4"] |config| config.credentials = vec![("u".to_owned(), b"p".to_vec())];
    "no-authentication-method" "knows no Authentication Method"
        ["5.0 4.12"] |config| config.challenge_method = None;
    "response-information" "has Response Information for clients that ask for it"
        ["5.0 3.2.2.3.15"] |config| config.response_information = Some("mqttspec/answers/".to_owned());
    "no-payload-check" "takes a payload that is not what its Payload Format Indicator says"
        ["5.0 3.3.2.3.2"] |config| config.check_payload_format = false;
    "plain-client-identifiers" "allows Client Identifiers of 1 to 23 letters and digits only"
        ["3.1.3.1"] |config| {
            config.client_identifier_maximum = 23;
            config.behaviour.plain_client_identifiers = true;
            config.behaviour.assigns_client_identifiers = false;
        };
    "no-disallowed-code-points" "refuses control characters and non-characters in strings"
        ["5.0 1.5.4, 3.1.1 1.5.3"] |config| config.behaviour.refuses_disallowed_code_points = true;
    "bare-refusal" "refuses a 5.0 CONNECT without a CONNACK"
        ["5.0 3.2.2.2, 4.13.1"] |config| config.behaviour.refuses_with_connack = false;
    "bare-close" "closes without a DISCONNECT"
        ["5.0 4.13.1"] |config| config.behaviour.closes_with_disconnect = false;
    "refuse-names-by-code" "refuses topic filters and topic names that are not valid by SUBACK, PUBACK and PUBREC"
        ["5.0 4.13.1"] |config| config.behaviour.refuses_names_by_code = true;
    "refuse-dollar-topics" "refuses topics that begin with $ by SUBACK, PUBACK and PUBREC; in 3.1.1 a PUBLISH by closing"
        ["4.7.2"] |config| config.behaviour.dollar_topics = DollarTopics::Refused;
    "close-on-dollar-topics" "closes the connection of a client that uses a topic that begins with $"
        ["4.7.2"] |config| config.behaviour.dollar_topics = DollarTopics::Closed;
    "ignore-dollar-topics" "acknowledges what is published to topics that begin with $, and gives it to nobody"
        ["4.7.2"] |config| config.behaviour.dollar_topics = DollarTopics::Ignored;
    "copy-per-subscription" "sends a copy of a message for each subscription that matches"
        ["5.0 3.3.4, 3.1.1 3.3.5"] |config| config.behaviour.copy_per_subscription = true;
    "queue-qos-0" "keeps QoS 0 messages for clients that are away"
        ["5.0 4.1, 3.1.1 3.1.2.4"] |config| config.behaviour.queues_qos0 = true;
    "hold-back-qos-0" "sends one QoS 1 or QoS 2 PUBLISH at a time, and no QoS 0 PUBLISH before it is acknowledged"
        ["5.0 4.9"] |config| {
            config.in_flight_maximum = 1;
            config.behaviour.holds_back_qos0 = true;
        };
    "discard-retained-qos-0" "keeps no retained messages of QoS 0"
        ["3.3.1.3"] |config| config.behaviour.retains_qos0 = false;
    "silent-about-subscribers" "acknowledges with 0x00 where nobody has subscribed"
        ["5.0 3.4.2.1, 3.5.2.1"] |config| config.behaviour.tells_no_subscribers = false;
    "silent-about-identifiers" "answers PUBREC and PUBREL of unknown identifiers with 0x00"
        ["5.0 3.6.2.1, 3.7.2.1"] |config| config.behaviour.tells_unknown_identifier = false;
    "deliver-at-pubrel" "delivers a QoS 2 message when its PUBREL comes"
        ["4.3.3"] |config| config.behaviour.delivers_at_pubrel = true;
    "acknowledge-first" "acknowledges a PUBLISH before it delivers the message"
        ["4.3.2, 4.3.3"] |config| config.behaviour.acknowledges_first = true;
    "late-acknowledgements" "collects acknowledgements for 20 ms, and delivers before them"
        ["3.8.4"] |config| config.behaviour.acknowledgement_delay = Some(Duration::from_millis(20));
    "retained-before-suback" "sends retained messages before SUBACK"
        ["3.8.4"] |config| config.behaviour.retained_before_suback = true;
    "retained-in-reverse" "sends retained messages of several topics the last one first"
        ["4.6"] |config| config.behaviour.retained_in_reverse = true;
    "last-publisher-first" "sends one QoS 1 or QoS 2 PUBLISH at a time, of what waits the last publisher and topic first"
        ["4.6"] |config| {
            config.in_flight_maximum = 1;
            config.behaviour.last_publisher_first = true;
        };
    "resend-in-one-order" "resends PUBLISH and PUBREL mixed"
        ["4.4"] |config| config.behaviour.resends_in_one_order = true;
    "resend-on-live-connection" "resends to 3.1.1 clients after 500 ms"
        ["3.1.1 4.4"] |config| config.behaviour.resend_after = Some(Duration::from_millis(500));
    "drop-will-on-clean-start" "drops a Will that is held back when a connection with Clean Start 1 is opened"
        ["5.0 3.1.2.5"] |config| config.behaviour.publishes_will_on_clean_start = false;
    "assigned-subscription" "sends a message to every client after its CONNACK"
        ["4.5"] |config| config.behaviour.assigned_subscription = Some("news/welcome".to_owned());
    "share-with-first" "chooses the first member of a shared subscription that is there"
        ["5.0 4.8.2"] |config| config.behaviour.shares_with_first = true;
    "move-shared-messages" "gives what a member of a shared subscription has not acknowledged to another when it is gone"
        ["5.0 4.8.2"] |config| config.behaviour.moves_shared_at_close = true;
    "drop-at-unsubscribe" "drops what waits for a client when it takes back the subscription"
        ["5.0 3.10.4, 3.1.1 3.10.4"] |config| config.behaviour.drops_at_unsubscribe = true;
    "forget-at-restart" "has nothing of sessions and retained messages after a restart"
        ["4.1"] |config| (config.behaviour.keeps_at_restart, config.behaviour.keeps_when_killed) = (false, false);
    "forget-when-killed" "has nothing of sessions and retained messages after it ended without warning"
        ["4.1"] |config| config.behaviour.keeps_when_killed = false;
    "system-topics" "publishes counters below $SYS every 10 s"
        ["4.7.2"] |config| config.sys_interval = Some(Duration::from_secs(10));
    "tell-wrong-protocol-name" "answers a 5.0 CONNECT with a wrong Protocol Name by CONNACK with 0x84"
        ["5.0 3.1.2.1"] |config| config.behaviour.tells_wrong_protocol_name = true;
    "only-v3.1.1" "speaks 3.1.1 only"
        ["5.0 3.1.2.2"] |config| (config.accept_v311, config.accept_v5) = (true, false);
    "only-v5" "speaks 5.0 only"
        ["3.1.1 3.1.2.2"] |config| (config.accept_v311, config.accept_v5) = (false, true);
}
