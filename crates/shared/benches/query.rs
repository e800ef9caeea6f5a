//! What a view costs: search, and filter with order, over teams of growing size.
//!
//! `cargo bench -p tern-shared --bench query`. The texts are made from a seed: about a kilobyte a task, of words that
//! are as common as words are (Zipf), in three tasks of four in Latin letters, else in Cyrillic or Japanese.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the numbers made here are small"
)]

extern crate tern_shared as shared;

use std::collections::BTreeSet;
use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use shared::date::Date;
use shared::ids::{ProjectId, TaskId, UserId};
use shared::query::filter::{Condition, Day, Filter, TagRule, Viewer, When, Who};
use shared::query::group::{GroupBy, group};
use shared::query::search::{SearchIndex, Source};
use shared::query::sort::{SortBy, SortKey, first};
use shared::query::subject::{Places, Subject};
use shared::register::Tag;
use shared::workflow::{Priority, Status};
use uuid::Uuid;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// A generator of numbers that everybody gets alike (xorshift64*, Vigna 2016).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        usize::try_from((high * sides as u64) >> 32).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

/// The words of a language, the most common ones first, and shorter ones the more common.
struct Language {
    words: Vec<String>,
    between: &'static str,
}

impl Language {
    fn new(dice: &mut Dice, letters: &[&str], between: &'static str, longest: usize) -> Self {
        let word = |n: usize, dice: &mut Dice| {
            let length = 1 + dice.roll(longest.min(1 + n.ilog2() as usize));
            (0..length).map(|_| *dice.pick(letters)).collect::<String>()
        };
        Self { words: (1..60_000).map(|n| word(n, dice)).collect(), between }
    }

    /// A word, the n-th most common about 1/n as often as the first: an exponent that is even over its range.
    fn word(&self, dice: &mut Dice) -> &str {
        let share = dice.roll(1 << 20) as f64 / f64::from(1 << 20);
        let at = (self.words.len() as f64).powf(share) as usize - 1;
        &self.words[at.min(self.words.len() - 1)]
    }

    fn text(&self, dice: &mut Dice, bytes: usize) -> String {
        let mut text = String::new();
        while text.len() < bytes {
            text.push_str(self.word(dice));
            text.push_str(if dice.roll(12) == 0 { ". " } else { self.between });
        }
        text
    }
}

const LATIN: &[&str] = &[
    "an", "be", "co", "de", "er", "fi", "go", "ha", "in", "ka", "le", "mo", "no", "ou", "pre", "re", "sta", "te", "un",
    "wo", "é", "ä", "tion", "ing", "l", "s", "x", "y",
];
const CYRILLIC: &[&str] =
    &["ва", "го", "де", "же", "и", "й", "ка", "ло", "ми", "но", "ого", "при", "ра", "ст", "ть", "ы"];
const JAPANESE: &[&str] =
    &["日", "本", "語", "東", "京", "業", "計", "画", "の", "を", "に", "する", "ます", "ガ", "作", "船"];

struct Texts {
    title: String,
    tags: String,
    description: String,
    notes: String,
}

fn texts(count: usize) -> Vec<Texts> {
    let dice = &mut Dice(7);
    let latin = Language::new(dice, LATIN, " ", 5);
    let cyrillic = Language::new(dice, CYRILLIC, " ", 5);
    let japanese = Language::new(dice, JAPANESE, "", 4);
    let task = |_| {
        let language = match dice.roll(8) {
            0 => &cyrillic,
            1 => &japanese,
            _ => &latin,
        };
        Texts {
            title: language.text(dice, 50),
            tags: latin.text(dice, 12),
            description: language.text(dice, 700),
            notes: language.text(dice, 240),
        }
    };
    (0..count).map(task).collect()
}

fn id(n: usize) -> TaskId {
    TaskId(Uuid::from_u128(n as u128))
}

fn put(index: &mut SearchIndex, n: usize, texts: &Texts) {
    index.put(id(n), Source::Title, &texts.title);
    index.put(id(n), Source::Tags, &texts.tags);
    index.put(id(n), Source::Description, &texts.description);
    index.put(id(n), Source::Notes, &texts.notes);
}

fn build(texts: &[Texts]) -> SearchIndex {
    let mut index = SearchIndex::default();
    texts.iter().enumerate().for_each(|(n, texts)| put(&mut index, n, texts));
    index
}

fn words_of(texts: &[Texts], latin: usize) -> (String, String) {
    let mut ascii = texts.iter().filter(|texts| texts.description.starts_with(|c: char| c.is_ascii_alphabetic()));
    let description = &ascii.nth(latin).unwrap().description;
    let rare = description.split([' ', '.']).max_by_key(|word| word.len()).unwrap();
    let three: Vec<_> = description.split([' ', '.']).filter(|word| word.len() > 3).take(3).collect();
    (rare.to_owned(), three.join(" "))
}

fn search(c: &mut Criterion) {
    for size in SIZES {
        let texts = texts(size);
        let index = build(&texts);
        let bytes: usize =
            texts.iter().map(|texts| texts.title.len() + texts.description.len() + texts.notes.len()).sum();
        let memory =
            format!("{size} tasks: {} words, {} KB of {} KB", index.words(), index.bytes() / 1024, bytes / 1024);
        eprintln!("{memory}");
        let (rare, three) = words_of(&texts, 10);
        let queries = [
            ("one letter", "s"),
            ("two letters", "st"),
            ("rare word", &rare),
            ("three words", &three),
            ("ten letters", "a b c d e f g h i s"),
            ("no hit", "qqqq"),
            ("no hit with common", "s qqqq"),
            ("one kanji", "東"),
            ("three kanji", "東京業"),
            ("cyrillic", "ка"),
        ];
        for (name, query) in queries {
            c.bench_function(&format!("search/{name}/{size}"), |b| b.iter(|| index.search(black_box(query), 100)));
        }
    }
}

