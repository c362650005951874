//! New scenario files and interpretations are part of the binary as soon as they are there: `include_dir!` alone does not notice them.

fn main() {
    println!("cargo::rerun-if-changed=../../scenarios");
    println!("cargo::rerun-if-changed=../../docs/interpretations");
}
