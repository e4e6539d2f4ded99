//! A provider of toys, built on the plugin host alone. The conformance suite starts it as Terraform
//! does.

mod puppet;
mod thing;

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, FunctionSchema, Parameter, Schema, Type,
};
use tf_provider::value::{Value, ValueEmpty, ValueString};
use tf_provider::{
    AttributePath, AttributePathStep, DataSource, Diagnostic, Diagnostics, Function, Provider,
};
use tf_provider_host::ctx::{self, DeferredReason};
use tf_provider_host::{About, Plugin};

fn main() -> ExitCode {
    let unknown = Unknown::default();
    Plugin::new(
        About {
            name: "terraform-provider-toy",
            address: "registry.terraform.io/example/toy",
            version: "0.0.1",
            description: "Toys for the conformance suite.",
            commands: &[("wind-up", "does nothing")],
        },
        Toy(unknown.clone()),
    )
    .resource("toy_thing", thing::Thing(unknown.clone()))
    .resource(
        "toy_puppet",
        puppet::Puppet { is_misdeclared: std::env::var_os("TOY_MISDECLARED").is_some() },
    )
    .data_source("toy_lookup", Lookup(unknown))
    .function("join", Join)
    .function("nothing", Nothing)
    .serve(std::env::args_os().skip(1))
}

/// The provider block was not known when the provider was configured.
#[derive(Clone, Default)]
struct Unknown(Arc<AtomicBool>);

impl Unknown {
    /// Asks for a deferral if the response depends on an unknown provider block, without looking
    /// whether the client allows one: that is the host's to see to. Whether it does is the
    /// result.
    fn defer(&self) -> bool {
        let unknown = self.0.load(Ordering::Relaxed);
        if unknown {
            ctx::current().defer(DeferredReason::ProviderConfigUnknown);
        }
        unknown && ctx::current().deferral_allowed()
    }
}

fn error(summary: &'static str, steps: Vec<AttributePathStep>) -> Diagnostic {
    Diagnostic { summary: summary.into(), detail: "".into(), attribute: AttributePath { steps } }
}

fn step(name: &'static str) -> AttributePathStep {
    AttributePathStep::Attribute(name.into())
}

fn attribute(
    name: &str,
    attr_type: AttributeType,
    constraint: AttributeConstraint,
) -> (String, Attribute) {
    let attribute = Attribute { attr_type, constraint, ..Attribute::default() };
    (name.to_owned(), attribute)
}

fn schema(version: i64, attributes: impl IntoIterator<Item = (String, Attribute)>) -> Schema {
    Schema {
        version,
        block: Block {
            attributes: attributes.into_iter().collect::<HashMap<_, _>>(),
            ..Block::default()
        },
    }
}

struct Toy(Unknown);

#[derive(Serialize, Deserialize)]
struct Config<'a> {
    #[serde(borrow)]
    endpoint: ValueString<'a>,
    retries: Value<i64>,
}

#[async_trait]
impl Provider for Toy {
    type Config<'a> = Config<'a>;
    type MetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema(
            0,
            [
                attribute("endpoint", AttributeType::String, AttributeConstraint::Optional),
                attribute("retries", AttributeType::Number, AttributeConstraint::Optional),
            ],
        ))
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Config<'a>) -> Option<()> {
        if config.endpoint.as_deref() == Value::Value("nowhere") {
            diags.errors.push(error("There is nothing", vec![step("endpoint")]));
        }
        Some(())
    }

    async fn configure<'a>(
        &self,
        _: &mut Diagnostics,
        _: String,
        config: Config<'a>,
    ) -> Option<()> {
        self.0.0.store(config.endpoint.is_unknown(), Ordering::Relaxed);
        tracing::info!(password = "not-this-one", "Configured");
        Some(())
    }
}

struct Lookup(Unknown);

#[derive(Serialize, Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    key: ValueString<'a>,
    value: ValueString<'a>,
}

#[async_trait]
impl DataSource for Lookup {
    type State<'a> = Value<Found<'a>>;
    type ProviderMetaState<'a> = ();

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema(
            0,
            [
                attribute("key", AttributeType::String, AttributeConstraint::Required),
                attribute("value", AttributeType::String, AttributeConstraint::Computed),
            ],
        ))
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        config: Self::State<'a>,
        _: (),
    ) -> Option<Self::State<'a>> {
        if self.0.defer() {
            return None;
        }
        let Value::Value(found) = config else {
            return None;
        };
        if found.key.as_deref() == Value::Value("missing") {
            diags.errors.push(error("Not found", vec![step("key")]));
            return None;
        }
        let value = found.key.as_deref().map(|key| key.to_uppercase().into());
        Some(Value::Value(Found { key: found.key, value }))
    }
}

struct Join;

#[async_trait]
impl Function for Join {
    type Input<'a> = Vec<ValueString<'a>>;
    type Output<'a> = ValueString<'a>;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        let parameter = |name: &str| Parameter {
            name: name.to_owned(),
            param_type: Type::String,
            allow_null: true,
            ..Parameter::default()
        };
        Some(FunctionSchema {
            parameters: vec![parameter("separator")],
            variadic: Some(parameter("parts")),
            return_type: Type::String,
            summary: "Joins texts".to_owned(),
            ..FunctionSchema::default()
        })
    }

    async fn call<'a>(
        &self,
        diags: &mut Diagnostics,
        input: Self::Input<'a>,
    ) -> Option<Self::Output<'a>> {
        let mut parts = input.into_iter().map(|part| part.unwrap_or_default());
        let separator = parts.next().unwrap_or_default();
        let parts: Vec<_> = parts.collect();
        if let Some(index) =
            (1..).zip(&parts).find_map(|(index, part)| (part == "bad").then_some(index))
        {
            diags.errors.push(error("A bad part", vec![AttributePathStep::Index(index)]));
            return None;
        }
        assert!(!parts.iter().any(|part| part == "panic"), "a part says panic");
        Some(Value::Value(parts.join(&separator).into()))
    }
}

/// A function without parameters.
struct Nothing;

#[async_trait]
impl Function for Nothing {
    type Input<'a> = ();
    type Output<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema::default())
    }

    async fn call<'a>(&self, _: &mut Diagnostics, _: ()) -> Option<ValueEmpty> {
        Some(Value::Null)
    }
}
