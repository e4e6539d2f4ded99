//! Where requests go, what they carry, and what a provider block may not say.

use aep_simulator::{Action, Answer, Fault, Route};

use crate::support::{CLIENT_ID, CLIENT_SECRET, KEY, Project, resource, simulator};

#[test]
fn plain_http_is_refused_but_for_this_machine() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project.configure_one("");
    let why = "plain http is accepted for loopback addresses only";
    for endpoint in [
        "http://platform.adobe.io",
        "http://localhost.example.com",
        "http://10.0.0.1:8080",
        "http://[::2]",
    ] {
        project.set("AEP_ENDPOINT", endpoint).plan().exits(1).says("AEP_ENDPOINT").says(why);
    }
    project
        .set("AEP_ENDPOINT", &simulator.url())
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("AEP_IMS_ENDPOINT", "http://ims-na1.adobelogin.com")
        .plan()
        .exits(1)
        .says("AEP_IMS_ENDPOINT")
        .says(why);
    assert_eq!(simulator.control().counters().requests, 0);
    // In the provider block it is said without any network, and at its place.
    project
        .configure_with(
            "provider \"aep\" {\n  endpoint = \"http://platform.adobe.io\"\n}",
            &resource("Config1", KEY, ""),
        )
        .validate()
        .exits(1)
        .says("endpoint = \"http://platform.adobe.io\"")
        .says(why);
    let localhost = simulator.url().replace("127.0.0.1", "localhost");
    project
        .set("AEP_ENDPOINT", &localhost)
        .set("AEP_IMS_ENDPOINT", &localhost)
        .configure_one("")
        .plan()
        .exits(2);
}

#[test]
fn a_redirect_is_an_error_and_nobody_follows_it() {
    let (simulator, elsewhere) = (simulator(), simulator());
    let control = simulator.control();
    let mut project = Project::new(&simulator);
    project.set("AEP_MAX_RETRIES", "0").configure_one("");
    for status in [301, 302, 303, 307, 308] {
        let answer = Answer { status, ..Answer::redirect(&elsewhere.url()) };
        control.fault(Fault::on(Route::Status, Action::Answer(answer)));
        project
            .plan()
            .exits(1)
            .says("Adobe's API responded with a redirect")
            .says(&elsewhere.url());
    }
    assert_eq!(control.counters().faults, 5);
    control.fault(Fault::on(Route::Submit, Action::Answer(Answer::redirect(&elsewhere.url()))));
    project.apply().exits(1).says("Adobe's API responded with a redirect");
    assert_eq!(control.counters().submissions, 1);
    // Nor does the client's secret travel.
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("AEP_IMS_ENDPOINT", &simulator.url());
    control.fault(Fault::on(Route::Token, Action::Answer(Answer::redirect(&elsewhere.url()))));
    project.plan().exits(1);
    assert_eq!(control.counters().faults, 7);
    assert_eq!(elsewhere.control().counters().requests, 0);
}

#[test]
fn the_api_key_can_be_another_one() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project.set("AEP_API_KEY", "my_key").configure_one("");
    project
        .plan()
        .exits(1)
        .says("Adobe does not accept the API key")
        .says("error_code 403003")
        .says("\"acp_provisioning\"");
    let requests = simulator.control().requests();
    assert_eq!(requests[0].header("x-api-key"), Some("my_key"));
    project
        .configure_with(
            "provider \"aep\" {\n  api_key = \"acp_provisioning\"\n}",
            &resource("Config1", KEY, ""),
        )
        .plan()
        .exits(2);
}

#[test]
fn the_user_agent_names_provider_and_cli_and_what_is_appended() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project.configure_one("");
    project.plan().exits(2);
    project.set("TF_APPEND_USER_AGENT", "ci/7 (team; x)").plan().exits(2);
    let requests = simulator.control().requests();
    let agents: Vec<&str> = requests
        .iter()
        .map(|request| request.header("user-agent").expect("a User-Agent"))
        .collect();
    let [plain, appended] = agents[..] else {
        panic!("{agents:?}");
    };
    let product = format!("terraform-provider-aep/{} ", env!("CARGO_PKG_VERSION"));
    assert!(plain.starts_with(&product), "{plain}");
    assert!(plain.contains(" Terraform/"), "{plain}");
    assert_eq!(appended, format!("{plain} ci/7 (team; x)"));
}

#[test]
fn a_certificate_file_that_cannot_be_used_is_an_error_that_names_it() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project.configure_one("");
    project
        .set("AEP_CA_CERT_FILE", "nowhere.pem")
        .plan()
        .exits(1)
        .says("ca_cert_file: `nowhere.pem` cannot be read");
    project.write("empty.pem", "no certificate\n");
    project
        .set("AEP_CA_CERT_FILE", "empty.pem")
        .plan()
        .exits(1)
        .says("ca_cert_file: `empty.pem` has no PEM certificate in it");
    assert_eq!(simulator.control().counters().requests, 0);
}

#[test]
fn an_endpoint_from_wherever_overrides_the_region() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    // Nobody looks at a region beside an endpoint, garbage or not.
    project.set("AEP_REGION", "not a region!").configure_one("").plan().exits(2);
    project
        .configure_with("provider \"aep\" {\n  region = \"nld2\"\n}", &resource("Config1", KEY, ""))
        .plan()
        .exits(2);
    assert_eq!(simulator.control().counters().status_reads, 2);
    project
        .unset("AEP_ENDPOINT")
        .configure_one("")
        .plan()
        .exits(1)
        .says("AEP_REGION")
        .says("is not a region code");
    assert_eq!(simulator.control().counters().requests, 2);
}

#[test]
fn a_base_path_of_the_endpoint_is_kept() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project
        .set("AEP_ENDPOINT", &format!("{}/gateway/", simulator.url()))
        .configure_one("")
        .plan()
        .exits(2);
    assert_eq!(
        simulator.control().requests()[0].path,
        "/gateway/data/infrastructure/manager/customer/config/Config1"
    );
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    for (variable, wrong) in [
        ("AEP_ORG_ID", "1234567890ABCDEF12345678"),
        ("AEP_REQUEST_TIMEOUT", "soon"),
        ("AEP_REQUEST_TIMEOUT", "0s"),
        ("AEP_MAX_RETRIES", "-1"),
        ("AEP_MAX_RETRIES", "many"),
        ("AEP_ENDPOINT", "platform.adobe.io"),
        ("AEP_ENDPOINT", "ftp://platform.adobe.io"),
        ("AEP_ENDPOINT", "https://user:pass@platform.adobe.io"),
    ] {
        let mut project = Project::new(&simulator);
        project
            .set(variable, wrong)
            .configure_one("")
            .plan()
            .exits(1)
            .says("A provider argument cannot be used")
            .says(variable);
    }
    project.plan().exits(2);
    assert_eq!(simulator.control().counters().requests, 1);
}
