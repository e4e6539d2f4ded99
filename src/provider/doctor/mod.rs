//! `terraform-provider-aep doctor`: what is wrong and which step comes next, before anything
//! irreversible. It only reads.
//!
//! The checks come in the order in which people set a key up, so the first that is wrong is the
//! cause of what follows. [`checks`] are those of the settings and of Adobe, [`azure`] those of the
//! vault; settings, client and messages are the provider's own. [`command_line`] has the options,
//! [`report`] what is shown.

mod azure;
mod checks;
mod command_line;
mod report;

use std::ffi::OsString;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;

use crate::provider::arguments::Environment;
use crate::provider::cmk_app::consent_url::consent_url;
use crate::provider::config::from_process;
use command_line::{Asked, Options};
use report::{Finding, Report};

/// The command, and what it does.
pub const COMMAND: (&str, &str) = (
    "doctor",
    "check credentials, network, name, key and vault, and change nothing: see doctor --help",
);

/// `EX_USAGE` of sysexits.h.
const USAGE: u8 = 64;

/// Runs the doctor with the arguments after its name. A signal ends it, as nothing has to be
/// cleaned up.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let options = match command_line::parse(arguments) {
        Ok(Asked::Help) => {
            // A reader that has left is no error.
            _ = stdout().write_all(command_line::help().as_bytes());
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Examine(options)) => options,
        Err(error) => {
            _ = writeln!(stderr(), "{error}\nSee `{} doctor --help`.", env!("CARGO_PKG_NAME"));
            return ExitCode::from(USAGE);
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            _ = writeln!(stderr(), "The doctor cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let in_colour = cfg!(unix)
        && stdout().is_terminal()
        && from_process("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut report = Report::new(options.json, in_colour);
    runtime.block_on(examine(&options, &from_process, &mut report));
    // A name that is still being resolved is not waited for.
    runtime.shutdown_background();
    report.end()
}

/// The checks, in their order, each with what it needs of those before.
async fn examine(options: &Options, environment: Environment<'_>, report: &mut Report) {
    let (settings, setup) = checks::settings(options, environment);
    report.add("settings", settings);

    let network = match &setup {
        Some(setup) => checks::network(setup).await,
        None => Finding::after("settings"),
    };
    let is_reachable = report.add("network", network);

    let (token, application, app) = match &setup {
        Some(setup) if is_reachable => checks::adobe(setup).await,
        _ => (report.after_cause(), report.after_cause(), None),
    };
    report.add("token", token);
    let is_readable = report.add("application", application);
    report.facts.application_id = app.as_ref().map(|app| app.application_id.clone());

    let (key_finding, key) = checks::key(options.key.as_deref());
    let configuration = match (options.name.as_deref(), &setup) {
        (None, _) => Finding::not_asked("--name NAME"),
        (Some(name), Some(setup)) if is_readable => {
            let wanted = key.as_ref().zip(options.key.as_deref());
            let (finding, status) = checks::configuration(setup, name, wanted).await;
            report.facts.status = status;
            finding
        }
        _ => report.after_cause(),
    };
    report.add("configuration", configuration);
    report.add("key", key_finding);

    let no_key = || match &options.key {
        Some(_) => Finding::after("key"),
        None => Finding::not_asked(checks::KEY),
    };
    let tenant = options.tenant.as_deref().filter(|_| setup.is_some());
    let (vault, found) = match (&key, &setup) {
        (Some(key), Some(setup)) => azure::vault(setup, environment, key, tenant).await,
        (Some(_), None) => (Finding::after("settings"), None),
        (None, _) => (no_key(), None),
    };
    report.add("vault", vault);
    report.facts.tenant_id = found.or_else(|| tenant.map(str::to_owned));
    report.facts.consent_url = app
        .zip(report.facts.tenant_id.as_deref())
        .and_then(|(app, tenant)| consent_url(&app.application_redirect_url, tenant).ok());

    let azure = match &key {
        Some(key) => azure::manual(key, &report.facts),
        None => no_key(),
    };
    report.add("azure", azure);
}
