//! Large, many, malformed.

use serde_json::json;
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{Launch, raw, read, said};
use super::{Toy, refresh, thing};

#[tokio::test]
async fn ten_mebibytes_go_in_and_out() {
    let toy = Toy::start().await;
    let name = "x".repeat(10 * 1024 * 1024);
    let response = toy.plan("toy_thing", &json!(null), &thing(json!({ "name": name }))).await;
    assert_eq!(response.diagnostics, []);
    assert_eq!(read(response.planned_state.as_ref())["name"], json!(name));
}

#[tokio::test]
async fn two_hundred_requests_at_a_time_get_their_own_responses() {
    let toy = std::sync::Arc::new(Toy::start().await);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let toy = toy.clone();
        tasks.spawn(async move {
            let proposed = thing(json!({ "count_of": number }));
            let response = toy.plan("toy_thing", &json!(null), &proposed).await;
            let planned = read(response.planned_state.as_ref());
            assert_eq!(planned["count_of"], json!(number.to_string()));
        });
    }
    tasks.join_all().await;
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
    let toy = Toy::start().await;
    for (depth, expected) in
        [(10_000, vec!["The stored state cannot be read [extra]"]), (400, vec![])]
    {
        let request = pb::upgrade_resource_state::Request {
            type_name: "toy_thing".into(),
            version: 2,
            raw_state: Some(pb::RawState { json: nested_json(depth).into(), ..Default::default() }),
        };
        let response = toy.upgrade_resource_state(request).await;
        assert_eq!(said(&response.diagnostics), expected, "{depth}");
    }
}

#[tokio::test]
async fn what_is_malformed_is_an_error() {
    let toy = Toy::start().await;
    let deep = [b"\x91".repeat(100_000).as_slice(), b"\xc0"].concat();
    // A dynamic value nested in itself, deeper than a stack would like.
    let dynamic = b"\x92\xc4\x09\"dynamic\"".repeat(10_000);
    let nested = [b"\x81\xa5extra", dynamic.as_slice(), b"\xc0"].concat();
    let msgpack = [
        b"\xc1".as_slice(),
        b"\x81",
        b"\xc0\xc0",
        b"\x90",
        b"\x01",
        b"\x81\xa4name\xa2\xff\xfe",
        // Lengths of four gigabytes, without the bytes.
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\x81\xa4name\xdb\xff\xff\xff\xff",
        &deep,
        &nested,
        b"\x81\xa5extra\x92\xc4\x03\"x\"\xc0",
        b"\x81\xa5extra\x93\xc0\xc0\xc0",
    ];
    let json = |text: &str| pb::DynamicValue { msgpack: Vec::new(), json: text.into() };
    let nested = nested_json(10_000);
    let texts = ["{", "[]", "{\"name\":[]}", "{\"name\":\"a\"}x", "\u{0}", &nested].map(json);
    for config in msgpack.map(|bytes| raw(bytes).unwrap()).into_iter().chain(texts) {
        let shown = format!("{config:.40?}");
        let request = pb::validate_resource_config::Request {
            type_name: "toy_thing".into(),
            config: Some(config),
            ..Default::default()
        };
        let response = toy.validate_resource_config(request).await;
        assert_eq!(response.diagnostics.len(), 1, "{shown:.200}");
    }
    let private = b"\xff".to_vec();
    let request = refresh("toy_thing", &thing(json!({})));
    let response = toy.read_resource(pb::read_resource::Request { private, ..request }).await;
    assert_eq!(said(&response.diagnostics), ["The private state cannot be read"]);
    let detail = &response.diagnostics[0].detail;
    for way_out in ["terraform state rm <address>", "import"] {
        assert!(detail.contains(way_out), "{detail}");
    }
}

#[tokio::test]
async fn garbage_instead_of_http_closes_one_connection_and_no_other() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let toy = Toy::of(Launch::toy().plaintext()).await;
    let mut stream = tokio::net::UnixStream::connect(toy.plugin.socket()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    _ = stream.read_to_end(&mut Vec::new()).await;
    toy.get_metadata(pb::get_metadata::Request {}).await;
}
