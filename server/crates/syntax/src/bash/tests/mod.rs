//! Reading of scripts: steps, values, here-documents; and that no text, however odd, stops the
//! reader.

#![allow(clippy::string_slice, reason = "a test fails by a panic")]

mod control;
mod grammar;
mod heredocs;
mod robust;
mod test_commands;
mod values;

use std::fmt::Write;

use expect_test::Expect;

use super::super::TextRange;
use super::{ArmEnd, PatternPiece, Piece, ScriptFacts, Step, Test, Word, read};

/// Steps, one a line, blocks indented; then the here-documents and the names that are set.
fn shown(text: &str, facts: &ScriptFacts) -> String {
    let mut out = String::new();
    block(facts, &facts.effects.body, 0, &mut out);
    let effects = facts.effects.heredocs.iter();
    for (index, (heredoc, effects)) in facts.heredocs.iter().zip(effects).enumerate() {
        let quoted = if heredoc.quoted { "quoted " } else { "" };
        let body = &text[usize::from(heredoc.body.start())..usize::from(heredoc.body.end())];
        let _ = write!(out, "<{index} {quoted}{body:?}");
        if !heredoc.expansions.is_empty() {
            let names = heredoc.expansions.iter().map(|e| {
                format!(
                    "{} {}",
                    e.name,
                    &text[usize::from(e.range.start())..usize::from(e.range.end())]
                )
            });
            let _ = write!(out, " expands {:?}", names.collect::<Vec<_>>());
        }
        if !effects.splices.is_empty() {
            let _ = write!(out, " splices {:?}", effects.splices);
        }
        if !heredoc.container.assigned.is_empty() {
            let _ = write!(out, " sets {:?}", heredoc.container.assigned);
        }
        let units = heredoc.container.units.iter();
        let units: Vec<String> = units.map(|u| format!("{:?} {}", u.verb, u.unit)).collect();
        if !units.is_empty() {
            let _ = write!(out, " units {units:?}");
        }
        for line in heredoc.ends_alike.iter().chain(&heredoc.opened_inside) {
            let _ = write!(
                out,
                " like {:?}",
                &text[usize::from(line.start())..usize::from(line.end())]
            );
        }
        if effects.systemd || effects.other_init {
            let _ = write!(
                out,
                " systemd {} other {}",
                effects.systemd, effects.other_init
            );
        }
        out.push('\n');
    }
    if !facts.effects.assigned.is_empty() {
        let _ = writeln!(out, "sets {}", facts.effects.assigned.join(" "));
    }
    if !facts.paths.is_empty() {
        let _ = writeln!(
            out,
            "paths {}",
            facts.paths.iter().map(word).collect::<Vec<_>>().join(" ")
        );
    }
    for bracket in &facts.glued_brackets {
        let before = &text[..usize::from(bracket.end())];
        let line = before.rsplit('\n').next().unwrap_or_default();
        let _ = writeln!(out, "glued {line}");
    }
    for masked in &facts.masked_statuses {
        let shown = |range: TextRange| &text[usize::from(range.start())..usize::from(range.end())];
        let (declaration, status_use) = (shown(masked.declaration), shown(masked.status_use));
        let _ = writeln!(out, "masked {declaration}, {status_use}");
    }
    for export in &facts.function_exports {
        let _ = writeln!(out, "exports {}", export.name.as_deref().unwrap_or("any"));
    }
    for slip in &facts.slips {
        let range = &text[usize::from(slip.range.start())..usize::from(slip.range.end())];
        let _ = writeln!(out, "slip {:?} {}: {range}", slip.kind, slip.name);
    }
    if let Some(wrong) = &facts.wrong_line_ends {
        let (mark, count) = (wrong.byte_order_mark, wrong.count);
        let _ = writeln!(out, "line ends {count} mark {mark}");
    }
    if !facts.effects.services.is_empty() {
        let _ = writeln!(out, "services {}", facts.effects.services.join(" "));
    }
    for read in &facts.effects.reads {
        let of = read.function.map(|function| format!(" in {function}"));
        let passed_to = read.passed_to.as_ref().map(|to| format!(" for {to}"));
        let (of, passed_to) = (of.unwrap_or_default(), passed_to.unwrap_or_default());
        let _ = writeln!(out, "reads {}{of}{passed_to}", read.name);
    }
    if facts.has_errors {
        out.push_str("has errors\n");
    }
    if facts.effects.refused {
        out.push_str("refused\n");
    }
    out
}

