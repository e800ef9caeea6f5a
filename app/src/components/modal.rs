//! A modal dialog of the platform: it keeps the focus, closes on Escape, and gives the focus back.

use leptos::html::Dialog;
use leptos::prelude::*;
use web_sys::{HtmlElement, MouseEvent};

use crate::dom;

/// The platform does it when a dialog is closed; not when it is taken away.
fn give_focus_back() {
    let before = StoredValue::new_local(dom::active_element());
    on_cleanup(move || {
        let Some(before) = before.try_get_value().flatten() else { return };
        dom::after_paint(move || {
            if dom::focus_is_lost() && before.is_connected() {
                dom::focus(&before);
            }
        });
    });
}

/// Renders its content while `open`; closing it in any way calls `on_close`.
#[component]
pub(crate) fn Modal(
    #[prop(into)] open: Signal<bool>,
    on_close: Callback<()>,
    label: &'static str,
    #[prop(default = "dialog")] class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    move || {
        open.get().then(|| {
            give_focus_back();
            let dialog = NodeRef::<Dialog>::new();
            dialog.on_load(|dialog| {
                let _ = dialog.show_modal();
            });
            let on_press = move |event: MouseEvent| {
                if dialog.get_untracked().is_some_and(|dialog| is_outside(&dialog, &event)) {
                    on_close.run(());
                }
            };
            view! {
                <dialog
                    class=class
                    aria-label=label
                    node_ref=dialog
                    on:close=move |_| on_close.run(())
                    on:mousedown=on_press
                >
                    <div class="modal-body">{children.with_value(|children| children())}</div>
                </dialog>
            }
            .into_any()
        })
    }
}

/// Whether a press was on the page behind a dialog: the dialog hears of it as its own.
fn is_outside(dialog: &HtmlElement, event: &MouseEvent) -> bool {
    let area = dialog.get_bounding_client_rect();
    let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
    event.target().as_ref() == Some(dialog.as_ref())
        && (x < area.left() || x > area.right() || y < area.top() || y > area.bottom())
}
