//! Proxies from the environment. The proxy is a listener that writes down who knocks.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::support::{CLIENT_ID, CLIENT_SECRET, Project, simulator};

/// A listener that refuses every request, and what it got.
struct Listener {
    port: u16,
    requests: Receiver<String>,
}

impl Listener {
    fn start() -> Self {
        Self::saying("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
    }

    fn saying(refusal: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, requests) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut bytes = [0; 4096];
                let count = stream.read(&mut bytes).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                if sender.send(text).is_err() {
                    return;
                }
                // Whoever knocks may have left again.
                let _ = stream.write_all(refusal.as_bytes());
            }
        });
        Self { port, requests }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What came so far. A connection is accepted before its client goes on, so nothing is under way after the client's end.
    fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }

    /// The next request. The listener's thread may still be reading when the CLI has ended.
    fn next(&self) -> String {
        self.requests.recv_timeout(crate::support::PATIENCE).expect("somebody knocks")
    }

    /// The first line of the next request, and of the same one again: a refusal is asked for once more.
    fn first_line(&self) -> String {
        let lines = |request: &str| {
            let mut lines: Vec<_> = request.lines().map(str::to_lowercase).collect();
            lines.sort();
            lines
        };
        let (first, again) = (self.next(), self.next());
        assert_eq!(lines(&first), lines(&again));
        first.lines().next().unwrap_or_default().to_owned()
    }
}

/// A project that asks Adobe once. Its endpoint is not a loopback address by its looks, so a proxy is for it; the connection
/// stays on this machine all the same.
fn asking(direct: &Listener) -> Project {
    let mut project = Project::new(&simulator());
    project
        .set("AEP_ENDPOINT", &format!("https://0.0.0.0:{}", direct.port))
        .set("AEP_MAX_RETRIES", "0")
        .configure_one("");
    project
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
        assert_eq!(proxy.first_line(), format!("CONNECT {host}:443 HTTP/1.1"));
        assert_eq!(proxy.requests(), [""; 0]);
    }
    // The token endpoint does not follow the region.
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .plan()
        .exits(1)
        .says("No access token from Adobe IMS");
    assert_eq!(proxy.first_line(), "CONNECT ims-na1.adobelogin.com:443 HTTP/1.1");
    assert_eq!(simulator.control().counters().requests, 0);
}

#[test]
fn the_variables_are_read_as_the_cli_reads_them() {
    let (proxy, direct) = (Listener::start(), Listener::start());
    type Variables<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, Variables<'_>, bool); 6] = [
        ("upper case", &[("HTTPS_PROXY", "PROXY")], true),
        ("an empty one beside it", &[("HTTPS_PROXY", ""), ("https_proxy", "PROXY")], true),
        ("without a scheme", &[("https_proxy", "BARE")], true),
        ("ALL_PROXY is nobody's", &[("ALL_PROXY", "PROXY"), ("all_proxy", "PROXY")], false),
        ("a host", &[("HTTPS_PROXY", "PROXY"), ("NO_PROXY", "example.com,0.0.0.0")], false),
        (
            "a network",
            &[("HTTPS_PROXY", "PROXY"), ("NO_PROXY", ""), ("no_proxy", "0.0.0.0/8")],
            false,
        ),
    ];
    for (case, variables, proxied) in cases {
        let mut project = asking(&direct);
        for (variable, value) in variables {
            let bare = proxy.url().replace("http://", "");
            project.set(variable, &value.replace("PROXY", &proxy.url()).replace("BARE", &bare));
        }
        let run = project.plan().exits(1);
        if proxied {
            run.says(&format!("no connection through the proxy {}", proxy.url()));
            assert_eq!(
                proxy.first_line(),
                format!("CONNECT 0.0.0.0:{} HTTP/1.1", direct.port),
                "{case}"
            );
        } else {
            direct.next();
        }
        assert_eq!((proxy.requests(), direct.requests()), (vec![], vec![]), "{case}");
    }
}

