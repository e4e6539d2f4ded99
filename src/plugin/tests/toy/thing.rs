//! A resource with everything a schema can have.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{AttributeConstraint, AttributeType, Block, NestedBlock, Schema};
use tf_provider::value::{
    Value, ValueEmpty, ValueMap, ValueNumber, ValueSet, ValueString, serde_as_vec,
};
use tf_provider::{AttributePath, AttributePathStep, Diagnostics, Resource};
use tf_provider_host::{Dynamic, Identity, IdentityAttribute, IdentitySchema, Number, ResourceExt};

use super::{Unknown, attribute, error, schema, step};

pub(crate) struct Thing(pub(crate) Unknown);

#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct State<'a> {
    #[serde(borrow)]
    id: ValueString<'a>,
    name: ValueString<'a>,
    secret: ValueString<'a>,
    generation: ValueNumber,
    count_of: ValueNumber,
    weight: Value<f64>,
    ratio: Value<Number>,
    extra: Value<Dynamic>,
    tags: ValueSet<ValueString<'a>>,
    labels: ValueMap<'a, ValueString<'a>>,
    settings: Value<Part<'a>>,
    rules: Value<Vec<Value<Part<'a>>>>,
    limits: Value<Part<'a>>,
    #[serde(with = "serde_as_vec")]
    owner: Value<Part<'a>>,
    disk: Vec<Part<'a>>,
    network: BTreeSet<Part<'a>>,
}

/// What every nested object and block is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Part<'a> {
    size: ValueNumber,
    #[serde(borrow)]
    label: ValueString<'a>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Private {
    generation: i64,
}

#[async_trait]
impl Resource for Thing {
    type State<'a> = State<'a>;
    type PrivateState<'a> = Value<Private>;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        use AttributeConstraint::{Computed, Optional, Required};
        use AttributeType as Type;
        let string = || Box::new(Type::String);
        let mut secret = attribute("secret", Type::String, Optional);
        secret.1.sensitive = true;
        let part = || {
            HashMap::from([
                attribute("size", Type::Number, Optional),
                attribute("label", Type::String, Optional),
            ])
        };
        let mut schema = schema(
            2,
            [
                attribute("id", Type::String, Computed),
                attribute("name", Type::String, Required),
                secret,
                attribute("generation", Type::Number, Computed),
                attribute("count_of", Type::Number, Optional),
                attribute("weight", Type::Number, Optional),
                attribute("ratio", Type::Number, Optional),
                attribute("extra", Type::Any, Optional),
                attribute("tags", Type::Set(string()), Optional),
                attribute("labels", Type::Map(string()), Optional),
                attribute("settings", Type::AttributeSingle(part()), Optional),
                attribute("rules", Type::AttributeList(part()), Optional),
            ],
        );
        let block = || Block { attributes: part(), ..Block::default() };
        schema.block.blocks = HashMap::from([
            ("limits".to_owned(), NestedBlock::Single(block())),
            ("owner".to_owned(), NestedBlock::Optional(block())),
            ("disk".to_owned(), NestedBlock::List(block())),
            ("network".to_owned(), NestedBlock::Set(block())),
        ]);
        Some(schema)
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: State<'a>) -> Option<()> {
        for (index, disk) in (0..).zip(&config.disk) {
            if disk.label.as_deref() == Value::Value("bad") {
                let steps = vec![step("disk"), AttributePathStep::Index(index), step("label")];
                diags.errors.push(error("A bad disk", steps));
            }
        }
        if config.name.as_deref() == Value::Value("odd") {
            diags.warnings.push(error("An odd name", Vec::new()));
        }
        Some(())
    }

    async fn read<'a>(
        &self,
        _: &mut Diagnostics,
        state: State<'a>,
        private: Value<Private>,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Value<Private>)> {
        if self.0.defer() || state.name.as_deref() == Value::Value("gone") {
            return None;
        }
        Some((state, private))
    }

    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        _: State<'a>,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Value<Private>)> {
        None
    }

    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        prior: State<'a>,
        proposed: State<'a>,
        _: State<'a>,
        private: Value<Private>,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Value<Private>, Vec<AttributePath>)> {
        let is_renamed = prior.name != proposed.name;
        let replace = is_renamed.then(|| AttributePath { steps: vec![step("name")] });
        Some((proposed, private, replace.into_iter().collect()))
    }

    async fn plan_destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        private: Value<Private>,
        _: ValueEmpty,
    ) -> Option<Value<Private>> {
        Some(private)
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        mut planned: State<'a>,
        _: State<'a>,
        private: Value<Private>,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Value<Private>)> {
        if planned.name.as_deref() == Value::Value("unfinished") {
            diags.errors.push(error("There is no id yet", Vec::new()));
            return Some((planned, private));
        }
        planned.generation = private.as_ref().map(|private| private.generation);
        planned.id = planned.name.as_deref().map(|name| format!("id-{name}").into());
        Some((planned, private))
    }

    async fn update<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        planned: State<'a>,
        _: State<'a>,
        private: Value<Private>,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Value<Private>)> {
        Some((planned, private))
    }

    async fn destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        _: Value<Private>,
        _: ValueEmpty,
    ) -> Option<()> {
        Some(())
    }

    async fn import<'a>(
        &self,
        _: &mut Diagnostics,
        id: String,
    ) -> Option<(State<'a>, Value<Private>)> {
        Some((imported(id), Value::Value(Private { generation: 40 })))
    }
}

