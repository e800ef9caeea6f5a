//! Full-text search: what the index finds is what reading every text would find, whatever was edited before.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use proptest::prelude::*;
use shared::ids::TaskId;
use shared::query::fold::fold;
use shared::query::highlight::highlight;
use shared::query::search::{SearchIndex, Source};
use support::cases;
use uuid::Uuid;

fn task(n: u8) -> TaskId {
    TaskId(Uuid::from_u128(n.into()))
}

/// The texts of all tasks: the plain thing that an index must agree with.
type Texts = BTreeMap<(TaskId, Source), String>;

/// Characters that begin, continue, extend or end words, in scripts of every kind; few, so that texts meet queries.
fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        6 => prop::sample::select(vec!['a', 'b', 'A', 'é', 'ß', 's', 'ø', '1']),
        3 => prop::sample::select(vec![' ', ' ', '-', '、']),
        4 => prop::sample::select(vec!['日', '本', '語', 'か', 'カ', 'ガ', 'ｶ', 'ー']),
        2 => prop::sample::select(vec!['\u{301}', '\u{3099}', '\u{ad}', '\u{200d}', '\u{1161}', '\u{11a8}']),
        2 => prop::sample::select(vec!['ไ', 'ท', 'ย', '가', '각', '나', 'ㄱ']),
        2 => prop::sample::select(vec!['σ', 'Σ', 'ς', 'й', 'Ё', 'ש', '\u{5c1}', 'ك', 'ک', '\u{64e}']),
        1 => prop::sample::select(vec!['🚀', '👍', '🏽', 'ﬁ', 'Ａ', '１', 'क', '्', '़']),
        1 => any::<char>(),
    ]
}

fn text(length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(character(), length).prop_map(String::from_iter)
}

fn source() -> impl Strategy<Value = Source> {
    prop::sample::select(vec![
        Source::Key,
        Source::Title,
        Source::Tags,
        Source::Description,
        Source::Notes,
        Source::Comment(Uuid::from_u128(1)),
        Source::Comment(Uuid::from_u128(2)),
    ])
}

#[derive(Clone, Debug)]
enum Edit {
    Put(u8, Source, String),
    /// Changes a text a little: what typing does.
    Append(u8, Source, String),
    RemoveSource(u8, Source),
    Remove(u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        5 => (0..6_u8, source(), text(0..12)).prop_map(|(task, source, text)| Edit::Put(task, source, text)),
        3 => (0..6_u8, source(), text(0..4)).prop_map(|(task, source, text)| Edit::Append(task, source, text)),
        1 => (0..6_u8, source()).prop_map(|(task, source)| Edit::RemoveSource(task, source)),
        1 => (0..6_u8).prop_map(Edit::Remove),
    ]
}

fn apply(edits: &[Edit]) -> (SearchIndex, Texts) {
    let (mut index, mut texts) = (SearchIndex::default(), Texts::new());
    for edit in edits {
        match edit {
            Edit::Put(n, source, text) => {
                index.put(task(*n), *source, text);
                texts.insert((task(*n), *source), text.clone());
            }
            Edit::Append(n, source, text) => {
                let whole = texts.entry((task(*n), *source)).or_default();
                whole.push_str(text);
                index.put(task(*n), *source, whole);
            }
            Edit::RemoveSource(n, source) => {
                index.remove_source(task(*n), *source);
                texts.remove(&(task(*n), *source));
            }
            Edit::Remove(n) => {
                index.remove(task(*n));
                texts.retain(|(id, _), _| *id != task(*n));
            }
        }
    }
    (index, texts)
}

fn rebuilt(texts: &Texts) -> SearchIndex {
    let mut index = SearchIndex::default();
    // In another order than any edit came in.
    for ((id, source), text) in texts.iter().rev() {
        index.put(*id, *source, text);
    }
    index
}

/// What kind of a character this is, told from its looks and not from the tables of the crate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Break,
    Letter,
    /// Of a script without spaces, or a picture.
    Dense,
    /// Part of the dense character before.
    Extends,
}

