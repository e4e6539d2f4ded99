//! The tables of plans: what changes, what is guarded, what stops.

use super::*;

const KEY_A: &str = "https://vault-a.vault.azure.net/keys/wrap/0123456789abcdef0123456789abcdef";
const KEY_A_ROTATED: &str = "https://VAULT-A.vault.azure.net:443/keys/Wrap/";
const KEY_B: &str = "https://vault-b.vault.azure.net/keys/wrap";

fn text(value: &str) -> Value<String> {
    Value::Value(value.to_owned())
}

fn stored(status: &str) -> Model {
    Model {
        name: text("Config1"),
        key_vault_key_identifier: text(KEY_A),
        computed: Computed {
            id: text("1"),
            status: text(status),
            ims_org_id: text("ORG@AdobeOrg"),
            ..Computed::default()
        },
        ..Model::default()
    }
    .with_defaults()
}

fn config(name: Value<String>, key: Value<String>) -> Model {
    Model { name, key_vault_key_identifier: key, ..Model::default() }
}

/// What a plan comes to, in one word.
fn outcome(prior: &Model, config: &Model) -> String {
    outcome_with(prior, &Private::default(), config)
}

fn outcome_with(prior: &Model, private: &Private, config: &Model) -> String {
    match change(prior, private, config) {
        Ok(planned) if planned.change == Change::Settings && planned.state == *prior => {
            "nothing".to_owned()
        }
        Ok(planned) => match planned.change {
            Change::Settings => "settings".to_owned(),
            Change::Replace(attributes) => format!("replace {}", attributes.join(" ")),
            Change::Resubmit => "resubmit".to_owned(),
            Change::Wait => "wait".to_owned(),
        },
        Err(stopped) => match *stopped {
            Stopped::Guarded(..) => "guarded".to_owned(),
            Stopped::NeedsNewName => "needs a new name".to_owned(),
        },
    }
}

#[test]
fn a_difference_becomes_a_change() {
    let (same, renamed) = (|| text("Config1"), || text("Config2"));
    let (key, rotated, other) = (|| text(KEY_A), || text(KEY_A_ROTATED), || text(KEY_B));
    let unknown = || Value::Unknown;
    for (case, status, was_in_effect, protected, name, key, expected) in [
        ("the same", "COMPLETED", true, true, same(), key(), "nothing"),
        ("rotated, other spelling", "COMPLETED", true, true, same(), rotated(), "nothing"),
        ("in another letter case", "Completed", true, true, same(), key(), "nothing"),
        ("a job that runs", "RUNNING", false, true, same(), key(), "wait"),
        ("a job that runs, rotated", "RUNNING", false, true, same(), rotated(), "wait"),
        ("not documented", "PAUSED", false, true, same(), key(), "wait"),
        ("gone", "NOT_FOUND", true, true, same(), key(), "resubmit"),
        ("other key", "COMPLETED", true, true, same(), other(), "guarded"),
        ("other key while it runs", "RUNNING", false, true, same(), other(), "guarded"),
        ("gone, other key", "NOT_FOUND", false, true, same(), other(), "guarded"),
        ("renamed", "COMPLETED", true, true, text("config1"), key(), "guarded"),
        ("gone, renamed", "NOT_FOUND", true, true, renamed(), key(), "guarded"),
        ("unknown key", "COMPLETED", true, true, same(), unknown(), "guarded"),
        ("gone, unknown key", "NOT_FOUND", true, true, same(), unknown(), "guarded"),
        ("unknown name", "COMPLETED", true, true, unknown(), key(), "guarded"),
        ("failed", "FAILED", false, true, same(), key(), "resubmit"),
        ("failed, other key", "FAILED", false, true, same(), other(), "resubmit"),
        ("failed, unknown key", "FAILED", false, true, same(), unknown(), "resubmit"),
        ("failed, renamed", "FAILED", false, true, renamed(), key(), "replace name"),
        ("failed, unknown name", "FAILED", false, true, unknown(), key(), "replace name"),
        ("failed later", "FAILED", true, true, same(), key(), "resubmit"),
        ("failed later, other key", "FAILED", true, true, same(), other(), "guarded"),
        ("failed later, unknown key", "FAILED", true, true, same(), unknown(), "guarded"),
        ("failed later, renamed", "Failed", true, true, renamed(), key(), "guarded"),
        ("off: other key", "COMPLETED", true, false, same(), other(), "needs a new name"),
        ("off: gone, other key", "NOT_FOUND", true, false, same(), other(), "needs a new name"),
        ("off: renamed", "COMPLETED", true, false, renamed(), key(), "replace name"),
        (
            "off: renamed, other key",
            "COMPLETED",
            true,
            false,
            renamed(),
            other(),
            "replace name key_vault_key_identifier",
        ),
        ("off: unknown key", "COMPLETED", true, false, same(), unknown(), "settings"),
        ("off: unknown name", "COMPLETED", true, false, unknown(), key(), "replace name"),
        ("off: failed later, other key", "FAILED", true, false, same(), other(), "resubmit"),
    ] {
        let mut prior = stored(status);
        prior.deletion_protection = Value::Value(protected);
        let mut config = config(name, key);
        if !protected {
            config.deletion_protection = Value::Value(false);
        }
        let private = Private { in_effect: Some(was_in_effect), ..Private::default() };
        assert_eq!(outcome_with(&prior, &private, &config), expected, "{case}");
    }
}

