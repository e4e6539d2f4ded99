//! What a configuration may not set.

use std::collections::HashMap;

use rmpv::Value;
use tf_provider::AttributePathStep::{self, Index};
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, NestedBlock};

use super::{Sent, Ty};
use crate::error::Error;

impl Sent {
    /// A refusal of each value that stands in the place of one that only the provider sets. The
    /// tools let it pass, and a provider goes on with its own as if nothing had been written.
    pub(crate) fn sets_read_only(&self, block: &Block, ty: &Ty) -> Vec<Error> {
        let errors = in_block(&self.value, block).into_iter();
        errors.map(|error| Error { path: ty.address(error.path), ..error }).collect()
    }
}

fn in_block(value: &Value, block: &Block) -> Vec<Error> {
    in_object(value, |name, value| match (block.attributes.get(name), block.blocks.get(name)) {
        (Some(attribute), _) => in_attribute(name, value, attribute),
        (None, Some(NestedBlock::Single(of) | NestedBlock::Group(of))) => in_block(value, of),
        (
            None,
            Some(
                NestedBlock::List(of)
                | NestedBlock::Optional(of)
                | NestedBlock::Set(of)
                | NestedBlock::Map(of),
            ),
        ) => in_each(value, |value| in_block(value, of)),
        (None, None) => Vec::new(),
    })
}

fn in_attributes(value: &Value, of: &HashMap<String, Attribute>) -> Vec<Error> {
    in_object(value, |name, value| {
        of.get(name).map(|attribute| in_attribute(name, value, attribute)).unwrap_or_default()
    })
}

fn in_attribute(name: &str, value: &Value, attribute: &Attribute) -> Vec<Error> {
    if value.is_nil() {
        return Vec::new();
    }
    if attribute.constraint == AttributeConstraint::Computed {
        let message = format!("Remove `{name}` from the configuration: only the provider sets it.");
        return vec![Error::new(message)];
    }
    match &attribute.attr_type {
        AttributeType::AttributeSingle(of) => in_attributes(value, of),
        AttributeType::AttributeList(of)
        | AttributeType::AttributeSet(of)
        | AttributeType::AttributeMap(of) => in_each(value, |value| in_attributes(value, of)),
        _ => Vec::new(),
    }
}

fn in_each(value: &Value, each: impl Fn(&Value) -> Vec<Error>) -> Vec<Error> {
    let Value::Array(elements) = value else { return in_object(value, |_, value| each(value)) };
    (0..).zip(elements).flat_map(|(index, value)| within(&Index(index), each(value))).collect()
}

fn in_object(value: &Value, each: impl Fn(&str, &Value) -> Vec<Error>) -> Vec<Error> {
    let Value::Map(entries) = value else { return Vec::new() };
    let named = entries.iter().filter_map(|(name, value)| Some((name.as_str()?, value)));
    let errors = named.flat_map(|(name, value)| {
        within(&AttributePathStep::Attribute(name.to_owned().into()), each(name, value))
    });
    errors.collect()
}

fn within(step: &AttributePathStep, errors: Vec<Error>) -> Vec<Error> {
    errors.into_iter().map(|error| error.within(step.clone())).collect()
}
