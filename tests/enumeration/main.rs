//! Every fault at every request of every step, and every pair of them on the way of a create:
//! checked against a model.
//!
//! Each run is one command with its fault, and then commands without any until everything is
//! settled. The provider is spoken to by the plugin's own RPCs, on a clock of its own; HTTP to the
//! simulator is real. A run follows from its number alone:
//!
//! ```sh
//! cargo test --test enumeration                                  # what fits into the test command
//! AEP_ENUMERATE=all cargo test --profile enumerate --test enumeration -- --nocapture  # all of them, with progress
//! AEP_ENUMERATE=run:1234 cargo test --test enumeration -- --nocapture
//! ```
//!
//! It is a program of its own, as cargo runs one after the other: beside the scenes of the suite a
//! core's network queue can be so late that the paused clock is ahead of a packet.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the whole crate is tests; .clippy.toml covers the test functions only, not what they call"
)]

mod adobes;
mod agreement;
mod case;
mod cli;
#[allow(dead_code, reason = "the host's own tests use more of it")]
#[path = "../../src/plugin/tests/wire/client.rs"]
mod client;
mod faults;
mod front;
mod model;
mod process;
mod steps;
#[allow(dead_code, unused_imports, reason = "the suite uses more of it")]
#[path = "../suite/support/mod.rs"]
mod support;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aep_simulator::{Control, Counters, Options, Place};
use serde_json::json;

use self::adobes::{ADOBES, Adobes};
use self::cli::{Action, Cli, Command, End};
use self::faults::{ATTEMPT, Row};
use self::front::Handshake;
use self::process::{Adobe, Interrupt};
use self::steps::{Goal, Step};
use crate::support::{
    CLIENT_ID, CLIENT_SECRET, KEY, ORG_ID, Project, TOKEN, options, resource, simulator_with,
};

/// Commands that change something once the faults have stopped.
const SETTLES_IN: usize = 2;

/// One run: a step, and what befalls which of its requests.
struct Run<'a> {
    adobes: &'static Adobes,
    step: &'a Step,
    faults: Vec<(usize, &'a Row)>,
}

impl std::fmt::Display for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.adobes.name, self.step.name)?;
        self.faults.iter().try_for_each(|(at, row)| write!(f, " | {} at request {at}", row.name))
    }
}

/// All runs: those without a fault, those with one, and pairs.
fn runs<'a>(steps: &'a [Step], rows: &'a [Row]) -> Vec<Run<'a>> {
    let [usual, others @ ..] = &ADOBES;
    let mut runs = Vec::new();
    for adobes in &ADOBES {
        runs.extend(steps.iter().map(|step| Run { adobes, step, faults: Vec::new() }));
    }
    let mut befall = |adobes, rows: Vec<&'a Row>| {
        for step in steps {
            for at in 0..step.requests {
                runs.extend(rows.iter().map(|row| Run { adobes, step, faults: vec![(at, *row)] }));
            }
        }
    };
    befall(usual, rows.iter().filter(|row| row.handshake.is_none()).collect());
    for adobes in others {
        let fits = |row: &&Row| row.passes() && row.handshake.is_some() == adobes.has_tls;
        befall(adobes, rows.iter().filter(fits).collect());
    }
    let rows: Vec<_> = rows.iter().filter(|row| row.handshake.is_none()).collect();
    let step = &steps[0];
    for first in 0..step.requests {
        for second in first + 1..=step.requests {
            for &one in rows.iter().filter(|row| row.passes()) {
                let others =
                    rows.iter().copied().filter(|row| row.passes() || row.interrupt.is_some());
                let pair = |other| vec![(first, one), (second, other)];
                runs.extend(others.map(|other| Run { adobes: usual, step, faults: pair(other) }));
            }
        }
    }
    runs
}

thread_local! {
    /// Where Adobe listens, and TLS in front of it. Runs are so many that the system would run out of free ports.
    static PLACES: [Rc<Place>; 2] = [(); 2].map(|()| Rc::new(Place::bind(options().bind).unwrap()));
}

/// A new Adobe.
fn adobe(adobes: &Adobes, changed: fn(&mut Options)) -> Adobe {
    let mut options = options();
    options.stages = vec![("RUNNING", Duration::from_secs(1))];
    changed(&mut options);
    (adobes.options)(&mut options);
    let [place, front] = PLACES.with(Clone::clone);
    let front = adobes.has_tls.then_some(front);
    let url = match &front {
        Some(front) => format!("https://{}", front.address),
        None => format!("http://{}", place.address),
    };
    let mut block = json!({
        "org_id": ORG_ID, "endpoint": url, "request_timeout": format!("{}s", ATTEMPT.as_secs()), "max_retries": 1,
    });
    if adobes.has_tls {
        block["ca_cert_file"] = json!(front::ca_cert_file());
    }
    match options.tokens.is_empty() {
        false => block["access_token"] = json!(TOKEN),
        true => {
            block["client_id"] = json!(CLIENT_ID);
            block["client_secret"] = json!(CLIENT_SECRET);
            block["ims_endpoint"] = json!(url);
        }
    }
    Adobe {
        control: Control::new(options),
        place,
        front: front.map(|front| (front, Cell::new(Handshake::Foreign))),
        block: RefCell::new(block),
        interrupt: Cell::new(None),
        stopped: Cell::new(false),
        shown: Rc::new(RefCell::new(String::new())),
    }
}

