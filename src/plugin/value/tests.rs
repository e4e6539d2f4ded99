//! The codec at its edges: bytes in, bytes out, with and without a provider's types in between.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tf_provider::AttributePathStep::{self, Attribute, Index};
use tf_provider::value::{Value, ValueAny, ValueNumber, ValueString, serde_as_vec};

use super::{
    Data, Dynamic, Number, Ty, admit, check_numbers, culprit, from_data, from_json, from_msgpack,
    from_state_json, restore, to_data, to_msgpack,
};
use crate::error::Error;

fn ty(json: &str) -> Ty {
    Ty::from_json(&serde_json::from_str(json).unwrap()).unwrap()
}

fn number(text: &str) -> Data {
    Data::Number(text.parse().unwrap())
}

fn text(text: &str) -> Data {
    Data::String(text.to_owned())
}

fn attribute(name: &'static str) -> AttributePathStep {
    Attribute(name.into())
}

fn path_of(error: Error) -> Vec<AttributePathStep> {
    match error {
        Error::Value { path, .. } => path,
        other => panic!("not about a value: {other}"),
    }
}

#[test]
fn golden_bytes_both_ways() {
    for (json, bytes, data) in [
        (r#""string""#, b"\xa1a".as_slice(), text("a")),
        (r#""string""#, b"\xc0", Data::Null),
        (r#""string""#, b"\xd4\x00\x00", Data::Unknown),
        (r#""bool""#, b"\xc3", Data::Bool(true)),
        (r#""number""#, b"\xa12", number("2")),
        (r#""number""#, b"\xa30.1", number("0.1")),
        (r#""number""#, b"\xb39223372036854775808", number("9223372036854775808")),
        (r#"["list","string"]"#, b"\x90", Data::List(vec![])),
        (r#"["list","string"]"#, b"\x92\xa1b\xc0", Data::List(vec![text("b"), Data::Null])),
        (
            r#"["map","bool"]"#,
            b"\x81\xa1k\xc2",
            Data::Map(BTreeMap::from([("k".into(), Data::Bool(false))])),
        ),
        (
            r#"["tuple",["bool","number"]]"#,
            b"\x92\xc3\xa11",
            Data::List(vec![Data::Bool(true), number("1")]),
        ),
        (
            r#""dynamic""#,
            b"\x92\xc4\x08\"number\"\xa30.5",
            Data::Dynamic(Box::new(Dynamic { ty: Ty::Number, value: number("0.5") })),
        ),
    ] {
        let ty = ty(json);
        assert_eq!(from_msgpack(bytes, &ty).unwrap(), data, "{json} {bytes:x?}");
        assert_eq!(to_msgpack(&data, &ty).unwrap(), bytes, "{json} {bytes:x?}");
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
    ] {
        let data = from_msgpack(sent, &Ty::Number).unwrap();
        let written = to_msgpack(&data, &Ty::Number).unwrap();
        assert_eq!(written, to_msgpack(&text(digits), &Ty::String).unwrap(), "{sent:x?}");
    }
}

#[test]
fn infinities_are_numbers_and_nan_is_none() {
    let infinity = from_msgpack(b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", &Ty::Number).unwrap();
    assert_eq!(
        to_msgpack(&infinity, &Ty::Number).unwrap(),
        b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"
    );
    assert!(from_msgpack(b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", &Ty::Number).is_err());
    assert!(to_data(&f64::NAN).is_err());
}

#[test]
fn a_block_is_empty_where_an_attribute_is_null() {
    let list = Ty::Present(Box::new(Ty::List(Box::new(Ty::String))));
    let group = Ty::Present(Box::new(Ty::Object(BTreeMap::from([("a".to_owned(), Ty::String)]))));
    assert_eq!(to_msgpack(&Data::Null, &list).unwrap(), b"\x90");
    assert_eq!(to_msgpack(&Data::Null, &group).unwrap(), b"\x81\xa1a\xc0");
    assert_eq!(from_msgpack(b"\xc0", &list).unwrap(), Data::List(vec![]));
    assert_eq!(from_state_json(b"null", &list).unwrap(), Data::List(vec![]));
}

#[test]
fn a_set_is_sorted_and_holds_what_is_known_once() {
    let set = ty(r#"["set","string"]"#);
    let data = Data::List(vec![text("b"), Data::Unknown, text("a"), text("b"), Data::Unknown]);
    let expected = b"\x94\xa1a\xa1b\xd4\x00\x00\xd4\x00\x00";
    assert_eq!(to_msgpack(&data, &set).unwrap(), expected);
}

#[test]
fn json_is_strict_about_values_and_lenient_about_states() {
    let object = ty(r#"["object",{"a":"number","b":["list","string"]}]"#);
    let expected = Data::Map(BTreeMap::from([
        ("a".to_owned(), number("0.10000000000000000001")),
        ("b".to_owned(), Data::Null),
    ]));
    let json = br#"{ "a" : 0.10000000000000000001 }"#;
    assert_eq!(from_json(json, &object).unwrap(), expected);
    let surplus = br#"{"a":0.10000000000000000001,"gone":[{}]}"#;
    assert_eq!(from_state_json(surplus, &object).unwrap(), expected);
    assert_eq!(path_of(from_json(surplus, &object).unwrap_err()), [attribute("gone")]);
    let misfit = br#"{"b":["x",{}]}"#;
    assert_eq!(path_of(from_json(misfit, &object).unwrap_err()), [attribute("b"), Index(1)]);
}

#[test]
fn what_the_provider_returns_has_to_fit_the_schema() {
    let object = ty(r#"["object",{"a":"number","b":["list","bool"]}]"#);
    for (data, path) in [
        (Data::Map(BTreeMap::from([("a".to_owned(), text("x"))])), vec![attribute("a")]),
        (
            Data::Map(BTreeMap::from([(
                "b".to_owned(),
                Data::List(vec![Data::Bool(true), text("x")]),
            )])),
            vec![attribute("b"), Index(1)],
        ),
        (Data::Map(BTreeMap::from([("c".to_owned(), Data::Null)])), vec![attribute("c")]),
        (Data::List(vec![]), vec![]),
    ] {
        assert_eq!(path_of(to_msgpack(&data, &object).unwrap_err()), path, "{data:?}");
    }
    // A decimal in a string is a number where one is expected.
    assert_eq!(to_msgpack(&text("2.0"), &Ty::Number).unwrap(), b"\xa12");
}

#[test]
fn a_plain_value_of_any_type_gets_the_type_it_has() {
    let data = to_data(&serde_json::json!({ "a": [1, "x", null] })).unwrap();
    let bytes = to_msgpack(&data, &Ty::Any).unwrap();
    let Data::Dynamic(dynamic) = from_msgpack(&bytes, &Ty::Any).unwrap() else {
        panic!("a dynamic value")
    };
    assert_eq!(
        dynamic.ty.to_json(),
        serde_json::json!(["object", { "a": ["tuple", ["number", "string", "dynamic"]] }])
    );
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    name: ValueString<'a>,
    size: ValueNumber,
    exact: Value<Number>,
    float: Value<f64>,
    extra: Value<Dynamic>,
    any: Value<ValueAny>,
    raw: Data,
    tags: Value<BTreeSet<String>>,
    #[serde(with = "serde_as_vec")]
    inner: Value<Inner>,
    option: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    port: Value<u16>,
}

fn everything() -> Data {
    let inner = Data::Map(BTreeMap::from([("port".to_owned(), number("80"))]));
    Data::Map(BTreeMap::from(
        [
            ("name", text("n")),
            ("size", number("-5")),
            ("exact", number("0.1000000000000000055511151231257827021181583404541015625")),
            ("float", number("0.1")),
            (
                "extra",
                Data::Dynamic(Box::new(Dynamic {
                    ty: ty(r#"["list","bool"]"#),
                    value: Data::List(vec![Data::Bool(true)]),
                })),
            ),
            ("any", Data::List(vec![text("x"), number("1"), Data::Null])),
            ("raw", Data::List(vec![Data::Unknown, Data::Null])),
            ("tags", Data::List(vec![text("a"), text("b")])),
            ("inner", Data::List(vec![inner])),
            ("option", Data::Bool(true)),
        ]
        .map(|(name, data)| (name.to_owned(), data)),
    ))
}

#[test]
fn a_state_comes_back_from_a_provider_s_types() {
    let data = everything();
    let state: State<'_> = from_data(&data).unwrap();
    assert_eq!(state.float, Value::Value(0.1));
    let wrapped: Value<State<'_>> = from_data(&data).unwrap();
    assert_eq!(wrapped, Value::Value(state.clone()));
    let Data::Map(mut back) = to_data(&state).unwrap() else { panic!("an object") };
    // A dynamic value goes through serde as a map, which the schema's type turns back.
    let Data::Map(mut sent) = data else { panic!("an object") };
    let encoded = |data: Option<Data>| to_msgpack(&data.unwrap(), &Ty::Any).unwrap();
    assert_eq!(encoded(back.remove("extra")), encoded(sent.remove("extra")));
    assert_eq!(back, sent);
}

#[test]
fn every_field_may_be_unknown_or_null() {
    for special in [Data::Unknown, Data::Null] {
        let Data::Map(mut entries) = everything() else { panic!("an object") };
        for name in ["name", "size", "exact", "float", "extra", "any", "raw", "tags"] {
            entries.insert(name.to_owned(), special.clone());
        }
        let data = Data::Map(entries);
        let state: State<'_> = from_data(&data).unwrap();
        assert_eq!(state.size, if special == Data::Null { Value::Null } else { Value::Unknown });
        assert_eq!(to_data(&state).unwrap(), data);
    }
}

#[test]
fn the_culprit_is_found_behind_untagged_enums() {
    let broken = |path: &[AttributePathStep], with: Data| {
        let mut data = everything();
        let mut here = &mut data;
        for step in path {
            here = match (here, step) {
                (Data::Map(entries), Attribute(name)) => entries.get_mut(name.as_ref()).unwrap(),
                (Data::List(elements), Index(index)) => {
                    &mut elements[usize::try_from(*index).unwrap()]
                }
                _ => panic!("no such path"),
            };
        }
        *here = with;
        data
    };
    let fits = |data: &Data| from_data::<Value<State<'_>>>(data).is_ok();
    for (path, with) in [
        (vec![attribute("size")], number("0.5")),
        (vec![attribute("inner"), Index(0), attribute("port")], number("65536")),
        (vec![attribute("tags"), Index(1)], number("1")),
    ] {
        let data = broken(&path, with);
        let error = from_data::<Value<State<'_>>>(&data).unwrap_err();
        let found = culprit(&data, path_of(error), &fits);
        // In a field that cannot hold null, as in this set of strings, the field is as far as trying goes.
        let expected = if path[0] == attribute("tags") { &path[..1] } else { &path };
        assert_eq!(found, expected);
    }
}

#[test]
fn of_two_culprits_one_is_named() {
    let Data::Map(mut entries) = everything() else { panic!("an object") };
    entries.insert("size".to_owned(), text("x"));
    entries.insert("float".to_owned(), text("x"));
    let data = Data::Map(entries);
    let fits = |data: &Data| from_data::<Value<State<'_>>>(data).is_ok();
    // From the first on, the last that has to go.
    assert_eq!(culprit(&data, Vec::new(), &fits), [attribute("size")]);
}

#[test]
fn fields_that_need_a_value_do_not_hide_the_culprit() {
    #[derive(Debug, Deserialize)]
    struct Strict {
        #[serde(rename = "a")]
        _a: String,
        #[serde(rename = "b")]
        _b: ValueNumber,
    }
    let data =
        Data::Map(BTreeMap::from([("a".to_owned(), text("x")), ("b".to_owned(), number("0.5"))]));
    let fits = |data: &Data| from_data::<Value<Strict>>(data).is_ok();
    assert_eq!(culprit(&data, Vec::new(), &fits), [attribute("b")]);
}

#[test]
fn errors_do_not_quote_values() {
    let message = |error: Error| error.to_string();
    assert_eq!(
        message(from_data::<i64>(&text("hush")).unwrap_err()),
        "Expected i64, found string."
    );
    assert!(!message(from_data::<i8>(&number("123456")).unwrap_err()).contains("123456"));
    #[derive(Debug, Deserialize)]
    enum Choice {
        A,
        B,
    }
    assert!(matches!(from_data::<Choice>(&text("A")), Ok(Choice::A)));
    assert!(matches!(from_data::<Choice>(&text("B")), Ok(Choice::B)));
    assert_eq!(message(from_data::<Choice>(&text("hush")).unwrap_err()), "Expected one of: A, B.");
}

#[test]
fn what_a_type_cannot_hold_is_written_as_it_was_sent() {
    #[derive(Serialize, Deserialize)]
    struct Held {
        set: Value<BTreeSet<Value<String>>>,
        block: Vec<Value<String>>,
        changed: Value<BTreeSet<Value<String>>>,
    }
    let string = || Box::new(Ty::String);
    let block = Ty::Present(Box::new(Ty::List(string())));
    let ty = Ty::Object(BTreeMap::from([
        ("set".to_owned(), Ty::Set(string())),
        ("block".to_owned(), block),
        ("changed".to_owned(), Ty::Set(string())),
    ]));
    let two = || Data::List(vec![Data::Unknown, Data::Unknown]);
    let sent = Data::Map(BTreeMap::from([
        ("set".to_owned(), two()),
        ("block".to_owned(), Data::Unknown),
        ("changed".to_owned(), two()),
    ]));
    let admitted = admit(&sent, &ty, &|data| from_data::<Held>(data).is_ok());
    let mut held: Held = from_data(&admitted).unwrap();
    let kept = to_data(&held).unwrap();
    held.changed = Value::Value(BTreeSet::from([Value::Value("a".to_owned())]));
    let mut returned = to_data(&held).unwrap();
    restore(&mut returned, &sent, &kept, &ty);
    let Data::Map(mut expected) = sent else { panic!("an object") };
    expected.insert("changed".to_owned(), Data::List(vec![text("a")]));
    assert_eq!(returned, Data::Map(expected));

    // A type that can tell is not helped.
    let unknown = Data::Unknown;
    let list = Ty::Present(Box::new(Ty::List(string())));
    let fits = |data: &Data| from_data::<Value<Vec<String>>>(data).is_ok();
    assert_eq!(*admit(&unknown, &list, &fits), Data::Unknown);
}

#[test]
fn a_number_is_exact_or_refused() {
    let sent = |digits: &str| Data::List(vec![number("1"), number(digits)]);
    for (digits, exact) in [
        ("9007199254740992", true),
        ("9007199254740993", false),
        ("-9007199254740993", false),
        ("18446744073709551615", false),
        ("0.1", true),
    ] {
        let sent = sent(digits);
        let floats: Vec<Value<f64>> = from_data(&sent).unwrap();
        let checked = check_numbers(&sent, &to_data(&floats).unwrap());
        assert_eq!(checked.is_ok(), exact, "{digits}");
        if let Err(error) = checked {
            assert_eq!(path_of(error), [Index(1)]);
        }
    }
    // Sorted by the type, and all the same there.
    let set = Data::List(vec![number("9007199254740993"), number("9007199254740992")]);
    let sorted: BTreeSet<i64> = from_data(&set).unwrap();
    assert!(check_numbers(&set, &to_data(&sorted).unwrap()).is_ok());
}
