//! What people copy beside the configuration: the recipes for pipelines, the nightly look, module
//! tests, policies.

use std::collections::BTreeSet;
use std::fs;

use super::{NAME, text};
use crate::support::{KEY, KEY_VERSIONLESS, OTHER_KEY, Project, simulator};

/// Each recipe's own commands, in their order: a reviewed plan, its apply, and an empty plan at
/// night.
#[test]
fn the_ci_recipes() {
    for file in ["ci/azure-pipelines.yml", "ci/github-actions.yml", "ci/gitlab-ci.yml"] {
        let simulator = simulator();
        let project = Project::new(&simulator);
        project.configure_one("");
        let text = text(file);
        let commands = text.lines().filter_map(|line| {
            let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
            line.trim_start_matches("exec ").strip_prefix("terraform ")
        });
        let commands = commands.map(|arguments| arguments.split(' ').collect::<Vec<_>>());
        // A plugin under test is not installed.
        let commands: Vec<_> = commands.filter(|arguments| arguments[0] != "init").collect();
        assert_eq!(commands.len(), 3, "{file}: {commands:?}");
        for command in &commands {
            project.run(command).exits(0);
        }
        assert_eq!(simulator.control().counters().submissions, 1, "{file}");
        simulator.control().set_status("Config1", "FAILED");
        project.run(&commands[2]).exits(2);
        simulator.control().set_key("Config1", OTHER_KEY);
        simulator.control().set_status("Config1", "COMPLETED");
        project.run(&commands[2]).exits(1);
        for variable in ["TF_INPUT", "TF_LOG_PROVIDER: INFO", "AEP_"] {
            let found = text.contains(variable) || text.contains(&variable.replace(": ", " "));
            assert!(found || file.contains("azure"), "{file} does not set {variable}");
        }
    }
}

/// In effect is 0; FAILED, another key and no configuration are 1, with the reason.
#[test]
fn the_nightly_look() {
    let simulator = simulator();
    let control = simulator.control();
    let mut project = Project::new(&simulator);
    project.write("main.tf", &text("nightly/main.tf"));
    project.set("TF_VAR_key", KEY_VERSIONLESS);
    let look = || project.run(&["plan", "-input=false", "-no-color"]);
    look().exits(1).says("There is no configuration of this name");
    control.insert(NAME, KEY, "COMPLETED");
    look().exits(0);
    control.set_status(NAME, "FAILED");
    look().exits(1).says("The customer-managed key is FAILED at Adobe.");
    control.set_status(NAME, "COMPLETED");
    control.set_key(NAME, OTHER_KEY);
    look().exits(1).says(&format!("Adobe uses another key: {OTHER_KEY}."));
}

/// The module's tests pass as they are, and fail on a module that does not protect.
#[test]
fn the_module_tests() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    fs::create_dir(project.path().join("tests")).expect("a folder");
    let module = text("module-tests/main.tf");
    project.write("main.tf", &module);
    project.write("tests/mock.tftest.hcl", &text("module-tests/tests/mock.tftest.hcl"));
    project.write("tests/simulator.tftest.hcl", &text("module-tests/tests/simulator.tftest.hcl"));
    project.run(&["test", "-no-color"]).exits(0).says("3 passed, 0 failed");
    assert_eq!(simulator.control().counters().submissions, 1, "the mock reaches no Adobe");
    project.write("main.tf", &module.replace("default = true", "default = false"));
    let mock = ["test", "-no-color", "-filter=tests/mock.tftest.hcl"];
    project.run(&mock).exits(1).says("The module has to protect the key by default.");
}

/// Both policies name each type that the Azure examples protect with `prevent_destroy`.
#[test]
fn the_policies() {
    let files = ["key-vault/main.tf", "key-vault/adobe.tf", "managed-hsm/main.tf"];
    let azure = files.map(text).concat();
    let guards: BTreeSet<&str> = azure
        .split("\n}\n")
        .filter(|block| block.contains("prevent_destroy = true"))
        .filter_map(|block| block.split("resource \"").nth(1)?.split('"').next())
        .collect();
    assert_eq!(guards.len(), 6, "{guards:?}");
    for file in ["policies/keep_the_key.rego", "policies/keep_the_key.sentinel"] {
        let policy = text(file);
        for guard in &guards {
            assert!(policy.contains(&format!("\t\"{guard}\",\n")), "{file} does not guard {guard}");
        }
    }
    assert!(text("policies/keep_the_key_test.rego").contains("every type in keep_the_key.guards"));
}
