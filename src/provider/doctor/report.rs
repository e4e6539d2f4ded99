//! What the doctor shows: for people a line a check as soon as it is known, or everything at the
//! end as JSON.

use std::io::{Write, stdout};
use std::process::ExitCode;

use serde::Serialize;

use crate::provider::VERSION;

/// How wide texts are, and where they begin.
const WIDTH: usize = 100;
const INDENT: usize = 17;

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// The first of these is the cause.
    Wrong,
    /// It could not be told from here.
    Unknown,
    /// What it needs is wrong or was not given.
    Skipped,
    /// For a person to look at.
    Manual,
}

/// What a check found, and the next step. Lines of either that begin with a space are shown as they
/// are.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct Finding {
    pub result: Outcome,
    pub message: String,
    pub next: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(message: impl Into<String>) -> Self {
        Self { result: Outcome::Ok, message: message.into(), next: None }
    }

    /// Anything else that was found.
    pub fn new(result: Outcome, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { result, message: message.into(), next: Some(next.into()) }
    }

    /// Skipped, as what it needs is wrong.
    pub fn after(cause: &str) -> Self {
        let message = format!("Skipped: `{cause}` comes first.");
        Self { result: Outcome::Skipped, message, next: None }
    }

    /// Skipped, as an option was not given.
    pub fn not_asked(option: &str) -> Self {
        let message = format!("Skipped: give `{option}` to check it.");
        Self { result: Outcome::Skipped, message, next: None }
    }
}

/// What was learned on the way.
#[derive(Default, Serialize)]
pub struct Facts {
    /// The vault's tenant; where it is unknown, the one that was given.
    pub tenant_id: Option<String>,
    /// Where a person gives consent in that tenant.
    pub consent_url: Option<String>,
    /// The client id of Adobe's app.
    pub application_id: Option<String>,
    /// The status of the configuration.
    pub status: Option<String>,
}

#[derive(Serialize)]
struct Check {
    id: &'static str,
    #[serde(flatten)]
    finding: Finding,
}

/// All checks so far, in the shape of the JSON.
#[derive(Serialize)]
pub struct Report {
    version: &'static str,
    result: Outcome,
    checks: Vec<Check>,
    /// What was learned.
    pub facts: Facts,
    #[serde(skip)]
    is_json: bool,
    #[serde(skip)]
    in_colour: bool,
}

impl Report {
    /// An empty one.
    pub fn new(is_json: bool, in_colour: bool) -> Self {
        let (checks, facts) = (Vec::new(), Facts::default());
        Self { version: VERSION, result: Outcome::Ok, checks, facts, is_json, in_colour }
    }

    /// Adds a check and shows it; whether what needs it can go on.
    pub fn add(&mut self, id: &'static str, finding: Finding) -> bool {
        if !self.is_json {
            print(&shown(id, &finding, self.in_colour));
        }
        let goes_on = matches!(finding.result, Outcome::Ok | Outcome::Unknown);
        self.checks.push(Check { id, finding });
        goes_on
    }

    /// Skipped, as some check before is wrong, or could not be made.
    pub fn after_cause(&self) -> Finding {
        let cause = self.first(Outcome::Wrong).or_else(|| self.first(Outcome::Unknown));
        Finding::after(cause.unwrap_or_default())
    }

