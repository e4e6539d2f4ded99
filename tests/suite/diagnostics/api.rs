//! What Adobe's API, or something in the place of it, can answer.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs;
use rustls::{ServerConfig, ServerConnection};
use rustls_pki_types::PrivateKeyDer;

use terraform_provider_aep::simulator::{Action, Answer, Fault, Route};

use super::{Case, Stage};
use crate::support::{CLIENT_ID, KEY};

pub(super) const CASES: &[Case] = &[
    ("401", |stage| {
        asked(stage, Answer::token_invalid());
    }),
    ("403 without a code", |stage| {
        asked(
            stage,
            Answer::service(403, "Forbidden", "The caller has no permission for this resource."),
        );
    }),
    ("403 when the configuration is read", |stage| {
        stage.one("").applied();
        let refusal =
            Answer::service(403, "Forbidden", "The caller has no permission for this resource.");
        stage.answers(Route::Status, refusal).plan();
    }),
    ("403000: no API key", |stage| {
        asked(stage, Answer::api_key_missing());
    }),
    ("403003: another API key", |stage| {
        stage.project.set("AEP_API_KEY", "my-client-id");
        asks(stage).plan();
    }),
    ("403010: the token is missing", |stage| {
        asked(stage, Answer::token_missing());
    }),
    ("403025: another organisation", |stage| {
        stage.project.set("AEP_ORG_ID", "FEDCBA0987654321FEDCBA09@AdobeOrg");
        asks(stage).plan();
    }),
    ("403027: no region", |stage| {
        asked(stage, Answer::region_missing());
    }),
    ("404 of the gateway", |stage| {
        stage.one("").applied();
        stage.answers(Route::Status, Answer::no_such_path()).plan();
    }),
    ("404 of something else", |stage| {
        asked(stage, Answer::html(404));
    }),
    ("400", |stage| {
        let words = "keyVaultKeyIdentifier is not valid";
        refused(stage, Answer::service(400, "Bad Request", words));
    }),
    ("409", |stage| {
        let words = "A configuration of this name exists.";
        refused(stage, Answer::service(409, "Conflict", words));
    }),
    ("415", |stage| {
        let words = "Content type is not supported";
        refused(stage, Answer::service(415, "Unsupported Media Type", words));
    }),
    ("429, and the timeout is nearer than Retry-After", |stage| {
        asked(stage, Answer::throttled_for(7200));
    }),
    ("429 without a word", |stage| {
        asked(stage, Answer::throttled());
    }),
    ("500", |stage| {
        asked(stage, Answer::service(500, "Internal Server Error", "Unexpected error"));
    }),
    ("503 of the gateway, tried twice", |stage| {
        stage.project.set("AEP_MAX_RETRIES", "1");
        asked(stage, Answer::gateway_unavailable());
    }),
    ("502 of a proxy", |stage| {
        asked(stage, Answer::html(502));
    }),
    ("a redirect", |stage| {
        asked(stage, Answer::redirect("https://login.example.com/?continue=1"));
    }),
    ("a page in the place of an answer", |stage| {
        asked(stage, Answer::html(200));
    }),
    ("JSON that is no answer", |stage| {
        asked(stage, Answer::json(200, &serde_json::json!({"ok": true})));
    }),
    ("the answer is cut off", |stage| {
        happens(stage, Action::CutBody);
    }),
    ("the connection is reset", |stage| {
        happens(stage, Action::Reset);
    }),
    ("no answer in time", |stage| {
        stage.project.set("AEP_REQUEST_TIMEOUT", "500ms");
        happens(stage, Action::Delay(Duration::from_secs(30)));
    }),
    ("nothing listens", |stage| {
        stage.hang_up();
        asks(stage).plan();
    }),
    ("TLS: the other side speaks none", |stage| {
        let url = stage.url().replace("http:", "https:");
        stage.project.set("AEP_ENDPOINT", &url);
        asks(stage).plan();
    }),
    ("TLS: a certificate that nobody vouches for", |stage| {
        stage.moves_to(untrusted());
        asks(stage).plan();
    }),
    ("IMS: a wrong secret", |stage| {
        with_client(stage, "not-the-secret");
        asks(stage).plan();
    }),
    ("IMS: unavailable", |stage| {
        with_client(stage, "whatever");
        stage.answers(Route::Token, Answer::html(503));
        asks(stage).plan();
    }),
    ("IMS: another host", |stage| {
        with_client(stage, "whatever");
        stage.answers(Route::Token, Answer::html(200));
        asks(stage).plan();
    }),
    ("the look-up of a new configuration fails", |stage| {
        let refusal =
            Answer::service(403, "Forbidden", "The caller has no permission for this resource.");
        stage.answers(Route::Status, refusal);
        stage.one("").plan();
    }),
    ("an import fails", |stage| {
        stage.control().insert("Config1", KEY, "COMPLETED");
        stage.answers(
            Route::Status,
            Answer::service(500, "Internal Server Error", "Unexpected error"),
        );
        stage.one("");
        let import = "import {\n  to = aep_cmk_config.this\n  id = \"Config1\"\n}\n";
        stage.project.write("import.tf", import);
        stage.plan();
    }),
];

/// The address of a server with a certificate of its own making. It takes one connection.
fn untrusted() -> String {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("the key of the certificate");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut session = ServerConnection::new(Arc::new(config)).expect("a session");
        // The client hangs up: that is what is looked at.
        let _ = session.complete_io(&mut stream);
    });
    format!("https://{address}")
}

/// A plan that asks for the app.
fn asks(stage: &mut Stage) -> &mut Stage {
    stage.project.configure("data \"aep_cmk_app\" \"adobe\" {}");
    stage
}

/// A plan whose question is answered so.
fn asked(stage: &mut Stage, answer: Answer) {
    happens(stage, Action::Answer(answer));
}

fn happens(stage: &mut Stage, action: Action) {
    stage.control().fault(Fault::on(Route::App, action).forever());
    asks(stage).plan();
}

/// An apply whose submission is answered so.
fn refused(stage: &mut Stage, answer: Answer) {
    stage.answers(Route::Submit, answer);
    stage.one("").apply();
}

fn with_client(stage: &mut Stage, secret: &str) {
    let url = stage.url().to_owned();
    stage
        .project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", secret)
        .set("AEP_IMS_ENDPOINT", &url);
}
