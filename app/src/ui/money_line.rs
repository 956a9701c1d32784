//! The money line: the ledger of one partner as a picture, from what is pending to what is paid.
//!
//! Lengths are to scale; the figures stand under them in equal columns, each tied to its segment by a thin line, so
//! that a small segment has as much room for its words as a large one. Ink gathers as money becomes certain: a
//! pending segment is hollow, a paid one is solid. On a phone the same picture stands upright.

use super::{escape, text};
use crate::base::context::Context;
use crate::base::language::tr;
use crate::base::money::Money;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// One stretch of the line.
pub struct Segment {
    /// Its name: "Pending".
    pub label: String,
    /// How much is there.
    pub amount: Money,
    /// Where its commissions are listed.
    pub href: String,
    /// What happens next and when: "€12.00 on 1 December".
    pub next: Option<String>,
    /// `pending`, `payable`, `in_payout` or `paid`.
    pub kind: &'static str,
}

/// The line; `below` holds what is set off from it: ring-fenced, reversed, paid in earlier years.
pub fn money_line(ctx: &Context, segments: Vec<Segment>, below: Vec<(String, AnyView)>) -> AnyView {
    let spans = spans(&segments.iter().map(|segment| segment.amount.amount).collect::<Vec<_>>());
    let lying = picture(&segments, &spans, false);
    let upright = picture(&segments, &spans, true);
    let places = segments
        .into_iter()
        .map(|segment| {
            let href = escape::href(&segment.href).map(str::to_owned);
            let nothing = segment.amount.amount <= Decimal::ZERO;
            view! {
                <li class="money-place" data-kind=segment.kind data-nothing=nothing.then_some("")>
                    <a href=href>
                        <span class="money-label">{segment.label}</span>
                        <span class="money-amount">{text::amount(ctx, segment.amount)}</span>
                    </a>
                    {segment.next.map(|next| view! { <span class="money-next">{next}</span> })}
                </li>
            }
        })
        .collect_view();
    let below = (!below.is_empty()).then(|| view! { <div class="money-below">{super::layout::facts(below)}</div> });
    view! {
        <section class="money-line" aria-label=tr!(ctx.locale, ui.money_line)>
            <div class="money-picture">
                {lying}
                {upright}
                <ol class="money-places">{places}</ol>
            </div>
            {below}
        </section>
    }
    .into_any()
}

/// The length of the whole line, in units of the picture.
const LENGTH: u32 = 1000;
/// The shortest stretch that is still seen.
const SHORTEST: u32 = 10;
/// The gap between two stretches.
const GAP: u32 = 4;

/// Start and end of each stretch. What is nothing, or owed, has no length.
fn spans(amounts: &[Decimal]) -> Vec<(u32, u32)> {
    let amounts: Vec<_> = amounts.iter().map(|amount| (*amount).max(Decimal::ZERO)).collect();
    let total: Decimal = amounts.iter().sum();
    let seen = amounts.iter().filter(|amount| **amount > Decimal::ZERO).count() as u32;
    if seen == 0 {
        return vec![(0, 0); amounts.len()];
    }
    // Every stretch gets the shortest length, and the rest is shared out to scale.
    let rest = LENGTH - seen * SHORTEST - (seen - 1) * GAP;
    let mut start = 0;
    amounts
        .iter()
        .map(|amount| {
            if *amount == Decimal::ZERO {
                return (start.min(LENGTH), start.min(LENGTH));
            }
            let share = (Decimal::from(rest) * amount / total).trunc();
            let end = start + SHORTEST + u32::try_from(share).unwrap_or(0);
            let span = (start, end.min(LENGTH));
            start = end + GAP;
            span
        })
        .collect()
}

/// The stretches and their ties to the places. Hidden from those who listen: the list says the same.
fn picture(segments: &[Segment], spans: &[(u32, u32)], upright: bool) -> AnyView {
    let places = u32::try_from(segments.len().max(1)).unwrap_or(1);
    let drawn = segments
        .iter()
        .zip(spans)
        .zip(0_u32..)
        .filter(|((_, (start, end)), _)| end > start)
        .map(|((segment, (start, end)), index)| {
            let middle = (start + end) / 2;
            let place = index * LENGTH / places;
            let (x, y, width, height, tie) = if upright {
                (0, *start, 14, end - start, format!("M14 {middle}H26L44 {place}H56"))
            } else {
                (*start, 0, end - start, 14, format!("M{middle} 14V24L{place} 44V56"))
            };
            view! {
                <path class="money-tie" d=tie/>
                <rect class="money-span" data-kind=segment.kind x=x.to_string() y=y.to_string() width=width.to_string() height=height.to_string()/>
            }
        })
        .collect_view();
    let (class, view_box) = if upright { ("money-upright", "0 0 56 1000") } else { ("money-lying", "0 0 1000 56") };
    view! { <svg class=class viewBox=view_box preserveAspectRatio="none" aria-hidden="true">{drawn}</svg> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(amounts: &[i64]) -> Vec<u32> {
        let amounts: Vec<_> = amounts.iter().map(|amount| Decimal::from(*amount)).collect();
        spans(&amounts).iter().map(|(start, end)| end - start).collect()
    }

    #[test]
    fn lengths_are_to_scale_and_the_smallest_is_seen() {
        assert_eq!(lengths(&[100, 0, 0, 0]), [1000, 0, 0, 0]);
        assert_eq!(lengths(&[50, 50]), [498, 498]);
        let [small, large] = lengths(&[1, 1_000_000])[..] else { panic!("two") };
        assert!(small >= SHORTEST && large > 900);
    }

    #[test]
    fn nothing_and_debt_have_no_length() {
        assert_eq!(lengths(&[0, 0]), [0, 0]);
        assert_eq!(lengths(&[-5, 5]), [0, 1000]);
    }

    #[test]
    fn the_line_never_grows_beyond_its_end() {
        for amounts in [&[1, 1, 1, 1][..], &[999, 1, 1, 1], &[0, 7, 0, 3], &[3, 3, 3, 0]] {
            let amounts: Vec<_> = amounts.iter().map(|amount| Decimal::from(*amount)).collect();
            assert!(spans(&amounts).iter().all(|(start, end)| start <= end && *end <= LENGTH));
        }
    }
}
