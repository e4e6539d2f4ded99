//! The rows hold what golang.org/x/net/http/httpproxy does (v0.47, as Go 1.26 has it), but for
//! mistakes, which it ignores.

use url::Url;

use super::{Proxies, is_loopback};
use crate::api::Route;

type Variables<'a> = &'a [(&'a str, &'a str)];

fn proxies(variables: Variables<'_>) -> Result<Proxies, String> {
    let environment = |name: &str| {
        variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
    };
    Proxies::read(&environment).map_err(|error| tf_provider::Diagnostic::from(error).detail.into())
}

fn way(variables: Variables<'_>, target: &str) -> String {
    let target = Url::parse(target).unwrap();
    match proxies(variables).unwrap().route_to(&target) {
        Ok(Route::Direct) => "direct".to_owned(),
        Ok(Route::Excepted(variable)) => format!("direct, by {variable}"),
        Ok(Route::Proxy(proxy)) => proxy.to_string(),
        Err(error) => tf_provider::Diagnostic::from(error).detail.into(),
    }
}

#[test]
fn the_first_spelling_that_is_not_empty_counts() {
    let cases: [(&str, Variables<'_>, &str); 9] = [
        ("none", &[], "direct"),
        ("upper case", &[("HTTPS_PROXY", "http://a:1")], "http://a:1 (HTTPS_PROXY)"),
        ("lower case", &[("https_proxy", "http://a:1")], "http://a:1 (https_proxy)"),
        (
            "both",
            &[("https_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:1")],
            "http://b:1 (HTTPS_PROXY)",
        ),
        (
            "upper case is empty",
            &[("HTTPS_PROXY", ""), ("https_proxy", "http://a:1")],
            "http://a:1 (https_proxy)",
        ),
        ("for http only", &[("HTTP_PROXY", "http://a:1"), ("http_proxy", "http://a:1")], "direct"),
        ("for all: not among Go's", &[("ALL_PROXY", "http://a:1"), ("all_proxy", "x")], "direct"),
        (
            "NO_PROXY is empty",
            &[("HTTPS_PROXY", "a:1"), ("NO_PROXY", ""), ("no_proxy", "adobe.io")],
            "direct, by no_proxy",
        ),
        (
            "NO_PROXY in both",
            &[("HTTPS_PROXY", "a:1"), ("NO_PROXY", "x.io"), ("no_proxy", "adobe.io")],
            "http://a:1 (HTTPS_PROXY)",
        ),
    ];
    for (case, variables, expected) in cases {
        assert_eq!(way(variables, "https://platform.adobe.io"), expected, "{case}");
    }
    // The other half of the rule: plain http has a variable of its own.
    let both = [("HTTP_PROXY", "a:1"), ("HTTPS_PROXY", "b:1")];
    assert_eq!(way(&both, "http://10.0.0.1"), "http://a:1 (HTTP_PROXY)");
}

#[test]
fn an_address_without_a_scheme_is_http() {
    for (value, expected) in [
        ("proxy.corp.example.com:3128", "http://proxy.corp.example.com:3128"),
        ("proxy.corp.example.com", "http://proxy.corp.example.com"),
        ("proxy", "http://proxy"),
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1:3128", "http://127.0.0.1:3128"),
        ("[::1]:3128", "http://[::1]:3128"),
        ("http://proxy:3128/", "http://proxy:3128"),
        ("https://proxy:3129", "https://proxy:3129"),
        ("HTTP://PROXY:3128", "http://proxy:3128"),
        ("http://user:p%40ss%3A@proxy:3128", "http://proxy:3128"),
        ("user:word@proxy:3128", "http://proxy:3128"),
        (" http://proxy:3128\n", "http://proxy:3128"),
        ("\u{feff}http://proxy:3128", "http://proxy:3128"),
    ] {
        let shown = way(&[("HTTPS_PROXY", value)], "https://platform.adobe.io");
        assert_eq!(shown, format!("{expected} (HTTPS_PROXY)"), "{value}");
    }
}

#[test]
fn a_proxy_that_cannot_be_understood_is_named_and_not_shown() {
    for value in [
        "http://",
        "http://[::1",
        "http://proxy:port",
        "http://proxy:99999",
        "http://pro xy:3128",
        "://proxy",
        "http://user:s3cret#1@proxy:3128",
        "http://user:s3cret?1@proxy:3128",
        "http://user:5/s3cret@proxy:3128",
        "http://user:5#s3cret@proxy:3128",
    ] {
        for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
            // Whether it would be used or not.
            let message = proxies(&[(variable, value), ("NO_PROXY", "*")]).err().expect(value);
            let named = format!("The environment variable {variable} cannot be used: it ");
            assert!(message.starts_with(&named), "{value}: {message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
    }
}

#[test]
fn a_proxy_of_blanks_is_set_and_cannot_be_used() {
    for value in [" ", "\t\n", "\u{feff}"] {
        for variables in [
            [("HTTPS_PROXY", value), ("https_proxy", "http://a:1")],
            [("http_proxy", value), ("NO_PROXY", "*")],
        ] {
            let message = proxies(&variables).err().expect("a mistake");
            let expected = format!(
                "The environment variable {} cannot be used: it has only blanks in it; give it the address of a proxy, or \
                 unset it.",
                variables[0].0
            );
            assert_eq!(message, expected);
        }
    }
    // Of NO_PROXY's two, too, the first that is not empty counts.
    let variables = [("HTTPS_PROXY", "a:1"), ("NO_PROXY", " "), ("no_proxy", "*")];
    assert_eq!(way(&variables, "https://platform.adobe.io"), "http://a:1 (HTTPS_PROXY)");
}

#[test]
fn a_proxy_that_cannot_be_spoken_with_is_a_mistake_where_it_is_used() {
    for scheme in ["socks5", "socks5h", "socks4", "ftp", "foo"] {
        let value = format!("{scheme}://user:s3cret@proxy:1080");
        let variables = [("HTTPS_PROXY", value.as_str()), ("NO_PROXY", "direct.example.com")];
        let message = way(&variables, "https://platform.adobe.io");
        assert_eq!(
            message,
            format!(
                "The environment variable HTTPS_PROXY cannot be used: its scheme is `{scheme}`, and the provider can use \
                 `http` and `https` proxies."
            )
        );
        assert_eq!(way(&variables, "https://direct.example.com"), "direct, by NO_PROXY");
        assert_eq!(way(&variables, "https://localhost"), "direct");
    }
}

#[test]
fn hosts_of_no_proxy_are_asked_directly() {
    let cases: [(&str, &str, &[&str], &[&str]); 22] = [
        (
            "a name and what is below it",
            "adobe.io",
            &["adobe.io", "platform.adobe.io", "a.b.adobe.io:8443"],
            &["notadobe.io", "adobe.io.example.com"],
        ),
        ("a leading dot", ".adobe.io", &["platform.adobe.io"], &["adobe.io"]),
        ("a star and a dot", "*.adobe.io", &["platform.adobe.io"], &["adobe.io"]),
        ("a star without a dot is no pattern", "*adobe.io", &[], &["platform.adobe.io"]),
        ("a part of a label", "ample.com", &[], &["example.com"]),
        ("letter case", "Platform.ADOBE.io", &["platform.adobe.io", "PLATFORM.adobe.io"], &[]),
        ("all", "*", &["platform.adobe.io", "10.1.2.3", "[2001:db8::1]"], &[]),
        ("all among others", "x.io, *", &["platform.adobe.io"], &[]),
        ("white space and nothing", " , adobe.io ,,", &["platform.adobe.io"], &["x.io"]),
        ("a port", "adobe.io:443", &["adobe.io", "platform.adobe.io:443"], &["adobe.io:8443"]),
        ("another port", ".adobe.io:8443", &["a.adobe.io:8443"], &["a.adobe.io", "adobe.io:8443"]),
        ("an empty port", "adobe.io:", &["adobe.io", "adobe.io:8443"], &[]),
        ("a port alone", ":443", &[], &["adobe.io"]),
        ("a URL is no pattern", "https://adobe.io", &[], &["adobe.io"]),
        ("an address", "10.1.2.3", &["10.1.2.3", "10.1.2.3:8443"], &["10.1.2.4"]),
        ("an address and a port", "10.1.2.3:8443", &["10.1.2.3:8443"], &["10.1.2.3"]),
        ("IPv6", "2001:db8::1", &["[2001:db8::1]"], &["[2001:db8::2]"]),
        ("IPv6 and a port", "[2001:db8::1]:443", &["[2001:db8::1]"], &["[2001:db8::1]:8443"]),
        (
            "a network",
            "10.0.0.0/8,172.16.5.4/12",
            &["10.255.0.1", "172.31.0.1", "[::ffff:10.1.2.3]"],
            &["11.0.0.1", "172.32.0.1", "[2001:db8::1]", "a10.0.0.1.io"],
        ),
        ("an IPv6 network", "2001:db8::/33", &["[2001:db8:7fff::1]"], &["[2001:db8:8000::1]"]),
        ("networks of all", "0.0.0.0/0,::/0", &["9.9.9.9", "[9::9]"], &["platform.adobe.io"]),
        ("what is no network", "10.0.0.0/33,10.0.0.0/+8,10.0.0.0/", &[], &["10.0.0.0"]),
    ];
    for (case, no_proxy, direct, proxied) in cases {
        let variables = [("HTTPS_PROXY", "p"), ("NO_PROXY", no_proxy)];
        for (hosts, expected) in
            [(direct, "direct, by NO_PROXY"), (proxied, "http://p (HTTPS_PROXY)")]
        {
            for host in hosts {
                assert_eq!(way(&variables, &format!("https://{host}")), expected, "{case}: {host}");
            }
        }
    }
}

#[test]
fn names_are_compared_as_they_go_out() {
    for (no_proxy, host) in [
        (".示例.com", "www.示例.com"),
        ("xn--fsq092h.com", "www.示例.com"),
        ("示例.com", "www.xn--fsq092h.com"),
    ] {
        let variables = [("HTTPS_PROXY", "p"), ("NO_PROXY", no_proxy)];
        assert_eq!(
            way(&variables, &format!("https://{host}")),
            "direct, by NO_PROXY",
            "{no_proxy}"
        );
    }
}

#[test]
fn this_machine_is_asked_directly() {
    for (url, expected) in [
        ("http://localhost:1", true),
        ("http://LOCALHOST", true),
        ("http://127.8.9.1", true),
        ("http://[::1]:80", true),
        ("http://[::ffff:127.0.0.1]", true),
        ("http://localhost.", false),
        ("http://aep.localhost", false),
        ("http://localhost.example.com", false),
        ("http://128.0.0.1", false),
        ("http://0.0.0.0", false),
        ("https://platform.adobe.io", false),
    ] {
        assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        let variables = [("HTTPS_PROXY", "p"), ("HTTP_PROXY", "p")];
        assert_eq!(way(&variables, url) == "direct", expected, "{url}");
    }
}
