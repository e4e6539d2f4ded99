//! What holds after every command of every scene, whatever the scene is about: no secret shows,
//! nothing is submitted twice, and nothing that a protected key depends on is gone.

use std::collections::HashSet;
use std::fs;
use std::io::{Cursor, Read};
use std::process::Command;
use std::time::Duration;

use aep_simulator::LoggedRequest;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{CLIENT_SECRET, Project, Run, TOKEN};

/// What every token that the simulator mints begins with.
const MINTED: &str = "sim-minted-";
/// Saved plans are ZIP archives.
const ZIP: &[u8] = b"PK\x03\x04";

/// What a command finds.
#[derive(Debug)]
pub(super) struct Before {
    requests: usize,
    guarded: Vec<String>,
    upstream: Vec<String>,
}

impl Before {
    pub(super) fn of(project: &Project, command: &Command) -> Self {
        let requests = project.adobe().requests().len();
        let guarded = guarded(&project.state());
        let upstream = instances(&project.state(), "terraform_data")
            .filter_map(|instance| Some(instance["attributes"]["id"].as_str()?.to_owned()))
            .collect();
        // Two ways to give the management of a guarded object up on purpose.
        let is_let_go = command.get_args().next().is_some_and(|first| first == "state")
            || files(project).any(|(name, text)| {
                name.ends_with(".tf") && String::from_utf8_lossy(&text).contains("removed {")
            });
        match is_let_go || guarded.is_empty() {
            true => Self { requests, guarded: Vec::new(), upstream: Vec::new() },
            false => Self { requests, guarded, upstream },
        }
    }

    #[track_caller]
    pub(super) fn assert_kept(&self, project: &Project, run: &Run) {
        // A test may have cleared the log meanwhile.
        let requests = project.adobe().requests();
        if let Some(twice) = submitted_twice(requests.get(self.requests..).unwrap_or_default()) {
            panic!("submitted twice in one command: {twice:?}\n{}", run.text());
        }
        let state = project.state();
        for name in &self.guarded {
            let is_kept = instances(&state, "aep_cmk_config")
                .any(|instance| instance["attributes"]["name"] == name.as_str());
            assert!(is_kept, "the guarded {name:?} is gone from the state\n{}", run.text());
        }
        for id in &self.upstream {
            let is_kept = instances(&state, "terraform_data")
                .any(|instance| instance["attributes"]["id"] == id.as_str());
            assert!(is_kept, "something upstream of a guarded key is gone\n{}", run.text());
        }
    }
}

/// Name and content of each file of the project.
fn files(project: &Project) -> impl Iterator<Item = (String, Vec<u8>)> {
    let entries = fs::read_dir(project.path()).expect("the folder is readable").flatten();
    entries.filter_map(|entry| {
        Some((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).ok()?))
    })
}

fn instances<'a>(state: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    state["resources"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(move |resource| resource["mode"] == "managed" && resource["type"] == kind)
        .flat_map(|resource| resource["instances"].as_array().into_iter().flatten())
}

/// The names of what is protected and is not a `FAILED` that was never in effect.
fn guarded(state: &Value) -> Vec<String> {
    let may_be_in_effect = |instance: &Value| {
        let is_failed = instance["attributes"]["status"] == "FAILED";
        let private = BASE64_STANDARD.decode(instance["private"].as_str().unwrap_or_default());
        let private: Value =
            serde_json::from_slice(&private.unwrap_or_default()).unwrap_or_default();
        !is_failed || private["in_effect"] != false
    };
    instances(state, "aep_cmk_config")
        .filter(|instance| instance["attributes"]["deletion_protection"] == true)
        .filter(|instance| may_be_in_effect(instance))
        .filter_map(|instance| Some(instance["attributes"]["name"].as_str()?.to_owned()))
        .collect()
}

/// A submission of a name of which one may be on its way already: accepted, or its response lost,
/// and not seen `FAILED` since.
fn submitted_twice(requests: &[LoggedRequest]) -> Option<&LoggedRequest> {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let mut on_its_way = HashSet::new();
    for request in requests.iter().filter(|request| request.path.contains("/customer/config")) {
        let response = json(&request.response);
        if request.method == "POST" {
            let name = json(&request.body)["name"].as_str().unwrap_or_default().to_owned();
            if on_its_way.contains(&name) {
                return Some(request);
            }
            let is_refused = match request.status {
                Some(503) => response["error_code"].is_string(),
                status => status.is_some_and(|status| (400..500).contains(&status)),
            };
            if !is_refused {
                on_its_way.insert(name);
            }
        } else if response["status"].as_str().is_some_and(|is| is.eq_ignore_ascii_case("FAILED")) {
            let name = request.path.rsplit('/').next().unwrap_or_default();
            on_its_way.remove(&*percent_decode_str(name).decode_utf8_lossy());
        }
    }
    None
}

