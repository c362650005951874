//! Topic filters that match too much or too little.

use super::tools::matches;
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{Context, Packet, Publish, Sender, Text, inspect};

/// Whether a filter matches a topic, in the saboteur's eyes.
type Matcher = fn(&str, &str) -> bool;

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new("plus-for-several-levels", "lets + stand for several levels", &["MQTT-3.3.2-3"], &["MQTT-3.3.2-3"])
        .client(|s, connection, packet| {
            stray(s, connection, packet, |filter, topic| {
                filter.ends_with('+')
                    && matches(filter.replace('+', "#").as_bytes(), topic.as_bytes())
                    && below(filter, topic)
            })
        }),
    Sabotage::new(
        "plus-for-no-level",
        "lets a + at the end stand for no level, too",
        &["MQTT-3.3.2-3"],
        &["MQTT-3.3.2-3"],
    )
    .client(|s, connection, packet| {
        stray(s, connection, packet, |filter, topic| {
            filter.strip_suffix("/+").is_some_and(|parent| matches(parent.as_bytes(), topic.as_bytes()))
        })
    }),
    Sabotage::new(
        "plus-not-for-empty-level",
        "does not let + stand for an empty level",
        &["MQTT-4.5.0-1"],
        &["MQTT-4.5.0-1"],
    )
    .server(|s, connection, packet| {
        miss(s, connection, packet, |filter, topic| {
            let mut levels = filter.split('/').zip(topic.split('/'));
            !levels.any(|(filter, topic)| filter == "+" && topic.is_empty())
        })
    }),
    Sabotage::new(
        "hash-not-for-parent",
        "does not let # stand for the parent level",
        &["MQTT-4.5.0-1"],
        &["MQTT-4.5.0-1"],
    )
    .server(|s, connection, packet| {
        miss(s, connection, packet, |filter, topic| {
            !filter.ends_with("/#") || filter.split('/').count() <= topic.split('/').count()
        })
    }),
    Sabotage::new(
        "hash-for-one-level",
        "does not let # stand for more than one level",
        &["MQTT-4.5.0-1"],
        &["MQTT-4.5.0-1"],
    )
    .server(|s, connection, packet| {
        miss(s, connection, packet, |filter, topic| {
            !filter.ends_with('#') || filter.split('/').count() >= topic.split('/').count()
        })
    }),
    Sabotage::new("hash-as-prefix", "lets a/# match ab, too", &["MQTT-3.3.2-3"], &["MQTT-3.3.2-3"]).client(
        |s, connection, packet| {
            stray(s, connection, packet, |filter, topic| {
                filter.strip_suffix("/#").is_some_and(|parent| topic.starts_with(parent))
            })
        },
    ),
    Sabotage::new("wildcards-not-together", "knows no filter with both + and #", &["MQTT-4.5.0-1"], &["MQTT-4.5.0-1"])
        .server(|s, connection, packet| {
            miss(s, connection, packet, |filter, _| !(filter.contains('+') && filter.contains('#')))
        }),
    Sabotage::new(
        "plain-filter-as-prefix",
        "delivers all topics that begin with a filter without wildcards",
        &["MQTT-3.3.2-3"],
        &["MQTT-3.3.2-3"],
    )
    .client(|s, connection, packet| {
        stray(s, connection, packet, |filter, topic| !filter.contains(['+', '#']) && topic.starts_with(filter))
    }),
    Sabotage::new(
        "plain-filter-for-parent",
        "delivers the parent of the topic that a filter without wildcards names",
        &["MQTT-3.3.2-3"],
        &["MQTT-3.3.2-3"],
    )
    .client(|s, connection, packet| {
        stray(s, connection, packet, |filter, topic| {
            !filter.contains(['+', '#']) && filter.rsplit_once('/').is_some_and(|(parent, _)| parent == topic)
        })
    }),
    Sabotage::new(
        "empty-levels-ignored",
        "reads two separators as one, and none at the ends",
        &["MQTT-3.3.2-3"],
        &["MQTT-3.3.2-3"],
    )
    .client(|s, connection, packet| {
        stray(s, connection, packet, |filter, topic| {
            let full = |text: &str| text.split('/').filter(|level| !level.is_empty()).collect::<Vec<_>>().join("/");
            matches(full(filter).as_bytes(), full(topic).as_bytes())
        })
    }),
    Sabotage::new(
        "leading-separator-ignored",
        "reads a topic without the separator at its front",
        &["MQTT-3.3.2-3"],
        &["MQTT-3.3.2-3"],
    )
    .client(|s, connection, packet| {
        stray(s, connection, packet, |filter, topic| {
            let cut = |text: &str| text.trim_start_matches('/').to_owned();
            matches(cut(filter).as_bytes(), cut(topic).as_bytes())
        })
    }),
    Sabotage::new(
        "leading-separator-unknown",
        "delivers no topic that begins with a separator",
        &["MQTT-4.5.0-1"],
        &["MQTT-4.5.0-1"],
    )
    .server(|s, connection, packet| miss(s, connection, packet, |_, topic| !topic.starts_with('/'))),
    Sabotage::new(
        "dollar-topics-by-wildcard",
        "lets a wildcard at the front of a filter match a topic that begins with $",
        &["MQTT-4.7.2-1"],
        &["MQTT-4.7.2-1"],
    )
    .client(|s, connection, packet| {
        stray(s, connection, packet, |filter, topic| {
            filter.starts_with(['+', '#'])
                && topic.strip_prefix('$').is_some_and(|rest| matches(filter.as_bytes(), format!("x{rest}").as_bytes()))
        })
    }),
    Sabotage::new("case-ignored", "matches topics without regard to ASCII case", &["MQTT-4.7.3-4"], &["MQTT-4.7.3-4"])
        .client(|s, connection, packet| {
            stray(s, connection, packet, |filter, topic| {
                matches(filter.to_ascii_lowercase().as_bytes(), topic.to_ascii_lowercase().as_bytes())
            })
        }),
    Sabotage::new(
        "case-of-all-letters-ignored",
        "matches topics without regard to the case of letters beyond ASCII",
        &["MQTT-4.7.3-4"],
        &["MQTT-4.7.3-4"],
    )
    .client(|s, connection, packet| {
        stray(s, connection, packet, |filter, topic| {
            let beyond = |c: char| if c.is_ascii() { vec![c] } else { c.to_lowercase().collect() };
            let lower = |text: &str| text.chars().flat_map(beyond).collect::<String>();
            matches(lower(filter).as_bytes(), lower(topic).as_bytes())
        })
    }),
    Sabotage::new(
        "characters-composed",
        "composes characters before it matches topics",
        &["MQTT-4.7.3-4"],
        &["MQTT-4.7.3-4"],
    )
    .client(|s, connection, packet| {
        stray(s, connection, packet, |filter, topic| {
            // One pair is enough to show it.
            let composed = |text: &str| text.replace("e\u{301}", "\u{e9}");
            matches(composed(filter).as_bytes(), composed(topic).as_bytes())
        })
    }),
    Sabotage::new(
        "byte-order-mark-stripped",
        "takes U+FEFF out of the names of topics",
        &["MQTT-1.5.3-3"],
        &["MQTT-1.5.4-3"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Publish(publish) => {
            let topic = publish.topic.as_str().unwrap_or_default().replace('\u{feff}', "");
            s.instead(connection, &Packet::Publish(Publish { topic: Text::from(topic.as_str()), ..*publish }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "byte-order-mark-ignored",
        "matches topics as if U+FEFF did not stand in them",
        &["MQTT-1.5.3-3"],
        &["MQTT-1.5.4-3"],
    )
    .client(|s, connection, packet| {
        stray(s, connection, packet, |filter, topic| {
            let bare = |text: &str| text.replace('\u{feff}', "");
            matches(bare(filter).as_bytes(), bare(topic).as_bytes())
        })
    }),
    Sabotage::new(
        "wildcard-topic-forwarded",
        "delivers a PUBLISH with a wildcard in its Topic Name",
        &["MQTT-3.3.2-2"],
        &["MQTT-3.3.2-2"],
    )
    .malformed(forward_wildcards),
];

/// Whether a topic has at least as many levels as a filter.
fn below(filter: &str, topic: &str) -> bool {
    topic.split('/').count() > filter.split('/').count()
}

/// Delivers what a Client publishes to those, too, whose filters match in the saboteur's eyes alone.
fn stray(s: &mut Saboteur, _: ConnectionId, packet: &Packet<'_>, matcher: Matcher) -> Fate {
    if let Packet::Publish(publish) = packet {
        let topic = publish.topic.as_bytes();
        s.scatter(topic, publish.payload, |filter| !matches(filter, topic) && both(filter, topic, matcher));
    }
    Fate::Pass
}

/// Loses what no filter of the Client matches in the saboteur's eyes.
fn miss(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, matcher: Matcher) -> Fate {
    let Packet::Publish(publish) = packet else { return Fate::Pass };
    let topic = publish.topic.as_bytes();
    let mut filters = s.session(connection).filters.keys();
    if filters.any(|filter| matches(filter, topic) && both(filter, topic, matcher)) {
        return Fate::Pass;
    }
    s.lose(connection, publish)
}

fn both(filter: &[u8], topic: &[u8], matcher: Matcher) -> bool {
    core::str::from_utf8(filter).ok().zip(core::str::from_utf8(topic).ok()).is_some_and(|(f, t)| matcher(f, t))
}

fn forward_wildcards(s: &mut Saboteur, connection: ConnectionId, bytes: &[u8]) -> Fate {
    let context = Context::new(s.line(connection).version, Sender::Client);
    if let Some(Packet::Publish(publish)) = inspect(bytes, &context).packet {
        let topic = publish.topic.as_bytes();
        // A filter that ends with # takes any characters behind its parent.
        let parent = |filter: &[u8]| filter.strip_suffix(b"#").is_some_and(|parent| topic.starts_with(parent));
        s.scatter(topic, publish.payload, parent);
    }
    Fate::Pass
}
