//! The checks of the vault: what it says without credentials, and how a person asks Azure for the
//! rest.

use url::Url;

use super::checks::Setup;
use super::report::{Check, Facts, Outcome};
use crate::api::{self, Kind, Route};
use crate::key_identifier::KeyIdentifier;
use crate::provider::cmk_app::consent_url::check_tenant_id;
use crate::provider::cmk_config::messages::{requirements, shell_word};
use crate::provider::connection::limits;
use crate::provider::diagnostics::connection;
use crate::provider::duration::READ_TIMEOUT;

/// The hosts at which Azure's clouds sign people in: public, China, US Government. A tenant is
/// believed only of one of these.
const SIGN_IN: [&str; 5] = [
    "login.microsoftonline.com",
    "login.windows.net",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
    "login.microsoftonline.us",
];

const ID: &str = "vault";
/// Adobe comes another way: what keeps this machine out may well let Adobe in.
const ELSEWHERE: &str = "Adobe connects another way, so this may not matter to it. Run this again \
    from a network that the vault lets in, or look at what `azure` lists.";

/// Whether the vault responds and is in the tenant, and the tenant that it names.
pub async fn vault(
    setup: &Setup,
    key: &KeyIdentifier,
    tenant: Option<&str>,
) -> (Check, Option<String>) {
    let found = match tenant_that_the_vault_names(setup, key).await {
        Ok(found) => found,
        Err(check) => return (check, None),
    };
    let host = key.key_vault_uri();
    let check = match tenant {
        Some(wanted) if !wanted.eq_ignore_ascii_case(&found) => Check::new(
            ID,
            Outcome::Wrong,
            format!("{host} is in the tenant {found}, and `--tenant` is {wanted}."),
            format!(
                "If `--key` is right, so is {found}: consent and role belong there, and `--tenant` \
                 has to be corrected. If `--tenant` is right, the vault is another one: check its \
                 name in `--key`."
            ),
        ),
        Some(_) => Check::ok(ID, format!("{host} responds, and is in the tenant of `--tenant`.")),
        None => Check::ok(
            ID,
            format!(
                "{host} responds, and is in the tenant {found}. Check that this is yours, or give \
                 `--tenant`."
            ),
        ),
    };
    (check, Some(found))
}

