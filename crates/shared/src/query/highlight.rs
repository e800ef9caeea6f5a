//! Where in a text the words of a query are, to mark them.

use std::ops::Range;

use super::fold::spell;
use super::words::{Kind, Token, tokens, units};

/// The parts of a text that a query found, as byte ranges: in order, apart from each other, on the bounds of
/// characters. An accent belongs to its letter, and a letter that is compared as several (ß) is marked whole.
pub fn highlight(text: &str, query: &str) -> Vec<Range<usize>> {
    let mut wanted: Vec<(Kind, String)> = Vec::new();
    tokens(query, &mut |token| wanted.push((token.kind, token.folded.to_owned())));
    let mut ranges = Vec::new();
    tokens(text, &mut |token| {
        let part = &text[token.source.clone()];
        for (_, word) in wanted.iter().filter(|(kind, _)| *kind == token.kind) {
            for folded in matches(&token, word) {
                let range = source(part, &folded);
                ranges.push(token.source.start + range.start..token.source.start + range.end);
            }
        }
    });
    merge(ranges)
}

/// Where in a folded token a word or a run is: at the beginning of a word, at any character of a run.
fn matches(token: &Token<'_>, wanted: &str) -> Vec<Range<usize>> {
    let at = |start: usize| token.folded[start..].starts_with(wanted).then(|| start..start + wanted.len());
    match token.kind {
        Kind::Word => at(0).into_iter().collect(),
        Kind::Run => units(token.folded).filter_map(|unit| at(unit.start)).collect(),
    }
}

/// The characters of a token's source that folded to a range of the token.
fn source(part: &str, folded: &Range<usize>) -> Range<usize> {
    let (mut start, mut end, mut length) = (0, part.len(), 0);
    for (at, c) in part.char_indices() {
        let spelled: usize = spell(c).map(char::len_utf8).sum();
        if spelled == 0 {
            continue;
        }
        if length <= folded.start {
            start = at;
        } else if length >= folded.end {
            end = at;
            break;
        }
        length += spelled;
    }
    start..end
}

fn merge(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, query: &str, marked: &[&str]) {
        let parts: Vec<_> = highlight(text, query).into_iter().map(|range| &text[range]).collect();
        assert_eq!(parts, marked, "{query} in {text}");
    }

    #[test]
    fn marks_beginnings_of_words_in_the_text_as_it_is_written() {
        check("Paint the boat, then the BOATHOUSE", "boat", &["boat", "BOAT"]);
        check("Paint the boat", "oat", &[]);
        check("Paint the boat", "boat paint", &["Paint", "boat"]);
        check("ÆRØ-ferry", "aero", &["ÆRØ"]);
        check("Die Straße nach", "stras", &["Straß"]);
        check("Die Straße nach", "strasse", &["Straße"]);
        check("un cafe\u{301}s", "café", &["cafe\u{301}"]);
        check("şalom שָׁלוֹם", "שלו", &["שָׁלוֹ"]);
        check("co\u{ad}operate", "coop", &["co\u{ad}op"]);
        check("a", "", &[]);
        check("", "a", &[]);
    }

    #[test]
    fn marks_any_part_of_a_run() {
        check("東京都の東京タワー", "東京", &["東京", "東京"]);
        check("東東東", "東東", &["東東東"]);
        check("ガガ", "か\u{3099}", &["ガ", "ガ"]);
        check("ภาษาไทย", "ไทย", &["ไทย"]);
        check("Rust言語", "rust 語", &["Rust", "語"]);
        check("한국어", "하", &["한"]);
        check("go 👍🏽 go", "👍", &["👍🏽"]);
    }
}
