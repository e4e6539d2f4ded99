//! The main job in one command, `cargo run --example demo`: the built provider, the real CLI, a simulated Adobe.
//!
//! It builds the provider, installs it into a file-system mirror, starts the simulator on loopback, and runs the CLI on
//! `examples/demo/main.tf` in a temporary folder. Nothing is left behind and nothing leaves this machine.

mod stage;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use terraform_provider_aep::simulator::{Options, Simulator, Stages};

use stage::Stage;

/// Long enough to watch, short enough to stay for.
const STAGE_OF_THE_JOB: Duration = Duration::from_secs(2);

fn main() -> Result<()> {
    println!(
        "\n\x1b[1mA customer-managed key for Adobe Experience Platform, from nothing to drift\x1b[0m"
    );
    println!("Adobe is simulated on this machine; the provider and the CLI are the real ones.\n");

    let simulator =
        Simulator::start(Options { stages: Stages::each(STAGE_OF_THE_JOB), ..Options::default() })
            .context("starting the simulator")?;
    let stage = Stage::set(&simulator)?;

    stage.say(
        "terraform init",
        "The provider is installed from a local mirror, as a company without access to the registry would do it.",
    );
    stage.run(&["init", "-input=false", "-no-color"])?.expect(0)?;

    stage.say(
        "terraform plan",
        "Nothing is sent but questions: is the name free? A name that is taken with another key would stop here.",
    );
    stage.run(&["plan", "-input=false", "-no-color"])?.expect(0)?;

    stage.say(
        "terraform apply",
        "One submission, then a wait until Adobe has put the key into effect. What arrives at Adobe is shown beside it.",
    );
    stage.run(&["apply", "-auto-approve", "-input=false", "-no-color"])?.expect(0)?;
    ensure!(
        simulator.control().counters().submissions_accepted == 1,
        "the key was not submitted exactly once"
    );

    stage.say(
        "terraform plan -detailed-exitcode",
        "The plan after the apply is empty (exit code 0): what Adobe has is what the configuration says.",
    );
    stage.run(&["plan", "-detailed-exitcode", "-input=false", "-no-color"])?.expect(0)?;

    println!(
        "\n\x1b[1mAt night, somebody changes the key at Adobe\x1b[0m, behind Terraform's back."
    );
    simulator
        .control()
        .set_key("customer-data", "https://somebody-elses.vault.azure.net/keys/other");

    stage.say(
        "terraform plan -refresh-only -detailed-exitcode",
        "A nightly job sees the drift: exit code 2, and both keys in the output.",
    );
    stage
        .run(&["plan", "-refresh-only", "-detailed-exitcode", "-input=false", "-no-color"])?
        .expect(2)?;

    stage.say(
        "terraform plan",
        "A plain plan would replace the key, and Terraform would go on to delete what guards the data: the provider stops it (exit code 1).",
    );
    stage.run(&["plan", "-input=false", "-no-color"])?.expect(1)?;

    stage.close();
    Ok(())
}
