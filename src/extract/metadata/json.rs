//! JSON whose strings stay in the text that it is read from, as nearly all of a page's can: of the pieces of memory
//! that an extraction asked for one in ten was for values that own each of theirs.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'j> {
    Bool(bool),
    /// A whole number, not below 0.
    Count(u64),
    String(Cow<'j, str>),
    Array(Vec<Value<'j>>),
    Object(Object<'j>),
    /// Nothing, and numbers of other kinds, which no property has that is asked for.
    Other,
}

/// The properties of an object by name, those of one name in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Object<'j> {
    properties: Vec<(Cow<'j, str>, Value<'j>)>,
}

impl<'j> Object<'j> {
    /// The property of that name, the last where there are several.
    pub(super) fn get(&self, name: &str) -> Option<&Value<'j>> {
        let end = self.properties.partition_point(|(have, _)| &**have <= name);
        let (have, value) = self.properties.get(end.checked_sub(1)?)?;
        (have == name).then_some(value)
    }

    pub(super) fn len(&self) -> usize {
        self.properties.len()
    }
}

impl<'j> Value<'j> {
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_object(&self) -> Option<&Object<'j>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

/// A string, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Text<'j>(#[serde(borrow)] Cow<'j, str>);

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Count(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut properties: Vec<(Cow<str>, Value)> = Vec::new();
        while let Some((Text(name), value)) = map.next_entry()? {
            properties.push((name, value));
        }
        // A page may ask a thousand times for a property of one object of a thousand: 900 KB took 7 s.
        properties.sort_by(|(one, _), (other, _)| Ord::cmp(one, other));
        Ok(Value::Object(Object { properties }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_strings_without_escapes_are_those_of_the_text() {
        let json = r#"{"a": ["x", "\u00e4", 3, -3, 1.5, null, true], "b": {}, "a\/b": 1, "b": 2}"#;
        let value: Value = serde_json::from_str(json).unwrap();
        let object = value.as_object().unwrap();
        let Some(Value::Array(items)) = object.get("a") else {
            panic!("{object:?}");
        };
        assert!(matches!(&items[0], Value::String(Cow::Borrowed("x"))));
        assert_eq!(items[1].as_str(), Some("ä"));
        let rest = [Value::Count(3), Value::Other, Value::Other, Value::Other];
        assert_eq!(items[2..6], rest);
        assert_eq!(items[6], Value::Bool(true));
        assert_eq!(object.get("a/b"), Some(&Value::Count(1)));
        assert_eq!(object.get("b"), Some(&Value::Count(2)));
        assert_eq!(object.get("c"), None);
    }
}
