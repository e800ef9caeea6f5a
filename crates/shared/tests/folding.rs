//! What counts as the same letter, against the Unicode data of the crates that carry all of it.
//!
//! The tables of the crate are made here. After a change that is meant, run with `UPDATE_GOLDEN=1` and read the
//! difference.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use shared::query::fold::fold;
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// What no decomposition says: strokes, ligatures that are letters, forms by place in the word, spellings of Arabic
/// and Persian that readers take for one, and digits.
const BY_HAND: &[(char, &str)] = &[
    ('ø', "o"),
    ('đ', "d"),
    ('ð', "d"),
    ('ł', "l"),
    ('ħ', "h"),
    ('ŧ', "t"),
    ('ƀ', "b"),
    ('ı', "i"),
    ('ŀ', "l"),
    ('ŉ', "n"),
    ('ẚ', "a"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('þ', "th"),
    ('ß', "ss"),
    ('ς', "σ"),
    ('ٱ', "ا"),
    ('ى', "ي"),
    ('ی', "ي"),
    ('ک', "ك"),
    ('ة', "ه"),
];

/// Blocks beyond the two pages whose decompositions are worth their bytes: nuktas, sub- and superscripts, letters used
/// as symbols, Hangul letters, ligatures, forms of Hebrew and Arabic.
const DECOMPOSED: &[(u32, u32)] =
    &[(0x900, 0xdff), (0x2070, 0x209f), (0x2100, 0x214f), (0x3131, 0x318e), (0xfb00, 0xfbff), (0xfe70, 0xfefc)];

fn within(c: char, blocks: &[(u32, u32)]) -> bool {
    blocks.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(c)))
}

/// Accents, joiners and vowel points: marks that are not letters, and those of Hebrew, Arabic and Syriac that are.
fn is_dropped(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, Format, NonspacingMark};
    let points = within(c, &[(0x300, 0x36f), (0x591, 0x5c7), (0x610, 0x6ed), (0x711, 0x711), (0x730, 0x74a)]);
    let points = points || within(c, &[(0x8d3, 0x8ff), (0xfb1e, 0xfb1e)]);
    let mark = matches!(c.general_category(), NonspacingMark | EnclosingMark | Format);
    mark && (points || !c.is_alphabetic()) && !is_voicing(c) || c == '\u{640}'
}

fn is_voicing(c: char) -> bool {
    matches!(c, '\u{3099}' | '\u{309a}')
}

fn by_hand(c: char) -> String {
    match u32::from(c) {
        n @ (0x660..=0x669 | 0x6f0..=0x6f9) => char::from_digit(n % 16, 10).unwrap().to_string(),
        _ => BY_HAND.iter().find(|(from, _)| *from == c).map_or_else(|| c.to_string(), |(_, to)| (*to).to_owned()),
    }
}

fn hiragana(c: char) -> char {
    if ('ァ'..='ヶ').contains(&c) { char::from_u32(u32::from(c) - 0x60).unwrap() } else { c }
}

/// What a character should be compared as, by the whole of the Unicode data.
fn decomposed(c: char) -> String {
    let by_hand: String = c.to_lowercase().map(by_hand).collect();
    let lower: String = by_hand.nfkd().flat_map(char::to_lowercase).map(by_hand_or_kana).collect();
    let kept: String = lower.chars().filter(|c| !is_dropped(*c)).collect();
    // An accent or a unit that stands in a place of its own, a fraction.
    let letters = kept.chars().all(|c| c.is_alphanumeric() || is_voicing(c));
    if letters { kept } else { c.to_lowercase().collect() }
}

fn by_hand_or_kana(c: char) -> String {
    by_hand(hiragana(c)).chars().collect()
}

