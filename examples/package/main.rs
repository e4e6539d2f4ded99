//! The release of this platform in one command, `cargo run --example package`: builds the provider
//! as it is shipped, and lays out in `<target folder>/package` what a release has. On Linux the
//! binary is static.

mod platform;
mod release;
mod sbom;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use terraform_provider_aep::provider::VERSION;

use platform::Platform;
use release::Release;

const PROGRAM: &str = "terraform-provider-aep";

fn main() -> Result<()> {
    let platform = Platform::here().context("no release is made for this platform")?;
    let lacks = platform.lacks();
    ensure!(lacks.is_empty(), "a static binary takes what is not here:\n{}", lacks.join("\n"));
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(3).context("this is in target/<profile>/examples")?;
    let binary = build(platform, target)?;
    let tree = output(cargo().args(sbom::TREE).args(["--target", platform.target]))?;
    let sbom = sbom::of(&tree).context("writing the bill of materials")?;
    let release = Release { version: VERSION, platform, binary: &binary, sbom };

    let package = target.join("package");
    if package.exists() {
        fs::remove_dir_all(&package).context("clearing the last package away")?;
    }
    println!("{}", package.display());
    for (name, bytes) in release.files()? {
        let file = package.join(&name);
        fs::create_dir_all(file.parent().context("a file is in a folder")?)?;
        fs::write(&file, &bytes).with_context(|| file.display().to_string())?;
        println!("{:>9}  {name}", bytes.len());
    }
    Ok(())
}

/// Builds the provider, with no path of this machine in it: that would tell who built it, and no
/// two machines would build the same.
fn build(platform: Platform, target: &Path) -> Result<Vec<u8>> {
    let mut flags: Vec<String> = places(platform, target)?
        .iter()
        .map(|place| format!("--remap-path-prefix={}=", place.join("").display()))
        .collect();
    if platform.suffix == ".exe" {
        // Without it Windows asks for a redistributable.
        flags.push("-Ctarget-feature=+crt-static".to_owned());
    }
    let mut cargo = cargo();
    cargo.args(["build", "--release", "--locked", "--package", PROGRAM]);
    cargo.args(["--target", platform.target, "--target-dir"]).arg(target);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    if platform.target.ends_with("-musl") {
        cargo.env(format!("CC_{}", platform.target.replace('-', "_")), "musl-gcc");
    }
    let built = cargo.status().context("running cargo")?;
    ensure!(built.success(), "the provider does not build");
    let file = format!("{PROGRAM}{}", platform.suffix);
    let binary = target.join(platform.target).join("release").join(file);
    fs::read(&binary).with_context(|| binary.display().to_string())
}

/// The folders that the compiler reads sources in: those of the crates, the repository, and what
/// build scripts write.
fn places(platform: Platform, target: &Path) -> Result<BTreeSet<PathBuf>> {
    let arguments = ["metadata", "--locked", "--format-version=1", "--filter-platform"];
    let metadata = output(cargo().args(arguments).arg(platform.target))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let crates = metadata["packages"].as_array().into_iter().flatten();
    let manifests = crates.filter(|one| one["source"].is_string());
    let manifests = manifests.filter_map(|one| one["manifest_path"].as_str());
    let folders = manifests.filter_map(|manifest| Path::new(manifest).ancestors().nth(2));
    let own = [Path::new(env!("CARGO_MANIFEST_DIR")), target];
    Ok(folders.chain(own).map(Path::to_owned).collect())
}

/// Cargo in the repository, without what it set for this program: some crates would be built anew
/// for that.
fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let shown = name.to_string_lossy();
        if shown.starts_with("CARGO_PKG_") || shown.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo
}

fn output(cargo: &mut Command) -> Result<String> {
    let run = cargo.stderr(Stdio::inherit()).output().context("running cargo")?;
    ensure!(run.status.success(), "{cargo:?} ended with {}", run.status);
    Ok(String::from_utf8(run.stdout)?)
}
