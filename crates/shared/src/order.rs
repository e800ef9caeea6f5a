//! Orders that members make by hand: fractional indices, texts with room for another between any two.
//!
//! The form is Greenspan's ("Implementing Fractional Indexing", 2020): a whole number of variable length, whose first
//! character says how long it is, and a fraction, both in digits whose order is that of ASCII. Putting something at the
//! end counts the whole number up, so that a hundred thousand of these make an index of five characters; only a place
//! between two others costs a digit now and then.
//!
//! Two members who put something at one place at the same time get equal indices; whoever sorts breaks such a tie by
//! id, and a move between two equal ones goes after both.

use std::borrow::Cow;

use uuid::Uuid;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The first index of a list.
const FIRST: &str = "a0";

/// An index after `before` and before `after` (`None`: the beginning, the end). What is no index counts as not given,
/// and so does `after` when it is not behind `before`.
pub fn between(before: Option<&str>, after: Option<&str>) -> String {
    let before = before.and_then(Index::parse);
    let after = after.and_then(Index::parse).filter(|after| before.is_none_or(|before| before < *after));
    match (before, after) {
        (None, None) => FIRST.to_owned(),
        (Some(before), None) => before.next(),
        (None, Some(after)) => after.previous(),
        (Some(before), Some(after)) if before.whole == after.whole => {
            before.whole.to_owned() + &midpoint(before.fraction, Some(after.fraction))
        }
        (Some(before), Some(after)) => {
            let next = before.next();
            let within = Index::parse(&next).is_some_and(|next| next < after);
            if within { next } else { before.further() }
        }
    }
}

/// Where something stands: at the index that it was given, or else where it was made. Everybody knows that place without a
/// write, and there is room before and behind it.
pub fn effective(index: &str, id: Uuid) -> Cow<'_, str> {
    if index.is_empty() { Cow::Owned(of_making(id)) } else { Cow::Borrowed(index) }
}

/// An index that goes up with the time, and then with the chance, of a version 7 id: a whole number of milliseconds, and
/// 30 bits of what tells apart what is made within one.
fn of_making(id: Uuid) -> String {
    let bits = id.as_u128();
    let millis = bits >> 80;
    let chance = (((bits >> 64) & 0xfff) << 18) | ((bits >> 44) & 0x3_ffff);
    let mut index = String::from("i");
    for (number, digits) in [(millis, 9), (chance, 6)] {
        index.extend((0..digits).rev().map(|place| char::from(DIGITS[(number / 62_u128.pow(place) % 62) as usize])));
    }
    // Does not end with a zero.
    index.push('V');
    index
}

/// An index in its two parts; compared as the text that they make. There is room before each: the smallest whole number
/// alone is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Index<'a> {
    whole: &'a str,
    /// Does not end with a zero: then there would be no room before it.
    fraction: &'a str,
}

impl<'a> Index<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let length = length(*text.as_bytes().first()?)?;
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (whole, fraction) = text.split_at_checked(length).filter(|_| plain)?;
        let before = !fraction.is_empty() || !is_smallest(whole);
        (before && !fraction.ends_with('0')).then_some(Self { whole, fraction })
    }

    /// The next whole number.
    fn next(self) -> String {
        step(self.whole, true).unwrap_or_else(|| self.further())
    }

    /// A fraction further, within the whole number.
    fn further(self) -> String {
        self.whole.to_owned() + &midpoint(self.fraction, None)
    }

    /// The whole number, where there is a fraction beyond it; otherwise the one before.
    fn previous(self) -> String {
        if is_smallest(self.whole) {
            return self.whole.to_owned() + &midpoint("", Some(self.fraction));
        }
        if !self.fraction.is_empty() {
            return self.whole.to_owned();
        }
        let previous = step(self.whole, false).unwrap_or_default();
        if is_smallest(&previous) { previous + &midpoint("", None) } else { previous }
    }
}

/// Whether it is the smallest whole number, before which there are only its fractions.
fn is_smallest(whole: &str) -> bool {
    whole.strip_prefix('A').is_some_and(|digits| digits.bytes().all(|digit| digit == b'0'))
}

