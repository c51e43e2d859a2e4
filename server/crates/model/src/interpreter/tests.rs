//! Scripts and their variables afterwards: branches, loops, subshells, functions.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{Binding, Interpreter};
use crate::tree::{File, FileId, FileKind, Layout, Tree};

/// Reads a script that may source `$INCLUDE/other.sh`, and holds its variables to some lines:
/// `NAME = value`, `NAME unset`, `NAME unknown`.
fn check_with(script: &str, other: &str, expected: &str) {
    let mut tree = Tree::new(Layout::ScriptsOnly);
    let mut insert = |path: &str, text: &str| -> FileId {
        let path = SmolStr::new(path);
        tree.insert_file(File::new(path, FileKind::Script, Arc::from(text), None))
    };
    let id = insert("include/script.sh", script);
    insert("include/other.sh", other);
    let own = [id];
    let mut interpreter = Interpreter::new(&tree, &(), &own);
    interpreter.set_directories(None);
    interpreter.set_build_variables();
    interpreter.file(id);
    for line in expected.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let name = line.split(' ').next().unwrap_or_default();
        let found = match interpreter.get(name) {
            Binding::Unset => format!("{name} unset"),
            Binding::Unknown => format!("{name} unknown"),
            Binding::Known(value) => format!("{name} = {}", value.sample()),
        };
        assert_eq!(found, line, "after\n{script}");
    }
}

fn check(script: &str, expected: &str) {
    check_with(script, "", expected);
}

#[test]
fn a_known_condition_takes_one_arm() {
    check(
        "A=1; if [ $A == 1 ]; then B=x; else B=y; fi; [ -z \"$C\" ] && D=z",
        "B = x
         C unset
         D = z",
    );
}

#[test]
fn arms_that_agree_are_certain() {
    check(
        "A=0; if maybe; then A=1; B=x; else A=1; B=y; fi",
        "A = 1
         B unknown",
    );
}

#[test]
fn a_branch_without_else_may_change_nothing() {
    check(
        "A=1; B=1; if maybe; then A=1; B=2; C=3; fi",
        "A = 1
         B unknown
         C unknown",
    );
}

#[test]
fn an_arm_after_a_certain_one_is_not_taken() {
    check(
        "if maybe; then A=1; elif true; then A=2; else A=3; fi
         case x in y) B=1 ;; x) B=2 ;; *) B=3 ;; esac",
        "A unknown
         B = 2",
    );
}

#[test]
fn an_arm_that_exits_changes_nothing() {
    check("A=1; if maybe; then A=2; exit 1; fi", "A = 1");
}

#[test]
fn what_follows_an_arm_that_returns_is_unknown_until_the_file_ends() {
    check_with(
        "A=1; . \"$INCLUDE/other.sh\"; C=4",
        "if maybe; then A=2; return; fi; B=3",
        "A unknown
         B unknown
         C = 4",
    );
}

#[test]
fn all_arms_that_exit_end_the_script() {
    check("A=1; if maybe; then exit 1; else exit 2; fi; A=2", "A = 1");
}

#[test]
fn a_loop_may_not_be_run() {
    check(
        "A=1; B=1; for x in a b; do A=1; B=2; done",
        "A = 1
         B unknown
         x unknown",
    );
}

#[test]
fn a_loop_that_exits_was_not_run_where_the_script_goes_on() {
    check("A=1; while maybe; do A=2; exit 1; done", "A = 1");
}

#[test]
fn nested_trials_are_taken_back_one_by_one() {
    check(
        "A=1
         if maybe; then
             A=2
             if maybe; then A=3; fi
             ( A=4 )
             A=2
         else
             A=2
         fi",
        "A = 2",
    );
}

#[test]
fn a_subshell_keeps_its_variables_and_its_exit_to_itself() {
    check(
        "A=1; ( A=2; exit 1; ); B=$A; ( maybe && exit ); C=3",
        "A = 1
         B = 1
         C = 3",
    );
}

#[test]
fn local_variables_end_with_their_function() {
    check(
        "function f { local A=2; B=$A; if maybe; then local C=3; fi; return; }
         A=1; f; D=$A",
        "A = 1
         B = 2
         C unset
         D = 1",
    );
}

#[test]
fn a_function_that_may_return_early_leaves_its_caller_certain() {
    check(
        "function f { maybe && return; B=2; }
         f; C=3",
        "B unknown
         C = 3",
    );
}

#[test]
fn anything_may_be_set_by_what_is_not_read() {
    check(
        "A=1; . /etc/os-release; B=2; CONFIGFILE=x; . \"$unknown\"",
        "A unknown
         B unknown
         C unknown
         INCLUDE = ./include
         CONFIGURE = $CONFIGURE
         CONFIGFILE unknown",
    );
}

