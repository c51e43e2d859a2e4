//! Random scripts that come to an end: a `build.sh`, a `config.sh` and two includes.

use std::fmt;

use image_scripts_ls_tests::random::Random;

use super::parts::{Part, smaller};

/// The variables that scripts set.
pub const VARIABLES: &[&str] = &[
    "A", "B", "C", "D", "E", "RELVER", "VARIANT", "N", "MAPFILE", "REPLY",
];

/// The functions that scripts define.
pub const FUNCTIONS: &[&str] = &["f-a", "f-b", "f_c", "plain"];

/// The files, in the order in which they are shown.
const FILES: [&str; 4] = ["build.sh", "config.sh", "include/one.sh", "include/two.sh"];

/// Greatest depth of statements in statements.
const MAX_DEPTH: usize = 3;

/// The scripts of one checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scripts {
    files: Vec<Vec<Part>>,
}

impl Scripts {
    /// Random scripts.
    pub fn new(random: &mut Random) -> Scripts {
        let mut generator = Generator {
            random,
            file: 0,
            loops: 0,
        };
        let mut files = Vec::new();
        for (file, lines) in [(0, 9), (1, 4), (2, 5), (3, 4)] {
            generator.file = file;
            let count = 2 + generator.random.below(lines);
            files.push((0..count).map(|_| generator.statement(0)).collect());
        }
        Scripts { files }
    }

    /// The files, as paths and texts.
    pub fn files(&self) -> Vec<(String, String)> {
        let texts = FILES.iter().zip(&self.files).map(|(path, parts)| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let mut text = format!("printf 'sourced {path}\\n' >&9 # {name}\n");
            parts.iter().for_each(|part| part.write(&mut text));
            ((*path).to_owned(), text)
        });
        texts.collect()
    }

    /// Whether an error may end the scripts.
    pub fn may_fail(&self) -> bool {
        self.files().iter().any(|(_, text)| {
            ["set -e", "readonly", "declare -i"]
                .iter()
                .any(|word| text.contains(word))
        })
    }

    /// The same with less: each with one statement removed, or with what is in it in its place.
    pub fn smaller(&self) -> Vec<Scripts> {
        let mut out = Vec::new();
        for (file, parts) in self.files.iter().enumerate() {
            for parts in smaller(parts) {
                let mut files = self.files.clone();
                files[file] = parts;
                out.push(Scripts { files });
            }
        }
        out
    }
}

impl fmt::Display for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, text) in self.files() {
            let lines: Vec<&str> = text.lines().skip(1).collect();
            if !lines.is_empty() {
                writeln!(f, "#- {path}\n{}", lines.join("\n"))?;
            }
        }
        Ok(())
    }
}

struct Generator<'r> {
    random: &'r mut Random,
    file: usize,
    /// Number of loops with a counter, each of which has its own.
    loops: usize,
}

