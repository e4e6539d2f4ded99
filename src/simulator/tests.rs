//! The simulator as a client meets it: raw HTTP/1.1 over a socket, so that nothing hides what is on
//! the wire.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::lifecycle::{Register, Submission};
use super::{
    Action, Clock, Fault, Options, Reply, Resubmit, ResubmitFailed, Route, Simulator, UnknownName,
    stages,
};

const APP: &str = "GET /data/infrastructure/manager/byok/app-registration";
const SUBMIT: &str = "POST /data/infrastructure/manager/customer/config";
const STATUS: &str =
    "GET /data/infrastructure/manager/customer/config/Config1?configType=BYOK_CONFIG";
const TOKEN: &str = "POST /ims/token/v3";
const ORG: &str = "1234567890ABCDEF12345678@AdobeOrg";
const KEY: &str =
    "https://adobecmkexample.vault.azure.net/keys/adobeCMK-key/7c1d50lo28234cc895534c00d7eb4eb4";
const HEADERS: &str = "authorization: Bearer sim-token\r\nx-api-key: acp_provisioning\r\n\
    x-gw-ims-org-id: 1234567890ABCDEF12345678@AdobeOrg\r\ncontent-type: application/json\r\n";

/// Far more than anything here takes: a test that hangs ends and says where.
const PATIENCE: Duration = Duration::from_secs(30);

fn start(options: Options) -> Simulator {
    Simulator::start(options).unwrap()
}

fn submission() -> String {
    json!({"name": "Config1", "type": "BYOK_CONFIG", "imsOrgId": ORG,
        "configData": {"providerType": "AZURE_KEYVAULT", "keyVaultKeyIdentifier": KEY}})
    .to_string()
}

fn begin(simulator: &Simulator, target: &str, headers: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(simulator.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    stream
}

/// Status, head and body, as far as the connection had them.
fn finish(mut stream: TcpStream) -> io::Result<(u16, String, String)> {
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(ErrorKind::UnexpectedEof)?;
    Ok((head.get(9..12).unwrap().parse().unwrap(), head.to_lowercase(), body.to_owned()))
}

fn send(simulator: &Simulator, target: &str, body: &str) -> (u16, String, String) {
    finish(begin(simulator, target, HEADERS, body)).unwrap()
}

fn ask(simulator: &Simulator, target: &str, body: &str) -> Value {
    let (status, _, body) = send(simulator, target, body);
    assert_eq!(status, 200, "{target}: {body}");
    serde_json::from_str(&body).unwrap()
}

#[test]
fn replies_are_the_documented_samples() {
    let simulator = start(Options { clock: Clock::Stepped, ..Options::default() });
    let id = "4df7886b-a122-4391-880b-000000000001";
    let data = json!({"keyVaultUri": "https://adobecmkexample.vault.azure.net", "keyVaultKeyIdentifier": KEY,
        "keyVersion": "7c1d50lo28234cc895534c00d7eb4eb4", "keyName": "Config1", "providerType": "AZURE_KEYVAULT"});
    assert_eq!(
        ask(&simulator, SUBMIT, &submission()),
        json!({"id": id, "status": "CREATED", "config": {"configData": data, "name": "acpcf978863Aaepcmkmultitenantapp",
            "type": "BYOK_CONFIG", "imsOrgId": ORG, "status": "NEW"}})
    );
    assert!(simulator.control().step_to("COMPLETED"));
    assert_eq!(
        ask(&simulator, STATUS, ""),
        json!({"name": "acpcf978863Aaepcmkmultitenantapp", "type": "BYOK_CONFIG", "status": "COMPLETED", "configData": data,
            "imsOrgId": ORG, "subscriptionId": "cf978863-7325-47b1-8fd9-554b9fdb6c36", "id": id, "rowType": "BYOK_KEY"})
    );
    let app = ask(&simulator, APP, "");
    assert_eq!(
        app["applicationRedirectUrl"],
        "https://login.microsoftonline.com/common/oauth2/authorize?response_type=code&client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52&redirect_uri=https://adobe.com/acpebae9422Caepcmkmultitenantapp&scope=user.read"
    );
    let fields: Vec<_> = app.as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["applicationId", "applicationRedirectUrl", "applicationUri", "id", "name"]);
}

