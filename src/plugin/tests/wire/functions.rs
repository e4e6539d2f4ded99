//! Functions, on a provider that was never configured.

use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{Launch, read, value};

async fn call(name: &str, arguments: Vec<pb::DynamicValue>) -> Result<Json, (String, Option<i64>)> {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = pb::call_function::Request { name: name.into(), arguments };
    let answer = provider.call_function(request).await.unwrap().into_inner();
    match answer.error {
        None => Ok(read(answer.result.as_ref())),
        Some(error) => {
            assert_eq!(answer.result, None);
            Err((error.text, error.function_argument))
        }
    }
}

fn texts(texts: &[&str]) -> Vec<pb::DynamicValue> {
    texts.iter().map(|text| value(&json!(text)).unwrap()).collect()
}

#[tokio::test]
async fn a_function_is_called() {
    assert_eq!(call("join", texts(&["-", "a", "b"])).await, Ok(json!("a-b")));
    assert_eq!(call("join", texts(&["-"])).await, Ok(json!("")));
    assert_eq!(call("nothing", Vec::new()).await, Ok(json!(null)));
}

#[tokio::test]
async fn null_is_null_in_both_tools_notations() {
    let mut arguments = texts(&["-", "a"]);
    arguments.push(value(&json!(null)).unwrap());
    arguments.push(pb::DynamicValue::default());
    assert_eq!(call("join", arguments).await, Ok(json!("a--")));
}

#[tokio::test]
async fn an_error_names_its_argument() {
    let error = call("join", texts(&["-", "a", "bad"])).await.unwrap_err();
    assert_eq!(error, ("A bad part".to_owned(), Some(2)));
}

#[tokio::test]
async fn an_argument_of_another_type_is_named() {
    let mut arguments = texts(&["-"]);
    arguments.push(value(&json!(3)).unwrap());
    assert_eq!(call("join", arguments).await.unwrap_err().1, Some(1));
}

#[tokio::test]
async fn a_wrong_number_of_arguments_is_an_error() {
    let (text, argument) = call("join", Vec::new()).await.unwrap_err();
    assert!(text.contains("at least 1"), "{text}");
    assert_eq!(argument, None);
    assert!(call("nothing", texts(&["a"])).await.is_err());
}

#[tokio::test]
async fn an_unknown_function_and_one_that_panics_are_errors() {
    assert!(call("none", Vec::new()).await.unwrap_err().0.contains("Unknown function"));
    let (text, _) = call("join", texts(&["-", "panic"])).await.unwrap_err();
    assert!(text.contains("The provider crashed"), "{text}");
}
