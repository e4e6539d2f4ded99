//! tf-provider's schemas as the protocol has them.

use std::collections::{BTreeMap, HashMap};

use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, FunctionSchema, NestedBlock,
    Parameter, Schema, StringKind,
};

use super::ext::IdentitySchema;
use super::proto::tfplugin6 as pb;
use super::value::Ty;

/// What tf-provider's defaults put where no description was written.
const NO_DESCRIPTION: &str = "empty";

/// A schema; `optional_blocks` names the single blocks of its root that may be left out.
pub(crate) fn schema(schema: &Schema, optional_blocks: &[&str]) -> pb::Schema {
    pb::Schema { version: schema.version, block: Some(block(&schema.block, optional_blocks)) }
}

fn block(block: &Block, optional_blocks: &[&str]) -> pb::schema::Block {
    let (description, description_kind) = described(&block.description);
    pb::schema::Block {
        // Only the version of the schema counts; the tools ignore this one.
        version: 0,
        attributes: attributes(&block.attributes),
        block_types: sorted(&block.blocks)
            .map(|(name, nested)| {
                nested_block(name, nested, optional_blocks.contains(&name.as_str()))
            })
            .collect(),
        description,
        description_kind,
        deprecated: block.deprecated,
    }
}

/// A stable order, so that the same provider always sends the same bytes.
fn sorted<T>(map: &HashMap<String, T>) -> impl Iterator<Item = (&String, &T)> {
    map.iter().collect::<BTreeMap<_, _>>().into_iter()
}

fn nested_block(name: &str, nested: &NestedBlock, optional: bool) -> pb::schema::NestedBlock {
    use pb::schema::nested_block::NestingMode;
    // A maximum of 0 is none. For a single block the two numbers say whether it may be left out.
    let (nesting, of, min_items, max_items) = match nested {
        NestedBlock::Single(of) if optional => (NestingMode::Single, of, 0, 0),
        NestedBlock::Single(of) => (NestingMode::Single, of, 1, 1),
        NestedBlock::Optional(of) => (NestingMode::List, of, 0, 1),
        NestedBlock::List(of) => (NestingMode::List, of, 0, 0),
        NestedBlock::Set(of) => (NestingMode::Set, of, 0, 0),
        NestedBlock::Map(of) => (NestingMode::Map, of, 0, 0),
        NestedBlock::Group(of) => (NestingMode::Group, of, 0, 0),
    };
    pb::schema::NestedBlock {
        type_name: name.to_owned(),
        block: Some(block(of, &[])),
        nesting: nesting.into(),
        min_items,
        max_items,
    }
}

fn attributes(attributes: &HashMap<String, Attribute>) -> Vec<pb::schema::Attribute> {
    sorted(attributes)
        .map(|(name, attribute)| {
            let (description, description_kind) = described(&attribute.description);
            // The tools refuse an attribute that has both.
            let nested_type = nested_type(&attribute.attr_type);
            let r#type = match nested_type {
                Some(_) => Vec::new(),
                None => notation(&Ty::of_attribute(&attribute.attr_type)),
            };
            let constraint = &attribute.constraint;
            pb::schema::Attribute {
                name: name.clone(),
                r#type,
                nested_type,
                description,
                description_kind,
                required: *constraint == AttributeConstraint::Required,
                optional: matches!(
                    constraint,
                    AttributeConstraint::Optional | AttributeConstraint::OptionalComputed
                ),
                computed: matches!(
                    constraint,
                    AttributeConstraint::Computed | AttributeConstraint::OptionalComputed
                ),
                sensitive: attribute.sensitive,
                deprecated: attribute.deprecated,
            }
        })
        .collect()
}

fn nested_type(ty: &AttributeType) -> Option<pb::schema::Object> {
    use pb::schema::object::NestingMode;
    let (nesting, of) = match ty {
        AttributeType::AttributeSingle(of) => (NestingMode::Single, of),
        AttributeType::AttributeList(of) => (NestingMode::List, of),
        AttributeType::AttributeSet(of) => (NestingMode::Set, of),
        AttributeType::AttributeMap(of) => (NestingMode::Map, of),
        _ => return None,
    };
    Some(pb::schema::Object { attributes: attributes(of), nesting: nesting.into() })
}

fn notation(ty: &Ty) -> Vec<u8> {
    ty.to_json().to_string().into_bytes()
}

