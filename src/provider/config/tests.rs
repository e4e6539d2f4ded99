//! What the provider block and the environment resolve to, without touching the process's
//! environment.

use std::collections::HashMap;
use std::time::Duration;

use tf_provider::Diagnostic;
use tf_provider::value::Value;

use super::{ProviderConfig, Resolved, resolve, user_agent, validate};
use crate::api::{Credentials, Route, Settings};

fn text(value: &str) -> Value<String> {
    Value::Value(value.to_owned())
}

/// Authenticates with a client.
fn with_client(config: &mut ProviderConfig) -> &mut ProviderConfig {
    config.access_token = Value::Null;
    config.client_id = text("id");
    config.client_secret = text("secret");
    config
}

fn complete() -> ProviderConfig {
    ProviderConfig {
        org_id: text("ORG@AdobeOrg"),
        access_token: text("hcl-token"),
        ..ProviderConfig::default()
    }
}

fn resolved(
    config: &ProviderConfig,
    variables: &[(&str, &str)],
) -> Result<Resolved, Vec<Diagnostic>> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    resolve(config, &|name| variables.get(name).map(|value| (*value).to_owned()), String::new())
        .map_err(|errors| errors.into_iter().map(Into::into).collect())
}

fn ready(config: &ProviderConfig, variables: &[(&str, &str)]) -> Settings {
    match resolved(config, variables) {
        Ok(Resolved::Ready(settings)) => *settings,
        Ok(Resolved::Deferred(deferred)) => panic!("unknown: {:?}", deferred.unknown),
        Err(errors) => panic!("{errors:?}"),
    }
}

fn errors(config: &ProviderConfig, variables: &[(&str, &str)]) -> Vec<Diagnostic> {
    match resolved(config, variables) {
        Err(errors) => errors,
        Ok(_) => panic!("nothing was wrong"),
    }
}

fn credentials(settings: &Settings) -> String {
    match &settings.credentials {
        Credentials::Token(token) => format!("token {}", token.expose()),
        Credentials::ClientSecret { client_id, client_secret, scopes, ims_endpoint } => {
            format!("client {client_id} {} {scopes} {ims_endpoint}", client_secret.expose())
        }
    }
}

#[test]
fn everything_has_its_default() {
    let settings = ready(&complete(), &[]);
    assert_eq!(settings.endpoint.as_str(), "https://platform.adobe.io/");
    assert_eq!(settings.api_key, "acp_provisioning");
    assert_eq!(settings.request_timeout, Duration::from_secs(60));
    assert_eq!(settings.max_retries, 5);
    assert_eq!(settings.ca_cert_file, None);
}

#[test]
fn everything_can_come_from_the_environment() {
    let settings = ready(
        &ProviderConfig::default(),
        &[
            ("AEP_ORG_ID", "ENV@AdobeOrg"),
            ("AEP_REGION", "NLD2"),
            ("AEP_CLIENT_ID", "id"),
            ("AEP_CLIENT_SECRET", " secret\n"),
            ("AEP_SCOPES", "openid, AdobeID"),
            ("AEP_IMS_ENDPOINT", "http://127.0.0.1:9"),
            ("AEP_API_KEY", "key"),
            ("AEP_REQUEST_TIMEOUT", "1m30s"),
            ("AEP_MAX_RETRIES", "0"),
            ("AEP_CA_CERT_FILE", "/tmp/roots.pem"),
        ],
    );
    assert_eq!(settings.org_id, "ENV@AdobeOrg");
    assert_eq!(settings.endpoint.as_str(), "https://platform-nld2.adobe.io/");
    assert_eq!(credentials(&settings), "client id secret openid,AdobeID http://127.0.0.1:9/");
    assert_eq!(settings.api_key, "key");
    assert_eq!(settings.request_timeout, Duration::from_secs(90));
    assert_eq!(settings.max_retries, 0);
    assert!(settings.ca_cert_file.is_some());
}

#[test]
fn hcl_wins_argument_by_argument() {
    let mut config = complete();
    config.region = text("aus5");
    let settings = ready(&config, &[("AEP_ORG_ID", "ENV@AdobeOrg"), ("AEP_MAX_RETRIES", "2")]);
    assert_eq!(settings.org_id, "ORG@AdobeOrg");
    assert_eq!(settings.max_retries, 2);
    let settings = ready(&config, &[("AEP_ENDPOINT", "https://proxy.example/base")]);
    assert_eq!(settings.endpoint.as_str(), "https://proxy.example/base");
}

#[test]
fn credentials_come_from_one_way_to_authenticate() {
    let client = [("AEP_CLIENT_ID", "id"), ("AEP_CLIENT_SECRET", "secret")];
    assert_eq!(credentials(&ready(&complete(), &client)), "token hcl-token");

    let mut config = complete();
    config.access_token = Value::Null;
    config.client_id = text("hcl-id");
    config.client_secret = text("hcl-secret");
    let with_token = ready(&config, &[("AEP_ACCESS_TOKEN", "env-token")]);
    assert!(credentials(&with_token).starts_with("client hcl-id hcl-secret openid,"));

    config.client_secret = Value::Null;
    let half = ready(&config, &[("AEP_CLIENT_SECRET", "env-secret")]);
    assert!(credentials(&half).starts_with("client hcl-id env-secret "));
}