#[test]
fn what_is_blocked_names_what_differs_and_no_more() {
    for (name, key, renamed, other_key) in [
        ("Config1", KEY_B, None, Some(KEY_B)),
        ("Config2", KEY_A, Some("Config2"), None),
        ("Config2", KEY_B, Some("Config2"), Some(KEY_B)),
    ] {
        let owned = |text: &str| text.to_owned();
        let expected =
            BlockedChange::Change { key: other_key.map(owned), name: renamed.map(owned) };
        let wanted = config(text(name), text(key));
        let stopped = change(&stored("COMPLETED"), &Private::default(), &wanted).unwrap_err();
        let Stopped::Guarded(blocked, guarded) = *stopped else { panic!("{stopped:?}") };
        assert_eq!(blocked, expected);
        let successor =
            Successor { name: Some(owned(name)), key: Some(owned(key)), ..Successor::default() };
        assert_eq!(replacement(&guarded, &successor), expected);
    }
}

#[test]
fn what_a_replacement_is_blocked_for_says_what_is_not_known_yet() {
    let guarded = guard(&stored("COMPLETED"), &Private::default()).unwrap();
    let (name, key) = (Some("Config2".to_owned()), Some(KEY_A.to_owned()));
    let tainted = BlockedChange::Tainted { name: name.clone(), key: key.clone() };
    for (name, key, is_tainted, expected) in [
        (None, key.clone(), false, BlockedChange::UnknownName),
        (name.clone(), None, false, BlockedChange::UnknownKey),
        (None, None, false, BlockedChange::UnknownName),
        (name, key, true, tainted),
    ] {
        let successor = Successor { name, key, is_tainted, ..Successor::default() };
        assert_eq!(replacement(&guarded, &successor), expected);
    }
}

#[test]
fn a_private_state_that_says_nothing_counts_as_in_effect() {
    let config = config(text("Config1"), text(KEY_B));
    assert_eq!(outcome(&stored("FAILED"), &config), "guarded");
}

#[test]
fn lifting_the_protection_submits_nothing() {
    for status in ["FAILED", "NOT_FOUND", "RUNNING"] {
        let mut lifting = config(text("Config1"), text(KEY_A));
        lifting.deletion_protection = Value::Value(false);
        assert_eq!(outcome(&stored(status), &lifting), "settings", "{status}");
        let failed = Private { in_effect: Some(false), ..Private::default() };
        for key in [text(KEY_B), Value::Unknown] {
            let mut rekeying = lifting.clone();
            rekeying.key_vault_key_identifier = key;
            let planned = change(&stored("FAILED"), &failed, &rekeying).unwrap();
            assert_eq!(planned.state.key_text(), KEY_A, "what is not submitted is not stored");
        }
        let mut late = lifting.clone();
        late.deletion_protection = Value::Unknown;
        let planned = change(&stored(status), &Private::default(), &late).unwrap();
        assert_eq!(planned.state.computed.id, Value::Unknown, "{status}: it may still happen");
    }
}

#[test]
fn lifting_the_protection_keeps_the_key() {
    let never_in_effect = Private { in_effect: Some(false), ..Private::default() };
    let mut config = config(text("Config1"), text(KEY_B));
    config.deletion_protection = Value::Value(false);
    let planned = change(&stored("FAILED"), &never_in_effect, &config).unwrap();
    assert_eq!(planned.change, Change::Settings);
    assert_eq!(planned.state.key_vault_key_identifier, text(KEY_A), "nothing is submitted");
    config.deletion_protection = Value::Unknown;
    let late = outcome_with(&stored("FAILED"), &never_in_effect, &config);
    assert_eq!(late, "guarded", "it cannot be known which of the two keys to plan");
}

