//! `mqttspec selftest`.

use crate::{folder, told};
use serde_json::{Value, json};

#[test]
fn the_json_document_says_what_the_table_says() {
    let file = folder("selftest").join("out.json");
    let file = file.to_str().expect("text");
    let case = "wildcard/unsubscribe-compares-characters";
    let saboteurs = ["--saboteur", "puback-missing", "--saboteur", "will-on-disconnect"];
    let (code, table) = told(&[&["selftest", case, "-V", "5.0", "--json", file], &saboteurs[..]].concat());
    assert_eq!(code, 1, "{table}");
    let document = std::fs::read_to_string(file).expect("the document");
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["schema"], 1);
    assert_eq!(document["all_caught"], false);
    assert_eq!(document["without_saboteur"], json!([]), "that is told of all saboteurs alone");
    let [caught, escaped] = &document["trials"].as_array().expect("trials")[..] else { panic!("{document:#}") };
    assert_eq!(caught["saboteur"], "puback-missing");
    assert_eq!(caught["version"], "5.0");
    assert_eq!(caught["outcome"], "caught");
    let catch = &caught["caught_by"][0];
    assert_eq!(catch["case"], format!("{case}@v5"));
    assert!(caught["breaks"].as_array().expect("statements").contains(&catch["statement"]), "{caught:#}");
    assert!(catch["breach"]["expected"].is_string(), "{catch:#}");
    assert_eq!(escaped["saboteur"], "will-on-disconnect");
    assert_eq!(escaped["outcome"], "nobody");
    assert_eq!(escaped["caught_by"], json!([]));
}
