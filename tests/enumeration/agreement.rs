//! Random configurations over every stored status, through both plan calls and the apply, with the
//! checks that the CLI makes: no plan is invalid, no final plan and no result inconsistent, and
//! nothing is planned twice.
//!
//! A case follows from its number alone. One that fails is printed whole.

use std::sync::PoisonError;

use aep_simulator::{Control, Options};
use serde_json::{Value as Json, json};

use super::adobes::ADOBES;
use super::case::{Case, Random, STORED, Stored};
use super::cli::{Action, Cli, Command, End};
use super::{ALONE, adobe, assert_none, play_all};
use crate::support::KEY;

/// How many cases of each status.
const CASES: usize = 40;

/// Makes the object that a case begins with.
fn prepare(cli: &mut Cli<'_>, case: &Case) -> Result<(), End> {
    let control = &cli.adobe.control;
    let status = match case.stored {
        Stored::Nothing => return Ok(()),
        Stored::As(status) => status,
        Stored::NotFound => "COMPLETED",
        Stored::Unconfirmed => "RUNNING",
    };
    cli.config = json!({
        "name": case.name, "key_vault_key_identifier": KEY, "wait_for_completion": false,
    });
    if case.imported {
        control.insert(&case.name, KEY, status);
        ended(cli.run(Command::Import))?;
    } else {
        let mut random = Random(case.number ^ u64::MAX);
        // Mostly without the guard, behind which little is left to agree on.
        for setting in ["adopt_existing", "deletion_protection"] {
            cli.config[setting] =
                random.of(&[json!(true), json!(false), json!(false), json!(null)]);
        }
        ended(cli.run(Command::Apply))?;
        assert!(control.set_status(&case.name, status));
        ended(cli.run(Command::Refresh))?;
    }
    if case.stored == Stored::NotFound {
        control.remove(&case.name);
        ended(cli.run(Command::Refresh))?;
    }
    let object = cli.state.as_mut().unwrap();
    if case.stored == Stored::Unconfirmed {
        object.state["status"] = Json::Null;
    }
    if case.without_id || case.stored == Stored::Unconfirmed {
        object.state["id"] = Json::Null;
    }
    object.is_tainted = case.tainted;
    Ok(())
}

fn ended(end: End) -> Result<Action, End> {
    match end {
        End::Done(action) => Ok(action),
        end => Err(end),
    }
}

/// What is under way ends, and what was gone is back: nothing is waited for.
fn pass(control: &Control, case: &Case, status: &'static str) {
    match case.stored {
        Stored::As("COMPLETED" | "FAILED") | Stored::Nothing => {}
        Stored::NotFound => control.insert(&case.name, KEY, status),
        _ => _ = control.set_status(&case.name, status),
    }
}

/// Plans with what is known early, applies with what is known late, and plans again.
fn play(case: &Case, options: fn(&mut Options), status: &'static str) -> Result<String, End> {
    let adobe = adobe(&ADOBES[0], options);
    let mut cli = Cli::new(&adobe);
    prepare(&mut cli, case)?;
    let passing = case.clone();
    cli.meanwhile = Some(Box::new(move |control| pass(control, &passing, status)));
    cli.refreshes = case.refreshed;
    cli.config = case.at_plan.clone();
    cli.late = Some(case.at_apply.clone());
    let command = if case.replaced_by_hand { Command::Replace } else { Command::Apply };
    let action = ended(cli.run(command))?;
    (cli.config, cli.refreshes) = (case.at_apply.clone(), true);
    let applied = cli.state.clone().unwrap();
    if applied.state["status"] == "COMPLETED" && ended(cli.run(Command::Apply))? != Action::Nothing
    {
        return Err(End::Bug(format!("planned again: {}", applied.state)));
    }
    Ok(format!("applied {action:?}"))
}

/// Every case of every status, in a world whose jobs end in this one.
fn play_cases(options: fn(&mut Options), status: &'static str, first: usize) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let numbers: Vec<_> = (first..first + CASES * STORED.len()).collect();
    let (ends, violations) = play_all(&numbers, false, |number| {
        let case = Case::new(number as u64, STORED[(number - first) / CASES]);
        let end = match play(&case, options, status) {
            Ok(end) => end,
            Err(End::Errors(errors)) => errors[0].summary.clone(),
            Err(end) => return Err(format!("{case}\n{end:?}")),
        };
        Ok(format!("{:?}: {end}", case.stored))
    });
    assert_none(&violations);
    for stored in STORED {
        let applied = format!("{stored:?}: applied ");
        let is_applied = ends.keys().any(|end| end.starts_with(&applied));
        assert!(is_applied || status == "FAILED", "no case of {stored:?} comes to its end");
    }
}

#[test]
fn whatever_is_known_late_plan_and_apply_agree() {
    play_cases(|options| options.stages = Vec::new(), "COMPLETED", 0);
}

#[test]
fn whatever_is_known_late_plan_and_apply_agree_where_jobs_fail() {
    let options = |options: &mut Options| {
        options.stages = Vec::new();
        options.outcomes = vec!["FAILED"];
    };
    play_cases(options, "FAILED", 100_000);
}
