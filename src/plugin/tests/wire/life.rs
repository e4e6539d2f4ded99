//! Stop, shutdown, signals, orphans, debug mode.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tf_provider_host::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use tf_provider_host::proto::tfplugin6 as pb;
use tf_provider_host::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use super::client::{
    Launch, Plugin, SOON, UNKNOWN, channel, eventually, provider, read, said, signal, value,
    written,
};
use super::toy;

/// Where a `toy_waiter` writes what it does.
struct Diary {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

impl Diary {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("diary");
        Self { _directory: directory, path }
    }

    fn says(&self, word: &str) -> bool {
        std::fs::read_to_string(&self.path).unwrap_or_default().contains(word)
    }

    fn request(&self, kind: Kind) -> pb::apply_resource_change::Request {
        let (deaf, linger) = kind.attributes();
        let path = &self.path;
        let config =
            json!({ "id": null, "result": null, "deaf": deaf, "linger": linger, "diary": path });
        let planned = json!({ "id": UNKNOWN, "result": UNKNOWN, "deaf": deaf, "linger": linger, "diary": path });
        pb::apply_resource_change::Request {
            type_name: "toy_waiter".into(),
            prior_state: value(&json!(null)),
            planned_state: value(&planned),
            config: value(&config),
            ..Default::default()
        }
    }
}

/// How a creation takes being told to stop.
#[derive(Clone, Copy)]
enum Kind {
    /// It stops.
    Prompt,
    /// It stops so much later.
    Slow(Duration),
    /// It does not.
    Deaf,
    /// It blocks its thread for longer than any test waits.
    Blocking,
}

impl Kind {
    fn attributes(self) -> (bool, Option<u64>) {
        match self {
            Self::Prompt => (false, None),
            Self::Slow(linger) => (false, Some(linger.as_millis().try_into().unwrap())),
            Self::Deaf => (true, None),
            Self::Blocking => (true, Some(3_600_000)),
        }
    }
}

type Answer = Result<pb::apply_resource_change::Response, tonic::Status>;

/// Starts a creation that waits.
async fn begin(
    provider: &ProviderClient<Channel>,
    diary: &Diary,
    kind: Kind,
) -> tokio::task::JoinHandle<Answer> {
    let (mut provider, request) = (provider.clone(), diary.request(kind));
    let task = tokio::spawn(async move {
        provider.apply_resource_change(request).await.map(tonic::Response::into_inner)
    });
    eventually("the creation begins", || diary.says("begun")).await;
    task
}

async fn stop(provider: &mut ProviderClient<Channel>) {
    let answer = provider.stop_provider(pb::stop_provider::Request {}).await.unwrap();
    assert_eq!(answer.into_inner().error, "");
}

fn assert_stopped(answer: Answer, diary: &Diary) {
    assert_stopped_as(Kind::Prompt, answer, diary);
}

fn assert_stopped_as(kind: Kind, answer: Answer, diary: &Diary) {
    let answer = answer.unwrap();
    let (deaf, linger) = kind.attributes();
    assert_eq!(said(&answer.diagnostics), ["Stopped while waiting"]);
    assert_eq!(
        read(answer.new_state.as_ref()),
        written(
            &json!({ "id": "waited", "result": null, "deaf": deaf, "linger": linger, "diary": diary.path })
        ),
        "what exists is kept, and nothing unknown is left in it"
    );
}

#[tokio::test]
async fn stop_reaches_a_wait_and_is_not_for_ever() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    for _ in 0..2 {
        let diary = Diary::new();
        let waiting = begin(&provider, &diary, Kind::Prompt).await;
        // A stop of the past must not reach it: the second wait would be over at once.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!diary.says("stopped"));
        stop(&mut provider).await;
        let answer = tokio::time::timeout(SOON, waiting).await.expect("the wait ends").unwrap();
        assert_stopped(answer, &diary);
    }
}

#[tokio::test]
async fn stop_is_answered_while_a_wait_goes_on() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let diary = Diary::new();
    let waiting = begin(&provider, &diary, Kind::Deaf).await;
    tokio::time::timeout(SOON, stop(&mut provider)).await.expect("an answer");
    assert!(!waiting.is_finished());
}

