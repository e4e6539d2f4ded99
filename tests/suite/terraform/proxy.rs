//! Proxies from the environment. The proxy is a listener that writes down who knocks.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::support::{CLIENT_ID, CLIENT_SECRET, Project, simulator};

/// A listener that refuses every request with 502, and the first lines it got.
struct Listener {
    port: u16,
    lines: Receiver<String>,
}

impl Listener {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut bytes = [0; 4096];
                let count = stream.read(&mut bytes).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                if sender.send(text.lines().next().unwrap_or_default().to_owned()).is_err() {
                    return;
                }
                // Whoever knocks may have left again.
                let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
            }
        });
        Self { port, lines }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What came so far. A connection is accepted before its client goes on, so nothing is under way after the client's end.
    fn lines(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }
}

/// The listener's thread may still be reading when the CLI has ended.
fn first(listener: &Listener) -> String {
    listener.lines.recv_timeout(crate::support::PATIENCE).expect("somebody knocks")
}

#[test]
fn adobe_is_asked_through_the_proxy_with_the_region_in_the_host_name() {
    let simulator = simulator();
    let proxy = Listener::start();
    let mut project = Project::new(&simulator);
    project
        .unset("AEP_ENDPOINT")
        .set("HTTPS_PROXY", &proxy.url())
        .set("AEP_MAX_RETRIES", "0")
        .configure_one("");
    for (region, host) in [
        ("", "platform.adobe.io"),
        ("VA7", "platform.adobe.io"),
        ("NLD2", "platform-nld2.adobe.io"),
        ("xyz9", "platform-xyz9.adobe.io"),
    ] {
        project.set("AEP_REGION", region).plan().exits(1).says("Adobe's API cannot be reached");
        assert_eq!(first(&proxy), format!("CONNECT {host}:443 HTTP/1.1"));
        assert_eq!(proxy.lines(), [""; 0]);
    }
    // The token endpoint does not follow the region.
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .plan()
        .exits(1)
        .says("No access token from Adobe IMS");
    assert_eq!(first(&proxy), "CONNECT ims-na1.adobelogin.com:443 HTTP/1.1");
    assert_eq!(simulator.control().counters().requests, 0);
}

#[test]
fn hosts_in_no_proxy_are_asked_directly() {
    let simulator = simulator();
    let (proxy, direct) = (Listener::start(), Listener::start());
    let mut project = Project::new(&simulator);
    // Not a loopback address by its looks, so a proxy is for it; the connection stays on this machine all the same.
    project
        .set("AEP_ENDPOINT", &format!("https://0.0.0.0:{}", direct.port))
        .set("HTTPS_PROXY", &proxy.url())
        .set("AEP_MAX_RETRIES", "0")
        .configure_one("");
    project.plan().exits(1);
    assert_eq!(first(&proxy), format!("CONNECT 0.0.0.0:{} HTTP/1.1", direct.port));
    project.set("NO_PROXY", "example.com,0.0.0.0").plan().exits(1);
    first(&direct);
    assert_eq!(proxy.lines(), [""; 0]);
}

#[test]
fn this_machine_is_never_asked_through_a_proxy() {
    let simulator = simulator();
    let proxy = Listener::start();
    let mut project = Project::new(&simulator);
    for variable in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "http_proxy"] {
        project.set(variable, &proxy.url());
    }
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("AEP_IMS_ENDPOINT", &simulator.url())
        .configure_one("");
    project.plan().exits(2);
    assert_eq!(proxy.lines(), [""; 0]);
    assert_eq!(simulator.control().counters().tokens_minted, 1);
}
