//! The client against a scripted server: what goes over the socket, and what comes of what comes
//! back.

mod ends;
mod logs;
mod requests;
mod responses;
mod server;
mod tls;
mod tokens;

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::retry::Backoff;
use super::{Client, Credentials, Kind, Limits, RootSources, Route, Secret, Settings};
use server::Server;

const KEY: &str = "https://v.vault.azure.net/keys/k/1";
const RUNNING: &str = r#"{"id":"1","status":"RUNNING","configData":{"keyVaultKeyIdentifier":"https://v.vault.azure.net/keys/k/1"}}"#;

/// Sentinels: neither may come out anywhere but in a request.
const TOKEN: &str = "sentinel-given-token";
const CLIENT_SECRET: &str = "sentinel client/secret";

/// Repetitions without waiting, and the real grace.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(1),
    longest: Duration::from_millis(1),
    grace: Duration::from_secs(3),
};

fn settings(endpoint: Url) -> Settings {
    Settings {
        org_id: "ORG@AdobeOrg".to_owned(),
        endpoint,
        route: Route::Direct,
        ims_route: Route::Direct,
        api_key: "acp_provisioning".to_owned(),
        credentials: Credentials::Token(Secret::new(TOKEN)),
        request_timeout: Duration::from_secs(30),
        max_retries: 5,
        root_sources: RootSources::default(),
        ca_cert_file: None,
        user_agent: "terraform-provider-aep/test, ä is left out\r\n".to_owned(),
    }
}

fn oauth(ims_endpoint: Url) -> Credentials {
    Credentials::ClientSecret {
        ims_endpoint,
        client_id: "client id".to_owned(),
        client_secret: Secret::new(CLIENT_SECRET),
        scopes: "openid,AdobeID".to_owned(),
    }
}

/// A client that does not wait before a repetition.
fn client_of(settings: Settings) -> Client {
    Client::with_backoff(settings, BACKOFF).unwrap()
}

/// With a given token.
fn client(server: &Server) -> Client {
    client_of(settings(server.url("/")))
}

/// With tokens from the server's IMS.
fn oauth_client(server: &Server) -> Client {
    client_of(Settings { credentials: oauth(server.url("/")), ..settings(server.url("/")) })
}

fn limits() -> Limits {
    within(Duration::from_secs(600))
}

fn within(time: Duration) -> Limits {
    Limits { deadline: Instant::now() + time, stop: CancellationToken::new() }
}

#[test]
fn settings_that_cannot_be_sent_are_named() {
    let fine = settings(Url::parse("http://127.0.0.1:9").unwrap());
    let token = |token| Credentials::Token(Secret::new(token));
    const UNSENDABLE: &str = "it has characters that cannot be sent in a header";
    const NO_TOKEN: &str = "access_token: it is empty or has characters that no token has";
    for (bad, expected) in [
        (Settings { org_id: "a\nb".into(), ..fine.clone() }, format!("org_id: {UNSENDABLE}")),
        (Settings { api_key: "a\0".into(), ..fine.clone() }, format!("api_key: {UNSENDABLE}")),
        (Settings { credentials: token(""), ..fine.clone() }, NO_TOKEN.to_owned()),
        (Settings { credentials: token("a\nb"), ..fine.clone() }, NO_TOKEN.to_owned()),
    ] {
        let error = Client::new(bad).unwrap_err();
        assert_eq!((error.kind, error.to_string()), (Kind::Setup, expected));
    }
    assert!(!format!("{fine:?} {:?}", Client::new(fine.clone())).contains("sentinel"));
}
