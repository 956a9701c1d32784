//! Counts what goes into a file against what its header says.

use super::amount;
use super::error::{FileError, Refusal};
use super::model::{Header, Order};
use rust_decimal::Decimal;

/// What has been pushed so far, and what must have been in the end.
pub(super) struct Tally {
    currency: String,
    decimals: u32,
    limit: u64,
    expected: u64,
    total: Decimal,
    pushed: u64,
    sum: Decimal,
}

impl Tally {
    /// For a format that takes at most `limit` payments and writes amounts with `decimals`.
    ///
    /// # Errors
    /// When the header says no payments, too many, or a total that is no amount of the currency.
    pub(super) fn new(header: &Header, limit: u64, decimals: u32) -> Result<Self, FileError> {
        if header.payments == 0 {
            return Err(FileError::NoPayments);
        }
        if header.payments > limit {
            return Err(FileError::TooMany { limit });
        }
        amount::written(header.total, decimals).map_err(|_| FileError::TotalAmount)?;
        Ok(Self {
            currency: header.currency.clone(),
            decimals,
            limit,
            expected: header.payments,
            total: header.total,
            pushed: 0,
            sum: Decimal::ZERO,
        })
    }

    /// The amount of an order as the file writes it.
    ///
    /// # Errors
    /// When the order's currency is not the file's or its amount cannot be paid.
    pub(super) fn amount(&self, order: &Order) -> Result<String, FileError> {
        if order.currency != self.currency {
            return Err(Refusal::Currency.of(order));
        }
        amount::written(order.amount, self.decimals).map_err(|refusal| refusal.of(order))
    }

    /// Counts an order that is about to be written. Counted first, so that an order whose writing failed half-way can't
    /// be pushed again into a file that then looks right.
    ///
    /// # Errors
    /// When it is one too many.
    pub(super) fn count(&mut self, order: &Order) -> Result<(), FileError> {
        if self.pushed == self.limit {
            return Err(FileError::TooMany { limit: self.limit });
        }
        if self.pushed == self.expected {
            return Err(FileError::Count { expected: self.expected, pushed: self.pushed + 1 });
        }
        self.sum = self.sum.checked_add(order.amount).ok_or_else(|| Refusal::AmountTooLarge.of(order))?;
        self.pushed += 1;
        Ok(())
    }

    /// Compares.
    ///
    /// # Errors
    /// When number or total are not the header's.
    pub(super) fn finish(&self) -> Result<(), FileError> {
        if self.pushed != self.expected {
            return Err(FileError::Count { expected: self.expected, pushed: self.pushed });
        }
        if self.sum != self.total {
            return Err(FileError::Total { expected: self.total, pushed: self.sum });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn tally(payments: u32, limit: u64) -> Tally {
        Tally::new(&samples::header(payments), limit, 2).expect("a header")
    }

    #[test]
    fn what_was_pushed_must_be_what_was_announced() {
        let mut right = tally(2, 10);
        right.count(&samples::order(1)).expect("the first");
        assert!(matches!(right.finish(), Err(FileError::Count { expected: 2, pushed: 1 })));
        right.count(&samples::order(2)).expect("the second");
        right.finish().expect("all of them");
        assert!(matches!(right.count(&samples::order(3)), Err(FileError::Count { expected: 2, pushed: 3 })));
        right.finish().expect("still all of them");
    }

    #[test]
    fn a_cent_off_is_found() {
        let mut off = tally(2, 10);
        let mut second = samples::order(2);
        second.amount += Decimal::new(1, 2);
        off.count(&samples::order(1)).expect("the first");
        off.count(&second).expect("the second");
        let error = off.finish().expect_err("a cent too much");
        assert_eq!(error.to_string(), "the header says a total of 0.05, but the payments add up to 0.06");
    }

    #[test]
    fn headers_that_cannot_be() {
        let new = |payments: u64, total: &str, limit| {
            let mut header = samples::header(1);
            (header.payments, header.total) = (payments, total.parse().expect("number"));
            Tally::new(&header, limit, 2).map(drop)
        };
        assert!(matches!(new(0, "1", 10), Err(FileError::NoPayments)));
        assert!(matches!(new(11, "1", 10), Err(FileError::TooMany { limit: 10 })));
        assert!(matches!(new(1, "0", 10), Err(FileError::TotalAmount)));
        assert!(matches!(new(1, "1.001", 10), Err(FileError::TotalAmount)));
        assert!(new(10, "1", 10).is_ok());
    }

    #[test]
    fn the_currency_is_the_files() {
        let mut order = samples::order(1);
        order.currency = "USD".to_owned();
        let refused = tally(1, 10).amount(&order);
        assert!(matches!(refused, Err(FileError::Payment { refusal: Refusal::Currency, .. })));
    }
}
