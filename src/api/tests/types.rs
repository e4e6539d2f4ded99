use super::{AppRegistration, Configuration, Status, app_registration, configuration, submission};

const KEY: &str =
    "https://adobecmkexample.vault.azure.net/keys/adobeCMK-key/7c1d50lo28234cc895534c00d7eb4eb4";

/// Adobe's API page: the response to a submission.
const SUBMITTED: &str = r#"{"id":"4df7886b-a122-4391-880b-47888d5c5b92",
 "config":{"configData":{"keyVaultUri":"https://adobecmkexample.vault.azure.net",
   "keyVaultKeyIdentifier":"https://adobecmkexample.vault.azure.net/keys/adobeCMK-key/7c1d50lo28234cc895534c00d7eb4eb4",
   "keyVersion":"7c1d50lo28234cc895534c00d7eb4eb4","keyName":"Config1","providerType":"AZURE_KEYVAULT"},
  "name":"acpcf978863Aaepcmkmultitenantapp","type":"BYOK_CONFIG","imsOrgId":"{ORG_ID}","status":"NEW"},
 "status":"CREATED"}"#;

/// Adobe's API page: the response of the status endpoint.
const STATUS: &str = r#"{"name":"acpcf978863Aaepcmkmultitenantapp","type":"BYOK_CONFIG","status":"COMPLETED",
 "configData":{"keyVaultUri":"https://adobecmkexample.vault.azure.net",
  "keyVaultKeyIdentifier":"https://adobecmkexample.vault.azure.net/keys/adobeCMK-key/7c1d50lo28234cc895534c00d7eb4eb4",
  "keyVersion":"7c1d50lo28234cc895534c00d7eb4eb4","keyName":"Config1","providerType":"AZURE_KEYVAULT"},
 "imsOrgId":"{ORG_ID}","subscriptionId":"cf978863-7325-47b1-8fd9-554b9fdb6c36",
 "id":"4df7886b-a122-4391-880b-47888d5c5b92","rowType":"BYOK_KEY"}"#;

fn expected(status: &str, subscription_id: Option<&str>) -> Configuration {
    Configuration {
        id: "4df7886b-a122-4391-880b-47888d5c5b92".into(),
        status: Status::from(status),
        application_name: Some("acpcf978863Aaepcmkmultitenantapp".into()),
        config_type: Some("BYOK_CONFIG".into()),
        provider_type: Some("AZURE_KEYVAULT".into()),
        subscription_id: subscription_id.map(str::to_owned),
        key_identifier: Some(KEY.into()),
        retry_after: None,
    }
}

#[test]
fn adobes_samples_are_understood() {
    let submitted = configuration(SUBMITTED.as_bytes()).unwrap();
    assert_eq!(submitted, expected("CREATED", None), "the outer status wins");
    let status = configuration(STATUS.as_bytes()).unwrap();
    assert_eq!(status, expected("COMPLETED", Some("cf978863-7325-47b1-8fd9-554b9fdb6c36")));
    let app = br#"{"id":"byok","name":"acpebae9422Caepcmkmultitenantapp",
 "applicationUri":"https://adobe.com/acpebae9422Caepcmkmultitenantapp",
 "applicationId":"e463a445-c6ac-4ca2-b36a-b5146fcf6a52",
 "applicationRedirectUrl":"https://login.microsoftonline.com/common/oauth2/authorize?response_type=code&client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52&redirect_uri=https://adobe.com/acpebae9422Caepcmkmultitenantapp&scope=user.read"}"#;
    let expected = AppRegistration {
        id: "byok".into(),
        name: "acpebae9422Caepcmkmultitenantapp".into(),
        application_uri: "https://adobe.com/acpebae9422Caepcmkmultitenantapp".into(),
        application_id: "e463a445-c6ac-4ca2-b36a-b5146fcf6a52".into(),
        application_redirect_url: "https://login.microsoftonline.com/common/oauth2/authorize?response_type=code&client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52&redirect_uri=https://adobe.com/acpebae9422Caepcmkmultitenantapp&scope=user.read".into(),
    };
    assert_eq!(app_registration(app).unwrap(), expected);
}

