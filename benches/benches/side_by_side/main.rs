//! `mqttspec serve` beside mosquitto: what each carries from one publisher to one subscriber, and how much memory each
//! takes. The client is the same for both, and counts every message. See `README.md`.

mod client;
mod memory;
mod server;
mod speed;

use mqttspec_codec::Version;
use server::Kind;
use std::process::ExitCode;

fn main() -> ExitCode {
    // The server is this program once more: never another build than the one that is measured.
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return mqttspec::cli::main();
    }
    let mut rounds = 5;
    let mut version = Version::V311;
    // `cargo bench` adds `--bench`.
    for argument in std::env::args().skip(1).filter(|argument| argument != "--bench") {
        match (argument.as_str(), argument.parse()) {
            ("3.1.1", _) => version = Version::V311,
            ("5.0", _) => version = Version::V5,
            (_, Ok(number @ 1..)) => rounds = number,
            _ => {
                eprintln!("side_by_side: arguments are 3.1.1, 5.0 and a number of rounds, not {argument}");
                return ExitCode::from(2);
            }
        }
    }
    speed::table(version, rounds);
    memory::table(rounds);
    ExitCode::SUCCESS
}

/// Measures both servers in turn, each first in every other round: the medians, ours first.
fn side_by_side<const N: usize>(rounds: usize, measure: impl Fn(Kind) -> [f64; N]) -> [[f64; N]; 2] {
    let mut samples = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        for turn in [round % 2, 1 - round % 2] {
            samples[turn].push(measure(Kind::BOTH[turn]));
        }
    }
    samples.map(|samples| {
        std::array::from_fn(|figure| {
            let mut values: Vec<f64> = samples.iter().map(|sample| sample[figure]).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        })
    })
}
