//! What goes over the wire that comes from the CLI.

use crate::support::{KEY, Project, hcl, simulator};

/// A name goes out as one segment that is escaped once, and comes back from state as it was written. The `User-Agent` names the
/// provider, the CLI and what is appended; the API key may be another one.
#[test]
fn names_and_the_user_agent_go_out_as_they_are() {
    let names = [
        (" a b ", "%20a%20b%20"),
        ("a/b\\c", "a%2Fb%5Cc"),
        ("Schlüssel 鍵", "Schl%C3%BCssel%20%E9%8D%B5"),
        ("100%2F", "100%252F"),
        ("a+b;c?d#e&configType=X", "a%2Bb%3Bc%3Fd%23e%26configType%3DX"),
        ("${x}%{y}\"", "%24%7Bx%7D%25%7By%7D%22"),
        ("...", "..."),
    ];
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    let list: Vec<String> = names.iter().map(|(name, _)| hcl(name)).collect();
    project.set("TF_APPEND_USER_AGENT", "ci/7 (team; x)").configure(&format!(
        "resource \"aep_cmk_config\" \"this\" {{\n  for_each = toset([{}])\n  name = each.key\n  \
         key_vault_key_identifier = \"{KEY}\"\n}}\n",
        list.join(", ")
    ));
    project.apply().exits(0);
    project.plan().exits(0);
    let control = simulator.control();
    let requests = control.requests();
    const CONFIG: &str = "/data/infrastructure/manager/customer/config";
    for (name, escaped) in names {
        let path = format!("{CONFIG}/{escaped}");
        assert!(requests.iter().any(|request| request.path == path), "{name:?}");
        let stored = control.configuration(name);
        assert!(stored.is_some_and(|stored| stored.attempts == 1), "{name:?}");
    }
    assert_eq!(control.configurations().len(), names.len());
    let product = format!("terraform-provider-aep/{} ", env!("CARGO_PKG_VERSION"));
    for request in requests {
        let agent = request.header("user-agent").expect("a User-Agent");
        assert!(agent.starts_with(&product) && agent.ends_with(" ci/7 (team; x)"), "{agent}");
        assert!(agent.contains(" Terraform/"), "{agent}");
    }
}
