//! The pages as the Registry takes them: front matter, and links that lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

/// Every page below a folder.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() {
            pages(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// What is wrong with a page.
fn findings(page: &Path, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let shown = page.display();
    let front_matter = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or("", |(front_matter, _)| front_matter);
    for key in ["page_title: \"", "subcategory: \"", "description: |-\n  "] {
        if !front_matter.contains(key) {
            findings.push(format!("{shown}: the front matter has no `{}`", key.trim()));
        }
    }
    for link in text.split("](").skip(1) {
        let target = link.split([')', '#']).next().unwrap_or_default();
        let folder = page.parent().expect("a page is in a folder");
        let leads_out = target.is_empty() || target.starts_with("https://");
        if !leads_out && !folder.join(target).is_file() {
            findings.push(format!("{shown}: the link to {target} leads nowhere"));
        }
    }
    findings
}

#[test]
fn every_page_has_front_matter_and_links_that_lead_somewhere() {
    let mut found = Vec::new();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    pages(&docs, &mut found);
    assert!(!found.is_empty(), "no page to look at");
    let findings: Vec<String> = found
        .iter()
        .flat_map(|page| findings(page, &fs::read_to_string(page).expect("a page")))
        .collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn a_bad_page_goes_red() {
    let page = Path::new("/nowhere/page.md");
    let good = "---\npage_title: \"A\"\nsubcategory: \"\"\ndescription: |-\n  B.\n---\n[c](https://d/) [e](#f)\n";
    assert_eq!(findings(page, good), Vec::<String>::new());
    assert_eq!(findings(page, &good.replace("---\n", "")).len(), 3);
    assert_eq!(findings(page, &good.replace("#f", "f.md#g")).len(), 1);
}
