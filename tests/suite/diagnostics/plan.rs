//! What a plan warns of and what it stops, and the same in an apply.

use std::time::Duration;

use aep_simulator::{Reply, Route, stages};

use super::{Case, Stage};
use crate::support::{KEY, OTHER_KEY, resource};

const OFF: &str = "deletion_protection = false";
const DESTROY: [&str; 3] = ["destroy", "-auto-approve", "-input=false"];
const REFRESH: [&str; 3] = ["apply", "-refresh-only", "-auto-approve"];
const SAVE: [&str; 3] = ["plan", "-out=p", "-input=false"];
const APPLY_SAVED: [&str; 3] = ["apply", "-input=false", "p"];

pub(super) const CASES: &[Case] = &[
    ("the configuration exists: it is adopted", |stage| {
        stage.exists(KEY, "COMPLETED").one("").plan()
    }),
    ("the configuration exists: adopted by an apply", |stage| {
        // The plan cannot know: it comes between the two.
        stage.one("").ran(&SAVE).exists(KEY, "COMPLETED").show(&APPLY_SAVED)
    }),
    ("the configuration exists: adoption is off", |stage| {
        stage.exists(KEY, "RUNNING").one("adopt_existing = false").plan()
    }),
    ("the configuration exists: another key", |stage| {
        stage.exists(OTHER_KEY, "COMPLETED").one("").plan()
    }),
    ("the configuration exists: the key is not known", |stage| {
        stage.exists(OTHER_KEY, "COMPLETED").written(&late_key("")).plan()
    }),
    ("the configuration exists: its key cannot be read", |stage| {
        stage.exists("adobe-cmk", "COMPLETED").one("").plan()
    }),
    ("the configuration exists: somebody's FAILED with another key", |stage| {
        stage.exists(OTHER_KEY, "FAILED").one("").plan()
    }),
    ("two blocks, one name, two keys", |stage| {
        stage.written(&two(&format!("{OTHER_KEY:?}"))).plan()
    }),
    ("two blocks, one name, two keys: seen at apply", |stage| {
        stage.written(&(data("key", OTHER_KEY) + &two("terraform_data.key.output"))).apply()
    }),
    ("protected: destroy", |stage| stage.one("").applied().show(&DESTROY)),
    ("protected: the block is gone", |stage| stage.one("").applied().written("").plan()),
    ("protected: another key", |stage| {
        stage.one("").applied().written(&resource("Config1", OTHER_KEY, "")).plan()
    }),
    ("protected: the key was changed at Adobe", |stage| {
        stage.one("").applied().rekeyed(OTHER_KEY).plan()
    }),
    ("protected: another name", |stage| {
        stage.one("").applied().written(&resource("Config2", KEY, "")).plan()
    }),
    ("protected: another name and key", |stage| {
        stage.one("").applied().written(&resource("Config2", OTHER_KEY, "")).plan()
    }),
    ("protected: -replace", |stage| {
        stage.one("").applied().show(&["plan", "-replace=aep_cmk_config.this", "-input=false"])
    }),
    ("protected: the key is not known", |stage| {
        stage.one("").applied().written(&late_key("")).plan()
    }),
    ("protected: the name is not known", |stage| {
        stage.one("").applied().written(&late_name()).plan()
    }),
    ("protected: FAILED by now, and it was in effect", |stage| {
        stage.one("").applied().becomes("FAILED").show(&DESTROY)
    }),
    ("protected: FAILED and never in effect, until the destroy asks", |stage| {
        stage.one("wait_for_completion = false").applied().becomes("FAILED").ran(&REFRESH);
        stage.becomes("RUNNING").show(&[
            "destroy",
            "-refresh=false",
            "-auto-approve",
            "-input=false",
        ])
    }),
    ("tainted: another name and key", |stage| {
        // A plan does not know the object by this name; the destroy does.
        stage.tainted().written(&resource("Config2", OTHER_KEY, "")).apply()
    }),
    ("tainted: another key", |stage| {
        stage.tainted().written(&resource("Config1", OTHER_KEY, "")).plan()
    }),
    ("tainted: the key is not known", |stage| stage.tainted().written(&late_key("")).plan()),
    // The destroy runs while the name is still unknown.
    ("tainted: the name is not known", |stage| stage.tainted().written(&late_name()).apply()),
    ("a deposed copy", |stage| {
        let hour = Duration::from_secs(3600);
        stage.control().configure(|options| options.stages = stages(hour));
        let first = "lifecycle {\n    create_before_destroy = true\n  }";
        stage.one(&format!("timeouts {{\n    create = \"1s\"\n  }}\n  {first}"));
        for _ in 0..2 {
            stage.project.apply().exits(1);
        }
        stage.plan()
    }),
    ("Adobe no longer finds the configuration", |stage| stage.one("").applied().gone().plan()),
    ("Adobe no longer finds the configuration: destroy", |stage| {
        stage.one("").applied().gone().show(&DESTROY)
    }),
    ("unprotected: Adobe no longer finds the configuration, destroy", |stage| {
        stage.one(OFF).applied().gone().show(&DESTROY)
    }),
    ("unprotected: the key is not known", |stage| {
        stage.one(OFF).applied().written(&late_key(OFF)).plan()
    }),
    ("unprotected: FAILED and never in effect, destroy", |stage| {
        let unprotected = format!("wait_for_completion = false\n  {OFF}");
        stage.one(&unprotected).applied().becomes("FAILED").show(&DESTROY)
    }),
    ("unprotected: another key under the same name", |stage| {
        stage.one(OFF).applied().written(&resource("Config1", OTHER_KEY, OFF)).plan()
    }),
    ("unprotected: destroy", |stage| stage.one(OFF).applied().show(&DESTROY)),
    ("another organisation", |stage| {
        stage.one("").applied().with("AEP_ORG_ID", "FEDCBA0987654321FEDCBA09@AdobeOrg").plan()
    }),
    ("another endpoint, without the configuration", |stage| {
        elsewhere(stage.one("").applied()).plan()
    }),
    ("another endpoint, in the apply of a saved plan", |stage| {
        elsewhere(stage.tainted().ran(&SAVE)).show(&APPLY_SAVED)
    }),
    ("an import of nothing", |stage| stage.one("").imports("config1").plan()),
    ("a data source of nothing", |stage| {
        stage.written("data \"aep_cmk_config\" \"this\" {\n  name = \"config1\"\n}").plan()
    }),
    ("Adobe responds with a key that is none", |stage| {
        stage.one("").applied().rekeyed("adobe-cmk").plan()
    }),
];

/// The provider is configured for an endpoint that has nothing.
fn elsewhere(stage: &mut Stage) -> &mut Stage {
    let moved = format!("{}/elsewhere", stage.url());
    stage.with("AEP_ENDPOINT", &moved).replies(Route::Any, Reply::not_found())
}

fn data(label: &str, value: &str) -> String {
    format!("resource \"terraform_data\" \"{label}\" {{\n  input = {value:?}\n}}\n")
}

/// A block whose key an apply will bring.
fn late_key(more: &str) -> String {
    let block = resource("Config1", KEY, more);
    data("key", KEY) + &block.replace(&format!("{KEY:?}"), "terraform_data.key.output")
}

/// A block whose name an apply will bring.
fn late_name() -> String {
    let block = resource("Config1", KEY, "").replace("\"Config1\"", "terraform_data.name.output");
    data("name", "Config1") + &block
}

/// Two blocks with one name, the second one with the key `other`. They come in that order.
fn two(other: &str) -> String {
    let second = resource("Config1", KEY, "depends_on = [aep_cmk_config.this]")
        .replace("\"this\"", "\"other\"")
        .replace(&format!("{KEY:?}"), other);
    resource("Config1", KEY, "") + &second
}
