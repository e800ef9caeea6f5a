//! One change after the other: what is undone is what was done before it, however quickly the keys follow each other.

use std::collections::VecDeque;

use futures::channel::oneshot;
use leptos::prelude::*;

#[derive(Default)]
struct Queue {
    taken: bool,
    waiting: VecDeque<oneshot::Sender<()>>,
}

/// Gives turns in the order in which they are asked for.
#[derive(Clone, Copy)]
pub(crate) struct Turns(StoredValue<Queue, LocalStorage>);

/// It is somebody's turn until this is dropped.
pub(crate) struct Turn(Turns);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(StoredValue::new_local(Queue::default()))
    }

    pub(crate) async fn wait(self) -> Turn {
        let turn = self.0.try_update_value(|queue| {
            if !queue.taken {
                queue.taken = true;
                return None;
            }
            let (sender, receiver) = oneshot::channel();
            queue.waiting.push_back(sender);
            Some(receiver)
        });
        if let Some(turn) = turn.flatten() {
            // The turn is handed over, or there is nobody left to hand it over.
            let _ = turn.await;
        }
        Turn(self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let _ = self.0.0.try_update_value(|queue| {
            // Somebody who waits no longer is passed over.
            queue.taken = std::iter::from_fn(|| queue.waiting.pop_front()).any(|next| next.send(()).is_ok());
        });
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn turns_are_given_in_the_order_of_asking() {
        Owner::new().with(|| {
            let (turns, order, open) = (Turns::new(), RefCell::new(Vec::new()), Cell::new(false));
            let work = |n: u32| {
                let (order, open) = (&order, &open);
                let work = async move {
                    let _turn = turns.wait().await;
                    // The first stays for a while.
                    std::future::poll_fn(|_| {
                        if open.get() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
                    })
                    .await;
                    order.borrow_mut().push(n);
                };
                Box::pin(work) as Pin<Box<dyn Future<Output = ()> + '_>>
            };
            let mut all: Vec<_> = (0..4).map(work).collect();
            let mut context = Context::from_waker(Waker::noop());
            let mut poll_all = |all: &mut Vec<Pin<Box<dyn Future<Output = ()> + '_>>>| {
                all.retain_mut(|one| one.as_mut().poll(&mut context).is_pending());
            };
            poll_all(&mut all);
            assert!(order.borrow().is_empty() && all.len() == 4);
            // Whoever goes away is passed over.
            drop(all.remove(2));
            open.set(true);
            while !all.is_empty() {
                poll_all(&mut all);
            }
            assert_eq!(*order.borrow(), [0, 1, 3]);
        });
    }
}
