//! Provider arguments that are not known before apply.

use aep_simulator::Simulator;

use crate::support::{
    CLIENT_ID, CLIENT_SECRET, KEY, ORG_ID, OTHER_KEY, Project, TOKEN, accepted, in_effect,
    never_in_effect, resource, simulator, upstream,
};

const UNKNOWN: &str = "terraform_data.upstream.output";

/// A project whose environment has only what `argument` does not say, and a proxy that would see what goes to a default host.
fn project(simulator: &Simulator, variable: &str) -> Project {
    let mut project = Project::new(simulator);
    watched(&mut project, simulator, variable);
    project
}

fn watched(project: &mut Project, simulator: &Simulator, variable: &str) {
    project
        .unset(variable)
        .set("HTTPS_PROXY", &simulator.url())
        .set("AEP_MAX_RETRIES", "0")
        .set("AEP_REQUEST_TIMEOUT", "5s");
}

fn provider(argument: &str) -> String {
    format!("provider \"aep\" {{\n  {argument} = {UNKNOWN}\n}}")
}

/// Each argument that can keep the provider from sending, with its variable and its value.
fn arguments(simulator: &Simulator) -> [(&'static str, &'static str, String); 3] {
    [
        ("endpoint", "AEP_ENDPOINT", simulator.url()),
        ("org_id", "AEP_ORG_ID", ORG_ID.to_owned()),
        ("api_key", "AEP_API_KEY", "acp_provisioning".to_owned()),
    ]
}

#[test]
fn a_new_resource_is_planned_without_a_request_and_applied() {
    for index in 0..3 {
        let simulator = simulator();
        let (argument, variable, value) = arguments(&simulator)[index].clone();
        let project = project(&simulator, variable);
        project.configure_with(
            &provider(argument),
            &(upstream("1", &value) + &resource("Config1", KEY, "")),
        );
        project.plan().exits(2).says("aep_cmk_config.this will be created");
        assert!(simulator.control().requests().is_empty(), "{argument}");
        project.apply().exits(0);
        assert_eq!(project.attributes()["status"], "COMPLETED");
        assert_eq!(accepted(&simulator), 1);
        project.plan().exits(0);
    }
}

#[test]
fn a_token_that_is_minted_in_the_same_run_is_planned_without_a_request_and_applied() {
    let simulator = simulator();
    let project = project(&simulator, "AEP_ACCESS_TOKEN");
    // The value is marked, as a provider that mints tokens would; the state of terraform_data would show it.
    project.configure_with(
        &format!("variable \"token\" {{\n  sensitive = true\n}}\n{}", 
            "provider \"aep\" {\n  access_token = terraform_data.upstream.id == \"\" ? null : var.token\n}"),
        &(upstream("1", "x") + &resource("Config1", KEY, "")),
    );
    project.write("terraform.tfvars", &format!("token = \"{TOKEN}\"\n"));
    project.plan().exits(2);
    assert!(simulator.control().requests().is_empty());
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 1);
}

#[test]
fn an_existing_object_keeps_its_stored_state_with_a_warning() {
    let simulator = simulator();
    for (argument, variable, value) in arguments(&simulator) {
        let mut project = in_effect(&simulator, "");
        let before = project.attributes();
        watched(&mut project, &simulator, variable);
        project.configure_with(
            &provider(argument),
            &(upstream("1", &value) + &resource("Config1", KEY, "")),
        );
        project
            .plan()
            .exits(2)
            .says("The object was not refreshed")
            .says(&format!("`{argument}`"))
            .says("1 to add, 0 to change, 0 to destroy");
        assert!(simulator.control().requests().is_empty(), "{argument}");
        project.apply().exits(0).says("1 added, 0 changed, 0 destroyed");
        assert_eq!(project.attributes(), before);
        project.plan().exits(0).does_not_say("The object was not refreshed");
    }
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn a_stored_failure_is_planned_in_place_without_a_request_and_submitted_again() {
    let simulator = simulator();
    let mut project = never_in_effect(&simulator);
    project.run(&["apply", "-refresh-only", "-auto-approve", "-no-color"]).exits(0);
    watched(&mut project, &simulator, "AEP_ENDPOINT");
    simulator.control().clear_log();
    project.configure_with(
        &provider("endpoint"),
        &(upstream("1", &simulator.url()) + &resource("Config1", OTHER_KEY, "")),
    );
    project.plan().exits(2).says("1 to add, 1 to change, 0 to destroy");
    assert!(simulator.control().requests().is_empty());
    project.apply().exits(0);
    assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
    assert_eq!(accepted(&simulator), 2);
    project.plan().exits(0);
}

#[test]
fn the_guard_needs_no_connection() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    project.configure_with(&provider("endpoint"), &upstream("1", &simulator.url()));
    project.plan().exits(1).says("The key is in effect and protected");
    assert!(simulator.control().requests().is_empty());
}

#[test]
fn another_organisation_is_an_error_even_while_the_endpoint_is_not_known() {
    let simulator = simulator();
    let mut project = in_effect(&simulator, "");
    project.set("AEP_ORG_ID", "AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg");
    project.configure_with(
        &provider("endpoint"),
        &(upstream("1", &simulator.url()) + &resource("Config1", KEY, "")),
    );
    project.plan().exits(1).says("The object belongs to another organisation");
    assert!(simulator.control().requests().is_empty());
}

#[test]
fn a_data_source_is_an_error_that_names_the_argument() {
    for data in [
        "data \"aep_cmk_app\" \"this\" {}",
        "data \"aep_cmk_config\" \"this\" {\n  name = \"Config1\"\n}",
    ] {
        let simulator = simulator();
        simulator.control().insert("Config1", KEY, "COMPLETED");
        let project = project(&simulator, "AEP_ENDPOINT");
        let body = upstream("1", &simulator.url()) + data;
        project.configure_with(&provider("endpoint"), &body);
        project
            .plan()
            .exits(1)
            .says("The provider is not fully configured yet")
            .says("`endpoint`")
            .does_not_say("`org_id`");
        assert!(simulator.control().requests().is_empty());
        project
            .run(&["apply", "-target=terraform_data.upstream", "-auto-approve", "-no-color"])
            .exits(0);
        project.apply().exits(0);
        assert_eq!(simulator.control().requests().len(), 1);
    }
}

#[test]
fn the_proxy_of_these_tests_would_see_a_default_host() {
    let simulator = simulator();
    let project = project(&simulator, "AEP_ENDPOINT");
    project.configure_one("");
    project.plan().exits(1);
    let requests = simulator.control().requests();
    assert!(requests.iter().any(|request| request.method == "CONNECT"), "{requests:?}");
}

#[test]
fn credentials_that_are_not_known_are_not_looked_for_elsewhere() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("AEP_IMS_ENDPOINT", &simulator.url());
    project.configure_with(
        &provider("client_id"),
        &(upstream("1", CLIENT_ID) + &resource("Config1", KEY, "")),
    );
    project.plan().exits(2);
    assert!(simulator.control().requests().is_empty());
}
