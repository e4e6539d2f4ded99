//! The one walk over a value and its type.

use std::collections::BTreeMap;
use std::iter::repeat;

use rmpv::Value;
use tf_provider::AttributePathStep::{self, Attribute, Index, Key};

use super::{Ty, number, to_bytes, unknown};
use crate::error::Error;

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To the provider's types: numbers are integers and floats where those hold them.
    In,
    /// From the provider's types to the wire: sets are sorted, and numbers are digits.
    Out,
    /// From a stored state to the wire: what cty converts is converted, and attributes that the
    /// schema does not have go.
    State,
}

/// The value with every attribute that the type has and no other, and every unknown without its
/// refinements.
pub(super) fn conform(value: Value, ty: &Ty, way: Way) -> Result<Value, Error> {
    match (ty, value) {
        (ty, Value::Nil) => Ok(absent(ty)),
        (_, Value::Ext(..)) => Ok(unknown()),
        (Ty::Block(of), value) => conform(value, of, way),
        (Ty::String, Value::String(text)) if text.is_str() => Ok(Value::String(text)),
        // cty reads these as strings, too, and so do states of providers that changed a type.
        (Ty::String, Value::Boolean(value)) if way == Way::State => Ok(value.to_string().into()),
        (Ty::Bool, Value::Boolean(value)) => Ok(Value::Boolean(value)),
        (Ty::Bool, Value::String(text)) if way == Way::State => match text.as_str() {
            Some("true") => Ok(Value::Boolean(true)),
            Some("false") => Ok(Value::Boolean(false)),
            _ => Err(mismatch(ty, way)),
        },
        (Ty::Number, value) => number::conform(value, way).ok_or_else(|| mismatch(ty, way)),
        (Ty::List(of), Value::Array(elements)) => list(elements, repeat(of.as_ref()), way),
        // A provider's bytes are a list of numbers.
        (Ty::List(_) | Ty::Set(_), Value::Binary(bytes)) if way == Way::Out => {
            conform(Value::Array(bytes.into_iter().map(Value::from).collect()), ty, way)
        }
        (Ty::Set(of), Value::Array(elements)) => {
            // The elements of a set have no address of their own.
            let elements = list(elements, repeat(of.as_ref()), way).map_err(Error::without_path)?;
            if way == Way::In { Ok(elements) } else { set(elements) }
        }
        (Ty::Tuple(of), Value::Array(elements)) if of.len() == elements.len() => {
            list(elements, of.iter(), way)
        }
        (Ty::Map(of), Value::Map(entries)) => map(entries, of, way),
        (Ty::Object(of), Value::Map(entries)) => object(entries, of, way),
        // As rmp-serde writes a struct without fields or braces.
        (Ty::Object(_), Value::Array(none)) if way == Way::Out && none.is_empty() => Ok(Value::Nil),
        (Ty::Any, value) => any(value, way),
        (ty, _) => Err(mismatch(ty, way)),
    }
}

/// What a missing value is: null, or empty where null is not allowed.
pub(super) fn absent(ty: &Ty) -> Value {
    let Ty::Block(of) = ty else { return Value::Nil };
    match of.as_ref() {
        Ty::Map(_) => Value::Map(Vec::new()),
        Ty::Object(of) => {
            Value::Map(of.iter().map(|(name, ty)| (name.as_str().into(), absent(ty))).collect())
        }
        _ => Value::Array(Vec::new()),
    }
}

fn mismatch(ty: &Ty, way: Way) -> Error {
    let expected = match ty {
        Ty::String => "a string",
        Ty::Number => "a number",
        Ty::Bool => "a boolean",
        Ty::List(_) | Ty::Set(_) => "a list",
        Ty::Tuple(_) => "a list of the declared length",
        Ty::Map(_) => "a map",
        Ty::Any => "a value with its type",
        Ty::Object(_) | Ty::Block(_) => "an object",
    };
    Error::new(match way {
        Way::Out => {
            format!("The schema says {expected}, the provider returned a value of another kind.")
        }
        Way::In | Way::State => format!("Expected {expected}, found a value of another kind."),
    })
}

/// The same where the value is, so that what is around it stays where it is.
fn conform_at(
    value: &mut Value,
    ty: &Ty,
    way: Way,
    step: impl FnOnce() -> AttributePathStep,
) -> Result<(), Error> {
    *value = conform(std::mem::replace(value, Value::Nil), ty, way)
        .map_err(|error| error.within(step()))?;
    Ok(())
}

fn list<'a>(
    mut elements: Vec<Value>,
    of: impl Iterator<Item = &'a Ty>,
    way: Way,
) -> Result<Value, Error> {
    for (index, (element, of)) in (0..).zip(elements.iter_mut().zip(of)) {
        conform_at(element, of, way, || Index(index))?;
    }
    Ok(Value::Array(elements))
}

/// Sorted, and what is known is there once: two unknown elements may turn out to be different ones.
fn set(elements: Value) -> Result<Value, Error> {
    let Value::Array(elements) = elements else { return Ok(elements) };
    let mut written = elements
        .into_iter()
        .map(|element| Ok((to_bytes(&element)?, element)))
        .collect::<Result<Vec<_>, Error>>()?;
    written.sort_by(|(a, _), (b, _)| a.cmp(b));
    written.dedup_by(|(a, element), (b, _)| a == b && is_known(element));
    Ok(Value::Array(written.into_iter().map(|(_, element)| element).collect()))
}

