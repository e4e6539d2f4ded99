//! The address at which consent is given in one certain Azure tenant.

/// The path segment that stands for "whichever tenant the person is signed in to".
const ANY_TENANT: &str = "common";

/// Why there is no consent URL, and so which of the two arguments is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentUrlError {
    /// `application_redirect_url`: it does not begin with `https://` and a host.
    #[error(
        "The application redirect URL is not an `https` URL; give the one in Adobe's response, in \
         Terraform `data.aep_cmk_app.<name>.application_redirect_url`."
    )]
    RedirectUrlNotHttps,
    /// `application_redirect_url`: it has no path segment `common` to replace.
    #[error(
        "The application redirect URL has no path segment `common` that the tenant could take the \
         place of; give the one in Adobe's response, in Terraform \
         `data.aep_cmk_app.<name>.application_redirect_url`."
    )]
    RedirectUrlWithoutCommon,
    /// `tenant_id`: it names a group of tenants (`common`, `organizations`, `consumers`).
    #[error(
        "The tenant id stands for many tenants, but consent has to be given in the one the key's \
         vault is in; give that tenant's id, in Terraform \
         `data.azurerm_client_config.<name>.tenant_id`."
    )]
    TenantIdOfMany,
    /// `tenant_id`: it is no GUID.
    #[error(
        "The tenant id is not a GUID such as `3f2504e0-4f89-41d3-9a0c-0305e82c3301`; give the \
         directory (tenant) id of the Azure tenant the key's vault is in, in Terraform \
         `data.azurerm_client_config.<name>.tenant_id`, on the command line `az account show \
         --query tenantId`."
    )]
    TenantIdNotAGuid,
}

impl ConsentUrlError {
    /// The argument to blame is the tenant id; otherwise it is the redirect URL.
    pub fn is_about_tenant_id(self) -> bool {
        match self {
            Self::TenantIdOfMany | Self::TenantIdNotAGuid => true,
            Self::RedirectUrlNotHttps | Self::RedirectUrlWithoutCommon => false,
        }
    }
}

/// Puts `tenant_id` in the place of the path segment `common` of `application_redirect_url`. Not
/// one other character changes: the URL in its query is not percent-encoded, and encoding it would
/// change what Microsoft compares with the registered one.
///
/// The host is not checked beyond `https`: Microsoft has one for each of its clouds, and the URL is
/// Adobe's.
///
/// # Errors
///
/// Names the argument that is wrong, the redirect URL first.
pub fn consent_url(
    application_redirect_url: &str,
    tenant_id: &str,
) -> Result<String, ConsentUrlError> {
    let segment = common_segment(application_redirect_url)?;
    check_tenant_id(tenant_id)?;
    let (before, after) =
        (&application_redirect_url[..segment.start], &application_redirect_url[segment.end..]);
    Ok(format!("{before}{tenant_id}{after}"))
}

/// Where the first path segment `common` is. Microsoft has the tenant in the first segment, so no
/// later one can be meant.
fn common_segment(url: &str) -> Result<std::ops::Range<usize>, ConsentUrlError> {
    const SCHEME: &str = "https://";
    let is_https =
        url.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
    // White space and control characters: not one URL but a piece of text with one in it.
    if !is_https || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(ConsentUrlError::RedirectUrlNotHttps);
    }
    let path_end = url.find(['?', '#']).unwrap_or(url.len());
    let mut start = SCHEME.len();
    for (index, segment) in url[SCHEME.len()..path_end].split('/').enumerate() {
        let end = start + segment.len();
        match index {
            // What comes first is the host, whatever its name.
            0 if segment.is_empty() => return Err(ConsentUrlError::RedirectUrlNotHttps),
            0 => {}
            _ if segment == ANY_TENANT => return Ok(start..end),
            _ => {}
        }
        start = end + "/".len();
    }
    Err(ConsentUrlError::RedirectUrlWithoutCommon)
}

/// Only a GUID is a tenant id. Microsoft's endpoint takes a domain name of the tenant as well, but
/// a domain is a name that can be mistyped into somebody else's, and consent given in another
/// tenant ties the organisation to the wrong vault.
pub fn check_tenant_id(tenant_id: &str) -> Result<(), ConsentUrlError> {
    if ["common", "organizations", "consumers"]
        .iter()
        .any(|many| tenant_id.eq_ignore_ascii_case(many))
    {
        return Err(ConsentUrlError::TenantIdOfMany);
    }
    let groups: Vec<&str> = tenant_id.split('-').collect();
    let is_guid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_guid { Ok(()) } else { Err(ConsentUrlError::TenantIdNotAGuid) }
}

#[cfg(test)]
mod tests {
    use super::{ConsentUrlError, consent_url};

    const TENANT: &str = "3F2504e0-4f89-41d3-9a0c-0305e82c3301";
    const SAMPLE_OF_ADOBE: &str = "https://login.microsoftonline.com/common/oauth2/authorize?response_type=code&client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52&redirect_uri=https://adobe.com/acpebae9422Caepcmkmultitenantapp&scope=user.read";

