//! The loop that syncs: asks the engine for a step, carries it out, tells the app.
//!
//! No lock on the engine and no storage is held while a request is under way; the engine re-checks the answer
//! against its state when it comes.

use std::cell::RefCell;

use futures::channel::mpsc;
use futures::future::{Either, select};
use futures::lock::Mutex;
use futures::stream::StreamExt;
use shared::clock::{Millis, Version};

use crate::engine::Engine;
use crate::env::Env;
use crate::store::{Store, StoreError};
use crate::sync::Step;
use crate::transport::Transport;

/// Why the loop should look again before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// A change was saved.
    Changed,
    /// The member asked, the tab became visible, or somebody signed in.
    Asked,
    /// The server says that the organization is at this version.
    Poked { ver: Version },
    /// The device's network came or went.
    Online(bool),
}

/// What the loop needs of its surroundings besides [`Env`].
#[expect(async_fn_in_trait, reason = "browser futures are not Send; the driver is generic and never needs it")]
pub trait Surroundings {
    /// Returns at or after this time.
    async fn sleep_until(&self, at: Millis);

    /// The engine's view, commits or status may have changed.
    fn changed(&self);
}

/// Syncs until `wakes` ends. Returns early only if the store is closed or cannot be read; where it only has no room,
/// or fails otherwise, the attempt is repeated later like one that the server refused.
pub async fn run<S: Store, T: Transport, E: Env>(
    engine: &Mutex<Engine<S>>,
    transport: &T,
    env: &RefCell<E>,
    surroundings: &impl Surroundings,
    mut wakes: mpsc::UnboundedReceiver<Wake>,
) -> Result<(), StoreError> {
    loop {
        while let Ok(wake) = wakes.try_recv() {
            take(&mut *engine.lock().await, wake);
        }
        let step = {
            let mut engine = engine.lock().await;
            let step = engine.step(&mut Shared(env)).await;
            match step {
                Ok(step) => step,
                Err(error) => {
                    survive(&mut engine, error, env)?;
                    Step::Wait(Some(env.borrow_mut().now()))
                }
            }
        };
        surroundings.changed();
        match step {
            Step::Push(request) => {
                let answer = transport.push(&request).await;
                engine.lock().await.pushed(&request, answer, &mut Shared(env));
            }
            Step::Pull(request) => {
                let answer = transport.pull(&request).await;
                let mut engine = engine.lock().await;
                if let Err(error) = engine.pulled(&request, answer, &mut Shared(env)).await {
                    survive(&mut engine, error, env)?;
                }
            }
            Step::Resume(history) => {
                let answer = transport.resume(&history).await;
                let mut engine = engine.lock().await;
                if let Err(error) = engine.resumed(&history, answer, &mut Shared(env)).await {
                    survive(&mut engine, error, env)?;
                }
            }
            Step::Wait(until) => {
                let wake = match until {
                    Some(at) => {
                        let sleep = std::pin::pin!(surroundings.sleep_until(at));
                        match select(wakes.next(), sleep).await {
                            Either::Left((wake, _)) => wake,
                            Either::Right(_) => continue,
                        }
                    }
                    None => wakes.next().await,
                };
                let Some(wake) = wake else { return Ok(()) };
                take(&mut *engine.lock().await, wake);
            }
        }
        surroundings.changed();
    }
}

/// Puts the next attempt off, unless the store is of no more use.
fn survive<S: Store>(engine: &mut Engine<S>, error: StoreError, env: &RefCell<impl Env>) -> Result<(), StoreError> {
    if matches!(error, StoreError::Closed | StoreError::Corrupt(_)) {
        return Err(error);
    }
    engine.store_failed(&mut Shared(env));
    Ok(())
}

fn take<S: Store>(engine: &mut Engine<S>, wake: Wake) {
    match wake {
        Wake::Changed => {}
        Wake::Asked => engine.wake(),
        Wake::Poked { ver } => engine.poked(ver),
        Wake::Online(online) => engine.set_online(online),
    }
}

/// An [`Env`] that several holders use in turn.
#[derive(Debug)]
pub struct Shared<'a, E>(pub &'a RefCell<E>);

impl<E: Env> Env for Shared<'_, E> {
    fn now(&mut self) -> Millis {
        self.0.borrow_mut().now()
    }

    fn new_id(&mut self) -> uuid::Uuid {
        self.0.borrow_mut().new_id()
    }

    fn random(&mut self) -> f64 {
        self.0.borrow_mut().random()
    }
}
