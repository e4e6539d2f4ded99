//! The generator on a toy provider, and on the functions the provider has.

use std::fs;

use terraform_provider_aep::provider::functions::{ConsentUrl, ParseKeyIdentifier};
use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, NestedBlock, Schema,
};
use tf_provider::{Diagnostics, Function, map};

use super::{Published, PublishedResource, differences, pages, render, undescribed, update};

fn schema(attribute: &str) -> Schema {
    let attribute_named_name = Attribute {
        attr_type: AttributeType::String,
        description: Description::plain(attribute),
        constraint: AttributeConstraint::Optional,
        ..Attribute::default()
    };
    Schema {
        version: 1,
        block: Block {
            attributes: map! { "name" => attribute_named_name },
            description: Description::plain("A toy."),
            ..Block::default()
        },
    }
}

fn toys() -> Published {
    let mut diags = Diagnostics::default();
    Published {
        provider: schema("Its name."),
        resources: vec![PublishedResource {
            name: "aep_toy",
            schema: schema("Its name."),
            optional_blocks: &[],
            identity: None,
        }],
        data_sources: vec![("aep_toy", schema("Its name."))],
        functions: vec![("consent_url", ConsentUrl.schema(&mut diags).unwrap())],
    }
}

#[test]
fn there_is_a_page_for_everything_that_is_published() {
    let pages = pages(&toys(), |file| Some(format!("# {file}"))).unwrap();
    let paths: Vec<&str> = pages.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "docs/data-sources/toy.md",
            "docs/functions/consent_url.md",
            "docs/index.md",
            "docs/resources/toy.md"
        ]
    );
    for (page, example) in [
        ("docs/index.md", "examples/provider/provider.tf"),
        ("docs/resources/toy.md", "examples/resources/aep_toy/resource.tf"),
        ("docs/resources/toy.md", "examples/resources/aep_toy/import.tf"),
        ("docs/resources/toy.md", "examples/resources/aep_toy/import.sh"),
        ("docs/data-sources/toy.md", "examples/data-sources/aep_toy/data-source.tf"),
        ("docs/functions/consent_url.md", "examples/functions/consent_url/function.tf"),
    ] {
        assert!(pages[page].contains(&format!("\n# {example}\n")), "{page}");
    }
}

#[test]
fn a_missing_example_goes_red() {
    let missing = pages(&toys(), |file| (!file.ends_with("data-source.tf")).then(String::new));
    let missing = missing.unwrap_err();
    assert_eq!(missing.len(), 1);
    assert!(missing[0].starts_with("examples/data-sources/aep_toy/data-source.tf is missing"));
}

#[test]
fn pages_that_differ_go_red_until_they_are_updated() {
    let folder = tempfile::tempdir().unwrap();
    let pages = pages(&toys(), |_| Some(String::new())).unwrap();
    assert_eq!(differences(folder.path(), &pages).len(), pages.len());

    update(folder.path(), &pages);
    assert_eq!(differences(folder.path(), &pages), Vec::<String>::new());

    let index = folder.path().join("docs/index.md");
    fs::write(&index, pages["docs/index.md"].replace("A toy.", "A boy.")).unwrap();
    fs::write(folder.path().join("docs/functions/gone.md"), "").unwrap();
    fs::create_dir(folder.path().join("docs/guides")).unwrap();
    fs::write(folder.path().join("docs/guides/by-hand.md"), "").unwrap();
    let findings = differences(folder.path(), &pages);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings[0].contains("docs/index.md is out of date, line 6 is \"  A boy.\""),
        "{findings:?}"
    );
    assert!(findings[0].contains("UPDATE_DOCS=1"), "{findings:?}");
    assert!(findings[1].contains("docs/functions/gone.md is the page of nothing"), "{findings:?}");

    update(folder.path(), &pages);
    assert_eq!(differences(folder.path(), &pages), Vec::<String>::new());
    assert!(folder.path().join("docs/guides/by-hand.md").exists());
}

#[test]
fn what_has_no_description_goes_red() {
    assert_eq!(undescribed(&toys()), Vec::<String>::new());
    let mut toys = toys();
    toys.provider.block.attributes = schema("").block.attributes;
    toys.resources[0].schema.block.blocks =
        map! { "timeouts" => NestedBlock::Single(schema("empty").block) };
    toys.data_sources[0].1.block.description = Description::plain("empty");
    toys.functions[0].1.parameters[1].description = Description::plain("");
    toys.functions[0].1.summary = String::new();
    let findings = undescribed(&toys);
    for (finding, what) in findings.iter().zip([
        "aep_toy.timeouts.name",
        "consent_url(tenant_id)",
        "data.aep_toy",
        "provider.name",
        "the summary of consent_url()",
    ]) {
        assert!(finding.starts_with(what), "{finding}");
    }
    assert_eq!(findings.len(), 5, "{findings:?}");
}

#[test]
fn the_functions_of_the_provider_have_pages() {
    let mut diags = Diagnostics::default();
    let schema = ParseKeyIdentifier.schema(&mut diags).unwrap();
    let page = render::function_page("parse_key_identifier", &schema, "");
    assert!(page.contains("\nparse_key_identifier(id string) object\n"), "{page}");
    assert!(page.contains("\n- `key_version` (String) Version of the key; null if"), "{page}");
    let schema = ConsentUrl.schema(&mut diags).unwrap();
    let page = render::function_page("consent_url", &schema, "");
    assert!(
        page.contains("\nconsent_url(application_redirect_url string, tenant_id string) string\n"),
        "{page}"
    );
    assert!(page.contains("\n2. `tenant_id` (String) Directory (tenant) id"), "{page}");
}
