//! The same host, driven by the real CLIs.

use std::path::Path;
use std::process::{Command, Output, Stdio};

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
        let workspace = Self(tempfile::tempdir().unwrap(), cli);
        let plugins = workspace.path().join("plugins");
        std::fs::create_dir(&plugins).unwrap();
        std::os::unix::fs::symlink(toy(), plugins.join("terraform-provider-toy")).unwrap();
        let overrides = format!("dev_overrides {{\n\"example/toy\" = {plugins:?}\n}}\ndirect {{}}");
        workspace.write("cli.tfrc", &format!("provider_installation {{\n{overrides}\n}}\n"));
        let source = "required_providers {\ntoy = {\nsource = \"example/toy\"\n}\n}";
        workspace.write("main.tf", &format!("terraform {{\n{source}\n}}\n{configuration}"));
        workspace
    }

    fn thing(arguments: &str) -> Self {
        Self::new(&format!("resource \"toy_thing\" \"a\" {{\n  {arguments}\n}}\n"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// A file that may be there.
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_default()
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

    fn succeed(&self, arguments: &[&str]) -> String {
        succeeded(&self.command(arguments).output().unwrap())
    }

    /// What it says of its failure.
    fn fail(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(!output.status.success(), "{} {arguments:?}: {output:?}", self.1);
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn state(&self) -> Json {
        serde_json::from_str(&self.read("terraform.tfstate")).unwrap()
    }

    /// The first object of the state.
    fn object(&self) -> Json {
        self.state()["resources"][0]["instances"][0].clone()
    }
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const APPLY: [&str; 2] = ["apply", "-auto-approve"];

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
  settings = { label = "m", size = 3 }
  rules    = [{ size = 80 }, { size = 443, label = "tls" }]
  secret   = "hush"
  limits {
    size = 5
  }
  owner {
    label = "a@b"
  }
  disk {
    size = 2
  }
  disk {
    size  = 1
    label = "x"
  }
  network {
    label = "10.0.0.0/8"
  }
  network {
    label = "1.0.0.0/8"
  }
}
resource "toy_thing" "b" {
  name = toy_thing.a.id
}
"#;

#[test]
fn a_configuration_with_everything_is_applied_and_stays_as_it_is() {
    with_each(|cli| {
        let workspace = Workspace::with(cli, EVERYTHING);
        workspace.succeed(&APPLY);
        let text = workspace.read("terraform.tfstate");
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

        let main = workspace.read("main.tf");
        let renamed = main.replace("name     = \"a\"", "name     = \"z\"");
        workspace.write("main.tf", &renamed);
        workspace.succeed(&["plan", "-out=planned"]);
        let planned = workspace.succeed(&["show", "-json", "planned"]);
        let planned: Json = serde_json::from_str(&planned).unwrap();
        let actions = &planned["resource_changes"][0]["change"]["actions"];
        assert_eq!(*actions, json!(["delete", "create"]));
        let replaced = workspace.succeed(&["apply", "planned"]);
        assert!(replaced.contains("2 added, 0 changed, 2 destroyed"), "{replaced}");
        workspace.succeed(&["destroy", "-auto-approve"]);
        assert_eq!(workspace.state()["resources"], json!([]));
    });
}

/// A data source on its own: beside one, whoever provides it, Terraform 1.15 takes every refresh
/// for drift.
const FUNCTION: &str = r#"
data "toy_lookup" "x" {
  key = "abc"
}
output "joined" {
  value = provider::toy::join("-", data.toy_lookup.x.value, null, "b")
}
"#;

#[test]
fn a_function_is_called_where_the_cli_has_functions() {
    with_each(|cli| {
        let workspace = Workspace::with(cli, FUNCTION);
        let output = workspace.command(&APPLY).output().unwrap();
        assert_eq!(output.status.success(), cli.has(Feature::Functions), "{cli}");
        if output.status.success() {
            assert_eq!(workspace.state()["outputs"]["joined"]["value"], "ABC--b");
        }
    });
}

/// What is unknown at the plan.
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
        workspace.succeed(&APPLY);
        let thing = &workspace.object()["attributes"];
        assert_eq!(thing["tags"], json!(["id-b", "id-c"]));
        assert_eq!(thing["disk"].as_array().unwrap().len(), 2);
        workspace.succeed(&["plan", "-detailed-exitcode"]);
    });
}

