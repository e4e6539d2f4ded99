//! What people copy beside the configuration: the recipes for pipelines, the nightly look, module tests, policies.

use std::collections::BTreeSet;
use std::fs;

use super::{Example, NAME};
use crate::support::{KEY, KEY_VERSIONLESS, OTHER_KEY, Project, simulator};

/// Each recipe's own commands, in their order: a reviewed plan, its apply, and an empty plan at night.
pub(super) fn the_ci_recipes(example: &Example) {
    for file in example.files {
        let simulator = simulator();
        let project = Project::new(&simulator);
        project.configure_one("");
        let text = example.text(file);
        let commands: Vec<Vec<&str>> = text
            .lines()
            .filter_map(|line| {
                let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
                line.trim_start_matches("exec ").strip_prefix("terraform ")
            })
            .map(|arguments| arguments.split(' ').collect())
            // A plugin under test is not installed.
            .filter(|arguments: &Vec<&str>| arguments[0] != "init")
            .collect();
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
            assert!(found || file.starts_with("azure"), "{file} does not set {variable}");
        }
    }
}

/// In effect is 0; FAILED, another key and no configuration are 1, with the reason.
pub(super) fn the_nightly_look(example: &Example) {
    let simulator = simulator();
    simulator.control().insert(NAME, KEY, "COMPLETED");
    let mut project = Project::new(&simulator);
    project.write("main.tf", &example.text("main.tf"));
    project.set("TF_VAR_key", KEY_VERSIONLESS);
    let look = || project.run(&["plan", "-input=false", "-no-color"]);
    look().exits(0);
    simulator.control().set_status(NAME, "FAILED");
    look().exits(1).says("The customer-managed key is FAILED at Adobe.");
    simulator.control().set_status(NAME, "COMPLETED");
    simulator.control().set_key(NAME, OTHER_KEY);
    look().exits(1).says(&format!("Adobe uses another key: {OTHER_KEY}."));
    simulator.control().remove(NAME);
    look().exits(1).says("There is no configuration of this name");
}

/// The module's tests pass as they are, and fail on a module that does not protect.
pub(super) fn the_module_tests(example: &Example) {
    let simulator = simulator();
    let project = Project::new(&simulator);
    fs::create_dir(project.path().join("tests")).expect("a folder");
    for file in example.files {
        project.write(file, &example.text(file));
    }
    project.run(&["test", "-no-color"]).exits(0).says("3 passed, 0 failed");
    assert_eq!(simulator.control().counters().submissions, 1, "the mock reaches no Adobe");
    let careless = example.text("main.tf").replace("default = true", "default = false");
    project.write("main.tf", &careless);
    project
        .run(&["test", "-no-color", "-filter=tests/mock.tftest.hcl"])
        .exits(1)
        .says("The module has to protect the key by default.");
}

/// Both policies name each type that the Azure examples protect with `prevent_destroy`.
pub(super) fn the_policies(example: &Example) {
    let azure = ["key-vault/main.tf", "key-vault/adobe.tf", "managed-hsm/main.tf"]
        .map(|file| super::read(&format!("examples/{file}")))
        .concat();
    let guards: BTreeSet<&str> = azure
        .split("\n}\n")
        .filter(|block| block.contains("prevent_destroy = true"))
        .filter_map(|block| block.split("resource \"").nth(1)?.split('"').next())
        .collect();
    assert_eq!(guards.len(), 6, "{guards:?}");
    for file in ["keep_the_key.rego", "keep_the_key.sentinel"] {
        let policy = example.text(file);
        for guard in &guards {
            assert!(policy.contains(&format!("\t\"{guard}\",\n")), "{file} does not guard {guard}");
        }
    }
}
