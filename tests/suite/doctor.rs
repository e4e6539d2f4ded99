//! What the doctor shows for each thing that can be wrong, kept in `doctor.txt` to be read as a whole: is the first ✗ the
//! cause, and does it say what to do? The built binary, a simulator, and a stand-in for the vault behind a test CA.
//!
//! On a difference: read it, and if the new words are better, `UPDATE_DOCTOR=1 cargo test --test suite doctor`.

mod scene;
pub(crate) mod stand_in;

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use aep_simulator::{Action, Answer, Fault, Route};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

use crate::support::{CLIENT_SECRET, KEY, KEY_VERSIONLESS, OTHER_KEY, PATIENCE, TOKEN};
use scene::{Scene, TENANT};
use stand_in::Behaviour;

const FILE: &str = "tests/suite/doctor.txt";
const HEAD: &str = "What the doctor shows. Written by its test, with\nUPDATE_DOCTOR=1 cargo test --test suite doctor\n";
const OTHER_TENANT: &str = "11111111-2222-3333-4444-555555555555";
const NAME_AND_KEY: [&str; 4] = ["--name", "Config1", "--key", KEY_VERSIONLESS];
const HSM_KEY: &str = "https://my-hsm.managedhsm.azure.net/keys/wrap";

type Case = (&'static str, fn(&mut Scene));

const CASES: &[Case] = &[
    ("Everything is right", |scene| {
        scene.with_list().doctor(&["--name", "Config1", "--key", KEY, "--tenant", TENANT]);
        scene.show_requests_of_vault();
    }),
    ("Everything is right, as JSON", |scene| {
        scene.with_list().doctor(&[&NAME_AND_KEY[..], &["--json"]].concat());
    }),
    ("Without name and key", |scene| {
        scene.given(TOKEN).doctor(&[]);
    }),
    ("--help", |scene| {
        scene.doctor(&["--help"]);
    }),
    ("usage", |scene| {
        scene
            .doctor(&["--nmae", "Config1"])
            .doctor(&["Config1"])
            .doctor(&["--name"])
            .doctor(&["--name", "a", "--name", "b"])
            .doctor(&["--max-retries", "many"])
            .doctor(&[&format!("--client-secret={CLIENT_SECRET}")]);
    }),
    ("settings: nothing is set", |scene| {
        scene.unset("AEP_ORG_ID").unset("AEP_CLIENT_ID").unset("AEP_CLIENT_SECRET");
        scene.with_list().doctor(&NAME_AND_KEY);
    }),
    ("settings: values that are none", |scene| {
        let options = [
            "--org-id",
            "acme",
            "--endpoint",
            "http://adobe.example.com",
            "--request-timeout",
            "soon",
        ];
        scene.doctor(&[&options[..], &["--tenant", "contoso.onmicrosoft.com"]].concat());
    }),
    ("settings: two ways to authenticate", |scene| {
        scene.set("AEP_ACCESS_TOKEN", TOKEN).doctor(&[]);
    }),
    ("settings: an option goes before the environment, with what belongs to it", |scene| {
        scene.set("AEP_ACCESS_TOKEN", TOKEN).doctor(&["--client-id", "suite-client"]);
    }),
    ("settings: a file of certificates that is not there", |scene| {
        scene.doctor(&["--ca-cert-file", "missing.pem"]);
    }),
    ("settings: a proxy that cannot be used", |scene| {
        scene
            .set("HTTPS_PROXY", "socks5://proxy.example.com")
            .set("AEP_ENDPOINT", "https://platform.adobe.io");
        scene.doctor(&[]);
    }),
    ("network: the name does not resolve", |scene| {
        scene.unset("HTTPS_PROXY").doctor(&["--endpoint", "https://adobe.invalid", "--json"]);
    }),
    ("settings: a region that cannot be one", |scene| {
        scene.unset("HTTPS_PROXY").unset("AEP_ENDPOINT").doctor(&["--region", "nld-2"]);
    }),
    ("network: the issuer of the certificate is not trusted", |scene| {
        scene.unset("SSL_CERT_FILE").unset("AEP_ENDPOINT").doctor(&NAME_AND_KEY);
    }),
    ("network: a certificate for another name", |scene| {
        scene.unset("AEP_ENDPOINT").doctor(&["--region", "nld2"]);
    }),
    ("network: not TLS", |scene| {
        scene.stand_in.behaves(Behaviour::Mumbles);
        scene.unset("AEP_ENDPOINT").doctor(&[]);
    }),
    ("network: a proxy that refuses", |scene| {
        scene.stand_in.behaves(Behaviour::Refuses("403 Forbidden"));
        scene.unset("AEP_ENDPOINT").doctor(&[]);
    }),
    ("network: a proxy that wants another password, as JSON", |scene| {
        scene.stand_in.behaves(Behaviour::Refuses("407 Proxy Authentication Required"));
        scene.unset("AEP_ENDPOINT").doctor(&["--json"]);
    }),
    ("network: nothing listens at the token endpoint", |scene| {
        scene.doctor(&["--ims-endpoint", "http://127.0.0.1:1", "--json"]);
    }),
    ("network: through the proxy, and something else than Adobe", |scene| {
        scene.vault_says(
            "302 Found\r\nlocation: https://sign-in.example.com/\r\ncontent-length: 0\r\n\r\n",
        );
        scene.given(TOKEN).unset("AEP_ENDPOINT").doctor(&NAME_AND_KEY);
    }),
    ("token: a wrong client secret", |scene| {
        scene.set("AEP_CLIENT_SECRET", "sentinel-secret-91be-old").doctor(&NAME_AND_KEY);
    }),
    ("token: IMS is not available", |scene| {
        scene.answers(Route::Token, Answer::html(503)).doctor(&NAME_AND_KEY);
    }),
    ("token: a given one that is not accepted", |scene| {
        scene.given("sentinel-token-5c7f-old").doctor(&NAME_AND_KEY);
    }),
    ("token: a given one that has ended", |scene| {
        scene.given(&jwt("1")).doctor(&[]);
    }),
    ("token: a given one that shows its end", |scene| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let token = jwt(&(now + Duration::from_secs(7259)).as_secs().to_string());
        scene.control().configure(|options| options.tokens.push(token.clone()));
        scene.given(&token).doctor(&[]);
    }),
    ("token: the gateway says that none arrived", |scene| {
        scene.answers(Route::App, Answer::token_missing()).doctor(&[]);
    }),
    ("token: a given one, and Adobe is not available", |scene| {
        scene.answers(Route::App, Answer::service_unavailable()).given(TOKEN).doctor(&NAME_AND_KEY);
    }),
    ("application: not entitled for the organisation", |scene| {
        scene.answers(Route::App, Answer::not_entitled()).doctor(&NAME_AND_KEY);
    }),
    ("application: no region for the organisation", |scene| {
        scene.answers(Route::App, Answer::region_missing()).doctor(&NAME_AND_KEY);
    }),
    ("application: no permission", |scene| {
        let refusal =
            Answer::service(403, "Forbidden", "The caller has no permission for this resource.");
        scene.answers(Route::App, refusal).doctor(&NAME_AND_KEY);
    }),
    ("application: another API key", |scene| {
        scene.doctor(&["--api-key", "suite-client"]);
    }),
    ("application: a wrong path", |scene| {
        let endpoint = format!("{}/base", scene.url());
        scene.doctor(&["--endpoint", &endpoint]);
    }),
    ("application: something else than Adobe responds", |scene| {
        scene.answers(Route::App, Answer::html(200)).doctor(&[]);
    }),
    ("configuration: no permission", |scene| {
        let refusal =
            Answer::service(403, "Forbidden", "The caller has no permission for this resource.");
        scene.answers(Route::Status, refusal).doctor(&NAME_AND_KEY);
    }),
    ("configuration: a name that cannot be one", |scene| {
        scene.doctor(&["--name", ".."]);
    }),
    ("configuration: in effect", |scene| {
        scene.control().insert("Config1", KEY, "COMPLETED");
        scene.doctor(&NAME_AND_KEY);
    }),
    ("configuration: on its way", |scene| {
        scene.control().insert("Config1", KEY, "UPDATE_EXISTING_RESOURCES");
        scene.doctor(&NAME_AND_KEY);
    }),
    ("configuration: there, with no key to compare", |scene| {
        scene.control().insert("Config1", KEY, "VERIFYING");
        scene.doctor(&["--name", "Config1"]);
    }),
    ("configuration: taken", |scene| {
        scene.control().insert("Config1", OTHER_KEY, "COMPLETED");
        scene.doctor(&NAME_AND_KEY);
    }),
    ("configuration: its key does not show", |scene| {
        let body = serde_json::json!({"id": "1", "status": "RUNNING"});
        scene.answers(Route::Status, Answer::json(200, &body)).doctor(&NAME_AND_KEY);
    }),
    ("configuration: FAILED", |scene| {
        scene.control().insert("Config1", KEY, "FAILED");
        scene.doctor(&NAME_AND_KEY);
    }),
    ("configuration: FAILED, with no key to compare", |scene| {
        scene.control().insert("Config1", KEY, "FAILED");
        scene.doctor(&["--name", "Config1"]);
    }),
    ("configuration: FAILED, with another key", |scene| {
        scene.control().insert("Config1", OTHER_KEY, "FAILED");
        scene.doctor(&NAME_AND_KEY);
    }),
    ("key: an ARN", |scene| {
        let arn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        scene.doctor(&["--name", "Config1", "--key", arn]);
    }),
    ("vault: another tenant", |scene| {
        scene.doctor(&[&NAME_AND_KEY[..], &["--tenant", OTHER_TENANT]].concat());
    }),
    ("vault: another tenant, as JSON", |scene| {
        scene.doctor(&[&NAME_AND_KEY[..], &["--tenant", OTHER_TENANT, "--json"]].concat());
    }),
    ("vault: the name does not resolve", |scene| {
        let key = "https://no-such-vault-of-ours.vault.azure.net/keys/wrap";
        scene.unset("HTTPS_PROXY").doctor(&["--key", key, "--json"]);
    }),
    ("vault: a firewall", |scene| {
        scene.vault_says("403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        scene.doctor(&[&NAME_AND_KEY[..], &["--tenant", TENANT]].concat());
    }),
    ("vault: a proxy that refuses", |scene| {
        scene.stand_in.behaves(Behaviour::Refuses("502 Bad Gateway"));
        scene.doctor(&NAME_AND_KEY);
    }),
    ("vault: the issuer of its certificate is not trusted", |scene| {
        scene.unset("SSL_CERT_FILE").doctor(&NAME_AND_KEY);
    }),
    ("vault: a page of a proxy", |scene| {
        scene.vault_says("200 OK\r\ncontent-length: 6\r\n\r\n<html>");
        scene.doctor(&["--key", KEY]);
    }),
    ("vault: a redirect, which is not followed", |scene| {
        scene.vault_says(
            "302 Found\r\nlocation: https://other.vault.azure.net/\r\ncontent-length: 0\r\n\r\n",
        );
        scene.doctor(&["--key", KEY]);
        scene.show_requests_of_vault();
    }),
    ("vault: a sign-in host that is not Azure's", |scene| {
        scene.challenges("https://login.example.com");
        scene.doctor(&["--key", KEY]);
    }),
    ("vault: a response without an end", |scene| {
        scene.vault_says(&format!(
            "401 Unauthorized\r\ncontent-length: 9999999\r\n\r\n{}",
            "x".repeat(2 << 20)
        ));
        scene.doctor(&["--key", KEY]);
    }),
    ("vault: Adobe cannot be read, and the vault can", |scene| {
        scene.answers(Route::App, Answer::not_entitled());
        scene.doctor(&["--key", KEY, "--json"]);
    }),
    ("A Managed HSM", |scene| {
        scene.with_list().doctor(&["--name", "it's $mine", "--key", HSM_KEY]);
    }),
    ("A vault in Azure China", |scene| {
        scene.challenges("https://login.chinacloudapi.cn");
        scene.with_list().doctor(&[
            "--key",
            "https://my-vault.vault.azure.cn/keys/wrap",
            "--tenant",
            TENANT,
        ]);
    }),
];

/// A token that says when it ends, in seconds since 1970.
fn jwt(exp: &str) -> String {
    format!("e30.{}.{TOKEN}", BASE64_URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp}}}")))
}

#[test]
fn the_doctor_finds_the_cause() {
    let mut text = HEAD.to_owned();
    for (title, play) in CASES {
        let mut scene = Scene::new();
        play(&mut scene);
        text += &format!("\n## {title}\n{}", scene.shown());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("UPDATE_DOCTOR").is_some() {
        fs::write(&path, &text).expect("the file is writable");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let difference = crate::diagnostics::difference(&kept, &text);
    assert!(
        kept == text,
        "\n{difference}\nread it; if the new words are better, run \
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
