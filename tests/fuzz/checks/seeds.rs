//! The seeds of a target, for the test run.
#![allow(
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "this is a test, for the fuzzer too"
)]

use std::fs;
use std::path::Path;

/// Gives each seed of the target to its check.
pub fn replay(target: &str, check: impl Fn(&[u8])) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new("tests/fuzz/seeds").join(target);
    // The host's crate lies deeper.
    let folder = manifest.ancestors().map(|root| root.join(&folder)).find(|path| path.is_dir());
    let seeds = fs::read_dir(folder.expect("a folder with seeds")).expect("it can be read");
    let seeds: Vec<_> = seeds.map(|seed| fs::read(seed.expect("a seed").path())).collect();
    assert!(!seeds.is_empty(), "{target}");
    for seed in seeds {
        check(&seed.expect("a file"));
    }
}
