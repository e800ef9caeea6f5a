//! A measurement that cannot be made ends the run: nobody decides anything by the kind of the error, a person reads it.

use std::error::Error;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
