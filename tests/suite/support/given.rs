//! Where many tests begin, and what they count.

use terraform_provider_aep::simulator::{Clock, Outcome, Simulator, Stages, Terminal};

use super::{KEY, Project, Run, simulator_with};

/// A simulator whose jobs stay `RUNNING` until its clock is moved.
pub fn slow_simulator() -> Simulator {
    simulator_with(|options| options.clock = Clock::Stepped)
}

/// A simulator whose jobs end at once: the first one of a name in failure, later ones in effect.
pub fn failing_simulator() -> Simulator {
    simulator_with(|options| {
        options.stages = Stages::none();
        options.outcome = Outcome::PerAttempt(vec![Terminal::Failed, Terminal::Completed]);
    })
}

/// A project whose state has `aep_cmk_config.this`, `Config1` with the sample key, in effect. Nothing was submitted for it,
/// and the log is empty.
pub fn in_effect(simulator: &Simulator, more: &str) -> Project {
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(simulator);
    project.configure_one(more);
    project.apply().exits(0);
    simulator.control().clear_log();
    project
}

/// The same with the key in `terraform_data.upstream`, which is replaced when `generation` changes.
pub fn in_effect_with_upstream(simulator: &Simulator, more: &str) -> Project {
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(simulator);
    project.configure(&with_upstream("1", KEY, more));
    project.apply().exits(0);
    simulator.control().clear_log();
    project
}

/// A block whose key comes out of `terraform_data.upstream`. A new `generation` replaces that, so that the key is not known
/// before apply.
pub fn with_upstream(generation: &str, key: &str, more: &str) -> String {
    upstream(generation, key)
        + &block(
            "this",
            "\"Config1\"",
            "terraform_data.upstream.output",
            more,
        )
}

/// `terraform_data.upstream`, whose output is `value`.
pub fn upstream(generation: &str, value: &str) -> String {
    format!(
        "resource \"terraform_data\" \"upstream\" {{\n  input = \"{value}\"\n  triggers_replace = \"{generation}\"\n}}\n"
    )
}

/// A block `aep_cmk_config.<label>`, with name and key as expressions.
pub fn block(label: &str, name: &str, key: &str, more: &str) -> String {
    format!(
        "resource \"aep_cmk_config\" \"{label}\" {{\n  name = {name}\n  key_vault_key_identifier = {key}\n  {more}\n}}\n"
    )
}

/// How many jobs Adobe has accepted.
pub fn accepted(simulator: &Simulator) -> u64 {
    simulator.control().counters().submissions_accepted
}

impl Run {
    /// How often a sentence is said.
    pub fn count(&self, sentence: &str) -> usize {
        self.text().matches(sentence).count()
    }
}
