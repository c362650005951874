//! The values of arguments.

use crate::serve::access;
use crate::transport::Transport;
use clap::ValueEnum;
use mqttspec_codec::Version;
use mqttspec_engine::plan::Case;
use mqttspec_engine::scenario::Value;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A version, by any of the names that MQTT clients use.
pub(super) fn version(text: &str) -> Result<Version, String> {
    let lower = text.to_ascii_lowercase();
    let number = lower.strip_prefix("mqtt").unwrap_or(&lower);
    match number.strip_prefix('v').unwrap_or(number) {
        "5" | "5.0" | "50" => Ok(Version::V5),
        "3.1.1" | "311" | "3" | "4" => Ok(Version::V311),
        _ => Err("3.1.1 or 5".to_owned()),
    }
}

/// A time in seconds, more than none.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds, such as 5 or 0.5".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if time >= Duration::from_millis(1) && time <= Duration::from_secs(86_400) => Ok(time),
        _ => Err("between 0.001 and 86400 seconds".to_owned()),
    }
}

/// How many times longer.
pub(super) fn factor(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if (0.1..=100.0).contains(&factor) => Ok(factor),
        _ => Err("a number from 0.1 to 100".to_owned()),
    }
}

/// A number, at least 1.
pub(super) fn rate(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err("a whole number, at least 1".to_owned()),
    }
}

/// A part of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Which, from 1.
    pub(super) index: u32,
    /// Of how many.
    pub(super) count: u32,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// `2/5`.
pub(super) fn part(text: &str) -> Result<Part, String> {
    let wrong = || "which part of how many, such as 2/5: from 1/5 to 5/5".to_owned();
    let (index, count) = text.split_once('/').ok_or_else(wrong)?;
    match (index.parse(), count.parse()) {
        (Ok(index @ 1..), Ok(count @ 1..=1000)) if index <= count => Ok(Part { index, count }),
        _ => Err(wrong()),
    }
}

/// What carries MQTT, by its word.
pub(super) fn transport(text: &str) -> Result<Transport, String> {
    let named = |transport: &Transport| transport.word() == text;
    Transport::ALL.into_iter().find(named).ok_or_else(|| "tcp, tls, ws or wss".to_owned())
}

/// A User Name and a Password.
pub(super) fn user(text: &str) -> Result<(String, Vec<u8>), String> {
    access::user(text).ok_or_else(|| "NAME:PASSWORD".to_owned())
}

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The address, if one is named.
    pub(super) address: Option<IpAddr>,
    /// The port; 0 is a free one.
    pub(super) port: u16,
}

/// `[ADDRESS:]PORT`, an IPv6 address in brackets.
pub(super) fn place(text: &str) -> Result<Place, String> {
    if let Ok(port) = text.parse() {
        return Ok(Place { address: None, port });
    }
    match text.parse::<SocketAddr>() {
        Ok(socket) => Ok(Place { address: Some(socket.ip()), port: socket.port() }),
        Err(_) => Err("a port such as 8883, or an address and a port such as 127.0.0.1:8883 or [::1]:8883".to_owned()),
    }
}

/// Something that a server may do without, and that `--require` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Feature {
    Qos1,
    Qos2,
    Retain,
    Wildcard,
    Shared,
    SubscriptionIdentifier,
    TopicAlias,
    ReceiveMaximum,
}

impl Feature {
    /// Whether the case makes sense only with it.
    pub(super) fn is_needed_by(self, case: &Case) -> bool {
        case.scenario.requires.iter().any(|requirement| {
            let wanted = number(&requirement.value, case);
            match (self, requirement.key.as_str()) {
                (Self::Qos1, "max-qos") => wanted >= 1,
                (Self::Qos2, "max-qos") => wanted >= 2,
                (Self::Retain, "retain")
                | (Self::Wildcard, "wildcard")
                | (Self::Shared, "shared")
                | (Self::SubscriptionIdentifier, "subscription-identifier")
                | (Self::TopicAlias, "topic-alias")
                | (Self::ReceiveMaximum, "receive-maximum") => wanted >= 1,
                _ => false,
            }
        })
    }
}

