//! Gateways that change bodies.

use super::super::body::tests::gzip;
use super::super::{Delivery, Kind};
use super::server::{Reply, Server, coded};
use super::{KEY, RUNNING, client, limits, oauth_client};

const GZIP: &str = "content-encoding: gzip\r\n";
const BROTLI: &str = "content-encoding: br\r\n";
/// Brotli's own sample of an empty stream, and some bytes more.
const BINARY: &[u8] = b"\x0b\x02\x80\x00{\"id\":\x03";

#[tokio::test]
async fn a_submission_whose_response_is_compressed_was_accepted() {
    let server = Server::new([coded(201, GZIP, &gzip(RUNNING.as_bytes()))]).await;
    assert_eq!(client(&server).submit("a", KEY, &limits()).await.unwrap().id, "1");
    assert_eq!(server.seen()[0].header("accept-encoding"), ["gzip, deflate"]);
}

#[tokio::test]
async fn a_token_may_come_compressed() {
    let token = br#"{"access_token":"minted","expires_in":86399}"#;
    let api = [coded(200, GZIP, &gzip(RUNNING.as_bytes()))];
    let server = Server::with_ims(api, [coded(200, GZIP, &gzip(token))]).await;
    oauth_client(&server).status("a", &limits()).await.unwrap();
    assert_eq!(server.seen()[0].header("accept-encoding"), ["gzip, deflate"]);
}

#[tokio::test]
async fn an_error_may_come_compressed() {
    let body = br#"{"title":"Not found","status":404}"#;
    let server = Server::new([coded(404, GZIP, &gzip(body))]).await;
    let error = client(&server).status("a", &limits()).await.unwrap_err();
    assert_eq!((error.kind(), error.words()), (Kind::NoSuchConfiguration, Some("Not found")));
}

/// A case, the response, the error's kind, what is known of a submission, and how the message ends.
type Case = (&'static str, Reply, Kind, Delivery, &'static str);

#[tokio::test]
async fn nothing_binary_is_shown() {
    const NAMED: &str =
        "it is encoded as `br`, which was not asked for (Accept-Encoding: gzip, deflate)";
    const COUNTED: &str = "11 bytes that are not text";
    let cases: [Case; 6] = [
        ("a coding", coded(201, BROTLI, BINARY), Kind::Malformed, Delivery::Unknown, NAMED),
        ("its refusal", coded(400, BROTLI, BINARY), Kind::BadRequest, Delivery::Refused, NAMED),
        ("its 404", coded(404, BROTLI, b"{}"), Kind::NotFound, Delivery::Refused, NAMED),
        ("no header", coded(201, "", BINARY), Kind::Malformed, Delivery::Unknown, COUNTED),
        ("an error", coded(500, "", BINARY), Kind::Unavailable, Delivery::Unknown, COUNTED),
        (
            "a bomb",
            coded(200, GZIP, &gzip(&vec![b' '; 3 << 20])),
            Kind::Malformed,
            Delivery::Unknown,
            "it is longer than 1048576 bytes",
        ),
    ];
    for (case, reply, kind, delivery, words) in cases {
        let server = Server::new([reply]).await;
        let error = client(&server).submit("a", KEY, &limits()).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (kind, delivery), "{case}: {error}");
        assert!(error.to_string().ends_with(words), "{case}: {error}");
        assert_eq!(server.seen().len(), 1, "{case}");
    }
    // A 404 that cannot be read tells nothing about the configuration, and a read is not repeated for it.
    let server = Server::new([coded(404, BROTLI, b"{}")]).await;
    let error = client(&server).status("a", &limits()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::NotFound, 1));
    let server = Server::new([coded(200, BROTLI, BINARY)]).await;
    let error = client(&server).look_up("a", &limits()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Malformed, 1));
}
