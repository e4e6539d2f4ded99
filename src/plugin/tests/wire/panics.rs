//! A panic in a resource is a response and a report.

use serde_json::json;
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{Launch, UNKNOWN, plan, read, said};
use super::{Toy, apply, puppet};

#[tokio::test]
async fn a_panic_is_a_response_and_the_others_go_on() {
    let toy = Toy::start().await;
    let null = json!(null);
    let plan = toy.plan("toy_puppet", &null, &puppet("panic in plan")).await.diagnostics;
    let read_ = toy.read("toy_puppet", &puppet("panic in read")).await.diagnostics;
    let create = toy.apply("toy_puppet", &null, &puppet("panic in create")).await.diagnostics;
    for (method, diagnostics) in [("plan", plan), ("read", read_), ("create", create)] {
        assert_eq!(said(&diagnostics), ["The provider crashed"]);
        let detail = &diagnostics[0].detail;
        assert!(detail.contains("toy_puppet"), "{method}: {detail}");
        assert!(detail.contains("tests/toy/puppet.rs:"), "{method}: {detail}");
        assert!(!detail.contains("went off"), "a panic may quote: {detail}");
    }
    let fine = toy.plan("toy_puppet", &null, &puppet("fine")).await;
    assert_eq!(fine.diagnostics, []);
    assert_eq!(read(fine.planned_state.as_ref()), puppet("fine"));
}

#[tokio::test]
async fn what_a_panic_may_have_created_is_kept_and_what_was_there_stays() {
    let toy = Toy::start().await;
    let null = json!(null);
    for (prior, method, private) in [(&null, "create", "null"), (&puppet("x"), "update", "")] {
        let request = pb::apply_resource_change::Request {
            planned_private: b"null".to_vec(),
            ..apply("toy_puppet", prior, &puppet(&format!("panic in {method}")))
        };
        let response = toy.apply_resource_change(request).await;
        assert_eq!(said(&response.diagnostics), ["The provider crashed"]);
        let mut kept = puppet("panic in create");
        kept["result"] = json!(null);
        let kept = if prior.is_null() { &kept } else { &null };
        assert_eq!(read(response.new_state.as_ref()), *kept);
        assert_eq!(response.private, private.as_bytes());
    }
}

#[tokio::test]
async fn the_report_is_raw_lines_that_the_cli_recognises_and_no_diagnostic_has_a_backtrace() {
    let mut seen = Vec::new();
    for backtrace in ["0", "1"] {
        let launch = Launch::toy().env("TF_LOG", "off").env("RUST_BACKTRACE", backtrace);
        let mut toy = Toy::of(launch.env("RUST_LIB_BACKTRACE", backtrace)).await;
        let mut diagnostics = Vec::new();
        for (of, to) in [
            ("toy_puppet", puppet("panic in plan")),
            ("toy_puppet", puppet("forget plan")),
            ("toy_puppet", json!({ "how": 3, "result": UNKNOWN })),
            ("toy_none", json!(null)),
        ] {
            let response = toy.plan_resource_change(plan(of, &json!(null), &to)).await;
            diagnostics.extend(response.diagnostics);
        }
        seen.push(diagnostics);
        toy.plugin.shutdown().await;
        toy.plugin.end().await;
        let log = toy.plugin.log();
        assert!(log.starts_with("panic: the bomb went off in plan\n"), "{log}");
        assert!(log.contains("puppet.rs") && !log.contains("with this in it"), "{log}");
        assert!(log.lines().count() < 100, "the CLI keeps 100 lines");
    }
    assert_eq!((&seen[0], seen[0].len()), (&seen[1], 4));
}
