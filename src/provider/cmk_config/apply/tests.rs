//! The loops on a paused clock, and what is gone on with and shared.

use std::cell::Cell;

use super::*;
use crate::provider::cmk_config::existing::tests::seen;

/// Looks on paused time; the last response repeats. What was found, after how many looks and
/// which time.
async fn found(
    errors: Errors,
    responses: &[Result<Option<&str>, Kind>],
    timeout: Duration,
    stop: Option<usize>,
) -> (Result<Option<String>, Kind>, usize, u64) {
    let limits = Limits { deadline: Instant::now() + timeout, stop: CancellationToken::new() };
    let began = Instant::now();
    let looks = Cell::new(0);
    let look = |now: Limits| {
        let at = looks.replace(looks.get() + 1);
        if stop == Some(at) {
            limits.stop.cancel();
        }
        std::future::ready(match responses[at.min(responses.len() - 1)] {
            // As the client has it.
            _ if now.deadline <= Instant::now() => Err(Error::of_kind(Kind::Deadline)),
            Ok(status) => Ok(status.map(|status| seen("1", status, None))),
            Err(kind) => Err(Error::of_kind(kind)),
        })
    };
    let is_it = |seen: &Seen| !seen.status.is_failed();
    let result = find(errors, SETTLING, &limits, look, is_it).await;
    let result = result.map(|seen| seen.map(|seen| seen.status.to_string()));
    (result.map_err(|error| error.kind), looks.get(), began.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn what_should_be_there_is_looked_for() {
    const LONG: Duration = Duration::from_secs(3600);
    let running = || Ok(Some("RUNNING".to_owned()));
    let busy = Kind::Unavailable;
    let at_once = found(Errors::End, &[Ok(Some("RUNNING"))], LONG, None).await;
    assert_eq!(at_once, (running(), 1, 0));
    let late = found(Errors::End, &[Ok(None), Ok(None), Ok(Some("RUNNING"))], LONG, None).await;
    assert_eq!(late, (running(), 3, 1));
    let (never, looks, seconds) = found(Errors::End, &[Ok(None)], LONG, None).await;
    assert_eq!(never, Ok(None));
    assert!(seconds == 30 && looks >= 8, "{looks} looks in {seconds} s");
    let old_news =
        found(Errors::Borne, &[Ok(Some("FAILED")), Ok(Some("RUNNING"))], LONG, None).await;
    assert_eq!(old_news.0, running());
    let ended = found(Errors::End, &[Ok(None), Err(busy), Ok(Some("RUNNING"))], LONG, None).await;
    assert_eq!(ended.0, Err(busy));
    let borne = found(Errors::Borne, &[Err(busy), Ok(Some("RUNNING"))], LONG, None).await;
    assert_eq!(borne.0, running());
    let last = found(Errors::Borne, &[Ok(None), Err(busy)], LONG, None).await;
    assert_eq!(last.0, Err(busy));
    let too_short = found(Errors::End, &[Ok(None)], Duration::from_secs(10), None).await;
    assert_eq!((too_short.0, too_short.2), (Err(Kind::Deadline), 10), "it proves no absence");
    let past_the_timeout = found(Errors::Borne, &[Ok(None)], Duration::ZERO, None).await;
    assert!(past_the_timeout.2 == 30, "a lost response is looked for past the timeout");
    let interrupted = found(Errors::Borne, &[Ok(None)], LONG, Some(1)).await;
    assert_eq!(interrupted, (Ok(None), 3, 0), "one more look after the interruption");
}

/// A job that this run submitted, and that failed.
fn failed() -> Accepted {
    Accepted {
        seen: seen("1", "FAILED", None),
        superseded: None,
        round: 1,
        has_past: false,
        is_adopted: false,
    }
}

fn an_hour() -> Limits {
    let deadline = Instant::now() + Duration::from_secs(3600);
    Limits { deadline, stop: CancellationToken::new() }
}

#[tokio::test(start_paused = true)]
async fn a_failed_job_is_submitted_again_after_ever_longer_pauses() {
    let limits = an_hour();
    let poll = || std::future::ready(Ok(failed().seen));
    let again = |_, round| {
        let seen = Seen { is_read: false, ..failed().seen };
        std::future::ready(Ok(Accepted { seen, round: round + 1, ..failed() }))
    };
    let unfinished = follow("c", failed(), 4, &limits, poll, again).await.unwrap_err();
    let Trouble::Failed(times) = unfinished.trouble else { panic!("{unfinished:?}") };
    let mut before = Duration::ZERO;
    let pauses = times.iter().map(|at| (*at - std::mem::replace(&mut before, *at)).as_secs());
    assert_eq!(pauses.collect::<Vec<_>>(), [10, 20, 40, 80], "and the poll before each");
    let Left::Accepted(left) = unfinished.left else { panic!("{:?}", unfinished.left) };
    assert_eq!(left.round, 5);
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_still_there_if_it_is_not_submitted_again() {
    type Again = fn() -> Box<Unfinished>;
    const UNCERTAIN: Left = Left::Uncertain { has_past: false };
    const WITH_PAST: &str = "Uncertain { has_past: true }";
    let cases: [(Again, &str, &str); 3] = [
        (|| Trouble::RivalUncertain.into(), "RivalUncertain", "Accepted"),
        (|| Trouble::InterruptedBefore.into(), "Interrupted", "Accepted"),
        (|| Trouble::RivalUncertain.leaves(UNCERTAIN), "RivalUncertain", WITH_PAST),
    ];
    let poll = || std::future::ready(Ok(failed().seen));
    for (again, trouble, left) in cases {
        let again = |_, _| std::future::ready(Err(again()));
        // Before this run it may have been in effect.
        let failed = Accepted { has_past: true, ..failed() };
        let ended = follow("c", failed, 1, &an_hour(), poll, again).await.unwrap_err();
        assert_eq!(format!("{:?}", ended.trouble), trouble);
        assert!(format!("{:?}", ended.left).starts_with(left), "{:?}", ended.left);
    }
    let (limits, began) = (an_hour(), Instant::now());
    let again = |_, _| std::future::ready(Err(Trouble::RivalUncertain.into()));
    let (ended, ()) = tokio::join!(follow("c", failed(), 1, &limits, poll, again), async {
        sleep(Duration::from_secs(5)).await;
        limits.stop.cancel();
    });
    assert!(matches!(ended.unwrap_err().trouble, Trouble::Interrupted));
    assert_eq!(began.elapsed().as_secs(), 5, "an interruption ends the pause at once");
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_is_old_news_until_a_long_wait_is_over() {
    for (seconds, superseded) in [(10, Some("0")), (3600, None)] {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let limits = Limits { deadline, stop: CancellationToken::new() };
        let poll = || std::future::ready(Ok(seen("0", "FAILED", None)));
        let seen = Seen { is_read: false, ..seen("1", "CREATED", None) };
        let again = Accepted { seen, superseded: Some("0".to_owned()), ..failed() };
        let never = |_, _| std::future::ready(Err(Trouble::RivalUncertain.into()));
        let ended = follow("c", again, 1, &limits, poll, never).await.unwrap_err();
        assert!(matches!(ended.trouble, Trouble::TimedOut(None)), "{ended:?}");
        let Left::Accepted(left) = ended.left else { panic!("{:?}", ended.left) };
        assert_eq!(left.superseded.as_deref(), superseded, "after {seconds} s");
    }
}

const CREATE: Claim = Claim::Create { adopts: true, may_rekey: false };
const KEY: &str = "https://vault-a.vault.azure.net/keys/wrap";

#[test]
fn what_is_gone_on_with_has_a_past_and_supersedes_another_job() {
    let key = KeyIdentifier::parse(KEY).unwrap();
    let running = seen("1", "RUNNING", Some(KEY));
    for (moment, superseded, is_adopted) in [
        (Moment::Before, None, true),
        (Moment::AfterFailure("0"), Some("0"), false),
        (Moment::AfterFailure("1"), None, false),
    ] {
        let accepted = existing((&key, CREATE), Some(&running), moment, 2).unwrap().unwrap();
        assert_eq!(accepted.superseded.as_deref(), superseded, "{moment:?}");
        assert_eq!(accepted.is_adopted, is_adopted, "{moment:?}");
        assert_eq!((accepted.has_past, accepted.round), (true, 2), "{moment:?}");
    }
}

#[test]
fn what_another_block_submitted_is_shared_by_those_with_its_key() {
    const STRICT: Claim = Claim::Create { adopts: false, may_rekey: false };
    const OWN: Claim = Claim::Own { may_rekey: false };
    const OTHER_KEY: &str = "https://vault-b.vault.azure.net/keys/wrap";
    let submitted = Seen { is_read: false, ..seen("1", "NEW", Some(KEY)) };
    let accepted = Accepted { seen: submitted, ..failed() };
    for (key, claim, moment, expected) in [
        (KEY, CREATE, Moment::Before, "adopted"),
        (KEY, CREATE, Moment::AfterFailure("0"), "shared"),
        (KEY, STRICT, Moment::Before, "not adopted"),
        (KEY, STRICT, Moment::AfterFailure("0"), "shared"),
        (KEY, OWN, Moment::Before, "shared"),
        (OTHER_KEY, CREATE, Moment::Before, "rival"),
        (OTHER_KEY, OWN, Moment::AfterFailure("0"), "rival"),
    ] {
        let wanted = KeyIdentifier::parse(KEY).unwrap();
        let submitted = KeyIdentifier::parse(key).unwrap();
        let outcome = match share((&wanted, claim), &accepted, &submitted, moment) {
            Ok(shared) if shared.seen.is_read => "not for a poll to say",
            Ok(shared) if shared.is_adopted => "adopted",
            Ok(_) => "shared",
            Err(unfinished) => match unfinished.trouble {
                Trouble::Rival(_) => "rival",
                Trouble::Obstacle(obstacle) if obstacle.why == Why::NotAdopted => "not adopted",
                _ => "something else",
            },
        };
        assert_eq!(outcome, expected, "{key} {claim:?} {moment:?}");
    }
}

#[test]
fn the_pauses_before_a_resubmission_double() {
    let pauses: Vec<u64> = (0..8).map(|count| pause_before(count).as_secs()).collect();
    assert_eq!(pauses, [10, 20, 40, 80, 160, 300, 300, 300]);
    assert!(pauses[..6].iter().sum::<u64>() >= 600, "six attempts cover ten minutes");
}
