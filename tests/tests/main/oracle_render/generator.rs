//! Random build scripts: what generates a container's script, of constructs that real scripts are
//! made of.

use image_scripts_ls_tests::random::Random;

/// Depth to which conditions, loops and functions nest.
const MAX_DEPTH: usize = 3;
/// Variables of the scripts; `COUNT` is a number, as bash ends a script where a sum is none.
const VARIABLES: [&str; 4] = ["NAME", "LIST", "COUNT", "EMPTY"];
/// Numbers as they are written.
const NUMBERS: [&str; 5] = [
    "7",
    "$((COUNT + 1))",
    "$((2 * (COUNT - 3) % 5))",
    "${#LIST}",
    "$((COUNT > 4 && ! NONE))",
];
/// Functions of the scripts.
const FUNCTIONS: [&str; 3] = ["one", "two", "three"];

/// Values as they are written.
const VALUES: [&str; 16] = [
    "plain",
    "\"two words\"",
    "'$NAME'",
    "\"<$NAME>\"",
    "7",
    "''",
    "\"a b  c\"",
    "${NAME:-otherwise}",
    "${LIST#a }",
    "\"${LIST%% *}\"",
    "$(echo $LIST)",
    "$((COUNT + 1))",
    "$((2 * (COUNT - 3) % 5))",
    "${NAME^^}",
    "${NAME/a/o}",
    "${#LIST}",
];

/// Pieces of lines of here-documents, of which some are expanded where the delimiter is not quoted.
const PIECES: [&str; 18] = [
    "text ",
    "$NAME",
    "${LIST}",
    "\\$NAME",
    "\\\\",
    "'quoted' ",
    "\"quoted\" ",
    "$(echo a b)",
    "`echo c`",
    "${NAME:-x}",
    "${EMPTY:+y}",
    "$((COUNT * 2))",
    "${NAME^}",
    "${NAME,,}",
    "{a,b}",
    "# no comment ",
    "\\`cmd\\`",
    "$IMAGE ",
];

/// Conditions: of some, reading knows the outcome.
const CONDITIONS: [&str; 12] = [
    "true",
    "false",
    "[ -n \"$NAME\" ]",
    "[ \"$NAME\" = plain ]",
    "[[ $NAME == p* ]]",
    "[ -e \"$INSTALL/etc/file\" ]",
    "outside",
    "[ \"$COUNT\" -gt 3 ]",
    "(( COUNT < 5 ))",
    "[ -z \"$EMPTY\" ]",
    "! [ \"$EMPTY\" ]",
    "[ \"$IMAGE\" != none ]",
];

/// Words that a loop goes through.
const WORDS: [&str; 8] = [
    "a b c",
    "$LIST",
    "\"$LIST\"",
    "{x,y}z",
    "{1..3}",
    "$NAME b",
    "pre{,-post}",
    "\"$@\"",
];

/// Random script under construction.
pub(super) struct Generator<'r> {
    random: &'r mut Random,
    out: String,
    heredocs: usize,
}

