//! What is read of a text, shown as a tree on one line.

use super::{Block, Command, CommandKind, PieceKind, RedirectKind, Script, Word, parse};

fn shown_word(text: &str, script: &Script, word: &Word) -> String {
    let pieces = word.pieces.iter().map(|piece| {
        let range = std::ops::Range::<usize>::from(piece.range);
        let written = text.get(range).unwrap();
        match &piece.kind {
            PieceKind::Literal if piece.quoted => format!("'{written}'"),
            PieceKind::Literal => written.to_owned(),
            PieceKind::Decoded(decoded) => format!("{decoded:?}"),
            PieceKind::Parameter(parameter) => format!("<{}>", parameter.name),
            PieceKind::Substitution(block) => format!("$({})", shown(text, script, block)),
            PieceKind::Sum(sum) => format!("$(({}))", shown_word(text, script, sum)),
            PieceKind::Unread => "?".to_owned(),
        }
    });
    pieces.collect()
}

fn shown_command(text: &str, script: &Script, command: &Command) -> String {
    let block = |block: &Block| shown(text, script, block);
    let all = |words: &[Word]| {
        let words = words.iter().map(|word| shown_word(text, script, word));
        words.collect::<Vec<_>>().join(" ")
    };
    let mut out = match &command.kind {
        CommandKind::Simple(simple) => {
            let assigned = simple.assignments.iter().map(|a| match &a.value {
                super::AssignedValue::Text(word) => {
                    format!("{}={} ", a.name, shown_word(text, script, word))
                }
                super::AssignedValue::Array(items) => format!("{}=({}) ", a.name, all(items)),
            });
            assigned.collect::<String>() + &all(&simple.words)
        }
        CommandKind::Pipeline(commands) => {
            let commands = commands.iter().map(|c| shown_command(text, script, c));
            commands.collect::<Vec<_>>().join(" | ")
        }
        CommandKind::Not(inner) => format!("! {}", shown_command(text, script, inner)),
        CommandKind::And(both) | CommandKind::Or(both) => {
            let operator = match &command.kind {
                CommandKind::And(_) => "&&",
                _ => "||",
            };
            let (left, right) = &**both;
            let (left, right) = (
                shown_command(text, script, left),
                shown_command(text, script, right),
            );
            format!("({left} {operator} {right})")
        }
        CommandKind::Group(body) => format!("{{ {} }}", block(body)),
        CommandKind::Subshell(body) => format!("sub {{ {} }}", block(body)),
        CommandKind::Background(inner) => format!("{} &", shown_command(text, script, inner)),
        CommandKind::If(arms, otherwise) => {
            let arms = arms
                .iter()
                .map(|(c, b)| format!("if {} {{ {} }} ", block(c), block(b)));
            format!(
                "{}else {{ {} }}",
                arms.collect::<String>(),
                block(otherwise)
            )
        }
        CommandKind::Case(word, arms) => {
            let arms = arms
                .iter()
                .map(|arm| format!(" [{}] {{ {} }}", all(&arm.patterns), block(&arm.body)));
            format!(
                "case {}{}",
                shown_word(text, script, word),
                arms.collect::<String>()
            )
        }
        CommandKind::For(name, words, body) => {
            let words = words.as_deref().map_or("@".to_owned(), all);
            format!("for {name} in {words} {{ {} }}", block(body))
        }
        CommandKind::While(condition, body) => {
            format!("while {} {{ {} }}", block(condition), block(body))
        }
        CommandKind::Until(condition, body) => {
            format!("until {} {{ {} }}", block(condition), block(body))
        }
        CommandKind::Test(words) => format!("[[ {} ]]", all(words)),
        CommandKind::Arithmetic(body) => format!("(( )) {{ {} }}", block(body)),
        CommandKind::Define(index) => {
            let function = &script.functions[*index];
            format!(
                "fn {} {}",
                function.name,
                shown_command(text, script, &function.body)
            )
        }
        CommandKind::Unread => "UNREAD".to_owned(),
    };
    for redirect in &command.redirects {
        let (sign, word) = match &redirect.kind {
            RedirectKind::Write(word) => (">", shown_word(text, script, word)),
            RedirectKind::Append(word) => (">>", shown_word(text, script, word)),
            RedirectKind::WriteAll(word) => ("&>", shown_word(text, script, word)),
            RedirectKind::AppendAll(word) => ("&>>", shown_word(text, script, word)),
            RedirectKind::Read(word) => ("<", shown_word(text, script, word)),
            RedirectKind::Text(word) => ("<<<", shown_word(text, script, word)),
            RedirectKind::Copy(word) => ("&", shown_word(text, script, word)),
            RedirectKind::Both(word) => ("<>", shown_word(text, script, word)),
            RedirectKind::HereDoc(index) => (
                "<<",
                shown_word(text, script, &script.heredocs[*index].body),
            ),
        };
        out += &format!(" {sign}{word}");
    }
    out
}

