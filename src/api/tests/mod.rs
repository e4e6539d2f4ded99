//! The client against a scripted server: what goes over the socket, and what comes of what comes back.

mod compressed;
mod logs;
mod reads;
mod server;
mod submissions;
mod tls;
mod tokens;

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::retry::Backoff;
use super::{Client, Credentials, Limits, RootSources, Route, Secret, Settings};
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

fn settings(server: &Server) -> Settings {
    Settings {
        org_id: "ORG@AdobeOrg".to_owned(),
        endpoint: server.url("/"),
        route: Route::Direct,
        ims_route: Route::Direct,
        api_key: "acp_provisioning".to_owned(),
        credentials: Credentials::Token(Secret::new(TOKEN)),
        request_timeout: Duration::from_secs(30),
        max_retries: 5,
        root_sources: RootSources::default(),
        ca_cert_file: None,
        user_agent: "terraform-provider-aep/test".to_owned(),
    }
}

fn oauth(server: &Server) -> Credentials {
    Credentials::ClientSecret {
        ims_endpoint: server.url("/"),
        client_id: "client id".to_owned(),
        client_secret: Secret::new(CLIENT_SECRET),
        scopes: "openid,AdobeID".to_owned(),
    }
}

/// With a given token.
fn client(server: &Server) -> Client {
    Client::with_backoff(settings(server), BACKOFF).unwrap()
}

/// With tokens from the server's IMS.
fn oauth_client(server: &Server) -> Client {
    let settings = Settings { credentials: oauth(server), ..settings(server) };
    Client::with_backoff(settings, BACKOFF).unwrap()
}

fn limits() -> Limits {
    Limits { deadline: Instant::now() + Duration::from_secs(600), stop: CancellationToken::new() }
}

#[test]
fn settings_that_cannot_be_sent_are_named() {
    let fine = Settings {
        org_id: "ORG@AdobeOrg".to_owned(),
        endpoint: Url::parse("http://127.0.0.1:9").unwrap(),
        route: Route::Direct,
        ims_route: Route::Direct,
        api_key: "k".to_owned(),
        credentials: Credentials::Token(Secret::new("t")),
        request_timeout: Duration::from_secs(1),
        max_retries: 0,
        root_sources: RootSources::default(),
        ca_cert_file: None,
        user_agent: "ä is left out\r\n".to_owned(),
    };
    let message = |settings: Settings| Client::new(settings).unwrap_err().to_string();
    assert!(Client::new(fine.clone()).is_ok());
    let mut bad = fine.clone();
    bad.org_id = "a\nb".to_owned();
    assert_eq!(message(bad), "org_id: it has characters that cannot be sent in a header");
    let mut bad = fine.clone();
    bad.api_key = "a\u{0}".to_owned();
    assert_eq!(message(bad), "api_key: it has characters that cannot be sent in a header");
    for token in ["", "a\nb"] {
        let mut bad = fine.clone();
        bad.credentials = Credentials::Token(Secret::new(token));
        assert_eq!(message(bad), "access_token: it is empty or has characters that no token has");
    }
}

#[test]
fn settings_show_no_secret() {
    let shown = format!("{:?}", Credentials::Token(Secret::new(TOKEN)));
    assert_eq!(shown, "Token([redacted])");
}
