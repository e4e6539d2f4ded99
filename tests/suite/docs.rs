//! The pages under docs/ say what the schemas say, and troubleshooting what the diagnostics say. The other guides are written
//! by hand; of them, only what the Registry asks for and links are looked at.
//!
//! On a difference: `UPDATE_DOCS=1 cargo test --test suite docs` writes the pages anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tf_provider::Diagnostics;
use tf_provider::schema::{Block, NestedBlock};
use tf_provider_host::Schemas;

use crate::tidy::files_below;

mod registry;
mod render;
mod troubleshooting;

const FIX: &str = "run `UPDATE_DOCS=1 cargo test --test suite docs`";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn published() -> Schemas {
    let schemas = terraform_provider_aep::provider::plugin().schemas();
    assert_eq!(schemas.diagnostics, Diagnostics::default());
    schemas
}

/// Every page by its path.
fn pages(schemas: &Schemas) -> BTreeMap<PathBuf, String> {
    let example = |file: &str| {
        let path = root().join("examples").join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    // The Registry names the pages of resources and data sources without the provider's prefix.
    let path = |folder: &str, name: &str| {
        root().join("docs").join(folder).join(format!("{}.md", name.trim_start_matches("aep_")))
    };
    let mut pages = BTreeMap::new();
    let provider = schemas.provider.as_ref().expect("the provider block has a schema");
    let code = example("provider/provider.tf");
    let page = render::schema_page(["aep Provider"; 2], provider, &code, &[]);
    // The index is in no category, and the Registry refuses one.
    pages.insert(path("", "index"), page.replacen("subcategory: \"\"\n", "", 1));
    for (name, resource) in &schemas.resources {
        let file = |file| example(&format!("resources/{name}/{file}"));
        let titles = [&*format!("{name} Resource - aep"), &*format!("{name} (Resource)")];
        let page = render::schema_page(
            titles,
            &resource.schema,
            &file("resource.tf"),
            resource.optional_blocks,
        );
        let identity = resource.identity.as_ref().expect("each resource has an identity");
        let import = render::import_section(
            &file("import-by-string-id.tf"),
            &file("import-by-identity.tf"),
            identity,
            &file("import.sh"),
        );
        pages.insert(path("resources", name), page + &import);
    }
    for (name, schema) in &schemas.data_sources {
        let code = example(&format!("data-sources/{name}/data-source.tf"));
        let titles = [&*format!("{name} Data Source - aep"), &*format!("{name} (Data Source)")];
        pages.insert(path("data-sources", name), render::schema_page(titles, schema, &code, &[]));
    }
    for (name, schema) in &schemas.functions {
        let code = example(&format!("functions/{name}/function.tf"));
        pages.insert(path("functions", name), render::function_page(name, schema, &code));
    }
    let diagnostics = fs::read_to_string(root().join("tests/suite/diagnostics.txt"));
    let page = troubleshooting::page(&diagnostics.expect("the snapshot of the diagnostics"));
    pages.insert(path("guides", "troubleshooting"), page);
    pages
}

/// The pages there are, but for the guides.
fn on_disk() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files_below(&root().join("docs"), &mut found);
    found.retain(|path| !path.starts_with(root().join("docs/guides")));
    found
}

#[test]
fn the_pages_say_what_the_schemas_say() {
    let pages = pages(&published());
    let obsolete = || on_disk().into_iter().filter(|path| !pages.contains_key(path));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        for (path, page) in &pages {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, page).expect("a page");
        }
        obsolete().for_each(|path| fs::remove_file(path).expect("a page of nothing"));
    }
    for (path, page) in &pages {
        let shown = path.display();
        let found =
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{shown}: {error}: {FIX}"));
        let differs = found.lines().zip(page.lines()).find(|(found, expected)| found != expected);
        assert!(
            found == *page,
            "{shown} is out of date, first (found, expected): {differs:?}: {FIX}"
        );
    }
    let obsolete: Vec<PathBuf> = obsolete().collect();
    assert!(obsolete.is_empty(), "pages of nothing: {obsolete:?}: {FIX}, or delete them");
}

/// tf-provider's default for a description is the word "empty".
#[test]
fn everything_has_a_description() {
    let schemas = published();
    let mut texts: Vec<(String, &str)> = Vec::new();
    let provider = schemas.provider.iter().map(|schema| ("provider", schema));
    let resources = schemas.resources.iter().map(|(name, resource)| (*name, &resource.schema));
    let data_sources = schemas.data_sources.iter().map(|(name, schema)| (*name, schema));
    for (name, schema) in provider.chain(resources).chain(data_sources) {
        of_block(name, &schema.block, &mut texts);
    }
    for (name, resource) in &schemas.resources {
        let attributes = resource.identity.iter().flat_map(|identity| &identity.attributes);
        texts.extend(attributes.map(|a| (format!("{name}.{} (identity)", a.name), a.description)));
    }
    for (name, schema) in &schemas.functions {
        texts.push((format!("{name}()"), &schema.description.content));
        texts.push((format!("the summary of {name}()"), &schema.summary));
        let parameters = schema.parameters.iter();
        texts.extend(parameters.map(|p| (format!("{name}({})", p.name), &*p.description.content)));
    }
    texts.retain(|(_, text)| matches!(text.trim(), "" | "empty"));
    assert!(texts.is_empty(), "write a description next to the schema of {texts:?}");
}

fn of_block<'a>(path: &str, block: &'a Block, texts: &mut Vec<(String, &'a str)>) {
    texts.push((path.to_owned(), &block.description.content));
    for (name, attribute) in &block.attributes {
        texts.push((format!("{path}.{name}"), &attribute.description.content));
    }
    for (name, nested) in &block.blocks {
        let NestedBlock::Single(inner) = nested else { panic!("{path}.{name}: {nested:?}") };
        of_block(&format!("{path}.{name}"), inner, texts);
    }
}
