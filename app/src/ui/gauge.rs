//! A percentage before and after, on one scale with a floor as a mark. What it shows is always written beside it too.

use leptos::prelude::*;
use rust_decimal::Decimal;

/// What a gauge shows, in percent.
#[derive(Clone, Copy, Debug)]
pub struct Gauge {
    /// As it is: a hollow bar.
    pub before: Decimal,
    /// As it would be: a full bar.
    pub after: Decimal,
    /// Not to be crossed: a line.
    pub floor: Decimal,
}

/// A gauge. `words` says the same to those who don't see it.
pub fn gauge(of: Gauge, words: String) -> AnyView {
    let Gauge { before, after, floor } = of;
    let low = before.min(after).min(floor).min(Decimal::ZERO);
    let high = before.max(after).max(floor).max(Decimal::ONE_HUNDRED);
    let at = |percent: Decimal| ((percent - low) * Decimal::ONE_HUNDRED / (high - low)).round_dp(2);
    let bar = |percent: Decimal| {
        let (from, to) = (at(percent.min(Decimal::ZERO)), at(percent.max(Decimal::ZERO)));
        (from.to_string(), (to - from).to_string())
    };
    let ((x_before, w_before), (x_after, w_after)) = (bar(before), bar(after));
    let floor_at = at(floor).to_string();
    view! {
        <svg
            class="gauge" data-below=(after < floor).then_some("") viewBox="0 0 100 14" preserveAspectRatio="none"
            width="100%" height="28" role="img" aria-label=words
        >
            <rect class="gauge-track" x="0" y="2" width="100" height="10" fill="currentColor" fill-opacity=".08"/>
            <rect class="gauge-before" x=x_before y="2" width=w_before height="4" fill="currentColor" fill-opacity=".35"/>
            <rect class="gauge-after" x=x_after y="7" width=w_after height="5" fill="currentColor"/>
            <line class="gauge-floor" x1=floor_at.clone() x2=floor_at y1="0" y2="14" stroke="currentColor" stroke-width="2" vector-effect="non-scaling-stroke"/>
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_below_nothing_is_drawn_to_the_left_of_nothing() {
        let html = gauge(
            Gauge { before: Decimal::from(50), after: Decimal::from(-25), floor: Decimal::from(20) },
            "words".into(),
        )
        .to_html();
        // The scale runs from -25 to 100: nothing stands at 20, the bar below it is 20 wide, the floor is at 36.
        assert!(html.contains(r#"x="0" y="7" width="20""#), "{html}");
        assert!(html.contains(r#"x="20" y="2" width="40""#), "{html}");
        assert!(html.contains(r#"x1="36""#), "{html}");
        assert!(html.contains("data-below"), "{html}");
    }
}
