//! Choosing the day when a task is due, or begins: one from the calendar, a quick one, or none.

use leptos::prelude::*;
use shared::date::Date;
use web_sys::SubmitEvent;

use crate::components::menu_layer::MenuTarget;
use crate::dates;
use crate::i18n as t;
use crate::state::changes::Edit;

/// Years are written with four digits; while one is being typed, the field holds the year 2, then 20, then 202.
const FIRST_YEAR: i32 = 1000;

/// Which of a task's days is chosen.
#[derive(Clone, Copy)]
pub(crate) enum Day {
    Due,
    Start,
}

impl Day {
    fn name(self) -> &'static str {
        match self {
            Self::Due => t::due_date(),
            Self::Start => t::start_date(),
        }
    }

    fn remove(self) -> &'static str {
        match self {
            Self::Due => t::remove_due(),
            Self::Start => t::remove_start(),
        }
    }

    fn edit(self, date: Option<Date>) -> Edit {
        match self {
            Self::Due => Edit::Due(date),
            Self::Start => Edit::Start(date),
        }
    }
}

#[component]
pub(crate) fn DayEditor(day: Day, target: MenuTarget) -> impl IntoView {
    let now = target.values.with_untracked(|values| match day {
        Day::Due => values.due,
        Day::Start => values.start,
    });
    let picked = RwSignal::new(now.map(|date| date.to_string()).unwrap_or_default());
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        match picked.get_untracked().parse::<Date>() {
            Ok(date) if date.ymd().0 >= FIRST_YEAR => target.choose(day.edit(Some(date))),
            Ok(_) => {}
            Err(_) => target.choose(day.edit(None)),
        }
    };
    let quick = move |name: &'static str, days: i32| {
        let choose = move |_| {
            if let Some(date) = dates::days_from_today(days) {
                target.choose(day.edit(Some(date)));
            }
        };
        view! { <button class="btn small" type="button" on:click=choose>{name}</button> }.into_any()
    };
    view! {
        <form class="popover-form" on:submit=save>
            <label class="label" for="day">{day.name()}</label>
            <div class="field-row">
                <input
                    class="input"
                    id="day"
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
            {now.is_some().then(|| {
                let remove = move |_| target.choose(day.edit(None));
                view! { <button class="btn plain small" type="button" on:click=remove>{day.remove()}</button> }
            })}
        </form>
    }
    .into_any()
}
