//! From the wire, by the type the schema gives. Here is what its two notations have in common.

mod json;
mod msgpack;

pub(crate) use json::{from_json, from_state_json};
pub(crate) use msgpack::from_msgpack;

use std::collections::BTreeMap;

use tf_provider::AttributePathStep;

use super::{Data, Dynamic, Number, Ty};
use crate::error::Error;

fn parse<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|_| Error::value("The value is not JSON."))
}

fn unexpected(expected: &str) -> Error {
    Error::value(format!("Expected {expected}, found a value of another kind."))
}

fn unsupported(name: &str) -> Error {
    Error::value("The schema has no attribute of this name.")
        .within(AttributePathStep::Attribute(name.to_owned().into()))
}

/// What a missing value is: null, or empty where null is not allowed.
pub(super) fn absent(ty: &Ty) -> Data {
    match ty {
        Ty::Present(of) => match of.as_ref() {
            Ty::List(_) | Ty::Set(_) | Ty::Tuple(_) => Data::List(Vec::new()),
            Ty::Map(_) => Data::Map(BTreeMap::new()),
            Ty::Object(of) => {
                Data::Map(of.iter().map(|(name, ty)| (name.clone(), absent(ty))).collect())
            }
            _ => Data::Null,
        },
        _ => Data::Null,
    }
}

/// Fills in the attributes that were not sent.
fn complete(mut entries: BTreeMap<String, Data>, of: &BTreeMap<String, Ty>) -> Data {
    for (name, ty) in of {
        if !entries.contains_key(name) {
            entries.insert(name.clone(), absent(ty));
        }
    }
    Data::Map(entries)
}

fn at_index<T>(index: usize, set: bool, result: Result<T, Error>) -> Result<T, Error> {
    // The elements of a set have no address of their own.
    result.map_err(|error| match (set, error) {
        (true, Error::Value { message, .. }) => Error::value(message),
        (_, error) => {
            error.within(AttributePathStep::Index(i64::try_from(index).unwrap_or(i64::MAX)))
        }
    })
}

fn at_key<T>(key: &str, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|error| error.within(AttributePathStep::Key(key.to_owned().into())))
}

fn at_attribute<T>(name: &str, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|error| error.within(AttributePathStep::Attribute(name.to_owned().into())))
}

fn notated(notation: &[u8]) -> Result<Ty, Error> {
    Ty::from_json(&parse(notation)?)
        .ok_or_else(|| Error::value("The value's type is not one of Terraform's."))
}
