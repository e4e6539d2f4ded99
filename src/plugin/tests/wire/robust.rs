//! Large, many, malformed.

use serde_json::json;
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{Launch, plan, raw, read, said, thing, value};

#[tokio::test]
async fn ten_mebibytes_go_in_and_out() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let name = "x".repeat(10 * 1024 * 1024);
    let request = plan("toy_thing", &json!(null), &thing(json!({ "name": name })));
    let answer = provider.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    assert_eq!(read(answer.planned_state.as_ref())["name"], json!(name));
}

#[tokio::test]
async fn two_hundred_requests_at_a_time_get_their_own_answers() {
    let plugin = Launch::toy().start().await;
    let provider = plugin.provider().await;
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let mut provider = provider.clone();
            tokio::spawn(async move {
                let request =
                    plan("toy_thing", &json!(null), &thing(json!({ "count_of": number })));
                let answer = provider.plan_resource_change(request).await.unwrap().into_inner();
                assert_eq!(
                    read(answer.planned_state.as_ref())["count_of"],
                    json!(number.to_string())
                );
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// A `toy_thing` with a dynamic value that is nested in itself.
fn nested_json(depth: usize) -> String {
    let thing = thing(json!({ "extra": "$" })).to_string();
    let (before, after) = ("{\"type\":\"dynamic\",\"value\":", "}");
    let nested = [&before.repeat(depth), "null", &after.repeat(depth)].concat();
    thing.replace("\"$\"", &nested)
}

#[tokio::test]
async fn a_stored_state_nested_too_deeply_is_refused_and_a_deep_one_is_not() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    for (depth, expected) in
        [(10_000, vec!["The stored state cannot be read [extra]"]), (400, vec![])]
    {
        let request = pb::upgrade_resource_state::Request {
            type_name: "toy_thing".into(),
            version: 2,
            raw_state: Some(pb::RawState { json: nested_json(depth).into(), ..Default::default() }),
        };
        let answer = provider.upgrade_resource_state(request).await.unwrap().into_inner();
        assert_eq!(said(&answer.diagnostics), expected, "{depth}");
    }
}

#[tokio::test]
async fn what_is_malformed_is_answered_with_an_error() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let deep = [b"\x91".repeat(100_000).as_slice(), b"\xc0"].concat();
    // A dynamic value nested in itself, deeper than a stack would like.
    let mut nested = b"\x81\xa5extra".to_vec();
    for _ in 0..10_000 {
        nested.extend_from_slice(b"\x92\xc4\x09\"dynamic\"");
    }
    nested.push(0xc0);
    for bytes in [
        b"\xc1".to_vec(),
        b"\x81".to_vec(),
        b"\xc0\xc0".to_vec(),
        b"\x90".to_vec(),
        b"\x01".to_vec(),
        b"\x81\xa4name\xa2\xff\xfe".to_vec(),
        // Lengths of four gigabytes, without the bytes.
        b"\xdd\xff\xff\xff\xff".to_vec(),
        b"\xdf\xff\xff\xff\xff".to_vec(),
        b"\x81\xa4name\xdb\xff\xff\xff\xff".to_vec(),
        deep,
        nested,
        b"\x81\xa5extra\x92\xc4\x03\"x\"\xc0".to_vec(),
        b"\x81\xa5extra\x93\xc0\xc0\xc0".to_vec(),
    ] {
        let start = bytes[..bytes.len().min(12)].to_vec();
        let request = pb::validate_resource_config::Request {
            type_name: "toy_thing".into(),
            config: raw(bytes),
            ..Default::default()
        };
        let answer = provider.validate_resource_config(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics.len(), 1, "{start:x?}");
    }
    let nested = nested_json(10_000);
    for json in ["{", "[]", "{\"name\":[]}", "{\"name\":\"a\"}x", "\u{0}", &nested] {
        let request = pb::validate_resource_config::Request {
            type_name: "toy_thing".into(),
            config: Some(pb::DynamicValue { msgpack: Vec::new(), json: json.into() }),
            ..Default::default()
        };
        let answer = provider.validate_resource_config(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics.len(), 1, "{json:.40?}");
    }
    let request = pb::read_resource::Request {
        type_name: "toy_thing".into(),
        current_state: value(&thing(json!({}))),
        private: b"\xff".to_vec(),
        ..Default::default()
    };
    let answer = provider.read_resource(request).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["The private state cannot be read"]);
    let detail = &answer.diagnostics[0].detail;
    for way_out in ["terraform state rm <address>", "import"] {
        assert!(detail.contains(way_out), "{detail}");
    }
}

#[tokio::test]
async fn garbage_instead_of_http_closes_one_connection_and_no_other() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let plugin = Launch::toy().plaintext().start().await;
    let mut provider = plugin.provider().await;
    let mut stream = tokio::net::UnixStream::connect(plugin.socket()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    _ = stream.read_to_end(&mut rest).await;
    assert!(provider.get_metadata(pb::get_metadata::Request {}).await.is_ok());
}
