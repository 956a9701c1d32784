//! Stretches of time: sums, cuts and differences of them.

use chrono::{DateTime, TimeDelta, Utc};

/// From one moment up to, and without, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first moment of it.
    pub from: DateTime<Utc>,
    /// The first moment after it.
    pub to: DateTime<Utc>,
}

impl Span {
    /// A stretch, unless it is empty.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// How long it is.
    pub fn length(&self) -> TimeDelta {
        self.to - self.from
    }

    /// Whether a moment is in it.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.to
    }

    /// What lies in both.
    pub fn common(&self, other: &Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }
}

/// Any stretches, in order, with those that touch made one.
pub fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => joined.push(span),
        }
    }
    joined
}

/// What of `spans` is not in `holes`; both as [`union`] gives them.
pub fn without(spans: &[Span], holes: &[Span]) -> Vec<Span> {
    let mut left = Vec::with_capacity(spans.len());
    let mut holes = holes.iter().peekable();
    for span in spans {
        let mut from = span.from;
        while holes.next_if(|hole| hole.to <= from).is_some() {}
        for hole in holes.clone().take_while(|hole| hole.from < span.to) {
            left.extend(Span::new(from, hole.from.min(span.to)));
            from = from.max(hole.to);
        }
        left.extend(Span::new(from, span.to));
    }
    left
}

/// What of `spans` lies in `window`.
pub fn within(spans: &[Span], window: Span) -> Vec<Span> {
    spans.iter().filter_map(|span| span.common(&window)).collect()
}

/// How long they are together.
pub fn length(spans: &[Span]) -> TimeDelta {
    spans.iter().fold(TimeDelta::zero(), |sum, span| sum + span.length())
}

/// The first moment at which so much of them has gone by; `None` where they are shorter.
pub fn reach(spans: &[Span], wanted: TimeDelta) -> Option<DateTime<Utc>> {
    let mut left = wanted;
    for span in spans {
        if left <= span.length() {
            return Some(span.from + left);
        }
        left -= span.length();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).expect("time")
    }

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        prop::collection::vec((0_i64..60, 1_i64..15), 0..8)
            .prop_map(|all| all.into_iter().map(|(from, long)| Span { from: at(from), to: at(from + long) }).collect())
    }

    fn minutes(spans: &[Span]) -> Vec<i64> {
        (0..90).filter(|minute| spans.iter().any(|span| span.holds(at(*minute)))).collect()
    }

    proptest! {
        #[test]
        fn sums_and_differences_hold_the_same_minutes(some in spans(), holes in spans(), wanted in 0_i64..40) {
            let joined = union(some.clone());
            prop_assert_eq!(minutes(&joined), minutes(&some));
            prop_assert!(joined.windows(2).all(|pair| pair[0].to < pair[1].from));
            prop_assert_eq!(length(&joined).num_minutes(), minutes(&some).len() as i64);

            let left = without(&joined, &union(holes.clone()));
            let hidden = minutes(&holes);
            let expected: Vec<_> = minutes(&some).into_iter().filter(|minute| !hidden.contains(minute)).collect();
            prop_assert_eq!(minutes(&left), expected);

            let reached = reach(&joined, TimeDelta::minutes(wanted));
            let there = minutes(&some);
            match usize::try_from(wanted).expect("wanted") {
                0 => prop_assert_eq!(reached, joined.first().map(|span| span.from)),
                nth => prop_assert_eq!(reached, there.get(nth - 1).map(|minute| at(minute + 1))),
            }
        }
    }
}