/// Scripts without spaces (or, Hangul, without reliable ones), and pictures.
const DENSE: &[std::ops::RangeInclusive<char>] = &[
    '\u{e00}'..='\u{eff}',
    '\u{1000}'..='\u{109f}',
    '\u{1100}'..='\u{115f}',
    '\u{1780}'..='\u{17ff}',
    '\u{1950}'..='\u{19df}',
    '\u{1a20}'..='\u{1aaf}',
    '\u{2e80}'..='\u{a4cf}',
    '\u{a960}'..='\u{a97f}',
    '\u{a9e0}'..='\u{a9ff}',
    '\u{aa60}'..='\u{aadf}',
    '\u{ac00}'..='\u{d7af}',
    '\u{f900}'..='\u{faff}',
    '\u{ff66}'..='\u{ffef}',
    '\u{16fe0}'..='\u{18dff}',
    '\u{1aff0}'..='\u{1b2ff}',
    '\u{20000}'..='\u{3ffff}',
];
const PICTURES: &[std::ops::RangeInclusive<char>] = &[
    '\u{231a}'..='\u{23ff}',
    '\u{2600}'..='\u{27bf}',
    '\u{2b00}'..='\u{2bff}',
    '\u{4dc0}'..='\u{4dff}',
    '\u{1f000}'..='\u{1faff}',
];

fn class(c: char) -> Class {
    let within = |ranges: &[std::ops::RangeInclusive<char>]| ranges.iter().any(|range| range.contains(&c));
    match c {
        '\u{3099}' | '\u{309a}' | '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}' => Class::Extends,
        _ if within(PICTURES) || (c.is_alphanumeric() && within(DENSE)) => Class::Dense,
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Break,
    }
}

/// Words, and runs of dense characters, of a text as it is compared. The first characters of a long word count.
fn split(text: &str) -> Vec<(Class, String)> {
    let mut parts: Vec<(Class, String)> = Vec::new();
    let mut open = false;
    for c in fold(text).chars() {
        let kind = match class(c) {
            Class::Break => {
                open = false;
                continue;
            }
            Class::Extends => Class::Dense,
            kind => kind,
        };
        match parts.last_mut() {
            Some((last, part)) if open && *last == kind => part.push(c),
            _ => parts.push((kind, c.to_string())),
        }
        open = true;
    }
    for (_, word) in parts.iter_mut().filter(|(kind, _)| *kind == Class::Letter) {
        word.truncate((0..=64).rev().find(|length| word.is_char_boundary(*length)).unwrap());
    }
    parts
}

/// How well a query's part fits a text: 0 not at all, 1 begun or contained, 2 an exact word.
fn fits((kind, wanted): &(Class, String), text: &str) -> u32 {
    let parts = split(text);
    let parts = parts.iter().filter(|(other, _)| other == kind).map(|(_, part)| part);
    let fit = |part: &String| match kind {
        Class::Letter if part == wanted => 2,
        Class::Letter => u32::from(part.starts_with(wanted)),
        _ => {
            let mut at = part.match_indices(wanted.as_str()).map(|(at, _)| at).chain(overlapping(part, wanted));
            u32::from(at.any(|at| at == 0 || class(part[at..].chars().next().unwrap()) != Class::Extends))
        }
    };
    parts.map(fit).max().unwrap_or(0)
}

/// Every place where `wanted` stands, also those that `match_indices` steps over.
fn overlapping(part: &str, wanted: &str) -> Vec<usize> {
    part.char_indices().map(|(at, _)| at).filter(|at| part[*at..].starts_with(wanted)).collect()
}

