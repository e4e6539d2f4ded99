//! Values: between the wire and the types of a provider.
//!
//! `bytes --decode--> Data --de--> R::State` and `R::State --ser--> Data --encode--> bytes`. Decoding and encoding walk
//! the schema's type, so both know what is expected where; serde sees only [`Data`].

mod data;
mod de;
mod decode;
mod encode;
mod locate;
mod lost;
mod number;
mod ser;
mod ty;

/// What holds for anything that comes in: for the tests, and for the fuzz targets in `tests/fuzz`.
#[cfg(any(test, fuzzing))]
#[path = "../../../tests/fuzz/checks/value.rs"]
pub mod fuzzing;

#[cfg(test)]
mod tests;

pub use data::{Data, Dynamic};
pub(crate) use de::from_data;
pub(crate) use decode::{from_json, from_msgpack, from_state_json};
pub(crate) use encode::to_msgpack;
pub(crate) use locate::{complaint, culprit};
pub(crate) use lost::{admit, check_numbers, may_lose, restore};
pub use number::{NotANumber, Number};
pub(crate) use ser::to_data;
pub use ty::Ty;

/// The name tf-provider gives an unknown value on its way through serde.
const UNKNOWN: &str = "_ExtStruct";
