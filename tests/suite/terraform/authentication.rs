//! Tokens, as far as the CLI has to do with them: its processes, and its lines.

use std::time::Duration;

use aep_simulator::{Action, Answer, Fault, Route, Simulator};

use crate::support::{
    CLIENT_ID, CLIENT_SECRET, KEY, Project, TOKEN, await_counters, resource, simulator, stepped,
};

/// A project with OAuth credentials in the environment instead of a token.
fn oauth(simulator: &Simulator) -> Project {
    let mut project = Project::new(simulator);
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("AEP_IMS_ENDPOINT", &simulator.url());
    project
}

/// A process asks for one token for all that it does, and for none where it asks nothing of Adobe.
#[test]
fn a_process_has_one_token() {
    let simulator = simulator();
    let project = oauth(&simulator);
    project.configure(&format!(
        "data \"aep_cmk_app\" \"this\" {{}}\nresource \"aep_cmk_config\" \"this\" {{\n  count = 5\n  \
         name = \"Config${{count.index}}\"\n  key_vault_key_identifier = \"{KEY}\"\n}}\n"
    ));
    project.validate().exits(0);
    // Terraform starts one process to plan and one to apply.
    project.apply().exits(0);
    let counters = simulator.control().counters();
    assert_eq!((counters.token_requests, counters.submissions_accepted), (2, 5));
}

/// A token is renewed before its end while one waits, and once when it is refused, be it by a poll or a submission.
#[test]
fn an_apply_outlives_its_tokens() {
    // The simulator's clock stands still, so it refuses none for its age; the provider's runs.
    let simulator = stepped(|options| options.token_lifetime = Duration::from_secs(1));
    let project = oauth(&simulator);
    project.configure_one("");
    let control = simulator.control();
    control.fault(Fault::on(Route::Submit, Action::Answer(Answer::token_invalid())));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    let before = control.counters().tokens_minted;
    await_counters(&simulator, |now| now.tokens_minted > before);
    control.expire_tokens();
    let reads = control.counters().status_reads;
    await_counters(&simulator, |now| now.status_reads >= reads + 2);
    assert!(control.set_status("Config1", "COMPLETED"));
    apply.end().exits(0);
    assert_eq!(control.counters().submissions, 2);
}

/// Credentials in the block win over those in the environment, the other way to authenticate included.
#[test]
fn credentials_in_hcl_win() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    let client = format!(
        "client_id = \"{CLIENT_ID}\"\n  client_secret = \"{CLIENT_SECRET}\"\n  scopes = [\"openid\", \"mine\"]\n  \
         ims_endpoint = \"{}\"",
        simulator.url()
    );
    project.set("AEP_ACCESS_TOKEN", "stale").set("AEP_CLIENT_SECRET", "stale");
    for arguments in [format!("access_token = \"{TOKEN}\""), client] {
        project.configure_with(
            &format!("provider \"aep\" {{\n  {arguments}\n}}"),
            &resource("Config1", KEY, ""),
        );
        project.plan().exits(2);
    }
    let requests = simulator.control().requests();
    let forms: Vec<_> = requests.iter().filter(|it| it.method == "POST").collect();
    assert!(forms.len() == 1 && forms[0].body.contains("scope=openid%2Cmine"), "{forms:?}");
}

/// The CLI prints the line that a diagnostic points at, so none points at a secret.
#[test]
fn a_secret_that_cannot_be_used_is_not_shown_with_its_line() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    for (argument, secret) in [("access_token", TOKEN), ("client_secret", CLIENT_SECRET)] {
        project.configure_with(
            &format!("provider \"aep\" {{\n  {argument} = \"{secret} \\n x\"\n}}"),
            &resource("Config1", KEY, ""),
        );
        // The project looks for the secret in all that the CLI prints.
        project.plan().exits(1).says(&format!("`{argument}`"));
    }
}
