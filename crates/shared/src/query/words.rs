//! Where words begin and end, in text of any script.
//!
//! A text is a row of tokens. In most scripts a token is a word: letters and digits with something else around them.
//! Chinese, Japanese, Korean, Thai and their like put nothing between words, or not reliably; there a token is a whole
//! run of such characters, and any part of it may be looked for. A picture (🚀) is such a run, too.

use std::ops::Range;

use super::fold::{Fate, fate};

/// Bytes of a folded word that count. Longer ones (keys, encoded data) are compared by their beginning.
pub(super) const WORD_BYTES: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Found by its beginning.
    Word,
    /// Found by any part.
    Run,
}

#[derive(Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    /// As it is compared.
    pub folded: &'a str,
    /// Where it is in the text, in bytes.
    pub source: Range<usize>,
}

/// Calls `each` for every token of a text, in order. A pointer, so that the program carries this once.
pub(super) fn tokens(text: &str, each: &mut dyn FnMut(Token<'_>)) {
    let mut scan = Scan { folded: String::new(), open: None, start: 0, each };
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii() {
            at = scan.ascii(text, at);
        } else if let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
            scan.char(c, at);
            at += c.len_utf8();
        } else {
            break;
        }
    }
    scan.close(at);
}

struct Scan<'a> {
    folded: String,
    open: Option<Kind>,
    start: usize,
    each: &'a mut dyn FnMut(Token<'_>),
}

impl Scan<'_> {
    /// Takes what is ASCII from `at` on, up to the end of a word or of what is between words: most text, so it is
    /// not folded one by one. Returns where it stopped.
    fn ascii(&mut self, text: &str, at: usize) -> usize {
        let rest = &text.as_bytes()[at..];
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if letters == 0 {
            self.close(at);
            return at + rest.iter().take_while(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric()).count();
        }
        self.enter(Kind::Word, at);
        let before = self.folded.len();
        self.folded.push_str(&text[at..at + letters]);
        self.folded[before..].make_ascii_lowercase();
        at + letters
    }

    fn char(&mut self, c: char, at: usize) {
        match fate(c) {
            Fate::Break => self.close(at),
            Fate::Drop => {}
            Fate::Word(c) => {
                self.enter(Kind::Word, at);
                self.folded.push(c);
            }
            Fate::Words(letters) => {
                self.enter(Kind::Word, at);
                self.folded.push_str(letters);
            }
            Fate::Dense(letters) => {
                self.enter(Kind::Run, at);
                self.folded.extend(letters.into_iter().take_while(|c| *c != '\0'));
            }
        }
    }

    fn enter(&mut self, kind: Kind, at: usize) {
        if self.open != Some(kind) {
            self.close(at);
            self.open = Some(kind);
            self.start = at;
        }
    }

    fn close(&mut self, at: usize) {
        if let Some(kind) = self.open.take() {
            let folded = match kind {
                Kind::Word => clip(&self.folded),
                Kind::Run => &self.folded,
            };
            (self.each)(Token { kind, folded, source: self.start..at });
        }
        self.folded.clear();
    }
}

fn clip(word: &str) -> &str {
    &word[..word.floor_char_boundary(WORD_BYTES)]
}

/// The characters of a run, each with what extends it, as byte ranges of the folded run.
pub(super) fn units(run: &str) -> impl Iterator<Item = Range<usize>> {
    let mut starts = run.char_indices().filter(|(at, c)| *at == 0 || !extends(*c)).map(|(at, _)| at).peekable();
    std::iter::from_fn(move || {
        let start = starts.next()?;
        Some(start..starts.peek().copied().unwrap_or(run.len()))
    })
}

fn extends(c: char) -> bool {
    matches!(u32::from(c), 0x1160..=0x11ff | 0xd7b0..=0xd7ff | 0x3099 | 0x309a)
}

/// The terms of a token: a word is one; a run is every pair of neighbours, then its last character alone. So each
/// character of a run begins exactly one term, and a part of a run is found by the pairs in it.
pub(super) fn terms(token: &Token<'_>, mut each: impl FnMut(&str)) {
    if token.kind == Kind::Word {
        return each(token.folded);
    }
    let mut units = units(token.folded).peekable();
    while let Some(unit) = units.next() {
        let end = units.peek().map_or(unit.end, |next| next.end);
        each(&token.folded[unit.start..end]);
    }
}
