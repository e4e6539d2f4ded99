//! What Adobe's API, or something in the place of it, can respond.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, SanType, date_time_ymd};
use rustls::crypto::aws_lc_rs;
use rustls::{ServerConfig, ServerConnection};
use rustls_pki_types::PrivateKeyDer;
use tokio::net::TcpSocket;

use aep_simulator::{Action, Fault, Reply, Route};
use serde_json::json;

use super::{Case, Stage};
use crate::support::{CLIENT_ID, CLIENT_SECRET};

const SECRET: &str = "the-secret-of-nobody";

pub(super) const CASES: &[Case] = &[
    ("401", |stage| asked(stage, Reply::token_invalid())),
    ("403 without a code", |stage| asked(stage, forbidden())),
    ("403 when the configuration is read", |stage| {
        stage.one("").applied().replies(Route::Status, forbidden()).plan()
    }),
    ("403000: no API key", |stage| asked(stage, Reply::api_key_missing())),
    ("403003: another API key", |stage| asks(stage.with("AEP_API_KEY", "my-client-id"))),
    ("403010: the token is missing", |stage| asked(stage, Reply::token_missing())),
    ("403025: another organisation", |stage| {
        asks(stage.with("AEP_ORG_ID", "FEDCBA0987654321FEDCBA09@AdobeOrg"))
    }),
    ("403027: no region", |stage| asked(stage, Reply::region_missing())),
    ("404 of the gateway", |stage| {
        stage.one("").applied().replies(Route::Status, Reply::no_such_path()).plan()
    }),
    ("404 of something else", |stage| asked(stage, Reply::html(404))),
    ("404 of the API for what is no configuration", |stage| {
        asked(stage, Reply::service(404, "Not Found", "No such resource"))
    }),
    ("400", |stage| {
        refused(stage, Reply::service(400, "Bad Request", "keyVaultKeyIdentifier is not valid"))
    }),
    ("400 without a message", |stage| refused(stage, Reply::empty(400))),
    ("400 in a coding that was not asked for", |stage| {
        refused(stage, Reply::text(400, "text/plain", "x").with_header("content-encoding", "br"))
    }),
    ("409", |stage| {
        refused(stage, Reply::service(409, "Conflict", "A configuration of this name exists."))
    }),
    ("415", |stage| {
        let message = "Content type is not supported";
        refused(stage, Reply::service(415, "Unsupported Media Type", message))
    }),
    ("415 without a message", |stage| refused(stage, Reply::empty(415))),
    ("429, and the timeout is nearer than Retry-After", |stage| {
        asked(stage, Reply::throttled_for(7200))
    }),
    ("429 without a message", |stage| asked(stage, Reply::throttled())),
    ("500", |stage| asked(stage, unexpected())),
    ("503 of the gateway, tried twice", |stage| {
        asked(stage.with("AEP_MAX_RETRIES", "1"), Reply::gateway_unavailable())
    }),
    ("502 of a proxy", |stage| asked(stage, Reply::html(502))),
    ("a redirect", |stage| asked(stage, Reply::redirect("https://login.example.com/?continue=1"))),
    ("a page in the place of a response", |stage| asked(stage, Reply::html(200))),
    ("JSON of something else", |stage| asked(stage, Reply::json(200, &json!({"ok": true})))),
    ("the response is cut off", |stage| happens(stage, Action::CutBody)),
    ("the connection is reset", |stage| happens(stage, Action::Reset)),
    ("no response in time", |stage| {
        let late = Action::Delay(Duration::from_secs(30));
        happens(stage.with("AEP_REQUEST_TIMEOUT", "500ms"), late)
    }),
    ("nothing listens", |stage| {
        // Bound, so that no other server gets the port, and not listening: it refuses by
        // construction.
        let deaf = TcpSocket::new_v4().expect("a socket");
        deaf.bind(([127, 0, 0, 1], 0).into()).expect("a loopback port");
        asks(stage.moves_to(format!("http://{}", deaf.local_addr().expect("an address"))))
    }),
    ("TLS: the other side speaks none", |stage| {
        let url = stage.url().replace("http:", "https:");
        asks(stage.with("AEP_ENDPOINT", &url))
    }),
    ("TLS: a certificate that nobody vouches for", |stage| presented(stage, |_| ())),
    ("TLS: a certificate authority in the place of a server", |stage| {
        presented(stage, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))
    }),
    ("TLS: a certificate of another host", |stage| {
        trusted(stage, |params| {
            let other = "other.example.com".try_into().expect("a name");
            params.subject_alt_names = vec![SanType::DnsName(other)];
        })
    }),
    ("TLS: a certificate that is too old", |stage| trusted(stage, |params| valid(params, 2020))),
    ("TLS: a certificate that is not valid yet", |stage| {
        trusted(stage, |params| valid(params, 4000))
    }),
    ("TLS: roots that are not there", |stage| {
        presented(stage.with("SSL_CERT_FILE", "missing.pem"), |_| ())
    }),
    ("TLS: nothing in common", |stage| asks(stage.moves_to(saying(&[0x15, 3, 3, 0, 2, 2, 40])))),
    ("TLS: a client certificate is demanded", |stage| {
        asks(stage.moves_to(saying(&[0x15, 3, 3, 0, 2, 2, 116])))
    }),
    ("a coding that was not asked for", |stage| {
        let headers = vec![("content-encoding".to_owned(), "br".to_owned())];
        asked(stage, Reply { headers, ..Reply::json(200, &json!({})) })
    }),
    ("bytes that are not text", |stage| {
        asked(stage, Reply { body: "\0\u{1}\u{2}".to_owned(), ..Reply::empty(502) })
    }),
    ("IMS: a wrong secret", |stage| asks(with_client(stage, SECRET))),
    ("IMS: a refusal that comes as a success", |stage| {
        let body = json!({"error": "invalid_scope", "error_description": "no such scope"});
        asks(with_client(stage, SECRET).replies(Route::Token, Reply::json(200, &body)))
    }),
    ("401 for a token of the client's", |stage| {
        asked(with_client(stage, CLIENT_SECRET), Reply::token_invalid())
    }),
    ("IMS: unavailable", |stage| {
        asks(with_client(stage, SECRET).replies(Route::Token, Reply::html(503)))
    }),
    ("IMS: another host", |stage| {
        asks(with_client(stage, SECRET).replies(Route::Token, Reply::html(200)))
    }),
    ("the look-up of a new configuration fails", |stage| {
        stage.replies(Route::Status, forbidden()).one("").plan()
    }),
    ("an import fails", |stage| {
        stage.replies(Route::Status, unexpected()).one("").imports("Config1").plan()
    }),
];

