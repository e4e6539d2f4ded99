//! The checks of the vault: what it says without credentials, and how a person asks Azure for the
//! rest.

use url::Url;

use super::checks::{Setup, detail};
use super::report::{Facts, Finding, Outcome};
use crate::api::{self, Kind, Route};
use crate::key_identifier::KeyIdentifier;
use crate::provider::arguments::Environment;
use crate::provider::cmk_app::consent_url::check_tenant_id;
use crate::provider::cmk_config::messages::{requirements, shell_word};
use crate::provider::connection::limits;
use crate::provider::diagnostics::connection;
use crate::provider::duration::READ_TIMEOUT;
use crate::provider::proxy::Proxies;

/// The hosts at which Azure's clouds sign people in: public, China, US Government. A tenant is
/// believed only of one of these.
const SIGN_IN: [&str; 5] = [
    "login.microsoftonline.com",
    "login.windows.net",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
    "login.microsoftonline.us",
];

/// The clouds that `az` has to be told of, by the domain of their vaults.
const CLOUDS: [(&str, &str); 2] =
    [(".azure.cn", "AzureChinaCloud"), (".usgovcloudapi.net", "AzureUSGovernment")];

/// The commands that show what Adobe requires, with APP, VAULT and KEY to be put in.
const VAULT_ROLE: &str = "az role assignment list --assignee APP --include-inherited \
    --query \"[].roleDefinitionName\" -o tsv \
    --scope \"$(az keyvault show VAULT --query id -o tsv)\"\n  \
    az keyvault show VAULT --query properties.enableRbacAuthorization";
const HSM_ROLE: &str = "az keyvault role assignment list VAULT --assignee APP \
    --query \"[].[roleName,scope]\" -o tsv";
const CONSENT: &str = "az ad sp show --id APP --query displayName -o tsv";
const FORM: &str = "# A modulus of 512 characters has 3072 bits.\n  \
    az keyvault key show --id KEY --query \"{type:key.kty,modulus:length(key.n),\
    operations:key.keyOps,enabled:attributes.enabled,expires:attributes.expires,\
    notBefore:attributes.notBefore}\"";
const PURGE: &str = "az keyvault show VAULT --query \"{softDelete:properties.enableSoftDelete,\
    purgeProtection:properties.enablePurgeProtection}\"";
const FIREWALL: &str = "az keyvault show VAULT --query \
    \"{public:properties.publicNetworkAccess,rules:properties.networkAcls}\"";

/// Whether the vault is in the tenant that is `wanted`; the tenant that it names.
pub async fn vault(
    setup: &Setup,
    environment: Environment<'_>,
    key: &KeyIdentifier,
    wanted: Option<&str>,
) -> (Finding, Option<String>) {
    let host = key.key_vault_uri();
    let found = match ask(setup, environment, &host).await {
        Ok(found) => found,
        Err(finding) => return (finding, None),
    };
    let finding = match wanted {
        None => Finding::ok(format!(
            "{host} responds, and is in the tenant {found}. Check that this is yours, or give \
             `--tenant`."
        )),
        Some(wanted) if wanted.eq_ignore_ascii_case(&found) => {
            Finding::ok(format!("{host} responds, and is in the tenant of `--tenant`."))
        }
        Some(wanted) => Finding::new(
            Outcome::Wrong,
            format!("{host} is in the tenant {found}, and `--tenant` is {wanted}."),
            format!(
                "If `--key` is right, so is {found}: consent and role belong there, and `--tenant` \
                 has to be corrected. If `--tenant` is right, the vault is another one: check its \
                 name in `--key`."
            ),
        ),
    };
    (finding, Some(found))
}

