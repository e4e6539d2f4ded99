//! What the doctor shows for each thing that can be wrong, kept in `doctor.txt` to be read as a
//! whole: is the first ✗ the cause, and does it say what to do? The built binary, a simulator, and
//! a stand-in for the vault behind a test CA.
//!
//! On a difference: read it, and if the new text is better, `UPDATE_DOCTOR=1 cargo test --test
//! suite doctor`.

mod scene;
pub(crate) mod stand_in;

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use aep_simulator::{Action, Fault, Reply, Route};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::json;

use crate::support::{KEY, OTHER_KEY, PATIENCE, TOKEN};
use scene::Scene;
use stand_in::Behaviour;

const FILE: &str = "tests/suite/doctor.txt";
const HEAD: &str = "What the doctor shows. Written by its test, with\n\
    UPDATE_DOCTOR=1 cargo test --test suite doctor\n";

/// What becomes of a scene in which everything is right. Arguments have blanks between them, and
/// the names of keys and tenants stand for them.
type Case = (&'static str, fn(&mut Scene) -> &mut Scene);

const CASES: &[Case] = &[
    ("Everything is right", |s| {
        s.with_list().doctor("--name Config1 --key KEY --tenant TENANT").show_requests()
    }),
    ("Everything is right, as JSON", |s| s.with_list().doctor("--name Config1 --key BARE --json")),
    ("Without name and key", |s| s.given(TOKEN).doctor("")),
    ("--help", |s| s.doctor("--help")),
    ("usage", |s| {
        s.doctor("--nmae Config1").doctor("Config1").doctor("--name").doctor("--name a --name b");
        s.doctor("--max-retries many").doctor("--client-secret=sentinel-secret-91be")
    }),
    ("settings: nothing is set", |s| {
        s.unset("AEP_ORG_ID AEP_CLIENT_ID AEP_CLIENT_SECRET").with_list();
        s.doctor("--name Config1 --key BARE")
    }),
    ("settings: values that are none", |s| {
        s.doctor(
            "--org-id acme --endpoint http://adobe.example.com --request-timeout soon \
             --tenant contoso.onmicrosoft.com",
        )
    }),
    ("settings: two ways to authenticate", |s| s.set("AEP_ACCESS_TOKEN", TOKEN).doctor("")),
    ("settings: an option goes before the environment, with what belongs to it", |s| {
        s.set("AEP_ACCESS_TOKEN", TOKEN).doctor("--client-id suite-client")
    }),
    ("settings: a file of certificates that is not there", |s| {
        s.doctor("--ca-cert-file missing.pem")
    }),
    ("settings: a proxy that cannot be used", |s| {
        s.set("HTTPS_PROXY", "socks5://proxy.example.com")
            .doctor("--endpoint https://platform.adobe.io")
    }),
    ("settings: a region that cannot be one", |s| s.unset("AEP_ENDPOINT").doctor("--region nld-2")),
    ("network: the name does not resolve", |s| {
        s.unset("HTTPS_PROXY").doctor("--endpoint https://adobe.invalid --json")
    }),
    ("network: a host that NO_PROXY names", |s| {
        s.set("NO_PROXY", "adobe.invalid,0.0.0.0").given(TOKEN);
        s.doctor("--endpoint https://adobe.invalid --json");
        s.doctor(&format!("--endpoint https://0.0.0.0:{}", s.port()))
    }),
    ("network: the issuer of the certificate is not trusted", |s| {
        s.unset("SSL_CERT_FILE AEP_ENDPOINT").doctor("--name Config1 --key BARE")
    }),
    ("network: a certificate for another name", |s| {
        s.unset("AEP_ENDPOINT").doctor("--region nld2")
    }),
    ("network: not TLS", |s| s.behaves(Behaviour::Mumbles).unset("AEP_ENDPOINT").doctor("")),
    ("network: a proxy that refuses", |s| {
        s.behaves(Behaviour::Refuses("403 Forbidden")).unset("AEP_ENDPOINT").doctor("")
    }),
    ("network: a proxy that wants another password, as JSON", |s| {
        s.behaves(Behaviour::Refuses("407 Proxy Authentication Required"));
        s.unset("AEP_ENDPOINT").doctor("--json")
    }),
    ("network: nothing listens at the token endpoint", |s| {
        s.doctor("--ims-endpoint http://127.0.0.1:1 --json")
    }),
    ("network: through the proxy, and something other than Adobe", |s| {
        s.vault("302 Found\r\nlocation: https://sign-in.example.com/").given(TOKEN);
        s.unset("AEP_ENDPOINT").doctor("--name Config1 --key BARE")
    }),
    ("token: a wrong client secret", |s| {
        s.set("AEP_CLIENT_SECRET", "sentinel-secret-91be-old").doctor("--name Config1 --key BARE")
    }),
    ("token: IMS is not available", |s| {
        s.replies(Route::Token, Reply::html(503)).doctor("--name Config1 --key BARE")
    }),
    ("token: a given one that is not accepted", |s| s.given("sentinel-token-5c7f-old").doctor("")),
    ("token: a given one that has expired", |s| s.given(&jwt("1")).doctor("")),
    ("token: a given one that shows when it expires", |s| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let token = jwt(&(now + Duration::from_secs(7259)).as_secs().to_string());
        s.control().configure(|options| options.tokens.push(token.clone()));
        s.given(&token).doctor("")
    }),
    ("token: the gateway says that none arrived", |s| {
        s.replies(Route::App, Reply::token_missing()).doctor("")
    }),
    ("token: a given one, and Adobe is not available", |s| {
        s.given(TOKEN).replies(Route::App, Reply::service_unavailable());
        s.doctor("--name Config1 --key BARE")
    }),
    ("application: not entitled for the organisation", |s| {
        s.replies(Route::App, Reply::not_entitled()).doctor("--name Config1 --key BARE")
    }),
    ("application: no region for the organisation", |s| {
        s.replies(Route::App, Reply::region_missing()).doctor("")
    }),
    ("application: no permission", |s| s.replies(Route::App, forbidden()).doctor("")),
    ("application: another API key", |s| s.doctor("--api-key suite-client")),
    ("application: a wrong path", |s| s.doctor(&format!("--endpoint {}/base", s.url()))),
    ("application: something other than Adobe responds", |s| {
        s.replies(Route::App, Reply::html(200)).doctor("")
    }),
    ("configuration: no permission", |s| {
        s.replies(Route::Status, forbidden()).doctor("--name Config1 --key BARE")
    }),
    ("configuration: a name that cannot be one", |s| s.doctor("--name ..")),
    ("configuration: in effect", |s| {
        s.stored(KEY, "COMPLETED").doctor("--name Config1 --key BARE")
    }),
    ("configuration: on its way", |s| {
        s.stored(KEY, "UPDATE_EXISTING_RESOURCES").doctor("--name Config1 --key BARE")
    }),
    ("configuration: there, with no key to compare", |s| {
        s.stored(KEY, "VERIFYING").doctor("--name Config1")
    }),
    ("configuration: taken", |s| {
        s.stored(OTHER_KEY, "COMPLETED").doctor("--name Config1 --key BARE")
    }),
    ("configuration: its key does not show", |s| {
        let body = json!({"id": "1", "status": "RUNNING"});
        s.replies(Route::Status, Reply::json(200, &body)).doctor("--name Config1 --key BARE");
        s.doctor("--name Config1")
    }),
    ("configuration: FAILED", |s| {
        s.stored(KEY, "FAILED").doctor("--name Config1 --key BARE").doctor("--name Config1")
    }),
    ("configuration: FAILED, with another key", |s| {
        s.stored(OTHER_KEY, "FAILED").doctor("--name Config1 --key BARE")
    }),
    ("key: an ARN", |s| {
        s.doctor(
            "--key arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        )
    }),
    ("vault: another tenant", |s| {
        s.doctor("--key BARE --tenant ANOTHER").doctor("--key BARE --tenant ANOTHER --json")
    }),
    ("vault: the name does not resolve", |s| {
        s.unset("HTTPS_PROXY")
            .doctor("--key https://no-such-vault-of-ours.vault.azure.net/keys/wrap --json")
    }),
    ("vault: a firewall", |s| s.vault("403 Forbidden").doctor("--key KEY --tenant TENANT")),
    ("vault: a proxy that refuses", |s| {
        s.behaves(Behaviour::Refuses("502 Bad Gateway")).doctor("--name Config1 --key BARE")
    }),
    ("vault: the issuer of its certificate is not trusted", |s| {
        s.unset("SSL_CERT_FILE").doctor("--key BARE")
    }),
    ("vault: a page of a proxy", |s| s.vault("200 OK").doctor("--key KEY")),
    ("vault: a redirect, which is not followed", |s| {
        s.vault("302 Found\r\nlocation: https://other.vault.azure.net/");
        s.doctor("--key KEY").show_requests()
    }),
    ("vault: a sign-in host that is not Azure's", |s| {
        s.challenges("https://login.example.com").doctor("--key KEY")
    }),
    ("vault: a response without an end", |s| {
        let head = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 9999999\r\n\r\n";
        s.behaves(Behaviour::Says(head.to_owned() + &"x".repeat(2 << 20))).doctor("--key KEY")
    }),
    ("vault: Adobe cannot be read, and the vault can", |s| {
        s.replies(Route::App, Reply::not_entitled()).doctor("--key BARE --json")
    }),
    ("A Managed HSM", |s| {
        s.with_list().doctor("--name it's$mine --key https://my-hsm.managedhsm.azure.net/keys/wrap")
    }),
    ("A vault in Azure China", |s| {
        s.challenges("https://login.chinacloudapi.cn").with_list();
        s.doctor("--key https://my-vault.vault.azure.cn/keys/wrap --tenant TENANT")
    }),
];

fn forbidden() -> Reply {
    Reply::service(403, "Forbidden", "The caller has no permission for this resource.")
}

/// A token that says when it expires, in seconds since 1970.
fn jwt(exp: &str) -> String {
    format!("e30.{}.{TOKEN}", BASE64_URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp}}}")))
}

