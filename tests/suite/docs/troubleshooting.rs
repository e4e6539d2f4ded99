//! The guide to errors by their text: what `diagnostics.txt` has, once for each summary.

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

pub(super) fn page(diagnostics: &str) -> String {
    let mut page = format!("---\n{GENERATED}\n{HEAD}");
    for chapter in diagnostics.split("\n# ").skip(1) {
        let (title, cases) = chapter.split_once('\n').unwrap_or((chapter, ""));
        page += &format!("\n## {title}\n");
        // A summary, the paragraphs under it so far, and how they are shown.
        let mut entries: Vec<(&str, Vec<&str>, String)> = Vec::new();
        for case in cases.split("\n## ").skip(1) {
            let (title, shown) = case.split_once('\n').unwrap_or((case, ""));
            // What comes before the first diagnostic is the command.
            for diagnostic in split_before(shown, &["\nError: ", "\nWarning: "]).skip(1) {
                let (head, detail) = diagnostic.split_once("\n\n").unwrap_or((diagnostic, ""));
                // Below the summary stands the place, which is the test's own.
                let summary = head.lines().next().unwrap_or_default();
                let known = entries.iter().position(|(known, ..)| *known == summary);
                let entry = known.unwrap_or(entries.len());
                if known.is_none() {
                    entries.push((summary, Vec::new(), format!("\n### {summary}\n")));
                }
                let (_, said, text) = &mut entries[entry];
                let mut news: Vec<&str> = detail.trim_end().split("\n\n").collect();
                news.retain(|paragraph| !said.contains(paragraph));
                if !news.is_empty() {
                    *text += &format!("\n*{title}*\n\n```text\n{}\n```\n", news.join("\n\n"));
                    said.extend(news);
                }
            }
        }
        page.extend(entries.into_iter().map(|(.., text)| text));
    }
    page
}

/// The parts of `text` that begin with one of `marks`, without the line break before, and what is
/// before the first.
fn split_before<'a>(text: &'a str, marks: &[&str]) -> impl Iterator<Item = &'a str> {
    let mut starts: Vec<usize> =
        marks.iter().flat_map(|mark| text.match_indices(mark)).map(|(at, _)| at).collect();
    starts.sort_unstable();
    let ends = starts.clone().into_iter().chain([text.len()]);
    let starts = starts.into_iter().map(|at| at + 1);
    [0].into_iter().chain(starts).zip(ends).map(|(from, to)| &text[from..to])
}
