//! Renders schemas as pages of the Terraform Registry. Pure: what it needs of examples is passed in.

use std::collections::HashMap;

use terraform_provider_aep::plugin::IdentitySchema;
use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, FunctionSchema, NestedBlock, Parameter,
    Schema, Type,
};

/// The provider's local name.
const PROVIDER: &str = "aep";

/// Stands in the front matter of each page, so that nobody edits one by hand.
const GENERATED: &str =
    "# Generated from the schemas. To write it anew: UPDATE_DOCS=1 cargo test --test suite docs";

/// What the page of a resource needs beside its schema.
#[derive(Clone, Debug, Default)]
pub(super) struct ResourceExtras {
    /// Blocks declared as `NestedBlock::Single` that may be left out all the same.
    pub(super) optional_blocks: &'static [&'static str],
    /// For imports by identity.
    pub(super) identity: Option<IdentitySchema>,
    pub(super) import: ImportExamples,
}

/// The code of the Import section.
#[derive(Clone, Debug, Default)]
pub(super) struct ImportExamples {
    /// An `import` block with `id`.
    pub(super) block: Option<String>,
    /// An `import` block with `identity`.
    pub(super) identity: Option<String>,
    /// The `terraform import` command.
    pub(super) command: Option<String>,
}

pub(super) fn provider_page(schema: &Schema, example: &str) -> String {
    let text = schema.block.description.content.trim();
    [
        front_matter(&format!("{PROVIDER} Provider"), text),
        format!("# {PROVIDER} Provider\n\n{text}"),
        example_usage(example),
        schema_sections(&schema.block, &[]),
    ]
    .join("\n\n")
        + "\n"
}

pub(super) fn resource_page(
    name: &str,
    schema: &Schema,
    example: &str,
    extras: &ResourceExtras,
) -> String {
    let mut page = noun_page(name, "Resource", schema, example, extras.optional_blocks);
    if let Some(import) = import_section(extras) {
        page.push_str(&format!("\n{import}\n"));
    }
    page
}

pub(super) fn data_source_page(name: &str, schema: &Schema, example: &str) -> String {
    noun_page(name, "Data Source", schema, example, &[])
}

fn noun_page(
    name: &str,
    kind: &str,
    schema: &Schema,
    example: &str,
    optional_blocks: &[&str],
) -> String {
    let text = schema.block.description.content.trim();
    [
        front_matter(&format!("{name} {kind} - {PROVIDER}"), text),
        format!("# {name} ({kind})\n\n{text}"),
        example_usage(example),
        schema_sections(&schema.block, optional_blocks),
    ]
    .join("\n\n")
        + "\n"
}

pub(super) fn function_page(name: &str, schema: &FunctionSchema, example: &str) -> String {
    let all: Vec<&Parameter> = schema.parameters.iter().chain(&schema.variadic).collect();
    let signature: Vec<String> = all
        .iter()
        .map(|parameter| {
            let dots = match &schema.variadic {
                Some(variadic) if variadic.name == parameter.name => "...",
                _ => "",
            };
            let type_name = function_type(&parameter.param_type);
            format!("{} {type_name}{dots}", parameter.name)
        })
        .collect();
    let arguments: Vec<String> = all
        .iter()
        .enumerate()
        .map(|(index, parameter)| {
            let nullable = if parameter.allow_null { ", Nullable" } else { "" };
            let type_name = capitalised(&function_type(&parameter.param_type));
            let text = parameter.description.content.trim();
            format!("{}. `{}` ({type_name}{nullable}) {text}", index + 1, parameter.name)
        })
        .collect();
    let deprecated = schema
        .deprecated
        .as_ref()
        .map_or(String::new(), |message| format!("~> **Deprecated:** {message}\n\n"));
    [
        front_matter(&format!("{name} function - {PROVIDER}"), &schema.summary),
        format!("# function: {name}\n\n{deprecated}{}", schema.description.content.trim()),
        example_usage(example),
        format!(
            "## Signature\n\n```text\n{name}({}) {}\n```",
            signature.join(", "),
            function_type(&schema.return_type)
        ),
        format!("## Arguments\n\n{}", arguments.join("\n")),
    ]
    .join("\n\n")
        + "\n"
}

/// The title and what search results show: the first paragraph, without markup.
fn front_matter(title: &str, text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or_default();
    let lines: Vec<String> = plain(first).lines().map(|line| format!("  {line}")).collect();
    format!(
        "---\n{GENERATED}\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n{}\n---",
        lines.join("\n")
    )
}

