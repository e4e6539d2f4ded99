//! From the protocol's messages to the typed traits and back.
//!
//! Every adapter owns one implementation of a tf-provider trait and is used through an object-safe trait that takes
//! and gives messages. The typed states borrow from the request, which the adapter's future owns.

mod data_source;
mod function;
mod identity;
mod provider;
mod resource;
mod upgrade;

pub(crate) use data_source::{AnyDataSource, DataSourceAdapter};
pub(crate) use function::{AnyFunction, FunctionAdapter};
pub(crate) use provider::{AnyProvider, ProviderAdapter};
pub(crate) use resource::{AnyResource, ResourceAdapter};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tf_provider::schema::{Block, NestedBlock, Schema};
use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

use super::ctx::{self, DeferredReason};
use super::error::Error;
use super::proto::tfplugin6 as pb;
use super::value::{self, Data, Ty};

/// A schema with the type that follows from it.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) schema: Schema,
    pub(crate) ty: Ty,
}

impl Declared {
    /// Calls a `schema` method, at registration: once, for every request. What is wrong with it is for
    /// [`Plugin::serve`](crate::Plugin::serve) to say, which then serves nothing.
    fn by(
        problems: &mut Diagnostics,
        schema: impl FnOnce(&mut Diagnostics) -> Option<Schema>,
    ) -> Self {
        let mut diags = Diagnostics::default();
        let schema = schema(&mut diags);
        if schema.is_none() {
            require_error(&mut diags, "no schema");
        }
        problems.add_diagnostics(diags);
        let schema = schema.unwrap_or_else(|| Schema { version: 0, block: Block::default() });
        check_block(problems, &schema.block);
        let ty = Ty::of_block(&schema.block);
        Self { schema, ty }
    }
}

/// Whether Terraform takes it for a name. It refuses a whole provider for one that it does not.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Finds what Terraform would refuse in a block, without saying which provider's it is.
fn check_block(problems: &mut Diagnostics, block: &Block) {
    let names = block.attributes.keys().chain(block.blocks.keys());
    for name in names.filter(|name| !is_name(name)) {
        let detail = format!("{name:?}: only a-z, 0-9 and _ are, with no digit first.");
        problems.errors.push(diagnostic("The schema has what is no name", detail));
    }
    for (name, nested) in &block.blocks {
        if block.attributes.contains_key(name) {
            let detail = format!("{name:?} is an attribute and a block.");
            problems.errors.push(diagnostic("The schema has a name twice", detail));
        }
        let (NestedBlock::Single(nested)
        | NestedBlock::Optional(nested)
        | NestedBlock::List(nested)
        | NestedBlock::Set(nested)
        | NestedBlock::Map(nested)
        | NestedBlock::Group(nested)) = nested;
        check_block(problems, nested);
    }
}

/// A diagnostic without a path. Made by hand: tf-provider's constructors put a backtrace into the detail.
pub(crate) fn diagnostic(
    summary: &'static str,
    detail: impl Into<std::borrow::Cow<'static, str>>,
) -> Diagnostic {
    Diagnostic {
        summary: summary.into(),
        detail: detail.into(),
        attribute: AttributePath { steps: Vec::new() },
    }
}

/// An answer without a result must say why. `what` is what is missing.
fn require_error(diags: &mut Diagnostics, what: &str) {
    if diags.errors.is_empty() {
        diags.errors.push(diagnostic(
            "The provider gave no answer",
            format!("The provider returned {what} and no error. This is a bug in the provider."),
        ));
    }
}

/// Reads a value of a request. An absent or empty one is null.
fn decode(diags: &mut Diagnostics, value: Option<&pb::DynamicValue>, ty: &Ty) -> Option<Data> {
    let data = match value {
        Some(value) if !value.msgpack.is_empty() => value::from_msgpack(&value.msgpack, ty),
        Some(value) if !value.json.is_empty() => value::from_json(&value.json, ty),
        _ => Ok(Data::Null),
    };
    data.map_err(|error| {
        diags
            .errors
            .push(error.into_diagnostic("The request holds a value that does not fit the schema"));
    })
    .ok()
}

