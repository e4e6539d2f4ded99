//! A resource whose methods forget what they have to return, or return what they must not.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{AttributeConstraint, AttributeType, Schema};
use tf_provider::value::{Value, ValueString};
use tf_provider::{AttributePath, Diagnostics, Resource};
use tf_provider_host::ResourceExt;
use tf_provider_host::ctx::{self, DeferredReason};

use super::{attribute, error, schema};

pub(crate) struct Wrong;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct State<'a> {
    #[serde(borrow)]
    how: ValueString<'a>,
    result: ValueString<'a>,
    /// Not in the schema.
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    surplus: Option<String>,
}

impl State<'_> {
    fn is(&self, how: &str) -> bool {
        self.how.as_deref() == Value::Value(how)
    }
}

#[async_trait]
impl Resource for Wrong {
    type State<'a> = State<'a>;
    type PrivateState<'a> = ();
    type ProviderMetaState<'a> = ();

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema(
            0,
            [
                attribute("how", AttributeType::String, AttributeConstraint::Required),
                attribute("result", AttributeType::String, AttributeConstraint::Computed),
            ],
        ))
    }

    async fn validate<'a>(&self, _: &mut Diagnostics, config: State<'a>) -> Option<()> {
        (!config.is("validate")).then_some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: State<'a>,
        (): (),
        (): (),
    ) -> Option<(State<'a>, ())> {
        if state.is("read and defer") {
            ctx::current().defer(DeferredReason::AbsentPrereq);
        }
        if state.is("read with an error") {
            diags.errors.push(error("Not reachable", Vec::new()));
        }
        None
    }

    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        mut proposed: State<'a>,
        _: State<'a>,
        (): (),
    ) -> Option<(State<'a>, ())> {
        if proposed.is("surplus") {
            proposed.surplus = Some("surplus".to_owned());
        }
        (!proposed.is("plan")).then_some((proposed, ()))
    }

    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        _: State<'a>,
        _: State<'a>,
        (): (),
        (): (),
    ) -> Option<(State<'a>, (), Vec<AttributePath>)> {
        None
    }

    async fn plan_destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        (): (),
        (): (),
    ) -> Option<()> {
        None
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        mut planned: State<'a>,
        _: State<'a>,
        (): (),
        (): (),
    ) -> Option<(State<'a>, ())> {
        if planned.is("surplus in the state") {
            planned.surplus = Some("surplus".to_owned());
            return Some((planned, ()));
        }
        assert!(!planned.is("panic"), "creating went wrong");
        if planned.is("half") {
            diags.errors.push(error("Half done", Vec::new()));
            return Some((planned, ()));
        }
        None
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
        assert!(!planned.is("panic"), "updating went wrong");
        None
    }

    async fn destroy<'a>(&self, _: &mut Diagnostics, _: State<'a>, (): (), (): ()) -> Option<()> {
        None
    }
}

impl ResourceExt for Wrong {}
