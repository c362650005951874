//! `mqttspec completions` and `mqttspec man`.

use super::args::{Cli, ManArgs};
use super::failure::Failure;
use super::{code, output, suggest};
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

pub(super) fn completions(shell: Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mqttspec", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}

pub(super) fn man(args: &ManArgs) -> Result<u8, Failure> {
    let mut command = Cli::command().version(env!("CARGO_PKG_VERSION"));
    command.build();
    let page = match &args.command {
        None => command,
        Some(name) => match command.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let near = suggest::nearest(name, command.get_subcommands().map(clap::Command::get_name));
                let help = suggest::did_you_mean(&near, "`mqttspec --help` lists the commands");
                return Err(Failure::usage(format!("no command is called `{name}`"), help));
            }
        },
    };
    let mut text = Vec::new();
    let rendered = Man::new(page).render(&mut text);
    rendered.map_err(|error| Failure::new(code::INTERNAL, error.to_string(), None))?;
    output::print(&String::from_utf8_lossy(&text))
}
