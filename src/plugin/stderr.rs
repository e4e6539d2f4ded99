//! Standard error, which the CLI reads as the log.

use std::io::Write;

/// Writes a whole line at once, so that lines of several threads do not mix. After Terraform's
/// death nobody reads them, and that is no reason to fail.
pub(super) fn write(line: &[u8]) {
    _ = std::io::stderr().lock().write_all(line);
}
