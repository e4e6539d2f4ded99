//! The generated messages and services of the plugin protocol.
// The generated code follows its own style.
#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all)]

/// `tfplugin6`: the provider service.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// `plugin`: go-plugin's own services.
pub mod goplugin {
    tonic::include_proto!("plugin");
}
