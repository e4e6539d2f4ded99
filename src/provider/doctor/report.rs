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

/// A check that was made, or not.
#[derive(Debug, Serialize)]
pub struct Check {
    id: &'static str,
    result: Outcome,
    message: String,
    next: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn ok(id: &'static str, message: impl Into<String>) -> Self {
        Self { id, result: Outcome::Ok, message: message.into(), next: None }
    }

    /// Anything else, with the next step. Lines of it that begin with a space are shown as they
    /// are.
    pub fn new(
        id: &'static str,
        result: Outcome,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { id, result, message: message.into(), next: Some(next.into()) }
    }

    /// Says more about the reason.
    pub fn adds(&mut self, sentence: &str) {
        self.message = format!("{}\n{sentence}", self.message);
    }

    /// Skipped, as what it needs is wrong.
    pub fn after(id: &'static str, cause: &str) -> Self {
        let message = format!("Skipped: `{cause}` comes first.");
        Self { id, result: Outcome::Skipped, message, next: None }
    }

    /// Skipped, as an option was not given.
    pub fn not_asked(id: &'static str, option: &str) -> Self {
        let message = format!("Skipped: give `{option}` to check it.");
        Self { id, result: Outcome::Skipped, message, next: None }
    }
}

/// What was learned on the way.
#[derive(Debug, Default, Serialize)]
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
struct Json<'a> {
    version: &'a str,
    result: Outcome,
    checks: &'a [Check],
    facts: &'a Facts,
}

/// All checks so far.
pub struct Report {
    is_json: bool,
    in_colour: bool,
    checks: Vec<Check>,
    /// What was learned.
    pub facts: Facts,
}

impl Report {
    /// An empty one.
    pub fn new(is_json: bool, in_colour: bool) -> Self {
        Self { is_json, in_colour, checks: Vec::new(), facts: Facts::default() }
    }

    /// Adds a check and shows it; whether what needs it can go on.
    pub fn add(&mut self, check: Check) -> bool {
        if !self.is_json {
            print(&self.shown(&check));
        }
        let goes_on = matches!(check.result, Outcome::Ok | Outcome::Unknown);
        self.checks.push(check);
        goes_on
    }

    /// The first check that keeps others from being made.
    pub fn cause(&self) -> Option<&'static str> {
        self.first(Outcome::Wrong).or_else(|| self.first(Outcome::Unknown))
    }

    fn first(&self, result: Outcome) -> Option<&'static str> {
        self.checks.iter().find(|check| check.result == result).map(|check| check.id)
    }

    /// Shows the end, and says how it went.
    pub fn end(self) -> ExitCode {
        let (result, code) = match (self.first(Outcome::Wrong), self.first(Outcome::Unknown)) {
            (Some(_), _) => (Outcome::Wrong, 1),
            (None, Some(_)) => (Outcome::Unknown, 2),
            (None, None) => (Outcome::Ok, 0),
        };
        let Self { checks, facts, .. } = &self;
        print(&match self.is_json {
            // Of texts only, it cannot fail.
            true => {
                serde_json::to_string_pretty(&Json { version: VERSION, result, checks, facts })
                    .unwrap_or_default()
                    + "\n"
            }
            false => self.ending(),
        });
        ExitCode::from(code)
    }

    fn shown(&self, check: &Check) -> String {
        let (mark, colour) = match check.result {
            Outcome::Ok => ("✓", "32"),
            Outcome::Wrong => ("✗", "31"),
            Outcome::Unknown => ("?", "33"),
            Outcome::Skipped | Outcome::Manual => ("-", "2"),
        };
        let mark = match self.in_colour {
            true => format!("\x1b[{colour}m{mark}\x1b[0m"),
            false => mark.to_owned(),
        };
        let message = filled(&check.message, INDENT, WIDTH);
        let mut text = format!("{mark} {:<14} {}\n", check.id, message.trim_start());
        if let Some(next) = &check.next {
            let next = filled(next, INDENT + 2, WIDTH);
            text += &format!("{:INDENT$}> {}\n", "", next.trim_start());
        }
        text
    }

    /// The facts, and what comes next.
    fn ending(&self) -> String {
        let facts = [
            ("Adobe's app", &self.facts.application_id),
            ("tenant", &self.facts.tenant_id),
            ("consent", &self.facts.consent_url),
        ];
        let mut text = String::from("\n");
        for (name, fact) in facts {
            if let Some(fact) = fact {
                text += &format!("{name:<INDENT$}{}\n", printable(fact));
            }
        }
        text + &format!("{:<INDENT$}{}\n", "next", filled(&self.next(), INDENT, WIDTH).trim_start())
    }

    fn next(&self) -> String {
        let unknown = match self.first(Outcome::Unknown) {
            Some(id) => format!("Nothing is wrong as far as can be told; see `{id}`. "),
            None => String::new(),
        };
        let is_ok = |id| self.checks.iter().any(|it| it.id == id && it.result == Outcome::Ok);
        let status = self.facts.status.as_deref().filter(|_| is_ok("configuration"));
        let status = status.unwrap_or_default();
        let step = if let Some(cause) = self.first(Outcome::Wrong) {
            return format!("Fix `{cause}`, the first ✗, then run this again.");
        } else if status.eq_ignore_ascii_case("COMPLETED") {
            "Nothing is left to be done: the configuration is in effect."
        } else if !status.is_empty() {
            "Adobe is at work: `terraform apply` waits for it and submits nothing twice."
        } else if is_ok("configuration") && is_ok("key") {
            "Give consent in the vault's tenant, go through the list of `azure`, then run \
             `terraform plan`."
        } else if !unknown.is_empty() {
            "Run this again."
        } else {
            let asked = [("configuration", "`--name`"), ("key", "`--key`")];
            let missing = asked.into_iter().filter(|(id, _)| !is_ok(id)).map(|(_, option)| option);
            let missing = missing.collect::<Vec<_>>().join(" and ");
            return format!("Run this again with {missing}, to have that checked too.");
        };
        unknown + step
    }
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
    use super::{Check, Report, filled};

    #[test]
    fn a_terminal_gets_the_mark_in_colour_and_nothing_that_would_move_it() {
        let check = Check::ok("key", "a\x1b[2Jb");
        assert_eq!(
            Report::new(false, true).shown(&check),
            "\x1b[32m✓\x1b[0m key            a[2Jb\n"
        );
        assert_eq!(Report::new(false, false).shown(&check), "✓ key            a[2Jb\n");
    }

    #[test]
    fn a_command_is_not_wrapped() {
        let text = "one two three\n  az one two three\n\nfour";
        assert_eq!(filled(text, 1, 9), " one two\n three\n   az one two three\n\n four");
    }
}