    #[test]
    fn only_the_segment_changes() {
        for (case, url, expected) in [
            (
                "Adobe's sample, with an unencoded URL in the query",
                SAMPLE_OF_ADOBE,
                format!(
                    "https://login.microsoftonline.com/{TENANT}/oauth2/authorize?response_type=code&client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52&redirect_uri=https://adobe.com/acpebae9422Caepcmkmultitenantapp&scope=user.read"
                ),
            ),
            (
                "common in host, query and fragment as well",
                "https://common/common?a=/common/#/common/",
                format!("https://common/{TENANT}?a=/common/#/common/"),
            ),
            (
                "common with something behind it is another segment",
                "https://h/commons/a.common/common/x",
                format!("https://h/commons/a.common/{TENANT}/x"),
            ),
            ("the first of two", "https://h/common/common", format!("https://h/{TENANT}/common")),
            (
                "odd spellings elsewhere stay",
                "HTTPS://LOGIN.microsoftonline.us:443//common/./a%2f\u{e9}?x=y",
                format!("HTTPS://LOGIN.microsoftonline.us:443//{TENANT}/./a%2f\u{e9}?x=y"),
            ),
        ] {
            assert_eq!(consent_url(url, TENANT), Ok(expected), "{case}");
        }
    }

    #[test]
    fn a_wrong_redirect_url() {
        for (case, url, expected) in [
            ("empty", "", ConsentUrlError::RedirectUrlNotHttps),
            ("http", "http://h/common/x", ConsentUrlError::RedirectUrlNotHttps),
            (
                "no scheme",
                "login.microsoftonline.com/common/x",
                ConsentUrlError::RedirectUrlNotHttps,
            ),
            ("no host", "https:///common/x", ConsentUrlError::RedirectUrlNotHttps),
            ("white space", "https://h/common/x\n", ConsentUrlError::RedirectUrlNotHttps),
            (
                "a character on the border of the scheme",
                "https:/\u{e9}/common",
                ConsentUrlError::RedirectUrlNotHttps,
            ),
            (
                "tenant replaced already",
                "https://h/organizations/x",
                ConsentUrlError::RedirectUrlWithoutCommon,
            ),
            ("common is the host", "https://common/x", ConsentUrlError::RedirectUrlWithoutCommon),
            (
                "common is in the query",
                "https://h/x?a=/common/",
                ConsentUrlError::RedirectUrlWithoutCommon,
            ),
            (
                "common is in the fragment",
                "https://h#/common/",
                ConsentUrlError::RedirectUrlWithoutCommon,
            ),
            (
                "common is part of a segment",
                "https://h/commons/uncommon",
                ConsentUrlError::RedirectUrlWithoutCommon,
            ),
            ("upper case", "https://h/COMMON/x", ConsentUrlError::RedirectUrlWithoutCommon),
        ] {
            assert_eq!(consent_url(url, TENANT), Err(expected), "{case}");
            assert!(!expected.is_about_tenant_id(), "{case}");
        }
    }

    #[test]
    fn a_wrong_tenant_id() {
        for (case, tenant, expected) in [
            ("empty", "", ConsentUrlError::TenantIdNotAGuid),
            ("common", "common", ConsentUrlError::TenantIdOfMany),
            ("organizations", "Organizations", ConsentUrlError::TenantIdOfMany),
            ("consumers", "consumers", ConsentUrlError::TenantIdOfMany),
            ("a word", "contoso", ConsentUrlError::TenantIdNotAGuid),
            (
                "a domain of the tenant",
                "contoso.onmicrosoft.com",
                ConsentUrlError::TenantIdNotAGuid,
            ),
            ("braces", "{3f2504e0-4f89-41d3-9a0c-0305e82c3301}", ConsentUrlError::TenantIdNotAGuid),
            ("no hyphens", "3f2504e04f8941d39a0c0305e82c3301", ConsentUrlError::TenantIdNotAGuid),
            (
                "a digit short",
                "3f2504e0-4f89-41d3-9a0c-0305e82c330",
                ConsentUrlError::TenantIdNotAGuid,
            ),
            (
                "a letter past f",
                "3g2504e0-4f89-41d3-9a0c-0305e82c3301",
                ConsentUrlError::TenantIdNotAGuid,
            ),
            ("a space", "3f2504e0-4f89-41d3-9a0c-0305e82c3301 ", ConsentUrlError::TenantIdNotAGuid),
            (
                "a path behind it",
                "3f2504e0-4f89-41d3-9a0c-0305e82c3301/x",
                ConsentUrlError::TenantIdNotAGuid,
            ),
        ] {
            assert_eq!(consent_url(SAMPLE_OF_ADOBE, tenant), Err(expected), "{case}");
            assert!(expected.is_about_tenant_id(), "{case}");
        }
    }
}