#[test]
fn what_gives_a_failed_object_up_is_asked_about_first() {
    let never_in_effect = Private { in_effect: Some(false), ..Private::default() };
    for (case, name, key, expected) in [
        ("the same", text("Config1"), text(KEY_A), false),
        ("other key", text("Config1"), text(KEY_B), true),
        ("unknown key", text("Config1"), Value::Unknown, true),
        ("renamed", text("Config2"), text(KEY_A), true),
    ] {
        let planned = change(&stored("FAILED"), &never_in_effect, &config(name, key)).unwrap();
        assert_eq!(planned.gives_up.is_some(), expected, "{case}");
    }
}

#[test]
fn a_tainted_object_makes_room_for_itself_only() {
    let successor = |name: Option<&str>, key: Option<&str>, in_effect| Successor {
        name: name.map(str::to_owned),
        key: key.map(str::to_owned),
        replaced: Some(Private { in_effect, ..Private::default() }),
        is_tainted: true,
    };
    for (case, status, name, key, in_effect, expected) in [
        ("itself", "COMPLETED", Some("Config1"), Some(KEY_A_ROTATED), None, "free"),
        ("other key", "RUNNING", Some("Config1"), Some(KEY_B), Some(false), "guarded"),
        ("other name", "COMPLETED", Some("config1"), Some(KEY_A), None, "guarded"),
        ("failed, read as another", "FAILED", Some("config1"), Some(KEY_A), Some(false), "guarded"),
        ("unknown name", "COMPLETED", None, Some(KEY_A), None, "guarded"),
        ("unknown key", "COMPLETED", Some("Config1"), None, None, "guarded"),
        ("failed, itself", "FAILED", Some("Config1"), Some(KEY_A), Some(false), "free"),
        ("failed, other key", "FAILED", Some("Config1"), Some(KEY_B), Some(false), "if failed"),
        ("failed later, other key", "FAILED", Some("Config1"), Some(KEY_B), Some(true), "guarded"),
        ("failed, not read", "FAILED", Some("Config1"), Some(KEY_B), None, "guarded"),
    ] {
        let outcome = match guard_of_pair(&stored(status), &successor(name, key, in_effect)) {
            None => "free",
            Some((_, Guarded { unless_failed: true, .. })) => "if failed",
            Some(_) => "guarded",
        };
        assert_eq!(outcome, expected, "{case}");
    }
    let mut prior = stored("COMPLETED");
    prior.deletion_protection = Value::Value(false);
    assert_eq!(guard_of_pair(&prior, &successor(None, None, None)), None);
}

#[test]
fn without_waiting_a_running_job_plans_nothing() {
    let mut prior = stored("RUNNING");
    prior.wait_for_completion = Value::Value(false);
    let mut config = config(text("Config1"), text(KEY_A));
    config.wait_for_completion = Value::Value(false);
    assert_eq!(outcome(&prior, &config), "nothing");
}

#[test]
fn protection_counts_as_stored() {
    let mut lifting = config(text("Config1"), text(KEY_B));
    lifting.deletion_protection = Value::Value(false);
    assert_eq!(outcome(&stored("COMPLETED"), &lifting), "guarded");
}

#[test]
fn a_removed_argument_returns_to_its_default() {
    let mut prior = stored("COMPLETED");
    prior.failed_attempts = Value::Value(3);
    let config = config(text("Config1"), text(KEY_A));
    let planned = change(&prior, &Private::default(), &config).unwrap();
    assert_eq!(planned.state.failed_attempts, Value::Value(0));
}

#[test]
fn an_update_that_asks_adobe_may_change_the_id_and_never_the_organisation() {
    for status in ["FAILED", "NOT_FOUND", "RUNNING"] {
        let config = config(text("Config1"), text(KEY_A));
        let planned = change(&stored(status), &Private::default(), &config).unwrap();
        assert_eq!(planned.state.computed.id, Value::Unknown);
        assert_eq!(planned.state.computed.ims_org_id, text("ORG@AdobeOrg"));
    }
}

#[test]
fn an_object_of_uncertain_fate_is_guarded_and_waited_for() {
    let mut prior = stored("RUNNING");
    prior.computed.id = Value::Null;
    prior.computed.status = Value::Null;
    let private = Private { in_effect: Some(false), ..Private::default() };
    assert!(!guard(&prior, &private).unwrap().unless_failed);
    let config = config(text("Config1"), text(KEY_A));
    let planned = change(&prior, &private, &config).unwrap();
    assert_eq!(planned.change, Change::Wait);
}
