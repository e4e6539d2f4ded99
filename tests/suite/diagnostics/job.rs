//! How a job ended, or why its end was not seen.

use std::time::Duration;

use aep_simulator::{Action, Fault, Reply, Route, stages};

use super::{Case, Stage};
use crate::support::{KEY, OTHER_KEY, resource, shown};

/// Look-ups of an apply before it submits: of the plan, of the plan made anew, of the create
/// itself.
const LOOK_UPS: u32 = 3;
/// Those, the submission, a poll with a response, and one more.
const POLLING: u64 = LOOK_UPS as u64 + 3;

pub(super) const CASES: &[Case] = &[
    ("FAILED", |stage| fails(stage).one("").apply()),
    ("FAILED, in a Managed HSM", |stage| {
        let key = "https://my-hsm.managedhsm.azure.net/keys/adobe-cmk";
        fails(stage).written(&resource("Config1", key, "")).apply()
    }),
    ("FAILED, in an update", |stage| fails(stage.one("").applied().becomes("FAILED")).apply()),
    ("FAILED, and again after it was submitted again", |stage| {
        fails(stage).one("failed_attempts = 1").apply()
    }),
    ("FAILED, but not when it was submitted again", |stage| {
        stage.control().configure(|options| options.outcomes = vec!["FAILED", "COMPLETED"]);
        stage.one("failed_attempts = 1").apply()
    }),
    ("a time-out, in a create", |stage| takes_long(stage).one(&timeout("create", "2s")).apply()),
    ("a time-out, in an update", |stage| {
        let stage = takes_long(stage).one("wait_for_completion = false").applied();
        stage.one(&timeout("update", "2s")).apply()
    }),
    ("a time-out, and the API was not available the whole time", |stage| {
        polls(takes_long(stage), Reply::service_unavailable()).one(&timeout("create", "3s")).apply()
    }),
    ("a time-out of a look-up before the submission", |stage| {
        stage.one(&timeout("update", "2s")).applied().gone().apply()
    }),
    ("interrupted while Adobe works on it", |stage| {
        takes_long(stage).one("").apply_interrupted_after(POLLING)
    }),
    ("interrupted before the submission", |stage| {
        stage.fault(Fault::on(Route::Status, Action::Hold).skip(LOOK_UPS - 1));
        stage.one("").apply_interrupted_after(LOOK_UPS.into())
    }),
    ("interrupted in the pause before it is submitted again", |stage| {
        let stage = fails(stage).one("failed_attempts = 1");
        stage.apply_interrupted_when_logged("will be submitted again")
    }),
    ("interrupted during the submission", |stage| {
        stage.fault(Fault::on(Route::Submit, Action::Hold)).one("");
        stage.apply_interrupted_after(u64::from(LOOK_UPS) + 1)
    }),
    ("the response was lost, nothing is sent again", |stage| {
        stage.fault(Fault::on(Route::Submit, Action::Reset).forever()).one("").apply()
    }),
    ("the response was lost, nothing is sent again by another block", |stage| {
        let block = resource("Config1", KEY, "");
        let other = block.replace("\"this\"", "\"other\"");
        stage.fault(Fault::on(Route::Submit, Action::Reset).forever());
        stage.written(&(block + &other)).apply()
    }),
    ("the response was lost, and the name has another key", |stage| {
        stage.fault(Fault::on(Route::Submit, Action::ProcessThenReset));
        polls(stage, with_another_key("RUNNING")).one("").apply()
    }),
    ("the name comes into use while it is submitted: adopted", |stage| comes_into_use(stage, KEY)),
    ("the name comes into use while it is submitted: another key", |stage| {
        comes_into_use(stage, OTHER_KEY)
    }),
    ("Adobe has another key than the one submitted", |stage| {
        let other = with_another_key("COMPLETED");
        stage.one("").applied().becomes("FAILED");
        stage.fault(Fault::on(Route::Submit, Action::ProcessThenReply(other.clone())));
        // The refresh and the look-up see the failure.
        stage.fault(Fault::on(Route::Status, Action::Reply(other)).skip(2).forever()).apply()
    }),
    ("409 when it is submitted again, in an update", |stage| {
        stage.one("").applied().becomes("FAILED").replies(Route::Submit, in_use()).apply()
    }),
    ("409 when it is submitted again, in a create", |stage| {
        fails(stage).one("").project.apply().exits(1);
        stage.replies(Route::Submit, in_use()).apply()
    }),
    ("409 when what is not found is submitted again", |stage| {
        stage.one("").applied().replies(Route::Status, Reply::not_found()).apply()
    }),
    ("the key was changed at Adobe, and the update sees it first", |stage| {
        let absent = Fault::on(Route::Status, Action::Reply(Reply::not_found()));
        stage.one("").applied().rekeyed(OTHER_KEY).fault(absent).apply()
    }),
    ("accepted, and not found again", |stage| polls(stage, Reply::not_found()).one("").apply()),
    ("interrupted during the submission, and the next plan looks again", |stage| {
        stage.fault(Fault::on(Route::Submit, Action::Hold)).one("");
        stage.apply_interrupted_after(u64::from(LOOK_UPS) + 1).plan()
    }),
    ("an error while Adobe works on it", |stage| {
        let refusal = Reply::gateway(403, "403025", "Profile is not valid");
        polls(takes_long(stage), refusal).one("").apply()
    }),
    ("throttled past the timeout while Adobe works on it", |stage| {
        polls(takes_long(stage), Reply::throttled_for(7200)).one("").apply()
    }),
];

fn timeout(operation: &str, time: &str) -> String {
    format!("timeouts {{\n    {operation} = \"{time}\"\n  }}")
}

fn in_use() -> Reply {
    Reply::service(409, "Conflict", "A configuration of this name exists.")
}

fn with_another_key(status: &str) -> Reply {
    let id = "4df7886b-a122-4391-880b-000000000009";
    Reply::json(200, &shown(id, OTHER_KEY, status))
}

/// Every poll after the submission gets this response.
fn polls(stage: &mut Stage, reply: Reply) -> &mut Stage {
    stage.fault(Fault::on(Route::Status, Action::Reply(reply)).skip(LOOK_UPS).forever())
}

/// Every look-up says that the name is free, and the submission that it is not.
fn comes_into_use<'a>(stage: &'a mut Stage, key: &str) -> &'a mut Stage {
    let free = Fault::on(Route::Status, Action::Reply(Reply::not_found()));
    stage.exists(key, "COMPLETED").fault(free.times(LOOK_UPS)).one("").apply()
}

fn fails(stage: &mut Stage) -> &mut Stage {
    stage.control().configure(|options| options.outcomes = vec!["FAILED"]);
    stage
}

fn takes_long(stage: &mut Stage) -> &mut Stage {
    let hour = Duration::from_secs(3600);
    stage.control().configure(|options| options.stages = stages(hour));
    stage
}
