//! The key URL.
