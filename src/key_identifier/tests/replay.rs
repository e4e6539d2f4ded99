//! Replays the seeds of the fuzz target (tests/fuzz), so that what it checks runs with every test run.

use std::path::Path;

use super::checks::check_any_text;

#[test]
fn the_seeds_of_the_fuzz_target_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds/key_identifier");
    let mut seeds = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder with the seeds") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a seed");
        check_any_text(&String::from_utf8_lossy(&bytes));
        seeds += 1;
    }
    assert!(seeds > 0, "no seeds in {}", folder.display());
}
