//! Log lines as the CLI reads them: one JSON object a line, hclog's keys, on standard error.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde_json::Value as Json;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use super::stderr;

/// The target of the host's lines about RPCs; they appear as the module `sdk.proto`.
pub(super) const RPC: &str = concat!(module_path!(), "::rpc");

/// Longer values are cut, as JSON writes them: the CLI splits lines at 64 KiB and prints the pieces
/// raw.
const LONGEST_VALUE: usize = 4 * 1024;
/// A line of many long values ends here.
const LONGEST_LINE: usize = 60 * 1024;

/// The crate of a target, or of anything else that has a path.
pub(super) fn crate_of(path: &str) -> &str {
    path.split("::").next().unwrap_or_default()
}

/// Starts logging at the level the environment asks for. Without one there is nothing to log to.
/// Only events of this crate and of the provider's are written: other crates log headers and
/// addresses.
pub(super) fn start(level: LevelFilter, provider_crate: &'static str) {
    if level == LevelFilter::OFF {
        return;
    }
    let crates = [crate_of(module_path!()), provider_crate];
    let subscriber = tracing_subscriber::registry().with(Hclog { level, crates });
    // A second start in one process keeps the first one's subscriber.
    _ = tracing::subscriber::set_global_default(subscriber);
}

/// The level for the provider `name`: the provider's own variable, then all providers', then the
/// CLI's.
pub(super) fn level(name: &str, variable: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let own = format!("TF_LOG_PROVIDER_{}", name.to_uppercase().replace('-', "_"));
    let value = [own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match value.unwrap_or_default().to_uppercase().as_str() {
        "TRACE" | "JSON" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "INFO" => LevelFilter::INFO,
        "WARN" => LevelFilter::WARN,
        "ERROR" => LevelFilter::ERROR,
        "" | "OFF" => LevelFilter::OFF,
        // As the CLI does with a level it does not know.
        _ => LevelFilter::TRACE,
    }
}

struct Hclog {
    level: LevelFilter,
    crates: [&'static str; 2],
}

impl Hclog {
    fn is_ours(&self, metadata: &Metadata<'_>) -> bool {
        let of = metadata.target().split("::").next().unwrap_or_default();
        self.crates.contains(&of)
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(BTreeMap<&'static str, Json>);

impl Fields {
    fn put(&mut self, field: &Field, value: Json) {
        self.0.insert(field.name(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Writing into a string does not fail.
        _ = write!(text, "{value:?}");
        self.put(field, cut(text).into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, cut(value.to_owned()).into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

/// Cuts a text that is long in JSON, and says so.
fn cut(mut text: String) -> String {
    let mut length = 0;
    let end = text.char_indices().find_map(|(at, character)| {
        length += match character {
            '"' | '\\' => 2,
            // \u0000, but for the few that have a letter.
            '\0'..='\u{1f}' => 6,
            other => other.len_utf8(),
        };
        (length > LONGEST_VALUE).then_some(at)
    });
    if let Some(end) = end {
        text.truncate(end);
        text.push_str(" (cut)");
    }
    text
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Hclog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // Spans of a lower level still give their fields to the events in them.
        (metadata.is_span() || *metadata.level() <= self.level) && self.is_ours(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // The spans of RPCs are error spans, so that they pass whatever the level.
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                for (name, value) in &of_span.0 {
                    // Inner spans come first and win.
                    fields.0.entry(name).or_insert_with(|| value.clone());
                }
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        stderr::write(line(metadata.level(), metadata.target(), fields.0, now()).as_bytes());
    }
}

/// Seconds and microseconds since 1970.
fn now() -> (u64, u32) {
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    (since.as_secs(), since.subsec_micros())
}

fn line(
    level: &Level,
    target: &str,
    mut fields: BTreeMap<&'static str, Json>,
    now: (u64, u32),
) -> String {
    let message = match fields.remove("message") {
        Some(Json::String(message)) => message,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let level = match *level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    };
    // These keys must be strings: the CLI crashes on any other kind.
    let mut object = serde_json::Map::new();
    object.insert("@level".to_owned(), level.into());
    object.insert("@message".to_owned(), cut(message).into());
    object.insert("@module".to_owned(), cut(module(target)).into());
    object.insert("@timestamp".to_owned(), timestamp(now).into());
    let mut length = written(&object);
    for (name, value) in fields {
        // A comma, a colon, quotes.
        length += name.len() + value.to_string().len() + 4;
        if length > LONGEST_LINE {
            break;
        }
        object.insert(name.to_owned(), value);
    }
    let mut line = Json::Object(object).to_string();
    line.push('\n');
    line
}

/// The length of an object in JSON.
fn written(object: &serde_json::Map<String, Json>) -> usize {
    object.iter().map(|(name, value)| name.len() + value.to_string().len() + 4).sum()
}

/// The logger's name, as Go's plugins name theirs: `sdk` for the host, `provider` for the provider,
/// followed by the module.
fn module(target: &str) -> String {
    if target == RPC {
        return "sdk.proto".to_owned();
    }
    let of_host = crate_of(target) == crate_of(module_path!());
    let name = if of_host { "sdk" } else { "provider" };
    target.split("::").skip(1).fold(name.to_owned(), |name, part| format!("{name}.{part}"))
}

/// Exactly as the CLI parses it: six digits of fraction and an offset.
fn timestamp((seconds, micros): (u64, u32)) -> String {
    let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{micros:06}Z",
        second_of_day / 3600,
        second_of_day / 60 % 60,
        second_of_day % 60
    )
}

/// The Gregorian date of a day since 1970. Years are counted from March, so that the leap day is
/// the last.
fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    // 719_468 days lie between 0000-03-01 and 1970-01-01.
    let days = days + 719_468;
    let (era, day) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let month_of_year = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month_of_year <= 2), month_of_year, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_LINE, LONGEST_VALUE, RPC, civil, cut, level, line, timestamp};
    use std::collections::BTreeMap;
    use tracing::Level;
    use tracing::level_filters::LevelFilter;

    #[test]
    fn a_line_has_the_keys_the_cli_parses() {
        let fields =
            BTreeMap::from([("message", "Served".into()), ("tf_req_duration_ms", 3.into())]);
        assert_eq!(
            line(&Level::WARN, RPC, fields, (1_700_000_000, 42)),
            "{\"@level\":\"warn\",\"@message\":\"Served\",\"@module\":\"sdk.proto\",\
             \"@timestamp\":\"2023-11-14T22:13:20.000042Z\",\"tf_req_duration_ms\":3}\n"
        );
        let line = line(&Level::INFO, "some_crate::api::retry", BTreeMap::new(), (0, 0));
        assert!(line.contains(r#""@module":"provider.api.retry""#), "{line}");
    }

    #[test]
    fn dates_are_the_calendar_s() {
        assert_eq!(timestamp((0, 0)), "1970-01-01T00:00:00.000000Z");
        assert_eq!(timestamp((951_868_799, 999_999)), "2000-02-29T23:59:59.999999Z");
        assert_eq!(civil(20_820), (2027, 1, 2));
        assert_eq!(civil(47_541), (2100, 3, 1));
    }

    #[test]
    fn no_line_is_longer_than_the_cli_reads() {
        assert!(cut("ä".repeat(LONGEST_VALUE)).len() < LONGEST_VALUE + 10);
        let names: Vec<&'static str> =
            (0..40).map(|index| &*Box::leak(format!("field{index}").into_boxed_str())).collect();
        let fields =
            names.into_iter().map(|name| (name, "x".repeat(LONGEST_VALUE).into())).collect();
        assert!(line(&Level::INFO, "a", fields, (0, 0)).len() < LONGEST_LINE + 1024);
    }

    #[test]
    fn nor_is_one_of_characters_that_json_writes_longer() {
        for hostile in ["\u{1}", "\"", "\\", "\n", "\u{7f}", "\u{2028}", "ä"] {
            let hostile = hostile.repeat(LONGEST_LINE);
            assert!(serde_json::json!(cut(hostile.clone())).to_string().len() < LONGEST_VALUE + 10);
            let names: [&'static str; 17] =
                std::array::from_fn(|index| &*Box::leak(format!("field{index}").into_boxed_str()));
            let fields = names
                .into_iter()
                .map(|name| (name, cut(hostile.clone()).into()))
                .chain([("message", hostile.clone().into())])
                .collect();
            let target: &'static str = Box::leak(format!("a::{hostile}").into_boxed_str());
            let line = line(&Level::INFO, target, fields, (0, 0));
            assert!(line.len() < LONGEST_LINE + 10, "{}", line.len());
            assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok());
        }
    }

    #[test]
    fn the_level_is_the_most_specific_variable_s() {
        let level = |set: &[(&str, &str)]| {
            level("a-b", |name| {
                set.iter()
                    .find(|(variable, _)| *variable == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(level(&[]), LevelFilter::OFF);
        assert_eq!(level(&[("TF_LOG", "json")]), LevelFilter::TRACE);
        assert_eq!(level(&[("TF_LOG", "info"), ("TF_LOG_PROVIDER", "WARN")]), LevelFilter::WARN);
        assert_eq!(
            level(&[("TF_LOG_PROVIDER", "WARN"), ("TF_LOG_PROVIDER_A_B", "off")]),
            LevelFilter::OFF
        );
        assert_eq!(level(&[("TF_LOG_PROVIDER", ""), ("TF_LOG", "DEBUG")]), LevelFilter::DEBUG);
    }
}
