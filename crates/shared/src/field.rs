//! Which fields each kind of row has: one table that merging, storing, validating and every door to the data read.
//!
//! A new field is a new line at the end of [`registers!`]: devices store fields by their numbers. Texts that are merged by character are [`TextField`]s; everything else
//! that has one value is a [`Field`], with the rule that decides between concurrent values.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::{CustomFieldId, Kind, UserId};
use crate::limits::{
    BODY_CHARS, CHOICES, DESCRIPTION_CHARS, FILTER_CHARS, LINE_CHARS, NAME_CHARS, PEOPLE, REMINDERS, TITLE_CHARS,
};
use crate::mutation::Refusal;
use crate::policy::Rule;
use crate::value::{FieldType, Value};

/// Who writes a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Members, at any time.
    Member,
    /// Whoever creates the row, and nobody after that.
    Creator,
    /// The server.
    Server,
}

/// What kind of value a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Status,
    Priority,
    Date,
    Flag,
    Count,
    /// One line of so many characters.
    Text(usize),
    Moments,
    People,
    Place,
    Recurrence,
    Reference,
    Subject,
    File,
    FieldType,
    Role,
    /// A role, or none.
    Access,
    /// Whatever one of a custom field's types takes.
    Custom,
}

/// What is known of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The kinds of rows that have it.
    pub on: &'static [Kind],
    pub shape: Shape,
    pub rule: Rule,
    pub writer: Writer,
}

macro_rules! registers {
    ($($field:ident = $name:literal, $on:expr, $shape:expr, $rule:ident, $writer:ident;)*) => {
        /// A field with one value, or with concurrent ones.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            /// A field that the organization has added to its tasks.
            Custom(CustomFieldId),
            /// A person's role in a project; each by itself, so that two people let in at once are both in.
            Access(UserId),
            $($field,)*
        }

        /// How a [`Field`] is written where nobody reads it.
        #[derive(Serialize, Deserialize)]
        #[serde(remote = "Field")]
        enum Compact {
            Custom(CustomFieldId),
            Access(UserId),
            $($field,)*
        }

        impl Field {
            /// Every field but the custom ones and those that are a person's.
            pub const ALL: &[Self] = &[$(Self::$field),*];

            /// The field's name, as on the wire. Of those that there are many of, the common part.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                    Self::Custom(_) => CUSTOM,
                    Self::Access(_) => ACCESS,
                }
            }

            pub fn spec(self) -> Spec {
                match self {
                    $(Self::$field => {
                        Spec { on: $on, shape: $shape, rule: Rule::$rule, writer: Writer::$writer }
                    })*
                    Self::Custom(_) => Spec {
                        on: &[Kind::Task], shape: Shape::Custom, rule: Rule::LastWriter, writer: Writer::Member
                    },
                    Self::Access(_) => Spec {
                        on: &[Kind::Project], shape: Shape::Access, rule: Rule::LastWriter, writer: Writer::Member
                    },
                }
            }
        }
    };
}

use Kind::{Attachment, Comment, CustomField, Member, Project, SavedView, Section, Task};

