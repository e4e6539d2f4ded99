//! Create, read, plan, destroy: the life of one configuration.

use crate::support::{KEY, ORG_ID, Project, simulator};

#[test]
fn a_first_apply_puts_the_key_into_effect_and_the_next_plan_is_empty() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    project.apply().exits(0);
    let attributes = project.attributes();
    assert_eq!(attributes["status"], "COMPLETED");
    assert_eq!(attributes["name"], "Config1");
    assert_eq!(attributes["key_vault_key_identifier"], KEY);
    assert_eq!(attributes["key_name"], "adobeCMK-key");
    assert_eq!(attributes["vault_name"], "adobecmkexample");
    assert_eq!(attributes["ims_org_id"], ORG_ID);
    simulator.control().clear_log();
    project.plan().exits(0);
    assert_eq!(simulator.control().requests().len(), 1);
    assert_eq!(simulator.control().counters().submissions_accepted, 1);
}
