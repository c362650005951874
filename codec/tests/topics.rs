//! Topic matching (section 4.7 of both versions).

use mqttspec_codec::{TopicFilter, TopicName, Version};
use proptest::prelude::*;
use proptest::sample::select;

/// Filter, names that match, names that do not.
const TABLE: [(&str, &[&str], &[&str]); 30] = [
    // 4.7.1.2, the examples.
    (
        "sport/tennis/player1/#",
        &["sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/wimbledon"],
        &["sport/tennis/player2", "sport/tennis", "sport/tennis/player10", "sport/tennis/player1x/ranking"],
    ),
    ("sport/#", &["sport", "sport/", "sport/tennis"], &["sports", "/sport", "Sport"]),
    ("#", &["a", "/", "a/b", "/finance", "//", "a/$SYS"], &["$SYS", "$SYS/x", "$", "$/a"]),
    ("sport/tennis/#", &["sport/tennis", "sport/tennis/player1/ranking"], &["sport"]),
    // 4.7.1.3, the examples.
    (
        "sport/tennis/+",
        &["sport/tennis/player1", "sport/tennis/player2", "sport/tennis/"],
        &["sport/tennis/player1/ranking"],
    ),
    ("sport/+", &["sport/", "sport/a"], &["sport", "sport/a/b"]),
    ("+", &["sport", "a"], &["/finance", "a/b", "a/", "$SYS"]),
    ("+/tennis/#", &["sport/tennis", "/tennis", "/tennis/a/b", "a/tennis/"], &["tennis", "a/b/tennis", "$a/tennis"]),
    ("sport/+/player1", &["sport/tennis/player1", "sport//player1"], &["sport/player1", "sport/a/b/player1"]),
    ("+/+", &["/finance", "/", "a/b", "a/"], &["finance", "/a/b", "$a/b"]),
    ("/+", &["/finance", "/"], &["finance", "//", "/a/b"]),
    // 4.7.2, the examples.
    ("+/monitor/Clients", &["a/monitor/Clients", "/monitor/Clients"], &["$SYS/monitor/Clients"]),
    ("$SYS/#", &["$SYS", "$SYS/", "$SYS/monitor/Clients"], &["$SYSTEM", "SYS/a", "a/$SYS"]),
    ("$SYS/monitor/+", &["$SYS/monitor/Clients", "$SYS/monitor/"], &["$SYS/monitor", "$SYS/monitor/a/b"]),
    ("a/$SYS/#", &["a/$SYS", "a/$SYS/x"], &["$SYS"]),
    ("a/+", &["a/", "a/b", "a/$b"], &["a", "a//", "b/a"]),
    // 4.7.3: case, spaces, and what a leading or trailing separator means.
    ("ACCOUNTS", &["ACCOUNTS"], &["Accounts", "accounts"]),
    ("Accounts payable", &["Accounts payable"], &["Accounts  payable", "Accountspayable", "Accounts payable "]),
    ("/finance", &["/finance"], &["finance", "/finance/"]),
    ("finance", &["finance"], &["/finance", "finance/"]),
    ("/", &["/"], &["//", "a", "/a", "a/"]),
    ("//", &["//"], &["/", "///"]),
    ("a//b", &["a//b"], &["a/b", "a///b", "a/x/b"]),
    ("a/+/b", &["a//b", "a/x/b"], &["a/b", "a///b"]),
    ("/#", &["/", "/a", "//"], &["a", "a/b"]),
    ("+/#", &["a", "/", "a/b", "/a/b"], &["$SYS/x"]),
    ("+/+/#", &["/", "a/b", "a/b/c"], &["a"]),
    ("a/#", &["a", "a/", "a/b", "a//"], &["ab", "a b", "b/a"]),
    // No normalization: the composed and the decomposed form, and U+FEFF, are different characters.
    ("\u{e9}", &["\u{e9}"], &["e\u{301}", "\u{feff}\u{e9}"]),
    ("\u{feff}a/#", &["\u{feff}a", "\u{feff}a/b"], &["a", "a/b"]),
];