registers! {
    Status = "status", &[Task], Shape::Status, Furthest, Member;
    Priority = "priority", &[Task], Shape::Priority, Highest, Member;
    Due = "due", &[Task], Shape::Date, Earliest, Member;
    Start = "start", &[Task], Shape::Date, LastWriter, Member;
    Assignees = "assignees", &[Task], Shape::People, Everybody, Member;
    Estimate = "estimate", &[Task], Shape::Count, LastWriter, Member;
    Place = "place", &[Project, Section, Task], Shape::Place, LastWriter, Member;
    Recurrence = "recurrence", &[Task], Shape::Recurrence, LastWriter, Member;
    Reminders = "reminders", &[Task], Shape::Moments, LastWriter, Member;
    Reference = "reference", &[Task], Shape::Reference, LastWriter, Member;
    Key = "key", &[Task], Shape::Text(LINE_CHARS), LastWriter, Server;
    Prefix = "prefix", &[Project], Shape::Text(LINE_CHARS), LastWriter, Server;
    Icon = "icon", &[Project, Section], Shape::Text(LINE_CHARS), LastWriter, Member;
    Color = "color", &[Project, Section], Shape::Text(LINE_CHARS), LastWriter, Member;
    Hidden = "hidden", &[Project, Section], Shape::Flag, LastWriter, Member;
    Archived = "archived", &[Project], Shape::Flag, LastWriter, Member;
    Subject = "subject", &[Comment, Attachment], Shape::Subject, LastWriter, Creator;
    File = "file", &[Attachment], Shape::File, LastWriter, Creator;
    FieldType = "field_type", &[CustomField], Shape::FieldType, LastWriter, Member;
    Filter = "filter", &[SavedView], Shape::Text(FILTER_CHARS), LastWriter, Member;
    Shared = "shared", &[SavedView], Shape::Flag, LastWriter, Member;
    Role = "role", &[Member], Shape::Role, LastWriter, Server;
    Email = "email", &[Member], Shape::Text(LINE_CHARS), LastWriter, Server;
    Private = "private", &[Project], Shape::Flag, LastWriter, Member;
    Owner = "owner", &[SavedView], Shape::People, LastWriter, Server;
    Filed = "filed", &[Task], Shape::Flag, LastWriter, Server;
    Stored = "stored", &[Attachment], Shape::Flag, LastWriter, Server;
}

const CUSTOM: &str = "custom";
const ACCESS: &str = "access";

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom(id) => write!(f, "{CUSTOM}:{id}"),
            Self::Access(id) => write!(f, "{ACCESS}:{id}"),
            field => f.write_str(field.name()),
        }
    }
}

/// There is no such field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such field")]
pub struct UnknownField;

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, UnknownField> {
        match text.split_once(':') {
            Some((CUSTOM, id)) => return id.parse().map(Self::Custom).map_err(|_| UnknownField),
            Some((ACCESS, id)) => return id.parse().map(Self::Access).map_err(|_| UnknownField),
            _ => {}
        }
        Self::ALL.iter().copied().find(|field| field.name() == text).ok_or(UnknownField)
    }
}

/// A text for people, because it is the key of a JSON object; a number otherwise.
impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { Compact::serialize(self, serializer) }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return Compact::deserialize(deserializer);
        }
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Field {
    /// Checks that a value is one this field can hold.
    pub(crate) fn check(self, value: &Value) -> Result<(), Refusal> {
        let fits = |fits: bool| if fits { Ok(()) } else { Err(Refusal::InvalidValue) };
        match (self.spec().shape, value) {
            (
                Shape::Status | Shape::Priority | Shape::Subject | Shape::File | Shape::FieldType | Shape::Role,
                Value::Nothing,
            ) => Err(Refusal::InvalidValue),
            (Shape::FieldType, Value::FieldType(FieldType::Choice(choices))) => {
                fits(!choices.is_empty() && choices.len() <= CHOICES)?;
                choices.iter().try_for_each(|choice| line(choice, LINE_CHARS))
            }
            (_, Value::Nothing)
            | (Shape::FieldType, Value::FieldType(_))
            | (Shape::Status, Value::Status(_))
            | (Shape::Priority, Value::Priority(_))
            | (Shape::Date | Shape::Custom, Value::Date(_))
            | (Shape::Flag | Shape::Custom, Value::Flag(_))
            | (Shape::Count, Value::Count(_))
            | (Shape::Subject, Value::Subject(_))
            | (Shape::Role | Shape::Access, Value::Role(_)) => Ok(()),
            (Shape::Text(limit), Value::Text(text)) => line(text, limit),
            (Shape::Custom, Value::Text(text)) => line(text, LINE_CHARS),
            (Shape::People | Shape::Custom, Value::People(people)) => {
                fits(!people.is_empty() && people.len() <= PEOPLE)
            }
            (Shape::Moments, Value::Moments(times)) => fits(!times.is_empty() && times.len() <= REMINDERS),
            (Shape::Recurrence, Value::Recurrence(recurrence)) => fits(recurrence.every > 0),
            (Shape::Place, Value::Place(place)) => place.check(),
            (Shape::Reference, Value::Reference(reference)) => reference.check(),
            (Shape::File, Value::File(file)) => file.check(),
            _ => Err(Refusal::InvalidValue),
        }
    }
}

