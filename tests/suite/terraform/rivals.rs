//! Two blocks of one run that name the same configuration.

use std::time::Duration;

use aep_simulator::{Action, Answer, Fault, Outcome, ResubmitFailed, Route, Simulator, Stages};

use crate::support::{
    KEY, KEY_VERSIONLESS, OTHER_KEY, Project, accepted, block, failing_simulator, never_in_effect,
    simulator, simulator_with, upstream,
};

const RIVALS: &str = "Two blocks name the same configuration with different keys";

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// A simulator whose jobs end at once, and a project.
fn project() -> (Simulator, Project) {
    let simulator = simulator_with(|options| options.stages = Stages::none());
    let project = Project::new(&simulator);
    (simulator, project)
}

#[test]
fn the_same_key_is_submitted_once_and_the_second_block_adopts() {
    let (simulator, project) = project();
    project.configure(
        &(block("one", "\"Config1\"", &quoted(KEY), "")
            + &block("two", "\"Config1\"", &quoted(KEY_VERSIONLESS), "")),
    );
    let apply = project.apply().exits(0);
    let adopted = apply.count("An existing configuration will be adopted")
        + apply.count("An existing configuration was adopted");
    assert_eq!(adopted, 1, "{}", apply.text());
    assert_eq!(simulator.control().counters().submissions, 1);
    let [one, two] = ["one", "two"]
        .map(|label| project.instance(&format!("aep_cmk_config.{label}"))["attributes"].clone());
    assert_eq!(one["id"], two["id"]);
    assert_eq!(one["status"], "COMPLETED");
    assert_eq!(two["status"], "COMPLETED");
    project.plan().exits(0);
}

#[test]
fn the_same_key_is_submitted_once_even_while_adobe_does_not_find_it_yet() {
    let (simulator, project) = project();
    let lag = Action::Answer(Answer::not_found());
    simulator.control().fault(Fault::on(Route::Status, lag).forever());
    let unwatched = "wait_for_completion = false";
    project.configure(
        &(block("one", "\"Config1\"", &quoted(KEY), unwatched)
            + &block("two", "\"Config1\"", &quoted(KEY), unwatched)),
    );
    let apply = project.apply().exits(0);
    assert_eq!(apply.count("An existing configuration was adopted"), 1);
    assert_eq!(simulator.control().counters().submissions, 1);
    simulator.control().clear_faults();
    project.plan().exits(0);
}

#[test]
fn another_key_is_an_error_of_the_plan() {
    let (simulator, project) = project();
    project.configure(
        &(block("one", "\"Config1\"", &quoted(KEY), "")
            + &block("two", "\"Config1\"", &quoted(OTHER_KEY), "")),
    );
    project.plan().exits(1).says(RIVALS).says(KEY_VERSIONLESS).says(OTHER_KEY);
    project.apply().exits(1).says(RIVALS);
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn keys_that_only_apply_knows_are_submitted_once_and_the_other_block_is_an_error() {
    let (simulator, project) = project();
    let other = upstream("1", OTHER_KEY).replace("\"upstream\"", "\"other\"");
    project.configure(
        &(upstream("1", KEY)
            + &other
            + &block("one", "\"Config1\"", "terraform_data.upstream.output", "")
            + &block("two", "\"Config1\"", "terraform_data.other.output", "")),
    );
    project.plan().exits(2);
    project.apply().exits(1).says(RIVALS);
    assert_eq!(accepted(&simulator), 1);
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn blocks_with_different_names_do_not_stand_in_each_others_way() {
    let (simulator, project) = project();
    project.configure(
        &(block("one", "\"Config1\"", &quoted(KEY), "")
            + &block("two", "\"config1\"", &quoted(OTHER_KEY), "")
            + &block("three", "\"Config3\"", &quoted(KEY), "")),
    );
    project.apply().exits(0).does_not_say("adopted");
    assert_eq!(accepted(&simulator), 3);
}

/// Two blocks with the same key, whose job fails once and is submitted again after a pause of ten seconds.
fn one_failure_is_submitted_again_once(simulator: &Simulator) {
    let project = Project::new(simulator);
    let again = "failed_attempts = 1";
    project.configure(
        &(block("one", "\"Config1\"", &quoted(KEY), again)
            + &block("two", "\"Config1\"", &quoted(KEY), again)),
    );
    project.apply().exits(0);
    let counters = simulator.control().counters();
    assert_eq!((counters.submissions, counters.submissions_accepted), (2, 2));
    let stored = simulator.control().configuration("Config1").unwrap();
    for label in ["one", "two"] {
        let attributes = project.instance(&format!("aep_cmk_config.{label}"))["attributes"].clone();
        assert_eq!(attributes["id"], stored.id.as_str(), "{label}");
        assert_eq!(attributes["status"], "COMPLETED", "{label}");
    }
    project.plan().exits(0);
}

#[test]
fn a_failure_of_two_blocks_is_submitted_again_once() {
    one_failure_is_submitted_again_once(&failing_simulator());
}

#[test]
fn a_failure_of_two_blocks_is_submitted_again_once_even_while_adobe_still_shows_it() {
    let simulator = failing_simulator();
    simulator.control().configure(|options| {
        options.resubmit_failed = ResubmitFailed::NewIdAfter(Duration::from_secs(5));
    });
    one_failure_is_submitted_again_once(&simulator);
}

#[test]
fn a_job_of_two_blocks_that_never_succeeds_is_submitted_again_as_often_as_one_block_says() {
    let simulator = simulator_with(|options| {
        options.stages = Stages::none();
        options.outcome = Outcome::Failed;
    });
    let project = Project::new(&simulator);
    let again = "failed_attempts = 1";
    project.configure(
        &(block("one", "\"Config1\"", &quoted(KEY), again)
            + &block("two", "\"Config1\"", &quoted(KEY), again)),
    );
    project.apply().exits(1).says("Adobe could not use the key");
    assert_eq!(simulator.control().counters().submissions, 2);
}

/// `aep_cmk_config.this` is a stored failure that takes the other key; `two` is new, with the same name and this key.
fn beside_a_stored_failure(simulator: &Simulator, key: &str, more: &str) -> Project {
    let project = never_in_effect(simulator);
    project.configure(
        &(block("this", "\"Config1\"", &quoted(OTHER_KEY), "")
            + &block("two", "\"Config1\"", &quoted(key), more)),
    );
    project
}

#[test]
fn a_new_block_with_the_key_that_a_stored_failure_gives_up_is_an_error_of_the_plan() {
    let simulator = simulator();
    let project = beside_a_stored_failure(&simulator, KEY, "");
    project.plan().exits(1).says(RIVALS).says(KEY_VERSIONLESS).says(OTHER_KEY);
    project.apply().exits(1).says(RIVALS);
    assert_eq!(simulator.control().counters().submissions, 1);
    assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
}

#[test]
fn a_new_block_with_the_key_that_a_stored_failure_takes_shares_its_submission() {
    let simulator = simulator();
    // Until the stored one was read, its failure could be somebody else's.
    let after = "depends_on = [aep_cmk_config.this]";
    let project = beside_a_stored_failure(&simulator, OTHER_KEY, after);
    project.apply().exits(0);
    assert_eq!(simulator.control().counters().submissions, 2);
    let two = project.instance("aep_cmk_config.two")["attributes"].clone();
    assert_eq!(project.attributes()["id"], two["id"]);
    assert_eq!(two["status"], "COMPLETED");
    project.plan().exits(0);
}
