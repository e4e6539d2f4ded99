//! The simulator on its own, for trying the provider by hand: arguments, start, run until Ctrl-C.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use aep_simulator::{Options, Simulator, stages};
use anyhow::{Context, Result, bail};

const HELP: &str = "\
aep-simulator stands in for Adobe Experience Platform's API for customer-managed keys, on this machine only.
It is not Adobe's, knows nothing of Adobe, keeps nothing, and guards nothing.

Usage: aep-simulator [OPTIONS]

  --listen ADDRESS:PORT    where to listen; loopback only, port 0 lets the system choose [127.0.0.1:8080]
  --org ORG                the one organisation there is [1234567890ABCDEF12345678@AdobeOrg]
  --token TOKEN            an access token that is accepted, can be repeated [sim-token]
  --client ID:SECRET       an OAuth credential that is accepted, can be repeated [sim-client:sim-secret]; it takes
                           AEP_IMS_ENDPOINT, the same address as AEP_ENDPOINT
  --stage-seconds SECONDS  how long RUNNING and UPDATE_EXISTING_RESOURCES last, each [2]
  --outcome OUTCOME        completed, failed, or one for each attempt at a name: failed,completed [completed]
  --help, --version
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        // Not returned from main: anyhow would add a backtrace under RUST_BACKTRACE.
        Err(error) => {
            eprintln!("aep-simulator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    for argument in &arguments {
        match argument.as_str() {
            "--help" | "-h" => return say(HELP),
            "--version" | "-V" => {
                return say(concat!("aep-simulator ", env!("CARGO_PKG_VERSION"), "\n"));
            }
            _ => {}
        }
    }
    let options = parse(arguments.into_iter())?;
    let simulator = Simulator::start(options.clone())
        .with_context(|| format!("cannot listen on {}", options.bind))?;
    say(&greeting(&simulator.url(), &options))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::signal::ctrl_c()).context("cannot wait for Ctrl-C")
}

fn say(text: &str) -> Result<()> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// What a user pastes to point the provider here.
fn greeting(url: &str, options: &Options) -> String {
    let mut settings = vec![("endpoint", url), ("org_id", options.org_id.as_str())];
    match (options.tokens.first(), options.clients.first()) {
        (Some(token), _) => settings.push(("access_token", token)),
        (None, Some((id, secret))) => {
            settings.extend([("ims_endpoint", url), ("client_id", id), ("client_secret", secret)]);
        }
        (None, None) => {}
    }
    let variable =
        |(name, value): &(&str, &str)| format!("export AEP_{}='{value}'\n", name.to_uppercase());
    let width = settings.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let argument = |(name, value): &(&str, &str)| format!("  {name:width$} = \"{value}\"\n");
    format!(
        "aep-simulator {version}: a local stand-in for Adobe's API for customer-managed keys, not Adobe's.\n\
         It listens on {url} until Ctrl-C and forgets everything then.\n\n\
         {variables}\nor\n\nprovider \"aep\" {{\n{arguments}}}\n",
        version = env!("CARGO_PKG_VERSION"),
        variables = settings.iter().map(variable).collect::<String>(),
        arguments = settings.iter().map(argument).collect::<String>(),
    )
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options> {
    let mut options = Options {
        bind: SocketAddr::from(([127, 0, 0, 1], 8080)),
        stages: stages(Duration::from_secs(2)),
        ..Options::default()
    };
    let (mut tokens, mut clients) = (Vec::new(), Vec::new());
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--listen" => options.bind = listen(&value()?)?,
            "--org" => options.org_id = value()?,
            "--token" => tokens.push(value()?),
            "--client" => clients.push(client(&value()?)?),
            "--stage-seconds" => options.stages = stages(seconds(&value()?)?),
            "--outcome" => options.outcomes = outcomes(&value()?)?,
            _ => bail!("unknown argument {flag}; --help lists what there is"),
        }
    }
    // What is given replaces the defaults, so that a list of credentials is exactly the one asked
    // for.
    if !(tokens.is_empty() && clients.is_empty()) {
        (options.tokens, options.clients) = (tokens, clients);
    }
    Ok(options)
}

fn listen(value: &str) -> Result<SocketAddr> {
    let named = value.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    named.as_deref().unwrap_or(value).parse().with_context(|| {
        format!("--listen {value}: write an address and a port, such as 127.0.0.1:8080")
    })
}

fn client(value: &str) -> Result<(String, String)> {
    match value.split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() => {
            Ok((id.into(), secret.into()))
        }
        _ => bail!("--client: write ID:SECRET"),
    }
}

fn seconds(value: &str) -> Result<Duration> {
    let seconds: f64 = value.parse().with_context(|| format!("--stage-seconds {value}"))?;
    Duration::try_from_secs_f64(seconds).with_context(|| format!("--stage-seconds {value}"))
}

fn outcomes(value: &str) -> Result<Vec<&'static str>> {
    let ends = value.split(',').map(|end| match end {
        "completed" => Ok("COMPLETED"),
        "failed" => Ok("FAILED"),
        _ => bail!(
            "--outcome {value}: write completed, failed, or several of them with commas between"
        ),
    });
    ends.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> Result<Options> {
        parse(line.split_whitespace().map(Into::into))
    }

    #[test]
    fn arguments_become_options_that_the_greeting_shows() {
        let plain = greeting("http://127.0.0.1:1", &run("").unwrap());
        assert!(plain.contains("export AEP_ACCESS_TOKEN='sim-token'"), "{plain}");
        let options = run("--listen localhost:9 --org o@AdobeOrg --client a:b:c --stage-seconds 0.5 --outcome failed,completed").unwrap();
        assert_eq!(options.bind.to_string(), "127.0.0.1:9");
        assert_eq!(options.stages, stages(Duration::from_millis(500)));
        assert_eq!(options.outcomes, ["FAILED", "COMPLETED"]);
        let shown = greeting("http://127.0.0.1:9", &options);
        for part in ["ORG_ID='o@AdobeOrg'", "CLIENT_ID='a'", "CLIENT_SECRET='b:c'", "IMS_ENDPOINT"]
        {
            assert!(shown.contains(part) && !shown.contains("TOKEN"), "{shown}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            ("--listen 8080", "write an address and a port"),
            ("--client a", "ID:SECRET"),
            ("--outcome done", "completed, failed"),
            ("--stage-seconds -1", "--stage-seconds -1"),
            ("--org", "--org needs a value"),
            ("serve", "unknown argument serve"),
        ] {
            let error = format!("{:#}", run(line).unwrap_err());
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}
