//! What holds for any bytes that a stranger sends as a value: an error, or a value that is written
//! and read back as it is.
#![allow(
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "this is a test, for the fuzzer too"
)]

use super::{Sent, Ty, stored, to_bytes};

/// Types in the protocol's notation; the first byte of the input chooses one, and whether the rest
/// is msgpack or JSON.
const TYPES: [&str; 8] = [
    r#""string""#,
    r#""number""#,
    r#""bool""#,
    r#""dynamic""#,
    r#"["list",["set","string"]]"#,
    r#"["map","number"]"#,
    r#"["object",{"a":"string","b":["object",{"c":"dynamic"}],"d":["list","number"]}]"#,
    r#"["tuple",["bool","number","dynamic"]]"#,
];

pub fn check_any_value(input: &[u8]) {
    let Some((choice, bytes)) = input.split_first() else { return };
    let ty = Ty::from_notation(&TYPES[usize::from(choice % 8)].into()).expect("a type");
    let read = match choice & 8 {
        0 => Sent::from_msgpack(bytes, &ty).and_then(|sent| sent.back(&ty)),
        _ => stored(bytes, &ty),
    };
    let Ok(value) = read else { return };
    let written = to_bytes(&value).expect("what was read can be written");
    let again = Sent::from_msgpack(&written, &ty).expect("what was written can be read");
    let again = again.back(&ty).expect("it can be written again");
    assert_eq!(to_bytes(&again).expect("it can be written again"), written);
}

#[test]
fn the_seeds_pass() {
    crate::seeds::replay("value", check_any_value);
}
