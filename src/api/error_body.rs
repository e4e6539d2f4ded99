//! What an error body says, whatever its shape: Adobe's gateway, its services, IMS and the proxies
//! between all differ.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::secret::Scrubber;

/// The longest text that is kept of somebody else's message, in characters: a paragraph, not a
/// page.
const LIMIT: usize = 600;

/// Where the message is, in the order it reads best. Adobe's API page: gateway `message`; services
/// `title` and `detail`, `details` or `report`; `errorMessage`; IMS `error` and
/// `error_description`.
const FIELDS: [&str; 9] = [
    "error",
    "title",
    "message",
    "errorMessage",
    "detail",
    "details",
    "detailed-message",
    "error_description",
    "report",
];

/// What a body is, as far as decisions need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing, or white space.
    Empty,
    /// Not JSON.
    Text,
    /// Not text at all, or not decoded.
    Unreadable,
    /// JSON `null`.
    Null,
    /// A JSON number, string, boolean or array.
    Json,
    /// A JSON object with the gateway's `error_code`.
    Gateway,
    /// Any other JSON object.
    Object,
}

/// An error body taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ErrorBody {
    pub(super) shape: Shape,
    pub(super) error_code: Option<String>,
    /// Whether `error_code` is the gateway's.
    pub(super) by_gateway: bool,
    pub(super) message: Option<String>,
}

/// Takes an error body apart. Its content type is not asked: proxies lie about it.
pub(super) fn read(body: &[u8], scrubber: &Scrubber) -> ErrorBody {
    let Some(text) = text_of(body) else {
        return ErrorBody::unreadable(format!("{} bytes that are not text", body.len()));
    };
    let json = serde_json::from_str::<Value>(&text).ok();
    let object = json.as_ref().and_then(Value::as_object);
    let gateway_code = object.and_then(|object| scalar(object.get("error_code")));
    let by_gateway = gateway_code.is_some();
    let error_code =
        gateway_code.or_else(|| object.and_then(|object| scalar(object.get("errorCode"))));
    let message = match &json {
        Some(json) => of_json(json),
        None => of_text(&text),
    };
    let shown = |text: String| Some(scrubbed(text, scrubber)).filter(|text| !text.is_empty());
    ErrorBody {
        shape: shape(&text, json.as_ref()),
        error_code: error_code.and_then(shown),
        by_gateway,
        message: message.and_then(shown),
    }
}

impl ErrorBody {
    /// Of a body that cannot be read; `why` is ours.
    pub(super) fn unreadable(why: String) -> Self {
        Self { shape: Shape::Unreadable, error_code: None, by_gateway: false, message: Some(why) }
    }
}

/// What IMS says beside a success, if it says what an error is. The rest of such a body may hold a
/// token.
pub(super) fn of_ims(body: &[u8], scrubber: &Scrubber) -> Option<String> {
    let mut object = serde_json::from_slice::<Map<String, Value>>(body).ok()?;
    object.retain(|field, _| matches!(field.as_str(), "error" | "error_description"));
    of_object(&object).map(|message| scrubbed(message, scrubber))
}

/// The shape of a body alone.
pub(super) fn shape_of(body: &[u8]) -> Shape {
    match text_of(body) {
        Some(text) => shape(&text, serde_json::from_str(&text).ok().as_ref()),
        None => Shape::Unreadable,
    }
}

/// The body as text: UTF-8, or Latin-1 as old proxies write it. `None` if it holds control
/// characters: it is something else.
fn text_of(body: &[u8]) -> Option<Cow<'_, str>> {
    let text = match std::str::from_utf8(body) {
        Ok(text) => Cow::from(text),
        Err(_) => body.iter().copied().map(char::from).collect(),
    };
    let is_text = !text.contains(|c: char| c.is_control() && !c.is_whitespace());
    is_text.then_some(text)
}

/// `text` without secrets, then made fit to be shown. Scrubbed before and after: white space that
/// is folded can hide a secret or bring one together, and a cut must not leave half of one.
pub(super) fn scrubbed(text: String, scrubber: &Scrubber) -> String {
    shorten(&scrubber.scrub(fold(&scrubber.scrub(text))))
}

/// `text` made fit to be shown: one line, no control characters, at most 600 characters.
pub(super) fn tidy(text: &str) -> String {
    shorten(&fold(text))
}

fn shape(text: &str, json: Option<&Value>) -> Shape {
    match json {
        _ if text.trim().is_empty() => Shape::Empty,
        None => Shape::Text,
        Some(Value::Null) => Shape::Null,
        // The key alone counts, whatever its value: state is never dropped over a doubtful 404.
        Some(Value::Object(object)) if object.contains_key("error_code") => Shape::Gateway,
        Some(Value::Object(_)) => Shape::Object,
        Some(_) => Shape::Json,
    }
}

/// A string or a number as text; codes come as either.
fn scalar(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn of_json(json: &Value) -> Option<String> {
    match json {
        Value::Null => None,
        Value::String(text) => of_text(text),
        Value::Object(object) if object.is_empty() => None,
        Value::Object(object) => of_object(object).or_else(|| Some(json.to_string())),
        other => Some(other.to_string()),
    }
}

fn of_object(object: &Map<String, Value>) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for field in FIELDS {
        let part = match object.get(field) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Object(inner)) => {
                of_object(inner).unwrap_or_else(|| Value::from(inner.clone()).to_string())
            }
            Some(items @ Value::Array(_)) => items.to_string(),
            _ => continue,
        };
        if !["", "{}", "[]"].contains(&part.as_str()) && !parts.contains(&part) {
            parts.push(part);
        }
    }
    (!parts.is_empty()).then(|| parts.join(": "))
}

fn of_text(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    // Lower-casing ASCII keeps every index where it is.
    let lower = text.to_ascii_lowercase();
    let is_html =
        lower.starts_with("<!doctype") || lower.contains("<html") || lower.contains("<title");
    if !is_html {
        return Some(text.to_owned());
    }
    let title = lower.find("<title").and_then(|start| {
        let begin = start + lower.get(start..)?.find('>')? + 1;
        let end = begin + lower.get(begin..)?.find("</title")?;
        let title = text.get(begin..end)?.trim();
        (!title.is_empty()).then(|| title.to_owned())
    });
    Some(title.unwrap_or_else(|| "a page of HTML without a title".to_owned()))
}

/// One line: white space and control characters become single spaces; invisible characters that
/// reorder text are dropped.
fn fold(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= LIMIT {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LIMIT - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
#[path = "tests/error_body.rs"]
mod tests;