#[test]
fn refusals_are_the_documented_ones() {
    let simulator = start(Options::default());
    for (was, is, status, code) in [
        ("authorization: Bearer sim-token", "a: b", 403, "403010"),
        ("sim-token", "other", 401, "401013"),
        ("x-api-key: acp_provisioning", "a: b", 403, "403000"),
        ("acp_provisioning", "my-client-id", 403, "403003"),
        ("x-gw-ims-org-id", "a", 400, "400003"),
        ("@AdobeOrg", "@OtherOrg", 403, "403025"),
    ] {
        let stream = begin(&simulator, APP, &HEADERS.replace(was, is), "");
        let (shown, head, body) = finish(stream).unwrap();
        assert!(shown == status && body.contains(code), "{is}: {head} {body}");
        assert!(head.contains("x-request-id: sim-0000"), "{head}");
    }
    let nowhere = send(&simulator, &format!("{APP}/"), "");
    assert!(nowhere.0 == 404 && nowhere.2.contains("404000"), "{nowhere:?}");
    for (was, is) in [
        (KEY, "arn:aws:kms:us-east-1:1:key/1"),
        ("AZURE_KEYVAULT", "AWS_KMS"),
        (ORG, "other@AdobeOrg"),
        ("Config1", ""),
    ] {
        let (status, _, body) = send(&simulator, SUBMIT, &submission().replace(was, is));
        assert!(status == 400 && body.contains("\"title\":\"Bad Request\""), "{is}: {body}");
    }
    assert_eq!(send(&simulator, STATUS, "").0, 404);
    assert_eq!(send(&simulator, SUBMIT, &submission()).0, 200);
    assert_eq!(send(&simulator, SUBMIT, &submission()).0, 409);
    simulator.control().configure(|options| options.unknown_name = UnknownName::NoContent);
    assert_eq!(send(&simulator, &STATUS.replace("Config1", "config1"), "").0, 204);
    let counters = simulator.control().counters();
    assert_eq!((counters.requests, counters.submissions_accepted), (15, 1));
}

#[test]
fn a_minted_token_is_good_until_it_expires() {
    let lifetime = Duration::from_secs(60);
    let simulator =
        start(Options { clock: Clock::Stepped, token_lifetime: lifetime, ..Options::default() });
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let good =
        "grant_type=client_credentials&client_id=sim-client&client_secret=sim-secret&scope=openid";
    let (_, _, minted) = finish(begin(&simulator, TOKEN, form, good)).unwrap();
    let minted: Value = serde_json::from_str(&minted).unwrap();
    assert_eq!((&minted["token_type"], &minted["expires_in"]), (&json!("bearer"), &json!(60)));
    let headers = HEADERS.replace("sim-token", minted["access_token"].as_str().unwrap());
    let status = || finish(begin(&simulator, APP, &headers, "")).unwrap().0;
    assert_eq!(status(), 200);
    simulator.control().step(lifetime);
    assert_eq!(status(), 401);
    let wrong = finish(begin(&simulator, TOKEN, form, &good.replace("-secret", "-other"))).unwrap();
    assert!(wrong.0 == 400 && wrong.2.contains("invalid_client"), "{wrong:?}");
}

#[test]
fn it_listens_on_loopback_only_and_stops_when_dropped() {
    let bind = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = Simulator::start(Options { bind, ..Options::default() }).unwrap_err();
    assert!(refused.to_string().contains("0.0.0.0 is not a loopback address"), "{refused}");
    let simulator = start(Options::default());
    let address = simulator.url().trim_start_matches("http://").to_owned();
    drop(simulator);
    assert!(TcpStream::connect(&address).is_err());
}

/// Each fault: how many submissions took effect, and what the client sees.
#[test]
fn faults() {
    let soon = Duration::from_millis(1);
    for (action, effect, expected) in [
        (Action::Reset, 0, "ConnectionReset"),
        (Action::ProcessThenReset, 1, "ConnectionReset"),
        (Action::CutBody, 0, "200 application/json cut"),
        (Action::ProcessThenCutBody, 1, "200 application/json cut"),
        (Action::Reply(Reply::gateway_unavailable()), 0, "503 application/json whole"),
        (Action::ProcessThenReply(Reply::html(502)), 1, "502 text/html; charset=utf-8 whole"),
        (Action::Delay(soon), 1, "200 application/json whole"),
        (Action::ProcessThenDelay(soon), 1, "200 application/json whole"),
        (Action::WrongContentType, 1, "200 text/html whole"),
        (Action::EmptyBody, 1, "200 application/json empty"),
    ] {
        let simulator = start(Options::default());
        let control = simulator.control();
        control.fault(Fault::on(Route::Submit, action.clone()).named("Config1"));
        let seen = match finish(begin(&simulator, SUBMIT, HEADERS, &submission())) {
            Err(error) => format!("{:?}", error.kind()),
            Ok((status, head, body)) => {
                let header = |name| head.lines().find_map(|line| line.strip_prefix(name));
                let body = match body.len() {
                    0 => "empty",
                    all if header("content-length: ") == Some(&all.to_string()) => "whole",
                    _ => "cut",
                };
                format!("{status} {} {body}", header("content-type: ").unwrap())
            }
        };
        assert_eq!(seen, expected, "{action:?}");
        let logged = control.requests().remove(0);
        let reset = seen == "ConnectionReset";
        assert_eq!(logged.status.is_none(), reset, "{action:?}");
        assert_eq!(logged.response.is_empty(), reset || seen.ends_with("empty"), "{action:?}");
        assert_eq!(control.counters().submissions_accepted, effect, "{action:?}");
        assert_eq!(send(&simulator, APP, "").0, 200, "{action:?}: only that connection");
    }
}

