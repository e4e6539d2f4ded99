//! One case: a simulator, a project, and what the CLI has shown so far.

use std::thread;
use std::time::{Duration, Instant};

use aep_simulator::{Action, Control, Fault, Reply, Route, Simulator};
use serde_json::Value;

use crate::support::{KEY, PATIENCE, Project, Run, Target, resource, simulator_with};

/// In the title of a case that waits for a pause of the provider.
pub(super) const SLOW: &str = "again";
/// Lines of the CLI are this long.
const WIDTH: usize = 78;
/// What the CLI has to say for itself.
const OF_THE_CLI: [&str; 2] = ["Provider development overrides are in effect", "execution halted"];
/// What every id of the simulator begins with.
const ID: &str = "4df7886b-a122-4391-880b-";
const APPLY: [&str; 3] = ["apply", "-auto-approve", "-input=false"];

pub(super) struct Stage {
    title: &'static str,
    simulator: Simulator,
    url: String,
    pub(super) project: Project,
    text: String,
}

impl Stage {
    /// Without retries, so that an error is shown as soon as it is there; with all that can be
    /// logged, where a secret might be; and with something that stands or falls beside the key, as
    /// its vault would.
    pub(super) fn new(title: &'static str) -> Self {
        let simulator = simulator_with(|options| options.stages = Vec::new());
        let mut project = Project::new(&simulator);
        project.logged().set("AEP_MAX_RETRIES", "0");
        project.write("vault.tf", "resource \"terraform_data\" \"vault\" {}\n");
        Self { title, url: simulator.url(), simulator, project, text: String::new() }
    }

    /// What was shown.
    pub(super) fn shown(self) -> String {
        assert!(!self.text.is_empty(), "{}: nothing was shown", self.title);
        self.text
    }

    /// The simulator's script.
    pub(super) fn control(&self) -> &Control {
        self.simulator.control()
    }

    /// The simulator's address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Another server takes the simulator's place.
    pub(super) fn moves_to(&mut self, url: String) -> &mut Self {
        self.url = url;
        self.project.set("AEP_ENDPOINT", &self.url);
        self
    }

    /// With this environment variable.
    pub(super) fn with(&mut self, variable: &str, value: &str) -> &mut Self {
        self.project.set(variable, value);
        self
    }

    /// Something happens to a request.
    pub(super) fn fault(&mut self, fault: Fault) -> &mut Self {
        self.control().fault(fault);
        self
    }

    /// Every request of a route gets this response.
    pub(super) fn replies(&mut self, route: Route, reply: Reply) -> &mut Self {
        self.fault(Fault::on(route, Action::Reply(reply)).forever())
    }

    /// Adobe has `Config1`, with this key and status.
    pub(super) fn exists(&mut self, key: &str, status: &str) -> &mut Self {
        self.control().insert("Config1", key, status);
        self
    }

    /// `Config1` comes into this status at Adobe.
    pub(super) fn becomes(&mut self, status: &str) -> &mut Self {
        assert!(self.control().set_status("Config1", status));
        self
    }

    /// `Config1` has another key at Adobe.
    pub(super) fn rekeyed(&mut self, key: &str) -> &mut Self {
        assert!(self.control().set_key("Config1", key));
        self
    }

    /// Adobe has no `Config1` any more.
    pub(super) fn gone(&mut self) -> &mut Self {
        assert!(self.control().remove("Config1"));
        self
    }

    /// This configuration.
    pub(super) fn written(&mut self, body: &str) -> &mut Self {
        self.project.configure(body);
        self
    }

    /// One resource with the sample key.
    pub(super) fn one(&mut self, more: &str) -> &mut Self {
        self.written(&resource("Config1", KEY, more))
    }

    /// An `import` block for it.
    pub(super) fn imports(&mut self, name: &str) -> &mut Self {
        let block = format!("import {{\n  to = aep_cmk_config.this\n  id = \"{name}\"\n}}\n");
        self.project.write("import.tf", &block);
        self
    }

    /// Runs a command that has to come before, and shows nothing.
    pub(super) fn ran(&mut self, arguments: &[&str]) -> &mut Self {
        self.project.run(arguments).exits(0);
        self
    }

    /// Applies what has to be there before.
    pub(super) fn applied(&mut self) -> &mut Self {
        self.ran(&APPLY)
    }

    /// One resource, applied and tainted.
    pub(super) fn tainted(&mut self) -> &mut Self {
        self.one("").applied().ran(&["taint", "aep_cmk_config.this"])
    }

    /// Shows the diagnostics of `terraform plan`.
    pub(super) fn plan(&mut self) -> &mut Self {
        self.show(&["plan", "-input=false"])
    }

    /// Shows the diagnostics of `terraform apply`.
    pub(super) fn apply(&mut self) -> &mut Self {
        self.show(&APPLY)
    }

    /// Shows the diagnostics of `terraform validate`.
    pub(super) fn validate(&mut self) -> &mut Self {
        self.show(&["validate"])
    }

    /// Shows the diagnostics of a command.
    pub(super) fn show(&mut self, arguments: &[&str]) -> &mut Self {
        let run = self.project.run(&with_json(arguments));
        self.add(arguments, &run);
        self
    }

