//! The words of every diagnostic a person can meet, provoked with the real CLI and kept in
//! `diagnostics.txt`, to be read as a whole.
//!
//! On a difference: read it, and if the new words are better, `UPDATE_DIAGNOSTICS=1 cargo test
//! --test suite diagnostics` writes the file anew.

mod api;
mod input;
mod job;
mod plan;
mod provider_block;
mod stage;

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use stage::Stage;

/// What is provoked: a title, and how.
type Case = (&'static str, fn(&mut Stage) -> &mut Stage);

/// Some cases wait for a pause of the provider; the others go on meanwhile.
const WORKERS: usize = 6;

const FILE: &str = "tests/suite/diagnostics.txt";
const FIX: &str = "read it as the one who is on call; if the new words are better, run \
    `UPDATE_DIAGNOSTICS=1 cargo test --test suite diagnostics`";
const HEAD: &str = "What people read when something is wrong. Written by the test of the diagnostics, with\n\
    UPDATE_DIAGNOSTICS=1 cargo test --test suite diagnostics\n";

#[test]
fn the_words_are_the_ones_that_were_read() {
    let chapters: [(&str, &[Case]); 5] = [
        ("The provider block", provider_block::CASES),
        ("The configuration", input::CASES),
        ("Planning", plan::CASES),
        ("The job", job::CASES),
        ("Adobe's API", api::CASES),
    ];
    let cases: Vec<&Case> = chapters.iter().flat_map(|(_, cases)| *cases).collect();
    let shown = provoke(&cases);
    let mut text = HEAD.to_owned();
    let mut shown = shown.iter();
    for (chapter, cases) in chapters {
        text += &format!("\n# {chapter}\n");
        for ((title, _), shown) in cases.iter().zip(&mut shown) {
            text += &format!("\n## {title}\n{shown}");
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("UPDATE_DIAGNOSTICS").is_some() {
        fs::write(&path, &text).expect("the file is writable");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "\n{}\n{FIX}\n", difference(&kept, &text));
}

/// What the CLI shows in each case. The slow ones are begun first.
fn provoke(cases: &[&Case]) -> Vec<String> {
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_key(|index| !cases[*index].0.contains(stage::SLOW));
    let next = AtomicUsize::new(0);
    let shown: Vec<Mutex<String>> = cases.iter().map(|_| Mutex::default()).collect();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (title, run) = cases[*index];
                    let mut stage = Stage::new(title);
                    run(&mut stage);
                    *shown[*index].lock().expect("no other worker has it") = stage.shown();
                }
            });
        }
    });
    shown.into_iter().map(|text| text.into_inner().expect("no worker panicked")).collect()
}

/// The sections that differ, without the lines they begin and end with alike.
pub(crate) fn difference(kept: &str, new: &str) -> String {
    let sections = |text: &str| -> Vec<String> { text.split("\n## ").map(str::to_owned).collect() };
    let title = |section: &str| section.lines().next().unwrap_or_default().to_owned();
    let (kept, new) = (sections(kept), sections(new));
    let mut out = String::new();
    for section in &new {
        let before = kept.iter().find(|other| title(other) == title(section));
        if before != Some(section) {
            let before = before.map_or("", String::as_str);
            out += &format!("## {}\n{}\n", title(section), changed(before, section));
        }
    }
    for section in &kept {
        if !new.iter().any(|other| title(other) == title(section)) {
            out += &format!("## {}\n(nobody provokes it any more)\n", title(section));
        }
    }
    out
}

fn changed(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) =
        (before.lines().collect(), after.lines().collect());
    let alike = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let at_end = before[alike..]
        .iter()
        .rev()
        .zip(after[alike..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let marked = |mark: char, lines: &[&str]| -> Vec<String> {
        lines[alike..lines.len() - at_end].iter().map(|line| format!("{mark} {line}")).collect()
    };
    [marked('-', &before), marked('+', &after)].concat().join("\n")
}

#[test]
fn a_difference_shows_its_section_and_both_sides() {
    let kept = "head\n## one\na\nb\nc\n## two\nx";
    assert_eq!(difference(kept, kept), "");
    assert_eq!(
        difference(kept, "head\n## one\na\nB\nc\n## three\nx"),
        "## one\n- b\n+ B\n## three\n+ three\n+ x\n## two\n(nobody provokes it any more)\n"
    );
}