/// What reading everything finds: id and rank, the best first.
fn read(texts: &Texts, query: &str) -> Vec<(TaskId, u32)> {
    let mut wanted = split(query);
    wanted.sort_by(|left, right| left.1.cmp(&right.1));
    wanted.dedup();
    let mut ids: Vec<TaskId> = texts.keys().map(|(id, _)| *id).collect();
    ids.dedup();
    let rank = |id: TaskId| -> Option<u32> {
        let best = |part: &(Class, String)| {
            let grade = |(source, text): (&Source, &String)| match (fits(part, text), source) {
                (0, _) => 0,
                (fit, Source::Title | Source::Key) => fit * 3,
                (fit, Source::Tags) => fit * 3 - 1,
                (fit, _) => fit * 3 - 2,
            };
            texts.iter().filter(|((other, _), _)| *other == id).map(|((_, source), text)| grade((source, text))).max()
        };
        wanted.iter().map(|part| best(part).filter(|grade| *grade > 0)).sum()
    };
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<_> = ids.into_iter().filter_map(|id| Some((id, rank(id)?))).collect();
    found.sort_by_key(|(id, rank)| (Reverse(*rank), Reverse(*id)));
    found
}

fn search(index: &SearchIndex, query: &str, limit: usize) -> Vec<(TaskId, u32)> {
    index.search(query, limit).into_iter().map(|hit| (hit.id, hit.rank)).collect()
}

/// A query that has a chance: a few characters out of the texts, or any.
fn query() -> impl Strategy<Value = (prop::sample::Index, prop::sample::Index, usize, String)> {
    (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..6_usize, text(0..4))
}

fn cut(
    texts: &Texts,
    (which, start, length, more): &(prop::sample::Index, prop::sample::Index, usize, String),
) -> String {
    let whole: Vec<&String> = texts.values().filter(|text| !text.is_empty()).collect();
    if whole.is_empty() {
        return more.clone();
    }
    let chars: Vec<char> = whole[which.index(whole.len())].chars().collect();
    let cut: String = chars.iter().skip(start.index(chars.len())).take(*length).collect();
    if more.len() % 2 == 0 { format!("{cut} {more}") } else { cut }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn the_index_finds_what_reading_finds(
        edits in prop::collection::vec(edit(), 1..25),
        queries in prop::collection::vec(query(), 1..8),
    ) {
        let (index, texts) = apply(&edits);
        for query in queries.iter().map(|query| cut(&texts, query)) {
            let expected = read(&texts, &query);
            prop_assert_eq!(search(&index, &query, usize::MAX), expected.clone(), "{:?}", query);
            prop_assert_eq!(search(&index, &query, 2), expected.iter().take(2).copied().collect::<Vec<_>>());
            let mut ids: Vec<_> = expected.into_iter().map(|(id, _)| id).collect();
            ids.sort_unstable();
            prop_assert_eq!(index.find(&query).iter().collect::<Vec<_>>(), ids);
        }
    }

    #[test]
    fn an_edited_index_is_one_built_anew(
        edits in prop::collection::vec(edit(), 1..40),
        queries in prop::collection::vec(query(), 1..8),
    ) {
        let (index, texts) = apply(&edits);
        let rebuilt = rebuilt(&texts);
        prop_assert_eq!((index.len(), index.words()), (rebuilt.len(), rebuilt.words()));
        for query in queries.iter().map(|query| cut(&texts, query)) {
            prop_assert_eq!(index.search(&query, 10), rebuilt.search(&query, 10), "{:?}", query);
        }
    }

    #[test]
    fn what_is_removed_leaves_nothing(edits in prop::collection::vec(edit(), 1..40)) {
        let (mut index, texts) = apply(&edits);
        for (id, source) in texts.keys() {
            index.remove_source(*id, *source);
        }
        prop_assert_eq!((index.len(), index.words(), index.is_empty()), (0, 0, true));
    }

    #[test]
    fn what_is_marked_is_what_was_looked_for(text in text(0..20), query in text(0..4)) {
        let ranges = highlight(&text, &query);
        let wanted = split(&query);
        let mut end = 0;
        for (n, range) in ranges.iter().enumerate() {
            prop_assert!(range.start < range.end && (n == 0 || range.start >= end), "{:?}", ranges);
            end = range.end;
            let marked = text.get(range.clone()).unwrap();
            prop_assert!(wanted.iter().any(|(_, word)| fold(marked).starts_with(word.as_str())), "{:?}", marked);
            // An accent is not torn from its letter.
            prop_assert!(text[range.end..].chars().next().is_none_or(|c| !fold(&c.to_string()).is_empty()));
        }
        let found = wanted.iter().any(|part| fits(part, &text) > 0);
        prop_assert_eq!(!ranges.is_empty(), found);
    }

    #[test]
    fn everything_that_was_looked_for_is_marked(words in prop::collection::vec("[a-c]{1,3}", 1..6), wanted in "[a-c]{1,2}") {
        let text = words.join(" ");
        let marked = highlight(&text, &wanted).len();
        prop_assert_eq!(marked, words.iter().filter(|word| word.starts_with(&wanted)).count());
    }
}