#[test]
fn what_takes_a_host_out_is_named_where_no_direct_way_leads_to_it() {
    let (proxy, direct) = (Listener::start(), Listener::start());
    let mut project = asking(&direct);
    // Nothing listens on port 9.
    for (endpoint, failure) in [
        ("https://aep.invalid", "the host name does not resolve"),
        ("https://platform-nld.adobe.io.invalid", "the host name does not resolve"),
        ("https://0.0.0.0:9", "no connection"),
    ] {
        project.set("AEP_ENDPOINT", endpoint).set("HTTPS_PROXY", &proxy.url());
        for variable in ["NO_PROXY", "no_proxy"] {
            project
                .set(variable, "invalid,0.0.0.0")
                .plan()
                .exits(1)
                .says(failure)
                .says(&format!("{variable}, which exempts this host from the proxy"))
                .does_not_say("HTTPS_PROXY");
            project.unset(variable);
        }
        project.set("NO_PROXY", "invalid,0.0.0.0").unset("HTTPS_PROXY");
        project.plan().exits(1).says(failure).says("HTTPS_PROXY").does_not_say("NO_PROXY");
        project.unset("NO_PROXY");
    }
    assert_eq!((proxy.requests(), direct.requests()), (vec![], vec![]));
}

#[test]
fn a_proxy_that_cannot_be_used_is_an_error_before_any_request() {
    let direct = Listener::start();
    for (variable, value, why) in [
        ("HTTPS_PROXY", "http://user:s3cret-word@[::1", "is not the address of a proxy"),
        ("https_proxy", "http://proxy:port", "is not the address of a proxy"),
        ("HTTPS_PROXY", "socks5://user:s3cret-word@127.0.0.1:1", "its scheme is `socks5`"),
    ] {
        asking(&direct)
            .set(variable, value)
            .plan()
            .exits(1)
            .says("The proxy of the environment cannot be used")
            .says(variable)
            .says(why)
            .does_not_say("s3cret");
    }
    assert_eq!(direct.requests(), [""; 0]);
}

#[test]
fn a_proxy_gets_its_credentials_once_and_nobody_sees_them() {
    let (proxy, direct) =
        (Listener::saying("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), Listener::start());
    let url = proxy.url().replace("http://", "http://user:s3cret%40word@");
    let run = asking(&direct)
        .set("HTTPS_PROXY", &url)
        .set("AEP_MAX_RETRIES", "5")
        .set("TF_LOG_PROVIDER", "TRACE")
        .plan()
        .exits(1)
        .says("the proxy refused the credentials (HTTP 407)")
        .says("(HTTPS_PROXY)");
    for secret in ["s3cret", "dXNlcjpzM2NyZXRAd29yZA=="] {
        assert!(!run.text().contains(secret), "{secret} is in\n{}", run.text());
    }
    let request = proxy.next();
    // user:s3cret@word
    assert!(
        request.contains("proxy-authorization: Basic dXNlcjpzM2NyZXRAd29yZA==\r\n"),
        "{request}"
    );
    // Repeating a wrong password locks accounts.
    assert_eq!(proxy.requests(), [""; 0]);
}

#[test]
fn a_proxy_that_opens_no_tunnel_says_why() {
    let direct = Listener::start();
    for (answer, why, advice, attempts) in [
        (
            "HTTP/1.1 403 Forbidden\r\n\r\n",
            "it answered CONNECT with HTTP 403",
            "Ask whoever runs the proxy",
            1,
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\n\r\n",
            "it answered CONNECT with HTTP 502",
            "runs and has no connection to this host",
            2,
        ),
        (
            "\u{0}\u{1}\u{2}not a proxy",
            "it answered CONNECT with something that is not HTTP",
            "What listens there is not an HTTP proxy",
            1,
        ),
        ("", "unexpected end of file", "Check that the proxy", 2),
    ] {
        let proxy = Listener::saying(answer);
        let url = proxy.url().replace("http://", "http://user:s3cret%40word@");
        asking(&direct)
            .set("HTTPS_PROXY", &url)
            .set("AEP_MAX_RETRIES", "1")
            .plan()
            .exits(1)
            .says(&format!("no connection through the proxy {} (HTTPS_PROXY)", proxy.url()))
            .says(why)
            .says(advice)
            .does_not_say("s3cret");
        for _ in 0..attempts {
            match answer {
                "" => proxy.next(),
                _ => proxy.first_line(),
            };
        }
        assert_eq!(proxy.requests(), [""; 0], "{answer}");
    }
    assert_eq!(direct.requests(), [""; 0]);
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
    assert_eq!(proxy.requests(), [""; 0]);
    assert_eq!(simulator.control().counters().tokens_minted, 1);
}
