//! The platform that is packaged: the one that this runs on.

use std::env::consts::{ARCH, EXE_SUFFIX, OS};
use std::path::Path;
use std::process::Command;

/// A platform, in the registries' words and in Rust's.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// As in `linux_amd64`.
    pub name: &'static str,
    /// Rust's target triple.
    pub target: &'static str,
    /// What a program's file ends in.
    pub suffix: &'static str,
}

impl Platform {
    /// This one, or `None` where no release is made.
    pub fn here() -> Option<Self> {
        let (name, target) = match (OS, ARCH) {
            ("linux", "x86_64") => ("linux_amd64", "x86_64-unknown-linux-musl"),
            ("linux", "aarch64") => ("linux_arm64", "aarch64-unknown-linux-musl"),
            ("macos", "x86_64") => ("darwin_amd64", "x86_64-apple-darwin"),
            ("macos", "aarch64") => ("darwin_arm64", "aarch64-apple-darwin"),
            ("windows", "x86_64") => ("windows_amd64", "x86_64-pc-windows-msvc"),
            ("windows", "aarch64") => ("windows_arm64", "aarch64-pc-windows-msvc"),
            _ => return None,
        };
        Some(Self { name, target, suffix: EXE_SUFFIX })
    }

    /// What a static binary takes that this machine lacks, each with the command that brings it.
    pub fn lacks(&self) -> Vec<String> {
        let mut lacks = Vec::new();
        if self.target.ends_with("-musl") {
            let reply = |program, arguments: &[&str]| {
                let output = Command::new(program).args(arguments).output().ok()?;
                Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
            };
            let libraries = reply("rustc", &["--print", "target-libdir", "--target", self.target]);
            if !libraries.is_some_and(|folder| Path::new(&folder).is_dir()) {
                lacks.push(format!("Rust's target: rustup target add {}", self.target));
            }
            if reply("musl-gcc", &["--version"]).is_none() {
                lacks.push("musl-gcc: apt-get install musl-tools".to_owned());
            }
        }
        lacks
    }
}