#[test]
fn every_character_is_where_it_belongs() {
    for c in '\0'..'\u{32000}' {
        let (alone, between) = (c.to_string(), format!("a{c}b"));
        let apart = split(&between).iter().any(|(_, word)| word == "b");
        assert_eq!(highlight(&alone, &alone).is_empty(), split(&alone).is_empty(), "U+{:04X} {c}", u32::from(c));
        assert_eq!(!highlight(&between, "b").is_empty(), apart, "U+{:04X} {c}", u32::from(c));
    }
}

/// An index of tasks 0, 1, 2… with these titles.
fn titles(titles: &[&str]) -> SearchIndex {
    let mut index = SearchIndex::default();
    for (n, title) in (0..).zip(titles) {
        index.put(task(n), Source::Title, title);
    }
    index
}

#[track_caller]
fn check(index: &SearchIndex, query: &str, expected: &[u8]) {
    let found: Vec<_> = index.search(query, 100).into_iter().map(|hit| hit.id).collect();
    assert_eq!(found, expected.iter().map(|n| task(*n)).collect::<Vec<_>>(), "{query}");
}

#[test]
fn every_word_of_the_query_begins_a_word_of_the_task() {
    let index = titles(&["Paint the boat", "Sell the boathouse", "Repaint the hull"]);
    check(&index, "boat", &[0, 1]);
    check(&index, "the boat", &[0, 1]);
    check(&index, "bo PAI", &[0]);
    check(&index, "oat", &[]);
    check(&index, "boat hull", &[]);
    check(&index, "  ...  ", &[]);
    check(&index, "", &[]);
}

#[test]
fn words_of_one_query_may_be_in_several_texts() {
    let mut index = titles(&["Paint"]);
    index.put(task(0), Source::Tags, "harbour");
    index.put(task(0), Source::Comment(Uuid::from_u128(7)), "with the red one");
    check(&index, "paint harb red", &[0]);
    index.remove_source(task(0), Source::Comment(Uuid::from_u128(7)));
    check(&index, "paint harb red", &[]);
    check(&index, "paint harb", &[0]);
}

#[test]
fn letters_are_compared_as_readers_do() {
    let index = titles(&["Ærø færge", "Die Straße", "ŁÓDŹ", "ΣΊΣΥΦΟΣ", "Ёлка", "שָׁלוֹם", "مُحَمَّد", "हिन्दी भाषा"]);
    check(&index, "aero FAERGE", &[0]);
    check(&index, "strasse", &[1]);
    check(&index, "lodz", &[2]);
    check(&index, "σισυφος", &[3]);
    check(&index, "елка", &[4]);
    check(&index, "שלום", &[5]);
    check(&index, "محمد", &[6]);
    check(&index, "हिन्दी", &[7]);
    check(&index, "भा", &[7]);
}

