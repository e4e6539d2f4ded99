//! Proxies and roots from the environment: through a tunnel and TLS, all the way to an apply.

use std::net::TcpListener;

use crate::doctor::stand_in::{Behaviour, StandIn};
use crate::support::{CLIENT_ID, CLIENT_SECRET, Project, simulator};

/// Adobe and its identity service are asked through the proxy, over TLS that a corporate root vouches for: one that is named
/// for all of a machine's programs, or for the provider alone beside those of the machine.
#[test]
fn an_apply_goes_through_a_proxy_that_inspects_tls() {
    let simulator = simulator();
    let proxy = StandIn::start();
    let other = StandIn::start();
    proxy.behaves(Behaviour::LeadsTo(simulator.url().replace("http://", "")));
    let mut project = Project::new(&simulator);
    project.write("ca.pem", &proxy.pem).write("other.pem", &other.pem);
    project
        .unset("AEP_ENDPOINT")
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_REGION", "AUS5")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("https_proxy", &format!("127.0.0.1:{}", proxy.port))
        .configure_one("");
    for roots in [None, Some("other.pem")] {
        if let Some(roots) = roots {
            project.set("SSL_CERT_FILE", roots);
        }
        project.plan().exits(1).says("The issuer of the server's certificate is not trusted");
    }
    assert_eq!(simulator.control().counters().requests, 0);
    project.set("AEP_CA_CERT_FILE", "ca.pem").apply().exits(0);
    project.unset("AEP_CA_CERT_FILE").set("SSL_CERT_FILE", "ca.pem").plan().exits(0);
    let requests = simulator.control().requests();
    let hosts: Vec<_> = requests.iter().filter_map(|request| request.header("host")).collect();
    let of = |host| hosts.iter().filter(|it| **it == host).count();
    // Terraform starts a process to plan and one to apply; the identity service does not follow the region.
    assert_eq!(of("ims-na1.adobelogin.com"), 3, "{hosts:?}");
    assert_eq!(of("platform-aus5.adobe.io"), hosts.len() - 3, "{hosts:?}");
}

/// A proxy that refuses is named with what to do, and its password is shown to nobody, in no log either.
#[test]
fn a_proxy_that_refuses_is_named_and_its_password_is_not() {
    let proxy = StandIn::start();
    let mut project = Project::new(&simulator());
    project
        .set("AEP_ENDPOINT", "https://aep.invalid")
        .set("HTTPS_PROXY", &format!("http://user:s3cret%40word@127.0.0.1:{}", proxy.port))
        .set("AEP_MAX_RETRIES", "0")
        .set("TF_LOG_PROVIDER", "TRACE")
        .configure_one("");
    for (refusal, advice) in [
        ("403 Forbidden", "Ask whoever runs the proxy"),
        ("502 Bad Gateway", "runs and has no connection to this host"),
        (
            "407 Proxy Authentication Required",
            "Put the user name and the password into the variable",
        ),
    ] {
        proxy.behaves(Behaviour::Refuses(refusal));
        let run = project.plan().exits(1).says(advice).says("(HTTPS_PROXY)");
        // user:s3cret@word
        for secret in ["s3cret", "dXNlcjpzM2NyZXRAd29yZA=="] {
            assert!(!run.text().contains(secret), "{secret} is in\n{}", run.text());
        }
    }
    // Who takes a host out of what the proxy is for is named where no direct way leads to it.
    project.set("no_proxy", "invalid");
    project.plan().exits(1).says("no_proxy, which exempts this host from the proxy");
    project.unset("HTTPS_PROXY");
    project.plan().exits(1).says("HTTPS_PROXY").does_not_say("no_proxy");
}

/// This machine is never asked through a proxy, and `ALL_PROXY` is nobody's.
#[test]
fn this_machine_is_asked_directly() {
    let simulator = simulator();
    let unheard = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let address = unheard.local_addr().expect("an address");
    unheard.set_nonblocking(true).expect("a mode");
    let mut project = Project::new(&simulator);
    for variable in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "http_proxy"] {
        project.set(variable, &format!("http://{address}"));
    }
    project.configure_one("").plan().exits(2);
    assert!(unheard.accept().is_err(), "somebody knocked");
}
