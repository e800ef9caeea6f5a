//! What a reader takes for the same letter: text as it is compared when somebody searches or sorts by title.
//!
//! Case, accents and the marks that vocalize Hebrew and Arabic do not count, in any script; ligatures are spelled out
//! (æ, ß, ﬁ), full-width and half-width forms are the ordinary ones, katakana is hiragana, and a Hangul syllable is its
//! letters, so that what somebody has typed of it already finds it. This is about what the Unicode Collation Algorithm
//! calls primary strength, after compatibility decomposition (UTS #10, UAX #15), but of one character at a time, which
//! makes it small: the tables are a few kilobytes where those of a full normalization are a hundred.
//!
//! Not done: CJK compatibility ideographs, enclosed and mathematical letters stand for themselves; no language's own
//! rules (German ö is o, not oe).

mod table;

use table::{DROPPED, HIGH, LOW, SEVERAL, SINGLE};

/// What becomes of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It separates words.
    Break,
    /// It does not count: an accent, a joiner.
    Drop,
    /// It belongs to a word of a script that puts something between words.
    Word(char),
    /// It is spelled out, as part of such a word.
    Words(&'static str),
    /// It belongs to a script without spaces, be it to a character of it like a Hangul vowel or a voicing mark, or stands
    /// for a word by itself; NUL fills up.
    Dense([char; 3]),
}

/// Where [`LOW`] and [`HIGH`] begin, and what their entries mean when they are not a letter.
const LOW_START: u32 = 0x80;
const HIGH_START: u32 = 0x1e00;
const PAGE_BREAK: u16 = 0;
const PAGE_DROP: u16 = 1;
const PAGE_SEVERAL: u16 = 2;

const VOICED: char = '\u{3099}';
const SEMIVOICED: char = '\u{309a}';
const NUL: char = '\0';

/// The half-width katakana U+FF66 to U+FF9D as hiragana.
const HALF_WIDTH: &str =
    "をぁぃぅぇぉゃゅょっーあいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん";

/// A text as it is compared. What is neither letter nor digit stays as it is.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(spell).collect()
}

/// The characters that a character is compared as.
pub(super) fn spell(c: char) -> impl Iterator<Item = char> {
    let mut out = [NUL; 3];
    let count = match fate(c) {
        Fate::Drop => 0,
        Fate::Break => {
            out[0] = c;
            1
        }
        Fate::Word(c) => {
            out[0] = c;
            1
        }
        Fate::Words(letters) => out.iter_mut().zip(letters.chars()).map(|(out, c)| *out = c).count(),
        Fate::Dense(letters) => {
            out = letters;
            letters.iter().take_while(|c| **c != NUL).count()
        }
    };
    out.into_iter().take(count)
}

pub(super) fn fate(c: char) -> Fate {
    match u32::from(c) {
        0..0x80 if c.is_ascii_alphanumeric() => Fate::Word(c.to_ascii_lowercase()),
        0..0x80 => Fate::Break,
        n @ LOW_START..0x700 => page(LOW[(n - LOW_START) as usize], c),
        n @ HIGH_START..0x2000 => page(HIGH[(n - HIGH_START) as usize], c),
        n @ 0x3041..0x3100 => kana(n),
        0x3400..0xa000 => Fate::Dense([c, NUL, NUL]),
        n @ 0xac00..0xd7a4 => hangul(n - 0xac00),
        n @ 0xff01..0xff5f => fate(letter(n - 0xfee0)),
        n @ 0xff66..0xff9e => HALF_WIDTH.chars().nth((n - 0xff66) as usize).map_or(Fate::Break, |c| kana(c.into())),
        0xff9e => Fate::Dense([VOICED, NUL, NUL]),
        0xff9f => Fate::Dense([SEMIVOICED, NUL, NUL]),
        n => rare(n, c),
    }
}

fn letter(n: u32) -> char {
    char::from_u32(n).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn page(entry: u16, c: char) -> Fate {
    match entry {
        PAGE_BREAK => Fate::Break,
        PAGE_DROP => Fate::Drop,
        PAGE_SEVERAL => several(c).map_or(Fate::Break, Fate::Words),
        n => Fate::Word(letter(n.into())),
    }
}

fn several(c: char) -> Option<&'static str> {
    SEVERAL.binary_search_by_key(&c, |(from, _)| *from).ok().map(|at| SEVERAL[at].1)
}

