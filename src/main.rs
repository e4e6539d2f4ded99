//! `terraform-provider-aep`: started by Terraform, serves the provider.

use std::process::ExitCode;

use terraform_provider_aep::provider;

fn main() -> ExitCode {
    provider::plugin().serve(std::env::args_os().skip(1))
}
