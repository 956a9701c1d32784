//! The lines of a slip that a rule makes: the place in the month, its steps, its caps.

use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::commissions::model::Rate;
use crate::earnings::model::{Explained, InMonth};
use crate::earnings::rules::Line;
use crate::terms::words::step_rate;
use crate::ui::slip::SlipLine;
use crate::ui::text;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// One of them.
pub(super) fn line(ctx: &Context, commission: &Explained, line: Line) -> SlipLine {
    let locale = ctx.locale;
    let of = |amount| Money::new(amount, commission.currency);
    let money = |amount| format::money(locale, of(amount));
    let plain = |label: String, detail: Option<String>, value: Decimal| SlipLine {
        label,
        detail,
        value: text::amount(ctx, of(value)),
        total: false,
    };
    let rate_of = |rate| match &commission.month {
        Some(InMonth { rate: unit @ Rate::Percent(_), .. }) => step_rate(ctx, *unit, rate),
        _ => money(rate),
    };
    let by_percent = matches!(commission.month, Some(InMonth { rate: Rate::Percent(_), .. }));
    match line {
        Line::Place(month) => SlipLine {
            label: tr!(locale, steps.place, month = format::month(locale, month.first)),
            detail: (month.at.place > 1).then(|| {
                let (volume, earned) = (money(month.at.volume_before), money(month.at.earned_before));
                tr!(locale, steps.place_detail, volume = volume, earned = earned)
            }),
            value: tr!(locale, steps.place_value, place = format::count(locale, month.at.place)).into_any(),
            total: false,
        },
        Line::StepPart { step, rate, part, earned } => SlipLine {
            label: if by_percent {
                tr!(locale, steps.part, step = step, rate = rate_of(rate), part = money(part))
            } else {
                tr!(locale, steps.part_count, step = step, rate = rate_of(rate))
            },
            detail: None,
            // To the digit: what is rounded is the month.
            value: match earned.normalize().scale() > commission.currency.minor_units() {
                true => format::number(locale, earned.normalize()).into_any(),
                false => text::amount(ctx, of(earned)),
            },
            total: false,
        },
        Line::MonthWith { step, rate, part, earned, lifted } => {
            let label = if by_percent {
                tr!(locale, steps.with_it, step = step, rate = rate_of(rate), part = money(part))
            } else {
                tr!(locale, steps.with_it_count, step = step, rate = rate_of(rate), part = part.normalize().to_string())
            };
            plain(label, lifted.then(|| tr!(locale, steps.lifted, step = step)), earned)
        }
        Line::MonthBefore(before) => plain(tr!(locale, steps.before_it), None, -before),
        Line::ByRate(amount) => {
            let label = match &commission.month {
                Some(InMonth { rate: unit @ Rate::Percent(percent), .. }) => {
                    tr!(locale, steps.plain_part, rate = step_rate(ctx, *unit, *percent))
                }
                _ => tr!(locale, steps.plain_each),
            };
            plain(label, None, amount)
        }
        Line::CapEach { most, cut } => {
            let detail = tr!(locale, steps.cap_each_detail, amount = money(most));
            plain(tr!(locale, steps.cap_each), Some(detail), -cut)
        }
        Line::CapMonth { most, left, cut } => {
            let detail = tr!(locale, steps.cap_month_detail, amount = money(most), left = money(left));
            plain(tr!(locale, steps.cap_month), Some(detail), -cut)
        }
        Line::Share { refunded, cut } => {
            let detail =
                tr!(locale, steps.share_detail, refunded = money(refunded), order = money(commission.order_amount));
            plain(tr!(locale, steps.share), Some(detail), -cut)
        }
        // The others are the page's own.
        _ => plain(String::new(), None, Decimal::ZERO),
    }
}
