//! How large things may be. Both sides check the same numbers: the app while typing, the server for every mutation.

/// Characters (Unicode scalar values) of a task's title.
pub const TITLE_CHARS: usize = 500;
/// Characters of a project's name.
pub const PROJECT_NAME_CHARS: usize = 120;
/// Characters of one tag.
pub const TAG_CHARS: usize = 50;
/// Tags that one mutation adds or removes, and that a new task starts with.
pub const TAGS_PER_MUTATION: usize = 50;
/// Steps of one text delta.
pub const DELTA_STEPS: usize = 4_096;
/// Mutations in one push.
pub const MUTATIONS_PER_PUSH: usize = 100;
/// Rows in one page of a pull.
pub const ROWS_PER_PULL: usize = 1_000;
/// Bytes of a request body.
pub const BODY_BYTES: usize = 1024 * 1024;
