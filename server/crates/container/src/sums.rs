//! Sums: `$((...))`, of numbers that are known.

/// Depth to which parentheses and signs nest.
const MAX_DEPTH: usize = 50;

/// Operators of two numbers, by how strongly they bind, weakest first. Longer ones come before those
/// that they begin with.
const OPERATORS: [&[&str]; 6] = [
    &["||"],
    &["&&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// A sum that is being read.
struct Reader<'s> {
    rest: &'s str,
    /// The value of a variable; `None` where it is not known to be a number.
    value: &'s dyn Fn(&str) -> Option<i64>,
}

/// Returns what a sum comes to; `None` where that is not known, or the sum changes something.
pub(crate) fn sum(text: &str, value: &dyn Fn(&str) -> Option<i64>) -> Option<i64> {
    let mut reader = Reader { rest: text, value };
    let result = reader.binary(0, 0)?;
    reader.rest.trim_start().is_empty().then_some(result)
}

/// Returns whether a sum may change variables.
pub(crate) fn assigns(text: &str) -> bool {
    let text = ["==", "!=", "<=", ">="]
        .iter()
        .fold(text.to_owned(), |text, comparison| {
            text.replace(comparison, "")
        });
    text.contains('=') || text.contains("++") || text.contains("--")
}

/// Returns the number that a text is.
pub(crate) fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    // A zero at the beginning is an octal number's.
    let is_plain = digits == "0" || !digits.starts_with('0');
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain && is_number)
}

impl<'s> Reader<'s> {
    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        let after = rest.strip_prefix(token);
        self.rest = after.unwrap_or(rest);
        after.is_some()
    }

    fn binary(&mut self, level: usize, depth: usize) -> Option<i64> {
        let Some(operators) = OPERATORS.get(level) else {
            return self.unary(depth);
        };
        let mut left = self.binary(level + 1, depth)?;
        loop {
            // `**`, `<<` and the like are something else.
            let rest = self.rest.trim_start();
            let other = ["**", "<<", ">>", "++", "--"];
            if other.iter().any(|other| rest.starts_with(other)) {
                return None;
            }
            let Some(operator) = operators.iter().find(|operator| self.eat(operator)) else {
                return Some(left);
            };
            let right = self.binary(level + 1, depth)?;
            left = applied(operator, left, right)?;
        }
    }

    fn unary(&mut self, depth: usize) -> Option<i64> {
        if depth >= MAX_DEPTH {
            return None;
        }
        if self.eat("++") || self.eat("--") {
            return None;
        }
        if self.eat("(") {
            let inner = self.binary(0, depth + 1)?;
            return self.eat(")").then_some(inner);
        }
        if self.eat("-") {
            return self.unary(depth + 1)?.checked_neg();
        }
        if self.eat("+") {
            return self.unary(depth + 1);
        }
        if self.eat("!") {
            return Some(i64::from(self.unary(depth + 1)? == 0));
        }
        let rest = self.rest.trim_start();
        let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end)?;
        self.rest = after;
        match word.starts_with(|c: char| c.is_ascii_digit()) {
            true => number(word),
            false if word.is_empty() => None,
            false => (self.value)(word),
        }
    }
}

fn applied(operator: &str, left: i64, right: i64) -> Option<i64> {
    let truth = |holds: bool| Some(i64::from(holds));
    match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        "%" => left.checked_rem(right),
        "==" => truth(left == right),
        "!=" => truth(left != right),
        "<=" => truth(left <= right),
        ">=" => truth(left >= right),
        "<" => truth(left < right),
        ">" => truth(left > right),
        "&&" => truth(left != 0 && right != 0),
        "||" => truth(left != 0 || right != 0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_come_to_what_bash_says() {
        let value = |name: &str| match name {
            "x" => Some(7),
            "y" => None,
            _ => Some(0),
        };
        for (text, expected) in [
            ("1 + 2 * 3", Some(7)),
            ("(1 + 2) * 3", Some(9)),
            ("x - 1 - 1", Some(5)),
            ("-x / 2", Some(-3)),
            ("x % 4 == 3 && ! none", Some(1)),
            ("x > 7 || x <= 6", Some(0)),
            ("y + 1", None),
            ("x ** 2", None),
            ("x << 2", None),
            ("x++", None),
            ("x = 3", None),
            ("010", None),
            ("1 / 0", None),
            ("9223372036854775807 + 1", None),
            ("", None),
        ] {
            assert_eq!(sum(text, &value), expected, "{text}");
        }
    }
}