#[test]
fn a_stalled_body_never_ends() {
    let simulator = start(Options::default());
    simulator.control().fault(Fault::on(Route::App, Action::ProcessThenStallBody));
    let mut stream = begin(&simulator, APP, HEADERS, "");
    let mut seen = String::new();
    while !seen.contains("\"applicationId\"") {
        let mut bytes = [0; 512];
        let read = stream.read(&mut bytes).unwrap();
        assert_ne!(read, 0, "closed too early");
        seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    assert_eq!(stream.read(&mut [0; 512]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_held_request_goes_on_when_released_if_its_client_is_still_there() {
    for (action, before) in [(Action::Hold, 0), (Action::ProcessThenHold, 1)] {
        let simulator = start(Options::default());
        let control = simulator.control();
        control.fault(Fault::on(Route::Submit, action));
        let stream = begin(&simulator, SUBMIT, HEADERS, &submission());
        let held = control.wait_until(PATIENCE, |seen| {
            seen.submissions == 1 && seen.submissions_accepted == before
        });
        assert!(held && control.requests()[0].status.is_none());
        control.release();
        assert_eq!(finish(stream).unwrap().0, 200);
        assert_eq!(control.counters().submissions_accepted, 1);
    }
    let simulator = start(Options::default());
    let control = simulator.control();
    control.fault(Fault::on(Route::Submit, Action::Hold));
    let stream = begin(&simulator, SUBMIT, HEADERS, &submission());
    assert!(control.wait_until(PATIENCE, |seen| seen.submissions == 1));
    drop(stream);
    // The server has seen the end of that connection once it has responded to later ones.
    send(&simulator, APP, "");
    send(&simulator, APP, "");
    control.release();
    send(&simulator, APP, "");
    assert_eq!(control.counters().submissions_accepted, 0);
}

#[test]
fn a_job_goes_through_its_stages_and_stays_at_its_end() {
    let seconds = Duration::from_secs;
    let stages = [stages(seconds(10)), vec![("WARMING_UP", seconds(5))]].concat();
    let mut register = Register::default();
    let options = Options { stages, ..Options::default() };
    register.submit(&options, seconds(100), "c", KEY).unwrap();
    let seen = [100, 109, 110, 119, 120, 124, 125, 9999]
        .map(|at| register.get(&options, seconds(at), "c").unwrap().status);
    let (r, u, w, c) = ("RUNNING", "UPDATE_EXISTING_RESOURCES", "WARMING_UP", "COMPLETED");
    assert_eq!(seen, [r, r, u, u, w, w, c, c]);
    assert_eq!(register.moment_of("WARMING_UP", seconds(100)), Some(seconds(120)));
    assert_eq!(register.moment_of("COMPLETED", seconds(200)), Some(seconds(200)));
    assert_eq!(register.moment_of("FAILED", seconds(100)), None);
}

/// What a second submission of a name is: accepted under the same id, accepted under another one,
/// or refused; and which id is shown.
#[test]
fn a_name_in_use_is_treated_as_the_policy_says() {
    let lag = Duration::from_secs(3);
    for (first_end, resubmit, resubmit_failed, expected) in [
        ("COMPLETED", Resubmit::Conflict, ResubmitFailed::NewId, "409"),
        ("COMPLETED", Resubmit::BadRequest, ResubmitFailed::NewId, "400"),
        ("COMPLETED", Resubmit::Existing, ResubmitFailed::NewId, "Existing 1, shown 1"),
        ("FAILED", Resubmit::Conflict, ResubmitFailed::NewId, "Accepted 2, shown 2"),
        ("FAILED", Resubmit::Conflict, ResubmitFailed::SameId, "Accepted 1, shown 1"),
        ("FAILED", Resubmit::Conflict, ResubmitFailed::NewIdAfter(lag), "Accepted 2, shown 1"),
        ("FAILED", Resubmit::Conflict, ResubmitFailed::AsInUse, "409"),
    ] {
        let (outcomes, stages) = (vec![first_end, "COMPLETED"], Vec::new());
        let options = Options { outcomes, stages, resubmit, resubmit_failed, ..Options::default() };
        let mut register = Register::default();
        register.submit(&options, Duration::ZERO, "c", KEY).unwrap();
        let again = register.submit(&options, Duration::ZERO, "c", "https://other");
        let shown = register.get(&options, Duration::ZERO, "c").unwrap();
        let (word, id) = match again {
            Ok(Submission::Accepted(new)) => ("Accepted", new.id),
            Ok(Submission::Existing(there)) => ("Existing", there.id),
            Err(refused) => {
                assert_eq!(refused.status.to_string(), expected, "{options:?}");
                continue;
            }
        };
        let (id, seen) = (&id[35..], &shown.id[35..]);
        assert_eq!(format!("{word} {id}, shown {seen}"), expected, "{options:?}");
        assert_eq!(register.get(&options, lag, "c").unwrap().status, "COMPLETED");
    }
}
