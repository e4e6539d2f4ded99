//! What remains of a panic: raw lines that the CLI recognises and shows as the plugin's crash report.

use std::any::Any;
use std::backtrace::Backtrace;
use std::fmt::Write;
use std::panic;

use super::stderr;

/// The CLI records this many lines.
const LONGEST_REPORT: usize = 90;

/// Writes the report of every panic from now on.
pub(super) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let mut report = format!("panic: {}\n", message(info.payload()));
        if let Some(location) = info.location() {
            // Writing into a string does not fail.
            _ = writeln!(report, "\nat {location}");
        }
        let backtrace = Backtrace::force_capture().to_string();
        for line in backtrace.lines().take(LONGEST_REPORT) {
            _ = writeln!(report, "{line}");
        }
        stderr::write(report.as_bytes());
    }));
}

/// The text a panic was raised with.
pub(super) fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}
