//! Random configurations of `aep_cmk_config` over every stored status, through both plan calls and the apply, with the
//! checks that the CLI makes: no plan is invalid, no final plan and no result inconsistent, and nothing is planned twice.
//!
//! A case follows from its number alone. One that fails is printed whole.

mod case;
mod cli;

use std::collections::BTreeMap;
use std::sync::Arc;

use aep_simulator::{Outcome, Simulator, Stages, Terminal};
use serde_json::{Value as Json, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::case::{Case, Random, STORED, Stored};
use self::cli::{Action, Client, End, Object, bug, client};
use crate::product::{configure, start};
use crate::support::{KEY, ORG_ID, TOKEN, simulator_with};

/// How many cases of each status.
const CASES: u64 = 40;
/// As many requests at a time as the CLI has under way.
const PARALLEL: usize = 10;

/// Makes the object that a case begins with.
async fn prepare(
    mut client: Client,
    simulator: &Simulator,
    case: &Case,
) -> Result<Option<Object>, End> {
    let control = simulator.control();
    let status = match case.stored {
        Stored::Nothing => return Ok(None),
        Stored::As(status) => status,
        Stored::NotFound => "COMPLETED",
        Stored::Unconfirmed => "RUNNING",
    };
    let mut object = if case.imported {
        control.insert(&case.name, KEY, status);
        client.import(&case.name).await?
    } else {
        let mut random = Random(case.number ^ u64::MAX);
        let mut config = json!({
            "name": case.name, "key_vault_key_identifier": KEY, "wait_for_completion": false,
        });
        // Mostly without the guard, behind which little is left to agree on.
        for setting in ["adopt_existing", "deletion_protection"] {
            config[setting] = random.of(&[json!(true), json!(false), json!(false), json!(null)]);
        }
        let config = client.whole(&config);
        let planned = client.plan(None, &config, false).await?;
        let submitted = client.apply(None, &planned, &config).await?.unwrap();
        assert!(control.set_status(&case.name, status));
        client.refresh(&submitted).await?
    };
    if case.stored == Stored::NotFound {
        control.remove(&case.name);
        object = client.refresh(&object).await?;
    }
    if case.stored == Stored::Unconfirmed {
        object.state["status"] = Json::Null;
    }
    if case.without_id || case.stored == Stored::Unconfirmed {
        object.state["id"] = Json::Null;
    }
    Ok(Some(object))
}

/// Runs a step of every case, some at a time.
async fn each<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    steps: impl Iterator<Item = (u64, F)>,
) -> BTreeMap<u64, T> {
    let turns = Arc::new(Semaphore::new(PARALLEL));
    let mut running = JoinSet::new();
    for (number, step) in steps {
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            (number, step.await)
        });
    }
    running.join_all().await.into_iter().collect()
}