fn edit(c: &mut Criterion) {
    for size in SIZES {
        let texts = texts(size);
        let mut index = build(&texts);
        let dice = &mut Dice(11);
        let mut turn = 0;
        c.bench_function(&format!("put/title/{size}"), |b| {
            b.iter(|| {
                turn += 1;
                let title = &texts[turn % size].title;
                index.put(id(dice.roll(size)), Source::Title, title);
            });
        });
        // A word more, then back: what typing in a description of 700 bytes does.
        let longer: Vec<_> = texts.iter().take(1_000).map(|texts| format!("{} harbour", texts.description)).collect();
        c.bench_function(&format!("put/description, a word more/{size}"), |b| {
            b.iter(|| {
                turn += 1;
                let at = turn / 2 % 1_000;
                let text = if turn % 2 == 0 { &longer[at] } else { &texts[at].description };
                index.put(id(at), Source::Description, text);
            });
        });
        // Another text altogether: the most that an edit can change.
        c.bench_function(&format!("put/description, all new/{size}"), |b| {
            b.iter(|| {
                turn += 1;
                index.put(id(dice.roll(size)), Source::Description, &texts[turn % size].description);
            });
        });
    }
}

fn start(c: &mut Criterion) {
    let mut slow = c.benchmark_group("build");
    slow.sample_size(10);
    for size in SIZES {
        let texts = texts(size);
        slow.bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter_batched(|| (), |()| build(&texts), BatchSize::PerIteration);
        });
    }
}

/// What a subject borrows.
struct Task {
    title: String,
    order: String,
    tags: Vec<Tag>,
    assignees: BTreeSet<UserId>,
}

fn tasks(texts: Vec<Texts>, dice: &mut Dice) -> Vec<Task> {
    let tags: Vec<Tag> = (0..40).map(|n| Tag::new(&format!("tag {n}"))).collect();
    let task = |texts: Texts| Task {
        title: texts.title,
        order: format!("{:08x}80", dice.roll(usize::from(u16::MAX))),
        tags: (0..dice.roll(4)).map(|_| dice.pick(&tags).clone()).collect(),
        assignees: (0..dice.roll(3)).map(|_| UserId(Uuid::from_u128(dice.roll(20) as u128))).collect(),
    };
    texts.into_iter().map(task).collect()
}

fn today() -> Date {
    Date::new(2026, 11, 20).unwrap()
}

fn subjects<'a>(tasks: &'a [Task], dice: &mut Dice) -> Vec<Subject<'a>> {
    let subject = |(n, task): (usize, &'a Task)| Subject {
        id: id(n),
        project: ProjectId(Uuid::from_u128(dice.roll(12) as u128)),
        section: None,
        parent: None,
        order: &task.order,
        title: &task.title,
        status: *dice.pick(&Status::ALL),
        priority: *dice.pick(&Priority::ALL),
        assignees: &task.assignees,
        tags: &task.tags,
        due: (dice.roll(2) == 0).then(|| Date::from_days(today().days() + dice.roll(200) as i32 - 50).unwrap()),
        start: None,
        created_at: n as i64 * 1_000,
        updated_at: dice.roll(1 << 30) as i64,
        review: false,
        deleted: dice.roll(50) == 0,
    };
    tasks.iter().enumerate().map(subject).collect()
}

fn view(c: &mut Criterion) {
    let is = Filter::Is;
    let few = Filter::All(vec![
        is(Condition::Closed(false)),
        is(Condition::Assignee(vec![Who::Me, Who::Nobody])),
        is(Condition::Due(When::Before(Day::InDays(14)))),
        Filter::Not(Box::new(is(Condition::Tags(TagRule::Any(vec![Tag::new("tag 3")]))))),
    ]);
    let viewer = Viewer { me: Some(UserId(Uuid::from_u128(3))), today: today() };
    for size in SIZES {
        let dice = &mut Dice(5);
        let tasks = tasks(texts(size), dice);
        let subjects = subjects(&tasks, dice);
        let places: Places = (0..20).rev().map(|n: u32| Uuid::from_u128(n.into())).collect();
        let none = |_: &str, _: TaskId| false;
        let mut run = |name: &str, filter: &Filter, keys: &[SortKey]| {
            c.bench_function(&format!("view/{name}/{size}"), |b| {
                b.iter(|| {
                    let matcher = filter.matcher(viewer, &none);
                    let shown: Vec<_> = subjects.iter().filter(|task| matcher.matches(task)).copied().collect();
                    let top = first(&shown, keys, &places, 100);
                    let rows: Vec<_> = top.into_iter().map(|at| shown[at]).collect();
                    black_box(group(&rows, GroupBy::Status, today(), &places))
                });
            });
        };
        let urgent = [SortKey::descending(SortBy::Priority), SortKey::ascending(SortBy::Due)];
        run("few, by priority and due", &few, &urgent);
        run("all, by priority and due", &Filter::everything(), &urgent);
        run("all, by hand", &Filter::everything(), &[SortKey::ascending(SortBy::Manual)]);
        run("all, by title", &Filter::everything(), &[SortKey::ascending(SortBy::Title)]);
        run("all, by assignee", &Filter::everything(), &[SortKey::ascending(SortBy::Assignee)]);
        run("all, last updated", &Filter::everything(), &[SortKey::descending(SortBy::Updated)]);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1))
        .without_plots();
    targets = search, edit, start, view
}
criterion_main!(benches);
