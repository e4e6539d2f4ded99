//! The ways to authenticate: a given token, or OAuth server-to-server.

use tf_provider::value::Value;

use super::{DEFAULT_IMS_ENDPOINT, DEFAULT_SCOPES, ProviderConfig, Reader, Setting, trimmed};
use crate::api::{Credentials, Secret};
use crate::provider::arguments::{
    ACCESS_TOKEN, Argument, CLIENT_ID, CLIENT_SECRET, IMS_ENDPOINT, SCOPES,
};
use crate::provider::diagnostics::ConfigError;

impl Reader<'_> {
    /// One way to authenticate. Credentials in HCL make those of the other way in the environment ignored; the missing
    /// half of a client's pair may come from its own variable.
    pub(super) fn credentials(&mut self, config: &ProviderConfig) -> Option<Credentials> {
        let hcl_token = !config.access_token.is_null();
        let hcl_client = !config.client_id.is_null() || !config.client_secret.is_null();
        // An unknown value may turn out to be null, so only known ones exclude each other.
        let hcl_both = config.access_token.is_value()
            && (config.client_id.is_value() || config.client_secret.is_value());
        let variables = |reader: &Self| {
            (
                reader.variable(ACCESS_TOKEN).is_some(),
                reader.variable(CLIENT_ID).is_some() || reader.variable(CLIENT_SECRET).is_some(),
            )
        };
        let use_token = match (hcl_token, hcl_client) {
            (true, true) if hcl_both => {
                self.errors.push(ConfigError::exclusive(false));
                return None;
            }
            (true, _) if config.access_token.is_unknown() && hcl_client => {
                self.unknown.push(ACCESS_TOKEN.name);
                return None;
            }
            (true, _) => true,
            (false, true) => false,
            (false, false) => match variables(self) {
                (true, true) => {
                    self.errors.push(ConfigError::exclusive(true));
                    return None;
                }
                (true, false) => true,
                (false, true) => false,
                (false, false) => {
                    self.errors.push(ConfigError::missing(
                        &[ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET],
                        "Credentials are needed: either an access token, or both the client id and the client secret of an \
                         OAuth server-to-server credential.",
                    ));
                    return None;
                }
            },
        };
        if use_token {
            return match self.text(&config.access_token, ACCESS_TOKEN) {
                Setting::Known(found) => self
                    .header_value(found, ACCESS_TOKEN)
                    .map(|token| Credentials::Token(Secret::new(token))),
                Setting::Unknown | Setting::Absent => None,
            };
        }
        self.client_credentials(config)
    }

    fn client_credentials(&mut self, config: &ProviderConfig) -> Option<Credentials> {
        let client_id = self.half(&config.client_id, CLIENT_ID);
        let client_secret = self.half(&config.client_secret, CLIENT_SECRET);
        let scopes = self.scopes(config);
        let ims_endpoint = self
            .text(&config.ims_endpoint, IMS_ENDPOINT)
            .or_default(DEFAULT_IMS_ENDPOINT)
            .and_then(|found| self.base_url(&found, IMS_ENDPOINT));
        Some(Credentials::ClientSecret {
            ims_endpoint: ims_endpoint?,
            client_id: client_id?,
            client_secret: Secret::new(client_secret?),
            scopes: scopes?,
        })
    }

    fn half(&mut self, hcl: &Value<String>, argument: Argument) -> Option<String> {
        match self.text(hcl, argument) {
            Setting::Known(found) => Some(found.value),
            Setting::Unknown => None,
            Setting::Absent => {
                self.errors.push(ConfigError::missing(
                    &[argument],
                    "`client_id` and `client_secret` go together, and one of them is missing.",
                ));
                None
            }
        }
    }

    fn scopes(&mut self, config: &ProviderConfig) -> Option<String> {
        let list = match &config.scopes {
            Value::Unknown => {
                self.unknown.push(SCOPES.name);
                return None;
            }
            Value::Value(list) => list.clone(),
            Value::Null => match self.variable(SCOPES) {
                Some(text) => text.split(',').map(|scope| Value::Value(scope.to_owned())).collect(),
                None => return Some(DEFAULT_SCOPES.to_owned()),
            },
        };
        let mut scopes = Vec::with_capacity(list.len());
        for scope in &list {
            match scope {
                Value::Unknown => {
                    self.unknown.push(SCOPES.name);
                    return None;
                }
                Value::Value(scope)
                    if !trimmed(scope).is_empty() && !trimmed(scope).contains([',', ' ']) =>
                {
                    scopes.push(trimmed(scope));
                }
                _ => {
                    self.errors.push(ConfigError::wrong(
                        SCOPES,
                        config.scopes.is_null(),
                        "a scope is one word without commas and spaces, such as \"openid\""
                            .to_owned(),
                    ));
                    return None;
                }
            }
        }
        if scopes.is_empty() {
            self.errors.push(ConfigError::wrong(
                SCOPES,
                false,
                "the list is empty; name the scopes of the credential, or leave the argument out"
                    .to_owned(),
            ));
            return None;
        }
        Some(scopes.join(","))
    }
}
