//! The main job in one command, `cargo run --example demo`: the built provider, the real CLI, a
//! simulated Adobe.
//!
//! It builds the provider, installs it into a file-system mirror, starts the simulator on loopback,
//! and runs the CLI on `examples/demo/main.tf` in a temporary folder. Nothing is left behind and
//! nothing leaves this machine.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aep_simulator::{Options, Simulator, stages};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use terraform_provider_aep::provider::{ADDRESS, VERSION};

/// The CLI's arguments, the exit code that the demo is about, and why it is run.
type Step = (&'static str, i32, &'static str);

const FIRST: [Step; 4] = [
    (
        "init -input=false -no-color",
        0,
        "The provider is installed from a local mirror, as a company without access to the \
         registry would do it.",
    ),
    (
        "plan -out=key.tfplan -input=false -no-color",
        0,
        "Only questions are sent: is the name free? A name that is taken with another key would \
         stop here.",
    ),
    (
        "apply -input=false -no-color key.tfplan",
        0,
        "That plan and no other. One submission, then a wait until the key is in effect at Adobe. \
         What arrives there is shown, too.",
    ),
    (
        "plan -detailed-exitcode -input=false -no-color",
        0,
        "The plan after the apply is empty (exit code 0): what Adobe has is what the \
         configuration says.",
    ),
];

const AFTER_DRIFT: [Step; 2] = [
    (
        "plan -refresh-only -detailed-exitcode -input=false -no-color",
        2,
        "What changed at Adobe: both keys are in the output, and the exit code is 2.",
    ),
    (
        "plan -input=false -no-color",
        1,
        "The nightly plan. Its change would be a replacement, and Terraform could then delete the \
         key that Adobe uses: the provider stops it (exit code 1).",
    ),
];

fn main() -> Result<()> {
    heading("A customer-managed key for Adobe Experience Platform, from nothing to drift");
    println!("Adobe is simulated on this machine; the provider and the CLI are the real ones.");
    // Long enough to watch, short enough to stay for.
    let stages = stages(Duration::from_secs(2));
    let simulator = Simulator::start(Options { stages, ..Options::default() })
        .context("starting the simulator")?;
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let cli = install(folder.path())?;

    for step in FIRST {
        run(cli, folder.path(), &simulator, step)?;
    }
    let submitted = simulator.control().counters().submissions_accepted;
    ensure!(submitted == 1, "the key was not submitted exactly once");
    heading("At night, somebody changes the key at Adobe, behind Terraform's back.");
    let other_key = "https://somebody-elses.vault.azure.net/keys/other";
    simulator.control().set_key("customer-data", other_key);
    for step in AFTER_DRIFT {
        run(cli, folder.path(), &simulator, step)?;
    }
    heading(
        "That is the whole job: one submission, an empty plan after it, drift seen, danger \
         stopped.",
    );
    println!("README.md says how to use the provider in a real organisation.\n");
    Ok(())
}

fn heading(text: &str) {
    println!("\n\x1b[1m{text}\x1b[0m");
}

/// Builds the provider, lays out its mirror and the configuration, and gives the CLI that the
/// machine has.
fn install(folder: &Path) -> Result<&'static str> {
    let platform = |cli| {
        let output = Command::new(cli).args(["version", "-json"]).output().ok()?;
        let version: Value = serde_json::from_slice(&output.stdout).ok()?;
        Some((cli, version["platform"].as_str()?.to_owned()))
    };
    let (cli, platform) = ["terraform", "tofu"]
        .into_iter()
        .find_map(platform)
        .context("the demo needs `terraform` or `tofu` on the PATH: install one of them")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let demo = std::env::current_exe()?;
    let target = demo.ancestors().nth(3).context("the demo is in target/<profile>/examples")?;
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo sets for the program it runs would make this cargo build some crates anew.
    for (name, _) in std::env::vars_os() {
        let shown = name.to_string_lossy();
        if shown.starts_with("CARGO_PKG_") || shown.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    // With this program, so that its dependencies are the ones that are built already.
    cargo.args(["build", "--locked", "--example", "demo"]);
    cargo.args(["--bin", "terraform-provider-aep", "--target-dir"]);
    let built = cargo.arg(target).current_dir(root).status().context("running cargo")?;
    ensure!(built.success(), "the provider does not build");
    // The registries that a short provider source means: Terraform's and OpenTofu's.
    for host in ["registry.terraform.io", "registry.opentofu.org"] {
        let path = ADDRESS.split_once('/').context("the provider address has a host")?.1;
        let place = folder.join("mirror").join(host).join(path).join(VERSION).join(&platform);
        fs::create_dir_all(&place)?;
        let installed = place.join(format!("terraform-provider-aep_v{VERSION}"));
        fs::copy(target.join("debug/terraform-provider-aep"), installed)
            .context("installing the provider into the mirror")?;
    }
    let mirror = folder.join("mirror");
    let settings = format!(
        "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
        mirror.display()
    );
    fs::write(folder.join("cli.tfrc"), settings)?;
    fs::copy(root.join("examples/demo/main.tf"), folder.join("main.tf"))?;
    Ok(cli)
}

/// Runs the CLI and prints its output and Adobe's side of it as they come, then time and requests.
fn run(cli: &str, folder: &Path, simulator: &Simulator, step: Step) -> Result<()> {
    let (arguments, code, why) = step;
    println!("\n\x1b[1;36m$ {cli} {arguments}\x1b[0m\n{why}\n");
    let options = Options::default();
    let control = simulator.control();
    control.clear_log();
    let began = Instant::now();
    let mut child = Command::new(cli)
        .args(arguments.split(' '))
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", folder.join("cli.tfrc"))
        .env("CHECKPOINT_DISABLE", "1")
        .env("AEP_ENDPOINT", simulator.url())
        .env("AEP_ORG_ID", &options.org_id)
        .envs(options.tokens.first().map(|token| ("AEP_ACCESS_TOKEN", token)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {cli}"))?;
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as _),
        child.stderr.take().map(|stream| Box::new(stream) as _),
    ];
    let printers = streams.into_iter().flatten().map(|stream| thread::spawn(|| print(stream)));
    let printers: Vec<_> = printers.collect();
    let mut shown = 0;
    let ended = loop {
        let ended = child.try_wait()?;
        for request in control.requests().iter().skip(shown) {
            let Some(status) = request.status else { break };
            let response: Value = serde_json::from_str(&request.response).unwrap_or_default();
            let job =
                response["status"].as_str().map_or_else(String::new, |job| format!(", {job}"));
            let (seconds, method, path) =
                (began.elapsed().as_secs_f64(), &request.method, &request.path);
            println!("\x1b[35m  Adobe {seconds:>5.1} s  {method:4} {path} → {status}{job}\x1b[0m");
            shown += 1;
        }
        if let Some(ended) = ended {
            break ended;
        }
        thread::sleep(Duration::from_millis(20));
    };
    for printer in printers {
        ensure!(printer.join().is_ok(), "a thread of the demo crashed");
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("\x1b[2m  {seconds:.1} s, {shown} requests to Adobe, {ended}\x1b[0m");
    ensure!(ended.code() == Some(code), "{arguments} ended with {ended}, not with {code}");
    Ok(())
}

fn print(stream: impl Read) {
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        println!("  {line}");
    }
}
