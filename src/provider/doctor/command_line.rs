//! The doctor's options: its own, and each argument of the provider block that is no secret, from
//! the one table of them.

use std::collections::BTreeMap;
use std::ffi::OsString;

use lexopt::prelude::{Long, Short, ValueExt};
use lexopt::{Error, Parser};
use serde_json::{Map, Value};

use super::report::filled;
use crate::provider::arguments::{self, Kind};
use crate::provider::config::ProviderConfig;

/// The options that are not the provider block's: name, value, text.
const OWN: [(&str, &str, &str); 3] = [
    (
        "name",
        "NAME",
        "Name of the configuration: is it free? If not, which key does it have, and what is its \
         status?",
    ),
    (
        "key",
        "KEY_IDENTIFIER",
        "URL of the key, https://<vault>.vault.azure.net/keys/<key>: is it valid, does its vault \
         respond, and in which tenant is it?",
    ),
    ("tenant", "TENANT_ID", "Azure tenant (directory) that the vault has to be in, a GUID."),
];

/// What the command line asks for.
pub enum Asked {
    /// [`help`]
    Help,
    /// The checks.
    Examine(Box<Options>),
}

/// What the checks are about.
#[allow(missing_docs)]
pub struct Options {
    pub name: Option<String>,
    pub key: Option<String>,
    pub tenant: Option<String>,
    pub json: bool,
    /// What stands in for the provider block. It has no secret in it.
    pub provider: ProviderConfig,
}

/// Reads the arguments after the command.
pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Asked, Error> {
    let mut parser = Parser::from_args(arguments);
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    let mut json = false;
    while let Some(argument) = parser.next()? {
        let name = match argument {
            Short('h') | Long("help") => return Ok(Asked::Help),
            Long("json") => {
                json = true;
                continue;
            }
            Long(name) => name.to_owned(),
            _ => return Err(argument.unexpected()),
        };
        match arguments::ALL.iter().find(|argument| dashed(argument.name) == name) {
            Some(argument) if argument.is_secret() => {
                return Err(Error::from(format!(
                    "there is no option `--{name}`: a secret comes from the environment only, \
                     {}",
                    argument.variable
                )));
            }
            None if OWN.iter().all(|(own, ..)| *own != name) => {
                return Err(Error::UnexpectedOption(format!("--{name}")));
            }
            _ => {}
        }
        let value = parser.value()?.string()?;
        if given.insert(name.clone(), value).is_some() {
            return Err(Error::from(format!("`--{name}` is given twice")));
        }
    }
    let mut provider = Map::new();
    for argument in arguments::ALL {
        let name = dashed(argument.name);
        let value = match (given.remove(&name), argument.kind) {
            (None, _) => Value::Null,
            (Some(text), Kind::List) => text.split(',').collect(),
            (Some(text), Kind::Number) => {
                let number: Result<i64, _> = text.parse();
                number.map_err(|_| format!("`--{name}` is not a whole number"))?.into()
            }
            (Some(text), _) => text.into(),
        };
        provider.insert(argument.name.to_owned(), value);
    }
    let provider = serde_json::from_value(provider.into()).map_err(|error| error.to_string())?;
    let [name, key, tenant] = OWN.map(|(name, ..)| given.remove(name));
    Ok(Asked::Examine(Box::new(Options { name, key, tenant, json, provider })))
}

/// The name of an argument as an option.
fn dashed(argument: &str) -> String {
    argument.replace('_', "-")
}

/// The text of `--help`.
pub fn help() -> String {
    let option = |name: &str, value: &str, text: &str| {
        format!("  --{name} {value}\n{}\n", filled(text, 10, 80))
    };
    let own = OWN.map(|(name, value, text)| option(name, value, text)).concat();
    let (mut block, mut secrets) = (String::new(), Vec::new());
    for argument in arguments::ALL {
        let value = format!("VALUE ({})", argument.variable);
        match argument.kind {
            Kind::Secret => secrets.push(argument.variable),
            _ => {
                block += &option(&dashed(argument.name), &value, &argument.text().replace('`', ""));
            }
        }
    }
    format!(
        "{} doctor: what is wrong and which step comes next, before anything irreversible. It \
         changes nothing.\n\n\
         Usage: {0} doctor [--name NAME] [--key KEY_IDENTIFIER] [--tenant TENANT_ID] [--json] \
         [--region …] …\n\n\
         What to check:\n{own}\n\
         The provider block's arguments. The doctor does not read the block: give what is in it as \
         an option, or in the\nenvironment variable that stands beside it.\n{block}\n\
         Secrets come from the environment only: {}.\n\n\
         --json shows the outcome as JSON. NO_COLOR is honoured.\n\n\
         Exit code: 0 nothing is wrong; 1 something is wrong; 2 nothing is wrong, but something \
         could not be told; 64 usage.\n",
        env!("CARGO_PKG_NAME"),
        secrets.join(", ")
    )
}
