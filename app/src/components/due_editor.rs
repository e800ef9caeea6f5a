//! Choosing a due date: a day from the calendar, a quick one, or none.

use leptos::prelude::*;
use shared::date::Date;
use web_sys::SubmitEvent;

use crate::components::menu_layer::MenuTarget;
use crate::dates;
use crate::i18n as t;
use crate::state::changes::Edit;

/// Years are written with four digits; while one is being typed, the field holds the year 2, then 20, then 202.
const FIRST_YEAR: i32 = 1000;

#[component]
pub(crate) fn DueEditor(target: MenuTarget) -> impl IntoView {
    let due = target.values.with_untracked(|values| values.due);
    let picked = RwSignal::new(due.map(|due| due.to_string()).unwrap_or_default());
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        match picked.get_untracked().parse::<Date>() {
            Ok(date) if date.ymd().0 >= FIRST_YEAR => target.choose(Edit::Due(Some(date))),
            Ok(_) => {}
            Err(_) => target.choose(Edit::Due(None)),
        }
    };
    let quick = move |name: &'static str, days: i32| {
        let choose = move |_| {
            if let Some(date) = dates::days_from_today(days) {
                target.choose(Edit::Due(Some(date)));
            }
        };
        view! { <button class="btn small" type="button" on:click=choose>{name}</button> }.into_any()
    };
    view! {
        <form class="popover-form" on:submit=save>
            <label class="label" for="due-date">{t::due_date()}</label>
            <div class="field-row">
                <input
                    class="input"
                    id="due-date"
                    type="date"
                    max="9999-12-31"
                    data-first
                    prop:value=move || picked.get()
                    on:input=move |event| picked.set(event_target_value(&event))
                />
                <button class="btn primary small" type="submit">{t::save()}</button>
            </div>
            <div class="btn-row">
                {quick(t::today(), 0)}
                {quick(t::tomorrow(), 1)}
                {quick(t::next_week(), 7)}
            </div>
            {due.is_some().then(|| {
                let remove = move |_| target.choose(Edit::Due(None));
                view! { <button class="btn plain small" type="button" on:click=remove>{t::remove_due()}</button> }
            })}
        </form>
    }
    .into_any()
}