#[test]
fn a_byte_order_mark_gets_into_no_value() {
    let settings = ready(
        &ProviderConfig { org_id: text("\u{feff}ORG@AdobeOrg"), ..ProviderConfig::default() },
        &[
            ("AEP_CLIENT_ID", "\u{feff}id"),
            ("AEP_CLIENT_SECRET", "\u{feff}secret\r\n"),
            ("AEP_SCOPES", "\u{feff}openid,AdobeID"),
            ("AEP_ENDPOINT", "\u{feff}https://host.example"),
        ],
    );
    assert_eq!(
        (settings.org_id.as_str(), settings.endpoint.as_str()),
        ("ORG@AdobeOrg", "https://host.example/")
    );
    assert!(credentials(&settings).starts_with("client id secret openid,AdobeID "));
    let mut config = complete();
    config.access_token = text("\u{feff}hcl-token");
    assert_eq!(credentials(&ready(&config, &[])), "token hcl-token");
}

#[test]
fn each_host_has_its_own_proxy() {
    let client = [("AEP_CLIENT_ID", "id"), ("AEP_CLIENT_SECRET", "secret")];
    let variables = [
        client[0],
        client[1],
        ("HTTPS_PROXY", "http://user:s3cret@proxy:3128"),
        ("NO_PROXY", "adobelogin.com"),
    ];
    let config = ProviderConfig { org_id: text("ORG@AdobeOrg"), ..ProviderConfig::default() };
    let settings = ready(&config, &variables);
    let shown = settings.route.proxy().map(|proxy| format!("{proxy} {settings:?}")).unwrap();
    assert!(shown.starts_with("http://proxy:3128 (HTTPS_PROXY) "), "{shown}");
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(matches!(settings.ims_route, Route::Excepted("NO_PROXY")));

    let found = errors(&complete(), &[("https_proxy", "http://user:s3cret@[::1")]);
    assert_eq!(found[0].summary, "The proxy of the environment cannot be used");
    assert!(found[0].detail.contains("https_proxy") && !found[0].detail.contains("s3cret"));
}

#[test]
fn roots_are_the_platforms_unless_the_environment_names_some() {
    for (variables, file, folders) in [
        (&[][..], None, &[][..]),
        (&[("SSL_CERT_FILE", ""), ("SSL_CERT_DIR", "")], None, &[]),
        (&[("SSL_CERT_FILE", "/roots.pem")], Some("/roots.pem"), &[]),
        (&[("SSL_CERT_DIR", "/a::/b")], None, &["/a", "/b"]),
    ] {
        let sources = ready(&complete(), variables).root_sources;
        assert_eq!(sources.file.as_ref().and_then(|file| file.to_str()), file, "{variables:?}");
        let named: Vec<_> = sources.folders.iter().filter_map(|it| it.to_str()).collect();
        assert_eq!(named, folders, "{variables:?}");
    }
}