/// Plays a run. The end of its command, or what does not hold.
fn play(run: &Run<'_>) -> Result<String, String> {
    let step = run.step;
    let adobe = adobe(run.adobes, step.options);
    let is_usual = std::ptr::eq(run.adobes, &ADOBES[0]);
    let mut cli = Cli::new(&adobe);
    step.prepare(&mut cli);
    cli.meanwhile = Some(Box::new(step.meanwhile));

    let before = adobe.control.counters();
    let mut holds = before.held;
    for (nth, (at, row)) in run.faults.iter().enumerate() {
        // The simulator counts the requests that no fault before it has hit.
        adobe.control.fault(row.at(at - nth));
        holds += u64::from(row.holds());
        if let Some(interrupt) = row.interrupt {
            let hits = before.faults + nth as u64 + 1;
            let count = if interrupt == Interrupt::StopInPause { hits } else { holds };
            adobe.interrupt.set(Some((interrupt, count)));
        }
        if let (Some((_, breaks)), Some(handshake)) = (&adobe.front, row.handshake) {
            breaks.set(handshake);
        }
    }
    let was_guarded = |cli: &Cli<'_>| {
        cli.state.as_ref().is_some_and(|object| object.state["deletion_protection"] == true)
    };
    let guarded = was_guarded(&cli);
    let known = cli.state.as_ref().map(|object| object.state["name"].as_str().unwrap().to_owned());
    let end = cli.run(step.command);
    let counters = adobe.control.counters();
    let accepted = |since: Counters| {
        adobe.control.counters().submissions_accepted - since.submissions_accepted
    };
    let hit = (counters.faults - before.faults).min(run.faults.len() as u64);
    if run.faults.is_empty() && is_usual {
        let requests = counters.requests - before.requests;
        if requests < step.requests as u64 {
            return Err(format!("it makes {requests} requests: {:#?}", adobe.control.requests()));
        }
    }
    adobe.control.clear_faults();
    adobe.interrupt.set(None);
    model::after(&cli, step, guarded, accepted(before), &end)?;
    if let [(at, row)] = run.faults[..]
        && model::is_borne(row, at, &adobe.control.requests())
        && !matches!(end, End::Done(_))
        && step.ends_well
        && is_usual
    {
        return Err(format!("it is not borne: {end:?}"));
    }
    let summary = match &end {
        End::Errors(errors) => errors[0].summary.clone(),
        end => format!("{end:?}"),
    };

    let mut commands = 0;
    let mut wait = Duration::ZERO;
    loop {
        // Nobody runs the next command before Adobe shows what the last one did.
        adobe.control.step(wait.max(Duration::from_secs(6)));
        let command = match step.goal {
            Goal::Refused | Goal::Forgotten | Goal::Impossible | Goal::Taken => step.command,
            _ if step.command == Command::Import && cli.state.is_none() => Command::Import,
            _ => Command::Apply,
        };
        let guarded = was_guarded(&cli);
        let is_imported = command == Command::Import;
        let before = adobe.control.counters();
        let again = cli.run(command);
        model::after(&cli, step, guarded, accepted(before), &again)?;
        let is_done = match &again {
            End::Done(Action::Nothing) => !is_imported,
            End::Errors(_) => matches!(step.goal, Goal::Refused | Goal::Impossible | Goal::Taken),
            _ => false,
        };
        // Once more where something may have been on its way, when that has arrived.
        if is_done && (!wait.is_zero() || !run.faults.iter().any(|(_, row)| row.is_late())) {
            break;
        }
        if is_done {
            wait = Duration::from_secs(600);
            continue;
        }
        commands += 1;
        if commands > SETTLES_IN {
            return Err(format!(
                "not settled after {commands} commands; {summary}, then {again:?}; {}",
                model::told(&adobe.control.requests())
            ));
        }
    }
    model::settled(&cli, step.goal).map_err(|what| format!("{what}; after {summary}"))?;
    let is_killed = |row: &Row| matches!(row.interrupt, Some(Interrupt::Kill | Interrupt::Term));
    let remembers = !run.faults.iter().any(|(_, row)| is_killed(row));
    model::submissions(&adobe.control.requests(), known.as_deref(), remembers)?;
    model::secrets(&adobe)?;
    Ok(format!("{hit} hit: {summary}"))
}

