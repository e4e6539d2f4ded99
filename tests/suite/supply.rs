//! What can be told offline of the crates that are shipped, by the rules of `.cargo/deny.toml`.
//! `cargo deny check` tells the rest, and is run before a release.

use std::collections::BTreeSet;
use std::process::Command;

use spdx::{Expression, LicenseReq, ParseMode};

const RULES: &str = include_str!("../../.cargo/deny.toml");
const LOCK: &str = include_str!("../../Cargo.lock");

/// The licences under which nothing stops us from shipping a crate.
fn allowed() -> BTreeSet<&'static str> {
    let (_, list) = RULES.split_once("\nallow = [").expect("a list of licences");
    let (list, _) = list.split_once(']').expect("its end");
    list.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\",")).collect()
}

/// One can choose among the licences such that each that is needed is allowed.
fn is_allowed(licence: &str, allowed: &BTreeSet<&str>) -> bool {
    let named = |licence: &LicenseReq| allowed.contains(licence.to_string().as_str());
    Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|all| all.evaluate(named))
}

#[test]
fn what_is_shipped_may_be_shipped() {
    let allowed = allowed();
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges=normal,build", "--prefix=none"])
        .args(["--package", env!("CARGO_PKG_NAME"), "--format={p}|{l}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(tree.stdout).expect("UTF-8");
    let crates: BTreeSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    assert!(crates.len() > 100, "{tree}");
    for one in crates {
        let (name, licence) = one.split_once('|').expect("a licence");
        assert!(is_allowed(licence, &allowed), "{name} is under {licence}: .cargo/deny.toml");
    }
}

#[test]
fn a_licence_that_nobody_allowed_is_found() {
    let allowed = allowed();
    for (licence, expected) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0 OR MIT", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-3.0", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(licence, &allowed), expected, "{licence}");
    }
}

/// The registry checks what it serves by the sums of the lock file; a repository or a fork is
/// nobody's promise.
#[test]
fn every_crate_comes_from_the_registry() {
    let elsewhere = LOCK.lines().filter(|line| line.starts_with("source = "));
    let elsewhere: Vec<_> = elsewhere.filter(|line| !line.contains("crates.io-index")).collect();
    assert_eq!(elsewhere, Vec::<&str>::new());
}
