data "aep_cmk_app" "adobe" {}

# The consent page of one tenant, so that the organisation cannot be tied to another one.
output "consent_url" {
  value = provider::aep::consent_url(
    data.aep_cmk_app.adobe.application_redirect_url,
    "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
  )
}
