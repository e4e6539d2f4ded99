//! The noun `aep_cmk_config`: a customer-managed key configuration at Adobe.
//!
//! [`resource`] tells its life. [`look`] asks about an object in the state and about what a plan
//! has to know; [`plan`] decides what differs and what the guard stops; [`apply`] finds, submits or
//! adopts a configuration, by the one verdict of [`existing`], and watches it with [`wait`];
//! [`trouble`] is what went wrong, as data. [`model`] is state and private state, and how an
//! outcome becomes state; [`memory`] is what one run remembers; [`messages`] is the maker of
//! diagnostics; [`schema`] has the attributes, their published text and what `terraform validate`
//! checks of them.
//!
//! Imports go one way: `resource`, `data_source` → `look` → `messages`, `apply` → `plan`, `memory`,
//! `schema` → `model`, `wait`, `trouble` → `existing`.

mod apply;
mod data_source;
mod existing;
mod look;
mod memory;
pub(super) mod messages;
mod model;
mod plan;
mod resource;
mod schema;
mod trouble;
mod wait;

pub use data_source::CmkConfigDataSource;
pub(super) use existing::{Claim, Moment, Seen, Why, verdict};
pub use memory::Memory;
pub use resource::CmkConfig;
pub(super) use schema::{STATUSES, check_name};
