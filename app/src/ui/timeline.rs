//! The time line of payouts, disputes, terms and the record: what happened, and what was promised.

use super::badge::Tone;
use crate::base::language::tr;
use leptos::prelude::*;

/// One step.
#[derive(Default)]
pub struct Step {
    /// What happened, or will.
    pub title: String,
    /// When, from `ui::text`; of a future step, the promised date.
    pub when: Option<AnyView>,
    /// Who did it, or has to.
    pub who: Option<String>,
    /// A sentence more.
    pub text: Option<String>,
    /// Not yet: its dot is hollow.
    pub future: bool,
    /// What it means.
    pub tone: Tone,
    /// An id for links to this step.
    pub anchor: Option<String>,
}

/// A time line, in the order given.
pub fn timeline(steps: Vec<Step>) -> AnyView {
    let locale = super::locale();
    let steps = steps
        .into_iter()
        .map(|step| {
            let unseen = step.future.then(|| super::text::unseen(tr!(locale, ui.future_step)));
            view! {
                <li class="step" id=step.anchor data-tone=step.tone.as_str() data-future=step.future.then_some("")>
                    <p class="step-head">
                        {unseen}
                        <span class="step-title">{step.title}</span>
                        {step.when.map(|when| view! { <span class="step-when">{when}</span> })}
                    </p>
                    {step.who.map(|who| view! { <p class="step-who">{who}</p> })}
                    {step.text.map(|text| view! { <p class="step-text">{text}</p> })}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="timeline">{steps}</ol> }.into_any()
}