/// A name, what is wrong with a complete provider block, the environment, and the words of the
/// error.
type Case = (
    &'static str,
    fn(&mut ProviderConfig),
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

#[test]
fn what_is_wrong_is_named_with_both_spellings() {
    let cases: [Case; 27] = [
        ("no organisation", |c| c.org_id = Value::Null, &[], &["`org_id`", "AEP_ORG_ID"]),
        (
            "no credentials",
            |c| c.access_token = Value::Null,
            &[],
            &["`access_token`", "AEP_CLIENT_SECRET"],
        ),
        (
            "half a client",
            |c| c.access_token = Value::Null,
            &[("AEP_CLIENT_ID", "x")],
            &["`client_secret`", "AEP_CLIENT_SECRET"],
        ),
        ("two ways in HCL", |c| c.client_id = text("x"), &[], &["`access_token`", "AEP_CLIENT_ID"]),
        (
            "two ways in the environment",
            |c| c.access_token = Value::Null,
            &[("AEP_ACCESS_TOKEN", "t"), ("AEP_CLIENT_ID", "x")],
            &["AEP_ACCESS_TOKEN", "`client_id`"],
        ),
        (
            "no organisation id",
            |c| c.org_id = text("Example Inc."),
            &[],
            &["`org_id`", "AEP_ORG_ID"],
        ),
        ("an organisation without its suffix", |c| c.org_id = text("123"), &[], &["@AdobeOrg"]),
        ("a suffix alone", |c| c.org_id = text("@AdobeOrg"), &[], &["IMS organisation id"]),
        ("two suffixes", |c| c.org_id = text("1@a@AdobeOrg"), &[], &["IMS organisation id"]),
        (
            "plain http",
            |c| c.endpoint = text("http://platform.adobe.io"),
            &[],
            &["`endpoint`", "AEP_ENDPOINT", "loopback"],
        ),
        (
            "http to a look-alike of loopback",
            |c| c.endpoint = text("http://127.0.0.1.evil.example"),
            &[],
            &["loopback"],
        ),
        ("a user name", |c| c.endpoint = text("https://me@host"), &[], &["user name"]),
        ("a password", |c| c.endpoint = text("https://:pw@host"), &[], &["a password"]),
        ("a query", |c| c.endpoint = text("https://host?a"), &[], &["a query"]),
        ("a fragment", |c| c.endpoint = text("https://host#a"), &[], &["a fragment"]),
        ("another scheme", |c| c.endpoint = text("ftp://host"), &[], &["https"]),
        ("a host and its port", |c| c.endpoint = text("host:443"), &[], &["scheme is not https"]),
        (
            "no URL",
            |_| (),
            &[("AEP_ENDPOINT", "platform.adobe.io")],
            &["AEP_ENDPOINT", "not a URL"],
        ),
        (
            "no URL of the identity service",
            |c| with_client(c).ims_endpoint = text("ims"),
            &[],
            &["`ims_endpoint`", "not a URL", "https://ims-na1.adobelogin.com"],
        ),
        (
            "no scope after one",
            |c| with_client(c).scopes = Value::Value(vec![text("openid"), Value::Null]),
            &[],
            &["`scopes`", "one word"],
        ),
        (
            "no scope before one",
            |c| with_client(c).scopes = Value::Value(vec![text(""), text("openid")]),
            &[],
            &["`scopes`", "one word"],
        ),
        (
            "a region that is a host",
            |c| c.region = text("evil.example/"),
            &[],
            &["`region`", "AEP_REGION", "va7, nld2, aus5, can2, gbr9"],
        ),
        (
            "a token with a line break",
            |c| c.access_token = text("a\nb"),
            &[],
            &["`access_token`", "AEP_ACCESS_TOKEN"],
        ),
        ("an empty argument", |c| c.region = text(""), &[], &["`region`", "empty"]),
        (
            "a timeout without a unit",
            |c| c.request_timeout = text("60"),
            &[],
            &["`request_timeout`", "60m"],
        ),
        ("negative retries", |c| c.max_retries = Value::Value(-1), &[], &["`max_retries`"]),
        (
            "retries that are no number",
            |_| (),
            &[("AEP_MAX_RETRIES", "many")],
            &["AEP_MAX_RETRIES"],
        ),
    ];
    for (case, set, variables, words) in cases {
        let mut config = complete();
        set(&mut config);
        let found = errors(&config, variables);
        assert_eq!(found.len(), 1, "{case}: {found:?}");
        for word in words {
            assert!(found[0].detail.contains(word), "{case}: {}", found[0].detail);
        }
        assert!(!found[0].detail.contains("hcl-token"), "{case}");
    }
}

#[test]
fn an_unknown_value_never_becomes_a_default() {
    type Set = fn(&mut ProviderConfig);
    let cases: [(&str, Set, &str); 6] = [
        ("region", |c| c.region = Value::Unknown, "region"),
        ("endpoint", |c| c.endpoint = Value::Unknown, "endpoint"),
        ("organisation", |c| c.org_id = Value::Unknown, "org_id"),
        ("token", |c| c.access_token = Value::Unknown, "access_token"),
        ("retries", |c| c.max_retries = Value::Unknown, "max_retries"),
        ("a scope", |c| with_client(c).scopes = Value::Value(vec![Value::Unknown]), "scopes"),
    ];
    for (case, set, argument) in cases {
        let mut config = complete();
        set(&mut config);
        match resolved(&config, &[]) {
            Ok(Resolved::Deferred(deferred)) => {
                assert_eq!(deferred.unknown, [argument], "{case}");
            }
            _ => panic!("{case}: resolved"),
        }
    }
}

#[test]
fn an_unknown_value_that_does_not_matter_does_not_matter() {
    let mut config = complete();
    config.endpoint = text("https://host.example");
    config.region = Value::Unknown;
    config.scopes = Value::Unknown;
    ready(&config, &[]);
}

#[test]
fn plain_http_is_for_loopback() {
    for endpoint in [
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://localhost:1",
        "http://[::ffff:127.0.0.1]:8080",
    ] {
        let mut config = complete();
        config.endpoint = text(endpoint);
        ready(&config, &[]);
    }
}

#[test]
fn validate_leaves_to_the_environment_what_may_come_from_there() {
    assert_eq!(validate(&ProviderConfig::default()).len(), 0);
    let config =
        ProviderConfig { endpoint: text("http://example.com"), ..ProviderConfig::default() };
    assert_eq!(validate(&config).len(), 1);
}

#[test]
fn the_user_agent_names_both_sides() {
    let agent = user_agent("Terraform/1.11.4", &|name| {
        (name == "TF_APPEND_USER_AGENT").then(|| "ci/42 ".to_owned())
    });
    assert!(agent.starts_with(&format!("terraform-provider-aep/{} ", env!("CARGO_PKG_VERSION"))));
    assert!(agent.ends_with(" Terraform/1.11.4 ci/42"));
}
