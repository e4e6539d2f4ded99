//! What a provider's type cannot hold, and how the host makes up for it.
//!
//! serde gives back less than it was given in three places: two unknown elements are one in a
//! `BTreeSet`, a block that is a `Vec` cannot be unknown, and a float takes a number for its
//! neighbour. Terraform would call the provider's plan invalid for each. So what the provider left
//! as it was is written as it was sent; a number is refused instead, because the provider would
//! compute with another.

use rmpv::Value;
use tf_provider::AttributePathStep::{Attribute, Index};

use super::conform::absent;
use super::{Sent, Ty, number, to_bytes};
use crate::error::Error;

impl Sent {
    /// Lets the provider's type read empty blocks for unknown ones, where it refuses those: a
    /// `dynamic` block whose `for_each` is unknown. A field that has to tell them apart is a
    /// `Value<Vec<…>>`.
    pub(crate) fn admit(&mut self, ty: &Ty, fits: impl Fn(&Self) -> bool) -> Result<(), Error> {
        if self.may_lose() && !fits(self) {
            let mut emptied = self.value.clone();
            if empty_blocks(&mut emptied, ty) {
                self.bytes = to_bytes(&emptied)?;
            }
        }
        Ok(())
    }

    /// Whether a type may hold less: the walk that is cheap, before the one that is not.
    pub(crate) fn may_lose(&self) -> bool {
        fn may_lose(value: &Value) -> bool {
            match value {
                Value::Ext(..) => true,
                Value::Array(elements) => elements.iter().any(may_lose),
                Value::Map(entries) => entries.iter().any(|(_, value)| may_lose(value)),
                number => number::may_be_rounded(number),
            }
        }
        may_lose(&self.value)
    }
}

/// Empties unknown blocks, and says whether there were any.
fn empty_blocks(value: &mut Value, ty: &Ty) -> bool {
    match (value, ty) {
        (value @ Value::Ext(..), Ty::Block(_)) => {
            *value = absent(ty);
            true
        }
        (value, Ty::Block(of)) => empty_blocks(value, of),
        // Conforming, both have the same names in the same order.
        (Value::Map(entries), Ty::Object(of)) => {
            let blocks = entries.iter_mut().zip(of.values());
            blocks.filter_map(|((_, value), of)| empty_blocks(value, of).then_some(())).count() > 0
        }
        (Value::Array(elements), Ty::List(of) | Ty::Set(of)) => {
            elements.iter_mut().filter_map(|value| empty_blocks(value, of).then_some(())).count()
                > 0
        }
        _ => false,
    }
}

/// Writes `sent` wherever the provider returned what its type `kept` of it. All three are on their
/// way out.
pub(crate) fn restore(returned: &mut Value, sent: &Value, kept: &Value, ty: &Ty) {
    if kept == sent {
        return;
    }
    if returned == kept {
        returned.clone_from(sent);
        return;
    }
    match (returned, sent, kept, ty) {
        (returned, sent, kept, Ty::Block(of)) => restore(returned, sent, kept, of),
        (Value::Map(returned), Value::Map(sent), Value::Map(kept), Ty::Object(of)) => {
            let parts = returned.iter_mut().zip(sent).zip(kept).zip(of.values());
            for ((((_, returned), (_, sent)), (_, kept)), of) in parts {
                restore(returned, sent, kept, of);
            }
        }
        (Value::Map(returned), Value::Map(sent), Value::Map(kept), Ty::Map(of)) => {
            let find = |entries: &[(Value, Value)], name: &Value| {
                entries.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
            };
            for (name, returned) in returned {
                if let (Some(sent), Some(kept)) = (find(sent, name), find(kept, name)) {
                    restore(returned, &sent, &kept, of);
                }
            }
        }
        // Elements of a set have no place of their own: there it is all of them or none.
        (Value::Array(returned), Value::Array(sent), Value::Array(kept), Ty::List(of))
            if sent.len() == kept.len() =>
        {
            for ((returned, sent), kept) in returned.iter_mut().zip(sent).zip(kept) {
                restore(returned, sent, kept, of);
            }
        }
        _ => {}
    }
}

/// Refuses a number of which the type kept another. Both are on their way out.
pub(crate) fn check_numbers(sent: &Value, kept: &Value, ty: &Ty) -> Result<(), Error> {
    match (sent, kept, ty) {
        (Value::String(_), Value::String(_) | Value::F64(_), Ty::Number) if sent != kept => {
            Err(rounded())
        }
        (sent, kept, Ty::Block(of)) => check_numbers(sent, kept, of),
        (Value::Map(sent), Value::Map(kept), Ty::Object(of)) => {
            sent.iter().zip(kept).zip(of).try_for_each(|(((_, sent), (_, kept)), (name, of))| {
                check_numbers(sent, kept, of)
                    .map_err(|error| error.within(Attribute(name.clone().into())))
            })
        }
        (Value::Map(sent), Value::Map(kept), Ty::Map(of)) => {
            let pairs = sent.iter().zip(kept).filter(|((sent, _), (kept, _))| sent == kept);
            { pairs }.try_for_each(|((name, sent), (_, kept))| {
                let step = || Attribute(name.as_str().unwrap_or_default().to_owned().into());
                check_numbers(sent, kept, of).map_err(|error| error.within(step()))
            })
        }
        // Both with their type.
        (Value::Array(sent), Value::Array(kept), Ty::Any) => match (&sent[..], &kept[..]) {
            ([sent_as, sent], [kept_as, kept]) if sent_as == kept_as => {
                Ty::from_notation(sent_as).map_or(Ok(()), |of| check_numbers(sent, kept, &of))
            }
            _ => Ok(()),
        },
        // Rounded, two may be one.
        (Value::Array(sent), Value::Array(kept), Ty::Set(of))
            if **of == Ty::Number || sent.len() != kept.len() =>
        {
            let is_lost = |sent: &&Value| {
                !kept.contains(sent)
                    && kept.iter().any(|kept| check_numbers(sent, kept, of).is_err())
            };
            sent.iter().find(is_lost).map_or(Ok(()), |_| Err(rounded()))
        }
        // A set is sorted on its way out, whatever order the type put it in.
        (Value::Array(sent), Value::Array(kept), Ty::List(of) | Ty::Set(of))
            if sent.len() == kept.len() =>
        {
            (0..).zip(sent.iter().zip(kept)).try_for_each(|(index, (sent, kept))| {
                check_numbers(sent, kept, of).map_err(|error| error.within(Index(index)))
            })
        }
        (Value::Array(sent), Value::Array(kept), Ty::Tuple(of)) => {
            let elements = sent.iter().zip(kept).zip(of);
            (0..).zip(elements).try_for_each(|(index, ((sent, kept), of))| {
                check_numbers(sent, kept, of).map_err(|error| error.within(Index(index)))
            })
        }
        _ => Ok(()),
    }
}

fn rounded() -> Error {
    Error::new("The number has more digits than the provider can hold.")
}
