//! `mqttspec init`: a file for a CI service.

use super::args::{InitArgs, Service};
use super::failure::Failure;
use super::{code, output};
use crate::report::text::quoted;
use std::fs::{File, create_dir_all};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

pub(super) fn init(args: &InitArgs) -> Result<u8, Failure> {
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from(file(args.service)));
    let text = text(args)?;
    let write = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or(Ok(()), create_dir_all)?;
        let mut options = File::options();
        // Whatever comes between a look and the writing: what is there stays.
        let options = if args.force { options.create(true).truncate(true) } else { options.create_new(true) };
        options.write(true).open(&path)?.write_all(text.as_bytes())
    };
    write().map_err(|error| cannot(&path, &error))?;
    output::print(&format!("{} is written: commit it, and see what it says of your server\n", path.display()))
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    let (path, help) = (path.display(), "name another file with --output");
    match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::usage(format!("{path} is there already"), format!("--force replaces it; or {help}"))
        }
        _ => Failure::new(code::USAGE, format!("{path} cannot be written: {error}"), Some(help.to_owned())),
    }
}

/// Where the service looks for it.
const fn file(service: Service) -> &'static str {
    match service {
        Service::Github => ".github/workflows/mqttspec.yml",
        Service::Gitlab => ".gitlab-ci.yml",
    }
}

fn text(args: &InitArgs) -> Result<String, Failure> {
    let template = match args.service {
        Service::Github => include_str!("init/github.yml"),
        Service::Gitlab => include_str!("init/gitlab.yml"),
    };
    let install = match &args.install {
        Some(command) => command.clone(),
        None => format!("cargo install --locked mqttspec --version {}", env!("CARGO_PKG_VERSION")),
    };
    for (name, value) in [("--target", &args.target), ("--install", &install)] {
        // In a block of YAML these would be something else, and a workflow would take `${{` for an expression.
        if value.is_empty() || value.contains(['\n', '\r']) || value.contains("${{") {
            return Err(Failure::usage(
                format!("{name} has to be one line of text, without `${{{{`"),
                "write it otherwise",
            ));
        }
    }
    let install = match args.service {
        Service::Github => install,
        Service::Gitlab => format!("'{}'", install.replace('\'', "''")),
    };
    Ok(template.replace("@INSTALL@", &install).replace("@TARGET@", &quoted(&args.target)))
}

#[cfg(test)]
mod tests {
    use super::super::args::{Cli, Command};
    use super::*;
    use clap::Parser;
    use saphyr::{LoadableYamlNode, Yaml};

    /// Every text in a document.
    fn texts(yaml: &Yaml<'_>, out: &mut Vec<String>) {
        if let Some(text) = yaml.as_str() {
            out.push(text.to_owned());
        }
        yaml.as_vec().into_iter().flatten().for_each(|item| texts(item, out));
        yaml.as_mapping().into_iter().flatten().for_each(|(_, value)| texts(value, out));
    }

    fn args(service: Service, target: &str) -> InitArgs {
        let install = Some("curl 'a: b' # it's".to_owned());
        InitArgs { service, target: target.to_owned(), install, output: None, force: false }
    }

    #[test]
    fn what_is_written_is_yaml_whose_commands_are_right() {
        for service in [Service::Github, Service::Gitlab] {
            for target in ["mosquitto", "mqtt://localhost:1883", "my server.kdl"] {
                let written = text(&args(service, target)).unwrap_or_else(|_| panic!("{service:?}"));
                assert!(!written.contains('@') || !written.contains("@TARGET@"), "{written}");
                let documents = Yaml::load_from_str(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
                let mut all = Vec::new();
                documents.iter().for_each(|document| texts(document, &mut all));
                assert!(all.iter().any(|text| text.trim() == "curl 'a: b' # it's"), "{all:?}");
                let commands: Vec<&String> = all.iter().filter(|text| text.starts_with("mqttspec ")).collect();
                assert_eq!(commands.len(), 2, "{all:?}");
                for command in commands {
                    let mut line = command.replace("${{ matrix.part }}", "1").replace('"', "");
                    for (name, value) in
                        [("$CI_NODE_INDEX", "1"), ("$CI_NODE_TOTAL", "2"), ("$GITHUB_STEP_SUMMARY", "s")]
                    {
                        line = line.replace(name, value);
                    }
                    let line = line.replace("'my server.kdl'", "my_server.kdl");
                    let cli =
                        Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{line}: {error}"));
                    match cli.command {
                        Some(Command::Run(run)) => {
                            assert_eq!(run.target.as_deref(), Some(target.replace(' ', "_").as_str()));
                            assert_eq!(run.which.shard.map(|part| part.to_string()).as_deref(), Some("1/2"));
                        }
                        Some(Command::Merge(merge)) => assert_eq!(merge.parts.len(), 2),
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
    }

    /// The examples of the documentation are YAML, and their commands are right.
    #[test]
    fn examples() {
        let text = include_str!("../../../../docs/selection.md");
        let blocks: Vec<&str> =
            text.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap_or_default()).collect();
        assert_eq!(blocks.len(), 2);
        let mut commands = 0;
        for block in blocks {
            let mut all = Vec::new();
            let documents = Yaml::load_from_str(block).unwrap_or_else(|error| panic!("{error}"));
            documents.iter().for_each(|document| texts(document, &mut all));
            for command in
                all.iter().map(|text| text.trim_start_matches("exec ")).filter(|text| text.starts_with("mqttspec "))
            {
                let line = command
                    .replace("${{ matrix.part }}", "1")
                    .replace("$((JOB_COMPLETION_INDEX + 1))", "1")
                    .replace('"', "");
                Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{line}: {error}"));
                commands += 1;
            }
        }
        assert_eq!(commands, 3);
    }

    #[test]
    fn what_would_break_the_file_is_refused() {
        assert!(text(&args(Service::Github, "a\nb")).is_err());
        assert!(text(&args(Service::Github, "${{ secrets.X }}")).is_err());
    }
}
