//! What remains of a panic: raw lines that the CLI recognises and shows as the plugin's crash
//! report.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::fmt::Write;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::task::Poll;

use tf_provider::Diagnostic;

use super::stderr;

/// The CLI records this many lines.
const LONGEST_REPORT: usize = 90;

/// A message may quote what it is about. This much of its first line is enough to find it in the
/// source.
const LONGEST_MESSAGE: usize = 200;

thread_local! {
    /// Where this thread last panicked. A panic's payload does not say.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Writes the report of every panic from now on.
pub(super) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let mut report = format!("panic: {}\n", beginning(message(info.payload())));
        if let Some(location) = info.location() {
            // Writing into a string does not fail.
            _ = writeln!(report, "\nat {location}");
            let place = format!("{}:{}", location.file(), location.line());
            PLACE.with(|last| last.replace(Some(place)));
        }
        let backtrace = Backtrace::force_capture().to_string();
        for line in backtrace.lines().take(LONGEST_REPORT) {
            _ = writeln!(report, "{line}");
        }
        stderr::write(report.as_bytes());
    }));
}

/// Runs `work`, and catches its panic.
pub(super) async fn catch<T>(work: impl Future<Output = T>) -> std::thread::Result<T> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        // The future is not polled again after a panic, and what it owned is dropped with it.
        match panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    })
    .await
}

/// What a caller is told about the panic that was just caught on this thread. Not its message,
/// which may quote a value.
pub(super) fn diagnostic(what: &str) -> Diagnostic {
    let place = PLACE.with(RefCell::take).unwrap_or_else(|| "an unknown place".to_owned());
    super::adapter::diagnostic(
        "The provider crashed",
        format!("{what} panicked at {place}. This is a bug in the provider; the log has the rest."),
    )
}

fn beginning(message: &str) -> &str {
    let line = message.lines().next().unwrap_or_default();
    let end = line.char_indices().nth(LONGEST_MESSAGE);
    end.map_or(line, |(end, _)| &line[..end])
}

/// The text a panic was raised with.
fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_MESSAGE, beginning};

    #[test]
    fn of_a_message_the_beginning_is_reported() {
        assert_eq!(beginning(""), "");
        assert_eq!(beginning("one\r\ntwo"), "one");
        let long = "ä".repeat(LONGEST_MESSAGE);
        assert_eq!(beginning(&format!("{long}x")), long);
    }
}
