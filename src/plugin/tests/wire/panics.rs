//! A panic in a resource is an answer and a report.

use serde_json::json;
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{Launch, SOON, UNKNOWN, apply, eventually, plan, read, said, value};

#[tokio::test]
async fn a_panic_is_an_answer_and_the_others_go_on() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let null = json!(null);
    let at = |place: &str| json!({ "at": place });

    let request = plan("toy_bomb", &null, &at("plan"));
    let planned = provider.plan_resource_change(request).await.unwrap().into_inner();
    let request = apply("toy_bomb", &null, &at("create"));
    let applied = provider.apply_resource_change(request).await.unwrap().into_inner();
    let request = pb::read_resource::Request {
        type_name: "toy_bomb".into(),
        current_state: value(&at("read")),
        ..Default::default()
    };
    let answered = provider.read_resource(request).await.unwrap().into_inner();
    for (diagnostics, place) in [
        (&planned.diagnostics, "plan"),
        (&applied.diagnostics, "create"),
        (&answered.diagnostics, "read"),
    ] {
        assert_eq!(said(diagnostics), ["The provider crashed"]);
        let detail = &diagnostics[0].detail;
        assert!(detail.contains("toy_bomb"), "{place}: {detail}");
        assert!(detail.contains("tests/toy/bomb.rs:"), "{place}: {detail}");
        assert!(!detail.contains("went off"), "a panic may quote: {detail}");
    }

    let request = plan("toy_bomb", &null, &at("nowhere"));
    let fine = provider.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(fine.diagnostics, []);
    assert_eq!(read(fine.planned_state.as_ref()), at("nowhere"));
}

#[tokio::test]
async fn what_a_panic_may_have_created_is_kept_and_what_was_there_stays() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let planned = json!({ "how": "panic", "result": UNKNOWN });
    let null = json!(null);
    let there = json!({ "how": "x", "result": "y" });
    let perhaps = json!({ "how": "panic", "result": null });
    for (prior, kept, private) in [(&null, &perhaps, "null"), (&there, &null, "")] {
        let mut request = apply("toy_wrong", prior, &planned);
        request.planned_private = b"null".to_vec();
        let answer = provider.apply_resource_change(request).await.unwrap().into_inner();
        assert_eq!(said(&answer.diagnostics), ["The provider crashed"]);
        assert_eq!(read(answer.new_state.as_ref()), *kept);
        assert_eq!(answer.private, private.as_bytes());
    }
}

#[tokio::test]
async fn what_was_created_is_kept_even_if_it_cannot_be_said() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let planned = json!({ "how": "surplus in the state", "result": UNKNOWN });
    let answer = provider
        .apply_resource_change(apply("toy_wrong", &json!(null), &planned))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        said(&answer.diagnostics),
        ["The provider returned a value that does not fit its schema [surplus]"]
    );
    assert_eq!(
        read(answer.new_state.as_ref()),
        json!({ "how": "surplus in the state", "result": null })
    );
}

#[tokio::test]
async fn the_report_is_raw_lines_that_the_cli_recognises() {
    let plugin = Launch::toy().env("TF_LOG", "off").start().await;
    let mut provider = plugin.provider().await;
    let request = plan("toy_bomb", &json!(null), &json!({ "at": "plan" }));
    provider.plan_resource_change(request).await.unwrap();
    eventually("a report", || plugin.log().contains("bomb.rs")).await;
    let log = plugin.log();
    assert!(log.starts_with("panic: the bomb went off in plan\n"), "{log}");
    assert!(!log.contains("with this in it"), "{log}");
    assert!(log.lines().count() < 100, "the CLI keeps 100 lines");
}

#[tokio::test]
async fn a_panic_does_not_disturb_a_wait() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let mut waiting_provider = provider.clone();
    let waiting = tokio::spawn(async move {
        let planned =
            json!({ "id": null, "result": null, "deaf": null, "linger": null, "diary": null });
        let request = apply("toy_waiter", &json!(null), &planned);
        waiting_provider.apply_resource_change(request).await.unwrap().into_inner()
    });
    for _ in 0..10 {
        let request = plan("toy_bomb", &json!(null), &json!({ "at": "plan" }));
        provider.plan_resource_change(request).await.unwrap();
    }
    let start = std::time::Instant::now();
    while !waiting.is_finished() {
        assert!(start.elapsed() < SOON, "the wait does not end");
        provider.stop_provider(pb::stop_provider::Request {}).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(said(&waiting.await.unwrap().diagnostics), ["Stopped while waiting"]);
}

#[tokio::test]
async fn a_backtrace_is_in_no_diagnostic() {
    let mut details = Vec::new();
    for backtrace in ["0", "1"] {
        let plugin = Launch::toy()
            .env("RUST_BACKTRACE", backtrace)
            .env("RUST_LIB_BACKTRACE", backtrace)
            .start()
            .await;
        let mut provider = plugin.provider().await;
        let mut said = Vec::new();
        for (type_name, proposed) in [
            ("toy_bomb", json!({ "at": "plan" })),
            ("toy_wrong", json!({ "how": "plan", "result": null })),
            ("toy_wrong", json!({ "how": 3, "result": null })),
            ("toy_none", json!(null)),
        ] {
            let request = plan(type_name, &json!(null), &proposed);
            said.push(
                provider.plan_resource_change(request).await.unwrap().into_inner().diagnostics,
            );
        }
        details.push(said);
    }
    assert_eq!(details[0], details[1]);
}
