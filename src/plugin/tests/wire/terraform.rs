//! The same host, driven by the real CLIs.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::client::{Launch, SOON, eventually};
use super::clis::{Cli, Feature, cli, with_each};
use super::toy;

/// A directory with a configuration that uses the toy provider.
struct Workspace(TempDir, &'static Cli);

impl Workspace {
    fn new(configuration: &str) -> Self {
        Self::with(cli(), configuration)
    }

    fn with(cli: &'static Cli, configuration: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        std::fs::create_dir(path.join("plugins")).unwrap();
        std::os::unix::fs::symlink(toy(), path.join("plugins/terraform-provider-toy")).unwrap();
        std::fs::write(
            path.join("cli.tfrc"),
            format!(
                "provider_installation {{\n  dev_overrides {{\n    \"example/toy\" = {:?}\n  }}\n  direct {{}}\n}}\n",
                path.join("plugins")
            ),
        )
        .unwrap();
        let head = "terraform {\n  required_providers {\n    toy = {\n      source = \"example/toy\"\n    }\n  }\n}\n";
        let workspace = Self(directory, cli);
        workspace.write("main.tf", &format!("{head}{configuration}"));
        workspace
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.1.path());
        command
            .args(arguments)
            .arg("-no-color")
            .current_dir(self.path())
            .env("TF_CLI_CONFIG_FILE", self.path().join("cli.tfrc"))
            .env("TF_DATA_DIR", self.path().join(".terraform"))
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_LOG")
            .env_remove("TF_LOG_PROVIDER");
        command
    }

    fn terraform(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.terraform(arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{} {arguments:?}: {text}{}",
            self.1,
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }

    fn state(&self) -> Json {
        serde_json::from_str(
            &std::fs::read_to_string(self.path().join("terraform.tfstate")).unwrap(),
        )
        .unwrap()
    }
}

const EVERYTHING: &str = r#"
provider "toy" {
  endpoint = "here"
}
resource "toy_thing" "a" {
  name     = "a"
  count_of = 9007199254740993
  weight   = 0.1
  ratio    = 3.14159265358979323846264338327950288
  extra    = { a = [1, "x", 0.3], b = null }
  tags     = ["b", "a"]
  labels   = { k = "v" }
  settings = { mode = "m", level = 3 }
  rules    = [{ port = 80 }, { port = 443, note = "tls" }]
  secret   = "hush"
  limits {
    max = 5
  }
  owner {
    email = "a@b"
  }
  disk {
    size = 0.1
  }
  disk {
    size  = 1.5
    label = "x"
  }
  network {
    cidr = "10.0.0.0/8"
  }
  network {
    cidr = "1.0.0.0/8"
  }
}
resource "toy_thing" "b" {
  name = toy_thing.a.id
}
"#;

/// A data source on its own: beside one, whoever provides it, Terraform 1.15 takes every refresh for drift.
const FUNCTION: &str = r#"
data "toy_lookup" "x" {
  key = "abc"
}
output "joined" {
  value = provider::toy::join("-", data.toy_lookup.x.value, null, toy_thing.b.id)
}
"#;

#[test]
fn a_configuration_with_everything_is_applied_and_stays_as_it_is() {
    with_each(|cli| {
        let workspace = Workspace::with(cli, EVERYTHING);
        workspace.succeed(&["apply", "-auto-approve"]);
        let text = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
        for number in ["9007199254740993", "3.14159265358979323846264338327950288"] {
            assert!(text.contains(number), "{number} is in the state");
        }
        // No number of it is taken for drift.
        for arguments in [
            ["plan", "-detailed-exitcode"].as_slice(),
            &["plan", "-detailed-exitcode", "-refresh-only"],
        ] {
            assert!(workspace.succeed(arguments).contains("No changes"));
        }

        let main = std::fs::read_to_string(workspace.path().join("main.tf")).unwrap();
        let renamed = main.replace("name     = \"a\"", "name     = \"z\"");
        workspace.write("main.tf", &renamed);
        workspace.succeed(&["plan", "-out=planned"]);
        let planned: Json =
            serde_json::from_str(&workspace.succeed(&["show", "-json", "planned"])).unwrap();
        assert_eq!(
            planned["resource_changes"][0]["change"]["actions"],
            json!(["delete", "create"])
        );
        let replaced = workspace.succeed(&["apply", "planned"]);
        assert!(replaced.contains("2 added, 0 changed, 2 destroyed"), "{replaced}");
        workspace.succeed(&["destroy", "-auto-approve"]);
        assert_eq!(workspace.state()["resources"], json!([]));
    });
}

#[test]
fn a_function_is_called_where_the_cli_has_functions() {
    with_each(|cli| {
        let workspace = Workspace::with(cli, &[EVERYTHING, FUNCTION].concat());
        let output = workspace.terraform(&["apply", "-auto-approve"]);
        assert_eq!(output.status.success(), cli.has(Feature::Functions), "{cli}");
        if output.status.success() {
            assert_eq!(workspace.state()["outputs"]["joined"]["value"], "ABC--id-id-a");
        }
    });
}

#[test]
fn a_panic_is_shown_as_the_plugin_s_crash() {
    let workspace = Workspace::new("resource \"toy_bomb\" \"b\" {\n  at = \"create\"\n}\n");
    let output = workspace.terraform(&["apply", "-auto-approve"]);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    for part in [
        "The provider crashed",
        "Stack trace from the terraform-provider-toy plugin",
        "panic: the bomb went off in create",
        "plugin crashed!",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn what_a_panic_may_have_created_is_in_the_state() {
    let workspace = Workspace::new("resource \"toy_wrong\" \"w\" {\n  how = \"panic\"\n}\n");
    let output = workspace.terraform(&["apply", "-auto-approve"]);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.matches("Error: The provider crashed").count(), 1, "{text}");
    assert!(!text.contains("inconsistent result"), "{text}");
    let state = workspace.state();
    let instance = &state["resources"][0]["instances"][0];
    assert_eq!(instance["status"], json!("tainted"), "{state}");
    assert_eq!(instance["attributes"], json!({ "how": "panic", "result": null }));
}

#[test]
fn an_old_state_is_upgraded() {
    with_each(|cli| {
        let workspace = Workspace::with(cli, "resource \"toy_thing\" \"a\" {\n  name = \"t\"\n}\n");
        let state = json!({
            "version": 4, "terraform_version": "1.5.7", "serial": 1, "lineage": "x", "outputs": {},
            "resources": [{
                "mode": "managed", "type": "toy_thing", "name": "a",
                "provider": format!("provider[\"{}/example/toy\"]", cli.registry()),
                "instances": [{
                    "schema_version": 1,
                    "attributes": { "id": "id-t", "title": "t", "generation": 1 },
                    "sensitive_attributes": [],
                }],
            }],
        });
        workspace.write("terraform.tfstate", &state.to_string());
        assert!(workspace.succeed(&["plan", "-detailed-exitcode"]).contains("No changes"));
    });
}

#[test]
fn an_error_points_into_the_configuration() {
    let workspace =
        Workspace::new("resource \"toy_thing\" \"a\" {\n  name = \"a\"\n  count_of = 0.5\n}\n");
    let output = workspace.terraform(&["validate"]);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("count_of = 0.5"), "{text}");
}

#[test]
fn an_import_is_planned_and_applied() {
    let workspace = Workspace::new(
        "import {\n  to = toy_thing.a\n  id = \"id-a\"\n}\nresource \"toy_thing\" \"a\" {\n  name = \"a\"\n}\n",
    );
    let applied = workspace.succeed(&["apply", "-auto-approve"]);
    assert!(applied.contains("1 imported, 0 added"), "{applied}");
    assert_eq!(
        workspace.state()["resources"][0]["instances"][0]["attributes"]["generation"],
        json!(40)
    );
}

#[test]
fn the_schema_is_asked_for_once_a_command() {
    let workspace = Workspace::new("resource \"toy_thing\" \"a\" {\n  name = \"a\"\n}\n");
    let log = workspace.path().join("log");
    let output = workspace
        .command(&["apply", "-auto-approve"])
        .env("TF_LOG_PROVIDER", "DEBUG")
        .env("TF_LOG_PATH", &log)
        .output()
        .unwrap();
    assert!(output.status.success());
    let log = std::fs::read_to_string(log).unwrap();
    let served = log
        .lines()
        .filter(|line| line.contains("Served request") && line.contains("tf_rpc=GetProviderSchema"))
        .count();
    assert_eq!(served, 1, "{log}");
}

/// What is unknown at the plan, and what no float holds.
const UNKNOWN_UNTIL_APPLY: &str = r#"
resource "toy_thing" "b" {
  name = "b"
}
resource "toy_thing" "c" {
  name = "c"
}
resource "toy_thing" "a" {
  name = "a"
  tags = [toy_thing.b.id, toy_thing.c.id]
  dynamic "disk" {
    for_each = split("-", toy_thing.b.id)
    content {
      size  = 1
      label = disk.value
    }
  }
}
"#;

#[test]
fn unknown_elements_and_unknown_blocks_are_planned_and_applied() {
    with_each(|cli| {
        let workspace = Workspace::with(cli, UNKNOWN_UNTIL_APPLY);
        workspace.succeed(&["apply", "-auto-approve"]);
        let state = workspace.state();
        let thing = state["resources"].as_array().unwrap().iter().find(|of| of["name"] == "a");
        let thing = &thing.unwrap()["instances"][0]["attributes"];
        assert_eq!(thing["tags"], json!(["id-b", "id-c"]));
        assert_eq!(thing["disk"].as_array().unwrap().len(), 2);
        workspace.succeed(&["plan", "-detailed-exitcode"]);
    });
}

#[test]
fn a_number_that_the_provider_would_round_is_refused() {
    let workspace = Workspace::new(
        "resource \"toy_thing\" \"a\" {\n  name = \"a\"\n  weight = 9007199254740993\n}\n",
    );
    let output = workspace.terraform(&["plan"]);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("more digits than the provider can hold"), "{text}");
}