#[test]
fn what_only_the_builder_knows_has_its_name() {
    check(
        "A=$INSTALL/etc; B=x$BUILD_ID; C=$BASEDIR/images; D=${E:-$DOWNLOAD}",
        "A = $INSTALL/etc
         B = x$BUILD_ID
         C = ./images
         D = $DOWNLOAD",
    );
}

#[test]
fn a_value_that_doubles_is_unknown_before_it_fills_the_memory() {
    let doubled = "A=$A$A\n".repeat(60);
    check(&format!("A=x; B=y\n{doubled}"), "A unknown\nB = y");
}

#[test]
fn patterns_are_compared_as_bash_does() {
    check(
        "R=1; p='1*'; q=x
         [[ $R == 1* ]] && A=one
         [[ $R == \"1*\" ]] && B=one
         [[ $R == $p ]] && C=one
         [[ $R == \"$p\" ]] && D=one
         [ $R = 1* ] && E=one
         [[ $R != 2? && ! $R -eq 2 ]] && F=one
         case $R in \"$p\") G=1 ;; [0-9]) G=2 ;; esac",
        "A = one
         B unset
         C = one
         D unset
         E unset
         F = one
         G = 2",
    );
}

#[test]
fn arms_run_on_into_the_next_ones() {
    check(
        "R=1; case $R in 1) A=a ;& 2) A=b ;; esac
         case $R in 1) B=a ;;& x) B=b ;; *) C=c ;; esac
         case $maybe in $(x)) D=a ;& y) D=b ;; *) D=b ;; esac",
        "A = b
         B = a
         C = c
         D = b",
    );
}

#[test]
fn what_stands_after_a_delimiter_depends_on_the_command() {
    check(
        "A=1
         cmd <<T || exit 1\nx\nT
         B=2
         true <<T && C=3\nx\nT
         cmd <<T | while read D; do E=1; done\nx\nT",
        "A = 1
         B = 2
         C = 3
         D unset
         E unset",
    );
}

#[test]
fn assignments_before_a_command_hold_for_it() {
    check(
        "function f-a { B=$A; }
         A=1; A=2 f-a; C=$A
         D=1 E=2
         F=3",
        "A = 1
         B = 2
         C = 1
         D = 1
         E = 2
         F = 3",
    );
}

#[test]
fn what_another_name_leads_to_is_unknown() {
    check(
        "setv() { local -n r=$1; r=x; }
         N=1; setv N",
        "N unknown",
    );
    check("n=V; V=1; declare \"$n=x\"", "V unknown");
    check(
        "declare -u U; U=x; declare -i I; I=1+1",
        "U unknown\nI unknown",
    );
}

#[test]
fn the_background_keeps_its_variables_to_itself() {
    check(
        "A=1; A=2 & B=3; { A=4; exit; } & C=5",
        "A = 1\nB = 3\nC = 5",
    );
}

#[test]
fn loops_see_what_they_have_set() {
    check(
        "A=1; for x in a b; do if [ $A = 2 ]; then C=3; fi; A=2; done",
        "C unknown",
    );
    check(
        "A=1; for x in a b; do A=2; maybe && break; A=1; done; B=2",
        "A unknown
         B = 2",
    );
}

#[test]
fn conditional_functions_are_in_doubt() {
    check(
        "f() { A=1; }; if maybe; then f() { A=2; }; fi; f
         ( g() { B=1; }; ); g
         h() { C=1; }; h",
        "A unknown
         B unset
         C = 1",
    );
}

