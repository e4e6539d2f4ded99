//! A CLI that is still running, for tests that act meanwhile, and what it did.

use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::promises::Before;
use super::{PATIENCE, Project};

/// Who gets a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The CLI alone, as from a supervisor.
    Cli,
    /// The CLI and its plugins, as from Ctrl-C in a terminal.
    Group,
}

/// A CLI in a process group of its own. Dropping it kills the group.
pub struct Running<'a> {
    project: &'a Project,
    id: u32,
    ended: Receiver<Output>,
    has_ended: bool,
    before: Before,
}

impl<'a> Running<'a> {
    pub(super) fn start(project: &'a Project, mut command: Command) -> Self {
        let before = Before::of(project, &command);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("the CLI starts");
        let id = child.id();
        let (sender, ended) = channel();
        thread::spawn(move || {
            // A test that has failed meanwhile listens no more.
            let _ = sender.send(child.wait_with_output().expect("the CLI can be waited for"));
        });
        Self { project, id, ended, has_ended: false, before }
    }

    /// Sends SIGINT.
    #[track_caller]
    pub fn interrupt(&self, target: Target) {
        assert!(self.signal("INT", target), "the CLI has ended before");
    }

    /// Waits for the end.
    #[track_caller]
    pub fn end(self) -> Run {
        self.end_within(PATIENCE)
    }

    /// Waits for the end, no longer than `limit`.
    #[track_caller]
    pub fn end_within(mut self, limit: Duration) -> Run {
        match self.ended.recv_timeout(limit) {
            Ok(output) => {
                self.has_ended = true;
                let run = self.project.ended(&output);
                self.before.assert_kept(self.project, &run);
                run
            }
            Err(error) => panic!("the CLI did not end within {limit:?}: {error}"),
        }
    }

    /// It still runs.
    pub fn goes_on(&mut self) -> bool {
        match self.ended.recv_timeout(Duration::ZERO) {
            Err(RecvTimeoutError::Timeout) => true,
            Ok(_) | Err(RecvTimeoutError::Disconnected) => {
                self.has_ended = true;
                false
            }
        }
    }

    /// Whether it arrived.
    fn signal(&self, signal: &str, target: Target) -> bool {
        let target = match target {
            Target::Cli => self.id.to_string(),
            Target::Group => format!("-{}", self.id),
        };
        Command::new("sh")
            .args(["-c", &format!("kill -s {signal} -- {target}")])
            .stderr(Stdio::null())
            .status()
            .expect("the tests need `sh`")
            .success()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // Of a test that has failed already. The CLI may end at this very moment.
        if !self.has_ended && self.goes_on() {
            self.signal("KILL", Target::Group);
        }
    }
}

/// What the CLI did.
#[derive(Clone, Debug)]
pub struct Run {
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Both streams without the CLI's frames and line breaks, to look for sentences in.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
            .replace(['│', '╷', '╵'], " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Requires an exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Requires a sentence, whatever its line breaks.
    #[track_caller]
    pub fn says(self, sentence: &str) -> Self {
        assert!(
            self.text().contains(sentence),
            "{sentence:?} is not in\n{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Requires that a sentence is not there.
    #[track_caller]
    pub fn does_not_say(self, sentence: &str) -> Self {
        assert!(
            !self.text().contains(sentence),
            "{sentence:?} is in\n{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// How often a sentence is said.
    pub fn count(&self, sentence: &str) -> usize {
        self.text().matches(sentence).count()
    }
}
