//! Semantic tokens over the wire: whole, as a difference, of a range; of Nix where the client asks
//! for them.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::{program, start};
use serde_json::{Value, json};

const BUILD: &str = "image-scripts/images/debian-13/build.sh";
const TABLE: &str = "tests/distributions.nix";

const TEXT: &str = "\
. \"$IMAGEDIR/config.sh\"
configure-append <<END
for i in a b; do echo \"\u{1f427} é\" \\$i $RELVER; done
# end
END
";

/// Capabilities of a client that shows semantic tokens.
fn shows() -> Value {
    json!({ "textDocument": { "semanticTokens": {
        "requests": { "full": { "delta": true }, "range": true },
        "tokenTypes": [], "tokenModifiers": [], "formats": ["relative"],
    } } })
}

/// The integers of some tokens.
fn integers(value: &Value) -> Vec<u64> {
    let all = value.as_array().unwrap_or_else(|| panic!("{value:#}"));
    all.iter().map(|number| number.as_u64().unwrap()).collect()
}

/// Tokens of a text as lines: position, text, number of the type, modifiers.
fn shown(text: &str, integers: &[u64]) -> Vec<String> {
    let (mut line, mut start) = (0, 0);
    let tokens = integers.chunks(5).map(|token| {
        if token[0] > 0 {
            start = 0;
        }
        line += usize::try_from(token[0]).unwrap();
        start += usize::try_from(token[1]).unwrap();
        let units: Vec<u16> = text.lines().nth(line).unwrap().encode_utf16().collect();
        let end = start + usize::try_from(token[2]).unwrap();
        let name = String::from_utf16(&units[start..end]).unwrap();
        format!("{line}:{start} {name} {} {}", token[3], token[4])
    });
    tokens.collect()
}

fn full(client: &mut Client, url: &str) -> Value {
    let params = json!({ "textDocument": { "uri": url } });
    client.call("textDocument/semanticTokens/full", params)
}

#[test]
fn tokens_are_those_of_here_documents_and_follow_edits() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout).quiet().with(&shows()));
    let url = checkout.url(BUILD);
    client.open(&url, 1, TEXT);
    let first = full(&mut client, &url);
    let before = integers(&first["data"]);
    let tokens = shown(TEXT, &before);
    assert_eq!(
        tokens,
        [
            "2:0 for 1 0",
            "2:4 i 5 1",
            "2:6 in 1 0",
            "2:14 do 1 0",
            "2:17 echo 4 2",
            "2:23 \u{1f427} é 2 0",
            "2:31 i 5 0",
            "2:34 RELVER 5 4",
            "2:42 done 1 0",
            "3:0 # end 0 0",
        ]
    );
    let range = json!({
        "textDocument": { "uri": url },
        "range": { "start": { "line": 3, "character": 0 }, "end": { "line": 4, "character": 0 } },
    });
    let part = client.call("textDocument/semanticTokens/range", range);
    assert_eq!(shown(TEXT, &integers(&part["data"])), ["3:0 # end 0 0"]);

    let edited = TEXT.replace("echo", "printf x; echo");
    client.replace(&url, 2, &edited);
    let params = json!({
        "textDocument": { "uri": url },
        "previousResultId": first["resultId"],
    });
    let delta = client.call("textDocument/semanticTokens/full/delta", params.clone());
    let [edit] = delta["edits"].as_array().unwrap().as_slice() else {
        panic!("{delta:#}");
    };
    let mut after = before.clone();
    let start = usize::try_from(edit["start"].as_u64().unwrap()).unwrap();
    let count = usize::try_from(edit["deleteCount"].as_u64().unwrap()).unwrap();
    after.splice(start..start + count, integers(&edit["data"]));
    let now = full(&mut client, &url);
    assert_eq!(after, integers(&now["data"]));
    assert!(count < before.len() && after.len() == before.len() + 5);
    // Of what was sent before that, the difference is not known.
    let all = client.call("textDocument/semanticTokens/full/delta", params);
    assert_eq!(integers(&all["data"]), after);
    let params = json!({
        "textDocument": { "uri": url },
        "previousResultId": all["resultId"],
    });
    let same = client.call("textDocument/semanticTokens/full/delta", params);
    assert_eq!(same["edits"], json!([]));
    client.finish();
}

#[test]
fn nix_has_tokens_for_clients_that_ask_for_them() {
    let checkout = Checkout::of("clean-2026");
    for is_wanted in [false, true] {
        let setup = Setup::at(&checkout).quiet().with(&shows());
        let mut client = start!(setup.options(json!({ "nixTokens": is_wanted })));
        let url = client.open_file(&checkout, TABLE, 1);
        let found = full(&mut client, &url);
        let found = shown(&checkout.read(TABLE), &integers(&found["data"]));
        assert_eq!(found.is_empty(), !is_wanted, "{found:?}");
        client.finish();
    }
}

#[test]
fn nothing_is_offered_to_a_client_without_them() {
    let checkout = Checkout::of("clean-2026");
    for shows_tokens in [false, true] {
        let setup = Setup::at(&checkout).quiet();
        let setup = match shows_tokens {
            true => setup.with(&shows()),
            false => setup,
        };
        let mut client = Client::spawn(program!());
        let result = client.start(&setup);
        let offered = &result["capabilities"]["semanticTokensProvider"];
        assert_eq!(offered.is_object(), shows_tokens, "{offered:#}");
        client.finish();
    }
}
