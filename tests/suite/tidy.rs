//! The house rules: formatting and lints by the toolchain's own commands, and by a search of the
//! text what no lint can say.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const OUTSIDE: &str = "this is outside the repository: write down here what a reader needs of it";
const ENVIRONMENT: [&str; 4] =
    ["src/provider/config.rs", "src/plugin/", "src/main.rs", "src/simulator/main.rs"];
/// Mains, and the host's process edge: what ends the process is a sentence for a person.
const EDGES: [&str; 8] = [
    "src/main.rs",
    "src/simulator/main.rs",
    "src/simulator/Cargo.toml",
    "src/plugin/Cargo.toml",
    "src/plugin/command_line.rs",
    "src/plugin/process.rs",
    "src/plugin/socket/",
    "src/plugin/tls.rs",
];

/// What is searched for, below which folder, where it is allowed there, and what to do instead:
/// what Cargo and clippy cannot say. Put together where this file would find itself.
const CONFINED: [(&str, &str, &[&str], &str); 13] = [
    ("provider::", "src/api/", &[], "api knows nothing of Terraform: pass the value on"),
    ("key_identifier::", "src/api/", &[], "a key is text to api"),
    ("crate::api", "src/key_identifier/", &[], "a key identifier is pure"),
    ("crate::provider", "src/key_identifier/", &[], "a key identifier is pure"),
    ("crate::{", "src/", &["src/plugin/", "src/simulator/"], "one room to an import"),
    ("reqwest", "src/", &["src/api/"], "HTTP is the business of api: give its client a method"),
    ("anyhow", "src/", &EDGES, "a layer has its own error type"),
    ("env::", "src/", &ENVIRONMENT, "the environment is read there and passed on"),
    (concat!("#[", "ignore"), "", &[], "no test is skipped: make it run, or delete it"),
    (concat!("ignore", ")]"), "", &[], "no test is skipped: make it run, or delete it"),
    (concat!("..", "/shared"), "", &[], OUTSIDE),
    (concat!("/work", "/shared"), "", &[], OUTSIDE),
    (concat!("farm", "-studio"), "", &[], OUTSIDE),
];

/// What the top level may hold, dotfiles and licences aside.
const TOP_LEVEL: [&str; 8] =
    ["Cargo.toml", "Cargo.lock", "src", "examples", "docs", "tests", "README.md", "CHANGELOG.md"];

const NAMES_THAT_SAY_NOTHING: [&str; 5] = ["utils", "common", "helper", "helpers", "misc"];

const CODE_LINES_MAX: usize = 500;

/// Each finding names the place and the fix.
fn check(file: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let top = file.split('/').next().unwrap_or_default();
    if !(TOP_LEVEL.contains(&top) || top.starts_with('.') || top.starts_with("LICENSE")) {
        findings.push(format!("{file}: the top level is {TOP_LEVEL:?}: put it into one of these"));
    }
    let mut names = file.split('/').map(|part| part.split('.').next().unwrap_or_default());
    if names.any(|name| NAMES_THAT_SAY_NOTHING.contains(&name)) {
        findings.push(format!("{file}: the name says nothing: name it after what is in it"));
    }
    let is_code = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    if file.ends_with(".rs") && text.lines().filter(|line| is_code(line)).count() > CODE_LINES_MAX {
        findings.push(format!("{file}: over {CODE_LINES_MAX} lines of code: split it"));
    }
    for (line, number) in text.lines().zip(1..) {
        for (what, folder, allowed, fix) in CONFINED {
            let looked_for = file.starts_with(folder) && (folder.is_empty() || is_code(line));
            if looked_for
                && line.contains(what)
                && !allowed.iter().any(|place| file.starts_with(place))
            {
                findings.push(format!("{file}:{number}: `{what}`: {fix}"));
            }
        }
    }
    findings
}

/// Every file below the folder, but for what a build or git left.
pub(crate) fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a directory entry").path();
        if !path.is_dir() {
            found.push(path);
        } else if !path.ends_with("target") && !path.ends_with(".git") {
            files_below(&path, found);
        }
    }
}