/// How many characters a whole number with this first one has.
fn length(first: u8) -> Option<usize> {
    match first {
        b'a'..=b'z' => Some(usize::from(first - b'a') + 2),
        b'A'..=b'Z' => Some(usize::from(b'Z' - first) + 2),
        _ => None,
    }
}

/// The whole number one up or down; `None` past the last.
fn step(whole: &str, up: bool) -> Option<String> {
    let mut bytes = whole.as_bytes().to_vec();
    let (from, to) = if up { (b'z', b'0') } else { (b'0', b'z') };
    for byte in bytes.get_mut(1..)?.iter_mut().rev() {
        if *byte == from {
            *byte = to;
            continue;
        }
        let digit = value(*byte);
        *byte = digit_of(if up { digit + 1 } else { digit - 1 });
        return String::from_utf8(bytes).ok();
    }
    // Over into a number of another length: … Y Z | a b …
    let first = *bytes.first()?;
    let next = match (first, up) {
        (b'Z', true) => b'a',
        (b'a', false) => b'Z',
        (b'z', true) | (b'A', false) => return None,
        (_, true) => first + 1,
        (_, false) => first - 1,
    };
    *bytes.first_mut()? = next;
    bytes.resize(length(next)?, to);
    String::from_utf8(bytes).ok()
}

/// A fraction between two, in as few digits as possible (`None`: the end).
fn midpoint(low: &str, high: Option<&str>) -> String {
    let high = high.filter(|high| !high.is_empty());
    let low_digit = low.as_bytes().first().map_or(0, |byte| value(*byte));
    let high_digit = high.map_or(DIGITS.len(), |high| high.as_bytes().first().map_or(0, |byte| value(*byte)));
    let rest = |text: &str| text.get(1..).unwrap_or_default().to_owned();
    if low_digit == high_digit {
        // The first digit is common; the difference comes later.
        let high = high.map(rest).unwrap_or_default();
        return char::from(digit_of(low_digit)).to_string() + &midpoint(&rest(low), Some(&high));
    }
    if high_digit.saturating_sub(low_digit) > 1 {
        return char::from(digit_of((low_digit + high_digit).div_ceil(2))).to_string();
    }
    match high.filter(|high| high.len() > 1) {
        Some(high) => high.chars().take(1).collect(),
        None => char::from(digit_of(low_digit)).to_string() + &midpoint(&rest(low), None),
    }
}

fn value(digit: u8) -> usize {
    DIGITS.iter().position(|other| *other == digit).unwrap_or_default()
}

