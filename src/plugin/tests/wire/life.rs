//! Stop, shutdown, signals, orphans, debug mode.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tf_provider_host::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use tf_provider_host::proto::goplugin::{self, ConnInfo};
use tf_provider_host::proto::tfplugin6 as pb;
use tokio::time::timeout;

use super::client::{COOKIE, Launch, Plugin, SOON, channel, eventually, provider, read, said};
use super::{Toy, apply, puppet, toy, written};

/// A creation that waits.
struct Creation {
    directory: tempfile::TempDir,
    planned: Json,
    response: tokio::task::JoinHandle<Result<pb::apply_resource_change::Response, tonic::Status>>,
}

impl Creation {
    /// `wait` stops when it is told to, `linger` milliseconds later; `deaf` does not, and `block`
    /// does not even await.
    async fn begin(toy: &Toy, how: &str, linger: Option<u64>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut planned = puppet(how);
        planned["diary"] = json!(directory.path().join("diary"));
        planned["linger"] = json!(linger);
        let request = apply("toy_puppet", &json!(null), &planned);
        let mut provider = toy.provider.clone();
        let response = async move { provider.apply_resource_change(request).await };
        let response = tokio::spawn(async { response.await.map(tonic::Response::into_inner) });
        let creation = Self { directory, planned, response };
        eventually("the creation begins", || creation.says("begun")).await;
        creation
    }

    fn says(&self, word: &str) -> bool {
        let diary = std::fs::read_to_string(self.directory.path().join("diary"));
        diary.unwrap_or_default().contains(word)
    }

    /// It has stopped, and what exists is kept.
    async fn assert_stopped(mut self) {
        let response = timeout(SOON, self.response).await.expect("it stops").unwrap().unwrap();
        assert_eq!(said(&response.diagnostics), ["Stopped while waiting"]);
        self.planned["result"] = json!("done");
        assert_eq!(read(response.new_state.as_ref()), written(&self.planned));
    }
}

/// A plugin that says when its end was not in time.
fn launch() -> Launch {
    Launch::toy().env("TF_LOG", "WARN")
}

impl Toy {
    async fn stop(&self) {
        let stopped = timeout(SOON, self.stop_provider(pb::stop_provider::Request {})).await;
        assert_eq!(stopped.expect("a response").error, "");
    }

    /// Both of its threads have done what came before.
    async fn turn(&self) {
        for _ in 0..3 {
            self.get_metadata(pb::get_metadata::Request {}).await;
        }
    }
}

/// The end: code 0, no socket, and whether all that ran has ended too.
async fn assert_gone(mut plugin: Plugin, has_drained: bool) {
    assert_eq!(plugin.end().await, Some(0));
    assert!(!plugin.socket().parent().unwrap().exists());
    let log = plugin.log();
    assert_eq!(!log.contains("Ending with requests still running"), has_drained, "{log}");
}

#[tokio::test]
async fn stop_reaches_a_wait_and_is_not_for_ever() {
    let toy = Toy::start().await;
    let deaf = Creation::begin(&toy, "deaf", None).await;
    for _ in 0..2 {
        // A stop of the past must not reach it: the second wait would be over at once.
        let creation = Creation::begin(&toy, "wait", None).await;
        toy.turn().await;
        assert!(!creation.says("stopped"));
        toy.stop().await;
        creation.assert_stopped().await;
    }
    assert!(!deaf.response.is_finished());
}

#[tokio::test]
async fn a_creation_outlives_the_client_that_asked_for_it() {
    let mut toy = Toy::start().await;
    let creation = Creation::begin(&toy, "wait", None).await;
    creation.response.abort();
    toy.provider = toy.plugin.provider().await;
    toy.turn().await;
    assert!(!creation.says("stopped"), "the creation was not dropped with its client");
    toy.stop().await;
    eventually("the creation comes to its end", || creation.says("stopped")).await;
}

#[tokio::test]
async fn a_shutdown_stops_what_runs_and_waits_for_no_open_stream() {
    use goplugin::{grpc_broker_client::GrpcBrokerClient, grpc_stdio_client::GrpcStdioClient};
    let toy = Toy::of(launch()).await;
    let channel = toy.plugin.channel().await;
    let stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(goplugin::Empty {}).await;
    let outgoing = tokio_stream::pending::<ConnInfo>();
    let broker = GrpcBrokerClient::new(channel).start_stream(outgoing).await;
    let (mut stdio, mut broker) = (stdio.unwrap().into_inner(), broker.unwrap().into_inner());
    tokio::select! {
        ended = stdio.message() => panic!("{ended:?}"),
        ended = broker.message() => panic!("{ended:?}"),
        () = toy.turn() => {}
    }
    let creation = Creation::begin(&toy, "wait", None).await;
    toy.plugin.shutdown().await;
    creation.assert_stopped().await;
    assert_gone(toy.plugin, true).await;
}

