//! Which attribute a type refuses.
//!
//! tf-provider's `Value` is an untagged enum: serde buffers what is below it, and an error inside has no path. The
//! attribute is found by trying: with the culprit set to null, the type accepts the rest.

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
        // The smallest number of leading children that have to go; with none left to go, the fault is here.
        let mut low = 0;
        let mut high = steps.len();
        let mut without = |count: usize| {
            if let Some(here) = resolve(&mut attempt, &path) {
                *here = original.clone();
                for step in &steps[..count] {
                    if let Some(child) = resolve(here, std::slice::from_ref(step)) {
                        *child = Data::Null;
                    }
                }
            }
            fits(&attempt)
        };
        if high == 0 || !without(high) {
            return path;
        }
        while low + 1 < high {
            let middle = low.midpoint(high);
            if without(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        // Leaves the earlier ones null and goes into the last.
        without(high - 1);
        path.push(steps[high - 1].clone());
    }
}

fn children(data: &Data) -> Vec<AttributePathStep> {
    match data {
        Data::Map(entries) => entries
            .keys()
            .map(|name| AttributePathStep::Attribute(name.clone().into()))
            .collect(),
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
        (Data::List(elements), AttributePathStep::Index(index)) => usize::try_from(*index)
            .ok()
            .and_then(|index| elements.get_mut(index)),
        _ => None,
    })
}