impl Generator<'_> {
    fn pick(&mut self, things: &[&str]) -> String {
        (*self.random.pick(things)).to_owned()
    }

    fn variable(&mut self) -> String {
        self.pick(&["A", "B", "C", "D", "E", "RELVER", "VARIANT", "N"])
    }

    /// A word, as the value of an assignment.
    fn value(&mut self) -> String {
        let name = self.variable();
        match self.random.below(18) {
            0..=5 => self.pick(&[
                "1",
                "2",
                "x",
                "yes",
                "10",
                "a*",
                "''",
                "\"a b\"",
                "x-1",
                "run-configure",
                "f-a",
                "3.1",
            ]),
            6 | 7 => format!("${name}"),
            8 => format!("\"${name}x\""),
            9 => format!("${{{name}:-d}}"),
            10 => format!("${{{name}-d}}"),
            11 => format!("${{{name}%x}}"),
            12 => format!("$((${{{name}:-0}}+0+1))")
                .replace("${", "0*${#")
                .replace(":-0}", "}"),
            13 => format!("${{{name}:=k}}"),
            14 => "$1".to_owned(),
            15 => format!("$(echo ${name})"),
            16 => format!("x$1-${{{name}}}"),
            _ => self.pick(&[
                "$'a'",
                "x'y'\"z\"",
                "~",
                "a:~",
                "a\\ b",
                "{1,2}",
                "${#A}",
                "${A/x/y}",
                "${A^^}",
                "$2",
            ]),
        }
    }

    fn operand(&mut self) -> String {
        let name = self.variable();
        match self.random.below(6) {
            0 => self.pick(&["x", "1", "\"\"", "'a b'", "a*"]),
            1 => format!("${name}"),
            2 => format!("\"${{{name}:-1}}\""),
            _ => format!("\"${name}\""),
        }
    }

    fn pattern(&mut self) -> String {
        let name = self.variable();
        match self.random.below(9) {
            0 => self.pick(&["x", "1", "\"\"", "'a b'", "yes"]),
            1 => self.pick(&[
                "*", "1*", "?", "[0-9]*", "[!a-f]", "x-*", "*.1", "\\*", "a\\*",
            ]),
            2 => format!("${name}"),
            3 => format!("\"${name}\""),
            4 => format!("${name}*"),
            5 => format!("\"${name}\"*"),
            6 => self.pick(&[
                "\"a*\"",
                "'?'",
                "[[:digit:]]*",
                "[a-z0-9]",
                "[]x]",
                "[x",
                "*[!x]*",
            ]),
            _ => self.pick(&["?*", "*x*", "1", "x", "a*"]),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        let (left, right) = (self.operand(), self.operand());
        match self.random.below(22) {
            0 | 1 => format!("[ {left} = {right} ]"),
            2 => format!("[ {left} != {right} ]"),
            3 => format!("[ -z {left} ]"),
            4 => format!("[ -n {left} ]"),
            5 | 6 => format!("[[ {left} == {} ]]", self.pattern()),
            7 => format!("[[ {left} != {} ]]", self.pattern()),
            8 => format!(
                "[[ {left} = {} && {right} != {} ]]",
                self.pattern(),
                self.pattern()
            ),
            9 => format!("[[ ! {left} == {} || -z {right} ]]", self.pattern()),
            10 => format!(
                "[ \"${}\" {} 1 ]",
                self.variable(),
                self.pick(&["-eq", "-lt", "-ge", "-ne", "-le", "-gt"])
            ),
            11 => format!("[ {left} = x -o {right} = 1 ]"),
            12 => format!("! [ {left} = {right} ]"),
            13 => "true".to_owned(),
            14 => "false".to_owned(),
            15 => self.pick(&["yes", "maybe", "plain", "f-a"]),
            16 => format!("[ {left} ]"),
            17 => format!("test {left} = {right}"),
            18 => self.pick(&[
                "[ -e /nonexistent/x ]",
                "declare -F f-a",
                "type f-b",
                "command -v plain",
                "[ -d / ]",
            ]),
            19 => format!(
                "{{ {} ; {} ; }}",
                self.assignment(),
                self.condition(depth + 1)
            ),
            20 if depth < MAX_DEPTH => format!(
                "{} && {}",
                self.condition(depth + 1),
                self.condition(depth + 1)
            ),
            21 if depth < MAX_DEPTH => format!(
                "{} || {}",
                self.condition(depth + 1),
                self.condition(depth + 1)
            ),
            _ => format!("[[ {left} == x ]]"),
        }
    }

    fn assignment(&mut self) -> String {
        format!("{}={}", self.variable(), self.value())
    }

    /// A statement on one line, without others in it.
    fn simple(&mut self) -> String {
        let name = self.variable();
        let value = self.value();
        match self.random.below(46) {
            0..=5 => format!("{name}={value}"),
            6 => format!("{} {name}={value}", self.assignment()),
            7 => format!(
                "{} {} {}",
                self.assignment(),
                self.assignment(),
                self.call()
            ),
            8 => format!("export {name}={value}"),
            9 => format!("declare {name}={value}"),
            10 => format!("local {name}={value}"),
            11 => format!("local {name}"),
            12 => self.pick(&[
                "declare \"$N=z\"",
                "export \"$N=z\"",
                "printf -v N x",
                "printf -v \"$N\" x",
                "command export A=5",
                "builtin declare B=6",
            ]),
            13 => format!("declare -{} {name}", self.pick(&["i", "u", "l"])),
            14 => format!("{name}+={value}"),
            15 => format!("unset {name}"),
            16 => format!("read {name} <<< \"a b\""),
            17 => format!("IFS=- read {name} B <<< \"x-y-z\""),
            18 => format!("mapfile -t <<< \"{name}\""),
            19 => "set -- p q".to_owned(),
            20 => format!("set -- {value}"),
            21 => "shift".to_owned(),
            22..=24 => self.call(),
            25 => format!("{name}=({value} 2)"),
            26 => format!("(( {name} = 3 ))"),
            27 => format!("let {name}=4"),
            28 => format!("eval '{name}=ev'"),
            29 => format!("eval \"{name}=$B\""),
            30 => format!("${name} x"),
            31 => format!("\"${name}\""),
            32 => "\"$@\"".to_owned(),
            33 => self.pick(&[
                "return", "return 1", "exit", "break", "continue", "break 2", "set -e", "set +e",
            ]),
            34 | 35 => self.source(),
            36 => "run-configure".to_owned(),
            37 | 38 => format!(
                "configure-append <<EOF{}\n[{name}=${name}]\nEOF",
                self.tail()
            ),
            39 => format!("{} &", self.assignment()),
            40 => format!("time {}", self.call()),
            41 => format!(
                "( {} ; {} )",
                self.assignment(),
                self.pick(&["exit", ":", "A=sub", "f-a", "return"])
            ),
            42 => format!(": ${{{name}:={}}}", self.pick(&["k", "", "v-1"])),
            43 => format!("{} | read {name}", self.call()),
            44 => self.pick(&[
                "unset -f f-a",
                "shopt -s nocasematch",
                "trap 'A=trap' EXIT",
                "trap run-configure EXIT",
                "IFS=x",
                "declare -g A=glob",
                "declare -n E=A",
                "exec {N}> fd",
                "getopts ab B -a",
                "readonly D=ro",
                "let A++",
                "A[1]=arr",
                "A[0]=first",
            ]),
            _ => format!("! {}", self.call()),
        }
    }

    /// What stands after the delimiter of a here-document.
    fn tail(&mut self) -> String {
        match self.random.below(6) {
            0 => " || exit".to_owned(),
            1 => format!(" && {}", self.assignment()),
            2 => format!(" || {{ {} ; exit 1 ; }}", self.assignment()),
            3 => " | while read A ; do B=$A ; done".to_owned(),
            _ => String::new(),
        }
    }

    fn call(&mut self) -> String {
        let name = self.pick(&["f-a", "f-b", "f_c", "plain", "f-a", "missing"]);
        match self.random.below(5) {
            0 => format!("{name} {}", self.value()),
            1 => format!("{name} N x"),
            2 => format!("A=pre {name}"),
            _ => name,
        }
    }

    fn source(&mut self) -> String {
        let file = match self.file {
            0 => self.pick(&["config.sh", "include/one.sh", "include/two.sh"]),
            1 => "include/one.sh".to_owned(),
            2 => "include/two.sh".to_owned(),
            _ => return ":".to_owned(),
        };
        match file.strip_prefix("include/") {
            Some(include) => format!(". \"$INCLUDE/{include}\""),
            None => format!(". \"$INCLUDE/../{file}\""),
        }
    }

    fn statement(&mut self, depth: usize) -> Part {
        if depth >= MAX_DEPTH {
            return Part::Line(self.simple());
        }
        let block = |generator: &mut Self| -> Vec<Part> {
            let count = 1 + generator.random.below(3);
            (0..count).map(|_| generator.statement(depth + 1)).collect()
        };
        match self.random.below(30) {
            0 | 1 => {
                let name = self.pick(FUNCTIONS);
                let mut inner = vec![Part::Line("called".to_owned())];
                inner.append(&mut block(self));
                // A function that calls itself would not end.
                let text = inner.iter().fold(String::new(), |mut text, part| {
                    part.write(&mut text);
                    text
                });
                let calls = FUNCTIONS
                    .iter()
                    .any(|other| *other >= name.as_str() && text.contains(other));
                let expands = text.contains(['$'])
                    && (text.contains("\"$@\"") || text.contains("eval"))
                    || text
                        .lines()
                        .any(|line| line.trim_start().starts_with(['$', '"']));
                if calls || expands {
                    return Part::Line(self.simple());
                }
                let (open, close) = match self.random.below(4) {
                    0 => (format!("{name}() ("), ")"),
                    1 => (format!("function {name} {{"), "}"),
                    _ => (format!("{name}() {{"), "}"),
                };
                Part::Group(open, inner, close.to_owned())
            }
            2..=4 => {
                let condition = self.condition(0);
                Part::Group(
                    format!("if {condition} ; then"),
                    block(self),
                    "fi".to_owned(),
                )
            }
            5 | 6 => {
                let condition = self.condition(0);
                let mut inner = block(self);
                inner.push(Part::Line("else".to_owned()));
                if self.random.below(2) == 0 {
                    let last = inner.len() - 1;
                    inner[last] = Part::Line(format!("elif {} ; then", self.condition(0)));
                }
                inner.push(Part::Line(":".to_owned()));
                inner.append(&mut block(self));
                Part::Group(format!("if {condition} ; then"), inner, "fi".to_owned())
            }
            7 | 8 => {
                let subject = self.variable();
                let mut inner = Vec::new();
                for _ in 0..1 + self.random.below(3) {
                    let mut pattern = self.pattern();
                    if self.random.below(4) == 0 {
                        pattern = format!("{pattern}|{}", self.pattern());
                    }
                    let end = self.pick(&[";;", ";;", ";;", ";&", ";;&"]);
                    inner.push(Part::Group(format!("{pattern})"), block(self), end));
                }
                Part::Group(format!("case ${subject} in"), inner, "esac".to_owned())
            }
            9 | 10 => {
                let words = self.pick(&["1 2", "x", "$A", "\"$@\"", "a b c", ""]);
                let variable = self.variable();
                Part::Group(
                    format!("for {variable} in {words} ; do"),
                    block(self),
                    "done".to_owned(),
                )
            }
            11 => {
                self.loops += 1;
                let count = format!("_{}{}", self.file, self.loops);
                let open = format!("{count}=0\nwhile [ $(({count}++)) -lt 3 ] ; do");
                Part::Group(open, block(self), "done".to_owned())
            }
            12 | 13 => {
                let condition = self.condition(0);
                Part::Line(format!("{condition} && {}", self.simple()))
            }
            14 => {
                let condition = self.condition(0);
                Part::Line(format!("{condition} || {}", self.simple()))
            }
            15 => {
                let condition = self.condition(0);
                Part::Line(format!(
                    "{condition} && {} || {}",
                    self.assignment(),
                    self.assignment()
                ))
            }
            16 => Part::Group("{".to_owned(), block(self), "}".to_owned()),
            17 => Part::Group("(".to_owned(), block(self), ")".to_owned()),
            18 => {
                let condition = self.condition(0);
                let left = self.call();
                Part::Group(
                    format!("{left} && {condition} || {{"),
                    block(self),
                    "}".to_owned(),
                )
            }
            19 => Part::Group("{".to_owned(), block(self), "} &".to_owned()),
            _ => Part::Line(self.simple()),
        }
    }
}
