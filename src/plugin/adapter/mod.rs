//! From the protocol's messages to the typed traits and back.
//!
//! Every adapter owns one implementation of a tf-provider trait and is used through an object-safe
//! trait that takes and gives messages. The typed states borrow from the request, which the
//! adapter's future owns.

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

use rmpv::Value;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{Block, NestedBlock, Schema};
use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

use super::ctx::{self, DeferredReason};
use super::error::Error;
use super::proto::tfplugin6 as pb;
use super::value::{self, Sent, Ty};

/// A schema with the type that follows from it.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) schema: Schema,
    pub(crate) ty: Ty,
}

impl Declared {
    /// Calls a `schema` method, at registration: once, for every request. What is wrong with it is
    /// for [`Plugin::serve`](crate::Plugin::serve) to say, which then serves nothing.
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

/// A diagnostic without a path. Made by hand: tf-provider's constructors put a backtrace into the
/// detail.
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

/// A response without a result must say why. `what` is what is missing.
fn require_error(diags: &mut Diagnostics, what: &str) {
    if diags.errors.is_empty() {
        diags.errors.push(diagnostic(
            "The provider gave no response",
            format!("The provider returned {what} and no error. This is a bug in the provider."),
        ));
    }
}

/// What a method returned. Nothing has to come with an error.
fn required<T>(diags: &mut Diagnostics, result: Option<T>, what: &str) -> Option<T> {
    if result.is_none() {
        require_error(diags, what);
    }
    result
}

/// A type of a provider's values, for whatever they borrow from.
trait Family {
    type Of<'a>: Deserialize<'a>;

    /// What the value holds, as it goes out: nothing for a type that cannot be written.
    fn held(_: &Self::Of<'_>, _: &Ty) -> Option<Value> {
        None
    }
}

fn fits<F: Family>(sent: &Sent) -> bool {
    sent.read::<F::Of<'_>>().is_some()
}

/// Reads a value of a request. An absent or empty one is null.
fn decode<F: Family>(
    diags: &mut Diagnostics,
    value: Option<&pb::DynamicValue>,
    ty: &Ty,
) -> Option<Sent> {
    let sent = match value {
        Some(value) if !value.msgpack.is_empty() => Sent::from_msgpack(&value.msgpack, ty),
        Some(value) if !value.json.is_empty() => Sent::from_json(&value.json, ty),
        _ => Ok(Sent::nothing()),
    };
    let admitted = sent.and_then(|mut sent| sent.admit(ty, fits::<F>).map(|()| sent));
    reported(diags, admitted, "The request holds a value that does not fit the schema")
}

fn reported<T>(
    diags: &mut Diagnostics,
    result: Result<T, Error>,
    summary: &'static str,
) -> Option<T> {
    result.map_err(|error| diags.errors.push(error.into_diagnostic(summary))).ok()
}

/// What a method was given, and what its type kept of it. Both as they go out.
struct Given {
    sent: Value,
    kept: Value,
}

/// Turns a value into the provider's type.
fn typed<'a, F: Family>(
    diags: &mut Diagnostics,
    sent: &'a Sent,
    ty: &Ty,
) -> Option<(F::Of<'a>, Option<Given>)> {
    let Some(typed) = sent.read::<F::Of<'a>>() else {
        let path = value::culprit::<F::Of<'a>>(sent, fits::<F>);
        let error = Error { message: value::complaint(sent, &path).to_owned(), path };
        unusable(diags, error, ty);
        return None;
    };
    // What cannot be written is for the method's own result to say.
    let given = sent.may_lose().then(|| F::held(&typed, ty).zip(sent.back(ty).ok())).flatten();
    let Some((kept, sent)) = given else { return Some((typed, None)) };
    match value::check_numbers(&sent, &kept, ty) {
        Ok(()) => Some((typed, Some(Given { sent, kept }))),
        Err(error) => {
            unusable(diags, error, ty);
            None
        }
    }
}

fn unusable(diags: &mut Diagnostics, error: Error, ty: &Ty) {
    let error = Error { path: ty.address(error.path), ..error };
    diags.errors.push(error.into_diagnostic("The provider cannot use this value"));
}

/// Writes a value of the provider's type.
fn encode<T: Serialize + ?Sized>(
    diags: &mut Diagnostics,
    value: &T,
    ty: &Ty,
    given: Option<&Given>,
) -> Option<pb::DynamicValue> {
    let mut written = value::written(value, ty);
    if let (Ok(written), Some(given)) = (&mut written, given) {
        value::restore(written, &given.sent, &given.kept, ty);
    }
    // A state that comes with an error is what was reached so far. The tools want it known, and
    // would add an error of their own about every value that was still to come.
    if !diags.errors.is_empty() {
        written = written.and_then(|written| value::without_unknown(written, ty));
    }
    encode_value(diags, written)
}

fn encode_value(diags: &mut Diagnostics, value: Result<Value, Error>) -> Option<pb::DynamicValue> {
    let msgpack = value.and_then(|value| value::to_bytes(&value));
    reported(diags, msgpack, "The provider returned a value that does not fit its schema")
        .map(|msgpack| pb::DynamicValue { msgpack, json: Vec::new() })
}

/// A value that was not sent: null, or an object without attributes for types that cannot be null.
fn unsent<'a, T: Deserialize<'a>>(diags: &mut Diagnostics, what: &str) -> Option<T> {
    let nothing = value::read_nothing();
    if nothing.is_none() {
        diags.errors.push(diagnostic(
            "The provider cannot do without a value",
            format!(
                "{what} is null, which the provider's type does not allow. This is a bug in the \
                 provider."
            ),
        ));
    }
    nothing
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
                "This version of the provider did not write it. Use the version that did, or take \
                 the object out of the state with `terraform state rm <address>`, which leaves \
                 the object itself as it is, and import it again.",
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

/// What a method returned, or what takes its place where it deferred and the client allows that.
/// Otherwise it needs an error.
fn or_deferred<T>(
    diags: &mut Diagnostics,
    returned: Option<T>,
    what: &str,
    deferred: impl FnOnce(&mut Diagnostics) -> Option<T>,
) -> Option<T> {
    let ctx = ctx::current();
    match (returned, ctx.deferred()) {
        (Some(returned), _) => return Some(returned),
        (None, Some(_)) if ctx.deferral_allowed() => return deferred(diags),
        (None, Some(_)) => diags.errors.push(diagnostic(
            "The provider deferred what cannot be deferred",
            "It waits for something that is not known yet, and this CLI, or this run of it, does \
             not allow that. Apply what it depends on first, with -target. Nothing was changed. \
             That there is no better message is a bug in the provider.",
        )),
        (None, None) => require_error(diags, what),
    }
    None
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
