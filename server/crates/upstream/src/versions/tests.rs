//! Orders are held to tables, to what an order is, and to the tools where there is one.

use std::process::Command;

use proptest::prelude::*;

use super::*;

/// Holds an order to lines `1.0 < 1.1` and `1.0 = 1.00`.
pub(super) fn check(order: fn(&str, &str) -> Ordering, table: &[&str]) {
    for line in table {
        let [left, sign, right] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let expected = match sign {
            "<" => Ordering::Less,
            _ => Ordering::Equal,
        };
        assert_eq!(order(left, right), expected, "{line}");
        assert_eq!(order(right, left), expected.reverse(), "{line}, reversed");
    }
}

#[test]
fn apk_has_this_order() {
    let table = [
        "1.0 = 1.0",
        "1.0 < 1.0.0",
        "1.0 < 1.0.1",
        "1.9 < 1.10",
        "3.9.6 < 3.20.0",
        "1.01 < 1.1",
        "1.001 < 1.01",
        "1.0a < 1.0b",
        "1.0 < 1.0a",
        "1.0a < 1.0.1",
        "1.0_alpha < 1.0_beta",
        "1.0_beta2 < 1.0_beta10",
        "1.0_rc1 < 1.0",
        "1.0_rc < 1.0_rc1",
        "1.0_pre1 < 1.0_rc1",
        "1.0 < 1.0_git20260101",
        "1.0_git20260101 < 1.0_git20260102",
        "1.0_git1 < 1.0_p1",
        "1.0 < 1.0_p1",
        "1.0_p1 < 1.0.1",
        "1.0-r0 < 1.0-r1",
        "1.0 < 1.0-r0",
        "1.0-r9 < 1.0-r10",
        "1.0_rc1-r5 < 1.0-r0",
        "1.0-r99 < 1.0_p1",
        "1.0~abc < 1.0~abd",
        "2.14.4-r0 < 2.14.10-r0",
        "2.14.10-r0 < 3.0.0_rc2-r1",
        "3.0.0_rc2-r1 < 3.0.0-r0",
    ];
    check(apk_order, &table);
}

#[test]
fn dpkg_has_this_order() {
    let table = [
        "1.0 = 1.0",
        "1.0 = 1.00",
        "1.0 = 0:1.0",
        "1.0 = 1.0-0",
        "2.0 < 1:1.0",
        "1.9 < 1.10",
        "1.0~rc1 < 1.0",
        "1.0~~ < 1.0~",
        "1.0 < 1.0a",
        "1.0a < 1.0+",
        "1.0 < 1.0+b1",
        "1.0-1 < 1.0-2",
        "1.0-1~deb13u1 < 1.0-1",
        "1.0-1 < 1.0-1+deb13u1",
        "1.0-1 < 1.0.1-1",
        "1.2-3-4 < 1.2-10-1",
    ];
    check(dpkg_order, &table);
}

/// Versions that are alike enough to be compared in every way.
fn version() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[0-9]{1,3}",
        Just(".".to_owned()),
        Just("~".to_owned()),
        Just("^".to_owned()),
        Just("-".to_owned()),
        Just("-r1".to_owned()),
        Just("_rc1".to_owned()),
        Just("_p".to_owned()),
        Just("+".to_owned()),
        Just(":".to_owned()),
        "[a-c]",
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn orders_are_orders(a in version(), b in version(), c in version()) {
        for order in [VersionOrder::Apk, VersionOrder::Dpkg, VersionOrder::Rpm] {
            prop_assert_eq!(order.compare(&a, &a), Ordering::Equal);
            prop_assert_eq!(order.compare(&a, &b), order.compare(&b, &a).reverse());
            if order.compare(&a, &b).is_le() && order.compare(&b, &c).is_le() {
                prop_assert!(order.compare(&a, &c).is_le(), "{:?}: {} {} {}", order, a, b, c);
            }
        }
    }
}

/// Versions as packages of Debian have them.
fn debian_version() -> impl Strategy<Value = String> {
    let epoch = prop_oneof![3 => Just(String::new()), 1 => "[0-2]:"];
    let upstream = "[0-9][0-9a-c.+~]{0,5}";
    let revision = prop_oneof![1 => Just(String::new()), 1 => "-[0-9a-c.+~]{1,4}"];
    (epoch, upstream, revision)
        .prop_map(|(epoch, upstream, revision)| epoch + &upstream + &revision)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn dpkg_says_the_same(a in debian_version(), b in debian_version()) {
        let sign = match dpkg_order(&a, &b) {
            Ordering::Less => "lt",
            Ordering::Equal => "eq",
            Ordering::Greater => "gt",
        };
        let status = Command::new("dpkg").args(["--compare-versions", &a, sign, &b]).status();
        let status = status.expect("dpkg, of Debian's package of that name");
        prop_assert!(status.success(), "{} {} {}", a, sign, b);
    }
}
