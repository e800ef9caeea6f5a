//! Values as they are said on the command line.

use std::collections::BTreeSet;

use shared::date::Date;
use shared::ids::UserId;
use shared::quick_add;
use shared::value::Value;

use crate::machine;
use crate::names::Names;
use crate::trouble::{Outcome, Trouble};

/// What empties a field.
pub(crate) const NONE: &str = "none";

/// A day: a date, `today`, `tomorrow` or a weekday.
pub(crate) fn day(text: &str) -> Outcome<Date> {
    quick_add::day(text, machine::today()?).ok_or_else(|| {
        Trouble::Usage(format!("`{text}` is no day. Say 2026-03-01, today, tomorrow or a weekday such as friday."))
    })
}

/// A day, or none.
pub(crate) fn date(text: &str) -> Outcome<Value> {
    if text.eq_ignore_ascii_case(NONE) { Ok(Value::Nothing) } else { Ok(Value::Date(day(text)?)) }
}

/// A whole number, or none.
pub(crate) fn estimate(text: &str) -> Outcome<Value> {
    if text.eq_ignore_ascii_case(NONE) {
        return Ok(Value::Nothing);
    }
    let number = text.parse().map(Value::Count);
    number.map_err(|_| Trouble::Usage(format!("`{text}` is no estimate. Say a whole number, or none.")))
}

/// Everybody of these names.
pub(crate) fn people<'a>(names: Names<'_>, typed: impl IntoIterator<Item = &'a str>) -> Outcome<BTreeSet<UserId>> {
    typed.into_iter().map(|name| names.person(name.trim())).collect()
}
