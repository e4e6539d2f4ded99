import {
  to = aep_cmk_config.customer_data
  identity = {
    name       = "customer-data"
    ims_org_id = "1234567890ABCDEF12345678@AdobeOrg"
  }
}