fn reference(c: char) -> String {
    // A repetition mark and two ligatures of kana, and its katakana that have no hiragana.
    let itself = within(c, &[(0x309b, 0x309c), (0x309e, 0x309f), (0x30f7, 0x30fa), (0x30fe, 0x30ff), (0x675, 0x678)]);
    let whole = [(0, 0x6ff), (0x1e00, 0x1fff), (0x3041, 0x30ff), (0xac00, 0xd7a3), (0xff01, 0xff5e), (0xff66, 0xff9f)];
    if !itself && (within(c, &whole) || within(c, DECOMPOSED)) {
        let to = decomposed(c);
        return if within(c, DECOMPOSED) && to.chars().count() > 3 { c.to_lowercase().collect() } else { to };
    }
    let astral = within(c, &[(0x1f3fb, 0x1f3ff), (0xe0000, 0xe0fff)]);
    let dropped = if u32::from(c) > 0xffff { astral } else { is_dropped(c) };
    if dropped { String::new() } else { c.to_lowercase().collect() }
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

fn page(range: std::ops::Range<u32>, several: &mut BTreeMap<char, String>) -> Vec<u16> {
    let entry = |n| {
        let c = char::from_u32(n).unwrap();
        let to = reference(c);
        if to.is_empty() {
            return 1;
        }
        match single(&to) {
            Some(to) if to.is_alphanumeric() => u16::try_from(u32::from(to)).unwrap(),
            None if to.chars().all(char::is_alphanumeric) => {
                several.insert(c, to);
                2
            }
            _ => 0,
        }
    };
    range.map(entry).collect()
}

fn bmp() -> impl Iterator<Item = char> {
    (0x700..0x1_0000).filter_map(char::from_u32).filter(|c| !within(*c, &[(0x1e00, 0x1fff), (0x3041, 0x30ff)]))
}

fn tables() -> String {
    let mut several = BTreeMap::new();
    let (low, high) = (page(0x80..0x700, &mut several), page(0x1e00..0x2000, &mut several));
    let mut singles = Vec::new();
    for c in bmp().filter(|c| within(*c, DECOMPOSED)) {
        let to = reference(c);
        match single(&to) {
            Some(to) if to != c && to.is_alphanumeric() && !c.to_lowercase().eq([to]) => {
                singles.push(format!("({:#06x}, {:#06x})", u32::from(c), u32::from(to)));
            }
            None if !to.is_empty() => {
                several.insert(c, to);
            }
            _ => {}
        }
    }
    let mut dropped: Vec<(u32, u32)> = Vec::new();
    for n in bmp().filter(|c| reference(*c).is_empty()).map(u32::from) {
        match dropped.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => dropped.push((n, n)),
        }
    }
    let dropped = dropped.iter().map(|(first, last)| format!("({first:#06x}, {last:#06x})")).collect::<Vec<_>>();
    let several = several.iter().map(|(from, to)| format!("({from:?}, {to:?})")).collect::<Vec<_>>();
    let numbers = |page: &[u16]| page.iter().map(|n| format!("{n:#05x}")).collect::<Vec<_>>();
    let mut out = String::from(
        "//! Generated from the Unicode data by `tests/folding.rs`; change it there, then run with `UPDATE_GOLDEN=1`.\n",
    );
    table(
        &mut out,
        "U+0080 to U+06FF: 0 separates, 1 is dropped, 2 is in [`SEVERAL`], else the letter.",
        "LOW",
        "u16",
        &numbers(&low),
    );
    table(&mut out, "U+1E00 to U+1FFF, likewise.", "HIGH", "u16", &numbers(&high));
    table(&mut out, "Letters elsewhere that are compared as another.", "SINGLE", "(u16, u16)", &singles);
    table(&mut out, "Letters that are spelled out.", "SEVERAL", "(char, &str)", &several);
    table(&mut out, "What does not count elsewhere, from and to.", "DROPPED", "(u16, u16)", &dropped);
    out
}

fn table(out: &mut String, doc: &str, name: &str, kind: &str, entries: &[String]) {
    let count = entries.len();
    write!(out, "\n/// {doc}\n#[rustfmt::skip]\npub(super) static {name}: [{kind}; {count}] = [").unwrap();
    let mut column = usize::MAX;
    for entry in entries {
        let width = entry.chars().count() + 2;
        if column.saturating_add(width) > 120 {
            out.push_str("\n   ");
            column = 3;
        }
        write!(out, " {entry},").unwrap();
        column += width;
    }
    out.push_str("\n];\n");
}

#[test]
fn the_tables_are_what_the_unicode_data_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/query/fold/table.rs");
    let tables = tables();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &tables).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap() == tables, "fold/table.rs is not what the Unicode data says");
}

#[test]
fn every_character_folds_as_the_unicode_data_says() {
    for c in '\0'..=char::MAX {
        assert_eq!(fold(&c.to_string()), reference(c), "U+{:04X} {c}", u32::from(c));
    }
}

#[test]
fn folding_is_done_after_one_time() {
    for c in '\0'..=char::MAX {
        let once = fold(&c.to_string());
        assert_eq!(fold(&once), once, "U+{:04X} {c}", u32::from(c));
    }
}

#[test]
fn what_readers_take_for_the_same_is_the_same() {
    for (left, right) in [
        ("Ærø", "AERO"),
        ("Straße", "STRASSE"),
        ("Żółć", "zolc"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("Ёлка", "елка"),
        ("İSTANBUL", "istanbul"),
        ("Việt Nam", "viet nam"),
        ("cafe\u{301}", "café"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("۱۲۳ کتاب", "123 كتاب"),
        ("ﬃ", "ffi"),
        ("ＴＥＲＮ１", "tern1"),
        ("ガイド", "ｶﾞｲﾄﾞ"),
        ("がいど", "ガイト\u{3099}"),
        ("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
        ("👍🏽", "👍"),
        ("❤\u{fe0f}", "❤"),
        ("co\u{ad}operate", "cooperate"),
    ] {
        assert_eq!(fold(left), fold(right), "{left} {right}");
    }
    for (left, right) in
        [("は", "ば"), ("は", "ぱ"), ("つ", "っ"), ("가", "각"), ("日", "曰"), ("и", "n"), ("a b", "ab")]
    {
        assert_ne!(fold(left), fold(right), "{left} {right}");
    }
}