/// What the vault says to a request without credentials.
async fn tenant_that_the_vault_names(setup: &Setup, key: &KeyIdentifier) -> Result<String, Check> {
    let unknown = |message: String| Check::new(ID, Outcome::Unknown, message, ELSEWHERE);
    let wrong = |message: String, next: &str| Check::new(ID, Outcome::Wrong, message, next);
    let host = key.key_vault_uri();
    let url = Url::parse(&format!("{host}/keys?api-version=7.4"))
        .map_err(|error| wrong(error.to_string(), ""))?;
    let route = setup.proxies.route_to(&url);
    let route = route.map_err(|error| unknown(error.diagnostic.detail.into_owned()))?;
    let reached = api::reach(&url, &route, &setup.settings, &limits(READ_TIMEOUT)).await;
    let reached = reached.map_err(|error| match (error.kind(), &route) {
        (Kind::Unresolved, Route::Direct) => wrong(
            format!("There is no such vault, as its name does not resolve: {error}"),
            "Check the name of the vault in `--key`; that of a deleted vault does not resolve \
             either.",
        ),
        (Kind::Tls(_), _) => {
            let next = connection(&error, "the vault in `--key`").unwrap_or_default();
            wrong(error.to_string(), &next)
        }
        _ => unknown(error.to_string()),
    })?;
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
pub fn manual(key: &KeyIdentifier, facts: &Facts) -> Check {
    let vault = key.vault_name();
    let app = facts.application_id.as_deref().map_or("\"$APPLICATION_ID\"".into(), shell_word);
    let [role, consent, form, purge, firewall] = requirements(key);
    let (this, role_commands) = match key.is_managed_hsm() {
        true => (
            format!("az keyvault show --hsm-name {vault}"),
            format!(
                "az keyvault role assignment list --hsm-name {vault} --assignee {app} --query \
                 \"[].[roleName,scope]\" -o tsv"
            ),
        ),
        false => (
            format!("az keyvault show --name {vault}"),
            format!(
                "az role assignment list --assignee {app} --include-inherited --query \
                 \"[].roleDefinitionName\" -o tsv --scope \"$(az keyvault show --name {vault} \
                 --query id -o tsv)\"\n  az keyvault show --name {vault} --query \
                 properties.enableRbacAuthorization"
            ),
        ),
    };
    let commands = [
        (role, role_commands),
        (consent, format!("az ad sp show --id {app} --query displayName -o tsv")),
        (
            format!("{form} (a modulus of 512 characters has 3072 bits)"),
            format!(
                "az keyvault key show --id {} --query \
                 \"{{type:key.kty,modulus:length(key.n),operations:key.keyOps,\
                 enabled:attributes.enabled,expires:attributes.expires,\
                 notBefore:attributes.notBefore}}\"",
                key.versionless()
            ),
        ),
        (
            purge,
            format!(
                "{this} --query \
                 \"{{softDelete:properties.enableSoftDelete,\
                 purgeProtection:properties.enablePurgeProtection}}\""
            ),
        ),
        (
            firewall,
            format!(
                "{this} --query \
                 \"{{public:properties.publicNetworkAccess,rules:properties.networkAcls}}\""
            ),
        ),
    ];
    let cloud = match cloud(key) {
        Some(name) => format!("az cloud set --name {name} && "),
        None => String::new(),
    };
    let tenant = facts.tenant_id.as_deref().unwrap_or("\"$TENANT_ID\"");
    let mut list = format!("Sign in first:\n  {cloud}az login --tenant {tenant}");
    for (number, (point, commands)) in (1..).zip(commands) {
        list += &format!("\n{number}. {}\n  {commands}", point.replace('\n', " "));
    }
    let message = "Only Azure can tell the rest; each point with the command that shows it.";
    Check::new("azure", Outcome::Manual, message, list)
}

/// The cloud that `az` has to be told of.
fn cloud(key: &KeyIdentifier) -> Option<&'static str> {
    let host = key.key_vault_uri();
    let clouds = [(".azure.cn", "AzureChinaCloud"), (".usgovcloudapi.net", "AzureUSGovernment")];
    clouds.into_iter().find(|(domain, _)| host.ends_with(domain)).map(|(_, cloud)| cloud)
}

#[cfg(test)]
mod tests {
    use super::tenant_of;

    #[test]
    fn a_challenge_names_the_tenant() {
        const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
        for (case, challenge, expected) in [
            (
                "public",
                "Bearer authorization=\"https://login.microsoftonline.com/T\", \
                 resource=\"https://vault.azure.net\"",
                true,
            ),
            ("public, older", "Bearer authorization=\"https://login.windows.net/T\"", true),
            ("China", "Bearer authorization=\"https://login.chinacloudapi.cn/T\"", true),
            (
                "China, newer",
                "bearer resource=\"x\", \
                 authorization=\"https://login.partner.microsoftonline.cn/T/\"",
                true,
            ),
            ("US Government", "Bearer authorization=https://login.microsoftonline.us/T", true),
            ("another host", "Bearer authorization=\"https://login.example.com/T\"", false),
            ("plain http", "Bearer authorization=\"http://login.microsoftonline.com/T\"", false),
            (
                "no tenant",
                "Bearer authorization=\"https://login.microsoftonline.com/common\"",
                false,
            ),
            (
                "another scheme",
                "Basic authorization=\"https://login.microsoftonline.com/T\"",
                false,
            ),
            ("a proxy's", "Basic realm=\"corp\"", false),
            ("nothing", "", false),
        ] {
            let found = tenant_of(&challenge.replace("/T", &format!("/{TENANT}")));
            assert_eq!(found.as_deref(), expected.then_some(TENANT), "{case}");
        }
    }
}
