//! To the wire: msgpack, by the type the schema gives, whatever the provider's types left out.

use std::collections::BTreeMap;

use rmp::encode;
use tf_provider::AttributePathStep;

use super::decode::absent;
use super::number::Repr;
use super::{Data, Number, Ty};
use crate::error::Error;

/// An unknown value without refinements.
const UNKNOWN: [u8; 3] = [0xd4, 0, 0];

/// Writes a value of the type. Every attribute of an object is written, a missing one as null; sets are sorted and
/// their equal elements written once.
pub(crate) fn to_msgpack(data: &Data, ty: &Ty) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    write(&mut out, data, ty)?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, data: &Data, ty: &Ty) -> Result<(), Error> {
    match (ty, data) {
        (Ty::Present(of), Data::Null) => write_content(out, &absent(ty), of),
        (Ty::Present(of), data) => write(out, data, of),
        (_, Data::Null) => encode::write_nil(out).map_err(memory),
        (_, Data::Unknown) => {
            out.extend_from_slice(&UNKNOWN);
            Ok(())
        }
        _ => write_content(out, data, ty),
    }
}

fn write_content(out: &mut Vec<u8>, data: &Data, ty: &Ty) -> Result<(), Error> {
    match (ty, data) {
        (Ty::Bool, Data::Bool(value)) => encode::write_bool(out, *value).map_err(memory),
        (Ty::Number, Data::Number(number)) => write_number(out, number),
        (Ty::Number, Data::String(text)) => {
            let number = text.parse().map_err(|_| mismatch(ty))?;
            write_number(out, &number)
        }
        (Ty::String, Data::String(text)) => encode::write_str(out, text).map_err(memory),
        (Ty::List(of), Data::List(elements)) => {
            write_length(out, elements.len(), encode::write_array_len)?;
            for (index, element) in elements.iter().enumerate() {
                write(out, element, of).map_err(|error| error.within(index_step(index)))?;
            }
            Ok(())
        }
        (Ty::Set(of), Data::List(elements)) => write_set(out, elements, of),
        (Ty::Tuple(of), Data::List(elements)) if of.len() == elements.len() => {
            write_length(out, elements.len(), encode::write_array_len)?;
            for (index, (element, of)) in elements.iter().zip(of).enumerate() {
                write(out, element, of).map_err(|error| error.within(index_step(index)))?;
            }
            Ok(())
        }
        (Ty::Map(of), Data::Map(entries)) => {
            write_length(out, entries.len(), encode::write_map_len)?;
            for (key, value) in entries {
                encode::write_str(out, key).map_err(memory)?;
                write(out, value, of)
                    .map_err(|error| error.within(AttributePathStep::Key(key.clone().into())))?;
            }
            Ok(())
        }
        (Ty::Object(of), Data::Map(entries)) => write_object(out, entries, of),
        (Ty::Any, data) => write_any(out, data),
        (Ty::Present(of), data) => write(out, data, of),
        _ => Err(mismatch(ty)),
    }
}

/// Writing into memory does not fail; lengths beyond 32 bits would.
fn memory<E>(_: E) -> Error {
    Error::value("The value is too large.")
}

fn mismatch(ty: &Ty) -> Error {
    let expected = match ty {
        Ty::String => "a string",
        Ty::Number => "a number",
        Ty::Bool => "a boolean",
        Ty::List(_) | Ty::Set(_) => "a list",
        Ty::Tuple(_) => "a list of the declared length",
        Ty::Map(_) => "a map",
        _ => "an object",
    };
    Error::value(format!(
        "The schema says {expected}, the provider returned a value of another kind."
    ))
}

fn index_step(index: usize) -> AttributePathStep {
    AttributePathStep::Index(i64::try_from(index).unwrap_or(i64::MAX))
}

