//! What a server may choose, and its limits.

use core::time::Duration;
use mqttspec_codec::QoS;

/// What the broker supports, and where it stops. [`Config::default`] supports everything.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether clients of 3.1.1 are served.
    pub accept_v311: bool,
    /// Whether clients of 5.0 are served.
    pub accept_v5: bool,
    /// The User Name and Password that a CONNECT must carry; `None` lets everyone in.
    pub credentials: Option<(String, Vec<u8>)>,
    /// The largest Control Packet that is taken, in bytes; told to 5.0 clients as Maximum Packet Size.
    pub maximum_packet_size: u32,
    /// How many QoS 1 and QoS 2 PUBLISH packets a 5.0 client may have unacknowledged; 0 counts as 1.
    pub receive_maximum: u16,
    /// The highest Topic Alias that a client may use; 0 for none.
    pub topic_alias_maximum: u16,
    /// The highest QoS that is served.
    pub maximum_qos: QoS,
    /// Whether messages can be retained.
    pub retain_available: bool,
    /// Whether topic filters may hold wildcards.
    pub wildcard_subscription_available: bool,
    /// Whether a 5.0 SUBSCRIBE may carry a Subscription Identifier.
    pub subscription_identifiers_available: bool,
    /// Whether there are shared subscriptions (5.0).
    pub shared_subscription_available: bool,
    /// The Keep Alive, in seconds, that 5.0 clients have to use instead of their own.
    pub server_keep_alive: Option<u16>,
    /// The longest Session Expiry Interval, in seconds, that a 5.0 client gets.
    pub session_expiry_interval_maximum: Option<u32>,
    /// The Response Information for 5.0 clients that ask for it.
    pub response_information: Option<String>,
    /// Whether refusals say why with a Reason String (5.0).
    pub reason_strings: bool,
    /// Whether a payload that claims to be UTF-8 (Payload Format Indicator 1) is held to it.
    pub check_payload_format: bool,
    /// How long a new Network Connection may do without a CONNECT.
    pub connect_timeout: Option<Duration>,
    /// The longest Client Identifier, in bytes. The specifications ask for 23 at least.
    pub client_identifier_maximum: usize,
    /// The most sessions, connected or not.
    pub session_maximum: usize,
    /// The most messages that wait in one session; further ones are discarded.
    pub queue_maximum: usize,
    /// The most QoS 1 and QoS 2 messages that are under way to one client, whatever it allows; 0 counts as 1.
    pub in_flight_maximum: u16,
    /// The most subscriptions of one session.
    pub subscription_maximum: usize,
    /// The most retained messages.
    pub retained_maximum: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            accept_v311: true,
            accept_v5: true,
            credentials: None,
            maximum_packet_size: 2 * 1024 * 1024,
            receive_maximum: 64,
            topic_alias_maximum: 16,
            maximum_qos: QoS::ExactlyOnce,
            retain_available: true,
            wildcard_subscription_available: true,
            subscription_identifiers_available: true,
            shared_subscription_available: true,
            server_keep_alive: None,
            session_expiry_interval_maximum: None,
            response_information: None,
            reason_strings: true,
            check_payload_format: true,
            connect_timeout: Some(Duration::from_secs(30)),
            client_identifier_maximum: usize::from(u16::MAX),
            session_maximum: 10_000,
            queue_maximum: 10_000,
            in_flight_maximum: u16::MAX,
            subscription_maximum: 10_000,
            retained_maximum: 10_000,
        }
    }
}
