//! Simulated worlds: several devices with the real engine, the server's real decisions, and everything that goes wrong
//! between them. One seed decides all of it, so that a failure happens again whenever its seed runs.
//!
//! A world has two halves. In the first, people work while messages are lost, doubled, late and out of order, devices
//! and the server crash, disks fill up, clocks jump, and edits are refused. Then everything heals, and the [`oracle`]
//! looks: is every edit that was reported as saved where it belongs, exactly once, and does everybody see the same?
//!
//! What is real: `engine::engine`, its memory store, `tern_server::domain`, `shared`, and JSON between them. What is
//! not: the driver's loop (its part is played by [`world`], event by event), HTTP, SQL, and the browser.
//!
//! | module | holds |
//! |---|---|
//! | [`world`] | time, the queue of events, and the two halves of a run |
//! | [`network`] | requests and answers on their way, and the server's end of it |
//! | [`people`] | what members do |
//! | [`mishap`] | crashes, clocks, lost connections |
//! | [`device`] | a device: its disk, its tabs, its clock |
//! | [`database`] | the server's tables in memory |
//! | [`oracle`] | what must be true, from notes taken outside of the system |
//! | [`fault`] | what goes wrong, and how often it did |
//! | [`release`] | what the release before this one sends and stores |
//! | [`report`] | many worlds, statistics, and a small plan for one that failed |

pub mod database;
pub mod device;
pub mod fault;
pub mod mishap;
pub mod network;
pub mod oracle;
pub mod people;
pub mod release;
pub mod report;
pub mod rng;
pub mod world;

/// A promise that was not kept, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation(pub String);

/// Whether the promises hold.
pub type Check<T = ()> = Result<T, Violation>;

/// Returns a [`Violation`] unless a condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($why:tt)+) => {
        if !$condition {
            return Err($crate::Violation(format!($($why)+)));
        }
    };
}