/// The tenant that the vault names to a request without credentials, or what is to be said instead.
async fn ask(setup: &Setup, environment: Environment<'_>, host: &str) -> Result<String, Finding> {
    // Adobe comes another way: what keeps this machine out may well let Adobe in.
    let unknown = |message: String| {
        Finding::new(
            Outcome::Unknown,
            message,
            "Adobe connects another way, so this may not matter to it. Run this again from a \
             network that the vault lets in, or look at what `azure` lists.",
        )
    };
    let url = Url::parse(&format!("{host}/keys?api-version=7.4"))
        .map_err(|error| unknown(error.to_string()))?;
    let route = Proxies::read(environment)
        .and_then(|proxies| proxies.route_to(&url))
        .map_err(|error| unknown(detail(error.diagnostic)))?;
    let reached = match (
        api::reach(&url, &route, &setup.settings, &limits(READ_TIMEOUT)).await,
        &route,
    ) {
        (Ok(reached), _) => reached,
        (Err(error), Route::Direct) if error.kind == Kind::Unresolved => {
            return Err(Finding::new(
                Outcome::Wrong,
                format!("There is no such vault, as its name does not resolve: {error}"),
                "Check the name of the vault in `--key`; that of a deleted vault does not resolve \
                 either.",
            ));
        }
        (Err(error), _) if matches!(error.kind, Kind::Tls(_)) => {
            let next = connection(&error, "the vault in `--key`").unwrap_or_default();
            return Err(Finding::new(Outcome::Wrong, error.to_string(), next));
        }
        (Err(error), _) => return Err(unknown(error.to_string())),
    };
    match (reached.status, reached.challenge.as_deref().and_then(tenant_of)) {
        (401, Some(found)) => Ok(found),
        (403, _) => Err(unknown(format!(
            "{host} responded with HTTP 403: a firewall keeps this machine out."
        ))),
        (status, _) => Err(unknown(format!(
            "{host} responded with HTTP {status} and named no tenant, as a vault does: something \
             else may have responded."
        ))),
    }
}

/// The tenant of a challenge: `Bearer authorization="https://login.microsoftonline.com/<tenant>",
/// resource="…"`.
fn tenant_of(challenge: &str) -> Option<String> {
    let (scheme, parameters) = challenge.trim().split_once(' ')?;
    let authorization = parameters.split(',').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("authorization").then(|| value.trim_matches('"'))
    })?;
    let url = Url::parse(authorization).ok()?;
    let tenant = url.path_segments()?.next()?;
    let is_azure = scheme.eq_ignore_ascii_case("bearer")
        && url.scheme() == "https"
        && url.host_str().is_some_and(|host| SIGN_IN.contains(&host))
        && check_tenant_id(tenant).is_ok();
    is_azure.then(|| tenant.to_owned())
}

/// What only Azure can tell: each point with the command that shows it.
pub fn manual(key: &KeyIdentifier, facts: &Facts) -> Finding {
    let host = key.key_vault_uri();
    let app = facts.application_id.as_deref().map_or("\"$APPLICATION_ID\"".into(), shell_word);
    let tenant = facts.tenant_id.as_deref().unwrap_or("\"$TENANT_ID\"");
    let cloud = CLOUDS.iter().find(|(domain, _)| host.ends_with(domain));
    let cloud = cloud.map_or(String::new(), |(_, name)| format!("az cloud set --name {name} && "));
    let (option, role) = match key.is_managed_hsm() {
        true => ("--hsm-name", HSM_ROLE),
        false => ("--name", VAULT_ROLE),
    };
    let vault = format!("{option} {}", key.vault_name());
    let commands = [CONSENT, role, FORM, PURGE, FIREWALL];
    let mut list = format!("Sign in first:\n  {cloud}az login --tenant {tenant}");
    for (number, (point, command)) in (1..).zip(requirements(key).iter().zip(commands)) {
        let command = command.replace("APP", &app).replace("VAULT", &vault);
        let command = command.replace("KEY", &key.versionless());
        list += &format!("\n{number}. {}\n  {command}", point.replace('\n', " "));
    }
    let message = "Only Azure can tell the rest; each point with the command that shows it.";
    Finding::new(Outcome::Manual, message, list)
}

#[cfg(test)]
mod tests {
    use super::tenant_of;

    #[test]
    fn a_challenge_names_the_tenant() {
        const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
        for (challenge, expected) in [
            ("Bearer authorization=\"https://login.microsoftonline.com/T\", resource=\"x\"", true),
            ("Bearer authorization=\"https://login.windows.net/T\"", true),
            ("Bearer authorization=\"https://login.chinacloudapi.cn/T\"", true),
            ("bearer a=\"b\", authorization=\"https://login.partner.microsoftonline.cn/T/\"", true),
            ("Bearer authorization=https://login.microsoftonline.us/T", true),
            ("Bearer authorization=\"https://login.example.com/T\"", false),
            ("Bearer authorization=\"http://login.microsoftonline.com/T\"", false),
            ("Bearer authorization=\"https://login.microsoftonline.com/common\"", false),
            ("Basic authorization=\"https://login.microsoftonline.com/T\"", false),
            ("Basic realm=\"corp\"", false),
            ("", false),
        ] {
            let found = tenant_of(&challenge.replace("/T", &format!("/{TENANT}")));
            assert_eq!(found.as_deref(), expected.then_some(TENANT), "{challenge}");
        }
    }
}