/// Checks a text of one line that must not be empty.
fn line(text: &str, limit: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(Refusal::InvalidValue);
    }
    if text.chars().count() > limit { Err(Refusal::too_long(limit)) } else { Ok(()) }
}

/// A text that is merged by character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextField {
    /// The name of a project, a section, a file, a field, a view or a person.
    Name,
    /// The title of a task.
    Title,
    /// The description of a project or a task, in Markdown.
    Description,
    /// What is written down about a task on the way.
    Notes,
    /// The text of a comment, in Markdown.
    Body,
}

impl TextField {
    /// Every text.
    pub const ALL: [Self; 5] = [Self::Name, Self::Title, Self::Description, Self::Notes, Self::Body];

    /// The field's name, as on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Title => "title",
            Self::Description => "description",
            Self::Notes => "notes",
            Self::Body => "body",
        }
    }

    /// Whether rows of this kind have it.
    pub fn is_on(self, kind: Kind) -> bool {
        match self {
            Self::Name => !matches!(kind, Task | Comment),
            Self::Title | Self::Notes => kind == Task,
            Self::Description => matches!(kind, Project | Task),
            Self::Body => kind == Comment,
        }
    }

    /// Whether it must not be empty.
    pub fn is_required(self) -> bool {
        matches!(self, Self::Name | Self::Title | Self::Body)
    }

    /// Whether it may have line breaks and tabs.
    pub fn has_lines(self) -> bool {
        matches!(self, Self::Description | Self::Notes | Self::Body)
    }

    /// How many characters it may have.
    pub fn max_chars(self) -> usize {
        match self {
            Self::Name => NAME_CHARS,
            Self::Title => TITLE_CHARS,
            Self::Description | Self::Notes => DESCRIPTION_CHARS,
            Self::Body => BODY_CHARS,
        }
    }
}

impl FromStr for TextField {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, UnknownField> {
        Self::ALL.into_iter().find(|field| field.name() == name).ok_or(UnknownField)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_field_reads_back_by_name_and_by_number() {
        let many = [Field::Custom(CustomFieldId(Uuid::from_u128(7))), Field::Access(UserId(Uuid::from_u128(8)))];
        for field in Field::ALL.iter().copied().chain(many) {
            assert_eq!(field.to_string().parse(), Ok(field));
            let json = serde_json::to_string(&field).unwrap();
            assert_eq!(serde_json::from_str::<Field>(&json).unwrap(), field);
            let bytes = postcard::to_stdvec(&field).unwrap();
            assert_eq!(postcard::from_bytes::<Field>(&bytes).unwrap(), field);
            assert!(bytes.len() == 1 || many.contains(&field));
        }
        for text in TextField::ALL {
            assert_eq!(text.name().parse(), Ok(text));
            assert_eq!(serde_json::to_string(&text).unwrap(), format!("\"{}\"", text.name()));
        }
        for bad in ["", "custom", "custom:", "custom:7", "access:", "other:7", "Status"] {
            assert_eq!(bad.parse::<Field>(), Err(UnknownField), "{bad}");
        }
    }

    #[test]
    fn a_value_of_another_shape_is_refused() {
        assert_eq!(Field::Status.check(&Value::Flag(true)), Err(Refusal::InvalidValue));
        assert_eq!(Field::Status.check(&Value::Nothing), Err(Refusal::InvalidValue));
        assert_eq!(Field::Due.check(&Value::Nothing), Ok(()));
        assert_eq!(Field::Icon.check(&Value::Text("⚓".into())), Ok(()));
        assert_eq!(Field::Icon.check(&Value::Text("a\nb".into())), Err(Refusal::InvalidValue));
        assert_eq!(Field::Icon.check(&Value::Text("x".repeat(999))), Err(Refusal::too_long(LINE_CHARS)));
    }
}