#[test]
fn scripts_without_spaces_are_found_by_any_part() {
    let index = titles(&["東京都庁の塗装", "京都の寺", "ภาษาไทย", "한국어 문서", "Rustで書く", "🚀🇩🇪 launch"]);
    check(&index, "京都", &[1, 0]);
    check(&index, "東京都庁", &[0]);
    check(&index, "東都", &[]);
    check(&index, "京都の塗", &[]);
    check(&index, "寺", &[1]);
    check(&index, "ไทย", &[2]);
    check(&index, "국어", &[3]);
    check(&index, "한구", &[3]); // on the way to 한국
    check(&index, "rust 書", &[4]);
    check(&index, "🚀", &[5]);
    check(&index, "🇩🇪", &[5]);
    check(&index, "🇪🇩", &[]);
}

#[test]
fn a_row_of_characters_is_not_two_rows() {
    // Each pair of the query is there, the query is not.
    let index = titles(&["日本語 本日日", "日日本日"]);
    check(&index, "日日本", &[1]);
    check(&index, "本日日", &[0]);
    check(&index, "日本日", &[1]);
    check(&index, "語本", &[]);
}

#[test]
fn rows_are_found_among_many_different_ones() {
    // Nine hundred pairs: their numbers are of one and of two bytes, and each text has hundreds of them.
    let letters: Vec<char> = ('一'..).take(30).collect();
    let mut seed = 1_usize;
    let mut letter = || {
        seed = (seed * 75 + 74) % 65_537;
        letters[seed / 7 % letters.len()]
    };
    let texts: Vec<String> = (0..4).map(|_| (0..900).map(|_| letter()).collect()).collect();
    let index = titles(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    for _ in 0..5_000 {
        let query: String = (0..3).map(|_| letter()).collect();
        let expected: Vec<u8> = (0..4).rev().filter(|n| texts[usize::from(*n)].contains(&query)).collect();
        check(&index, &query, &expected);
    }
}

#[test]
fn an_exact_word_counts_more_then_the_title_then_tags_then_what_is_new() {
    let mut index = SearchIndex::default();
    index.put(task(0), Source::Notes, "boat");
    index.put(task(1), Source::Title, "boats");
    index.put(task(2), Source::Tags, "boat");
    index.put(task(3), Source::Description, "boathouse");
    index.put(task(4), Source::Title, "boat");
    index.put(task(5), Source::Description, "boathouse");
    index.put(task(6), Source::Tags, "boats");
    check(&index, "boat", &[4, 2, 0, 1, 6, 5, 3]);
    index.put(task(3), Source::Key, "BOAT-1");
    check(&index, "boat", &[4, 3, 2, 0, 1, 6, 5]);
}

#[test]
fn a_word_that_another_text_still_has_stays() {
    let mut index = SearchIndex::default();
    index.put(task(0), Source::Notes, "boat boat");
    index.put(task(0), Source::Description, "boat");
    index.put(task(0), Source::Description, "ship");
    check(&index, "boat", &[0]);
    index.put(task(0), Source::Notes, "");
    check(&index, "boat", &[]);
    check(&index, "ship", &[0]);
}

#[test]
fn a_long_word_is_compared_by_its_beginning() {
    let long = "x".repeat(5_000);
    let index = titles(&[&long]);
    check(&index, &long, &[0]);
    check(&index, &"x".repeat(64), &[0]);
    check(&index, &format!("{}y", "x".repeat(63)), &[]);
    assert!(index.bytes() < 10_000);
}

#[test]
fn a_row_of_characters_is_found_in_one_comment_and_in_two() {
    let mut index = SearchIndex::default();
    for n in 1..=2 {
        index.put(task(1), Source::Comment(Uuid::from_u128(n)), "日本語");
        check(&index, "日本語", &[1]);
    }
}

#[test]
fn what_was_found_can_be_asked_about_and_counted() {
    let mut index = SearchIndex::default();
    assert!(index.is_empty() && index.words() == 0);
    for (n, title) in (1..).zip(["boat", "red boat", "harbour"]) {
        index.put(task(n), Source::Title, title);
    }
    assert_eq!((index.len(), index.words(), index.is_empty()), (3, 3, false));
    let found = index.find("boat");
    assert_eq!([1, 2, 3].map(|n| found.contains(task(n))), [true, true, false]);
}