/// Turns a value into the provider's type. `fits` tries the same type on another value, to find the attribute at fault.
fn typed<'a, T: Deserialize<'a> + Serialize>(
    diags: &mut Diagnostics,
    data: &'a Data,
    ty: &Ty,
    fits: &dyn Fn(&Data) -> bool,
) -> Option<T> {
    let value: T = read(diags, data, ty, fits)?;
    if value::may_lose(data) {
        // What cannot be written is for the method's own result to say.
        let kept = value::to_data(&value).unwrap_or_default();
        if let Err(error) = value::check_numbers(data, &kept) {
            diags.errors.push(unusable(error, data, ty, &|_| false));
            return None;
        }
    }
    Some(value)
}

/// The same for a type that is only read.
fn read<'a, T: Deserialize<'a>>(
    diags: &mut Diagnostics,
    data: &'a Data,
    ty: &Ty,
    fits: &dyn Fn(&Data) -> bool,
) -> Option<T> {
    value::from_data::<T>(data)
        .map_err(|error| diags.errors.push(unusable(error, data, ty, fits)))
        .ok()
}

fn unusable(error: Error, data: &Data, ty: &Ty, fits: &dyn Fn(&Data) -> bool) -> Diagnostic {
    let error = match error {
        Error::Value { path, message } => {
            let known = path.len();
            let path = value::culprit(data, path, fits);
            // Where serde had lost the way, its text is about an enum of tf-provider's that nobody knows.
            let message = match path.len() > known || message.contains("untagged enum") {
                true => value::complaint(data, &path).to_owned(),
                false => message,
            };
            let path = ty.address(path);
            Error::Value { path, message }
        }
        error => error,
    };
    error.into_diagnostic("The provider cannot use this value")
}

/// What a method was given, and what its type kept of it.
struct Given<'a> {
    sent: &'a Data,
    kept: Data,
}

impl<'a> Given<'a> {
    /// `None` where nothing can have been lost.
    fn of<T: Serialize + ?Sized>(sent: &'a Data, value: &T) -> Option<Self> {
        let kept = value::may_lose(sent).then(|| value::to_data(value).ok())??;
        (kept != *sent).then_some(Self { sent, kept })
    }
}

/// Writes a value of the provider's type.
fn encode<T: Serialize + ?Sized>(
    diags: &mut Diagnostics,
    value: &T,
    ty: &Ty,
    given: Option<&Given<'_>>,
) -> Option<pb::DynamicValue> {
    let mut data = to_data(diags, value)?;
    if let Some(given) = given {
        value::restore(&mut data, given.sent, &given.kept, ty);
    }
    // A state that comes with an error is what was reached so far. The tools want it known, and would add an error of
    // their own about every value that was still to come.
    if !diags.errors.is_empty() {
        data.forget_unknown();
    }
    encode_data(diags, &data, ty)
}

fn to_data<T: Serialize + ?Sized>(diags: &mut Diagnostics, value: &T) -> Option<Data> {
    value::to_data(value).map_err(|error| report_unwritable(diags, error)).ok()
}

fn encode_data(diags: &mut Diagnostics, data: &Data, ty: &Ty) -> Option<pb::DynamicValue> {
    match value::to_msgpack(data, ty) {
        Ok(msgpack) => Some(pb::DynamicValue { msgpack, json: Vec::new() }),
        Err(error) => {
            report_unwritable(diags, error);
            None
        }
    }
}

fn report_unwritable(diags: &mut Diagnostics, error: Error) {
    diags
        .errors
        .push(error.into_diagnostic("The provider returned a value that does not fit its schema"));
}

static NULL: Data = Data::Null;
static EMPTY: Data = Data::Map(BTreeMap::new());

/// A value that was not sent: null, or an object without attributes for types that cannot be null.
fn unsent<'a, T: Deserialize<'a>>(diags: &mut Diagnostics, what: &str) -> Option<T> {
    value::from_data::<T>(&NULL)
        .or_else(|_| value::from_data::<T>(&EMPTY))
        .map_err(|_| {
            diags.errors.push(diagnostic(
                "The provider cannot do without a value",
                format!("{what} is null, which the provider's type does not allow. This is a bug in the provider."),
            ));
        })
        .ok()
}

