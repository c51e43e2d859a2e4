//! `check`: reports what is wrong with a checkout.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::baseline::Baseline;
use super::{
    CheckoutArgs, CommandStatus, FailOn, MinConfidence, fail_if_unread, format, print, summary,
    unread_paths,
};
use analysis::Snapshot;
use analysis::is_script;
use checkout::{ContainerChecks, Root, bash, git, shellcheck};
use container::BuildCache;
use model::FileId;
use model::settings::Severity;
use rules::{Finding, Scope};

#[derive(Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    checkout: CheckoutArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t = CheckFormat::Full)]
    format: CheckFormat,
    /// The lowest severity that makes the exit status 1.
    #[arg(long, value_enum, default_value_t = FailOn::Warning)]
    fail_on: FailOn,
    /// The lowest confidence that makes the exit status 1. Likely findings are shown either way.
    #[arg(long, value_enum, default_value_t = MinConfidence::Certain)]
    min_confidence: MinConfidence,
    /// Print how many findings each rule has, instead of the findings.
    #[arg(long, conflicts_with_all = ["format", "write_baseline"])]
    summary: bool,
    /// Leave out the findings of a baseline.
    #[arg(long, value_name = "FILE", conflicts_with = "since")]
    baseline: Option<PathBuf>,
    /// Write all findings to a baseline, and exit with 0.
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Leave out the findings of a git revision.
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Do not run `bash -n`.
    #[arg(long)]
    no_bash: bool,
    /// Ask ShellCheck about the scripts that are executed in containers.
    #[arg(long)]
    shellcheck: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(super) enum CheckFormat {
    /// Several lines each, with an excerpt of the source.
    Full,
    /// One line each.
    Concise,
    /// As JSON.
    Json,
    /// GitHub Actions annotations.
    Github,
    /// SARIF 2.1.0.
    Sarif,
}

/// The findings of a checkout, ready to be printed.
pub(super) struct Report {
    pub(super) snapshot: Snapshot,
    pub(super) findings: Vec<(FileId, Finding)>,
}

pub(super) fn check(options: &CheckArgs) -> Result<CommandStatus, String> {
    let roots = options.checkout.roots()?;
    let one_document = matches!(options.format, CheckFormat::Json | CheckFormat::Sarif)
        || options.write_baseline.is_some();
    if roots.len() > 1 && one_document {
        return Err(format!(
            "{}: several checkouts below: name one of them",
            options.checkout.path.display()
        ));
    }
    let mut worst: Option<Severity> = None;
    let mut unread = Vec::new();
    for root in &roots {
        let report = check_one(options, root)?;
        if let Some(path) = &options.write_baseline {
            Baseline::of(&report).write(path, &root.path)?;
        } else {
            print(&match options.summary {
                true => summary::by_rule(&report, roots.len() > 1),
                false => format::render(options.format, &report)?,
            })?;
            let counting = report.findings.iter().map(|(_, finding)| finding);
            let counting = counting.filter(|f| f.confidence >= options.min_confidence.confidence());
            worst = worst.max(counting.map(|f| f.severity).max());
        }
        unread.extend(unread_paths(&report.snapshot));
        // The process is about to end: freeing thousands of files first takes time for nothing.
        std::mem::forget(report);
    }
    fail_if_unread(&unread)?;
    Ok(if worst >= Some(options.fail_on.severity()) {
        CommandStatus::Findings
    } else {
        CommandStatus::Clean
    })
}

fn check_one(options: &CheckArgs, root: &Root) -> Result<Report, String> {
    let mut snapshot = options.checkout.read(root);
    look_closer(options, &mut snapshot)?;
    let known = match (&options.baseline, &options.since) {
        (Some(path), _) => Some(Baseline::read(path)?),
        (None, Some(revision)) => {
            let tree = git::read(root, revision)?;
            let mut before = Snapshot::new(
                root.path.clone(),
                tree,
                Vec::new(),
                options.checkout.inputs(),
            );
            look_closer(options, &mut before)?;
            let findings = collect(&before);
            Some(Baseline::of(&Report {
                snapshot: before,
                findings,
            }))
        }
        (None, None) => None,
    };
    let mut findings = collect(&snapshot);
    if let Some(mut known) = known {
        findings.retain(|(id, finding)| !known.takes(&snapshot, *id, finding));
    }
    Ok(Report { snapshot, findings })
}

fn collect(snapshot: &Snapshot) -> Vec<(FileId, Finding)> {
    let all = snapshot.findings();
    all.into_iter()
        .flat_map(|(_, id, findings)| findings.iter().map(move |f| (id, f.clone())))
        .collect()
}

/// Adds what is not known of each snapshot: what other programs say of the scripts, and what is
/// found in those that are executed in containers.
fn look_closer(options: &CheckArgs, snapshot: &mut Snapshot) -> Result<(), String> {
    if !options.no_bash {
        ask_bash(snapshot);
    }
    let root = snapshot.root.clone();
    let bash = bash::find(&[&root]).filter(|_| !options.no_bash);
    let mut containers = ContainerChecks::default();
    containers.follow(snapshot, &BuildCache::keeping(0), &|| false);
    let found = containers.findings(snapshot, bash.as_deref());
    snapshot.set_container_findings(Scope::Containers, found);
    if options.shellcheck && snapshot.context().is_on(rules::SHELLCHECK) {
        let program = shellcheck::find(&[&root]).ok_or(
            "ShellCheck is not installed: install it, or leave out `--shellcheck`".to_owned(),
        )?;
        let found = containers.shellcheck(snapshot, &program, &|| false);
        snapshot.set_container_findings(Scope::ShellCheck, found.unwrap_or_default());
    }
    Ok(())
}

/// Runs `bash -n` on every script, in parallel.
fn ask_bash(snapshot: &mut Snapshot) {
    if !snapshot.context().is_on(rules::SHELL_SYNTAX) {
        return;
    }
    let Some(bash) = bash::find(&[&snapshot.root]) else {
        return;
    };
    let scripts: Vec<_> = snapshot
        .tree
        .files()
        .filter(|(_, file)| is_script(file))
        .map(|(id, file)| (id, file.clone()))
        .collect();
    let cx = snapshot.context();
    let found: Vec<_> = scripts
        .par_iter()
        .filter_map(|(id, file)| {
            let is_extended = rules::may_match_extended(&cx, *id);
            Some((*id, bash::check(&bash, file, *id, is_extended)?))
        })
        .collect();
    for (id, finding) in found {
        snapshot.set_shell_syntax(id, Some(finding));
    }
}