/// What git has, so that a file left lying about breaks no rule; in an unpacked archive, all there
/// is.
fn files(root: &Path) -> Vec<PathBuf> {
    let listed = Command::new("git").arg("ls-files").current_dir(root).output();
    let listed = listed.map_or(String::new(), |git| String::from_utf8_lossy(&git.stdout).into());
    if listed.contains("src/lib.rs") {
        // Some may be deleted, but not yet in a commit.
        return listed.lines().map(|file| root.join(file)).filter(|path| path.exists()).collect();
    }
    let mut found = Vec::new();
    files_below(root, &mut found);
    found
}

#[test]
fn what_is_in_the_repository_keeps_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut findings = Vec::new();
    for path in files(root) {
        let file = path.strip_prefix(root).expect("below the root").to_string_lossy();
        findings.extend(check(&file, &String::from_utf8_lossy(&fs::read(&path).expect("a file"))));
    }
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn what_breaks_a_rule_is_found() {
    for (file, text) in [
        ("src/provider/mod.rs", "use crate::{api, key_identifier};"),
        ("src/api/mod.rs", "use crate::key_identifier::KeyIdentifier;"),
        ("src/api/mod.rs", "use crate::provider::Model;"),
        ("src/key_identifier/mod.rs", "use crate::api::Client;"),
        ("src/provider/mod.rs", "use reqwest::Client;"),
        ("src/api/mod.rs", "use std::env::var;"),
        ("tests/a.rs", concat!("#[", "ignore = \"slow\"]")),
        ("docs/a.md", concat!("see ..", "/shared/plan.md")),
        ("Makefile", ""),
        ("src/api/utils.rs", ""),
        ("tests/a.rs", &"a();\n".repeat(CODE_LINES_MAX + 1)),
    ] {
        assert_eq!(check(file, text).len(), 1, "{file}: {text}");
    }
    assert_eq!(
        check("src/api/mod.rs", "// crate::provider\nuse crate::x;\n"),
        Vec::<String>::new()
    );
}

/// What cargo sets for a test looks to a nested cargo like a change that build scripts ask to be
/// run again for.
const SET_FOR_TESTS: [&str; 7] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_TMPDIR",
    "OUT_DIR",
];

/// Cargo's own command, in the tests' own target folder: `cargo test` has let go of its lock by
/// now, and what is slow to build is there.
pub(crate) fn cargo(arguments: &[&str], fix: &str) {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if SET_FOR_TESTS.iter().any(|set| name.starts_with(set)) {
            cargo.env_remove(&*name);
        }
    }
    let run = cargo.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect(fix);
    let said = [run.stdout, run.stderr].concat();
    assert!(run.status.success(), "{}\n{fix}", String::from_utf8_lossy(&said));
}

#[test]
fn the_code_is_formatted() {
    for manifest in ["Cargo.toml", "tests/fuzz/Cargo.toml"] {
        cargo(&["fmt", "--all", "--check", "--manifest-path", manifest], "run `cargo fmt --all`");
    }
}

/// Another toolchain has other lints: there they are shown by who asks for them, and are no errors.
#[test]
fn the_code_has_no_lints() {
    let mut lints = vec!["clippy", "--workspace", "--all-targets", "--locked", "--quiet"];
    let version = Command::new(env!("CARGO")).arg("--version").output().expect("cargo runs").stdout;
    let version = String::from_utf8_lossy(&version).into_owned();
    match version.contains(concat!(" ", env!("CARGO_PKG_RUST_VERSION"), ".")) {
        true => lints.extend(["--", "-D", "warnings"]),
        false => eprintln!(
            "lints are errors with Rust {} only, and this is {version}",
            env!("CARGO_PKG_RUST_VERSION")
        ),
    }
    cargo(&lints, "fix what is listed, see it with `cargo clippy --workspace --all-targets`");
}
