//! Instructions per packet, counted by valgrind's callgrind: they do not move with the load of the machine. Prints the table, and compares
//! it with the committed `instructions.tsv`: `-- --check` fails when one has grown by more than [`TOLERATED`], `-- --write` replaces
//! the file.

use mqttspec_codec::Version;
use mqttspec_codec_benches::{Kind, Letters, PACKETS, Parts, decode_all, encode_all};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::process::{Command, ExitCode};

/// What an instruction count may grow by before it must be written down anew.
const TOLERATED: f64 = 0.03;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.tsv");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--work", name, passes] => {
            work(name, passes.parse().expect("a number"));
            ExitCode::SUCCESS
        }
        ["--machine"] => {
            print!("{}", features());
            ExitCode::SUCCESS
        }
        ["--check"] => check(&measured()),
        ["--write"] => {
            std::fs::write(TABLE, table(&measured())).expect("the table can be written");
            ExitCode::SUCCESS
        }
        [] => {
            print!("{}", table(&measured()));
            ExitCode::SUCCESS
        }
        ref other => {
            eprintln!("{other:?}: --check or --write, or nothing");
            ExitCode::from(2)
        }
    }
}

/// The names of what is counted.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for direction in ["decode", "encode"] {
        for version in Version::ALL {
            for letters in Letters::ALL {
                for kind in Kind::ALL.into_iter().filter(|kind| kind.exists_in(version)) {
                    names.push(format!("{direction}/{version}/{}/{}", letters.name(), kind.name()));
                }
            }
        }
    }
    names
}

/// Decodes or encodes a thousand packets so many times.
fn work(name: &str, passes: usize) {
    let [direction, version, letters, kind] = name.split('/').collect::<Vec<_>>()[..] else { panic!("{name}") };
    let version = Version::ALL.into_iter().find(|other| other.to_string() == version).expect("a version");
    let letters = Letters::ALL.into_iter().find(|other| other.name() == letters).expect("letters");
    let kind = Kind::ALL.into_iter().find(|other| other.name() == kind).expect("a kind");
    let parts = Parts::new(letters);
    let bytes = parts.buffer(kind, version);
    let packets = parts.packets(kind, version);
    let mut out = Vec::with_capacity(bytes.len());
    for _ in 0..passes {
        if direction == "decode" {
            assert_eq!(decode_all(black_box(&bytes), version), PACKETS);
        } else {
            out.clear();
            encode_all(&packets, version, &mut out);
            assert_eq!(out.len(), bytes.len());
        }
    }
}

fn measured() -> BTreeMap<String, f64> {
    let program = std::env::current_exe().expect("this program");
    let count = |name: &str, passes: &str| -> f64 {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(&program);
        let output = command.args(["--work", name, passes]).output().expect("valgrind runs (apt install valgrind)");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        let collected = told.lines().find_map(|line| line.split_once("Collected : ")).expect("a count").1;
        collected.trim().parse().expect("a number")
    };
    let per_packet = |name: &String| (count(name, "3") - count(name, "1")) / (2 * PACKETS) as f64;
    names()
        .into_iter()
        .map(|name| {
            let counted = per_packet(&name);
            (name, counted)
        })
        .collect()
}

/// What the C library chooses its memcpy by.
fn features() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        return "x86_64 with AVX2";
    }
    std::env::consts::ARCH
}

/// What the counts depend on beside the code: the compiler, and the processor as valgrind shows it.
fn machine() -> String {
    let printed = |command: &mut Command| {
        let output = command.output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let compiler = printed(Command::new("rustc").arg("--version"));
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new("valgrind");
    let processor = printed(command.args(["--tool=none", "-q"]).arg(program).arg("--machine"));
    format!("{compiler}, {processor}")
}

fn table(measured: &BTreeMap<String, f64>) -> String {
    let mut text = format!("# instructions per packet, {}\n", machine());
    for (name, counted) in measured {
        let _ = writeln!(text, "{name}\t{counted:.1}");
    }
    text
}

fn check(measured: &BTreeMap<String, f64>) -> ExitCode {
    let committed = std::fs::read_to_string(TABLE).expect("the committed table");
    let mut known = BTreeMap::new();
    for (name, counted) in committed.lines().filter_map(|line| line.split_once('\t')) {
        known.insert(name.to_owned(), counted.parse::<f64>().expect("a number"));
    }
    let machine = machine();
    if !committed.lines().next().is_some_and(|line| line.ends_with(&machine)) {
        println!("NOT COMPARED: the committed counts are of another compiler or processor than {machine}");
        return ExitCode::SUCCESS;
    }
    let mut worse = 0;
    for (name, counted) in measured {
        match known.get(name) {
            Some(known) if *counted <= known * (1.0 + TOLERATED) => {}
            Some(known) => {
                worse += 1;
                println!("{name}: {counted:.1} instructions per packet, {known:.1} are committed");
            }
            None => {
                worse += 1;
                println!("{name}: {counted:.1} instructions per packet, nothing is committed");
            }
        }
    }
    println!("{} counts, {worse} of them higher than what is committed", measured.len());
    if worse == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