#[test]
fn arguments_are_followed() {
    check(
        "f-a() { A=$1; B=x$2; shift; C=$1; }; f-a x; set -- p q; D=$2
         g-a() { \"$@\"; }; h-a() { E=$1; }; g-a h-a e",
        "A = x
         B = x
         C unknown
         D = q
         E = e",
    );
}

#[test]
fn a_variable_that_is_unset_has_no_value() {
    check(
        "A=1; unset A; I=1 true; B=1; unset -v B C; D=1; f() { unset D; }; f
         E=1; if maybe; then unset E; fi; F=1; unset F[0]; G=1; unset G; G=2
         H=1; ( unset H )",
        "A unset
         B unset
         C unset
         D unknown
         E unknown
         F unknown
         G = 2
         H = 1
         I unset",
    );
}

#[test]
fn errors_end_a_script_that_says_so() {
    check(
        "A=1; set -e; [ a = b ] || B=2; if [ a = b ]; then :; fi; [ a = b ]; A=2",
        "A = 1\nB = 2",
    );
}

#[test]
fn lines_of_assignments_do_not_hide_the_next_one() {
    check(
        "RELVER=1
          BUILDER=bld DISTNAME=q
          VARIANT=b
          if [ \"$RELVER\" = 1 ] ; then VARIANT=c ; fi
          A=1 B=2 # remark
          case $RELVER in 1) A=3 ;; esac
          C=x D=$A
          for E in y ; do C=z ; done",
        "RELVER = 1
          BUILDER = bld
          DISTNAME = q
          VARIANT = c
          A = 3
          B = 2
          C unknown
          D = 3
          E unknown",
    );
}

/// The value of A ends with a return, as that of BUILDER does.
#[test]
fn a_line_of_another_system_ends_with_a_return() {
    check(
        "BUILDER=bld\r\nA=\"$BUILDER\"\n[ \"$BUILDER\" = bld ] && B=1\ncase $A in bld) C=1 ;; bld?) C=2 ;; esac",
        "B unset\nC = 2",
    );
}

#[test]
fn variables_of_the_shell_are_not_empty() {
    check(
        "A=1
          [[ $OSTYPE == *linux* ]] || A=2
          B=1
          [ -n \"$HOME\" ] || B=2
          C=1
          [ $# = 0 ] && C=2
          D=1
          [ -n \"$NOT_SET\" ] && D=2",
        "A unknown
          B unknown
          C unknown
          D = 1",
    );
}

/// To a declaration, `A={1,2}` is two arguments; to an assignment, it is a value.
#[test]
fn braces_are_expanded_in_declarations() {
    check(
        "A={1,2}
          declare B={1,2}
          export C=x{a,b}
          readonly D={1..3}
          export E=${A} F={x}",
        "A = {1,2}
          B unknown
          C unknown
          D unknown
          E = {1,2}
          F = {x}",
    );
}

#[test]
fn defaults_are_assigned_where_a_local_is_not() {
    check(
        "local A=${A:=k} B=${C:=l}
          local D=1",
        "A = k
          B unset
          C = l
          D unset",
    );
}

#[test]
fn the_subject_of_a_case_is_expanded_once() {
    check(
        "case $A in '') A=x ;;& *x*) B=1 ;; *) C=1 ;; esac
          case $D in '') E=x ;;& *x*) F=1 ;; *) G=1 ;; esac",
        "B unknown
          C unknown
          F unset
          G = 1",
    );
}

#[test]
fn files_that_source_each_other_are_gone_through_once_more() {
    // Where a guard is at the start, nothing is unknown.
    check_with(
        "A=1; . \"$INCLUDE/other.sh\"",
        "[ -z \"$LOADED\" ] || return\nLOADED=1\n. \"$INCLUDE/script.sh\"\nB=2",
        "A = 1
         B = 2",
    );
    let mut tree = Tree::new(Layout::ScriptsOnly);
    let others =
        ["a", "b", "c"].map(|name| format!(". \"$INCLUDE/{name}.sh\"\n. \"$INCLUDE/x.sh\"\n"));
    let ids = ["a", "b", "c"].map(|name| {
        let path = SmolStr::new(format!("include/{name}.sh"));
        let text = Arc::from(others.concat());
        tree.insert_file(File::new(path, FileKind::Script, text, None))
    });
    let mut interpreter = Interpreter::new(&tree, &(), &ids);
    interpreter.set_directories(None);
    interpreter.file(ids[0]);
    assert!(interpreter.is_opaque());
    assert!(interpreter.steps < 2_000, "{} steps", interpreter.steps);
    // Each is told once.
    assert!(interpreter.finish().unresolved.len() <= 9);
}

#[test]
fn functions_that_call_themselves_often_take_few_steps() {
    let mut tree = Tree::new(Layout::ScriptsOnly);
    let text = "f() { if maybe; then f; fi; if maybe; then f; fi; }; f; A=1";
    let file = File::new(
        "include/a.sh".into(),
        FileKind::Script,
        Arc::from(text),
        None,
    );
    let id = tree.insert_file(file);
    let own = [id];
    let mut interpreter = Interpreter::new(&tree, &(), &own);
    interpreter.file(id);
    assert!(interpreter.steps < 2_000, "{} steps", interpreter.steps);
}

#[test]
fn a_comparison_without_one_of_its_sides_does_not_hold() {
    check(
        "A=; if [ $A = x -o $A = 1 ]; then B=1; else B=2; fi; [ $A != x ] && C=1; [ $A -eq 3 ] || D=1
         if [ $A = $A ]; then E=1; else E=2; fi; F='a b'; [ $F = x ] || G=1",
        "B = 2
         C unset
         D = 1
         E unknown
         G unknown",
    );
}

#[test]
fn a_star_matches_what_is_unknown() {
    check(
        "A=$(maybe); case $A in \"\"|$B*) C=1 ;; *) C=2 ;; esac; case $A in \"*\") D=1 ;; esac",
        "C = 1
         D unknown",
    );
}

#[test]
fn a_default_of_a_variable_that_is_set_for_a_command_is_unknown() {
    check(
        "f() { :; }; D=${A:=k} V=${D:=k} A=x f; B=${C:=1} f",
        "D unknown
         A unknown
         C = 1",
    );
}
