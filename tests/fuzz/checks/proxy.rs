//! What holds for any proxy variables: a way or an error that names the variable, and never the
//! password.
#![allow(
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "this is a test, for the fuzzer too"
)]

use url::Url;

use super::Proxies;

const PASSWORD: &str = "pa55-of-the-fuzzer";

/// `HTTPS_PROXY`, `NO_PROXY` and a host, a line each.
pub fn check_any_environment(text: &str) {
    let mut lines = text.splitn(3, '\n');
    let [proxy, no_proxy, host] = [(); 3].map(|()| lines.next().unwrap_or_default());
    // Only here is it a password; elsewhere it is part of a host, which may be shown.
    if text.contains(PASSWORD) {
        return;
    }
    let proxy = proxy.replace(":PASSWORD@", &format!(":{PASSWORD}@"));
    let environment = |name: &str| match name {
        "HTTPS_PROXY" => Some(proxy.clone()),
        "NO_PROXY" => Some(no_proxy.to_owned()),
        _ => None,
    };
    let target = Url::parse(&format!("https://{host}/")).ok();
    let target = target.unwrap_or_else(|| Url::parse("https://example.com/").expect("a URL"));
    let route = Proxies::read(&environment).and_then(|proxies| proxies.route_to(&target));
    let shown = match route {
        Ok(route) => format!("{route:?}"),
        Err(error) => {
            let error = tf_provider::Diagnostic::from(error);
            assert!(error.detail.contains("HTTPS_PROXY"), "{}", error.detail);
            format!("{}{}", error.summary, error.detail)
        }
    };
    assert!(!shown.contains(PASSWORD), "{shown}");
}

#[test]
fn the_seeds_pass() {
    crate::seeds::replay("proxy", |seed| {
        check_any_environment(&String::from_utf8_lossy(seed));
    });
}