/// Markdown without its code marks and with links reduced to their text.
fn plain(markdown: &str) -> String {
    let mut out = String::new();
    let mut rest = markdown;
    while let Some((before, link)) = rest.split_once('[') {
        let parts = link
            .split_once("](")
            .and_then(|(text, target)| Some((text, target.split_once(')')?.1)));
        let Some((text, after)) = parts else {
            break;
        };
        out.push_str(before);
        out.push_str(text);
        rest = after;
    }
    out.push_str(rest);
    out.replace(['`', '*'], "")
}

fn example_usage(code: &str) -> String {
    format!("## Example Usage\n\n{}", fenced("terraform", code))
}

fn fenced(language: &str, code: &str) -> String {
    format!("```{language}\n{}\n```", code.trim_end())
}

fn import_section(extras: &ResourceExtras) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(code) = &extras.import.block {
        parts.push(format!(
            "With an [`import` block](https://developer.hashicorp.com/terraform/language/import) (Terraform 1.5 or later):\n\n{}",
            fenced("terraform", code)
        ));
    }
    if let Some(code) = &extras.import.identity {
        parts.push(format!(
            "With an `import` block by identity (Terraform 1.12 or later):\n\n{}",
            fenced("terraform", code)
        ));
    }
    if let Some(identity) = &extras.identity {
        parts.push(identity_section(identity));
    }
    if let Some(code) = &extras.import.command {
        parts.push(format!(
            "With the [`terraform import` command](https://developer.hashicorp.com/terraform/cli/commands/import):\n\n{}",
            fenced("shell", code)
        ));
    }
    (!parts.is_empty()).then(|| format!("## Import\n\n{}", parts.join("\n\n")))
}

fn identity_section(identity: &IdentitySchema) -> String {
    let mut out = "### Identity Schema".to_owned();
    for (title, required) in [("Required", true), ("Optional", false)] {
        let lines: Vec<String> = identity
            .attributes
            .iter()
            .filter(|attribute| attribute.required_for_import == required)
            .map(|attribute| format!("- `{}` (String) {}", attribute.name, attribute.description))
            .collect();
        if !lines.is_empty() {
            out.push_str(&format!("\n\n#### {title}\n\n{}", lines.join("\n")));
        }
    }
    out
}

/// One line of the schema, and the section it links to, if it has one.
struct Entry {
    group: &'static str,
    name: String,
    line: String,
    nested: Option<String>,
}

fn schema_sections(block: &Block, optional_blocks: &[&str]) -> String {
    let entries = block_entries(block, optional_blocks, "");
    let mut out = "## Schema".to_owned();
    for (group, lines) in grouped(&entries) {
        out.push_str(&format!("\n\n### {group}\n\n{lines}"));
    }
    for nested in entries.iter().filter_map(|entry| entry.nested.as_ref()) {
        out.push_str(&format!("\n\n{nested}"));
    }
    out
}

fn grouped(entries: &[Entry]) -> Vec<(&'static str, String)> {
    ["Required", "Optional", "Read-Only"]
        .into_iter()
        .filter_map(|group| {
            let lines: Vec<&str> = entries
                .iter()
                .filter(|entry| entry.group == group)
                .map(|entry| entry.line.as_str())
                .collect();
            (!lines.is_empty()).then(|| (group, lines.join("\n")))
        })
        .collect()
}

