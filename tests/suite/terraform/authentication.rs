//! Tokens: given, minted, renewed, refused.

use std::time::Duration;

use aep_simulator::{Action, Answer, Fault, Route, Simulator};

use crate::support::{
    CLIENT_ID, CLIENT_SECRET, KEY, ORG_ID, Project, TOKEN, await_counters, resource, simulator,
    stepped,
};

/// A project with OAuth credentials in the environment instead of a token.
fn oauth(simulator: &Simulator) -> Project {
    let mut project = Project::new(simulator);
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("AEP_IMS_ENDPOINT", &simulator.url());
    project
}

/// How many requests were answered with 401.
fn refusals(simulator: &Simulator) -> usize {
    let requests = simulator.control().requests();
    requests.iter().filter(|request| request.status == Some(401)).count()
}

#[test]
fn a_process_mints_one_token_for_all_it_does() {
    let simulator = simulator();
    let project = oauth(&simulator);
    project.configure(&format!(
        "data \"aep_cmk_app\" \"this\" {{}}\nresource \"aep_cmk_config\" \"this\" {{\n  count = 5\n  \
         name = \"Config${{count.index}}\"\n  key_vault_key_identifier = \"{KEY}\"\n}}\n"
    ));
    project.plan().exits(2);
    assert_eq!(simulator.control().counters().tokens_minted, 1);
    // Terraform starts one process to plan and one to apply.
    project.apply().exits(0);
    let counters = simulator.control().counters();
    assert_eq!(counters.tokens_minted, 3);
    assert_eq!(counters.submissions_accepted, 5);
    // A command that asks nothing of Adobe mints nothing.
    project.validate().exits(0);
    assert_eq!(simulator.control().counters().token_requests, 3);
}

#[test]
fn a_given_token_is_used_as_it_is() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    project.apply().exits(0);
    assert_eq!(simulator.control().counters().token_requests, 0);
    // It cannot be renewed, so a refusal is the end, and nothing was submitted.
    simulator.control().configure(|options| options.tokens.clear());
    project.configure(&resource("Config2", KEY, ""));
    simulator.control().clear_log();
    project
        .plan()
        .exits(1)
        .says("Adobe does not accept the access token")
        .says("error_code 401013")
        .says("x-request-id: sim-");
    assert_eq!(simulator.control().requests().len(), 1);
}

