//! Content lines (RFC 5545, 3.1): at most 75 bytes, the rest on lines that begin with a space; texts escaped (3.3.11).

use std::fmt::{self, Write};

use shared::clock::Millis;

/// Bytes of a line, without its end.
const LINE: usize = 75;

/// A calendar that is being written.
pub(super) struct Lines<'a, W>(pub(super) &'a mut W);

impl<W: Write> Lines<'_, W> {
    /// A property with its value, folded.
    pub(super) fn put(&mut self, property: &str, value: &str) -> fmt::Result {
        let whole = format!("{property}:{value}");
        let mut rest = whole.as_str();
        let mut room = LINE;
        while rest.len() > room {
            let end = (1..=room).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(room);
            let (line, after) = rest.split_at(end);
            write!(self.0, "{line}\r\n ")?;
            rest = after;
            room = LINE - 1; // the space counts
        }
        write!(self.0, "{rest}\r\n")
    }

    /// A property with a time; nothing where no calendar has it.
    pub(super) fn moment(&mut self, property: &str, at: Millis) -> fmt::Result {
        super::moment(at).map_or(Ok(()), |value| self.put(property, &value))
    }
}

/// A text as a value. Control characters, which none may have, become spaces.
pub(super) fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' | ';' | ',' => value.extend(['\\', c]),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => value.push_str("\\n"),
            c if c.is_control() && c != '\t' => value.push(' '),
            c => value.push(c),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use icalendar::parser::{read_calendar, unfold};
    use proptest::prelude::*;

    use super::*;

    fn folded(value: &str) -> String {
        let mut text = String::new();
        Lines(&mut text).put("SUMMARY", value).unwrap();
        text
    }

    /// As RFC 5545 says to read it.
    fn unescaped(value: &str) -> String {
        let mut text = String::new();
        let mut chars = value.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some('n' | 'N') => text.push('\n'),
                    Some(c) => text.push(c),
                    None => {}
                },
                c => text.push(c),
            }
        }
        text
    }

    #[test]
    fn a_text_ends_no_line() {
        assert_eq!(escaped("a\r\nb;c,d\\\u{7}"), "a\\nb\\;c\\,d\\\\ ");
        let long = folded(&"é".repeat(100));
        assert!(long.lines().count() > 2 && long.split("\r\n").all(|line| line.len() <= LINE), "{long}");
    }

    proptest! {
        #[test]
        fn a_text_is_read_as_it_was_written(text in "[\\PC\n]{0,300}") {
            let written = folded(&escaped(&text));
            prop_assert!(written.split("\r\n").all(|line| line.len() <= LINE));
            let read = written.replace("\r\n ", "");
            let read = read.strip_prefix("SUMMARY:").unwrap().strip_suffix("\r\n").unwrap();
            prop_assert_eq!(unescaped(read), text);
        }

        #[test]
        fn another_parser_reads_it(text in "[\\PC\n]{1,200}") {
            let whole = format!(
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTODO\r\n{}END:VTODO\r\nEND:VCALENDAR\r\n",
                folded(&escaped(&text))
            );
            let unfolded = unfold(&whole);
            let calendar = read_calendar(&unfolded).unwrap();
            let property = &calendar.components[0].properties[0];
            prop_assert_eq!(property.name.to_string(), "SUMMARY");
            prop_assert_eq!(property.val.to_string(), text);
        }
    }
}
