//! The explained amount: a sum, set like a slip of paper. The same for partner, agent and owner.

use leptos::prelude::*;

/// One line of a slip.
pub struct SlipLine {
    /// What it is: "Order", "Refunded", "Commission at 8.5%".
    pub label: String,
    /// Why or since when: the version of a rate and its date, a rounding.
    pub detail: Option<String>,
    /// The figure, from `ui::text`.
    pub value: AnyView,
    /// Whether a rule stands above it and a double rule below.
    pub total: bool,
}

/// A slip.
pub fn slip(lines: Vec<SlipLine>) -> AnyView {
    let lines = lines
        .into_iter()
        .map(|line| {
            view! {
                <div class="slip-line" data-total=line.total.then_some("")>
                    <dt>
                        <span class="slip-label">{line.label}</span>
                        {line.detail.map(|detail| view! { <span class="slip-detail">{detail}</span> })}
                    </dt>
                    <dd>{line.value}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="slip">{lines}</dl> }.into_any()
}
