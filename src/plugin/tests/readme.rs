//! The README's provider is the one that is built here, and the CLI can work with it.

// A test's helpers fail the test, as the test itself does.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../README.md");
const PROVIDER: &str = include_str!("../examples/greeting.rs");

/// The content of the nth fenced block of a language.
fn block(language: &str, nth: usize) -> &'static str {
    let fence = format!("```{language}\n");
    let block = README.split(fence.as_str()).nth(nth + 1).unwrap();
    block.split("```").next().unwrap()
}

#[test]
fn the_provider_of_the_readme_is_applied_by_the_cli() {
    assert_eq!(block("rust", 0), PROVIDER, "copy examples/greeting.rs into the README");
    let lines = PROVIDER.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 80, "{lines} lines");

    let directory = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-greeting"));
    let folder = binary.parent().unwrap().to_str().unwrap();
    let settings = block("hcl", 0).replace("/path/to/target/debug", folder);
    std::fs::write(directory.path().join("cli.tfrc"), settings).unwrap();
    std::fs::write(directory.path().join("main.tf"), block("hcl", 1)).unwrap();
    let terraform = |arguments: &[&str]| {
        Command::new("terraform")
            .args(arguments)
            .arg("-no-color")
            .current_dir(directory.path())
            .env("TF_CLI_CONFIG_FILE", directory.path().join("cli.tfrc"))
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .unwrap_or_else(|error| panic!("the test needs `terraform` on the PATH: {error}"))
    };
    let output = terraform(&["apply", "-auto-approve"]);
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("text = \"Hello, world!\""), "{said}{errors}");
    let again = terraform(&["plan", "-detailed-exitcode"]);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
}
