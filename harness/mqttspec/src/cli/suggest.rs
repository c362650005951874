//! The names that are meant by a name that is none.

use mqttspec_engine::plan::Case;
use std::collections::BTreeSet;

/// The most names that are suggested.
const MOST: usize = 3;

/// Those of the names that are few slips of a finger away, the nearest first.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let name = name.to_lowercase();
    let allowed = (name.chars().count() / 3).clamp(1, 5);
    let distance = |known: &'n str| {
        // The area may have been left out.
        let last = known.rsplit_once('/').map_or(known, |(_, last)| last);
        let whole = strsim::damerau_levenshtein(&name, &known.to_lowercase());
        let distance = whole.min(strsim::damerau_levenshtein(&name, &last.to_lowercase()));
        (distance <= allowed && distance < known.chars().count()).then_some((distance, known))
    };
    let mut near: Vec<(usize, &str)> = known.into_iter().filter_map(distance).collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// What a selector may have meant: areas, scenarios and statements before cases.
pub(super) fn selectors(name: &str, cases: &[Case]) -> Vec<String> {
    let areas = cases.iter().map(|case| case.scenario.area.clone());
    let scenarios = cases.iter().map(|case| case.scenario.path());
    let statements = cases.iter().flat_map(|case| case.statements().map(str::to_owned).collect::<Vec<_>>());
    let names: BTreeSet<String> = areas.chain(scenarios).chain(statements).collect();
    let near = if name.contains('@') { Vec::new() } else { nearest(name, names.iter().map(String::as_str)) };
    let near = if near.is_empty() { nearest(name, cases.iter().map(|case| case.id.as_str())) } else { near };
    near.into_iter().map(str::to_owned).collect()
}

/// `did you mean `a` or `b`?`, or something else to do.
pub(super) fn did_you_mean(near: &[impl AsRef<str>], otherwise: &str) -> String {
    if near.is_empty() {
        return otherwise.to_owned();
    }
    let near: Vec<String> = near.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    format!("did you mean {}? {otherwise}", near.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips() {
        let known = ["qos", "qos/qos1-handshake", "qos/qos2-handshake", "will", "MQTT-4.3.3-10"];
        assert_eq!(nearest("qso", known), ["qos"]);
        assert_eq!(nearest("qos1-handshake", known), ["qos/qos1-handshake", "qos/qos2-handshake"]);
        assert_eq!(nearest("qos/qos1-handshak", known)[0], "qos/qos1-handshake");
        assert_eq!(nearest("mqtt-4.3.3-11", known), ["MQTT-4.3.3-10"]);
        assert!(nearest("mosquitto", known).is_empty());
    }
}
