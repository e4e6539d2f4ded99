//! The client's side: starts a plugin as go-plugin does, and values in a notation that reads well.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SignatureAlgorithm,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value as Json, json};
use tf_provider_host::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use tf_provider_host::proto::tfplugin6 as pb;
use tf_provider_host::proto::tfplugin6::provider_client::ProviderClient;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

/// For whatever should take milliseconds: long enough for any machine, short enough to fail.
pub(crate) const SOON: Duration = Duration::from_secs(30);

pub(crate) const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// A certificate with its key.
pub(crate) struct Identity {
    pub(crate) pem: String,
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Identity {
    /// As go-plugin makes it for AutoMTLS: P-521, and an authority although it is nobody's.
    pub(crate) fn go_plugin() -> Self {
        Self::with_key(&rcgen::PKCS_ECDSA_P521_SHA512)
    }

    pub(crate) fn with_key(algorithm: &'static SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params.distinguished_name.push(DnType::OrganizationName, "HashiCorp");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        }
    }
}

/// How a plugin is started.
pub(crate) struct Launch {
    command: Command,
    /// For sockets: a plugin that a test drops is killed, and leaves its socket behind.
    temporary: tempfile::TempDir,
    identity: Option<Identity>,
}

impl Launch {
    /// With the environment the CLI gives.
    pub(crate) fn of(binary: &Path) -> Self {
        let identity = Identity::go_plugin();
        Self::bare(binary)
            .env(COOKIE.0, COOKIE.1)
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000")
            .env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
            .env("PLUGIN_CLIENT_CERT", &identity.pem)
            .identity(identity)
    }

    /// As from a shell. Variables of the developer's own shell must not decide.
    pub(crate) fn bare(binary: &Path) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = Command::new(binary);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("TMPDIR", temporary.path())
            .kill_on_drop(true);
        for name in [
            "TF_LOG",
            "TF_LOG_PROVIDER",
            "TF_LOG_PROVIDER_TOY",
            "PLUGIN_CLIENT_CERT",
            "RUST_BACKTRACE",
        ] {
            command.env_remove(name);
        }
        Self { command, temporary, identity: None }
    }

    fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &OsStr) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Without TLS, as with TF_DISABLE_PLUGIN_TLS.
    pub(crate) fn plaintext(mut self) -> Self {
        self.command.env_remove("PLUGIN_CLIENT_CERT");
        self.identity = None;
        self
    }

    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// Runs it to its end: exit code, standard output, standard error.
    pub(crate) async fn run(mut self) -> (Option<i32>, String, String) {
        let output =
            timeout(SOON, self.command.output()).await.expect("the plugin does not end").unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }

    /// Starts it and reads its first line.
    pub(crate) async fn start(mut self) -> Plugin {
        let mut child = self.command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        timeout(SOON, stdout.read_line(&mut line)).await.expect("no first line").unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut stderr = child.stderr.take().unwrap();
        let collected = Arc::clone(&log);
        let logging = tokio::spawn(async move {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
                collected.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        });
        Plugin {
            child,
            line: line.trim_end_matches('\n').to_owned(),
            identity: self.identity,
            log,
            logging,
            _stdout: stdout,
            _temporary: self.temporary,
        }
    }
}

/// A plugin that runs.
pub(crate) struct Plugin {
    pub(crate) child: Child,
    pub(crate) line: String,
    pub(crate) identity: Option<Identity>,
    log: Arc<Mutex<Vec<u8>>>,
    logging: tokio::task::JoinHandle<()>,
    _stdout: BufReader<tokio::process::ChildStdout>,
    _temporary: tempfile::TempDir,
}

impl Plugin {
    pub(crate) fn fields(&self) -> Vec<&str> {
        self.line.split('|').collect()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        PathBuf::from(self.fields()[3])
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id().expect("the plugin has ended")).unwrap()
    }

    /// Sends a signal; the suite has no unsafe code, hence the program.
    pub(crate) fn signal(&self, name: &str) {
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args(["-s", name, &self.pid().to_string()]).status().unwrap().success());
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&self.log.lock().unwrap()).into_owned()
    }

    /// Waits for the end and for everything it wrote.
    pub(crate) async fn end(&mut self) -> Option<i32> {
        let ended =
            async { (self.child.wait().await.unwrap(), (&mut self.logging).await.unwrap()) };
        timeout(SOON, ended).await.expect("the plugin does not end").0.code()
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        STANDARD_NO_PAD.decode(self.fields()[5]).unwrap().into()
    }

    /// The configuration of the right client.
    pub(crate) fn tls(&self) -> ClientConfig {
        let identity = self.identity.as_ref().expect("a plugin with TLS");
        let mut config = client_config(self.certificate(), &[&rustls::version::TLS13])
            .with_client_auth_cert(vec![identity.certificate.clone()], identity.key.clone_key())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }

    pub(crate) async fn channel(&self) -> Channel {
        let tls = self.identity.as_ref().map(|_| self.tls());
        channel(self.socket(), tls).await.expect("the right client is let in")
    }

    pub(crate) async fn provider(&self) -> ProviderClient<Channel> {
        provider(self.channel().await)
    }

    pub(crate) async fn shutdown(&self) {
        let mut controller = GrpcControllerClient::new(self.channel().await);
        let empty = tf_provider_host::proto::goplugin::Empty {};
        controller.shutdown(empty).await.expect("the response to Shutdown arrives");
    }
}

pub(crate) fn provider(channel: Channel) -> ProviderClient<Channel> {
    ProviderClient::new(channel)
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX)
}

/// Trusts exactly the certificate of the handshake, as the CLI does.
pub(crate) fn client_config(
    server: CertificateDer<'static>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    let mut roots = RootCertStore::empty();
    roots.add(server).unwrap();
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
}