/// The number that a requirement comes to under the choices of a case.
fn number(value: &Value, case: &Case) -> u64 {
    match value {
        Value::Number(number) => *number,
        Value::Bool(value) => u64::from(*value),
        Value::Text(text) => {
            let name = text.trim_start_matches(['$', '{']).trim_end_matches('}');
            let choice = case.choices.iter().find(|(axis, _)| axis == name).map_or(text, |(_, value)| value);
            choice.parse().unwrap_or(0)
        }
        Value::Bytes(_) | Value::Fill { .. } | Value::Null => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Corpus;
    use mqttspec_engine::plan;
    use mqttspec_engine::scenario::{self, Source};
    use std::sync::Arc;

    #[test]
    fn names_of_versions() {
        for name in ["5", "5.0", "v5", "V5", "v5.0", "mqttv5", "MQTTv5", "mqtt5", "mqttv50"] {
            assert_eq!(version(name), Ok(Version::V5), "{name}");
        }
        for name in ["3.1.1", "311", "v3.1.1", "v311", "mqttv311", "MQTTv3.1.1", "3", "4"] {
            assert_eq!(version(name), Ok(Version::V311), "{name}");
        }
        for name in ["", "6", "3.1", "31", "mqttv31", "five", "v"] {
            assert!(version(name).is_err(), "{name}");
        }
    }

    #[test]
    fn parts() {
        assert_eq!(part("2/5"), Ok(Part { index: 2, count: 5 }));
        assert_eq!(part("1/1"), Ok(Part { index: 1, count: 1 }));
        for text in ["", "2", "0/5", "6/5", "2/0", "-1/5", "1/1001", "a/b", "1/2/3"] {
            assert!(part(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(seconds("5"), Ok(Duration::from_secs(5)));
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        for text in ["0", "-1", "NaN", "inf", "1e300", "5s", "", "0.0001"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn factors() {
        assert_eq!(factor("2.5"), Ok(2.5));
        for text in ["0", "-1", "NaN", "inf", "101", "x", ""] {
            assert!(factor(text).is_err(), "{text}");
        }
    }

    #[test]
    fn places() {
        assert_eq!(place("8883"), Ok(Place { address: None, port: 8883 }));
        assert_eq!(place("127.0.0.1:0"), Ok(Place { address: Some([127, 0, 0, 1].into()), port: 0 }));
        assert_eq!(place("[::1]:1"), Ok(Place { address: Some("::1".parse().expect("an address")), port: 1 }));
        for text in ["", ":1", "::1", "localhost:1", "65536", "127.0.0.1", "-1"] {
            assert!(place(text).is_err(), "{text}");
        }
        assert_eq!(transport("wss"), Ok(Transport::Wss));
        assert!(transport("mqtts").is_err());
    }

    #[test]
    fn features_that_a_case_needs() {
        let text = r#"
            scenario s {
              title "A title"
              rule r "PINGREQ is answered" v5=MQTT-3.12.4-1
              matrix version=v5 qos="0 1 2"
              requires max-qos=$qos retain=#true wildcard=#false
              client c
              c alive rule=r
            }"#;
        let source = Arc::new(Source { path: "s.kdl".to_owned(), text: text.to_owned() });
        let loaded =
            scenario::load(source, "own", &Corpus::built_in().expect("scenarios").catalogue).expect("a scenario");
        let cases = plan::cases(&Arc::new(loaded.into_iter().next().expect("one")));
        let needing = |feature: Feature| cases.iter().filter(|case| feature.is_needed_by(case)).count();
        let rows = [
            (Feature::Qos1, 2),
            (Feature::Qos2, 1),
            (Feature::Retain, 3),
            (Feature::Wildcard, 0),
            (Feature::Shared, 0),
        ];
        for (feature, count) in rows {
            assert_eq!(needing(feature), count, "{feature:?}");
        }
    }
}