fn described(description: &Description) -> (String, i32) {
    let kind = match description.kind {
        StringKind::Plain => pb::StringKind::Plain,
        StringKind::Markdown => pb::StringKind::Markdown,
    };
    let content = match description.content.as_str() {
        NO_DESCRIPTION => String::new(),
        content => content.to_owned(),
    };
    (content, kind.into())
}

/// A function's signature.
pub(crate) fn function(function: &FunctionSchema) -> pb::Function {
    let (description, description_kind) = described(&function.description);
    pb::Function {
        parameters: function.parameters.iter().map(parameter).collect(),
        variadic_parameter: function.variadic.as_ref().map(parameter),
        r#return: Some(pb::function::Return {
            r#type: notation(&Ty::of_type(&function.return_type)),
        }),
        summary: function.summary.clone(),
        description,
        description_kind,
        deprecation_message: match &function.deprecated {
            Some(message) if message.is_empty() => "This function is deprecated.".to_owned(),
            Some(message) => message.clone(),
            None => String::new(),
        },
    }
}

fn parameter(parameter: &Parameter) -> pb::function::Parameter {
    let (description, description_kind) = described(&parameter.description);
    pb::function::Parameter {
        name: parameter.name.clone(),
        r#type: notation(&Ty::of_type(&parameter.param_type)),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: parameter.allow_unknown,
        description,
        description_kind,
    }
}

/// A resource's identity.
pub(crate) fn identity(schema: &IdentitySchema) -> pb::ResourceIdentitySchema {
    pb::ResourceIdentitySchema {
        version: schema.version,
        identity_attributes: schema
            .attributes
            .iter()
            .map(|attribute| pb::resource_identity_schema::IdentityAttribute {
                name: attribute.name.to_owned(),
                r#type: notation(&Ty::String),
                required_for_import: attribute.required_for_import,
                optional_for_import: !attribute.required_for_import,
                description: attribute.description.to_owned(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tf_provider::schema::{
        Attribute, AttributeConstraint, AttributeType, Block, Description, FunctionSchema,
        NestedBlock, Schema,
    };

    use super::{function, schema};

    #[test]
    fn placeholders_of_tf_provider_are_not_published() {
        let converted = schema(
            &Schema {
                version: 3,
                block: Block {
                    attributes: HashMap::from([
                        ("b".to_owned(), Attribute::default()),
                        (
                            "a".to_owned(),
                            Attribute {
                                attr_type: AttributeType::AttributeMap(HashMap::from([(
                                    "inner".to_owned(),
                                    Attribute::default(),
                                )])),
                                constraint: AttributeConstraint::OptionalComputed,
                                description: Description::markdown("*a*"),
                                ..Attribute::default()
                            },
                        ),
                    ]),
                    ..Block::default()
                },
            },
            &[],
        );
        assert_eq!(converted.version, 3);
        let block = converted.block.unwrap();
        assert_eq!((block.description.as_str(), block.version), ("", 0));
        let [a, b] = block.attributes.as_slice() else { panic!("sorted by name: {block:?}") };
        assert_eq!((a.description.as_str(), a.description_kind), ("*a*", 1));
        assert!(a.optional && a.computed && !a.required);
        assert!(a.r#type.is_empty() && a.nested_type.is_some());
        assert_eq!((b.description.as_str(), b.r#type.as_slice()), ("", b"\"dynamic\"".as_slice()));
    }

    #[test]
    fn only_the_blocks_of_the_root_that_are_named_are_optional() {
        let single = || NestedBlock::Single(Block::default());
        let mut inner = Block::default();
        inner.blocks.insert("b".to_owned(), single());
        let mut root = Block::default();
        root.blocks.insert("a".to_owned(), NestedBlock::Single(inner));
        root.blocks.insert("b".to_owned(), single());
        let converted = schema(&Schema { version: 0, block: root }, &["b"]);
        let blocks = converted.block.unwrap().block_types;
        let counts: Vec<_> =
            blocks.iter().map(|block| (block.min_items, block.max_items)).collect();
        assert_eq!(counts, [(1, 1), (0, 0)]);
        let inner = &blocks[0].block.as_ref().unwrap().block_types[0];
        assert_eq!((inner.min_items, inner.max_items), (1, 1));
    }

    #[test]
    fn a_deprecated_function_always_says_so() {
        let deprecated = |message: Option<&str>| {
            function(&FunctionSchema {
                deprecated: message.map(str::to_owned),
                ..FunctionSchema::default()
            })
            .deprecation_message
        };
        assert_eq!(deprecated(None), "");
        assert_eq!(deprecated(Some("Use b.")), "Use b.");
        assert!(!deprecated(Some("")).is_empty());
    }
}
