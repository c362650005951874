//! Filters that are not right, and those that mean nothing.

use crate::{run, text, told};
use insta::assert_snapshot;

#[test]
fn what_is_no_filter_is_shown_at_its_place() {
    let deep = "!".repeat(70) + "all()";
    let filters = [
        "",
        "statment(4.3.*)",
        "tag(x)",
        "area(own) & frobnicate(x)",
        "area(own) &",
        "area(own",
        "(area(own) | version(5)",
        "area(own))",
        "area(own) version(5)",
        "area",
        "area()",
        "slow(5)",
        "version(6)",
        "level(most)",
        "transport(udp)",
        "case([)",
        "case(\"own",
        "\u{fc}(x)",
        &deep,
    ];
    let mut all = String::new();
    for filter in filters {
        let output = run(&["list", "-E", filter, "--scenarios", "fixtures"]);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{filter}");
        all += &format!("{}\n", text(&output.stderr));
    }
    assert_snapshot!(all);
}

#[test]
fn a_pattern_that_matches_nothing_is_told() {
    for (filter, part) in [
        ("area(onw)", "did you mean `own`?"),
        ("area(x) | area(own)", "there are `own`"),
        ("area(own) & !scenario(own/grantde)", "did you mean `own/granted`?"),
        ("statement(9.9.9*)", "no case matches this"),
    ] {
        for command in [&["list"][..], &["run", "embedded"], &["selftest"]] {
            let (code, told) = told(&[command, &["-E", filter, "--scenarios", "fixtures"]].concat());
            assert_eq!(code, 2, "{filter}: {told}");
            assert!(told.contains(part) && told.contains("matches nothing"), "{filter}: {told}");
        }
    }
}

#[test]
fn nothing_selected_is_no_success() {
    let filter = ["-E", "area(own) & none()", "--scenarios", "fixtures"];
    assert_eq!(told(&[&["list"][..], &filter].concat()), (4, String::new()));
    let (code, told) = told(&[&["run", "embedded"][..], &filter].concat());
    assert_eq!(code, 4, "{told}");
    assert!(told.contains("exit 4: nothing ran"), "{told}");
}

#[test]
fn filters_select_for_runs() {
    let fixtures = ["--scenarios", "fixtures"];
    let (code, told) =
        told(&[&["run", "embedded", "own/granted", "-E", "version(5) & case(*qos=1)"][..], &fixtures].concat());
    assert_eq!(code, 0, "{told}");
    assert!(told.starts_with("plan  1 case (1 of 5.0)"), "{told}");
}
