//! Numbers as Terraform has them: decimal, with more digits than a float holds.

use rmpv::Value;

use super::conform::Way;

/// The number as it goes this way; `None` for what is none. To the provider it is an integer or a
/// float where that stands for this number and no other, and the string of its digits where not: a
/// type that cannot hold it refuses it.
///
/// To the wire it is the digits that a state file holds. cty reads those with the precision with
/// which it reads a state, which an integer or a float of msgpack does not have: Terraform 1.11
/// takes the same number in another precision for drift.
pub(super) fn conform(value: Value, way: Way) -> Option<Value> {
    let digits = match (way, value) {
        (Way::In, Value::Integer(number)) => return Some(Value::Integer(number)),
        (_, Value::Integer(number)) => return Some(number.to_string().into()),
        (_, Value::F64(number)) if number.is_infinite() => return Some(Value::F64(number)),
        (_, Value::F32(number)) if number.is_infinite() => return Some(f64::from(number).into()),
        // On the wire a float is the number it is, to its last digit: 1074 are enough for every
        // one.
        (Way::In, Value::F64(number)) => format!("{number:.1074}"),
        (Way::In, Value::F32(number)) => format!("{number:.1074}"),
        // A provider's float is the number that it is meant to be: 0.1, not the 55 digits of the
        // binary fraction next to it.
        (_, Value::F64(number)) => number.to_string(),
        (_, Value::F32(number)) => number.to_string(),
        (_, Value::String(text)) => text.into_str()?,
        _ => return None,
    };
    if let (Way::In, Ok(number)) = (way, digits.parse::<i64>()) {
        return Some(number.into());
    }
    let digits = canonical(&digits)?;
    Some(match way {
        Way::In => held(digits),
        Way::Out | Way::State => digits.into(),
    })
}

fn held(digits: String) -> Value {
    if let Ok(number) = digits.parse::<i64>() {
        return number.into();
    }
    if let Ok(number) = digits.parse::<u64>() {
        return number.into();
    }
    match digits.parse::<f64>() {
        // Display gives the shortest digits that read back as this float, without an exponent.
        Ok(number) if number.to_string() == digits => number.into(),
        _ => digits.into(),
    }
}

/// Whether a float of a provider's type may take it for its neighbour: whole numbers of up to 24
/// bits are exact in an `f32`, too.
pub(super) fn may_be_rounded(number: &Value) -> bool {
    match number {
        Value::Integer(number) => {
            number.as_i64().is_none_or(|number| number.unsigned_abs() > 1 << 24)
        }
        Value::F64(_) => true,
        _ => false,
    }
}

/// Whether it is a number, as far as its digits tell, that only a string holds.
pub(super) fn is_long(value: &Value) -> bool {
    let digits = value.as_str().and_then(canonical);
    digits.is_some_and(|digits| held(digits) == *value)
}

/// Numbers are written without an exponent, as in a state file, so an exponent is not taken for
/// what would fill the memory.
const MOST_ZEROS: u32 = 1 << 20;

/// The one notation of a decimal number: no exponent, no plus, no zero that says nothing.
pub(super) fn canonical(text: &str) -> Option<String> {
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], unsigned[at + 1..].parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_matches('0');
    if significant.is_empty() {
        return Some("0".to_owned());
    }
    // significant × 10^shift
    let dropped = digits.len() - digits.trim_end_matches('0').len();
    let shift = exponent
        .checked_sub(i32::try_from(fraction.len()).ok()?)?
        .checked_add(i32::try_from(dropped).ok()?)?;
    if shift.unsigned_abs() > MOST_ZEROS {
        return None;
    }
    let places = usize::try_from(shift.unsigned_abs()).ok()?;
    Some(match significant.len().checked_sub(places) {
        _ if shift >= 0 => format!("{sign}{significant}{}", "0".repeat(places)),
        Some(whole) if whole > 0 => {
            format!("{sign}{}.{}", &significant[..whole], &significant[whole..])
        }
        _ => format!("{sign}0.{}{significant}", "0".repeat(places - significant.len())),
    })
}