/// The entries of a block by name: its attributes and blocks. `path` is where the block is, `a--b--`.
fn block_entries(block: &Block, optional_blocks: &[&str], path: &str) -> Vec<Entry> {
    let mut entries = attribute_entries(&block.attributes, path);
    for (name, nested) in &block.blocks {
        let optional = optional_blocks.contains(&name.as_str());
        let (group, kind, inner) = match nested {
            NestedBlock::Single(inner) if optional => ("Optional", "Block", inner),
            NestedBlock::Single(inner) => ("Required", "Block", inner),
            NestedBlock::List(inner) => ("Optional", "Block List", inner),
            NestedBlock::Set(inner) => ("Optional", "Block Set", inner),
            NestedBlock::Map(inner) => ("Optional", "Block Map", inner),
            NestedBlock::Group(inner) => ("Optional", "Block", inner),
            NestedBlock::Optional(inner) => ("Optional", "Block List, Max: 1", inner),
        };
        let anchor = format!("nestedblock--{path}{name}");
        let inner_entries = block_entries(inner, &[], &format!("{path}{name}--"));
        entries.push(Entry {
            group,
            name: name.clone(),
            line: linked(name, kind, inner.deprecated, &inner.description.content, &anchor),
            nested: Some(nested_section(&anchor, name, path, &inner_entries)),
        });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

fn attribute_entries(attributes: &HashMap<String, Attribute>, path: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> =
        attributes.iter().map(|(name, attribute)| attribute_entry(name, attribute, path)).collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

fn attribute_entry(name: &str, attribute: &Attribute, path: &str) -> Entry {
    let group = match attribute.constraint {
        AttributeConstraint::Required => "Required",
        AttributeConstraint::Optional | AttributeConstraint::OptionalComputed => "Optional",
        AttributeConstraint::Computed => "Read-Only",
    };
    let mut kind = attribute_type(&attribute.attr_type);
    if attribute.sensitive {
        kind.push_str(", Sensitive");
    }
    let text = &attribute.description.content;
    let (line, nested) = match nested_attributes(&attribute.attr_type) {
        Some(inner) => {
            let anchor = format!("nestedatt--{path}{name}");
            let inner = attribute_entries(inner, &format!("{path}{name}--"));
            (
                linked(name, &kind, attribute.deprecated, text, &anchor),
                Some(nested_section(&anchor, name, path, &inner)),
            )
        }
        None => (entry_line(name, &kind, attribute.deprecated, text), None),
    };
    Entry { group, name: name.to_owned(), line, nested }
}

fn entry_line(name: &str, kind: &str, deprecated: bool, text: &str) -> String {
    let deprecated = if deprecated { ", Deprecated" } else { "" };
    format!("- `{name}` ({kind}{deprecated}) {}", text.trim())
}

fn linked(name: &str, kind: &str, deprecated: bool, text: &str, anchor: &str) -> String {
    let line = entry_line(name, kind, deprecated, text);
    format!("{line} (see [below for nested schema](#{anchor}))")
}

fn nested_section(anchor: &str, name: &str, path: &str, entries: &[Entry]) -> String {
    let full_name = format!("{}{name}", path.replace("--", "."));
    let mut out = format!("<a id=\"{anchor}\"></a>\n### Nested Schema for `{full_name}`");
    for (group, lines) in grouped(entries) {
        out.push_str(&format!("\n\n{group}:\n\n{lines}"));
    }
    for nested in entries.iter().filter_map(|entry| entry.nested.as_ref()) {
        out.push_str(&format!("\n\n{nested}"));
    }
    out
}

fn nested_attributes(attr_type: &AttributeType) -> Option<&HashMap<String, Attribute>> {
    match attr_type {
        AttributeType::AttributeSingle(inner)
        | AttributeType::AttributeList(inner)
        | AttributeType::AttributeSet(inner)
        | AttributeType::AttributeMap(inner) => Some(inner),
        _ => None,
    }
}

fn attribute_type(attr_type: &AttributeType) -> String {
    match attr_type {
        AttributeType::String => "String".to_owned(),
        AttributeType::Number => "Number".to_owned(),
        AttributeType::Bool => "Boolean".to_owned(),
        AttributeType::List(of) => format!("List of {}", attribute_type(of)),
        AttributeType::Set(of) => format!("Set of {}", attribute_type(of)),
        AttributeType::Map(of) => format!("Map of {}", attribute_type(of)),
        AttributeType::Object(_) => "Object".to_owned(),
        AttributeType::Tuple(_) => "Tuple".to_owned(),
        AttributeType::AttributeSingle(_) => "Attributes".to_owned(),
        AttributeType::AttributeList(_) => "Attributes List".to_owned(),
        AttributeType::AttributeSet(_) => "Attributes Set".to_owned(),
        AttributeType::AttributeMap(_) => "Attributes Map".to_owned(),
        AttributeType::Any => "Dynamic".to_owned(),
    }
}

fn function_type(of_type: &Type) -> String {
    match of_type {
        Type::String => "string".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::List(of) => format!("list of {}", function_type(of)),
        Type::Set(of) => format!("set of {}", function_type(of)),
        Type::Map(of) => format!("map of {}", function_type(of)),
        Type::Object(_) => "object".to_owned(),
        Type::Tuple(_) => "tuple".to_owned(),
        Type::Any => "dynamic".to_owned(),
    }
}

fn capitalised(type_name: &str) -> String {
    if type_name == "bool" {
        return "Boolean".to_owned();
    }
    let mut chars = type_name.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests;
