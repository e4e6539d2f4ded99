//! From an endpoint and a path to the URL of a request.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// All but RFC 3986's unreserved characters, so that no server can read a separator, a parameter or
/// a space into a name.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `endpoint` followed by `path` (which begins with a slash). A base path of the endpoint is kept,
/// with or without its trailing slash; its query, fragment and user info are not: none of them
/// belongs to a request, and reqwest would turn user info into a second Authorization header.
pub(super) fn join(endpoint: &Url, path: &str) -> Url {
    let mut url = endpoint.clone();
    url.set_query(None);
    url.set_fragment(None);
    // These fail only for URLs without a host, which have no user info either.
    _ = url.set_username("");
    _ = url.set_password(None);
    let base = endpoint.path().trim_end_matches('/');
    url.set_path(&format!("{base}{path}"));
    url
}

/// `name` as one escaped path segment. `None` for what no escaping can protect: an empty name and
/// the dot segments, which would address another resource.
pub(super) fn segment(name: &str) -> Option<String> {
    (!matches!(name, "" | "." | "..")).then(|| utf8_percent_encode(name, ESCAPED).to_string())
}

/// Scheme, host and port of where a redirect points; relative ones stay on the host that was asked.
pub(super) fn origin_of(location: &str, asked: &Url) -> Option<String> {
    let target = asked.join(location).ok()?;
    let host = target.host_str()?;
    let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{host}{port}", target.scheme()))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{join, origin_of, segment};

    #[test]
    fn a_base_path_survives() {
        for (endpoint, expected) in [
            ("https://platform.adobe.io", "https://platform.adobe.io/data/x"),
            ("https://platform.adobe.io/", "https://platform.adobe.io/data/x"),
            ("https://h:8443/base", "https://h:8443/base/data/x"),
            ("https://h/base/", "https://h/base/data/x"),
            ("https://h/a/b%20c//", "https://h/a/b%20c/data/x"),
            ("https://user:pass@h/base?key=1#top", "https://h/base/data/x"),
            ("http://[::1]:9", "http://[::1]:9/data/x"),
        ] {
            let endpoint = Url::parse(endpoint).unwrap();
            assert_eq!(join(&endpoint, "/data/x").as_str(), expected);
        }
    }

    #[test]
    fn a_name_is_one_escaped_segment() {
        for (name, expected) in [
            ("Config1", "Config1"),
            ("my config", "my%20config"),
            ("a/b", "a%2Fb"),
            ("a\\b", "a%5Cb"),
            ("100%", "100%25"),
            ("%2e%2e", "%252e%252e"),
            ("Schlüssel", "Schl%C3%BCssel"),
            ("a?b#c", "a%3Fb%23c"),
            ("a+b;c&d=e", "a%2Bb%3Bc%26d%3De"),
            ("a:b@c,d!$'()*", "a%3Ab%40c%2Cd%21%24%27%28%29%2A"),
            ("tab\there", "tab%09here"),
            (" lead and trail ", "%20lead%20and%20trail%20"),
            ("...", "..."),
            ("a.b_c-d~e", "a.b_c-d~e"),
            ("鍵🔑", "%E9%8D%B5%F0%9F%94%91"),
        ] {
            let escaped = segment(name).unwrap();
            assert_eq!(escaped, expected);
            // What is escaped once is what goes out: the URL type neither escapes again nor
            // normalises.
            let url = join(&Url::parse("https://h").unwrap(), &format!("/config/{escaped}"));
            assert_eq!(url.as_str(), format!("https://h/config/{expected}"));
            assert_eq!(url.path_segments().unwrap().count(), 2);
        }
    }

    #[test]
    fn a_name_that_would_address_something_else_has_no_segment() {
        for name in ["", ".", ".."] {
            assert_eq!(segment(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_redirect_names_its_host_and_nothing_else() {
        let asked = Url::parse("https://h/a/b").unwrap();
        for (location, expected) in [
            ("https://login.example.com/x?token=1", Some("https://login.example.com")),
            ("//other:8443/x", Some("https://other:8443")),
            ("/elsewhere", Some("https://h")),
            ("https://u:p@e/x", Some("https://e")),
            ("data:text", None),
        ] {
            assert_eq!(origin_of(location, &asked).as_deref(), expected, "{location}");
        }
    }
}
