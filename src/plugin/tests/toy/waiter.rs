//! A resource whose creation takes until it is told to stop.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{AttributeConstraint, AttributeType, Schema};
use tf_provider::value::{Value, ValueBool, ValueNumber, ValueString};
use tf_provider::{AttributePath, Diagnostics, Resource};
use tf_provider_host::{ResourceExt, ctx};

use super::{attribute, error, schema};

pub(crate) struct Waiter;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct State<'a> {
    #[serde(borrow)]
    id: ValueString<'a>,
    /// Written to once the wait has begun and once it has ended: what the client no longer hears, the test can see.
    diary: ValueString<'a>,
    /// Does not stop; with `linger` it does not even await, and blocks its thread for that long.
    deaf: ValueBool,
    /// Stops only this many milliseconds after it was told to.
    linger: ValueNumber,
    /// Only known at the end.
    result: ValueString<'a>,
}

impl State<'_> {
    fn note(&self, text: &str) {
        use std::io::Write;
        if let Value::Value(path) = &self.diary {
            // A test that reads the diary notices what is missing.
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path.as_ref());
            _ = file.and_then(|mut file| writeln!(file, "{text}"));
        }
    }
}

/// The state is a `Value` here and a plain struct elsewhere, because both are usual.
#[async_trait]
impl Resource for Waiter {
    type State<'a> = Value<State<'a>>;
    type PrivateState<'a> = ();
    type ProviderMetaState<'a> = ();

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        use AttributeConstraint::{Computed, Optional};
        Some(schema(
            0,
            [
                attribute("id", AttributeType::String, Computed),
                attribute("diary", AttributeType::String, Optional),
                attribute("deaf", AttributeType::Bool, Optional),
                attribute("linger", AttributeType::Number, Optional),
                attribute("result", AttributeType::String, Computed),
            ],
        ))
    }

    async fn read<'a>(
        &self,
        _: &mut Diagnostics,
        state: Self::State<'a>,
        (): (),
        (): (),
    ) -> Option<(Self::State<'a>, ())> {
        Some((state, ()))
    }

    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        proposed: Self::State<'a>,
        _: Self::State<'a>,
        (): (),
    ) -> Option<(Self::State<'a>, ())> {
        let Value::Value(mut state) = proposed else {
            return None;
        };
        state.id = Value::Unknown;
        state.result = Value::Unknown;
        Some((Value::Value(state), ()))
    }

    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        _: Self::State<'a>,
        proposed: Self::State<'a>,
        _: Self::State<'a>,
        (): (),
        (): (),
    ) -> Option<(Self::State<'a>, (), Vec<AttributePath>)> {
        Some((proposed, (), Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: Self::State<'a>,
        (): (),
        (): (),
    ) -> Option<()> {
        Some(())
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: Self::State<'a>,
        _: Self::State<'a>,
        (): (),
        (): (),
    ) -> Option<(Self::State<'a>, ())> {
        let Value::Value(mut state) = planned else {
            return None;
        };
        state.note("begun");
        tracing::info!("Waiting");
        let linger = u64::try_from(state.linger.unwrap_or_default()).unwrap_or_default();
        let linger = std::time::Duration::from_millis(linger);
        if state.deaf.unwrap_or_default() {
            std::thread::sleep(linger);
            std::future::pending::<()>().await;
        }
        ctx::current().stop().cancelled().await;
        state.note("stopped");
        tokio::time::sleep(linger).await;
        state.id = Value::Value("waited".into());
        diags.errors.push(error("Stopped while waiting", Vec::new()));
        Some((Value::Value(state), ()))
    }

    async fn update<'a>(
        &self,
        _: &mut Diagnostics,
        _: Self::State<'a>,
        planned: Self::State<'a>,
        _: Self::State<'a>,
        (): (),
        (): (),
    ) -> Option<(Self::State<'a>, ())> {
        Some((planned, ()))
    }

    async fn destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: Self::State<'a>,
        (): (),
        (): (),
    ) -> Option<()> {
        Some(())
    }
}

impl ResourceExt for Waiter {}