#[test]
fn the_submission_is_adobes_sample() {
    let body: serde_json::Value =
        serde_json::from_str(&submission("Config1", "{ORG_ID}", KEY)).unwrap();
    let config_data =
        serde_json::json!({"providerType": "AZURE_KEYVAULT", "keyVaultKeyIdentifier": KEY});
    assert_eq!(
        body,
        serde_json::json!({"name": "Config1", "type": "BYOK_CONFIG", "imsOrgId": "{ORG_ID}", "configData": config_data})
    );
}

#[test]
fn what_is_tolerated() {
    let minimal = |body: &str| configuration(body.as_bytes()).map(|c| (c.id, c.status)).ok();
    let fine = Some(("1".to_owned(), Status::from("RUNNING")));
    for (case, body) in [
        (
            "the least",
            r#"{"id":"1","status":"RUNNING","configData":{"keyVaultKeyIdentifier":"k"}}"#,
        ),
        ("no configData", r#"{"id":"1","status":"RUNNING"}"#),
        ("no key", r#"{"id":"1","status":"RUNNING","configData":{"keyName":"Config1"}}"#),
        (
            "a number for a text",
            r#"{"id":1,"status":"RUNNING","configData":{"keyVaultKeyIdentifier":"k"}}"#,
        ),
        (
            "nulls and odd types where nothing depends on it",
            r#"{"id":"1","status":"RUNNING","name":null,"subscriptionId":{},"new":[1],"configData":{"keyVaultKeyIdentifier":"k","keyVersion":false}}"#,
        ),
        (
            "everything nested",
            r#"{"config":{"id":"1","status":"RUNNING","configData":{"keyVaultKeyIdentifier":"k"}}}"#,
        ),
        (
            "an outer null gives way",
            r#"{"id":null,"status":"RUNNING","configData":null,"config":{"id":"1","status":"NEW","configData":{"keyVaultKeyIdentifier":"k"}}}"#,
        ),
    ] {
        assert_eq!(minimal(body), fine, "{case}");
    }
}

#[test]
fn what_makes_no_sense() {
    for (case, body, expected) in [
        ("nothing", "", "it is not the expected JSON"),
        ("null", "null", "it is not the expected JSON"),
        ("an array", "[]", "it is not the expected JSON"),
        ("HTML", "<html>", "it is not the expected JSON"),
        ("cut", r#"{"id":"1","status":"RUN"#, "it is not the expected JSON"),
        ("empty object", "{}", "`id` is missing in it"),
        (
            "no id",
            r#"{"status":"RUNNING","configData":{"keyVaultKeyIdentifier":"k"}}"#,
            "`id` is missing in it",
        ),
        (
            "no status",
            r#"{"id":"1","configData":{"keyVaultKeyIdentifier":"k"}}"#,
            "`status` is missing in it",
        ),
        (
            "an empty status",
            r#"{"id":"1","status":"","configData":{"keyVaultKeyIdentifier":"k"}}"#,
            "`status` is missing in it",
        ),
    ] {
        assert_eq!(configuration(body.as_bytes()).unwrap_err().to_string(), expected, "{case}");
    }
    let app = br#"{"id":"byok","name":"n","applicationUri":"u","applicationId":"a"}"#;
    let error = app_registration(app).unwrap_err();
    assert_eq!(error.to_string(), "`applicationRedirectUrl` is missing in it");
}

#[test]
fn statuses_keep_their_spelling_and_mean_the_same_in_any_letter_case() {
    for (text, is_completed, is_failed) in [
        ("NEW", false, false),
        ("UPDATE_EXISTING_RESOURCES", false, false),
        ("PAUSED", false, false),
        ("COMPLETED", true, false),
        ("Completed", true, false),
        ("FAILED", false, true),
        ("failed", false, true),
    ] {
        let status = Status::from(text);
        assert_eq!((status.as_str(), status.to_string().as_str()), (text, text));
        assert_eq!(
            (status.is_completed(), status.is_failed()),
            (is_completed, is_failed),
            "{text}"
        );
    }
}
