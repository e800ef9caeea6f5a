//! Between the engine's values and JavaScript's.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::DomException;

use crate::store::{Key, StoreError, Table};

/// The largest integer that JavaScript holds exactly.
const LAST_INTEGER: u64 = (1 << 53) - 1;

/// The object store of a table. Never change one: it holds members' unsynced work.
pub(super) fn store_name(table: Table) -> &'static str {
    match table {
        Table::Meta => "meta",
        Table::Pages => "pages",
        Table::Outbox => "outbox",
        Table::Refused => "refused",
        Table::Held => "held",
    }
}

pub(super) fn js_key(key: Key) -> Result<JsValue, StoreError> {
    js_integer(key.1)
}

#[expect(clippy::cast_precision_loss, reason = "integers up to 2⁵³ − 1 are exact")]
pub(super) fn js_integer(number: u64) -> Result<JsValue, StoreError> {
    if number > LAST_INTEGER {
        return Err(StoreError::Platform(format!("{number} is too large for a number of JavaScript")));
    }
    Ok(JsValue::from_f64(number as f64))
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
pub(super) fn integer(value: &JsValue) -> Result<u64, StoreError> {
    match value.as_f64() {
        Some(number) if number >= 0.0 && number <= LAST_INTEGER as f64 && number.fract() == 0.0 => Ok(number as u64),
        _ => Err(StoreError::Corrupt("a key or a revision is not a whole number".into())),
    }
}

pub(super) fn bytes(value: JsValue) -> Result<Vec<u8>, StoreError> {
    let array =
        value.dyn_into::<Uint8Array>().map_err(|_| StoreError::Corrupt("a record is not an array of bytes".into()))?;
    Ok(array.to_vec())
}

pub(super) fn exception_name(thrown: &JsValue) -> String {
    thrown.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default()
}

/// What an exception or the error of a request means.
pub(super) fn platform(thrown: &JsValue) -> StoreError {
    match exception_name(thrown).as_str() {
        "QuotaExceededError" => StoreError::Full,
        // A newer version of the app has upgraded the layout.
        "VersionError" => StoreError::Closed,
        name => {
            let message = thrown.dyn_ref::<DomException>().map_or_else(|| format!("{thrown:?}"), DomException::message);
            StoreError::Platform(format!("{name}: {message}"))
        }
    }
}
