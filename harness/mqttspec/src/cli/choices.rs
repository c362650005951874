//! `mqttspec choices`, and `--choose`.

use super::failure::Failure;
use super::output;
use super::suggest::{did_you_mean, nearest};
use mqttspec_broker::{Choice, Config};

/// Lists what can be chosen.
pub(super) fn choices() -> Result<u8, Failure> {
    let width = Choice::ALL.iter().map(|choice| choice.name.len()).max().unwrap_or(0);
    let line = |choice: &Choice| format!("{:width$}  {} ({})\n", choice.name, choice.does, choice.left_by);
    output::print(&Choice::ALL.iter().map(line).collect::<String>())
}

/// The reference broker with these choices made, in their order.
pub(super) fn config(names: &[String]) -> Result<Config, Failure> {
    let mut config = Config::default();
    for name in names {
        match Choice::named(name) {
            Some(choice) => choice.apply(&mut config),
            None => {
                let near = nearest(name, Choice::ALL.iter().map(|choice| choice.name));
                let help = did_you_mean(&near, "`mqttspec choices` lists them");
                return Err(Failure::usage(format!("no choice is called `{name}`"), help));
            }
        }
    }
    Ok(config)
}
