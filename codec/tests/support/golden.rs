//! The golden packets of `golden/packets.txt`.

use mqttspec_codec::{Sender, Version};

/// A packet of the file.
#[derive(Debug)]
pub(crate) struct Golden {
    /// Name and version.
    pub(crate) name: String,
    pub(crate) version: Version,
    pub(crate) sender: Sender,
    pub(crate) bytes: Vec<u8>,
    pub(crate) printed: &'static str,
}

/// Every packet of the file, in order.
pub(crate) fn load() -> Vec<Golden> {
    let text = include_str!("../golden/packets.txt");
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut packets = Vec::new();
    while let Some(title) = lines.next() {
        let [name, version, sender] = title.split(' ').collect::<Vec<_>>()[..] else { panic!("{title}") };
        let version = Version::ALL.into_iter().find(|known| known.to_string() == version).expect(title);
        let sender = match sender {
            "client" => Sender::Client,
            "server" => Sender::Server,
            _ => panic!("{title}"),
        };
        let hex = lines.next().expect(title).trim();
        let bytes = hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect(title)).collect();
        let printed = lines.next().expect(title).trim();
        packets.push(Golden { name: format!("{name} {version}"), version, sender, bytes, printed });
    }
    packets
}
