terraform {
  required_providers {
    aep = {
      source  = "aep-cmk/aep"
      version = "~> 0.1"
    }
  }
}

# Credentials are best left out of the configuration: AEP_CLIENT_ID and AEP_CLIENT_SECRET (or AEP_ACCESS_TOKEN)
# in the environment never reach a plan file.
provider "aep" {
  org_id = "1234567890ABCDEF12345678@AdobeOrg"
  region = "va7"
}