impl Generator<'_> {
    /// Writes a build script.
    pub(super) fn build_script(random: &mut Random) -> String {
        let mut generator = Generator {
            random,
            out: String::from("NAME=plain\nLIST=\"a b c\"\nCOUNT=4\nEMPTY=\n"),
            heredocs: 0,
        };
        for function in FUNCTIONS {
            generator.out.push_str(&format!("{function}() {{\n"));
            // Those before it may be called: nothing calls itself.
            generator.commands(MAX_DEPTH - 1, function);
            generator.out.push_str("}\n");
        }
        for _ in 0..3 {
            generator.commands(0, "");
        }
        generator.out.push_str("run-configure\n");
        generator.out
    }

    fn commands(&mut self, depth: usize, function: &str) {
        for _ in 0..=self.random.below(3) {
            self.command(depth, function);
        }
    }

    fn command(&mut self, depth: usize, function: &str) {
        match self.random.below(16) {
            0..=2 => self.assignment(),
            3..=6 => self.heredoc("configure-append", ""),
            7 => self.heredoc("cat", " | configure-append"),
            8 => self.heredoc("cat", " > \"$INSTALL/etc/file\""),
            9 => self.print(),
            10 => {
                let known = FUNCTIONS.iter().take_while(|name| **name != function);
                let known: Vec<&str> = known.copied().collect();
                if known.is_empty() {
                    // A body without commands is no bash.
                    self.out.push_str(":\n");
                } else {
                    let (name, words) = (*self.random.pick(&known), *self.random.pick(&WORDS));
                    self.out.push_str(&format!("{name} {words}\n"));
                }
            }
            11 if depth < MAX_DEPTH => self.branch(depth, function),
            12 if depth < MAX_DEPTH => self.for_loop(depth, function),
            13 if depth < MAX_DEPTH => self.case(depth, function),
            14 => {
                let condition = *self.random.pick(&CONDITIONS);
                let operator = *self.random.pick(&["&&", "||"]);
                self.out.push_str(&format!("{condition} {operator} "));
                self.assignment();
            }
            _ => self.out.push_str("shift 2> /dev/null\n"),
        }
    }

    fn assignment(&mut self) {
        let name = *self.random.pick(&VARIABLES);
        let (value, operator) = match name {
            "COUNT" => (*self.random.pick(&NUMBERS), "="),
            _ => (
                *self.random.pick(&VALUES),
                *self.random.pick(&["=", "=", "=", "+="]),
            ),
        };
        self.out.push_str(&format!("{name}{operator}{value}\n"));
    }

    fn heredoc(&mut self, command: &str, after: &str) {
        self.heredocs += 1;
        let end = format!("END{}", self.heredocs);
        let (open, quote) =
            *self
                .random
                .pick(&[("<<", ""), ("<<", "'"), ("<<-", ""), ("<<", "\"")]);
        self.out
            .push_str(&format!("{command} {open}{quote}{end}{quote}{after}\n"));
        for _ in 0..=self.random.below(3) {
            if open == "<<-" {
                self.out.push('\t');
            }
            for _ in 0..=self.random.below(4) {
                let piece = *self.random.pick(&PIECES);
                self.out.push_str(piece);
            }
            self.out.push('\n');
        }
        self.out.push_str(&format!("{end}\n"));
    }

    fn print(&mut self) {
        let value = *self.random.pick(&VALUES);
        let print = match self.random.below(4) {
            0 => format!("echo {value} $NAME"),
            1 => format!("echo -n {value}"),
            2 => format!("printf '%s\\n' {value} end"),
            _ => format!("printf 'x=%s %s\\n' {value} \"$COUNT\""),
        };
        let into = *self.random.pick(&[
            " | configure-append",
            " >> \"$CONFIGURE\"",
            " > \"$INSTALL/etc/other\"",
            " >> \"$INSTALL/etc/other\"",
        ]);
        self.out.push_str(&format!("{print}{into}\n"));
    }

    fn branch(&mut self, depth: usize, function: &str) {
        let condition = *self.random.pick(&CONDITIONS);
        self.out.push_str(&format!("if {condition} ; then\n"));
        self.commands(depth + 1, function);
        if self.random.below(2) == 0 {
            self.out.push_str("else\n");
            self.commands(depth + 1, function);
        }
        self.out.push_str("fi\n");
    }

    fn for_loop(&mut self, depth: usize, function: &str) {
        let words = *self.random.pick(&WORDS);
        self.out.push_str(&format!("for NAME in {words} ; do\n"));
        self.commands(depth + 1, function);
        if self.random.below(4) == 0 {
            let condition = *self.random.pick(&CONDITIONS);
            let leave = *self.random.pick(&["break", "continue"]);
            self.out.push_str(&format!("{condition} && {leave}\n"));
        }
        self.out.push_str("done\n");
    }

    fn case(&mut self, depth: usize, function: &str) {
        self.out.push_str("case \"$NAME\" in\n");
        for pattern in ["p*|a)", "[bc])", "*)"] {
            self.out.push_str(&format!("{pattern}\n"));
            self.commands(depth + 1, function);
            self.out.push_str(";;\n");
        }
        self.out.push_str("esac\n");
    }
}