/// A gRPC connection, if one can be had.
pub(crate) async fn channel(
    socket: PathBuf,
    tls: Option<ClientConfig>,
) -> Result<Channel, tonic::transport::Error> {
    let connector = tower::service_fn(move |_| {
        let (socket, tls) = (socket.clone(), tls.clone());
        async move {
            let stream = UnixStream::connect(socket).await?;
            let stream: Box<dyn Stream> = match tls {
                None => Box::new(stream),
                Some(tls) => {
                    let name = ServerName::try_from("localhost").unwrap();
                    Box::new(TlsConnector::from(Arc::new(tls)).connect(name, stream).await?)
                }
            };
            Ok::<_, std::io::Error>(TokioIo::new(stream))
        }
    });
    Endpoint::from_static("http://localhost").connect_with_connector(connector).await
}

pub(crate) trait Stream:
    tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin
{
}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Stream for T {}

/// Stands for an unknown value in the tests' notation.
pub(crate) const UNKNOWN: &str = "$unknown";

/// A value of the protocol from JSON, where `"$unknown"` is unknown.
pub(crate) fn value(json: &Json) -> Option<pb::DynamicValue> {
    let mut msgpack = Vec::new();
    rmpv::encode::write_value(&mut msgpack, &to_msgpack(json)).unwrap();
    raw(msgpack)
}

pub(crate) fn raw(msgpack: impl Into<Vec<u8>>) -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack: msgpack.into(), json: Vec::new() })
}

fn to_msgpack(json: &Json) -> rmpv::Value {
    match json {
        Json::Null => rmpv::Value::Nil,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => value.into(),
            (_, Some(value), _) => value.into(),
            (_, _, value) => value.unwrap().into(),
        },
        Json::String(text) if text == UNKNOWN => rmpv::Value::Ext(0, vec![0]),
        Json::String(text) => text.as_str().into(),
        Json::Array(elements) => rmpv::Value::Array(elements.iter().map(to_msgpack).collect()),
        Json::Object(entries) => rmpv::Value::Map(
            entries.iter().map(|(key, value)| (key.as_str().into(), to_msgpack(value))).collect(),
        ),
    }
}

/// The other way round. Bytes (the type of a dynamic value) read as text.
pub(crate) fn read(value: Option<&pb::DynamicValue>) -> Json {
    let Some(value) = value.filter(|value| !value.msgpack.is_empty()) else {
        return Json::Null;
    };
    let mut rest = value.msgpack.as_slice();
    let read = rmpv::decode::read_value(&mut rest).unwrap();
    assert!(rest.is_empty());
    from_msgpack(&read)
}

fn from_msgpack(value: &rmpv::Value) -> Json {
    match value {
        rmpv::Value::Nil => Json::Null,
        rmpv::Value::Boolean(value) => json!(value),
        rmpv::Value::Integer(value) => {
            value.as_i64().map_or_else(|| json!(value.as_u64()), |value| json!(value))
        }
        rmpv::Value::F32(value) => json!(value),
        rmpv::Value::F64(value) => json!(value),
        rmpv::Value::String(text) => json!(text.as_str().unwrap()),
        rmpv::Value::Binary(bytes) => json!(std::str::from_utf8(bytes).unwrap()),
        rmpv::Value::Array(elements) => elements.iter().map(from_msgpack).collect(),
        rmpv::Value::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, value)| (key.as_str().unwrap().to_owned(), from_msgpack(value)))
                .collect(),
        ),
        rmpv::Value::Ext(..) => json!(UNKNOWN),
    }
}

/// A diagnostic in one line: summary, and the path in brackets.
pub(crate) fn said(diagnostics: &[pb::Diagnostic]) -> Vec<String> {
    use pb::attribute_path::step::Selector;
    diagnostics
        .iter()
        .map(|diagnostic| {
            let path: Vec<String> = diagnostic
                .attribute
                .iter()
                .flat_map(|path| &path.steps)
                .map(|step| match step.selector.as_ref().unwrap() {
                    Selector::AttributeName(name) => name.clone(),
                    Selector::ElementKeyString(key) => format!("{key:?}"),
                    Selector::ElementKeyInt(index) => index.to_string(),
                })
                .collect();
            match path.is_empty() {
                true => diagnostic.summary.clone(),
                false => format!("{} [{}]", diagnostic.summary, path.join(".")),
            }
        })
        .collect()
}

/// Waits until something is so.
pub(crate) async fn eventually(what: &str, so: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !so() {
        assert!(start.elapsed() < SOON, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Tries to get a response, which takes more than the client's half of a handshake.
pub(crate) async fn responds(plugin: &Plugin, tls: Option<ClientConfig>) -> bool {
    match channel(plugin.socket(), tls).await {
        Ok(channel) => provider(channel).get_metadata(pb::get_metadata::Request {}).await.is_ok(),
        Err(_) => false,
    }
}

pub(crate) fn with_h2(mut config: ClientConfig) -> Option<ClientConfig> {
    config.alpn_protocols = vec![b"h2".to_vec()];
    Some(config)
}

pub(crate) fn without_certificate(plugin: &Plugin) -> Option<ClientConfig> {
    with_h2(client_config(plugin.certificate(), &[&rustls::version::TLS13]).with_no_client_auth())
}

pub(crate) fn plan(
    type_name: &str,
    prior: &Json,
    proposed: &Json,
) -> pb::plan_resource_change::Request {
    pb::plan_resource_change::Request {
        type_name: type_name.into(),
        prior_state: value(prior),
        proposed_new_state: value(proposed),
        config: value(proposed),
        ..Default::default()
    }
}
