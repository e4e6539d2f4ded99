//! Numbers as Terraform has them: decimal, with more digits than a float holds.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// The name under which a [`Number`] passes through serde, so that the host's own serialiser recognises it.
pub(super) const NUMBER: &str = "$plugin::Number";

/// A number with all its digits. A state's field of this type gives back exactly the number it was given, where an
/// `f64` would turn some of them into their neighbours.
///
/// Equal numbers are equal values: every number has one representation.
#[derive(Clone, Debug, PartialEq)]
pub struct Number(Repr);

/// In this order of preference, which is also the wire's.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Repr {
    Int(i64),
    UInt(u64),
    /// A fraction that a float holds exactly, in as few digits as the float has; or an infinity. What a float holds in
    /// more digits is a decimal here: as a float it would be taken for its short neighbour.
    Float(f64),
    /// Any other number, in canonical notation.
    Decimal(String),
}

/// The text is not a decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number")]
pub struct NotANumber;

impl Number {
    pub(super) fn repr(&self) -> &Repr {
        &self.0
    }

    /// The number as an integer, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(value) => Some(value),
            _ => None,
        }
    }

    /// A float may not hold it: what a type with floats makes of it has to be looked at.
    pub(super) fn is_beyond_f64(&self) -> bool {
        // Integers of up to 53 bits are exact.
        match self.0 {
            Repr::Int(value) => value.unsigned_abs() > 1 << 53,
            Repr::UInt(_) => true,
            Repr::Float(_) | Repr::Decimal(_) => false,
        }
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            // The nearest float is what is asked for.
            #[allow(clippy::cast_precision_loss)]
            Repr::Int(value) => *value as f64,
            #[allow(clippy::cast_precision_loss)]
            Repr::UInt(value) => *value as f64,
            Repr::Float(value) => *value,
            Repr::Decimal(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// The number a float is meant to be: `0.1`, not the 55 digits of the binary fraction next to it.
    pub fn from_f64(value: f64) -> Option<Self> {
        if value.is_infinite() {
            return Some(Self(Repr::Float(value)));
        }
        // Display gives the shortest digits that read back as this float, without an exponent.
        value.to_string().parse().ok()
    }

    /// The number a float is, to the last digit: what a float on the wire stands for.
    pub(super) fn from_f64_exactly(value: f64) -> Option<Self> {
        if value.is_infinite() {
            return Some(Self(Repr::Float(value)));
        }
        exact_digits(value).parse().ok()
    }

    /// The float that stands for this number and no other, by [`Number::from_f64`].
    pub(super) fn shortest_f64(&self) -> Option<f64> {
        let float = self.to_f64();
        (Self::from_f64(float).as_ref() == Some(self)).then_some(float)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(Repr::Int(value))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(i64::try_from(value).map_or(Repr::UInt(value), Repr::Int))
    }
}

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let decimal = Decimal::parse(text).ok_or(NotANumber)?;
        let canonical = decimal.to_string();
        if let Ok(value) = canonical.parse::<i64>() {
            return Ok(Self(Repr::Int(value)));
        }
        if let Ok(value) = canonical.parse::<u64>() {
            return Ok(Self(Repr::UInt(value)));
        }
        if decimal.exponent < 0 {
            let float: f64 = canonical.parse().map_err(|_| NotANumber)?;
            let means_this = |digits: String| Decimal::parse(&digits).as_ref() == Some(&decimal);
            if means_this(exact_digits(float)) && means_this(float.to_string()) {
                return Ok(Self(Repr::Float(float)));
            }
        }
        Ok(Self(Repr::Decimal(canonical)))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(value) => value.fmt(f),
            Repr::UInt(value) => value.fmt(f),
            Repr::Float(value) => value.fmt(f),
            Repr::Decimal(text) => f.write_str(text),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(NUMBER, &self.to_string())
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl<'de> Visitor<'de> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                inner: D,
            ) -> Result<Number, D::Error> {
                inner.deserialize_any(self)
            }
            fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
                Ok(value.into())
            }
            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Number, E> {
                Number::from_f64(value).ok_or_else(|| E::custom(NotANumber))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_newtype_struct(NUMBER, NumberVisitor)
    }
}

/// All digits of a float. 1074 digits after the point are enough for every one.
fn exact_digits(value: f64) -> String {
    format!("{value:.1074}")
}

/// digits × 10^exponent, without zeros at either end of the digits.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i32,
}

/// Numbers are written without an exponent, as in a state file, so an exponent is not taken for what would fill the memory.
const MOST_ZEROS: u32 = 1 << 20;

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], unsigned[at + 1..].parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let kept = digits.trim_end_matches('0');
        let dropped = i32::try_from(digits.len() - kept.len()).ok()?;
        let significant = kept.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self { negative: false, digits: "0".to_owned(), exponent: 0 });
        }
        let exponent =
            exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?.checked_add(dropped)?;
        (exponent.unsigned_abs() <= MOST_ZEROS).then(|| Self {
            negative,
            digits: significant.to_owned(),
            exponent,
        })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            f.write_str("-")?;
        }
        let shift = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(usize::MAX);
        let digits = &self.digits;
        if self.exponent >= 0 {
            write!(f, "{digits}{}", "0".repeat(shift))
        } else if shift < digits.len() {
            let (whole, fraction) = digits.split_at(digits.len() - shift);
            write!(f, "{whole}.{fraction}")
        } else {
            write!(f, "0.{}{digits}", "0".repeat(shift - digits.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Number, Repr};

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn every_number_has_one_representation() {
        for (text, repr) in [
            ("0", Repr::Int(0)),
            ("-0.0", Repr::Int(0)),
            ("2.0", Repr::Int(2)),
            ("2e3", Repr::Int(2000)),
            ("-9223372036854775808", Repr::Int(i64::MIN)),
            ("9223372036854775808", Repr::UInt(1 << 63)),
            ("0.5", Repr::Float(0.5)),
            (".5", Repr::Float(0.5)),
            ("5E-1", Repr::Float(0.5)),
            ("0.1", Repr::Decimal("0.1".into())),
            ("-00.10", Repr::Decimal("-0.1".into())),
            ("1e-3", Repr::Decimal("0.001".into())),
            ("36893488147419103232", Repr::Decimal("36893488147419103232".into())),
            ("1e500", Repr::Decimal(format!("1{}", "0".repeat(500)))),
            ("+1.20e-500", Repr::Decimal(format!("0.{}12", "0".repeat(499)))),
        ] {
            assert_eq!(number(text).repr(), &repr, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in
            ["", "-", ".", "1.2.3", "0x10", "1e", "NaN", "1_000", " 1", "1e9999999", "1e-9999999"]
        {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_float_of_a_state_means_its_shortest_digits_and_one_of_the_wire_all_of_them() {
        assert_eq!(Number::from_f64(0.1), Some(number("0.1")));
        assert_ne!(Number::from_f64_exactly(0.1), Some(number("0.1")));
        assert!(matches!(Number::from_f64_exactly(0.1).unwrap().repr(), Repr::Decimal(_)));
        assert_eq!(Number::from_f64_exactly(0.5), Some(number("0.5")));
        assert_eq!(number("0.1").shortest_f64(), Some(0.1));
        assert_eq!(number("0.10000000000000000001").shortest_f64(), None);
        assert_eq!(Number::from_f64(1e20), Some(number("100000000000000000000")));
    }
}
