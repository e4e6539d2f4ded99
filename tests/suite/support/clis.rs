//! The CLIs that run the scenes, and the one place that knows what each of them can do.

use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

/// More CLIs than `terraform` and `tofu` on the `PATH`: their binaries, separated as in `PATH`.
const MORE: &str = "AEP_TEST_CLIS";

/// A CLI.
#[derive(Debug)]
pub struct Cli {
    path: PathBuf,
    tool: Tool,
    version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Terraform,
    OpenTofu,
}

/// What not every CLI has that the provider works with. A scene says what happens with it and
/// without it.
#[derive(Clone, Copy, Debug)]
pub enum Feature {
    /// `provider::aep::…`
    Functions,
    /// Identities: stored, shown, imported by.
    Identity,
}

impl Cli {
    /// The binary.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The registry whose address a provider without a host gets.
    pub fn registry(&self) -> &'static str {
        match self.tool {
            Tool::Terraform => "registry.terraform.io",
            Tool::OpenTofu => "registry.opentofu.org",
        }
    }

    /// Whether it has a feature. The version alone decides.
    pub fn has(&self, feature: Feature) -> bool {
        let since = match (feature, self.tool) {
            (Feature::Functions, Tool::Terraform) => (1, 8),
            (Feature::Functions, Tool::OpenTofu) => (1, 7),
            (Feature::Identity, _) => (1, 12),
        };
        self.minor() >= since
    }

    fn minor(&self) -> (u64, u64) {
        let mut numbers = self.version.split('.').map(|part| part.parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }

    /// Asks a binary what it is. The first line has the tool and the version; `-json` does not have
    /// the tool.
    fn of(path: PathBuf) -> Self {
        let output = Command::new(&path)
            .arg("version")
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_CLI_CONFIG_FILE")
            .output()
            .unwrap_or_else(|error| panic!("{} does not run: {error}", path.display()));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut words = text.split_whitespace();
        let tool = match words.next() {
            Some("Terraform") => Tool::Terraform,
            Some("OpenTofu") => Tool::OpenTofu,
            _ => panic!("{} is neither Terraform nor OpenTofu: {text}", path.display()),
        };
        let version = words.next().unwrap_or_default().trim_start_matches('v').to_owned();
        Self { path, tool, version }
    }
}

impl fmt::Display for Cli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.tool, self.version)
    }
}

/// Every CLI: `terraform` and `tofu` on the `PATH`, and those that `AEP_TEST_CLIS` names. At least
/// one.
pub fn clis() -> &'static [Cli] {
    static CLIS: OnceLock<Vec<Cli>> = OnceLock::new();
    CLIS.get_or_init(|| {
        let on_path = std::env::var_os("PATH").unwrap_or_default();
        let more = std::env::var_os(MORE).unwrap_or_default();
        let mut paths: Vec<_> = ["terraform", "tofu"]
            .iter()
            .filter_map(|name| {
                std::env::split_paths(&on_path)
                    .map(|folder| folder.join(name))
                    .find(|candidate| candidate.is_file())
            })
            .collect();
        paths.extend(std::env::split_paths(&more).filter(|path| !path.as_os_str().is_empty()));
        assert!(
            !paths.is_empty(),
            "the tests need `terraform` or `tofu` on the PATH, or a path to one in {MORE}: \
             install one of them"
        );
        // One that is on the `PATH` and named besides plays once.
        let mut seen = HashSet::new();
        paths.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
        paths.into_iter().map(Cli::of).collect()
    })
}

/// The CLI of the scenes that one CLI plays.
pub fn cli() -> &'static Cli {
    &clis()[0]
}

/// Plays a scene with every CLI at once, and says with which ones it failed.
#[track_caller]
pub fn with_each(scene: impl Fn(&'static Cli) + Sync) {
    let failures: Vec<_> = thread::scope(|scope| {
        let played: Vec<_> = clis().iter().map(|cli| (cli, scope.spawn(|| scene(cli)))).collect();
        let failed = played.into_iter().filter_map(|(cli, played)| {
            let failure = played.join().err()?;
            Some(format!("with {cli}: {}", message(failure.as_ref())))
        });
        failed.collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn message(failure: &(dyn Any + Send)) -> &str {
    let text = failure.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| failure.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}

#[test]
fn every_cli_is_one_that_the_provider_works_with() {
    for cli in clis() {
        eprintln!("{cli} ({})", cli.path.display());
        let oldest = match cli.tool {
            Tool::Terraform => (1, 5),
            Tool::OpenTofu => (1, 6),
        };
        assert!(cli.minor() >= oldest, "{cli} is too old");
    }
}
