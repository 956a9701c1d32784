//! Tables for data. Narrow ones turn each row into lines of label and value.

use super::escape;
use leptos::prelude::*;

/// The head of one column.
#[derive(Clone, Debug)]
pub struct Head {
    /// What stands in it.
    pub label: String,
    /// Whether it holds figures, which are set to the right.
    pub numeric: bool,
}

/// One row.
#[derive(Default)]
pub struct Row {
    /// One cell for each column.
    pub cells: Vec<AnyView>,
    /// Where the row leads. Its first cell becomes the link, so that one must hold words and no link of its own.
    pub href: Option<String>,
}

/// A table.
#[component]
pub fn Table(
    /// What it shows; with totals, what they sum.
    #[prop(into)]
    caption: String,
    /// Its columns.
    head: Vec<Head>,
    /// Its rows, in order.
    rows: Vec<Row>,
    /// Its totals.
    #[prop(optional_no_strip, into)]
    foot: Option<Row>,
) -> impl IntoView {
    let titles = head
        .iter()
        .map(|column| view! { <th scope="col" role="columnheader" class=number(column)>{column.label.clone()}</th> })
        .collect_view();
    let body = rows.into_iter().map(|each| row(&head, each)).collect_view();
    let foot = foot.map(|each| view! { <tfoot role="rowgroup">{row(&head, each)}</tfoot> });
    // The roles say what the elements mean anyway; a narrow table is not displayed as one, and would lose them.
    view! {
        <div class="table">
            <table role="table">
                <caption>{caption}</caption>
                <thead role="rowgroup"><tr role="row">{titles}</tr></thead>
                <tbody role="rowgroup">{body}</tbody>
                {foot}
            </table>
        </div>
    }
}

fn row(head: &[Head], row: Row) -> AnyView {
    let mut href = row.href.as_deref().and_then(escape::href).map(str::to_owned);
    let leads = href.is_some();
    let cells = row
        .cells
        .into_iter()
        .zip(head)
        .map(|(cell, column)| {
            let cell = match href.take() {
                Some(href) => view! { <a class="row-link" href=href>{cell}</a> }.into_any(),
                None => cell,
            };
            view! { <td role="cell" class=number(column) data-label=column.label.clone()><span class="cell">{cell}</span></td> }
        })
        .collect_view();
    view! { <tr role="row" data-leads=leads.then_some("")>{cells}</tr> }.into_any()
}

fn number(column: &Head) -> Option<&'static str> {
    column.numeric.then_some("number")
}
