//! What a plan warns of and what it stops, and the same in an apply.

use std::time::Duration;

use aep_simulator::{Route, Stages};

use super::Case;
use crate::support::{KEY, OTHER_KEY, resource};

pub(super) const CASES: &[Case] = &[
    ("the configuration exists: it is adopted", |stage| {
        stage.control().insert("Config1", KEY, "COMPLETED");
        stage.one("").plan();
    }),
    ("the configuration exists: adopted by an apply", |stage| {
        // Nobody could know it at the plan: it comes between the two.
        stage.one("");
        stage.project.run(&["plan", "-out=p", "-input=false"]).exits(0);
        stage.control().insert("Config1", KEY, "COMPLETED");
        stage.show(&["apply", "-input=false", "p"]);
    }),
    ("the configuration exists: adoption is off", |stage| {
        stage.control().insert("Config1", KEY, "RUNNING");
        stage.one("adopt_existing = false").plan();
    }),
    ("the configuration exists: another key", |stage| {
        stage.control().insert("Config1", OTHER_KEY, "COMPLETED");
        stage.one("").plan();
    }),
    ("the configuration exists: the key is not known", |stage| {
        stage.control().insert("Config1", OTHER_KEY, "COMPLETED");
        stage.project.configure(&unknown("Config1", KEY));
        stage.plan();
    }),
    ("the configuration exists: its key cannot be read", |stage| {
        stage.control().insert("Config1", "adobe-cmk", "COMPLETED");
        stage.one("").plan();
    }),
    ("the configuration exists: somebody's FAILED with another key", |stage| {
        stage.control().insert("Config1", OTHER_KEY, "FAILED");
        stage.one("").plan();
    }),
    ("two blocks, one name, two keys", |stage| {
        stage.project.configure(&two(&format!("{OTHER_KEY:?}")));
        stage.plan();
    }),
    ("two blocks, one name, two keys: seen at apply", |stage| {
        let data = format!("resource \"terraform_data\" \"key\" {{\n  input = {OTHER_KEY:?}\n}}\n");
        let blocks = two("terraform_data.key.output");
        stage.project.configure(&format!("{data}{blocks}"));
        stage.apply();
    }),
    ("protected: destroy", |stage| {
        stage.one("").applied();
        stage.show(&["destroy", "-auto-approve", "-input=false"]);
    }),
    ("protected: the block is gone", |stage| {
        stage.one("").applied();
        stage.project.configure("");
        stage.plan();
    }),
    ("protected: another key", |stage| {
        stage.one("").applied();
        stage.project.configure(&resource("Config1", OTHER_KEY, ""));
        stage.plan();
    }),
    ("protected: the key was changed at Adobe", |stage| {
        stage.one("").applied();
        stage.control().set_key("Config1", OTHER_KEY);
        stage.plan();
    }),
    ("protected: another name", |stage| {
        stage.one("").applied();
        stage.project.configure(&resource("Config2", KEY, ""));
        stage.plan();
    }),
    ("protected: another name and key", |stage| {
        stage.one("").applied();
        stage.project.configure(&resource("Config2", OTHER_KEY, ""));
        stage.plan();
    }),
    ("protected: -replace", |stage| {
        stage.one("").applied();
        stage.show(&["plan", "-replace=aep_cmk_config.this", "-input=false"]);
    }),
    ("protected: the key is not known", |stage| {
        stage.one("").applied();
        stage.project.configure(&unknown("Config1", KEY));
        stage.plan();
    }),
    ("protected: the name is not known", |stage| {
        stage.one("").applied();
        stage.project.configure(&unknown_name());
        stage.plan();
    }),
    ("protected: FAILED by now, and it was in effect", |stage| {
        stage.one("").applied();
        stage.control().set_status("Config1", "FAILED");
        stage.show(&["destroy", "-auto-approve", "-input=false"]);
    }),
    ("protected: FAILED and never in effect, until the destroy asks", |stage| {
        stage.one("wait_for_completion = false").applied();
        stage.control().set_status("Config1", "FAILED");
        stage.project.run(&["apply", "-refresh-only", "-auto-approve"]).exits(0);
        stage.control().set_status("Config1", "RUNNING");
        stage.show(&["destroy", "-refresh=false", "-auto-approve", "-input=false"]);
    }),
    ("tainted: another name and key", |stage| {
        stage.one("").applied();
        stage.project.run(&["taint", "aep_cmk_config.this"]).exits(0);
        stage.project.configure(&resource("Config2", OTHER_KEY, ""));
        // A plan does not know the object by this name; the destroy does.
        stage.apply();
    }),
    ("tainted: another key", |stage| {
        stage.one("").applied();
        stage.project.run(&["taint", "aep_cmk_config.this"]).exits(0);
        stage.project.configure(&resource("Config1", OTHER_KEY, ""));
        stage.plan();
    }),
    ("tainted: the key is not known", |stage| {
        stage.one("").applied();
        stage.project.run(&["taint", "aep_cmk_config.this"]).exits(0);
        stage.project.configure(&unknown("Config1", KEY));
        stage.plan();
    }),
    ("tainted: the name is not known", |stage| {
        stage.one("").applied();
        stage.project.run(&["taint", "aep_cmk_config.this"]).exits(0);
        stage.project.configure(&unknown_name());
        // The destroy runs while the name is still unknown.
        stage.apply();
    }),
    ("a deposed copy", |stage| {
        let hour = Duration::from_secs(3600);
        stage.control().configure(|options| options.stages = Stages::each(hour));
        stage.one(
            "timeouts {\n    create = \"1s\"\n  }\n  lifecycle {\n    create_before_destroy = true\n  }",
        );
        for _ in 0..2 {
            stage.project.apply().exits(1);
        }
        stage.plan();
    }),
    ("Adobe no longer finds the configuration", |stage| {
        stage.one("").applied();
        stage.control().remove("Config1");
        stage.plan();
    }),
    ("Adobe no longer finds the configuration: destroy", |stage| {
        stage.one("").applied();
        stage.control().remove("Config1");
        stage.show(&["destroy", "-auto-approve", "-input=false"]);
    }),
    ("unprotected: Adobe no longer finds the configuration, destroy", |stage| {
        stage.one("deletion_protection = false").applied();
        stage.control().remove("Config1");
        stage.show(&["destroy", "-auto-approve", "-input=false"]);
    }),
    ("unprotected: the key is not known", |stage| {
        stage.one("deletion_protection = false").applied();
        let block = unknown("Config1", KEY);
        let block = block
            .replace("name = \"Config1\"", "name = \"Config1\"\n  deletion_protection = false");
        stage.project.configure(&block);
        stage.plan();
    }),
    ("unprotected: FAILED and never in effect, destroy", |stage| {
        stage.one("wait_for_completion = false\n  deletion_protection = false").applied();
        stage.control().set_status("Config1", "FAILED");
        stage.show(&["destroy", "-auto-approve", "-input=false"]);
    }),
    ("unprotected: another key under the same name", |stage| {
        stage.one("deletion_protection = false").applied();
        let block = resource("Config1", OTHER_KEY, "deletion_protection = false");
        stage.project.configure(&block);
        stage.plan();
    }),
    ("unprotected: destroy", |stage| {
        stage.one("deletion_protection = false").applied();
        stage.show(&["destroy", "-auto-approve", "-input=false"]);
    }),
    ("another organisation", |stage| {
        stage.one("").applied();
        stage.project.set("AEP_ORG_ID", "FEDCBA0987654321FEDCBA09@AdobeOrg");
        stage.plan();
    }),
    ("another endpoint, without the configuration", |stage| {
        stage.one("").applied();
        let moved = format!("{}/elsewhere", stage.url());
        stage.project.set("AEP_ENDPOINT", &moved);
        stage.answers(Route::Any, aep_simulator::Answer::not_found());
        stage.plan();
    }),
    ("another endpoint, in the apply of a saved plan", |stage| {
        stage.one("").applied();
        stage.project.run(&["taint", "aep_cmk_config.this"]).exits(0);
        stage.project.run(&["plan", "-out=p", "-input=false"]).exits(0);
        let moved = format!("{}/elsewhere", stage.url());
        stage.project.set("AEP_ENDPOINT", &moved);
        stage.answers(Route::Any, aep_simulator::Answer::not_found());
        stage.show(&["apply", "-input=false", "p"]);
    }),
    ("an import of nothing", |stage| {
        stage.one("");
        stage
            .project
            .write("import.tf", "import {\n  to = aep_cmk_config.this\n  id = \"config1\"\n}\n");
        stage.plan();
    }),
    ("a data source of nothing", |stage| {
        stage.project.configure("data \"aep_cmk_config\" \"this\" {\n  name = \"config1\"\n}");
        stage.plan();
    }),
    ("Adobe answers with a key that is none", |stage| {
        stage.one("").applied();
        stage.control().set_key("Config1", "adobe-cmk");
        stage.plan();
    }),
];

/// A block whose key an apply will bring.
fn unknown(name: &str, key: &str) -> String {
    let block = resource(name, key, "").replace(&format!("{key:?}"), "terraform_data.key.output");
    format!("resource \"terraform_data\" \"key\" {{\n  input = {key:?}\n}}\n{block}")
}

/// A block whose name an apply will bring.
fn unknown_name() -> String {
    let block = resource("Config1", KEY, "").replace("\"Config1\"", "terraform_data.name.output");
    format!("resource \"terraform_data\" \"name\" {{\n  input = \"Config1\"\n}}\n{block}")
}

/// Two blocks with one name, the second one with the key `other`. They come in that order.
fn two(other: &str) -> String {
    let first = resource("Config1", KEY, "");
    let second = resource("Config1", KEY, "depends_on = [aep_cmk_config.this]")
        .replace("\"this\"", "\"other\"")
        .replace(&format!("{KEY:?}"), other);
    format!("{first}{second}")
}
