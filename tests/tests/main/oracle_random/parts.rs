//! Statements of random scripts, and how they are made fewer.

/// A statement of some lines, which is removed as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Line(String),
    /// Lines around others: `if ...; then`, statements, `fi`.
    Group(String, Vec<Part>, String),
}

/// The same with one statement less, or with what is in one in its place.
pub fn smaller(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut out = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let with = |others: Vec<Part>| {
            let mut parts = parts.to_vec();
            parts.splice(at..=at, others);
            parts
        };
        out.push(with(Vec::new()));
        if let Part::Group(before, inner, after) = part {
            let is_arm = !after.starts_with(['f', 'd', '}', ')']) || before.starts_with("case ");
            let has_else = inner
                .iter()
                .any(|part| matches!(part, Part::Line(line) if line.starts_with("el")));
            if !is_arm && !has_else {
                out.push(with(inner.clone()));
            }
            for fewer in smaller(inner) {
                out.push(with(vec![Part::Group(
                    before.clone(),
                    fewer,
                    after.clone(),
                )]));
            }
        }
    }
    out
}

impl Part {
    /// Appends the lines.
    pub fn write(&self, out: &mut String) {
        match self {
            Part::Line(line) => {
                out.push_str(line);
                out.push('\n');
            }
            Part::Group(before, inner, after) => {
                out.push_str(before);
                // A group with nothing in it is an error.
                out.push_str(if before.starts_with("case ") {
                    "\n"
                } else {
                    "\n:\n"
                });
                inner.iter().for_each(|part| part.write(out));
                out.push_str(after);
                out.push('\n');
            }
        }
    }
}
