//! What goes out, to the letter.

use std::time::Duration;

use url::Url;

use super::server::{Server, reply, reply_with, token};
use super::{BACKOFF, Client, KEY, Kind, RUNNING, Settings, TOKEN, client, client_of, limits};
use super::{oauth, oauth_client, settings};
use crate::api::{Delivery, Proxy, Route};

const APP: &str = r#"{"id":"byok","name":"n","applicationUri":"u","applicationId":"a","applicationRedirectUrl":"https://l/common/x?redirect_uri=https://adobe.com/n&scope=user.read"}"#;

#[tokio::test]
async fn each_request_has_the_documented_address_headers_and_body() {
    let replies = [reply(200, APP), reply(200, RUNNING), reply(201, RUNNING)];
    let server = Server::new(replies).await;
    let client = client(&server);
    let app = client.app_registration(&limits()).await.unwrap();
    assert!(
        app.application_redirect_url.ends_with("?redirect_uri=https://adobe.com/n&scope=user.read")
    );
    client.status("My config/ü", &limits()).await.unwrap();
    client.submit("My config/ü", KEY, &limits()).await.unwrap();

    let token = format!("Bearer {TOKEN}");
    let common = [
        ("accept", "application/json"),
        ("accept-encoding", "gzip, deflate"),
        ("authorization", &token),
        ("user-agent", "terraform-provider-aep/test,  is left out"),
        ("x-api-key", "acp_provisioning"),
        ("x-gw-ims-org-id", "ORG@AdobeOrg"),
    ];
    let config = "/data/infrastructure/manager/customer/config";
    for (seen, line) in server.seen().iter().zip([
        "GET /data/infrastructure/manager/byok/app-registration HTTP/1.1".to_owned(),
        format!("GET {config}/My%20config%2F%C3%BC?configType=BYOK_CONFIG HTTP/1.1"),
        format!("POST {config} HTTP/1.1"),
    ]) {
        assert_eq!(seen.line, line);
        let mut expected = common.to_vec();
        if line.starts_with("POST") {
            expected.push(("content-type", "application/json"));
        }
        expected.sort_unstable();
        let mut headers = seen.headers.clone();
        headers.retain(|(name, _)| name != "host" && name != "content-length");
        headers.sort_unstable();
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(headers, expected);
    }
    let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!((bodies[0].as_str(), bodies[1].as_str()), ("", ""));
    let body: serde_json::Value = serde_json::from_str(&bodies[2]).unwrap();
    let key = serde_json::json!({"providerType": "AZURE_KEYVAULT", "keyVaultKeyIdentifier": KEY});
    assert_eq!(
        body,
        serde_json::json!({"name": "My config/ü", "type": "BYOK_CONFIG", "imsOrgId": "ORG@AdobeOrg", "configData": key})
    );
}

#[tokio::test]
async fn a_token_is_asked_for_with_a_form_and_nothing_else() {
    let server = Server::with_ims([reply(200, RUNNING)], [token("fetched", 86399)]).await;
    oauth_client(&server).status("a", &limits()).await.unwrap();
    let asked = &server.token_requests()[0];
    assert_eq!(asked.line, "POST /ims/token/v3 HTTP/1.1");
    assert_eq!(asked.header("content-type"), ["application/x-www-form-urlencoded"]);
    assert_eq!(asked.header("authorization"), [""; 0]);
    assert_eq!(asked.header("x-gw-ims-org-id"), [""; 0]);
    assert_eq!(
        asked.body,
        "grant_type=client_credentials&client_id=client+id&scope=openid%2CAdobeID&client_secret=sentinel+client%2Fsecret"
    );
    assert_eq!(server.calls()[0].header("authorization"), ["Bearer fetched"]);
}

