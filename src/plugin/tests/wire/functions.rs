//! Functions, on a provider that was never configured.

use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;

use super::Toy;
use super::client::{read, value};

#[tokio::test]
async fn a_function_is_called_or_says_why_not() {
    let toy = Toy::start().await;
    let call = async |name: &str, arguments: Vec<pb::DynamicValue>| {
        let request = pb::call_function::Request { name: name.into(), arguments };
        let response = toy.call_function(request).await;
        let result = read(response.result.as_ref());
        response.error.map_or(Ok(result), |error| {
            assert_eq!(response.result, None);
            Err((error.text, error.function_argument))
        })
    };
    let values = |values: &[Json]| values.iter().map(|of| value(of).unwrap()).collect::<Vec<_>>();
    let texts = |texts: &[&str]| values(&texts.iter().map(|text| json!(text)).collect::<Vec<_>>());

    assert_eq!(call("join", texts(&["-", "a", "b"])).await, Ok(json!("a-b")));
    assert_eq!(call("join", texts(&["-"])).await, Ok(json!("")));
    assert_eq!(call("nothing", Vec::new()).await, Ok(json!(null)));
    // Null in both tools' notations.
    let nulls = [value(&json!(null)).unwrap(), pb::DynamicValue::default()];
    assert_eq!(call("join", [texts(&["-", "a"]), nulls.into()].concat()).await, Ok(json!("a--")));

    for (name, arguments, text, argument) in [
        ("join", texts(&["-", "a", "bad"]), "A bad part", Some(2)),
        ("join", values(&[json!("-"), json!(3)]), "does not fit", Some(1)),
        ("join", Vec::new(), "at least 1", None),
        ("nothing", texts(&["a"]), "takes 0", None),
        ("none", Vec::new(), "Unknown function", None),
        ("join", texts(&["-", "panic"]), "The provider crashed", None),
    ] {
        let error = call(name, arguments).await.unwrap_err();
        assert!(error.0.contains(text), "{text}: {}", error.0);
        assert_eq!(error.1, argument, "{text}");
    }
}
