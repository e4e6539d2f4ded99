//! Values through a provider's types: what comes back, which attribute is refused, what a type
//! cannot hold.

use std::collections::{BTreeMap, BTreeSet};

use rmpv::Value as Tree;
use serde::{Deserialize, Serialize};
use tf_provider::AttributePathStep::Index;
use tf_provider::value::{Value, ValueAny, ValueNumber, ValueString, serde_as_vec};

use super::super::{
    NotANumber, Number, Sent, Ty, check_numbers, complaint, culprit, read_nothing, restore,
    unknown, written,
};
use super::{attribute, list, object, sent, ty};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    name: ValueString<'a>,
    size: ValueNumber,
    float: Value<f64>,
    any: Value<ValueAny>,
    tags: Value<BTreeSet<String>>,
    #[serde(with = "serde_as_vec")]
    inner: Value<Inner>,
    option: Option<bool>,
    address: Option<std::net::Ipv4Addr>,
    choice: Option<Choice>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    port: Value<u16>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Choice {
    A,
}

fn everything() -> [(&'static str, Tree); 9] {
    [
        ("name", "n".into()),
        ("size", (-5).into()),
        ("float", "0.1".into()),
        ("any", list([Tree::Binary(b"[\"list\",\"number\"]".to_vec()), list([1.into()])])),
        ("tags", list(["a".into(), "b".into()])),
        ("inner", list([object([("port", 80.into())])])),
        ("option", true.into()),
        ("address", "127.0.0.1".into()),
        ("choice", "A".into()),
    ]
}

fn state_ty() -> Ty {
    let string = || Ty::String;
    let inner = Ty::Object(BTreeMap::from([("port".to_owned(), Ty::Number)]));
    let of = [
        ("name", string()),
        ("size", Ty::Number),
        ("float", Ty::Number),
        ("any", Ty::Any),
        ("tags", Ty::Set(Box::new(string()))),
        ("inner", Ty::Block(Box::new(Ty::List(Box::new(inner))))),
        ("option", Ty::Bool),
        ("address", string()),
        ("choice", string()),
    ];
    Ty::Object(of.map(|(name, ty)| (name.to_owned(), ty)).into())
}

fn with(name: &str, value: &Tree) -> Tree {
    let one = |(other, old): (&'static str, Tree)| {
        (other, if other == name { value.clone() } else { old })
    };
    object(everything().map(one))
}

#[test]
fn a_state_comes_back_from_a_provider_s_types() {
    let sent = sent(&object(everything()), &state_ty());
    let state: State<'_> = sent.read().unwrap();
    assert_eq!((&state.float, &state.size), (&Value::Value(0.1), &Value::Value(-5)));
    let wrapped: Value<State<'_>> = sent.read().unwrap();
    assert_eq!(wrapped, Value::Value(state.clone()));
    assert_eq!(written(&state, &state_ty()).unwrap(), sent.back(&state_ty()).unwrap());
    for special in [unknown(), Tree::Nil] {
        for name in ["name", "size", "float", "any", "tags"] {
            let sent = self::sent(&with(name, &special), &state_ty());
            let state: State<'_> = sent.read().unwrap();
            assert_eq!(written(&state, &state_ty()).unwrap(), sent.back(&state_ty()).unwrap());
        }
    }
    assert!(read_nothing::<()>().is_some() && read_nothing::<Inner>().is_none());
}

#[test]
fn the_culprit_is_found_behind_untagged_enums() {
    let fits = |sent: &Sent| sent.read::<Value<State<'_>>>().is_some();
    let port = object([("port", 65536.into())]);
    for (name, value, path) in [
        ("size", "0.5".into(), vec![attribute("size")]),
        ("size", 1e30.into(), vec![attribute("size")]),
        ("inner", list([port]), vec![attribute("inner"), Index(0), attribute("port")]),
        ("choice", "hush".into(), vec![attribute("choice")]),
        ("choice", "12".into(), vec![attribute("choice")]),
    ] {
        let sent = sent(&with(name, &value), &state_ty());
        let found = culprit::<Value<State<'_>>>(&sent, fits);
        assert_eq!(found, path);
        let said = complaint(&sent, &found);
        assert!(!said.contains("hush"));
        assert_eq!(said.contains("a whole number"), name == "size", "{value}");
    }

    // Of two, one is named: from the first on, the last that has to go.
    let mut two = everything();
    two[1].1 = "0.5".into();
    two[8].1 = "hush".into();
    let sent_two = sent(&object(two), &state_ty());
    assert_eq!(culprit::<Value<State<'_>>>(&sent_two, fits), [attribute("size")]);

    // Fields that need a value do not hide it.
    #[derive(Debug, Deserialize)]
    struct Strict {
        #[serde(rename = "a")]
        _a: String,
        #[serde(rename = "b")]
        _b: ValueNumber,
    }
    let of = ty(r#"["object",{"a":"string","b":"number"}]"#);
    let sent = sent(&object([("a", "x".into()), ("b", "0.5".into())]), &of);
    let fits = |sent: &Sent| sent.read::<Value<Strict>>().is_some();
    assert_eq!(culprit::<Value<Strict>>(&sent, fits), [attribute("b")]);

    // A field that is not in the schema is in no value.
    #[derive(Debug, Deserialize)]
    struct Surplus {
        #[serde(rename = "a")]
        _a: ValueString<'static>,
        #[serde(rename = "c")]
        _c: ValueString<'static>,
    }
    let fits = |sent: &Sent| sent.read::<Value<Surplus>>().is_some();
    let found = culprit::<Value<Surplus>>(&sent, fits);
    assert_eq!(found, []);
    assert!(complaint(&sent, &found).contains("a field that its schema does not have"));

    // Where nothing can be left out, serde knows the way itself.
    let of = ty(r#"["tuple",["string",["list","bool"]]]"#);
    let sent = self::sent(&list(["x".into(), list([true.into(), Tree::Nil])]), &of);
    let fits = |sent: &Sent| sent.read::<(String, Vec<bool>)>().is_some();
    assert_eq!(culprit::<(String, Vec<bool>)>(&sent, fits), [Index(1), Index(1)]);
}

#[test]
fn what_a_type_cannot_hold_is_written_as_it_was_sent() {
    #[derive(Serialize, Deserialize)]
    struct Held {
        set: Value<BTreeSet<Value<String>>>,
        block: Vec<Value<String>>,
        changed: Value<BTreeSet<Value<String>>>,
        map: BTreeMap<String, BTreeSet<Value<String>>>,
    }
    let set = || Ty::Set(Box::new(Ty::String));
    let block = || Ty::Block(Box::new(Ty::List(Box::new(Ty::String))));
    let of =
        [("set", set()), ("block", block()), ("changed", set()), ("map", Ty::Map(Box::new(set())))];
    let of = Ty::Object(of.map(|(name, ty)| (name.to_owned(), ty)).into());
    let two = || list([unknown(), unknown()]);
    let value = object([
        ("set", two()),
        ("block", unknown()),
        ("changed", two()),
        ("map", object([("k", two())])),
    ]);
    let mut sent = sent(&value, &of);
    sent.admit(&of, |sent| sent.read::<Held>().is_some()).unwrap();
    let mut held: Held = sent.read().unwrap();
    let sent = sent.back(&of).unwrap();
    let kept = written(&held, &of).unwrap();
    held.changed = Value::Value(BTreeSet::from([Value::Value("a".to_owned())]));
    let mut returned = written(&held, &of).unwrap();
    restore(&mut returned, &sent, &kept, &of);
    let expected = object([
        ("block", unknown()),
        ("changed", list(["a".into()])),
        ("map", object([("k", two())])),
        ("set", two()),
    ]);
    assert_eq!(returned, expected);

    // A type that can tell is not helped.
    let mut sent = self::sent(&unknown(), &block());
    sent.admit(&block(), |sent| sent.read::<Value<Vec<String>>>().is_some()).unwrap();
    assert_eq!(sent.read::<Value<Vec<String>>>(), Some(Value::Unknown));
}

#[test]
fn a_number_is_exact_or_refused() {
    let checked = |of: &str, digits: &str| {
        let of = ty(of);
        let sent = sent(&list(["1".into(), digits.into(), "9007199254740992".into()]), &of);
        let floats: Option<Vec<Value<f64>>> = sent.read();
        let kept = written(&floats?, &of).unwrap();
        Some(check_numbers(&sent.back(&of).unwrap(), &kept, &of).map_err(|error| error.path))
    };
    for (digits, exact) in [
        ("9007199254740992", true),
        ("9007199254740993", false),
        ("-9007199254740993", false),
        ("18446744073709551615", false),
        ("0.1", true),
    ] {
        let expected = if exact { Ok(()) } else { Err(vec![Index(1)]) };
        assert_eq!(checked(r#"["list","number"]"#, digits), Some(expected), "{digits}");
    }
    // Rounded, two elements of a set are one.
    assert_eq!(checked(r#"["set","number"]"#, "9007199254740993"), Some(Err(vec![])));
    assert_eq!(checked(r#"["set","number"]"#, "9007199254740994"), Some(Ok(())));
    // So are two objects in a set.
    let objects = |digits: &str| {
        let of = ty(r#"["set",["object",{"n":"number"}]]"#);
        let number = |digits: &str| object([("n", digits.into())]);
        let sent = sent(&list([number("9007199254740992"), number(digits)]), &of);
        let floats: Vec<BTreeMap<String, f64>> = sent.read().unwrap();
        let kept = written(&floats, &of).unwrap();
        check_numbers(&sent.back(&of).unwrap(), &kept, &of).is_ok()
    };
    assert_eq!([objects("9007199254740993"), objects("9007199254740994")], [false, true]);
    // A tuple, a map and a value of any type are no way around it.
    let floats = |of: &str, value: Tree| {
        let of = ty(of);
        let sent = sent(&value, &of);
        let kept = written(&sent.read::<Held>().unwrap(), &of).unwrap();
        check_numbers(&sent.back(&of).unwrap(), &kept, &of).map_err(|error| error.path)
    };
    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Held {
        List(Vec<f64>),
        Map(BTreeMap<String, f64>),
        Dynamic { r#type: String, value: f64 },
    }
    for (digits, exact) in [("2", true), ("9007199254740993", false)] {
        let or = |path| if exact { Ok(()) } else { Err(path) };
        let tuple = list(["1".into(), digits.into()]);
        assert_eq!(floats(r#"["tuple",["number","number"]]"#, tuple), or(vec![Index(1)]));
        let map = object([("k", digits.into())]);
        assert_eq!(floats(r#"["map","number"]"#, map), or(vec![attribute("k")]));
        let any = list([Tree::Binary(br#""number""#.to_vec()), digits.into()]);
        assert_eq!(floats(r#""dynamic""#, any), or(vec![]));
    }
    // Nor is a smaller float.
    let single = |digits: &str| {
        let sent = sent(&digits.into(), &Ty::Number);
        let kept = written(&sent.read::<f32>().unwrap(), &Ty::Number).unwrap();
        let checked = check_numbers(&sent.back(&Ty::Number).unwrap(), &kept, &Ty::Number);
        (sent.may_lose(), checked.is_ok())
    };
    assert_eq!(single("16777216"), (false, true));
    assert_eq!(single("16777217"), (true, false));
    assert_eq!(single("0.123456789"), (true, false));
    assert_eq!(single("1e300"), (true, false));
    assert_eq!(single("0.1"), (true, true));
    // `Number` holds them all, and nothing else.
    for digits in ["0", "-9007199254740993", "18446744073709551616", "0.10000000000000000001"] {
        let sent = sent(&digits.into(), &Ty::Number);
        let number: Value<Number> = sent.read().unwrap();
        assert_eq!(number, Value::Value(digits.parse().unwrap()));
        assert_eq!(written(&number, &Ty::Number).unwrap(), digits.into());
    }
    assert_eq!("2.50e1".parse::<Number>().unwrap().to_string(), "25");
    assert_eq!("x".parse::<Number>(), Err(NotANumber));
    let infinity = sent(&f64::INFINITY.into(), &Ty::Number);
    assert_eq!(infinity.read::<Number>(), None);
    // What no float stands for does not come as one.
    assert_eq!(checked(r#"["list","number"]"#, "0.10000000000000000001"), None);
}
