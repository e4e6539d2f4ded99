//! The type of a value, as a schema declares it.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;
use tf_provider::AttributePathStep;
use tf_provider::schema::{Attribute, AttributeType, Block, NestedBlock, Type};

/// A type of Terraform's type system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
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
    /// A value that is empty where another would be null: nested blocks.
    Present(Box<Ty>),
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
            let present = |ty| Self::Present(Box::new(ty));
            let ty = match nested {
                NestedBlock::Single(block) => Self::of_block(block),
                NestedBlock::List(block) | NestedBlock::Optional(block) => {
                    present(Self::List(boxed(block)))
                }
                NestedBlock::Set(block) => present(Self::Set(boxed(block))),
                NestedBlock::Map(block) => present(Self::Map(boxed(block))),
                NestedBlock::Group(block) => present(Self::of_block(block)),
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
            Self::Present(of) => of.to_json(),
        }
    }

    /// From the notation of the protocol.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::String(name) => match name.as_str() {
                "string" => Some(Self::String),
                "number" => Some(Self::Number),
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Any),
                _ => None,
            },
            Json::Array(parts) => {
                let of = parts.get(1)?;
                let boxed = || Self::from_json(of).map(Box::new);
                match parts.first()?.as_str()? {
                    "list" => boxed().map(Self::List),
                    "set" => boxed().map(Self::Set),
                    "map" => boxed().map(Self::Map),
                    "object" => of
                        .as_object()?
                        .iter()
                        .map(|(name, ty)| Some((name.clone(), Self::from_json(ty)?)))
                        .collect::<Option<_>>()
                        .map(Self::Object),
                    "tuple" => of
                        .as_array()?
                        .iter()
                        .map(Self::from_json)
                        .collect::<Option<_>>()
                        .map(Self::Tuple),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Gives the steps of a path their kinds: serde knows keys and indices, but neither a map from an object nor a set
    /// from a list. The path ends at a set, whose elements have no address, and at a value of any type.
    pub(crate) fn address(&self, path: Vec<AttributePathStep>) -> Vec<AttributePathStep> {
        let mut addressed = Vec::with_capacity(path.len());
        let mut ty = self;
        for step in path {
            while let Self::Present(of) = ty {
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
        Ty::from_json(&serde_json::from_str(json).unwrap()).unwrap()
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
            assert_eq!(Ty::from_json(&serde_json::from_str(json).unwrap()), None, "{json}");
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
