//! Two blocks of one run that name the same configuration.

use terraform_provider_aep::simulator::{Action, Answer, Fault, Route, Simulator, Stages};

use crate::support::{
    KEY, KEY_VERSIONLESS, OTHER_KEY, Project, accepted, block, simulator_with, upstream,
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
    simulator
        .control()
        .fault(Fault::on(Route::Status, lag).forever());
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
    project
        .plan()
        .exits(1)
        .says(RIVALS)
        .says(KEY_VERSIONLESS)
        .says(OTHER_KEY);
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