/// Provider metadata: no schema is declared for it, so none is sent.
fn meta<'a, T: Deserialize<'a>>(diags: &mut Diagnostics) -> Option<T> {
    unsent(diags, "The provider metadata")
}

/// Reads private state. No bytes are null.
fn private<'a, T: Deserialize<'a>>(diags: &mut Diagnostics, bytes: &'a [u8]) -> Option<T> {
    if bytes.is_empty() {
        return unsent(diags, "The private state");
    }
    serde_json::from_slice(bytes)
        .map_err(|_| {
            diags.errors.push(diagnostic(
                "The private state cannot be read",
                "This version of the provider did not write it. Use the version that did, or take the object out of \
                 the state with `terraform state rm <address>`, which leaves the object itself as it is, and import it \
                 again.",
            ));
        })
        .ok()
}

/// Writes private state; null is no bytes.
fn write_private<T: Serialize>(diags: &mut Diagnostics, private: &T) -> Option<Vec<u8>> {
    match serde_json::to_vec(private) {
        Ok(bytes) if bytes == b"null" => Some(Vec::new()),
        Ok(bytes) => Some(bytes),
        Err(error) => {
            diags.errors.push(diagnostic(
                "The private state cannot be written",
                format!("{error}. This is a bug in the provider."),
            ));
            None
        }
    }
}

/// Diagnostics as the protocol has them, errors first.
pub(crate) fn to_protocol(diags: Diagnostics) -> Vec<pb::Diagnostic> {
    use pb::diagnostic::Severity;
    let convert = |severity: Severity| {
        move |diagnostic: Diagnostic| pb::Diagnostic {
            severity: severity.into(),
            summary: diagnostic.summary.into_owned(),
            detail: diagnostic.detail.into_owned(),
            attribute: (!diagnostic.attribute.steps.is_empty()).then(|| path(diagnostic.attribute)),
        }
    };
    diags
        .errors
        .into_iter()
        .map(convert(Severity::Error))
        .chain(diags.warnings.into_iter().map(convert(Severity::Warning)))
        .collect()
}

fn path(path: AttributePath) -> pb::AttributePath {
    use pb::attribute_path::{Step, step::Selector};
    pb::AttributePath {
        steps: path
            .steps
            .into_iter()
            .map(|step| Step {
                selector: Some(match step {
                    AttributePathStep::Attribute(name) => {
                        Selector::AttributeName(name.into_owned())
                    }
                    AttributePathStep::Key(key) => Selector::ElementKeyString(key.into_owned()),
                    AttributePathStep::Index(index) => Selector::ElementKeyInt(index),
                }),
            })
            .collect(),
    }
}

/// A method returned nothing, which is right where it deferred and the client allows that. Otherwise it needs an error.
fn require_deferral_or_error(diags: &mut Diagnostics, what: &str) {
    let ctx = ctx::current();
    if ctx.deferred().is_some() && !ctx.deferral_allowed() {
        diags.errors.push(diagnostic(
            "The provider deferred what cannot be deferred",
            "It waits for something that is not known yet, and this CLI, or this run of it, does not allow that. Apply \
             what it depends on first, with -target. Nothing was changed. That there is no better message is a bug in \
             the provider.",
        ));
    } else if ctx.deferred().is_none() {
        require_error(diags, what);
    }
}

/// The deferral the trait method asked for, if the client understands it.
fn deferred() -> Option<pb::Deferred> {
    use pb::deferred::Reason;
    let ctx = ctx::current();
    let reason = ctx.deferred().filter(|_| ctx.deferral_allowed())?;
    let reason = match reason {
        DeferredReason::ResourceConfigUnknown => Reason::ResourceConfigUnknown,
        DeferredReason::ProviderConfigUnknown => Reason::ProviderConfigUnknown,
        DeferredReason::AbsentPrereq => Reason::AbsentPrereq,
    };
    Some(pb::Deferred { reason: reason.into() })
}
