//! Log lines as the CLI parses them.

use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{Launch, eventually};
use super::{Toy, thing};

/// Some requests, one of them with a secret; then the log of all of it.
async fn log_of(launch: Launch) -> Vec<Json> {
    let mut toy = Toy::of(launch).await;
    toy.configured("sesame-endpoint").await;
    let secret = thing(json!({ "secret": "sesame-secret", "count_of": 0.5 }));
    toy.plan("toy_thing", &json!(null), &secret).await;
    toy.plugin.shutdown().await;
    toy.plugin.end().await;
    let log = toy.plugin.log();
    assert!(!log.contains("sesame"), "a value is in the log: {log}");
    let parse = |line: &str| -> Json {
        let line: Json = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        let level = line["@level"].as_str().unwrap();
        assert!(["trace", "debug", "info", "warn", "error"].contains(&level), "{line}");
        assert!(line["@message"].is_string() && line["@timestamp"].is_string(), "{line}");
        // Only this crate's and the provider's: HTTP libraries would log headers.
        let module = line["@module"].as_str().unwrap();
        assert!(module == "provider" || module.starts_with("sdk."), "{line}");
        line
    };
    log.lines().map(parse).collect()
}

#[tokio::test]
async fn a_request_is_logged_with_its_duration_and_without_its_values() {
    let log = log_of(Launch::toy().env("TF_LOG", "TRACE")).await;
    let of_plan: Vec<_> =
        log.iter().filter(|line| line["tf_rpc"] == "PlanResourceChange").collect();
    let [begin, end] = of_plan.as_slice() else { panic!("two lines: {of_plan:?}") };
    assert_eq!((&begin["@level"], &end["@level"]), (&json!("trace"), &json!("debug")));
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
    let log = log_of(Launch::toy().env("TF_LOG_PROVIDER", "INFO")).await;
    let own = log.iter().find(|line| line["@message"] == "Configured").expect("its own line");
    assert_eq!(
        (&own["@module"], &own["tf_rpc"]),
        (&json!("provider"), &json!("ConfigureProvider"))
    );
    assert!(log.iter().all(|line| line["@level"] == "info"), "nothing below the level: {log:?}");
}

#[tokio::test]
async fn without_a_level_nothing_is_logged() {
    let quiet = Launch::toy().env("TF_LOG", "TRACE").env("TF_LOG_PROVIDER_TOY", "OFF");
    assert_eq!(log_of(quiet).await, Vec::<Json>::new());
    assert_eq!(log_of(Launch::toy()).await, Vec::<Json>::new());
}

#[tokio::test]
async fn refused_clients_are_in_the_log() {
    let plugin = Launch::toy().env("TF_LOG", "WARN").start().await;
    if let Ok(channel) = super::client::channel(plugin.socket(), None).await {
        _ = super::client::provider(channel).get_metadata(pb::get_metadata::Request {}).await;
    }
    eventually("a line", || plugin.log().contains("Refused a client")).await;
}
