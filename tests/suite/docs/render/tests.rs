//! Whole pages of toy schemas: what is seen here is what the Registry gets.

use terraform_provider_aep::plugin::{IdentityAttribute, IdentitySchema};
use tf_provider::map;
use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, FunctionSchema, NestedBlock,
    Parameter, Schema, Type,
};

use super::{
    ImportExamples, ResourceExtras, data_source_page, function_page, plain, provider_page,
    resource_page,
};

fn attribute(attr_type: AttributeType, constraint: AttributeConstraint, text: &str) -> Attribute {
    Attribute {
        attr_type,
        constraint,
        description: Description::markdown(text),
        ..Attribute::default()
    }
}

fn string(constraint: AttributeConstraint, text: &str) -> Attribute {
    attribute(AttributeType::String, constraint, text)
}

fn block(text: &str) -> Block {
    Block { description: Description::markdown(text), ..Block::default() }
}

fn toy() -> Schema {
    let timeouts = Block {
        attributes: map! { "create" => string(AttributeConstraint::Optional, "How long.") },
        ..block("Time limits.")
    };
    let parts = map! { "size" => attribute(AttributeType::Number, AttributeConstraint::Computed, "How big.") };
    let secret = Attribute {
        sensitive: true,
        deprecated: true,
        ..string(AttributeConstraint::Optional, "A secret.")
    };
    Schema {
        version: 1,
        block: Block {
            attributes: map! {
                "name" => string(AttributeConstraint::Required, "What it is called."),
                "tags" => attribute(AttributeType::Map(Box::new(AttributeType::String)), AttributeConstraint::OptionalComputed, "Labels."),
                "secret" => secret,
                "ready" => attribute(AttributeType::Bool, AttributeConstraint::Computed, "Whether it is."),
                "parts" => attribute(AttributeType::AttributeList(parts), AttributeConstraint::Computed, "What it is made of.")
            },
            blocks: map! { "timeouts" => NestedBlock::Single(timeouts) },
            ..block("Manages a `toy`, see [toys](https://toys.example).\n\nAnother paragraph.")
        },
    }
}

#[test]
fn a_resource() {
    let extras = ResourceExtras {
        optional_blocks: &["timeouts"],
        identity: Some(IdentitySchema {
            version: 1,
            attributes: vec![
                IdentityAttribute {
                    name: "name",
                    description: "Its name.",
                    required_for_import: true,
                },
                IdentityAttribute {
                    name: "owner",
                    description: "Its owner.",
                    required_for_import: false,
                },
            ],
        }),
        import: ImportExamples {
            block: Some("import {\n  id = \"ball\"\n}\n".to_owned()),
            identity: Some("import {\n  identity = { name = \"ball\" }\n}\n".to_owned()),
            command: Some("terraform import aep_toy.this ball\n".to_owned()),
        },
    };
    let page = resource_page("aep_toy", &toy(), "resource \"aep_toy\" \"this\" {}\n", &extras);
    assert_eq!(page, include_str!("toy_resource.md"));
}

#[test]
fn a_block_that_is_not_optional_is_required() {
    let page = resource_page("aep_toy", &toy(), "", &ResourceExtras::default());
    let required = page.split("### Required").nth(1).unwrap();
    let required = required.split("###").next().unwrap();
    assert!(required.contains("- `timeouts` (Block) "), "{page}");
    assert!(!page.contains("## Import"), "{page}");
}

#[test]
fn a_data_source_and_the_provider_have_their_titles() {
    let page = data_source_page("aep_toy", &toy(), "data \"aep_toy\" \"this\" {}");
    assert!(page.contains("page_title: \"aep_toy Data Source - aep\"\n"), "{page}");
    assert!(page.contains("\n# aep_toy (Data Source)\n"), "{page}");
    assert!(page.contains("```terraform\ndata \"aep_toy\" \"this\" {}\n```"), "{page}");
    let page = provider_page(&toy(), "provider \"aep\" {}");
    assert!(page.contains("page_title: \"aep Provider\"\n"), "{page}");
    assert!(page.contains("\n# aep Provider\n"), "{page}");
    assert!(page.contains("\n### Optional\n"), "{page}");
}

#[test]
fn a_function() {
    let parameter = |name: &str, param_type, text: &str| Parameter {
        name: name.to_owned(),
        param_type,
        description: Description::markdown(text),
        ..Parameter::default()
    };
    let schema = FunctionSchema {
        parameters: vec![parameter("url", Type::String, "Where.")],
        variadic: Some(Parameter {
            allow_null: true,
            ..parameter("more", Type::List(Box::new(Type::Bool)), "What else.")
        }),
        return_type: Type::Object(map! { "a" => Type::String }),
        summary: "Plays with a toy".to_owned(),
        description: Description::markdown("Plays, and *how*."),
        deprecated: Some("use a ball.".to_owned()),
    };
    let page = function_page("play", &schema, "output \"x\" {}\n");
    assert_eq!(page, include_str!("toy_function.md"));
}

#[test]
fn markup_is_taken_out_of_the_front_matter() {
    for (markdown, expected) in [
        ("a `b` **c** [d](https://e) f", "a b c d f"),
        ("not [a link] at all", "not [a link] at all"),
        ("[one](x)[two](y)", "onetwo"),
    ] {
        assert_eq!(plain(markdown), expected);
    }
}