#[tokio::test]
async fn a_creation_outlives_the_client_that_asked_for_it() {
    let plugin = Launch::toy().start().await;
    let provider = plugin.provider().await;
    let diary = Diary::new();
    let waiting = begin(&provider, &diary, Kind::Prompt).await;
    waiting.abort();
    _ = waiting.await;
    drop(provider);
    let mut another = plugin.provider().await;
    assert!(!diary.says("stopped"), "the creation was not dropped with its client");
    stop(&mut another).await;
    eventually("the creation comes to its end", || diary.says("stopped")).await;
}

/// The end: code 0, no socket.
async fn assert_gone(mut plugin: Plugin) {
    let socket = plugin.socket();
    assert_eq!(plugin.end().await, Some(0));
    assert!(!socket.exists());
    assert!(!socket.parent().unwrap().exists());
}

#[tokio::test]
async fn shutdown_is_answered_and_ends_the_process() {
    let plugin = Launch::toy().start().await;
    plugin.provider().await;
    plugin.shutdown().await;
    assert_gone(plugin).await;
}

#[tokio::test]
async fn shutdown_does_not_wait_for_streams_that_stay_open() {
    use tf_provider_host::proto::goplugin::{
        ConnInfo, Empty, grpc_broker_client::GrpcBrokerClient, grpc_stdio_client::GrpcStdioClient,
    };
    let plugin = Launch::toy().start().await;
    let channel = plugin.channel().await;
    let mut stdio =
        GrpcStdioClient::new(channel.clone()).stream_stdio(Empty {}).await.unwrap().into_inner();
    let outgoing = tokio_stream::pending::<ConnInfo>();
    let mut broker =
        GrpcBrokerClient::new(channel).start_stream(outgoing).await.unwrap().into_inner();
    let quiet = Duration::from_millis(100);
    assert!(tokio::time::timeout(quiet, stdio.message()).await.is_err());
    assert!(tokio::time::timeout(quiet, broker.message()).await.is_err());
    plugin.shutdown().await;
    assert_gone(plugin).await;
}

#[tokio::test]
async fn shutdown_stops_what_is_running() {
    let plugin = Launch::toy().start().await;
    let provider = plugin.provider().await;
    let diary = Diary::new();
    let waiting = begin(&provider, &diary, Kind::Prompt).await;
    plugin.shutdown().await;
    assert_stopped(tokio::time::timeout(SOON, waiting).await.unwrap().unwrap(), &diary);
    assert_gone(plugin).await;
}

#[tokio::test]
async fn shutdown_does_not_wait_for_what_does_not_stop() {
    let plugin = Launch::toy().start().await;
    let provider = plugin.provider().await;
    let diary = Diary::new();
    let _waiting = begin(&provider, &diary, Kind::Deaf).await;
    plugin.shutdown().await;
    assert_gone(plugin).await;
}

#[tokio::test]
async fn a_term_signal_waits_for_what_stops_late() {
    let plugin = Launch::toy().start().await;
    let provider = plugin.provider().await;
    let diary = Diary::new();
    // Later than a client that asks for the end would wait.
    let kind = Kind::Slow(Duration::from_millis(2500));
    let waiting = begin(&provider, &diary, kind).await;
    plugin.signal("TERM");
    let answer = tokio::time::timeout(SOON, waiting).await.unwrap().unwrap();
    assert_stopped_as(kind, answer, &diary);
    assert_gone(plugin).await;
}

#[tokio::test]
async fn an_interrupt_in_debug_mode_waits_for_what_stops_late() {
    let mut plugin = Launch::bare(toy()).arg("--debug").start().await;
    let provider = provider(channel(plugin.socket_of_debug(), None).await.unwrap());
    let diary = Diary::new();
    let kind = Kind::Slow(Duration::from_millis(2500));
    let waiting = begin(&provider, &diary, kind).await;
    plugin.signal("INT");
    let answer = tokio::time::timeout(SOON, waiting).await.unwrap().unwrap();
    assert_stopped_as(kind, answer, &diary);
    assert_eq!(plugin.end().await, Some(0));
}

#[tokio::test]
async fn a_shutdown_after_a_term_signal_is_answered_and_does_not_wait_as_long() {
    let plugin = Launch::toy().start().await;
    let provider = plugin.provider().await;
    let diary = Diary::new();
    let kind = Kind::Slow(Duration::from_secs(600));
    let _waiting = begin(&provider, &diary, kind).await;
    plugin.signal("TERM");
    eventually("the creation is told to stop", || diary.says("stopped")).await;
    plugin.shutdown().await;
    assert_gone(plugin).await;
}

