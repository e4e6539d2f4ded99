//! The one integration binary. Each module tests at a boundary that a user or a reviewer sees:
//!
//! - `support`: a real CLI in a folder of its own, against a simulator of its own;
//! - `terraform`: what people see of the resource, the data sources and the provider block.

mod support;
mod terraform;