fn imported<'a>(id: String) -> State<'a> {
    State {
        name: Value::Value(id.trim_start_matches("id-").to_owned().into()),
        id: Value::Value(id.into()),
        generation: Value::Value(40),
        labels: Value::Value(BTreeMap::new()),
        ..State::default()
    }
}

#[async_trait]
impl ResourceExt for Thing {
    fn optional_blocks(&self) -> &'static [&'static str] {
        &["limits"]
    }

    async fn plan_create_with<'a>(
        &self,
        _: &mut Diagnostics,
        mut proposed: State<'a>,
        _: State<'a>,
        prior: Value<Private>,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Value<Private>)> {
        if self.0.defer() {
            return None;
        }
        let generation = prior.map_or(0, |private| private.generation) + 1;
        proposed.id = Value::Unknown;
        // Before 1.16 Terraform plans a replacement again at apply time and leaves the private
        // state out.
        proposed.generation = Value::Unknown;
        Some((proposed, Value::Value(Private { generation })))
    }

    fn upgrade_json(
        &self,
        diags: &mut Diagnostics,
        version: i64,
        mut state: serde_json::Value,
    ) -> Option<serde_json::Value> {
        let object = state.as_object_mut()?;
        if version == 0 {
            diags.errors.push(error("Version 0 was never released", Vec::new()));
            return None;
        }
        let title = object.remove("title")?;
        object.insert("name".to_owned(), title);
        Some(state)
    }

    fn identity_schema(&self) -> Option<IdentitySchema> {
        Some(IdentitySchema {
            version: 1,
            attributes: vec![
                IdentityAttribute { name: "id", description: "The id.", required_for_import: true },
                IdentityAttribute {
                    name: "region",
                    description: "The region.",
                    required_for_import: false,
                },
            ],
        })
    }

    fn identity(&self, state: &State<'_>) -> Option<Identity> {
        if state.name.as_deref() == Value::Value("anonymous") {
            return None;
        }
        Some(Identity::from([("id".to_owned(), state.id.as_deref().map(str::to_owned))]))
    }

    async fn import_identity<'a>(
        &self,
        diags: &mut Diagnostics,
        identity: Identity,
    ) -> Option<(State<'a>, Value<Private>)> {
        match identity.get("id") {
            Some(Value::Value(id)) => Some((imported(id.clone()), Value::Null)),
            _ => {
                diags.errors.push(error("An identity without an id", Vec::new()));
                None
            }
        }
    }
}