/// Fails the test when a secret is in what the CLI printed or wrote: in logs, states and their
/// private part, saved plans.
#[track_caller]
pub(super) fn assert_no_secret(project: &Project, run: &Run) {
    let secrets = [TOKEN, CLIENT_SECRET, MINTED].map(str::to_owned).into_iter();
    let secrets = secrets.chain(project.variables().flat_map(secrets_in));
    let shapes: Vec<String> = secrets.flat_map(|secret| shapes(&secret)).collect();
    let mut places = vec![
        ("standard output".to_owned(), run.stdout.clone().into_bytes()),
        ("standard error".to_owned(), run.stderr.clone().into_bytes()),
    ];
    // A configuration may hold what the test wrote into it.
    places.extend(
        files(project).filter(|(name, _)| !name.ends_with(".tf") && !name.ends_with(".tfvars")),
    );
    for (place, bytes) in places {
        assert!(!shows(&bytes, &shapes), "a secret is in {place}");
    }
}

/// A token, a client's secret, or the password in the address of a proxy, as it is written and as
/// it is sent. One of a few letters is in many a word.
fn secrets_in((name, value): (&str, &str)) -> Vec<String> {
    let mut secrets = match name.to_ascii_lowercase().as_str() {
        "aep_access_token" | "aep_client_secret" => vec![value.to_owned()],
        proxy if proxy.ends_with("_proxy") => {
            let user = value.rsplit_once('@').map_or("", |(user, _)| user);
            let password = user.rsplit_once(':').map_or("", |(_, password)| password);
            let sent = percent_decode_str(password).decode_utf8_lossy().into_owned();
            vec![password.to_owned(), sent]
        }
        _ => Vec::new(),
    };
    secrets.retain(|secret| secret.len() > 8);
    secrets
}

/// A secret as it is, and its base64 in each of the three places of a group of bytes that it can
/// begin at, without the digits that depend on what is beside it.
fn shapes(secret: &str) -> Vec<String> {
    let shifted = (0..3).map(|shift| {
        let encoded = BASE64_STANDARD_NO_PAD.encode("\0".repeat(shift) + secret);
        let whole = (shift + secret.len()) * 8 / 6;
        encoded[(shift * 8).div_ceil(6)..whole].to_owned()
    });
    shifted.chain([secret.to_owned()]).collect()
}

/// Whether one of the texts is in there, a saved plan unpacked. The copy of the configuration in a
/// plan counts as that does.
fn shows(bytes: &[u8], texts: &[String]) -> bool {
    if !bytes.starts_with(ZIP) {
        let text = String::from_utf8_lossy(bytes);
        return texts.iter().any(|shape| text.contains(shape));
    }
    let mut plan = zip::ZipArchive::new(Cursor::new(bytes)).expect("a saved plan is an archive");
    (0..plan.len()).any(|index| {
        let mut file = plan.by_index(index).expect("it has so many files");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("it can be unpacked");
        !file.name().expect("its name is text").starts_with("tfconfig/") && shows(&bytes, texts)
    })
}

#[test]
fn a_secret_is_found_wherever_it_hides() {
    use std::io::Write;
    let texts = shapes(TOKEN);
    for before in ["", "a", "ab", "abc"] {
        let private = BASE64_STANDARD.encode(format!("{before}{TOKEN}\"}}"));
        let state = format!("{{\"private\": \"{private}\"}}");
        let mut plan = zip::ZipWriter::new(Cursor::new(Vec::new()));
        plan.start_file("tfstate", zip::write::SimpleFileOptions::default()).unwrap();
        plan.write_all(state.as_bytes()).unwrap();
        let plan = plan.finish().unwrap().into_inner();
        let plain = format!("{before}{TOKEN}").into_bytes();
        for place in [plain, state.into_bytes(), plan] {
            assert!(shows(&place, &texts), "{before:?} {place:?}");
        }
    }
    assert!(!shows(b"nothing to be seen", &texts));
    let proxy = ("HTTPS_PROXY", "http://user:s3cret%40word@127.0.0.1:3128");
    assert_eq!(secrets_in(proxy), ["s3cret%40word", "s3cret@word"]);
}

#[test]
fn a_second_submission_is_one_that_no_failure_or_refusal_went_before() {
    let request = |method: &str, path: &str, status, response: &str| LoggedRequest {
        method: method.to_owned(),
        path: format!("/data/infrastructure/manager/customer/config{path}"),
        query: None,
        headers: Vec::new(),
        body: "{\"name\": \"a b\"}".to_owned(),
        status,
        response: response.to_owned(),
        request_id: String::new(),
        at: Duration::ZERO,
    };
    let post = |status| request("POST", "", status, "{}");
    let failed = || request("GET", "/a%20b", Some(200), "{\"status\": \"Failed\"}");
    let running = || request("GET", "/a%20b", Some(200), "{\"status\": \"RUNNING\"}");
    for (requests, is_twice) in [
        (vec![post(Some(200)), running(), post(Some(200))], true),
        (vec![post(None), post(Some(200))], true),
        (vec![post(Some(502)), request("GET", "/a%20b", Some(404), "{}"), post(Some(200))], true),
        (vec![post(Some(503)), post(Some(200))], true),
        (vec![post(Some(200)), failed(), post(Some(200))], false),
        (vec![post(Some(401)), post(Some(429)), post(Some(200))], false),
        (vec![request("POST", "", Some(503), "{\"error_code\": \"1\"}"), post(Some(200))], false),
    ] {
        assert_eq!(submitted_twice(&requests).is_some(), is_twice, "{requests:?}");
    }
}
