//! Which attribute a type refuses.
//!
//! tf-provider's `Value` is an untagged enum: serde buffers what is below it, and an error inside has no path. The
//! attribute is found by trying: with the culprit left out, the type accepts the rest.

use tf_provider::AttributePathStep;

use super::Data;

/// Follows `path` as far as serde knew it, then tries. `fits` says whether the type accepts a value.
pub(crate) fn culprit(
    data: &Data,
    path: Vec<AttributePathStep>,
    fits: &dyn Fn(&Data) -> bool,
) -> Vec<AttributePathStep> {
    let mut attempt = data.clone();
    let mut path = path;
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
            fits(&attempt)
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
pub(crate) fn complaint(data: &Data, path: &[AttributePathStep]) -> &'static str {
    let mut data = data.clone();
    match resolve(&mut data, path) {
        Some(Data::Number(number)) if number.as_i64().is_none() => {
            "The value is not of the kind the provider expects here: it has to be a whole number, and not a huge one."
        }
        _ => "The value is not of the kind the provider expects here.",
    }
}

/// A list this long is not tried element by element.
const MANY: usize = 1000;

/// The last of the smallest number of leading children that have to be left out together. The ones before it stay
/// left out, so that what is wrong with them does not count any more.
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
fn neutral(data: &Data) -> Data {
    match data {
        // Nested blocks are never null.
        Data::List(_) => Data::List(Vec::new()),
        _ => Data::Null,
    }
}

fn children(data: &Data) -> Vec<AttributePathStep> {
    match data {
        Data::Map(entries) => {
            entries.keys().map(|name| AttributePathStep::Attribute(name.clone().into())).collect()
        }
        Data::List(elements) => (0..elements.len())
            .map(|index| AttributePathStep::Index(i64::try_from(index).unwrap_or(i64::MAX)))
            .collect(),
        _ => Vec::new(),
    }
}

fn resolve<'a>(data: &'a mut Data, path: &[AttributePathStep]) -> Option<&'a mut Data> {
    path.iter().try_fold(data, |data, step| match (data, step) {
        (Data::Map(entries), AttributePathStep::Attribute(name) | AttributePathStep::Key(name)) => {
            entries.get_mut(name.as_ref())
        }
        (Data::List(elements), AttributePathStep::Index(index)) => {
            usize::try_from(*index).ok().and_then(|index| elements.get_mut(index))
        }
        _ => None,
    })
}