#[test]
fn the_doctor_finds_the_cause() {
    let mut text = HEAD.to_owned();
    for (title, play) in CASES {
        let mut scene = Scene::new();
        text += &format!("\n## {title}\n{}", play(&mut scene).text);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("UPDATE_DOCTOR").is_some() {
        fs::write(&path, &text).expect("the file is writable");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let difference = crate::diagnostics::difference(&kept, &text);
    assert!(
        kept == text,
        "\n{difference}\nread it; if the new text is better, run \
         `UPDATE_DOCTOR=1 cargo test --test suite doctor`\n"
    );
}

#[test]
fn an_interrupt_ends_it_at_once() {
    let scene = Scene::new();
    scene.control().fault(Fault::on(Route::App, Action::Hold));
    let mut command = scene.command(&[]);
    let child = command.stdout(Stdio::piped()).process_group(0).spawn().expect("the doctor runs");
    assert!(scene.control().wait_until(PATIENCE, |counters| counters.app_reads == 1));
    let interrupt = format!("kill -s INT -- {}", child.id());
    assert!(Command::new("sh").args(["-c", &interrupt]).status().expect("`sh`").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.signal(), Some(2));
    // What was known by then was shown.
    assert!(String::from_utf8_lossy(&output.stdout).contains("✓ network"));
}

#[test]
fn by_hand_the_binary_mentions_it() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_terraform-provider-aep")).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("doctor --help"));
}
