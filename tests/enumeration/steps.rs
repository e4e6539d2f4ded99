//! What the faults befall: a command in a place that was brought about without any.

use std::time::Duration;

use aep_simulator::{Control, Options, ResubmitFailed};
use serde_json::{Value as Json, json};

use super::adobes::{as_usual, at_once, failing};
use super::cli::{Cli, Command, End};
use crate::support::{KEY, KEY_VERSIONLESS, OTHER_KEY};

pub(super) const NAME: &str = "Config1";
/// A name that has to be escaped.
const SLASHED: &str = "a/b %2F+c";
/// Every name there is.
pub(super) const NAMES: [&str; 4] = [NAME, "config1", "Config2", SLASHED];

/// What it comes to once the faults stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// In effect, and in the state as Adobe has it.
    InEffect,
    /// In effect, under another name.
    Renamed,
    /// As before: the guard refuses the command.
    Refused,
    /// Adobe cannot be asked for it, so it is never submitted.
    Impossible,
    /// Somebody else has the name with another key, so it is neither submitted nor adopted.
    Taken,
    /// Out of the state, as was asked for. Adobe goes on.
    Forgotten,
}

/// A row of the table.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) name: &'static str,
    /// How many of its requests are befallen. Where nothing goes wrong it makes so many, or more
    /// of the last kind.
    pub(super) requests: usize,
    pub(super) command: Command,
    pub(super) goal: Goal,
    /// Without a fault the command succeeds.
    pub(super) ends_well: bool,
    /// Brings it about.
    prepare: fn(&mut Cli<'_>),
    /// What somebody else does between the plan and the apply.
    pub(super) meanwhile: fn(&Control),
    /// Changes Adobe.
    pub(super) options: fn(&mut Options),
}

impl Step {
    pub(super) fn prepare(&self, cli: &mut Cli<'_>) {
        (self.prepare)(cli);
        cli.adobe.control.clear_log();
    }
}

