//! How Adobe behaves: where its pages are silent, and what a step changes.

use std::time::Duration;

use aep_simulator::{Echo, Options};

/// How Adobe behaves where its pages are silent.
pub(super) struct Adobes {
    pub(super) name: &'static str,
    pub(super) has_tls: bool,
    pub(super) options: fn(&mut Options),
}

/// The first one is the likeliest.
pub(super) static ADOBES: [Adobes; 8] = [
    Adobes { name: "as documented", has_tls: false, options: as_usual },
    Adobes { name: "with TLS", has_tls: true, options: as_usual },
    Adobes {
        name: "responses leave the version out",
        has_tls: false,
        options: |options| options.echo = Echo::Versionless,
    },
    Adobes {
        name: "responses spell the key in their way",
        has_tls: false,
        options: |options| options.echo = Echo::Normalized,
    },
    Adobes {
        name: "a submission shows 5 s later",
        has_tls: false,
        options: |options| options.visible_after = Duration::from_secs(5),
    },
    Adobes {
        name: "names are folded",
        has_tls: false,
        options: |options| options.folds_names = true,
    },
    Adobes {
        name: "no request ids",
        has_tls: false,
        options: |options| options.request_ids = false,
    },
    Adobes {
        name: "wrong paths are the service's",
        has_tls: false,
        options: |options| options.wrong_path_of_service = true,
    },
];

pub(super) fn as_usual(_: &mut Options) {}

/// Jobs that are over at once.
pub(super) fn at_once(options: &mut Options) {
    options.stages = Vec::new();
}

/// The first job of a name fails.
pub(super) fn failing(options: &mut Options) {
    at_once(options);
    options.outcomes = vec!["FAILED", "COMPLETED"];
}
