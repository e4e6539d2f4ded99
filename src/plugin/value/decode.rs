//! From the wire: msgpack, and the JSON of state files, by the type the schema gives.

use std::collections::BTreeMap;

use rmpv::ValueRef;
use serde_json::value::RawValue;
use tf_provider::AttributePathStep;

use super::{Data, Dynamic, Number, Ty};
use crate::plugin::error::Error;

/// Reads a msgpack value. Every extension is an unknown value, whatever refinements its body has.
pub(crate) fn from_msgpack(bytes: &[u8], ty: &Ty) -> Result<Data, Error> {
    let mut rest = bytes;
    let value = rmpv::decode::read_value_ref(&mut rest)
        .map_err(|_| Error::value("The value is not msgpack."))?;
    if !rest.is_empty() {
        return Err(Error::value(
            "The msgpack value is followed by other bytes.",
        ));
    }
    read(&value, ty)
}

/// Reads a JSON value as it stands in a plan or state.
pub(crate) fn from_json(bytes: &[u8], ty: &Ty) -> Result<Data, Error> {
    read_json(parse(bytes)?, ty, Extra::Refused)
}

/// Reads a stored state: attributes that the schema no longer has are dropped.
pub(crate) fn from_state_json(bytes: &[u8], ty: &Ty) -> Result<Data, Error> {
    read_json(parse(bytes)?, ty, Extra::Dropped)
}

/// What happens to attributes the schema does not have.
#[derive(Clone, Copy)]
enum Extra {
    Refused,
    Dropped,
}

fn parse<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|_| Error::value("The value is not JSON."))
}

fn unexpected(expected: &str) -> Error {
    Error::value(format!(
        "Expected {expected}, found a value of another kind."
    ))
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
            Ty::Object(of) => Data::Map(
                of.iter()
                    .map(|(name, ty)| (name.clone(), absent(ty)))
                    .collect(),
            ),
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
        (_, error) => error.within(AttributePathStep::Index(
            i64::try_from(index).unwrap_or(i64::MAX),
        )),
    })
}

fn at_key<T>(key: &str, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|error| error.within(AttributePathStep::Key(key.to_owned().into())))
}

fn at_attribute<T>(name: &str, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|error| error.within(AttributePathStep::Attribute(name.to_owned().into())))
}

fn read(value: &ValueRef<'_>, ty: &Ty) -> Result<Data, Error> {
    match value {
        ValueRef::Nil => return Ok(absent(ty)),
        ValueRef::Ext(..) => return Ok(Data::Unknown),
        _ => {}
    }
    match ty {
        Ty::String => text(value).map(|text| Data::String(text.to_owned())),
        Ty::Number => number(value).map(Data::Number),
        Ty::Bool => match value {
            ValueRef::Boolean(value) => Ok(Data::Bool(*value)),
            _ => Err(unexpected("a boolean")),
        },
        Ty::List(of) | Ty::Set(of) => array(value)?
            .iter()
            .enumerate()
            .map(|(index, element)| at_index(index, matches!(ty, Ty::Set(_)), read(element, of)))
            .collect::<Result<_, _>>()
            .map(Data::List),
        Ty::Tuple(of) => {
            let elements = array(value)?;
            if elements.len() != of.len() {
                return Err(Error::value(format!(
                    "Expected {} elements, found {}.",
                    of.len(),
                    elements.len()
                )));
            }
            elements
                .iter()
                .zip(of)
                .enumerate()
                .map(|(index, (element, of))| at_index(index, false, read(element, of)))
                .collect::<Result<_, _>>()
                .map(Data::List)
        }
        Ty::Map(of) => map(value)?
            .iter()
            .map(|(key, value)| {
                let key = text(key)?;
                Ok((key.to_owned(), at_key(key, read(value, of))?))
            })
            .collect::<Result<_, _>>()
            .map(Data::Map),
        Ty::Object(of) => {
            let mut entries = BTreeMap::new();
            for (key, value) in map(value)? {
                let name = text(key)?;
                let ty = of.get(name).ok_or_else(|| unsupported(name))?;
                entries.insert(name.to_owned(), at_attribute(name, read(value, ty))?);
            }
            Ok(complete(entries, of))
        }
        Ty::Any => {
            let [ty, value] = array(value)? else {
                return Err(unexpected("a pair of a type and a value"));
            };
            let notation = match ty {
                ValueRef::Binary(bytes) => bytes,
                other => text(other)?.as_bytes(),
            };
            let ty = notated(notation)?;
            let value = read(value, &ty)?;
            Ok(Data::Dynamic(Box::new(Dynamic { ty, value })))
        }
        Ty::Present(of) => read(value, of),
    }
}

fn notated(notation: &[u8]) -> Result<Ty, Error> {
    Ty::from_json(&parse(notation)?)
        .ok_or_else(|| Error::value("The value's type is not one of Terraform's."))
}

