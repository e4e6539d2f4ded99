//! The doctor's options: its own, and each argument of the provider block that is no secret, from
//! the one table of them.

use std::collections::BTreeMap;
use std::ffi::OsString;

use lexopt::prelude::{Long, Short, ValueExt};
use lexopt::{Error, Parser};
use serde_json::{Map, Value};
use tf_provider::schema::AttributeType;

use super::report::filled;
use crate::provider::config::ProviderConfig;
use crate::provider::schema;

/// The options that are not the provider block's: name, value, text.
const OWN: [(&str, &str, &str); 3] = [
    ("name", "NAME", "Name of the configuration: is it free, or whose is it, and how far?"),
    (
        "key",
        "KEY_IDENTIFIER",
        "URL of the key, https://<vault>.vault.azure.net/keys/<key>: is it one, does its vault \
         respond, in which tenant?",
    ),
    ("tenant", "TENANT_ID", "Azure tenant (directory) that the vault has to be in, a GUID."),
];

/// What the command line asks for.
pub enum Asked {
    /// The text below.
    Help,
    /// The checks.
    Examine(Box<Options>),
}

/// What the checks are about.
pub struct Options {
    /// `--name`
    pub name: Option<String>,
    /// `--key`
    pub key: Option<String>,
    /// `--tenant`
    pub tenant: Option<String>,
    /// `--json`
    pub json: bool,
    /// What stands in for the provider block. It has no secret in it.
    pub provider: ProviderConfig,
}

/// Reads the arguments after the command.
pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Asked, Error> {
    let block = schema::arguments();
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
            Long(name) => {
                let own = OWN.iter().any(|(own, ..)| *own == name);
                let of_block = block.iter().find(|(argument, ..)| dashed(argument.name) == name);
                match of_block {
                    Some((argument, _, true, _)) => {
                        return Err(Error::from(format!(
                            "there is no option `--{name}`: a secret comes from the environment \
                             only, {}",
                            argument.variable
                        )));
                    }
                    None if !own => return Err(argument.unexpected()),
                    _ => name.to_owned(),
                }
            }
            _ => return Err(argument.unexpected()),
        };
        let value = parser.value()?.string()?;
        if given.contains_key(&name) {
            return Err(Error::from(format!("`--{name}` is given twice")));
        }
        given.insert(name, value);
    }
    let mut object = Map::new();
    for (argument, attr_type, ..) in block {
        let value = match (given.remove(&dashed(argument.name)), attr_type) {
            (None, _) => Value::Null,
            (Some(text), AttributeType::List(_)) => text.split(',').collect(),
            (Some(text), AttributeType::Number) => {
                text.parse::<i64>().map(Value::from).map_err(|_| {
                    Error::from(format!("`--{}` is not a whole number", dashed(argument.name)))
                })?
            }
            (Some(text), _) => text.into(),
        };
        object.insert(argument.name.to_owned(), value);
    }
    let provider =
        serde_json::from_value(object.into()).map_err(|error| Error::from(error.to_string()))?;
    let mut own = |name| given.remove(name);
    Ok(Asked::Examine(Box::new(Options {
        name: own("name"),
        key: own("key"),
        tenant: own("tenant"),
        json,
        provider,
    })))
}

/// The name of an argument as an option.
fn dashed(argument: &str) -> String {
    argument.replace('_', "-")
}

/// The text of `--help`.
pub fn help() -> String {
    let mut text = format!(
        "{} doctor: what is wrong and which step comes next, before anything irreversible. It \
         changes nothing.\n\n\
         Usage: {0} doctor [--name NAME] [--key KEY_IDENTIFIER] [--tenant TENANT_ID] [--json] \
         [--region …] …\n\n\
         What to check:\n",
        env!("CARGO_PKG_NAME")
    );
    let option = |name: &str, value: &str, text: &str| {
        format!("  --{name} {value}\n{}\n", filled(text, 10, 80))
    };
    text += &OWN.map(|(name, value, text)| option(name, value, text)).concat();
    text += "\nThe provider block's arguments. The doctor does not read the block: give what is in \
             it as an option, or in the\n\
             environment variable that stands beside it.\n";
    for (argument, _, is_secret, description) in schema::arguments() {
        let name = dashed(argument.name);
        if !is_secret {
            text += &option(
                &name,
                &format!("VALUE ({})", argument.variable),
                &description.replace('`', ""),
            );
        }
    }
    text += "\nSecrets come from the environment only: ";
    let secrets = schema::arguments().into_iter().filter(|(_, _, is_secret, _)| *is_secret);
    text += &secrets.map(|(argument, ..)| argument.variable).collect::<Vec<_>>().join(", ");
    text + ".\n\n\
        --json shows the outcome as JSON. NO_COLOR is honoured.\n\n\
        Exit code: 0 nothing is wrong, 1 something is, 2 nothing is but something could not be \
        told, 64 usage.\n"
}
