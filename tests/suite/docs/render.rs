//! Renders schemas as pages of the Terraform Registry. Pure: what it needs of examples is passed in. It knows the shapes that the
//! provider publishes; a new one stops it and is added here.

use tf_provider::schema::{
    AttributeConstraint, AttributeType, Block, FunctionSchema, NestedBlock, Schema, Type,
};
use tf_provider_host::IdentitySchema;

/// Stands in the front matter of each page, so that nobody edits one by hand.
pub(super) const GENERATED: &str =
    "# Generated from the schemas. To write it anew: UPDATE_DOCS=1 cargo test --test suite docs";

/// The page of the provider block, a resource or a data source. Of `kind` is what stands behind the heading.
pub(super) fn schema_page(
    [title, heading]: [&str; 2],
    schema: &Schema,
    example: &str,
    optional_blocks: &[&str],
) -> String {
    let text = schema.block.description.content.trim();
    let mut sections = vec![
        front_matter(title, text),
        format!("# {heading}\n\n{text}"),
        example_usage(example),
        "## Schema".to_owned(),
    ];
    let entries = block_entries(&schema.block, optional_blocks);
    sections.extend(
        grouped(&entries).into_iter().map(|(group, lines)| format!("### {group}\n\n{lines}")),
    );
    for (name, nested) in &schema.block.blocks {
        let anchor = format!("<a id=\"nestedblock--{name}\"></a>");
        sections.push(format!("{anchor}\n### Nested Schema for `{name}`"));
        let entries = block_entries(single(nested), &[]);
        sections.extend(
            grouped(&entries).into_iter().map(|(group, lines)| format!("{group}:\n\n{lines}")),
        );
    }
    sections.join("\n\n") + "\n"
}

/// What the page of a resource ends with.
pub(super) fn import_section(
    block: &str,
    by_identity: &str,
    identity: &IdentitySchema,
    command: &str,
) -> String {
    let attributes: Vec<String> = identity
        .attributes
        .iter()
        .inspect(|attribute| assert!(attribute.required_for_import, "no words for an optional one"))
        .map(|attribute| format!("- `{}` (String) {}", attribute.name, attribute.description))
        .collect();
    [
        "\n## Import",
        "With an [`import` block](https://developer.hashicorp.com/terraform/language/import) (Terraform 1.5 or later):",
        &fenced("terraform", block),
        "With an `import` block by identity (Terraform 1.12 or later):",
        &fenced("terraform", by_identity),
        "### Identity Schema\n\n#### Required",
        &attributes.join("\n"),
        "With the [`terraform import` command](https://developer.hashicorp.com/terraform/cli/commands/import):",
        &fenced("shell", command),
    ]
    .join("\n\n")
        + "\n"
}

pub(super) fn function_page(name: &str, schema: &FunctionSchema, example: &str) -> String {
    assert!(schema.variadic.is_none() && schema.deprecated.is_none(), "{name}: no words for it");
    let mut signature = Vec::new();
    let mut arguments = Vec::new();
    for parameter in &schema.parameters {
        assert_eq!((&parameter.param_type, parameter.allow_null), (&Type::String, false), "{name}");
        let text = parameter.description.content.trim();
        signature.push(format!("{} string", parameter.name));
        arguments.push(format!("{}. `{}` (String) {text}", arguments.len() + 1, parameter.name));
    }
    let returned = match &schema.return_type {
        Type::String => "string",
        Type::Object(_) => "object",
        other => panic!("{name}: no word for {other:?}"),
    };
    [
        front_matter(&format!("{name} function - aep"), &schema.summary),
        format!("# function: {name}\n\n{}", schema.description.content.trim()),
        example_usage(example),
        format!("## Signature\n\n```text\n{name}({}) {returned}\n```", signature.join(", ")),
        format!("## Arguments\n\n{}", arguments.join("\n")),
    ]
    .join("\n\n")
        + "\n"
}

/// The title and what search results show: the first paragraph, without markup.
fn front_matter(title: &str, text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or_default().replace(['`', '*'], "");
    assert!(!first.contains("]("), "{title}: a link has no place in the first paragraph: {first}");
    let lines: Vec<String> = first.lines().map(|line| format!("  {line}")).collect();
    format!(
        "---\n{GENERATED}\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n{}\n---",
        lines.join("\n")
    )
}

fn example_usage(code: &str) -> String {
    format!("## Example Usage\n\n{}", fenced("terraform", code))
}

fn fenced(language: &str, code: &str) -> String {
    format!("```{language}\n{}\n```", code.trim_end())
}

/// Group, name and line of each attribute and block, by name.
fn block_entries(block: &Block, optional_blocks: &[&str]) -> Vec<[String; 3]> {
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let group = match attribute.constraint {
            AttributeConstraint::Required => "Required",
            AttributeConstraint::Optional | AttributeConstraint::OptionalComputed => "Optional",
            AttributeConstraint::Computed => "Read-Only",
        };
        let sensitive = if attribute.sensitive { ", Sensitive" } else { "" };
        let kind = attribute_type(&attribute.attr_type);
        assert!(!attribute.deprecated, "{name}: no word for deprecated");
        let text = attribute.description.content.trim();
        [group.to_owned(), name.clone(), format!("- `{name}` ({kind}{sensitive}) {text}")]
    });
    let blocks = block.blocks.iter().map(|(name, nested)| {
        let group = if optional_blocks.contains(&&**name) { "Optional" } else { "Required" };
        let text = single(nested).description.content.trim();
        let line = format!(
            "- `{name}` (Block) {text} (see [below for nested schema](#nestedblock--{name}))"
        );
        [group.to_owned(), name.clone(), line]
    });
    let mut entries: Vec<_> = attributes.chain(blocks).collect();
    entries.sort_by(|[_, a, _], [_, b, _]| a.cmp(b));
    entries
}

fn grouped(entries: &[[String; 3]]) -> Vec<(&'static str, String)> {
    let lines = |wanted| {
        let lines = entries.iter().filter(|[group, ..]| group == wanted).map(|[.., line]| &**line);
        (wanted, lines.collect::<Vec<_>>().join("\n"))
    };
    let groups = ["Required", "Optional", "Read-Only"].into_iter().map(lines);
    groups.filter(|(_, lines)| !lines.is_empty()).collect()
}

fn single(nested: &NestedBlock) -> &Block {
    match nested {
        NestedBlock::Single(inner) if inner.blocks.is_empty() => inner,
        other => panic!("no words for {other:?}"),
    }
}

fn attribute_type(attr_type: &AttributeType) -> String {
    match attr_type {
        AttributeType::String => "String".to_owned(),
        AttributeType::Number => "Number".to_owned(),
        AttributeType::Bool => "Boolean".to_owned(),
        AttributeType::List(of) => format!("List of {}", attribute_type(of)),
        other => panic!("no word for {other:?}"),
    }
}