/// Plays runs on all cores. How they ended, and what does not hold, by run.
fn play_all(
    numbers: &[usize],
    says: bool,
    play: impl Fn(usize) -> Result<String, String> + Sync,
) -> (BTreeMap<String, usize>, BTreeMap<usize, String>) {
    let next = AtomicUsize::new(0);
    let violations = Mutex::new(BTreeMap::new());
    let ends = Mutex::new(BTreeMap::<String, usize>::new());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for nth in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            let (next, play) = (&next, &play);
            let (violations, ends) = (&violations, &ends);
            scope.spawn(move || {
                process::stay_on_a_core(nth);
                while let Some(&number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    fastrand::seed(number as u64);
                    let played = catch_unwind(AssertUnwindSafe(|| play(number)));
                    let played = played.unwrap_or_else(|_| Err("a panic".to_owned()));
                    match played {
                        Ok(end) => *ends.lock().unwrap().entry(end).or_default() += 1,
                        Err(what) => {
                            let what = format!("run:{number}: {what}");
                            if says {
                                println!("{what}");
                            }
                            violations.lock().unwrap().insert(number, what);
                        }
                    }
                    let done = next.load(Ordering::Relaxed);
                    if says && done.is_multiple_of(1000) {
                        println!("{done} of {} runs in {:?}", numbers.len(), began.elapsed());
                    }
                }
            });
        }
    });
    let (ends, violations) = (ends.into_inner().unwrap(), violations.into_inner().unwrap());
    for (end, count) in &ends {
        println!("{count} × {end}");
    }
    println!("{} runs, {} violations, {:?}", numbers.len(), violations.len(), began.elapsed());
    (ends, violations)
}

fn assert_none(violations: &BTreeMap<usize, String>) {
    let first: Vec<_> = violations.values().take(10).map(String::as_str).collect();
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), first.join("\n"));
}

/// Which runs `AEP_ENUMERATE` asks for.
fn chosen(runs: &[Run<'_>], wanted: &str) -> Vec<usize> {
    let all = 0..runs.len();
    if let Some(number) = wanted.strip_prefix("run:") {
        return vec![number.parse().expect("AEP_ENUMERATE=run:<number>")];
    }
    match wanted {
        "all" => all.collect(),
        "singles" => all.filter(|number| runs[*number].faults.len() < 2).collect(),
        "" => {
            let is_chosen = |number: &usize| {
                let run = &runs[*number];
                match run.faults.len() {
                    0 => true,
                    // Nearly all that befalls a plain create, and what the command has time for.
                    1 if run.step.name == "create" && run.adobes.name == ADOBES[0].name => {
                        !run.faults[0].1.name.ends_with("twice")
                    }
                    // A stop that is ignored shows in few pauses.
                    1 if run.faults[0].1.interrupt == Some(Interrupt::StopInPause) => true,
                    1 => number.is_multiple_of(61),
                    _ => number.is_multiple_of(997),
                }
            };
            all.filter(is_chosen).collect()
        }
        other => panic!("AEP_ENUMERATE={other}: write all, singles, or run:<number>"),
    }
}

/// One test after the other, for the same reason.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn every_fault_at_every_request() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (steps, rows) = (steps::steps(), faults::rows());
    let runs = runs(&steps, &rows);
    let wanted = std::env::var("AEP_ENUMERATE").unwrap_or_default();
    let numbers = chosen(&runs, &wanted);
    println!("{} runs of {}", numbers.len(), runs.len());
    let (_, violations) = play_all(&numbers, !wanted.is_empty(), |number| {
        let run = &runs[number];
        play(run).map_err(|what| format!("{run}: {what}"))
    });
    assert_none(&violations);
}

/// The model plays the CLI's part above; here the CLI does: each third of the faults that pass, at
/// another request of a create.
#[test]
fn a_stride_of_them_through_the_real_cli() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let is_real = |row: &Row| row.passes() && row.handshake.is_none() && !row.holds();
    let rows: Vec<_> = faults::rows().into_iter().filter(is_real).step_by(3).collect();
    std::thread::scope(|scope| {
        for (nth, row) in rows.iter().enumerate() {
            scope.spawn(move || {
                let simulator = simulator_with(|options| options.stages = Vec::new());
                let control = simulator.control();
                let project = Project::new(&simulator);
                let attempt = ATTEMPT.as_secs();
                let settings = format!("request_timeout = \"{attempt}s\"\n  max_retries = 1");
                let provider = format!("provider \"aep\" {{\n  {settings}\n}}");
                project.configure_with(&provider, &resource(steps::NAME, KEY, ""));
                // A submission that never arrives is looked for three times as long as it takes to
                // settle: a minute and a half.
                let at = nth % 5;
                control.fault(row.at(if at == 3 && !row.is_overcome() { 4 } else { at }));
                let first = project.apply();
                control.clear_faults();
                let (name, told) = (&row.name, first.text());
                assert!(control.counters().submissions_accepted < 2, "{name}: {told}");
                let settled = (0..SETTLES_IN).any(|_| project.apply().code == Some(0));
                assert!(settled, "{name}: {told}");
                project.plan().exits(0);
                let log = control.requests();
                let kept = model::submissions(&log, None, true);
                assert_eq!(kept, Ok(()), "{name}: {told}");
            });
        }
    });
}
