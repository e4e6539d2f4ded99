//! What a user downloads: the files of a release, installed and applied by the real CLI.
//!
//! How they are laid out is tested with a script in the binary's place, which takes no compiler.
//! The release itself is built where there is what a static build takes, and its test says so where
//! there is not.

#[path = "../../examples/package/platform.rs"]
mod platform;
#[path = "../../examples/package/release.rs"]
mod release_files;
#[path = "../../examples/package/sbom.rs"]
mod sbom;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;
use terraform_provider_aep::provider::VERSION;
use zip::ZipArchive;

use crate::support::{Project, Run, cli, simulator, with_each};
use crate::tidy::{cargo, files_below};
use platform::Platform;
use release_files::Release;

/// Set where the release has to be tested, as in CI: what is missing is a failure then.
const REQUIRED: &str = "AEP_TEST_RELEASE";

/// Names what was not tested, and why, past the test harness: it shows nothing of a test that
/// passes.
fn left_out(why: &str) {
    assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, and {why}");
    let line = format!("\nnot tested: the static release, as {why}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error");
}

fn here() -> Platform {
    Platform::here().expect("a platform that releases are made for")
}

/// The files of a release whose binary is `binary`.
fn packed(binary: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let release = Release { version: VERSION, platform: here(), binary, sbom: b"{}".to_vec() };
    release.files().expect("the files of a release")
}

/// A script that starts the built provider.
fn starter() -> String {
    format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_terraform-provider-aep"))
}

fn write(files: &BTreeMap<String, Vec<u8>>, folder: &Path) {
    for (name, bytes) in files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is writable");
        fs::write(file, bytes).expect("the folder is writable");
    }
}

/// The CLI's settings for a mirror, as README shows them.
fn settings(mirror: &str) -> String {
    format!("provider_installation {{\n  filesystem_mirror {{\n    path = \"{mirror}\"\n  }}\n}}\n")
}

const INIT: [&str; 3] = ["init", "-input=false", "-no-color"];

#[test]
fn a_release_has_the_files_that_the_registries_look_for() {
    let files = packed(b"binary");
    assert_eq!(files, packed(b"binary"), "the same bytes each time");
    let (stem, platform) = (format!("terraform-provider-aep_{VERSION}"), here().name);
    let [zip, sums, manifest, sbom] = [
        &*format!("{platform}.zip"),
        "SHA256SUMS",
        "manifest.json",
        &format!("{platform}.cdx.json"),
    ]
    .map(|end| format!("{stem}_{end}"));
    let mut expected = BTreeSet::from([zip.clone(), sums.clone(), manifest.clone(), sbom]);
    for host in ["registry.terraform.io", "registry.opentofu.org"] {
        let folder = format!("mirror/{host}/aep-cmk/aep");
        let names = ["index.json", &format!("{VERSION}.json"), &zip];
        expected.extend(names.map(|name| format!("{folder}/{name}")));
        assert_eq!(files[&zip], files[&format!("{folder}/{zip}")]);
    }
    assert_eq!(files.keys().cloned().collect::<BTreeSet<_>>(), expected);

    let shown = String::from_utf8_lossy(&files[&sums]);
    let of = |name: &String| {
        let sum = digest(&SHA256, &files[name]);
        let hex = sum.as_ref().iter().map(|byte| format!("{byte:02x}"));
        // As sha256sum writes it.
        format!("{}  {name}\n", hex.collect::<String>())
    };
    assert_eq!(shown, of(&zip) + &of(&manifest));
    let manifest: Value = serde_json::from_slice(&files[&manifest]).expect("JSON");
    assert_eq!(manifest.to_string(), r#"{"metadata":{"protocol_versions":["6.0"]},"version":1}"#);

    let mut archive = ZipArchive::new(Cursor::new(&files[&zip])).expect("a zip");
    let entries = (0..archive.len()).map(|index| {
        let entry = archive.by_index(index).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        let year = entry.last_modified().expect("a time").year();
        (name, entry.unix_mode().expect("a mode") & 0o777, year)
    });
    let program = format!("terraform-provider-aep_v{VERSION}{}", here().suffix);
    let expected = [("LICENSE".to_owned(), 0o644, 1980), (program, 0o755, 1980)];
    assert_eq!(entries.collect::<Vec<_>>(), expected);
}

#[test]
fn each_cli_installs_the_package_and_keeps_to_its_lock_file() {
    with_each(|cli| {
        let simulator = simulator();
        let project = Project::with(cli, &simulator);
        let folder = project.path();
        write(&packed(starter().as_bytes()), &folder.join("package"));
        let mirror = folder.join("package/mirror").display().to_string();
        project.write("cli.tfrc", &settings(&mirror));
        project.configure_one("");
        project.run(&INIT).exits(0);
        let lock = fs::read_to_string(folder.join(".terraform.lock.hcl")).expect("a lock file");
        assert!(lock.contains(&format!("provider \"{}/aep-cmk/aep\"", cli.registry())), "{lock}");
        project.apply().exits(0).says("1 added");
        project.plan().exits(0);

        let again = [&INIT[..], &["-lockfile=readonly"]].concat();
        fs::remove_dir_all(folder.join(".terraform")).expect("the installed provider");
        project.run(&again).exits(0);
        write(&packed(b"another binary"), &folder.join("package"));
        fs::remove_dir_all(folder.join(".terraform")).expect("the installed provider");
        project.run(&again).exits(1).says("checksums");
    });
}

#[test]
fn the_bill_of_materials_lists_what_is_in_the_binary() {
    let tree = Command::new(env!("CARGO"))
        .args(sbom::TREE)
        .args(["--target", here().target])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(tree.stdout).expect("UTF-8");
    let bytes = sbom::of(&tree).expect("a bill of materials");
    assert_eq!(bytes, sbom::of(&tree).expect("a bill of materials"), "the same bytes each time");
    let bill: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let own = &bill["metadata"]["component"];
    assert_eq!(own["name"], "terraform-provider-aep");
    assert_eq!(own["version"], VERSION);
    let list = |of: &Value| of.as_array().expect("a list").clone();
    let (components, edges) = (list(&bill["components"]), list(&bill["dependencies"]));
    let find = |name: &str| components.iter().find(|component| component["name"] == name);
    let rustls = find("rustls").expect("rustls");
    let version = rustls["version"].as_str().expect("a version");
    let lock = include_str!("../../Cargo.lock");
    assert!(lock.contains(&format!("name = \"rustls\"\nversion = \"{version}\"")), "{version}");
    assert_eq!(rustls["purl"], format!("pkg:cargo/rustls@{version}"));
    assert_eq!(rustls["licenses"][0]["expression"], "Apache-2.0 OR ISC OR MIT");
    let of_own = edges.iter().find(|edge| edge["ref"] == own["bom-ref"]).expect("the root");
    assert!(list(&of_own["dependsOn"]).contains(&rustls["purl"]), "{of_own}");
    assert_eq!(edges.len(), components.len() + 1);
    // Of the build, of the tests.
    for name in ["serde_derive", "protoc-bin-vendored", "proptest", "cyclonedx-bom"] {
        assert!(find(name).is_none(), "{name} is not in the binary");
    }
}

/// Makes the project's folder a root with nothing but the CLI, the two files that say where names
/// lead, and what the CLI itself writes to. How it becomes the root, or `None` where this user may
/// not do that, or the CLI needs more.
fn empty_root(project: &Project) -> Option<&'static [&'static str]> {
    let folder = project.path();
    for name in ["bin", "dev", "etc", "tmp"] {
        fs::create_dir(folder.join(name)).expect("the folder is writable");
    }
    fs::copy(cli().path(), folder.join("bin/cli")).expect("the CLI can be copied");
    project.write("dev/null", "");
    project.write("etc/hosts", "127.0.0.1 localhost\n");
    project.write("etc/resolv.conf", "");
    let ways: [&[&str]; 2] = [&["chroot"], &["unshare", "--map-root-user", "chroot"]];
    let works = |by: &&[&str]| {
        run_in_root(project, by, &["version"]).is_some_and(|run| run.code == Some(0))
    };
    ways.into_iter().find(works)
}

