# By name; Terraform 1.12 and later also take the identity: { name = "…", ims_org_id = "…@AdobeOrg" }.
import {
  to = aep_cmk_config.customer_data
  id = "customer-data"
}
