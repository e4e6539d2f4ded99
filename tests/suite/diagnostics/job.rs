//! How a job ended, or why nobody saw its end.

use std::time::Duration;

use aep_simulator::{Action, Answer, Fault, Outcome, Route, Stages, Terminal};

use super::{Case, Stage};
use crate::support::{KEY, OTHER_KEY, answered, resource};

/// Look-ups of an apply before it submits: of the plan, of the plan made anew, of the create itself.
const LOOK_UPS: u32 = 3;
/// Those, the submission, a poll that was answered, and one more.
const POLLING: u64 = LOOK_UPS as u64 + 3;

pub(super) const CASES: &[Case] = &[
    ("FAILED", |stage| {
        fails(stage).one("").apply();
    }),
    ("FAILED, in a Managed HSM", |stage| {
        let key = "https://my-hsm.managedhsm.azure.net/keys/adobe-cmk";
        fails(stage).project.configure(&resource("Config1", key, ""));
        stage.apply();
    }),
    ("FAILED, in an update", |stage| {
        stage.one("").applied();
        stage.control().set_status("Config1", "FAILED");
        fails(stage).apply();
    }),
    ("FAILED, and again after it was submitted again", |stage| {
        fails(stage).one("failed_attempts = 1").apply();
    }),
    ("FAILED, but not when it was submitted again", |stage| {
        stage.control().configure(|options| {
            options.outcome = Outcome::PerAttempt(vec![Terminal::Failed, Terminal::Completed]);
        });
        stage.one("failed_attempts = 1").apply();
    }),
    ("a time-out, in a create", |stage| {
        takes_long(stage).one("timeouts {\n    create = \"2s\"\n  }").apply();
    }),
    ("a time-out, in an update", |stage| {
        takes_long(stage).one("wait_for_completion = false").applied();
        stage.one("timeouts {\n    update = \"2s\"\n  }").apply();
    }),
    ("a time-out, and the API was not available the whole time", |stage| {
        let down = Action::Answer(Answer::service_unavailable());
        let fault = Fault::on(Route::Status, down).skip(LOOK_UPS).forever();
        takes_long(stage).control().fault(fault);
        stage.one("timeouts {\n    create = \"3s\"\n  }").apply();
    }),
    ("a time-out of a look-up before the submission", |stage| {
        stage.one("timeouts {\n    update = \"2s\"\n  }").applied();
        stage.control().remove("Config1");
        stage.apply();
    }),
    ("interrupted while Adobe works on it", |stage| {
        takes_long(stage).one("").apply_interrupted_after(POLLING);
    }),
    ("interrupted before the submission", |stage| {
        let fault = Fault::on(Route::Status, Action::Hold).skip(LOOK_UPS - 1);
        stage.control().fault(fault);
        stage.one("").apply_interrupted_after(LOOK_UPS.into());
    }),
    ("interrupted in the pause before it is submitted again", |stage| {
        fails(stage)
            .one("failed_attempts = 1")
            .apply_interrupted_when_logged("will be submitted again");
    }),
    ("interrupted during the submission", |stage| {
        stage.control().fault(Fault::on(Route::Submit, Action::Hold));
        stage.one("").apply_interrupted_after(u64::from(LOOK_UPS) + 1);
    }),
    ("the answer was lost, nothing is sent again", |stage| {
        stage.control().fault(Fault::on(Route::Submit, Action::Reset).forever());
        stage.one("").apply();
    }),
    ("the answer was lost, nothing is sent again by another block", |stage| {
        stage.control().fault(Fault::on(Route::Submit, Action::Reset).forever());
        let block = resource("Config1", KEY, "");
        let other = block.replace("\"this\"", "\"other\"");
        stage.project.configure(&format!("{block}{other}"));
        stage.apply();
    }),
    ("the answer was lost, and the name has another key", |stage| {
        let lost = Fault::on(Route::Submit, Action::ProcessThenReset);
        stage.control().fault(lost);
        let other = Answer::json(
            200,
            &answered("4df7886b-a122-4391-880b-000000000009", OTHER_KEY, "RUNNING"),
        );
        let fault = Fault::on(Route::Status, Action::Answer(other)).skip(LOOK_UPS).forever();
        stage.control().fault(fault);
        stage.one("").apply();
    }),
    ("the name comes into use while it is submitted: adopted", |stage| {
        comes_into_use(stage, KEY);
    }),
    ("the name comes into use while it is submitted: another key", |stage| {
        comes_into_use(stage, OTHER_KEY);
    }),
    ("Adobe has another key than the one submitted", |stage| {
        stage.one("").applied();
        stage.control().set_status("Config1", "FAILED");
        let other = Answer::json(
            200,
            &answered("4df7886b-a122-4391-880b-000000000009", OTHER_KEY, "COMPLETED"),
        );
        let fault = Fault::on(Route::Submit, Action::ProcessThenAnswer(other.clone()));
        stage.control().fault(fault);
        // The refresh and the look-up see the failure.
        let shown = Fault::on(Route::Status, Action::Answer(other)).skip(2).forever();
        stage.control().fault(shown);
        stage.apply();
    }),
    ("409 when it is submitted again, in an update", |stage| {
        stage.one("").applied();
        stage.control().set_status("Config1", "FAILED");
        let words = "A configuration of this name exists.";
        stage.answers(Route::Submit, Answer::service(409, "Conflict", words)).apply();
    }),
    ("409 when it is submitted again, in a create", |stage| {
        fails(stage).one("");
        stage.project.apply().exits(1);
        let words = "A configuration of this name exists.";
        stage.answers(Route::Submit, Answer::service(409, "Conflict", words)).apply();
    }),
    ("409 when what is not found is submitted again", |stage| {
        stage.one("").applied();
        stage.answers(Route::Status, Answer::not_found()).apply();
    }),
    ("the key was changed at Adobe, and the update sees it first", |stage| {
        stage.one("").applied();
        stage.control().set_key("Config1", OTHER_KEY);
        stage.control().fault(Fault::on(Route::Status, Action::Answer(Answer::not_found())));
        stage.apply();
    }),
    ("accepted, and not found again", |stage| {
        let absent = Fault::on(Route::Status, Action::Answer(Answer::not_found()));
        stage.control().fault(absent.skip(LOOK_UPS).forever());
        stage.one("").apply();
    }),
    ("interrupted during the submission, and the next plan looks again", |stage| {
        stage.control().fault(Fault::on(Route::Submit, Action::Hold));
        stage.one("").apply_interrupted_after(u64::from(LOOK_UPS) + 1).plan();
    }),
    ("an error while Adobe works on it", |stage| {
        let refusal = Action::Answer(Answer::gateway(403, "403025", "Profile is not valid"));
        let fault = Fault::on(Route::Status, refusal).skip(LOOK_UPS).forever();
        takes_long(stage).control().fault(fault);
        stage.one("").apply();
    }),
    ("throttled past the timeout while Adobe works on it", |stage| {
        let throttled = Action::Answer(Answer::throttled_for(7200));
        let fault = Fault::on(Route::Status, throttled).skip(LOOK_UPS).forever();
        takes_long(stage).control().fault(fault);
        stage.one("").apply();
    }),
];

/// Every look-up says that the name is free, and the submission that it is not.
fn comes_into_use(stage: &mut Stage, key: &str) {
    stage.control().insert("Config1", key, "COMPLETED");
    let free = Fault::on(Route::Status, Action::Answer(Answer::not_found()));
    stage.control().fault(free.times(LOOK_UPS));
    stage.one("").apply();
}

fn fails(stage: &mut Stage) -> &mut Stage {
    stage.control().configure(|options| options.outcome = Outcome::Failed);
    stage
}

fn takes_long(stage: &mut Stage) -> &mut Stage {
    let hour = Duration::from_secs(3600);
    stage.control().configure(|options| options.stages = Stages::each(hour));
    stage
}