/// A configuration. What is waited for ends soon, so that a lasting fault does so too.
pub(super) fn config(more: Json) -> Json {
    let mut config = json!({
        "name": NAME, "key_vault_key_identifier": KEY,
        "timeouts": { "create": "10m", "read": "2m", "update": "10m" },
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config
}

const UNPROTECTED: fn() -> Json = || config(json!({ "deletion_protection": false }));

fn nothing(_: &mut Cli<'_>) {}

/// Applies another configuration, without a fault.
fn applied(cli: &mut Cli<'_>, config: Json) {
    let wanted = std::mem::replace(&mut cli.config, config);
    let end = cli.run(Command::Apply);
    assert!(matches!(end, End::Done(_)), "{end:?}");
    cli.config = wanted;
}

/// Submitted, and nobody waits.
fn submitted(cli: &mut Cli<'_>) {
    applied(cli, config(json!({ "wait_for_completion": false })));
}

fn in_effect(cli: &mut Cli<'_>) {
    applied(cli, config(json!({})));
    assert_eq!(cli.state.as_ref().unwrap().state["status"], "COMPLETED");
}

fn unprotected(cli: &mut Cli<'_>) {
    cli.config = UNPROTECTED();
    applied(cli, UNPROTECTED());
}

fn taint(cli: &mut Cli<'_>) {
    cli.state.as_mut().unwrap().is_tainted = true;
}

/// Accepted or not, its response was lost, and the create ended without knowing.
fn uncertain(cli: &mut Cli<'_>) {
    submitted(cli);
    let object = cli.state.as_mut().unwrap();
    for unknown in ["id", "status"] {
        object.state[unknown] = Json::Null;
    }
    let mut private: Json = serde_json::from_slice(&object.private).unwrap();
    private["confirmed"] = json!(false);
    object.private = serde_json::to_vec(&private).unwrap();
    object.is_tainted = true;
}

/// Submitted, failed since, and read so.
fn failed(cli: &mut Cli<'_>) {
    submitted(cli);
    assert!(cli.adobe.control.set_status(NAME, "FAILED"));
    let config = config(json!({ "wait_for_completion": false }));
    let wanted = std::mem::replace(&mut cli.config, config);
    assert!(matches!(cli.run(Command::Refresh), End::Done(_)));
    cli.config = wanted;
}

/// The table.
pub(super) fn steps() -> Vec<Step> {
    let create = Step {
        name: "create",
        requests: 6,
        command: Command::Apply,
        goal: Goal::InEffect,
        ends_well: true,
        prepare: nothing,
        meanwhile: |_| (),
        options: as_usual,
    };
    let taken = Step { requests: 1, goal: Goal::Taken, ends_well: false, ..create };
    vec![
        create,
        Step {
            name: "create with client credentials",
            requests: 6,
            prepare: |cli| {
                cli.config = config(json!({ "wait_for_completion": false }));
            },
            options: |options| {
                at_once(options);
                options.tokens.clear();
            },
            ..create
        },
        Step {
            name: "create without waiting",
            requests: 4,
            prepare: |cli| cli.config = config(json!({ "wait_for_completion": false })),
            options: at_once,
            ..create
        },
        Step {
            name: "create where the job fails and is submitted again",
            requests: 8,
            prepare: |cli| cli.config = config(json!({ "failed_attempts": "1" })),
            options: failing,
            ..create
        },
        Step {
            name: "create where the job fails",
            requests: 5,
            ends_well: false,
            options: failing,
            ..create
        },
        Step {
            name: "submit a failure again that shows for some time",
            requests: 6,
            prepare: failed,
            options: |options| {
                at_once(options);
                options.resubmit_failed = ResubmitFailed::NewIdAfter(Duration::from_secs(2));
            },
            ..create
        },
        Step {
            name: "create over somebody's failure",
            requests: 5,
            prepare: |cli| cli.adobe.control.insert(NAME, KEY, "FAILED"),
            options: at_once,
            ..create
        },
        Step {
            name: "adopt",
            requests: 3,
            prepare: |cli| cli.adobe.control.insert(NAME, KEY_VERSIONLESS, "COMPLETED"),
            ..create
        },
        Step {
            name: "resume a job after taint",
            requests: 6,
            prepare: |cli| {
                submitted(cli);
                taint(cli);
            },
            options: |options| {
                options.stages = vec![("RUNNING", Duration::from_secs(2))];
            },
            ..create
        },
        Step {
            name: "resume what failed after taint",
            requests: 6,
            prepare: |cli| {
                failed(cli);
                taint(cli);
            },
            options: at_once,
            ..create
        },
        Step {
            name: "resume what was accepted unseen",
            requests: 4,
            prepare: uncertain,
            options: at_once,
            ..create
        },
        Step {
            name: "resume what never arrived",
            requests: 8,
            prepare: |cli| {
                uncertain(cli);
                assert!(cli.adobe.control.remove(NAME));
            },
            options: at_once,
            ..create
        },
        Step {
            name: "replace a tainted object in effect by itself",
            requests: 4,
            prepare: |cli| {
                in_effect(cli);
                taint(cli);
            },
            options: at_once,
            ..create
        },
        Step {
            name: "submit a failure again in place",
            requests: 4,
            prepare: failed,
            options: at_once,
            ..create
        },
        Step {
            name: "another key for a failure in place",
            requests: 6,
            prepare: |cli| {
                failed(cli);
                cli.config = config(json!({ "key_vault_key_identifier": OTHER_KEY }));
            },
            options: at_once,
            ..create
        },
        Step {
            name: "go on waiting in place",
            requests: 6,
            prepare: submitted,
            options: |options| {
                options.stages = vec![("RUNNING", Duration::from_secs(5))];
            },
            ..create
        },
        Step {
            name: "submit what is gone again in place",
            requests: 8,
            prepare: |cli| {
                in_effect(cli);
                assert!(cli.adobe.control.remove(NAME));
            },
            options: at_once,
            ..create
        },
        Step {
            name: "lift the protection",
            requests: 1,
            prepare: |cli| {
                in_effect(cli);
                cli.config = UNPROTECTED();
            },
            ..create
        },
        Step {
            name: "refresh",
            requests: 1,
            command: Command::Refresh,
            prepare: in_effect,
            ..create
        },
        Step {
            name: "refresh what has completed",
            requests: 1,
            command: Command::Refresh,
            prepare: submitted,
            options: at_once,
            ..create
        },
        Step {
            name: "import",
            requests: 2,
            command: Command::Import,
            prepare: |cli| cli.adobe.control.insert(NAME, KEY, "COMPLETED"),
            ..create
        },
        Step {
            name: "rename without protection",
            requests: 6,
            goal: Goal::Renamed,
            prepare: |cli| {
                unprotected(cli);
                cli.config["name"] = json!("Config2");
            },
            options: at_once,
            ..create
        },
        Step {
            name: "rename in letter case without protection",
            requests: 6,
            goal: Goal::Renamed,
            prepare: |cli| {
                unprotected(cli);
                cli.config["name"] = json!(NAME.to_lowercase());
            },
            options: at_once,
            ..create
        },
        Step {
            name: "create under a name with a slash",
            requests: 4,
            prepare: |cli| cli.config["name"] = json!(SLASHED),
            options: at_once,
            ..create
        },
        Step {
            name: "create under a name that the gateway does not take",
            requests: 1,
            goal: Goal::Impossible,
            ends_well: false,
            prepare: |cli| cli.config["name"] = json!(SLASHED),
            options: |options| options.takes_slashes = false,
            ..create
        },
        Step {
            name: "an endpoint with a wrong path",
            requests: 1,
            goal: Goal::Refused,
            ends_well: false,
            prepare: |cli| {
                in_effect(cli);
                let mut block = cli.adobe.block.borrow_mut();
                block["endpoint"] = json!(format!("{}/a/b", block["endpoint"].as_str().unwrap()));
            },
            ..create
        },
        Step {
            name: "an endpoint whose name does not resolve",
            requests: 0,
            goal: Goal::Refused,
            ends_well: false,
            prepare: |cli| {
                in_effect(cli);
                cli.adobe.block.borrow_mut()["endpoint"] = json!("https://adobe.invalid");
            },
            ..create
        },
        Step {
            name: "create where the identity service's name does not resolve",
            requests: 0,
            goal: Goal::Impossible,
            ends_well: false,
            prepare: |cli| {
                cli.adobe.block.borrow_mut()["ims_endpoint"] = json!("https://ims.invalid");
            },
            options: |options| options.tokens.clear(),
            ..create
        },
        Step {
            name: "create where another key has the name",
            prepare: |cli| cli.adobe.control.insert(NAME, OTHER_KEY, "COMPLETED"),
            ..taken
        },
        Step {
            name: "create where the job of another key runs",
            prepare: |cli| cli.adobe.control.insert(NAME, OTHER_KEY, "RUNNING"),
            ..taken
        },
        Step {
            name: "create where another key has failed",
            prepare: |cli| cli.adobe.control.insert(NAME, OTHER_KEY, "FAILED"),
            ..taken
        },
        Step {
            name: "create where another key takes the name after the plan",
            requests: 2,
            meanwhile: |control| control.insert(NAME, OTHER_KEY, "RUNNING"),
            ..taken
        },
        Step {
            name: "submit a failure again that has another key since the plan",
            requests: 2,
            prepare: failed,
            meanwhile: |control| {
                assert!(control.set_key(NAME, OTHER_KEY) && control.set_status(NAME, "RUNNING"));
            },
            ..taken
        },
        Step {
            name: "replace by hand without protection",
            requests: 4,
            command: Command::Replace,
            prepare: unprotected,
            options: at_once,
            ..create
        },
        Step {
            name: "rename under protection",
            requests: 1,
            goal: Goal::Refused,
            ends_well: false,
            prepare: |cli| {
                in_effect(cli);
                cli.config["name"] = json!("Config2");
            },
            ..create
        },
        Step {
            name: "another key for a tainted object under protection",
            requests: 1,
            goal: Goal::Refused,
            ends_well: false,
            prepare: |cli| {
                in_effect(cli);
                taint(cli);
                cli.config["key_vault_key_identifier"] = json!(OTHER_KEY);
            },
            ..create
        },
        Step {
            name: "another key for a failure that was in effect, under protection",
            requests: 1,
            goal: Goal::Refused,
            ends_well: false,
            prepare: |cli| {
                in_effect(cli);
                assert!(cli.adobe.control.set_status(NAME, "FAILED"));
                assert!(matches!(cli.run(Command::Refresh), End::Done(_)));
                cli.config["key_vault_key_identifier"] = json!(OTHER_KEY);
            },
            ..create
        },
        Step {
            name: "destroy under protection",
            requests: 1,
            command: Command::Destroy,
            goal: Goal::Refused,
            ends_well: false,
            prepare: in_effect,
            ..create
        },
        Step {
            name: "destroy without protection",
            requests: 1,
            command: Command::Destroy,
            goal: Goal::Forgotten,
            prepare: unprotected,
            ..create
        },
        Step {
            name: "destroy a failure under protection",
            requests: 3,
            command: Command::Destroy,
            goal: Goal::Forgotten,
            prepare: failed,
            options: at_once,
            ..create
        },
    ]
}
