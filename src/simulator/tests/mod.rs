//! The simulator as a client meets it: raw HTTP/1.1 over a socket, so that nothing hides what is on the wire.

mod api;
mod control;
mod faults;
mod lifecycle;
mod refusals;
mod tokens;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Options, Simulator};

const APP: &str = "/data/infrastructure/manager/byok/app-registration";
const CONFIG: &str = "/data/infrastructure/manager/customer/config";
const ORG: &str = "1234567890ABCDEF12345678@AdobeOrg";
const KEY: &str =
    "https://adobecmkexample.vault.azure.net/keys/adobeCMK-key/7c1d50lo28234cc895534c00d7eb4eb4";

/// Far more than anything here takes: a test that hangs ends and says where.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer taken apart.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Status and gateway code.
    fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["error_code"].as_str().unwrap_or("none").to_owned())
    }
}

/// A request in the making, with what a correct one has.
#[derive(Clone)]
struct Call {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Call {
    fn new(method: &'static str, target: &str) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: String::new() }
    }

    fn authorised(self) -> Self {
        self.with("authorization", "Bearer sim-token")
            .with("x-api-key", "acp_provisioning")
            .with("x-gw-ims-org-id", ORG)
    }

    fn app() -> Self {
        Self::new("GET", APP).authorised()
    }

    fn status(segment: &str) -> Self {
        Self::new("GET", &format!("{CONFIG}/{segment}?configType=BYOK_CONFIG")).authorised()
    }

    fn submit(name: &str) -> Self {
        Self::submit_body(&submission(name, KEY))
    }

    fn submit_body(body: &Value) -> Self {
        Self::new("POST", CONFIG)
            .authorised()
            .with("content-type", "application/json")
            .body(&body.to_string())
    }

    /// Replaces or adds a header; an empty value takes it away.
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(key, _)| *key != name);
        if !value.is_empty() {
            self.headers.push((name, value.into()));
        }
        self
    }

    fn body(mut self, body: &str) -> Self {
        self.body = body.into();
        self
    }

    fn start(&self, simulator: &Simulator) -> TcpStream {
        let address = simulator.url().trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (method, target, length) = (self.method, &self.target, self.body.len());
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        stream.write_all((head + &self.body).as_bytes()).unwrap();
        stream
    }

    fn send(&self, simulator: &Simulator) -> io::Result<Reply> {
        finish(self.start(simulator))
    }

    fn ok(&self, simulator: &Simulator) -> Reply {
        self.send(simulator).unwrap()
    }
}

fn submission(name: &str, key: &str) -> Value {
    json!({"name": name, "type": "BYOK_CONFIG", "imsOrgId": ORG,
        "configData": {"providerType": "AZURE_KEYVAULT", "keyVaultKeyIdentifier": key}})
}

/// The rest of a connection as an answer. A body shorter than announced is an error, as it is to any HTTP client.
fn finish(mut stream: TcpStream) -> io::Result<Reply> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let reply = Reply { status, headers, body: body.to_owned() };
    match reply.header("content-length") {
        Some(length) if length.parse() != Ok(reply.body.len()) => {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
        _ => Ok(reply),
    }
}

fn start(options: Options) -> Simulator {
    Simulator::start(options).unwrap()
}
