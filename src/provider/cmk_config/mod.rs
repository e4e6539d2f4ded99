//! The noun `aep_cmk_config`: a customer-managed key configuration at Adobe.
//!
//! [`resource`] tells its life; [`plan`] decides what differs and what the guard stops; [`effect`] brings a
//! configuration into effect, one [`submit`] at a time; [`wait`] turns statuses into steps; [`model`] is state, private state and Adobe's answer as state; [`schema`] has
//! the attributes and their published text; [`messages`] has the words; [`run`] is what one run remembers.

mod data_source;
mod effect;
mod import;
mod job;
mod look_up;
pub(super) mod messages;
mod model;
mod plan;
mod refresh;
mod resource;
mod run;
mod schema;
mod submit;
mod validate;
mod wait;

pub use data_source::CmkConfigDataSource;
pub use model::{Model, Private};
pub use resource::CmkConfig;
pub use run::Run;
pub(super) use schema::attribute;
