//! JSON: plans, states and what is upgraded.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{
    Data, Dynamic, Error, Ty, absent, at_attribute, at_index, at_key, complete, notated, parse,
    unexpected, unsupported,
};

/// Values that bring their type can be nested without end, and a stack cannot. The other notation's reader has a limit
/// of its own.
const DEEPEST: usize = 500;

/// Reads a JSON value as it stands in a plan or state.
pub(crate) fn from_json(bytes: &[u8], ty: &Ty) -> Result<Data, Error> {
    read(parse(bytes)?, ty, Extra::Refused, DEEPEST)
}

/// Reads a stored state: attributes that the schema no longer has are dropped.
pub(crate) fn from_state_json(bytes: &[u8], ty: &Ty) -> Result<Data, Error> {
    read(parse(bytes)?, ty, Extra::Dropped, DEEPEST)
}

/// What happens to attributes the schema does not have.
#[derive(Clone, Copy)]
enum Extra {
    Refused,
    Dropped,
}

/// JSON is read level by level, so that a number's digits are at hand where one is expected.
fn read(raw: &RawValue, ty: &Ty, extra: Extra, depth: usize) -> Result<Data, Error> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::value("The value is nested too deeply."));
    };
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
            unquoted.parse().map(Data::Number).map_err(|_| unexpected("a number"))
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
                at_index(index, matches!(ty, Ty::Set(_)), read(element, of, extra, depth))
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
                .map(|(index, (element, of))| {
                    at_index(index, false, read(element, of, extra, depth))
                })
                .collect::<Result<_, _>>()
                .map(Data::List)
        }
        Ty::Map(of) => raw_object(raw)?
            .into_iter()
            .map(|(key, value)| {
                let value = at_key(&key, read(value, of, extra, depth))?;
                Ok((key, value))
            })
            .collect::<Result<_, _>>()
            .map(Data::Map),
        Ty::Object(of) => {
            let mut entries = BTreeMap::new();
            for (name, value) in raw_object(raw)? {
                match (of.get(&name), extra) {
                    (Some(ty), _) => {
                        let value = at_attribute(&name, read(value, ty, extra, depth))?;
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
            let value = read(value, &ty, extra, depth)?;
            Ok(Data::Dynamic(Box::new(Dynamic { ty, value })))
        }
        Ty::Present(of) => read(raw, of, extra, depth),
    }
}

fn raw_array(raw: &RawValue) -> Result<Vec<&RawValue>, Error> {
    serde_json::from_str(raw.get()).map_err(|_| unexpected("a list"))
}

fn raw_object(raw: &RawValue) -> Result<BTreeMap<String, &RawValue>, Error> {
    serde_json::from_str(raw.get()).map_err(|_| unexpected("a map or an object"))
}
