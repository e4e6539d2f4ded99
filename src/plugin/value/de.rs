//! serde's view of [`Data`]: into the types of a provider. Errors carry the way to the value.

use std::collections::btree_map;
use std::slice;

use serde::de::value::{StrDeserializer, StringDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use tf_provider::AttributePathStep;

use super::number::Repr;
use super::{Data, UNKNOWN};
use crate::error::Error;

/// Reads a value into a provider's type.
pub(crate) fn from_data<'de, T: Deserialize<'de>>(data: &'de Data) -> Result<T, Error> {
    T::deserialize(Reader(data))
}

/// [`Data`] as serde reads it.
struct Reader<'de>(&'de Data);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Data::Null => visitor.visit_unit(),
            // As tf-provider's `Value` has it: it buffers what it reads and looks for this shape in the buffer.
            Data::Unknown => visitor.visit_newtype_struct(UnknownBody),
            Data::Bool(value) => visitor.visit_bool(*value),
            Data::Number(number) => match number.repr() {
                Repr::Int(value) => visitor.visit_i64(*value),
                Repr::UInt(value) => visitor.visit_u64(*value),
                Repr::Float(value) => visitor.visit_f64(*value),
                // A float field may have a decimal, as long as it gives the same decimal back.
                Repr::Decimal(text) => match number.shortest_f64() {
                    Some(value) => visitor.visit_f64(value),
                    None => visitor.visit_borrowed_str(text),
                },
            },
            Data::String(text) => visitor.visit_borrowed_str(text),
            Data::List(elements) => {
                visitor.visit_seq(Elements { elements: elements.iter(), index: 0 })
            }
            Data::Map(entries) => {
                visitor.visit_map(Entries { entries: entries.iter(), current: None })
            }
            Data::Dynamic(dynamic) => visitor.visit_map(DynamicEntries {
                ty: Some(dynamic.ty.to_json().to_string()),
                value: &dynamic.value,
                at: 0,
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Data::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Data::Unknown if name == UNKNOWN => visitor.visit_newtype_struct(UnknownBody),
            // Otherwise a list that looks like the body of an unknown value would be taken for one.
            _ if name == UNKNOWN => Err(Error::value("Expected a value that is not known yet.")),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            // The arguments of a function without parameters.
            Data::List(elements) if elements.is_empty() => visitor.visit_unit(),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        _ = (name, variants);
        match self.0 {
            Data::String(variant) => visitor.visit_enum(StrDeserializer::<Error>::new(variant)),
            Data::Map(entries) if entries.len() == 1 => match entries.iter().next() {
                Some((variant, value)) => visitor.visit_enum(Variant { variant, value }),
                None => self.deserialize_any(visitor),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The body of an unknown value, as tf-provider writes and reads it: type 0 and no bytes.
struct UnknownBody;

impl<'de> Deserializer<'de> for UnknownBody {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        struct Body(u8);
        impl<'de> SeqAccess<'de> for Body {
            type Error = Error;
            fn next_element_seed<T: DeserializeSeed<'de>>(
                &mut self,
                seed: T,
            ) -> Result<Option<T::Value>, Error> {
                self.0 += 1;
                match self.0 {
                    1 => seed.deserialize(0_i8.into_deserializer()).map(Some),
                    2 => seed
                        .deserialize(serde::de::value::BytesDeserializer::<Error>::new(&[]))
                        .map(Some),
                    _ => Ok(None),
                }
            }
        }
        visitor.visit_seq(Body(0))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Elements<'de> {
    elements: slice::Iter<'de, Data>,
    index: i64,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(element) = self.elements.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Reader(element))
            .map(Some)
            .map_err(|error| error.within(AttributePathStep::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len())
    }
}

struct Entries<'de> {
    entries: btree_map::Iter<'de, String, Data>,
    current: Option<(&'de String, &'de Data)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.current = self.entries.next();
        self.current
            .map(|(key, _)| seed.deserialize(serde::de::value::BorrowedStrDeserializer::new(key)))
            .transpose()
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let Some((key, value)) = self.current.take() else {
            return Err(Error::value("A value was read before its key."));
        };
        seed.deserialize(Reader(value))
            .map_err(|error| error.within(AttributePathStep::Attribute(key.clone().into())))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

struct DynamicEntries<'de> {
    ty: Option<String>,
    value: &'de Data,
    at: u8,
}

impl<'de> MapAccess<'de> for DynamicEntries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.at += 1;
        match self.at {
            1 => seed.deserialize("type".into_deserializer()).map(Some),
            2 => seed.deserialize("value".into_deserializer()).map(Some),
            _ => Ok(None),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        match self.ty.take() {
            Some(ty) => seed.deserialize(StringDeserializer::<Error>::new(ty)),
            None => seed.deserialize(Reader(self.value)),
        }
    }
}

struct Variant<'de> {
    variant: &'de str,
    value: &'de Data,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Reader<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Reader<'de>), Error> {
        let variant = seed.deserialize(StrDeserializer::<Error>::new(self.variant))?;
        Ok((variant, Reader(self.value)))
    }
}

impl<'de> VariantAccess<'de> for Reader<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            Data::Null => Ok(()),
            _ => Err(Error::value("Expected null.")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }
}