fn block(facts: &ScriptFacts, steps: &[Step], depth: usize, out: &mut String) {
    for step in steps {
        let line = match step {
            Step::Assign(assign) => {
                let local = if assign.local { "local " } else { "" };
                let value = if assign.is_unset {
                    "unset".to_owned()
                } else {
                    word(&assign.value)
                };
                format!("{local}{} = {value}", assign.name)
            }
            Step::Source(source) => format!(". {}", word(&source.path)),
            Step::Call(call) => {
                let arguments: String = call.args.iter().map(|a| format!(" {}", word(a))).collect();
                let heredoc = call.heredoc.map(|h| format!(" <{h}")).unwrap_or_default();
                format!("call {}{arguments}{heredoc}", call.name).replace('\r', "\\r")
            }
            Step::Write(file_write) => {
                let from = file_write
                    .heredoc
                    .map_or("stdin".to_owned(), |h| format!("<{h}"));
                format!("file_write {from} > {}", word(&file_write.path))
            }
            Step::Branch(arms) => {
                for (at, arm) in arms.iter().enumerate() {
                    block(facts, &arm.condition, depth + usize::from(at > 0), out);
                    let _ = writeln!(out, "{}if {}", "  ".repeat(depth), test(&arm.test));
                    block(facts, &arm.body, depth + 1, out);
                    let then = match arm.then {
                        ArmEnd::Done => continue,
                        ArmEnd::Next => ";&",
                        ArmEnd::Test => ";;&",
                    };
                    let _ = writeln!(out, "{}{then}", "  ".repeat(depth + 1));
                }
                continue;
            }
            Step::List(list) => {
                block(facts, &list.left, depth, out);
                let operator = if list.or { "unless" } else { "when" };
                let _ = writeln!(out, "{}{operator} {}", "  ".repeat(depth), test(&list.test));
                block(facts, &list.right, depth + 1, out);
                let _ = writeln!(
                    out,
                    "{}status {}",
                    "  ".repeat(depth + 1),
                    test(&list.outcome)
                );
                continue;
            }
            Step::Temporary(temporary) => {
                let _ = writeln!(out, "{}with", "  ".repeat(depth));
                block(facts, &temporary.assignments, depth + 1, out);
                let _ = writeln!(out, "{}do", "  ".repeat(depth));
                block(facts, &temporary.body, depth + 1, out);
                continue;
            }
            Step::AtExit(body) => {
                let _ = writeln!(out, "{}at exit", "  ".repeat(depth));
                block(facts, body, depth + 1, out);
                continue;
            }
            Step::Check(of) => format!("check {}", test(of)),
            Step::Invoke(invoke) => {
                let name = invoke.name.as_ref().map_or("$@".to_owned(), word);
                let arguments: String = invoke
                    .args
                    .iter()
                    .map(|a| format!(" {}", word(a)))
                    .collect();
                let heredoc = invoke.heredoc.map(|h| format!(" <{h}")).unwrap_or_default();
                format!("invoke {name}{arguments}{heredoc}")
            }
            Step::Arguments(None) => "arguments ?".to_owned(),
            Step::Arguments(Some(words)) => {
                let words: String = words.iter().map(|w| format!(" {}", word(w))).collect();
                format!("arguments{words}")
            }
            Step::ExitOnError(on) => format!("exit on error {on:?}"),
            Step::Break(loops) => format!("break {loops}"),
            Step::ForgetGlobal(name) => format!("global {name} = ?"),
            Step::ForgetAny => "any variable = ?".to_owned(),
            Step::Attribute(name, attribute) => format!("{attribute:?} {name}"),
            Step::Undefine(name) => format!("undefine {name}"),
            Step::Repeat(body) => {
                let _ = writeln!(out, "{}repeat", "  ".repeat(depth));
                block(facts, body, depth + 1, out);
                continue;
            }
            Step::Isolated(body) => {
                let _ = writeln!(out, "{}isolated", "  ".repeat(depth));
                block(facts, body, depth + 1, out);
                continue;
            }
            Step::Define(index) => {
                let function = &facts.effects.functions[*index as usize];
                let _ = writeln!(out, "{}define {}", "  ".repeat(depth), function.name);
                block(facts, &function.body, depth + 1, out);
                continue;
            }
            Step::Unset(name) => format!("{name} unset"),
            Step::Forget(name) => format!("{name} = ?"),
            Step::Exit => "exit".to_owned(),
            Step::Return => "return".to_owned(),
            Step::Opaque => "anything".to_owned(),
        };
        let _ = writeln!(out, "{}{line}", "  ".repeat(depth));
    }
}

fn word(word: &Word) -> String {
    if word.pieces.is_empty() {
        return "''".to_owned();
    }
    word.pieces.iter().map(piece).collect()
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => text.replace('\n', "\\n").replace('\r', "\\r"),
        Piece::Var {
            name,
            default: None,
        } => format!("${{{name}}}"),
        Piece::Var {
            name,
            default: Some(default),
        } => {
            let colon = if default.if_empty { ":" } else { "" };
            format!("${{{name}{colon}-{}}}", self::word(&default.word))
        }
        Piece::Date(format) => format!("$(date +{format})"),
        Piece::Unknown => "?".to_owned(),
    }
}

fn test(test: &Test) -> String {
    let all = |tests: &[Test], with: &str| {
        format!(
            "({})",
            tests.iter().map(self::test).collect::<Vec<_>>().join(with)
        )
    };
    match test {
        Test::Always => "always".to_owned(),
        Test::Equal(left, right) => format!("{} = {}", word(left), word(right)),
        Test::Matches(text, pattern) => {
            let piece = |p: &PatternPiece| match p.quoted {
                true => format!("\"{}\"", self::piece(&p.piece)),
                false => self::piece(&p.piece),
            };
            let pieces: String = pattern.pieces.iter().map(piece).collect();
            format!("{} like {pieces}", word(text))
        }
        Test::Integers(operator, left, right) => {
            format!("{} {operator:?} {}", word(left), word(right))
        }
        Test::IfPlain(words, inner) => {
            let words: Vec<String> = words.iter().map(word).collect();
            format!("{} if plain {}", self::test(inner), words.join(", "))
        }
        Test::Status(None) => "status".to_owned(),
        Test::Status(Some(inner)) => format!("status of {}", self::test(inner)),
        Test::Empty(of) => format!("empty {}", word(of)),
        Test::Exists(of) => format!("exists {}", word(of)),
        Test::Defined(name) => format!("defined {name}"),
        Test::Not(inner) => format!("not {}", self::test(inner)),
        Test::All(tests) => all(tests, " and "),
        Test::Any(tests) => all(tests, " or "),
        Test::Unknown => "?".to_owned(),
    }
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&shown(text, &read(text)));
}