    /// Shows the diagnostics of an apply that gets a SIGINT once Adobe has had so many requests.
    pub(super) fn apply_interrupted_after(&mut self, requests: u64) -> &mut Self {
        self.apply_interrupted(|project| project.adobe().counters().requests >= requests)
    }

    /// Shows the diagnostics of an apply that gets a SIGINT once the provider has logged this.
    pub(super) fn apply_interrupted_when_logged(&mut self, message: &str) -> &mut Self {
        self.apply_interrupted(|project| project.log().contains(message))
    }

    fn apply_interrupted(&mut self, is_due: impl Fn(&Project) -> bool) -> &mut Self {
        let child = self.project.start(&with_json(&APPLY));
        let began = Instant::now();
        while !is_due(&self.project) {
            assert!(began.elapsed() < PATIENCE, "{}: it never came to that", self.title);
            thread::sleep(Duration::from_millis(20));
        }
        child.interrupt(Target::Cli);
        let run = child.end();
        self.add(&APPLY, &run);
        self
    }

    fn add(&mut self, arguments: &[&str], run: &Run) {
        let shown = self.diagnostics(run);
        assert!(!shown.is_empty(), "{}: no diagnostic\n{}\n{}", self.title, run.stdout, run.stderr);
        let command = arguments
            .iter()
            .filter(|argument| !["-auto-approve", "-input=false"].contains(argument))
            .copied()
            .collect::<Vec<_>>()
            .join(" ");
        self.text += &format!("\n$ terraform {command}\n");
        for diagnostic in shown {
            self.text += &format!("\n{diagnostic}\n");
        }
    }

    /// Ports, ids, folders and durations differ from run to run.
    fn normalised(&self, text: &str) -> String {
        let folder = self.project.path().display().to_string();
        let (_, port) = self.url.rsplit_once(':').expect("a port");
        let text = text
            .replace(&format!("127.0.0.1:{port}"), "127.0.0.1:<port>")
            .replace(&folder, "<folder>");
        let text = replaced(&text, ID, |c| c.is_ascii_digit(), "<id>");
        let text = replaced(&text, "sim-0", |c| c.is_ascii_digit(), "<request id>");
        let text = replaced(&text, "(os error ", |c| c.is_ascii_digit(), "(os error <n>");
        let is_duration = |c: char| c.is_ascii_alphanumeric();
        let text = replaced(&text, "looked up for ", is_duration, "looked up for <duration>");
        let attempts = "(`failed_attempts`), ";
        let text = replaced(&text, attempts, is_duration, &format!("{attempts}<duration>"));
        // Nobody knows which of two blocks comes first.
        text.replace("aep_cmk_config.other", "aep_cmk_config.this")
            .replace("\"aep_cmk_config\" \"other\"", "\"aep_cmk_config\" \"this\"")
    }

    /// The diagnostics in the CLI's JSON, in an order that does not depend on which block came
    /// first.
    fn diagnostics(&self, run: &Run) -> Vec<String> {
        let mut found = Vec::new();
        match serde_json::from_str::<Value>(&run.stdout) {
            Ok(whole) if whole["diagnostics"].is_array() => {
                found.extend(whole["diagnostics"].as_array().cloned().unwrap_or_default());
            }
            _ => found.extend(
                run.stdout
                    .lines()
                    .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                    .map(|message| message["diagnostic"].clone()),
            ),
        }
        let mut shown: Vec<String> = found
            .iter()
            .filter(|diagnostic| diagnostic.is_object())
            .filter(|diagnostic| {
                let summary = diagnostic["summary"].as_str().unwrap_or_default();
                !OF_THE_CLI.contains(&summary)
            })
            .map(|diagnostic| self.rendered(diagnostic))
            .collect();
        shown.sort();
        shown
    }

    /// As the CLI writes it, without its frame.
    fn rendered(&self, diagnostic: &Value) -> String {
        let text = |value: &Value| self.normalised(value.as_str().unwrap_or_default());
        let severity = match text(&diagnostic["severity"]).as_str() {
            "error" => "Error",
            _ => "Warning",
        };
        let mut out = format!("{severity}: {}\n", text(&diagnostic["summary"]));
        for (word, place) in
            [("with", &diagnostic["address"]), ("on", &diagnostic["snippet"]["code"])]
        {
            if place.is_string() {
                out += &format!("  {word} {}\n", text(place).trim());
            }
        }
        out.push('\n');
        for line in text(&diagnostic["detail"]).lines() {
            out += &format!("{}\n", wrapped(line).trim_end());
        }
        out.trim_end().to_owned()
    }
}

fn with_json<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut all = arguments.to_vec();
    all.insert(1, "-json");
    all
}

/// Every occurrence of `prefix` with the characters that follow it, replaced.
fn replaced(text: &str, prefix: &str, follows: fn(char) -> bool, by: &str) -> String {
    let mut parts = text.split(prefix);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += by;
        out += part.trim_start_matches(follows);
    }
    out
}

/// The CLI wraps what does not begin with a space.
fn wrapped(line: &str) -> String {
    if line.starts_with(' ') {
        return line.to_owned();
    }
    let mut out = String::new();
    let mut length = 0;
    for word in line.split(' ') {
        let more = word.chars().count() + 1;
        if length > 0 && length + more > WIDTH {
            out.push('\n');
            length = 0;
        } else if length > 0 {
            out.push(' ');
        }
        out += word;
        length += more;
    }
    out
}
