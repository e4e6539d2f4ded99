//! Generates the plugin protocol's messages and services from our own definitions. The client side
//! is for the conformance suite; nothing in the shipped binary calls it, so the linker leaves it
//! out.

fn main() -> std::io::Result<()> {
    tonic_prost_build::configure()
        .build_transport(false)
        .btree_map(".")
        .compile_protos(&["proto/tfplugin6.proto", "proto/plugin.proto"], &["proto"])
}
