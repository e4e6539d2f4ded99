//! serde's way from the types of a provider into [`Data`].

use std::collections::BTreeMap;

use serde::ser::{self, Serialize, Serializer};
use tf_provider::AttributePathStep;

use super::number::NUMBER;
use super::{Data, Number, UNKNOWN};
use crate::error::Error;

/// Any serialisable value as [`Data`].
pub(crate) fn to_data<T: Serialize + ?Sized>(value: &T) -> Result<Data, Error> {
    value.serialize(DataSerializer)
}

struct DataSerializer;

/// Shortens the many signatures of serde's traits.
type Out = Result<Data, Error>;

fn float(value: f64) -> Out {
    Number::from_f64(value).map(Data::Number).ok_or_else(|| Error::value("Not a number (NaN)."))
}

impl Serializer for DataSerializer {
    type Ok = Data;
    type Error = Error;
    type SerializeSeq = ListSerializer;
    type SerializeTuple = ListSerializer;
    type SerializeTupleStruct = ListSerializer;
    type SerializeTupleVariant = ListSerializer;
    type SerializeMap = MapSerializer;
    type SerializeStruct = MapSerializer;
    type SerializeStructVariant = MapSerializer;

    fn serialize_bool(self, value: bool) -> Out {
        Ok(Data::Bool(value))
    }
    fn serialize_i8(self, value: i8) -> Out {
        self.serialize_i64(value.into())
    }
    fn serialize_i16(self, value: i16) -> Out {
        self.serialize_i64(value.into())
    }
    fn serialize_i32(self, value: i32) -> Out {
        self.serialize_i64(value.into())
    }
    fn serialize_i64(self, value: i64) -> Out {
        Ok(Data::Number(value.into()))
    }
    fn serialize_u8(self, value: u8) -> Out {
        self.serialize_u64(value.into())
    }
    fn serialize_u16(self, value: u16) -> Out {
        self.serialize_u64(value.into())
    }
    fn serialize_u32(self, value: u32) -> Out {
        self.serialize_u64(value.into())
    }
    fn serialize_u64(self, value: u64) -> Out {
        Ok(Data::Number(value.into()))
    }
    fn serialize_f32(self, value: f32) -> Out {
        // By way of the digits: 0.1 stays 0.1 and does not become the double next to the single.
        float(value.to_string().parse().unwrap_or(f64::NAN))
    }
    fn serialize_f64(self, value: f64) -> Out {
        float(value)
    }
    fn serialize_char(self, value: char) -> Out {
        Ok(Data::String(value.into()))
    }
    fn serialize_str(self, value: &str) -> Out {
        Ok(Data::String(value.to_owned()))
    }
    fn serialize_bytes(self, value: &[u8]) -> Out {
        Ok(Data::List(value.iter().map(|byte| Data::Number(i64::from(*byte).into())).collect()))
    }
    fn serialize_none(self) -> Out {
        Ok(Data::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Out {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Out {
        Ok(Data::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Out {
        Ok(Data::Null)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Out {
        Ok(Data::String(variant.to_owned()))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Out {
        match (name, value) {
            (UNKNOWN, _) => Ok(Data::Unknown),
            (NUMBER, value) => match value.serialize(self)? {
                Data::String(text) => {
                    text.parse().map(Data::Number).map_err(|error| Error::value(format!("{error}")))
                }
                other => Ok(other),
            },
            (_, value) => value.serialize(self),
        }
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Out {
        Ok(Data::Map(BTreeMap::from([(variant.to_owned(), to_data(value)?)])))
    }
    fn serialize_seq(self, length: Option<usize>) -> Result<ListSerializer, Error> {
        Ok(ListSerializer {
            elements: Vec::with_capacity(length.unwrap_or_default()),
            variant: None,
        })
    }
    fn serialize_tuple(self, length: usize) -> Result<ListSerializer, Error> {
        self.serialize_seq(Some(length))
    }
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<ListSerializer, Error> {
        self.serialize_seq(Some(length))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<ListSerializer, Error> {
        Ok(ListSerializer { elements: Vec::with_capacity(length), variant: Some(variant) })
    }
    fn serialize_map(self, _: Option<usize>) -> Result<MapSerializer, Error> {
        Ok(MapSerializer::default())
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<MapSerializer, Error> {
        Ok(MapSerializer::default())
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<MapSerializer, Error> {
        Ok(MapSerializer { variant: Some(variant), ..MapSerializer::default() })
    }
}

/// A value under the name of its variant, if it has one.
fn wrap(variant: Option<&'static str>, data: Data) -> Data {
    match variant {
        Some(variant) => Data::Map(BTreeMap::from([(variant.to_owned(), data)])),
        None => data,
    }
}

struct ListSerializer {
    elements: Vec<Data>,
    variant: Option<&'static str>,
}

impl ListSerializer {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let index = i64::try_from(self.elements.len()).unwrap_or(i64::MAX);
        let element =
            to_data(value).map_err(|error| error.within(AttributePathStep::Index(index)))?;
        self.elements.push(element);
        Ok(())
    }

    fn finish(self) -> Data {
        wrap(self.variant, Data::List(self.elements))
    }
}

impl ser::SerializeSeq for ListSerializer {
    type Ok = Data;
    type Error = Error;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }
    fn end(self) -> Out {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for ListSerializer {
    type Ok = Data;
    type Error = Error;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }
    fn end(self) -> Out {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for ListSerializer {
    type Ok = Data;
    type Error = Error;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }
    fn end(self) -> Out {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleVariant for ListSerializer {
    type Ok = Data;
    type Error = Error;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }
    fn end(self) -> Out {
        Ok(self.finish())
    }
}

#[derive(Default)]
struct MapSerializer {
    entries: BTreeMap<String, Data>,
    key: Option<String>,
    variant: Option<&'static str>,
}

impl MapSerializer {
    fn insert<T: Serialize + ?Sized>(&mut self, key: String, value: &T) -> Result<(), Error> {
        match to_data(value) {
            Ok(value) => {
                self.entries.insert(key, value);
                Ok(())
            }
            Err(error) => Err(error.within(AttributePathStep::Attribute(key.into()))),
        }
    }

    fn finish(self) -> Data {
        wrap(self.variant, Data::Map(self.entries))
    }
}

impl ser::SerializeMap for MapSerializer {
    type Ok = Data;
    type Error = Error;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        match to_data(key)? {
            Data::String(key) => {
                self.key = Some(key);
                Ok(())
            }
            Data::Number(number) => {
                self.key = Some(number.to_string());
                Ok(())
            }
            _ => Err(Error::value("The keys of a map must be strings.")),
        }
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        match self.key.take() {
            Some(key) => self.insert(key, value),
            None => Err(Error::value("A value was written before its key.")),
        }
    }
    fn end(self) -> Out {
        Ok(self.finish())
    }
}

impl ser::SerializeStruct for MapSerializer {
    type Ok = Data;
    type Error = Error;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.insert(key.to_owned(), value)
    }
    fn end(self) -> Out {
        Ok(self.finish())
    }
}

impl ser::SerializeStructVariant for MapSerializer {
    type Ok = Data;
    type Error = Error;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.insert(key.to_owned(), value)
    }
    fn end(self) -> Out {
        Ok(self.finish())
    }
}
