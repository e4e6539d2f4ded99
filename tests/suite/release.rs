//! What a user downloads: the files of a release, installed and applied by the real CLI.
//!
//! How they are laid out is tested with a script in the binary's place, which takes no compiler. The release itself is built
//! where there is what a static build takes, and its test says so where there is not.

#[path = "../../examples/package/platform.rs"]
mod platform;
#[path = "../../examples/package/release.rs"]
mod release_files;
#[path = "../../examples/package/sbom.rs"]
mod sbom;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
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

/// Names what was not tested, and why, past the test harness: it shows nothing of a test that passes.
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
    let zip = format!("{stem}_{platform}.zip");
    let mut expected = vec![
        zip.clone(),
        format!("{stem}_SHA256SUMS"),
        format!("{stem}_manifest.json"),
        format!("{stem}_{platform}.cdx.json"),
    ];
    for host in ["registry.terraform.io", "registry.opentofu.org"] {
        for file in ["index.json", &format!("{VERSION}.json"), &zip] {
            expected.push(format!("mirror/{host}/aep-cmk/aep/{file}"));
        }
        assert_eq!(files[&zip], files[&format!("mirror/{host}/aep-cmk/aep/{zip}")]);
    }
    expected.sort();
    assert_eq!(files.keys().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
    let manifest = &files[&format!("{stem}_manifest.json")];
    let manifest: Value = serde_json::from_slice(manifest).expect("JSON");
    assert_eq!(manifest.to_string(), r#"{"metadata":{"protocol_versions":["6.0"]},"version":1}"#);

    let mut archive = ZipArchive::new(Cursor::new(&files[&zip])).expect("a zip");
    let entries: Vec<_> = (0..archive.len())
        .map(|index| {
            let entry = archive.by_index(index).expect("an entry");
            let time = entry.last_modified().expect("a time");
            (
                entry.name().expect("a name").into_owned(),
                entry.unix_mode().expect("a mode") & 0o777,
                time.year(),
            )
        })
        .collect();
    let program = format!("terraform-provider-aep_v{VERSION}{}", here().suffix);
    assert_eq!(entries, [("LICENSE".to_owned(), 0o644, 1980), (program, 0o755, 1980)]);
}

#[test]
fn the_sums_are_those_of_the_files() {
    let files = packed(b"binary");
    let sums = &files[&format!("terraform-provider-aep_{VERSION}_SHA256SUMS")];
    let sums = String::from_utf8_lossy(sums);
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").expect("as sha256sum writes it");
        let bytes = digest(&SHA256, &files[name]);
        let hex: String = bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sum, hex, "{name}");
    }
    let zip = format!("_{}.zip\n", here().name);
    assert!(sums.lines().count() == 2 && sums.contains(&zip) && sums.contains("_manifest.json\n"));
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
    assert_eq!(
        (&own["name"], &own["version"]),
        (&"terraform-provider-aep".into(), &VERSION.into())
    );
    let components = bill["components"].as_array().expect("components");
    let find = |name: &str| components.iter().find(|component| component["name"] == name);
    let rustls = find("rustls").expect("rustls");
    let version = rustls["version"].as_str().expect("a version");
    let lock = include_str!("../../Cargo.lock");
    assert!(lock.contains(&format!("name = \"rustls\"\nversion = \"{version}\"")), "{version}");
    assert_eq!(rustls["purl"], format!("pkg:cargo/rustls@{version}"));
    assert_eq!(rustls["licenses"][0]["expression"], "Apache-2.0 OR ISC OR MIT");
    let edges = bill["dependencies"].as_array().expect("dependencies");
    let of_own = edges.iter().find(|edge| edge["ref"] == own["bom-ref"]).expect("the root");
    let direct = of_own["dependsOn"].as_array().expect("a list");
    assert!(direct.contains(&rustls["purl"]), "{direct:?}");
    assert_eq!(edges.len(), components.len() + 1);
    // Of the build, of the tests.
    for name in ["serde_derive", "protoc-bin-vendored", "proptest", "cyclonedx-bom"] {
        assert!(find(name).is_none(), "{name} is not in the binary");
    }
}

/// A folder that a CLI takes for the whole machine.
struct EmptyRoot<'a> {
    project: &'a Project,
    by: &'static [&'static str],
}

impl<'a> EmptyRoot<'a> {
    /// Nothing but the CLI, the two files that say where names lead, and what the CLI itself writes to. `None` where this user
    /// may not change the root, or the CLI needs more.
    fn of(project: &'a Project) -> Option<Self> {
        let folder = project.path();
        for name in ["bin", "dev", "etc", "tmp"] {
            fs::create_dir(folder.join(name)).expect("the folder is writable");
        }
        fs::copy(cli().path(), folder.join("bin/cli")).expect("the CLI can be copied");
        project.write("dev/null", "");
        project.write("etc/hosts", "127.0.0.1 localhost\n");
        project.write("etc/resolv.conf", "");
        let ways: [&[&str]; 2] = [&["chroot"], &["unshare", "--map-root-user", "chroot"]];
        let mut roots = ways.into_iter().map(|by| Self { project, by });
        roots.find(|root| root.run(&["version"]).is_some_and(|run| run.code == Some(0)))
    }

    /// Runs the CLI, or `None` where that does not start.
    fn run(&self, arguments: &[&str]) -> Option<Run> {
        let outside = self.project.command(arguments);
        let output = Command::new(self.by[0])
            .args(&self.by[1..])
            .arg(self.project.path())
            .arg("/bin/cli")
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(outside.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .output();
        Some(self.project.ended(&output.ok()?))
    }
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
    let Some(root) = EmptyRoot::of(&project) else {
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
    for file in files {
        let copy = project.path().join(file.strip_prefix(&package).expect("below the package"));
        fs::create_dir_all(copy.parent().expect("a folder")).expect("the folder is writable");
        fs::copy(file, copy).expect("the mirror can be copied");
    }

    let run = |arguments: &[&str]| root.run(arguments).expect("the CLI starts");
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
