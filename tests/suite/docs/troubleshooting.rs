//! The guide to errors by their text: what `diagnostics.txt` has, once for each summary.

use std::fmt::Write as _;

use super::render::GENERATED;

const HEAD: &str = r#"page_title: "Troubleshooting by error text"
subcategory: ""
description: |-
  Every error and warning of the provider, with what to do about it.
---

# Troubleshooting by error text

Search this page for the first line of the message. Each text is what the CLI prints; `<id>`, `<duration>` and the like
stand for values. Paragraphs that repeat under one heading are shown once.

Most causes can be found without a plan: `terraform-provider-aep doctor` ([Getting started](getting-started.md)).
To see the requests: `TF_LOG_PROVIDER=DEBUG terraform plan`. To see how far a wait is: `TF_LOG_PROVIDER=INFO terraform apply`.
Adobe support asks for the `x-request-id`, which each message of the API carries.
"#;

/// A heading, and under it each case: its title and the paragraphs that no earlier case has.
struct Entry<'a> {
    summary: &'a str,
    cases: Vec<(&'a str, Vec<&'a str>)>,
}

pub(super) fn page(diagnostics: &str) -> String {
    let mut page = format!("---\n{GENERATED}\n{HEAD}");
    for chapter in diagnostics.split("\n# ").skip(1) {
        let (title, cases) = chapter.split_once('\n').unwrap_or((chapter, ""));
        let _ = write!(page, "\n## {title}\n");
        for Entry { summary, cases } in entries(cases) {
            let _ = write!(page, "\n### {summary}\n");
            for (case, paragraphs) in cases {
                let _ = write!(page, "\n*{case}*\n\n```text\n{}\n```\n", paragraphs.join("\n\n"));
            }
        }
    }
    page
}

fn entries(cases: &str) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for case in cases.split("\n## ").skip(1) {
        let (title, shown) = case.split_once('\n').unwrap_or((case, ""));
        // What comes before the first diagnostic is the command.
        for diagnostic in split_before(shown, &["\nError: ", "\nWarning: "]).into_iter().skip(1) {
            let (head, detail) = diagnostic.split_once("\n\n").unwrap_or((diagnostic, ""));
            // Below the summary stands the place, which is the test's own.
            let summary = head.lines().next().unwrap_or_default();
            if entries.iter().all(|entry| entry.summary != summary) {
                entries.push(Entry { summary, cases: Vec::new() });
            }
            let Some(entry) = entries.iter_mut().find(|entry| entry.summary == summary) else {
                continue;
            };
            let said =
                |paragraph: &&str| entry.cases.iter().any(|(_, all)| all.contains(paragraph));
            let news: Vec<&str> =
                detail.trim_end().split("\n\n").filter(|paragraph| !said(paragraph)).collect();
            if !news.is_empty() {
                entry.cases.push((title, news));
            }
        }
    }
    entries
}

/// The parts of `text` that begin with one of `marks`, without the line break before, and what is before the first.
fn split_before<'a>(text: &'a str, marks: &[&str]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = marks.iter().filter_map(|mark| rest.find(mark)).min() {
        parts.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    parts.push(rest);
    parts
}

#[test]
fn a_summary_has_a_heading_once_and_no_paragraph_twice() {
    let shown = "A title.\n\n# One\n\n## first\n\n$ plan\n\nError: No\n  on x\n\nWhy.\n\nWay out.\n\n## second\n\n\
        $ plan\n\nWarning: Hm\n\nSo.\n\nError: No\n\nBecause.\n\nWay out.\n\n## third\n\n$ plan\n\nError: No\n\nWhy.\n";
    let page = page(shown);
    let (_, body) = page.split_once("carries.\n").expect("the end of the head");
    assert_eq!(
        body,
        "\n## One\n\n### Error: No\n\n*first*\n\n```text\nWhy.\n\nWay out.\n```\n\n*second*\n\n```text\nBecause.\n```\n\
         \n### Warning: Hm\n\n*second*\n\n```text\nSo.\n```\n"
    );
}
