//! Log lines as the CLI parses them.

use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{Launch, Plugin, plan, thing, value};

/// Some requests, one of them with a secret; then the log of all of it.
async fn log_of(mut plugin: Plugin) -> Vec<Json> {
    let mut provider = plugin.provider().await;
    let request = pb::configure_provider::Request {
        config: value(&json!({ "endpoint": "sesame-endpoint", "retries": null })),
        ..Default::default()
    };
    provider.configure_provider(request).await.unwrap();
    let request = plan(
        "toy_thing",
        &json!(null),
        &thing(json!({ "secret": "sesame-secret", "count_of": 0.5 })),
    );
    provider.plan_resource_change(request).await.unwrap();
    plugin.shutdown().await;
    plugin.end().await;
    super::client::eventually("the log is complete", || {
        plugin.log().is_empty() || plugin.log().ends_with('\n')
    })
    .await;
    let log = plugin.log();
    assert!(!log.contains("sesame"), "a value is in the log: {log}");
    log.lines()
        .map(|line| {
            assert!(line.len() < 64 * 1024);
            serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))
        })
        .collect()
}

fn assert_hclog(line: &Json) {
    for key in ["@level", "@message", "@timestamp", "@module"] {
        assert!(line[key].is_string(), "{key} of {line}");
    }
    assert!(
        ["trace", "debug", "info", "warn", "error"].contains(&line["@level"].as_str().unwrap())
    );
    let timestamp = line["@timestamp"].as_str().unwrap();
    assert_eq!(timestamp.len(), "2006-01-02T15:04:05.000000Z".len(), "{timestamp}");
    assert!(timestamp.ends_with('Z') && timestamp.as_bytes()[19] == b'.', "{timestamp}");
}

#[tokio::test]
async fn a_request_is_logged_with_its_duration_and_without_its_values() {
    let log = log_of(Launch::toy().env("TF_LOG", "TRACE").start().await).await;
    log.iter().for_each(assert_hclog);
    // Only this crate's and the provider's: HTTP libraries would log headers.
    for line in &log {
        let module = line["@module"].as_str().unwrap();
        let own = module == "sdk.proto" || module == "provider" || module.starts_with("sdk.");
        assert!(own, "{line}");
    }
    let of_plan: Vec<_> =
        log.iter().filter(|line| line["tf_rpc"] == "PlanResourceChange").collect();
    let [begin, end] = of_plan.as_slice() else { panic!("two lines: {of_plan:?}") };
    assert_eq!(begin["@level"], "trace");
    assert_eq!(end["@level"], "debug");
    assert_eq!(begin["@module"], "sdk.proto");
    assert_eq!(end["tf_resource_type"], "toy_thing");
    assert_eq!(end["tf_req_id"], begin["tf_req_id"]);
    assert_eq!(end["tf_req_id"].as_str().unwrap().len(), 36);
    assert!(end["tf_req_duration_ms"].is_u64());
    assert_eq!(end["diagnostic_error_count"], 1);
    assert_eq!(end["diagnostic_warning_count"], 0);
}

#[tokio::test]
async fn a_provider_s_own_lines_say_which_request_they_belong_to() {
    let log = log_of(Launch::toy().env("TF_LOG_PROVIDER", "INFO").start().await).await;
    let own =
        log.iter().find(|line| line["@message"] == "Configured").expect("the provider's own line");
    assert_hclog(own);
    assert_eq!(own["@module"], "provider");
    assert_eq!(own["tf_rpc"], "ConfigureProvider");
    assert!(log.iter().all(|line| line["@level"] == "info"), "nothing below the level: {log:?}");
}

#[tokio::test]
async fn the_most_specific_level_counts() {
    let quiet = Launch::toy().env("TF_LOG", "TRACE").env("TF_LOG_PROVIDER_TOY", "OFF");
    assert_eq!(log_of(quiet.start().await).await, Vec::<Json>::new());
    assert_eq!(log_of(Launch::toy().start().await).await, Vec::<Json>::new());
}

#[tokio::test]
async fn refused_clients_are_in_the_log() {
    let plugin = Launch::toy().env("TF_LOG", "WARN").start().await;
    let channel = super::client::channel(plugin.socket(), None).await;
    if let Ok(channel) = channel {
        _ = super::client::provider(channel).get_metadata(pb::get_metadata::Request {}).await;
    }
    super::client::eventually("a line", || plugin.log().contains("Refused a client")).await;
}
