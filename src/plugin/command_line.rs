//! What the binary is asked to do, and what it says on standard output.

use std::collections::BTreeMap;
use std::ffi::OsString;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::About;

/// Terraform's proof that it is Terraform. It is no secret; it keeps people from running a plugin
/// by hand.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Serve the process that started this one.
    Serve,
    /// Serve whoever is told where, until interrupted.
    Debug,
    Version,
    Help,
}

impl Command {
    /// From the arguments after the program's name. Go's flags have one dash, other programs' two.
    pub(super) fn parse(arguments: impl Iterator<Item = OsString>) -> anyhow::Result<Self> {
        let mut command = Self::Serve;
        for argument in arguments {
            command = match argument.to_str() {
                Some("-debug" | "--debug") => Self::Debug,
                Some("-version" | "--version" | "-V") => return Ok(Self::Version),
                Some("-help" | "--help" | "-h") => return Ok(Self::Help),
                _ => anyhow::bail!("unknown argument {argument:?}: see --help"),
            };
        }
        Ok(command)
    }
}

/// Whether Terraform or OpenTofu started this process.
pub(super) fn has_cookie(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable(COOKIE.0).is_some_and(|value| value == COOKIE.1)
}

pub(super) fn version(about: &About) -> String {
    format!("{} {}\n", about.name, about.version)
}

pub(super) fn help(about: &About) -> String {
    format!(
        "{name} {version}\n{description}\n\n\
         terraform and tofu start this program themselves. By hand it can be asked for:\n\n{commands}  \
         --debug    serve until interrupted and print the TF_REATTACH_PROVIDERS that leads terraform here\n  \
         --version  print the version\n  \
         --help     print this text\n\n\
         TF_LOG_PROVIDER_{variable}, TF_LOG_PROVIDER and TF_LOG set the level of the log.\n",
        name = about.name,
        version = about.version,
        description = about.description,
        commands = commands(about),
        variable = about.kind().to_uppercase().replace('-', "_"),
    )
}

/// What a person is told who starts it by hand.
pub(super) fn not_by_hand(about: &About) -> String {
    format!(
        "This binary is a Terraform plugin. It is not meant to be run by hand: terraform and tofu start it themselves.\n\
         By hand it can be asked for:\n\n{}  --debug    serve until interrupted\n  --help     say more",
        commands(about)
    )
}

/// What else the binary does, a line each.
fn commands(about: &About) -> String {
    about.commands.iter().map(|(name, does)| format!("  {name:<9}  {does}\n")).collect()
}

/// The line that tells go-plugin's client where and how to connect. Fields: version of the
/// handshake, of the protocol, network, address, kind, certificate. Old clients would take a
/// seventh field for a part of the certificate, so the one about multiplexing is printed only if
/// the client asked.
pub(super) fn handshake(
    (network, address): &(&'static str, String),
    certificate: Option<&[u8]>,
    asks_for_multiplexing: bool,
) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let multiplexing = if asks_for_multiplexing { "|false" } else { "" };
    format!("1|6|{network}|{address}|grpc|{certificate}{multiplexing}\n")
}

/// The variable that leads a CLI to a plugin that already runs. The tools add their own registry to
/// a short address, so both are listed.
pub(super) fn reattach(about: &About, (network, address): &(&'static str, String)) -> String {
    let short = about.address.split_once('/').map_or(about.address, |(_, short)| short);
    let entry = serde_json::json!({
        "Protocol": "grpc",
        "ProtocolVersion": 6,
        "Pid": std::process::id(),
        "Test": true,
        "Addr": { "Network": network, "String": address },
    });
    let providers: BTreeMap<String, &serde_json::Value> =
        ["registry.terraform.io", "registry.opentofu.org"]
            .into_iter()
            .map(|host| format!("{host}/{short}"))
            .chain([about.address.to_owned()])
            .map(|address| (address, &entry))
            .collect();
    let providers = serde_json::json!(providers);
    format!("TF_REATTACH_PROVIDERS='{providers}'\n")
}

#[cfg(test)]
mod tests {
    use super::{Command, handshake, has_cookie, help, reattach, version};
    use crate::About;

    const ABOUT: About = About {
        name: "terraform-provider-toy-box",
        address: "registry.terraform.io/example/toy-box",
        version: "1.2.3",
        description: "Toys.",
        commands: &[("wind-up", "does nothing")],
    };

    fn parse(arguments: &[&str]) -> Option<Command> {
        Command::parse(arguments.iter().map(Into::into)).ok()
    }

    #[test]
    fn arguments_are_few() {
        assert_eq!(parse(&[]), Some(Command::Serve));
        assert_eq!(parse(&["-debug"]), Some(Command::Debug));
        assert_eq!(parse(&["--version"]), Some(Command::Version));
        assert_eq!(parse(&["-h"]), Some(Command::Help));
        assert_eq!(parse(&["serve"]), None);
    }

    #[test]
    fn the_cookie_has_to_be_the_one() {
        assert!(!has_cookie(|_| None));
        assert!(!has_cookie(|_| Some("x".to_owned())));
        let cookie = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
        assert!(has_cookie(|name| (name == "TF_PLUGIN_MAGIC_COOKIE").then(|| cookie.to_owned())));
    }

    #[test]
    fn the_handshake_has_six_fields_and_a_seventh_only_on_request() {
        let address = ("unix", "/tmp/s".to_owned());
        assert_eq!(handshake(&address, Some(&[0xff]), false), "1|6|unix|/tmp/s|grpc|/w\n");
        assert_eq!(handshake(&address, None, false), "1|6|unix|/tmp/s|grpc|\n");
        assert_eq!(handshake(&address, None, true), "1|6|unix|/tmp/s|grpc||false\n");
    }

    #[test]
    fn reattaching_works_for_both_tools() {
        let line = reattach(&ABOUT, &("unix", "/tmp/s".to_owned()));
        let json = line
            .strip_prefix("TF_REATTACH_PROVIDERS='")
            .and_then(|rest| rest.strip_suffix("'\n"))
            .unwrap();
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        for host in ["registry.terraform.io", "registry.opentofu.org"] {
            let entry = &json[format!("{host}/example/toy-box")];
            assert_eq!(entry["ProtocolVersion"], 6);
            assert_eq!(entry["Test"], true);
            assert_eq!(entry["Addr"]["String"], "/tmp/s");
        }
    }

    #[test]
    fn texts_name_the_program() {
        assert_eq!(version(&ABOUT), "terraform-provider-toy-box 1.2.3\n");
        assert!(help(&ABOUT).contains("TF_LOG_PROVIDER_TOY_BOX"));
        assert!(help(&ABOUT).contains("\n  wind-up    does nothing\n"));
    }
}
