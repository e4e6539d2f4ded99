//! Values whose type tf-provider has no type for.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;

use super::number;

/// The value of an attribute of type `AttributeType::Any`, with the type that it has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dynamic {
    /// In the protocol's notation, such as `["list","string"]`.
    pub r#type: String,
    /// The value, which is of this type.
    pub value: Value<Any>,
}

/// A value of any type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Any {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number that only this holds.
    Unsigned(u64),
    /// A number that is no whole one of 64 bits, and of which the float's shortest notation has
    /// every digit.
    Float(f64),
    /// A string, or the digits of a number that none of the others holds.
    String(String),
    /// A list, set or tuple.
    List(Vec<Value<Any>>),
    /// A map or object.
    Map(BTreeMap<String, Value<Any>>),
}

/// A number with all its digits, where `i64` and `f64` refuse what they do not hold. An attribute
/// of type `Number` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Any", into = "String")]
pub struct Number(String);

/// The text or the value is not a finite number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number")]
pub struct NotANumber;

impl fmt::Display for Number {
    /// Its digits, without an exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        number::canonical(text).map(Self).ok_or(NotANumber)
    }
}

impl TryFrom<Any> for Number {
    type Error = NotANumber;

    fn try_from(value: Any) -> Result<Self, NotANumber> {
        match value {
            Any::Integer(value) => value.to_string(),
            Any::Unsigned(value) => value.to_string(),
            Any::Float(value) => value.to_string(),
            Any::String(digits) => digits,
            Any::Bool(_) | Any::List(_) | Any::Map(_) => return Err(NotANumber),
        }
        .parse()
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0
    }
}