fn is_known(value: &Value) -> bool {
    match value {
        Value::Ext(..) => false,
        Value::Array(elements) => elements.iter().all(is_known),
        Value::Map(entries) => entries.iter().all(|(_, value)| is_known(value)),
        _ => true,
    }
}

/// Sorted by their names, of which the last counts where one is there twice.
fn named(mut entries: Vec<(Value, Value)>, way: Way) -> Result<Vec<(Value, Value)>, Error> {
    for (key, _) in &mut entries {
        match key {
            Value::String(text) if text.is_str() => {}
            // A provider's map may have numbers for keys.
            Value::Integer(number) if way == Way::Out => *key = number.to_string().into(),
            _ => return Err(Error::new("The keys of a map must be strings.")),
        }
    }
    if !entries.is_sorted_by(|(a, _), (b, _)| a.as_str() < b.as_str()) {
        entries.reverse();
        entries.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
        entries.dedup_by(|(b, _), (a, _)| a == b);
    }
    Ok(entries)
}

fn step(key: &Value) -> std::borrow::Cow<'static, str> {
    key.as_str().unwrap_or_default().to_owned().into()
}

fn map(entries: Vec<(Value, Value)>, of: &Ty, way: Way) -> Result<Value, Error> {
    let mut entries = named(entries, way)?;
    for (key, value) in &mut entries {
        conform_at(value, of, way, || Key(step(key)))?;
    }
    Ok(Value::Map(entries))
}

fn object(
    entries: Vec<(Value, Value)>,
    of: &BTreeMap<String, Ty>,
    way: Way,
) -> Result<Value, Error> {
    let mut entries = named(entries, way)?;
    let given = entries.iter().map(|(key, _)| key.as_str());
    if !given.eq(of.keys().map(|name| Some(name.as_str()))) {
        entries = complete(entries, of, way)?;
    }
    for ((key, value), ty) in entries.iter_mut().zip(of.values()) {
        conform_at(value, ty, way, || Attribute(step(key)))?;
    }
    Ok(Value::Map(entries))
}

/// With null for every attribute that is missing.
fn complete(
    entries: Vec<(Value, Value)>,
    of: &BTreeMap<String, Ty>,
    way: Way,
) -> Result<Vec<(Value, Value)>, Error> {
    let mut given = entries.into_iter().peekable();
    let mut complete = Vec::with_capacity(of.len());
    for name in of.keys() {
        while let Some((foreign, _)) = given.next_if(|(key, _)| key.as_str() < Some(name)) {
            refuse(&foreign, way)?;
        }
        let entry = given.next_if(|(key, _)| key.as_str() == Some(name));
        complete.push(entry.unwrap_or_else(|| (name.as_str().into(), Value::Nil)));
    }
    given.try_for_each(|(foreign, _)| refuse(&foreign, way))?;
    Ok(complete)
}

/// Says that the schema does not have this attribute, which a stored state may have.
fn refuse(key: &Value, way: Way) -> Result<(), Error> {
    let name = step(key);
    let message = match way {
        Way::State => return Ok(()),
        Way::In => "The schema has no attribute of this name.".to_owned(),
        Way::Out => {
            format!("The provider returned the attribute {name}, which its schema does not have.")
        }
    };
    Err(Error::new(message).within(Attribute(name)))
}

/// A value that brings its type: a pair on the wire, and for a provider and in a state an object of
/// `type` and `value`. A provider may return a plain value as well, which has the type that it
/// looks like.
fn any(value: Value, way: Way) -> Result<Value, Error> {
    let (ty, value) = match (brought_type(&value, way), way) {
        (Some(ty), _) => (ty, content(value)),
        (None, Way::Out) => (Ty::inferred(&value), value),
        (None, _) => return Err(mismatch(&Ty::Any, way)),
    };
    let value = conform(value, &ty, way)?;
    let notation = ty.to_json().to_string();
    Ok(match way {
        Way::In => Value::Map(vec![("type".into(), notation.into()), ("value".into(), value)]),
        Way::Out | Way::State => Value::Array(vec![Value::Binary(notation.into_bytes()), value]),
    })
}

fn brought_type(value: &Value, way: Way) -> Option<Ty> {
    match value {
        // Bytes are in nothing else, so what is on its way out already is known again.
        Value::Array(pair) if pair.len() == 2 && (way == Way::In || pair[0].is_bin()) => {
            Ty::from_notation(&pair[0])
        }
        Value::Map(entries) if entries.len() == 2 => {
            let part = |wanted| entries.iter().find(|(name, _)| name.as_str() == Some(wanted));
            let (_, ty) = part("value").and(part("type"))?;
            // JSON has no need of a notation in a string.
            if way == Way::Out { Ty::from_notation(ty) } else { Ty::from_json(ty) }
        }
        _ => None,
    }
}

/// Of a value with its type, the value.
fn content(value: Value) -> Value {
    match value {
        Value::Array(mut pair) => pair.pop().unwrap_or(Value::Nil),
        Value::Map(entries) => {
            let content = entries.into_iter().find(|(name, _)| name.as_str() == Some("value"));
            content.map_or(Value::Nil, |(_, value)| value)
        }
        _ => Value::Nil,
    }
}
