//! Mistakes of the provider block and of its variables.

use super::{Case, Stage};

pub(super) const CASES: &[Case] = &[
    ("nothing is configured", |stage| {
        let project = &mut stage.project;
        project.unset("AEP_ORG_ID").unset("AEP_ACCESS_TOKEN");
        asks(stage, "").plan();
    }),
    ("org_id is not one", |stage| {
        asks(stage, "org_id = \"1234567890ABCDEF12345678\"").validate();
    }),
    ("org_id in the environment is not one", |stage| {
        stage.project.set("AEP_ORG_ID", "acme@adobe.com");
        asks(stage, "").plan();
    }),
    ("a token and a client in the block", |stage| {
        asks(stage, "access_token = \"t\"\n  client_id = \"c\"").validate();
    }),
    ("a token and a client in the environment", |stage| {
        stage.project.set("AEP_CLIENT_ID", "c");
        asks(stage, "").plan();
    }),
    ("a client without its secret", |stage| {
        asks(stage, "client_id = \"c\"").plan();
    }),
    ("a token with a line break", |stage| {
        asks(stage, "access_token = \"one\\ntwo\"").validate();
    }),
    ("an empty argument", |stage| {
        asks(stage, "region = \"\"").validate();
    }),
    ("a region that is none", |stage| {
        asks(stage, "region = \"platform-nld2.adobe.io\"").validate();
    }),
    ("an endpoint without https", |stage| {
        asks(stage, "endpoint = \"http://platform.adobe.io\"").validate();
    }),
    ("an endpoint without a scheme", |stage| {
        asks(stage, "endpoint = \"platform.adobe.io\"").validate();
    }),
    ("an endpoint with credentials", |stage| {
        asks(stage, "endpoint = \"https://user:word@platform.adobe.io\"").validate();
    }),
    ("an endpoint with a query", |stage| {
        asks(stage, "endpoint = \"https://platform.adobe.io/?a=b\"").validate();
    }),
    ("an endpoint in the environment that is none", |stage| {
        stage.project.set("AEP_ENDPOINT", "ftp://platform.adobe.io");
        asks(stage, "").plan();
    }),
    ("no scopes", |stage| {
        asks(stage, "client_id = \"c\"\n  client_secret = \"s\"\n  scopes = []").validate();
    }),
    ("a scope with a comma", |stage| {
        asks(stage, "client_id = \"c\"\n  client_secret = \"s\"\n  scopes = [\"a,b\"]").validate();
    }),
    ("a request timeout without a unit", |stage| {
        asks(stage, "request_timeout = \"60\"").validate();
    }),
    ("a request timeout of nothing", |stage| {
        asks(stage, "request_timeout = \"0s\"").validate();
    }),
    ("retries out of range", |stage| {
        asks(stage, "max_retries = 1000").validate();
    }),
    ("retries in the environment that are no number", |stage| {
        stage.project.set("AEP_MAX_RETRIES", "many");
        asks(stage, "").plan();
    }),
    ("a certificate file that is not there", |stage| {
        asks(stage, "ca_cert_file = \"missing.pem\"").plan();
    }),
    ("a certificate file without a certificate", |stage| {
        stage.project.write("empty.pem", "no certificate\n");
        asks(stage, "ca_cert_file = \"empty.pem\"").plan();
    }),
    ("a certificate file in UTF-16", |stage| {
        std::fs::write(stage.project.path().join("utf16.pem"), b"\xff\xfe-\0")
            .expect("it is writable");
        asks(stage, "ca_cert_file = \"utf16.pem\"").plan();
    }),
    ("a proxy that cannot be understood", |stage| {
        stage.project.set("HTTPS_PROXY", "http://user:pass#word@proxy:3128");
        asks(stage, "").plan();
    }),
    ("a proxy that cannot be spoken with", |stage| {
        stage.project.unset("AEP_ENDPOINT").set("https_proxy", "socks5://proxy:1080");
        asks(stage, "region = \"nld2\"").plan();
    }),
    ("unknown before apply: a resource that exists", |stage| {
        stage.one("").applied();
        stage
            .project
            .configure_with(UNKNOWN, &crate::support::resource("Config1", crate::support::KEY, ""));
        stage.plan();
    }),
    ("unknown before apply: a data source", |stage| {
        stage.project.configure_with(UNKNOWN, "data \"aep_cmk_app\" \"adobe\" {}");
        stage.plan();
    }),
    ("unknown before apply: an import", |stage| {
        let resource = crate::support::resource("Config1", crate::support::KEY, "");
        let import = "import {\n  to = aep_cmk_config.this\n  id = \"Config1\"\n}\n";
        stage.project.configure_with(UNKNOWN, &format!("{resource}{import}"));
        stage.plan();
    }),
];

/// A provider block with a value that an apply will bring.
const UNKNOWN: &str = "resource \"terraform_data\" \"api_key\" {\n  input = \"acp_provisioning\"\n}\n\n\
    provider \"aep\" {\n  api_key = terraform_data.api_key.output\n}";

/// A provider block with these arguments, and a question to Adobe.
fn asks<'a>(stage: &'a mut Stage, arguments: &str) -> &'a mut Stage {
    stage.project.configure_with(
        &format!("provider \"aep\" {{\n  {arguments}\n}}"),
        "data \"aep_cmk_app\" \"adobe\" {}",
    );
    stage
}
