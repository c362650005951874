//! One entry for most tests: a scenario, a server's script, and what must be told.

#[path = "support/driver.rs"]
pub(crate) mod driver;
#[path = "support/packets.rs"]
pub(crate) mod packets;
#[path = "support/script.rs"]
pub(crate) mod script;
#[path = "support/wild.rs"]
pub(crate) mod wild;

use driver::{Played, play};
use mqttspec_engine::event::{RuleKind, RuleState};
use mqttspec_engine::plan::{self, Case};
use mqttspec_engine::player::Settings;
use mqttspec_engine::scenario::{self, Source};
use mqttspec_engine::statement::{Catalogue, Texts};
use script::Script;
use std::sync::{Arc, LazyLock};

pub(crate) static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
    let read = |name: &str| {
        let path = format!("{}/../../scenarios/statements/{name}.kdl", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("the catalogue can be read")
    };
    let (v311, v5) = (["mqtt-3.1.1", "prose-3.1.1"].map(read), ["mqtt-5.0", "prose-5.0"].map(read));
    Arc::new(Catalogue::load(texts(&v311), texts(&v5)).expect("the catalogue is valid"))
});

fn texts([numbered, prose]: &[String; 2]) -> Texts<'_> {
    Texts { numbered, prose }
}

/// Rules that a test names without declaring them: what they are, 3.1.1, 5.0, the level.
const RULES: [(&str, &str, &str, &str); 6] = [
    ("r", "MQTT-4.5.0-1", "MQTT-4.5.0-1", ""),
    ("q", "MQTT-3.8.4-6", "MQTT-3.8.4-8", ""),
    ("should", "MQTT-4.5.0-1", "MQTT-4.5.0-1", "level=should"),
    ("info", "MQTT-4.5.0-1", "MQTT-4.5.0-1", "level=info"),
    ("closes", "MQTT-4.8.0-1", "MQTT-4.13.1-1", ""),
    ("silent", "MQTT-3.3.2-3", "MQTT-3.3.2-3", ""),
];

/// The cases of a scenario body: head and steps, with title, matrix and known rules put before it.
pub(crate) fn cases(version: &str, body: &str) -> Vec<Case> {
    let mut text = format!("scenario s {{\n  title \"a test\"\n  matrix version=\"{version}\"\n");
    for (name, v311, v5, level) in RULES {
        if body.contains(&format!("rule={name}")) {
            text.push_str(&format!("  rule {name} \"{name} holds\" "));
            let ids = [("v3.1.1", v311), ("v5", v5)].into_iter().filter(|(key, _)| version.contains(key));
            ids.for_each(|(key, id)| text.push_str(&format!("{key}={id} ")));
            text.push_str(&format!("{level}\n"));
        }
    }
    text.push_str(body);
    text.push_str("\n}\n");
    let source = Arc::new(Source { path: "s.kdl".to_owned(), text });
    let scenarios = scenario::load(source, "test", &CATALOGUE).unwrap_or_else(|error| panic!("{error}: {error:?}"));
    scenarios.into_iter().map(Arc::new).flat_map(|scenario| plan::cases(&scenario)).collect()
}

pub(crate) fn settings() -> Settings {
    Settings { topic_prefix: "p".to_owned(), client_id_prefix: "c".to_owned(), ..Settings::default() }
}

/// A case to be played; `version` may be both.
pub(crate) struct Test<'t> {
    pub(crate) version: &'t str,
    pub(crate) control: bool,
    pub(crate) body: &'t str,
    pub(crate) server: &'t str,
    pub(crate) settings: Settings,
}

impl<'t> Test<'t> {
    pub(crate) fn new(version: &'t str, body: &'t str, server: &'t str) -> Self {
        Self { version, control: false, body, server, settings: settings() }
    }

    pub(crate) fn control(mut self) -> Self {
        self.control = true;
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    pub(crate) fn play(&self) -> Vec<Played> {
        let cases = cases(self.version, self.body).into_iter().filter(|case| case.is_control == self.control);
        cases.map(|case| play(case, self.settings.clone(), &mut Script::new(self.server))).collect()
    }

    /// The first line is the verdict. Each other line stands in what is told; with a `!`, it does not. Findings and
    /// things left behind are told or there are none.
    #[track_caller]
    pub(crate) fn expect(&self, expected: &str) -> Vec<Played> {
        let all = self.play();
        assert!(!all.is_empty(), "no case");
        for played in &all {
            let told = told(played);
            let mut lines = expected.lines().map(str::trim).filter(|line| !line.is_empty());
            assert_eq!(lines.next().unwrap_or(""), played.result.verdict.word(), "{}\n{told}", played.result.case);
            for line in lines.clone() {
                match line.strip_prefix('!') {
                    Some(absent) => assert!(!told.contains(absent.trim()), "`{absent}` is told:\n{told}"),
                    None => assert!(told.contains(line), "`{line}` is not told:\n{told}"),
                }
            }
            for kind in ["finding", "left behind"] {
                let silent = !lines.clone().any(|line| line.starts_with(kind));
                assert!(!silent || !told.contains(kind), "an unexpected {kind}:\n{told}");
            }
        }
        all
    }
}

/// A case with a script, and what must be told; see [`Test::expect`].
#[track_caller]
pub(crate) fn check(version: &str, body: &str, server: &str, expected: &str) {
    Test::new(version, body, server).expect(expected);
}

/// What came out, in lines.
pub(crate) fn told(played: &Played) -> String {
    let result = &played.result;
    let mut text = format!("{} {}\nreason: {}\n", result.verdict.word(), result.case, result.reason);
    for rule in &result.rules {
        let kind = if rule.kind == RuleKind::Owed { "owed" } else { "rule" };
        let state = match rule.state {
            RuleState::Proved => "proved",
            RuleState::Broken => "broken",
            RuleState::NotReached => "not reached",
        };
        text.push_str(&format!("{kind} {}: {state} {}", rule.name, rule.statement));
        if let Some(silence) = rule.silence {
            text.push_str(&format!(" {silence:?}"));
        }
        if let Some(breach) = &rule.breach {
            text.push_str(&format!(" -- expected {}, got {}", breach.expected, breach.actual));
            text.push_str(&format!(" hex={} late={}", breach.hex.as_deref().unwrap_or("none"), breach.late));
        }
        text.push('\n');
    }
    for finding in &played.findings {
        let statement = finding.statement.as_deref().unwrap_or("none");
        text.push_str(&format!("finding {statement} {:?} {} hex={}\n", finding.level, finding.text, finding.hex));
    }
    for left in &result.left_behind {
        text.push_str(&format!("left behind {left}\n"));
    }
    text.push_str("transcript:\n");
    for line in &played.transcript {
        text.push_str(&format!("  {line}\n"));
    }
    text
}
