//! From an accepted submission to a status that is the end, and what neither ends nor holds up the
//! wait for it.

use std::time::Duration;

use aep_simulator::{Action, Clock, Fault, Reply, Route, stages};
use serde_json::json;

use crate::support::{
    FIRST, KEY, ORG_ID, Project, SECOND, Target, await_counters, block, hcl, shown, simulator_with,
    slow_simulator, with_each,
};

const INTERRUPTED: &str = "Interrupted before the configuration was in effect";
/// The status requests of an apply before it submits: plan, re-plan, create.
const BEFORE: u32 = 3;

/// A poll of the create of a configuration.
fn poll(name: &str, action: Action) -> Fault {
    Fault::on(Route::Status, action).named(name).skip(BEFORE)
}

/// Whatever one poll ends in, the next one decides. A poll needs an id and a status, in any letter
/// case, and no more: the rest is as it was submitted.
#[test]
fn one_odd_poll_ends_no_wait() {
    let odd = [
        Action::Reply(Reply::html(520)),
        Action::Reply(Reply::html(404)),
        Action::Reply(Reply::no_such_path()),
        Action::Reply(Reply::not_found()),
        Action::Reply(Reply::empty(302).with_header("location", "https://login.example.com/")),
        Action::Reply(Reply::service(403, "Forbidden", "Access is denied.")),
        Action::Reply(Reply::token_invalid()),
        Action::Reply(Reply::html(200)),
        Action::Reply(Reply::json(200, &json!([]))),
        Action::Reply(Reply::empty(204)),
        Action::Reply(Reply::service(400, "Bad Request", "configType is wrong.")),
        Action::Reply(Reply::service(409, "Conflict", "Busy.")),
        Action::CutBody,
        Action::Reset,
    ];
    let simulator = slow_simulator();
    let control = simulator.control();
    let mut project = Project::new(&simulator);
    let mut blocks = block("bare", "\"bare\"", &hcl(KEY), "");
    let bare = |status| json!({"id": FIRST, "status": status, "imsOrgId": ORG_ID});
    for status in ["RUNNING", "Completed"] {
        control.fault(poll("bare", Action::Reply(Reply::json(200, &bare(status)))));
    }
    for (index, pair) in odd.chunks(2).enumerate() {
        let name = format!("odd{index}");
        blocks += &block(&name, &hcl(&name), &hcl(KEY), "");
        pair.iter().for_each(|action| control.fault(poll(&name, action.clone())));
    }
    project.set("AEP_MAX_RETRIES", "0").configure(&blocks);
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.faults == 16);
    assert!(control.step_to("COMPLETED"));
    apply.end().exits(0);
    let bare = project.instance("aep_cmk_config.bare")["attributes"].clone();
    assert_eq!((&bare["status"], &bare["key_name"]), (&json!("Completed"), &json!("adobeCMK-key")));
    assert_eq!(control.counters().submissions, 8);
    // The refresh brings the usual spelling, which is no other status.
    project.plan().exits(0);
    project.destroy().exits(1).says("The key is in effect and protected");
}

/// A refusal that lasts ends the wait after three polls, a `Retry-After` past the timeout at once.
/// What was accepted is in the state, and the next apply goes on with it.
#[test]
fn a_wait_that_breaks_off_keeps_what_was_accepted() {
    let forbidden = Reply::service(403, "Forbidden", "Access is denied.");
    for (reply, polls) in [(forbidden, 3), (Reply::throttled_for(7200), 1)] {
        let simulator = slow_simulator();
        let control = simulator.control();
        let project = Project::new(&simulator);
        project.configure_one("");
        let says = if polls == 3 { "Access is denied." } else { "Too many requests" };
        control.fault(poll("Config1", Action::Reply(reply)).forever());
        project.apply().exits(1).says(says).says("is in the state").says("terraform untaint");
        assert_eq!(control.counters().faults, polls);
        goes_on(&project);
    }
}

