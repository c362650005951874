//! Archives for bug reports.

use crate::serve::Served;
use crate::{folder, text, told};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;

const CASE: &str = "qos/qos1-handshake@v5";

/// The files of an archive, by their names; all in one folder.
fn files(archive: &Path) -> BTreeMap<String, Vec<u8>> {
    let file = File::open(archive).expect("an archive");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let entry = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").display().to_string();
        let (folder, name) = path.split_once('/').expect("a folder");
        assert_eq!(folder, "qos_qos1-handshake@v5");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("a whole archive");
        (name.to_owned(), content)
    };
    archive.entries().expect("a tar").map(entry).collect()
}

/// A folder with an `nc` in it where the machine has none: what it does with these options, and no more.
fn nc(folder: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::var("PATH").unwrap_or_default();
    if Command::new("nc").arg("-h").output().is_ok() {
        return path;
    }
    let nc = folder.join("nc");
    let script = "#!/bin/bash\n[ \"$1\" = -q ] || exit 2\nexec 3<>\"/dev/tcp/$3/$4\" && cat >&3 && timeout \"$2\" cat <&3\ntrue\n";
    std::fs::write(&nc, script).expect("a file");
    std::fs::set_permissions(&nc, std::fs::Permissions::from_mode(0o755)).expect("ours");
    format!("{}:{path}", folder.display())
}

#[cfg(unix)]
#[test]
fn a_bundle_shows_the_fault_without_this_tool() {
    let folder = folder("bundle");
    let (events, archive) = (folder.join("run.ndjson"), folder.join("fault.tar.gz"));
    let broken = Served::start(&["--sabotage", "puback-missing"], 1);
    let whole = Served::start(&[], 1);
    let (from, to) = (events.display().to_string(), archive.display().to_string());
    let (code, run) = told(&["run", &broken.url, "qos/qos1-handshake", "--timeout", "1", "--events", &from]);
    assert_eq!(code, 1, "{run}");
    let (code, made) = told(&["bundle", CASE, "--from", &from, "-o", &to]);
    assert_eq!(code, 0, "{made}");
    let files = files(&archive);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected = [
        "README.md",
        "case.pcapng",
        "events.ndjson",
        "frames.hex",
        "reproduce.sh",
        "scenario.kdl",
        "server.log",
        "transcript.txt",
    ];
    assert_eq!(names, expected);
    let read = |name: &str| text(&files[name]);
    let page = read("README.md");
    for part in ["MQTT-4.3.2-4 (broken): ", "    >", "expected  ", "again     mqttspec run ", "printf '\\020"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(read("transcript.txt").contains("-> PUBLISH ") && read("frames.hex").contains(" -> 10"));
    assert!(read("scenario.kdl").contains("scenario qos1-handshake"));
    assert_eq!(files["case.pcapng"][..4], [0x0a, 0x0d, 0x0d, 0x0a]);

    // The events are a run of their own.
    std::fs::write(folder.join("own.ndjson"), &files["events.ndjson"]).expect("a file");
    let (code, again) = told(&["report", "--from", &folder.join("own.ndjson").display().to_string()]);
    assert_eq!(code, 0, "{again}");
    assert!(again.contains("plan  1 case") && again.contains(&format!("FAIL  {CASE}")), "{again}");

    // The script, on the server that is wrong and on one that is right.
    std::fs::write(folder.join("reproduce.sh"), &files["reproduce.sh"]).expect("a file");
    let path = nc(&folder);
    let shown = |arguments: &[&str]| {
        let mut command = Command::new("sh");
        let output = command.arg(folder.join("reproduce.sh")).args(arguments).env("PATH", &path).output().expect("sh");
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // The identifier of its PUBACK.
    let puback = " 12 34";
    // It leads to the server that was tested.
    let wrong = shown(&[]);
    assert!(wrong.starts_with("20 ") && !wrong.contains(puback), "{wrong}");
    let (host, port) = whole.url.strip_prefix("mqtt://").and_then(|at| at.split_once(':')).expect("an address");
    let right = shown(&[host, port]);
    assert!(right.starts_with("20 ") && right.contains(puback), "{right}");
}

#[test]
fn a_bundle_that_cannot_be_made_is_told() {
    let folder = folder("no_bundle");
    let file = |name: &str| folder.join(name).display().to_string();
    let (from, to) = (file("run.ndjson"), file("out.tar.gz"));
    let (code, _) = told(&["run", "--case", CASE, "--events", &from, "-u", "me", "-P", "hunter2"]);
    assert_eq!(code, 0);
    let rows: [(&[&str], i32, &str); 5] = [
        (&["qos/qos1-handshak@v5", "-o", &to], 2, "did you mean `qos/qos1-handshake@v5`?"),
        (&[CASE, "-o", "out.rar"], 2, "is a .tar.gz"),
        (&[CASE, "-o", "/nowhere/out.tgz"], 2, "/nowhere/out.tgz cannot be created"),
        (&[CASE, "-o", "/dev/full"], 70, "/dev/full cannot be written"),
        (&[CASE, "-o", &to], 0, "did not fail: it is pass"),
    ];
    for (arguments, expected, part) in rows {
        let (code, told) = told(&[&["bundle", "--from", &from][..], arguments].concat());
        assert_eq!(code, expected, "{told}");
        assert!(told.contains(part), "{told}");
    }
    for (name, content) in files(Path::new(&to)) {
        let content = String::from_utf8_lossy(&content).into_owned();
        assert!(!content.contains("hunter2") && !content.contains("68756e74657232"), "{name}: {content}");
        assert_ne!(name, "reproduce.sh");
    }
}
