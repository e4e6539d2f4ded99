//! The house rules. Each prints what to do about it, and each is shown to go red on a bad sample.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod commands;
mod imports;
mod source;
mod words;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_code_is_formatted() {
    green(commands::check_format(root()).err().into_iter().collect());
    // A workspace of its own, which `--all` does not reach.
    let fuzz = root().join("tests/fuzz");
    green(commands::check_format(&fuzz).err().into_iter().collect());
}

#[test]
fn the_code_has_no_lints() {
    green(commands::check_lints(root()).err().into_iter().collect());
}

#[test]
fn imports_go_one_way() {
    let sources = read(|file| file.starts_with("src/") && file.ends_with(".rs"));
    green(sources.iter().flat_map(|(file, text)| imports::check(file, text)).collect());
}

#[test]
fn the_code_has_nothing_in_it_that_is_not_allowed() {
    let sources = read(|file| file.ends_with(".rs"));
    green(sources.iter().flat_map(|(file, text)| words::check_rust(file, text)).collect());
}

#[test]
fn files_have_a_place_and_a_name() {
    green(files().iter().flat_map(|file| words::check_name(file)).collect());
}

#[test]
fn nothing_points_outside_the_repository() {
    green(read(|_| true).iter().flat_map(|(file, text)| words::check_text(file, text)).collect());
}

#[track_caller]
fn green(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// The files `wanted` says yes to, with their text. A rule that finds no file to look at cannot fail, so that is a failure.
fn read(wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let texts: Vec<(String, String)> = files()
        .into_iter()
        .filter(|file| wanted(file))
        .map(|file| {
            let bytes =
                fs::read(root().join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            (file, String::from_utf8_lossy(&bytes).into_owned())
        })
        .collect();
    assert!(!texts.is_empty(), "no file to look at");
    texts
}

/// The files of the repository, relative to its root: what git has or would add, or all there is where there is no git
/// (an unpacked archive).
fn files() -> BTreeSet<String> {
    let files = files_in_git().unwrap_or_else(|| files_below(root(), ""));
    assert!(files.contains("Cargo.toml"), "this is not the repository: {files:?}");
    files
}

fn files_in_git() -> Option<BTreeSet<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let files: BTreeSet<String> = String::from_utf8_lossy(&output.stdout)
        .split_terminator('\0')
        // Deleted, but not yet in a commit.
        .filter(|file| root().join(file).is_file())
        .map(str::to_owned)
        .collect();
    (!files.is_empty()).then_some(files)
}

fn files_below(folder: &Path, prefix: &str) -> BTreeSet<String> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = BTreeSet::new();
    for entry in entries {
        let path: PathBuf = entry.expect("a directory entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != ".git" {
            files.extend(files_below(&path, &format!("{prefix}{name}/")));
        } else if path.is_file() {
            files.insert(format!("{prefix}{name}"));
        }
    }
    files
}

#[test]
fn without_git_everything_but_the_target_folder_is_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in ["Cargo.toml", "src/a/b.rs", "target/c", ".git/d", ".e"] {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, "").expect("a file");
    }
    let files: Vec<String> = files_below(folder.path(), "").into_iter().collect();
    assert_eq!(files, [".e", "Cargo.toml", "src/a/b.rs"]);
}
