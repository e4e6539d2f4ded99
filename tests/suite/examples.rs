//! Every example is applied by the real CLI, as it is in the repository, and given up again without
//! a trace at Adobe.
//!
//! The one exception is what needs Azure: those two are applied with stand-ins for Azure's objects,
//! made from the real files, so that a change of a file is a change of what is tested.

mod azure;
mod pipelines;

use std::fs;
use std::path::Path;
use std::process::Command;

use aep_simulator::Simulator;
use serde_json::Value;
use terraform_provider_aep::provider;

use crate::support::{KEY, ORG_ID, Project, cli, simulator};
use crate::tidy::files_below;

/// What the examples name.
const NAME: &str = "customer-data";
const CONSENT: &str =
    "https://login.microsoftonline.com/3f2504e0-4f89-41d3-9a0c-0305e82c3301/oauth2/";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A file below examples/.
fn text(file: &str) -> String {
    read(&format!("examples/{file}"))
}

/// A project with the provider block of the examples and this file.
fn project(simulator: &Simulator, file: &str) -> Project {
    let mut project = Project::new(simulator);
    project.unset("AEP_ORG_ID");
    project.write("provider.tf", &text("provider/provider.tf"));
    project.write("main.tf", &text(file));
    project
}

/// An output of the project.
fn output(project: &Project, name: &str) -> Value {
    project.state()["outputs"][name]["value"].clone()
}

/// The way out that the guide shows for a resource that must not be destroyed.
fn removed_block() -> String {
    let guide = read("docs/guides/operating.md");
    let from = guide.find("removed {").expect("the guide shows a removed block");
    let length = guide[from..].find("\n```").expect("the end of the code");
    guide[from..from + length].to_owned()
}

/// The blocks of code of a page.
fn code(page: &str, language: &str) -> Vec<String> {
    let (text, begin) = (read(page), format!("```{language}\n"));
    let blocks = text.split(&begin).skip(1);
    blocks.filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
}

/// By the name of the file in some test. What is not there any more, its test does not find.
#[test]
fn every_file_below_examples_has_a_test() {
    let tests = concat!(
        include_str!("examples.rs"),
        include_str!("examples/azure.rs"),
        include_str!("examples/pipelines.rs")
    );
    let (examples, mut files) = (root().join("examples"), Vec::new());
    files_below(&examples, &mut files);
    files.retain(|file| {
        let name = file.strip_prefix(&examples).expect("below the folder").display();
        !tests.contains(&format!("\"{name}\""))
    });
    assert!(files.is_empty(), "without a test: {files:?}");
}

/// The release is tested in `release`.
#[test]
fn the_readme_names_the_programs() {
    for file in [
        "demo/main.rs",
        "package/main.rs",
        "package/platform.rs",
        "package/release.rs",
        "package/sbom.rs",
    ] {
        assert!(!text(file).is_empty());
        let (program, _) = file.split_once('/').expect("in a folder");
        assert!(read("README.md").contains(&format!("cargo run --example {program}")), "{program}");
    }
}

#[test]
fn the_code_is_formatted() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    let mut blocks = 0;
    for guide in fs::read_dir(root().join("docs/guides")).expect("the guides") {
        let guide = guide.expect("a directory entry").file_name().to_string_lossy().into_owned();
        for code in code(&format!("docs/guides/{guide}"), "terraform") {
            blocks += 1;
            project.write(&format!("{guide}-{blocks}.tf"), &code);
        }
    }
    assert!(blocks > 0, "no code in the guides");
    project.run(&["fmt", "-check", "-diff", "-no-color"]).exits(0);
    let mut fmt = Command::new(cli().path());
    fmt.args(["fmt", "-check", "-diff", "-recursive", "-no-color"]).arg(root().join("examples"));
    project.ended(&fmt.env("CHECKPOINT_DISABLE", "1").output().expect("the CLI starts")).exits(0);
}

#[test]
fn the_readmes_example_is_all_that_is_needed() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    let blocks = code("README.md", "hcl");
    let example = blocks.iter().find(|code| code.contains("required_providers"));
    project.write("main.tf", example.expect("the example"));
    project.apply().exits(0);
    project.plan().exits(0);
    assert!(simulator.control().configuration(NAME).is_some());
}

