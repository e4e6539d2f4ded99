//! A provider that greets.

use std::process::ExitCode;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Schema};
use tf_provider::value::{Value, ValueEmpty};
use tf_provider::{AttributePath, Diagnostics, Provider, Resource};
use tf_provider_host::{About, Plugin, ResourceExt};

const ABOUT: About = About {
    name: "terraform-provider-greeting",
    address: "registry.terraform.io/example/greeting",
    version: "0.1.0",
    description: "Greets.",
    commands: &[],
};

fn main() -> ExitCode {
    Plugin::new(ABOUT, Greeting).resource("greeting_card", Card).serve(std::env::args_os().skip(1))
}

struct Greeting;

#[async_trait]
impl Provider for Greeting {
    type Config<'a> = ValueEmpty;
    type MetaState<'a> = ValueEmpty;
    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(Schema { version: 0, block: Block::default() })
    }
}

#[derive(Serialize, Deserialize)]
struct State {
    name: Value<String>,
    text: Value<String>,
}

struct Card;
type D = Diagnostics;
type Written = Option<(State, ())>;

#[async_trait]
impl Resource for Card {
    type State<'a> = State;
    type PrivateState<'a> = ();
    type ProviderMetaState<'a> = ();

    fn schema(&self, _: &mut D) -> Option<Schema> {
        let attribute = |name: &str, constraint| {
            let attr_type = AttributeType::String;
            (name.to_owned(), Attribute { attr_type, constraint, ..Attribute::default() })
        };
        let name = attribute("name", AttributeConstraint::Required);
        let text = attribute("text", AttributeConstraint::Computed);
        let block = Block { attributes: [name, text].into(), ..Block::default() };
        Some(Schema { version: 0, block })
    }
    async fn read<'a>(&self, _: &mut D, state: State, (): (), (): ()) -> Written {
        Some((state, ())) // None: it is gone
    }
    async fn plan_create<'a>(&self, _: &mut D, planned: State, _: State, (): ()) -> Written {
        Some((State { text: Value::Unknown, ..planned }, ()))
    }
    #[rustfmt::skip]
    async fn plan_update<'a>(&self, _: &mut D, old: State, planned: State, _: State, (): (), (): ())
        -> Option<(State, (), Vec<AttributePath>)> { // the paths that ask for a replacement
        let text = if planned.name == old.name { old.text } else { Value::Unknown };
        Some((State { text, ..planned }, (), Vec::new()))
    }
    async fn plan_destroy<'a>(&self, _: &mut D, _: State, (): (), (): ()) -> Option<()> {
        Some(())
    }
    async fn create<'a>(&self, _: &mut D, plan: State, _: State, (): (), (): ()) -> Written {
        let text = plan.name.as_deref().map(|name| format!("Hello, {name}!"));
        Some((State { text, ..plan }, ()))
    }
    #[rustfmt::skip]
    async fn update<'a>(&self, d: &mut D, _: State, plan: State, config: State, (): (), (): ()) -> Written {
        self.create(d, plan, config, (), ()).await
    }
    async fn destroy<'a>(&self, _: &mut D, _: State, (): (), (): ()) -> Option<()> {
        Some(())
    }
}

impl ResourceExt for Card {}
