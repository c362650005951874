//! Other codecs on the same bytes. The golden packets are the same packets to `mqtt-proto`, field by field; the table of
//! disagreements is true; and the seeds of the fuzz target show nothing that is not in it.

mod differ;
#[path = "../../../fuzz/seeds.rs"]
mod fuzz_seeds;
mod gist;
mod proto_v311;
mod proto_v5;
mod room;
mod rumqttc;
mod sorted;

use mqttspec_codec::{Context, Decoded, Version, decode, seeds};
use room::Room;
use sorted::sorted;

/// What `mqtt-proto` cannot read or cannot say.
const LEFT_OUT: [(&str, &str); 1] =
    [("publish-subscription-identifiers 5.0", "it takes one Subscription Identifier in a PUBLISH")];

#[test]
fn reads_the_same() {
    let mut compared = 0;
    for golden in seeds::golden() {
        let left_out = LEFT_OUT.iter().any(|row| row.0 == golden.name);
        let (room, bytes) = (Room::default(), &golden.bytes[..]);
        let theirs = match golden.version {
            Version::V311 => proto_v311::packet(&room, bytes),
            Version::V5 => proto_v5::packet(&room, bytes),
        };
        let theirs = match theirs {
            Ok(packet) => packet,
            Err(_) if left_out => continue,
            Err(error) => panic!("{}: {error}", golden.name),
        };
        let Ok(Decoded::Packet { packet: ours, .. }) = decode(bytes, &Context::new(golden.version, golden.sender))
        else {
            panic!("{}", golden.name);
        };
        assert!(!left_out, "{}: the other codec can read it by now", golden.name);
        assert_eq!(sorted(&room, ours), sorted(&room, theirs), "{}: {}", golden.name, golden.printed);
        compared += 1;
    }
    assert_eq!(compared + LEFT_OUT.len(), seeds::golden().len());
}

/// Each row still is what it says, and cites the statement that the bytes break.
#[test]
fn table_of_disagreements() {
    let rows = differ::table();
    assert!(rows.len() > 20, "{} rows", rows.len());
    for row in rows {
        let found = differ::compare(row.version, &row.bytes);
        let found = found.into_iter().find(|found| found.peer == row.peer);
        let found = found.unwrap_or_else(|| panic!("{} {} {}: they agree", row.peer, row.version, row.what));
        assert_eq!(found.what.to_string(), row.what, "{} {}", row.peer, row.version);
        let cited = differ::statement(row.version, &row.bytes);
        assert!(cited.is_none_or(|id| row.right.contains(id)), "{} {} {}: {cited:?}", row.peer, row.version, row.what);
    }
}

#[test]
fn seeds_show_nothing_new() {
    for (name, data) in fuzz_seeds::of("differential") {
        let (_, _, new) = differ::new_disagreements(&data);
        assert!(new.is_empty(), "{name}: {new:?}");
    }
}
