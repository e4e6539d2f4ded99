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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::tests::{attribute, list, object, sent};
    use crate::value::unknown;
    use AttributeConstraint::{Computed, Optional, OptionalComputed};
    use AttributePathStep::Key;

    #[test]
    fn a_value_for_what_only_the_provider_sets_is_refused_wherever_it_stands() {
        let declared = |name: &str, attr_type, constraint| {
            (name.to_owned(), Attribute { attr_type, constraint, ..Attribute::default() })
        };
        let part = || {
            HashMap::from([
                declared("own", AttributeType::String, Optional),
                declared("either", AttributeType::String, OptionalComputed),
                declared("id", AttributeType::String, Computed),
            ])
        };
        let nested = || Block { attributes: part(), ..Block::default() };
        let mut block = nested();
        block.attributes.extend([
            declared("a_single", AttributeType::AttributeSingle(part()), Optional),
            declared("a_list", AttributeType::AttributeList(part()), Optional),
            declared("a_set", AttributeType::AttributeSet(part()), Optional),
            declared("a_map", AttributeType::AttributeMap(part()), Optional),
            declared("whole", AttributeType::AttributeSingle(part()), Computed),
        ]);
        block.blocks = HashMap::from([
            ("b_single".to_owned(), NestedBlock::Single(nested())),
            ("b_group".to_owned(), NestedBlock::Group(nested())),
            ("b_list".to_owned(), NestedBlock::List(nested())),
            ("b_optional".to_owned(), NestedBlock::Optional(nested())),
            ("b_set".to_owned(), NestedBlock::Set(nested())),
            ("b_map".to_owned(), NestedBlock::Map(nested())),
        ]);
        let refused = |id: Value| {
            let part = || object([("own", "x".into()), ("either", "x".into()), ("id", id.clone())]);
            let in_map = || object([("k", part())]);
            let whole = if id.is_nil() { Value::Nil } else { part() };
            let config = object([
                ("own", "x".into()),
                ("id", id.clone()),
                ("whole", whole),
                ("a_single", part()),
                ("a_list", list([part()])),
                ("a_set", list([part()])),
                ("a_map", in_map()),
                ("b_single", part()),
                ("b_group", part()),
                ("b_list", list([part()])),
                ("b_optional", list([part()])),
                ("b_set", list([part()])),
                ("b_map", in_map()),
            ]);
            let ty = Ty::of_block(&block);
            sent(&config, &ty).sets_read_only(&block, &ty)
        };
        assert!(refused(Value::Nil).is_empty());
        for id in ["x".into(), unknown()] {
            let errors = refused(id);
            assert!(errors[0].message.contains("`id`"), "{errors:?}");
            let paths: Vec<_> = errors.into_iter().map(|error| error.path).collect();
            let [own, whole, key] = [attribute("id"), attribute("whole"), Key("k".into())];
            let at = |name, inner: Option<&AttributePathStep>| {
                let end = inner.map(|step| vec![step.clone(), own.clone()]).unwrap_or_default();
                [vec![attribute(name)], end].concat()
            };
            let expected = [
                at("a_list", Some(&Index(0))),
                at("a_map", Some(&key)),
                at("a_set", None),
                vec![attribute("a_single"), own.clone()],
                vec![attribute("b_group"), own.clone()],
                at("b_list", Some(&Index(0))),
                at("b_map", Some(&key)),
                at("b_optional", Some(&Index(0))),
                at("b_set", None),
                vec![attribute("b_single"), own.clone()],
                vec![own.clone()],
                vec![whole],
            ];
            assert_eq!(paths, expected);
        }
    }
}