/// Runs the CLI with the project's folder as its root, or `None` where that does not start.
fn run_in_root(project: &Project, by: &[&str], arguments: &[&str]) -> Option<Run> {
    let outside = project.command(arguments);
    let mut command = Command::new(by[0]);
    command.args(&by[1..]).arg(project.path()).arg("/bin/cli").args(arguments).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(outside.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(project.ended(&command.output().ok()?))
}

#[test]
fn the_release_is_static_and_applies_in_an_empty_root() {
    let lacks = here().lacks();
    if !lacks.is_empty() {
        return left_out(&format!("this machine lacks {}", lacks.join(", and ")));
    }
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    // A name, so that something has to look it up.
    project.set("AEP_ENDPOINT", &simulator.url().replace("127.0.0.1", "localhost"));
    project.set("TF_CLI_CONFIG_FILE", "/cli.tfrc");
    project.write("cli.tfrc", &settings("/mirror"));
    project.configure_one("");
    let Some(by) = empty_root(&project) else {
        return left_out(
            "the CLI does not run in another root: it takes a static one, and a user who may",
        );
    };

    let built = Path::new(env!("CARGO_BIN_EXE_terraform-provider-aep"));
    let target = built.ancestors().nth(2).expect("a target folder");
    let target_folder = target.to_str().expect("UTF-8");
    cargo(
        &["run", "--quiet", "--locked", "--example", "package", "--target-dir", target_folder],
        "run `cargo run --example package`",
    );
    let package = target.join("package");
    let mut files = Vec::new();
    files_below(&package.join("mirror"), &mut files);
    let name = |file: &PathBuf| file.strip_prefix(&package).expect("below").display().to_string();
    let files = files.iter().map(|file| (name(file), fs::read(file).expect("a file")));
    write(&files.collect(), &project.path());

    let run = |arguments: &[&str]| run_in_root(&project, by, arguments).expect("the CLI starts");
    run(&INIT).exits(0).says("successfully initialized");
    run(&["apply", "-auto-approve", "-input=false", "-no-color"]).exits(0).says("1 added");
    assert_eq!(project.attributes()["status"], "COMPLETED");
    run(&["plan", "-detailed-exitcode", "-input=false", "-no-color"]).exits(0);

    let zip_name = format!("terraform-provider-aep_{VERSION}_{}.zip", here().name);
    let zip = fs::read(package.join(&zip_name)).expect("the zip");
    let mut binary = Vec::new();
    let mut archive = ZipArchive::new(Cursor::new(&zip)).expect("a zip");
    archive.by_index(1).expect("the binary").read_to_end(&mut binary).expect("the binary");
    assert!(binary.len() < 10 << 20, "{} bytes are over 10 MiB", binary.len());
    for place in [concat!(env!("CARGO_MANIFEST_DIR"), "/src/"), target_folder, "registry/src/"] {
        let found = binary.windows(place.len()).any(|window| window == place.as_bytes());
        assert!(!found, "the binary tells where it was built: {place}");
    }
    assert!(packed(&binary)[&zip_name] == zip, "the same binary gives another zip");
}
