//! msgpack: what the tools send.

use std::collections::BTreeMap;

use rmpv::ValueRef;

use super::{
    Data, Dynamic, Error, Number, Ty, absent, at_attribute, at_index, at_key, complete, notated,
    unexpected, unsupported,
};

/// Reads a msgpack value. Every extension is an unknown value, whatever refinements its body has.
pub(crate) fn from_msgpack(bytes: &[u8], ty: &Ty) -> Result<Data, Error> {
    let mut rest = bytes;
    let value = rmpv::decode::read_value_ref(&mut rest)
        .map_err(|_| Error::value("The value is not msgpack."))?;
    if !rest.is_empty() {
        return Err(Error::value("The msgpack value is followed by other bytes."));
    }
    read(&value, ty)
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

fn text<'a>(value: &'a ValueRef<'_>) -> Result<&'a str, Error> {
    match value {
        ValueRef::String(text) => {
            text.as_str().ok_or_else(|| Error::value("The string is not UTF-8."))
        }
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
        ValueRef::Integer(value) => {
            value.as_i64().map(Number::from).or_else(|| value.as_u64().map(Number::from))
        }
        ValueRef::F32(value) => Number::from_f64_exactly((*value).into()),
        ValueRef::F64(value) => Number::from_f64_exactly(*value),
        ValueRef::String(text) => text.as_str().and_then(|text| text.parse().ok()),
        _ => None,
    };
    number.ok_or_else(|| unexpected("a number"))
}
