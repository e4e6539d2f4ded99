//! Every example is applied by the real CLI, as it is in the repository, and given up again without a trace at Adobe.
//!
//! The one exception is what needs Azure: those two are applied with stand-ins for Azure's objects, made from the real
//! files, so that a change of a file is a change of what is tested.

mod azure;
mod pipelines;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use aep_simulator::Simulator;
use serde_json::Value;
use terraform_provider_aep::provider;

use crate::support::{KEY, ORG_ID, Project, Run, cli, simulator};

/// Declares the examples: a test for each folder, and the files that it is about. A file that is in no list fails the suite.
macro_rules! examples {
    ($($folder:literal has [$($file:literal),+] tested by $test:ident;)+) => {
        const TESTED: &[(&str, &[&str])] = &[$(($folder, &[$($file),+])),+];
        $(#[test] fn $test() { of::$test(&Example { folder: $folder, files: &[$($file),+] }); })+
    };
}

examples! {
    "ci" has ["azure-pipelines.yml", "github-actions.yml", "gitlab-ci.yml"] tested by the_ci_recipes;
    "data-sources/aep_cmk_app" has ["data-source.tf"] tested by the_app;
    "data-sources/aep_cmk_config" has ["data-source.tf"] tested by the_data_source_of_a_configuration;
    "demo" has ["main.rs", "main.tf"] tested by the_demo;
    "functions/consent_url" has ["function.tf"] tested by consent_url;
    "functions/parse_key_identifier" has ["function.tf"] tested by parse_key_identifier;
    "key-vault" has ["adobe.tf", "main.tf", "variables.tf"] tested by the_key_vault;
    "managed-hsm" has ["main.tf", "variables.tf"] tested by the_managed_hsm;
    "module-tests" has ["main.tf", "tests/mock.tftest.hcl", "tests/simulator.tftest.hcl"] tested by the_module_tests;
    "nightly" has ["main.tf"] tested by the_nightly_look;
    "package" has ["main.rs", "platform.rs", "release.rs", "sbom.rs"] tested by the_package;
    "policies" has ["keep_the_key.rego", "keep_the_key.sentinel", "keep_the_key_test.rego"] tested by the_policies;
    "provider" has ["provider.tf"] tested by the_provider_block;
    "resources/aep_cmk_config" has ["import-by-identity.tf", "import-by-string-id.tf", "import.sh", "resource.tf"] tested by the_resource;
}

/// What the examples name.
const NAME: &str = "customer-data";
const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

/// One folder below examples/.
struct Example {
    folder: &'static str,
    files: &'static [&'static str],
}

impl Example {
    /// The text of one of its files.
    fn text(&self, file: &str) -> String {
        assert!(self.files.contains(&file), "{file} is not declared");
        read(&format!("examples/{}/{file}", self.folder))
    }

    /// A project with the provider block of the examples and these files.
    fn project(&self, simulator: &Simulator, files: &[&str]) -> Project {
        let project = Project::new(simulator);
        project.write("provider.tf", &read("examples/provider/provider.tf"));
        for file in files {
            project.write(file, &self.text(file));
        }
        project
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// An output of the project, as JSON.
fn output(project: &Project, name: &str) -> Value {
    let run = project.run(&["output", "-json", name]).exits(0);
    serde_json::from_str(&run.stdout).expect("JSON")
}

/// The way out that the guide shows for a resource that must not be destroyed.
fn removed_block() -> String {
    let guide = read("docs/guides/operating.md");
    let from = guide.find("removed {").expect("the guide shows a removed block");
    let length = guide[from..].find("\n```").expect("the end of the code");
    guide[from..from + length].to_owned()
}

/// Puts the `removed` block of the guide into the place of the resource: the state is empty then, and Adobe keeps its key.
fn forget(project: &Project, simulator: &Simulator, file: &str) -> Run {
    project.write(file, &removed_block());
    let before = simulator.control().configurations();
    let run = project.apply().exits(0);
    assert_eq!(project.state()["resources"], Value::Array(Vec::new()));
    assert_eq!(simulator.control().configurations(), before);
    run
}

#[test]
fn every_file_below_examples_has_a_test() {
    let mut found = BTreeSet::new();
    collect(&root().join("examples"), "", &mut found);
    let tested: BTreeSet<String> = TESTED
        .iter()
        .flat_map(|(folder, files)| files.iter().map(move |file| format!("{folder}/{file}")))
        .collect();
    let untested: Vec<_> = found.difference(&tested).collect();
    let gone: Vec<_> = tested.difference(&found).collect();
    assert!(
        untested.is_empty() && gone.is_empty(),
        "without a test: {untested:?}; gone: {gone:?}. Declare them in tests/suite/examples.rs"
    );
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("a directory entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{prefix}{name}/"), found);
        } else {
            found.insert(format!("{prefix}{name}"));
        }
    }
}

