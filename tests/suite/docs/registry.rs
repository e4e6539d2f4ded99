//! The pages as the Registry takes them: what `tfplugindocs validate` asks for, and links that lead somewhere.

use std::fs;
use std::path::Path;

use super::root;
use crate::tidy::files_below;

/// The folders that the Registry reads of those that this provider can have pages for.
const FOLDERS: [&str; 5] =
    ["docs", "docs/data-sources", "docs/functions", "docs/guides", "docs/resources"];
const MAX_SIZE: usize = 500_000;
/// Where a link of the Registry's pages to a file of the repository has to lead, as a relative one is not followed there.
const REPOSITORY: [&str; 3] = [
    concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/"),
    concat!(env!("CARGO_PKG_REPOSITORY"), "/tree/main/"),
    "https://raw.githubusercontent.com/aep-cmk/terraform-provider-aep/main/",
];

/// What is wrong with a page.
fn findings(page: &Path, text: &str) -> Vec<String> {
    let folder = page.parent().expect("a page is in a folder");
    let front_matter = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or("", |(front_matter, _)| front_matter);
    let is_index = page.file_stem().is_some_and(|stem| stem == "index");
    let mut findings = Vec::new();
    for (key, wanted) in [
        ("page_title: \"", true),
        ("subcategory: \"", !is_index),
        ("description: |-\n  ", true),
        ("layout:", false),
        ("sidebar_current:", false),
    ] {
        if front_matter.contains(key) != wanted {
            let has = if wanted { "no" } else { "a" };
            findings.push(format!("the front matter has {has} `{}`", key.trim()));
        }
    }
    if !FOLDERS.iter().any(|known| folder == Path::new(known)) {
        findings.push("the Registry does not read this folder".to_owned());
    }
    if page.extension().is_none_or(|extension| extension != "md") || text.len() > MAX_SIZE {
        findings.push("a page is a .md file of at most 500 kB".to_owned());
    }
    for link in text.split("](").skip(1) {
        let target = link.split([')', '#']).next().unwrap_or_default();
        let in_repository = REPOSITORY.iter().find_map(|start| target.strip_prefix(start));
        let leads_somewhere = match in_repository {
            Some(file) => root().join(file).exists(),
            None => {
                target.is_empty()
                    || target.starts_with("https://")
                    || root().join(folder).join(target).exists()
            }
        };
        if !leads_somewhere {
            findings.push(format!("the link to {target} leads nowhere"));
        }
    }
    findings.iter().map(|finding| format!("{}: {finding}", page.display())).collect()
}

#[test]
fn every_page_is_one_that_the_registry_takes_and_its_links_lead_somewhere() {
    let mut found = Vec::new();
    files_below(&root().join("docs"), &mut found);
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let findings: Vec<String> = found
        .iter()
        .flat_map(|page| {
            let text = fs::read_to_string(page).expect("a page");
            findings(page.strip_prefix(root()).expect("a page below the root"), &text)
        })
        .chain(
            findings(Path::new("README.md"), &readme)
                .into_iter()
                .filter(|finding| finding.contains("leads")),
        )
        .collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn a_bad_page_goes_red() {
    let page = |path: &str, text: &str| findings(Path::new(path), text).len();
    let good = "---\npage_title: \"A\"\nsubcategory: \"\"\ndescription: |-\n  B.\n---\n[c](https://d/) [e](#f)\n";
    assert_eq!(page("docs/guides/a.md", good), 0);
    assert_eq!(page("docs/guides/a.md", &good.replace("---\n", "")), 3);
    assert_eq!(page("docs/guides/a.md", &good.replace("#f", "f.md#g")), 1);
    assert_eq!(
        page("docs/guides/a.md", &good.replace("https://d/", &format!("{}none", REPOSITORY[0]))),
        1
    );
    assert_eq!(page("docs/guides/a.md", &good.replace("subc", "layout: \"b\"\nsubc")), 1);
    assert_eq!(page("docs/guides/a.md", &(good.to_owned() + &"a".repeat(MAX_SIZE))), 1);
    assert_eq!(page("docs/guides/a.markdown", good), 1);
    assert_eq!(page("docs/pictures/a.md", good), 1);
    assert_eq!(page("docs/index.md", good), 1);
    assert_eq!(page("docs/index.md", &good.replace("subcategory: \"\"\n", "")), 0);
}

/// The committed picture is the one that its text draws: Graphviz writes each label, line by line, into the SVG.
#[test]
fn the_picture_says_what_its_source_says() {
    let read = |file: &str| fs::read_to_string(root().join(file)).expect(file);
    let (source, picture) = (read(".github/picture.dot"), read(".github/picture.svg"));
    let labels: Vec<&str> = source
        .split("label=\"")
        .skip(1)
        .flat_map(|rest| rest.split('"').next().unwrap_or_default().split("\\n"))
        .flat_map(|line| line.split("\\l"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert!(!labels.is_empty(), "no label in the source");
    let shown = picture.replace("&#39;", "'").replace("&#160;", " ");
    for label in labels {
        assert!(
            shown.contains(label),
            "{label} is not in the picture: draw it anew, as the source says"
        );
    }
}
