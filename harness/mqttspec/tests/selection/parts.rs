//! Plans in parts.

use mqttspec::corpus::Corpus;
use std::collections::BTreeMap;

#[test]
fn a_case_is_in_one_part_with_its_control_and_parts_are_alike_in_size() {
    let cases = Corpus::built_in().expect("scenarios").cases();
    for count in [1, 2, 5, 8] {
        let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
        for case in &cases {
            let part = case.part_of(count);
            assert!((1..=count).contains(&part));
            *sizes.entry(part).or_default() += 1;
            if let Some(control) = &case.control {
                let control = cases.iter().find(|other| other.id == *control).expect("a control");
                assert_eq!(control.part_of(count), part, "{}", case.id);
            }
        }
        let fair = cases.len() / count as usize;
        assert!(sizes.values().all(|size| (fair / 2..=fair * 2).contains(size)), "{count}: {sizes:?}");
    }
}

/// A result that is stored says in which part it was: this must not change.
#[test]
fn parts_are_stable() {
    let cases = Corpus::built_in().expect("scenarios").cases();
    let part = |id: &str| cases.iter().find(|case| case.id == id).expect(id).part_of(1000);
    let parts = ["qos/qos1-handshake@v5", "qos/qos1-handshake@v3.1.1", "qos/qos0-delivery@v5"].map(part);
    assert_eq!(parts, [553, 358, 448]);
}