/// Every case: three runs of the CLI in one process, as each run configures the provider anew.
async fn play(end: Terminal, attempts: &[Json], first: u64) {
    let simulator = Arc::new(simulator_with(|options| {
        options.stages = Stages::none();
        options.outcome = Outcome::PerAttempt(vec![end]);
    }));
    let plugin = start().await;
    let mut provider = plugin.provider().await;
    let client = client(provider.clone()).await;
    let block = json!({ "org_id": ORG_ID, "access_token": TOKEN, "endpoint": simulator.url() });
    let cases: BTreeMap<u64, Case> = (first..)
        .zip(STORED.iter().flat_map(|stored| (0..CASES).map(move |_| *stored)))
        .map(|(number, stored)| (number, Case::new(number, stored, attempts)))
        .collect();
    let mut ends: BTreeMap<(Stored, String), u32> = BTreeMap::new();
    let mut bugs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut note = |case: &Case, when: &str, end: Result<(), End>| {
        let end = match end {
            Ok(()) => when.to_owned(),
            Err(End::Error(summary)) => format!("{when}: {summary}"),
            Err(End::Bug(what)) => {
                // Of one kind, whatever the values are.
                let kind: Vec<_> = what.split('"').step_by(2).collect();
                let kind = format!("{when}: {}", kind.join("…"));
                bugs.entry(kind).or_default().push(case.to_string());
                return;
            }
        };
        *ends.entry((case.stored, end)).or_default() += 1;
    };

    configure(&mut provider, &block).await;
    let prepared = each(cases.iter().map(|(number, case)| {
        let (client, simulator, case) = (client.clone(), Arc::clone(&simulator), case.clone());
        (*number, async move { prepare(client, &simulator, &case).await })
    }))
    .await;

    configure(&mut provider, &block).await;
    let mut plans = BTreeMap::new();
    for (number, object) in prepared {
        match object {
            Ok(object) => _ = plans.insert(number, object),
            Err(end) => note(&cases[&number], "prepared", Err(end)),
        }
    }
    let planned = each(plans.into_iter().map(|(number, object)| {
        let (mut client, case) = (client.clone(), cases[&number].clone());
        let step = async move {
            let config = client.whole(&case.at_plan);
            let object = match object {
                Some(object) if case.refreshed => Some(client.refresh(&object).await?),
                object => object,
            };
            let prior = object.as_ref().filter(|_| !case.tainted);
            let mut planned = client.plan(prior, &config, case.replaced_by_hand).await?;
            if case.tainted && object.is_some() {
                planned.action = Action::Replace;
            }
            Ok((object, planned))
        };
        (number, step)
    }))
    .await;

    // What is under way ends, and what was gone is back: nothing is waited for.
    for case in cases.values() {
        match case.stored {
            Stored::As("COMPLETED" | "FAILED") | Stored::Nothing => {}
            Stored::NotFound => simulator.control().insert(&case.name, KEY, end_status(end)),
            _ => _ = simulator.control().set_status(&case.name, end_status(end)),
        }
    }
    configure(&mut provider, &block).await;
    let mut applies = BTreeMap::new();
    for (number, planned) in planned {
        match planned {
            Ok(planned) => _ = applies.insert(number, planned),
            Err(end) => note(&cases[&number], "planned", Err(end)),
        }
    }
    let applied = each(applies.into_iter().map(|(number, (object, planned))| {
        let (mut client, case) = (client.clone(), cases[&number].clone());
        let step = async move {
            let config = client.whole(&case.at_apply);
            let object = client.apply(object.as_ref(), &planned, &config).await?.unwrap();
            // What was applied plans empty.
            let object = client.refresh(&object).await?;
            let again = client.plan(Some(&object), &config, false).await?;
            if object.state["status"] == "COMPLETED" && again.action != Action::Nothing {
                return bug(format!("planned again: {} to {}", object.state, again.after));
            }
            Ok(planned.action)
        };
        (number, step)
    }))
    .await;
    for (number, end) in applied {
        let when = match &end {
            Ok(action) => format!("applied {action:?}"),
            Err(_) => "applied".to_owned(),
        };
        note(&cases[&number], &when, end.map(drop));
    }

    for ((stored, end), count) in &ends {
        println!("{stored:?}: {count} × {end}");
    }
    let bugs: Vec<_> = bugs
        .iter()
        .map(|(kind, cases)| format!("{} × {kind}\n  the first: {}", cases.len(), cases[0]))
        .collect();
    assert!(bugs.is_empty(), "of {} cases\n{}", cases.len(), bugs.join("\n"));
    for stored in STORED {
        let applied = ends.keys().any(|(of, end)| *of == stored && end.starts_with("applied "));
        assert!(applied || end == Terminal::Failed, "no case of {stored:?} comes to its end");
    }
}

fn end_status(end: Terminal) -> &'static str {
    match end {
        Terminal::Completed => "COMPLETED",
        Terminal::Failed => "FAILED",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_known_late_plan_and_apply_agree() {
    play(Terminal::Completed, &[json!("0"), json!("1"), json!("2")], 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_known_late_plan_and_apply_agree_where_jobs_fail() {
    // Without a further attempt, as the pause before one is minutes.
    play(Terminal::Failed, &[json!("0")], 100_000).await;
}