fn digit_of(value: usize) -> u8 {
    DIGITS.get(value).copied().unwrap_or(b'z')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_room() {
        let first = between(None, None);
        let (mut low, mut high) = (first.clone(), between(Some(&first), None));
        assert!(low < high && between(None, Some(&low)) < low);
        for n in 0..400 {
            let middle = between(Some(&low), Some(&high));
            assert!(low < middle && middle < high, "{low} {middle} {high}");
            if n % 3 == 0 { low = middle } else { high = middle }
        }
        assert!(low.len() < 200, "{}", low.len());
    }

    #[test]
    fn the_end_and_the_beginning_stay_short() {
        let (mut last, mut first) = (between(None, None), between(None, None));
        for _ in 0..100_000 {
            let next = between(Some(&last), None);
            assert!(next > last && next.len() <= 5, "{last} {next}");
            last = next;
            let previous = between(None, Some(&first));
            assert!(previous < first && previous.len() <= 5, "{previous} {first}");
            first = previous;
        }
    }

    #[test]
    fn any_places_in_any_order() {
        let mut list = vec![between(None, None)];
        let mut dice = 7_u64;
        for _ in 0..3_000 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = usize::try_from(dice >> 33).unwrap() % (list.len() + 1);
            let before = place.checked_sub(1).map(|place| list[place].clone());
            let new = between(before.as_deref(), list.get(place).map(String::as_str));
            assert!(before.is_none_or(|before| before < new) && list.get(place).is_none_or(|after| new < *after));
            assert!(Index::parse(&new).is_some(), "{new}");
            list.insert(place, new);
        }
    }

    /// What the author of the method publishes as its results.
    #[test]
    fn the_indices_are_those_of_the_method() {
        let a26 = |tail: &str| format!("A{}{tail}", "0".repeat(26 - tail.len()));
        let z26 = |tail: &str| format!("z{}{tail}", "z".repeat(26 - tail.len()));
        for (before, after, index) in [
            ("", "", "a0"),
            ("", "a0", "Zz"),
            ("", "Zz", "Zy"),
            ("", "Y00", "Xzzz"),
            ("", "b999", "b99"),
            ("", "a0V", "a0"),
            ("", &format!("{}1", a26("")), &format!("{}0V", a26(""))),
            ("a0", "", "a1"),
            ("a1", "", "a2"),
            ("bzz", "", "c000"),
            (&z26("y"), "", &z26("z")),
            (&z26("z"), "", &format!("{}V", z26("z"))),
            ("a0", "a1", "a0V"),
            ("a1", "a2", "a1V"),
            ("a0V", "a1", "a0l"),
            ("Zz", "a0", "ZzV"),
            ("Zz", "a1", "a0"),
            ("a0", "a0V", "a0G"),
            ("a0", "a0G", "a08"),
            ("b125", "b129", "b127"),
            ("a0", "a1V", "a1"),
            ("Zz", "a01", "a0"),
            ("a0", "a01V", "a01"),
        ] {
            let side = |index: &str| (!index.is_empty()).then(|| index.to_owned());
            let (low, high) = (side(before), side(after));
            assert_eq!(between(low.as_deref(), high.as_deref()), index, "{before} {after}");
        }
    }

    #[test]
    fn what_nobody_has_put_anywhere_stands_where_it_was_made() {
        let ids = [
            "00000000-0000-7000-8000-000000000000",
            "0199a000-0000-7000-8000-000000000001",
            "0199a000-0000-7000-8001-000000000000",
            "0199a000-0000-7001-8000-000000000000",
            "0199a000-0001-7000-8000-000000000000",
            "ffffffff-ffff-7fff-bfff-ffffffffffff",
        ];
        let indices: Vec<String> = ids.iter().map(|id| effective("", id.parse().unwrap()).into_owned()).collect();
        assert!(indices.is_sorted(), "{indices:?}");
        for pair in indices.windows(2) {
            assert!(Index::parse(&pair[0]).is_some(), "{pair:?}");
            let middle = between(Some(&pair[0]), Some(&pair[1]));
            assert!(pair[0] < middle && middle < pair[1], "{pair:?} {middle}");
        }
        assert!(between(Some(&indices[5]), None) > indices[5] && between(None, Some(&indices[0])) < indices[0]);
        assert_eq!(effective("a0", ids[1].parse().unwrap()), "a0");
    }

    #[test]
    fn equal_or_broken_neighbours_do_no_harm() {
        let index = between(None, None);
        for index in ["a0", "a0V", "b12x"] {
            let behind = between(Some(index), None);
            assert_eq!(between(Some(index), Some(index)), behind, "after both");
            assert_eq!(between(Some(index), Some("a")), behind);
        }
        assert_eq!(between(Some("no index"), Some("")), index);
        assert_eq!(between(Some("a"), Some("a00")), index, "too short, and without room before it");
        let smallest = "A".to_owned() + &"0".repeat(26);
        assert!(between(None, Some(&(smallest.clone() + "1"))) < smallest.clone() + "1");
        assert_eq!(between(None, Some(&smallest)), index, "there is no room before it");
        let second = format!("A{}1", "0".repeat(25));
        let first = between(None, Some(&second));
        assert!(first < second && between(None, Some(&first)) < first, "{first}");
        let largest = "z".repeat(27);
        assert!(between(Some(&largest), None) > largest);
    }
}