/// Kana, U+3041 to U+30FF, as hiragana without its voicing mark, and the mark.
fn kana(n: u32) -> Fate {
    let n = if (0x30a1..=0x30f6).contains(&n) { n - 0x60 } else { n };
    let (base, mark) = match n {
        0x3097 | 0x3098 | 0x309b | 0x309c | 0x30a0 | 0x30fb => return Fate::Break,
        0x304c..=0x3062 if n % 2 == 0 => (n - 1, VOICED),
        0x3065 | 0x3067 | 0x3069 => (n - 1, VOICED),
        0x3070..=0x307d if n % 3 == 1 => (n - 1, VOICED),
        0x3070..=0x307d if n % 3 == 2 => (n - 2, SEMIVOICED),
        0x3094 => (0x3046, VOICED),
        _ => (n, NUL),
    };
    Fate::Dense([letter(base), mark, NUL])
}

/// A Hangul syllable as its letters, by its place among the syllables (The Unicode Standard, §3.12).
fn hangul(place: u32) -> Fate {
    let (lead, vowel, tail) = (place / 588, place % 588 / 28, place % 28);
    let tail = if tail == 0 { NUL } else { letter(0x11a7 + tail) };
    Fate::Dense([letter(0x1100 + lead), letter(0x1161 + vowel), tail])
}

/// The scripts and symbols that the tables of letters do not cover.
fn rare(n: u32, c: char) -> Fate {
    if is_dropped(n) {
        return Fate::Drop;
    }
    if let Some(letters) = several(c) {
        return Fate::Words(letters);
    }
    let single = u16::try_from(n).ok().and_then(|n| SINGLE.binary_search_by_key(&n, |(from, _)| *from).ok());
    let folded = match single {
        Some(at) => letter(SINGLE[at].1.into()),
        None => c.to_lowercase().next().unwrap_or(c),
    };
    kind(folded)
}

fn is_dropped(n: u32) -> bool {
    match u16::try_from(n) {
        Ok(n) => DROPPED
            .binary_search_by(|(first, last)| {
                if *last < n {
                    std::cmp::Ordering::Less
                } else if *first > n {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_ok(),
        // Skin tones, tags, further variation selectors.
        Err(_) => matches!(n, 0x1f3fb..=0x1f3ff | 0xe0000..=0xe0fff),
    }
}

/// What a folded character is part of.
fn kind(c: char) -> Fate {
    match u32::from(c) {
        // Hangul vowels and what ends a syllable; emoji and other pictures.
        0x1160..=0x11ff | 0xd7b0..=0xd7ff | 0x231a..=0x23ff | 0x2600..=0x27bf | 0x2b00..=0x2bff | 0x1f000..=0x1faff => {
            Fate::Dense([c, NUL, NUL])
        }
        _ if !c.is_alphanumeric() => Fate::Break,
        n if is_dense(n) => Fate::Dense([c, NUL, NUL]),
        _ => Fate::Word(c),
    }
}

/// Scripts that put nothing between words.
fn is_dense(n: u32) -> bool {
    matches!(n,
        0x0e00..=0x0eff // Thai, Lao
        | 0x1000..=0x109f | 0xa9e0..=0xa9ff | 0xaa60..=0xaa7f // Burmese
        | 0x1100..=0x115f | 0xa960..=0xa97f // Hangul letters
        | 0x1780..=0x17ff // Khmer
        | 0x1950..=0x19df | 0x1a20..=0x1aaf | 0xaa80..=0xaadf // Tai
        | 0x2e80..=0x2fdf | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x303c // Chinese, Japanese
        | 0x3100..=0x33ff | 0xf900..=0xfaff | 0xff00..=0xffef | 0x16fe0..=0x18dff | 0x1aff0..=0x1b2ff
        | 0x20000..=0x3ffff
        | 0xa000..=0xa4cf) // Yi
}
