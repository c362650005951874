//! What proves each statement that binds a Server.

pub mod breach;
pub mod report;

use breach::Played;
use mqttspec_broker::Sabotage;
use mqttspec_codec::seeds::form;
use mqttspec_codec::{Sender, Version};
use mqttspec_engine::plan::Case;
use mqttspec_engine::statement::{Catalogue, Level, Statement, whole};
use mqttspec_engine::watch;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How a statement is seen to be obeyed or broken: the strongest way of those that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// A rule of a scenario proves it.
    Rule,
    /// Every case is owed an answer by it.
    Owed,
    /// What the Server sends is held against it, in every case.
    Monitor,
    /// It cannot be observed.
    Unobservable,
    /// Nothing proves it, though something could.
    Uncovered,
}

impl Way {
    /// Every way, in the order in which they are told.
    pub const ALL: [Self; 5] = [Self::Rule, Self::Owed, Self::Monitor, Self::Unobservable, Self::Uncovered];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Owed => "owed",
            Self::Monitor => "monitor",
            Self::Unobservable => "unobservable",
            Self::Uncovered => "uncovered",
        }
    }
}

/// A rule of a scenario that proves a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// `area/name`.
    pub scenario: String,
    /// The rule, in words.
    pub rule: String,
    /// What breaks it makes a case fail (must), or less.
    pub level: Level,
    /// The cases that name it.
    pub cases: Vec<String>,
}

/// A statement, and all that proves it.
#[derive(Clone, Debug, Serialize)]
pub struct Covered {
    /// `MQTT-4.3.3-2`.
    pub id: String,
    /// The section that holds it.
    pub section: String,
    /// What it asks.
    pub level: Level,
    /// What it asks, in our words.
    pub summary: String,
    /// Whether the standard gives it no number.
    pub prose: bool,
    /// The strongest way in which it is proved; of a statement with clauses that of the clause that is proved worst.
    pub way: Way,
    /// Why it cannot be observed, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The rules of scenarios.
    pub rules: Vec<Proof>,
    /// The answers that every case is owed by it.
    pub owed: Vec<String>,
    /// What is watched on every connection.
    pub monitors: Vec<String>,
    /// The saboteurs that break it.
    pub saboteurs: Vec<&'static str>,
    /// Its clauses that bind a Server. What proves them is told of each, not of the whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Covered>,
}

impl Covered {
    /// Its clauses, or itself: what can be kept or broken by itself.
    #[must_use]
    pub fn duties(&self) -> &[Self] {
        if self.clauses.is_empty() { std::slice::from_ref(self) } else { &self.clauses }
    }
}

/// What a version is covered by.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// The version.
    pub version: Version,
    /// The numbered statements that bind a Server, in the order of the standard.
    pub statements: Vec<Covered>,
    /// What the text asks of a Server without a number.
    pub prose: Vec<Covered>,
    /// What Clients may do wrong and a Server must answer.
    pub breaches: Vec<Played>,
}

impl Coverage {
    /// What these cases and the player prove of a version.
    #[must_use]
    pub fn new(version: Version, catalogue: &Catalogue, cases: &[Case]) -> Self {
        let rules = rules(version, catalogue, cases);
        let mut statements: Vec<&Statement> = catalogue.statements(version).values().collect();
        statements.sort_by_cached_key(|statement| order(&statement.id));
        let bound = |statement: &&&Statement| statement.binds_server && !statement.is_clause();
        let with_clauses = |statement: &&Statement| {
            let clauses = statement.clauses.iter().filter_map(|id| catalogue.get(version, id));
            let clauses = clauses.filter(|clause| clause.binds_server);
            let clauses = clauses.map(|clause| covered(version, clause, rules.get(&clause.id), Vec::new()));
            covered(version, statement, rules.get(&statement.id), clauses.collect())
        };
        let all = statements.iter().filter(bound).map(with_clauses);
        let (prose, statements) = all.partition(|covered| covered.prose);
        let mut breaches = breach::played(version, catalogue, cases);
        breaches.sort_by_cached_key(|played| order(&played.id));
        Self { version, statements, prose, breaches }
    }

