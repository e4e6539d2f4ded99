use super::{Shape, read, scrubbed, shape_of};
use crate::api::secret::{Scrubber, Secret};

fn message(body: &str) -> Option<String> {
    read(body.as_bytes(), &Scrubber::default()).message
}

#[test]
fn every_known_shape_gives_its_message() {
    for (case, body, expected) in [
        (
            "gateway",
            r#"{"error_code":"403010","message":"Oauth token is missing"}"#,
            "Oauth token is missing",
        ),
        (
            "service",
            r#"{"type":"http://ns.adobe.com/x","title":"Not found","status":404,"detail":"no such config"}"#,
            "Not found: no such config",
        ),
        (
            "service with a report",
            r#"{"type":"x","title":"Bad","status":400,"report":{"detailed-message":"key not RSA","sub-errors":[]}}"#,
            "Bad: key not RSA",
        ),
        (
            "service with an unknown report",
            r#"{"title":"Bad","report":{"tenant":"t"}}"#,
            r#"Bad: {"tenant":"t"}"#,
        ),
        (
            "errorCode",
            r#"{"errorCode":"PLT-1","httpStatus":400,"title":"Bad","details":"more"}"#,
            "Bad: more",
        ),
        ("errorMessage", r#"{"errorMessage":"oops"}"#, "oops"),
        ("empty details", r#"{"title":"Bad","details":[],"report":{}}"#, "Bad"),
        (
            "IMS",
            r#"{"error":"invalid_client","error_description":"invalid client_secret parameter"}"#,
            "invalid_client: invalid client_secret parameter",
        ),
        ("an error object", r#"{"error":{"code":7,"message":"inner"}}"#, "inner"),
        ("the same message twice", r#"{"title":"Gone","message":"Gone"}"#, "Gone"),
        ("an unknown object", r#"{"reason":"because"}"#, r#"{"reason":"because"}"#),
        ("an array", r#"[{"reason":1}]"#, r#"[{"reason":1}]"#),
        ("a JSON text", r#""plain""#, "plain"),
        ("plain text", "  upstream connect error \r\n\t reset ", "upstream connect error reset"),
        (
            "HTML",
            "<!DOCTYPE html><HTML><head><TITLE lang=en>\n 502 Bad\n Gateway </TITLE></head><body>…</body></HTML>",
            "502 Bad Gateway",
        ),
        (
            "HTML without a title",
            "<html><body>secret plans</body></html>",
            "a page of HTML without a title",
        ),
        ("XML", "<Error>denied</Error>", "<Error>denied</Error>"),
        ("characters that reorder", "a \u{200e}b\u{202e}c", "a bc"),
        ("control characters", "a\u{1b}[31mred\u{0}", "10 bytes that are not text"),
        ("escaped control characters", r#"{"message":"a\u001b[31mred\u0000"}"#, "a [31mred"),
    ] {
        assert_eq!(message(body).as_deref(), Some(expected), "{case}");
    }
}

#[test]
fn nothing_said_gives_no_message() {
    for body in ["", " \n", "null", "{}", r#""""#] {
        assert_eq!(message(body), None, "{body:?}");
    }
}

#[test]
fn what_is_not_text_is_counted() {
    for binary in [&[0xff, 0xfe, 0][..], &[0x1f, 0x8b, 8], b"{\"id\":\x00}"] {
        let said = read(binary, &Scrubber::default());
        let counted = format!("{} bytes that are not text", binary.len());
        assert_eq!((said.shape, said.message), (Shape::Unreadable, Some(counted)));
        assert_eq!(shape_of(binary), Shape::Unreadable);
    }
    // Old proxies write Latin-1.
    let page = b"<html><title>Acc\xe8s refus\xe9</title>";
    assert_eq!(read(page, &Scrubber::default()).message.as_deref(), Some("Accès refusé"));
}

#[test]
fn the_error_code_is_a_text_or_a_number() {
    for (body, expected, by_gateway) in [
        (r#"{"error_code":"503010","message":"m"}"#, Some("503010"), true),
        (r#"{"error_code":503010,"message":"m"}"#, Some("503010"), true),
        (r#"{"errorCode":"PLT-1"}"#, Some("PLT-1"), false),
        (r#"{"error_code":null}"#, None, false),
        (r#"{"error_code":""}"#, None, false),
        (r#"{"message":"m"}"#, None, false),
        ("503010", None, false),
    ] {
        let said = read(body.as_bytes(), &Scrubber::default());
        assert_eq!((said.error_code.as_deref(), said.by_gateway), (expected, by_gateway), "{body}");
    }
}

#[test]
fn shapes() {
    for (body, expected) in [
        ("", Shape::Empty),
        (" \r\n", Shape::Empty),
        ("null", Shape::Null),
        (" null\n", Shape::Null),
        ("{}", Shape::Object),
        (r#"{"title":"t","status":404}"#, Shape::Object),
        (r#"{"error_code":"404","message":"m"}"#, Shape::Gateway),
        (r#"{"error_code":null}"#, Shape::Gateway),
        ("[]", Shape::Json),
        ("<html>", Shape::Text),
        (r#"{"title":"#, Shape::Text),
    ] {
        assert_eq!(shape_of(body.as_bytes()), expected, "{body:?}");
    }
}

#[test]
fn messages_are_short() {
    let long = message(&"ä".repeat(5000)).unwrap();
    assert_eq!(long.chars().count(), 600);
    assert!(long.ends_with('…'));
}

#[test]
fn no_secret_is_left_whole_or_cut() {
    let scrubber = Scrubber(vec![Secret::new("tok-123456789"), Secret::new("p\"8 x")]);
    for (text, expected) in [
        ("token tok-123456789 refused", "token [redacted] refused"),
        ("tok-\u{200e}123456789 joined by folding", "[redacted] joined by folding"),
        (r#"{"client_secret":"p\"8 x"}"#, r#"{"client_secret":"[redacted]"}"#),
        ("client_secret=p%228+x&x", "client_secret=[redacted]&x"),
        ("a p\"8\n x", "a [redacted]"),
    ] {
        assert_eq!(scrubbed(text.to_owned(), &scrubber), expected);
    }
    let cut = scrubbed(format!("{}tok-123456789", "x".repeat(595)), &scrubber);
    assert!(!cut.contains("tok"), "{cut}");
    let said = read(br#"{"error_code":"tok-123456789","message":"tok-123456789"}"#, &scrubber);
    assert_eq!(said.error_code.as_deref(), Some("[redacted]"));
    assert_eq!(said.message.as_deref(), Some("[redacted]"));
}