fn forbidden() -> Reply {
    Reply::service(403, "Forbidden", "The caller has no permission for this resource.")
}

fn unexpected() -> Reply {
    Reply::service(500, "Internal Server Error", "Unexpected error")
}

fn valid(params: &mut CertificateParams, year: i32) {
    params.not_before = date_time_ymd(year, 1, 1);
    params.not_after = date_time_ymd(year + 1, 1, 1);
}

/// Asks a server with a certificate of its own making, changed so.
fn presented(stage: &mut Stage, change: fn(&mut CertificateParams)) -> &mut Stage {
    let (address, _) = tls_server(change);
    asks(stage.moves_to(address))
}

/// The same, and the certificate is a root: one of a folder beside a file with others.
fn trusted(stage: &mut Stage, change: fn(&mut CertificateParams)) -> &mut Stage {
    let (address, pem) = tls_server(change);
    let (_, other) = tls_server(|_| ());
    std::fs::create_dir(stage.project.path().join("roots")).expect("the folder is writable");
    stage.project.write("roots/ca.pem", &pem).write("other.pem", &other);
    let stage = stage.with("SSL_CERT_FILE", "other.pem").with("SSL_CERT_DIR", "nowhere:roots");
    asks(stage.moves_to(address))
}

/// The address of a server with a certificate of its own making, and the certificate. It takes one
/// connection.
fn tls_server(change: fn(&mut CertificateParams)) -> (String, String) {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a certificate");
    change(&mut params);
    let signing_key = KeyPair::generate().expect("a key");
    let cert = params.self_signed(&signing_key).expect("a certificate");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("the key of the certificate");
    let address = listening(move |mut stream| {
        let mut session = ServerConnection::new(Arc::new(config)).expect("a session");
        // The client hangs up: that is what is looked at.
        let _ = session.complete_io(&mut stream);
    });
    (address, cert.pem())
}

/// The address of a server that says this, whatever it hears.
fn saying(bytes: &'static [u8]) -> String {
    listening(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(bytes);
        // Until the client has read it and hung up.
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

fn listening(serve: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || serve(listener.accept().expect("a connection").0));
    format!("https://{address}")
}

/// A plan that asks for the app.
fn asks(stage: &mut Stage) -> &mut Stage {
    stage.written("data \"aep_cmk_app\" \"adobe\" {}").plan()
}

/// One whose request gets this response.
fn asked(stage: &mut Stage, reply: Reply) -> &mut Stage {
    happens(stage, Action::Reply(reply))
}

fn happens(stage: &mut Stage, action: Action) -> &mut Stage {
    asks(stage.fault(Fault::on(Route::App, action).forever()))
}

/// An apply whose submission gets this response.
fn refused(stage: &mut Stage, reply: Reply) -> &mut Stage {
    stage.replies(Route::Submit, reply).one("").apply()
}

fn with_client<'a>(stage: &'a mut Stage, secret: &str) -> &'a mut Stage {
    let url = stage.url().to_owned();
    stage.project.unset("AEP_ACCESS_TOKEN").set("AEP_CLIENT_ID", CLIENT_ID);
    stage.with("AEP_CLIENT_SECRET", secret).with("AEP_IMS_ENDPOINT", &url)
}
