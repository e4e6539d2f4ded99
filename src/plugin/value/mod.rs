//! Values: between the wire and the types of a provider.
//!
//! `bytes → tree → conform(In) → rmp-serde → R::State` and `R::State → rmp-serde → tree →
//! conform(Out) → bytes`. The tree is rmpv's, and [`conform`] is the one walk over it and a
//! schema's type. What came in stays at hand as [`Sent`].

mod any;
mod conform;
mod json;
mod locate;
mod lost;
mod number;
mod ty;

/// What holds for anything that comes in: for the tests, and for the fuzz targets in `tests/fuzz`.
#[cfg(any(test, fuzzing))]
#[path = "../../../tests/fuzz/checks/value.rs"]
pub mod fuzzing;

#[cfg(test)]
mod tests;

use rmpv::Value;
use serde::{Deserialize, Serialize};
use serde_path_to_error::Segment;
use tf_provider::AttributePathStep::{self, Attribute, Index};

use crate::error::Error;
pub use any::{Any, Dynamic, NotANumber, Number};
use conform::{Way, conform};
pub(crate) use locate::{complaint, culprit};
pub(crate) use lost::{check_numbers, restore};
pub(crate) use ty::Ty;

/// A value as it was sent, and the bytes that a provider's type borrows from.
#[derive(Debug)]
pub(crate) struct Sent {
    value: Value,
    bytes: Vec<u8>,
}

impl Sent {
    fn new(value: Value) -> Result<Self, Error> {
        Ok(Self { bytes: to_bytes(&value)?, value })
    }

    /// Reads msgpack, as the tools send it.
    pub(crate) fn from_msgpack(bytes: &[u8], ty: &Ty) -> Result<Self, Error> {
        Self::new(conform(from_bytes(bytes)?, ty, Way::In)?)
    }

    /// Reads JSON, which the protocol allows as well.
    pub(crate) fn from_json(json: &[u8], ty: &Ty) -> Result<Self, Error> {
        Self::new(conform(json::tree(json)?, ty, Way::In)?)
    }

    /// What was not sent is null.
    pub(crate) fn nothing() -> Self {
        Self { value: Value::Nil, bytes: vec![NIL] }
    }

    /// The arguments of a function. None of them is null, as `()` is.
    pub(crate) fn from_arguments(arguments: Vec<Self>) -> Result<Self, Error> {
        match arguments.is_empty() {
            true => Ok(Self::nothing()),
            false => {
                let values = arguments.into_iter().map(|argument| argument.value);
                Self::new(Value::Array(values.collect()))
            }
        }
    }

    /// Whether it is null.
    pub(crate) fn is_null(&self) -> bool {
        self.value.is_nil()
    }

    /// As a provider's type, if it is one. Why not, serde's text does not say: it quotes the value,
    /// and knows no way to it through tf-provider's untagged `Value`. [`culprit`] finds that.
    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        read(&self.bytes)
    }

    /// How far serde knows the way to what the type refuses: up to tf-provider's untagged `Value`.
    fn way<'a, T: Deserialize<'a>>(&'a self) -> Vec<AttributePathStep> {
        let refused =
            serde_path_to_error::deserialize::<_, T>(&mut deserializer(&self.bytes)).err();
        let path = refused.iter().flat_map(|error| error.path());
        let step = |segment: &Segment| match segment {
            Segment::Map { key } => Some(Attribute(key.clone().into())),
            Segment::Seq { index } => i64::try_from(*index).ok().map(Index),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        path.map_while(step).collect()
    }

    /// As it goes back where the provider has nothing else to say.
    pub(crate) fn back(&self, ty: &Ty) -> Result<Value, Error> {
        conform(self.value.clone(), ty, Way::Out)
    }
}

/// Null in msgpack.
const NIL: u8 = 0xc0;
/// An object without attributes.
const EMPTY: u8 = 0x80;

/// Reads what is not sent: null, or an object without attributes for a type that cannot be null.
pub(crate) fn read_nothing<'a, T: Deserialize<'a>>() -> Option<T> {
    read(&[NIL]).or_else(|| read(&[EMPTY]))
}

fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    T::deserialize(&mut deserializer(bytes)).ok()
}

type Deserializer<'a> = rmp_serde::Deserializer<
    rmp_serde::decode::ReadRefReader<'a, [u8]>,
    rmp_serde::config::HumanReadableConfig<rmp_serde::config::DefaultConfig>,
>;

fn deserializer(bytes: &[u8]) -> Deserializer<'_> {
    rmp_serde::Deserializer::from_read_ref(bytes).with_human_readable()
}

/// What a provider returned, as the schema's type has it.
pub(crate) fn written<T: Serialize + ?Sized>(value: &T, ty: &Ty) -> Result<Value, Error> {
    let mut bytes = Vec::new();
    let mut serializer =
        rmp_serde::Serializer::new(&mut bytes).with_struct_map().with_human_readable();
    // The text is the provider's, and may quote the value.
    value.serialize(&mut serializer).map_err(|_| Error::new("It cannot be serialised."))?;
    conform(from_bytes(&bytes)?, ty, Way::Out)
}

/// A stored state on its way to the wire: what the schema has no more is dropped.
pub(crate) fn stored(json: &[u8], ty: &Ty) -> Result<Value, Error> {
    conform(json::tree(json)?, ty, Way::State)
}

fn from_bytes(mut bytes: &[u8]) -> Result<Value, Error> {
    let value = rmpv::decode::read_value(&mut bytes);
    let value = value.map_err(|_| Error::new("The value is not msgpack."))?;
    match bytes.is_empty() {
        true => Ok(value),
        false => Err(Error::new("The msgpack value is followed by other bytes.")),
    }
}

/// The wire's bytes.
pub(crate) fn to_bytes(value: &Value) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value)
        .map_err(|_| Error::new("The value is too large."))?;
    Ok(bytes)
}

/// A value that is known after the apply, without refinements.
pub(crate) fn unknown() -> Value {
    Value::Ext(0, vec![0])
}

/// A value on its way out, with nulls for what is unknown, and empty blocks.
pub(crate) fn without_unknown(mut value: Value, ty: &Ty) -> Result<Value, Error> {
    fn forget(value: &mut Value) {
        match value {
            Value::Ext(..) => *value = Value::Nil,
            Value::Array(elements) => elements.iter_mut().for_each(forget),
            Value::Map(entries) => entries.iter_mut().for_each(|(_, value)| forget(value)),
            _ => {}
        }
    }
    forget(&mut value);
    conform(value, ty, Way::Out)
}
