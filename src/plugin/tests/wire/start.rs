//! What a plugin does before anybody connects.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::client::{COOKIE, Launch};
use super::toy;

#[tokio::test]
async fn by_hand_it_says_what_it_is_and_serves_nobody() {
    for launch in
        [Launch::bare(toy()).env(COOKIE.0, ""), Launch::bare(toy()).env(COOKIE.0, "another")]
    {
        let (code, stdout, stderr) = launch.run().await;
        assert_eq!(code, Some(1));
        assert_eq!(stdout, "");
        assert!(stderr.contains("Terraform plugin"), "{stderr}");
        assert!(stderr.contains("not meant to be run by hand"), "{stderr}");
        assert!(stderr.contains("wind-up"), "{stderr}");
    }
}

#[tokio::test]
async fn it_answers_what_people_ask_by_hand() {
    for argument in ["--version", "-version"] {
        let (code, stdout, stderr) = Launch::bare(toy()).arg(argument).run().await;
        assert_eq!(
            (code, stdout.as_str(), stderr.as_str()),
            (Some(0), "terraform-provider-toy 0.0.1\n", "")
        );
    }
    let (code, stdout, _) = Launch::bare(toy()).arg("--help").run().await;
    assert_eq!(code, Some(0));
    for word in ["--debug", "--version", "TF_LOG_PROVIDER_TOY"] {
        assert!(stdout.contains(word), "{stdout}");
    }
    let (code, stdout, stderr) = Launch::toy().arg("--serve").run().await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("--serve"), "{stderr}");
}

#[tokio::test]
async fn the_handshake_is_one_line_of_six_fields() {
    let plugin = Launch::toy().start().await;
    let fields = plugin.fields();
    assert_eq!(fields.len(), 6, "{}", plugin.line);
    assert_eq!(fields[..3], ["1", "6", "unix"]);
    assert_eq!(fields[4], "grpc");
    assert!(!fields[5].contains('='), "padding: {}", fields[5]);
    assert!(plugin.certificate().len() > 100);
}

#[tokio::test]
async fn a_client_that_asks_for_multiplexing_gets_a_seventh_field() {
    let plugin = Launch::toy().env("PLUGIN_MULTIPLEX_GRPC", "true").start().await;
    assert_eq!(plugin.fields().len(), 7);
    assert_eq!(plugin.fields()[6], "false");
}

#[tokio::test]
async fn a_client_of_another_protocol_learns_of_the_one_there_is() {
    let plugin = Launch::toy().env("PLUGIN_PROTOCOL_VERSIONS", "5").start().await;
    assert_eq!(plugin.fields()[1], "6");
}

#[tokio::test]
async fn the_socket_is_this_user_s_alone_and_where_the_client_wants_it() {
    let base = tempfile::tempdir().unwrap();
    let plugin =
        Launch::toy().env("PLUGIN_UNIX_SOCKET_DIR", base.path().to_str().unwrap()).start().await;
    let socket = plugin.socket();
    let directory = socket.parent().unwrap();
    assert_eq!(directory.parent(), Some(base.path()));
    let mode = std::fs::metadata(directory).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    plugin.provider().await;
}

#[tokio::test]
async fn a_directory_too_deep_for_a_socket_is_replaced() {
    let base = tempfile::tempdir().unwrap();
    let deep = base.path().join("x".repeat(100));
    std::fs::create_dir(&deep).unwrap();
    let mut plugin = Launch::toy().env("TMPDIR", deep.to_str().unwrap()).start().await;
    assert_eq!(plugin.socket().parent().unwrap().parent(), Some(Path::new("/tmp")));
    plugin.provider().await;
    // In a directory that nobody else cleans up.
    plugin.shutdown().await;
    plugin.end().await;
}

#[tokio::test]
async fn what_it_cannot_use_it_names() {
    for (name, value) in [
        ("PLUGIN_CLIENT_CERT", "not a certificate"),
        ("PLUGIN_UNIX_SOCKET_GROUP", "no such group"),
        ("PLUGIN_UNIX_SOCKET_DIR", "/no/such/directory"),
    ] {
        let (code, stdout, stderr) = Launch::toy().env(name, value).run().await;
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{name}");
        let named = [name, value].iter().any(|word| stderr.contains(word));
        assert!(named, "{name}: {stderr}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_no_text_is_not_no_certificate() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let (code, stdout, stderr) =
        Launch::toy().env("PLUGIN_CLIENT_CERT", OsStr::from_bytes(b"-----BEGIN \xff")).run().await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("PLUGIN_CLIENT_CERT"), "{stderr}");
    assert!(stderr.contains("UTF-8"), "{stderr}");
}