fn text<'a>(value: &'a ValueRef<'_>) -> Result<&'a str, Error> {
    match value {
        ValueRef::String(text) => text
            .as_str()
            .ok_or_else(|| Error::value("The string is not UTF-8.")),
        _ => Err(unexpected("a string")),
    }
}

fn array<'a, 'b>(value: &'a ValueRef<'b>) -> Result<&'a [ValueRef<'b>], Error> {
    match value {
        ValueRef::Array(elements) => Ok(elements),
        _ => Err(unexpected("a list")),
    }
}

fn map<'a, 'b>(value: &'a ValueRef<'b>) -> Result<&'a [(ValueRef<'b>, ValueRef<'b>)], Error> {
    match value {
        ValueRef::Map(entries) => Ok(entries),
        _ => Err(unexpected("a map or an object")),
    }
}

fn number(value: &ValueRef<'_>) -> Result<Number, Error> {
    let number = match value {
        ValueRef::Integer(value) => value
            .as_i64()
            .map(Number::from)
            .or_else(|| value.as_u64().map(Number::from)),
        ValueRef::F32(value) => Number::from_f64_exactly((*value).into()),
        ValueRef::F64(value) => Number::from_f64_exactly(*value),
        ValueRef::String(text) => text.as_str().and_then(|text| text.parse().ok()),
        _ => None,
    };
    number.ok_or_else(|| unexpected("a number"))
}

/// JSON is read level by level, so that a number's digits are at hand where one is expected.
fn read_json(raw: &RawValue, ty: &Ty, extra: Extra) -> Result<Data, Error> {
    let source = raw.get();
    if source == "null" {
        return Ok(absent(ty));
    }
    let bytes = source.as_bytes();
    match ty {
        Ty::String => match bytes.first() {
            Some(b'"') => parse(bytes).map(Data::String),
            // cty reads these as strings, too, and so do states of providers that changed a type.
            Some(b't' | b'f' | b'-' | b'0'..=b'9') => Ok(Data::String(source.to_owned())),
            _ => Err(unexpected("a string")),
        },
        Ty::Number => {
            let unquoted = match bytes.first() {
                Some(b'"') => parse::<String>(bytes)?,
                _ => source.to_owned(),
            };
            unquoted
                .parse()
                .map(Data::Number)
                .map_err(|_| unexpected("a number"))
        }
        Ty::Bool => match source {
            "true" | "\"true\"" => Ok(Data::Bool(true)),
            "false" | "\"false\"" => Ok(Data::Bool(false)),
            _ => Err(unexpected("a boolean")),
        },
        Ty::List(of) | Ty::Set(of) => raw_array(raw)?
            .into_iter()
            .enumerate()
            .map(|(index, element)| {
                at_index(
                    index,
                    matches!(ty, Ty::Set(_)),
                    read_json(element, of, extra),
                )
            })
            .collect::<Result<_, _>>()
            .map(Data::List),
        Ty::Tuple(of) => {
            let elements = raw_array(raw)?;
            if elements.len() != of.len() {
                return Err(Error::value(format!(
                    "Expected {} elements, found {}.",
                    of.len(),
                    elements.len()
                )));
            }
            elements
                .into_iter()
                .zip(of)
                .enumerate()
                .map(|(index, (element, of))| at_index(index, false, read_json(element, of, extra)))
                .collect::<Result<_, _>>()
                .map(Data::List)
        }
        Ty::Map(of) => raw_object(raw)?
            .into_iter()
            .map(|(key, value)| {
                let value = at_key(&key, read_json(value, of, extra))?;
                Ok((key, value))
            })
            .collect::<Result<_, _>>()
            .map(Data::Map),
        Ty::Object(of) => {
            let mut entries = BTreeMap::new();
            for (name, value) in raw_object(raw)? {
                match (of.get(&name), extra) {
                    (Some(ty), _) => {
                        let value = at_attribute(&name, read_json(value, ty, extra))?;
                        entries.insert(name, value);
                    }
                    (None, Extra::Dropped) => {}
                    (None, Extra::Refused) => return Err(unsupported(&name)),
                }
            }
            Ok(complete(entries, of))
        }
        Ty::Any => {
            let parts = raw_object(raw)?;
            let (Some(ty), Some(value)) = (parts.get("type"), parts.get("value")) else {
                return Err(unexpected("an object with the attributes type and value"));
            };
            let ty = notated(ty.get().as_bytes())?;
            let value = read_json(value, &ty, extra)?;
            Ok(Data::Dynamic(Box::new(Dynamic { ty, value })))
        }
        Ty::Present(of) => read_json(raw, of, extra),
    }
}

fn raw_array(raw: &RawValue) -> Result<Vec<&RawValue>, Error> {
    serde_json::from_str(raw.get()).map_err(|_| unexpected("a list"))
}

fn raw_object(raw: &RawValue) -> Result<BTreeMap<String, &RawValue>, Error> {
    serde_json::from_str(raw.get()).map_err(|_| unexpected("a map or an object"))
}
