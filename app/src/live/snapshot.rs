//! A place in what happened: a snapshot of PostgreSQL's (`pg_current_snapshot`), which says of every transaction whether
//! it had been committed. A number could not: numbers are given out before a commit, so that one may come late.

use std::fmt;
use std::str::FromStr;

/// The longest text of one; each transaction that runs takes up to twenty characters.
const LONGEST: usize = 8_000;

/// Which transactions had ended: all before `xmin`, none from `xmax` on, and between them all but `running`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    xmin: u64,
    xmax: u64,
    running: Vec<u64>,
}

/// A text that is no snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a snapshot")]
pub struct NotASnapshot;

impl Snapshot {
    /// Whether a transaction had ended.
    pub fn sees(&self, xid: u64) -> bool {
        xid < self.xmin || (xid < self.xmax && self.running.binary_search(&xid).is_err())
    }

    /// Whether everything that another one sees is seen by this one, too.
    pub fn includes(&self, other: &Self) -> bool {
        // What lies at or past our end must not have been seen by the other one.
        let past = (self.xmax..other.xmax).all(|xid| !other.sees(xid));
        past && self.running.iter().all(|xid| !other.sees(*xid))
    }

    /// The first transaction that may not have ended.
    pub fn xmin(&self) -> u64 {
        self.xmin
    }

    /// The first transaction that was not there yet.
    pub fn xmax(&self) -> u64 {
        self.xmax
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.xmin, self.xmax)?;
        for (index, xid) in self.running.iter().enumerate() {
            write!(f, "{}{xid}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl FromStr for Snapshot {
    type Err = NotASnapshot;

    fn from_str(text: &str) -> Result<Self, NotASnapshot> {
        if text.len() > LONGEST {
            return Err(NotASnapshot);
        }
        let number = |text: &str| match text.parse::<u64>() {
            // PostgreSQL's own type is as wide, but a signed number is what SQL reads it as.
            Ok(number) if number > 0 && i64::try_from(number).is_ok() && !text.starts_with('+') => Ok(number),
            _ => Err(NotASnapshot),
        };
        let mut parts = text.split(':');
        let (Some(xmin), Some(xmax), Some(running), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotASnapshot);
        };
        let (xmin, xmax) = (number(xmin)?, number(xmax)?);
        let running = match running {
            "" => Vec::new(),
            list => list.split(',').map(number).collect::<Result<_, _>>()?,
        };
        let ordered = running.windows(2).all(|pair| pair[0] < pair[1]);
        let inside = running.iter().all(|xid| (xmin..xmax).contains(xid));
        if xmin <= xmax && ordered && inside { Ok(Self { xmin, xmax, running }) } else { Err(NotASnapshot) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn snapshot(text: &str) -> Snapshot {
        text.parse().expect("a snapshot")
    }

    #[test]
    fn what_was_committed_late_is_not_missed() {
        // 12 was running when 13 had ended: a number of 13 would have passed it by.
        let seen = snapshot("12:15:12,14");
        assert_eq!(
            (10..17).map(|xid| seen.sees(xid)).collect::<Vec<_>>(),
            [true, true, false, true, false, false, false]
        );
    }

    #[test]
    fn no_other_text_is_taken() {
        for text in [
            "",
            "1:2",
            "1:2:3:4",
            "5:3:",
            "0:0:",
            "3:9:2",
            "3:9:9",
            "3:9:5,4",
            "3:9:4,4",
            "a:b:",
            "3:+9:",
            "3:9:4;",
            "9223372036854775808:9223372036854775809:",
        ] {
            assert_eq!(text.parse::<Snapshot>(), Err(NotASnapshot), "{text}");
        }
        assert_eq!(format!("1:2:{}", "1".repeat(LONGEST)).parse::<Snapshot>(), Err(NotASnapshot));
        assert_eq!(snapshot("3:9:4,7").to_string(), "3:9:4,7");
    }

    prop_compose! {
        /// What a server could say: `xmin` is the first that runs, or the end.
        fn any_snapshot()(end in 1_u64..40, running in prop::collection::btree_set(1_u64..40, 0..8)) -> Snapshot {
            let running: BTreeSet<u64> = running.into_iter().filter(|xid| *xid < end).collect();
            let xmin = running.first().copied().unwrap_or(end);
            Snapshot { xmin, xmax: end, running: running.into_iter().collect() }
        }
    }

    proptest! {
        #[test]
        fn one_includes_another_where_it_sees_all_that_the_other_sees(one in any_snapshot(), other in any_snapshot()) {
            let really = (0..50).all(|xid| one.sees(xid) || !other.sees(xid));
            prop_assert_eq!(one.includes(&other), really);
            prop_assert!(one.includes(&one));
            prop_assert_eq!(one.to_string().parse::<Snapshot>(), Ok(one));
        }
    }
}