#[tokio::test]
async fn interrupts_are_the_client_s_business() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let diary = Diary::new();
    let waiting = begin(&provider, &diary, Kind::Prompt).await;
    for _ in 0..3 {
        plugin.signal("INT");
        plugin.signal("HUP");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!diary.says("stopped"));
    stop(&mut provider).await;
    assert_stopped(waiting.await.unwrap(), &diary);
}

fn alive(pid: i32) -> bool {
    // A zombie that nobody waits for has ended, too.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z')
    })
}

#[tokio::test]
async fn an_orphan_ends_by_itself() {
    use tokio::io::AsyncBufReadExt;
    // A shell as the parent, because it can be killed.
    let mut shell = tokio::process::Command::new("sh");
    shell
        .args(["-c", "\"$0\" & echo $!; wait", toy().to_str().unwrap()])
        .env(super::client::COOKIE.0, super::client::COOKIE.1)
        .env_remove("PLUGIN_CLIENT_CERT")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true);
    let mut shell = shell.spawn().unwrap();
    let mut lines = tokio::io::BufReader::new(shell.stdout.take().unwrap()).lines();
    // The shell's line and the plugin's come in either order.
    let mut first = lines.next_line().await.unwrap().unwrap();
    let mut second = lines.next_line().await.unwrap().unwrap();
    if first.contains('|') {
        std::mem::swap(&mut first, &mut second);
    }
    let (pid, handshake): (i32, String) = (first.parse().unwrap(), second);
    let socket = PathBuf::from(handshake.split('|').nth(3).unwrap());
    // Nobody reads what it writes any more, either.
    drop(lines);
    shell.kill().await.unwrap();
    drop(shell);
    eventually("the orphan ends", || !alive(pid)).await;
    assert!(!socket.parent().unwrap().exists());
}

async fn metadata(socket: &Path) -> bool {
    let channel = channel(socket.to_owned(), None).await.unwrap();
    provider(channel).get_metadata(pb::get_metadata::Request {}).await.is_ok()
}

#[tokio::test]
async fn debug_mode_serves_one_client_after_another_until_interrupted() {
    let mut plugin = Launch::bare(toy()).arg("--debug").start().await;
    let json = plugin
        .line
        .strip_prefix("TF_REATTACH_PROVIDERS='")
        .and_then(|rest| rest.strip_suffix('\''))
        .expect("an assignment that a shell understands");
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let entry = &json["registry.terraform.io/example/toy"];
    assert_eq!(json["registry.opentofu.org/example/toy"], *entry);
    assert_eq!(entry["Protocol"], "grpc");
    assert_eq!(entry["ProtocolVersion"], 6);
    assert_eq!(entry["Pid"], plugin.pid());
    assert_eq!(entry["Test"], true);
    assert_eq!(entry["Addr"]["Network"], "unix");
    let socket = PathBuf::from(entry["Addr"]["String"].as_str().unwrap());
    for _ in 0..3 {
        assert!(metadata(&socket).await);
        // A stop is the end of a command, not of the process.
        stop(&mut provider(channel(socket.clone(), None).await.unwrap())).await;
    }
    let diary = Diary::new();
    let waiting =
        begin(&provider(channel(socket.clone(), None).await.unwrap()), &diary, Kind::Prompt).await;
    stop(&mut provider(channel(socket.clone(), None).await.unwrap())).await;
    assert_stopped(waiting.await.unwrap(), &diary);
    assert!(metadata(&socket).await);
    // Nor is a client's shutdown.
    let channel = channel(socket.clone(), None).await.unwrap();
    let empty = tf_provider_host::proto::goplugin::Empty {};
    GrpcControllerClient::new(channel).shutdown(empty).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(metadata(&socket).await);
    plugin.signal("INT");
    assert_eq!(plugin.end().await, Some(0));
    assert!(!socket.exists());
}

#[tokio::test]
async fn methods_that_block_hold_up_neither_stop_nor_the_end() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let diary = Diary::new();
    // The host has one thread for them.
    let _blocked = begin(&provider, &diary, Kind::Blocking).await;
    tokio::time::timeout(SOON, stop(&mut provider)).await.unwrap();
    tokio::time::timeout(SOON, plugin.shutdown()).await.unwrap();
    assert_gone(plugin).await;
}

#[tokio::test]
async fn a_killed_client_leaves_a_plugin_that_can_be_told_to_end() {
    let mut plugin = Launch::toy().start().await;
    drop(plugin.provider().await);
    signal(plugin.pid(), "TERM");
    assert_eq!(plugin.end().await, Some(0));
}
