//! The cases: what is stored, and what is configured at plan and at apply.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value as Json, json};

use crate::client::UNKNOWN;
use crate::support::{KEY, KEY_VERSIONLESS, OTHER_KEY};

/// Where an object stands when it is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stored {
    /// There is none.
    Nothing,
    /// With this status at Adobe and in the state.
    As(&'static str),
    /// Adobe does not find it.
    NotFound,
    /// Accepted, and never confirmed: without id and status.
    Unconfirmed,
}

pub(super) const STORED: [Stored; 9] = [
    Stored::Nothing,
    Stored::As("NEW"),
    Stored::As("RUNNING"),
    Stored::As("UPDATE_EXISTING_RESOURCES"),
    Stored::As("COMPLETED"),
    Stored::As("FAILED"),
    Stored::As("OF_TOMORROW"),
    Stored::NotFound,
    Stored::Unconfirmed,
];

/// A small generator: the suite needs repeatable cases, not good randomness (SplitMix64).
pub(super) struct Random(pub(super) u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(super) fn of(&mut self, values: &[Json]) -> Json {
        values[usize::try_from(self.below(values.len() as u64)).unwrap()].clone()
    }

    /// An argument as it is at plan and at apply: absent, known, known late, or null late. Absent
    /// and null are one on the wire.
    fn argument(&mut self, values: &[Json]) -> (Json, Json) {
        let value = self.of(values);
        match self.below(5) {
            0 => (Json::Null, Json::Null),
            1 | 2 => (value.clone(), value),
            3 => (json!(UNKNOWN), value),
            _ => (json!(UNKNOWN), Json::Null),
        }
    }

    /// A required one: mostly the first, mostly known.
    fn required(&mut self, values: &[Json]) -> (Json, Json) {
        let value = if self.one_in(3) { self.of(values) } else { values[0].clone() };
        match self.below(16) {
            0 => (Json::Null, Json::Null),
            1 => (json!(UNKNOWN), Json::Null),
            2..=4 => (json!(UNKNOWN), value),
            _ => (value.clone(), value),
        }
    }

    /// A configuration at plan and at apply.
    fn configuration(&mut self, name: &str) -> (Json, Json) {
        let flag = [json!(true), json!(false)];
        let lengths = [json!("1h"), json!("90m")];
        let mut pairs = BTreeMap::from([
            ("name", self.required(&[json!(name), json!(format!("{name}-new"))])),
            (
                "key_vault_key_identifier",
                self.required(&[json!(KEY), json!(KEY_VERSIONLESS), json!(OTHER_KEY)]),
            ),
            ("adopt_existing", self.argument(&flag)),
            ("deletion_protection", self.argument(&flag)),
            ("wait_for_completion", self.argument(&flag)),
            ("failed_attempts", self.argument(&[json!("0"), json!("1"), json!("2")])),
        ]);
        let (mut early, mut late) = (json!({}), json!({}));
        for limit in ["create", "read", "update"] {
            (early[limit], late[limit]) = self.argument(&lengths);
        }
        let timeouts = match self.below(6) {
            0 | 1 => (early, late),
            // A dynamic block, whose number is known late.
            2 => (json!(UNKNOWN), late),
            3 => (json!(UNKNOWN), Json::Null),
            _ => (Json::Null, Json::Null),
        };
        pairs.insert("timeouts", timeouts);
        let (mut early, mut late) = (json!({}), json!({}));
        for (name, (at_plan, at_apply)) in pairs {
            early[name] = at_plan;
            late[name] = at_apply;
        }
        (early, late)
    }
}

#[derive(Clone)]
pub(super) struct Case {
    pub(super) number: u64,
    pub(super) stored: Stored,
    pub(super) name: String,
    /// Else it was submitted.
    pub(super) imported: bool,
    pub(super) without_id: bool,
    pub(super) tainted: bool,
    pub(super) replaced_by_hand: bool,
    pub(super) refreshed: bool,
    pub(super) at_plan: Json,
    pub(super) at_apply: Json,
}

impl Case {
    pub(super) fn new(number: u64, stored: Stored) -> Self {
        let mut random = Random(number);
        let name = format!("Config{number}");
        let (at_plan, at_apply) = random.configuration(&name);
        let is_seen = matches!(stored, Stored::As(_));
        Self {
            number,
            stored,
            name,
            imported: is_seen && random.one_in(4),
            without_id: is_seen && random.one_in(8),
            tainted: random.one_in(6),
            replaced_by_hand: random.one_in(8),
            refreshed: stored != Stored::Unconfirmed && random.below(4) > 0,
            at_plan,
            at_apply,
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, stored, at_plan, at_apply, .. } = self;
        write!(f, "case {number}, {stored:?}")?;
        for (is_so, what) in [
            (self.imported, "imported"),
            (self.without_id, "without an id"),
            (self.tainted, "tainted"),
            (self.replaced_by_hand, "with -replace"),
            (!self.refreshed, "with -refresh=false"),
        ] {
            if is_so {
                write!(f, ", {what}")?;
            }
        }
        write!(f, "\n  at plan:  {at_plan}\n  at apply: {at_apply}")
    }
}
