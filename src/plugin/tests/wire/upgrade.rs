//! Stored states, of this version and of others.

use serde_json::json;
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{Launch, read, said, thing, written};

async fn upgraded(version: i64, state: pb::RawState) -> pb::upgrade_resource_state::Response {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = pb::upgrade_resource_state::Request {
        type_name: "toy_thing".into(),
        version,
        raw_state: Some(state),
    };
    provider.upgrade_resource_state(request).await.unwrap().into_inner()
}

fn json(text: &str) -> pb::RawState {
    pb::RawState { json: text.as_bytes().to_vec(), ..Default::default() }
}

#[tokio::test]
async fn at_the_same_version_attributes_come_and_go_and_numbers_stay() {
    let state = json(
        r#"{"id":"id-a","name":"a","dropped":{"x":1},"count_of":9007199254740993,
            "ratio":3.14159265358979323846264338327950288,"weight":0.1,
            "extra":{"value":[1.5],"type":["list","number"]}}"#,
    );
    let answer = upgraded(2, state).await;
    assert_eq!(answer.diagnostics, []);
    let expected = thing(json!({
        "id": "id-a",
        "count_of": 9_007_199_254_740_993_i64,
        "ratio": "3.14159265358979323846264338327950288",
        "weight": "0.1",
        "extra": [r#"["list","number"]"#, [1.5]],
    }));
    assert_eq!(read(answer.upgraded_state.as_ref()), written(&expected));
}

#[tokio::test]
async fn an_older_state_is_upgraded_by_the_resource() {
    let answer = upgraded(1, json(r#"{"id":"id-a","title":"t"}"#)).await;
    assert_eq!(answer.diagnostics, []);
    assert_eq!(read(answer.upgraded_state.as_ref()), thing(json!({ "id": "id-a", "name": "t" })));
    // As the trait says.
    let answer = upgraded(
        1,
        json(r#"{"title":"t","count_of":9007199254740993,"ratio":0.1,"weight":0.30000000000000000001}"#),
    )
    .await;
    assert_eq!(answer.diagnostics, []);
    let state = read(answer.upgraded_state.as_ref());
    assert_eq!(state["count_of"], json!("9007199254740993"));
    assert_eq!(state["ratio"], json!("0.1"));
    assert_eq!(state["weight"], json!("0.3"));
    let answer = upgraded(0, json("{}")).await;
    assert_eq!(said(&answer.diagnostics), ["Version 0 was never released"]);
    let answer = upgraded(1, json("{}")).await;
    assert_eq!(said(&answer.diagnostics), ["The provider gave no answer"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_said() {
    let newer = upgraded(3, json("{}")).await;
    assert_eq!(said(&newer.diagnostics), ["This state is from a newer version of the provider"]);
    let flatmap =
        pb::RawState { flatmap: [("id".to_owned(), "x".to_owned())].into(), ..Default::default() };
    let ancient = upgraded(1, flatmap).await;
    assert_eq!(said(&ancient.diagnostics), ["This state is from Terraform 0.11 or earlier"]);
    for version in [1, 2] {
        let broken = upgraded(version, json("{")).await;
        assert_eq!(said(&broken.diagnostics), ["The stored state cannot be read"]);
    }
    let misfit = upgraded(2, json(r#"{"labels":{"k":[]}}"#)).await;
    assert_eq!(said(&misfit.diagnostics), ["The stored state cannot be read [labels.\"k\"]"]);
}