    /// The numbered statements that are proved this way.
    pub fn by(&self, way: Way) -> impl Iterator<Item = &Covered> {
        self.statements.iter().filter(move |covered| covered.way == way)
    }

    /// The clauses of numbered statements, and the statements that have none.
    pub fn duties(&self) -> impl Iterator<Item = &Covered> {
        self.statements.iter().flat_map(Covered::duties)
    }

    /// What the text asks without a number, by clause.
    pub fn of_prose(&self) -> impl Iterator<Item = &Covered> {
        self.prose.iter().flat_map(Covered::duties)
    }

    /// Both.
    pub fn all_duties(&self) -> impl Iterator<Item = &Covered> {
        self.duties().chain(self.of_prose())
    }
}

fn covered(version: Version, statement: &Statement, rules: Option<&Vec<Proof>>, clauses: Vec<Covered>) -> Covered {
    let id = statement.id.as_str();
    let watched = |kind: watch::Kind| {
        let watches = watch::ALL.iter().filter(move |watch| watch.kind == kind && watch.statement(version) == Some(id));
        watches.map(|watch| watch.text.to_owned()).collect::<Vec<_>>()
    };
    let rules = rules.cloned().unwrap_or_default();
    let owed = watched(watch::Kind::Owed);
    let mut monitors = watched(watch::Kind::Monitor);
    // The codec knows whole statements.
    if clauses.is_empty() && (statement.form || !statement.is_clause()) {
        monitors.extend(form_of(version, whole(id)));
    }
    // A rule that only records a choice proves no more than that.
    let proves = |proof: &Proof| proof.level >= Level::Should.min(statement.level);
    let way = match (statement.unobservable.is_some(), rules.iter().any(proves), owed.is_empty(), monitors.is_empty()) {
        (true, ..) => Way::Unobservable,
        (_, true, ..) => Way::Rule,
        (_, _, false, _) => Way::Owed,
        (.., false) => Way::Monitor,
        _ => Way::Uncovered,
    };
    // A clause that cannot be seen hides nothing of the others.
    let seen = clauses.iter().map(|clause| clause.way).filter(|&way| way != Way::Unobservable);
    let way = if clauses.is_empty() { way } else { seen.max().unwrap_or(Way::Unobservable) };
    let breaks = |sabotage: &&Sabotage| sabotage.breaks(version).contains(&id);
    Covered {
        id: statement.id.clone(),
        section: statement.section.clone(),
        level: statement.level,
        summary: statement.summary.clone(),
        prose: statement.prose,
        way,
        why: statement.unobservable.clone(),
        rules,
        owed,
        monitors,
        saboteurs: Sabotage::all().filter(breaks).map(|sabotage| sabotage.name).collect(),
        clauses,
    }
}

/// What the codec refuses in packets of a Server, since all that a Server sends is decoded strictly.
fn form_of(version: Version, id: &str) -> BTreeSet<String> {
    let of_it = |row: &mqttspec_codec::seeds::Row| row.sender == Sender::Server && row.told() == Some(id);
    let rows = form(version).into_iter().filter(of_it);
    rows.filter_map(|row| row.broken.map(|(rule, field)| format!("form: {rule:?} of {field}"))).collect()
}

/// The rules of scenarios by the statement that they name.
fn rules(version: Version, catalogue: &Catalogue, cases: &[Case]) -> BTreeMap<String, Vec<Proof>> {
    let mut proofs: BTreeMap<String, BTreeMap<(String, usize), Proof>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.version == version) {
        for at in case.rules() {
            let rule = &case.scenario.rules[at];
            let Some(id) = rule.statement(version) else { continue };
            let key = (case.scenario.path(), at);
            let proof = proofs.entry(id.to_owned()).or_default().entry(key).or_insert_with(|| Proof {
                scenario: case.scenario.path(),
                rule: rule.text.clone(),
                level: rule.level_in(version, catalogue),
                cases: Vec::new(),
            });
            proof.cases.push(case.id.clone());
        }
    }
    proofs.into_iter().map(|(id, proofs)| (id, proofs.into_values().collect())).collect()
}

/// Ids in the order of the standard: numbers by value.
fn order(id: &str) -> (Vec<u32>, String) {
    let numbers = id.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
    (numbers.collect(), id.to_owned())
}
