//! The ways to authenticate: a given token, or OAuth server-to-server.

use tf_provider::value::Value;

use super::{ProviderConfig, Reader, base_url, header_value, trimmed};
use crate::api::{Credentials, Secret};
use crate::provider::arguments::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, IMS_ENDPOINT, SCOPES};
use crate::provider::diagnostics::ConfigError;

/// What one source has: a token, a client.
type Ways = (bool, bool);

impl Reader<'_> {
    /// One way to authenticate. Credentials in HCL make those of the other way in the environment
    /// ignored; the missing half of a client's pair may come from its own variable.
    pub(super) fn credentials(&mut self, config: &ProviderConfig) -> Option<Credentials> {
        let ProviderConfig { access_token, client_id, client_secret, .. } = config;
        let in_block: Ways =
            (!access_token.is_null(), !client_id.is_null() || !client_secret.is_null());
        let variable = |argument| self.variable(argument).is_some();
        let in_environment: Ways =
            (variable(&ACCESS_TOKEN), variable(&CLIENT_ID) || variable(&CLIENT_SECRET));
        let is_in_block = in_block != (false, false);
        // An unknown value may turn out to be null, so only known ones exclude each other.
        let excludes = !is_in_block || client_id.is_value() || client_secret.is_value();
        match if is_in_block { in_block } else { in_environment } {
            (true, true) if access_token.is_unknown() => {
                self.deferred.unknown.push(ACCESS_TOKEN.name);
                None
            }
            (true, true) if excludes => {
                self.errors.push(ConfigError::exclusive(!is_in_block));
                None
            }
            (true, _) => {
                let token = self.read(access_token, &ACCESS_TOKEN, header_value).as_option()?;
                Some(Credentials::Token(Secret::new(token)))
            }
            (false, true) => self.client_credentials(config),
            (false, false) => {
                self.errors.push(ConfigError::missing(
                    &[&ACCESS_TOKEN, &CLIENT_ID, &CLIENT_SECRET],
                    "Credentials are needed: either an access token, or both the client id and the \
                     client secret of an OAuth server-to-server credential.",
                ));
                None
            }
        }
    }

    fn client_credentials(&mut self, config: &ProviderConfig) -> Option<Credentials> {
        const PAIR: &str =
            "`client_id` and `client_secret` go together, and one of them is missing.";
        let as_is = |text: &str| Ok(text.to_owned());
        let client_id = self.required(&config.client_id, &CLIENT_ID, PAIR, as_is);
        let client_secret = self.required(&config.client_secret, &CLIENT_SECRET, PAIR, as_is);
        let separator = if config.scopes.is_null() { ',' } else { '\n' };
        let scopes =
            self.read(&lines(&config.scopes), &SCOPES, |text| scopes(text, separator)).as_option();
        let ims_endpoint = self.read(&config.ims_endpoint, &IMS_ENDPOINT, base_url).as_option();
        Some(Credentials::ClientSecret {
            ims_endpoint: ims_endpoint?,
            client_id: client_id?,
            client_secret: Secret::new(client_secret?),
            scopes: scopes?,
        })
    }
}

/// A list as lines. Unknown with one of its elements.
fn lines(list: &Value<Vec<Value<String>>>) -> Value<String> {
    list.as_ref().and_then(|list| match list.iter().any(Value::is_unknown) {
        true => Value::Unknown,
        false => {
            let texts = list.iter().map(|text| text.as_deref_option().unwrap_or_default());
            Value::Value(texts.collect::<Vec<_>>().join("\n"))
        }
    })
}

fn scopes(text: &str, separator: char) -> Result<String, String> {
    let scopes: Vec<_> = text.split(separator).map(trimmed).collect();
    let is_word = |scope: &&str| !scope.is_empty() && !scope.contains([',', ' ']);
    match scopes.iter().all(is_word) {
        true => Ok(scopes.join(",")),
        false => {
            Err("a scope is one word without commas and spaces, such as \"openid\"".to_owned())
        }
    }
}
