//! Times and settings that only the apply itself can show.

use std::time::Duration;

use aep_simulator::{Action, Answer, Fault, Route};

use crate::support::{KEY, Project, Whom, answered, await_counters, simulator, stepped};

#[test]
fn a_read_takes_no_longer_than_its_own_timeout() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("timeouts {\n    read = \"1s\"\n  }");
    project.apply().exits(0);
    let control = simulator.control();
    // It is worth waiting for by the default of five minutes.
    control.fault(Fault::on(Route::Status, Action::Answer(Answer::throttled_for(2))));
    project.plan().exits(1).says("Adobe is throttling requests");
    assert_eq!(control.counters().faults, 1);
    project.plan().exits(0);
}

#[test]
fn an_update_takes_no_longer_than_its_own_timeout() {
    let simulator = stepped(|_| ());
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    let id = project.attributes()["id"].as_str().expect("accepted").to_owned();
    project.configure_one("timeouts {\n    update = \"2s\"\n  }");
    // After the refresh: whoever has the default of an hour waits, and sees the end.
    let throttled = Action::Answer(Answer::throttled_for(3));
    let completed = Action::Answer(Answer::json(200, &answered(&id, KEY, "COMPLETED")));
    control.fault(Fault::on(Route::Status, throttled).skip(1));
    control.fault(Fault::on(Route::Status, completed).skip(1));
    project.apply().exits(1).says("Adobe is throttling requests");
    assert_eq!(project.attributes()["id"], id.as_str());
}

#[test]
fn the_answer_to_a_submission_is_awaited_for_some_time_after_an_interruption() {
    let simulator = stepped(|_| ());
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("");
    let late = Action::ProcessThenDelay(Duration::from_millis(1500));
    control.fault(Fault::on(Route::Submit, late));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    // Whoever gives up at once has to look the name up, and learns nothing.
    control.fault(Fault::on(Route::Status, Action::Hold));
    apply.interrupt(Whom::Group);
    apply.end().exits(1).says("Interrupted before the configuration was in effect");
    let id = control.configuration("Config1").expect("accepted").id;
    assert_eq!(project.attributes()["id"], id.as_str());
}

#[test]
fn what_appears_during_the_apply_is_not_adopted_where_that_is_turned_off() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("adopt_existing = false");
    // Somebody else submits the same name and key just before: Adobe says that the name is in use.
    let conflict = Answer::gateway(409, "409000", "the name is in use");
    simulator.control().fault(Fault::on(Route::Submit, Action::ProcessThenAnswer(conflict)));
    project
        .apply()
        .exits(1)
        .says("The configuration exists and adopting it is turned off")
        .says("id = \"Config1\"");
    assert!(project.attributes().is_null());
    project.configure_one("");
    project.apply().exits(0);
    assert_eq!(simulator.control().configuration("Config1").unwrap().key_identifier, KEY);
    assert_eq!(simulator.control().counters().submissions_accepted, 1);
}
