//! The pages as the Registry takes them: what `tfplugindocs validate` asks for, and links that lead
//! somewhere.

use super::{read, root};
use crate::tidy::files_below;

/// The folders that the Registry reads of those that this provider can have pages for.
const FOLDERS: [&str; 5] =
    ["docs", "docs/data-sources", "docs/functions", "docs/guides", "docs/resources"];
const MAX_SIZE: usize = 500_000;
/// Where a link of the Registry's pages to a file of the repository has to lead, as a relative one
/// is not followed there.
const REPOSITORY: [&str; 3] = [
    concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/"),
    concat!(env!("CARGO_PKG_REPOSITORY"), "/tree/main/"),
    "https://raw.githubusercontent.com/aep-cmk/terraform-provider-aep/main/",
];

/// What is wrong with a page.
fn findings(page: &str, text: &str) -> Vec<String> {
    let mut findings = links_to_nowhere(page, text);
    let front_matter = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    let front_matter = front_matter.map_or("", |(front_matter, _)| front_matter);
    for (key, wanted) in [
        ("page_title: \"", true),
        ("subcategory: \"", page != "docs/index.md"),
        ("description: |-\n  ", true),
        ("layout:", false),
        ("sidebar_current:", false),
    ] {
        if front_matter.contains(key) != wanted {
            let has = if wanted { "has no" } else { "must not have" };
            findings.push(format!("{page}: the front matter {has} `{}`", key.trim()));
        }
    }
    let in_folder = page.rsplit_once('/').is_some_and(|(folder, _)| FOLDERS.contains(&folder));
    if !in_folder || !page.ends_with(".md") || text.len() > MAX_SIZE {
        findings
            .push(format!("{page}: a page is a .md file of at most 500 kB in one of {FOLDERS:?}"));
    }
    findings
}

fn links_to_nowhere(page: &str, text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|link| link.split([')', '#']).next());
    let leads_nowhere =
        |target: &&str| match REPOSITORY.iter().find_map(|start| target.strip_prefix(start)) {
            Some(file) => !root().join(file).exists(),
            None if target.is_empty() || target.starts_with("https://") => false,
            None => !root().join(page).with_file_name(target).exists(),
        };
    let targets = targets.filter(leads_nowhere);
    targets.map(|target| format!("{page}: the link to {target} leads nowhere")).collect()
}

#[test]
fn every_page_is_one_that_the_registry_takes_and_its_links_lead_somewhere() {
    let mut pages = Vec::new();
    files_below(&root().join("docs"), &mut pages);
    let mut found = links_to_nowhere("README.md", &read("README.md"));
    for page in pages {
        let page = page.strip_prefix(root()).expect("below the root").to_string_lossy();
        found.extend(findings(&page, &read(&page)));
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn a_bad_page_goes_red() {
    const PAGE: &str = "docs/guides/a.md";
    let good = "---\npage_title: \"A\"\nsubcategory: \"\"\ndescription: |-\n  B.\n---\n\
        [c](https://d/) [e](#f)\n";
    let of_index = good.replace("subcategory: \"\"\n", "");
    let lost = format!("{}none", REPOSITORY[0]);
    for (page, text, expected) in [
        (PAGE, good.to_owned(), 0),
        (PAGE, good.replace("---\n", ""), 3),
        (PAGE, good.replace("#f", "f.md#g"), 1),
        (PAGE, good.replace("https://d/", &lost), 1),
        (PAGE, good.replace("subc", "layout: \"b\"\nsubc"), 1),
        (PAGE, good.to_owned() + &"a".repeat(MAX_SIZE), 1),
        ("docs/guides/a.markdown", good.to_owned(), 1),
        ("docs/pictures/a.md", good.to_owned(), 1),
        ("docs/index.md", good.to_owned(), 1),
        ("docs/index.md", of_index, 0),
    ] {
        let found = findings(page, &text);
        assert_eq!(found.len(), expected, "{page}: {found:?}");
    }
}

/// The committed picture is the one that its text draws: Graphviz writes each label, line by line,
/// into the SVG.
#[test]
fn the_picture_says_what_its_source_says() {
    let (source, picture) = (read(".github/picture.dot"), read(".github/picture.svg"));
    let shown = picture.replace("&#39;", "'").replace("&#160;", " ");
    let labels = source.split("label=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let labels = labels.map(|label| label.replace("\\l", "\\n")).collect::<Vec<_>>().join("\\n");
    assert!(!labels.is_empty(), "no label in the source");
    for line in labels.split("\\n").map(str::trim) {
        assert!(
            shown.contains(line),
            "{line} is not in the picture: draw it anew, as the source says"
        );
    }
}
