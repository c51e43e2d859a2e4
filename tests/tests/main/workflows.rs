//! The files of `.github`: workflows that GitHub accepts and whose steps a person can run, and forms
//! for issues.

use std::collections::HashSet;
use std::process::Command;

use image_scripts_ls_tests::command::output_of;
use image_scripts_ls_tests::project;
use serde_json::Value;

const WORKFLOWS: [&str; 3] = ["ci", "nightly", "release"];
const FORMS: [&str; 4] = [
    "wrong-finding",
    "missed-mistake",
    "editor-problem",
    "feature",
];

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&project::read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn workflow(name: &str) -> Value {
    yaml(&format!(".github/workflows/{name}.yml"))
}

/// Jobs that have steps, with their names.
fn jobs(workflow: &Value) -> Vec<(&str, &Value)> {
    let jobs = workflow["jobs"].as_object().unwrap();
    jobs.iter()
        .map(|(name, job)| (name.as_str(), job))
        .collect()
}

fn steps(job: &Value) -> &[Value] {
    job["steps"].as_array().map_or(&[], Vec::as_slice)
}

/// Scripts of ours that a step runs.
fn scripts(run: &str) -> Vec<&str> {
    let words = run.split(|c: char| c.is_whitespace() || "\"'();|&".contains(c));
    let ours = ["server/", "editors/", "tests/", ".ci/"];
    words
        .filter(|word| {
            ours.iter().any(|folder| word.starts_with(folder)) && !word.ends_with("vscode")
        })
        .collect()
}

#[test]
fn all_files_are_known() {
    let files = project::files();
    let found: Vec<&str> = files
        .iter()
        .filter_map(|path| path.strip_prefix(".github/workflows/"))
        .collect();
    assert_eq!(found, WORKFLOWS.map(|name| format!("{name}.yml")));
    let found: Vec<&str> = files
        .iter()
        .filter_map(|path| path.strip_prefix(".github/ISSUE_TEMPLATE/"))
        .collect();
    let mut expected = FORMS.map(|name| format!("{name}.yml")).to_vec();
    expected.push("config.yml".to_owned());
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn actions_have_a_version_and_scripts_no_expressions() {
    for name in WORKFLOWS {
        let workflow = workflow(name);
        for (_, job) in jobs(&workflow) {
            assert!(
                job["timeout-minutes"].is_u64() || job["uses"].is_string(),
                "{name}: no time limit"
            );
            for step in steps(job) {
                match (step["uses"].as_str(), step["run"].as_str()) {
                    (Some(uses), None) => {
                        let version = uses
                            .split_once("@v")
                            .unwrap_or_else(|| panic!("{name}: {uses}: which version?"))
                            .1;
                        assert!(version.parse::<u32>().is_ok(), "{name}: {uses}");
                    }
                    // What GitHub puts into a script is run, whoever wrote it.
                    (None, Some(run)) => assert!(!run.contains("${{"), "{name}: {run}"),
                    _ => panic!("{name}: {step}"),
                }
            }
        }
    }
}

#[test]
fn steps_are_scripts_that_exist() {
    let mut count = 0;
    for name in WORKFLOWS {
        let workflow = workflow(name);
        let steps = jobs(&workflow).into_iter().flat_map(|(_, job)| steps(job));
        for script in steps
            .filter_map(|step| step["run"].as_str())
            .flat_map(scripts)
        {
            let path = project::root().join(script);
            assert!(path.is_file(), "{name}: {script} does not exist");
            let mut command = Command::new("bash");
            output_of(command.arg("-n").arg(path), "", "apt-get install bash").ok();
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} scripts were found");
}

/// Only the job that creates the release may write, and only the one that uploads has secrets.
#[test]
fn permissions_are_the_least() {
    for name in WORKFLOWS {
        let workflow = workflow(name);
        assert_eq!(
            workflow["permissions"],
            serde_json::json!({ "contents": "read" }),
            "{name}"
        );
        for (job, text) in jobs(&workflow) {
            let expected = match (name, job) {
                ("release", "release") => serde_json::json!({ "contents": "write" }),
                _ => Value::Null,
            };
            assert_eq!(text["permissions"], expected, "{name}: {job}");
            let secrets = text.to_string().matches("secrets.").count();
            let wanted = if (name, job) == ("release", "registries") {
                2
            } else {
                0
            };
            assert_eq!(secrets, wanted, "{name}: {job}");
        }
    }
}

#[test]
fn a_release_waits_for_all_tests() {
    let release = workflow("release");
    let jobs = &release["jobs"];
    assert_eq!(jobs["tests"]["uses"], "./.github/workflows/ci.yml");
    assert_eq!(
        jobs["release"]["needs"],
        serde_json::json!(["tests", "build"])
    );
    assert_eq!(jobs["registries"]["needs"], "release");
    assert!(
        workflow("ci")["on"]
            .as_object()
            .unwrap()
            .contains_key("workflow_call")
    );
    let triples = jobs["build"]["strategy"]["matrix"]["include"]
        .as_array()
        .unwrap();
    let triples: Vec<&str> = triples
        .iter()
        .map(|entry| entry["triple"].as_str().unwrap())
        .collect();
    assert_eq!(
        triples,
        ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"]
    );
}

#[test]
fn forms_are_as_github_has_them() {
    let config = yaml(".github/ISSUE_TEMPLATE/config.yml");
    for link in config["contact_links"].as_array().unwrap() {
        for key in ["name", "url", "about"] {
            assert!(link[key].is_string(), "{link}");
        }
    }
    for name in FORMS {
        let form = yaml(&format!(".github/ISSUE_TEMPLATE/{name}.yml"));
        assert!(
            form["name"].is_string() && form["description"].is_string(),
            "{name}"
        );
        let mut ids = HashSet::new();
        for element in form["body"].as_array().unwrap() {
            let id = element["id"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{name}: `{id}` twice");
            assert!(element["attributes"]["label"].is_string(), "{name}: {id}");
            let options = element["attributes"]["options"].as_array();
            match element["type"].as_str().unwrap() {
                "input" | "textarea" => assert!(options.is_none()),
                "dropdown" => assert!(options.unwrap().iter().all(Value::is_string)),
                "checkboxes" => assert!(
                    options
                        .unwrap()
                        .iter()
                        .all(|option| option["label"].is_string())
                ),
                other => panic!("{name}: {other}"),
            }
        }
    }
}
