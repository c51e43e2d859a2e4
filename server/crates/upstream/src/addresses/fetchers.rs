//! Programs that fetch what they are given the address of, and which of their arguments are such addresses.

/// Their names.
pub(super) const FETCHERS: [&str; 4] = ["curl", "wget", "fetch", "aria2c"];

/// Options of which the value is an address that is not fetched.
const NOT_FETCHED: [&str; 16] = [
    "--proxy",
    "--preproxy",
    "--socks4",
    "--socks4a",
    "--socks5",
    "--socks5-hostname",
    "--referer",
    "--doh-url",
    "--header",
    "--user-agent",
    "--output",
    "--write-out",
    "--all-proxy",
    "--http-proxy",
    "--https-proxy",
    "--base",
];
/// Options with which a request is another one than for what is there.
const OTHER_REQUESTS: [&str; 14] = [
    "--data",
    "--data-ascii",
    "--data-binary",
    "--data-raw",
    "--data-urlencode",
    "--form",
    "--form-string",
    "--get",
    "--json",
    "--upload-file",
    "--post-data",
    "--post-file",
    "--body-data",
    "--body-file",
];
/// Short options of curl of which the rest of the word, or the next one, is the value.
const WITH_VALUE: &str = "AbcCDeEHKmoPQrtuUwxXyYz";

/// Returns which of a program's arguments may be addresses that it fetches; none where it sends something.
pub(super) fn fetched(program: &str, arguments: &[&str]) -> Vec<bool> {
    let none = || vec![false; arguments.len()];
    let mut found = Vec::new();
    let mut words = arguments.iter().map(|word| word.trim_matches(['"', '\'']));
    while let Some(word) = words.next() {
        found.push(!word.starts_with('-') || word.starts_with("--url="));
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word, None),
        };
        if OTHER_REQUESTS.contains(&option) {
            return none();
        }
        let short = short_of_curl(word).filter(|_| program == "curl");
        let takes_next = match short {
            Some(Short::Sends) => return none(),
            Some(Short::Method(method)) if !method.is_empty() => {
                if !is_get(method) {
                    return none();
                }
                false
            }
            Some(Short::Method(_)) => true,
            Some(Short::Value { is_next }) => is_next,
            Some(Short::Flags) => false,
            None => value.is_none() && (NOT_FETCHED.contains(&option) || is_method(option)),
        };
        let is_request = is_method(option) || matches!(short, Some(Short::Method("")));
        let value = match takes_next {
            true => words.next().inspect(|_| found.push(false)),
            false => value,
        };
        if is_request && value.is_some_and(|method| !is_get(method)) {
            return none();
        }
    }
    found
}

fn is_method(option: &str) -> bool {
    matches!(option, "--request" | "--method")
}

fn is_get(method: &str) -> bool {
    method.eq_ignore_ascii_case("get") || method.eq_ignore_ascii_case("head")
}

/// What short options of curl say: `-fsSLo`.
enum Short<'w> {
    Flags,
    /// Something is sent.
    Sends,
    /// The method of the request, if it follows in the same word.
    Method(&'w str),
    /// The last one has a value, which may be the next word.
    Value {
        is_next: bool,
    },
}

fn short_of_curl(word: &str) -> Option<Short<'_>> {
    let options = word.strip_prefix('-')?;
    if options.starts_with('-') {
        return None;
    }
    for (at, c) in options.char_indices() {
        let rest = options.get(at + c.len_utf8()..).unwrap_or_default();
        match c {
            'd' | 'F' | 'T' | 'G' => return Some(Short::Sends),
            'X' => return Some(Short::Method(rest)),
            _ if WITH_VALUE.contains(c) => {
                return Some(Short::Value {
                    is_next: rest.is_empty(),
                });
            }
            _ => {}
        }
    }
    Some(Short::Flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_are_fetched() {
        for (command, expected) in [
            ("curl -fsSL http://a http://b", "http://a http://b"),
            ("curl -x http://p http://a", "http://a"),
            ("curl --proxy http://p -e http://r http://a", "http://a"),
            ("curl -fsSx http://p -o x http://a", "http://a"),
            ("curl --referer=http://r http://a", "http://a"),
            ("curl --header http://x --url=http://a", "--url=http://a"),
            ("curl -xhttp://p http://a", "http://a"),
            ("curl -X GET http://a", "http://a"),
            ("curl -X POST http://a", ""),
            ("curl -sXPOST http://a", ""),
            ("curl --request PUT http://a", ""),
            ("curl --request=DELETE http://a", ""),
            ("curl -d x http://a", ""),
            ("curl http://a --data-binary @x", ""),
            ("curl -T x http://a", ""),
            ("curl --upload-file x http://a", ""),
            ("wget -x http://a -e robots=off", "http://a robots=off"),
            ("wget --referer=http://r http://a", "http://a"),
            ("wget --post-data=x http://a", ""),
            ("wget --method=POST http://a", ""),
            ("wget -T 5 http://a", "5 http://a"),
        ] {
            let words: Vec<&str> = command.split(' ').collect();
            let (program, arguments) = words.split_first().unwrap();
            let all = arguments.iter().zip(fetched(program, arguments));
            let found: Vec<&str> = all.filter(|(_, is)| *is).map(|(word, _)| *word).collect();
            let found: Vec<&str> = found
                .into_iter()
                .filter(|word| *word != "x" || !expected.is_empty())
                .collect();
            assert_eq!(found.join(" "), expected, "{command}");
        }
    }
}
