//! A resource that panics where it is told to.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{AttributeConstraint, AttributeType, Schema};
use tf_provider::value::{Value, ValueString};
use tf_provider::{AttributePath, Diagnostics, Resource};
use tf_provider_host::ResourceExt;

use super::{attribute, schema};

pub(crate) struct Bomb;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct State<'a> {
    #[serde(borrow)]
    at: ValueString<'a>,
}

impl State<'_> {
    fn arrive(&self, place: &str) {
        assert!(
            self.at.as_deref() != Value::Value(place),
            "the bomb went off in {place}\nwith this in it"
        );
    }
}

#[async_trait]
impl Resource for Bomb {
    type State<'a> = State<'a>;
    type PrivateState<'a> = ();
    type ProviderMetaState<'a> = ();

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema(0, [attribute("at", AttributeType::String, AttributeConstraint::Required)]))
    }

    async fn validate<'a>(&self, _: &mut Diagnostics, config: State<'a>) -> Option<()> {
        config.arrive("validate");
        Some(())
    }

    async fn read<'a>(
        &self,
        _: &mut Diagnostics,
        state: State<'a>,
        (): (),
        (): (),
    ) -> Option<(State<'a>, ())> {
        state.arrive("read");
        Some((state, ()))
    }

    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        proposed: State<'a>,
        _: State<'a>,
        (): (),
    ) -> Option<(State<'a>, ())> {
        proposed.arrive("plan");
        Some((proposed, ()))
    }

    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        proposed: State<'a>,
        _: State<'a>,
        (): (),
        (): (),
    ) -> Option<(State<'a>, (), Vec<AttributePath>)> {
        Some((proposed, (), Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        (): (),
        (): (),
    ) -> Option<()> {
        Some(())
    }

    async fn create<'a>(
        &self,
        _: &mut Diagnostics,
        planned: State<'a>,
        _: State<'a>,
        (): (),
        (): (),
    ) -> Option<(State<'a>, ())> {
        tokio::task::yield_now().await;
        planned.arrive("create");
        Some((planned, ()))
    }

    async fn update<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        planned: State<'a>,
        _: State<'a>,
        (): (),
        (): (),
    ) -> Option<(State<'a>, ())> {
        Some((planned, ()))
    }

    async fn destroy<'a>(&self, _: &mut Diagnostics, _: State<'a>, (): (), (): ()) -> Option<()> {
        Some(())
    }
}

impl ResourceExt for Bomb {}
