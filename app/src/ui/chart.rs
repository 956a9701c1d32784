//! Bars over time: SVG from the server, first, last and highest value written, the table one click away.

use super::islands::ChartReadout;
use super::table::{Head, Row, Table};
use crate::base::context::Context;
use crate::base::language::tr;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// When or what: "3 Nov".
    pub label: String,
    /// How much; what is below nothing is drawn as nothing, and written as it is.
    pub value: Decimal,
    /// How much, as the reader writes it.
    pub shown: String,
}

/// Width of one bar's place and of the bar in it; height of the highest.
const PLACE: u32 = 20;
const WIDTH: u32 = 14;
const HEIGHT: u32 = 1000;

/// A chart of bars.
pub fn bars(ctx: &Context, title: String, bars: Vec<Bar>) -> AnyView {
    let Some(highest) = bars.iter().max_by_key(|bar| bar.value).cloned() else {
        return ().into_any();
    };
    let ends = bars.first().cloned().zip(bars.last().cloned());
    let drawn = bars
        .iter()
        .zip(0_u32..)
        .map(|(bar, index)| {
            let height = height(bar.value, highest.value);
            let x = index * PLACE;
            view! {
                <g class="bar" data-label=bar.label.clone() data-shown=bar.shown.clone()>
                    <rect class="bar-place" x=x.to_string() y="0" width=PLACE.to_string() height=HEIGHT.to_string()/>
                    <rect class="bar-ink" x=(x + (PLACE - WIDTH) / 2).to_string() y=(HEIGHT - height).to_string() width=WIDTH.to_string() height=height.to_string()/>
                </g>
            }
        })
        .collect_view();
    let view_box = format!("0 0 {} {HEIGHT}", PLACE * u32::try_from(bars.len()).unwrap_or(1));
    let several = bars.len() > 1;
    let few = bars.len() < 8;
    let rows = bars
        .into_iter()
        .map(|bar| Row { cells: vec![bar.label.into_any(), bar.shown.into_any()], href: None })
        .collect::<Vec<_>>();
    let head = vec![
        Head { label: tr!(ctx.locale, ui.chart_when), numeric: false },
        Head { label: tr!(ctx.locale, ui.chart_value), numeric: true },
    ];
    let summary = tr!(
        ctx.locale,
        ui.chart_summary,
        title = title.clone(),
        highest = highest.shown.clone(),
        label = highest.label.clone()
    );
    let (first, last) = ends.map_or_else(Default::default, |(first, last)| (Some(first), Some(last)));
    let end = |bar: Option<Bar>| {
        bar.map(|bar| view! { <p><span class="chart-label">{bar.label}</span>" "<span class="chart-value">{bar.shown}</span></p> })
    };
    view! {
        <figure class="chart" data-few=few.then_some("")>
            <figcaption>
                <span class="chart-title">{title.clone()}</span>
                <span class="chart-highest">{tr!(ctx.locale, ui.chart_highest, value = highest.shown, label = highest.label)}</span>
            </figcaption>
            <div class="chart-plot">
                <svg viewBox=view_box preserveAspectRatio="none" role="img" aria-label=summary>{drawn}</svg>
            </div>
            <div class="chart-ends">{end(first)}{several.then(|| end(last))}</div>
            <ChartReadout/>
            <details class="chart-table">
                <summary>{tr!(ctx.locale, ui.chart_table)}</summary>
                <Table caption=title head=head rows=rows/>
            </details>
        </figure>
    }
    .into_any()
}

/// The height of a bar, to scale; what is more than nothing is seen.
fn height(value: Decimal, highest: Decimal) -> u32 {
    if value <= Decimal::ZERO || highest <= Decimal::ZERO {
        return 0;
    }
    let scaled = (Decimal::from(HEIGHT) * value / highest).trunc();
    u32::try_from(scaled).unwrap_or(0).clamp(8, HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_are_to_scale() {
        let height = |value: i64| height(Decimal::from(value), Decimal::from(200));
        assert_eq!([height(200), height(100), height(0), height(-5)], [1000, 500, 0, 0]);
        assert_eq!(super::height(Decimal::ONE, Decimal::from(1_000_000)), 8);
    }
}
