//! The pages under docs/ say what the schemas say, and troubleshooting what the diagnostics say.
//! The other guides are written by hand; of them, only what the Registry asks for and links are
//! looked at.
//!
//! On a difference: `UPDATE_DOCS=1 cargo test --test suite docs` writes the pages anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tf_provider::Diagnostics;

use crate::tidy::files_below;

mod registry;
mod render;
mod troubleshooting;

const FIX: &str = "run `UPDATE_DOCS=1 cargo test --test suite docs`";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every page by its path.
fn pages() -> BTreeMap<PathBuf, String> {
    let schemas = terraform_provider_aep::provider::plugin().schemas();
    assert_eq!(schemas.diagnostics, Diagnostics::default());
    let example = |file: &str| read(&format!("examples/{file}"));
    let mut pages = BTreeMap::new();
    // The Registry names the pages of resources and data sources without the provider's prefix.
    let mut add = |folder: &str, name: &str, page| {
        let file = format!("{}.md", name.trim_start_matches("aep_"));
        pages.insert(root().join("docs").join(folder).join(file), page);
    };
    let provider = schemas.provider.as_ref().expect("the provider block has a schema");
    let page =
        render::schema_page(["aep Provider"; 2], provider, &example("provider/provider.tf"), &[]);
    // The index is in no category, and the Registry refuses one.
    add("", "index", page.replacen("subcategory: \"\"\n", "", 1));
    for (name, resource) in &schemas.resources {
        let file = |file| example(&format!("resources/{name}/{file}"));
        let titles = [&*format!("{name} Resource - aep"), &*format!("{name} (Resource)")];
        let (schema, code) = (&resource.schema, file("resource.tf"));
        let page = render::schema_page(titles, schema, &code, resource.optional_blocks);
        let identity = resource.identity.as_ref().expect("each resource has an identity");
        let ways = ["import-by-string-id.tf", "import-by-identity.tf", "import.sh"].map(file);
        add("resources", name, page + &render::import_section(identity, ways));
    }
    for (name, schema) in &schemas.data_sources {
        let code = example(&format!("data-sources/{name}/data-source.tf"));
        let titles = [&*format!("{name} Data Source - aep"), &*format!("{name} (Data Source)")];
        add("data-sources", name, render::schema_page(titles, schema, &code, &[]));
    }
    for (name, schema) in &schemas.functions {
        let code = example(&format!("functions/{name}/function.tf"));
        add("functions", name, render::function_page(name, schema, &code));
    }
    add("guides", "troubleshooting", troubleshooting::page(&read("tests/suite/diagnostics.txt")));
    pages
}

#[test]
fn the_pages_say_what_the_schemas_say() {
    let pages = pages();
    let mut on_disk = Vec::new();
    files_below(&root().join("docs"), &mut on_disk);
    on_disk.retain(|path| !path.starts_with(root().join("docs/guides")));
    on_disk.retain(|path| !pages.contains_key(path));
    assert!(on_disk.is_empty(), "pages of nothing, delete them: {on_disk:?}");
    for (path, page) in &pages {
        let shown = path.display();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, page).expect("a page");
        }
        let found = fs::read_to_string(path).unwrap_or_default();
        let differs = found.lines().zip(page.lines()).find(|(found, expected)| found != expected);
        assert!(
            found == *page,
            "{shown} is out of date, first (found, expected): {differs:?}: {FIX}"
        );
    }
}
