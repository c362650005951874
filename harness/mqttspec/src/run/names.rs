//! Names that no two cases, and no two runs on one server, have in common.

use super::Options;
use mqttspec_engine::player::Settings;

/// The longest Client Identifier that every Server must allow ([MQTT-3.1.3-5]), less the two characters that the
/// player adds.
const CLIENT_ID_PREFIX: usize = 21;

impl Options {
    /// What the case of this number in the plan needs to know.
    pub(super) fn settings(&self, number: usize) -> Settings {
        let number = base36(number);
        let run = if self.run_id.is_empty() { String::new() } else { format!("/{}", self.run_id) };
        let mut client_id_prefix: String = self.client_id_prefix.chars().filter(char::is_ascii_alphanumeric).collect();
        client_id_prefix.truncate(CLIENT_ID_PREFIX.saturating_sub(self.run_id.len() + number.len()));
        Settings {
            topic_prefix: format!("{}{run}/{number}", self.topic_prefix.trim_matches('/')),
            client_id_prefix: format!("{client_id_prefix}{}{number}", self.run_id),
            timeout: self.timeout,
            tail: self.tail,
            credentials: self.credentials.clone(),
            declared: self.declared,
            seed: self.seed,
            ..Settings::default()
        }
    }
}

/// Three lower-case alphanumerics, so that no name is the beginning of another.
fn base36(number: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let digit = |at: usize| char::from(DIGITS[at % 36]);
    [digit(number / 1296), digit(number / 36), digit(number)].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_identifiers_stay_within_what_every_server_allows() {
        let options = Options {
            client_id_prefix: "a-prefix-that-is-far-too-long".to_owned(),
            run_id: "abcdef".to_owned(),
            ..Options::default()
        };
        let settings = options.settings(40_000);
        assert_eq!(settings.client_id_prefix.len(), CLIENT_ID_PREFIX);
        assert!(settings.client_id_prefix.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_eq!(settings.topic_prefix, "mqttspec/abcdef/uv4");
    }

    #[test]
    fn no_two_cases_share_a_name() {
        let options = Options::default();
        let names: std::collections::BTreeSet<_> =
            (0..5000).map(|number| options.settings(number).client_id_prefix).collect();
        assert_eq!(names.len(), 5000);
    }
}