fn shown(text: &str, script: &Script, block: &Block) -> String {
    let commands = block
        .iter()
        .map(|command| shown_command(text, script, command));
    commands.collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let script = parse(text);
    assert_eq!(shown(text, &script, &script.commands), expected, "{text}");
}

#[test]
fn words() {
    check("a 'b c' \"d $e\" f\\ g \"\"", "a 'b c' 'd '<e> f' 'g ''");
    check(
        "a $'x\\ny' $ \"$\" b$c-${d:-e}",
        "a 'x'\"\\n\"'y' $ '$' b<c>-<d>",
    );
    check(
        "a \"$(b \"c\" | d)\" `e` $((1 + 2))",
        "a $(b 'c' | d) $(e) $(('1 + 2'))",
    );
    check("a b\\\nc # d\ne", "a bc; e");
    check("a @(b|c)*.d", "a @(b|c)*.d");
}

#[test]
fn lists_and_pipelines() {
    check("a && b || c ; ! d | e &", "((a && b) || c); ! d | e &");
    check("a |\n b", "a | b");
    check("A=1 B=\"x y\" c D=2", "A=1 B='x y' c D=2");
    check(
        "local a=\"$1\" b ; a+=(b 'c d')",
        "a=<1> local b; a=(b 'c d') ",
    );
}

#[test]
fn compound_commands() {
    check(
        "if a ; then b\nelif c ; then d ; else e ; fi > f",
        "if a { b } if c { d } else { e } >f",
    );
    check(
        "case $a in b|c) d ;; *) e ; esac",
        "case <a> [b c] { d } [*] { e }",
    );
    check(
        "for a in b c ; do d ; done\nfor e ; do f ; done",
        "for a in b c { d }; for e in @ { f }",
    );
    check(
        "while read -r a ; do b ; done < c",
        "while read -r a { b } <c",
    );
    check("{ a ; b ; } ; ( c ; d )", "{ a; b }; sub { c; d }");
    check(
        "[[ -n $a && ( $b == c* || d =~ ^(e|f)$ ) ]] && g",
        "([[ -n <a> && ( <b> == c* || d =~ ^(e|f)$ ) ]] && g)",
    );
    check("(( a++ )) ; b", "(( )) {  }; b");
    check(
        "function a-b { c ; }\nd() (\ne\n)",
        "fn a-b { c }; fn d sub { e }",
    );
}

#[test]
fn here_documents() {
    check(
        "a <<EOF\nb $c \\$d \\\ne\nEOF\nf",
        "a <<'b '<c>' ''$d ''e\n'; f",
    );
    check("a <<'EOF' | b\n$c\\$d\nEOF\ne", "a <<'$c\\$d\n' | b; e");
    check("a <<-EOF > b\n\tc\n\t\td\n\tEOF\ne", "a <<'c\n''d\n' >b; e");
    check("a <<E <<F\n1\nE\n2\nF\nb", "a <<'1\n' <<'2\n'; b");
    check("x=$(a <<E\nb\nE\n) ; c", "x=$(a <<'b\n') ; c");
}

#[test]
fn redirections() {
    check("a > b 2>&1 < c >> d &> e", "a >b &1 <c >>d &>e");
    check("> a", " >a");
    check("a <<< \"$b\" c", "a c <<<<b>");
}

#[test]
fn what_is_not_understood_is_unread() {
    check("a ; fi ; b", "a; fi; b");
    check("a\nif b ; then c\n", "a; if b { c } else {  }; UNREAD");
    check("a 'b", "a 'b'; UNREAD");
    check(") a", "UNREAD");
}
