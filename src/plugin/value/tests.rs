//! The codec at its edges: bytes in, bytes out. With a provider's types in between: [`types`].

mod types;

use std::collections::BTreeMap;

use rmpv::Value as Tree;
use serde::{Deserialize, Serialize};
use tf_provider::AttributePathStep::{self, Attribute, Index};
use tf_provider::value::Value;

use super::{Dynamic, Sent, Ty, Way, conform, stored, to_bytes, unknown, without_unknown, written};
use crate::error::Error;

fn ty(json: &str) -> Ty {
    Ty::from_notation(&json.into()).unwrap()
}

pub(super) fn object<const N: usize>(entries: [(&str, Tree); N]) -> Tree {
    Tree::Map(entries.map(|(name, value)| (name.into(), value)).to_vec())
}

pub(super) fn list<const N: usize>(elements: [Tree; N]) -> Tree {
    Tree::Array(elements.to_vec())
}

pub(super) fn attribute(name: &'static str) -> AttributePathStep {
    Attribute(name.into())
}

/// As the tools send it.
pub(super) fn sent(value: &Tree, ty: &Ty) -> Sent {
    Sent::from_msgpack(&to_bytes(value).unwrap(), ty).unwrap()
}

/// There and back, with no provider's type in between.
fn echoed(bytes: &[u8], ty: &Ty) -> Result<Vec<u8>, Error> {
    to_bytes(&Sent::from_msgpack(bytes, ty)?.back(ty)?)
}