#[test]
fn the_examples_are_formatted() {
    let output = Command::new(cli().path())
        .args(["fmt", "-check", "-diff", "-recursive", "-no-color", "examples"])
        .current_dir(root())
        .env("CHECKPOINT_DISABLE", "1")
        .output()
        .expect("the CLI starts");
    assert!(
        output.status.success(),
        "\n{}{}\nrun `terraform fmt -recursive examples`",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The blocks of code of a page.
fn code(page: &str, language: &str) -> Vec<String> {
    let text = read(page);
    let begin = format!("```{language}\n");
    text.split(&begin)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn the_code_in_the_guides_is_formatted() {
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

/// The tests, by the names in the declaration.
mod of {
    use super::{Example, KEY, NAME, ORG_ID, Project, TENANT, forget, output, provider, simulator};

    pub(super) use super::azure::{the_key_vault, the_managed_hsm};
    pub(super) use super::pipelines::{
        the_ci_recipes, the_module_tests, the_nightly_look, the_policies,
    };

    /// The release that it makes is tested in `release`.
    pub(super) fn the_package(example: &Example) {
        let readme = super::read("README.md");
        assert!(readme.contains(&format!("cargo run --example {}", example.folder)));
    }

    pub(super) fn the_provider_block(example: &Example) {
        let simulator = simulator();
        let mut project = example.project(&simulator, &["provider.tf"]);
        project.unset("AEP_ORG_ID");
        project.write("main.tf", "data \"aep_cmk_app\" \"adobe\" {}\n");
        project.apply().exits(0);
        let requests = simulator.control().requests();
        assert_eq!(requests[0].header("x-gw-ims-org-id"), Some(ORG_ID));
        project.destroy().exits(0);
    }

    pub(super) fn the_app(example: &Example) {
        let simulator = simulator();
        let project = example.project(&simulator, example.files);
        project.apply().exits(0);
        let url = output(&project, "consent_url");
        assert!(url.as_str().expect("a URL").contains(TENANT), "{url}");
        project.plan().exits(0);
        project.destroy().exits(0);
    }

    pub(super) fn the_data_source_of_a_configuration(example: &Example) {
        let simulator = simulator();
        simulator.control().insert(NAME, KEY, "COMPLETED");
        let project = example.project(&simulator, example.files);
        project.apply().exits(0);
        assert_eq!(output(&project, "key_in_effect"), true);
        simulator.control().set_status(NAME, "FAILED");
        project.apply().exits(0);
        assert_eq!(output(&project, "key_in_effect"), false);
        project.destroy().exits(0);
    }

    pub(super) fn consent_url(example: &Example) {
        let simulator = simulator();
        let project = example.project(&simulator, example.files);
        project.apply().exits(0);
        let url = output(&project, "consent_url");
        let url = url.as_str().expect("a URL");
        assert!(
            url.starts_with(&format!("https://login.microsoftonline.com/{TENANT}/oauth2/")),
            "{url}"
        );
        project.destroy().exits(0);
    }

    pub(super) fn parse_key_identifier(example: &Example) {
        let simulator = simulator();
        let project = example.project(&simulator, example.files);
        project.apply().exits(0);
        assert_eq!(output(&project, "role"), "Key Vault Crypto Service Encryption User");
        project.destroy().exits(0);
        assert_eq!(simulator.control().counters().requests, 0);
    }

    pub(super) fn the_resource(example: &Example) {
        let simulator = simulator();
        let project = example.project(&simulator, &["resource.tf"]);
        project.apply().exits(0);
        project.plan().exits(0);
        project.destroy().exits(1).says("The key is in effect and protected");
        forget(&project, &simulator, "resource.tf");
        assert_eq!(simulator.control().counters().submissions, 1);

        // What was forgotten is imported: by a block, then by the command.
        project.write("resource.tf", &example.text("resource.tf"));
        project.write("import.tf", &example.text("import-by-string-id.tf"));
        project.apply().exits(0).says("1 imported");
        project.plan().exits(0);
        project.write("import.tf", "");
        forget(&project, &simulator, "resource.tf");

        project.write("resource.tf", &example.text("resource.tf"));
        let script = example.text("import.sh");
        let command = script.lines().last().expect("a command");
        let mut words = command.split(' ');
        assert_eq!(words.next(), Some("terraform"));
        let mut arguments: Vec<&str> = words.collect();
        arguments.insert(1, "-no-color");
        project.run(&arguments).exits(0);
        // The example's arguments are not the defaults that an import stores; nothing of it is Adobe's.
        project.apply().exits(0);
        project.plan().exits(0);
        forget(&project, &simulator, "resource.tf");
        assert_eq!(simulator.control().counters().submissions, 1);

        by_identity(example, &project);
    }

    /// The configuration is at Adobe and not in the state. A CLI that knows no import by identity says so.
    fn by_identity(example: &Example, project: &Project) {
        let text = example.text("import-by-identity.tf");
        let schemas = provider::plugin().schemas();
        let identity = schemas.resources["aep_cmk_config"].identity.as_ref();
        for attribute in &identity.expect("an identity").attributes {
            let line = text.lines().find(|line| line.trim_start().starts_with(attribute.name));
            assert!(line.is_some(), "{} is not in\n{text}", attribute.name);
        }
        project.write("resource.tf", &example.text("resource.tf"));
        project.write("import.tf", &text);
        let run = project.validate();
        if run.code == Some(0) {
            project.apply().exits(0).says("1 imported");
            project.plan().exits(0);
        } else {
            run.says("An argument named \"identity\" is not expected here.");
        }
    }

    pub(super) fn the_demo(example: &Example) {
        let simulator = simulator();
        let project = Project::new(&simulator);
        project.write("main.tf", &example.text("main.tf"));
        project.run(&["plan", "-input=false", "-no-color"]).exits(0);
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
}
