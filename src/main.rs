//! `terraform-provider-aep`: started by Terraform, serves the provider; started by a person, the
//! doctor.

use std::process::ExitCode;

use terraform_provider_aep::provider::{self, doctor};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    match arguments.next_if(|first| first == doctor::COMMAND.0) {
        Some(_) => doctor::run(arguments),
        None => provider::plugin().serve(arguments),
    }
}
