//! A real CLI, the built plugin and a simulator, for one test.

mod clis;
mod given;
mod project;
mod promises;
mod running;

pub use clis::{Cli, Feature, cli, with_each};
pub use given::{
    FIRST, SECOND, SHORT, accepted, block, failed, failing_simulator, in_effect, never_in_effect,
    shown, slow_simulator, stored, timed_out, upstream, with_upstream,
};
pub use project::{Project, hcl, resource};
pub use running::{Run, Target};

use std::time::Duration;

use aep_simulator::{Clock, Counters, Options, Simulator, stages};

/// The token of every test. After every command it is looked for in all that the CLI printed and
/// wrote.
pub const TOKEN: &str = "sentinel-token-5c7f";
/// The client secret of the tests with OAuth, looked for likewise.
pub const CLIENT_SECRET: &str = "sentinel-secret-91be";
/// The client id of the tests with OAuth.
pub const CLIENT_ID: &str = "suite-client";
/// The organisation of every simulator.
pub const ORG_ID: &str = "1234567890ABCDEF12345678@AdobeOrg";

/// A key as Adobe's sample has it, with letters in its version that no hex number has.
pub const KEY: &str =
    "https://adobecmkexample.vault.azure.net/keys/adobeCMK-key/7c1d50lo28234cc895534c00d7eb4eb4";
/// The same key without a version.
pub const KEY_VERSIONLESS: &str = "https://adobecmkexample.vault.azure.net/keys/adobeCMK-key";
/// Another key.
pub const OTHER_KEY: &str = "https://another-vault.vault.azure.net/keys/another-key";

/// The options of a simulator that knows the suite's credentials.
pub fn options() -> Options {
    Options {
        org_id: ORG_ID.to_owned(),
        tokens: vec![TOKEN.to_owned()],
        clients: vec![(CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned())],
        ..Options::default()
    }
}

/// A simulator with the suite's credentials.
pub fn simulator() -> Simulator {
    simulator_with(|_| ())
}

/// How long a test waits for something that is bound to happen. A limit for a broken product, not a
/// measure of a good one.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A simulator whose time the test moves: a job does not end before `step_to`.
pub fn stepped(change: impl FnOnce(&mut Options)) -> Simulator {
    simulator_with(|options| {
        options.clock = Clock::Stepped;
        options.stages = stages(Duration::from_secs(1));
        change(options);
    })
}

/// A simulator with the suite's credentials and other options.
pub fn simulator_with(change: impl FnOnce(&mut Options)) -> Simulator {
    let mut options = options();
    change(&mut options);
    Simulator::start(options).expect("the simulator binds a loopback port")
}

/// Waits until the counters are as wished.
#[track_caller]
pub fn await_counters(simulator: &Simulator, wished: impl Fn(&Counters) -> bool) {
    let control = simulator.control();
    assert!(
        control.wait_until(PATIENCE, wished),
        "it never came to that: {:?}",
        control.counters()
    );
}
