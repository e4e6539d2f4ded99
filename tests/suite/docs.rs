//! The pages under docs/ say what the schemas say. Guides are written by hand; of them, only
//! front matter and links are looked at.
//!
//! On a difference: `UPDATE_DOCS=1 cargo test --test suite docs` writes the pages anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use terraform_provider_aep::plugin::IdentitySchema;
use tf_provider::Diagnostics;
use tf_provider::schema::{Block, Description, FunctionSchema, NestedBlock, Schema};

use render::{ImportExamples, ResourceExtras};

mod links;
mod render;

/// Folders in which every page is generated; a page nobody generates is one of something that is gone.
const GENERATED_FOLDERS: [&str; 3] = ["docs/resources", "docs/data-sources", "docs/functions"];

/// Everything the provider publishes.
struct Published {
    provider: Schema,
    resources: Vec<PublishedResource>,
    data_sources: Vec<(&'static str, Schema)>,
    functions: Vec<(&'static str, FunctionSchema)>,
}

struct PublishedResource {
    /// With the provider's name before it: `aep_cmk_config`.
    name: &'static str,
    schema: Schema,
    optional_blocks: &'static [&'static str],
    identity: Option<IdentitySchema>,
}

/// What the provider really publishes.
fn published() -> Published {
    let schemas = terraform_provider_aep::provider::plugin().schemas();
    assert_eq!(schemas.diagnostics, Diagnostics::default());
    Published {
        provider: schemas.provider.expect("the provider block has a schema"),
        resources: schemas
            .resources
            .into_iter()
            .map(|(name, resource)| PublishedResource {
                name,
                schema: resource.schema,
                optional_blocks: resource.optional_blocks,
                identity: resource.identity,
            })
            .collect(),
        data_sources: schemas.data_sources.into_iter().collect(),
        functions: schemas.functions.into_iter().collect(),
    }
}

#[test]
fn the_pages_say_what_the_schemas_say() {
    let published = published();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut findings = undescribed(&published);
    if published.resources.is_empty()
        || published.data_sources.is_empty()
        || published.functions.is_empty()
    {
        findings.push("the provider offers no resource, no data source or no function".to_owned());
    }
    match pages(&published, |file| fs::read_to_string(root.join(file)).ok()) {
        Err(missing) => findings.extend(missing),
        Ok(pages) if std::env::var_os("UPDATE_DOCS").is_some() => update(root, &pages),
        Ok(pages) => findings.extend(differences(root, &pages)),
    }
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// Every page by its path, or the examples that are missing.
fn pages(
    published: &Published,
    read: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, Vec<String>> {
    let mut missing = Vec::new();
    let mut example = |file: String| {
        read(&file).unwrap_or_else(|| {
            missing.push(format!("{file} is missing: write the example of its page"));
            String::new()
        })
    };
    let mut pages = BTreeMap::new();
    let code = example("examples/provider/provider.tf".to_owned());
    pages.insert("docs/index.md".to_owned(), render::provider_page(&published.provider, &code));
    for resource in &published.resources {
        let folder = format!("examples/resources/{}", resource.name);
        let code = example(format!("{folder}/resource.tf"));
        let extras = ResourceExtras {
            optional_blocks: resource.optional_blocks,
            identity: resource.identity.clone(),
            import: ImportExamples {
                block: Some(example(format!("{folder}/import.tf"))),
                identity: resource
                    .identity
                    .as_ref()
                    .map(|_| example(format!("{folder}/import-by-identity.tf"))),
                command: Some(example(format!("{folder}/import.sh"))),
            },
        };
        pages.insert(
            page_path("resources", resource.name),
            render::resource_page(resource.name, &resource.schema, &code, &extras),
        );
    }
    for (name, schema) in &published.data_sources {
        let code = example(format!("examples/data-sources/{name}/data-source.tf"));
        pages
            .insert(page_path("data-sources", name), render::data_source_page(name, schema, &code));
    }
    for (name, schema) in &published.functions {
        let code = example(format!("examples/functions/{name}/function.tf"));
        pages.insert(page_path("functions", name), render::function_page(name, schema, &code));
    }
    if missing.is_empty() { Ok(pages) } else { Err(missing) }
}

/// The Registry names the pages of resources and data sources without the provider's prefix.
fn page_path(folder: &str, name: &str) -> String {
    let name = name.strip_prefix("aep_").unwrap_or(name);
    format!("docs/{folder}/{name}.md")
}

/// What is different on disk. A line each, with the fix at its end.
fn differences(root: &Path, pages: &BTreeMap<String, String>) -> Vec<String> {
    const FIX: &str = "run `UPDATE_DOCS=1 cargo test --test suite docs`";
    let mut findings = Vec::new();
    for (path, expected) in pages {
        match fs::read_to_string(root.join(path)) {
            Err(_) => findings.push(format!("{path} is missing: {FIX}")),
            Ok(found) if found != *expected => findings.push(format!(
                "{path} is out of date, {}: {FIX}",
                first_difference(&found, expected)
            )),
            Ok(_) => {}
        }
    }
    for path in on_disk(root) {
        if !pages.contains_key(&path) {
            findings.push(format!("{path} is the page of nothing: {FIX}, or delete it"));
        }
    }
    findings
}

/// The first line that differs, as it is and as it should be.
fn first_difference(found: &str, expected: &str) -> String {
    let mut found = found.split('\n');
    let mut expected = expected.split('\n');
    for number in 1_usize.. {
        match (found.next(), expected.next()) {
            (None, None) => break,
            (a, b) if a != b => {
                return format!(
                    "line {number} is {:?} and should be {:?}",
                    a.unwrap_or("(the end)"),
                    b.unwrap_or("(the end)")
                );
            }
            _ => {}
        }
    }
    "nowhere".to_owned()
}

fn update(root: &Path, pages: &BTreeMap<String, String>) {
    for (path, content) in pages {
        let path = root.join(path);
        let folder = path.parent().expect("a page is in a folder");
        fs::create_dir_all(folder).expect("the folder of a page");
        fs::write(&path, content).expect("a page");
    }
    for path in on_disk(root) {
        if !pages.contains_key(&path) {
            fs::remove_file(root.join(path)).expect("a page of nothing");
        }
    }
}

/// The pages there are in the folders that hold nothing but generated ones.
fn on_disk(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for folder in GENERATED_FOLDERS {
        // A folder that is not there yet has no pages.
        for entry in fs::read_dir(root.join(folder)).into_iter().flatten() {
            let name = entry.expect("a directory entry").file_name();
            found.push(format!("{folder}/{}", name.to_string_lossy()));
        }
    }
    found.sort();
    found
}

/// What has no text of its own. tf-provider's default for a description is the word "empty".
fn undescribed(published: &Published) -> Vec<String> {
    let mut findings = Vec::new();
    let mut check = |what: String, text: &str| {
        if matches!(text.trim(), "" | "empty") {
            findings.push(format!("{what} has no description: write it next to its schema"));
        }
    };
    check_block("provider", &published.provider.block, &mut check);
    for resource in &published.resources {
        check_block(resource.name, &resource.schema.block, &mut check);
        for attribute in resource.identity.iter().flat_map(|i| &i.attributes) {
            let name = format!("{} (identity).{}", resource.name, attribute.name);
            check(name, attribute.description);
        }
    }
    for (name, schema) in &published.data_sources {
        check_block(&format!("data.{name}"), &schema.block, &mut check);
    }
    for (name, schema) in &published.functions {
        check(format!("{name}()"), &schema.description.content);
        check(format!("the summary of {name}()"), &schema.summary);
        for parameter in schema.parameters.iter().chain(&schema.variadic) {
            let what = format!("{name}({})", parameter.name);
            check(what, &parameter.description.content);
        }
    }
    findings.sort();
    findings
}

fn check_block(path: &str, block: &Block, check: &mut impl FnMut(String, &str)) {
    let mut described = |path: String, description: &Description| check(path, &description.content);
    described(path.to_owned(), &block.description);
    for (name, attribute) in &block.attributes {
        described(format!("{path}.{name}"), &attribute.description);
    }
    for (name, nested) in &block.blocks {
        let (NestedBlock::Single(inner)
        | NestedBlock::List(inner)
        | NestedBlock::Set(inner)
        | NestedBlock::Map(inner)
        | NestedBlock::Group(inner)
        | NestedBlock::Optional(inner)) = nested;
        check_block(&format!("{path}.{name}"), inner, check);
    }
}

#[cfg(test)]
mod tests;