fn filter(text: &str, version: Version) -> TopicFilter<'_> {
    TopicFilter::new(text, version).unwrap_or_else(|| panic!("{text} is a filter"))
}

fn name(text: &str) -> TopicName<'_> {
    TopicName::new(text).unwrap_or_else(|| panic!("{text} is a name"))
}

#[test]
fn table() {
    for version in Version::ALL {
        for (text, matching, other) in TABLE {
            let filter = filter(text, version);
            assert_eq!(filter.has_wildcard(), text.contains(['+', '#']), "{text}");
            for topic in matching {
                assert!(filter.matches(name(topic)), "{text:?} matches {topic:?}");
            }
            for topic in other {
                assert!(!filter.matches(name(topic)), "{text:?} does not match {topic:?}");
            }
        }
    }
}

/// What a shared subscription matches is said by the filter behind the share name (5.0 4.8.2).
#[test]
fn shared() {
    for (text, matching, other) in TABLE {
        let shared = format!("$share/g/{text}");
        let filter = filter(&shared, Version::V5);
        assert_eq!((filter.share(), filter.as_str()), (Some("g"), text));
        assert!(matching.iter().all(|topic| filter.matches(name(topic))), "{shared}");
        assert!(!other.iter().any(|topic| filter.matches(name(topic))), "{shared}");
    }
    let plain = filter("$share/g/+", Version::V311);
    assert!(plain.matches(name("$share/g/a")) && !plain.matches(name("a")));
}

/// The definition, level by level and by recursion.
fn naive(filter: &[&str], topic: &[&str]) -> bool {
    match (filter, topic) {
        (["#"], _) | ([], []) => true,
        ([first, filter @ ..], [level, topic @ ..]) => (*first == "+" || first == level) && naive(filter, topic),
        _ => false,
    }
}

fn naive_from_the_top(filter: &str, topic: &str) -> bool {
    let wild = filter.starts_with('+') || filter.starts_with('#');
    let levels = |text| str::split(text, '/').collect::<Vec<_>>();
    !(wild && topic.starts_with('$')) && naive(&levels(filter), &levels(topic))
}

/// Few and short levels, so that filters and names meet often.
fn levels(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::collection::vec(select(of), 1..5).prop_map(|levels| levels.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn agrees_with_the_definition(
        filter in levels(&["", "a", "b", "ab", "$a", "+", "+"]),
        all in any::<bool>(),
        topic in levels(&["", "a", "b", "ab", "$a"]),
    ) {
        let filter = match (all, filter.as_str()) {
            (true, "") => "#".to_owned(),
            (true, _) => format!("{filter}/#"),
            (false, _) => filter,
        };
        for version in Version::ALL {
            if let (Some(parsed), Some(name)) = (TopicFilter::new(&filter, version), TopicName::new(&topic)) {
                prop_assert_eq!(parsed.matches(name), naive_from_the_top(&filter, &topic), "{} {}", filter, topic);
            }
        }
    }

    /// Every name is a filter that matches itself and no other name.
    #[test]
    fn names_match_themselves(one in levels(&["", "a", "b", "ab", "$a"]), other in levels(&["", "a", "b", "ab", "$a"])) {
        if let (Some(filter), Some(one), Some(other)) =
            (TopicFilter::new(&one, Version::V5), TopicName::new(&one), TopicName::new(&other))
        {
            prop_assert!(filter.matches(one));
            prop_assert_eq!(filter.matches(other), one == other);
        }
    }

    /// A filter is lawful when every wildcard fills its level and `#` is last: by the levels, not by the bytes.
    #[test]
    fn lawful_filters(filter in "[ab/+#]{0,8}") {
        let levels = filter.split('/').collect::<Vec<_>>();
        let last = levels.len() - 1;
        let lawful = |(index, level): (usize, &&str)| match *level {
            "+" => true,
            "#" => index == last,
            level => !level.contains(['+', '#']),
        };
        let expected = !filter.is_empty() && levels.iter().enumerate().all(lawful);
        prop_assert_eq!(TopicFilter::new(&filter, Version::V311).is_some(), expected, "{}", filter);
    }
}