fn write_length<M, E>(
    out: &mut Vec<u8>,
    length: usize,
    write: impl Fn(&mut Vec<u8>, u32) -> Result<M, E>,
) -> Result<(), Error> {
    let length = u32::try_from(length).map_err(memory)?;
    write(out, length).map(drop).map_err(memory)
}

/// In the digits that a state file holds. cty reads those with the precision with which it reads a state, which an
/// integer or a float of msgpack does not have: Terraform 1.11 takes the same number in another precision for drift.
fn write_number(out: &mut Vec<u8>, number: &Number) -> Result<(), Error> {
    match number.repr() {
        Repr::Float(infinity) if infinity.is_infinite() => {
            encode::write_f64(out, *infinity).map_err(memory)
        }
        _ => encode::write_str(out, &number.to_string()).map_err(memory),
    }
}

fn write_set(out: &mut Vec<u8>, elements: &[Data], of: &Ty) -> Result<(), Error> {
    let mut written = Vec::with_capacity(elements.len());
    for element in elements {
        let mut bytes = Vec::new();
        write(&mut bytes, element, of).map_err(|error| match error {
            Error::Value { message, .. } => Error::value(message),
            error => error,
        })?;
        written.push((bytes, element.is_wholly_known()));
    }
    written.sort();
    // Two unknown values may turn out to be different ones.
    written.dedup_by(|(a, known), (b, _)| *known && a == b);
    write_length(out, written.len(), encode::write_array_len)?;
    for (bytes, _) in written {
        out.extend_from_slice(&bytes);
    }
    Ok(())
}

fn write_object(
    out: &mut Vec<u8>,
    entries: &BTreeMap<String, Data>,
    of: &BTreeMap<String, Ty>,
) -> Result<(), Error> {
    let step = |name: &str| AttributePathStep::Attribute(name.to_owned().into());
    if let Some(name) = entries.keys().find(|name| !of.contains_key(*name)) {
        return Err(Error::value(format!(
            "The provider returned the attribute {name}, which its schema does not have."
        ))
        .within(step(name)));
    }
    write_length(out, of.len(), encode::write_map_len)?;
    for (name, ty) in of {
        encode::write_str(out, name).map_err(memory)?;
        write(out, entries.get(name).unwrap_or(&Data::Null), ty)
            .map_err(|error| error.within(step(name)))?;
    }
    Ok(())
}

fn write_any(out: &mut Vec<u8>, data: &Data) -> Result<(), Error> {
    let (ty, value) = match data {
        Data::Dynamic(dynamic) => (dynamic.ty.clone(), &dynamic.value),
        data => match typed(data) {
            Some(typed) => typed,
            None => (inferred(data), data),
        },
    };
    encode::write_array_len(out, 2).map_err(memory)?;
    encode::write_bin(out, ty.to_json().to_string().as_bytes()).map_err(memory)?;
    write(out, value, &ty)
}

/// A dynamic value that came by way of serde: a map of `type` and `value`.
fn typed(data: &Data) -> Option<(Ty, &Data)> {
    let Data::Map(entries) = data else {
        return None;
    };
    let (Some(Data::String(notation)), Some(value), 2) =
        (entries.get("type"), entries.get("value"), entries.len())
    else {
        return None;
    };
    let ty = Ty::from_json(&serde_json::from_str(notation).ok()?)?;
    Some((ty, value))
}

/// The type of a plain value, where the provider says none.
fn inferred(data: &Data) -> Ty {
    match data {
        Data::Null | Data::Unknown => Ty::Any,
        Data::Bool(_) => Ty::Bool,
        Data::Number(_) => Ty::Number,
        Data::String(_) => Ty::String,
        Data::List(elements) => Ty::Tuple(elements.iter().map(inferred).collect()),
        Data::Map(entries) => Ty::Object(
            entries.iter().map(|(name, value)| (name.clone(), inferred(value))).collect(),
        ),
        Data::Dynamic(dynamic) => dynamic.ty.clone(),
    }
}
