//! A resource that does what `how` says, right or wrong: it panics, waits, blocks, or returns what
//! it must not.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{AttributeConstraint, AttributeType, NestedBlock, Schema};
use tf_provider::value::{Value, ValueNumber, ValueString};
use tf_provider::{AttributePath, Diagnostics, Resource};
use tf_provider_host::ResourceExt;
use tf_provider_host::ctx::{self, DeferredReason};

use super::{attribute, error, schema};

pub(crate) struct Puppet {
    /// With a schema that Terraform would refuse.
    pub(crate) is_misdeclared: bool,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct State<'a> {
    /// `panic in METHOD`, `forget METHOD`, or one of those that the methods look for. Spaces behind
    /// it make a request large.
    #[serde(borrow)]
    how: ValueString<'a>,
    /// Written to once a wait has begun and once it has ended: what the client no longer hears,
    /// the test can see.
    diary: ValueString<'a>,
    /// A wait stops only this many milliseconds after it was told to.
    linger: ValueNumber,
    /// Only known at the end.
    result: ValueString<'a>,
    /// Not in the schema.
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    surplus: Option<&'static str>,
}

impl State<'_> {
    fn says(&self, how: &str) -> bool {
        self.how.as_deref().map(str::trim_end) == Value::Value(how)
    }

    /// The end of a method, which returns this.
    fn ends<T>(&self, method: &str, returned: T) -> Option<T> {
        let told = format!("panic in {method}");
        assert!(!self.says(&told), "the bomb went off in {method}\nwith this in it");
        (!self.says(&format!("forget {method}"))).then_some(returned)
    }

    fn note(&self, text: &str) {
        use std::io::Write;
        if let Value::Value(path) = &self.diary {
            // A test that reads the diary notices what is missing.
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path.as_ref());
            _ = file.and_then(|mut file| writeln!(file, "{text}"));
        }
    }

    /// Until it is told to stop, or for ever: without an await, or with one.
    async fn wait(&self) {
        self.note("begun");
        tracing::info!("Waiting");
        if self.says("deaf") {
            std::future::pending::<()>().await;
        }
        ctx::current().stop().cancelled().await;
        self.note("stopped");
        let linger = u64::try_from(self.linger.unwrap_or_default()).unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(linger)).await;
    }
}

#[async_trait]
impl Resource for Puppet {
    type State<'a> = State<'a>;
    type PrivateState<'a> = ();
    type ProviderMetaState<'a> = ();

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        use AttributeConstraint::{Computed, Optional, Required};
        let attributes = [
            attribute("how", AttributeType::String, Required),
            attribute("diary", AttributeType::String, Optional),
            attribute("linger", AttributeType::Number, Optional),
            attribute("result", AttributeType::String, Computed),
        ];
        let mut schema = schema(0, attributes);
        if self.is_misdeclared {
            let nested = super::schema(0, [attribute("inCamels", AttributeType::Bool, Optional)]);
            schema.block.blocks.insert("how".to_owned(), NestedBlock::List(nested.block));
        }
        Some(schema)
    }

    async fn validate<'a>(&self, _: &mut Diagnostics, config: State<'a>) -> Option<()> {
        config.ends("validate", ())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: State<'a>,
        (): (),
        (): (),
    ) -> Option<(State<'a>, ())> {
        if state.says("defer in read") {
            ctx::current().defer(DeferredReason::AbsentPrereq);
            return None;
        }
        if state.says("error in read") {
            diags.errors.push(error("Not reachable", Vec::new()));
            return None;
        }
        state.ends("read", (state.clone(), ()))
    }

    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        mut state: State<'a>,
        _: State<'a>,
        (): (),
    ) -> Option<(State<'a>, ())> {
        state.result = Value::Unknown;
        state.surplus = state.says("surplus in plan").then_some("surplus");
        state.ends("plan", (state.clone(), ()))
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
        proposed.ends("plan", (proposed.clone(), (), Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        _: &mut Diagnostics,
        prior: State<'a>,
        (): (),
        (): (),
    ) -> Option<()> {
        prior.ends("plan", ())
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        mut state: State<'a>,
        _: State<'a>,
        (): (),
        (): (),
    ) -> Option<(State<'a>, ())> {
        while state.says("block") {
            state.note("begun");
            std::thread::park();
        }
        tokio::task::yield_now().await;
        if state.says("half") {
            diags.errors.push(error("Half done", Vec::new()));
            return Some((state, ()));
        }
        if ["wait", "deaf"].into_iter().any(|how| state.says(how)) {
            state.wait().await;
            diags.errors.push(error("Stopped while waiting", Vec::new()));
        }
        state.surplus = state.says("surplus in create").then_some("surplus");
        state.result = Value::Value("done".into());
        state.ends("create", (state.clone(), ()))
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
        planned.ends("update", (planned.clone(), ()))
    }

    async fn destroy<'a>(
        &self,
        _: &mut Diagnostics,
        prior: State<'a>,
        (): (),
        (): (),
    ) -> Option<()> {
        prior.ends("destroy", ())
    }
}

impl ResourceExt for Puppet {
    fn optional_blocks(&self) -> &'static [&'static str] {
        if self.is_misdeclared { &["how"] } else { &[] }
    }
}
