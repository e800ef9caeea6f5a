//! Reading a filter that somebody else wrote. Depth and size are limited while it is read, whatever the format: a
//! derived reader of a recursive type would follow any nesting until the stack ends.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, EnumAccess, Error, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{FILTER_DEPTH, FILTER_SIZE, Filter, InvalidFilter};

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let left = Cell::new(FILTER_SIZE);
        let filter = Nested { depth: FILTER_DEPTH, left: &left }.deserialize(deserializer)?;
        filter.check().map_err(D::Error::custom)?;
        Ok(filter)
    }
}

#[derive(Deserialize)]
#[serde(variant_identifier, rename_all = "snake_case")]
enum Name {
    All,
    Any,
    Not,
    Is,
}

/// Reads a filter that may be so deep, while so many more are allowed.
#[derive(Clone, Copy)]
struct Nested<'a> {
    depth: usize,
    left: &'a Cell<usize>,
}

impl Nested<'_> {
    fn inner<E: Error>(self) -> Result<Self, E> {
        // A filter at the last level may still be a condition; `check` counts that exactly.
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom(InvalidFilter::TooDeep))?;
        Ok(Self { depth, left: self.left })
    }
}

impl<'de> DeserializeSeed<'de> for Nested<'_> {
    type Value = Filter;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Filter, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| D::Error::custom(InvalidFilter::TooLarge))?;
        self.left.set(left);
        deserializer.deserialize_enum("Filter", &["all", "any", "not", "is"], self)
    }
}

impl<'de> Visitor<'de> for Nested<'_> {
    type Value = Filter;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a filter")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Filter, A::Error> {
        let (name, content) = data.variant()?;
        match name {
            Name::All => content.newtype_variant_seed(List(self.inner()?)).map(Filter::All),
            Name::Any => content.newtype_variant_seed(List(self.inner()?)).map(Filter::Any),
            Name::Not => content.newtype_variant_seed(self.inner()?).map(Box::new).map(Filter::Not),
            Name::Is => content.newtype_variant().map(Filter::Is),
        }
    }
}

struct List<'a>(Nested<'a>);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Vec<Filter>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Filter>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<Filter>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of filters")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Filter>, A::Error> {
        let mut filters = Vec::new();
        while let Some(filter) = list.next_element_seed(self.0)? {
            filters.push(filter);
        }
        Ok(filters)
    }
}
