//! JSON, as stored states are. A number's digits are kept, which serde_json's own tree would round.

use std::collections::BTreeMap;

use rmpv::Value;
use serde::Deserialize;
use serde_json::value::RawValue;
use tf_provider::AttributePathStep::Attribute;

use crate::error::Error;

/// Values that bring their type can be nested without end, and a stack cannot. msgpack's reader has
/// a limit of its own.
const DEEPEST: usize = 500;

/// Reads JSON. A number is the string of its digits, which is what a number is on the wire.
pub(super) fn tree(json: &[u8]) -> Result<Value, Error> {
    read(parse(json)?, DEEPEST)
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(json).map_err(|_| Error::new("The value is not JSON."))
}

/// Level by level, so that a number's digits are at hand.
fn read(raw: &RawValue, depth: usize) -> Result<Value, Error> {
    let source = raw.get().as_bytes();
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new("The value is nested too deeply."));
    };
    match source {
        b"null" => Ok(Value::Nil),
        b"true" => Ok(Value::Boolean(true)),
        b"false" => Ok(Value::Boolean(false)),
        [b'"', ..] => Ok(parse::<String>(source)?.into()),
        [b'[', ..] => {
            let elements = parse::<Vec<&RawValue>>(source)?.into_iter();
            elements.map(|element| read(element, depth)).collect::<Result<_, _>>().map(Value::Array)
        }
        [b'{', ..] => parse::<BTreeMap<String, &RawValue>>(source)?
            .into_iter()
            .map(|(name, value)| match read(value, depth) {
                // Of the way to what is nested too deeply, the attribute is enough.
                Err(error) if depth + 1 == DEEPEST => Err(error.within(Attribute(name.into()))),
                value => Ok((name.into(), value?)),
            })
            .collect::<Result<_, _>>()
            .map(Value::Map),
        _ => Ok(raw.get().into()),
    }
}
