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
use report::{Check, Report};

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
    let in_colour = cfg!(unix)
        && stdout().is_terminal()
        && from_process("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut report = Report::new(options.json, in_colour);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            _ = writeln!(stderr(), "The doctor cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(examine(&options, &from_process, &mut report));
    // A name that is still being resolved is not waited for.
    runtime.shutdown_background();
    report.end()
}

/// The checks, in their order.
async fn examine(options: &Options, environment: Environment<'_>, report: &mut Report) {
    let (check, setup) = match checks::settings(options, environment) {
        Ok((check, setup)) => (check, Some(setup)),
        Err(check) => (check, None),
    };
    let is_set_up = report.add(check);

    let is_reachable = match &setup {
        Some(setup) => report.add(checks::network(setup).await),
        None => report.add(Check::after("network", "settings")),
    };

    let (token, application, app) = match &setup {
        Some(setup) if is_reachable => checks::adobe(setup).await,
        _ => {
            let cause = if is_set_up { "network" } else { "settings" };
            (Check::after("token", cause), Check::after("application", cause), None)
        }
    };
    let has_token = report.add(token);
    let is_readable = report.add(application);
    report.facts.application_id = app.as_ref().map(|app| app.application_id.clone());

    let (key_check, key) = checks::key(options.key.as_deref());
    let configuration = match (&options.name, &setup) {
        (None, _) => Check::not_asked("configuration", "--name NAME"),
        (Some(_), Some(setup)) if is_reachable && has_token && is_readable => {
            let (check, status) = checks::configuration(setup, options, key.as_ref()).await;
            report.facts.status = status;
            check
        }
        (Some(_), _) => Check::after("configuration", report.cause().unwrap_or("application")),
    };
    report.add(configuration);
    report.add(key_check);

    let (vault, tenant) = match (&key, &setup) {
        (Some(key), Some(setup)) => azure::vault(setup, key, options.tenant.as_deref()).await,
        (None, _) if options.key.is_none() => {
            (Check::not_asked("vault", "--key KEY_IDENTIFIER"), None)
        }
        (None, _) => (Check::after("vault", "key"), None),
        (Some(_), None) => (Check::after("vault", "settings"), None),
    };
    report.add(vault);
    let facts = &mut report.facts;
    facts.tenant_id = tenant.or_else(|| options.tenant.clone().filter(|_| is_set_up));
    facts.consent_url = match (&app, &facts.tenant_id) {
        (Some(app), Some(tenant)) => consent_url(&app.application_redirect_url, tenant).ok(),
        _ => None,
    };

    let azure = match &key {
        Some(key) => azure::manual(key, &report.facts),
        None if options.key.is_none() => Check::not_asked("azure", "--key KEY_IDENTIFIER"),
        None => Check::after("azure", "key"),
    };
    report.add(azure);
}
