//! The demo's stage: a temporary folder with the mirror and the configuration, and the CLI with Adobe's side beside it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use terraform_provider_aep::provider::{ADDRESS, VERSION};
use terraform_provider_aep::simulator::{Control, Options, Simulator};

/// The registries that a short provider source means: Terraform's and OpenTofu's.
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// What the demo plays on. Dropping it removes every file.
pub struct Stage {
    folder: tempfile::TempDir,
    cli: PathBuf,
    control: Control,
    url: String,
}

/// A command that ended.
pub struct Ended {
    command: String,
    code: Option<i32>,
}

impl Ended {
    /// Requires the exit code that the demo is about.
    pub fn expect(self, code: i32) -> Result<()> {
        ensure!(
            self.code == Some(code),
            "{} ended with {:?}, not with {code}",
            self.command,
            self.code
        );
        Ok(())
    }
}

impl Stage {
    /// Builds the provider and lays out the mirror and the configuration.
    pub fn set(simulator: &Simulator) -> Result<Self> {
        let cli = find_cli()?;
        let folder = tempfile::tempdir().context("making a temporary folder")?;
        let binary = build_provider()?;
        let path = ADDRESS
            .split_once('/')
            .map(|(_, path)| path)
            .context("the provider address has a host")?;
        for host in HOSTS {
            let place =
                folder.path().join("mirror").join(host).join(path).join(VERSION).join(platform());
            fs::create_dir_all(&place)?;
            fs::copy(&binary, place.join(format!("terraform-provider-aep_v{VERSION}")))
                .context("installing the provider into the mirror")?;
        }
        fs::write(
            folder.path().join("cli.tfrc"),
            format!(
                "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
                folder.path().join("mirror").display()
            ),
        )?;
        fs::copy(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo/main.tf"),
            folder.path().join("main.tf"),
        )?;
        println!("Provider:  {}", binary.display());
        println!("CLI:       {}", cli.display());
        println!("Adobe:     {} (simulated)", simulator.url());
        Ok(Self { folder, cli, control: simulator.control().clone(), url: simulator.url() })
    }

    /// Announces a command and why it is run.
    pub fn say(&self, command: &str, why: &str) {
        println!("\n\x1b[1;36m$ {command}\x1b[0m\n{why}\n");
    }

    /// Runs the CLI and prints its output and Adobe's side of it as they come, then time and requests.
    pub fn run(&self, arguments: &[&str]) -> Result<Ended> {
        let defaults = Options::default();
        let token = defaults.tokens.first().context("the simulator has a token")?;
        let began = Instant::now();
        self.control.clear_log();
        let mut child = Command::new(&self.cli)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TF_CLI_CONFIG_FILE", self.folder.path().join("cli.tfrc"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("AEP_ENDPOINT", &self.url)
            .env("AEP_ORG_ID", &defaults.org_id)
            .env("AEP_ACCESS_TOKEN", token)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", self.cli.display()))?;
        let printers = [
            child.stdout.take().map(|stream| thread::spawn(|| print(stream))),
            child.stderr.take().map(|stream| thread::spawn(|| print(stream))),
        ];
        let mut shown = 0;
        let status = loop {
            let ended = child.try_wait()?;
            shown = self.show_requests(shown, began);
            if let Some(status) = ended {
                break status;
            }
            thread::sleep(Duration::from_millis(20));
        };
        for printer in printers.into_iter().flatten() {
            if printer.join().is_err() {
                bail!("a thread of the demo crashed");
            }
        }
        println!(
            "\x1b[2m  {:.1} s, {} requests to Adobe, exit code {}\x1b[0m",
            began.elapsed().as_secs_f64(),
            self.control.requests().len(),
            status.code().map_or_else(|| "none".to_owned(), |code| code.to_string()),
        );
        Ok(Ended { command: arguments.join(" "), code: status.code() })
    }

    fn show_requests(&self, shown: usize, began: Instant) -> usize {
        let requests = self.control.requests();
        let mut now_shown = shown;
        for request in requests.iter().skip(shown) {
            let Some(status) = request.status else { break };
            let outcome = self
                .control
                .configuration("customer-data")
                .map_or_else(String::new, |found| format!(", configuration {}", found.status));
            println!(
                "\x1b[35m  Adobe {:>5.1} s  {:4} {} → {status}{outcome}\x1b[0m",
                began.elapsed().as_secs_f64(),
                request.method,
                request.path
            );
            now_shown += 1;
        }
        now_shown
    }

    /// The last words.
    pub fn close(self) {
        println!(
            "\n\x1b[1mThat is the whole job\x1b[0m: one submission, an empty plan after it, drift seen, danger stopped.\n\
             The temporary folder is gone. README.md says how to use the provider in a real organisation.\n"
        );
    }
}

fn print(stream: impl std::io::Read) {
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        println!("  {line}");
    }
}

/// `terraform`, or `tofu` where that is what the machine has.
fn find_cli() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    ["terraform", "tofu"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .context("the demo needs `terraform` or `tofu` on the PATH: install one of them")
}

/// Builds the provider as it is shipped, without the simulator, and answers where it is.
fn build_provider() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo sets for the program it runs would make this cargo build some crates anew.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_")
            || name == "CARGO_MANIFEST_DIR"
            || name == "CARGO_MANIFEST_PATH"
        {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args(["build", "--locked", "--bin", "terraform-provider-aep"])
        .args(["--message-format", "json-render-diagnostics", "--manifest-path"])
        .arg(&manifest)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .context("running cargo")?;
    ensure!(output.status.success(), "the provider does not build");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
        .context("cargo did not say where the provider is")
}

/// The CLI's name for this platform, such as `linux_amd64`.
fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{system}_{machine}")
}
