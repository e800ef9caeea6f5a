//! Orders that members make by hand: fractional indices, texts with room for another between any two.
//!
//! Two members who put something at one place at the same time get equal indices; whoever sorts breaks such a tie by
//! id, and a move between two equal ones goes after both.

use fractional_index::FractionalIndex;

/// An index after `before` and before `after` (`None`: the beginning, the end). What is no index counts as not given,
/// and so does `after` when it is not behind `before`.
pub fn between(before: Option<&str>, after: Option<&str>) -> String {
    let parse = |text: Option<&str>| text.and_then(|text| FractionalIndex::from_string(text).ok());
    let index = match (parse(before), parse(after)) {
        (Some(before), Some(after)) => {
            FractionalIndex::new_between(&before, &after).unwrap_or_else(|| FractionalIndex::new_after(&before))
        }
        (Some(before), None) => FractionalIndex::new_after(&before),
        (None, Some(after)) => FractionalIndex::new_before(&after),
        (None, None) => FractionalIndex::default(),
    };
    index.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_room() {
        let first = between(None, None);
        let (mut low, mut high) = (first.clone(), between(Some(&first), None));
        assert!(low < high && between(None, Some(&low)) < low);
        for n in 0..200 {
            let middle = between(Some(&low), Some(&high));
            assert!(low < middle && middle < high, "{low} {middle} {high}");
            if n % 2 == 0 { low = middle } else { high = middle }
        }
    }

    #[test]
    fn equal_or_broken_neighbours_do_no_harm() {
        let index = between(None, None);
        assert!(between(Some(&index), Some(&index)) > index);
        assert_eq!(between(Some("no index"), Some("")), index);
    }
}
