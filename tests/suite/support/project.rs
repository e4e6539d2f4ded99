//! A folder with a configuration, in which the real CLI runs the built plugin.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use aep_simulator::{Control, Simulator};
use serde_json::Value;

use super::running::{Run, Running};
use super::{Cli, KEY, ORG_ID, TOKEN, block, cli};

/// A broken product may wait for ever; a test may not.
const LONGEST_RUN: Duration = Duration::from_secs(180);
const LOG: &str = "provider.log";

/// A folder of its own, gone at the end of the test.
pub struct Project {
    cli: &'static Cli,
    folder: tempfile::TempDir,
    variables: BTreeMap<String, String>,
    adobe: Control,
}

impl Project {
    /// A project whose provider reaches `simulator` with the suite's token, from the environment.
    pub fn new(simulator: &Simulator) -> Self {
        Self::with(cli(), simulator)
    }

    /// The same for another CLI than the first.
    pub fn with(cli: &'static Cli, simulator: &Simulator) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let plugin = Path::new(env!("CARGO_BIN_EXE_terraform-provider-aep"));
        let plugin_folder = plugin.parent().expect("a folder");
        let settings = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"aep-cmk/aep\" = \"{}\"\n  }}\n  \
             direct {{}}\n}}\n",
            plugin_folder.display()
        );
        let settings_file = folder.path().join("cli.tfrc");
        fs::write(&settings_file, settings).expect("the folder is writable");
        let variables = [
            ("TF_CLI_CONFIG_FILE", settings_file.display().to_string()),
            ("CHECKPOINT_DISABLE", "1".to_owned()),
            // It is two fifths of a command's time. The host's own tests have it, and so has one
            // scene.
            ("TF_DISABLE_PLUGIN_TLS", "1".to_owned()),
            // The CLI lives too short for its garbage to matter; collecting it is a tenth of its
            // time.
            ("GOGC", "400".to_owned()),
            ("AEP_ENDPOINT", simulator.url()),
            ("AEP_ORG_ID", ORG_ID.to_owned()),
            ("AEP_ACCESS_TOKEN", TOKEN.to_owned()),
        ];
        Self {
            cli,
            folder,
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            adobe: simulator.control().clone(),
        }
    }

    /// The project's folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Sets an environment variable of the CLI.
    pub fn set(&mut self, variable: &str, value: &str) -> &mut Self {
        self.variables.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// Takes one away.
    pub fn unset(&mut self, variable: &str) -> &mut Self {
        self.variables.remove(variable);
        self
    }

    /// The simulator that the project began with.
    pub fn adobe(&self) -> &Control {
        &self.adobe
    }

    /// The environment variables that it sets.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The provider logs all it can from now on: [`Self::log`].
    pub fn logged(&mut self) -> &mut Self {
        let log = self.folder.path().join(LOG).display().to_string();
        self.set("TF_LOG_PROVIDER", "TRACE").set("TF_LOG_PATH", &log)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default()
    }

    /// Writes `main.tf`: the provider with nothing in its block, and `body`.
    pub fn configure(&self, body: &str) -> &Self {
        self.configure_with("provider \"aep\" {}", body)
    }

    /// Writes `main.tf` with another provider block.
    pub fn configure_with(&self, provider: &str, body: &str) -> &Self {
        self.write(
            "main.tf",
            &format!(
                "terraform {{\n  required_providers {{\n    aep = {{\n      source = \"aep-cmk/aep\"\n    \
                 }}\n  }}\n}}\n\n{provider}\n\n{body}\n"
            ),
        )
    }

    /// Writes `main.tf` with one resource `aep_cmk_config.this`, named `Config1`, with the sample
    /// key and `more` in it.
    pub fn configure_one(&self, more: &str) -> &Self {
        self.configure(&resource("Config1", KEY, more))
    }

    /// Writes a file of the project.
    pub fn write(&self, name: &str, text: &str) -> &Self {
        fs::write(self.folder.path().join(name), text).expect("the folder is writable");
        self
    }

    /// The CLI with these arguments, ready to run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.cli.path());
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["TF_", "AEP_", "HTTP", "http", "SSL_", "NO_PROXY", "no_proxy"]
                .iter()
                .any(|prefix| text.starts_with(prefix))
            {
                command.env_remove(name);
            }
        }
        command.envs(&self.variables);
        command
    }

    /// Runs the CLI to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.start(arguments).end_within(LONGEST_RUN)
    }

    /// What a CLI that ended did, with no secret in it.
    pub fn ended(&self, output: &Output) -> Run {
        let run = Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        super::promises::assert_no_secret(self, &run);
        run
    }

    /// Starts the CLI, for tests that act while it runs.
    pub fn start(&self, arguments: &[&str]) -> Running<'_> {
        Running::start(self, self.command(arguments))
    }

    /// Starts an `apply` without questions.
    pub fn start_apply(&self) -> Running<'_> {
        self.start(&["apply", "-auto-approve", "-input=false", "-no-color"])
    }

    /// `apply` without questions.
    pub fn apply(&self) -> Run {
        self.run(&["apply", "-auto-approve", "-input=false", "-no-color"])
    }

    /// `plan` with `-detailed-exitcode`: 0 is empty, 2 has changes, 1 is an error.
    pub fn plan(&self) -> Run {
        self.run(&["plan", "-detailed-exitcode", "-input=false", "-no-color"])
    }

    /// `plan -refresh-only` with `-detailed-exitcode`: 2 is drift.
    pub fn plan_drift(&self) -> Run {
        self.run(&["plan", "-refresh-only", "-detailed-exitcode", "-input=false", "-no-color"])
    }

    /// `destroy` without questions.
    pub fn destroy(&self) -> Run {
        self.run(&["destroy", "-auto-approve", "-input=false", "-no-color"])
    }

    /// `apply -refresh-only` without questions.
    pub fn refresh(&self) -> Run {
        self.run(&["apply", "-refresh-only", "-auto-approve", "-input=false", "-no-color"])
    }

    /// `plan` into the file `saved`.
    pub fn save(&self) -> Run {
        self.run(&["plan", "-out=saved", "-input=false", "-no-color"])
    }

    /// `apply` of that file.
    pub fn apply_saved(&self) -> Run {
        self.run(&["apply", "-input=false", "-no-color", "saved"])
    }

    /// Taints `aep_cmk_config.this`.
    #[track_caller]
    pub fn taint(&self) {
        self.run(&["taint", "aep_cmk_config.this"]).exits(0);
    }

    /// `validate`.
    pub fn validate(&self) -> Run {
        self.run(&["validate", "-no-color"])
    }

    /// The state file, or null.
    pub fn state(&self) -> Value {
        fs::read_to_string(self.folder.path().join("terraform.tfstate"))
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or(Value::Null)
    }

    /// The stored instance of a managed resource or data source `type.name`, or null.
    pub fn instance(&self, address: &str) -> Value {
        let state = self.state();
        let resources = state["resources"].as_array().cloned().unwrap_or_default();
        resources
            .iter()
            .find(|resource| {
                let prefix = if resource["mode"] == "data" { "data." } else { "" };
                format!(
                    "{prefix}{}.{}",
                    resource["type"].as_str().unwrap_or_default(),
                    resource["name"].as_str().unwrap_or_default()
                ) == address
            })
            .map(|resource| resource["instances"][0].clone())
            .unwrap_or(Value::Null)
    }

    /// The stored attributes of `aep_cmk_config.this`, or null.
    pub fn attributes(&self) -> Value {
        self.instance("aep_cmk_config.this")["attributes"].clone()
    }

    /// `aep_cmk_config.this` is in the state as tainted.
    pub fn is_tainted(&self) -> bool {
        self.instance("aep_cmk_config.this")["status"] == "tainted"
    }
}

/// A resource block `aep_cmk_config.this`.
pub fn resource(name: &str, key: &str, more: &str) -> String {
    block("this", &hcl(name), &format!("\"{key}\""), more)
}

/// A quoted HCL string. It is written as in JSON, but for what begins a template.
pub fn hcl(text: &str) -> String {
    Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}