    fn first(&self, result: Outcome) -> Option<&'static str> {
        self.checks.iter().find(|check| check.finding.result == result).map(|check| check.id)
    }

    /// Shows the end, and says how it went.
    pub fn end(mut self) -> ExitCode {
        let (result, code) = match (self.first(Outcome::Wrong), self.first(Outcome::Unknown)) {
            (Some(_), _) => (Outcome::Wrong, 1),
            (None, Some(_)) => (Outcome::Unknown, 2),
            (None, None) => (Outcome::Ok, 0),
        };
        self.result = result;
        print(&match self.is_json {
            // Of texts only, it cannot fail.
            true => serde_json::to_string_pretty(&self).unwrap_or_default() + "\n",
            false => self.ending(),
        });
        ExitCode::from(code)
    }

    /// The facts, and what comes next.
    fn ending(&self) -> String {
        let Facts { application_id, tenant_id, consent_url, .. } = &self.facts;
        let facts =
            [("Adobe's app", application_id), ("tenant", tenant_id), ("consent", consent_url)];
        let mut text = String::from("\n");
        for (name, fact) in facts {
            if let Some(fact) = fact {
                text += &format!("{name:<INDENT$}{}\n", printable(fact));
            }
        }
        text + &format!("{:<INDENT$}{}\n", "next", filled(&self.next(), INDENT, WIDTH).trim_start())
    }

    fn next(&self) -> String {
        if let Some(cause) = self.first(Outcome::Wrong) {
            return format!("Fix `{cause}`, the first ✗, then run this again.");
        }
        let is_ok =
            |id| self.checks.iter().any(|it| it.id == id && it.finding.result == Outcome::Ok);
        let (has_name, has_key) = (is_ok("configuration"), is_ok("key"));
        let unknown = self.first(Outcome::Unknown).map_or(String::new(), |id| {
            format!("Nothing is wrong as far as can be told from here; see `{id}`. ")
        });
        let step = match (self.facts.status.as_deref().filter(|_| has_name), has_name, has_key) {
            (Some(status), ..) if status.eq_ignore_ascii_case("COMPLETED") => {
                "Nothing is left to do: the configuration is in effect."
            }
            (Some(_), ..) => {
                "Adobe is at work: `terraform apply` waits for it and submits nothing twice."
            }
            (None, true, true) => {
                "Give consent in the vault's tenant, go through the list of `azure`, then run \
                 `terraform plan`."
            }
            _ if !unknown.is_empty() => "Run this again.",
            _ => "Run this again with both `--name` and `--key` to have the rest checked.",
        };
        unknown + step
    }
}

fn shown(id: &str, finding: &Finding, in_colour: bool) -> String {
    let (mark, colour) = match finding.result {
        Outcome::Ok => ("✓", "32"),
        Outcome::Wrong => ("✗", "31"),
        Outcome::Unknown => ("?", "33"),
        Outcome::Skipped | Outcome::Manual => ("-", "2"),
    };
    let (on, off) = match in_colour {
        true => (format!("\x1b[{colour}m"), "\x1b[0m"),
        false => (String::new(), ""),
    };
    let message = filled(&finding.message, INDENT, WIDTH);
    let mut text = format!("{on}{mark}{off} {id:<14} {}\n", message.trim_start());
    if let Some(next) = &finding.next {
        text += &format!("{:INDENT$}> {}\n", "", filled(next, INDENT + 2, WIDTH).trim_start());
    }
    text
}

/// What does not end a line is no business of a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

/// Text that begins at a column and ends at another. A line that begins with a space is not
/// wrapped: it may be a command.
pub fn filled(text: &str, indent: usize, width: usize) -> String {
    let mut out = String::new();
    for line in printable(text).lines() {
        let indent = if line.is_empty() { 0 } else { indent };
        let mut column = 0;
        for word in line.split(' ') {
            let length = word.chars().count() + 1;
            if column > 0 && (line.starts_with(' ') || column + length <= width) {
                out.push(' ');
                column += length;
            } else {
                out += if column > 0 { "\n" } else { "" };
                out += &" ".repeat(indent);
                column = indent + length - 1;
            }
            out += word;
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

/// A reader that has left is no error.
fn print(text: &str) {
    let mut stdout = stdout().lock();
    _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::{Finding, filled, shown};

    #[test]
    fn a_terminal_gets_the_mark_in_colour_and_nothing_that_would_move_it() {
        let finding = Finding::ok("a\x1b[2Jb");
        assert_eq!(shown("key", &finding, true), "\x1b[32m✓\x1b[0m key            a[2Jb\n");
        assert_eq!(shown("key", &finding, false), "✓ key            a[2Jb\n");
    }

    #[test]
    fn a_command_is_not_wrapped() {
        let text = "one two three\n  az one two three\n\nfour";
        assert_eq!(filled(text, 1, 9), " one two\n three\n   az one two three\n\n four");
    }
}
