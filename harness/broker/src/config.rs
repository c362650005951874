//! What a server may choose, and its limits.

use crate::access::AccessRule;
use crate::administration::Redirection;
use crate::authentication::ChallengeMethod;
use crate::behaviour::Behaviour;
use crate::saboteur::{Sabotage, Switch};
use core::time::Duration;
use mqttspec_codec::QoS;

/// What the broker supports, and where it stops. [`Config::default`] supports everything.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether clients of 3.1.1 are served.
    pub accept_v311: bool,
    /// Whether clients of 5.0 are served.
    pub accept_v5: bool,
    /// The User Names with their Passwords, one pair of which a CONNECT must carry; none lets everyone in.
    pub credentials: Vec<(String, Vec<u8>)>,
    /// Who may publish and subscribe to what; `None` allows everything. A 5.0 client is told with 0x87 in PUBACK,
    /// PUBREC or SUBACK, a 3.1.1 client with 0x80 in SUBACK; a PUBLISH that has no answer to say so is acknowledged
    /// and goes no further.
    pub access_list: Option<Vec<AccessRule>>,
    /// The Authentication Method that 5.0 clients may name in CONNECT; `None` refuses every one (5.0, 4.12). It is
    /// asked for besides the credentials, not in their place.
    pub challenge_method: Option<ChallengeMethod>,
    /// Where every client that would be let in is to go instead.
    pub redirection: Option<Redirection>,
    /// The largest Control Packet that is taken, in bytes; told to 5.0 clients as Maximum Packet Size.
    pub maximum_packet_size: u32,
    /// How many QoS 1 and QoS 2 PUBLISH packets a 5.0 client may have unacknowledged; 0 counts as 1.
    pub receive_maximum: u16,
    /// The highest Topic Alias that a client may use; 0 for none.
    pub topic_alias_maximum: u16,
    /// The most Topic Aliases that the server uses itself towards a client, if the client takes as many; 0 for none.
    pub topic_alias_use: u16,
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
    /// How often the counters below `$SYS/broker/` are published, as retained messages. While they are, clients are
    /// not authorized to publish below `$SYS`. `None` for never.
    pub sys_interval: Option<Duration>,
    /// The most clients that are connected at a time. As many Network Connections again may be without an accepted
    /// CONNECT; further ones are closed at once.
    pub connection_maximum: usize,
    /// The longest Client Identifier, in bytes. The specifications ask for 23 at least.
    pub client_identifier_maximum: usize,
    /// The most sessions, connected or not.
    pub session_maximum: usize,
    /// The most messages that wait in one session. Expired ones give way, further ones are discarded.
    pub queue_maximum: usize,
    /// The most bytes, about, of messages that wait in one session or may have to be sent again to its client; what
    /// is more is discarded.
    pub queue_bytes_maximum: usize,
    /// The most QoS 1 and QoS 2 messages that are under way to one client, whatever it allows; 0 counts as 1.
    pub in_flight_maximum: u16,
    /// The most subscriptions of one session.
    pub subscription_maximum: usize,
    /// The most bytes that are held at a time, over all Network Connections, for clients whose CONNECT is not accepted.
    /// The Network Connection that brings more is closed.
    pub undecided_bytes_maximum: usize,
    /// The most retained messages of clients; those of the server itself do not count.
    pub retained_maximum: usize,
    /// What it does in one way where another would be as lawful.
    pub behaviour: Behaviour,
    /// The clause that is broken on purpose; see [`server`](crate::server()).
    pub sabotage: Option<&'static Sabotage>,
}

impl Config {
    /// Whether the broker does this wrong on purpose.
    pub(crate) fn sabotaged(&self, switch: Switch) -> bool {
        self.sabotage.is_some_and(|sabotage| sabotage.switch == Some(switch))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            accept_v311: true,
            accept_v5: true,
            credentials: Vec::new(),
            access_list: None,
            challenge_method: Some(ChallengeMethod::default()),
            redirection: None,
            maximum_packet_size: 2 * 1024 * 1024,
            receive_maximum: 64,
            topic_alias_maximum: 16,
            topic_alias_use: 16,
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
            sys_interval: None,
            connection_maximum: 10_000,
            client_identifier_maximum: usize::from(u16::MAX),
            session_maximum: 10_000,
            queue_maximum: 10_000,
            queue_bytes_maximum: 64 * 1024 * 1024,
            undecided_bytes_maximum: 64 * 1024 * 1024,
            in_flight_maximum: u16::MAX,
            subscription_maximum: 10_000,
            retained_maximum: 10_000,
            sabotage: None,
            behaviour: Behaviour::default(),
        }
    }
}
