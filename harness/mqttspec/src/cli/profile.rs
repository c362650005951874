//! `mqttspec profile`.

use super::args::ProfileCommand;
use super::failure::Failure;
use super::output;
use super::suggest::{did_you_mean, nearest};
use crate::corpus;

pub(super) fn profile(command: &ProfileCommand) -> Result<u8, Failure> {
    match command {
        ProfileCommand::List => {
            let mut names: Vec<String> = corpus::built_in_profiles().collect();
            names.sort();
            output::print(&names.iter().map(|name| format!("{name}\n")).collect::<String>())
        }
        ProfileCommand::Show { name } => match corpus::built_in_profile(name) {
            Some(text) => output::print(text),
            None => {
                let names: Vec<String> = corpus::built_in_profiles().collect();
                let near = nearest(name, names.iter().map(String::as_str));
                let help = did_you_mean(&near, "`mqttspec profile list` lists them");
                Err(Failure::usage(format!("no profile is called `{name}`"), help))
            }
        },
    }
}
