//! How large things may be. Both sides check the same numbers: the app while typing, the server for every mutation.

/// Characters (Unicode scalar values) of a task's title.
pub const TITLE_CHARS: usize = 500;
/// Characters of a name: of a project, a section, a file, a person.
pub const NAME_CHARS: usize = 120;
/// Characters of a description, and of notes.
pub const DESCRIPTION_CHARS: usize = 100_000;
/// Characters of a comment.
pub const BODY_CHARS: usize = 20_000;
/// Characters of a value of one line, such as an icon or what a custom field holds.
pub const LINE_CHARS: usize = 254;
/// Characters of a saved view's filter.
pub const FILTER_CHARS: usize = 10_000;
/// Characters of one tag.
pub const TAG_CHARS: usize = 50;
/// Tags or relations that one mutation adds or removes, and tags that a new task starts with.
pub const ELEMENTS_PER_MUTATION: usize = 50;
/// People in one value.
pub const PEOPLE: usize = 50;
/// Reminders of one task.
pub const REMINDERS: usize = 20;
/// Choices of one custom field.
pub const CHOICES: usize = 100;
/// Characters of a provider's name and of its id.
pub const REFERENCE_CHARS: usize = 200;
/// Characters of a fractional index. A thousand moves to one spot between two others make about 170.
pub const ORDER_CHARS: usize = 1_000;
/// Steps of one text delta.
pub const DELTA_STEPS: usize = 4_096;
/// Mutations in one push.
pub const MUTATIONS_PER_PUSH: usize = 100;
/// Waiting mutations that a device can name when it asks how to go on.
pub const MUTATIONS_PER_RESUME: usize = 20_000;
/// Rows in one page of a pull.
pub const ROWS_PER_PULL: usize = 1_000;
/// Bytes of the rows in one page of a pull, as stored. Of rows that are larger each is a page of its own.
pub const BYTES_PER_PULL: usize = 4 * 1024 * 1024;
/// Bytes of an attached file, unless the server is told otherwise.
pub const ATTACHMENT_BYTES: u64 = 100 * 1024 * 1024;
/// Bytes of one chunk of a file on its way to the server, but for the last one: five of them at once arrive within a
/// request's time on a slow line, too.
pub const CHUNK_BYTES: u64 = 512 * 1024;
/// Chunks of one file that may be on their way at once.
pub const CHUNKS_AT_ONCE: usize = 5;
/// Bytes of a request body.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Milliseconds.
pub const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long a value that lost, and a deleted row, are kept: 90 days in milliseconds.
pub const KEPT_FOR: i64 = 90 * DAY;
