//! The files: always the same names and the same bytes.

use mqttspec_codec::seeds::{self, Conversation};
use mqttspec_codec::{PacketType, Sender, Version, frame};
use std::fmt::Write;

/// A file of the export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it goes below the folder; parts are joined by `/`.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl File {
    /// Whether it is a seed, and not about the seeds.
    #[must_use]
    pub fn is_seed(&self) -> bool {
        self.path.starts_with("seeds/")
    }

    fn text(path: &str, text: String) -> Self {
        Self { path: path.into(), bytes: text.into_bytes() }
    }
}

/// All files: the README, the index, the dictionary, and the seeds in the order of the index.
#[must_use]
pub fn files() -> Vec<File> {
    let seeds = seeds();
    let mut index = String::from("file\tversion\tsender\tkind\twhat\n");
    for seed in &seeds {
        let Seed { file, version, sender, kind, what } = seed;
        let _ = writeln!(index, "{}\t{version}\t{}\t{kind}\t{what}", file.path, party(*sender));
    }
    let mut dictionary = String::from("# A dictionary of MQTT 3.1.1 and 5.0 for libFuzzer, AFL++ and honggfuzz.\n");
    for token in seeds::dictionary() {
        let _ = writeln!(dictionary, "{token}");
    }
    let about = [
        File::text("README.txt", include_str!("README.txt").into()),
        File::text("index.tsv", index),
        File::text("mqtt.dict", dictionary),
    ];
    about.into_iter().chain(seeds.into_iter().map(|seed| seed.file)).collect()
}

/// A seed with its line of the index.
struct Seed {
    file: File,
    version: Version,
    sender: Sender,
    kind: &'static str,
    what: String,
}

fn seed(kind: &'static str, name: &str, version: Version, sender: Sender, bytes: Vec<u8>, what: String) -> Seed {
    // The folder says the version.
    let name = name.split(' ').next().unwrap_or(name);
    let path = format!("seeds/from-{}/{version}/{kind}/{name}", party(sender));
    Seed { file: File { path, bytes }, version, sender, kind, what }
}

fn seeds() -> Vec<Seed> {
    let valid = seeds::valid()
        .into_iter()
        .map(|valid| seed("valid", &valid.name, valid.version, valid.sender, valid.bytes, valid.printed));
    let broken = seeds::broken().into_iter().map(|broken| {
        let statement = broken.statement.map(|id| format!(" [{id}]")).unwrap_or_default();
        let what = format!("{} at offset {}{statement}", broken.rule, broken.offset);
        seed("broken", &broken.name, broken.version, broken.sender, broken.bytes, what)
    });
    let conversations = seeds::conversations().into_iter().flat_map(|conversation| {
        [Sender::Client, Sender::Server].map(|sender| {
            let (version, stream) = (conversation.version, conversation.stream(sender));
            seed("conversation", &conversation.name, version, sender, stream, packets(&conversation, sender))
        })
    });
    let mut seeds: Vec<Seed> = valid.chain(broken).chain(conversations).collect();
    seeds.sort_by(|a, b| a.file.path.cmp(&b.file.path));
    seeds
}

const fn party(sender: Sender) -> &'static str {
    match sender {
        Sender::Client => "client",
        Sender::Server => "server",
    }
}

/// The names of the packets that this side sends.
fn packets(conversation: &Conversation, sender: Sender) -> String {
    let mut names = Vec::new();
    let stream = conversation.stream(sender);
    let mut rest = &stream[..];
    while let (Some(packet), Ok(Some(frame))) =
        (rest.first().and_then(|&first| PacketType::from_first_byte(first)), frame(rest))
    {
        names.push(packet.name());
        rest = &rest[frame.len..];
    }
    names.join(" ")
}
