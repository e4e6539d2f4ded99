//! The type of a value, as a schema declares it.

use std::collections::{BTreeMap, HashMap};

use rmpv::Value;
use serde_json::Value as Json;
use tf_provider::AttributePathStep;
use tf_provider::schema::{Attribute, AttributeType, Block, NestedBlock, Type};

use super::json;

/// A type of Terraform's type system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    /// A string.
    String,
    /// A number.
    Number,
    /// A boolean.
    Bool,
    /// Whatever the value says it is.
    Any,
    /// A list.
    List(Box<Ty>),
    /// A set.
    Set(Box<Ty>),
    /// A map.
    Map(Box<Ty>),
    /// An object with exactly these attributes.
    Object(BTreeMap<String, Ty>),
    /// A list of fixed length.
    Tuple(Vec<Ty>),
    /// Nested blocks: empty where another value would be null.
    Block(Box<Ty>),
}

impl Ty {
    /// The type of a block's objects.
    pub(crate) fn of_block(block: &Block) -> Self {
        let attributes = block
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), Self::of_attribute(&attribute.attr_type)));
        let blocks = block.blocks.iter().map(|(name, nested)| {
            let boxed = |block| Box::new(Self::of_block(block));
            let nested_block = |ty| Self::Block(Box::new(ty));
            let ty = match nested {
                NestedBlock::Single(block) => Self::of_block(block),
                NestedBlock::List(block) | NestedBlock::Optional(block) => {
                    nested_block(Self::List(boxed(block)))
                }
                NestedBlock::Set(block) => nested_block(Self::Set(boxed(block))),
                NestedBlock::Map(block) => nested_block(Self::Map(boxed(block))),
                NestedBlock::Group(block) => nested_block(Self::of_block(block)),
            };
            (name.clone(), ty)
        });
        Self::Object(attributes.chain(blocks).collect())
    }

    /// The type of an attribute.
    pub(crate) fn of_attribute(ty: &AttributeType) -> Self {
        let boxed = |ty| Box::new(Self::of_attribute(ty));
        let nested = |attributes: &HashMap<String, Attribute>| {
            Self::Object(
                attributes
                    .iter()
                    .map(|(name, attribute)| {
                        (name.clone(), Self::of_attribute(&attribute.attr_type))
                    })
                    .collect(),
            )
        };
        match ty {
            AttributeType::String => Self::String,
            AttributeType::Number => Self::Number,
            AttributeType::Bool => Self::Bool,
            AttributeType::Any => Self::Any,
            AttributeType::List(of) => Self::List(boxed(of)),
            AttributeType::Set(of) => Self::Set(boxed(of)),
            AttributeType::Map(of) => Self::Map(boxed(of)),
            AttributeType::Object(of) => Self::Object(
                of.iter().map(|(name, ty)| (name.clone(), Self::of_attribute(ty))).collect(),
            ),
            AttributeType::Tuple(of) => Self::Tuple(of.iter().map(Self::of_attribute).collect()),
            AttributeType::AttributeSingle(of) => nested(of),
            AttributeType::AttributeList(of) => Self::List(Box::new(nested(of))),
            AttributeType::AttributeSet(of) => Self::Set(Box::new(nested(of))),
            AttributeType::AttributeMap(of) => Self::Map(Box::new(nested(of))),
        }
    }

    /// The type of a function's parameter or result.
    pub(crate) fn of_type(ty: &Type) -> Self {
        let boxed = |ty| Box::new(Self::of_type(ty));
        match ty {
            Type::String => Self::String,
            Type::Number => Self::Number,
            Type::Bool => Self::Bool,
            Type::Any => Self::Any,
            Type::List(of) => Self::List(boxed(of)),
            Type::Set(of) => Self::Set(boxed(of)),
            Type::Map(of) => Self::Map(boxed(of)),
            Type::Object(of) => Self::Object(
                of.iter().map(|(name, ty)| (name.clone(), Self::of_type(ty))).collect(),
            ),
            Type::Tuple(of) => Self::Tuple(of.iter().map(Self::of_type).collect()),
        }
    }

    /// In the notation of the protocol, such as `["list","string"]`.
    pub(crate) fn to_json(&self) -> Json {
        let pair = |name: &str, of: Json| Json::Array(vec![name.into(), of]);
        match self {
            Self::String => "string".into(),
            Self::Number => "number".into(),
            Self::Bool => "bool".into(),
            Self::Any => "dynamic".into(),
            Self::List(of) => pair("list", of.to_json()),
            Self::Set(of) => pair("set", of.to_json()),
            Self::Map(of) => pair("map", of.to_json()),
            Self::Object(of) => pair(
                "object",
                Json::Object(of.iter().map(|(name, ty)| (name.clone(), ty.to_json())).collect()),
            ),
            Self::Tuple(of) => pair("tuple", Json::Array(of.iter().map(Self::to_json).collect())),
            Self::Block(of) => of.to_json(),
        }
    }

    /// From the notation of the protocol: JSON in bytes or in a string.
    pub(super) fn from_notation(notation: &Value) -> Option<Self> {
        let text = notation.as_slice().or_else(|| notation.as_str().map(str::as_bytes))?;
        Self::from_json(&json::tree(text).ok()?)
    }

    /// From JSON that was read already.
    pub(super) fn from_json(json: &Value) -> Option<Self> {
        if let Some(name) = json.as_str() {
            return match name {
                "string" => Some(Self::String),
                "number" => Some(Self::Number),
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Any),
                _ => None,
            };
        }
        let [name, of] = json.as_array()?.as_slice() else { return None };
        let boxed = || Self::from_json(of).map(Box::new);
        match name.as_str()? {
            "list" => boxed().map(Self::List),
            "set" => boxed().map(Self::Set),
            "map" => boxed().map(Self::Map),
            "object" => {
                let typed = |(name, ty): &(Value, Value)| {
                    Some((name.as_str()?.to_owned(), Self::from_json(ty)?))
                };
                of.as_map()?.iter().map(typed).collect::<Option<_>>().map(Self::Object)
            }
            "tuple" => {
                of.as_array()?.iter().map(Self::from_json).collect::<Option<_>>().map(Self::Tuple)
            }
            _ => None,
        }
    }

    /// The type that a plain value looks like.
    pub(super) fn inferred(value: &Value) -> Self {
        match value {
            Value::Nil | Value::Ext(..) => Self::Any,
            Value::Boolean(_) => Self::Bool,
            Value::Integer(_) | Value::F32(_) | Value::F64(_) => Self::Number,
            Value::String(_) | Value::Binary(_) => Self::String,
            Value::Array(elements) => Self::Tuple(elements.iter().map(Self::inferred).collect()),
            Value::Map(entries) => {
                let named = |(name, value): &(Value, Value)| {
                    (name.as_str().unwrap_or_default().to_owned(), Self::inferred(value))
                };
                Self::Object(entries.iter().map(named).collect())
            }
        }
    }

    /// Gives the steps of a path their kinds: serde knows keys and indices, but neither a map from
    /// an object nor a set from a list. The path ends at a set, whose elements have no address,
    /// and at a value of any type.
    pub(crate) fn address(&self, path: Vec<AttributePathStep>) -> Vec<AttributePathStep> {
        let mut addressed = Vec::with_capacity(path.len());
        let mut ty = self;
        for step in path {
            while let Self::Block(of) = ty {
                ty = of;
            }
            let (step, of) = match (step, ty) {
                (AttributePathStep::Attribute(name), Self::Object(of)) => {
                    let of = of.get(name.as_ref());
                    (AttributePathStep::Attribute(name), of)
                }
                (AttributePathStep::Attribute(name), Self::Map(of)) => {
                    (AttributePathStep::Key(name), Some(of.as_ref()))
                }
                (step @ AttributePathStep::Index(_), Self::List(of)) => (step, Some(of.as_ref())),
                (AttributePathStep::Index(index), Self::Tuple(of)) => {
                    let of = usize::try_from(index).ok().and_then(|index| of.get(index));
                    (AttributePathStep::Index(index), of)
                }
                _ => break,
            };
            addressed.push(step);
            match of {
                Some(of) => ty = of,
                None => break,
            }
        }
        addressed
    }
}

