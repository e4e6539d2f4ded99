//! A folder with a configuration, in which the real CLI runs the built plugin.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use aep_simulator::Simulator;
use serde_json::Value;

use super::running::Running;
use super::{CLIENT_SECRET, Cli, KEY, ORG_ID, TOKEN, cli};

/// A broken product may wait for ever; a test may not.
const LONGEST_RUN: Duration = Duration::from_secs(180);

/// A folder of its own, gone at the end of the test.
pub struct Project {
    cli: &'static Cli,
    folder: tempfile::TempDir,
    variables: BTreeMap<String, String>,
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
            "provider_installation {{\n  dev_overrides {{\n    \"aep-cmk/aep\" = \"{}\"\n  }}\n  direct {{}}\n}}\n",
            plugin_folder.display()
        );
        let settings_file = folder.path().join("cli.tfrc");
        fs::write(&settings_file, settings).expect("the folder is writable");
        let variables = [
            ("TF_CLI_CONFIG_FILE", settings_file.display().to_string()),
            ("CHECKPOINT_DISABLE", "1".to_owned()),
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

    /// Writes `main.tf`: the provider with nothing in its block, and `body`.
    pub fn configure(&self, body: &str) -> &Self {
        self.configure_with("provider \"aep\" {}", body)
    }

    /// Writes `main.tf` with another provider block.
    pub fn configure_with(&self, provider: &str, body: &str) -> &Self {
        self.write(
            "main.tf",
            &format!(
                "terraform {{\n  required_providers {{\n    aep = {{\n      source = \"aep-cmk/aep\"\n    }}\n  }}\n}}\n\n{provider}\n\n{body}\n"
            ),
        )
    }

    /// Writes `main.tf` with one resource `aep_cmk_config.this`, named `Config1`, with the sample key and `more` in it.
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
        self.hunt(&run);
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

    /// Fails the test when a secret is in what the CLI printed or wrote.
    pub fn hunt(&self, run: &Run) {
        let mut places = vec![
            ("standard output".to_owned(), run.stdout.clone().into_bytes()),
            ("standard error".to_owned(), run.stderr.clone().into_bytes()),
        ];
        let files = fs::read_dir(self.folder.path()).expect("the folder is readable");
        for file in files.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            // A configuration may hold what the test wrote into it.
            if !name.ends_with(".tf") && !name.ends_with(".tfvars") {
                places.push((name, fs::read(file.path()).unwrap_or_default()));
            }
        }
        for (place, bytes) in places {
            for secret in [TOKEN, CLIENT_SECRET] {
                assert!(
                    !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
                    "a secret is in {place}"
                );
            }
        }
    }
}

/// A resource block `aep_cmk_config.this`.
pub fn resource(name: &str, key: &str, more: &str) -> String {
    let name = hcl(name);
    format!(
        "resource \"aep_cmk_config\" \"this\" {{\n  name = {name}\n  key_vault_key_identifier = \"{key}\"\n  {more}\n}}\n"
    )
}

/// A quoted HCL string. It is written as in JSON, but for what begins a template.
pub fn hcl(text: &str) -> String {
    Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

/// What the CLI did.
#[derive(Clone, Debug)]
pub struct Run {
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Both streams without the CLI's frames and line breaks, to look for sentences in.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
            .replace(['│', '╷', '╵'], " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Requires an exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Requires a sentence, whatever its line breaks.
    #[track_caller]
    pub fn says(self, sentence: &str) -> Self {
        assert!(
            self.text().contains(sentence),
            "{sentence:?} is not in\n{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Requires that a sentence is not there.
    #[track_caller]
    pub fn does_not_say(self, sentence: &str) -> Self {
        assert!(
            !self.text().contains(sentence),
            "{sentence:?} is in\n{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}
