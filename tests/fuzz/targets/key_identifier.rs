//! Fuzzes the parser of key identifiers. The parser is pure, so its source is compiled in and nothing else of the provider.
//!
//! With cargo-fuzz (`cargo install cargo-fuzz`), from the root of the repository:
//!
//! ```sh
//! cargo +nightly fuzz run --fuzz-dir tests/fuzz key_identifier tests/fuzz/corpus tests/fuzz/seeds/key_identifier
//! ```
//!
//! Without it (a C++ compiler is needed for libFuzzer's runtime):
//!
//! ```sh
//! mkdir -p tests/fuzz/corpus
//! RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table" \
//!   cargo +nightly run --release --manifest-path tests/fuzz/Cargo.toml --target x86_64-unknown-linux-gnu -- \
//!   -max_total_time=60 tests/fuzz/corpus tests/fuzz/seeds/key_identifier
//! ```
//!
//! A text that fails belongs into the tables of src/key_identifier/tests.rs; seeds are replayed by every test run.
#![no_main]

#[path = "../checks.rs"]
mod checks;
#[allow(dead_code, reason = "the provider uses more of it than the checks do")]
#[path = "../../../src/key_identifier/mod.rs"]
mod key_identifier;

use key_identifier::KeyIdentifier;

libfuzzer_sys::fuzz_target!(|text: &str| checks::check_any_text(text));