#[cfg(test)]
mod tests {
    use super::Ty;
    use tf_provider::AttributePathStep::{Attribute, Index, Key};

    fn ty(json: &str) -> Ty {
        Ty::from_notation(&json.into()).unwrap()
    }

    #[test]
    fn the_notation_reads_back() {
        for json in [
            r#""string""#,
            r#""number""#,
            r#""bool""#,
            r#""dynamic""#,
            r#"["list",["set",["map","string"]]]"#,
            r#"["object",{"a":["tuple",["bool","number"]]}]"#,
        ] {
            assert_eq!(ty(json).to_json().to_string(), json);
        }
        for json in [r#""int""#, r#"["list"]"#, r#"["object",[]]"#, "1", r#"["of","string"]"#] {
            assert_eq!(Ty::from_notation(&json.into()), None, "{json}");
        }
    }

    #[test]
    fn a_path_tells_keys_from_attributes_and_ends_at_a_set() {
        let ty = ty(
            r#"["object",{"m":["map",["list","string"]],"s":["set",["object",{"a":"string"}]]}]"#,
        );
        let attribute = |name: &'static str| Attribute(name.into());
        assert_eq!(
            ty.address(vec![attribute("m"), attribute("k"), Index(1)]),
            vec![attribute("m"), Key("k".into()), Index(1)]
        );
        assert_eq!(
            ty.address(vec![attribute("s"), Index(0), attribute("a")]),
            vec![attribute("s")]
        );
    }
}
