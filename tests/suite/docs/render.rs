//! Renders schemas as pages of the Terraform Registry. Pure: what it needs of examples is passed
//! in. It knows the shapes that the provider publishes; a new one stops it and is added here, and
//! so does a thing without a description.

use std::collections::BTreeMap;

use tf_provider::schema::{
    AttributeConstraint, AttributeType, Block, FunctionSchema, NestedBlock, Schema, Type,
};
use tf_provider_host::IdentitySchema;

/// Stands in the front matter of each page, so that nobody edits one by hand.
pub(super) const GENERATED: &str =
    "# Generated from the schemas. To write it anew: UPDATE_DOCS=1 cargo test --test suite docs";

/// The page of the provider block, a resource or a data source.
pub(super) fn schema_page(
    [title, heading]: [&str; 2],
    schema: &Schema,
    example: &str,
    optional_blocks: &[&str],
) -> String {
    let text = described(title, &schema.block.description.content);
    let mut sections = vec![head(title, text, heading, text, example), "## Schema".to_owned()];
    let groups = grouped(&schema.block, optional_blocks).into_iter();
    sections.extend(groups.map(|(group, lines)| format!("### {group}\n\n{lines}")));
    for (name, nested) in &schema.block.blocks {
        let anchor = format!("<a id=\"nestedblock--{name}\"></a>");
        sections.push(format!("{anchor}\n### Nested Schema for `{name}`"));
        let groups = grouped(single(nested), &[]).into_iter();
        sections.extend(groups.map(|(group, lines)| format!("{group}:\n\n{lines}")));
    }
    sections.join("\n\n") + "\n"
}

/// What the page of a resource ends with.
pub(super) fn import_section(identity: &IdentitySchema, ways: [String; 3]) -> String {
    let attributes = identity.attributes.iter().map(|attribute| {
        let name = attribute.name;
        assert!(attribute.required_for_import, "{name}: no words for an optional one");
        format!("- `{name}` (String) {}", described(name, attribute.description))
    });
    let attributes = attributes.collect::<Vec<_>>().join("\n");
    let [block, by_identity, command] = ways;
    format!(
        "\n## Import\n\n\
         With an [`import` block](https://developer.hashicorp.com/terraform/language/import) (Terraform 1.5 or later):\n\n\
         {}\n\nWith an `import` block by identity (Terraform 1.12 or later):\n\n{}\n\n\
         ### Identity Schema\n\n#### Required\n\n{attributes}\n\n\
         With the [`terraform import` command](https://developer.hashicorp.com/terraform/cli/commands/import):\n\n{}\n",
        fenced("terraform", &block),
        fenced("terraform", &by_identity),
        fenced("shell", &command)
    )
}

pub(super) fn function_page(name: &str, schema: &FunctionSchema, example: &str) -> String {
    assert!(schema.variadic.is_none() && schema.deprecated.is_none(), "{name}: no words for it");
    let (mut signature, mut arguments) = (Vec::new(), Vec::new());
    for (number, parameter) in (1..).zip(&schema.parameters) {
        assert_eq!((&parameter.param_type, parameter.allow_null), (&Type::String, false), "{name}");
        let text = described(name, &parameter.description.content);
        signature.push(format!("{} string", parameter.name));
        arguments.push(format!("{number}. `{}` (String) {text}", parameter.name));
    }
    let returned = match &schema.return_type {
        Type::String => "string",
        Type::Object(_) => "object",
        other => panic!("{name}: no word for {other:?}"),
    };
    let title = format!("{name} function - aep");
    let text = described(name, &schema.description.content);
    let summary = described(name, &schema.summary);
    format!(
        "{}\n\n## Signature\n\n```text\n{name}({}) {returned}\n```\n\n## Arguments\n\n{}\n",
        head(&title, summary, &format!("function: {name}"), text, example),
        signature.join(", "),
        arguments.join("\n")
    )
}

/// tf-provider's default for a description is the word "empty".
fn described<'a>(name: &str, text: &'a str) -> &'a str {
    let text = text.trim();
    assert!(!matches!(text, "" | "empty"), "write a description next to the schema of {name}");
    text
}

/// What a page begins with. Search results show the first paragraph of `summary`, without markup.
fn head(title: &str, summary: &str, heading: &str, text: &str, example: &str) -> String {
    let first = summary.split("\n\n").next().unwrap_or_default().replace(['`', '*'], "");
    assert!(!first.contains(['[', '\n']), "{title}: one line without a link, please: {first}");
    let code = fenced("terraform", example);
    format!(
        "---\n{GENERATED}\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n  \
         {first}\n---\n\n# {heading}\n\n{text}\n\n## Example Usage\n\n{code}"
    )
}

fn fenced(language: &str, code: &str) -> String {
    format!("```{language}\n{}\n```", code.trim_end())
}

/// The attributes and blocks by name, in their groups.
fn grouped(block: &Block, optional_blocks: &[&str]) -> Vec<(&'static str, String)> {
    let mut entries = BTreeMap::new();
    for (name, attribute) in &block.attributes {
        let group = match attribute.constraint {
            AttributeConstraint::Required => "Required",
            AttributeConstraint::Optional | AttributeConstraint::OptionalComputed => "Optional",
            AttributeConstraint::Computed => "Read-Only",
        };
        assert!(!attribute.deprecated, "{name}: no word for deprecated");
        let sensitive = if attribute.sensitive { ", Sensitive" } else { "" };
        let kind = attribute_type(&attribute.attr_type);
        let text = described(name, &attribute.description.content);
        entries.insert(name, (group, format!("- `{name}` ({kind}{sensitive}) {text}\n")));
    }
    for (name, nested) in &block.blocks {
        let group = if optional_blocks.contains(&&**name) { "Optional" } else { "Required" };
        let text = described(name, &single(nested).description.content);
        let below = format!("(see [below for nested schema](#nestedblock--{name}))");
        entries.insert(name, (group, format!("- `{name}` (Block) {text} {below}\n")));
    }
    let lines = |wanted| -> String {
        entries.values().filter(|(group, _)| *group == wanted).map(|(_, line)| &**line).collect()
    };
    let groups = ["Required", "Optional", "Read-Only"].map(|group| (group, lines(group)));
    let groups = groups.into_iter().filter(|(_, lines)| !lines.is_empty());
    groups.map(|(group, lines)| (group, lines.trim_end().to_owned())).collect()
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
