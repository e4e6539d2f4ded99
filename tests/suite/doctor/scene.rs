//! One case: a simulator for Adobe, a stand-in for the vault, and what the doctor has shown so far.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use aep_simulator::{Action, Control, Fault, Reply, Route, Simulator};

use super::stand_in::{Behaviour, StandIn};
use crate::support::{
    CLIENT_ID, CLIENT_SECRET, KEY, KEY_VERSIONLESS, ORG_ID, TOKEN, simulator_with,
};

/// The tenant of the vault.
const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const OTHER_TENANT: &str = "11111111-2222-3333-4444-555555555555";
/// What must not show: a proxy's password.
const PASSWORD: &str = "sentinel-password-77d2";

pub(super) struct Scene {
    simulator: Simulator,
    stand_in: StandIn,
    folder: tempfile::TempDir,
    variables: BTreeMap<&'static str, String>,
    shows_list: bool,
    /// What was shown.
    pub(super) text: String,
}

impl Scene {
    /// Everything is right: credentials, a trusted vault in [`TENANT`], a free name.
    pub(super) fn new() -> Self {
        let simulator = simulator_with(|options| options.stages = Vec::new());
        let stand_in = StandIn::start();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ca = folder.path().join("ca.pem");
        fs::write(&ca, &stand_in.pem).expect("the folder is writable");
        let variables = BTreeMap::from([
            ("AEP_ORG_ID", ORG_ID.to_owned()),
            ("AEP_ENDPOINT", simulator.url()),
            ("AEP_IMS_ENDPOINT", simulator.url()),
            ("AEP_CLIENT_ID", CLIENT_ID.to_owned()),
            ("AEP_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("AEP_MAX_RETRIES", "0".to_owned()),
            ("SSL_CERT_FILE", ca.display().to_string()),
            ("HTTPS_PROXY", format!("http://user:{PASSWORD}@127.0.0.1:{}", stand_in.port)),
        ]);
        let (shows_list, text) = (false, String::new());
        let mut scene = Self { simulator, stand_in, folder, variables, shows_list, text };
        scene.challenges("https://login.microsoftonline.com");
        scene
    }

    pub(super) fn url(&self) -> String {
        self.simulator.url()
    }

    /// Where the stand-in for the vault listens.
    pub(super) fn port(&self) -> u16 {
        self.stand_in.port
    }

    pub(super) fn control(&self) -> &Control {
        self.simulator.control()
    }

    pub(super) fn set(&mut self, variable: &'static str, value: &str) -> &mut Self {
        self.variables.insert(variable, value.to_owned());
        self
    }

    pub(super) fn unset(&mut self, variables: &str) -> &mut Self {
        self.variables.retain(|variable, _| !variables.split(' ').any(|it| it == *variable));
        self
    }

    /// A token in the place of the client.
    pub(super) fn given(&mut self, token: &str) -> &mut Self {
        self.unset("AEP_CLIENT_ID AEP_CLIENT_SECRET").set("AEP_ACCESS_TOKEN", token)
    }

    /// Every request of a route gets this response.
    pub(super) fn replies(&mut self, route: Route, reply: Reply) -> &mut Self {
        self.control().fault(Fault::on(route, Action::Reply(reply)).forever());
        self
    }

    /// Adobe has a configuration `Config1`.
    pub(super) fn stored(&mut self, key: &str, status: &str) -> &mut Self {
        self.control().insert("Config1", key, status);
        self
    }

    /// The vault's challenge names a sign-in host.
    pub(super) fn challenges(&mut self, sign_in: &str) -> &mut Self {
        let challenge = format!("Bearer authorization=\"{sign_in}/{TENANT}\", resource=\"x\"");
        self.vault(&format!("401 Unauthorized\r\nWWW-Authenticate: {challenge}"))
    }

    /// The vault's status and headers.
    pub(super) fn vault(&mut self, head: &str) -> &mut Self {
        self.behaves(Behaviour::Says(format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n")))
    }

    pub(super) fn behaves(&mut self, behaviour: Behaviour) -> &mut Self {
        self.stand_in.behaves(behaviour);
        self
    }

    /// Shows the list of what to ask Azure, which is much the same each time.
    pub(super) fn with_list(&mut self) -> &mut Self {
        self.shows_list = true;
        self
    }

    /// The doctor, ready to run.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-aep"));
        command.arg("doctor").args(arguments).stdin(Stdio::null()).env_clear();
        // A name that does not resolve should not take long to do so.
        command.env("RES_OPTIONS", "timeout:1 attempts:1").envs(&self.variables);
        command
    }

    /// Shows the doctor's output, in which there is no secret, and which nothing was submitted for.
    pub(super) fn doctor(&mut self, arguments: &str) -> &mut Self {
        let arguments = arguments.split_whitespace().map(|argument| match argument {
            "KEY" => KEY,
            "BARE" => KEY_VERSIONLESS,
            "TENANT" => TENANT,
            "ANOTHER" => OTHER_TENANT,
            _ => argument,
        });
        let arguments: Vec<&str> = arguments.collect();
        let output = self.command(&arguments).output().expect("the doctor runs");
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let vault = self.stand_in.requests().concat();
        for secret in [TOKEN, CLIENT_SECRET, PASSWORD] {
            for text in [&*stdout, &*stderr, &vault] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
        for header in ["authorization", "user-agent", "x-"] {
            assert!(!vault.contains(&format!("\n{header}")), "{header} in {vault}");
        }
        assert!(!stdout.contains('\x1b'), "colour in a pipe: {stdout}");
        assert_eq!(self.control().counters().submissions, 0, "{arguments:?}");
        let code = output.status.code().expect("the doctor ends by itself");
        let shown = if self.shows_list { stdout.into_owned() } else { without_list(&stdout) };
        let command = format!("terraform-provider-aep doctor {}", arguments.join(" "));
        let command = command.trim_end();
        let text = format!("\n$ {command}\n\n{shown}{stderr}\n(exit code {code})\n");
        self.text += &self.normalised(&text);
        self
    }

    /// Ports, folders and ids differ from run to run.
    fn normalised(&self, text: &str) -> String {
        let url = self.url();
        let port = url.rsplit(':').next().expect("a port");
        let mut text = text.to_owned();
        for (from, to) in [
            (&*self.folder.path().display().to_string(), "<folder>"),
            (&format!(":{}", self.stand_in.port), ":<proxy port>"),
            (&format!(":{port}"), ":<port>"),
            ("the platform's.", "<roots>."),
            ("built-in ones, as the platform has none.", "<roots>."),
            (env!("CARGO_PKG_VERSION"), "<version>"),
        ] {
            text = text.replace(from, to);
        }
        // The rest is the operating system's.
        for mark in ["address information: ", "Connection refused (os error "] {
            let mut parts = text.split(mark).map(str::to_owned).collect::<Vec<_>>();
            for part in parts.iter_mut().skip(1) {
                let end = part.find(['"', '\\', ')']).unwrap_or_default();
                part.replace_range(..end, "<of the system>");
            }
            text = parts.join(mark);
        }
        text
    }

    /// Shows what the vault was sent.
    pub(super) fn show_requests(&mut self) -> &mut Self {
        for request in self.stand_in.requests() {
            self.text += &format!("\n{}\n", request.replace("\r\n", "\n").trim_end());
        }
        self
    }
}

/// What is shown, without the list of what to ask Azure.
fn without_list(shown: &str) -> String {
    let mut out = String::new();
    let mut lines = shown.lines();
    while let Some(line) = lines.next() {
        let Some((before, rest)) = line.split_once("Sign in first:") else {
            out += &format!("{line}\n");
            continue;
        };
        // As JSON it is one line.
        if rest.is_empty() {
            lines.by_ref().find(|line| line.is_empty());
        }
        out += &format!("{before}(the list){}\n", if rest.is_empty() { "\n" } else { "\"" });
    }
    out
}
