//! provider
pub mod cmk_app;
pub mod functions;