#[test]
fn golden_bytes_come_back() {
    for (json, bytes) in [
        (r#""string""#, b"\xa1a".as_slice()),
        (r#""string""#, b"\xc0"),
        (r#""string""#, b"\xd4\x00\x00"),
        (r#""bool""#, b"\xc3"),
        (r#""number""#, b"\xa12"),
        (r#""number""#, b"\xa30.1"),
        (r#""number""#, b"\xb39223372036854775808"),
        (r#""number""#, b"\xb60.10000000000000000001"),
        (r#"["list","string"]"#, b"\x90"),
        (r#"["list","string"]"#, b"\x92\xa1b\xc0"),
        (r#"["map","bool"]"#, b"\x81\xa1k\xc2"),
        (r#"["tuple",["bool","number"]]"#, b"\x92\xc3\xa11"),
        (r#""dynamic""#, b"\x92\xc4\x08\"number\"\xa30.5"),
    ] {
        assert_eq!(echoed(bytes, &ty(json)).unwrap(), bytes, "{json} {bytes:x?}");
    }
}

#[test]
fn a_number_goes_out_in_the_digits_of_a_state_whatever_it_came_in() {
    for (sent, digits) in [
        (b"\x02".as_slice(), "2"),
        (b"\xff", "-1"),
        (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "-9223372036854775808"),
        (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
        (b"\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00", "0.5"),
        (b"\xcb\x40\x00\x00\x00\x00\x00\x00\x00", "2"),
        (b"\xca\xbf\xc0\x00\x00", "-1.5"),
        (b"\xa5+1.50", "1.5"),
        (b"\xa3-.0", "0"),
        (b"\xa52.5e3", "2500"),
        (b"\xa52E-03", "0.002"),
        (b"\xa6-00.10", "-0.1"),
        // A float on the wire is the binary fraction that it is.
        (
            b"\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a",
            "0.1000000000000000055511151231257827021181583404541015625",
        ),
    ] {
        let written = echoed(sent, &Ty::Number).unwrap();
        assert_eq!(written, to_bytes(&digits.into()).unwrap(), "{sent:x?}");
    }
    let infinity = b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00";
    assert_eq!(echoed(infinity, &Ty::Number).unwrap(), infinity);
    for text in
        ["", "-", ".", "1.2.3", "0x10", "1e", "NaN", "1_000", " 1", "1e9999999", "1e-9999999"]
    {
        assert!(echoed(&to_bytes(&text.into()).unwrap(), &Ty::Number).is_err(), "{text}");
    }
    assert!(echoed(b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", &Ty::Number).is_err());
    assert!(written(&f64::NAN, &Ty::Number).is_err());
    // A provider's float is the number that it is meant to be.
    assert_eq!(written(&0.1_f64, &Ty::Number).unwrap(), "0.1".into());
    assert_eq!(written(&0.1_f32, &Ty::Number).unwrap(), "0.1".into());
    assert_eq!(written(&1e20_f64, &Ty::Number).unwrap(), "100000000000000000000".into());
}

#[test]
fn a_block_is_empty_where_an_attribute_is_null() {
    let block = Ty::Block(Box::new(Ty::List(Box::new(Ty::String))));
    let group = Ty::Block(Box::new(Ty::Object(BTreeMap::from([("a".to_owned(), Ty::String)]))));
    let keyed = Ty::Block(Box::new(Ty::Map(Box::new(Ty::String))));
    assert_eq!(echoed(b"\xc0", &block).unwrap(), b"\x90");
    assert_eq!(echoed(b"\xc0", &keyed).unwrap(), b"\x80");
    assert_eq!(echoed(b"\xc0", &group).unwrap(), b"\x81\xa1a\xc0");
    assert_eq!(written(&(), &group).unwrap(), object([("a", Tree::Nil)]));
    assert_eq!(stored(b"null", &block).unwrap(), list([]));
    assert_eq!(without_unknown(unknown(), &block).unwrap(), list([]));
}

#[test]
fn a_set_is_sorted_and_holds_what_is_known_once() {
    let set = ty(r#"["set","string"]"#);
    let sent = b"\x95\xa1b\xd4\x00\x00\xa1a\xa1b\xd4\x00\x00";
    assert_eq!(echoed(sent, &set).unwrap(), b"\x94\xa1a\xa1b\xd4\x00\x00\xd4\x00\x00");
    // Two elements with something unknown inside may turn out to be different ones, too.
    for (json, twice) in [
        (r#"["set",["list","string"]]"#, b"\x92\x91\xd4\x00\x00\x91\xd4\x00\x00".as_slice()),
        (r#"["set",["map","string"]]"#, b"\x92\x81\xa1a\xd4\x00\x00\x81\xa1a\xd4\x00\x00"),
    ] {
        assert_eq!(echoed(twice, &ty(json)).unwrap(), twice, "{json}");
    }
    let map = echoed(b"\x82\xa1b\xc2\xa1a\xc3", &ty(r#"["map","bool"]"#));
    assert_eq!(map.unwrap(), b"\x82\xa1a\xc3\xa1b\xc2", "a map likewise");
}

#[test]
fn what_is_of_another_kind_is_refused_and_converted_in_a_state_alone() {
    for (json, bytes) in [
        (r#""string""#, b"\xa1\xff".as_slice()),
        (r#""string""#, b"\xc3"),
        (r#""bool""#, b"\xa4true"),
        (r#"["list","number"]"#, b"\xc4\x01\x00"),
        (r#"["tuple",["bool","number"]]"#, b"\x91\xc3"),
        (r#"["map","bool"]"#, b"\x81\xa1\xff\xc2"),
        (r#""dynamic""#, b"\x93\xc4\x08\"number\"\x01\x02"),
    ] {
        assert!(echoed(bytes, &ty(json)).is_err(), "{json} {bytes:x?}");
    }
    assert_eq!(stored(br#""false""#, &Ty::Bool).unwrap(), false.into());
    let set = written(&["b", "a"], &ty(r#"["set","string"]"#)).unwrap();
    assert_eq!(set, list(["a".into(), "b".into()]));
}

#[test]
fn json_is_strict_about_values_and_lenient_about_states() {
    let of = ty(r#"["object",{"a":"number","b":["list","string"],"c":"bool"}]"#);
    let expected =
        object([("a", "0.10000000000000000001".into()), ("b", Tree::Nil), ("c", true.into())]);
    let json = br#"{ "a" : 0.10000000000000000001, "c": true }"#;
    assert_eq!(Sent::from_json(json, &of).unwrap().back(&of).unwrap(), expected);
    let surplus = br#"{"a":"0.10000000000000000001","c":"true","gone":[{}]}"#;
    assert_eq!(stored(surplus, &of).unwrap(), expected);
    let of = ty(r#"["object",{"b":["list","string"]}]"#);
    let refused = |json: &[u8]| Sent::from_json(json, &of).unwrap_err().path;
    assert_eq!(refused(br#"{"gone":1}"#), [attribute("gone")]);
    assert_eq!(refused(br#"{"b":["x",{}]}"#), [attribute("b"), Index(1)]);
    assert_eq!(
        stored(br#"{"b":[true,1.50]}"#, &of).unwrap(),
        object([("b", list(["true".into(), "1.50".into()]))])
    );
    let any = br#"{"value":[1],"type":["list","number"]}"#;
    let notation = Tree::Binary(br#"["list","number"]"#.to_vec());
    assert_eq!(stored(any, &Ty::Any).unwrap(), list([notation, list(["1".into()])]));
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(600), "]".repeat(600));
    assert_eq!(stored(deep.as_bytes(), &of).unwrap_err().path, [attribute("a")]);
}

#[test]
fn what_the_provider_returns_has_to_fit_the_schema() {
    let of = ty(r#"["object",{"a":"number","b":["list","bool"]}]"#);
    for (value, path) in [
        (object([("a", "x".into())]), vec![attribute("a")]),
        (object([("b", list([true.into(), "x".into()]))]), vec![attribute("b"), Index(1)]),
        (object([("c", Tree::Nil)]), vec![attribute("c")]),
        (object([("a", 1.into()), ("ab", Tree::Nil)]), vec![attribute("ab")]),
        (list([Tree::Nil]), vec![]),
    ] {
        let refused = conform(value.clone(), &of, Way::Out).unwrap_err();
        assert_eq!(refused.path, path, "{value:?}");
    }
    // The elements of a set have no address.
    let sets = ty(r#"["object",{"a":["set",["list","bool"]]}]"#);
    let refused = conform(object([("a", list([list(["x".into()])]))]), &sets, Way::Out);
    assert_eq!(refused.unwrap_err().path, [attribute("a")]);
    // A decimal in a string is a number where one is expected, and a number a key.
    assert_eq!(written("2.0", &Ty::Number).unwrap(), "2".into());
    let keys = BTreeMap::from([(1, true)]);
    assert_eq!(written(&keys, &ty(r#"["map","bool"]"#)).unwrap(), object([("1", true.into())]));
    // On the wire it is not, and of two values of a name the last counts.
    let map = ty(r#"["map","bool"]"#);
    assert!(echoed(b"\x81\x01\xc3", &map).is_err());
    assert_eq!(echoed(b"\x82\xa1k\xc3\xa1k\xc2", &map).unwrap(), b"\x81\xa1k\xc2");
    #[derive(Serialize)]
    struct Empty;
    assert_eq!(written(&Empty, &of).unwrap(), Tree::Nil);
    // Bytes are a list of numbers, to serde as well.
    let bytes = Tree::Binary(vec![1, 255]);
    let numbers = conform(bytes, &ty(r#"["list","number"]"#), Way::Out).unwrap();
    assert_eq!(numbers, list(["1".into(), "255".into()]));
}

#[test]
fn a_value_of_any_type_brings_its_type_or_gets_the_one_it_looks_like() {
    let plain = serde_json::json!({ "a": [1, "x", null] });
    let notation = br#"["object",{"a":["tuple",["number","string","dynamic"]]}]"#.to_vec();
    let Tree::Array(pair) = written(&plain, &Ty::Any).unwrap() else { panic!("a pair") };
    assert_eq!(pair[0], Tree::Binary(notation));

    #[derive(Serialize, Deserialize)]
    struct Ints {
        r#type: String,
        value: Vec<i64>,
    }
    let bytes = b"\x92\xc4\x11[\"list\",\"number\"]\x91\xa11";
    let sent = Sent::from_msgpack(bytes, &Ty::Any).unwrap();
    let ints: Ints = sent.read().unwrap();
    assert_eq!((ints.r#type.as_str(), &ints.value), (r#"["list","number"]"#, &vec![1]));
    assert_eq!(to_bytes(&written(&ints, &Ty::Any).unwrap()).unwrap(), bytes);

    // What the host has for it holds every value.
    let object = r#"["object",{"a":["tuple",["number","number","number","number","bool"]],"b":["set","string"]}]"#;
    let numbers = ["-1", "18446744073709551615", "0.1", "0.10000000000000000001"].map(Tree::from);
    let tuple = Tree::Array(numbers.into_iter().chain([true.into()]).collect());
    let value = self::object([("a", tuple), ("b", list(["1".into(), unknown(), Tree::Nil]))]);
    let pair = list([Tree::Binary(ty(object).to_json().to_string().into_bytes()), value]);
    for value in [pair, unknown(), Tree::Nil] {
        let sent = self::sent(&value, &Ty::Any);
        let dynamic: Value<Dynamic> = sent.read().unwrap();
        assert_eq!(written(&dynamic, &Ty::Any).unwrap(), sent.back(&Ty::Any).unwrap());
    }
}
