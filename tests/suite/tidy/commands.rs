//! Formatting and lints: the toolchain's own commands, run as the gate runs them.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// What cargo tells a test about its package. Left in place, it would look to a nested cargo like a change of the environment that
/// build scripts ask to be run again for (ring's watches `CARGO_MANIFEST_DIR`): the nested cargo would build every crate above them
/// anew, and so would the next `cargo test`.
const SET_FOR_TESTS: [&str; 7] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_TMPDIR",
    "OUT_DIR",
];

/// The cargo that runs this test, so that a toolchain given with `+` stays in force, in the environment that one was started in.
fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.env("CARGO_TERM_COLOR", "never");
    for (name, _) in std::env::vars_os() {
        let shown = name.to_string_lossy();
        if SET_FOR_TESTS.iter().any(|prefix| shown.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end. Whatever it printed is in the error, and what to do.
fn run(command: &mut Command, fix: &str) -> Result<(), String> {
    let output =
        command.output().map_err(|error| format!("{command:?} could not be started ({error})"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{}{}\n{}; {fix}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        output.status
    ))
}

/// The package in the folder is formatted.
pub(super) fn check_format(folder: &Path) -> Result<(), String> {
    run(
        cargo().args(["fmt", "--all", "--check", "--manifest-path"]).arg(folder.join("Cargo.toml")),
        "run `cargo fmt --all` (if the command is missing: `rustup component add rustfmt`)",
    )
}

/// The package in the folder has no warnings of the compiler or of clippy.
///
/// It uses the same target folder as the tests. `cargo test` has let go of its lock by the time tests run, and build scripts and
/// procedural macros, with the C code of aws-lc among them, are built already; a folder of its own would build all of it again.
pub(super) fn check_lints(folder: &Path) -> Result<(), String> {
    run(
        cargo()
            .current_dir(folder)
            .args(["clippy", "--all-targets", "--locked", "--quiet"])
            .args(["--", "-D", "warnings"]),
        "mend what is listed, see it with `cargo clippy --all-targets` (if the command is missing: `rustup component add clippy`)",
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{check_format, check_lints, run};

    /// A package outside the repository whose one source is `code`.
    fn package(folder: &Path, code: &str) {
        let manifest = "[package]\nname = \"sample\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n";
        let lock = "version = 4\n\n[[package]]\nname = \"sample\"\nversion = \"0.0.0\"\n";
        for (name, content) in [("Cargo.toml", manifest), ("Cargo.lock", lock), ("lib.rs", code)] {
            fs::write(folder.join(name), content).expect("a file in a temporary folder");
        }
    }

    #[test]
    fn a_badly_formatted_package_goes_red() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        package(folder.path(), "pub fn f( ) { }\n");
        let error = check_format(folder.path()).expect_err("badly formatted");
        assert!(error.contains("pub fn f() {}") && error.contains("`cargo fmt --all`"), "{error}");
        package(folder.path(), "pub fn f() {}\n");
        assert_eq!(check_format(folder.path()), Ok(()));
    }

    #[test]
    fn a_package_with_a_lint_goes_red() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        package(folder.path(), "pub fn f(x: &Vec<u8>) -> bool {\n    x.len() == 0\n}\n");
        let error = check_lints(folder.path()).expect_err("it has lints");
        assert!(
            error.contains("is_empty") && error.contains("`cargo clippy --all-targets`"),
            "{error}"
        );
        package(folder.path(), "pub fn f(x: &[u8]) -> bool {\n    x.is_empty()\n}\n");
        assert_eq!(check_lints(folder.path()), Ok(()));
    }

    #[test]
    fn a_missing_command_goes_red() {
        let error = run(&mut std::process::Command::new("no-such-command-here"), "").unwrap_err();
        assert!(error.contains("no-such-command-here"), "{error}");
    }
}