#[tokio::test]
async fn what_does_not_stop_is_waited_for_longer_after_a_signal_than_after_a_shutdown() {
    let begin = async |how| {
        let toy = Toy::of(launch()).await;
        let creation = Creation::begin(&toy, how, None).await;
        (toy.plugin, creation)
    };
    let (mut told, _deaf) = begin("deaf").await;
    told.signal("TERM");
    // A shutdown has the same time after a signal, and a method that blocks its thread is as deaf.
    for (how, signal) in [("deaf", false), ("block", false), ("deaf", true)] {
        let (plugin, _creation) = begin(how).await;
        if signal {
            plugin.signal("TERM");
        }
        timeout(SOON, plugin.shutdown()).await.expect("a response");
        assert_gone(plugin, false).await;
    }
    assert_eq!(told.child.try_wait().unwrap(), None, "its time is not over");
}

#[tokio::test]
async fn a_method_that_blocks_holds_up_no_stop() {
    let toy = Toy::start().await;
    let blocked = Creation::begin(&toy, "block", None).await;
    // What comes now would block the other thread, if it were let.
    let mut provider = toy.provider.clone();
    let more = apply("toy_puppet", &json!(null), &puppet("block"));
    let more = tokio::spawn(async move { provider.apply_resource_change(more).await });
    for _ in 0..3 {
        toy.stop().await;
    }
    assert!(!blocked.response.is_finished() && !more.is_finished());
}

#[tokio::test]
async fn a_signal_lets_what_stops_late_get_its_response() {
    let toy = Toy::of(launch()).await;
    let creation = Creation::begin(&toy, "wait", Some(100)).await;
    // Interrupts are the client's business.
    for _ in 0..3 {
        toy.plugin.signal("INT");
        toy.plugin.signal("HUP");
        toy.turn().await;
    }
    assert!(!creation.says("stopped"));
    toy.plugin.signal("TERM");
    creation.assert_stopped().await;
    assert_gone(toy.plugin, true).await;

    // Without a client, too.
    let plugin = launch().start().await;
    drop(plugin.provider().await);
    plugin.signal("TERM");
    assert_gone(plugin, true).await;
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
    let mut shell = tokio::process::Command::new("sh")
        .args(["-c", "\"$0\" & echo $!; wait", toy().to_str().unwrap()])
        .env(COOKIE.0, COOKIE.1)
        .env_remove("PLUGIN_CLIENT_CERT")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = tokio::io::BufReader::new(shell.stdout.take().unwrap()).lines();
    // The shell's line and the plugin's come in either order.
    let mut first = lines.next_line().await.unwrap().unwrap();
    let mut handshake = lines.next_line().await.unwrap().unwrap();
    if first.contains('|') {
        std::mem::swap(&mut first, &mut handshake);
    }
    let pid: i32 = first.parse().unwrap();
    // Nobody reads what it writes any more, either.
    drop(lines);
    shell.kill().await.unwrap();
    drop(shell);
    eventually("the orphan ends", || !alive(pid)).await;
    let socket = Path::new(handshake.split('|').nth(3).unwrap());
    assert!(!socket.parent().unwrap().exists());
}

#[tokio::test]
async fn debug_mode_serves_one_client_after_another_until_interrupted() {
    let plugin = Launch::bare(toy()).env("TF_LOG", "WARN").arg("--debug").start().await;
    let json = plugin
        .line
        .strip_prefix("TF_REATTACH_PROVIDERS='")
        .and_then(|rest| rest.strip_suffix('\''))
        .expect("an assignment that a shell understands");
    let json: Json = serde_json::from_str(json).unwrap();
    let mut entry = json["registry.terraform.io/example/toy"].clone();
    assert_eq!(json["registry.opentofu.org/example/toy"], entry);
    let socket = PathBuf::from(entry["Addr"]["String"].take().as_str().unwrap());
    assert_eq!(
        entry,
        json!({
            "Protocol": "grpc", "ProtocolVersion": 6, "Pid": plugin.pid(), "Test": true,
            "Addr": { "Network": "unix", "String": null },
        })
    );
    let connect = async || channel(socket.clone(), None).await.unwrap();
    let mut toy = Toy { plugin, provider: provider(connect().await) };
    for _ in 0..2 {
        // A stop is the end of a command, not of the process; nor is a client's shutdown.
        let creation = Creation::begin(&toy, "wait", None).await;
        toy.stop().await;
        creation.assert_stopped().await;
        let mut controller = GrpcControllerClient::new(connect().await);
        controller.shutdown(goplugin::Empty {}).await.unwrap();
        toy.provider = provider(connect().await);
        toy.turn().await;
    }
    // An interrupt is, once what runs has stopped.
    let creation = Creation::begin(&toy, "wait", Some(100)).await;
    toy.plugin.signal("INT");
    creation.assert_stopped().await;
    assert_eq!(toy.plugin.end().await, Some(0));
    assert!(!socket.exists());
}
