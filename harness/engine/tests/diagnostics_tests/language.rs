//! The description of the language and the loader agree.

use crate::golden::settings;
use crate::outline::outline;
use crate::support::{example, loaded, read};

#[test]
fn the_example_of_the_description_loads() {
    let scenarios = loaded(&example());
    let outlines: Vec<String> = scenarios.iter().map(outline).collect();
    settings().bind(|| insta::assert_snapshot!("example-outline", outlines.join("\n")));
}

#[test]
fn every_field_is_in_the_description_or_in_the_specification() {
    use mqttspec_codec::{PacketType, PropertyId, Version};
    let page = read("docs/scenario-language.md");
    for packet in PacketType::ALL {
        for field in mqttspec_engine::scenario::fields::fields(packet, Version::V5) {
            let property = PropertyId::from_key(field.key).is_some();
            assert!(property || page.contains(field.key), "{} of {packet} is not described", field.key);
        }
    }
}