#[test]
fn it_works_without_tls_where_the_user_asks_for_that() {
    let workspace = Workspace::new("resource \"toy_thing\" \"a\" {\n  name = \"a\"\n}\n");
    let output = workspace
        .command(&["apply", "-auto-approve"])
        .env("TF_DISABLE_PLUGIN_TLS", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn one_process_in_debug_mode_serves_several_commands() {
    let plugin = Launch::bare(toy()).arg("-debug").start().await;
    let providers = plugin
        .line
        .strip_prefix("TF_REATTACH_PROVIDERS='")
        .and_then(|rest| rest.strip_suffix('\''))
        .unwrap();
    let workspace = Workspace::new("resource \"toy_thing\" \"a\" {\n  name = \"a\"\n}\n");
    for arguments in [&["apply", "-auto-approve"], &["destroy", "-auto-approve"]] {
        let output = workspace
            .command(arguments)
            .env_remove("TF_CLI_CONFIG_FILE")
            .env("TF_REATTACH_PROVIDERS", providers)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    assert!(plugin.socket_of_debug().exists());
}

#[tokio::test]
async fn an_interrupted_apply_keeps_what_exists() {
    let diary = tempfile::tempdir().unwrap();
    let path = diary.path().join("diary");
    let workspace =
        Workspace::new(&format!("resource \"toy_waiter\" \"w\" {{\n  diary = {path:?}\n}}\n"));
    // A process group of its own, as a terminal gives: Ctrl-C reaches terraform and its plugins alike.
    let mut terraform =
        tokio::process::Command::from(workspace.command(&["apply", "-auto-approve"]))
            .process_group(0)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
    let begun = || std::fs::read_to_string(&path).unwrap_or_default().contains("begun");
    eventually("the creation begins", begun).await;
    let group = terraform.id().unwrap();
    let status =
        Command::new("kill").args(["-s", "INT", "--", &format!("-{group}")]).status().unwrap();
    assert!(status.success());
    let status =
        tokio::time::timeout(SOON, terraform.wait()).await.expect("terraform ends").unwrap();
    assert!(!status.success());
    let state = workspace.state();
    let instance = &state["resources"][0]["instances"][0];
    assert_eq!(instance["attributes"]["id"], json!("waited"), "{state}");
    assert_eq!(instance["status"], json!("tainted"));
}