#[tokio::test]
async fn base_paths_are_kept_and_user_info_is_not_sent() {
    let server = Server::with_ims([reply(200, RUNNING)], [token("fetched", 86399)]).await;
    let mut endpoint = server.url("/base/path/");
    endpoint.set_username("user").unwrap();
    endpoint.set_password(Some("pass")).unwrap();
    let credentials = oauth(server.url("/proxy/"));
    client_of(Settings { credentials, ..settings(endpoint) }).status("a", &limits()).await.unwrap();
    assert_eq!(server.token_requests()[0].line, "POST /proxy/ims/token/v3 HTTP/1.1");
    let seen = &server.calls()[0];
    assert!(seen.line.starts_with("GET /base/path/data/infrastructure/"), "{}", seen.line);
    assert_eq!(seen.header("authorization"), ["Bearer fetched"]);
}

#[tokio::test]
async fn a_name_that_addresses_something_else_is_never_sent() {
    let server = Server::new([]).await;
    let client = client(&server);
    for name in ["", ".", ".."] {
        for error in [
            client.status(name, &limits()).await.unwrap_err(),
            client.look_up(name, &limits()).await.unwrap_err(),
            client.submit(name, KEY, &limits()).await.unwrap_err(),
        ] {
            assert_eq!((error.kind, error.delivery), (Kind::Other, Delivery::NeverSent));
        }
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn all_clones_share_one_connection() {
    let server = Server::new((0..20).map(|_| reply(200, RUNNING))).await;
    let client = client(&server);
    for _ in 0..10 {
        client.clone().status("a", &limits()).await.unwrap();
        client.submit("a", KEY, &limits()).await.unwrap();
    }
    // A request may begin before the connection is back in the pool.
    let connections = server.connections();
    assert!(connections < 10, "{connections} connections for 20 requests");
}

/// The server ended the idle connection: the request goes out on a new one, or its loss is told;
/// never twice, never lost.
#[tokio::test]
async fn a_connection_that_ended_while_idle() {
    let ended = super::server::Reply::Cut(super::server::raw(200, "", RUNNING));
    let server = Server::new([ended, reply(201, RUNNING)]).await;
    let settings =
        Settings { request_timeout: Duration::from_secs(60), ..settings(server.url("/")) };
    let client = Client::with_backoff(settings, BACKOFF).unwrap();
    client.status("a", &limits()).await.unwrap();
    match client.submit("a", KEY, &limits()).await {
        Ok(_) => assert_eq!(server.seen().len(), 2),
        Err(error) => assert_eq!(error.delivery, Delivery::Unknown),
    }
}

#[tokio::test]
async fn what_a_response_asks_to_leave_between_looks_comes_with_the_configuration() {
    let asks = || reply_with(200, "Retry-After: 7\r\n", RUNNING);
    let server = Server::new([asks(), asks()]).await;
    let client = client(&server);
    for configuration in
        [client.status("a", &limits()).await, client.submit("a", KEY, &limits()).await]
    {
        assert_eq!(configuration.unwrap().retry_after, Some(Duration::from_secs(7)));
    }
}

#[tokio::test]
async fn a_proxy_that_echoes_its_password_does_not_get_it_shown() {
    let echo = r#"{"message":"p%C3%A4ssword, pässword, dXNlcjpww6Rzc3dvcmQ= are not for you"}"#;
    let server = Server::new([reply(400, echo)]).await;
    let mut url = server.url("/");
    url.set_username("user").unwrap();
    url.set_password(Some("pässword")).unwrap();
    let route = Route::Proxy(Proxy::new(url, "HTTP_PROXY"));
    let endpoint = Url::parse("http://platform.example/").unwrap();
    let error = client_of(Settings { route, ..settings(endpoint) })
        .status("a", &limits())
        .await
        .unwrap_err();
    let sent = server.calls()[0].header("proxy-authorization").join("");
    assert_eq!(sent, "Basic dXNlcjpww6Rzc3dvcmQ=");
    let shown = error.to_string();
    assert!(shown.contains("are not for you"), "{shown}");
    assert!(!shown.contains("ssword") && !shown.contains("dXNlcjpww6Rzc3dvcmQ"), "{shown}");
}
