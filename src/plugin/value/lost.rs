//! What a provider's type cannot hold, and how the host makes up for it.
//!
//! serde gives back less than it was given in three places: two unknown elements are one in a `BTreeSet`, a block that
//! is a `Vec` cannot be unknown, and `f64` takes an integer for its neighbour. Terraform would call the provider's plan
//! invalid for each. So what the provider left as it was is written as it was sent; a number is refused instead, because
//! the provider would compute with another.

use std::borrow::Cow;

use tf_provider::AttributePathStep;

use super::{Data, Ty};
use crate::error::Error;

/// `data` with empty blocks for unknown ones, where the provider's type refuses those: a `dynamic` block whose `for_each`
/// is unknown. A field that has to tell them apart is a `Value<Vec<…>>`.
pub(crate) fn admit<'a>(data: &'a Data, ty: &Ty, fits: &dyn Fn(&Data) -> bool) -> Cow<'a, Data> {
    let mut emptied = data.clone();
    match empty_blocks(&mut emptied, ty) && !fits(data) {
        true => Cow::Owned(emptied),
        false => Cow::Borrowed(data),
    }
}

/// Empties unknown blocks, and says whether there were any.
fn empty_blocks(data: &mut Data, ty: &Ty) -> bool {
    match (data, ty) {
        (data @ Data::Unknown, Ty::Present(_)) => {
            *data = super::decode::absent(ty);
            true
        }
        (data, Ty::Present(of)) => empty_blocks(data, of),
        (Data::Map(entries), Ty::Object(of)) => {
            let emptied = |(name, data): (&String, &mut Data)| {
                of.get(name).is_some_and(|of| empty_blocks(data, of))
            };
            entries.iter_mut().map(emptied).filter(|any| *any).count() > 0
        }
        (Data::List(elements), Ty::List(of) | Ty::Set(of)) => {
            elements.iter_mut().map(|data| empty_blocks(data, of)).filter(|any| *any).count() > 0
        }
        _ => false,
    }
}

/// Writes `sent` wherever the provider returned what its type `kept` of it.
pub(crate) fn restore(returned: &mut Data, sent: &Data, kept: &Data, ty: &Ty) {
    if kept == sent {
        return;
    }
    if returned == kept {
        returned.clone_from(sent);
        return;
    }
    match (returned, sent, kept, ty) {
        (returned, sent, kept, Ty::Present(of)) => restore(returned, sent, kept, of),
        (Data::Map(returned), Data::Map(sent), Data::Map(kept), Ty::Object(_) | Ty::Map(_)) => {
            for (name, returned) in returned {
                let of = match ty {
                    Ty::Object(of) => of.get(name),
                    Ty::Map(of) => Some(of.as_ref()),
                    _ => None,
                };
                if let (Some(sent), Some(kept), Some(of)) = (sent.get(name), kept.get(name), of) {
                    restore(returned, sent, kept, of);
                }
            }
        }
        // Elements of a set have no place of their own: there it is all of them or none.
        (Data::List(returned), Data::List(sent), Data::List(kept), Ty::List(of))
            if sent.len() == kept.len() =>
        {
            for ((returned, sent), kept) in returned.iter_mut().zip(sent).zip(kept) {
                restore(returned, sent, kept, of);
            }
        }
        _ => {}
    }
}

/// Whether a type may hold less than `data`: the walk that is cheap, before the one that is not.
pub(crate) fn may_lose(data: &Data) -> bool {
    match data {
        Data::Unknown => true,
        Data::Number(number) => number.is_beyond_f64(),
        Data::List(elements) => elements.iter().any(may_lose),
        Data::Map(entries) => entries.values().any(may_lose),
        _ => false,
    }
}

/// Refuses a number of which the type kept another.
pub(crate) fn check_numbers(sent: &Data, kept: &Data) -> Result<(), Error> {
    match (sent, kept) {
        (Data::Number(sent), Data::Number(kept)) if sent != kept => {
            Err(Error::value("The number has more digits than the provider can hold."))
        }
        (Data::Map(sent), Data::Map(kept)) => sent.iter().try_for_each(|(name, sent)| {
            let Some(kept) = kept.get(name) else { return Ok(()) };
            let step = || AttributePathStep::Attribute(name.clone().into());
            check_numbers(sent, kept).map_err(|error| error.within(step()))
        }),
        // In a set, the type may have put them in another order.
        (Data::List(sent), Data::List(kept)) if sent.len() == kept.len() => (0..)
            .zip(sent)
            .filter(|(_, sent)| !kept.contains(sent))
            .try_for_each(|(index, sent)| {
                let at = usize::try_from(index).unwrap_or(usize::MAX);
                let Some(kept) = kept.get(at) else { return Ok(()) };
                check_numbers(sent, kept)
                    .map_err(|error| error.within(AttributePathStep::Index(index)))
            }),
        _ => Ok(()),
    }
}
