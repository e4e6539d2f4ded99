//! Several blocks of one configuration share what Adobe has.

use std::thread;
use std::time::Duration;

use aep_simulator::{Action, Clock, Reply, ResubmitFailed};

use super::create::{BEFORE, DID, RIVALS, WILL, attributes, status, submission};
use crate::support::{
    FIRST, KEY, KEY_VERSIONLESS, OTHER_KEY, Project, SECOND, accepted, await_counters, block,
    failing_simulator, hcl, never_in_effect, resource, shown, simulator, simulator_with,
    slow_simulator,
};

/// Two blocks, `this` and `two`, that both name `Config1`.
fn both(keys: [&str; 2], more: &str) -> String {
    resource("Config1", keys[0], more) + &block("two", "\"Config1\"", &hcl(keys[1]), more)
}

/// Two blocks with one name and key submit it once, and the second adopts it with its warning, even
/// while Adobe does not find it yet.
#[test]
fn two_blocks_of_one_configuration_submit_it_once() {
    let simulator = simulator_with(|options| options.stages = Vec::new());
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure(&both([KEY, KEY_VERSIONLESS], "wait_for_completion = false"));
    control.fault(status(Reply::not_found()).forever());
    let apply = project.apply().exits(0);
    assert_eq!((apply.count(DID), apply.count(WILL)), (1, 0), "{}", apply.text());
    assert_eq!(control.counters().submissions, 1);
    control.clear_faults();
    assert_eq!(attributes(&project, "two")["id"], project.attributes()["id"]);
    project.plan().exits(0);
}

/// Neither has a read that confirmed it, so each is looked for during the settling time.
#[test]
fn what_two_blocks_submitted_and_does_not_show_yet_is_no_drift_of_either() {
    let simulator = simulator_with(|options| {
        options.clock = Clock::Stepped;
        options.visible_after = Duration::from_secs(60);
    });
    let project = Project::new(&simulator);
    project.configure(&both([KEY, KEY], "wait_for_completion = false"));
    project.apply().exits(0);
    let before = simulator.control().counters().status_reads;
    let plan = project.start(&["plan", "-refresh-only", "-input=false", "-no-color"]);
    await_counters(&simulator, |now| now.status_reads >= before + 4);
    simulator.control().step(Duration::from_secs(60));
    plan.end().exits(0).does_not_say("Adobe no longer finds the configuration");
}

/// A block that waits for another one's submission has its own timeout.
#[test]
fn the_turn_of_another_block_is_waited_for_until_the_timeout() {
    let simulator = slow_simulator();
    let control = simulator.control();
    let project = Project::new(&simulator);
    // It comes second: its upstream waits for this file.
    let upstream = "resource \"terraform_data\" \"upstream\" {\n  provisioner \"local-exec\" {\n    \
                    command = \"until test -e go; do sleep 0.1; done\"\n  }\n}\n";
    let more = "wait_for_completion = false\n  depends_on = [terraform_data.upstream]\n  \
                timeouts {\n    create = \"1s\"\n  }";
    let one = resource("Config1", KEY, "wait_for_completion = false");
    let two = block("two", "\"Config1\"", &hcl(KEY), more);
    project.configure(&(one + upstream + &two));
    control.fault(submission(Action::Delay(Duration::from_secs(4))));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions == 1);
    project.write("go", "");
    apply.end().exits(1).says("The operation's timeout was reached");
    assert_eq!(project.attributes()["id"], FIRST);
    assert_eq!(accepted(&simulator), 1);
}

/// `failed_attempts` counts for a name, not for a block, whether the resubmission succeeds or not,
/// and though Adobe still shows the failure for a while. The pause before it is 10 s.
#[test]
fn a_failure_of_two_blocks_is_submitted_again_once() {
    let resubmitted = |ends: Vec<&'static str>, code: i32, status: &str| {
        let simulator = simulator_with(|options| {
            options.stages = Vec::new();
            options.outcomes = ends;
            options.resubmit_failed = ResubmitFailed::NewIdAfter(Duration::from_secs(3));
        });
        let project = Project::new(&simulator);
        project.configure(&both([KEY, KEY], "failed_attempts = 1"));
        project.apply().exits(code);
        for label in ["this", "two"] {
            let attributes = attributes(&project, label);
            let [id, is] = ["id", "status"].map(|name| attributes[name].as_str());
            assert_eq!((id, is), (Some(SECOND), Some(status)), "{label}");
        }
        let counters = simulator.control().counters();
        assert_eq!((counters.submissions, counters.submissions_accepted), (2, 2));
    };
    thread::scope(|scope| {
        scope.spawn(|| resubmitted(vec!["FAILED", "COMPLETED"], 0, "COMPLETED"));
        scope.spawn(|| resubmitted(vec!["FAILED"], 1, "FAILED"));
        // What somebody else submitted in the pause is waited for.
        scope.spawn(|| {
            let simulator = failing_simulator();
            let project = Project::new(&simulator);
            project.configure_one("failed_attempts = 1");
            let first_poll = Reply::json(200, &shown(FIRST, KEY, "FAILED"));
            simulator.control().fault(status(first_poll).skip(BEFORE));
            let apply = project.start_apply();
            await_counters(&simulator, |now| now.submissions_accepted == 1);
            simulator.control().insert("Config1", KEY, "COMPLETED");
            apply.end().exits(0);
            assert_eq!(project.attributes()["id"], SECOND);
            assert_eq!(accepted(&simulator), 1);
        });
    });
}

/// A new block beside a stored `FAILED` may have the key that this one takes, and shares its
/// submission; with the key that it gives up, the plan is an error with both.
#[test]
fn a_new_block_beside_a_stored_failure_needs_the_key_that_it_takes() {
    let simulator = simulator();
    let project = never_in_effect(&simulator);
    project.configure(&both([OTHER_KEY, KEY], ""));
    project.plan().exits(1).says(RIVALS).says(KEY_VERSIONLESS).says(OTHER_KEY);
    // Until the stored one was read, its failure could be somebody else's.
    let after = "depends_on = [aep_cmk_config.this]";
    project.configure(
        &(resource("Config1", OTHER_KEY, "")
            + &block("two", "\"Config1\"", &hcl(OTHER_KEY), after)),
    );
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 2);
    assert_eq!(attributes(&project, "two")["id"], project.attributes()["id"]);
    project.plan().exits(0);
}