/// An interruption ends the wait, whoever gets the signal: a poll in flight and a long pause do not
/// hold it up. The next apply goes on.
#[test]
fn an_interrupted_wait_keeps_what_was_accepted() {
    // Half an hour, which the timeout has room for.
    let later = Reply::json(200, &shown(FIRST, KEY, "RUNNING"));
    let later = Action::Reply(later.with_header("retry-after", "1800"));
    for (action, target) in [(later, Target::Cli), (Action::Hold, Target::Group)] {
        let simulator = slow_simulator();
        let control = simulator.control();
        let project = Project::new(&simulator);
        project.configure_one("");
        control.fault(poll("Config1", action));
        let apply = project.start_apply();
        await_counters(&simulator, |now| now.faults == 1);
        apply.interrupt(target);
        apply.end().exits(1).says(INTERRUPTED).says("terraform untaint");
        assert_eq!(control.counters().status_reads, u64::from(BEFORE) + 1);
        goes_on(&project);
    }
}

/// The state has what was accepted, tainted, and once it is over an apply takes it as it is.
#[track_caller]
fn goes_on(project: &Project) {
    assert_eq!(project.attributes()["id"], FIRST);
    assert!(project.is_tainted());
    project.adobe().clear_faults();
    assert!(project.adobe().step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(project.attributes()["id"], FIRST);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert!(!project.is_tainted());
    assert_eq!(project.adobe().counters().submissions, 1);
}

/// Without waiting an apply returns with the acceptance, whatever type its response says it has,
/// and plans are empty while the job runs. Turning the wait on goes on in place with the same job;
/// an interruption only breaks that off. The id may change meanwhile, and statuses may come that
/// nobody documented.
#[test]
fn a_wait_that_is_turned_on_goes_on_in_place() {
    with_each(|cli| {
        let simulator = simulator_with(|options| {
            options.clock = Clock::Stepped;
            let second = Duration::from_secs(1);
            options.stages = [stages(second), vec![("REVALIDATING", second)]].concat();
        });
        let control = simulator.control();
        let project = Project::with(cli, &simulator);
        project.configure_one("wait_for_completion = false");
        control.fault(Fault::on(Route::Submit, Action::WrongContentType));
        // The job never ends by itself.
        project.start_apply().end().exits(0);
        assert_eq!(control.counters().requests, u64::from(BEFORE) + 1);
        assert!(control.step_to("REVALIDATING"));
        project.plan().exits(0);

        project.configure_one("");
        let watched = || {
            let before = control.counters().status_reads;
            let apply = project.start_apply();
            // The refresh, and two polls.
            await_counters(&simulator, |now| now.status_reads >= before + 3);
            apply
        };
        let apply = watched();
        apply.interrupt(Target::Group);
        apply.end().exits(1).says(INTERRUPTED).does_not_say("untaint");
        assert!(!project.is_tainted());
        assert_eq!(project.attributes()["id"], FIRST);
        let apply = watched();
        control.insert("Config1", KEY, "COMPLETED");
        apply.end().exits(0).says("0 added, 1 changed, 0 destroyed");
        let attributes = project.attributes();
        assert_eq!(
            (&attributes["id"], &attributes["status"]),
            (&json!(SECOND), &json!("COMPLETED"))
        );
        assert_eq!(control.counters().submissions, 1);
        project.plan().exits(0);
    });
}

/// An update waits as long as `timeouts.update` says, whatever the create may take.
#[test]
fn an_update_takes_no_longer_than_its_own_timeout() {
    let simulator = slow_simulator();
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    project.configure_one("timeouts {\n    update = \"2s\"\n  }");
    // After the refresh: whoever has the default of an hour waits, and sees the end.
    let throttled = Action::Reply(Reply::throttled_for(3));
    let completed = Action::Reply(Reply::json(200, &shown(FIRST, KEY, "COMPLETED")));
    control.fault(Fault::on(Route::Status, throttled).skip(1));
    control.fault(Fault::on(Route::Status, completed).skip(1));
    project.apply().exits(1).says("Adobe is throttling requests");
    assert_eq!(project.attributes()["id"], FIRST);
}
