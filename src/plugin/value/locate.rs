//! Which attribute a type refuses.
//!
//! tf-provider's `Value` is an untagged enum: serde buffers what is below it, and an error inside
//! has no path. From there on the attribute is found by trying: with the culprit left out, the type
//! accepts the rest.

use rmpv::Value;
use serde::Deserialize;
use tf_provider::AttributePathStep;

use super::{Sent, from_bytes, number};

/// The way to it. `fits` says whether the type accepts a value.
pub(crate) fn culprit<'a, T: Deserialize<'a>>(
    sent: &'a Sent,
    fits: impl Fn(&Sent) -> bool,
) -> Vec<AttributePathStep> {
    // With what it was admitted with.
    let mut attempt = from_bytes(&sent.bytes).unwrap_or(Value::Nil);
    let mut path = sent.way::<T>();
    loop {
        let Some(here) = resolve(&mut attempt, &path) else {
            return path;
        };
        let original = here.clone();
        let steps = children(&original);
        // Puts back what is here and leaves out some of its children.
        let mut without = |left_out: &[AttributePathStep]| {
            if let Some(here) = resolve(&mut attempt, &path) {
                *here = original.clone();
                for step in left_out {
                    if let Some(child) = resolve(here, std::slice::from_ref(step)) {
                        *child = neutral(child);
                    }
                }
            }
            Sent::new(attempt.clone()).is_ok_and(|attempt| fits(&attempt))
        };
        let culprit = match several(&steps, &mut without) {
            Some(index) => index,
            // Some fields cannot do without a value, so that not all can be left out at once.
            None => {
                match steps.iter().take(MANY).position(|step| without(std::slice::from_ref(step))) {
                    Some(index) => {
                        without(&[]);
                        index
                    }
                    None => return path,
                }
            }
        };
        path.push(steps[culprit].clone());
    }
}

/// What is wrong with the value at `path`, as far as the value itself tells.
pub(crate) fn complaint(sent: &Sent, path: &[AttributePathStep]) -> &'static str {
    let mut value = sent.value.clone();
    match resolve(&mut value, path) {
        // A number that no 64 bits hold comes as its digits.
        Some(number) if number.is_f64() || number::is_long(number) => {
            "The value is not of the kind the provider expects here: it has to be a whole number, and not a huge one."
        }
        Some(Value::Map(_)) => {
            "The object is not what the provider expects here, and no single attribute is the cause. If the provider's \
             type has a field that its schema does not have, this is a bug in the provider."
        }
        _ => "The value is not of the kind the provider expects here.",
    }
}

/// A list this long is not tried element by element.
const MANY: usize = 1000;

/// The last of the smallest number of leading children that have to be left out together. The ones
/// before it stay left out, so that what is wrong with them does not count any more.
fn several(
    steps: &[AttributePathStep],
    without: &mut impl FnMut(&[AttributePathStep]) -> bool,
) -> Option<usize> {
    let (mut low, mut high) = (0, steps.len());
    if high == 0 || !without(steps) {
        return None;
    }
    while low + 1 < high {
        let middle = low.midpoint(high);
        if without(&steps[..middle]) {
            high = middle;
        } else {
            low = middle;
        }
    }
    without(&steps[..high - 1]);
    Some(high - 1)
}

/// What nearly every type accepts in the place of a value.
fn neutral(value: &Value) -> Value {
    match value {
        // Nested blocks are never null.
        Value::Array(_) => Value::Array(Vec::new()),
        _ => Value::Nil,
    }
}

fn children(value: &Value) -> Vec<AttributePathStep> {
    match value {
        Value::Map(entries) => entries
            .iter()
            .filter_map(|(name, _)| name.as_str())
            .map(|name| AttributePathStep::Attribute(name.to_owned().into()))
            .collect(),
        Value::Array(elements) => {
            (0..).zip(elements).map(|(index, _)| AttributePathStep::Index(index)).collect()
        }
        _ => Vec::new(),
    }
}

fn resolve<'a>(value: &'a mut Value, path: &[AttributePathStep]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, step| match (value, step) {
        (
            Value::Map(entries),
            AttributePathStep::Attribute(name) | AttributePathStep::Key(name),
        ) => {
            let found = entries.iter_mut().find(|(key, _)| key.as_str() == Some(name.as_ref()));
            found.map(|(_, value)| value)
        }
        (Value::Array(elements), AttributePathStep::Index(index)) => {
            usize::try_from(*index).ok().and_then(|index| elements.get_mut(index))
        }
        _ => None,
    })
}
