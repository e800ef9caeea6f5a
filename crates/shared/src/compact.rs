//! The compact form of an answer to a pull: smaller than JSON, and faster to write, to compress and to read.
//!
//! Rows go by columns ([`columns`]): what rows have in common stands together, where a compressor sees it, and a stamp
//! stands once in each row that it is of. The rest of an answer is as it is. All of it is postcard, without names: an
//! answer in this form is for who knows [`crate::protocol::SCHEMA`] exactly.

mod columns;
mod stamps;

use std::mem;

use crate::protocol::{PullResponse, PulledRow};
use columns::Columns;

/// The bytes are not an answer in this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not the compact form of an answer")]
pub struct Unreadable;

/// Writes an answer.
pub fn encode(mut answer: PullResponse) -> Result<Vec<u8>, postcard::Error> {
    let rows = rows(&mut answer).map(mem::take).unwrap_or_default();
    postcard::to_stdvec(&(answer, Columns::of(rows)))
}

/// Reads an answer, from whomever it is.
pub fn decode(bytes: &[u8]) -> Result<PullResponse, Unreadable> {
    let read = postcard::take_from_bytes::<(PullResponse, Columns)>(bytes);
    let Ok(((mut answer, columns), [])) = read else { return Err(Unreadable) };
    let found = columns.rows().ok_or(Unreadable)?;
    match rows(&mut answer) {
        Some(rows) if rows.is_empty() => *rows = found,
        None if found.is_empty() => {}
        _ => return Err(Unreadable),
    }
    Ok(answer)
}

/// The rows in an answer, if it is one that has some.
fn rows(answer: &mut PullResponse) -> Option<&mut Vec<PulledRow>> {
    match answer {
        PullResponse::Page(page) => Some(&mut page.rows),
        PullResponse::Filled(page) => Some(&mut page.rows),
        PullResponse::Reset { .. } => None,
    }
}
