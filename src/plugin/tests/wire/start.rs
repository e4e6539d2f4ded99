//! What a plugin does before anybody connects.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::client::{COOKIE, Launch, responds};
use super::toy;

#[tokio::test]
async fn by_hand_it_says_what_it_is_and_what_people_ask() {
    let bare = || Launch::bare(toy());
    let asked = |argument| bare().arg(argument);
    for (launch, code, out, err) in [
        (bare().env(COOKIE.0, ""), 1, "", "not meant to be run by hand"),
        (bare().env(COOKIE.0, "another"), 1, "", "wind-up"),
        (asked("--version"), 0, "terraform-provider-toy 0.0.1\n", ""),
        (asked("-version"), 0, "terraform-provider-toy 0.0.1\n", ""),
        (asked("--help"), 0, "TF_LOG_PROVIDER_TOY", ""),
        (Launch::toy().arg("--serve"), 1, "", "--serve"),
    ] {
        let (ended, stdout, stderr) = launch.run().await;
        assert_eq!(ended, Some(code), "{stdout}{stderr}");
        assert!(stdout.contains(out) && stdout.is_empty() == out.is_empty(), "{stdout}");
        assert!(stderr.contains(err) && stderr.is_empty() == err.is_empty(), "{stderr}");
    }
}

#[tokio::test]
async fn the_handshake_is_one_line_of_six_fields_or_seven() {
    let plugin = Launch::toy().start().await;
    let fields = plugin.fields();
    assert_eq!((fields.len(), &fields[..3], fields[4]), (6, ["1", "6", "unix"].as_slice(), "grpc"));
    assert!(!fields[5].contains('='), "padding: {}", fields[5]);
    assert!(plugin.certificate().len() > 100);
    // A client of another protocol learns of the one there is, and one that asks for multiplexing
    // that there is none.
    let launch = Launch::toy().env("PLUGIN_PROTOCOL_VERSIONS", "5");
    let plugin = launch.env("PLUGIN_MULTIPLEX_GRPC", "true").start().await;
    let fields = plugin.fields();
    assert_eq!((fields.len(), fields[1], fields[6]), (7, "6", "false"));
}

#[tokio::test]
async fn the_socket_is_this_user_s_alone_and_where_the_client_wants_it() {
    let base = tempfile::tempdir().unwrap();
    let deep = base.path().join("x".repeat(100));
    std::fs::create_dir(&deep).unwrap();
    for (variable, directory, expected) in [
        ("PLUGIN_UNIX_SOCKET_DIR", base.path(), base.path()),
        // Too deep for a socket. Nobody else cleans up where it goes instead.
        ("TMPDIR", &deep, Path::new("/tmp")),
    ] {
        // TLS is not what keeps others out here.
        let mut plugin = Launch::toy().plaintext().env(variable, directory).start().await;
        assert_eq!(plugin.fields()[5], "");
        let directory = plugin.socket().parent().unwrap().to_owned();
        assert_eq!(directory.parent(), Some(expected));
        assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(responds(&plugin, None).await);
        plugin.shutdown().await;
        plugin.end().await;
        assert!(!directory.exists());
    }
}

#[tokio::test]
async fn what_it_cannot_use_it_names() {
    let no_text = OsStr::from_bytes(b"-----BEGIN \xff");
    for (name, value, words) in [
        ("PLUGIN_CLIENT_CERT", OsStr::new("not a certificate"), ["PLUGIN_CLIENT_CERT"].as_slice()),
        ("PLUGIN_CLIENT_CERT", no_text, &["PLUGIN_CLIENT_CERT", "UTF-8"]),
        ("PLUGIN_UNIX_SOCKET_GROUP", OsStr::new("no such group"), &["no such group"]),
        ("PLUGIN_UNIX_SOCKET_DIR", OsStr::new("/no/such/directory"), &["/no/such/directory"]),
        // Terraform would refuse these schemas without saying whose they are.
        (
            "TOY_MISDECLARED",
            OsStr::new("1"),
            &[
                "toy_puppet: \"inCamels\": only a-z",
                "toy_puppet: \"how\" is an attribute and a block",
                "toy_puppet: \"how\" is no single block",
            ],
        ),
    ] {
        let (code, stdout, stderr) = Launch::toy().env(name, value).run().await;
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{name}");
        for word in words {
            assert!(stderr.contains(word), "{name}: {stderr}");
        }
    }
}