#[test]
fn a_number_that_the_provider_would_round_or_cannot_hold_is_refused_where_it_stands() {
    for (line, said) in [
        ("weight = 9007199254740993", "more digits than the provider can hold"),
        ("count_of = 0.5", "The provider cannot use this value"),
    ] {
        let workspace = Workspace::thing(&format!("name = \"a\"\n  {line}"));
        let refused = workspace.fail(&["plan"]);
        assert!(refused.contains(said) && refused.contains(line), "{refused}");
    }
}

#[test]
fn a_panic_is_shown_as_the_plugin_s_crash_and_what_it_may_have_created_is_in_the_state() {
    let workspace =
        Workspace::new("resource \"toy_puppet\" \"p\" {\n  how = \"panic in create\"\n}\n");
    let text = workspace.fail(&APPLY);
    for part in [
        "Stack trace from the terraform-provider-toy plugin",
        "panic: the bomb went off in create",
        "plugin crashed!",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert_eq!(text.matches("Error: The provider crashed").count(), 1, "{text}");
    assert!(!text.contains("inconsistent result"), "{text}");
    let object = workspace.object();
    assert_eq!(object["status"], json!("tainted"), "{object}");
    assert_eq!(object["attributes"]["how"], json!("panic in create"));
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
fn an_import_is_planned_and_applied() {
    let workspace = Workspace::thing("name = \"a\"");
    workspace.write("import.tf", "import {\n  to = toy_thing.a\n  id = \"id-a\"\n}\n");
    let applied = workspace.succeed(&APPLY);
    assert!(applied.contains("1 imported, 0 added"), "{applied}");
    assert_eq!(workspace.object()["attributes"]["generation"], json!(40));
}

#[test]
fn without_tls_it_works_too_and_the_schema_is_asked_for_once_a_command() {
    let workspace = Workspace::thing("name = \"a\"");
    let log = workspace.path().join("log");
    let mut command = workspace.command(&APPLY);
    command.env("TF_LOG_PROVIDER", "DEBUG").env("TF_LOG_PATH", &log);
    succeeded(&command.env("TF_DISABLE_PLUGIN_TLS", "1").output().unwrap());
    let log = std::fs::read_to_string(log).unwrap();
    let is_schema =
        |line: &&str| line.contains("Served request") && line.contains("tf_rpc=GetProviderSchema");
    assert_eq!(log.lines().filter(is_schema).count(), 1, "{log}");
}

#[tokio::test]
async fn one_process_in_debug_mode_serves_several_commands() {
    let plugin = Launch::bare(toy()).arg("-debug").start().await;
    let providers = plugin.line.strip_prefix("TF_REATTACH_PROVIDERS='").unwrap();
    let workspace = Workspace::thing("name = \"a\"");
    for arguments in [APPLY, ["destroy", "-auto-approve"]] {
        let mut command = workspace.command(&arguments);
        command.env_remove("TF_CLI_CONFIG_FILE");
        command.env("TF_REATTACH_PROVIDERS", providers.strip_suffix('\'').unwrap());
        succeeded(&command.output().unwrap());
    }
}

/// An apply that is interrupted while it creates.
async fn interrupted(how: &str) -> (Workspace, tokio::process::Child) {
    let workspace = Workspace::new(&format!(
        "resource \"toy_puppet\" \"w\" {{\n  how = {how:?}\n  diary = \"diary\"\n}}\n"
    ));
    // A process group of its own, as a terminal gives: Ctrl-C reaches terraform and its plugins
    // alike.
    let terraform = tokio::process::Command::from(workspace.command(&APPLY))
        .env("TF_LOG_PROVIDER", "DEBUG")
        .env("TF_LOG_PATH", "log")
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    eventually("the creation begins", || workspace.read("diary").contains("begun")).await;
    let group = format!("-{}", terraform.id().unwrap());
    assert!(Command::new("kill").args(["-s", "INT", "--", &group]).status().unwrap().success());
    (workspace, terraform)
}

#[tokio::test]
async fn an_interrupted_apply_keeps_what_exists() {
    let (workspace, mut terraform) = interrupted("wait").await;
    let ended = tokio::time::timeout(SOON, terraform.wait()).await;
    assert!(!ended.expect("terraform ends").unwrap().success());
    let object = workspace.object();
    assert_eq!(object["attributes"]["result"], json!("done"), "{object}");
    assert_eq!(object["status"], json!("tainted"));
}

#[tokio::test]
async fn an_interruption_is_heard_while_a_method_blocks() {
    // However large its request is.
    for size in [0, 180_000] {
        let (workspace, _terraform) = interrupted(&format!("block{}", " ".repeat(size))).await;
        eventually("it is heard", || workspace.read("log").contains("tf_rpc=StopProvider")).await;
    }
}