#[test]
fn a_token_that_nears_its_end_is_renewed_before_it_is_refused() {
    // The simulator's clock stands still, so it never refuses one; the provider's runs.
    let simulator = stepped(|options| options.token_lifetime = Duration::from_secs(1));
    let project = oauth(&simulator);
    project.configure_one("");
    let apply = project.start_apply();
    // One for the plan, one for the apply, and renewals while it waits.
    await_counters(&simulator, |now| now.tokens_minted >= 4);
    assert!(simulator.control().set_status("Config1", "COMPLETED"));
    apply.end().exits(0);
    assert_eq!(refusals(&simulator), 0);
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn a_token_refused_in_mid_wait_is_renewed_once_and_the_wait_goes_on() {
    let simulator = stepped(|_| ());
    let project = oauth(&simulator);
    project.configure_one("");
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    simulator.control().expire_tokens();
    await_counters(&simulator, |now| now.tokens_minted == 3);
    let before = simulator.control().counters().status_reads;
    await_counters(&simulator, |now| now.status_reads >= before + 2);
    assert!(simulator.control().step_to("COMPLETED"));
    apply.end().exits(0);
    assert_eq!(refusals(&simulator), 1);
    let counters = simulator.control().counters();
    assert_eq!((counters.tokens_minted, counters.submissions), (3, 1));
}

#[test]
fn a_submission_refused_for_its_token_is_sent_again_with_a_new_one() {
    let simulator = simulator();
    let project = oauth(&simulator);
    project.configure_one("");
    simulator.control().fault(Fault::on(Route::Submit, Action::Answer(Answer::token_invalid())));
    project.apply().exits(0);
    let counters = simulator.control().counters();
    assert_eq!((counters.submissions, counters.submissions_accepted), (2, 1));
    assert_eq!(counters.tokens_minted, 3);
    assert!(!project.is_tainted());
}

#[test]
fn a_token_refused_twice_is_an_error_without_more_renewals() {
    let simulator = simulator();
    let project = oauth(&simulator);
    project.configure_one("");
    simulator
        .control()
        .fault(Fault::on(Route::Status, Action::Answer(Answer::token_invalid())).forever());
    project.plan().exits(1).says("Adobe does not accept the access token");
    let counters = simulator.control().counters();
    assert_eq!((counters.status_reads, counters.tokens_minted), (2, 2));
}

#[test]
fn credentials_that_ims_refuses_are_an_error_in_its_words() {
    let simulator = simulator();
    let mut project = oauth(&simulator);
    project.set("AEP_CLIENT_SECRET", "wrong").configure_one("");
    project
        .plan()
        .exits(1)
        .says("No access token from Adobe IMS")
        .says("invalid_client")
        .says("invalid client_secret parameter")
        .says("AEP_CLIENT_SECRET");
    let counters = simulator.control().counters();
    assert_eq!((counters.token_requests, counters.status_reads), (1, 0));
}

#[test]
fn ims_may_stumble_like_the_api() {
    let simulator = simulator();
    let project = oauth(&simulator);
    project.configure_one("");
    for (number, action) in (1..).zip([
        Action::Answer(Answer::throttled()),
        Action::Answer(Answer::html(502)),
        Action::Reset,
        Action::ProcessThenCutBody,
    ]) {
        simulator.control().fault(Fault::on(Route::Token, action));
        project.plan().exits(2);
        assert_eq!(simulator.control().counters().faults, number);
    }
}

#[test]
fn credentials_in_hcl_win_over_those_in_the_environment() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    let body = resource("Config1", KEY, "");

    // A token over another token.
    project.set("AEP_ACCESS_TOKEN", "stale-token");
    project
        .configure_with(&format!("provider \"aep\" {{\n  access_token = \"{TOKEN}\"\n}}"), &body);
    project.plan().exits(2);
    // A client over a token, and its settings too.
    project.configure_with(
        &format!(
            "provider \"aep\" {{\n  client_id = \"{CLIENT_ID}\"\n  client_secret = \"{CLIENT_SECRET}\"\n  \
             ims_endpoint = \"{}\"\n}}",
            simulator.url()
        ),
        &body,
    );
    project.plan().exits(2);
    assert_eq!(simulator.control().counters().tokens_minted, 1);
    // A token over a client.
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", "stale")
        .set("AEP_CLIENT_SECRET", "stale")
        .set("AEP_ORG_ID", "FFFFFFFFFFFFFFFFFFFFFFFF@AdobeOrg")
        .configure_with(
            &format!(
                "provider \"aep\" {{\n  access_token = \"{TOKEN}\"\n  org_id = \"{ORG_ID}\"\n}}"
            ),
            &body,
        );
    project.plan().exits(2);
    assert_eq!(simulator.control().counters().token_requests, 1);
}

#[test]
fn two_ways_to_authenticate_in_one_source_exclude_each_other() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    let both = format!(
        "provider \"aep\" {{\n  access_token = \"{TOKEN}\"\n  client_id = \"{CLIENT_ID}\"\n}}"
    );
    project.configure_with(&both, &resource("Config1", KEY, ""));
    project.validate().exits(1).says("Two ways to authenticate are configured");
    project
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .configure_one("")
        .plan()
        .exits(1)
        .says("Two ways to authenticate are configured")
        .says("AEP_ACCESS_TOKEN");
    assert_eq!(simulator.control().counters().requests, 0);
}

#[test]
fn a_secret_that_cannot_be_used_is_not_shown_with_its_line() {
    // The project hunts the secret in what the CLI prints, the lines of its configuration included.
    let simulator = simulator();
    let project = Project::new(&simulator);
    for (argument, secret) in [("access_token", TOKEN), ("client_secret", CLIENT_SECRET)] {
        project.configure_with(
            &format!("provider \"aep\" {{\n  {argument} = \"{secret} \\n x\"\n}}"),
            &resource("Config1", KEY, ""),
        );
        project.plan().exits(1).says(&format!("`{argument}`"));
    }
}

#[test]
fn what_is_missing_is_named_in_both_spellings() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project.configure_one("").validate().exits(0);
    project.unset("AEP_ACCESS_TOKEN").unset("AEP_ORG_ID");
    // What the environment may bring is not missing yet.
    project.validate().exits(0);
    project
        .plan()
        .exits(1)
        .says("A provider argument is missing")
        .says("`org_id` or AEP_ORG_ID")
        .says("`access_token` or AEP_ACCESS_TOKEN")
        .says("`client_id` or AEP_CLIENT_ID")
        .says("`client_secret` or AEP_CLIENT_SECRET");
    project
        .set("AEP_ORG_ID", ORG_ID)
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", "")
        .plan()
        .exits(1)
        .says("`client_secret` or AEP_CLIENT_SECRET")
        .does_not_say("`org_id` or");
    assert_eq!(simulator.control().counters().requests, 0);
}
