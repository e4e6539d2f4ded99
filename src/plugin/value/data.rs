//! One value of any type.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Number, Ty, UNKNOWN};

/// A value: what a state's field holds that does not name a type of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Data {
    /// No value.
    #[default]
    Null,
    /// A value that is known after the apply.
    Unknown,
    /// A boolean.
    Bool(bool),
    /// A number with all its digits.
    Number(Number),
    /// A string.
    String(String),
    /// A list, set or tuple.
    List(Vec<Data>),
    /// A map or object.
    Map(BTreeMap<String, Data>),
    /// A value that brings its type: of an attribute of type `AttributeType::Any`.
    Dynamic(Box<Dynamic>),
}

/// The value of an attribute of any type, with the type it has.
///
/// Through serde it is a map with `type` and `value`, as in a state file.
#[derive(Clone, Debug, PartialEq)]
pub struct Dynamic {
    /// The value's type.
    pub ty: Ty,
    /// The value.
    pub value: Data,
}

impl Data {
    /// No unknown value anywhere in it.
    pub(crate) fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::List(elements) => elements.iter().all(Self::is_wholly_known),
            Self::Map(entries) => entries.values().all(Self::is_wholly_known),
            Self::Dynamic(dynamic) => dynamic.value.is_wholly_known(),
            _ => true,
        }
    }

    /// Turns unknown values into nulls.
    pub(crate) fn forget_unknown(&mut self) {
        match self {
            Self::Unknown => *self = Self::Null,
            Self::List(elements) => elements.iter_mut().for_each(Self::forget_unknown),
            Self::Map(entries) => entries.values_mut().for_each(Self::forget_unknown),
            Self::Dynamic(dynamic) => dynamic.value.forget_unknown(),
            _ => {}
        }
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Unknown => serializer.serialize_newtype_struct(UNKNOWN, &(0_i8, [0_u8; 0])),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(elements) => elements.serialize(serializer),
            Self::Map(entries) => entries.serialize(serializer),
            Self::Dynamic(dynamic) => dynamic.serialize(serializer),
        }
    }
}

impl Serialize for Dynamic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", &self.ty.to_json().to_string())?;
        map.serialize_entry("value", &self.value)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Dynamic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Raw {
            r#type: String,
            value: Data,
        }
        let raw = Raw::deserialize(deserializer)?;
        let ty = serde_json::from_str(&raw.r#type)
            .ok()
            .and_then(|json| Ty::from_json(&json))
            .ok_or_else(|| serde::de::Error::custom("not the notation of a type"))?;
        Ok(Self { ty, value: raw.value })
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DataVisitor;
        impl<'de> Visitor<'de> for DataVisitor {
            type Value = Data;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<Data, E> {
                Ok(Data::Null)
            }
            fn visit_none<E>(self) -> Result<Data, E> {
                Ok(Data::Null)
            }
            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Data, D::Error> {
                inner.deserialize_any(self)
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                inner: D,
            ) -> Result<Data, D::Error> {
                serde::de::IgnoredAny::deserialize(inner)?;
                Ok(Data::Unknown)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Data, E> {
                Ok(Data::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Data, E> {
                Ok(Data::Number(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Data, E> {
                Ok(Data::Number(value.into()))
            }
            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Data, E> {
                Number::from_f64(value)
                    .map(Data::Number)
                    .ok_or_else(|| E::custom(super::NotANumber))
            }
            fn visit_str<E>(self, text: &str) -> Result<Data, E> {
                Ok(Data::String(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Data, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = access.next_element()? {
                    elements.push(element);
                }
                Ok(Data::List(elements))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Data, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((key, value)) = access.next_entry()? {
                    entries.insert(key, value);
                }
                Ok(Data::Map(entries))
            }
        }
        deserializer.deserialize_any(DataVisitor)
    }
}
