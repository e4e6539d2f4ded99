//! Mistakes of the provider block and of its variables.

use super::{Case, Stage};
use crate::support::{KEY, resource};

pub(super) const CASES: &[Case] = &[
    ("nothing is configured", |stage| {
        stage.project.unset("AEP_ORG_ID").unset("AEP_ACCESS_TOKEN");
        asks(stage, "").plan()
    }),
    ("org_id is not one", |stage| asks(stage, "org_id = \"1234567890ABCDEF12345678\"").validate()),
    ("org_id in the environment is not one", |stage| set(stage, "AEP_ORG_ID", "acme@adobe.com")),
    ("a token and a client in the block", |stage| {
        asks(stage, "access_token = \"t\"\n  client_id = \"c\"").validate()
    }),
    ("a token and a client in the environment", |stage| set(stage, "AEP_CLIENT_ID", "c")),
    ("a client without its secret", |stage| asks(stage, "client_id = \"c\"").plan()),
    ("a token with a line break", |stage| asks(stage, "access_token = \"one\\ntwo\"").validate()),
    ("an empty argument", |stage| asks(stage, "region = \"\"").validate()),
    ("a region that is none", |stage| {
        asks(stage, "region = \"platform-nld2.adobe.io\"").validate()
    }),
    ("an endpoint without https", |stage| endpoint(stage, "http://platform.adobe.io")),
    ("an endpoint without a scheme", |stage| endpoint(stage, "platform.adobe.io")),
    ("an endpoint with credentials", |stage| {
        endpoint(stage, "https://user:word@platform.adobe.io")
    }),
    ("an endpoint with a query", |stage| endpoint(stage, "https://platform.adobe.io/?a=b")),
    ("an endpoint in the environment that is none", |stage| {
        set(stage, "AEP_ENDPOINT", "ftp://platform.adobe.io")
    }),
    ("no scopes", |stage| {
        asks(stage, "client_id = \"c\"\n  client_secret = \"s\"\n  scopes = []").validate()
    }),
    ("a scope with a comma", |stage| {
        asks(stage, "client_id = \"c\"\n  client_secret = \"s\"\n  scopes = [\"a,b\"]").validate()
    }),
    ("a request timeout without a unit", |stage| {
        asks(stage, "request_timeout = \"60\"").validate()
    }),
    ("a request timeout of nothing", |stage| asks(stage, "request_timeout = \"0s\"").validate()),
    ("retries out of range", |stage| asks(stage, "max_retries = 1000").validate()),
    ("retries in the environment that are no number", |stage| {
        set(stage, "AEP_MAX_RETRIES", "many")
    }),
    ("a certificate file that is not there", |stage| {
        asks(stage, "ca_cert_file = \"missing.pem\"").plan()
    }),
    ("a certificate file without a certificate", |stage| {
        stage.project.write("empty.pem", "no certificate\n");
        asks(stage, "ca_cert_file = \"empty.pem\"").plan()
    }),
    ("a certificate file in UTF-16", |stage| {
        let file = stage.project.path().join("utf16.pem");
        std::fs::write(file, b"\xff\xfe-\0").expect("it is writable");
        asks(stage, "ca_cert_file = \"utf16.pem\"").plan()
    }),
    ("a proxy that cannot be understood", |stage| {
        set(stage, "HTTPS_PROXY", "http://user:pass#word@proxy:3128")
    }),
    ("a proxy that cannot be spoken with", |stage| {
        stage.project.unset("AEP_ENDPOINT").set("https_proxy", "socks5://proxy:1080");
        asks(stage, "region = \"nld2\"").plan()
    }),
    ("unknown before apply: a resource that exists", |stage| {
        late(stage.one("").applied(), &resource("Config1", KEY, ""))
    }),
    ("unknown before apply: a data source", |stage| {
        late(stage, "data \"aep_cmk_app\" \"adobe\" {}")
    }),
    ("unknown before apply: an import", |stage| {
        let import = "import {\n  to = aep_cmk_config.this\n  id = \"Config1\"\n}\n";
        late(stage, &(resource("Config1", KEY, "") + import))
    }),
];

/// A provider block with these arguments, and something that asks Adobe.
fn asks<'a>(stage: &'a mut Stage, arguments: &str) -> &'a mut Stage {
    let provider = format!("provider \"aep\" {{\n  {arguments}\n}}");
    stage.project.configure_with(&provider, "data \"aep_cmk_app\" \"adobe\" {}");
    stage
}

fn endpoint<'a>(stage: &'a mut Stage, url: &str) -> &'a mut Stage {
    asks(stage, &format!("endpoint = \"{url}\"")).validate()
}

fn set<'a>(stage: &'a mut Stage, variable: &str, value: &str) -> &'a mut Stage {
    asks(stage.with(variable, value), "").plan()
}

/// A provider block with a value that an apply will bring.
fn late<'a>(stage: &'a mut Stage, body: &str) -> &'a mut Stage {
    let provider = "resource \"terraform_data\" \"api_key\" {\n  input = \"acp_provisioning\"\n}\n\n\
        provider \"aep\" {\n  api_key = terraform_data.api_key.output\n}";
    stage.project.configure_with(provider, body);
    stage.plan()
}
