//! `provider::aep::consent_url(application_redirect_url, tenant_id)`.

use async_trait::async_trait;
use tf_provider::schema::{Description, FunctionSchema, Type};
use tf_provider::value::Value;
use tf_provider::{Diagnostics, Function};

use super::{argument_error, string_parameter};
use crate::provider::cmk_app::consent_url::consent_url;
use crate::provider::diagnostics::report;

/// Makes the address at which consent is given in one certain Azure tenant.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConsentUrl;

#[async_trait]
impl Function for ConsentUrl {
    type Input<'a> = (String, String);
    type Output<'a> = Value<String>;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            parameters: vec![
                string_parameter(
                    "application_redirect_url",
                    "The URL in Adobe's response, which has the path segment `common` in it, for \
                     example `data.aep_cmk_app.adobe.application_redirect_url`.",
                ),
                string_parameter(
                    "tenant_id",
                    "Directory (tenant) id of the Azure tenant that the key's vault is in, for \
                     example `data.azurerm_client_config.current.tenant_id`. A GUID, not a domain \
                     name.",
                ),
            ],
            return_type: Type::String,
            summary: "Makes the URL at which consent is given in one Azure tenant".to_owned(),
            description: Description::markdown(
                "Returns `application_redirect_url` with the path segment `common` replaced by the \
                 tenant's id; nothing else is touched. A person opens the URL and accepts Adobe's \
                 app in that tenant. The data source `aep_cmk_app` gives the same URL as \
                 `consent_url`.\n\n\
                 With `common`, consent is given in whichever tenant the person happens to be \
                 signed in to, which can tie the organisation to the wrong vault.\n\n\
                 Needs Terraform 1.8, OpenTofu 1.7 or later.",
            ),
            ..FunctionSchema::default()
        })
    }

    async fn call<'a>(
        &self,
        diags: &mut Diagnostics,
        (application_redirect_url, tenant_id): Self::Input<'a>,
    ) -> Option<Self::Output<'a>> {
        let url = consent_url(&application_redirect_url, &tenant_id)
            .map_err(|error| argument_error(i64::from(error.is_about_tenant_id()), &error));
        report(diags, url).map(Value::Value)
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::value::Value;
    use tf_provider::{AttributePathStep, Diagnostics, Function};

    use super::ConsentUrl;

    const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

    async fn call(url: &str, tenant: &str) -> (Option<Value<String>>, Diagnostics) {
        let mut diags = Diagnostics::default();
        let output = ConsentUrl.call(&mut diags, (url.to_owned(), tenant.to_owned())).await;
        (output, diags)
    }

    #[tokio::test]
    async fn the_tenant_takes_the_place_of_common() {
        let (output, diags) =
            call("https://login.microsoftonline.com/common/x?y=https://z", TENANT).await;
        assert_eq!(diags, Diagnostics::default());
        let expected = format!("https://login.microsoftonline.com/{TENANT}/x?y=https://z");
        assert_eq!(output, Some(Value::Value(expected)));
    }

    #[tokio::test]
    async fn a_mistake_is_an_error_on_its_argument() {
        for (url, tenant, argument) in [
            ("https://h/x", TENANT, 0),
            ("http://h/common", TENANT, 0),
            ("https://h/common", "common", 1),
            ("https://h/common", "not-a-guid", 1),
        ] {
            let (output, diags) = call(url, tenant).await;
            assert_eq!(output, None, "{url} {tenant}");
            let [error] = diags.errors.as_slice() else {
                panic!("one error: {diags:?}");
            };
            assert_eq!(error.detail, "");
            assert_eq!(error.attribute.steps, [AttributePathStep::Index(argument)]);
        }
    }
}