#[test]
fn what_only_reads() {
    const CONFIGURATION: &str = "data-sources/aep_cmk_config/data-source.tf";
    for (file, status, name, expected, is_offline) in [
        ("data-sources/aep_cmk_app/data-source.tf", "RUNNING", "consent_url", CONSENT, false),
        (CONFIGURATION, "COMPLETED", "key_in_effect", "true", false),
        (CONFIGURATION, "FAILED", "key_in_effect", "false", false),
        ("functions/consent_url/function.tf", "RUNNING", "consent_url", CONSENT, false),
        (
            "functions/parse_key_identifier/function.tf",
            "RUNNING",
            "role",
            "Key Vault Crypto Service Encryption User",
            true,
        ),
    ] {
        let simulator = simulator();
        simulator.control().insert(NAME, KEY, status);
        let project = project(&simulator, file);
        project.apply().exits(0);
        let found = output(&project, name).to_string();
        assert!(found.contains(expected), "{file}: {found}");
        project.plan().exits(0);
        let requests = simulator.control().requests();
        assert_eq!(requests.is_empty(), is_offline, "{file}");
        assert!(requests.iter().all(|one| one.header("x-gw-ims-org-id") == Some(ORG_ID)), "{file}");
    }
}

#[test]
fn the_resource() {
    let simulator = simulator();
    let resource = "resources/aep_cmk_config/resource.tf";
    let project = project(&simulator, resource);
    project.apply().exits(0);
    project.plan().exits(0);
    project.destroy().exits(1).says("The key is in effect and protected");

    // The guide's way out: the state is empty then, and Adobe keeps its key.
    let before = simulator.control().configurations();
    project.write("main.tf", &removed_block());
    project.apply().exits(0);
    assert_eq!(project.state()["resources"], Value::Array(Vec::new()));
    assert_eq!(simulator.control().configurations(), before);

    // What was forgotten is imported: by a block, by the command, by its identity.
    project.write("main.tf", &text(resource));
    project.write("import.tf", &text("resources/aep_cmk_config/import-by-string-id.tf"));
    project.apply().exits(0).says("1 imported");
    project.plan().exits(0);

    let forget = || fs::remove_file(project.path().join("terraform.tfstate")).expect("a state");
    forget();
    project.write("import.tf", "");
    let script = text("resources/aep_cmk_config/import.sh");
    let command = script.lines().last().and_then(|line| line.strip_prefix("terraform "));
    project.run(&command.expect("a command").split(' ').collect::<Vec<_>>()).exits(0);
    // The example's arguments are not the defaults that an import stores; nothing of it is Adobe's.
    project.apply().exits(0);
    project.plan().exits(0);

    forget();
    let by_identity = text("resources/aep_cmk_config/import-by-identity.tf");
    let schemas = provider::plugin().schemas();
    let identity = schemas.resources["aep_cmk_config"].identity.as_ref().expect("an identity");
    for attribute in &identity.attributes {
        let is_given = |line: &str| line.trim_start().starts_with(attribute.name);
        assert!(by_identity.lines().any(is_given), "{} is not in\n{by_identity}", attribute.name);
    }
    project.write("import.tf", &by_identity);
    match project.validate() {
        run if run.code == Some(0) => project.apply().exits(0).says("1 imported"),
        // By a CLI that knows no import by identity.
        run => run.says("An argument named \"identity\" is not expected here."),
    };
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn the_demo() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.write("main.tf", &text("demo/main.tf"));
    project.apply().exits(0);
    assert_eq!(output(&project, "status"), "COMPLETED");
    project.plan().exits(0);
    project.destroy().exits(1).says("The key is in effect and protected");
    simulator.control().set_key(NAME, "https://somebody-elses.vault.azure.net/keys/other");
    project.plan_drift().exits(2);
    project.plan().exits(1).says("The key is in effect and protected");
    project.run(&["state", "rm", "aep_cmk_config.customer_data"]).exits(0);
    assert!(simulator.control().configuration(NAME).is_some());
}
