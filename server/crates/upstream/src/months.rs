//! The months in the dates of servers and vendors.

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Returns the number of a month by the first three letters of its name: 1 of `Jan`.
pub(crate) fn month_of(name: &str) -> Option<usize> {
    let index = MONTHS.iter().position(|known| *known == name)?;
    Some(index + 1)
}
