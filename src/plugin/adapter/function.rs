//! Functions.

use async_trait::async_trait;
use tf_provider::schema::FunctionSchema;
use tf_provider::{AttributePathStep, Diagnostic, Diagnostics, Function};

use super::{Family, decode, diagnostic, encode, reported, require_error, required, typed};
use crate::proto::tfplugin6 as pb;
use crate::value::{Sent, Ty};

/// A [`Function`] without its types.
#[async_trait]
pub(crate) trait AnyFunction: Send + Sync {
    fn signature(&self) -> &FunctionSchema;
    async fn call(&self, request: pb::call_function::Request) -> pb::call_function::Response;
}

pub(crate) struct FunctionAdapter<F> {
    function: F,
    signature: FunctionSchema,
}

impl<F: Function> FunctionAdapter<F> {
    pub(crate) fn new(function: F, problems: &mut Diagnostics) -> Self {
        let mut diags = Diagnostics::default();
        let signature = function.schema(&mut diags);
        if signature.is_none() {
            require_error(&mut diags, "no signature");
        }
        problems.add_diagnostics(diags);
        Self { function, signature: signature.unwrap_or_default() }
    }

    async fn try_call(
        &self,
        diags: &mut Diagnostics,
        arguments: Vec<pb::DynamicValue>,
    ) -> Option<pb::DynamicValue> {
        let signature = &self.signature;
        let types = argument_types(diags, signature, arguments.len())?;
        let mut decoded = Vec::with_capacity(arguments.len());
        for (index, (argument, ty)) in (0..).zip(arguments.iter().zip(&types)) {
            let known = diags.errors.len();
            let data = decode::<Anything>(diags, Some(argument), ty);
            for error in diags.errors.iter_mut().skip(known) {
                error.attribute.steps.insert(0, AttributePathStep::Index(index));
            }
            decoded.push(data?);
        }
        let sent = reported(diags, Sent::from_arguments(decoded), "Too many arguments")?;
        let (input, _) = typed::<Input<F>>(diags, &sent, &Ty::Tuple(types))?;
        let output = self.function.call(diags, input).await;
        let output = required(diags, output, "no result")?;
        match diags.errors.is_empty() {
            true => encode(diags, &output, &Ty::of_type(&signature.return_type), None),
            false => None,
        }
    }
}

/// The type of its arguments.
struct Input<F>(std::marker::PhantomData<F>);

impl<F: Function> Family for Input<F> {
    type Of<'a> = F::Input<'a>;
}

/// One argument for itself, whose type is only part of the function's.
struct Anything;

impl Family for Anything {
    type Of<'a> = serde::de::IgnoredAny;
}

/// The types of `count` arguments: one for each parameter, and the last one's for the rest if it is
/// variadic.
fn argument_types(
    diags: &mut Diagnostics,
    signature: &FunctionSchema,
    count: usize,
) -> Option<Vec<Ty>> {
    let fixed = signature.parameters.len();
    if count < fixed || (count > fixed && signature.variadic.is_none()) {
        let at_least = match signature.variadic {
            Some(_) => "at least ",
            None => "",
        };
        diags.errors.push(diagnostic(
            "Wrong number of arguments",
            format!("The function takes {at_least}{fixed}, and was called with {count}."),
        ));
        return None;
    }
    Some(
        signature
            .parameters
            .iter()
            .chain(std::iter::repeat_n(&signature.variadic, count - fixed).flatten())
            .map(|parameter| Ty::of_type(&parameter.param_type))
            .collect(),
    )
}

/// One error for the one place the protocol has. It belongs to the argument that the first error
/// names.
fn to_error(errors: Vec<Diagnostic>) -> Option<pb::FunctionError> {
    if errors.is_empty() {
        return None;
    }
    let function_argument = errors.iter().find_map(|error| match error.attribute.steps.first() {
        Some(AttributePathStep::Index(index)) => Some(*index),
        _ => None,
    });
    let texts: Vec<String> = errors
        .into_iter()
        .map(|error| match error.detail.is_empty() {
            true => error.summary.into_owned(),
            false => format!("{}: {}", error.summary, error.detail),
        })
        .collect();
    Some(pb::FunctionError { text: texts.join("\n"), function_argument })
}

#[async_trait]
impl<F: Function> AnyFunction for FunctionAdapter<F> {
    fn signature(&self) -> &FunctionSchema {
        &self.signature
    }

    async fn call(&self, request: pb::call_function::Request) -> pb::call_function::Response {
        let mut diags = Diagnostics::default();
        let result = self.try_call(&mut diags, request.arguments).await;
        match to_error(diags.errors) {
            None => pb::call_function::Response { result, error: None },
            error => pb::call_function::Response { result: None, error },
        }
    }
}
